//! The streams of a broker: what is missing, and how it is made.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rabbitmq_stream_client::Client;
use rabbitmq_stream_client::types::{MessageResult, OffsetSpecification, ResponseCode, ResponseKind};
use tokio::sync::watch;
use tokio::time::timeout;

use super::layout::{Declared, Layout};
use super::{RabbitMq, answer, close};
use crate::broker::BrokerError;

/// For the turns of others: a broker cuts off whoever has had one for a minute.
const TURN: Duration = Duration::from_mins(2);

/// Where turns are taken, in a layout that has no stream without partitions.
const LOCK: &str = "tidings.topology";

/// How a stream of a broker is.
enum Found {
    AsDeclared,
    Missing,
    /// With other partitions than declared.
    Different(Vec<String>),
}

impl RabbitMq {
    /// Whether the broker has all streams of `layout`, which may be `&TOPOLOGY` of the generated crate, with as many
    /// partitions. What it has besides is not looked at, nor is how long streams are kept.
    ///
    /// # Errors
    /// When it does not, with all that is missing or different; or cannot be asked.
    pub async fn check_topology(&self, layout: impl Into<Layout>) -> Result<(), BrokerError> {
        let layout = layout.into();
        let client = self.connect(&self.host, self.port, "topology").await?;
        let compared = compare(&client, &layout).await;
        close(&client).await;
        let (missing, different) = compared?;
        if missing.is_empty() && different.is_empty() {
            return Ok(());
        }
        Err(BrokerError::Topology { missing: missing.iter().map(|it| it.name.clone()).collect(), different })
    }

    /// Makes the streams of `layout` that the broker does not have, and returns their names. What is there is left as
    /// it is. Others may do the same at the same time.
    ///
    /// # Errors
    /// When a stream is there with other partitions, before anything is made; or when the broker refuses.
    pub async fn apply_topology(&self, layout: impl Into<Layout>) -> Result<Vec<String>, BrokerError> {
        let layout = layout.into();
        let client = self.connect(&self.host, self.port, "topology").await?;
        let mut made = Vec::new();
        let applied = self.apply(&client, &layout, &mut made).await;
        close(&client).await;
        applied.map(|()| made)
    }

    /// Adds the names of the streams it makes to `made`: first those without partitions, which the broker makes whole or
    /// not at all.
    async fn apply(&self, client: &Client, layout: &Layout, made: &mut Vec<String>) -> Result<(), BrokerError> {
        let missing = missing(client, layout).await?;
        for declared in missing.iter().filter(|declared| declared.partitions.is_empty()) {
            if self.make(client, declared).await? {
                made.push(declared.name.clone());
            }
        }
        if missing.iter().all(|declared| declared.partitions.is_empty()) {
            return Ok(());
        }
        let plain = layout.streams.iter().find(|declared| declared.partitions.is_empty());
        let lock = plain.map_or(LOCK, |declared| declared.name.as_str());
        if plain.is_none() {
            let lock = Declared { name: lock.to_owned(), partitions: Vec::new(), arguments: BTreeMap::new() };
            self.make(client, &lock).await?;
        }
        let turn = self.turn(lock).await?;
        let applied = self.apply_in_turn(&turn, layout, made).await;
        close(&turn).await;
        applied
    }

    async fn apply_in_turn(&self, turn: &Client, layout: &Layout, made: &mut Vec<String>) -> Result<(), BrokerError> {
        for declared in missing(turn, layout).await? {
            if self.make(turn, declared).await? {
                made.push(declared.name.clone());
            }
        }
        Ok(())
    }

