//! An event's page: what happened, who says so, who listens, and the fields of each version.

use serde_json::{Value, json};

use super::{snippets, team, word};
use crate::cast::Cast;
use crate::diff;
use crate::emit::{anchor, words};
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
        "rust": snippets::of(model, event),
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
        "status": version.life(),
        "since": version.since.map(|day| day.to_string()),
        "changes": version.changes,
        "since_before": event.before(version).map(|before| since_before(before, version)),
        "stream": version.stream,
        "runbook": anchor(&format!("Stream {}", version.stream)),
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

/// What is different from the version before, and how documents get from one to the other.
fn since_before(before: &Version, version: &Version) -> Value {
    let fields = diff::fields(&before.payload, &version.payload);
    let named = |kind: &str| {
        let changed = fields.iter().filter(|field| field.kind() == kind);
        // A field that comes or goes takes those inside it along.
        let paths: Vec<&str> = changed.map(|field| field.path.as_str()).collect();
        let is_inside = |path: &str| {
            let above = |above: &&str| path.strip_prefix(*above).is_some_and(|rest| rest.starts_with(['.', '[', '{']));
            kind != "changed" && paths.iter().any(above)
        };
        paths.iter().filter(|path| !is_inside(path)).map(|path| json!(path)).collect::<Value>()
    };
    json!({
        "number": before.number,
        "added": named("added"),
        "changed": named("changed"),
        "removed": named("removed"),
        "upcast": version.upcast.as_ref().map(Cast::in_words),
        "downcast": version.downcast.as_ref().map(Cast::in_words),
    })
}

fn service(service: &Service) -> Value {
    json!({ "name": service.name, "summary": service.summary })
}

fn field(version: &Version, row: &FieldRow<'_>) -> Value {
    let shape = words::in_words(&version.payload, row.shape);
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
