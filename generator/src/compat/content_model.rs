//! What a producer sends and a consumer accepts, under each content model.
//!
//! Generated types ignore fields they do not know and never send any. So a producer's schema is *closed*: every declared
//! object allows its declared fields only. A consumer's is *open*: fields that are not declared are ignored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::reference;
use crate::positions;

/// `schema` with every declared object closed. What `not` and `if` say stays as it is.
///
/// The parts of a composition are closed as one: a field is declared if any part declares it. Of alternatives, each is
/// closed by itself, with what is declared beside them.
pub(super) fn closed(schema: &Value) -> Value {
    let mut closing = Closing { document: schema, names: BTreeMap::new(), open: Vec::new() };
    let mut root = closing.whole(schema, &Declared::default());
    let mut definitions = Map::new();
    while let Some((name, written, how)) = closing.open.pop() {
        let Some(target) = reference::target(schema, &written) else { continue };
        let made = match how {
            How::Whole => closing.whole(target, &Declared::default()),
            How::Part => closing.part(target),
            How::AsWritten => closing.unchanged(target),
        };
        definitions.insert(name, made);
    }
    if !definitions.is_empty()
        && let Value::Object(map) = &mut root
    {
        map.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root
}

/// `schema` with every closed object opened. What `not` and `if` say stays as it is.
pub(super) fn open(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let document = schema.clone();
    open_below(&mut schema, &document);
    schema
}

fn open_below(schema: &mut Value, document: &Value) {
    let Value::Object(map) = schema else { return };
    for key in ["additionalProperties", "unevaluatedProperties"] {
        if map.get(key) == Some(&Value::Bool(false)) {
            map.remove(key);
        }
    }
    // Open alternatives overlap where closed ones did not: a reader takes the first that fits.
    if let Some(Value::Array(branches)) = map.get("oneOf")
        && branches.iter().any(|branch| is_closed_somewhere(branch, document, &mut BTreeSet::new()))
        && !map.contains_key("anyOf")
        && let Some(branches) = map.remove("oneOf")
    {
        map.insert("anyOf".to_owned(), branches);
    }
    let kept: Vec<(String, Value)> = ["not", "if"].iter().filter_map(|key| map.remove_entry(*key)).collect();
    for child in positions::below_mut(map) {
        open_below(child, document);
    }
    map.extend(kept);
}

fn is_closed_somewhere(schema: &Value, document: &Value, seen: &mut BTreeSet<String>) -> bool {
    let Value::Object(map) = schema else { return false };
    if ["additionalProperties", "unevaluatedProperties"].iter().any(|key| map.get(*key) == Some(&Value::Bool(false))) {
        return true;
    }
    if let Some(pointer) = map.get("$ref").and_then(Value::as_str)
        && seen.insert(pointer.to_owned())
        && reference::target(document, pointer).is_some_and(|target| is_closed_somewhere(target, document, seen))
    {
        return true;
    }
    let below = positions::below(map).into_iter();
    below
        .filter(|(step, _)| !matches!(step.as_str(), "/not" | "/if"))
        .any(|(_, child)| is_closed_somewhere(child, document, seen))
}

/// What the parts of a composition declare together.
#[derive(Debug, Clone, Default)]
struct Declared {
    names: BTreeSet<String>,
    patterns: BTreeSet<String>,
    /// A part says what other fields hold: they are declared too.
    others: bool,
}

impl Declared {
    /// Whether nothing is declared by name: then it is a map.
    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

struct Closing<'d> {
    document: &'d Value,
    /// Definitions of the closed schema, by what they are made from and how.
    names: BTreeMap<(String, How), String>,
    /// Definitions still to be made: name, reference as it was written, and how.
    open: Vec<(String, String, How)>,
}

/// What a definition is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// Alone.
    Whole,
    /// Combined with others.
    Part,
    /// In a condition.
    AsWritten,
}

