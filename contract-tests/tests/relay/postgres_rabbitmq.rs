//! PostgreSQL and RabbitMQ streams.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use rabbitmq_stream_client::types::OffsetSpecification;
use rabbitmq_stream_client::{Client, ClientOptions, Environment};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};
use tidings::RawEnvelope;
use tidings::broker::{Broker as _, BrokerError, Publisher as _, RabbitMq, partition_name};
use tidings::outbox::{KeyOrder, OutboxTransaction as _, Statements};
use tidings::relay::{self, RelayError, StoreError};
use tidings_contract::services;
use tokio::time::{Instant, sleep, timeout};

use super::ground::{Event, Ground, PARTITIONS, STREAM, add, assert_same, message};
use super::suite;

struct Servers {
    postgres: services::Postgres,
    pool: PgPool,
    rabbitmq: services::RabbitMq,
}

impl Servers {
    /// `None` where this machine has no servers.
    async fn new() -> Option<Self> {
        let (postgres, rabbitmq) = (services::postgres().await?, services::rabbitmq().await?);
        let pool = postgres.pool().await;
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations/postgres");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        let this = Self { postgres, pool, rabbitmq };
        let client = Client::connect(this.client_options()).await.unwrap();
        for partition in 0..PARTITIONS {
            let created = client.create_stream(&partition_name(STREAM, partition), HashMap::new()).await.unwrap();
            assert!(created.is_ok());
        }
        client.close().await.unwrap();
        Some(this)
    }

    fn client_options(&self) -> ClientOptions {
        let (host, port) = self.rabbitmq.stream_address();
        let login = ClientOptions::builder().user(self.rabbitmq.user()).password(self.rabbitmq.password());
        login.host(host).port(port).v_host(self.rabbitmq.virtual_host()).build()
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(self.postgres.url()).unwrap()
    }
}

impl Ground for Servers {
    type Store = relay::Postgres;
    type Broker = RabbitMq;
    type Transaction = Transaction<'static, Postgres>;

    fn store(&self) -> relay::Postgres {
        relay::Postgres::new(self.options(), "shop")
    }

    fn broker(&self) -> RabbitMq {
        let (host, port) = self.rabbitmq.stream_address();
        RabbitMq::new(host, port)
            .with_login(self.rabbitmq.user(), self.rabbitmq.password())
            .with_virtual_host(self.rabbitmq.virtual_host())
    }

    async fn begin(&self) -> Self::Transaction {
        self.pool.begin().await.unwrap()
    }

    async fn commit(&self, transaction: Self::Transaction) {
        transaction.commit().await.unwrap();
    }

    async fn roll_back(&self, transaction: Self::Transaction) {
        transaction.rollback().await.unwrap();
    }

