//! The index: everything there is, with a line each.

use serde_json::{Value, json};

use super::{event_line, retention, team};
use crate::model::{Context, Model};

pub(super) fn page(model: &Model) -> Value {
    json!({
        "name": model.name,
        "summary": model.summary,
        "description": model.description,
        "contexts": model.contexts.values().map(|it| context(model, it)).collect::<Value>(),
        "streams": model.streams.values().map(|it| json!({
            "name": it.name,
            "summary": it.summary,
            "partitions": it.partitions,
            "retention": retention(it.retention),
        })).collect::<Value>(),
        "services": model.services.values().map(|it| json!({
            "name": it.name,
            "summary": it.summary,
            "team": team(model, it.team.as_ref()),
        })).collect::<Value>(),
        "teams": model.teams.values().map(|it| json!({ "id": it.id, "name": it.name, "on_call": it.on_call }))
            .collect::<Value>(),
        "flows": model.flows.values().map(|it| json!({ "name": it.name, "summary": it.summary })).collect::<Value>(),
    })
}

fn context(model: &Model, context: &Context) -> Value {
    let events = model.events.values().filter(|event| event.context == context.name).map(event_line);
    json!({
        "name": context.name,
        "summary": context.summary,
        "description": context.description,
        "team": team(model, context.team.as_ref()),
        "events": events.collect::<Value>(),
    })
}
