//! The process with the consumer.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::PgPoolOptions;
use sqlx::{PgConnection, Postgres, Transaction};
use tidings::Envelope;
use tidings::consumer::{self, Consumer, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use uuid::Uuid;

use crate::bench::event::{OrderPlaced, now};
use crate::bench::ground::{Ground, PARTITIONS};
use crate::bench::watched::Progress;
use crate::bench::worker;

/// The command that does it.
pub(in crate::bench) const HANDLE: &str = "handle";

/// An event, and when it was handled, as [`now`] tells it.
pub(in crate::bench) type Handled = (Uuid, u64);

/// Does nothing with an event, but may note when it came.
struct Nothing {
    handled: Option<Arc<Mutex<Vec<Handled>>>>,
}

impl Handler<OrderPlaced, Transaction<'static, Postgres>> for Nothing {
    async fn handle(
        &self,
        event: Envelope<OrderPlaced>,
        _: &mut Transaction<'static, Postgres>,
    ) -> Result<(), HandlerError> {
        if let Some(handled) = &self.handled {
            handled.lock().unwrap_or_else(PoisonError::into_inner).push((event.event_id, now()));
        }
        Ok(())
    }
}

/// Returns as JSON what was handled when, as far as it is noted.
pub(crate) fn handle() -> anyhow::Result<String> {
    worker::work(async |route, stopped| {
        // One for each partition, and one for leases.
        let pool = PgPoolOptions::new().max_connections(PARTITIONS + 1).connect(&route.database).await?;
        let handled = route.notes_times.then(Arc::default);
        let handlers = Handlers::new().on_version::<OrderPlaced>(ExactlyOnce(Nothing { handled: handled.clone() }));
        let inbox = consumer::Postgres::new(pool);
        let consumer = Consumer::new(&route.name, inbox, route.broker(), handlers, Settings::default())?;
        consumer.run(async { drop(stopped.await) }).await?;
        let handled = handled.map(|all| std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(serde_json::to_string(&handled.unwrap_or_default())?)
    })
}

/// How far a consumer has come, of streams that were empty.
pub(in crate::bench) struct Cursors {
    /// One for all looks, so that they are not counted as commits.
    transaction: Transaction<'static, Postgres>,
    consumer: String,
}

impl Cursors {
    pub(in crate::bench) async fn of(ground: &Ground, consumer: &str) -> anyhow::Result<Self> {
        Ok(Self { transaction: ground.pool.begin().await?, consumer: consumer.to_owned() })
    }
}

impl Progress for Cursors {
    async fn done(&mut self) -> anyhow::Result<usize> {
        let done = "SELECT coalesce(sum(next_offset), 0)::bigint FROM tidings_cursor WHERE consumer = $1";
        let connection: &mut PgConnection = &mut self.transaction;
        let done: i64 = sqlx::query_scalar(done).bind(&self.consumer).fetch_one(connection).await?;
        Ok(usize::try_from(done)?)
    }

    async fn close(self) -> anyhow::Result<()> {
        Ok(self.transaction.commit().await?)
    }
}
