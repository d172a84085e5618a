//! Envelopes as CloudEvents.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidings::{Context, Envelope, Producer, RawEnvelope};

use crate::order::{Alone, CORRELATION, EVENT, OrderPlaced, TRACE, context, envelope, noon, placed, producer};

fn event() -> Value {
    json!({
        "specversion": "1.0",
        "id": "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
        "source": "/services/order-service/1.4.0",
        "type": "order.placed.v2",
        "time": "2026-03-01T12:00:00.500Z",
        "datacontenttype": "application/json",
        "tenantid": "acme",
        "correlationid": "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f",
        "producer": "order-service@1.4.0",
        "traceparent": TRACE,
        "partitionkey": "acme/o-1",
        "data": { "order_id": "o-1", "cents": 7480 },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut event = event();
    event[name] = value;
    event
}

fn without(name: &str) -> Value {
    let mut event = event();
    event.as_object_mut().expect("an object").remove(name);
    event
}

#[test]
fn an_envelope_becomes_a_cloud_event_and_back() {
    let written = envelope().to_cloud_event().expect("an event");
    assert_eq!(written, event());
    let read = RawEnvelope::from_cloud_event(written).expect("an envelope");
    assert_eq!(read.into_event::<OrderPlaced>().expect("the event"), envelope());

    let caused = Envelope { causation_id: Some(CORRELATION), ..envelope() };
    let written = caused.to_cloud_event().expect("an event");
    assert_eq!(written["causationid"], json!("0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f"));
    let read = RawEnvelope::from_cloud_event(written).expect("an envelope");
    assert_eq!(read.into_event::<OrderPlaced>().expect("the event"), caused);
}

#[test]
fn names_of_attributes_are_as_the_specification_says() {
    let caused = Envelope { causation_id: Some(EVENT), ..envelope() };
    for name in caused.to_cloud_event().expect("an event").as_object().expect("an object").keys() {
        let allowed = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        assert!(allowed && name.len() <= 20, "{name}");
    }
}

#[test]
fn attributes_without_a_value_are_left_out() {
    let envelope = Envelope::at(EVENT, noon(), Alone(placed()), &Context::of(CORRELATION), &producer()).expect("one");
    let written = envelope.to_cloud_event().expect("an event");
    let names: Vec<&str> = written.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["specversion", "id", "source", "type", "time", "datacontenttype", "correlationid", "producer", "data"]
    );
    let read = RawEnvelope::from_cloud_event(written).expect("an envelope");
    assert_eq!(read.into_event::<Alone>().expect("the event"), envelope);
}

#[test]
fn a_source_is_a_uri_reference_whatever_the_producer_is_called() {
    let odd = Producer::new("käse/ %?#[", "1.0 beta+7:x").expect("a producer");
    let envelope = Envelope::at(EVENT, noon(), placed(), &context(), &odd).expect("an envelope");
    let written = envelope.to_cloud_event().expect("an event");
    assert_eq!(written["source"], json!("/services/k%C3%A4se%2F%20%25%3F%23%5B/1.0%20beta%2B7%3Ax"));
    let schema = json!({ "type": "string", "format": "uri-reference" });
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    assert!(validator.is_valid(&written["source"]));
    let read = RawEnvelope::from_cloud_event(written).expect("an envelope");
    assert_eq!(read.producer, odd);
}

#[test]
fn characters_that_attributes_may_not_hold_are_not_sent() {
    for tenant in ["a\nb", "a\u{7f}", "a\u{85}", "a\u{fdd0}", "a\u{1ffff}"] {
        let envelope = Envelope::new(placed(), &context().with_tenant(tenant), &producer()).expect("an envelope");
        let error = envelope.to_cloud_event().expect_err("a forbidden character").to_string();
        assert!(error.starts_with("attribute `tenantid` would hold "), "{error}");
    }
    let envelope = Envelope::new(placed(), &context().with_tenant("Käse 😀"), &producer()).expect("an envelope");
    envelope.to_cloud_event().expect("an event");
}

#[test]
fn an_event_of_another_specification_is_refused() {
    for version in ["0.3", "1.0.2", "1", "2.0", ""] {
        let error = RawEnvelope::from_cloud_event(with("specversion", json!(version))).expect_err("another version");
        assert_eq!(error.to_string(), format!("CloudEvents `{version}` cannot be read; send `specversion` 1.0"));
    }
}

#[test]
fn a_missing_attribute_is_named_with_what_to_do() {
    for name in ["specversion", "id", "source", "type", "time", "correlationid", "producer"] {
        // `null` is absent, as the JSON format says.
        for lacking in [without(name), with(name, Value::Null)] {
            let error = RawEnvelope::from_cloud_event(lacking).expect_err(name).to_string();
            assert!(error.starts_with(&format!("attribute `{name}` is missing; set it to ")), "{error}");
        }
    }
    for name in ["tenantid", "causationid", "traceparent", "partitionkey", "datacontenttype"] {
        for lacking in [without(name), with(name, Value::Null)] {
            RawEnvelope::from_cloud_event(lacking).expect("can do without");
        }
    }
}

#[test]
fn an_attribute_that_cannot_be_read_is_named_with_what_to_do() {
    for (name, value) in [
        ("id", json!("1")),
        ("id", json!(1)),
        ("source", json!("")),
        ("source", json!("a b")),
        ("type", json!("order.placed")),
        ("type", json!("order.placed.v0")),
        ("type", json!("order.placed.v02")),
        ("type", json!("order.placed.v+2")),
        ("type", json!("order.placed.v4294967296")),
        ("type", json!(".v2")),
        ("time", json!("2026-03-01")),
        ("tenantid", json!("")),
        ("correlationid", json!("")),
        ("causationid", json!("x")),
        ("producer", json!("order-service")),
        ("traceparent", json!("00")),
        ("datacontenttype", json!("text/plain")),
        ("datacontenttype", json!("application/xml; charset=utf-8")),
    ] {
        let error = RawEnvelope::from_cloud_event(with(name, value)).expect_err(name).to_string();
        assert!(
            error.starts_with(&format!("attribute `{name}` cannot be read: ")) && error.contains("; set it "),
            "{error}"
        );
    }
}

#[test]
fn data_may_come_encoded() {
    let mut encoded = without("data");
    // {"order_id":"o-1","cents":7480}
    encoded["data_base64"] = json!("eyJvcmRlcl9pZCI6Im8tMSIsImNlbnRzIjo3NDgwfQ==");
    let read = RawEnvelope::from_cloud_event(encoded.clone()).expect("an envelope");
    assert_eq!(read.into_event::<OrderPlaced>().expect("the event"), envelope());
    for content_type in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.shop+json"] {
        encoded["datacontenttype"] = json!(content_type);
        RawEnvelope::from_cloud_event(encoded.clone()).expect("JSON by another name");
    }
    for text in [json!("%%%"), json!("AAAA"), json!("W10="), json!(7)] {
        encoded["data_base64"] = text;
        let error = RawEnvelope::from_cloud_event(encoded.clone()).expect_err("no JSON object").to_string();
        assert!(error.starts_with("the data cannot be read: "), "{error}");
    }
}

