//! Envelopes in JSON, and what they inherit.

use serde_json::{Value, json};
use tidings::{Context, Envelope, EnvelopeError, PartitionKey, RawEnvelope};

use crate::order::{
    Alone, CORRELATION, EVENT, OrderPlaced, OrdersStream, TRACE, context, envelope, noon, placed, producer,
};

fn document() -> Value {
    json!({
        "event_id": "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
        "event_type": "order.placed",
        "event_version": 2,
        "tenant_id": "acme",
        "occurred_at": "2026-03-01T12:00:00.500Z",
        "correlation_id": "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f",
        "producer": "order-service@1.4.0",
        "traceparent": TRACE,
        "data": { "order_id": "o-1", "cents": 7480 },
    })
}

/// `document` with one member set, or taken away by `null`.
fn with(name: &str, value: Value) -> Value {
    let mut document = document();
    if value.is_null() {
        document.as_object_mut().expect("an object").remove(name);
    } else {
        document[name] = value;
    }
    document
}

fn raw(document: &Value) -> Result<RawEnvelope, EnvelopeError> {
    RawEnvelope::from_json(document.to_string().as_bytes())
}

#[test]
fn an_envelope_is_written_in_the_order_of_its_schema() {
    let text = String::from_utf8(envelope().to_json().expect("an envelope")).expect("text");
    assert_eq!(text, document().to_string());
}

#[test]
fn absent_values_are_left_out() {
    let envelope = Envelope::at(EVENT, noon(), Alone(placed()), &Context::of(CORRELATION), &producer()).expect("one");
    let written = serde_json::to_value(&envelope).expect("a document");
    let names: Vec<&str> = written.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["event_id", "event_type", "event_version", "occurred_at", "correlation_id", "producer", "data"]);
}

#[test]
fn what_is_written_is_read_again() {
    let envelope = Envelope { causation_id: Some(CORRELATION), ..envelope() };
    let written = envelope.to_json().expect("JSON");
    let read = RawEnvelope::from_json(&written).expect("an envelope");
    assert_eq!(serde_json::to_vec(&read).expect("JSON"), written);
    assert_eq!(read.into_event::<OrderPlaced>().expect("the event"), envelope);
    assert_eq!(serde_json::from_slice::<Envelope<OrderPlaced>>(&written).expect("the event"), envelope);
}

#[test]
fn members_that_a_reader_does_not_know_are_ignored() {
    let mut newer = with("priority", json!(7));
    newer["data"]["gift"] = json!(true);
    assert_eq!(raw(&newer).expect("one").into_event::<OrderPlaced>().expect("the event"), envelope());
}

#[test]
fn every_fault_of_an_envelope_is_told_with_its_place() {
    for (name, value) in [
        ("event_id", json!("o-1")),
        ("event_id", json!("{0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b}")),
        ("event_type", json!("")),
        ("event_version", json!(0)),
        ("event_version", json!(1.5)),
        ("event_version", json!(4_294_967_296_u64)),
        ("event_version", json!("2")),
        ("tenant_id", json!("")),
        ("tenant_id", json!(7)),
        ("occurred_at", json!("yesterday")),
        ("correlation_id", json!("")),
        ("causation_id", json!("none")),
        ("producer", json!("order-service")),
        ("traceparent", json!("00-0-0-00")),
        ("data", json!([])),
        ("data", json!("{}")),
    ] {
        let error = raw(&with(name, value)).expect_err(name).to_string();
        assert!(error.starts_with("this is no envelope: ") && error.contains(&format!("at `{name}`")), "{error}");
    }
    for name in ["tenant_id", "causation_id", "traceparent"] {
        let mut document = document();
        document[name] = Value::Null;
        raw(&document).expect_err("`null` is not absent");
    }
    for name in ["event_id", "event_type", "event_version", "occurred_at", "correlation_id", "producer", "data"] {
        let error = raw(&with(name, Value::Null)).expect_err(name).to_string();
        assert!(error.contains(&format!("missing field `{name}`")), "{error}");
    }
    RawEnvelope::from_json(b"[]").expect_err("a list");
    let mut complete = document();
    complete["causation_id"] = json!(CORRELATION);
    let names =
        ["event_id", "event_type", "event_version", "tenant_id", "occurred_at", "correlation_id", "causation_id"];
    let members = names.iter().chain(&["producer", "traceparent", "data"]).map(|name| complete[*name].clone());
    raw(&members.collect()).expect_err("a list of all members in order");
    RawEnvelope::from_json(b"").expect_err("nothing");
    RawEnvelope::from_json(b"\xff").expect_err("no text");
    RawEnvelope::from_json("[".repeat(100_000).as_bytes()).expect_err("too deep");
    let twice = document().to_string() + "{}";
    RawEnvelope::from_json(twice.as_bytes()).expect_err("something behind it");
}

