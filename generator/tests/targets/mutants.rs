//! Catalogues a few mistakes away from a good one: each is refused with a place and a remedy, or everything generated
//! from it is well-formed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use tidings_generator::diagnostic::{Format, Level, render};
use tidings_generator::emit::{TARGETS, Templates};
use tidings_generator::event_cache::EventCache;
use tidings_generator::load::load_text;
use tidings_generator::model::resolve;
use tidings_generator::rules;

use crate::hostile::HOSTILE;

/// A little of everything the format and the payload profile have.
const BASE: &str = r#"
format: tidings/1
name: shop
summary: A shop.
tenancy: { mode: partition }
teams: { checkout: { name: Checkout, email: a@b.example, on_call: "https://a.example", github: "@shop/checkout" } }
defaults: { partitions: 2, partition_key: [tenant_id, data.order_id], retention: { max_age: 7d, max_bytes: 1GB }, dead_letter: { max_age: 30d } }
types:
  Money: { type: object, required: [cents], properties: { cents: { type: integer, minimum: 0 }, currency: { type: string, enum: [EUR, GBP] } } }
contexts:
  orders:
    team: checkout
    types: { OrderId: { type: string, format: uuid } }
    streams: { orders: { partitions: 3, dead_letter: { max_age: 90d, then: halt_key } } }
    events:
      order.placed:
        stream: orders
        aggregate: Order
        summary: An order was accepted.
        description: "Some *prose* with `code`."
        versions:
          1:
            status: deprecated
            sunset: 2027-03-31
            data: { type: object, required: [order_id], properties: { order_id: { $ref: OrderId } } }
          2:
            status: active
            changes: More.
            data:
              type: object
              required: [order_id, total, lines]
              properties:
                order_id: { $ref: OrderId }
                total: { $ref: Money }
                lines: { type: array, minItems: 1, maxItems: 9, uniqueItems: true, items: { type: object, properties: { sku: { type: string, minLength: 1, pattern: "^[A-Z]+$" } } } }
                note: { type: [string, "null"], maxLength: 9, default: none, examples: [x] }
                placed_at: { type: string, format: date-time }
                weight: { type: number, minimum: 0.5, exclusiveMaximum: 9, multipleOf: 0.5 }
                tags: { type: object, additionalProperties: { type: string }, propertyNames: { pattern: "^[a-z]+$" } }
                paid: { oneOf: [{ type: object, required: [by], properties: { by: { const: card }, last4: { type: string } } }, { type: object, required: [by], properties: { by: { const: cash } } }] }
            examples: [{ order_id: 0192f0c1-8a4e-7c3b-9d55-3f1c2a7be901, total: { cents: 1 }, lines: [{ sku: A }] }]
      order.cancelled: { versions: { 1: { status: active, data: { type: object, required: [order_id], properties: { order_id: { $ref: OrderId } } } } } }
services:
  order-service: { team: checkout, publishes: [order.*], summary: Takes orders. }
  history: { team: checkout, consumes: [order.placed@2], dedup_window: 60d, retry: [1s, 1m] }
projections: { timeline: { service: history, from: [order.placed@2], lag_budget: 2s } }
flows:
  fulfilment:
    style: choreography
    correlation: data.order_id
    steps:
      - { name: place, service: order-service, emits: order.placed, compensation: { on: order.cancelled, emits: order.cancelled } }
"#;

/// Names and values that mean something to a language that is written.
const WORDS: &[&str] = &[
    "type",
    "self",
    "Self",
    "async",
    "crate",
    "super",
    "_",
    "__",
    "1st",
    "r#fn",
    "é",
    "日本",
    "a b",
    "a-b",
    "a_b",
    "aB",
    "Data",
    "Value",
    "String",
    "Option",
    "Box",
    "Vec",
    "wire",
    "Unknown",
    "tenant_id",
    "event_id",
    "$ref",
    "<<",
    "null",
    "true",
    "~",
    "0",
    "-1",
    "1e400",
    "9007199254740993",
    "order.placed",
    "orders",
    "Money",
    "OrderId",
    "OrderPlacedV2",
    "com0",
    "nul",
    "orders-0",
    "orders.dlq",
    "ORDERS",
    "7d",
    "5GB",
    "active",
    "uuid",
    "date",
    "^(a|b)*$",
    "(",
    "[",
];

