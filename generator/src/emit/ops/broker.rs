//! The runbook of the broker: what is on it, where to look, and what to do when events stop.

use serde_json::{Value, json};

use super::{Consumer, has_outbox, reach};
use crate::model::{Model, Retention, Stream};
use crate::topology::{SuperStream, Topology, partition_name};

pub(super) fn page(model: &Model) -> Value {
    let topology = Topology::of(model);
    let on_broker: Vec<&Stream> = topology.streams.iter().filter_map(|it| model.streams.get(&it.name)).collect();
    let stream_name = on_broker.first().map_or("orders", |stream| stream.name.as_str());
    let first = partition_name(stream_name, 0);
    let vhost = &topology.virtual_host;
    json!({
        "name": model.name,
        "vhost": vhost,
        "streams": on_broker.iter().map(|it| stream(model, it)).collect::<Value>(),
        "users": topology.users,
        "relays": model.services.values().filter(|service| has_outbox(model, service)).map(|service| json!({
            "name": service.name,
            "team": reach(model, service.team.as_ref()),
        })).collect::<Value>(),
        "consumers": Consumer::all(model).iter().map(|consumer| json!({
            "name": consumer.service.name,
            "team": reach(model, consumer.service.team.as_ref()),
            "partitions": consumer.streams.iter().map(|stream| u64::from(stream.partitions)).sum::<u64>(),
            "lag_budget": consumer.service.lag_budget,
        })).collect::<Value>(),
        // Blocks of code are made here, because nothing in them may be taken for Markdown.
        "set_up": format!(
            "rabbitmq-plugins enable rabbitmq_stream\n\
             rabbitmqctl import_definitions generated/topology/definitions.json\n{}",
            topology.users.iter().fold(String::new(), |all, user| {
                format!("{all}rabbitmqctl change_password {0} < /run/secrets/{0}\n", user.name)
            })
        ),
        "look": format!(
            "rabbitmqctl list_queues --vhost {vhost} name type state messages\n\
             rabbitmqctl list_bindings --vhost {vhost}"
        ),
        "is_up": format!(
            "rabbitmq-diagnostics check_running\n\
             rabbitmq-diagnostics check_local_alarms\n\
             rabbitmq-diagnostics listeners\n\
             rabbitmq-streams list_stream_connections --vhost {vhost}\n\
             rabbitmq-streams list_stream_publishers --vhost {vhost}"
        ),
        "stream_status": format!(
            "rabbitmq-streams stream_status {first} --vhost {vhost}\n\
             rabbitmq-streams list_stream_consumers --vhost {vhost}"
        ),
        "replicas": format!(
            "rabbitmq-streams add_replica {first} rabbit@NODE --vhost {vhost}\n\
             rabbitmq-streams restart_stream {first} --vhost {vhost}"
        ),
        "policy": format!(
            "rabbitmqctl set_policy --vhost {vhost} --apply-to streams retention '^{}-[0-9]+$' '{{\"max-age\":\"1D\"}}'\n\
             rabbitmqctl clear_policy --vhost {vhost} retention",
            stream_name.replace('.', "[.]")
        ),
    })
}

fn stream(model: &Model, stream: &Stream) -> Value {
    let on_broker = SuperStream::of(stream);
    let dead_letters = stream.dead_letter.zip(on_broker.dead_letter);
    json!({
        "name": stream.name,
        "partitions": stream.partitions,
        "key": stream.partition_key.iter().map(|part| part.source.to_string()).collect::<Vec<_>>(),
        "kept": kept(stream.retention),
        "most": most(stream),
        "dead_letters": dead_letters.map(|(policy, queue)| json!({ "queue": queue.name, "kept": kept(policy.retention) })),
        "team": reach(model, model.contexts.get(&stream.context).and_then(|context| context.team.as_ref())),
    })
}

pub(super) fn kept(retention: Retention) -> String {
    match (retention.max_age, retention.max_bytes) {
        (Some(age), Some(bytes)) => format!("{age} or {bytes}"),
        (Some(age), None) => age.to_string(),
        (None, Some(bytes)) => bytes.to_string(),
        (None, None) => "for ever".to_owned(),
    }
}

/// What all partitions take up, at most, on each node that has a replica.
fn most(stream: &Stream) -> Option<String> {
    let bytes = stream.retention.max_bytes?.0.checked_mul(u64::from(stream.partitions))?;
    Some(crate::model::ByteSize(bytes).to_string())
}