    /// A connection that nobody else has at the same time. When two make the same super stream at once, the broker takes
    /// back of one what the other needs, and what is left can be made whole by nobody. So one waits to be the single
    /// active consumer of a stream; the broker knows when the one before is gone.
    async fn turn(&self, lock: &str) -> Result<Client, BrokerError> {
        let (client, lock) = self.connect_to_leader(vec![lock.to_owned()]).await?;
        let (active, mut is_active) = watch::channel(false);
        client
            .set_handler(move |result: MessageResult| {
                if let Some(Ok(response)) = &result
                    && let ResponseKind::ConsumerUpdate(update) = response.kind_ref()
                {
                    active.send_replace(update.is_active() == 1);
                }
                std::future::ready(Ok(()))
            })
            .await;
        let properties = [("single-active-consumer", "true"), ("name", "tidings topology")];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let what = "take a turn in making streams";
        let subscribed = answer(what, client.subscribe(1, &lock, OffsetSpecification::Next, 1, properties)).await;
        let refusal = match subscribed.map(|subscribed| subscribed.code().clone()) {
            Ok(ResponseCode::Ok) => match timeout(TURN, is_active.wait_for(|is_active| *is_active)).await {
                Ok(Ok(_)) => return Ok(client),
                Ok(Err(_)) => BrokerError::Lost { partition: lock },
                Err(_) => BrokerError::Failed { what: what.to_owned(), cause: "others take too long".to_owned() },
            },
            Ok(ResponseCode::AccessRefused) => {
                BrokerError::Refused { user: self.user.clone(), what: format!("read `{lock}`") }
            }
            Ok(other) => BrokerError::Failed { what: what.to_owned(), cause: format!("{other:?}") },
            Err(error) => error,
        };
        close(&client).await;
        Err(refusal)
    }

    /// Makes a stream. `false` when somebody else has.
    async fn make(&self, client: &Client, declared: &Declared) -> Result<bool, BrokerError> {
        let Declared { name, partitions, arguments } = declared;
        let what = format!("create stream `{name}`");
        let arguments: HashMap<String, String> = arguments.clone().into_iter().collect();
        let made = if partitions.is_empty() {
            answer(&what, client.create_stream(name, arguments)).await?
        } else {
            let keys = (0..partitions.len()).map(|partition| partition.to_string()).collect();
            answer(&what, client.create_super_stream(name, partitions.clone(), keys, arguments)).await?
        };
        match made.code() {
            ResponseCode::Ok => Ok(true),
            ResponseCode::StreamAlreadyExists if partitions.is_empty() => Ok(false),
            ResponseCode::StreamAlreadyExists => {
                let cause = "a stream has the name of one of its partitions; delete that stream, or bind it yourself";
                Err(BrokerError::Failed { what, cause: cause.to_owned() })
            }
            ResponseCode::AccessRefused => Err(BrokerError::Refused { user: self.user.clone(), what }),
            other => Err(BrokerError::Failed { what, cause: format!("{other:?}") }),
        }
    }
}

/// What is to be made, where nothing is different.
async fn missing<'l>(client: &Client, layout: &'l Layout) -> Result<Vec<&'l Declared>, BrokerError> {
    let (missing, different) = compare(client, layout).await?;
    if different.is_empty() { Ok(missing) } else { Err(BrokerError::Topology { missing: Vec::new(), different }) }
}

async fn compare<'l>(client: &Client, layout: &'l Layout) -> Result<(Vec<&'l Declared>, Vec<String>), BrokerError> {
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for declared in &layout.streams {
        match find(client, declared).await? {
            Found::AsDeclared => {}
            Found::Missing => missing.push(declared),
            Found::Different(partitions) if partitions.len() == declared.partitions.len() => {
                different.push(format!("`{}` has partitions {}", declared.name, partitions.join(", ")));
            }
            Found::Different(partitions) => {
                let (has, declared_with) = (partitions.len(), declared.partitions.len());
                different.push(format!("`{}` has {has} partitions and not {declared_with}", declared.name));
            }
        }
    }
    Ok((missing, different))
}

async fn find(client: &Client, declared: &Declared) -> Result<Found, BrokerError> {
    let name = &declared.name;
    let what = format!("look for stream `{name}`");
    if declared.partitions.is_empty() {
        let metadata = answer(&what, client.metadata(vec![name.clone()])).await?;
        let found = metadata.get(name).is_some_and(|metadata| metadata.response_code == ResponseCode::Ok);
        return Ok(if found { Found::AsDeclared } else { Found::Missing });
    }
    let partitions = answer(&what, client.partitions(name.clone())).await?;
    Ok(match partitions {
        none if !none.is_ok() || none.streams.is_empty() => Found::Missing,
        found if found.streams == declared.partitions => Found::AsDeclared,
        found => Found::Different(found.streams),
    })
}
