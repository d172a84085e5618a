//! Channels: one per stream.

use serde_json::{Map, Value, json};

use super::{messages, object, reference};
use crate::emit::asyncapi::messages::message_key;
use crate::model::{Model, Stream};
use crate::topology::SuperStream;

/// Every stream, by name.
pub(super) fn all(model: &Model) -> Map<String, Value> {
    model.streams.values().map(|stream| (stream.name.clone(), Value::Object(channel(model, stream)))).collect()
}

fn channel(model: &Model, stream: &Stream) -> Map<String, Value> {
    let carried = stream.carries.iter().filter_map(|id| model.version(id));
    let listed: Map<String, Value> = carried
        .map(|(event, version)| {
            let key = message_key(event, version);
            let message = reference(["components", "messages", &key]);
            (key, message)
        })
        .collect();
    let broker = SuperStream::of(stream);
    let owner = model.contexts.get(&stream.context).and_then(|context| context.team.as_ref());
    let key: Vec<_> = stream.partition_key.iter().map(|part| part.source.to_string()).collect();
    object([
        ("address", Some(json!(stream.name))),
        ("summary", stream.summary.as_ref().map(|text| json!(text))),
        ("description", stream.description.as_ref().map(|text| json!(text))),
        ("servers", Some(json!([reference(["servers", "broker"])]))),
        ("messages", Some(json!(listed))),
        ("tags", Some(messages::tags([stream.context.as_str()]))),
        ("bindings", Some(json!({ "amqp": binding(model, stream) }))),
        ("x-super-stream", Some(json!(true))),
        ("x-partitions", Some(json!(broker.partitions))),
        ("x-partition-key", (!key.is_empty()).then(|| json!(key))),
        ("x-max-age", broker.limits.max_age.as_ref().map(|age| json!(age))),
        ("x-max-length-bytes", broker.limits.max_bytes.map(|bytes| json!(bytes))),
        ("x-dead-letter", broker.dead_letter.map(|dead_letter| json!(dead_letter.name))),
        ("x-owner", owner.map(|team| json!(team))),
    ])
}

fn binding(model: &Model, stream: &Stream) -> Value {
    json!({
        "is": "routingKey",
        "exchange": {
            "name": stream.name,
            "type": "direct",
            "durable": true,
            "autoDelete": false,
            "vhost": model.name,
        },
        "bindingVersion": "0.3.0",
    })
}
