//! A schema that stands alone: references by name become references into its own `$defs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::SharedTypes;
use crate::yaml::Node;

/// The payload's schema with everything it refers to, as JSON Schema 2020-12.
pub(super) fn bundle(schema: &Node, context: &str, shared: &SharedTypes) -> Value {
    let mut needed: BTreeMap<String, Value> = BTreeMap::new();
    let mut root = schema.to_json();
    let own = root.as_object_mut().and_then(|root| root.remove("$defs"));
    let mut open = Vec::new();
    point_inwards(&mut root, &mut open);
    if let Some(Value::Object(own)) = own {
        for (name, mut def) in own {
            point_inwards(&mut def, &mut open);
            needed.insert(name, def);
        }
    }
    while let Some(name) = open.pop() {
        if needed.contains_key(&name) {
            continue;
        }
        if let Some((_, node)) = shared.find(Some(context), &name) {
            let mut def = node.to_json();
            point_inwards(&mut def, &mut open);
            needed.insert(name, def);
        }
    }
    if let Some(root) = root.as_object_mut() {
        for key in ["$schema", "$id", "title"] {
            root.remove(key);
        }
        if !needed.is_empty() {
            root.insert("$defs".to_owned(), Value::Object(needed.into_iter().collect::<Map<_, _>>()));
        }
    }
    root
}

/// Rewrites every `$ref: Name` below `schema` and collects the names.
fn point_inwards(schema: &mut Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("$ref", Value::String(target)) if !target.starts_with('#') => {
                        names.push(target.clone());
                        *target = format!("#/$defs/{target}");
                    }
                    // Data, not schemas.
                    ("default" | "examples" | "example" | "enum" | "const", _) => {}
                    ("properties" | "$defs", Value::Object(children)) => {
                        children.values_mut().for_each(|child| point_inwards(child, names));
                    }
                    _ => point_inwards(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point_inwards(item, names)),
        _ => {}
    }
}