/// One mistake. The indexes pick places in whatever the document is by then.
#[derive(Debug, Clone)]
enum Mistake {
    Remove(Index),
    Replace(Index, Value),
    Rename(Index, String),
    Copy { from: Index, to: Index },
    Wrap(Index),
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(WORDS).prop_map(str::to_owned),
        2 => prop::sample::select(HOSTILE).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9_.@/ -]{0,12}",
        1 => any::<String>(),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => word().prop_map(Value::String),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!({})),
        1 => Just(json!([])),
    ]
}

fn mistake() -> impl Strategy<Value = Mistake> {
    prop_oneof![
        2 => any::<Index>().prop_map(Mistake::Remove),
        4 => (any::<Index>(), scalar()).prop_map(|(at, value)| Mistake::Replace(at, value)),
        4 => (any::<Index>(), word()).prop_map(|(at, name)| Mistake::Rename(at, name)),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mistake::Copy { from, to }),
        1 => any::<Index>().prop_map(Mistake::Wrap),
    ]
}

/// Pointers to every value but the root, in document order.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    let mut below = |key: &str, inner: &Value| {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        out.push(pointer.clone());
        pointers(inner, &pointer, out);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| below(key, inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| below(&index.to_string(), inner)),
        _ => {}
    }
}

fn make(mistake: &Mistake, document: &mut Value) {
    let mut places = Vec::new();
    pointers(document, "", &mut places);
    if places.is_empty() {
        return;
    }
    match mistake {
        Mistake::Remove(at) => edit(document, &places[at.index(places.len())], |_, _| None),
        Mistake::Replace(at, value) => {
            edit(document, &places[at.index(places.len())], |key, _| Some((key, value.clone())));
        }
        Mistake::Rename(at, name) => {
            edit(document, &places[at.index(places.len())], |_, value| Some((name.clone(), value)));
        }
        Mistake::Copy { from, to } => {
            let copy = document.pointer(&places[from.index(places.len())]).cloned().unwrap_or_default();
            edit(document, &places[to.index(places.len())], |key, _| Some((key, copy)));
        }
        Mistake::Wrap(at) => edit(document, &places[at.index(places.len())], |key, value| Some((key, json!([value])))),
    }
}

/// Replaces the entry at `pointer` in place.
fn edit(document: &mut Value, pointer: &str, change: impl FnOnce(String, Value) -> Option<(String, Value)>) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            let mut change = Some(change);
            let entries = std::mem::take(map).into_iter().filter_map(|(name, value)| {
                if name == key
                    && let Some(change) = change.take()
                {
                    change(name, value)
                } else {
                    Some((name, value))
                }
            });
            *map = entries.collect::<Map<_, _>>();
        }
        Some(Value::Array(items)) => {
            let Some(index) = key.parse::<usize>().ok().filter(|index| *index < items.len()) else { return };
            let changed = change(key, items.remove(index));
            if let Some((_, value)) = changed {
                items.insert(index, value);
            }
        }
        _ => {}
    }
}

/// Reads a catalogue and, when it has no errors, generates everything. Whether it was generated.
fn run(text: &str) -> Result<bool, TestCaseError> {
    let mut loaded = load_text("catalogue.yaml", text);
    let model = loaded.tree.as_ref().map(|tree| {
        let (model, found) = resolve(tree);
        loaded.diagnostics.extend(found);
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        loaded.diagnostics.extend(rules::check(&model, today, &EventCache::off()));
        model
    });
    for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
        let _ = render(&loaded.diagnostics, &loaded.sources, format, false);
    }
    for finding in &loaded.diagnostics {
        prop_assert!(finding.span.is_some() && finding.help.is_some(), "{finding:?}");
    }
    let has_errors = loaded.diagnostics.iter().any(|finding| finding.level == Level::Error);
    let Some(model) = model.filter(|_| !has_errors) else { return Ok(false) };
    let templates = Templates::embedded().expect("templates");
    for target in TARGETS {
        let files = target.emit(&model, &templates, &EventCache::off());
        let files = files.map_err(|error| TestCaseError::fail(format!("{}: {error}", target.name())))?;
        for file in files {
            if let Some(fault) = fault(&file.path, &file.contents) {
                return Err(TestCaseError::fail(format!("{}: {fault}\n{}", file.path, file.contents)));
            }
        }
    }
    Ok(true)
}

