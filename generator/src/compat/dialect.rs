//! Any draft from 4 to 2020-12 as one schema of 2020-12 that stands alone, its references being pointers into itself.
//!
//! Pointers stay what they were, so that a finding can name a place of the schema as its author wrote it. Only an old
//! list of `items` moves, to `prefixItems`.

use std::collections::BTreeMap;

use fluent_uri::{Uri, UriRef};
use serde_json::{Map, Value};

use super::{SchemaError, reference};
use crate::pointer::percent_decoded;
use crate::positions;

/// Deeper schemas are refused: every step of a comparison follows them down.
const MOST_DEPTH: usize = 96;
/// What a schema without `$id` is relative to.
const NO_BASE: &str = "schema:/";

/// The schema as one of 2020-12.
pub(super) fn standalone(schema: &Value) -> Result<Value, SchemaError> {
    if !matches!(schema, Value::Object(_) | Value::Bool(_)) {
        return Err(SchemaError::NoSchema);
    }
    if depth(schema, MOST_DEPTH) > MOST_DEPTH {
        return Err(SchemaError::TooDeep { most: MOST_DEPTH });
    }
    let (draft, is_named) = Draft::of(schema)?;
    let mut schema = schema.clone();
    if is_named {
        remove_unknown(&mut schema, draft);
    }
    let mut addresses = BTreeMap::new();
    index(&schema, NO_BASE, "", draft, &mut addresses);
    rewrite(&mut schema, NO_BASE, draft, &addresses)?;
    if let Value::Object(root) = &mut schema {
        root.remove("$schema");
    }
    let mut unknown = None;
    positions::each_reference(&mut schema.clone(), &mut |reference| {
        if reference::target(&schema, reference).is_none() {
            unknown = Some(reference.clone());
        }
    });
    unknown.map_or(Ok(schema), |reference| Err(SchemaError::UnknownReference { reference }))
}

/// Which keywords mean what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

impl Draft {
    /// The draft, and whether the schema names it.
    fn of(schema: &Value) -> Result<(Self, bool), SchemaError> {
        let Some(uri) = schema.get("$schema").and_then(Value::as_str) else { return Ok((Self::guess(schema), false)) };
        let known = [
            ("draft-04", Self::D4),
            ("draft-06", Self::D6),
            ("draft-07", Self::D7),
            ("draft/2019-09", Self::D2019),
            ("draft/2020-12", Self::D2020),
        ];
        let found = known.iter().find(|(name, _)| uri.contains(&format!("json-schema.org/{name}/schema")));
        found.map(|(_, draft)| (*draft, true)).ok_or_else(|| SchemaError::UnknownDraft { uri: uri.to_owned() })
    }

    /// Without `$schema`: the newest draft, unless something is written as only an older one has it.
    fn guess(schema: &Value) -> Self {
        let Value::Object(map) = schema else { return Self::D2020 };
        let is_bool = |key: &str| map.get(key).is_some_and(Value::is_boolean);
        let below = positions::below(map).into_iter().map(|(_, child)| Self::guess(child)).min();
        let own = if is_bool("exclusiveMinimum") || is_bool("exclusiveMaximum") || map.get("id").is_some_and(is_uri) {
            Self::D4
        } else if map.contains_key("dependencies")
            || map.contains_key("additionalItems")
            || map.get("items").is_some_and(Value::is_array)
        {
            Self::D7
        } else {
            Self::D2020
        };
        below.map_or(own, |below| own.min(below))
    }

    fn id(self) -> &'static str {
        if self == Self::D4 { "id" } else { "$id" }
    }
}

fn is_uri(value: &Value) -> bool {
    value.as_str().is_some_and(|text| Uri::parse(text).is_ok())
}

/// How deep `schema` is nested, as far as `most` matters.
fn depth(schema: &Value, most: usize) -> usize {
    let mut level = vec![schema];
    for depth in 0..=most + 1 {
        let next: Vec<&Value> = level
            .iter()
            .flat_map(|value| match value {
                Value::Object(map) => map.values().collect::<Vec<_>>(),
                Value::Array(items) => items.iter().collect(),
                _ => Vec::new(),
            })
            .collect();
        if next.is_empty() {
            return depth;
        }
        level = next;
    }
    most + 2
}

