//! One run of handlers over events, on a database of its own.

use std::collections::BTreeSet;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Executor as _, Sqlite, SqlitePool, Transaction};
use tempfile::TempDir;
use tidings::Message;
use tidings::consumer::Handlers;
use tidings::testing::{Bus, Fault as Crash};
use tidings_generator::model::{Event, EventVersion, Version};

use super::Handling;
use super::delivery::Delivery;
use super::state::State;
use crate::evidence::Fault;

/// Handlers of a service.
pub(super) struct Run<'h, F> {
    pub(super) handling: &'h Handling<F>,
    pub(super) service: &'h str,
}

/// How a run went wrong.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was nothing to run on.
    Setup(String),
    /// An event could not be handled.
    Refused { event_id: uuid::Uuid, error: String },
    /// The state differs from that of the clean run.
    Differs {
        difference: String,
        /// Events with which it does.
        events: usize,
    },
}

impl Failure {
    /// As a fault, with the version of the event that shows it.
    pub(super) fn into_fault(self, deliveries: &[Delivery]) -> (Option<EventVersion>, Fault) {
        let shown = |fault: Fault, delivery: Option<&Delivery>| match delivery {
            Some(Delivery { id, payload, seed, .. }) => {
                (Some(id.clone()), fault.shown_by(payload.clone()).made_by(*seed))
            }
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

impl<F: Fn(SqlitePool) -> Handlers<Transaction<'static, Sqlite>>> Run<'_, F> {
    /// Which of these versions have a handler.
    pub(super) async fn handled(&self, sent: &[(&Event, &Version)]) -> Result<Vec<bool>, Failure> {
        let (_folder, pool) = self.database().await?;
        let handlers = (self.handling.handlers)(pool);
        Ok(sent.iter().map(|(event, version)| handlers.handle(&version.stream, &event.name)).collect())
    }

    /// What the service knows when it has handled these, with crashes on the way.
    pub(super) async fn state(&self, deliveries: &[Delivery], crashes: &[(Crash, usize)]) -> Result<State, Failure> {
        self.state_after(deliveries.iter().map(|delivery| &delivery.message), crashes).await
    }

    /// What the service knows when it has handled these messages, with crashes on the way.
    pub(super) async fn state_after(
        &self,
        messages: impl Iterator<Item = &Message>,
        crashes: &[(Crash, usize)],
    ) -> Result<State, Failure> {
        let (_folder, pool) = self.database().await?;
        let setup = |error: &dyn std::fmt::Display| Failure::Setup(error.to_string());
        let bus = Bus::new(pool.clone());
        let handlers = (self.handling.handlers)(pool.clone());
        let consumer = bus.consumer(self.service, handlers).map_err(|error| setup(&error))?;
        let mut sent = BTreeSet::new();
        for message in messages {
            sent.insert(message.event_id);
            bus.broker().append(message.clone());
        }
        for (crash, times) in crashes {
            bus.faults().after(*crash, *times);
        }
        bus.settle(&consumer).await.map_err(|error| setup(&error))?;
        // Waits are longer than anybody waits here: whatever was parked is tried until it is handled or given up.
        for _ in 0..8 {
            if bus.parked().await.map_err(|error| setup(&error))? == 0 {
                break;
            }
            bus.clock().advance(std::time::Duration::from_mins(1));
            bus.settle(&consumer).await.map_err(|error| setup(&error))?;
        }
        let parked = bus.parked().await.map_err(|error| setup(&error))?;
        if parked > 0 && self.handling.refused.is_empty() {
            return Err(Failure::Setup(format!("{parked} events are still parked, behind one that is not handled")));
        }
        let letters = bus.dead_letters().await.map_err(|error| setup(&error))?;
        let is_meant = |error: &str| self.handling.refused.iter().any(|refused| error.contains(refused.as_str()));
        if let Some(letter) = letters.into_iter().find(|letter| !is_meant(&letter.error)) {
            return Err(Failure::Refused { event_id: letter.event_id, error: letter.error });
        }
        State::of(&pool, &bus, &sent, &self.handling.ignored).await.map_err(|error| setup(&error))
    }

    async fn database(&self) -> Result<(TempDir, SqlitePool), Failure> {
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
