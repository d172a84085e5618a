//! The runbook of dead letters: whom they concern, how to look at them, how to decide.

use serde_json::{Value, json};

use super::broker::kept;
use super::{Consumer, reach};
use crate::emit::anchor;
use crate::model::{AfterDeadLetter, Model, Stream};
use crate::topology::{Topology, dead_letter_name};

pub(super) fn page(model: &Model) -> Value {
    let consumers = Consumer::all(model);
    let topology = Topology::of(model);
    json!({
        "name": model.name,
        "streams": model.streams.values().map(|it| stream(model, &consumers, it)).collect::<Value>(),
        "halts": consumers.iter().any(|consumer| consumer.halting().next().is_some()),
        "queues": format!("rabbitmqctl list_queues --vhost {} name messages | grep 'dlq'", topology.virtual_host),
    })
}

fn stream(model: &Model, consumers: &[Consumer<'_>], stream: &Stream) -> Value {
    let readers = consumers.iter().filter(|consumer| consumer.streams.iter().any(|it| it.name == stream.name));
    json!({
        "name": stream.name,
        "anchor": anchor(&format!("Stream {}", stream.name)),
        "queue": stream.dead_letter.map(|_| dead_letter_name(&stream.name)),
        "kept": stream.dead_letter.map(|policy| kept(policy.retention)),
        "halts": stream.dead_letter.is_some_and(|policy| policy.then == AfterDeadLetter::HaltKey),
        "team": reach(model, model.contexts.get(&stream.context).and_then(|context| context.team.as_ref())),
        "events": stream.carries.iter().map(|id| json!({ "event": id.event, "version": id.version })).collect::<Value>(),
        "consumers": readers.map(|consumer| json!({
            "name": consumer.service.name,
            "team": reach(model, consumer.service.team.as_ref()),
            "attempts": consumer.service.retry.len() + 1,
            "patience": consumer.patience(),
        })).collect::<Value>(),
    })
}