/// Why a file is not well-formed.
fn fault(path: &str, text: &str) -> Option<String> {
    match path.rsplit('.').next() {
        Some("rs") => match syn::parse_file(text) {
            Ok(file) => repeated(&file),
            Err(error) => Some(error.to_string()),
        },
        Some("json") => serde_json::from_str::<Value>(text).err().map(|error| error.to_string()),
        Some("yaml") => catch_unwind(AssertUnwindSafe(|| crate::yaml(text))).err().map(|_| "not YAML".to_owned()),
        Some("tf") => hcl::parse(text).err().map(|error| error.to_string()),
        Some("toml") => text.parse::<toml::Table>().err().map(|error| error.to_string()),
        _ => None,
    }
}

/// A name that two types of a file, two fields or two variants have.
fn repeated(file: &syn::File) -> Option<String> {
    let twice = |mut names: Vec<String>| {
        names.sort();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| format!("two are called `{}`", pair[0]))
    };
    let mut types = Vec::new();
    for item in &file.items {
        let members: Vec<String> = match item {
            syn::Item::Struct(it) => {
                types.push(it.ident.to_string());
                it.fields.iter().filter_map(|field| Some(field.ident.as_ref()?.to_string())).collect()
            }
            syn::Item::Enum(it) => {
                types.push(it.ident.to_string());
                it.variants.iter().map(|variant| variant.ident.to_string()).collect()
            }
            _ => continue,
        };
        if let Some(fault) = twice(members) {
            return Some(fault);
        }
    }
    twice(types)
}

/// A catalogue whose names and values are these words.
fn named(words: &[String]) -> Value {
    let [field, one, two, union, tag, first, second, inner, list, kind, typed, service] = words else {
        return json!({});
    };
    let alternative = |value: &String| {
        json!({ "type": "object", "required": [tag], "properties": {
            tag.as_str(): { "const": value }, inner.as_str(): { "type": "string", "description": value } } })
    };
    let properties = json!({
        field.as_str(): { "type": "string", "enum": [one, two], "default": one },
        union.as_str(): { "oneOf": [alternative(first), alternative(second)] },
        list.as_str(): { "type": "array", "items": { "type": "object", "title": kind, "properties": {
            inner.as_str(): { "type": "integer" } } } },
        typed.as_str(): { "$ref": kind },
    });
    json!({
        "format": "tidings/1",
        "name": "shop",
        "summary": service,
        "teams": { "checkout": { "name": inner } },
        "defaults": { "retention": { "max_age": "7d" }, "dead_letter": { "max_age": "30d" } },
        "lints": { "severity": { "missing-partition-key": "off" } },
        "types": { kind.as_str(): { "type": "object", "properties": { inner.as_str(): { "type": "boolean" } } } },
        "contexts": { "orders": { "team": "checkout", "events": { "order.placed": { "summary": tag, "versions": {
            "1": { "status": "active", "data": { "type": "object", "required": [field], "properties": properties } } } } } } },
        "services": { service.as_str(): { "team": "checkout", "publishes": ["order.*"] } },
    })
}

/// A word that may be anything, but mostly is a name somebody could mean.
fn likely() -> impl Strategy<Value = String> {
    prop_oneof![6 => "[a-z][a-z0-9]{0,6}", 2 => "[A-Z][a-z]{1,6}", 4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => word()]
}

fn base() -> Value {
    crate::yaml(BASE).remove(0)
}

#[test]
fn plain_names_are_kept() {
    let words =
        ["sort", "sale", "gift", "paid", "by", "card", "cash", "last4", "lines", "Line", "best", "shop-service"];
    assert!(run(&named(&words.map(str::to_owned)).to_string()).expect("everything is well-formed"));
}

#[test]
fn the_base_is_a_catalogue_without_faults() {
    assert!(run(&base().to_string()).expect("everything is well-formed"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mistaken_catalogue_is_refused_or_generated_well_formed(mistakes in prop::collection::vec(mistake(), 1..5)) {
        let mut document = base();
        for mistake in &mistakes {
            make(mistake, &mut document);
        }
        run(&document.to_string())?;
    }

    #[test]
    fn mistaken_text_is_refused_or_generated_well_formed(
        cuts in prop::collection::vec((any::<Index>(), any::<Index>(), word()), 1..4),
    ) {
        let mut text: Vec<char> = BASE.chars().collect();
        for (start, length, word) in cuts {
            let start = start.index(text.len());
            let end = (start + length.index(8)).min(text.len());
            text.splice(start..end, word.chars());
        }
        run(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn names_are_kept_or_refused(words in prop::collection::vec(likely(), 12)) {
        run(&named(&words).to_string())?;
    }
}
