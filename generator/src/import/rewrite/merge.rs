//! `allOf` to one schema: properties put together, bounds narrowed.

use serde_json::{Map, Value, json};

use super::{At, MAX_INLINED, Rewriter, keywords};
use crate::import::Effect;

impl Rewriter<'_> {
    /// `map` and all of `parts` as one schema. The parts are already rewritten.
    pub(super) fn all_of(&mut self, map: Map<String, Value>, parts: Vec<Value>, at: &At) -> Map<String, Value> {
        let annotations = keywords::annotations(&map);
        let constrains = annotations.len() < map.len();
        if let ([only], false) = (parts.as_slice(), constrains) {
            let mut only = only.as_object().cloned().unwrap_or_default();
            only.extend(annotations);
            return only;
        }
        let mut merged = map;
        for part in parts {
            match self.written_out(&part) {
                Some(part) => self.merge(&mut merged, part, at),
                None => self.note(
                    at,
                    Effect::Loosened,
                    "`allOf` with a part that leads back to itself; that part is not checked",
                ),
            }
        }
        merged
    }

    /// A part with its reference replaced by what it refers to.
    pub(super) fn written_out(&mut self, part: &Value) -> Option<Map<String, Value>> {
        let map = part.as_object()?;
        let Some(Value::String(reference)) = map.get("$ref") else { return Some(map.clone()) };
        let index: usize = reference.strip_prefix("type:")?.parse().ok()?;
        let location = self.types.get(index)?.location.clone();
        if self.inlined.contains(&location) || self.inlined.len() == MAX_INLINED {
            return None;
        }
        self.inlined.push(location.clone());
        let mut target = self.at(location);
        // The target may itself be a reference to something else.
        if target.get("$ref").is_some() {
            target = Value::Object(self.written_out(&target).unwrap_or_default());
        }
        self.inlined.pop();
        target.as_object().cloned()
    }

    /// Narrows `into` by `other`.
    pub(super) fn merge(&mut self, into: &mut Map<String, Value>, other: Map<String, Value>, at: &At) {
        for (key, theirs) in other {
            let Some(ours) = into.get_mut(&key) else {
                into.insert(key, theirs);
                continue;
            };
            if *ours == theirs || keywords::annotations(&Map::from_iter([(key.clone(), json!(null))])).len() == 1 {
                continue;
            }
            match (key.as_str(), ours, theirs) {
                ("properties", Value::Object(ours), Value::Object(theirs)) => {
                    for (name, theirs) in theirs {
                        let Some(mine) = ours.get_mut(&name) else {
                            ours.insert(name, theirs);
                            continue;
                        };
                        let below = at.below(&["properties", &name]);
                        let both = (self.written_out(mine), self.written_out(&theirs));
                        if *mine == theirs {
                            continue;
                        }
                        if let (Some(mut merged), Some(theirs)) = both {
                            self.merge(&mut merged, theirs, &below);
                            *mine = Value::Object(merged);
                        }
                    }
                }
                ("required", Value::Array(ours), Value::Array(theirs)) => {
                    for name in theirs {
                        if !ours.contains(&name) {
                            ours.push(name);
                        }
                    }
                }
                ("enum", Value::Array(ours), Value::Array(theirs)) => ours.retain(|value| theirs.contains(value)),
                ("type", ours, theirs) if is_number(ours) && is_number(&theirs) => *ours = json!("integer"),
                ("additionalProperties" | "unevaluatedProperties", ours, theirs) => {
                    if ours.is_boolean() {
                        *ours = theirs;
                    }
                }
                ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", ours, theirs) => {
                    if theirs.as_f64() > ours.as_f64() {
                        *ours = theirs;
                    }
                }
                ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", ours, theirs) => {
                    if theirs.as_f64() < ours.as_f64() {
                        *ours = theirs;
                    }
                }
                ("uniqueItems", ours, _) => *ours = json!(true),
                (key, ..) => {
                    let reason = format!("`{key}` is said twice in `allOf`, differently; the first is kept");
                    self.note(at, Effect::Loosened, reason);
                }
            }
        }
        keywords::declare_required(into);
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value.as_str(), Some("integer" | "number"))
}
