//! Alternatives: `anyOf` where only one can fit is `oneOf`, and what stands beside alternatives goes into each.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{At, Rewriter, keywords};
use crate::import::Effect;

impl Rewriter<'_> {
    /// Brings the alternatives of `map` into the form of the profile.
    pub(super) fn union(&mut self, map: &mut Map<String, Value>, at: &At) {
        if map.contains_key("oneOf") && map.remove("anyOf").is_some() {
            self.note(&at.below(&["anyOf"]), Effect::Loosened, "`anyOf` beside `oneOf`; only `oneOf` is checked");
        }
        let key = if map.contains_key("oneOf") { "oneOf" } else { "anyOf" };
        let Some(Value::Array(mut alternatives)) = map.remove(key) else { return };
        if key == "anyOf" {
            alternatives = widest(alternatives);
        }
        let annotations = keywords::annotations(map);
        let beside: Map<String, Value> = map
            .iter()
            .filter(|(key, _)| !annotations.contains_key(*key))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let union = match alternatives.as_slice() {
            [only] => {
                let merged = self.all_of(map.clone(), vec![only.clone()], at);
                *map = merged;
                return;
            }
            _ if beside.is_empty() => Some(alternatives),
            _ => self.distributed(&beside, &alternatives, at),
        };
        if let Some(union) = union {
            *map = annotations;
            map.insert("oneOf".to_owned(), Value::Array(union));
        } else {
            let reason =
                format!("the alternatives of `{key}` cannot be told apart; only what stands beside them is checked");
            self.note(&at.below(&[key]), Effect::Loosened, reason);
        }
    }

    /// Each alternative with what stood beside all of them; `None` when a reader could not tell them apart.
    fn distributed(&mut self, beside: &Map<String, Value>, alternatives: &[Value], at: &At) -> Option<Vec<Value>> {
        let quiet = self.notes.len();
        let mut merged: Vec<Map<String, Value>> = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let mut alternative = self.written_out(alternative)?;
            self.merge(&mut alternative, beside.clone(), at);
            keywords::drop_openness(&mut alternative);
            merged.push(alternative);
        }
        let typed = |name| {
            merged.iter().all(|alternative| keywords::type_of(&Value::Object(alternative.clone())) == Some(name))
        };
        let tags = merged.first()?.get("properties").and_then(Value::as_object)?.keys();
        let tagged = typed("object")
            && tags.into_iter().any(|tag| {
                let values: Option<BTreeSet<&str>> =
                    merged.iter().map(|alternative| tag_value(alternative, tag)).collect();
                values.is_some_and(|values| values.len() == merged.len())
            });
        if !tagged {
            self.notes.truncate(quiet);
            return None;
        }
        Some(merged.into_iter().map(Value::Object).collect())
    }
}

/// Alternatives of an `anyOf` without those that another one covers: a list of known words beside any text is any text.
/// The known words stay as examples.
fn widest(alternatives: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::with_capacity(alternatives.len());
    let mut listed: Vec<(Value, Vec<Value>)> = Vec::new();
    for alternative in alternatives {
        let values = alternative.get("enum").and_then(Value::as_array).cloned();
        match values.or_else(|| alternative.get("const").map(|only| vec![only.clone()])) {
            Some(values) => listed.push((alternative, values)),
            None if !kept.contains(&alternative) => kept.push(alternative),
            None => {}
        }
    }
    for (alternative, values) in listed {
        let covers = |wide: &&mut Value| {
            wide.get("$ref").is_none() && values.iter().all(|value| jsonschema::is_valid(wide, value))
        };
        match kept.iter_mut().filter(|wide| is_scalar(wide)).find(covers) {
            Some(Value::Object(wide)) => {
                let known = wide.entry("examples").or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(known) = known {
                    known.extend(values);
                }
            }
            _ => kept.push(alternative),
        }
    }
    kept
}

fn is_scalar(schema: &Value) -> bool {
    matches!(keywords::type_of(schema), Some("string" | "integer" | "number" | "boolean"))
        && schema.get("enum").is_none()
}

/// The one string that `tag` may hold, if it is required.
fn tag_value<'m>(map: &'m Map<String, Value>, tag: &str) -> Option<&'m str> {
    let required = map.get("required")?.as_array()?;
    let property = map.get("properties")?.get(tag)?;
    let only = property.get("const").or_else(|| match property.get("enum")?.as_array()?.as_slice() {
        [only] => Some(only),
        _ => None,
    })?;
    if required.iter().any(|name| name == tag) { only.as_str() } else { None }
}
