//! Documents a single violation away from a valid one.

use proptest::prelude::any;
use proptest::sample::Index;
use proptest::strategy::{BoxedStrategy, Strategy as _};
use serde_json::{Map, Value, json};
use tidings_generator::payload::{Body, Field, IntegerRules, Kind, NumberRules, Payload, Shape, TextFormat, TextRules};
use tidings_generator::pointer;

use super::numbers::integer;

/// A document that violates its schema in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// The document.
    pub document: Value,
    /// The keyword of JSON Schema that is violated: `required`, `maxLength`, ….
    pub keyword: &'static str,
    /// JSON pointer to what violates it.
    pub pointer: String,
}

/// Items of a list, or entries of a map, that are looked into.
const LOOKED_INTO: usize = 3;

/// Longest text and list that are made too long.
const LONGEST: u64 = 5_000;

/// Documents that are broken in one place.
pub(super) fn documents(payload: &Payload, valid: BoxedStrategy<Value>) -> BoxedStrategy<Broken> {
    let payload = payload.clone();
    (valid, any::<Index>())
        .prop_filter_map("nothing in the document can be broken", move |(document, index)| {
            let mut breaks = Breaks { payload: &payload, found: Vec::new() };
            breaks.named(&payload.root, &document, &mut Vec::new(), 0);
            if breaks.found.is_empty() {
                return None;
            }
            let at = index.index(breaks.found.len());
            let Break { path, keyword, edit } = breaks.found.swap_remove(at);
            let pointer = pointer::of(path.iter().map(String::as_str));
            Some(Broken { document: edited(document, &path, edit)?, keyword, pointer })
        })
        .boxed()
}

/// A way to violate one keyword.
struct Break {
    /// Names and indexes that lead to the place.
    path: Vec<String>,
    keyword: &'static str,
    edit: Edit,
}

enum Edit {
    Set(Value),
    Remove,
}

struct Breaks<'p> {
    payload: &'p Payload,
    found: Vec<Break>,
}

impl<'p> Breaks<'p> {
    fn add(&mut self, path: &[String], keyword: &'static str, value: Value) {
        self.found.push(Break { path: path.to_vec(), keyword, edit: Edit::Set(value) });
    }

    fn named(&mut self, name: &str, value: &Value, path: &mut Vec<String>, depth: usize) {
        let payload = self.payload;
        let Some(def) = payload.type_def(name).filter(|_| depth < 32) else { return };
        match &def.body {
            Body::Struct(fields) => self.fields(fields, value, path, depth),
            Body::Enum(variants) => {
                let mut other = variants.first().map_or_else(String::new, |variant| variant.value.clone());
                while variants.iter().any(|variant| variant.value == other) {
                    other.push('~');
                }
                self.add(path, "enum", Value::String(other));
            }
            Body::Tagged { tag, variants } => {
                let found = variants.iter().find(|variant| value[tag] == json!(variant.value));
                self.under(path, tag, |this, path| {
                    this.found.push(Break { path: path.clone(), keyword: "required", edit: Edit::Remove });
                    this.add(path, "const", json!("~none of them~"));
                });
                if let Some(variant) = found {
                    self.fields(&variant.fields, value, path, depth);
                }
            }
            // What breaks one alternative may be another one: the validator says.
            Body::Untagged(variants) => {
                for variant in variants {
                    if self.types(&variant.shape, depth).contains(type_of(value)) {
                        self.inside(&variant.shape, value, path, depth + 1);
                    }
                }
            }
            Body::Alias(shape) => self.inside(shape, value, path, depth + 1),
        }
    }

    fn fields(&mut self, fields: &'p [Field], value: &Value, path: &mut Vec<String>, depth: usize) {
        for field in fields {
            let Some(inner) = value.get(&field.name) else { continue };
            self.under(path, &field.name, |this, path| {
                if field.required {
                    this.found.push(Break { path: path.clone(), keyword: "required", edit: Edit::Remove });
                }
                this.shape(&field.shape, inner, path, depth + 1);
            });
        }
    }

    fn under(&mut self, path: &mut Vec<String>, step: &str, look: impl FnOnce(&mut Self, &mut Vec<String>)) {
        path.push(step.to_owned());
        look(self, path);
        path.pop();
    }

    /// What can be wrong with a value of this shape, its type included.
    fn shape(&mut self, shape: &'p Shape, value: &Value, path: &mut Vec<String>, depth: usize) {
        let types = self.types(shape, depth);
        let others = [Value::Null, json!(true), json!(7), json!(0.5), json!("7"), json!([]), json!({})];
        // Two of them are enough for one place: a list where a text should be says no more than an object.
        for other in others.into_iter().filter(|other| !types.contains(type_of(other))).take(2) {
            self.add(path, "type", other);
        }
        if !(shape.nullable && value.is_null()) {
            self.inside(shape, value, path, depth);
        }
    }