impl<'d> Closing<'d> {
    /// A schema that nothing else is combined with but what `outer` declares.
    fn whole(&mut self, schema: &'d Value, outer: &Declared) -> Value {
        let Value::Object(map) = schema else { return schema.clone() };
        if outer.is_empty()
            && map.len() == 1
            && let Some(reference) = map.get("$ref").and_then(Value::as_str)
        {
            return json!({ "$ref": self.reference(reference, How::Whole) });
        }
        let mut declared = outer.clone();
        self.declared(schema, &mut declared, &mut BTreeSet::new());
        // Alternatives are closed one by one.
        let declares = |key: &&str| {
            let branches = map.get(*key).and_then(Value::as_array);
            branches.is_some_and(|branches| branches.iter().any(|branch| self.declares(branch)))
        };
        let closed_by_branch = ["anyOf", "oneOf"].into_iter().find(declares).filter(|_| !declared.others);
        let mut result = self.part_without(schema, closed_by_branch);
        let Value::Object(made) = &mut result else { return result };
        if declared.others {
            return result;
        }
        if let Some(key) = closed_by_branch {
            let other = if key == "anyOf" { "oneOf" } else { "anyOf" };
            for branch in map.get(other).and_then(Value::as_array).into_iter().flatten() {
                self.declared(branch, &mut declared, &mut BTreeSet::new());
            }
            let branches = map.get(key).and_then(Value::as_array).into_iter().flatten();
            let branches = branches.map(|branch| self.whole(branch, &declared)).collect();
            made.insert(key.to_owned(), Value::Array(branches));
        }
        for key in ["then", "else"] {
            self.declared(map.get(key).unwrap_or(&Value::Null), &mut declared, &mut BTreeSet::new());
        }
        for (_, dependent) in map.get("dependentSchemas").and_then(Value::as_object).into_iter().flatten() {
            self.declared(dependent, &mut declared, &mut BTreeSet::new());
        }
        if closed_by_branch.is_some() || (declared.is_empty() && !is_false(map.get("unevaluatedProperties"))) {
            return result;
        }
        made.remove("unevaluatedProperties");
        let is_all_declared_here = declared
            .names
            .iter()
            .all(|name| map.get("properties").and_then(Value::as_object).is_some_and(|own| own.contains_key(name)))
            && declared.patterns.iter().all(|pattern| {
                map.get("patternProperties").and_then(Value::as_object).is_some_and(|own| own.contains_key(pattern))
            });
        if is_all_declared_here {
            made.insert("additionalProperties".to_owned(), Value::Bool(false));
            return result;
        }
        let anything = |names: &BTreeSet<String>| -> Map<String, Value> {
            names.iter().map(|name| (name.clone(), Value::Bool(true))).collect()
        };
        let closure = json!({
            "properties": anything(&declared.names),
            "patternProperties": anything(&declared.patterns),
            "additionalProperties": false,
        });
        match made.entry("allOf").or_insert_with(|| json!([])) {
            Value::Array(parts) => parts.push(closure),
            other => *other = closure,
        }
        result
    }

    /// A schema that others are combined with: what is below it is closed, not the schema itself.
    fn part(&mut self, schema: &'d Value) -> Value {
        self.part_without(schema, None)
    }

    /// The same without one keyword. What is made elsewhere is not to be made here too: at each level that would be twice
    /// as much.
    fn part_without(&mut self, schema: &'d Value, left_out: Option<&str>) -> Value {
        let Value::Object(map) = schema else { return schema.clone() };
        let mut made = Map::new();
        for (key, value) in map {
            let value = match (key.as_str(), value) {
                ("$defs" | "definitions", _) => continue,
                (key, _) if Some(key) == left_out => continue,
                ("$ref", Value::String(reference)) => Value::String(self.reference(reference, How::Part)),
                // Conditions are kept, with what they refer to.
                ("not" | "if", _) => self.unchanged(value),
                ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
                    parts.iter().map(|part| self.part(part)).collect()
                }
                ("then" | "else", _) => self.part(value),
                ("dependentSchemas", Value::Object(named)) => {
                    Value::Object(named.iter().map(|(name, part)| (name.clone(), self.part(part))).collect())
                }
                ("properties" | "patternProperties", Value::Object(named)) => Value::Object(
                    named.iter().map(|(name, child)| (name.clone(), self.whole(child, &Declared::default()))).collect(),
                ),
                ("prefixItems", Value::Array(items)) => {
                    items.iter().map(|item| self.whole(item, &Declared::default())).collect()
                }
                (
                    "items"
                    | "additionalProperties"
                    | "unevaluatedItems"
                    | "unevaluatedProperties"
                    | "contains"
                    | "propertyNames",
                    _,
                ) => self.whole(value, &Declared::default()),
                _ => value.clone(),
            };
            made.insert(key.clone(), value);
        }
        Value::Object(made)
    }

    /// A copy whose references lead to definitions as they were written.
    fn unchanged(&mut self, schema: &Value) -> Value {
        let mut copy = schema.clone();
        positions::each_reference(&mut copy, &mut |reference| *reference = self.reference(reference, How::AsWritten));
        if let Value::Object(copy) = &mut copy {
            copy.retain(|key, _| !matches!(key.as_str(), "$defs" | "definitions"));
        }
        copy
    }

    /// A reference to a definition that is made later.
    fn reference(&mut self, written: &str, how: How) -> String {
        let next = self.names.len();
        let name = self.names.entry((written.to_owned(), how)).or_insert_with(|| {
            let name = format!("d{next}");
            self.open.push((name.clone(), written.to_owned(), how));
            name
        });
        format!("#/$defs/{name}")
    }

    /// Adds what `schema` declares of the object it describes, alternatives left out.
    fn declared(&self, schema: &Value, declared: &mut Declared, seen: &mut BTreeSet<String>) {
        let Value::Object(map) = schema else { return };
        let keys = |key: &str| map.get(key).and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
        declared.names.extend(keys("properties"));
        declared.patterns.extend(keys("patternProperties"));
        if !declared.names.is_empty() {
            let required = map.get("required").and_then(Value::as_array).into_iter().flatten();
            declared.names.extend(required.filter_map(|name| Some(name.as_str()?.to_owned())));
        }
        declared.others |= ["additionalProperties", "unevaluatedProperties"]
            .iter()
            .any(|key| map.get(*key).is_some_and(|value| !is_anything(value) && !is_false(Some(value))));
        for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.declared(part, declared, seen);
        }
        if let Some(reference) = map.get("$ref").and_then(Value::as_str)
            && seen.insert(reference.to_owned())
            && let Some(target) = reference::target(self.document, reference)
        {
            self.declared(target, declared, seen);
        }
    }

    /// Whether an alternative declares fields of its own.
    fn declares(&self, branch: &Value) -> bool {
        let mut declared = Declared::default();
        self.declared(branch, &mut declared, &mut BTreeSet::new());
        let nested = ["anyOf", "oneOf"].iter().filter_map(|key| branch.get(*key)?.as_array()).flatten();
        !declared.is_empty() || nested.into_iter().any(|branch| self.declares(branch))
    }
}

