//! Keywords of older drafts and dialects, one schema at a time.

use serde_json::{Map, Value, json};

use super::{At, Rewriter};
use crate::import::Effect;
use crate::import::library::Location;

/// Keywords that make no sense for other types, by type.
const BY_TYPE: &[(&str, &[&str])] = &[
    (
        "object",
        &[
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
        ],
    ),
    ("array", &["items", "minItems", "maxItems", "uniqueItems"]),
    ("string", &["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"]),
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
];

/// Keywords that describe and do not constrain.
const ANNOTATIONS: &[&str] =
    &["$comment", "default", "deprecated", "description", "example", "examples", "readOnly", "title", "writeOnly"];

impl Rewriter<'_> {
    /// Old spellings to today's.
    pub(super) fn modernise(&mut self, map: &mut Map<String, Value>, at: &At) {
        remove_structure(map);
        if let Some(title) = map.remove("title") {
            // A title names the Rust type; titles in the wild are sentences, and often the same twice.
            map.insert("x-title".to_owned(), title);
        }
        if !map.get("examples").is_none_or(Value::is_array) {
            map.remove("examples");
        }
        if map.get("description").and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
            map.remove("description");
        }
        for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(Value::Bool(exclusive)) = map.get(flag) {
                let exclusive = *exclusive;
                map.remove(flag);
                if exclusive && let Some(value) = map.remove(bound) {
                    map.insert(flag.to_owned(), value);
                }
            }
        }
        if map.get("items").is_some_and(Value::is_array) {
            map.remove("items");
            self.note(
                &at.below(&["items"]),
                Effect::Loosened,
                "a list with a schema for each position; items may be anything",
            );
        }
        self.types(map, at);
    }

    /// `type` as the profile has it: one, or one and `null`.
    fn types(&mut self, map: &mut Map<String, Value>, at: &At) {
        let has_values = map.contains_key("enum") || map.contains_key("const");
        let has_parts = ["allOf", "anyOf", "oneOf"].iter().any(|key| map.contains_key(*key));
        if !map.contains_key("type") && !has_values {
            let implied = BY_TYPE.iter().find(|(_, keys)| keys.iter().any(|key| map.contains_key(*key)));
            // `required` alone, beside or inside alternatives, says nothing about the type.
            let only_required =
                ["properties", "additionalProperties", "patternProperties"].iter().all(|key| !map.contains_key(*key))
                    && map.contains_key("required");
            if let Some((name, _)) = implied
                && !has_parts
                && !only_required
            {
                if !self.is_object_anyway(at) {
                    let reason = format!("no `type`; only a value of type {name} is accepted");
                    self.note(at, Effect::Tightened, reason);
                }
                map.insert("type".to_owned(), json!(name));
            }
        }
        let nullable = map.remove("nullable") == Some(Value::Bool(true));
        let mut types: Vec<String> = match map.get("type") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return,
        };
        if nullable && !types.iter().any(|name| name == "null") {
            types.push("null".to_owned());
            if let Some(Value::Array(values)) = map.get_mut("enum") {
                values.push(Value::Null);
            }
        }
        if types.iter().any(|name| name == "number") {
            types.retain(|name| name != "integer");
        }
        types.dedup();
        let real = types.iter().filter(|name| *name != "null").count();
        match types.as_slice() {
            [only] => {
                map.insert("type".to_owned(), json!(only));
            }
            _ if real == 1 => {
                types.sort_by_key(|name| name == "null");
                map.insert("type".to_owned(), json!(types));
            }
            // The listed values say their type themselves.
            _ if has_values => {
                map.remove("type");
            }
            _ if has_parts => {}
            _ => {
                map.remove("type");
                let alternatives: Vec<Value> = types.iter().map(|name| Value::Object(alternative(map, name))).collect();
                for (_, keys) in BY_TYPE {
                    map.retain(|key, _| !keys.contains(&key.as_str()));
                }
                map.insert("oneOf".to_owned(), Value::Array(alternatives));
            }
        }
    }

    /// Whether the schema at `at` describes an object even though it does not say so: a payload does, and so does a part
    /// of something that is said to be one.
    fn is_object_anyway(&self, at: &At) -> bool {
        let pointer = &at.location.pointer;
        let mut before = pointer.rsplitn(3, '/').skip(1);
        match (before.next(), before.next()) {
            (Some("allOf" | "anyOf" | "oneOf"), Some(owner)) => {
                let owner = Location { file: at.location.file, pointer: owner.to_owned() };
                owner.pointer.is_empty() || self.library.get(&owner).and_then(type_of) == Some("object")
            }
            _ => pointer.is_empty(),
        }
    }
}

