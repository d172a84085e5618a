//! The image of a schema holds what a mapping makes of its documents, and mappings that do not fit are refused.

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};
use tidings::versions;

use super::{FieldPath, Mapping, Rule, Step, image};
use crate::format::Convert;
use crate::source::{FileId, Span};

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };

fn path(text: &str) -> FieldPath {
    FieldPath { parts: text.split('.').map(str::to_owned).collect(), span: SPAN }
}

fn old() -> Value {
    json!({
        "type": "object",
        "required": ["name", "kind", "amount", "flag", "address", "method"],
        "properties": {
            "name": { "type": "string", "maxLength": 20 },
            "kind": { "type": "string", "enum": ["cc", "dd", "x y"] },
            "amount": { "type": "integer", "minimum": -1000, "exclusiveMaximum": 1000 },
            "step": { "type": "integer", "enum": [1, 5] },
            "ratio": { "type": "number" },
            "flag": { "type": ["boolean", "null"] },
            "note": { "type": ["string", "null"], "enum": ["a b", "c", null] },
            "address": { "$ref": "#/$defs/Address" },
            "method": { "$ref": "#/$defs/Method" },
            "tags": { "type": "array", "items": { "type": "string" } },
        },
        "$defs": {
            "Address": {
                "type": "object",
                "required": ["street"],
                "properties": { "street": { "type": "string" }, "country": { "$ref": "#/$defs/Country" } },
            },
            "Country": { "type": "string", "pattern": "^[A-Z]{2}$" },
            "Method": { "oneOf": [
                { "type": "object", "required": ["is", "last4"],
                  "properties": { "is": { "const": "card" }, "last4": { "type": "string", "maxLength": 4 } } },
                { "type": "object", "required": ["is"],
                  "properties": { "is": { "const": "bank" }, "iban": { "$ref": "#/$defs/Country" } } },
            ] },
        },
    })
}

/// Anything anywhere, so that only the image matters.
fn new() -> Value {
    json!({
        "type": "object",
        "properties": {
            "t1": {}, "t2": {},
            "name": {}, "kind": {}, "amount": {}, "step": {}, "ratio": {}, "flag": {}, "note": {}, "method": {}, "tags": {},
            "address": { "type": "object", "properties": { "street": {}, "country": {}, "code": {} } },
        },
    })
}

fn documents() -> impl Strategy<Value = Value> {
    let text = || "[a-c ]{0,4}";
    let country = || select(vec!["DE", "FR"]);
    let method = prop_oneof![
        text().prop_map(|last4| json!({ "is": "card", "last4": last4 })),
        country().prop_map(|iban| json!({ "is": "bank", "iban": iban })),
        Just(json!({ "is": "bank" })),
    ];
    let required = (
        text(),
        select(vec!["cc", "dd", "x y"]),
        -1000i64..1000,
        select(vec![json!(true), json!(false), Value::Null]),
        text(),
        method,
    );
    let optional = (
        proptest::option::of(select(vec![1, 5])),
        proptest::option::of(-10.0f64..10.0),
        proptest::option::of(select(vec![json!("a b"), json!("c"), Value::Null])),
        proptest::option::of(country()),
        proptest::option::of(proptest::collection::vec(text(), 0..3)),
    );
    (required, optional).prop_map(|((name, kind, amount, flag, street, method), (step, ratio, note, country, tags))| {
        let mut document = json!({
            "name": name, "kind": kind, "amount": amount, "flag": flag, "method": method, "address": { "street": street },
        });
        let more =
            [("step", step.map(Value::from)), ("ratio", ratio.map(Value::from)), ("note", note), ("tags", tags.map(Value::from))];
        for (name, value) in more {
            if let Some(value) = value {
                document[name] = value;
            }
        }
        if let Some(country) = country {
            document["address"]["country"] = country.into();
        }
        document
    })
}

const SOURCES: [&str; 14] = [
    "name",
    "kind",
    "amount",
    "step",
    "ratio",
    "flag",
    "note",
    "tags",
    "address",
    "address.street",
    "address.country",
    "method",
    "method.last4",
    "method.iban",
];
const TARGETS: [&str; 8] = ["t1", "t2", "name", "note", "address.code", "address.country", "method", "flag"];

fn steps() -> impl Strategy<Value = Step> {
    let values = vec![("cc".to_owned(), json!("card")), ("a b".to_owned(), json!(7))];
    prop_oneof![
        3 => Just(Step::Same),
        1 => Just(Step::Values(values.clone(), None)),
        1 => Just(Step::Values(values, Some(json!("other")))),
        1 => Just(Step::Before(" ".to_owned())),
        1 => Just(Step::Behind(" ".to_owned())),
        1 => select(vec![-100, 0, 7]).prop_map(Step::Times),
        2 => select(vec![Convert::Text, Convert::List]).prop_map(Step::Convert),
    ]
}

fn mappings() -> impl Strategy<Value = Mapping> {
    let default = proptest::option::of(select(vec![json!("none"), json!(0)]));
    let rule = prop_oneof![
        1 => Just(Rule::Constant(json!("EUR"))),
        6 => (select(SOURCES.to_vec()), steps(), default)
            .prop_map(|(from, step, default)| Rule::Field { from: path(from), step, default }),
    ];
    let rules = proptest::collection::btree_map(select(TARGETS.to_vec()), rule, 0..4);
    let drop = proptest::option::of(select(vec!["tags", "ratio", "address.street", "amount"]));
    (rules, drop).prop_map(|(rules, drop)| Mapping {
        rules: rules.into_iter().map(|(target, rule)| (path(target), rule)).collect(),
        drop: drop.into_iter().map(path).collect(),
        span: SPAN,
    })
}

