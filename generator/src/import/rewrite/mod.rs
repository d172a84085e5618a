//! Any draft of JSON Schema to the payload profile, where the meaning stays the same.
//!
//! What has no counterpart is left as it is: [`super::loosen`] takes it out, with the parser's reason. Undeclared
//! properties need no word in a catalogue (producers send what is declared, consumers ignore the rest), so
//! `additionalProperties: true` or `false` beside `properties` goes away.

mod keywords;
mod merge;
mod union;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::library::{Library, Location};
use super::{Effect, Note};
use crate::pointer::step;

/// Schemas that may be copied into others while `allOf` is put together; references that multiply never end.
const MAX_COPIES: usize = 100_000;
/// References inside references while putting `allOf` together.
const MAX_INLINED: usize = 32;

/// A type that schemas refer to.
#[derive(Debug)]
pub(super) struct Type {
    /// Where it stood.
    pub(super) location: Location,
    /// The schema in the profile. References are `type:<index>`.
    pub(super) schema: Value,
}

/// Rewrites schemas and collects the types they refer to.
pub(super) struct Rewriter<'a> {
    library: &'a Library<'a>,
    types: Vec<Type>,
    by_location: BTreeMap<Location, usize>,
    inlined: Vec<Location>,
    copies: usize,
    notes: Vec<Note>,
}

/// Where a schema stands that is being rewritten.
#[derive(Debug, Clone)]
struct At {
    location: Location,
    base: String,
}

impl At {
    fn below(&self, parts: &[&str]) -> Self {
        let pointer = parts.iter().fold(self.location.pointer.clone(), |pointer, part| step(&pointer, part));
        Self { location: Location { file: self.location.file, pointer }, base: self.base.clone() }
    }
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(library: &'a Library<'a>) -> Self {
        Self {
            library,
            types: Vec::new(),
            by_location: BTreeMap::new(),
            inlined: Vec::new(),
            copies: 0,
            notes: Vec::new(),
        }
    }

    /// The payload that the file describes.
    pub(super) fn event(&mut self, file: usize) -> Value {
        let mut location = Location { file, pointer: String::new() };
        // A payload that is only a reference: the target is the payload.
        for _ in 0..MAX_INLINED {
            let Some(Value::String(reference)) = self.library.get(&location).and_then(|root| root.get("$ref")) else {
                break;
            };
            match self.library.find(location.file, &self.library.base(&location), reference) {
                Some(target) => location = target,
                None => break,
            }
        }
        self.at(location)
    }

    /// All types that were referred to, and what had to be said about them and about events.
    pub(super) fn finish(mut self) -> (Vec<Type>, Vec<Note>) {
        let mut next = 0;
        while next < self.types.len() {
            let location = self.types[next].location.clone();
            self.types[next].schema = self.at(location);
            next += 1;
        }
        (self.types, self.notes)
    }

    fn at(&mut self, location: Location) -> Value {
        let Some(schema) = self.library.get(&location) else { return Value::Object(Map::new()) };
        let base = self.library.base(&location);
        self.schema(schema, &At { location, base })
    }

    fn schema(&mut self, schema: &Value, at: &At) -> Value {
        let Value::Object(source) = schema else { return schema.clone() };
        self.copies += usize::from(!self.inlined.is_empty());
        if self.copies > MAX_COPIES && !self.inlined.is_empty() {
            if self.copies == MAX_COPIES + 1 {
                self.note(
                    at,
                    Effect::Loosened,
                    "too many schemas once `allOf` is put together; the rest accepts any value",
                );
            }
            return Value::Object(Map::new());
        }
        let at = &At { base: self.library.base(&at.location), ..at.clone() };
        if let Some(Value::String(reference)) = source.get("$ref") {
            return self.reference(source, reference, at);
        }
        let mut map = source.clone();
        self.modernise(&mut map, at);
        self.children(&mut map, at);
        keywords::declare_required(&mut map);
        keywords::pattern_properties(&mut map);
        if let Some(Value::Array(parts)) = map.remove("allOf") {
            map = self.all_of(map, parts, at);
        }
        self.union(&mut map, at);
        keywords::drop_openness(&mut map);
        Value::Object(map)
    }

    /// Rewrites the schemas inside `map`.
    fn children(&mut self, map: &mut Map<String, Value>, at: &At) {
        for key in ["items", "additionalProperties", "propertyNames"] {
            if let Some(child @ Value::Object(_)) = map.get_mut(key) {
                *child = self.schema(&child.take(), &at.below(&[key]));
            }
        }
        for key in ["properties", "patternProperties"] {
            if let Some(Value::Object(children)) = map.get_mut(key) {
                for (name, child) in children.iter_mut() {
                    *child = self.schema(&child.take(), &at.below(&[key, name]));
                }
            }
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            if let Some(Value::Array(children)) = map.get_mut(key) {
                for (index, child) in children.iter_mut().enumerate() {
                    *child = self.schema(&child.take(), &at.below(&[key, &index.to_string()]));
                }
            }
        }
    }

    /// `$ref`, with what may stand beside it.
    fn reference(&mut self, source: &Map<String, Value>, reference: &str, at: &At) -> Value {
        let mut beside = source.clone();
        beside.remove("$ref");
        keywords::remove_structure(&mut beside);
        let Some(target) = self.library.find(at.location.file, &at.base, reference) else {
            let reason = format!("`$ref: {reference}` leads to none of the files; any value is accepted here");
            self.note(&at.below(&["$ref"]), Effect::Loosened, reason);
            return Value::Object(keywords::annotations(&beside));
        };
        let target_type = self.library.get(&target).and_then(keywords::type_of);
        if self.siblings_are_ignored(at) || beside.get("type").and_then(Value::as_str) == target_type {
            beside.remove("type");
        }
        let annotations = keywords::annotations(&beside);
        let nullable = beside.get("nullable") == Some(&Value::Bool(true));
        beside.retain(|key, _| !annotations.contains_key(key) && key != "nullable");
        let index = self.type_at(target);
        let mut plain = Map::from_iter([("$ref".to_owned(), Value::String(format!("type:{index}")))]);
        if nullable {
            let alternatives = vec![Value::Object(plain), serde_json::json!({ "type": "null" })];
            plain = Map::from_iter([("oneOf".to_owned(), Value::Array(alternatives))]);
        }
        if beside.is_empty() || self.siblings_are_ignored(at) {
            plain.extend(annotations);
            return Value::Object(plain);
        }
        self.modernise(&mut beside, at);
        self.children(&mut beside, at);
        keywords::declare_required(&mut beside);
        beside.extend(annotations);
        let mut merged = self.all_of(beside, vec![Value::Object(plain)], at);
        self.union(&mut merged, at);
        keywords::drop_openness(&mut merged);
        Value::Object(merged)
    }

    /// Up to draft 7, nothing beside a `$ref` counts.
    fn siblings_are_ignored(&self, at: &At) -> bool {
        let draft = self.library.files[at.location.file].json.get("$schema").and_then(Value::as_str);
        draft.is_some_and(|draft| ["draft-04", "draft-06", "draft-07"].iter().any(|old| draft.contains(old)))
    }

    fn type_at(&mut self, location: Location) -> usize {
        if let Some(index) = self.by_location.get(&location) {
            return *index;
        }
        let index = self.types.len();
        self.types.push(Type { location: location.clone(), schema: Value::Null });
        self.by_location.insert(location, index);
        index
    }

    fn note(&mut self, at: &At, effect: Effect, reason: impl Into<String>) {
        let file = &self.library.files[at.location.file].path;
        self.notes.push(Note::new(file, &at.location.pointer, effect, reason));
    }
}
