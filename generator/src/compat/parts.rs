//! A schema as parts that all hold: references followed, `allOf` taken apart.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value};

use super::memory::Memory;
use super::reference;

/// Types of JSON values, whole numbers told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const ALL: Self = Self(0b111_1111);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(1 << 1);
    pub(super) const INTEGER: Self = Self(1 << 2);
    pub(super) const FRACTION: Self = Self(1 << 3);
    pub(super) const NUMBER: Self = Self(Self::INTEGER.0 | Self::FRACTION.0);
    pub(super) const STRING: Self = Self(1 << 4);
    pub(super) const ARRAY: Self = Self(1 << 5);
    pub(super) const OBJECT: Self = Self(1 << 6);
    const NONE: Self = Self(0);
    const EACH: [Self; 7] =
        [Self::OBJECT, Self::STRING, Self::INTEGER, Self::FRACTION, Self::ARRAY, Self::BOOLEAN, Self::NULL];

    /// What the value of `type` names.
    pub(super) fn named(keyword: &Value) -> Self {
        match keyword {
            Value::String(name) => Self::of_name(name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .map(Self::of_name)
                .fold(Self::NONE, |all, one| Self(all.0 | one.0)),
            _ => Self::ALL,
        }
    }

    fn of_name(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self::NONE,
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Each type by itself, whole numbers and others together.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        Self::EACH.into_iter().filter(move |one| self.has(*one))
    }
}

/// One part.
#[derive(Debug, Clone, Copy)]
struct Part<'d> {
    map: &'d Map<String, Value>,
    /// Which alternatives have been chosen from already: `anyOf`, `oneOf`.
    chosen: (bool, bool),
}

/// A schema as parts that all hold.
#[derive(Debug, Clone)]
pub(super) struct Parts<'d> {
    document: &'d Value,
    together: Vec<Part<'d>>,
    only: Types,
    /// One part is `false`.
    impossible: bool,
}

impl<'d> Parts<'d> {
    pub(super) fn of(document: &'d Value, schema: &'d Value) -> Self {
        Self { document, together: Vec::new(), only: Types::ALL, impossible: false }.and(schema)
    }

    /// These parts and those of `schema`.
    pub(super) fn and(mut self, schema: &'d Value) -> Self {
        let mut open = vec![schema];
        let mut seen = BTreeSet::new();
        while let Some(schema) = open.pop() {
            let map = match schema {
                Value::Object(map) => map,
                Value::Bool(false) => {
                    self.impossible = true;
                    continue;
                }
                _ => continue,
            };
            if let Some(written) = map.get("$ref").and_then(Value::as_str)
                && seen.insert(written)
            {
                open.extend(reference::target(self.document, written));
            }
            open.extend(map.get("allOf").and_then(Value::as_array).into_iter().flatten());
            if !self.together.iter().any(|part| std::ptr::eq(part.map, map)) {
                self.together.push(Part { map, chosen: (false, false) });
            }
        }
        self
    }

    /// The same, for values of these types alone.
    pub(super) fn only(mut self, types: Types) -> Self {
        self.only = self.only.and(types);
        self
    }

    /// What tells these parts from others: addresses of the schemas they stand in.
    pub(super) fn key(&self) -> (Vec<(usize, bool, bool)>, Types) {
        let address = |part: &Part<'_>| (std::ptr::from_ref(part.map).addr(), part.chosen.0, part.chosen.1);
        let mut parts: Vec<_> = self.together.iter().map(address).collect();
        parts.sort_unstable();
        (parts, self.only)
    }

