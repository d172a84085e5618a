//! Messages, one per event version, and the schemas of what they carry.

use serde_json::{Map, Value, json};

use super::{object, pointer, reference};
use crate::emit::{envelope, schemas};
use crate::model::{Event, Model, Version};

/// Key of the envelope's schema. Event versions have a dot before their number, so it is nobody else's.
const ENVELOPE: &str = "envelope";

/// Key of a version among messages and, for its payload, among schemas.
pub(super) fn message_key(event: &Event, version: &Version) -> String {
    format!("{}.v{}", event.name, version.number)
}

/// Tags with these names.
pub(super) fn tags<const N: usize>(names: [&str; N]) -> Value {
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

/// The messages of an event, by key.
pub(super) fn of_event(model: &Model, event: &Event) -> Map<String, Value> {
    let of_version = |version: &Version| {
        let mut message = message(model, event, version);
        message.extend(schemas::extensions(model, event, version));
        (message_key(event, version), Value::Object(message))
    };
    event.versions.values().map(of_version).collect()
}

fn message(model: &Model, event: &Event, version: &Version) -> Map<String, Value> {
    let key = message_key(event, version);
    let examples =
        version.examples.iter().map(|data| json!({ "payload": envelope::example(model, event, version, data) }));
    let classification = event.effective_classification(version);
    object([
        ("name", Some(json!(event.name))),
        ("title", Some(json!(format!("{} v{}", event.name, version.number)))),
        ("summary", event.summary.as_ref().map(|text| json!(text))),
        ("description", event.description.as_ref().map(|text| json!(text))),
        ("contentType", Some(json!("application/json"))),
        ("payload", Some(reference(["components", "schemas", &format!("{key}.{ENVELOPE}")]))),
        ("correlationId", Some(json!({ "location": "$message.payload#/correlation_id" }))),
        ("tags", Some(json!([{ "name": event.context }, { "name": classification }]))),
        ("bindings", Some(json!({ "amqp": { "messageType": event.name, "bindingVersion": "0.3.0" } }))),
        ("examples", (!version.examples.is_empty()).then(|| examples.collect())),
    ])
}

/// The envelope.
pub(super) fn common_schemas(model: &Model) -> Map<String, Value> {
    Map::from_iter([(ENVELOPE.to_owned(), Value::Object(envelope::schema(model)))])
}

/// Per version of an event its payload, the types that uses, and the whole event.
pub(super) fn schemas_of_event(_: &Model, event: &Event) -> Map<String, Value> {
    let mut schemas = Map::new();
    for version in event.versions.values() {
        let key = message_key(event, version);
        let mut payload = version.payload.schema.clone();
        let defs = payload.as_object_mut().and_then(|payload| payload.remove("$defs"));
        point_to_components(&mut payload, &key);
        let whole = json!({
            "allOf": [
                reference(["components", "schemas", ENVELOPE]),
                {
                    "type": "object",
                    "properties": {
                        "event_type": { "const": event.name },
                        "event_version": { "const": version.number },
                        "data": reference(["components", "schemas", &key]),
                    },
                },
            ],
        });
        for (name, mut def) in defs.as_ref().and_then(Value::as_object).cloned().unwrap_or_default() {
            point_to_components(&mut def, &key);
            schemas.insert(type_key(&key, &name), def);
        }
        schemas.insert(format!("{key}.{ENVELOPE}"), whole);
        schemas.insert(key, payload);
    }
    schemas
}

/// Key of one type in a payload's `$defs`; AsyncAPI allows letters, digits and `-._`.
fn type_key(payload: &str, name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_plain {
        format!("{payload}.types.{name}")
    } else {
        format!("{payload}.types.{}", blake3::hash(name.as_bytes()).to_hex())
    }
}

/// Turns references into the payload's own `$defs` into references into this document.
fn point_to_components(schema: &mut Value, payload: &str) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords.iter_mut() {
                match (keyword.as_str(), &mut *value) {
                    ("$ref", Value::String(target)) => {
                        if let Some(name) = target.strip_prefix("#/$defs/") {
                            *target = pointer(["components", "schemas", &type_key(payload, name)]);
                        }
                    }
                    ("properties", Value::Object(children)) => {
                        children.values_mut().for_each(|child| point_to_components(child, payload));
                    }
                    ("default" | "examples" | "example" | "enum" | "const", _) => {} // data, not schemas
                    (keyword, _) if keyword.starts_with("x-") => {}
                    _ => point_to_components(value, payload),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point_to_components(item, payload)),
        _ => {}
    }
}
