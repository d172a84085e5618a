//! Operations: what each service sends to and receives from each stream.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{messages, object, reference};
use crate::emit::asyncapi::messages::message_key;
use crate::model::{EventVersion, Model, Selection, Service};

/// Every operation. Service names have no dots, so `SERVICE.ACTION.STREAM` is unique.
pub(super) fn all(model: &Model) -> Map<String, Value> {
    let mut operations = Map::new();
    for service in model.services.values() {
        let projections = model.projections.values().filter(|projection| projection.service == service.name);
        let consumes = service.consumes.iter().chain(projections.flat_map(|projection| &projection.from));
        for (stream, versions) in by_stream(model, &service.publishes) {
            let operation = operation(model, service, stream, &versions, "send");
            operations.insert(format!("{}.send.{stream}", service.name), Value::Object(operation));
        }
        for (stream, versions) in by_stream(model, consumes) {
            let mut operation = operation(model, service, stream, &versions, "receive");
            operation.extend(object([
                ("x-dedup", Some(json!(service.dedup))),
                ("x-dedup-window", service.dedup_window.map(|window| json!(window))),
                ("x-lag-budget", service.lag_budget.map(|budget| json!(budget))),
                ("x-retry", Some(json!(service.retry))),
            ]));
            operations.insert(format!("{}.receive.{stream}", service.name), Value::Object(operation));
        }
    }
    operations
}

fn by_stream<'a>(
    model: &'a Model,
    selections: impl IntoIterator<Item = &'a Selection>,
) -> BTreeMap<&'a str, BTreeSet<&'a EventVersion>> {
    let mut streams: BTreeMap<&str, BTreeSet<&EventVersion>> = BTreeMap::new();
    for id in selections.into_iter().flat_map(|selection| &selection.versions) {
        if let Some((_, version)) = model.version(id) {
            streams.entry(&version.stream).or_default().insert(id);
        }
    }
    streams
}

fn operation(
    model: &Model,
    service: &Service,
    stream: &str,
    versions: &BTreeSet<&EventVersion>,
    action: &str,
) -> Map<String, Value> {
    let listed = versions
        .iter()
        .filter_map(|id| model.version(id))
        .map(|(event, version)| reference(["channels", stream, "messages", &message_key(event, version)]));
    object([
        ("action", Some(json!(action))),
        ("channel", Some(reference(["channels", stream]))),
        ("summary", service.summary.as_ref().map(|text| json!(text))),
        ("tags", Some(messages::tags([service.name.as_str()]))),
        ("messages", Some(listed.collect())),
        // Streams keep everything they confirm: persistent, in AMQP's words.
        ("bindings", Some(json!({ "amqp": { "deliveryMode": 2, "bindingVersion": "0.3.0" } }))),
        ("x-service", Some(json!(service.name))),
        ("x-owner", service.team.as_ref().map(|team| json!(team))),
    ])
}
