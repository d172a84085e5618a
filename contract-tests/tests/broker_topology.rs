//! The streams of a catalogue on a real broker: made as the generated definitions would, and held against them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use events::topology::TOPOLOGY;
use serde_json::Value;
use tidings::broker::{Broker as _, BrokerError, Layout, Publisher as _, RabbitMq};
use tidings_contract::services;

fn definitions() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/topology/definitions.json");
    std::fs::read_to_string(path).unwrap()
}

fn broker(rabbitmq: &services::RabbitMq) -> RabbitMq {
    let (host, port) = rabbitmq.stream_address();
    let broker = RabbitMq::new(host, port).with_login(rabbitmq.user(), rabbitmq.password());
    broker.with_virtual_host(rabbitmq.virtual_host())
}

async fn create(rabbitmq: &services::RabbitMq, stream: &str, partitions: usize) {
    use rabbitmq_stream_client::{Client, ClientOptions};

    let (host, port) = rabbitmq.stream_address();
    let options = ClientOptions::builder().user(rabbitmq.user()).password(rabbitmq.password());
    let client = Client::connect(options.host(host).port(port).v_host(rabbitmq.virtual_host()).build()).await.unwrap();
    let made = if partitions == 0 {
        client.create_stream(stream, HashMap::new()).await.unwrap()
    } else {
        let names = (0..partitions).map(|partition| format!("{stream}-{partition}")).collect();
        let keys = (0..partitions).map(|partition| partition.to_string()).collect();
        client.create_super_stream(stream, names, keys, HashMap::new()).await.unwrap()
    };
    assert!(made.is_ok());
    client.close().await.unwrap();
}

#[test]
fn the_generated_constants_and_the_definitions_are_the_same_layout() {
    assert_eq!(Layout::from(&TOPOLOGY), Layout::from_definitions(&definitions()).unwrap());
}

#[test]
fn what_is_no_definitions_file_is_refused_with_a_remedy() {
    let error = Layout::from_definitions("{\n  \"queues\": []\n}").unwrap_err().to_string();
    assert!(error.contains("missing field `exchanges` at line 3"), "{error}");
    assert!(error.ends_with("take the generated `topology/definitions.json`"), "{error}");
}

#[tokio::test]
async fn what_is_applied_is_what_an_import_of_the_definitions_makes() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let broker = broker(&rabbitmq);
    let made = broker.apply_topology(&TOPOLOGY).await.unwrap();
    let dead_letters = TOPOLOGY.streams.iter().filter(|stream| stream.dead_letter.is_some()).count();
    assert_eq!(made.len(), TOPOLOGY.streams.len() + dead_letters);
    broker.check_topology(&TOPOLOGY).await.unwrap();
    assert_eq!(broker.apply_topology(&TOPOLOGY).await.unwrap(), Vec::<String>::new());

    let expected: Value = serde_json::from_str(&definitions()).unwrap();
    let export = rabbitmq.export();
    for (section, name) in [("queues", "name"), ("exchanges", "name"), ("bindings", "destination")] {
        let by_name = |entries: &[Value]| -> BTreeMap<String, Value> {
            let entries = entries.iter().map(|entry| (entry[name].as_str().unwrap().to_owned(), entry.clone()));
            entries.collect()
        };
        let (expected, found) = (by_name(expected[section].as_array().unwrap()), by_name(&export[section]));
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{section}");
        for (name, expected) in expected {
            let mut found = found[&name].clone();
            // Of partitions that it makes itself, the broker spreads the leaders.
            found["arguments"].as_object_mut().unwrap().shift_remove("x-queue-leader-locator");
            for (field, value) in expected.as_object().unwrap().iter().filter(|(field, _)| *field != "vhost") {
                assert_eq!(&found[field], value, "{section} {name} {field}");
            }
        }
    }
    // An import over it has nothing to refuse.
    rabbitmq.import(&serde_json::from_str(&definitions()).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_may_apply_at_once() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let one = broker(&rabbitmq);
    let (first, second, third) =
        tokio::join!(one.apply_topology(&TOPOLOGY), one.apply_topology(&TOPOLOGY), one.apply_topology(&TOPOLOGY));
    let mut made = [first.unwrap(), second.unwrap(), third.unwrap()].concat();
    made.sort_unstable();
    let before = made.len();
    made.dedup();
    assert_eq!(made.len(), before, "nobody makes what another has made");
    one.check_topology(&TOPOLOGY).await.unwrap();
}

#[tokio::test]
async fn all_that_is_missing_or_different_is_named_at_once_and_left_as_it_is() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let broker = broker(&rabbitmq);
    create(&rabbitmq, "orders", 2).await;
    create(&rabbitmq, "stock.dlq", 0).await;
    let error = broker.check_topology(&TOPOLOGY).await.unwrap_err();
    let BrokerError::Topology { missing, different } = &error else { panic!("{error}") };
    assert!(missing.contains(&"payments".to_owned()) && missing.contains(&"orders.dlq".to_owned()), "{missing:?}");
    assert!(!missing.contains(&"stock.dlq".to_owned()) && !missing.contains(&"orders".to_owned()), "{missing:?}");
    assert_eq!(different, &["`orders` has 2 partitions and not 6"]);

    let error = broker.apply_topology(&TOPOLOGY).await.unwrap_err().to_string();
    let expected = "of streams on the broker, `orders` has 2 partitions and not 6; give new events a new stream, since \
                    partitions that change would part events of a key";
    assert_eq!(error, expected);
    assert!(rabbitmq.export()["queues"].iter().all(|queue| queue["name"] != "payments-0"), "nothing was made");
}

#[tokio::test]
async fn a_user_who_may_not_make_streams_is_told_so() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    rabbitmq.import(&serde_json::from_str(&definitions()).unwrap()).unwrap();
    let user = rabbitmq.set_password("order-service", "secret");
    let service = broker(&rabbitmq).with_login(&user, "secret");
    service.check_topology(&TOPOLOGY).await.unwrap();

    let Some(empty) = services::rabbitmq().await else { return };
    let nobody = broker(&empty).with_login(&user, "secret");
    let error = nobody.apply_topology(&TOPOLOGY).await.unwrap_err();
    assert!(matches!(error, BrokerError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn partition_0_of_a_stream_without_partitions_is_the_stream_itself() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let broker = broker(&rabbitmq);
    create(&rabbitmq, "orders.dlq", 0).await;
    let publisher = broker.publisher("orders.dlq", 0, "test").await.unwrap();
    assert!(format!("{publisher:?}").contains("\"orders.dlq\""), "{publisher:?}");
    publisher.close().await;
    let error = broker.publisher("orders.dlq", 1, "test").await.unwrap_err();
    assert_eq!(error.to_string(), "the broker has no stream `orders.dlq-1`; apply the generated topology");

    create(&rabbitmq, "orders.dlq-0", 0).await;
    let publisher = broker.publisher("orders.dlq", 0, "test").await.unwrap();
    assert!(format!("{publisher:?}").contains("\"orders.dlq-0\""), "partitions come first: {publisher:?}");
    publisher.close().await;
}
