//! JSON Schema of the envelope, and of a whole event: the envelope with one version's payload in it.
//!
//! Readers are tolerant: fields that are not named here are allowed, in the envelope as in payloads.

use serde_json::{Map, Value, json};

use crate::model::{Event, Model, Version};

/// The dialect of every schema that is written.
pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Ids and time of every example: made up, the same in each run.
const EXAMPLE_ID: &str = "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b";
const EXAMPLE_CORRELATION: &str = "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f";
const EXAMPLE_TENANT: &str = "acme";
const EXAMPLE_TIME: &str = "2024-07-19T09:30:00Z";
const EXAMPLE_TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What every event carries. `data` is any object.
pub(super) fn schema(model: &Model) -> Map<String, Value> {
    let mut required = vec!["event_id", "event_type", "event_version"];
    if model.tenancy.is_some() {
        required.push("tenant_id");
    }
    required.extend(["occurred_at", "correlation_id", "producer", "data"]);
    object(json!({ "type": "object", "required": required, "properties": properties() }))
}

/// A whole event of one version. The payload's `$defs` become the document's, where its references find them.
pub(super) fn document(model: &Model, event: &Event, version: &Version) -> Map<String, Value> {
    let mut document = schema(model);
    let mut data = version.payload.schema.clone();
    let defs = data.as_object_mut().and_then(|data| data.remove("$defs"));
    document["properties"]["event_type"]["const"] = json!(event.name);
    document["properties"]["event_version"]["const"] = json!(version.number);
    document["properties"]["data"] = data;
    if let Some(defs) = defs {
        document.insert("$defs".to_owned(), defs);
    }
    document
}

/// `data` as it would travel.
pub(super) fn example(model: &Model, event: &Event, version: &Version, data: &Value) -> Value {
    let id = version.id(event);
    let producer = model.publishers(&id).next().map_or("unknown", |service| service.name.as_str());
    let mut example = object(json!({
        "event_id": EXAMPLE_ID,
        "event_type": event.name,
        "event_version": version.number,
        "tenant_id": EXAMPLE_TENANT,
        "occurred_at": EXAMPLE_TIME,
        "correlation_id": EXAMPLE_CORRELATION,
        "producer": format!("{producer}@1.0.0"),
        "traceparent": EXAMPLE_TRACE,
        "data": data,
    }));
    if model.tenancy.is_none() {
        example.shift_remove("tenant_id");
    }
    Value::Object(example)
}

fn properties() -> Map<String, Value> {
    object(json!({
        "event_id": {
            "type": "string",
            "format": "uuid",
            "description": "Identity of this event (UUIDv7). Equal ids are the same event, delivered again.",
        },
        "event_type": { "type": "string", "minLength": 1, "description": "What happened, such as `order.placed`." },
        "event_version": {
            "type": "integer",
            "minimum": 1,
            "maximum": u32::MAX,
            "description": "Version of the payload's schema.",
        },
        "tenant_id": {
            "type": "string",
            "minLength": 1,
            "description": "The tenant it happened to, where there are several.",
        },
        "occurred_at": { "type": "string", "format": "date-time", "description": "When it happened." },
        "correlation_id": {
            "type": "string",
            "format": "uuid",
            "description": "The same in every event of one business process.",
        },
        "causation_id": {
            "type": "string",
            "format": "uuid",
            "description": "`event_id` of the event that led to this one; none where a person or a clock did.",
        },
        "producer": {
            "type": "string",
            "pattern": "^[^@]+@[^@]+$",
            "description": "Service and version that published it: `order-service@1.4.0`.",
        },
        "traceparent": {
            "type": "string",
            "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
            "not": { "pattern": "^ff|-0{32}-|-0{16}-" },
            "description": "W3C trace context: version, trace id, parent id, flags.",
        },
        "data": { "type": "object", "description": "The payload, as the schema of its version says." },
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
