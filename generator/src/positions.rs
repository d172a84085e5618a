//! Where schemas stand inside a schema, and where only data stands.

use serde_json::{Map, Value};

use crate::pointer::step;

/// Keywords whose value is one schema.
const ONE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas. `items` was one before 2020-12.
const MANY: &[&str] = &["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords whose value has a schema under each name.
const NAMED: &[&str] = &["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// The schemas directly inside `schema`, each with its pointer relative to it.
pub(crate) fn below(schema: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (key, value) in schema {
        match value {
            Value::Object(_) if ONE.contains(&key.as_str()) => found.push((step("", key), value)),
            Value::Array(items) if MANY.contains(&key.as_str()) => {
                found.extend(items.iter().enumerate().map(|(i, item)| (format!("/{key}/{i}"), item)));
            }
            Value::Object(named) if NAMED.contains(&key.as_str()) => {
                found.extend(named.iter().map(|(name, item)| (step(&step("", key), name), item)));
            }
            _ => {}
        }
    }
    found
}

/// The same, to be changed.
pub(crate) fn below_mut(schema: &mut Map<String, Value>) -> Vec<&mut Value> {
    let mut found = Vec::new();
    for (key, value) in schema {
        match value {
            Value::Object(_) if ONE.contains(&key.as_str()) => found.push(value),
            Value::Array(items) if MANY.contains(&key.as_str()) => found.extend(items),
            Value::Object(named) if NAMED.contains(&key.as_str()) => {
                found.extend(named.iter_mut().map(|(_, item)| item));
            }
            _ => {}
        }
    }
    found
}

/// Calls `change` on every `$ref` in `schema` and below.
pub(crate) fn each_reference(schema: &mut Value, change: &mut impl FnMut(&mut String)) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::String(reference)) = map.get_mut("$ref") {
        change(reference);
    }
    for child in below_mut(map) {
        each_reference(child, change);
    }
}

/// How many parts of `pointer`, counted from the front, lead to the innermost schema on its way. What is left names a
/// keyword of that schema and what lies below it.
pub(crate) fn schema_prefix(parts: &[String]) -> usize {
    let mut at = 0;
    loop {
        let Some(key) = parts.get(at).map(String::as_str) else { return at };
        let named = NAMED.contains(&key) || MANY.contains(&key);
        let index = parts.get(at + 1).is_some_and(|part| part.parse::<usize>().is_ok());
        if named && parts.len() > at + 1 && (NAMED.contains(&key) || index) {
            at += 2;
        } else if ONE.contains(&key) {
            at += 1;
        } else {
            return at;
        }
    }
}
