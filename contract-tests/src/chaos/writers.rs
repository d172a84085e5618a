//! Services at work: transactions that change entities and append the events that say so.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tidings::outbox::{Outbox, OutboxError};
use tidings::{Context, Producer};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::event::Changed;
use super::random::Random;

pub(super) const WRITERS: u64 = 16;

/// Entities that all writers change.
const KEYS: u64 = 500;

/// The first of them, which are changed much more often.
const BUSY_KEYS: u64 = 10;

/// A transaction that takes longer is given up: its connection is dead or frozen.
const PATIENCE: Duration = Duration::from_secs(15);

/// After a failure.
const PAUSE: Duration = Duration::from_millis(50);

/// What the writers did, as far as they know.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) events: AtomicU64,
    pub(super) committed: AtomicU64,
    pub(super) rolled_back: AtomicU64,
    /// Held open for a while.
    pub(super) long: AtomicU64,
    /// Failed before the commit.
    pub(super) failed: AtomicU64,
    /// The commit failed: only the database knows whether it happened.
    pub(super) unknown: AtomicU64,
}

/// Writers at work.
pub(super) struct Writers {
    pub(super) counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Writers {
    /// Starts them. Together they append no more than so many events in a second.
    pub(super) fn start(database: &str, seed: u64, rate: f64) -> anyhow::Result<Self> {
        let most = u32::try_from(WRITERS)?;
        let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE).connect_lazy(database)?;
        let outbox = Outbox::new(Producer::new("chaos", env!("CARGO_PKG_VERSION"))?);
        let (counts, stop) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for number in 0..WRITERS {
            let (pool, outbox, counts, stop) = (pool.clone(), outbox.clone(), counts.clone(), stop.clone());
            let mut random = Random::new(seed, 1_000 + number);
            tasks.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    #[expect(clippy::cast_precision_loss, reason = "a pace need not be exact")]
                    let ahead = counts.events.load(Ordering::Relaxed) as f64 / rate - began.elapsed().as_secs_f64();
                    if ahead > 0.0 {
                        sleep(Duration::from_secs_f64(ahead.min(1.0))).await;
                    }
                    let plan = Plan::draw(&mut random);
                    if timeout(PATIENCE, plan.carry_out(&pool, &outbox, &counts)).await.is_err() {
                        counts.unknown.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        Ok(Self { counts, stop, tasks })
    }

    /// Lets them end what they have begun.
    pub(super) async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
    }
}

/// One transaction.
struct Plan {
    /// In one order for all writers, so that none waits for one that waits for it.
    keys: BTreeSet<u64>,
    /// Events of each entity.
    events: u64,
    held: Option<Duration>,
    is_rolled_back: bool,
}

impl Plan {
    fn draw(random: &mut Random) -> Self {
        let (keys, events) = match random.below(4) {
            0 => (1, 1),
            1 => (1, 2),
            2 => (1, 3),
            _ => (2, 1),
        };
        let mut key = || {
            let among = if random.chance(30) { BUSY_KEYS } else { KEYS };
            random.below(among)
        };
        let keys = (0..keys).map(|_| key()).collect();
        let held = random.chance(1).then(|| random.milliseconds(100, 3_000));
        Self { keys, events, held, is_rolled_back: random.chance(5) }
    }

    async fn carry_out(&self, pool: &PgPool, outbox: &Outbox, counts: &Counts) {
        let count = |of: &AtomicU64| {
            of.fetch_add(1, Ordering::Relaxed);
        };
        let Ok(transaction) = self.fill(pool, outbox).await else {
            count(&counts.failed);
            return sleep(PAUSE).await;
        };
        if let Some(held) = self.held {
            count(&counts.long);
            sleep(held).await;
        }
        if self.is_rolled_back {
            count(&counts.rolled_back);
            // A connection that is gone rolls back, too.
            let _ = transaction.rollback().await;
        } else if transaction.commit().await.is_ok() {
            count(&counts.committed);
            counts.events.fetch_add(self.keys.len() as u64 * self.events, Ordering::Relaxed);
        } else {
            count(&counts.unknown);
        }
    }

    async fn fill(
        &self,
        pool: &PgPool,
        outbox: &Outbox,
    ) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, OutboxError> {
        let failed = |cause: sqlx::Error| OutboxError::Database(cause.into());
        let mut transaction = pool.begin().await.map_err(failed)?;
        for key in &self.keys {
            let key = format!("entity-{key}");
            let change = "INSERT INTO chaos_entity AS entity (key, version) VALUES ($1, $2) \
                          ON CONFLICT (key) DO UPDATE SET version = entity.version + $2 RETURNING version";
            let change = sqlx::query_scalar(change).bind(&key).bind(self.events.cast_signed());
            let last: i64 = change.fetch_one(&mut *transaction).await.map_err(failed)?;
            for version in last - self.events.cast_signed() + 1..=last {
                let changed = Changed { key: key.clone(), version };
                let event_id = outbox.append(&mut transaction, changed, &Context::new()).await?;
                sqlx::query("INSERT INTO chaos_journal (key, version, event_id) VALUES ($1, $2, $3)")
                    .bind(&key)
                    .bind(version)
                    .bind(event_id)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
            }
        }
        Ok(transaction)
    }
}
