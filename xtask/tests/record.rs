//! `record` on a real broker: what it writes can be replayed, and tells nothing about people.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rabbitmq_stream_client::{Client, ClientOptions};
use serde_json::{Value, json};
use tidings::broker::{Broker as _, Publisher as _, RabbitMq, partition_name};
use tidings::{Message, PartitionKey, RawEnvelope};
use tidings_contract::recording::{self, Recorded};
use tidings_contract::services;
use uuid::Uuid;

const PARTITIONS: u32 = 6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// An order of this number, which is placed so many seconds after the first.
fn order(number: u128, second: u32) -> Message {
    let price = json!({ "cents": 2490, "currency": "EUR" });
    let order_id = Uuid::from_u128(number);
    let envelope = json!({
        "event_id": Uuid::now_v7(), "event_type": "order.placed", "event_version": 2, "tenant_id": "acme",
        "occurred_at": format!("2026-03-01T12:00:{second:02}Z"), "correlation_id": Uuid::now_v7(),
        "producer": "order-service@1.4.0",
        "data": {
            "order_id": order_id,
            "customer_id": Uuid::from_u128(7),
            "total": price,
            "channel": "web",
            "lines": [{ "sku": "TEE-NAVY-M", "quantity": 1, "unit_price": price }],
            "ship_to": {
                "recipient": "Mira Okafor", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04109", "country": "DE",
            },
        },
    });
    let key = PartitionKey::from_parts([&"acme" as &dyn std::fmt::Display, &order_id]);
    let envelope = RawEnvelope::from_json(envelope.to_string().as_bytes()).unwrap();
    Message::of("orders".to_owned(), key.partition(PARTITIONS), key.as_str().to_owned(), envelope).unwrap()
}

async fn publish(broker: &RabbitMq, messages: Vec<Message>) {
    let mut by_partition: HashMap<u32, Vec<Message>> = HashMap::new();
    for message in messages {
        by_partition.entry(message.partition).or_default().push(message);
    }
    for (partition, messages) in by_partition {
        let mut publisher = broker.publisher("orders", partition, "test").await.unwrap();
        let (mut progress, last) = (publisher.progress(), messages.len() as u64);
        publisher.send((1..).zip(messages).collect()).await.unwrap();
        progress.wait_for(|progress| progress.confirmed >= last).await.unwrap();
        publisher.close().await;
    }
}

fn record(broker: &str, out: &Path, more: &[&str]) -> Output {
    let catalogue = root().join("catalogue/catalogue.yaml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(root()).args(["record", "--broker", broker, "--out"]).arg(out);
    command.arg("--catalogue").arg(catalogue).args(more).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn orders(recorded: &[Recorded]) -> Vec<&str> {
    recorded.iter().map(|event| event.envelope["data"]["order_id"].as_str().unwrap()).collect()
}

#[test]
fn what_was_published_is_recorded_in_order_and_without_data_about_people() {
    tokio::runtime::Runtime::new().unwrap().block_on(what_was_published());
}

async fn what_was_published() {
    let Some(rabbitmq) = services::rabbitmq().await else { return };
    let (host, port) = rabbitmq.stream_address();
    let login = ClientOptions::builder().user(rabbitmq.user()).password(rabbitmq.password());
    let client = Client::connect(login.host(host).port(port).v_host(rabbitmq.virtual_host()).build()).await.unwrap();
    for partition in 0..PARTITIONS {
        let name = partition_name("orders", partition);
        assert!(client.create_stream(&name, HashMap::new()).await.unwrap().is_ok());
    }
    client.close().await.unwrap();
    let broker = RabbitMq::new(host, port)
        .with_login(rabbitmq.user(), rabbitmq.password())
        .with_virtual_host(rabbitmq.virtual_host());
    // The second order is in another partition than the first, and the third is told of twice.
    let second = (2..100).find(|number| order(*number, 0).partition != order(1, 0).partition).unwrap();
    let third = second + 1;
    publish(&broker, vec![order(second, 5), order(1, 1), order(third, 9), order(third, 8)]).await;
    let (user, password) = (rabbitmq.user(), rabbitmq.password());
    let url = format!("rabbitmq-stream://{user}:{password}@{host}:{port}/{}", rabbitmq.virtual_host());
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("recordings/orders.jsonl");

    let output = record(&url, &out, &["orders"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("wrote 4 events") && said(&output).contains("data about people is made up"));
    let recorded = recording::read(&out).unwrap();
    let ids: Vec<String> = [1, second, third, third].map(|number| Uuid::from_u128(number).to_string()).into();
    assert_eq!(orders(&recorded), ids);
    // Both of the third order are in the order of their partition, whenever they say that they occurred.
    let times: Vec<&Value> = recorded.iter().map(|event| &event.envelope["occurred_at"]).collect();
    assert!(times[2].to_string().contains(":09"), "{times:?}");
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(!text.contains("Okafor") && !text.contains("Lindenallee"), "{text}");
    // The same customer becomes the same other one.
    let recipients: Vec<&Value> =
        recorded.iter().map(|event| &event.envelope["data"]["ship_to"]["recipient"]).collect();
    assert!(recipients.iter().all(|recipient| *recipient == recipients[0]), "{recipients:?}");
    assert!(recorded.iter().all(|event| event.message().is_ok()));

    // A part of it, as it is.
    let key = format!("acme/{}", ids[2]);
    let output = record(&url, &out, &["orders", "--key", &key, "--events", "1", "--keep-personal"]);
    assert!(
        said(&output).contains("wrote 1 events") && said(&output).contains("more than 1 events"),
        "{}",
        said(&output)
    );
    assert!(std::fs::read_to_string(&out).unwrap().contains("Mira Okafor"));
    // All were published since then, whenever they occurred.
    let output = record(&url, &out, &["orders", "--since", "2026-03-01T12:00:05Z"]);
    assert_eq!(orders(&recording::read(&out).unwrap()), ids, "{}", said(&output));
}

#[test]
fn what_cannot_be_recorded_is_told() {
    let out = Path::new("nowhere.jsonl");
    let output = record("rabbitmq-stream://localhost", out, &["ordres"]);
    assert!(said(&output).contains("no stream `ordres`; did you mean `orders`?"), "{}", said(&output));
    let output = record("amqp://u:hidden@localhost", out, &["orders"]);
    assert!(said(&output).contains("rabbitmq-stream://user@host") && !said(&output).contains("hidden"));
    let output = record("rabbitmq-stream+tls://localhost", out, &["orders"]);
    assert!(said(&output).contains("--ca-file"), "{}", said(&output));
    assert!(!out.exists());
}
