//! The generated broker topology on a real broker: imported, read back, and held against what each user may do.

use std::{collections::HashMap, fs, path::Path};

use futures_util::StreamExt as _;
use rabbitmq_stream_client::{
    Client, ClientOptions, Environment,
    types::{Message, OffsetSpecification, ResponseCode},
};
use regex::Regex;
use serde_json::Value;
use tidings_contract::services::{self, RabbitMq};

/// From this crate's folder.
const DEFINITIONS: &str = "../generated/topology/definitions.json";

fn definitions() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFINITIONS);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn entries<'a>(definitions: &'a Value, section: &str) -> &'a [Value] {
    definitions[section].as_array().unwrap()
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap()
}

/// A connection that speaks the stream protocol as one user.
async fn connect(rabbitmq: &RabbitMq, user: &str, password: &str) -> Client {
    let (host, port) = rabbitmq.stream_address();
    let options = ClientOptions::builder().host(host).port(port).user(user).password(password);
    Client::connect(options.v_host(rabbitmq.virtual_host()).build()).await.unwrap()
}

#[tokio::test]
async fn every_definition_comes_back_as_it_was_written() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let definitions = definitions();
    rabbitmq.import(&definitions).unwrap();

    let export = rabbitmq.export();
    for section in ["queues", "exchanges", "bindings", "permissions", "users"] {
        let expected = entries(&definitions, section);
        assert!(!expected.is_empty(), "the definitions have no {section}");
        // The test's own user holds a permission that no file asked for.
        let read: Vec<&Value> = export[section].iter().filter(|entry| entry["user"] != rabbitmq.user()).collect();
        assert_eq!(read.len(), expected.len(), "{section}: {read:#?}");
        for entry in expected {
            let fields = entry.as_object().unwrap();
            let same = |read: &Value| fields.iter().all(|(name, value)| name == "vhost" || read[name] == *value);
            assert!(read.iter().any(|read| same(read)), "{section}: {entry:#} is not among {read:#?}");
        }
    }
}

#[tokio::test]
async fn every_super_stream_has_its_partitions_in_order() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let definitions = definitions();
    rabbitmq.import(&definitions).unwrap();

    let client = connect(&rabbitmq, rabbitmq.user(), rabbitmq.password()).await;
    for exchange in entries(&definitions, "exchanges") {
        assert_eq!(exchange["arguments"]["x-super-stream"], true);
        let name = text(exchange, "name");
        let bound = entries(&definitions, "bindings").iter().filter(|binding| binding["source"] == name).count();
        assert!(bound > 0, "`{name}` has no partitions");
        let expected: Vec<String> = (0..bound).map(|partition| format!("{name}-{partition}")).collect();
        assert_eq!(client.partitions(name.to_owned()).await.unwrap().streams, expected);
    }
    client.close().await.unwrap();
}

#[tokio::test]
async fn a_services_user_reads_and_writes_what_it_may_and_nothing_else() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let definitions = definitions();
    rabbitmq.import(&definitions).unwrap();

    let (mut allowed, mut refused) = (0, 0);
    for permission in entries(&definitions, "permissions") {
        let user = rabbitmq.set_password(text(permission, "user"), "secret");
        let may = |act: &str| Regex::new(text(permission, act)).unwrap();
        let (write, read) = (may("write"), may("read"));
        let client = connect(&rabbitmq, &user, "secret").await;
        for stream in entries(&definitions, "queues").iter().map(|queue| text(queue, "name")) {
            let declared = client.declare_publisher(1, None, stream).await.unwrap();
            let first = OffsetSpecification::First;
            let subscribed = client.subscribe(1, stream, first, 0, HashMap::new()).await.unwrap();
            for (act, pattern, answer) in [("write", &write, &declared), ("read", &read, &subscribed)] {
                let expected = if pattern.is_match(stream) { ResponseCode::Ok } else { ResponseCode::AccessRefused };
                assert_eq!(*answer.code(), expected, "{user} wants to {act} {stream}");
                *(if answer.is_ok() { &mut allowed } else { &mut refused }) += 1;
            }
            if declared.is_ok() {
                client.delete_publisher(1).await.unwrap();
            }
            if subscribed.is_ok() {
                client.unsubscribe(1).await.unwrap();
            }
        }
        let created = client.create_stream("of-its-own", HashMap::new()).await.unwrap();
        assert_eq!(*created.code(), ResponseCode::AccessRefused, "{user} creates a stream");
        client.close().await.unwrap();
    }
    assert!(allowed > 0 && refused > 0, "{allowed} allowed, {refused} refused");
}

#[tokio::test]
async fn what_a_services_user_publishes_can_be_read() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let definitions = definitions();
    rabbitmq.import(&definitions).unwrap();

    let stream = text(&entries(&definitions, "queues")[0], "name");
    let holder = |act: &str| {
        let may = |permission: &&Value| Regex::new(text(permission, act)).unwrap().is_match(stream);
        let permission = entries(&definitions, "permissions").iter().find(may);
        rabbitmq.set_password(text(permission.unwrap_or_else(|| panic!("nobody may {act} {stream}")), "user"), "secret")
    };
    let environment = async |user: &str| {
        let (host, port) = rabbitmq.stream_address();
        let login = Environment::builder().host(host).port(port).username(user).password("secret");
        login.virtual_host(rabbitmq.virtual_host()).build().await.unwrap()
    };

    let publisher = environment(&holder("write")).await;
    let producer = publisher.producer().build(stream).await.unwrap();
    let confirmed = producer.send_with_confirm(Message::builder().body("news").build()).await;
    producer.close().await.unwrap();
    assert!(confirmed.unwrap().confirmed());

    let reader = environment(&holder("read")).await;
    let mut consumer = reader.consumer().offset(OffsetSpecification::First).build(stream).await.unwrap();
    let delivery = consumer.next().await;
    consumer.handle().close().await.unwrap();
    assert_eq!(delivery.unwrap().unwrap().message().data(), Some(&b"news"[..]));
}
