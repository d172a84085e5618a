//! What brokers deliver, read again.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::json;
use tidings::received::{LONGEST, Properties, Received, ReceivedError, decode};
use tidings::{Message, RawEnvelope};

use crate::order::{EVENT, OrderPlaced, envelope};

fn message() -> Message {
    Message::new(envelope().outgoing().expect("an event")).expect("a message")
}

fn json() -> Properties<'static> {
    Properties { content_type: Some("application/json"), ..Properties::default() }
}

/// Body and properties in binary mode, with this before the names of attributes.
fn binary(prefix: &str) -> (Vec<u8>, Vec<(String, String)>) {
    let message = message();
    let event = message.to_binary_cloud_event().expect("an event");
    let properties = event.attributes.iter().map(|(name, value)| (format!("{prefix}{name}"), value.to_string()));
    (event.data.to_vec(), properties.collect())
}

fn borrowed(properties: &[(String, String)]) -> Vec<(&str, Cow<'_, str>)> {
    properties.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str()))).collect()
}

fn assert_read(received: Received, key: Option<&str>) {
    assert_eq!(received.event_id, Some(EVENT));
    assert_eq!(received.event_type.as_deref(), Some("order.placed"));
    assert_eq!(received.event_version, Some(2));
    assert_eq!(received.tenant_id.as_deref(), Some("acme"));
    assert_eq!(received.key.as_deref(), key);
    let event = received.envelope.expect("an envelope").into_event::<OrderPlaced>().expect("the event");
    assert_eq!(event, envelope());
}

fn assert_unread(received: &Received, error: &str) {
    let found = received.envelope.as_ref().expect_err("no event").to_string();
    assert!(found.contains(error), "{found}");
    assert_eq!(received.event_id, Some(EVENT));
    assert_eq!(received.event_type.as_deref(), Some("order.placed"));
    assert_eq!(received.event_version, Some(2));
    assert_eq!(received.key.as_deref(), Some("acme/o-1"));
}

#[test]
fn each_encoding_is_told_by_content_type_and_properties() {
    let message = message();
    for content_type in [None, Some("application/json"), Some("Application/JSON; charset=utf-8")] {
        let properties = Properties { content_type, group_id: Some("acme/o-1"), ..Properties::default() };
        assert_read(decode(&message.body(), &properties), Some("acme/o-1"));
    }
    assert_read(decode(&message.body(), &json()), None);
    let application = vec![("partition_key", Cow::Borrowed("a long one"))];
    assert_read(decode(&message.body(), &Properties { application, ..json() }), Some("a long one"));

    let structured = message.to_cloud_event().expect("an event");
    for content_type in ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8"] {
        let properties = Properties { content_type: Some(content_type), ..Properties::default() };
        assert_read(decode(&structured, &properties), Some("acme/o-1"));
    }

    for prefix in ["cloudEvents_", "cloudEvents:"] {
        let (data, properties) = binary(prefix);
        for content_type in [None, Some("application/json")] {
            let application = borrowed(&properties);
            let properties = Properties { content_type, application, ..Properties::default() };
            assert_read(decode(&data, &properties), Some("acme/o-1"));
        }
    }
}

#[test]
fn types_and_versions_that_nobody_knows_are_read() {
    let mut document: serde_json::Value = serde_json::from_slice(&message().body()).expect("JSON");
    document["event_type"] = json!("order.teleported");
    document["event_version"] = json!(4_000_000_000_u32);
    document["priority"] = json!({ "level": 7 });
    let received = decode(document.to_string().as_bytes(), &json());
    assert_eq!(received.event_version, Some(4_000_000_000));
    let envelope = received.envelope.expect("an envelope");
    assert_eq!(envelope.data.event_type, "order.teleported");
}

#[test]
fn what_cannot_be_read_is_still_told_from_others() {
    // By what is beside the body, whatever the body is.
    let beside = || Properties {
        message_id: Some(Cow::Owned(EVENT.to_string())),
        group_id: Some("acme/o-1"),
        application: vec![("event_type", "order.placed".into()), ("event_version", "2".into())],
        ..json()
    };
    assert_unread(&decode(b"\xff", &beside()), "this is no envelope: ");
    assert_unread(&decode(b"", &beside()), "this is no envelope: EOF while parsing a value");
    assert_unread(&decode(b"{}", &Properties { content_type: Some("text/plain"), ..beside() }), "`text/plain`");
    assert_unread(&decode(&vec![b' '; LONGEST + 1], &beside()), "more than the 16777216 that are read");

    // By what is in it.
    let mut document: serde_json::Value = serde_json::from_slice(&message().body()).expect("JSON");
    document["producer"] = json!(7);
    let group = Properties { group_id: Some("acme/o-1"), ..json() };
    assert_unread(&decode(document.to_string().as_bytes(), &group), "(at `producer`)");

    let structured = Properties { content_type: Some("application/cloudevents+json"), ..Properties::default() };
    let mut event = envelope().to_cloud_event().expect("an event");
    event["time"] = json!("noon");
    assert_unread(&decode(event.to_string().as_bytes(), &structured), "attribute `time` cannot be read");

    let (_, properties) = binary("cloudEvents_");
    let properties = Properties { application: borrowed(&properties), ..json() };
    assert_unread(&decode(b"[1]", &properties), "the data cannot be read: ");
}