/// The base of what stands in `schema`, which stands where `base` holds.
fn base_of(schema: &Map<String, Value>, base: &str, draft: Draft) -> String {
    let id = schema.get(draft.id()).and_then(Value::as_str).filter(|id| !id.starts_with('#'));
    // Up to draft 7, whatever stands beside `$ref` means nothing.
    let id = id.filter(|_| draft >= Draft::D2019 || !schema.contains_key("$ref"));
    id.and_then(|id| absolute(id, base)).map_or_else(|| base.to_owned(), |uri| without_fragment(&uri).to_owned())
}

fn absolute(reference: &str, base: &str) -> Option<String> {
    let base = Uri::parse(base).ok()?;
    Some(UriRef::parse(reference).ok()?.resolve_against(&base).ok()?.to_string())
}

fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(before, _)| before)
}

/// Where each address leads: URIs of `$id`s and of anchors, to pointers.
fn index(schema: &Value, base: &str, pointer: &str, draft: Draft, addresses: &mut BTreeMap<String, String>) {
    let Value::Object(map) = schema else { return };
    let base = base_of(map, base, draft);
    if pointer.is_empty() || map.get(draft.id()).is_some_and(|id| id.as_str().is_some_and(|id| !id.starts_with('#'))) {
        addresses.entry(base.clone()).or_insert_with(|| pointer.to_owned());
    }
    let anchors = ["$anchor", "$dynamicAnchor"].iter().filter_map(|key| Some(format!("#{}", map.get(*key)?.as_str()?)));
    let old = map.get(draft.id()).and_then(Value::as_str).filter(|id| id.starts_with('#')).map(str::to_owned);
    for anchor in anchors.chain(old) {
        addresses.entry(format!("{base}{anchor}")).or_insert_with(|| pointer.to_owned());
    }
    for (step, child) in positions::below(map) {
        index(child, &base, &format!("{pointer}{step}"), draft, addresses);
    }
}

fn rewrite(
    schema: &mut Value,
    base: &str,
    draft: Draft,
    addresses: &BTreeMap<String, String>,
) -> Result<(), SchemaError> {
    let Value::Object(map) = schema else { return Ok(()) };
    let base = base_of(map, base, draft);
    for key in ["$dynamicRef", "$recursiveRef"] {
        // Without an anchor of the same name further out, they are plain references.
        if let Some(reference) = map.remove(key) {
            map.insert("$ref".to_owned(), reference);
        }
    }
    if let Some(Value::String(reference)) = map.get("$ref") {
        let pointer = resolved(reference, &base, addresses)?;
        if draft < Draft::D2019 {
            // Definitions beside a reference can still be referred to.
            map.retain(|key, _| matches!(key.as_str(), "$defs" | "definitions"));
        }
        map.insert("$ref".to_owned(), Value::String(pointer));
    }
    for key in ["$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$comment"] {
        if key != "id" || draft == Draft::D4 {
            map.remove(key);
        }
    }
    modernise(map, draft);
    for child in positions::below_mut(map) {
        rewrite(child, &base, draft, addresses)?;
    }
    Ok(())
}

/// `written` as a reference into the schema itself.
fn resolved(written: &str, base: &str, addresses: &BTreeMap<String, String>) -> Result<String, SchemaError> {
    let unknown = || SchemaError::UnknownReference { reference: written.to_owned() };
    let uri = absolute(written, base).ok_or_else(unknown)?;
    let (resource, fragment) = uri.split_once('#').unwrap_or((&uri, ""));
    if !fragment.is_empty() && !fragment.starts_with('/') {
        return addresses.get(&uri).map(|pointer| reference::to(pointer)).ok_or_else(unknown);
    }
    let root = addresses.get(resource).ok_or_else(unknown)?;
    let fragment = percent_decoded(fragment).ok_or_else(unknown)?;
    Ok(reference::to(&format!("{root}{fragment}")))
}