fn is_false(schema: Option<&Value>) -> bool {
    schema == Some(&Value::Bool(false))
}

/// `true` or `{}`.
fn is_anything(schema: &Value) -> bool {
    schema == &Value::Bool(true) || schema.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{closed, open};

    #[test]
    fn a_declared_object_is_closed_and_a_map_is_not() {
        let schema = json!({ "properties": {
            "a": { "type": "object", "properties": { "b": { "type": "string" } } },
            "map": { "type": "object", "additionalProperties": { "type": "integer" } },
            "any": { "type": "object" },
        } });
        assert_eq!(
            closed(&schema),
            json!({ "properties": {
                "a": {
                    "type": "object",
                    "properties": { "b": { "type": "string" } },
                    "additionalProperties": false,
                },
                "map": { "type": "object", "additionalProperties": { "type": "integer" } },
                "any": { "type": "object" },
            }, "additionalProperties": false })
        );
    }

    #[test]
    fn a_composition_is_closed_as_one_and_alternatives_one_by_one() {
        let schema = json!({
            "$defs": { "Base": { "properties": { "id": { "type": "string" } } } },
            "allOf": [{ "$ref": "#/$defs/Base" }],
            "properties": { "kind": {} },
            "oneOf": [{ "properties": { "a": {} } }, { "properties": { "b": {} } }],
        });
        let validator = jsonschema::validator_for(&closed(&schema)).unwrap();
        for good in [json!({ "id": "1", "kind": 2, "a": 3 }), json!({ "id": "1", "b": 3 })] {
            assert!(validator.is_valid(&good), "{good}");
        }
        for bad in [json!({ "id": 1 , "a": 1 }), json!({ "a": 1, "b": 2 }), json!({ "a": 1, "c": 2 })] {
            assert!(!validator.is_valid(&bad), "{bad}");
        }
    }

    #[test]
    fn a_recursive_object_is_closed_at_every_level() {
        let schema = json!({
            "$defs": { "Node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/Node" } } } },
            "$ref": "#/$defs/Node",
        });
        let validator = jsonschema::validator_for(&closed(&schema)).unwrap();
        assert!(validator.is_valid(&json!({ "next": { "next": {} } })));
        assert!(!validator.is_valid(&json!({ "next": { "next": { "other": 1 } } })));
    }

    #[test]
    fn alternatives_inside_alternatives_are_each_closed_once() {
        let deep = (0..60).fold(json!({}), |inner, _| json!({ "anyOf": [{ "properties": { "a": inner } }] }));
        let expected = (0..60).fold(
            json!({}),
            |inner, _| json!({ "anyOf": [{ "properties": { "a": inner }, "additionalProperties": false }] }),
        );
        assert_eq!(closed(&deep), expected);
    }

    #[test]
    fn an_open_schema_ignores_what_it_does_not_declare() {
        let schema = json!({
            "properties": { "a": { "additionalProperties": false, "properties": { "b": {} } } },
            "unevaluatedProperties": false,
            "not": { "additionalProperties": false },
            "oneOf": [{ "additionalProperties": false, "properties": { "c": {} } }, { "type": "object" }],
        });
        assert_eq!(
            open(&schema),
            json!({
                "properties": { "a": { "properties": { "b": {} } } },
                "not": { "additionalProperties": false },
                "anyOf": [{ "properties": { "c": {} } }, { "type": "object" }],
            })
        );
    }
}
