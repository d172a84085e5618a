//! Verdicts on random changes of random schemas, held against random documents.
//!
//! `TIDINGS_PAIRS` says how many pairs; the seed is always the same.

use std::collections::BTreeMap;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use tidings_generator::compat::{ContentModel, Direction, Schema, Verdict, judge};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn leaf() -> impl Strategy<Value = Value> {
    let small = -3..8_i64;
    prop_oneof![
        Just(json!({ "type": "boolean" })),
        Just(json!({})),
        select(vec!["string", "integer", "number", "null"]).prop_map(|name| json!({ "type": name })),
        (small.clone(), 0..6_i64)
            .prop_map(|(low, wide)| json!({ "type": "integer", "minimum": low, "maximum": low + wide })),
        (small, any::<bool>()).prop_map(|(low, whole)| {
            json!({ "type": if whole { "integer" } else { "number" }, "exclusiveMinimum": low })
        }),
        (1..5_i64).prop_map(|step| json!({ "type": "integer", "multipleOf": step })),
        (0..3_u64, 0..3_u64)
            .prop_map(|(low, wide)| json!({ "type": "string", "minLength": low, "maxLength": low + wide })),
        select(vec!["^[ab]+$", "^a", "b$", "^[0-9]{1,2}$", "", "^(a|b|ab)$"])
            .prop_map(|pattern| json!({ "type": "string", "pattern": pattern })),
        select(vec!["date", "uuid", "email"]).prop_map(|format| json!({ "type": "string", "format": format })),
        subsequence(vec![json!("a"), json!("b"), json!("ab"), json!(1), json!(null), json!(true)], 1..4)
            .prop_map(|values| json!({ "enum": values })),
        select(vec![json!("a"), json!(1), json!({ "a": 1 })]).prop_map(|value| json!({ "const": value })),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let rest = prop_oneof![
            4 => Just(None),
            3 => Just(Some(json!(false))),
            1 => inner.clone().prop_map(Some),
        ];
        let object = (
            prop::collection::btree_map(select(NAMES.to_vec()), inner.clone(), 0..4),
            subsequence(NAMES.to_vec(), 0..3),
            rest,
        )
            .prop_map(|(fields, required, rest)| {
                let mut schema = json!({ "type": "object", "properties": fields, "required": required });
                if let Some(rest) = rest {
                    schema["additionalProperties"] = rest;
                }
                schema
            });
        let list = (inner.clone(), prop::option::of(0..3_u64), prop::option::of(0..3_u64), any::<bool>()).prop_map(
            |(items, least, most, unique)| {
                let mut schema = json!({ "type": "array", "items": items, "uniqueItems": unique });
                if let Some(least) = least {
                    schema["minItems"] = json!(least);
                }
                if let Some(most) = most {
                    schema["maxItems"] = json!(most + least.unwrap_or(0));
                }
                schema
            },
        );
        let several = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            5 => object,
            2 => list,
            1 => several.clone().prop_map(|parts| json!({ "anyOf": parts })),
            1 => several.clone().prop_map(|parts| json!({ "allOf": parts })),
            1 => several.prop_map(|parts| json!({ "oneOf": parts })),
        ]
    })
}

