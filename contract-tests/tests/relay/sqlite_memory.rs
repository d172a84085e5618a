//! SQLite and a broker in memory: what tests and demonstrations of services run on.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tempfile::TempDir;
use tidings::broker::Memory;
use tidings::relay::{self, Lead as _, PublishingIds, Store as _};
use tokio::time::sleep;

use super::ground::{Event, Ground, PARTITIONS, STREAM, assert_same, settings};
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
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations/sqlite");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        Self { pool, broker: Memory::new(), _folder: folder }
    }
}

impl Ground for Embedded {
    type Store = relay::Sqlite;
    type Broker = Memory;
    type Transaction = Transaction<'static, Sqlite>;

    fn store(&self) -> relay::Sqlite {
        relay::Sqlite::new(self.pool.clone(), "shop").with_lease(Duration::from_millis(200))
    }

    fn broker(&self) -> Memory {
        self.broker.clone()
    }

    async fn begin(&self) -> Self::Transaction {
        self.pool.begin_with("BEGIN IMMEDIATE").await.unwrap()
    }

    async fn commit(&self, transaction: Self::Transaction) {
        transaction.commit().await.unwrap();
    }

    async fn roll_back(&self, transaction: Self::Transaction) {
        transaction.rollback().await.unwrap();
    }

    async fn published(&self, least: usize) -> Vec<Vec<Event>> {
        for _ in 0..2_000 {
            if self.broker.all().values().map(Vec::len).sum::<usize>() >= least {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let event = |message: tidings::Message| Event { id: message.event_id, key: message.key };
        let partition = |partition| self.broker.events(STREAM, partition).into_iter().map(event).collect();
        (0..PARTITIONS).map(partition).collect()
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

promises![
    what_is_committed_is_published_once_and_in_order,
    what_was_appended_before_the_first_relay_is_published,
    what_is_rolled_back_is_not_published,
    a_relay_that_stops_publishes_what_is_committed_and_the_next_goes_on,
    a_relay_that_is_killed_anywhere_loses_and_repeats_nothing,
    of_two_relays_one_leads_and_the_other_takes_over,
    the_first_publishing_id_is_one,
    a_window_reads_the_same_each_time,
];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_led_before_writes_nothing_more() {
    let ground = Embedded::new().await;
    let depose = async || {
        let take = "UPDATE tidings_relay SET epoch = epoch + 1";
        sqlx::query(take).execute(&ground.pool).await.unwrap();
    };
    suite::whoever_led_before_writes_nothing_more(&ground, depose).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_made_behind_what_is_published() {
    let ground = Embedded::new().await;
    let rows =
        async || sqlx::query_scalar("SELECT count(*) FROM tidings_outbox").fetch_one(&ground.pool).await.unwrap();
    suite::room_is_made_behind_what_is_published(&ground, rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_loses_its_tail_gets_it_again() {
    let ground = Embedded::new().await;
    let relay = ground.relay();
    let mut appended = Vec::new();
    for _ in 0..20 {
        appended.extend(ground.append(&["o-1", "o-2", "o-3", "o-4"]).await);
        sleep(Duration::from_millis(5)).await;
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    for partition in 0..PARTITIONS {
        ground.broker.lose_tail(STREAM, partition, 5 + partition as usize);
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    appended.extend(ground.append(&["o-1", "o-2", "o-3", "o-4"]).await);
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

/// What was thrown away cannot be sent again, but ids that were used are not given to others.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_loses_what_is_kept_no_more_loses_nothing_that_comes_later() {
    let ground = Embedded::new().await;
    let relay = ground.relay_with(relay::Settings { retain: Duration::ZERO, ..settings() });
    let appended = ground.append(&["o-1", "o-2", "o-3", "o-4"]).await;
    ground.published(appended.len()).await;
    let mut rows = 1;
    while rows > 0 {
        sleep(Duration::from_millis(100)).await;
        rows = sqlx::query_scalar("SELECT count(*) FROM tidings_outbox").fetch_one(&ground.pool).await.unwrap();
    }
    for partition in 0..PARTITIONS {
        ground.broker.lose_tail(STREAM, partition, 100);
    }
    let mut later = ground.append(&["o-1", "o-2", "o-3", "o-4"]).await;
    assert_same(&later, &ground.published(later.len()).await);
    relay.stop().await;
    let relay = ground.relay();
    later.extend(ground.append(&["o-1", "o-2", "o-3", "o-4"]).await);
    assert_same(&later, &ground.published(later.len()).await);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_gets_everything_when_it_is_back() {
    let ground = Embedded::new().await;
    let relay = ground.relay();
    let mut appended = ground.append(&["o-1", "o-2"]).await;
    ground.published(appended.len()).await;
    for _ in 0..5 {
        ground.broker.stop();
        appended.extend(ground.append(&["o-1", "o-2", "o-3"]).await);
        sleep(Duration::from_millis(20)).await;
        ground.broker.start();
        appended.extend(ground.append(&["o-1", "o-2", "o-3"]).await);
        ground.broker.cut();
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

/// The same ids would mean other events, which the broker would take for those it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_restored_from_before_is_refused_until_it_has_another_name() {
    let ground = Embedded::new().await;
    let relay = ground.relay();
    let mut appended = ground.append(&["o-1", "o-2"]).await;
    ground.published(appended.len()).await;
    relay.stop().await;
    for forget in ["DELETE FROM tidings_relay_window", "DELETE FROM tidings_outbox"] {
        sqlx::query(forget).execute(&ground.pool).await.unwrap();
    }
    appended.extend(ground.append(&["o-1", "o-2"]).await);
    let error = ground.relay().ended().await.unwrap_err();
    assert!(matches!(error, tidings::relay::RelayError::Ahead { id: 1, .. }), "{error}");
    let rename = "UPDATE tidings_relay SET publisher = 'another'";
    sqlx::query(rename).execute(&ground.pool).await.unwrap();
    let relay = ground.relay();
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_migrations_ends_the_relay_with_a_remedy() {
    let ground = Embedded::new().await;
    sqlx::query("DROP TABLE tidings_relay_window").execute(&ground.pool).await.unwrap();
    let error = ground.relay().ended().await.unwrap_err();
    assert!(error.is_final());
    assert!(error.to_string().ends_with("apply the generated migrations"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_are_on_the_disk_even_where_the_service_does_without() {
    let ground = Embedded::new().await;
    ground.append(&["o-1"]).await;
    for mut connection in every_connection(&ground.pool).await {
        sqlx::query("PRAGMA synchronous = OFF").execute(&mut *connection).await.unwrap();
    }
    let mut lead = ground.store().lead().await.unwrap().expect("nobody else leads");
    lead.open(&PublishingIds::default()).await.unwrap().expect("a row is committed");
    let mut settings = Vec::new();
    for mut connection in every_connection(&ground.pool).await {
        let setting: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await.unwrap();
        settings.push(setting);
    }
    // One recorded the window.
    settings.sort_unstable();
    assert_eq!(settings, [0, 0, 0, 2]);
    lead.release().await;
}

async fn every_connection(pool: &SqlitePool) -> Vec<sqlx::pool::PoolConnection<Sqlite>> {
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        connections.push(pool.acquire().await.unwrap());
    }
    connections
}
