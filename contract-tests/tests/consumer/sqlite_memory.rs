//! SQLite and a broker in memory: what tests and demonstrations of services run on.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tempfile::TempDir;
use tidings::broker::Memory;
use tidings::consumer;

use super::events::placed;
use super::ground::{Ground, Which, Worker, assert_all};
use super::suite;

struct Embedded {
    pool: SqlitePool,
    broker: Memory,
    _folder: TempDir,
}

impl Embedded {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("shop.db"))
            .create_if_missing(true)
            .busy_timeout(Duration::from_secs(30))
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations/sqlite");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        sqlx::query("CREATE TABLE effects (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, number INTEGER)")
            .execute(&pool)
            .await
            .unwrap();
        Self { pool, broker: Memory::new(), _folder: folder }
    }
}

impl Ground for Embedded {
    type Inbox = consumer::Sqlite;
    type Broker = Memory;

    fn inbox(&self) -> consumer::Sqlite {
        consumer::Sqlite::new(self.pool.clone())
    }

    fn broker(&self) -> Memory {
        self.broker.clone()
    }

    async fn write(transaction: &mut Transaction<'static, Sqlite>, which: &Which) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO effects (key, number) VALUES ($1, $2)");
        insert.bind(&which.0).bind(which.1).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn effects(&self) -> Vec<Which> {
        sqlx::query_as("SELECT key, number FROM effects ORDER BY id").fetch_all(&self.pool).await.unwrap()
    }

    async fn ask(&self, query: &str) -> String {
        let found: Option<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_optional(&self.pool).await.unwrap();
        found.unwrap_or_default()
    }

    async fn execute(&self, statement: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&self.pool).await.unwrap();
    }
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                suite::$promise(&Embedded::new().await).await;
            }
        )*
    };
}

promises!(
    each_event_has_its_effect_once_and_in_the_order_of_its_key,
    an_event_that_is_delivered_twice_has_one_effect,
    instances_share_the_partitions_and_take_over,
    a_consumer_that_is_killed_anywhere_loses_and_repeats_nothing,
    a_failing_event_keeps_its_key_waiting_and_nobody_else,
    after_the_last_attempt_an_event_is_a_dead_letter_and_its_key_goes_on,
    a_key_halts_at_its_dead_letter_until_somebody_decides,
    a_terminal_failure_is_not_tried_again,
    what_cannot_be_read_is_a_dead_letter_at_once,
    a_handler_that_panics_or_never_ends_has_failed,
    an_event_that_kills_its_process_is_found_out,
    whoever_lost_a_partition_commits_nothing_more,
    effects_outside_happen_in_order_of_their_key_and_are_noted,
    idempotent_effects_are_not_noted,
    a_new_consumer_begins_where_it_is_told_to_and_stays_there,
    what_waiting_does_not_mend_ends_the_consumer,
    what_another_version_of_the_service_handles_waits_for_it,
    keys_that_no_index_takes_wait_like_others,
);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_and_goes_is_read_on() {
    let ground = Embedded::new().await;
    ground.broker.stop();
    let consumer = ground.consume(&Worker::default());
    tokio::time::sleep(Duration::from_millis(100)).await;
    ground.broker.start();
    let mut events = Vec::new();
    for number in 0..30 {
        let more = [placed("o-1", number), placed("o-2", number)];
        ground.publish(&more).await;
        events.extend(more);
        if number % 7 == 3 {
            ground.broker.cut();
        }
    }
    assert_all(&events, &ground.wait_for(events.len()).await);
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_made_anew_is_read_from_its_beginning() {
    let ground = Embedded::new().await;
    let consumer = ground.consume(&Worker::default());
    let mut events: Vec<_> = (0..10).map(|number| placed("o-1", number)).collect();
    ground.publish(&events).await;
    ground.wait_for(10).await;
    ground.broker.lose_tail("orders", events[0].partition, 10);
    let more: Vec<_> = (10..13).map(|number| placed("o-1", number)).collect();
    ground.publish(&more).await;
    events.extend(more);
    assert_all(&events, &ground.wait_for(13).await);
    consumer.stop().await;
}
