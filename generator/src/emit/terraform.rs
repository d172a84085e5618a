//! `topology/terraform/main.tf`: the topology for teams that provision their broker with Terraform.
//!
//! Written for the community's RabbitMQ provider. Streams and users are data in `locals`; the resources below loop over
//! them, so that a diff shows what changed and not how often it is repeated.

use serde_json::{Map, Value, json};

use crate::emit::{EmitError, Escape, OutFile, Target, Templates};
use crate::event_cache::EventCache;
use crate::model::Model;
use crate::topology::{SuperStream, Topology};

/// The target.
#[derive(Debug)]
pub(super) struct Terraform;

impl Target for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn about(&self) -> &'static str {
        "the same topology for Terraform's RabbitMQ provider"
    }

    fn emit(&self, model: &Model, templates: &Templates, _: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let topology = Topology::of(model);
        let context = json!({
            "virtual_host": topology.virtual_host,
            "streams": topology.streams.iter().map(stream).collect::<Value>(),
            "users": topology.users,
        });
        let text = templates.render("terraform/main.tf", Escape::Hcl, &context)?;
        Ok(vec![OutFile::new("topology/terraform/main.tf", text)?])
    }
}

fn stream(stream: &SuperStream) -> Value {
    let dead_letter = stream.dead_letter.as_ref().map(|dead_letter| object(&dead_letter.limits.arguments()));
    json!({
        "name": stream.name,
        "partitions": stream.partitions,
        "arguments": object(&stream.limits.arguments()),
        "dead_letter": dead_letter.as_deref().unwrap_or("null"),
    })
}

/// A queue's arguments in one line, which `terraform fmt` leaves as it is.
fn object(arguments: &Map<String, Value>) -> String {
    let pairs = arguments.iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => format!("\"{}\"", Escape::Hcl.apply(text)),
            number => number.to_string(),
        };
        format!("\"{}\" = {value}", Escape::Hcl.apply(name))
    });
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}
