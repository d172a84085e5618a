//! What is published to RabbitMQ in any encoding is read as the same events, and says beside the body what others route
//! and filter by.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use rabbitmq_stream_client::types::{Message as Frame, OffsetSpecification, SimpleValue};
use rabbitmq_stream_client::{Client, ClientOptions, Environment};
use tidings::broker::{Broker as _, Encoding, Publisher as _, RabbitMq, partition_name};
use tidings::received::{self, Properties};
use tidings::{Message, RawEnvelope};
use tidings_contract::services;
use tokio::time::timeout;
use uuid::Uuid;

const STREAM: &str = "orders";
const ENCODINGS: [Encoding; 3] = [Encoding::Envelope, Encoding::CloudEventsStructured, Encoding::CloudEventsBinary];

fn message(key: &str, tenant_id: &str) -> Message {
    let (event_id, tenant) = (Uuid::now_v7(), serde_json::Value::from(tenant_id));
    Message {
        stream: STREAM.to_owned(),
        partition: 0,
        event_id,
        event_type: "order.placed".to_owned(),
        event_version: 2,
        key: key.to_owned(),
        tenant_id: Some(tenant_id.to_owned()),
        // As PostgreSQL gives it: in no order of ours.
        headers: format!(
            r#"{{"producer": "order-service@1.4.0", "event_id": "{event_id}", "tenant_id": {tenant}, "event_type": "order.placed", "occurred_at": "2026-03-01T12:00:00.123456789Z", "event_version": 2, "correlation_id": "{event_id}"}}"#
        ),
        payload: br#"{"order_id":"o-1","cents":1.50}"#.to_vec(),
    }
}

/// A broker with one partition.
struct Ground(services::RabbitMq);

impl Ground {
    async fn new() -> Option<Self> {
        let this = Self(services::rabbitmq().await?);
        let client = Client::connect(this.client_options()).await.unwrap();
        assert!(client.create_stream(&partition_name(STREAM, 0), HashMap::new()).await.unwrap().is_ok());
        client.close().await.unwrap();
        Some(this)
    }

    fn client_options(&self) -> ClientOptions {
        let (host, port) = self.0.stream_address();
        let login = ClientOptions::builder().user(self.0.user()).password(self.0.password());
        login.host(host).port(port).v_host(self.0.virtual_host()).build()
    }

    /// Publishes over a connection of its own and waits for the confirms.
    async fn publish(&self, encoding: Encoding, messages: &[Message]) {
        let (host, port) = self.0.stream_address();
        let broker = RabbitMq::new(host, port)
            .with_login(self.0.user(), self.0.password())
            .with_virtual_host(self.0.virtual_host())
            .with_encoding(encoding);
        let mut publisher = broker.publisher(STREAM, 0, "test").await.unwrap();
        let ids = publisher.last_id() + 1..;
        let mut progress = publisher.progress();
        let last = publisher.last_id() + messages.len() as u64;
        publisher.send(ids.zip(messages.iter().cloned()).collect()).await.unwrap();
        let confirmed = progress.wait_for(|progress| progress.confirmed == last || progress.failure.is_some());
        let confirmed = timeout(Duration::from_secs(30), confirmed).await.expect("confirms").unwrap().clone();
        assert!(confirmed.failure.is_none(), "{confirmed:?}");
        publisher.close().await;
    }

    async fn delivered(&self, count: usize) -> Vec<Frame> {
        let (host, port) = self.0.stream_address();
        let environment = Environment::builder().host(host).port(port).username(self.0.user());
        let environment = environment.password(self.0.password()).virtual_host(self.0.virtual_host());
        let environment = environment.build().await.unwrap();
        let name = partition_name(STREAM, 0);
        let mut consumer = environment.consumer().offset(OffsetSpecification::First).build(&name).await.unwrap();
        let mut delivered = Vec::new();
        while delivered.len() < count {
            let next = timeout(Duration::from_secs(20), consumer.next()).await;
            let next = next.unwrap_or_else(|_| panic!("{} of {count} were delivered", delivered.len()));
            delivered.push(next.expect("it goes on").expect("it can be read").message().clone());
        }
        consumer.handle().close().await.unwrap();
        delivered
    }
}

fn decode(frame: &Frame) -> received::Received {
    received::decode(frame.data().unwrap(), &Properties::from(frame))
}