/// `schema` with one place changed: another schema there, a keyword less, or a number more.
fn changed(schema: &Value, at: usize, how: u8, other: &Value) -> Value {
    fn visit(schema: &mut Value, at: &mut usize, how: u8, other: &Value) {
        if *at == 0 {
            match (how % 4, &mut *schema) {
                (0, Value::Object(map)) if !map.is_empty() => {
                    let key = map.keys().nth(usize::from(how) % map.len()).cloned().unwrap_or_default();
                    map.remove(&key);
                }
                (1, Value::Object(map)) => {
                    for value in map.values_mut() {
                        if let Some(number) = value.as_i64() {
                            *value = json!((number + 1).max(1));
                        }
                    }
                }
                (2, Value::Object(map)) if map.contains_key("properties") => {
                    map["properties"][NAMES[usize::from(how / 4) % NAMES.len()]] = other.clone();
                }
                _ => *schema = other.clone(),
            }
        }
        *at = at.wrapping_sub(1);
        let Value::Object(map) = schema else { return };
        for (key, value) in map.iter_mut() {
            match (key.as_str(), value) {
                ("properties", Value::Object(fields)) => {
                    for field in fields.values_mut() {
                        visit(field, at, how, other);
                    }
                }
                ("anyOf" | "allOf" | "oneOf", Value::Array(parts)) => {
                    for part in parts {
                        visit(part, at, how, other);
                    }
                }
                ("items" | "additionalProperties", value) => visit(value, at, how, other),
                _ => {}
            }
        }
    }
    let mut changed = schema.clone();
    visit(&mut changed, &mut { at }, how, other);
    changed
}

fn document() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        select(vec![
            json!(null),
            json!(true),
            json!(false),
            json!(0.5),
            json!("2026-11-21"),
            json!("a@b.example"),
            json!("12")
        ]),
        (-4..12_i64).prop_map(Value::from),
        "[ab0-9]{0,4}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            3 => prop::collection::btree_map(select(vec!["a", "b", "c", "d", "e"]), inner.clone(), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

#[test]
fn no_verdict_on_a_random_change_is_refuted_by_a_document() {
    let pairs = std::env::var("TIDINGS_PAIRS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_500);
    let mut runner = TestRunner::deterministic();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..pairs {
        let mut draw = |strategy: &BoxedStrategy<Value>| strategy.new_tree(&mut runner).expect("a value").current();
        let (schemas, documents) = (schema().boxed(), document().boxed());
        let old = draw(&schemas);
        let other = draw(&schemas);
        let seeds = draw(&(0..6_u64, any::<u8>()).prop_map(|(at, how)| json!([at, how])).boxed());
        let at = usize::try_from(seeds[0].as_u64().unwrap_or(0)).unwrap_or(0);
        let how = u8::try_from(seeds[1].as_u64().unwrap_or(0)).unwrap_or(0);
        let new = changed(&old, at, how, &other);
        let documents: Vec<Value> = (0..60).map(|_| draw(&documents)).collect();

        for model in [ContentModel::AsWritten, ContentModel::TolerantReader] {
            let schema =
                |schema: &Value| Schema::new(schema, model).unwrap_or_else(|error| panic!("{schema}: {error}"));
            let (of_old, of_new) = (schema(&old), schema(&new));
            for (direction, writer, reader) in [(Direction::Backward, &old, &new), (Direction::Forward, &new, &old)] {
                let verdict = judge(&of_old, &of_new, direction);
                *verdicts.entry(verdict.as_str()).or_default() += 1;
                let (sends, accepts) = (validator(writer), validator(reader));
                let case = || format!("{model:?}, writer {writer}, reader {reader}");
                for finding in verdict.findings() {
                    assert!(sends.is_valid(&finding.witness), "{} may not be sent; {}", finding.witness, case());
                    assert!(!accepts.is_valid(&finding.witness), "{} is accepted; {}", finding.witness, case());
                }
                assert!(
                    !matches!(&verdict, Verdict::Breaking(findings) if findings.is_empty()),
                    "unexplained; {}",
                    case()
                );
                if verdict == Verdict::Compatible && model == ContentModel::AsWritten {
                    let refuted =
                        documents.iter().find(|document| sends.is_valid(document) && !accepts.is_valid(document));
                    assert!(refuted.is_none(), "compatible, but {refuted:?} is refused; {}", case());
                }
            }
        }
    }
    println!("{pairs} pairs: {verdicts:?}");
    let undecided = verdicts.get("undecided").copied().unwrap_or(0);
    assert!(undecided * 100 < verdicts.values().sum::<usize>() * 3, "{verdicts:?}");
}
