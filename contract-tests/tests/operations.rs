//! Alerts and dashboard of the operations pack, held against the metrics that the runtime exports.

mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use events::orders::OrderPlacedV2;
use metrics_exporter_prometheus::PrometheusBuilder;
use regex::Regex;
use shop::order;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Sqlite, Transaction};
use tidings::consumer::{self, Consumer, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use tidings::metrics::{ALL, Kind, Metric, OUTBOX_SEGMENTS};
use tidings::testing::{Bus, Fault};
use tidings::{Context, Envelope};

fn generated(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/ops").join(file)).unwrap()
}

/// The metric that a time series belongs to: those of a histogram have endings.
fn metric(series: &str) -> Option<&'static Metric> {
    let is_its = |metric: &&Metric| {
        let ending = series.strip_prefix(metric.name);
        ending == Some("") || metric.kind == Kind::Histogram && matches!(ending, Some("_sum" | "_count" | "_bucket"))
    };
    ALL.iter().find(is_its)
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_and_labels_that_there_are() {
    let (alerts, dashboard) = (generated("alerts.yaml"), generated("dashboard.json"));
    let series = Regex::new(r"\b(tidings_[a-z_]+)(?:\{([^}]*)\})?").unwrap();
    let label = Regex::new(r"([a-z_]+)=").unwrap();
    let mut shown = BTreeSet::new();
    for (file, text) in [("alerts.yaml", &alerts), ("dashboard.json", &dashboard)] {
        for found in series.captures_iter(text) {
            let name = &found[1];
            let metric = metric(name).unwrap_or_else(|| panic!("{file} asks for {name}, which nothing exports"));
            for label in label.captures_iter(found.get(2).map_or("", |labels| labels.as_str())) {
                assert!(
                    metric.labels.contains(&&label[1]),
                    "{file} asks for {name} by {}, which it has not",
                    &label[1]
                );
            }
            if file == "dashboard.json" {
                shown.insert(metric.name);
            }
        }
    }
    let hidden: Vec<_> = ALL.iter().map(|metric| metric.name).filter(|name| !shown.contains(name)).collect();
    assert_eq!(hidden, [] as [&str; 0], "the dashboard does not show these");
    // What results are grouped by, as well: labels of the runtime, or those that Prometheus adds.
    let groups = Regex::new(r"(?:by|on) \(([^)]*)\)").unwrap();
    let known: BTreeSet<&str> =
        ALL.iter().flat_map(|metric| metric.labels).copied().chain(["job", "instance"]).collect();
    for group in groups.captures_iter(&(alerts + &dashboard)) {
        for name in group[1].split(',').map(str::trim) {
            assert!(known.contains(name), "nothing has a label {name}");
        }
    }
}

/// Handles every second order.
struct Picky;

impl Handler<OrderPlacedV2, Transaction<'static, Sqlite>> for Picky {
    async fn handle(
        &self,
        event: Envelope<OrderPlacedV2>,
        _: &mut Transaction<'static, Sqlite>,
    ) -> Result<(), HandlerError> {
        match event.data.lines[0].quantity {
            1 => Ok(()),
            2 => Err(HandlerError::terminal("two are too many")),
            _ => Err(HandlerError::retry("somebody else has it")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runtime_exports_what_it_says_and_nothing_else() {
    let metrics = PrometheusBuilder::new().install_recorder().unwrap();
    tidings::metrics::describe();
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("service.db")).create_if_missing(true);
    let pool = SqlitePoolOptions::new().connect_with(options.journal_mode(SqliteJournalMode::Wal)).await.unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations/sqlite");
    Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
    let bus = Bus::new(pool.clone());
    let handlers = Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(Picky));
    let backoff = (Duration::from_millis(1), Duration::from_millis(10));
    let settings = Settings { tenants: true, retry: vec![Duration::from_hours(1)], backoff, ..Settings::default() };
    let inbox = consumer::Sqlite::new(pool).with_faults(bus.faults().clone());
    let consumer = Consumer::new("picky", inbox, bus.broker().clone(), handlers, settings).unwrap();
    bus.faults().after(Fault::BeforeCommit, 0);
    for quantity in 1..=3 {
        bus.publish(order(quantity), &Context::new().with_tenant("acme")).await.unwrap();
    }
    bus.settle(&consumer).await.unwrap();
    // The relay begins anew, with the dead letter of a second one.
    bus.publish(order(2), &Context::new().with_tenant("acme")).await.unwrap();
    bus.faults().after(Fault::BeforePublish, 0);
    bus.settle(&consumer).await.unwrap();

    let said = metrics.render();
    let mut exported: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in said.lines().filter(|line| line.starts_with("tidings_")) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let metric = metric(name).unwrap_or_else(|| panic!("nobody knows of {name}"));
        let labels = labels.trim_end_matches('}').split(',').filter_map(|label| Some(label.split_once('=')?.0));
        exported.entry(metric.name).or_default().extend(labels.filter(|label| !matches!(*label, "quantile" | "le")));
    }
    for metric in ALL {
        // SQLite has no segments.
        if metric.name != OUTBOX_SEGMENTS {
            let labels: BTreeSet<&str> = metric.labels.iter().copied().collect();
            assert_eq!(exported.get(metric.name), Some(&labels), "{}:\n{said}", metric.name);
        }
    }
    let has = |line: &str| assert!(said.contains(line), "no {line}:\n{said}");
    has("tidings_consumer_dead_letters_total{consumer=\"picky\",stream=\"orders\"} 2");
    has("# HELP tidings_consumer_dead_letters_waiting Dead letters on which nobody has decided.");
}