/// `required` names that are not declared may hold anything.
pub(super) fn declare_required(map: &mut Map<String, Value>) {
    let names: Vec<String> =
        map.get("required").and_then(Value::as_array).map_or_else(Vec::new, |names| strings(names));
    if names.is_empty() || map.get("type") != Some(&json!("object")) {
        return;
    }
    let properties = map.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        for name in names {
            properties.entry(name).or_insert_with(|| json!({}));
        }
    }
}

/// `patternProperties` with one pattern and nothing else is a map.
pub(super) fn pattern_properties(map: &mut Map<String, Value>) {
    let closed = map.get("additionalProperties") == Some(&Value::Bool(false));
    let alone = map.get("properties").and_then(Value::as_object).is_none_or(Map::is_empty);
    let Some(Value::Object(patterns)) = map.get("patternProperties") else { return };
    if patterns.len() != 1 || !closed || !alone || map.contains_key("propertyNames") {
        return;
    }
    let Some((pattern, values)) = patterns.iter().next().map(|(key, value)| (key.clone(), value.clone())) else {
        return;
    };
    map.remove("patternProperties");
    map.remove("properties");
    map.insert("propertyNames".to_owned(), json!({ "pattern": pattern }));
    map.insert("additionalProperties".to_owned(), values);
}

/// The part of `map` that concerns values of type `name`.
fn alternative(map: &Map<String, Value>, name: &str) -> Map<String, Value> {
    let group = if name == "integer" { "number" } else { name };
    let keys = BY_TYPE.iter().find(|(kind, _)| *kind == group).map_or(&[][..], |(_, keys)| *keys);
    let mut part = Map::from_iter([("type".to_owned(), json!(name))]);
    part.extend(keys.iter().filter_map(|key| Some(((*key).to_owned(), map.get(*key)?.clone()))));
    part
}

/// Removes what says where a schema is and not what it allows.
pub(super) fn remove_structure(map: &mut Map<String, Value>) {
    for key in ["$schema", "$id", "$anchor", "$defs", "definitions", "$vocabulary"] {
        map.remove(key);
    }
    if map.get("id").is_some_and(Value::is_string) {
        map.remove("id");
    }
}

/// What `map` says without constraining.
pub(super) fn annotations(map: &Map<String, Value>) -> Map<String, Value> {
    let told = |key: &str| ANNOTATIONS.contains(&key) || key.starts_with("x-");
    map.iter().filter(|(key, _)| told(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Takes out whether undeclared properties are allowed: the catalogue decides that for all.
pub(super) fn drop_openness(map: &mut Map<String, Value>) {
    let has_properties = map.get("properties").and_then(Value::as_object).is_some_and(|named| !named.is_empty());
    for key in ["additionalProperties", "unevaluatedProperties"] {
        let is_flag = map.get(key).is_some_and(Value::is_boolean);
        if is_flag && (has_properties || map.get(key) == Some(&Value::Bool(true))) {
            map.remove(key);
        }
    }
}

/// The one type of `schema`, said or implied by `properties`.
pub(super) fn type_of(schema: &Value) -> Option<&str> {
    let said = schema.get("type").and_then(Value::as_str);
    said.or_else(|| schema.get("properties").map(|_| "object"))
}

pub(super) fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