    fn inside(&mut self, shape: &'p Shape, value: &Value, path: &mut Vec<String>, depth: usize) {
        match (&shape.kind, value) {
            (Kind::Integer(rules), _) => self.integer(rules, value, path),
            (Kind::Number(rules), _) => self.number(rules, path),
            (Kind::Text(rules), Value::String(text)) => self.text(rules, text, path),
            (Kind::List { items, min, max, unique }, Value::Array(values)) => {
                self.list(values, *min, *max, *unique, path);
                for (index, value) in values.iter().enumerate().take(LOOKED_INTO) {
                    self.under(path, &index.to_string(), |this, path| this.shape(items, value, path, depth + 1));
                }
            }
            (Kind::Map { values, keys, min, max }, Value::Object(map)) => {
                self.map(map, keys, *min, *max, path);
                for (key, value) in map.iter().take(LOOKED_INTO) {
                    self.under(path, key, |this, path| this.shape(values, value, path, depth + 1));
                }
            }
            (Kind::Named(name), _) => self.named(name, value, path, depth + 1),
            _ => {}
        }
    }

    fn integer(&mut self, rules: &IntegerRules, value: &Value, path: &[String]) {
        let step = i128::from(rules.multiple_of.unwrap_or(1).max(1));
        if !rules.one_of.is_empty() {
            let most = rules.one_of.iter().max().copied().unwrap_or_default();
            self.add(path, "enum", integer(most.saturating_add(1)));
            return;
        }
        let multiple = |limit: i128, up: bool| {
            if up { (limit.div_euclid(step) + 1) * step } else { (-((-limit).div_euclid(step)) - 1) * step }
        };
        if let Some(min) = rules.min.filter(|min| *min > i64::MIN.into()) {
            self.add(path, "minimum", integer(multiple(min, false)));
        }
        if let Some(max) = rules.max.filter(|max| *max < u64::MAX.into()) {
            self.add(path, "maximum", integer(multiple(max, true)));
        }
        if let Some(value) = value.as_i64().filter(|_| step > 1) {
            self.add(path, "multipleOf", json!(value.saturating_add(1)));
        }
    }

    fn number(&mut self, rules: &NumberRules, path: &[String]) {
        let number = |limit: &serde_json::Number, by: f64| limit.as_f64().map(|limit| json!(limit + by));
        let beyond = [
            ("minimum", rules.min.as_ref().and_then(|min| number(min, -1.0))),
            ("maximum", rules.max.as_ref().and_then(|max| number(max, 1.0))),
            ("exclusiveMinimum", rules.exclusive_min.clone().map(Value::Number)),
            ("exclusiveMaximum", rules.exclusive_max.clone().map(Value::Number)),
            (
                "multipleOf",
                rules.multiple_of.as_ref().and_then(serde_json::Number::as_f64).map(|step| json!(step * 1.5)),
            ),
        ];
        for (keyword, value) in beyond {
            if let Some(value) = value {
                self.add(path, keyword, value);
            }
        }
    }

    fn text(&mut self, rules: &TextRules, text: &str, path: &[String]) {
        if let Some(length) = rules.min.checked_sub(1) {
            self.add(path, "minLength", json!(text.chars().take(size(length)).collect::<String>()));
        }
        if let Some(max) = rules.max.filter(|max| *max < LONGEST) {
            let last = text.chars().next_back().unwrap_or('a');
            let longer = text.chars().chain(std::iter::repeat(last)).take(size(max) + 1);
            self.add(path, "maxLength", json!(longer.collect::<String>()));
        }
        if rules.pattern.is_some() {
            // One of them does not match, unless everything does.
            let swapped: String = text.chars().map(swap_case).collect();
            let first: String = std::iter::once('~').chain(text.chars().skip(1)).collect();
            let last =
                |c: char| text.chars().take(text.chars().count().saturating_sub(1)).chain([c]).collect::<String>();
            for other in [format!("{text}~"), first, last('~'), last(' '), swapped, String::new(), " ".to_owned()] {
                self.add(path, "pattern", json!(other));
            }
        }
        if let Some(format) = rules.format {
            for other in not_of(format) {
                self.add(path, "format", json!(other));
            }
        }
    }

    fn list(&mut self, values: &[Value], min: u64, max: Option<u64>, unique: bool, path: &[String]) {
        if let Some(length) = min.checked_sub(1) {
            self.add(path, "minItems", json!(values.iter().take(size(length)).collect::<Vec<_>>()));
        }
        let Some(last) = values.last() else { return };
        if let Some(max) = max.filter(|max| *max < LONGEST && !unique) {
            let longer: Vec<&Value> = values.iter().chain(std::iter::repeat(last)).take(size(max) + 1).collect();
            self.add(path, "maxItems", json!(longer));
        }
        if unique && max.is_none_or(|max| (values.len() as u64) < max) {
            self.add(path, "uniqueItems", json!(values.iter().chain([last]).collect::<Vec<_>>()));
        }
    }