#[test]
fn a_payload_is_not_taken_for_an_envelope() {
    let (_, properties) = binary("cloudEvents_");
    let application = borrowed(&properties).into_iter().filter(|(name, _)| !name.ends_with("_id")).collect();
    let received = decode(&message().body(), &Properties { application, ..json() });
    assert_eq!(
        received.envelope.expect_err("no id").to_string(),
        "attribute `id` is missing; set it to a UUID that is the event's own"
    );
    assert_eq!(received.event_id, None);
}

#[test]
fn other_forms_of_cloud_events_are_refused_with_what_to_send() {
    for found in ["application/cloudevents", "application/cloudevents+avro", "application/cloudevents-batch+json"] {
        let properties = Properties { content_type: Some(found), ..Properties::default() };
        let error = decode(b"[]", &properties).envelope.expect_err("another form");
        assert_eq!(
            error.to_string(),
            format!(
                "content of type `{found}` cannot be read; send `application/json` with an envelope, or a CloudEvent \
                 as `application/cloudevents+json`"
            )
        );
    }
}

#[test]
fn errors_are_short_however_long_what_they_quote() {
    // With spaces, which no attribute may hold.
    let long = "x ".repeat(500_000);
    let mut document: serde_json::Value = serde_json::from_slice(&message().body()).expect("JSON");
    document["data"] = json!(long);
    let error = decode(document.to_string().as_bytes(), &json()).envelope.expect_err("no object").to_string();
    assert!(error.len() < 500 && error.ends_with("… (at `data`)"), "{error}");
    let structured = Properties { content_type: Some("application/cloudevents+json"), ..Properties::default() };
    for name in ["specversion", "id", "source", "type", "time", "correlationid", "producer", "datacontenttype"] {
        let mut event = envelope().to_cloud_event().expect("an event");
        event[name] = json!(long);
        let error = decode(event.to_string().as_bytes(), &structured).envelope.expect_err(name).to_string();
        assert!(error.len() < 500, "{} bytes about {name}", error.len());
    }
}

fn some_properties() -> impl Strategy<Value = (Option<String>, Option<String>, Vec<(String, String)>)> {
    let content_type = prop_oneof![
        Just("application/json".to_owned()),
        Just("application/cloudevents+json".to_owned()),
        "\\PC{0,20}",
    ];
    let name = prop_oneof![
        "cloudEvents[_:](id|type|time|source|specversion|data|\\PC{0,4})",
        "event_type|event_version|partition_key",
        "\\PC{0,12}",
    ];
    (prop::option::of(content_type), prop::option::of(".{0,40}"), prop::collection::vec((name, ".{0,20}"), 0..6))
}

/// Bytes, texts, and documents that are nearly right.
fn some_body() -> impl Strategy<Value = Vec<u8>> {
    let cut = |body: Vec<u8>| {
        (0..body.len(), any::<u8>()).prop_map(move |(at, byte)| {
            let mut body = body.clone();
            body[at] = byte;
            body
        })
    };
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "\\PC{0,80}".prop_map(String::into_bytes),
        cut(message().body()),
        cut(message().to_cloud_event().expect("an event")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_delivered_is_a_panic(body in some_body(), (content_type, id, application) in some_properties()) {
        let properties = Properties {
            content_type: content_type.as_deref(),
            message_id: id.as_deref().map(Cow::Borrowed),
            group_id: id.as_deref(),
            application: borrowed(&application),
        };
        let received = decode(&body, &properties);
        prop_assert_eq!(received.key.as_deref().or(id.as_deref()), received.key.as_deref());
        match &received.envelope {
            Ok(envelope) => prop_assert_eq!(Some(envelope.event_id), received.event_id),
            Err(error) => prop_assert!(error.to_string().len() < 1_000, "{}", error),
        }
        let again = decode(&body, &properties);
        let told = |envelope: &Result<RawEnvelope, ReceivedError>| envelope.as_ref().map_err(ToString::to_string).cloned();
        prop_assert_eq!(told(&received.envelope), told(&again.envelope));
    }
}
