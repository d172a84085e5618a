//! The streams of a broker: what is missing, and how it is made.

use std::collections::HashMap;
use std::time::Duration;

use rabbitmq_stream_client::Client;
use rabbitmq_stream_client::types::ResponseCode;
use tokio::time::sleep;

use super::layout::{Declared, Layout};
use super::{RabbitMq, answer, close};
use crate::broker::BrokerError;

/// How often one looks again for a stream that somebody else is making, and how long between two looks.
const LOOKS: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(100);

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
        let applied = self.apply(&client, &layout).await;
        close(&client).await;
        applied
    }

    async fn apply(&self, client: &Client, layout: &Layout) -> Result<Vec<String>, BrokerError> {
        let (missing, different) = compare(client, layout).await?;
        if !different.is_empty() {
            return Err(BrokerError::Topology { missing: Vec::new(), different });
        }
        let mut made = Vec::new();
        for declared in missing {
            if self.make(client, declared).await? {
                made.push(declared.name.clone());
            }
        }
        Ok(made)
    }

    /// Makes a stream. `false` when somebody else has.
    async fn make(&self, client: &Client, declared: &Declared) -> Result<bool, BrokerError> {
        let Declared { name, partitions, arguments } = declared;
        let arguments: HashMap<String, String> = arguments.clone().into_iter().collect();
        let what = format!("create stream `{name}`");
        let made = if partitions.is_empty() {
            answer(&what, client.create_stream(name, arguments)).await?
        } else {
            let keys = (0..partitions.len()).map(|partition| partition.to_string()).collect();
            answer(&what, client.create_super_stream(name, partitions.clone(), keys, arguments)).await?
        };
        match made.code() {
            ResponseCode::Ok => Ok(true),
            ResponseCode::StreamAlreadyExists => {
                wait_for(client, declared).await?;
                Ok(false)
            }
            ResponseCode::AccessRefused => Err(BrokerError::Refused { user: self.user.clone(), what }),
            other => Err(BrokerError::Failed { what, cause: format!("{other:?}") }),
        }
    }
}

/// Waits until a stream is whole that somebody else is making.
async fn wait_for(client: &Client, declared: &Declared) -> Result<(), BrokerError> {
    if declared.partitions.is_empty() {
        return Ok(());
    }
    for _ in 0..LOOKS {
        if matches!(find(client, declared).await?, Found::AsDeclared) {
            return Ok(());
        }
        sleep(BETWEEN).await;
    }
    let cause = "a stream has the name of one of its partitions; delete that, or create the super stream yourself";
    Err(BrokerError::Failed { what: format!("create stream `{}`", declared.name), cause: cause.to_owned() })
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
