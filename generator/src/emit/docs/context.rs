//! A context's page: its events and streams, and who owns them.

use serde_json::{Value, json};

use super::{event_line, retention, team};
use crate::model::{Context, Model};

pub(super) fn page(model: &Model, context: &Context) -> Value {
    let streams = model.streams.values().filter(|stream| stream.context == context.name);
    let others = |is_told: bool| {
        let services = model.services.values().filter(move |service| {
            let selections = if is_told { &service.consumes } else { &service.publishes };
            let mut ids = selections.iter().flat_map(|selection| &selection.versions);
            ids.any(|id| model.events.get(&id.event).is_some_and(|event| event.context == context.name))
        });
        services.map(|service| json!({ "name": service.name, "summary": service.summary })).collect::<Value>()
    };
    json!({
        "name": context.name,
        "summary": context.summary,
        "description": context.description,
        "team": team(model, context.team.as_ref()),
        "events": model.events.values().filter(|event| event.context == context.name).map(event_line).collect::<Value>(),
        "streams": streams.map(|it| json!({
            "name": it.name,
            "summary": it.summary,
            "partitions": it.partitions,
            "retention": retention(it.retention),
        })).collect::<Value>(),
        "publishers": others(false),
        "consumers": others(true),
    })
}
