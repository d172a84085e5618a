//! The testing kit, used as a service uses it.

mod shop;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use events::orders::{OrderCancelledV1, OrderCancelledV1Reason, OrderPlacedV2};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tidings::clock::Clock as _;
use tidings::consumer::{self, Consumer, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use tidings::outbox::Outbox;
use tidings::testing::{Bus, Fault};
use tidings::{Context, Envelope, Producer};

/// Cancels every order, as a service would that is not of much use.
#[derive(Clone)]
struct Cancel {
    outbox: Outbox,
    is_down: bool,
}

impl Handler<OrderPlacedV2, Transaction<'static, Sqlite>> for Cancel {
    async fn handle(
        &self,
        event: Envelope<OrderPlacedV2>,
        transaction: &mut Transaction<'static, Sqlite>,
    ) -> Result<(), HandlerError> {
        let insert = sqlx::query("INSERT INTO cancelled (order_id) VALUES ($1)");
        insert.bind(*event.data.order_id).execute(&mut **transaction).await?;
        if self.is_down {
            return Err(HandlerError::retry("the warehouse does not answer"));
        }
        let order_id = event.data.order_id.clone();
        let cancelled = OrderCancelledV1 { order_id, reason: OrderCancelledV1Reason::OutOfStock, note: None };
        self.outbox.append(transaction, cancelled, &Context::caused_by(&event)).await?;
        Ok(())
    }
}

fn handlers(is_down: bool) -> Handlers<Transaction<'static, Sqlite>> {
    let outbox = Outbox::new(Producer::new("warehouse", "1.0.0").unwrap());
    Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(Cancel { outbox, is_down }))
}

async fn pool(folder: &tempfile::TempDir) -> SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("service.db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations/sqlite");
    Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
    sqlx::query("CREATE TABLE cancelled (order_id BLOB)").execute(&pool).await.unwrap();
    pool
}

fn order_placed() -> OrderPlacedV2 {
    shop::order(1)
}

fn acme() -> Context {
    Context::new().with_tenant("acme")
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_whenever_each_event_has_its_effects_once() {
    for fault in
        [Fault::BeforeCommit, Fault::AfterCommit, Fault::BeforePublish, Fault::BeforeConfirm, Fault::AfterConfirm]
    {
        for times in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            let pool = pool(&folder).await;
            let bus = Bus::new(pool.clone());
            let consumer = bus.consumer("warehouse", handlers(false)).unwrap();
            for _ in 0..6 {
                bus.publish(order_placed(), &acme()).await.unwrap();
            }
            bus.faults().after(fault, times);
            bus.settle(&consumer).await.unwrap();
            let effects: i64 = sqlx::query_scalar("SELECT count(*) FROM cancelled").fetch_one(&pool).await.unwrap();
            assert_eq!(effects, 6, "{fault:?} after {times}");
            let cancelled = bus.published::<OrderCancelledV1>().unwrap();
            assert_eq!(cancelled.len(), 6, "{fault:?} after {times}");
            assert_eq!(cancelled[0].tenant_id.as_deref(), Some("acme"));
            assert_eq!(bus.parked().await.unwrap(), 0, "{fault:?} after {times}");
            assert_eq!(bus.dead_letters().await.unwrap(), [], "{fault:?} after {times}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_wait_for_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let bus = Bus::new(pool(&folder).await);
    let id = bus.publish(order_placed(), &acme()).await.unwrap();
    let consumer = bus.consumer("warehouse", handlers(true)).unwrap();
    bus.settle(&consumer).await.unwrap();
    assert_eq!(bus.parked().await.unwrap(), 1);
    // A clock that is set back makes nobody wait for less, or for ever.
    bus.clock().set(bus.clock().now() - TimeDelta::hours(1));
    bus.settle(&consumer).await.unwrap();
    assert_eq!(bus.parked().await.unwrap(), 1);
    bus.clock().set(Utc::now() + TimeDelta::hours(1));
    bus.settle(&consumer).await.unwrap();
    assert_eq!(bus.parked().await.unwrap(), 1, "the second wait is the last");
    bus.clock().advance(Duration::from_secs(5));
    bus.settle(&consumer).await.unwrap();
    assert_eq!(bus.parked().await.unwrap(), 0);
    let letters = bus.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].event_id, letters[0].attempts), (id, 3));
    assert_eq!(letters[0].error, "the warehouse does not answer");
}

/// Writes down what the metrics are when an event comes.
struct Watch {
    metrics: PrometheusHandle,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Handler<OrderPlacedV2, Transaction<'static, Sqlite>> for Watch {
    async fn handle(
        &self,
        _: Envelope<OrderPlacedV2>,
        _: &mut Transaction<'static, Sqlite>,
    ) -> Result<(), HandlerError> {
        self.seen.lock().unwrap().push(self.metrics.render());
        Ok(())
    }
}

/// The sum of a metric of one consumer.
fn sum(metrics: &str, name: &str) -> f64 {
    let lines = metrics.lines().filter(|line| line.starts_with(name) && line.contains(r#"consumer="watched""#));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_tells_what_it_does_and_how_many_events_wait() {
    let metrics = PrometheusBuilder::new().install_recorder().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    let bus = Bus::new(pool.clone());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watch = Watch { metrics: metrics.clone(), seen: seen.clone() };
    let handlers = Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(watch));
    let settings = Settings { tenants: true, ..Settings::default() };
    let inbox = consumer::Sqlite::new(pool);
    let consumer = Consumer::new("watched", inbox, bus.broker().clone(), handlers, settings).unwrap();
    let order = order_placed();
    bus.publish(order.clone(), &acme()).await.unwrap();
    bus.settle(&consumer).await.unwrap();
    // It is asked for the end of a partition when it goes on with it.
    for _ in 0..3 {
        bus.publish(order.clone(), &acme()).await.unwrap();
    }
    bus.settle(&consumer).await.unwrap();

    let told = metrics.render();
    let is = |metrics: &str, name: &str, expected: f64| {
        assert!((sum(metrics, name) - expected).abs() < 1e-9, "{name} is not {expected}: {metrics}");
    };
    is(&told, "tidings_consumer_events_total", 4.0);
    is(&told, "tidings_consumer_tenant_events_total", 4.0);
    assert!(told.contains(r#"tidings_consumer_tenant_events_total{consumer="watched",tenant="acme"} 4"#), "{told}");
    is(&seen.lock().unwrap()[1], "tidings_consumer_lag_events", 3.0);
    is(&told, "tidings_consumer_lag_events", 0.0);
}
