//! A database, a relay and a broker of one test.

use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::SqlitePool;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Faults, TestClock};
use crate::broker::{Broker as _, BrokerError, Memory, Publisher as _};
use crate::clock::Clock as _;
use crate::consumer::{self, Consumer, ConsumerError, Handlers, Settings};
use crate::context::Context;
use crate::envelope::{Envelope, EnvelopeError, RawEnvelope};
use crate::event::Event;
use crate::message::Message;
use crate::producer::Producer;
use crate::relay::{self, Relay, RelayError};
use crate::wire::Violation;

/// Nothing in memory takes so long, unless it never ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often one looks whether all is done.
const LOOK: Duration = Duration::from_millis(5);

/// How long a relay leads that has failed.
const LEASE: Duration = Duration::from_millis(200);

/// The database of a service on SQLite, a broker in memory, and a relay between them.
#[derive(Debug, Clone)]
pub struct Bus {
    pool: SqlitePool,
    broker: Memory,
    clock: TestClock,
    faults: Faults,
    retry: Vec<Duration>,
}

/// Why a test does not come to rest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// The database.
    #[error("the test database fails: {0}; are the generated migrations applied?")]
    Database(#[from] sqlx::Error),
    /// The consumer.
    #[error(transparent)]
    Consumer(#[from] ConsumerError),
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// An event cannot be written.
    #[error(transparent)]
    Event(#[from] EnvelopeError),
    /// The producer has no proper name.
    #[error(transparent)]
    Producer(#[from] Violation),
    /// Something goes on and on.
    #[error("there is still something to do after {PATIENCE:?}: {what}")]
    Restless {
        /// What.
        what: String,
    },
}

/// An event that no attempt could handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Name of the consumer.
    pub consumer: String,
    /// Its id.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: String,
    /// Attempts at it.
    pub attempts: u32,
    /// How the last one failed.
    pub error: String,
}

impl Bus {
    /// On a database with the generated migrations. It may be in memory, if the pool has one connection for good.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        let faults = Faults::default();
        let broker = Memory::new().with_faults(faults.clone());
        let retry = vec![Duration::from_secs(1), Duration::from_secs(5)];
        Self { pool, broker, clock: TestClock::default(), faults, retry }
    }

    /// With this clock, which may show any time.
    #[must_use]
    pub fn with_clock(mut self, clock: TestClock) -> Self {
        self.clock = clock;
        self
    }

    /// With these waits between the attempts of consumers, instead of 1 s and 5 s.
    #[must_use]
    pub fn with_retry(mut self, waits: Vec<Duration>) -> Self {
        self.retry = waits;
        self
    }

    /// The broker, which can be stopped, cut off, and lose what it has.
    #[must_use]
    pub fn broker(&self) -> &Memory {
        &self.broker
    }

    /// The clock of leases and attempts.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Faults of the broker, and of consumers made by [`Bus::consumer`].
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Publishes an event as another service does, past this one's outbox. Returns its id.
    ///
    /// # Errors
    /// When the event violates its schema or lacks a tenant.
    pub async fn publish<E: Event>(&self, event: E, context: &Context) -> Result<Uuid, BusError> {
        let envelope = Envelope::new(event, context, &Producer::new("somebody-else", "0.0.0")?)?;
        let id = envelope.event_id;
        self.send(Message::new(envelope.outgoing()?)?).await?;
        Ok(id)
    }

    /// Publishes a message, whatever it holds.
    ///
    /// # Errors
    /// When the broker is stopped.
    pub async fn send(&self, message: Message) -> Result<(), BusError> {
        let name = Uuid::now_v7().to_string();
        let mut publisher = self.broker.publisher(&message.stream, message.partition, &name).await?;
        publisher.send(vec![(1, message)]).await?;
        publisher.close().await;
        Ok(())
    }

    /// A consumer of this bus, which tries an event again when the clock says so.
    ///
    /// # Errors
    /// When nothing is handled, or an event twice.
    pub fn consumer(
        &self,
        name: &str,
        handlers: Handlers<sqlx::Transaction<'static, sqlx::Sqlite>>,
    ) -> Result<Consumer<consumer::Sqlite, Memory>, ConsumerError> {
        let backoff = (Duration::from_millis(1), Duration::from_millis(20));
        let settings = Settings { look: LOOK, retry: self.retry.clone(), backoff, ..Settings::default() };
        let inbox = consumer::Sqlite::new(self.pool.clone()).with_clock(self.clock.clone());
        let handlers = handlers.with_faults(&self.faults);
        Consumer::new(name, inbox.with_faults(self.faults.clone()), self.broker.clone(), handlers, settings)
    }

    /// Lets the relay and a consumer work until there is nothing to do before the clock goes on: the outbox is published,
    /// and every event is handled, parked or a dead letter.
    ///
    /// # Errors
    /// When either ends, or never comes to rest.
    pub async fn settle(&self, consumer: &Consumer<consumer::Sqlite, Memory>) -> Result<(), BusError> {
        let (stop, stopped) = watch::channel(false);
        let until_stopped = || {
            let mut stopped = stopped.clone();
            async move {
                // A sender that is gone stops, too.
                let _ = stopped.wait_for(|stop| *stop).await;
            }
        };
        let store = relay::Sqlite::new(self.pool.clone(), "bus").with_lease(LEASE);
        let backoff = (Duration::from_millis(1), Duration::from_millis(20));
        let settings = relay::Settings { backoff, standby: LEASE / 4, ..relay::Settings::default() };
        let relay = Relay::new(store, self.broker.clone(), settings);
        let work = async {
            let (relayed, consumed) = tokio::join!(relay.run(until_stopped()), consumer.run(until_stopped()));
            relayed?;
            Ok(consumed?)
        };
        let rest = async {
            let rested = self.rest(consumer).await;
            stop.send_replace(true);
            rested
        };
        let (worked, rested): (Result<(), BusError>, _) = tokio::join!(work, rest);
        worked?;
        rested
    }

    /// Waits until there is nothing to do.
    async fn rest(&self, consumer: &Consumer<consumer::Sqlite, Memory>) -> Result<(), BusError> {
        let began = Instant::now();
        loop {
            let Some(what) = self.to_do(consumer).await? else { return Ok(()) };
            if began.elapsed() > PATIENCE {
                return Err(BusError::Restless { what });
            }
            sleep(LOOK).await;
        }
    }

    /// What is still to do.
    async fn to_do(&self, consumer: &Consumer<consumer::Sqlite, Memory>) -> Result<Option<String>, BusError> {
        for (stream, partition) in consumer.partitions() {
            let end = self.broker.events(stream, partition).len();
            let next: Option<Option<i64>> = sqlx::query_scalar(
                "SELECT next_offset FROM tidings_cursor WHERE consumer = $1 AND stream = $2 AND partition = $3",
            )
            .bind(consumer.name())
            .bind(stream)
            .bind(partition)
            .fetch_optional(&self.pool)
            .await?;
            let next = next.flatten().and_then(|next| usize::try_from(next).ok());
            if next != Some(end) {
                let next = next.map_or_else(|| "nowhere".to_owned(), |next| next.to_string());
                return Ok(Some(format!("the consumer is at {next} of {end} events of `{stream}-{partition}`")));
            }
        }
        let now = self.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let due = self.turns(consumer.name()).await?.into_iter().filter(|turn| *turn <= now).count();
        if due > 0 {
            return Ok(Some(format!("{due} parked events are due")));
        }
        // The last, because handlers append to the outbox.
        let unpublished: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM tidings_outbox WHERE id > coalesce((SELECT max(last_id) FROM tidings_relay_window \
             WHERE relay_group = 'bus' AND published_at IS NOT NULL), 0)",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((unpublished > 0).then(|| format!("{unpublished} events are not published")))
    }

    /// When the first parked event of each key is tried again, as the database writes times; those behind a dead letter are
    /// not tried.
    async fn turns(&self, consumer: &str) -> sqlx::Result<Vec<String>> {
        // Beside `min`, SQLite takes the other columns from the same row.
        let turns: Vec<(i64, String)> = sqlx::query_as(
            "SELECT min(\"offset\"), coalesce(next_attempt_at, '') FROM tidings_parked AS parked WHERE consumer = $1 \
             AND NOT EXISTS (SELECT 1 FROM tidings_dead_letter AS dead \
             WHERE dead.consumer = parked.consumer AND dead.stream = parked.stream AND dead.key = parked.key \
             AND dead.halts_key AND dead.state = 'waiting') GROUP BY stream, partition, key",
        )
        .bind(consumer)
        .fetch_all(&self.pool)
        .await?;
        Ok(turns.into_iter().map(|(_, turn)| turn).collect())
    }

    /// When a consumer tries a parked event again, if it has any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_attempt(
        &self,
        consumer: &Consumer<consumer::Sqlite, Memory>,
    ) -> Result<Option<DateTime<Utc>>, BusError> {
        let first = self.turns(consumer.name()).await?.into_iter().min();
        // Without a time, it is its turn.
        Ok(first.map(|turn| turn.parse().unwrap_or_else(|_| self.clock.now())))
    }

    /// What has been published in this version, in the order of each partition.
    ///
    /// # Errors
    /// When an event of this type violates its schema.
    pub fn published<E: Event>(&self) -> Result<Vec<Envelope<E>>, BusError> {
        let all = self.broker.all().into_values().flatten();
        let of_it = all.filter(|message| (message.event_type.as_str(), message.event_version) == (E::TYPE, E::VERSION));
        of_it.map(|message| Ok(message.envelope().and_then(RawEnvelope::into_event)?)).collect()
    }

    /// Events that no attempt could handle, and about which nobody has decided.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, BusError> {
        let letters: Vec<(String, Uuid, String, u32, String)> = sqlx::query_as(
            "SELECT consumer, event_id, event_type, attempts, error FROM tidings_dead_letter WHERE state = 'waiting' \
             ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await?;
        let letter = |(consumer, event_id, event_type, attempts, error)| DeadLetter {
            consumer,
            event_id,
            event_type,
            attempts,
            error,
        };
        Ok(letters.into_iter().map(letter).collect())
    }

    /// Ids of events that are parked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parked_events(&self) -> Result<Vec<Uuid>, BusError> {
        Ok(sqlx::query_scalar("SELECT event_id FROM tidings_parked").fetch_all(&self.pool).await?)
    }

    /// How many events are parked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parked(&self) -> Result<u64, BusError> {
        Ok(self.parked_events().await?.len() as u64)
    }
}
