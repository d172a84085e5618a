//! A service at work: its handlers, on a database and a broker of their own.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Executor as _, SqlitePool};
use tempfile::TempDir;
use tidings::Message;
use tidings::broker::Memory;
use tidings::clock::Clock as _;
use tidings::consumer::{self, Consumer};
use tidings::testing::{Bus, Fault as Crash, TestClock};
use tidings_generator::model::{Event, EventVersion, Service, Version};
use uuid::Uuid;

use super::delivery::Delivery;
use super::state::State;
use super::{Ground, Handling};
use crate::evidence::Fault;

/// How often a timer is called while time passes.
const SLICES: i32 = 30;

/// Handlers of a service, which are run again and again.
#[derive(Clone, Copy)]
pub(super) struct Run<'h> {
    pub(super) handling: &'h Handling,
    pub(super) service: &'h Service,
}

/// A service at work.
pub(super) struct Stage<'h> {
    pub(super) run: Run<'h>,
    pub(super) ground: Ground,
    bus: Bus,
    consumer: Consumer<consumer::Sqlite, Memory>,
    /// Events that were sent to it.
    sent: BTreeSet<Uuid>,
    _folder: TempDir,
}

/// What came of a run over all of its events.
pub(super) struct Ran {
    pub(super) state: State,
    /// Events that became dead letters, as is meant, and those that wait behind one.
    pub(super) unhandled: BTreeSet<Uuid>,
    /// Whether anything failed that was made to fail.
    pub(super) is_troubled: bool,
}

/// How a run went wrong.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was nothing to run on.
    Setup(String),
    /// An event could not be handled.
    Refused { event_id: Uuid, error: String },
    /// The state differs from that of the clean run.
    Differs {
        difference: String,
        /// Events with which it does.
        events: usize,
    },
}

impl Failure {
    pub(super) fn setup(error: &dyn std::fmt::Display) -> Self {
        Self::Setup(error.to_string())
    }

    /// As a fault, with the version of the event that shows it.
    pub(super) fn into_fault(self, deliveries: &[Delivery]) -> (Option<EventVersion>, Fault) {
        let shown = |fault: Fault, delivery: Option<&Delivery>| match delivery {
            Some(delivery) => (Some(delivery.id.clone()), delivery.shows(fault)),
            None => (None, fault),
        };
        match self {
            Self::Setup(message) => (None, Fault::new(message)),
            Self::Refused { event_id, error } => {
                let delivery = deliveries.iter().find(|delivery| delivery.message.event_id == event_id);
                shown(Fault::new(format!("its handler fails: {error}")), delivery)
            }
            Self::Differs { difference, events } => {
                let of = if events == 1 { "1 event".to_owned() } else { format!("{events} events") };
                shown(
                    Fault::new(format!("the state after {of} differs from that of a run without it: {difference}")),
                    deliveries.first(),
                )
            }
        }
    }
}

impl<'h> Run<'h> {
    /// Which of these versions have a handler.
    pub(super) async fn handled(self, sent: &[(&Event, &Version)]) -> Result<Vec<bool>, Failure> {
        let (_folder, pool) = self.database().await?;
        let handlers = (self.handling.handlers)(&Ground { pool, clock: TestClock::default() });
        Ok(sent.iter().map(|(event, version)| handlers.handle(&version.stream, &event.name)).collect())
    }

