//! What a consumer has to answer before it handles its first event, with what the catalogue says of it.

use serde_json::{Value, json};

use super::broker::kept;
use super::{Consumer, reach};
use crate::model::{Dedup, Duration, Model, Stream};

pub(super) fn page(model: &Model, consumer: &Consumer<'_>) -> Value {
    let service = consumer.service;
    let steps = model.flows.values().flat_map(|flow| flow.steps.iter().map(move |step| (flow, step)));
    let steps = steps.filter(|(_, step)| step.service == service.name);
    json!({
        "name": service.name,
        "team": reach(model, service.team.as_ref()),
        "has_ledger": service.dedup == Dedup::Ledger,
        "dedup_window": service.dedup_window,
        // `None`: what is kept for ever can come again for ever.
        "oldest": oldest(consumer).map(|oldest| oldest.to_string()),
        "attempts": service.retry.len() + 1,
        "patience": consumer.patience(),
        "lag_budget": service.lag_budget,
        "streams": consumer.streams.iter().map(|it| stream(it)).collect::<Value>(),
        "halts": consumer.halting().map(|stream| &stream.name).collect::<Vec<_>>(),
        "several": several(model, consumer),
        "steps": steps.map(|(flow, step)| json!({
            "flow": flow.name,
            "step": step.name,
            "timeout": step.timeout,
            "undone": step.compensation.as_ref().map(|it| &it.on),
        })).collect::<Value>(),
        "contract": format!("cargo xtask contract --service {}", service.name),
    })
}

/// The age of the oldest event that can be delivered, retries included.
fn oldest(consumer: &Consumer<'_>) -> Option<Duration> {
    let ages: Option<Vec<_>> = consumer.streams.iter().map(|stream| stream.retention.max_age).collect();
    ages?.into_iter().max().map(|age| Duration(age.0.saturating_add(consumer.patience().0)))
}

fn stream(stream: &Stream) -> Value {
    json!({
        "name": stream.name,
        "partitions": stream.partitions,
        "key": stream.partition_key.iter().map(|part| part.source.to_string()).collect::<Vec<_>>(),
        "kept": kept(stream.retention),
    })
}

/// Events of which more than one version is read.
fn several(model: &Model, consumer: &Consumer<'_>) -> Value {
    let events = model.events.values().filter_map(|event| {
        let read = event.versions.values().filter(|version| consumer.service.consumes(&version.id(event)));
        let numbers: Vec<u32> = read.map(|version| version.number).collect();
        (numbers.len() > 1).then(|| json!({ "event": event.name, "versions": numbers }))
    });
    events.collect()
}
