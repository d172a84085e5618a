//! Absent values, lists and maps.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidings::wire::{self, Int, List, Map, Nullable, Same, Text, UniqueList};
use uuid::Uuid;

use crate::{Pair, not_text};

const ANY_COUNT: usize = wire::MAX;

/// Values that are equal in some ways and not in others.
fn twins() -> impl Strategy<Value = Value> + Clone {
    let numbers = [
        "0",
        "-0",
        "-0.0",
        "1",
        "1.0",
        "9007199254740992",
        "9007199254740992.0",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "1e30",
        "-9223372036854775808",
        "-9223372036854775808.0",
        "0.1",
    ];
    let numbers: Vec<Value> = numbers.iter().map(|text| serde_json::from_str(text).expect("a number")).collect();
    let leaf = prop_oneof![
        6 => prop::sample::select(numbers),
        1 => prop::sample::select(vec![json!("1"), json!("a"), json!(""), json!(null), json!(true), json!(false), json!("[1]"), json!("null")]),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[ab\",:]", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn lists(items: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => prop::collection::vec(items.clone(), 0..5).prop_map(Value::from),
        2 => prop::collection::vec(items, 12..20).prop_map(Value::from),
        1 => not_text(),
    ]
}

#[test]
fn unique_lists_of_anything_agree() {
    Pair::<Vec<Value>, UniqueList<Same, 0, ANY_COUNT>>::new(&json!({ "type": "array", "uniqueItems": true }))
        .on([json!([9_007_199_254_740_992_i64, 9_007_199_254_740_992.0])])
        .on([json!([9_007_199_254_740_993_i64, 9_007_199_254_740_992.0]), json!([1e30, 1e30]), json!([0, -0.0])])
        .on([json!([{ "a": 1, "b": 2 }, { "b": 2.0, "a": 1 }]), json!([[1, 2], [2, 1]]), json!(["1", 1])])
        .on_random(lists(twins()));
}

type Instants = wire::As<UniqueList<wire::DateTime, 0, ANY_COUNT>>;

/// An item of generated code ignores what it does not know; the document is judged all the same.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

#[test]
fn unique_lists_are_judged_as_they_were_written() {
    let schema = json!({ "type": "array", "uniqueItems": true, "items": { "type": "object" } });
    let documents =
        [json!([{ "known": true, "new": 1 }, { "known": true, "new": 2 }]), json!([{ "new": 1 }, { "new": 1 }])];
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for document in documents {
        let read: Result<Vec<Known>, _> = wire::As::<UniqueList<Same, 0, ANY_COUNT>>::deserialize(&document);
        assert_eq!(read.is_ok(), validator.is_valid(&document), "{document}");
    }
    let same_instant = json!(["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00"]);
    let read: Vec<DateTime<Utc>> = Instants::deserialize(&same_instant).expect("different texts");
    assert!(Instants::serialize(&read, serde_json::value::Serializer).is_err(), "the same text would be written twice");
    let same_id = json!(["0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b", "0190C8A4-5E00-7C3A-9F21-6B1D2E3F4A5B"]);
    let read: Result<Vec<Uuid>, _> = wire::As::<UniqueList<wire::Id, 0, ANY_COUNT>>::deserialize(&same_id);
    assert!(read.is_ok(), "different texts");
}

#[test]
fn the_place_of_a_fault_inside_a_unique_list_is_told() {
    #[derive(Debug, Deserialize)]
    struct Order {
        #[serde(rename = "lines", with = "UniqueLines")]
        _lines: Vec<Vec<i64>>,
    }
    type UniqueLines = wire::As<UniqueList<List<Int<1, 9>, 0, 3>, 0, 9>>;
    let error = wire::from_str::<Order>(r#"{"lines": [[1], [2, 10]]}"#).expect_err("10 is too large");
    assert_eq!(error.path(), "lines[1]");
    assert!(error.to_string().contains("expected 1 to 9, found 10"), "{error}");
    let error = wire::from_str::<Order>(r#"{"lines": [[1], [1.0]]}"#).expect_err("equal items");
    assert!(error.to_string().contains("expected different items"), "{error}");
}

#[test]
fn lists_agree() {
    let items = prop_oneof![9 => (0..12_i64).prop_map(Value::from), 1 => not_text()];
    Pair::<Vec<i64>, List<Int<1, 9>, 1, 3>>::new(
        &json!({ "type": "array", "minItems": 1, "maxItems": 3, "items": { "type": "integer", "minimum": 1, "maximum": 9 } }),
    )
    .on([json!([]), json!([1]), json!([1, 2, 3, 4]), json!({ "0": 1 }), json!("1")])
    .on_random(lists(items.clone()));
    Pair::<Vec<i64>, UniqueList<Int<1, 9>, 1, 3>>::new(&json!({
        "type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true,
        "items": { "type": "integer", "minimum": 1, "maximum": 9 },
    }))
    .on([json!([]), json!([1, 1.0]), json!([1, 2, 3, 4])])
    .on_random(lists(items));
}

#[test]
fn maps_agree() {
    let values = prop_oneof![9 => (0..11_i64).prop_map(Value::from), 1 => not_text()];
    let members = prop::collection::vec(("[a-c]{0,3}|é", values), 0..5);
    let objects = members.prop_map(|members| Value::Object(members.into_iter().collect()));
    Pair::<BTreeMap<String, i64>, Map<Text<1, 2>, Int<1, 9>, 1, 3>>::new(&json!({
        "type": "object", "minProperties": 1, "maxProperties": 3,
        "propertyNames": { "minLength": 1, "maxLength": 2 },
        "additionalProperties": { "type": "integer", "minimum": 1, "maximum": 9 },
    }))
    .on([json!({}), json!({ "": 1 }), json!([["a", 1]]), json!({ "a": 1.0 }), json!({ "😀😀": 1 })])
    .on_random(prop_oneof![9 => objects, 1 => not_text()]);
}

#[test]
fn nullable_values_agree() {
    Pair::<Option<i64>, Nullable<Int<1, 9>>>::new(&json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 9 }))
        .on_random(prop_oneof![(0..12_i64).prop_map(Value::from), not_text()]);
}

#[test]
fn null_is_no_absent_value() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Field {
        #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::As::<wire::Optional<Text<0, 3>>>")]
        field: Option<String>,
    }
    let schema = json!({ "properties": { "field": { "type": "string", "maxLength": 3 } } });
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for document in [json!({}), json!({ "field": null }), json!({ "field": "abc" }), json!({ "field": "abcd" })] {
        let read = wire::from_value::<Field>(document.clone());
        assert_eq!(read.is_ok(), validator.is_valid(&document), "{document}");
        if let Ok(read) = read {
            assert_eq!(serde_json::to_value(read).expect("a document"), document);
        }
    }
}