#[test]
fn data_that_is_no_object_is_refused() {
    for data in [json!([]), json!("{}"), json!(1), Value::Null] {
        RawEnvelope::from_cloud_event(with("data", data)).expect_err("no object");
    }
    RawEnvelope::from_cloud_event(without("data")).expect_err("no data");
    RawEnvelope::from_cloud_event(with("data_base64", json!("e30="))).expect_err("two sorts of data");
    RawEnvelope::from_cloud_event(json!([])).expect_err("a list");
}

#[test]
fn attributes_of_others_are_ignored() {
    let foreign = with("subject", json!("o-1"));
    assert_eq!(
        RawEnvelope::from_cloud_event(foreign).expect("an envelope"),
        RawEnvelope::from_cloud_event(event()).expect("an envelope")
    );
}

#[test]
fn years_at_the_edge_have_a_time() {
    for text in ["0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"] {
        let occurred_at = text.parse().expect("a point in time");
        let envelope = Envelope::at(EVENT, occurred_at, placed(), &context(), &producer()).expect("an envelope");
        let read = RawEnvelope::from_cloud_event(envelope.to_cloud_event().expect("an event")).expect("an envelope");
        assert_eq!(read.occurred_at, occurred_at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_attributes_are_no_panic(
        name in prop::sample::select(vec!["specversion", "id", "source", "type", "time", "producer", "traceparent", "data_base64", "datacontenttype"]),
        text in "\\PC{0,40}|.{0,8}",
    ) {
        let _ = RawEnvelope::from_cloud_event(with(name, json!(text)));
    }

    #[test]
    fn any_tenant_and_producer_come_back(tenant in "\\PC{1,12}", name in "[^@\\p{C}]{1,12}", version in "[^@\\p{C}]{1,6}") {
        let producer = Producer::new(name, version).expect("a producer");
        let envelope = Envelope::at(EVENT, noon(), placed(), &context().with_tenant(tenant), &producer).expect("one");
        let event = envelope.to_cloud_event().expect("an event");
        let read = RawEnvelope::from_cloud_event(event).expect("an envelope").into_event::<OrderPlaced>().expect("it");
        prop_assert_eq!(read, envelope);
    }
}