#[test]
fn a_version_may_be_written_as_any_whole_number() {
    let two = document().to_string().replace("\"event_version\":2", "\"event_version\":2.0");
    assert_eq!(RawEnvelope::from_json(two.as_bytes()).expect("an envelope").data.version, 2);
}

#[test]
fn a_payload_that_violates_its_schema_is_refused_with_its_place() {
    let mut document = document();
    document["data"]["cents"] = json!(-1);
    let error = raw(&document).expect("an envelope").into_event::<OrderPlaced>().expect_err("below zero");
    assert_eq!(
        error.to_string(),
        "the payload of `order.placed` version 2 violates its schema: expected 0 to 1000000, found -1 (at `cents`)"
    );
    let envelope = Envelope { data: OrderPlaced { cents: -1, ..placed() }, ..envelope() };
    assert_eq!(
        envelope.to_json().expect_err("below zero").to_string(),
        "`order.placed` version 2 cannot be written: expected 0 to 1000000, found -1"
    );
}

#[test]
fn another_event_than_expected_is_named() {
    for other in [with("event_version", json!(3)), with("event_type", json!("order.paid"))] {
        let error = raw(&other).expect("an envelope").into_event::<OrderPlaced>().expect_err("another event");
        let found = format!("`{}` version {}", other["event_type"].as_str().expect("a type"), other["event_version"]);
        let expected = format!("{found} is not `order.placed` version 2; read the stream's enum");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_stream_tolerates_events_that_this_build_does_not_know() {
    let known = raw(&document()).expect("one").into_stream_event::<OrdersStream>().expect("an event");
    assert_eq!(known.data, OrdersStream::OrderPlaced(placed()));
    assert_eq!((known.event_id, known.correlation_id), (EVENT, CORRELATION));
    let newer = raw(&with("event_version", json!(9))).expect("one").into_stream_event().expect("tolerated");
    let OrdersStream::Unknown(unknown) = newer.data else { panic!("{newer:?}") };
    assert_eq!((unknown.event_type.as_str(), unknown.version), ("order.placed", 9));
    assert_eq!(unknown.data, json!({ "order_id": "o-1", "cents": 7480 }));
    let mut wrong = document();
    wrong["data"] = json!({});
    raw(&wrong).expect("one").into_stream_event::<OrdersStream>().expect_err("a known version must be sound");
}

#[test]
fn an_event_of_many_tenants_names_one() {
    let orphan = Context::of(CORRELATION);
    let error = Envelope::new(placed(), &orphan, &producer()).expect_err("no tenant");
    assert_eq!(
        error.to_string(),
        "event `order.placed` belongs to a tenant and names none; for new events, call `Context::with_tenant`"
    );
    Envelope::new(placed(), &orphan.clone().with_tenant(""), &producer()).expect_err("an empty tenant");
    Envelope::new(Alone(placed()), &orphan.with_tenant(""), &producer()).expect_err("an empty tenant");
    let untold = with("tenant_id", Value::Null);
    raw(&untold).expect("a raw one").into_event::<OrderPlaced>().expect_err("no tenant");
    raw(&untold).expect("a raw one").into_stream_event::<OrdersStream>().expect_err("no tenant");
    Envelope { tenant_id: None, ..envelope() }.to_json().expect_err("no tenant");
    Envelope { tenant_id: Some(String::new()), ..envelope() }.to_json().expect_err("an empty tenant");
}

#[test]
fn what_an_event_leads_to_inherits_from_it() {
    let cause = envelope();
    let context = Context::caused_by(&cause);
    assert_eq!(context.causation_id, Some(EVENT));
    let effect = Envelope::new(placed(), &context, &producer()).expect("an envelope");
    assert_eq!(effect.tenant_id, cause.tenant_id);
    assert_eq!(effect.correlation_id, cause.correlation_id);
    assert_eq!(effect.causation_id, Some(cause.event_id));
    assert_eq!(effect.traceparent, cause.traceparent);
    assert_ne!(effect.event_id, cause.event_id);
    assert_eq!(effect.event_id.get_version_num(), 7);
}

#[test]
fn a_business_process_has_an_id_of_its_own() {
    let (one, other) = (Context::new(), Context::new());
    assert_ne!(one.correlation_id, other.correlation_id);
    assert_eq!((one.correlation_id.get_version_num(), one.causation_id), (7, None));
}

#[test]
fn an_envelope_knows_its_partition_key() {
    let expected = PartitionKey::from_parts([&"acme" as &dyn std::fmt::Display, &"o-1"]);
    assert_eq!(envelope().partition_key(), expected);
    let other = Envelope::new(placed(), &context().with_tenant("globex"), &producer()).expect("an envelope");
    assert_ne!(other.partition_key(), expected);
}
