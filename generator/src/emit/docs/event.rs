//! An event's page: what happened, who says so, who listens, and the fields of each version.

use serde_json::{Value, json};

use super::{shape, status, team, word};
use crate::model::{Event, Model, Service, Version};
use crate::payload::FieldRow;

pub(super) fn page(model: &Model, event: &Event) -> Value {
    json!({
        "name": event.name,
        "summary": event.summary,
        "description": event.description,
        "context": event.context,
        "aggregate": event.aggregate,
        "compatibility": word(event.compatibility),
        "team": team(model, event.team.as_ref()),
        // The one to use comes first.
        "versions": event.versions.values().rev().map(|it| version(model, event, it)).collect::<Value>(),
    })
}

fn version(model: &Model, event: &Event, version: &Version) -> Value {
    let id = version.id(event);
    let key = model.streams.get(&version.stream).map(|stream| &stream.partition_key);
    let key = key.into_iter().flatten().map(|part| part.source.to_string());
    let example = version.examples.first().map(|example| format!("{example:#}"));
    json!({
        "number": version.number,
        "status": status(version),
        "since": version.since.map(|day| day.to_string()),
        "changes": version.changes,
        "stream": version.stream,
        "key": key.collect::<Vec<_>>(),
        "classification": word(event.effective_classification(version)),
        "rust": format!("events::{}::{}V{}", crate::emit::rust::context_module(&event.context), event.type_name, version.number),
        "schema": format!("../../schemas/{}/{}.v{}.json", event.context, event.name, version.number),
        "publishers": model.publishers(&id).map(service).collect::<Value>(),
        "consumers": model.consumers(&id).map(service).collect::<Value>(),
        "fields": version.payload.fields().iter().map(|row| field(version, row)).collect::<Value>(),
        "example": example,
    })
}

fn service(service: &Service) -> Value {
    json!({ "name": service.name, "summary": service.summary })
}

fn field(version: &Version, row: &FieldRow<'_>) -> Value {
    let shape = shape::in_words(&version.payload, row.shape);
    json!({
        "path": row.path,
        "required": row.required,
        "type": shape.kind,
        "rules": shape.rules,
        "classification": row.classification.map(word),
        "deprecated": row.docs.deprecated,
        "default": row.docs.default.as_ref().map(Value::to_string),
        "description": row.docs.description,
    })
}
