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

/// Draws numbers below a bound; the same ones for the same seed (Marsaglia, "Xorshift RNGs", 2003).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap_or(0)
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A document that `schema` may well allow: it takes each keyword at its word and does not look at the others.
fn drawn(schema: &Value, draw: &mut Draw) -> Value {
    let Value::Object(schema) = schema else { return json!(draw.below(3)) };
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(parts)) = schema.get(key) {
            let mut document = drawn(draw.one(parts), draw);
            if key == "allOf" {
                for part in parts {
                    if let (Value::Object(all), Value::Object(more)) = (&mut document, drawn(part, draw)) {
                        all.extend(more);
                    }
                }
            }
            return document;
        }
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return draw.one(values).clone();
    }
    let number = |key: &str| schema.get(key).and_then(Value::as_i64);
    match schema.get("type").and_then(Value::as_str) {
        Some("null") => Value::Null,
        Some("boolean") => json!(draw.below(2) == 0),
        Some(kind @ ("integer" | "number")) => {
            let low = number("minimum").or(number("exclusiveMinimum").map(|low| low + 1)).unwrap_or(-3);
            let high = number("maximum").unwrap_or(low + 9);
            let span = usize::try_from(high - low + 1).unwrap_or(1);
            let value = low + i64::try_from(draw.below(span.max(1))).unwrap_or(0);
            let value = number("multipleOf").map_or(value, |step| value / step * step);
            if kind == "number" && draw.below(3) == 0 {
                json!(f64::from(i32::try_from(value).unwrap_or(0)) - 0.5)
            } else {
                json!(value)
            }
        }
        Some("string") => {
            let of_format = match schema.get("format").and_then(Value::as_str) {
                Some("date") => Some("2026-11-21"),
                Some("uuid") => Some("018f3a52-7d3e-7c4b-9f00-1f2d3c4b5a69"),
                Some("email") => Some("a@b.example"),
                _ => None,
            };
            if let Some(text) = of_format {
                return json!(text);
            }
            if schema.contains_key("pattern") {
                return json!(draw.one(&["a", "b", "ab", "ba", "aab", "1", "12", "", "ax", "xb"]));
            }
            let low = usize::try_from(number("minLength").unwrap_or(0)).unwrap_or(0);
            let high = usize::try_from(number("maxLength").unwrap_or(4)).unwrap_or(4).max(low);
            let len = low + draw.below(high - low + 1);
            json!((0..len).map(|_| *draw.one(&['a', 'b', 'é', '1'])).collect::<String>())
        }
        Some("array") => {
            let low = usize::try_from(number("minItems").unwrap_or(0)).unwrap_or(0);
            let high = usize::try_from(number("maxItems").unwrap_or(3)).unwrap_or(3).max(low);
            let len = low + draw.below(high - low + 1);
            let items = schema.get("items").cloned().unwrap_or(json!({}));
            (0..len).map(|_| drawn(&items, draw)).collect()
        }
        Some("object") => {
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let mut document = Map::new();
            let fields = schema.get("properties").and_then(Value::as_object);
            for (name, field) in fields.into_iter().flatten() {
                if required.contains(&name.as_str()) || draw.below(2) == 0 {
                    document.insert(name.clone(), drawn(field, draw));
                }
            }
            let rest = schema.get("additionalProperties").cloned().unwrap_or(json!({}));
            for name in required.into_iter().chain(["e"]) {
                if !document.contains_key(name) && rest != json!(false) && (name != "e" || draw.below(2) == 0) {
                    document.insert(name.to_owned(), drawn(&rest, draw));
                }
            }
            Value::Object(document)
        }
        _ => draw.one(&[json!(null), json!("a"), json!(1), json!({ "a": 1 }), json!([]), json!(true)]).clone(),
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

#[test]
fn no_verdict_on_a_random_change_is_refuted_by_a_document() {
    let pairs = std::env::var("TIDINGS_PAIRS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_500);
    let mut runner = TestRunner::deterministic();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut random, mut sent) = (Draw(0x2026_1121), 0_usize);
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
                    let own: Vec<Value> = (0..40).map(|_| drawn(writer, &mut random)).collect();
                    let mut tried = documents.iter().chain(&own).filter(|document| sends.is_valid(document));
                    let refuted = tried.find(|document| {
                        sent += 1;
                        !accepts.is_valid(document)
                    });
                    assert!(refuted.is_none(), "compatible, but {refuted:?} is refused; {}", case());
                }
            }
        }
    }
    println!("{pairs} pairs: {verdicts:?}; {sent} documents that may be sent");
    let undecided = verdicts.get("undecided").copied().unwrap_or(0);
    assert!(undecided * 100 < verdicts.values().sum::<usize>() * 3, "{verdicts:?}");
}
