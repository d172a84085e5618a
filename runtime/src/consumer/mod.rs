//! Handles events: each has its effects once, in the order of its key, and a failing one keeps nobody waiting but its key.
//!
//! An instance of a consumer shares the partitions of its streams with the other instances. For each partition it has, it
//! reads events and hands them to [`Handlers`]. What a handler writes, the note that the event is handled and how far the
//! consumer has come are one transaction of the service's own database ([`Inbox`]), so none can happen without the
//! others. Another instance that takes a partition over raises its epoch, and from then on nothing of this one is
//! committed.
//!
//! An event that fails is *parked*: it is tried again after the waits of its consumer, later events of its key wait behind
//! it, and the partition goes on. After the last attempt it is a *dead letter*: a row for whoever decides, and an event on
//! the dead-letter stream for whoever watches. The key goes on without it, or halts, as the catalogue says.
//!
//! An attempt is counted when it begins: an event whose handler takes the process down is found out, too.
//!
//! ```no_run
//! # #[cfg(all(feature = "postgres", feature = "rabbitmq"))]
//! # async fn run<OrderPlaced: tidings::versions::Upcast>(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
//! use sqlx::{Postgres, Transaction};
//! use tidings::broker::RabbitMq;
//! use tidings::consumer::{self, Consumer, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
//! use tidings::{Envelope, Event};
//!
//! struct OrderHistory;
//!
//! impl<E: Event> Handler<E, Transaction<'static, Postgres>> for OrderHistory {
//!     async fn handle(&self, event: Envelope<E>, tx: &mut Transaction<'static, Postgres>) -> Result<(), HandlerError> {
//!         let insert = sqlx::query("INSERT INTO history (event_id, tenant_id) VALUES ($1, $2)");
//!         insert.bind(event.event_id).bind(event.tenant_id).execute(&mut **tx).await?;
//!         Ok(())
//!     }
//! }
//!
//! let handlers = Handlers::new().on::<OrderPlaced>(ExactlyOnce(OrderHistory));
//! let broker = RabbitMq::new("localhost", 5552).with_login("order-history", "secret");
//! let consumer = Consumer::new("order-history", consumer::Postgres::new(pool), broker, handlers, Settings::default())?;
//! consumer.run(async { /* until the process is told to end */ }).await?;
//! # Ok(()) }
//! ```

mod ahead;
mod batch;
mod error;
mod failure;
pub(crate) mod handlers;
mod inbox;
mod item;
mod lane;
mod ledger;
mod meter;
mod parked;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod supervisor;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

pub use error::ConsumerError;
pub use failure::{Failure, HandlerError};
pub use handlers::{AtLeastOnce, BoxFuture, Effect, ExactlyOnce, Guarantee, Handler, Handlers, Idempotent};
pub use inbox::{Attempt, Blocked, Burial, Claim, Inbox, Member, Parked, Parking, Partition, Share, Times};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;

use crate::broker::{Source, Start};
use crate::topology::Service;
use handlers::Routes;
use supervisor::Supervisor;

/// The longest wait there may be.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How a consumer works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Events that are handled in one transaction, at most. Fewer are, where they would take longer than a second.
    pub batch: usize,
    /// Keys of a partition whose effects may happen at the same time.
    pub concurrency: usize,
    /// An attempt that takes longer has failed.
    pub handler_timeout: Duration,
    /// The waits between the attempts at an event: one attempt more than there are waits. An event that fails among others
    /// is done again alone before that counts as the first.
    pub retry: Vec<Duration>,
    /// A partition with so many blocked keys is not read on: then it is hardly the events that are at fault.
    pub blocked_keys: usize,
    /// Where to begin with a partition that this consumer has not read before.
    pub start: Start,
    /// Another instance takes over what this one has not renewed for so long.
    pub lease: Duration,
    /// How often to look for what others have changed: people who decide on dead letters.
    pub look: Duration,
    /// How long handled events are remembered; `None`, for ever. Longer than a stream keeps them and the attempts take:
    /// what is delivered later than that is handled again.
    pub keep: Option<Duration>,
    /// The shortest and the longest wait after a failure of the database or the broker.
    pub backoff: (Duration, Duration),
    /// Whether handled events are counted by tenant, too: a time series for each.
    pub tenants: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let retry = [1, 5, 30, 120, 600];
        Self {
            batch: 500,
            concurrency: 16,
            handler_timeout: Duration::from_secs(30),
            retry: retry.into_iter().map(Duration::from_secs).collect(),
            blocked_keys: 1_000,
            start: Start::First,
            lease: Duration::from_secs(30),
            look: Duration::from_secs(5),
            keep: None,
            backoff: (Duration::from_millis(100), Duration::from_secs(30)),
            tenants: false,
        }
    }
}