    /// What the service knows when it has handled these, while this goes wrong.
    pub(super) async fn over<'m>(
        self,
        messages: impl Iterator<Item = &'m Message>,
        troubles: &[(Crash, usize)],
    ) -> Result<Ran, Failure> {
        let mut stage = self.begin().await?;
        for (trouble, times) in troubles {
            stage.bus.faults().after(*trouble, *times);
        }
        stage.send(messages).await?;
        stage.settle().await?;
        stage.until(None).await?;
        let mut unhandled = stage.refused().await?;
        unhandled.extend(stage.bus.parked_events().await.map_err(|error| Failure::setup(&error))?);
        if !unhandled.is_empty() && self.handling.refused.is_empty() {
            return Err(Failure::Setup(format!("{} events are still parked", unhandled.len())));
        }
        let is_troubled = stage.bus.faults().left() < troubles.len();
        let state = State::of(&stage.ground.pool, &stage.published(), &self.handling.ignored).await;
        Ok(Ran { state: state.map_err(|error| Failure::setup(&error))?, unhandled, is_troubled })
    }

    /// The service with nothing done yet.
    pub(super) async fn begin(self) -> Result<Stage<'h>, Failure> {
        let (folder, pool) = self.database().await?;
        // No event is from an earlier time.
        let ground = Ground { pool: pool.clone(), clock: TestClock::new(DateTime::UNIX_EPOCH) };
        let retry = self.service.retry.iter().map(|wait| wait.0).collect();
        let bus = Bus::new(pool).with_clock(ground.clock.clone()).with_retry(retry);
        let handlers = (self.handling.handlers)(&ground);
        let consumer = bus.consumer(&self.service.name, handlers).map_err(|error| Failure::setup(&error))?;
        Ok(Stage { run: self, ground, bus, consumer, sent: BTreeSet::new(), _folder: folder })
    }

    async fn database(self) -> Result<(TempDir, SqlitePool), Failure> {
        let setup = |what: &str, error: &dyn std::fmt::Display| Failure::Setup(format!("{what}: {error}"));
        let folder = tempfile::tempdir().map_err(|error| setup("no folder for a database", &error))?;
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("service.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // It is gone in a moment.
            .synchronous(sqlx::sqlite::SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await;
        let pool = pool.map_err(|error| setup("no database", &error))?;
        let migrations = &self.handling.migrations;
        let migrator = sqlx::migrate::Migrator::new(migrations.as_path()).await;
        let migrator =
            migrator.map_err(|error| setup(&format!("no migrations in `{}`", migrations.display()), &error))?;
        migrator.run(&pool).await.map_err(|error| setup("the migrations fail", &error))?;
        let tables = sqlx::AssertSqlSafe(self.handling.tables.clone());
        pool.execute(sqlx::raw_sql(tables)).await.map_err(|error| setup("the tables cannot be made", &error))?;
        Ok((folder, pool))
    }
}

impl Stage<'_> {
    /// Sends events to the service, which handles them once it is settled. The clock shows no earlier time than theirs.
    ///
    /// Streams are handled side by side. What has the same key or correlation on several of them is handled in the order it
    /// is sent.
    pub(super) async fn send<'m>(&mut self, messages: impl Iterator<Item = &'m Message>) -> Result<(), Failure> {
        let mut under_way: HashMap<String, &str> = HashMap::new();
        for message in messages {
            // One that is no event is for the consumer to refuse.
            let envelope = message.envelope().ok();
            let correlation = envelope.as_ref().map(|envelope| envelope.correlation_id.to_string());
            let related: Vec<String> = correlation.into_iter().chain([message.key.clone()]).collect();
            let waits = |it: &String| under_way.get(it).is_some_and(|stream| *stream != message.stream);
            if related.iter().any(waits) {
                self.settle().await?;
                self.until(None).await?;
                under_way.clear();
            }
            under_way.extend(related.into_iter().map(|it| (it, message.stream.as_str())));
            self.sent.insert(message.event_id);
            self.bus.broker().append(message.clone());
            let occurred_at = envelope.map(|envelope| envelope.occurred_at).unwrap_or_default();
            self.ground.clock.set(self.ground.clock.now().max(occurred_at));
        }
        Ok(())
    }

    /// Lets the service work, until it waits for the clock.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        self.bus.settle(&self.consumer).await.map_err(|error| Failure::setup(&error))?;
        if let Some(timer) = &self.run.handling.timer {
            timer(self.ground.clone()).await.map_err(|error| Failure::Setup(format!("its timer fails: {error}")))?;
            self.bus.settle(&self.consumer).await.map_err(|error| Failure::setup(&error))?;
        }
        Ok(())
    }

    /// Lets time pass until then, or until nothing is tried again. Whatever is parked is tried when it is due, and a timer
    /// is called on the way.
    pub(super) async fn until(&self, end: Option<DateTime<Utc>>) -> Result<(), Failure> {
        let now = self.ground.clock.now();
        let step = end.map(|end| (end - now) / SLICES);
        loop {
            let due = self.bus.next_attempt(&self.consumer).await.map_err(|error| Failure::setup(&error))?;
            let now = self.ground.clock.now();
            let next = match (end, step) {
                (Some(end), Some(step)) => end.min(now + step).min(due.unwrap_or(end)),
                _ => match due {
                    Some(due) => due,
                    None => return Ok(()),
                },
            };
            // A moment that is over is due as well.
            self.ground.clock.set(next.max(now) + TimeDelta::milliseconds(1));
            self.settle().await?;
            if end.is_some_and(|end| self.ground.clock.now() >= end) {
                return Ok(());
            }
        }
    }

    /// Events that became dead letters, all of them meant to.
    pub(super) async fn refused(&self) -> Result<BTreeSet<Uuid>, Failure> {
        let letters = self.bus.dead_letters().await.map_err(|error| Failure::setup(&error))?;
        let is_meant = |error: &str| self.run.handling.refused.iter().any(|refused| error.contains(refused.as_str()));
        match letters.iter().find(|letter| !is_meant(&letter.error)) {
            Some(letter) => Err(Failure::Refused { event_id: letter.event_id, error: letter.error.clone() }),
            None => Ok(letters.iter().map(|letter| letter.event_id).collect()),
        }
    }

    /// What the service has published, in the order of each partition.
    pub(super) fn published(&self) -> Vec<Message> {
        let all = self.bus.broker().all().into_values().flatten();
        all.filter(|message| !self.sent.contains(&message.event_id)).collect()
    }
}
