//! A service's page: what it says, what it listens to, and what it promises.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{team, version, word};
use crate::model::{EventVersion, Model, Selection, Service};

pub(super) fn page(model: &Model, service: &Service) -> Value {
    let projections = model.projections.values().filter(|projection| projection.service == service.name);
    let has_part = |flow: &&crate::model::Flow| {
        flow.orchestrator.as_ref() == Some(&service.name) || flow.steps.iter().any(|step| step.service == service.name)
    };
    json!({
        "name": service.name,
        "summary": service.summary,
        "description": service.description,
        "team": team(model, service.team.as_ref()),
        "publishes": versions(model, &service.publishes),
        "consumes": versions(model, &service.consumes),
        "has_checklist": crate::emit::ops::reads(model, service),
        "dedup": word(service.dedup),
        "dedup_window": service.dedup_window,
        "lag_budget": service.lag_budget,
        "retry": service.retry,
        "projections": projections.map(|it| json!({
            "name": it.name,
            "summary": it.summary,
            "lag_budget": it.lag_budget,
            "from": versions(model, &it.from),
        })).collect::<Value>(),
        "flows": model.flows.values().filter(has_part).map(|it| json!({ "name": it.name, "summary": it.summary }))
            .collect::<Value>(),
    })
}

/// What selections stand for, each version once.
fn versions(model: &Model, selections: &[Selection]) -> Value {
    let ids: BTreeSet<&EventVersion> = selections.iter().flat_map(|selection| &selection.versions).collect();
    ids.into_iter().filter_map(|id| version(model, id)).collect()
}
