//! A team's page: how to reach it, and what it answers for.

use serde_json::{Value, json};

use crate::model::{Model, Team};

pub(super) fn page(model: &Model, team: &Team) -> Value {
    let owns = |owner: &Option<String>| owner.as_ref() == Some(&team.id);
    let contexts: Vec<_> = model.contexts.values().filter(|it| owns(&it.team)).collect();
    let streams = model.streams.values().filter(|it| contexts.iter().any(|context| context.name == it.context));
    json!({
        "id": team.id,
        "name": team.name,
        "email": team.email,
        "on_call": team.on_call,
        "chat": team.chat,
        "github": team.github,
        "contexts": contexts.iter().map(|it| json!({ "name": it.name, "summary": it.summary })).collect::<Value>(),
        "events": model.events.values().filter(|it| owns(&it.team))
            .map(|it| json!({ "name": it.name, "summary": it.summary })).collect::<Value>(),
        "streams": streams.map(|it| json!({ "name": it.name, "summary": it.summary })).collect::<Value>(),
        "services": model.services.values().filter(|it| owns(&it.team))
            .map(|it| json!({ "name": it.name, "summary": it.summary })).collect::<Value>(),
    })
}
