//! A stream's page: what it carries, in which order, how long, and who may touch it.

use serde_json::{Value, json};

use super::{retention, team, version, word};
use crate::emit::anchor;
use crate::model::{Model, Stream};
use crate::topology::SuperStream;

pub(super) fn page(model: &Model, stream: &Stream) -> Value {
    let on_broker = SuperStream::of(stream);
    let names: Vec<_> = on_broker.partition_names().collect();
    let dead_letter = stream.dead_letter.as_ref().zip(on_broker.dead_letter.as_ref()).map(|(policy, queue)| {
        json!({ "queue": queue.name, "retention": retention(policy.retention), "then": word(policy.then) })
    });
    let touches = |does: fn(&crate::model::Service, &crate::model::EventVersion) -> bool| {
        let services = model.services.values().filter(|service| stream.carries.iter().any(|id| does(service, id)));
        services.map(|service| json!({ "name": service.name, "summary": service.summary })).collect::<Value>()
    };
    json!({
        "name": stream.name,
        "anchor": anchor(&format!("Stream {}", stream.name)),
        "summary": stream.summary,
        "description": stream.description,
        "context": stream.context,
        "team": team(model, model.contexts.get(&stream.context).and_then(|context| context.team.as_ref())),
        "partitions": stream.partitions,
        "first_partition": names.first(),
        "last_partition": names.last(),
        "key": stream.partition_key.iter().map(|part| part.source.to_string()).collect::<Vec<_>>(),
        "retention": retention(stream.retention),
        "dead_letter": dead_letter,
        "carries": stream.carries.iter().filter_map(|id| version(model, id)).collect::<Value>(),
        "publishers": touches(crate::model::Service::publishes),
        "consumers": touches(crate::model::Service::consumes),
    })
}
