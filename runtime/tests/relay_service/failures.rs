//! What goes wrong while it runs: what no wait mends ends it with one message, all else is tried again.

use std::time::Duration;

use tokio::time::sleep;

use super::ground::{Ground, broker_of, mute, nowhere, proxy};
use super::process::{Ended, Process};

/// The message with which a relay gave up.
fn gave_up(ended: &Ended) -> &str {
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    let errors = ended.lines("ERROR");
    assert_eq!(errors.len(), 1, "{}", ended.output);
    errors[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_ends_it_on_either_side_and_no_password_is_ever_written() {
    let Some(ground) = Ground::new().await else { return };
    let wrong = "wr0ng-and-secret";
    let broker = ground.broker_url().replace(&format!(":{}@", ground.rabbitmq.password()), "@");
    for (variables, expected) in [
        (ground.variables_with(&[("TIDINGS_DATABASE_PASSWORD", wrong)]), "the database refuses the user: "),
        (
            ground.variables_with(&[("TIDINGS_BROKER_URL", &broker), ("TIDINGS_BROKER_PASSWORD", wrong)]),
            "the broker does not let user `",
        ),
    ] {
        for level in ["info", "trace"] {
            let mut variables = variables.clone();
            variables.push(("TIDINGS_LOG", level.to_owned()));
            let ended = Process::start(&[], &variables).ended().await;
            assert!(!ended.output.contains(wrong), "{}", ended.output);
            assert!(!ended.output.contains(&format!("{:?}", wrong.as_bytes())), "{}", ended.output);
            if level == "info" {
                let error = gave_up(&ended);
                assert!(error.contains(expected) && error.contains("; check "), "{error}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_come_from_files_too() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, format!("{}\n", ground.rabbitmq.password())).unwrap();
    let broker = ground.broker_url().replace(&format!(":{}@", ground.rabbitmq.password()), "@");
    let variables = ground
        .variables_with(&[("TIDINGS_BROKER_URL", &broker), ("TIDINGS_BROKER_PASSWORD_FILE", path.to_str().unwrap())]);
    let relay = Process::start(&[], &variables);
    let event = ground.append("orders", 0).await;
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    assert_eq!(relay.terminate().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_migrations_end_it_with_a_remedy() {
    let Some(ground) = Ground::bare().await else { return };
    let ended = Process::start(&[], &ground.variables()).ended().await;
    let error = gave_up(&ended);
    let expected = "the database lacks a table or column that this version needs: relation \"tidings_relay\" does not exist; apply the generated migrations";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_too_old_ends_it_with_a_remedy() {
    let Some(ground) = Ground::new().await else { return };
    ground.append("orders", 0).await;
    let address = broker_of("3.12.14").await;
    let url = format!("rabbitmq-stream://relay:secret@{address}/shop");
    let ended = Process::start(&[], &ground.variables_with(&[("TIDINGS_BROKER_URL", &url)])).ended().await;
    let error = gave_up(&ended);
    assert!(error.contains(&format!("{address} is RabbitMQ 3.12.14; ")), "{error}");
}

/// It does not get as far as to say its version.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_hangs_up_may_be_too_old() {
    let Some(ground) = Ground::new().await else { return };
    ground.append("orders", 0).await;
    let address = broker_of("3.10.8").await;
    let url = format!("rabbitmq-stream://relay:secret@{address}/shop");
    let relay = Process::start(&[], &ground.variables_with(&[("TIDINGS_BROKER_URL", &url)]));
    let line = relay.wrote("cannot reach the broker").await;
    assert!(line.contains("that it is RabbitMQ 3.13 or later with its stream plugin enabled"), "{line}");
    assert_eq!(relay.terminate().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_stream_is_waited_for() {
    let Some(ground) = Ground::new().await else { return };
    let event = ground.append("orders", 0).await;
    let relay = Process::start(&[], &ground.variables());
    let line = relay.wrote("the broker has no stream").await;
    assert!(line.contains("the broker has no stream `orders-0`; apply the generated topology"), "{line}");
    let (code, why) = relay.get("/readyz").await;
    assert!(code == 200 || why.contains("no stream `orders-0`"), "{code} {why}");
    ground.create("orders-0").await;
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    assert_eq!(relay.terminate().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_or_does_not_speak_is_waited_for_with_a_remedy() {
    let Some(ground) = Ground::new().await else { return };
    let (closing, _task) = mute().await;
    for address in [nowhere().await, closing] {
        let url = format!("rabbitmq-stream://u:p@{address}/");
        let relay = Process::start(&[], &ground.variables_with(&[("TIDINGS_BROKER_URL", &url)]));
        let line = relay.wrote("WARN").await;
        assert!(line.contains(&format!("cannot reach the broker at {address}: ")), "{line}");
        let remedy = "; check the address, and that it is RabbitMQ 3.13 or later with its stream plugin enabled";
        assert!(line.contains(remedy), "{line}");
        relay.get_until("/readyz", |code, why| code == 503 && why.contains("cannot reach the broker")).await;
        assert_eq!(relay.get("/livez").await.0, 200);
        let ended = relay.terminate().await;
        assert_eq!(ended.code, Some(0), "{}", ended.output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_at_the_start_is_waited_for() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    let event = ground.append("orders", 0).await;
    let address = nowhere().await;
    let (login, rest) = ground.postgres.url().split_once('@').unwrap();
    let (real, name) = rest.split_once('/').unwrap();
    let url = format!("{login}@{address}/{name}");
    let relay = Process::start(&[], &ground.variables_with(&[("TIDINGS_DATABASE_URL", &url)]));
    let line = relay.wrote("the relay starts again").await;
    assert!(line.contains("cannot connect to the database: "), "{line}");
    relay.get_until("/readyz", |code, why| code == 503 && why.contains("cannot connect to the database")).await;
    assert_eq!(relay.get("/livez").await.0, 200);
    sleep(Duration::from_millis(500)).await;
    proxy(&address, real.to_owned()).await;
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    relay.get_until("/readyz", |code, _| code == 200).await;
    assert_eq!(relay.terminate().await.code, Some(0));
}