    pub(super) fn document(&self) -> &'d Value {
        self.document
    }

    pub(super) fn is_impossible(&self) -> bool {
        self.impossible || self.types().is_none()
    }

    pub(super) fn types(&self) -> Types {
        self.all("type").map(Types::named).fold(self.only, Types::and)
    }

    /// The values of a keyword in every part that has it.
    pub(super) fn all<'k>(&'k self, keyword: &'k str) -> impl Iterator<Item = &'d Value> + 'k {
        self.together.iter().filter_map(move |part| part.map.get(keyword))
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.all(keyword).next().is_some()
    }

    /// Whether they allow everything.
    pub(super) fn is_anything(&self) -> bool {
        !self.impossible && self.only == Types::ALL && self.maps().flat_map(Map::keys).all(|key| key == "$defs")
    }

    /// Every schema that the parts are written in.
    pub(super) fn maps(&self) -> impl Iterator<Item = &'d Map<String, Value>> + '_ {
        self.together.iter().map(|part| part.map)
    }

    /// The parts with each alternative of the first part that still has a choice.
    pub(super) fn alternatives(&self) -> Option<Vec<Self>> {
        self.together.iter().enumerate().find_map(|(at, part)| {
            let choose = |keyword: &str, chosen: (bool, bool)| {
                let branches = part.map.get(keyword)?.as_array()?;
                let mut rest = self.clone();
                rest.together[at].chosen = chosen;
                Some(branches.iter().map(|branch| rest.clone().and(branch)).collect())
            };
            let any = (!part.chosen.0).then(|| choose("anyOf", (true, part.chosen.1))).flatten();
            any.or_else(|| (!part.chosen.1).then(|| choose("oneOf", (part.chosen.0, true))).flatten())
        })
    }

    /// All values, if the parts list them.
    pub(super) fn listed(&self) -> Option<Vec<&'d Value>> {
        let constant = self.all("const").next().map(|value| vec![value]);
        constant.or_else(|| self.all("enum").next()?.as_array().map(|values| values.iter().collect()))
    }

    pub(super) fn required(&self) -> BTreeSet<&'d str> {
        self.all("required").filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect()
    }

    /// Names under `properties`.
    pub(super) fn declared(&self) -> BTreeSet<&'d str> {
        self.all("properties").filter_map(Value::as_object).flat_map(Map::keys).map(String::as_str).collect()
    }

    /// Patterns under `patternProperties`.
    pub(super) fn patterns(&self) -> BTreeSet<&'d str> {
        self.all("patternProperties").filter_map(Value::as_object).flat_map(Map::keys).map(String::as_str).collect()
    }

    /// What the field `name` holds; impossible where there cannot be one.
    pub(super) fn property(&self, name: &str) -> Self {
        let mut value = self.nothing_yet();
        for part in &self.together {
            let own = part.map.get("properties").and_then(|properties| properties.get(name));
            let patterns = part.map.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
            let matching = patterns.filter(|(pattern, _)| matches(pattern, name)).map(|(_, schema)| schema);
            let schemas: Vec<&Value> = own.into_iter().chain(matching).collect();
            let additional = part.map.get("additionalProperties").filter(|_| schemas.is_empty());
            for schema in schemas.into_iter().chain(additional) {
                value = value.and(schema);
            }
        }
        value
    }

    /// What a field holds whose name no part declares or matches.
    pub(super) fn other_property(&self) -> Self {
        self.all("additionalProperties").fold(self.nothing_yet(), Self::and)
    }

    /// What fields hold whose name matches `pattern` and that no part declares by name.
    pub(super) fn property_matching(&self, pattern: &str) -> Self {
        let mut value = self.nothing_yet();
        for part in &self.together {
            let own = part.map.get("patternProperties").and_then(|patterns| patterns.get(pattern));
            let has_patterns =
                part.map.get("patternProperties").and_then(Value::as_object).is_some_and(|it| !it.is_empty());
            // Of a part with other patterns it is not known whether they match.
            let schema = own.or_else(|| part.map.get("additionalProperties").filter(|_| !has_patterns));
            value = schema.map_or(value.clone(), |schema| value.and(schema));
        }
        value
    }

    /// What stands at `index` of an array.
    pub(super) fn item(&self, index: usize) -> Self {
        let mut value = self.nothing_yet();
        for part in &self.together {
            let first = part.map.get("prefixItems").and_then(|items| items.get(index));
            if let Some(schema) = first.or_else(|| part.map.get("items")) {
                value = value.and(schema);
            }
        }
        value
    }

    /// How many items have schemas of their own.
    pub(super) fn prefix(&self) -> usize {
        self.all("prefixItems").filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0)
    }

    /// The largest of a keyword that is a count.
    pub(super) fn at_least(&self, keyword: &str) -> u64 {
        self.all(keyword).filter_map(count).max().unwrap_or(0)
    }

    /// The smallest of a keyword that is a count.
    pub(super) fn at_most(&self, keyword: &str) -> Option<u64> {
        self.all(keyword).filter_map(count).min()
    }

    fn nothing_yet(&self) -> Self {
        Self { document: self.document, together: Vec::new(), only: Types::ALL, impossible: false }
    }
}

/// A count, which may be written `2.0`.
fn count(value: &Value) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and not below zero")]
    let whole = |number: f64| (number >= 0.0 && number.fract() == 0.0).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

/// Whether a pattern of ECMA 262 matches somewhere in `text`. One that cannot be read matches nothing.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    thread_local! {
        static COMPILED: Memory<Regex> = Memory::new();
    }
    let regex = COMPILED.with(|known| known.get(pattern, || compiled(pattern)));
    regex.is_some_and(|regex| regex.is_match(text))
}

/// A pattern of ECMA 262 as a regular expression that matches in linear time.
fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(&jsonschema_regex::to_rust_regex(pattern).ok()?).ok()
}