    fn map(&mut self, map: &Map<String, Value>, keys: &TextRules, min: u64, max: Option<u64>, path: &[String]) {
        if let Some(length) = min.checked_sub(1) {
            self.add(path, "minProperties", Value::Object(map.clone().into_iter().take(size(length)).collect()));
        }
        let Some((key, value)) = map.iter().next() else { return };
        let with = |keys: Vec<String>| {
            Value::Object(map.clone().into_iter().chain(keys.into_iter().map(|key| (key, value.clone()))).collect())
        };
        if let Some(max) = max.filter(|max| *max < LONGEST && keys == &TextRules::default()) {
            let missing = size(max) + 1 - map.len().min(size(max));
            let more = (0..missing).map(|number| format!("~{number}~"));
            self.add(path, "maxProperties", with(more.collect()));
        }
        if max.is_none_or(|max| (map.len() as u64) < max) && keys != &TextRules::default() {
            for other in [format!("{key}~"), "~".to_owned(), String::new(), "~".repeat(size(keys.max.unwrap_or(0)) + 1)]
            {
                self.add(path, "propertyNames", with(vec![other]));
            }
        }
    }

    /// The JSON types that a shape has.
    fn types(&self, shape: &Shape, depth: usize) -> Types {
        let types = match &shape.kind {
            Kind::Any => Types::ALL,
            Kind::Bool => Types::BOOLEAN,
            Kind::Integer(_) => Types::INTEGER,
            Kind::Number(_) => Types::INTEGER | Types::FRACTION,
            Kind::Text(_) => Types::STRING,
            Kind::List { .. } => Types::ARRAY,
            Kind::Map { .. } => Types::OBJECT,
            Kind::Named(name) => match self.payload.type_def(name).filter(|_| depth < 32).map(|def| &def.body) {
                None => Types::ALL,
                Some(Body::Struct(_) | Body::Tagged { .. }) => Types::OBJECT,
                Some(Body::Enum(_)) => Types::STRING,
                Some(Body::Untagged(variants)) => variants
                    .iter()
                    .map(|variant| self.types(&variant.shape, depth + 1))
                    .fold(Types(0), |all, one| all | one),
                Some(Body::Alias(shape)) => self.types(shape, depth + 1),
            },
        };
        if shape.nullable { types | Types::NULL } else { types }
    }
}

/// A set of JSON types, with integers apart from other numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Types(u8);

impl Types {
    const NULL: Self = Self(1);
    const BOOLEAN: Self = Self(2);
    const INTEGER: Self = Self(4);
    const FRACTION: Self = Self(8);
    const STRING: Self = Self(16);
    const ARRAY: Self = Self(32);
    const OBJECT: Self = Self(64);
    const ALL: Self = Self(127);

    fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => Types::NULL,
        Value::Bool(_) => Types::BOOLEAN,
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => Types::INTEGER,
        Value::Number(_) => Types::FRACTION,
        Value::String(_) => Types::STRING,
        Value::Array(_) => Types::ARRAY,
        Value::Object(_) => Types::OBJECT,
    }
}

fn size(length: u64) -> usize {
    usize::try_from(length.min(LONGEST)).unwrap_or(usize::MAX)
}

fn swap_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// Texts that look like the format.
fn not_of(format: TextFormat) -> &'static [&'static str] {
    match format {
        TextFormat::Date => &["2026-02-30", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T00:00:00Z"],
        TextFormat::DateTime => &["2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00", "2026-01-01"],
        TextFormat::Uuid => &[
            "0192f0c1-8a4e-7c3b-9d55-3f1c2a7be90",
            "0192f0c18a4e7c3b9d553f1c2a7be901",
            "g192f0c1-8a4e-7c3b-9d55-3f1c2a7be901",
        ],
        TextFormat::Uri => &["/a/b", "no uri", "http://[::1"],
        TextFormat::UriReference => &["http://[::1", "a b", "\\"],
        TextFormat::Email => &["mira", "@example.org", "mira@", "a b@example.org"],
        TextFormat::Ipv4 => &["256.0.0.1", "1.2.3", "::1"],
        TextFormat::Ipv6 => &[":::", "192.0.2.1", "2001:db8::g"],
    }
}

/// The document after an edit. `None` where the place is gone.
fn edited(mut document: Value, path: &[String], edit: Edit) -> Option<Value> {
    let Some((last, parents)) = path.split_last() else {
        return if let Edit::Set(value) = edit { Some(value) } else { None };
    };
    let parent = parents.iter().try_fold(&mut document, |value, step| match value {
        Value::Object(map) => map.get_mut(step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })?;
    match (parent, edit) {
        (Value::Object(map), Edit::Set(value)) => *map.get_mut(last)? = value,
        (Value::Object(map), Edit::Remove) => drop(map.shift_remove(last)?),
        (Value::Array(items), Edit::Set(value)) => *items.get_mut(last.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(document)
}
