//! All is well: events are carried, probes and collectors are answered, and one stops as one was told to.

use std::path::Path;

use super::ground::{GROUP, Ground, add, migrations};
use super::process::Process;

/// A value of the metrics in a text.
fn metric(text: &str, name: &str, labels: &str) -> Option<f64> {
    let start = format!("{name}{{{labels}}} ");
    text.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok())
}

fn group() -> String {
    format!("group=\"{GROUP}\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_publishes_tells_how_it_is_and_ends_gracefully() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    let mut events = vec![ground.append("orders", 0).await];
    let relay = Process::start(&["--log-format", "text"], &ground.variables());
    assert_eq!(ground.published("orders-0", 1).await, events);
    assert_eq!(relay.get_until("/readyz", |code, _| code == 200).await, "leading\n");
    assert_eq!(relay.get("/livez").await, (200, "leading\n".to_owned()));
    assert_eq!(relay.get("/").await.0, 404);

    events.push(ground.append("orders", 0).await);
    let of_stream = format!("{},stream=\"orders\"", group());
    let counted = |text: &str| metric(text, "tidings_relay_events_published_total", &of_stream) == Some(2.0);
    let measured = |text: &str| {
        counted(text)
            && metric(text, "tidings_relay_backlog_rows", &group()) == Some(0.0)
            && metric(text, "tidings_relay_window_duration_seconds_count", &group()) == Some(2.0)
    };
    let metrics = relay.get_until("/metrics", |_, text| measured(text)).await;
    for (name, value) in [
        ("tidings_relay_leader", 1.0),
        ("tidings_relay_unconfirmed_messages", 0.0),
        ("tidings_relay_windows_opened_total", 2.0),
        ("tidings_relay_backlog_age_seconds", 0.0),
    ] {
        assert_eq!(metric(&metrics, name, &group()), Some(value), "{name}\n{metrics}");
    }
    for (state, count) in [("live", 1.0), ("closed", 0.0), ("empty", 2.0)] {
        assert_eq!(
            metric(&metrics, "tidings_outbox_segments", &format!("state=\"{state}\"")),
            Some(count),
            "{metrics}"
        );
    }
    assert!(metrics.contains("# HELP tidings_relay_leader 1 while this process leads its group"), "{metrics}");

    let ended = relay.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert!(ended.output.contains("the relay has stopped"), "{}", ended.output);
    assert_eq!(ground.published("orders-0", 2).await, events);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_broker_is_measured() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    ground.append("orders", 0).await;
    let relay = Process::start(&[], &ground.variables());
    ground.published("orders-0", 1).await;
    // Rows of a window that is not known to be published, and older than the probe can be.
    sqlx::query("UPDATE tidings_relay_window SET published_at = NULL").execute(&ground.pool).await.unwrap();
    sqlx::query("UPDATE tidings_outbox SET created_at = created_at - interval '1 hour'")
        .execute(&ground.pool)
        .await
        .unwrap();
    let old =
        |text: &str| metric(text, "tidings_relay_backlog_age_seconds", &group()).is_some_and(|age| age >= 3_600.0);
    let metrics = relay.get_until("/metrics", |_, text| old(text)).await;
    assert_eq!(metric(&metrics, "tidings_relay_backlog_rows", &group()), Some(1.0), "{metrics}");
    relay.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_one_stands_by_and_takes_over() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    let first = Process::start(&[], &ground.variables());
    first.get_until("/readyz", |code, role| code == 200 && role == "leading\n").await;
    let second = Process::start(&[], &ground.variables());
    second.get_until("/readyz", |code, role| code == 200 && role == "standing by\n").await;
    let (_, metrics) = second.get("/metrics").await;
    assert_eq!(metric(&metrics, "tidings_relay_leader", &group()), Some(0.0), "{metrics}");
    assert!(metric(&metrics, "tidings_relay_backlog_rows", &group()).is_some_and(f64::is_nan), "{metrics}");
    assert_eq!(first.terminate().await.code, Some(0));
    let event = ground.append("orders", 0).await;
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    second.get_until("/readyz", |code, role| code == 200 && role == "leading\n").await;
    assert_eq!(second.terminate().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_a_database_too_and_logs_are_json_where_asked_for() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    migrations("sqlite").await.run(&pool).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    let event = add(&mut transaction, "orders", 0).await;
    transaction.commit().await.unwrap();
    let variables = ground.variables_with(&[("TIDINGS_DATABASE_URL", &url), ("TIDINGS_LOG_FORMAT", "json")]);
    let relay = Process::start(&[], &variables);
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    let ended = relay.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    for line in ended.output.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string() && line["level"].is_string(), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topology_is_checked_or_applied_at_the_start() {
    let Some(ground) = Ground::new().await else { return };
    let definitions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/topology/definitions.json");
    let with = |what| ["--topology", what, "--definitions", definitions.to_str().unwrap()];
    let ended = Process::start(&with("check"), &ground.variables()).ended().await;
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    let errors = ended.lines("ERROR");
    assert_eq!(errors.len(), 1, "{}", ended.output);
    assert!(
        errors[0].contains("`orders`, `orders.dlq`") && errors[0].contains("apply the generated topology"),
        "{errors:?}"
    );

    // A dead letter's stream has no partitions.
    let (event, dead) = (ground.append("orders", 0).await, ground.append("orders.dlq", 0).await);
    let relay = Process::start(&with("apply"), &ground.variables());
    relay.wrote("the broker has new streams").await;
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    assert_eq!(ground.published("orders.dlq", 1).await, [dead]);
    assert_eq!(relay.terminate().await.code, Some(0));

    let relay = Process::start(&with("check"), &ground.variables());
    relay.get_until("/readyz", |code, _| code == 200).await;
    assert_eq!(relay.terminate().await.code, Some(0));
}
