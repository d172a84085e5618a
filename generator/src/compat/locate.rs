//! Which part of a schema speaks of a place in a document.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::parts::matches;
use super::reference;
use crate::pointer::{percent_decoded, step};

/// A part of a schema and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located<'s> {
    pub(super) pointer: String,
    pub(super) schema: &'s Value,
}

/// The parts of `schema` that speak of the place that `path` leads to in a document, alternatives included.
pub(super) fn locate<'s>(schema: &'s Value, path: &[String]) -> Vec<Located<'s>> {
    let mut here = in_place(schema, vec![Located { pointer: String::new(), schema }]);
    for part in path {
        let below = here.iter().flat_map(|at| child(at, part)).collect();
        here = in_place(schema, below);
    }
    here
}

/// These parts, what they refer to, and what they are combined of.
fn in_place<'s>(document: &'s Value, mut open: Vec<Located<'s>>) -> Vec<Located<'s>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    open.reverse();
    while let Some(at) = open.pop() {
        if !seen.insert(at.pointer.clone()) {
            continue;
        }
        if let Value::Object(map) = at.schema {
            if let Some(written) = map.get("$ref").and_then(Value::as_str)
                && let Some(target) = reference::target(document, written)
            {
                let pointer = percent_decoded(written.trim_start_matches('#')).unwrap_or_default();
                open.push(Located { pointer, schema: target });
            }
            for key in ["allOf", "anyOf", "oneOf"] {
                let branches = map.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
                open.extend(
                    branches
                        .map(|(index, schema)| Located { pointer: format!("{}/{key}/{index}", at.pointer), schema }),
                );
            }
            for key in ["then", "else", "not", "if"] {
                open.extend(map.get(key).map(|schema| Located { pointer: format!("{}/{key}", at.pointer), schema }));
            }
        }
        found.push(at);
    }
    found
}

fn child<'s>(at: &Located<'s>, part: &str) -> Vec<Located<'s>> {
    let Value::Object(map) = at.schema else { return Vec::new() };
    let below = |path: &str, schema: &'s Value| Located { pointer: format!("{}{path}", at.pointer), schema };
    let mut found = Vec::new();
    if let Some(schema) = map.get("properties").and_then(|properties| properties.get(part)) {
        found.push(below(&step("/properties", part), schema));
    }
    for (pattern, schema) in map.get("patternProperties").and_then(Value::as_object).into_iter().flatten() {
        if matches(pattern, part) {
            found.push(below(&step("/patternProperties", pattern), schema));
        }
    }
    if let Ok(index) = part.parse::<usize>() {
        if let Some(schema) = map.get("prefixItems").and_then(|items| items.get(index)) {
            found.push(below(&format!("/prefixItems/{index}"), schema));
        } else if let Some(schema) = map.get("items") {
            found.push(below("/items", schema));
        }
    }
    if found.is_empty()
        && let Some(schema) = map.get("additionalProperties").filter(|schema| !schema.is_boolean())
    {
        found.push(below("/additionalProperties", schema));
    }
    found
}

/// The first of the parts that has one of `keywords`.
pub(super) fn with<'a, 's>(
    parts: &'a [Located<'s>],
    keywords: &[&str],
) -> Option<(&'a Located<'s>, &'s Map<String, Value>)> {
    parts.iter().find_map(|at| {
        let map = at.schema.as_object()?;
        keywords.iter().any(|key| map.contains_key(*key)).then_some((at, map))
    })
}
