//! What a schema says about itself, as opposed to about values.

use crate::format::Classification;
use crate::payload::Docs;
use crate::yaml::{self, Node};

/// Reads the keywords that constrain nothing. What is ill-formed is left out; it is reported elsewhere.
pub(super) fn docs(schema: &Node) -> Docs {
    let text = |key| schema.get(key).and_then(Node::as_str).map(str::to_owned);
    Docs {
        title: text("title"),
        description: text("description"),
        deprecated: schema.get("deprecated").is_some_and(|node| node.kind == yaml::Kind::Bool(true)),
        classification: classification(schema),
        default: schema.get("default").map(Node::to_json),
        examples: schema
            .get("examples")
            .map(|node| node.items().iter().map(Node::to_json).collect())
            .unwrap_or_default(),
    }
}

/// As declared by a schema, or by that of its items or values.
fn classification(schema: &Node) -> Option<Classification> {
    let declared = schema.get("x-classification").and_then(|node| serde_json::from_value(node.to_json()).ok());
    let inner = || ["items", "additionalProperties"].iter().find_map(|key| classification(schema.get(key)?));
    declared.or_else(inner)
}