/// What the runtime makes of a document.
fn mapped(document: &Value, mapping: &Mapping) -> Value {
    fn parts(path: &FieldPath) -> Vec<&str> {
        path.parts.iter().map(String::as_str).collect()
    }
    /// Generated code holds such texts as literals.
    fn forever(text: &str) -> &'static str {
        Box::leak(text.to_owned().into_boxed_str())
    }
    let source = |rule: &Rule| match rule {
        Rule::Constant(value) => versions::Source::constant(value.clone()),
        Rule::Field { from, step, default } => {
            let from: Vec<&'static str> = from.parts.iter().map(|part| forever(part)).collect();
            let source = versions::Source::field(Box::leak(from.into_boxed_slice()));
            let source = match step {
                Step::Same => source,
                Step::Values(values, otherwise) => {
                    let [(a, one), (b, two)] = values.as_slice() else { panic!("the strategy has two values") };
                    source.values([(forever(a), one.clone()), (forever(b), two.clone())], otherwise.clone())
                }
                Step::Before(separator) => source.before(forever(separator)),
                Step::Behind(separator) => source.behind(forever(separator)),
                Step::Times(factor) => source.times(*factor),
                Step::Convert(Convert::Text) => source.text(),
                Step::Convert(Convert::List) => source.list(),
            };
            match default {
                Some(default) => source.or(default.clone()),
                None => source,
            }
        }
    };
    let mut document = versions::Mapping::of_value(document.clone());
    for path in &mapping.drop {
        document = document.without(&parts(path));
    }
    for (target, rule) in &mapping.rules {
        document = document.with(&parts(target), source(rule));
    }
    document.into_value().expect("a mapping that fits fails for no valid document")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_a_mapping_makes_of_a_document_is_in_the_image(document in documents(), mapping in mappings()) {
        let schema = |schema: &Value| -> Validator { jsonschema::validator_for(schema).expect("a schema") };
        prop_assert!(schema(&old()).is_valid(&document));
        let Ok(image) = image(&old(), &new(), &mapping) else { return Ok(()) };
        let mapped = mapped(&document, &mapping);
        if let Some(error) = schema(&image).iter_errors(&mapped).next() {
            prop_assert!(false, "{error} at {}\n{mapped:#}\n{image:#}", error.instance_path());
        }
    }
}

/// Most mappings of the strategy fit, or the property above would hold for nothing.
#[test]
fn most_mappings_of_the_strategy_fit() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let fits = (0..500).filter(|_| {
        let mapping = mappings().new_tree(&mut runner).expect("a mapping").current();
        image(&old(), &new(), &mapping).is_ok()
    });
    assert!(fits.count() > 150);
}

/// What is reported about a version 2 with this cast, by rule.
fn findings(cast: &str) -> Vec<String> {
    let text = format!(
        "
format: tidings/1
name: shop
contexts:
  orders:
    events:
      order.placed:
        versions:
          1:
            status: retired
            data:
              type: object
              required: [total, name]
              properties:
                total: {{ type: integer }}
                name: {{ type: string, maxLength: 80 }}
                kind: {{ type: string }}
                ship_to: {{ type: object, properties: {{ country: {{ type: string }} }} }}
          2:
            status: active
            upcast: {cast}
            data:
              type: object
              required: [amount, first_name]
              properties:
                amount: {{ type: integer }}
                first_name: {{ type: string, maxLength: 80 }}
                name: {{ type: string, maxLength: 80 }}
                kind: {{ type: string, enum: [web, app] }}
                ship_to: {{ type: object, properties: {{ country: {{ type: string }} }} }}
"
    );
    let loaded = crate::load::load_text("catalogue.yaml", &text);
    let (model, found) = crate::model::resolve(&loaded.tree.expect("a catalogue"));
    let today = chrono::NaiveDate::default();
    let lints = crate::rules::check(&model, today, &crate::event_cache::EventCache::off());
    let of_cast = |finding: &&crate::diagnostic::Diagnostic| finding.rule.ends_with("-cast");
    let all = loaded.diagnostics.iter().chain(&found).chain(&lints);
    let line = |finding: &crate::diagnostic::Diagnostic| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{}: {}; {help}", finding.rule, finding.message)
    };
    all.filter(of_cast).map(line).collect()
}

#[test]
fn mappings_that_do_not_fit_are_refused_with_a_remedy() {
    let cases = [
        "{}",
        "{ fields: { amount: { from: totl } } }",
        "{ fields: { amount: { from: total }, fist_name: { from: name } } }",
        "{ fields: { amount: { from: total } , first_name: { from: name, before: ' ' } } }",
        "{ fields: { amount: { from: total } , first_name: { from: name, before: ' ' }, name: { from: name } } }",
        "{ fields: { amount: { from: total, times: 100 } } }",
        "{ fields: { amount: { from: name, times: 100 } } }",
        "{ fields: { amount: { from: total, times: 1, convert: text } } }",
        "{ fields: { amount: { constant: 1, default: 2 } } }",
        "{ fields: { amount: { from: total, otherwise: 2 } } }",
        "{ fields: { ship_to.country: { constant: DE }, amount: { from: total } } }",
        "{ fields: { ship_to.contry: { constant: DE }, amount: { from: total } } }",
        "{ fields: { amount: { from: a..b } } }",
        "{ drop: [total, nam] }",
        "{ fields: { amount: { from: total }, first_name: { from: name, before: ' ' }, name: { constant: x }, kind: { values: {}, otherwise: web } } }",
        "by_hand",
    ];
    let report: Vec<String> = cases.iter().map(|cast| format!("{cast}\n{}", findings(cast).join("\n"))).collect();
    insta::assert_snapshot!(report.join("\n\n"));
}