/// Takes out keywords that came after `draft`: to it they mean nothing.
fn remove_unknown(schema: &mut Value, draft: Draft) {
    let Value::Object(map) = schema else { return };
    map.retain(|key, _| {
        let first = match key.as_str() {
            "const" | "contains" | "propertyNames" => Draft::D6,
            "if" | "then" | "else" => Draft::D7,
            "dependentRequired"
            | "dependentSchemas"
            | "minContains"
            | "maxContains"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "$anchor"
            | "$recursiveRef" => Draft::D2019,
            "prefixItems" | "$dynamicRef" | "$dynamicAnchor" => Draft::D2020,
            _ => Draft::D4,
        };
        first <= draft
    });
    for child in positions::below_mut(map) {
        remove_unknown(child, draft);
    }
}

/// Keywords of older drafts in the words of 2020-12.
fn modernise(map: &mut Map<String, Value>, draft: Draft) {
    if draft == Draft::D4 {
        for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(Value::Bool(is_exclusive)) = map.get(exclusive).cloned() {
                map.remove(exclusive);
                if is_exclusive && let Some(limit) = map.remove(inclusive) {
                    map.insert(exclusive.to_owned(), limit);
                }
            }
        }
    }
    if draft < Draft::D2020 {
        if map.get("items").is_some_and(Value::is_array) {
            let rest = map.remove("additionalItems");
            if let Some(items) = map.remove("items") {
                map.insert("prefixItems".to_owned(), items);
            }
            map.extend(rest.map(|rest| ("items".to_owned(), rest)));
        } else {
            map.remove("additionalItems");
        }
    }
    if draft < Draft::D2019
        && let Some(Value::Object(dependencies)) = map.remove("dependencies")
    {
        let (names, schemas): (Map<_, _>, Map<_, _>) =
            dependencies.into_iter().partition(|(_, value)| value.is_array());
        for (key, value) in [("dependentRequired", names), ("dependentSchemas", schemas)] {
            if !value.is_empty() {
                map.insert(key.to_owned(), Value::Object(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::standalone;
    use crate::compat::SchemaError;

    #[test]
    fn draft_4_becomes_2020_12() {
        let old = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "https://example.org/order.json",
            "definitions": { "money": { "id": "#money", "type": "integer", "minimum": 0, "exclusiveMinimum": true } },
            "properties": {
                "total": { "$ref": "#money", "description": "means nothing here" },
                "fee": { "$ref": "https://example.org/order.json#/definitions/money" },
                "pair": { "items": [{ "type": "string" }], "additionalItems": false },
            },
            "dependencies": { "fee": ["total"], "pair": { "required": ["fee"] } },
        });
        let money = json!({ "$ref": "#/definitions/money" });
        let expected = json!({
            "definitions": { "money": { "type": "integer", "exclusiveMinimum": 0 } },
            "properties": {
                "total": money,
                "fee": money,
                "pair": { "prefixItems": [{ "type": "string" }], "items": false },
            },
            "dependentRequired": { "fee": ["total"] },
            "dependentSchemas": { "pair": { "required": ["fee"] } },
        });
        assert_eq!(standalone(&old).unwrap(), expected);
    }

    #[test]
    fn a_draft_is_guessed_from_what_only_old_ones_have() {
        let old = json!({ "properties": { "a": { "minimum": 1, "exclusiveMinimum": true } } });
        assert_eq!(standalone(&old).unwrap(), json!({ "properties": { "a": { "exclusiveMinimum": 1 } } }));
    }

    #[test]
    fn references_that_lead_nowhere_and_deep_schemas_are_refused() {
        for reference in ["#/$defs/none", "other.json", "#none", "https://example.org/x", "#/%zz"] {
            let result = standalone(&json!({ "$ref": reference }));
            assert!(matches!(result, Err(SchemaError::UnknownReference { .. })), "{reference}: {result:?}");
        }
        let deep = (0..200).fold(json!({}), |inner, _| json!({ "not": inner }));
        assert!(matches!(standalone(&deep), Err(SchemaError::TooDeep { .. })));
    }
}
