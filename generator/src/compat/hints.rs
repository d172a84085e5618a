//! Where a reader's schema makes a difference: everything it says about a value, in whatever combination.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::numbers::compare;
use super::parts::{Parts, Types, matches};
use super::{alike, reference, strings};

/// All schemas that have a say about one value, alternatives and conditions included.
#[derive(Debug, Clone)]
pub(super) struct Hints<'r> {
    document: &'r Value,
    maps: Vec<&'r Map<String, Value>>,
}

impl<'r> Hints<'r> {
    pub(super) fn of(document: &'r Value) -> Self {
        Self::gather(document, vec![document])
    }

    fn gather(document: &'r Value, mut open: Vec<&'r Value>) -> Self {
        let mut maps: Vec<&'r Map<String, Value>> = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(schema) = open.pop() {
            let Value::Object(map) = schema else { continue };
            if !seen.insert(std::ptr::from_ref(map).addr()) {
                continue;
            }
            maps.push(map);
            let written = map.get("$ref").and_then(Value::as_str);
            open.extend(written.and_then(|written| reference::target(document, written)));
            open.extend(["allOf", "anyOf", "oneOf"].iter().filter_map(|key| map.get(*key)?.as_array()).flatten());
            open.extend(["not", "if", "then", "else"].iter().filter_map(|key| map.get(*key)));
            open.extend(map.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(Map::values));
        }
        Self { document, maps }
    }

    /// Whether they say what `writer` does, in as many schemas.
    pub(super) fn say_the_same(&self, writer: &Parts<'_>) -> bool {
        let mut pairs = self.maps.iter().zip(writer.maps());
        !self.maps.is_empty()
            && self.maps.len() == writer.maps().count()
            && pairs.all(|(own, other)| alike::same(self.document, own, writer.document(), other))
    }

    /// Whether they say nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.maps.iter().all(|map| map.is_empty())
    }

    /// Whether a value that is no list and no record keeps every limit that is written here, as far as is seen at once.
    pub(super) fn seem_to_accept(&self) -> impl Fn(&Value) -> bool {
        // A list may be long, and so may be what is held against it.
        let listed = self.all("enum").filter_map(Value::as_array).map(|values| values.iter().collect());
        let listed: Vec<HashSet<&Value>> = listed.collect();
        move |value| listed.iter().all(|values| values.contains(value)) && self.keep_limits(value)
    }

    fn keep_limits(&self, value: &Value) -> bool {
        self.maps.iter().all(|map| keeps_limits(map, value))
    }

    /// Everything that is said about names of fields.
    pub(super) fn property_names(&self) -> Self {
        Self::gather(self.document, self.all("propertyNames").collect())
    }

    /// The values of a keyword wherever it stands.
    pub(super) fn all<'k>(&'k self, keyword: &'k str) -> impl Iterator<Item = &'r Value> + 'k {
        self.maps.iter().filter_map(move |map| map.get(keyword))
    }

    /// Every name that a field is declared, required or asked for by.
    pub(super) fn names(&self) -> BTreeSet<&'r str> {
        let declared = self.all("properties").filter_map(Value::as_object).flat_map(Map::keys).map(String::as_str);
        let required = self.all("required").filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        let depended = self.all("dependentRequired").filter_map(Value::as_object).flat_map(Map::keys);
        declared.chain(required).chain(depended.map(String::as_str)).collect()
    }

    /// Patterns of names.
    pub(super) fn patterns(&self) -> BTreeSet<&'r str> {
        let patterns = self.all("patternProperties").filter_map(Value::as_object).flat_map(Map::keys);
        patterns.map(String::as_str).collect()
    }

    pub(super) fn property(&self, name: &str) -> Self {
        let mut open = Vec::new();
        for map in &self.maps {
            open.extend(map.get("properties").and_then(|properties| properties.get(name)));
            let patterns = map.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
            open.extend(patterns.filter(|(pattern, _)| matches(pattern, name)).map(|(_, schema)| schema));
            open.extend(map.get("additionalProperties"));
        }
        Self::gather(self.document, open)
    }

    pub(super) fn item(&self, index: usize) -> Self {
        let mut open = Vec::new();
        for map in &self.maps {
            open.extend(map.get("prefixItems").and_then(|items| items.get(index)));
            open.extend(["items", "contains"].iter().filter_map(|key| map.get(*key)));
        }
        Self::gather(self.document, open)
    }

    /// How many items have schemas of their own.
    pub(super) fn prefix(&self) -> usize {
        self.all("prefixItems").filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0)
    }

    /// Counts that a keyword names.
    pub(super) fn counts(&self, keywords: &[&str]) -> Vec<u64> {
        keywords.iter().flat_map(|keyword| self.all(keyword)).filter_map(Value::as_u64).collect()
    }

    /// Values that are named: constants, members of enumerations, examples, defaults.
    pub(super) fn values(&self) -> Vec<&'r Value> {
        let lists =
            ["enum", "examples"].into_iter().flat_map(|key| self.all(key)).filter_map(Value::as_array).flatten();
        let single = ["const", "default"].into_iter().flat_map(|key| self.all(key));
        lists.chain(single).collect()
    }
}

/// Whether a value that holds no others is within the limits that a schema sets at this place.
pub(super) fn keeps_limits(schema: &Map<String, Value>, value: &Value) -> bool {
    schema.iter().all(|(keyword, limit)| match (keyword.as_str(), value, limit) {
        ("type", _, _) => super::values::type_of(value).within(Types::named(limit)),
        ("const", _, _) => limit == value,
        ("minimum", Value::Number(own), Value::Number(limit)) => compare(own, limit) != Some(Ordering::Less),
        ("maximum", Value::Number(own), Value::Number(limit)) => compare(own, limit) != Some(Ordering::Greater),
        ("exclusiveMinimum", Value::Number(own), Value::Number(limit)) => {
            compare(own, limit) == Some(Ordering::Greater)
        }
        ("exclusiveMaximum", Value::Number(own), Value::Number(limit)) => compare(own, limit) == Some(Ordering::Less),
        ("minLength", Value::String(text), _) => {
            limit.as_u64().is_none_or(|least| text.chars().count() as u64 >= least)
        }
        ("maxLength", Value::String(text), _) => limit.as_u64().is_none_or(|most| text.chars().count() as u64 <= most),
        ("pattern", Value::String(text), Value::String(pattern)) => matches(pattern, text),
        ("format", Value::String(text), _) => {
            let known = strings::of_format(limit);
            known.is_empty() || known.contains(&text.as_str())
        }
        _ => true,
    })
}
