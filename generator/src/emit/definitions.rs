//! `topology/definitions.json`: for `rabbitmqctl import_definitions` and the management API.
//!
//! An import adds what is missing and leaves queues and exchanges that exist as they are. Users are different: an import
//! overwrites them, so it also takes away a password that was set since (RabbitMQ 4.0 to 4.3, `put_user`). Brokers whose
//! services prove themselves with certificates or OAuth do not notice; on others set the passwords after each import.

use serde_json::{Value, json};

use crate::emit::{EmitError, OutFile, Target, Templates};
use crate::event_cache::EventCache;
use crate::model::Model;
use crate::topology::Topology;

/// The target.
#[derive(Debug)]
pub(super) struct Definitions;

impl Target for Definitions {
    fn name(&self) -> &'static str {
        "definitions"
    }

    fn about(&self) -> &'static str {
        "RabbitMQ definitions: streams, users without passwords, permissions"
    }

    fn emit(&self, model: &Model, _: &Templates, _: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let document = document(model, &Topology::of(model));
        Ok(vec![OutFile::json("topology/definitions.json", &document)?])
    }
}

fn document(model: &Model, topology: &Topology) -> Value {
    let vhost = &topology.virtual_host;
    let description = model.summary.as_deref().unwrap_or_default();
    let users = topology.users.iter().map(|user| {
        json!({
            "name": user.name,
            // An empty hash matches no password; certificates and other backends still work.
            "password_hash": "",
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": [],
        })
    });
    let permissions = topology.users.iter().map(|user| {
        json!({
            "user": user.name,
            "vhost": vhost,
            "configure": user.configure,
            "write": user.write,
            "read": user.read,
        })
    });
    let exchanges = topology.exchanges().map(|exchange| {
        json!({
            "name": exchange.name,
            "vhost": vhost,
            "type": "direct",
            "durable": true,
            "auto_delete": false,
            "internal": false,
            "arguments": exchange.arguments,
        })
    });
    let queues = topology.queues().map(|queue| {
        json!({
            "name": queue.name,
            "vhost": vhost,
            "durable": true,
            "auto_delete": false,
            "arguments": queue.arguments,
        })
    });
    let bindings = topology.bindings().map(|binding| {
        json!({
            "source": binding.source,
            "vhost": vhost,
            "destination": binding.destination,
            "destination_type": "queue",
            "routing_key": binding.routing_key,
            "arguments": binding.arguments,
        })
    });
    json!({
        "vhosts": [{ "name": vhost, "metadata": { "description": description, "tags": [] } }],
        "users": users.collect::<Value>(),
        "permissions": permissions.collect::<Value>(),
        "exchanges": exchanges.collect::<Value>(),
        "queues": queues.collect::<Value>(),
        "bindings": bindings.collect::<Value>(),
    })
}
