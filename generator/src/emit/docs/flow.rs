//! A flow's page: its steps, and how each is undone.

use serde_json::{Value, json};

use super::word;
use crate::model::{Flow, Model, Step};

pub(super) fn page(model: &Model, flow: &Flow) -> Value {
    json!({
        "name": flow.name,
        "summary": flow.summary,
        "description": flow.description,
        "style": word(flow.style),
        "orchestrator": flow.orchestrator.as_ref().filter(|name| model.services.contains_key(*name)),
        "correlation": flow.correlation.as_ref().map(|path| format!("data.{}", path.join("."))),
        "steps": flow.steps.iter().map(step).collect::<Value>(),
    })
}

fn step(step: &Step) -> Value {
    json!({
        "name": step.name,
        "service": step.service,
        "on": step.on,
        "emits": step.emits,
        "timeout": step.timeout,
        "compensation": step.compensation.as_ref().map(|it| json!({ "on": it.on, "emits": it.emits })),
    })
}