    async fn published(&self, least: usize) -> Vec<Vec<Event>> {
        let (host, port) = self.rabbitmq.stream_address();
        let environment = Environment::builder().host(host).port(port).username(self.rabbitmq.user());
        let environment = environment.password(self.rabbitmq.password()).virtual_host(self.rabbitmq.virtual_host());
        let environment = environment.build().await.unwrap();
        let mut consumers = Vec::new();
        for partition in 0..PARTITIONS {
            let name = partition_name(STREAM, partition);
            consumers.push(environment.consumer().offset(OffsetSpecification::First).build(&name).await.unwrap());
        }
        let mut published = vec![Vec::new(); consumers.len()];
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut quiet = 0;
        // More than there should be is waited for a while, too.
        while quiet < 3 && Instant::now() < deadline {
            let before = published.iter().map(Vec::len).sum::<usize>();
            for (consumer, events) in consumers.iter_mut().zip(&mut published) {
                while let Ok(Some(delivery)) = timeout(Duration::from_millis(30), consumer.next()).await {
                    let delivery = delivery.unwrap();
                    let envelope = RawEnvelope::from_json(delivery.message().data().unwrap()).unwrap();
                    let key = envelope.data.data["order_id"].as_str().unwrap().to_owned();
                    events.push(Event { id: envelope.event_id, key });
                }
            }
            let after = published.iter().map(Vec::len).sum::<usize>();
            quiet = if after >= least && after == before { quiet + 1 } else { 0 };
        }
        for consumer in consumers {
            consumer.handle().close().await.unwrap();
        }
        published
    }
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let Some(ground) = Servers::new().await else { return };
                suite::$promise(&ground).await;
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
    let Some(ground) = Servers::new().await else { return };
    let depose = async || {
        sqlx::query("UPDATE tidings_relay SET epoch = epoch + 1").execute(&ground.pool).await.unwrap();
    };
    suite::whoever_led_before_writes_nothing_more(&ground, depose).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_made_behind_what_is_published() {
    let Some(ground) = Servers::new().await else { return };
    let rows = async || {
        // Segments change when they are old.
        let age = "UPDATE tidings_outbox_segment SET since = since - interval '1 hour'";
        sqlx::query(age).execute(&ground.pool).await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM tidings_outbox").fetch_one(&ground.pool).await.unwrap()
    };
    suite::room_is_made_behind_what_is_published(&ground, rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_id_that_commits_late_is_published() {
    let Some(ground) = Servers::new().await else { return };
    let relay = ground.relay();
    let mut late = ground.begin().await;
    let mut appended = add(&mut late, &["o-1", "o-2"]).await;
    appended.extend(ground.append(&["o-3", "o-4"]).await);
    ground.published(2).await;
    ground.commit(late).await;
    assert_same(&appended, &ground.published(4).await);
    relay.stop().await;
}

/// Ids of transactions: low < middle < high. High commits first, then low, while middle is open.
#[tokio::test(flavor = "multi_thread")]
async fn a_low_transaction_that_commits_after_a_high_one_with_a_third_between_is_published() {
    let Some(ground) = Servers::new().await else { return };
    let relay = ground.relay();
    let mut low = ground.begin().await;
    let mut appended = add(&mut low, &["o-1"]).await;
    let mut middle = ground.begin().await;
    let of_middle = add(&mut middle, &["o-2"]).await;
    let mut high = ground.begin().await;
    appended.extend(add(&mut high, &["o-3"]).await);
    ground.commit(high).await;
    ground.published(1).await;
    ground.commit(low).await;
    assert_same(&appended, &ground.published(2).await);
    ground.commit(middle).await;
    appended.extend(of_middle);
    assert_same(&appended, &ground.published(3).await);
    relay.stop().await;
}

/// The transaction that begins first appends last, as one does that waits for a lock.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_its_order_when_transactions_overlap() {
    let Some(ground) = Servers::new().await else { return };
    let relay = ground.relay();
    let mut first = ground.begin().await;
    add(&mut first, &["other"]).await;
    let mut appended = ground.append(&["o-1"]).await;
    appended.extend(add(&mut first, &["o-1"]).await);
    ground.commit(first).await;
    let published = ground.published(3).await;
    let of_key = |events: Vec<Event>| events.into_iter().filter(|event| event.key == "o-1").collect::<Vec<_>>();
    assert_eq!(of_key(published.concat()), appended);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_stays_open_holds_nothing_up() {
    let Some(ground) = Servers::new().await else { return };
    let mut open = ground.begin().await;
    let of_open = add(&mut open, &["o-1"]).await;
    let relay = ground.relay();
    let mut appended = Vec::new();
    for _ in 0..10 {
        appended.extend(ground.append(&["o-2", "o-3"]).await);
        sleep(Duration::from_millis(20)).await;
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    ground.commit(open).await;
    appended.extend(of_open);
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_gone_holds_no_other_up() {
    let Some(ground) = Servers::new().await else { return };
    let keys = ["o-1", "o-2", "o-3", "o-4", "o-5", "o-6"];
    let relay = ground.relay();
    ground.append(&keys).await;
    ground.published(keys.len()).await;
    relay.stop().await;
    let client = Client::connect(ground.client_options()).await.unwrap();
    let gone = partition_name(STREAM, 0);
    assert!(client.delete_stream(&gone).await.unwrap().is_ok());
    // The helper reads all partitions.
    assert!(client.create_stream(&gone, HashMap::new()).await.unwrap().is_ok());
    client.close().await.unwrap();
    let relay = ground.relay();
    let again = ground.append(&keys).await;
    let published = ground.published(again.len()).await.concat();
    assert!(again.iter().all(|event| published.contains(event)));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_from_another_cluster_is_refused_with_a_remedy_that_works() {
    let Some(ground) = Servers::new().await else { return };
    let relay = ground.relay();
    ground.append(&["o-1"]).await;
    ground.published(1).await;
    relay.stop().await;
    // As if transactions had had numbers far above ours.
    let elsewhere = "UPDATE tidings_relay SET last_snapshot = '900000000:900000000:'";
    sqlx::query(elsewhere).execute(&ground.pool).await.unwrap();
    let later = ground.append(&["o-2"]).await;
    let error = ground.relay().ended().await.unwrap_err();
    assert!(matches!(error, RelayError::Store(StoreError::Moved)), "{error}");
    let mut transaction = ground.pool.begin().await.unwrap();
    for remedy in
        ["UPDATE tidings_outbox SET xid = pg_current_xact_id()", "UPDATE tidings_relay SET last_snapshot = '3:3:'"]
    {
        sqlx::query(remedy).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let relay = ground.relay();
    let published = ground.published(3).await.concat();
    assert!(published.contains(&later[0]));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_stream_a_wrong_password_and_missing_tables_each_say_what_helps() {
    let Some(ground) = Servers::new().await else { return };
    ground.append(&["o-1"]).await;

    let wrong = ground.broker().with_login(ground.rabbitmq.user(), "wrong");
    let relay = tidings::relay::Relay::new(ground.store(), wrong, super::ground::settings());
    let error = relay.run(std::future::pending()).await.unwrap_err();
    assert!(matches!(&error, RelayError::Broker(BrokerError::Refused { .. })), "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");

    let elsewhere = tidings::broker::Broker::publisher(&ground.broker(), "nowhere", 0, "test").await.unwrap_err();
    assert_eq!(elsewhere.to_string(), "the broker has no stream `nowhere-0`; apply the generated topology");

    let store = relay::Postgres::new(ground.options().password("wrong"), "shop");
    let error = tidings::relay::Store::lead(&store).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused { .. }), "{error}");

    sqlx::query("ALTER TABLE tidings_relay_window DROP COLUMN next_ids").execute(&ground.pool).await.unwrap();
    let error = ground.relay().ended().await.unwrap_err();
    assert!(error.to_string().ends_with("apply the generated migrations"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_behind_a_pooler_append_without_statements_that_are_kept() {
    let Some(ground) = Servers::new().await else { return };
    let Some(pooler) = services::pooler(&ground.postgres) else { return };
    let pool = PgPoolOptions::new().max_connections(10).connect(pooler.url()).await.unwrap();
    let appending = (0..40).map(async |number| {
        // One, several, and several under locks.
        let messages: Vec<_> = (0..=number % 3).map(|_| message(&format!("o-{number}"))).collect();
        let order = if number % 2 == 0 { KeyOrder::Strict } else { KeyOrder::AsCommitted };
        let mut transaction = pool.begin().await.unwrap();
        transaction.add(&messages, order, Statements::Unprepared).await.unwrap();
        transaction.commit().await.unwrap();
        messages.len()
    });
    let appended: usize = join_all(appending).await.into_iter().sum();
    let relay = ground.relay();
    assert_eq!(ground.published(appended).await.concat().len(), appended);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_frame_holds_is_named_and_loses_no_other() {
    let Some(ground) = Servers::new().await else { return };
    let mut large = message("o-1");
    large.payload = format!(r#"{{"order_id":"o-1","note":"{}"}}"#, "n".repeat(2 << 20)).into_bytes();
    let mut appended = ground.append(&["o-1", "o-1"]).await;
    let mut transaction = ground.begin().await;
    transaction.add(std::slice::from_ref(&large), KeyOrder::AsCommitted, Statements::Prepared).await.unwrap();
    ground.commit(transaction).await;
    appended.extend(ground.append(&["o-1", "o-2"]).await);

    let mut publisher = ground.broker().publisher(STREAM, large.partition, "test").await.unwrap();
    let error = publisher.send(vec![(1, large.clone())]).await.unwrap_err();
    assert!(matches!(&error, BrokerError::TooLarge { event_id, .. } if *event_id == large.event_id), "{error}");
    assert!(error.to_string().contains("delete its row"), "{error}");
    publisher.close().await;

    let relay = ground.relay();
    let first = ground.published(2).await.concat();
    assert!(first.iter().all(|event| appended.contains(event)), "{first:?}");
    assert!(appended[..2].iter().all(|event| first.contains(event)), "those before it are published: {first:?}");
    let remedy = "DELETE FROM tidings_outbox WHERE event_id = $1";
    sqlx::query(remedy).bind(large.event_id).execute(&ground.pool).await.unwrap();
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}