impl Settings {
    /// What the catalogue says of a service.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        Self { retry: service.retry.to_vec(), ..Self::default() }
    }

    /// Refuses what would spin, wait for ever or forget too early.
    fn check(&self, max_age: Option<Duration>) -> Result<(), ConsumerError> {
        let waits = [self.handler_timeout, self.lease, self.look, self.backoff.0, self.backoff.1];
        let tries: Duration = self.retry.iter().fold(Duration::ZERO, |sum, wait| sum.saturating_add(*wait));
        let what = if self.batch == 0 || self.concurrency == 0 || self.blocked_keys == 0 {
            "`batch`, `concurrency` and `blocked_keys` are at least 1"
        } else if waits.iter().any(|wait| wait.is_zero() || *wait > LONGEST) || tries > LONGEST {
            "times are longer than nothing and shorter than a year"
        } else if self.keep.is_some_and(|keep| keep <= max_age.unwrap_or(LONGEST).saturating_add(tries)) {
            "`keep` is longer than the stream keeps events and their attempts take"
        } else {
            return Ok(());
        };
        Err(ConsumerError::Setting { what })
    }
}

/// Handles events of one or more streams. Several instances of the same name share the work.
#[derive(Debug)]
pub struct Consumer<I: Inbox, S> {
    name: Arc<str>,
    shared: Arc<Shared<I, S>>,
}

/// What all partitions of a consumer have in common.
pub(crate) struct Shared<I: Inbox, S> {
    inbox: I,
    source: S,
    routes: BTreeMap<&'static str, Routes<I::Transaction>>,
    settings: Settings,
}

impl<I: Inbox, S> std::fmt::Debug for Shared<I, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<I: Inbox, S: Source> Consumer<I, S> {
    /// An instance of the consumer of this name, which is the name of its service where it has but one.
    ///
    /// # Errors
    /// When nothing is handled, or an event twice, or a setting makes no sense.
    pub fn new(
        name: &str,
        inbox: I,
        source: S,
        handlers: Handlers<I::Transaction>,
        settings: Settings,
    ) -> Result<Self, ConsumerError> {
        let routes = handlers.into_routes()?;
        settings.check(routes.values().filter_map(|routes| routes.stream.max_age).max())?;
        Ok(Self { name: name.into(), shared: Arc::new(Shared { inbox, source, routes, settings }) })
    }

    /// The name of the consumer.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every partition that its instances read: stream and number.
    pub fn partitions(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let streams = self.shared.routes.values().map(|routes| routes.stream);
        streams.flat_map(|stream| (0..stream.partitions).map(|number| (stream.name, number)))
    }

    /// Handles events until `shutdown` is resolved, then ends what was begun and gives its partitions back.
    ///
    /// A failure of the database or the broker is logged and tried again, with longer and longer waits.
    ///
    /// # Errors
    /// What waiting does not mend: migrations that are not applied, a database or broker that is too old or refuses the
    /// user.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ConsumerError> {
        let (stop, stopped) = watch::channel(false);
        // Another instance each time.
        let lease = self.shared.settings.lease;
        let member = Member { consumer: self.name.clone(), instance: Uuid::now_v7(), lease };
        let working = Supervisor::new(member, self.shared.clone()).run(stopped);
        tokio::pin!(working, shutdown);
        tokio::select! {
            result = &mut working => result,
            () = &mut shutdown => {
                stop.send_replace(true);
                working.await
            }
        }
    }
}