fn application<'f>(frame: &'f Frame, name: &str) -> Option<&'f SimpleValue> {
    frame.application_properties().and_then(|properties| properties.get(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_back_the_same_in_every_encoding() {
    let Some(ground) = Ground::new().await else { return };
    // Around the lengths where the ways to write texts and lists in AMQP change, and far beyond.
    let lengths = (0..300).chain([1_000, 5_000]);
    let messages: Vec<Message> = lengths.map(|length| message(&"k".repeat(length), "acme")).collect();
    for encoding in ENCODINGS {
        ground.publish(encoding, &messages).await;
    }
    let delivered = ground.delivered(messages.len() * ENCODINGS.len()).await;
    for (frame, message) in delivered.iter().zip(messages.iter().cycle()) {
        let received = decode(frame);
        assert_eq!(received.envelope.unwrap(), message.envelope().unwrap());
        assert_eq!(received.key.as_deref(), Some(message.key.as_str()), "{} bytes", message.key.len());
        assert_eq!(received.event_id, Some(message.event_id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_can_route_and_filter_without_reading_the_body() {
    let Some(ground) = Ground::new().await else { return };
    let sent = message("acme/o-1", "acme");
    for encoding in ENCODINGS {
        ground.publish(encoding, std::slice::from_ref(&sent)).await;
    }
    let delivered = ground.delivered(ENCODINGS.len()).await;
    let types = ["application/json", "application/cloudevents+json", "application/json"];
    for (frame, content_type) in delivered.iter().zip(types) {
        let properties = frame.properties().unwrap();
        assert_eq!(properties.message_id, Some(sent.event_id.into()));
        assert_eq!(properties.correlation_id, Some(sent.event_id.into()));
        assert_eq!(properties.subject.as_deref(), Some("order.placed"));
        assert_eq!(properties.group_id.as_deref(), Some("acme/o-1"));
        assert_eq!(properties.content_type.as_ref().map(|found| found.as_str()), Some(content_type));
        let occurred_at: DateTime<Utc> = "2026-03-01T12:00:00.123Z".parse().unwrap();
        assert_eq!(properties.creation_time, Some(occurred_at.into()));
        assert_eq!(application(frame, "event_type"), Some(&"order.placed".into()));
        assert_eq!(application(frame, "event_version"), Some(&2_u32.into()));
        assert_eq!(application(frame, "tenant_id"), Some(&"acme".into()));
    }
    let [envelope, structured, binary] = &delivered[..] else { panic!("three") };
    assert_eq!(RawEnvelope::from_json(envelope.data().unwrap()).unwrap(), sent.envelope().unwrap());
    assert_eq!(application(envelope, "cloudEvents_id"), None);
    let event: serde_json::Value = serde_json::from_slice(structured.data().unwrap()).unwrap();
    assert_eq!(event["partitionkey"], "acme/o-1");
    assert_eq!(binary.data().unwrap(), sent.payload);
    for (name, value) in [
        ("specversion", "1.0"),
        ("type", "order.placed.v2"),
        ("time", "2026-03-01T12:00:00.123456789Z"),
        ("tenantid", "acme"),
        ("partitionkey", "acme/o-1"),
    ] {
        assert_eq!(application(binary, &format!("cloudEvents_{name}")), Some(&value.into()), "{name}");
    }
    assert_eq!(application(binary, "cloudEvents_datacontenttype"), None, "it is the content type");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_cloud_event_is_sent_as_an_envelope() {
    let Some(ground) = Ground::new().await else { return };
    let messages = [message("o-1", "bell\u{7}"), message("o-1", "acme")];
    ground.publish(Encoding::CloudEventsBinary, &messages).await;
    ground.publish(Encoding::CloudEventsStructured, &messages).await;
    let delivered = ground.delivered(4).await;
    for (frame, message) in delivered.iter().zip(messages.iter().cycle()) {
        assert_eq!(decode(frame).envelope.unwrap(), message.envelope().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_events_fit_the_frames_of_every_encoding() {
    let Some(ground) = Ground::new().await else { return };
    let messages: Vec<Message> = (0..5_000).map(|number| message(&format!("o-{number}"), "acme")).collect();
    for encoding in ENCODINGS {
        ground.publish(encoding, &messages).await;
    }
    let delivered = ground.delivered(messages.len() * ENCODINGS.len()).await;
    let ids = delivered.iter().map(|frame| decode(frame).event_id.unwrap());
    assert!(ids.eq(messages.iter().cycle().take(delivered.len()).map(|message| message.event_id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_publish_is_read_as_well() {
    let Some(ground) = Ground::new().await else { return };
    let id = Uuid::now_v7();
    // As an AMQP client in another language sends it: older prefix, and a time that is no text.
    let frame = Frame::builder()
        .body(br#"{"order_id":"o-1"}"#.to_vec())
        .publishing_id(1)
        .properties()
        .content_type("application/json; charset=utf-8")
        .message_builder()
        .application_properties()
        .insert("cloudEvents:specversion", "1.0")
        .insert("cloudEvents:id", id.to_string())
        .insert("cloudEvents:source", "/elsewhere")
        .insert("cloudEvents:type", "order.placed.v2")
        .insert("cloudEvents:time", SimpleValue::Timestamp(Utc::now().into()))
        .insert("cloudEvents:correlationid", SimpleValue::Uuid(id))
        .insert("cloudEvents:producer", "elsewhere@1")
        .insert("cloudEvents:partitionkey", "o-1")
        .insert("cloudEvents:priority", 7_u32)
        .message_builder()
        .build();
    let broken = Frame::builder().body(*b"\xff").publishing_id(2).properties().message_id(id).group_id("o-1");
    let broken = broken.message_builder().application_properties().insert("event_type", "order.placed");
    let client = Client::connect(ground.client_options()).await.unwrap();
    assert!(client.declare_publisher(1, None, &partition_name(STREAM, 0)).await.unwrap().is_ok());
    client.publish(1, vec![frame, broken.message_builder().build()], 1).await.unwrap();
    let delivered = ground.delivered(2).await;
    client.close().await.unwrap();

    let received = decode(&delivered[0]);
    assert_eq!(received.key.as_deref(), Some("o-1"));
    let envelope = received.envelope.unwrap();
    assert_eq!((envelope.event_id, envelope.correlation_id), (id, id));
    assert_eq!((envelope.data.event_type.as_str(), envelope.data.version), ("order.placed", 2));
    assert!((Utc::now() - envelope.occurred_at).num_minutes() < 5);

    let received = decode(&delivered[1]);
    assert_eq!(received.envelope.unwrap_err().to_string().split(':').next(), Some("this is no envelope"));
    assert_eq!(received.event_id, Some(id));
    assert_eq!(received.key.as_deref(), Some("o-1"));
    assert_eq!(received.event_type.as_deref(), Some("order.placed"));
    assert_eq!(Properties::from(&delivered[1]).message_id, Some(Cow::Owned(id.to_string())));
}
