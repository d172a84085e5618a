//! Envelopes as CloudEvents in binary mode, which say the same as those in structured mode.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};
use tidings::cloud_events::BinaryCloudEvent;
use tidings::{Context, Envelope, Message, Producer, RawEnvelope};
use uuid::Uuid;

use crate::order::{CORRELATION, OrderPlaced, TRACE, envelope, placed};

fn event() -> BinaryCloudEvent<'static> {
    envelope().to_binary_cloud_event().expect("an event")
}

/// The event with one attribute changed, or taken away.
fn with(name: &'static str, value: Option<&str>) -> BinaryCloudEvent<'static> {
    let mut event = event();
    event.attributes.retain(|(found, _)| *found != name);
    event.attributes.extend(value.map(|value| (name, Cow::Owned(value.to_owned()))));
    event
}

#[test]
fn attributes_stand_beside_the_payload() {
    let event = event();
    let attributes: Vec<_> = event.attributes.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    assert_eq!(
        attributes,
        [
            ("specversion", "1.0"),
            ("id", "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b"),
            ("source", "/services/order-service/1.4.0"),
            ("type", "order.placed.v2"),
            ("time", "2026-03-01T12:00:00.500Z"),
            ("tenantid", "acme"),
            ("correlationid", "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f"),
            ("producer", "order-service@1.4.0"),
            ("traceparent", TRACE),
            ("partitionkey", "acme/o-1"),
        ]
    );
    assert_eq!(event.content_type, Some("application/json"));
    assert_eq!(event.data.as_ref(), br#"{"order_id":"o-1","cents":7480}"#);
    let read = RawEnvelope::from_binary_cloud_event(&event).expect("an envelope");
    assert_eq!(read.into_event::<OrderPlaced>().expect("the event"), envelope());
}

#[test]
fn what_is_missing_or_unreadable_is_named_with_what_to_do() {
    for name in ["specversion", "id", "source", "type", "time", "correlationid", "producer"] {
        let error = RawEnvelope::from_binary_cloud_event(&with(name, None)).expect_err(name).to_string();
        assert!(error.starts_with(&format!("attribute `{name}` is missing; set it to ")), "{error}");
    }
    for (name, value) in [("id", "1"), ("type", "order.placed"), ("time", "noon"), ("traceparent", "00")] {
        let error = RawEnvelope::from_binary_cloud_event(&with(name, Some(value))).expect_err(name).to_string();
        assert!(error.starts_with(&format!("attribute `{name}` cannot be read: ")), "{error}");
    }
    let error = RawEnvelope::from_binary_cloud_event(&with("specversion", Some("2.0"))).expect_err("another version");
    assert_eq!(error.to_string(), "CloudEvents `2.0` cannot be read; send `specversion` 1.0");
    let other = BinaryCloudEvent { content_type: Some("text/plain"), ..event() };
    let error = RawEnvelope::from_binary_cloud_event(&other).expect_err("no JSON").to_string();
    assert!(error.starts_with("attribute `datacontenttype` cannot be read: expected JSON"), "{error}");
    for data in ["", "[]", "7", "{", "{}{}"] {
        let broken = BinaryCloudEvent { data: Cow::Borrowed(data.as_bytes()), ..event() };
        let error = RawEnvelope::from_binary_cloud_event(&broken).expect_err("no object").to_string();
        assert!(error.starts_with("the data cannot be read: "), "{error}");
    }
}

#[test]
fn attributes_of_others_and_a_missing_content_type_are_no_matter() {
    let foreign = BinaryCloudEvent { content_type: None, ..with("subject", Some("o-1")) };
    let read = RawEnvelope::from_binary_cloud_event(&foreign).expect("an envelope");
    assert_eq!(read.into_event::<OrderPlaced>().expect("the event"), envelope());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Either mode, from the event or from the row of an outbox: one and the same event.
    #[test]
    fn both_modes_say_the_same(
        event_id in any::<u128>(),
        seconds in -62_135_596_800_i64..253_402_300_799,
        nanoseconds in 0_u32..1_000_000_000,
        tenant in "\\PC{1,12}",
        name in "[^@\\p{C}]{1,12}",
        caused in any::<bool>(),
        order_id in any::<String>(),
        cents in 0_i64..1_000_000,
    ) {
        let producer = Producer::new(name, "1.0").expect("a producer");
        let context = Context { causation_id: caused.then_some(CORRELATION), ..Context::of(CORRELATION).with_tenant(tenant) };
        let occurred_at = chrono::DateTime::from_timestamp(seconds, nanoseconds).expect("a point in time");
        let data = OrderPlaced { order_id, cents };
        let envelope = Envelope::at(Uuid::from_u128(event_id), occurred_at, data, &context, &producer).expect("one");
        let message = Message::new(envelope.clone().outgoing().expect("an event")).expect("a message");
        // Keys are made of payloads, where CloudEvents allow less than JSON.
        let (Ok(structured), Ok(binary)) = (envelope.to_cloud_event(), envelope.to_binary_cloud_event()) else {
            prop_assert!(envelope.to_cloud_event().is_err() && message.to_cloud_event().is_err());
            prop_assert!(envelope.to_binary_cloud_event().is_err() && message.to_binary_cloud_event().is_err());
            return Ok(());
        };
        let of_row = message.to_cloud_event().expect("an event");
        prop_assert_eq!(&serde_json::from_slice::<Value>(&of_row).expect("JSON"), &structured);
        prop_assert_eq!(&message.to_binary_cloud_event().expect("an event"), &binary);
        let expected = RawEnvelope::from_cloud_event(structured).expect("an envelope");
        prop_assert_eq!(&RawEnvelope::from_binary_cloud_event(&binary).expect("an envelope"), &expected);
        prop_assert_eq!(expected.into_event::<OrderPlaced>().expect("the event"), envelope);
    }
}

#[test]
fn a_payload_is_not_written_anew() {
    let mut message = Message::new(envelope().outgoing().expect("an event")).expect("a message");
    message.payload = br#"{ "cents": 7.480e3, "order_id": "o-1" }"#.to_vec();
    assert_eq!(message.to_binary_cloud_event().expect("an event").data.as_ref(), message.payload);
    let structured = String::from_utf8(message.to_cloud_event().expect("an event")).expect("text");
    assert!(structured.ends_with(r#","data":{ "cents": 7.480e3, "order_id": "o-1" }}"#), "{structured}");
    let read: Value = serde_json::from_str(&structured).expect("JSON");
    assert_eq!(read["type"], json!("order.placed.v2"));
    assert_eq!(placed().cents, 7480);
}
