//! Where a writer and a reader say the same: nothing is refused there for what it holds, as long as no keyword lets one
//! value depend on another.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::reference;
use crate::positions;

/// Keywords under which a document is valid if each of its values is, where it stands.
const PLAIN: [&str; 26] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "const",
    "default",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "required",
    "type",
];

/// Whether `schema` has no keyword by which one value could depend on another, but for `uniqueItems`.
pub(super) fn is_plain(schema: &Value) -> bool {
    let Value::Object(map) = schema else { return true };
    map.keys().all(|key| PLAIN.contains(&key.as_str()) || key == "uniqueItems")
        && positions::below(map).into_iter().all(|(_, child)| is_plain(child))
}

/// Whether `schema` of `document` means what `other` means in its own document, as far as that is seen at once.
pub(super) fn same(document: &Value, schema: &Schema, other_document: &Value, other: &Schema) -> bool {
    Comparing { document, other_document, seen: HashSet::new() }.objects(schema, other)
}

type Schema = Map<String, Value>;

struct Comparing<'d> {
    document: &'d Value,
    other_document: &'d Value,
    /// Addresses of what references lead to: a pair that is met again says nothing new.
    seen: HashSet<(usize, usize)>,
}

impl Comparing<'_> {
    fn objects(&mut self, one: &Schema, other: &Schema) -> bool {
        let mut pairs = one.iter().map(|(key, one)| (key, one, other.get(key)));
        one.len() == other.len()
            && pairs.all(|(key, one, other)| match (key.as_str(), one, other) {
                ("$ref", Value::String(one), Some(Value::String(other))) => self.targets(one, other),
                (_, one, Some(other)) => self.values(one, other),
                (_, _, None) => false,
            })
    }

    fn targets(&mut self, one: &str, other: &str) -> bool {
        let targets = (reference::target(self.document, one), reference::target(self.other_document, other));
        let (Some(one), Some(other)) = targets else { return false };
        let is_new = self.seen.insert((std::ptr::from_ref(one).addr(), std::ptr::from_ref(other).addr()));
        !is_new || self.values(one, other)
    }

    fn values(&mut self, one: &Value, other: &Value) -> bool {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => self.objects(one, other),
            (Value::Array(one), Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| self.values(one, other))
            }
            _ => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{is_plain, same};

    #[test]
    fn what_is_referred_to_is_compared_and_not_the_name_of_it() {
        let list = |name: &str, item: &str| {
            json!({
                "properties": { "list": { "$ref": format!("#/$defs/{name}") } },
                "$defs": { name: { "properties": {
                    "item": { "type": item }, "next": { "$ref": format!("#/$defs/{name}") } } } },
            })
        };
        let (one, renamed, other) = (list("d0", "string"), list("d1", "string"), list("d0", "integer"));
        let fields = |document: &Value| document["properties"].as_object().unwrap().clone();
        assert!(same(&one, &fields(&one), &renamed, &fields(&renamed)));
        assert!(!same(&one, &fields(&one), &other, &fields(&other)));
    }

    #[test]
    fn a_condition_anywhere_is_not_plain() {
        assert!(is_plain(&json!({ "properties": { "if": { "items": { "$ref": "#" }, "uniqueItems": true } } })));
        assert!(!is_plain(&json!({ "properties": { "a": { "items": { "not": {} } } } })));
        assert!(!is_plain(&json!({ "patternProperties": { "a": { "x": 1 } } })));
    }
}
