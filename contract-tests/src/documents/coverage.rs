//! Which branches of a payload documents have reached.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tidings_generator::payload::{Body, Field, IntegerRules, Kind, Payload, Shape, TextRules};

/// Everything that may be one way or another in documents of a payload: fields that are there or absent, variants, values
/// of enums, limits of lengths and of numbers.
#[derive(Debug, Clone)]
pub struct Branches {
    payload: Payload,
    all: BTreeSet<String>,
}

/// The branches that documents have reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeSet<String>);

/// The longest text and list whose limit counts as a branch: longer ones are not made.
const LONGEST: u64 = 2_000;

/// A limit of a list of different items that counts as a branch.
const MANY: u64 = 64;

impl Branches {
    pub(super) fn of(payload: &Payload) -> Self {
        let mut walk = Walk { payload, document: false, open: Vec::new(), found: BTreeSet::new() };
        walk.named(&payload.root, "", None);
        let all = walk.found;
        Self { payload: payload.clone(), all }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Adds the branches that a valid document takes.
    pub fn reach(&self, coverage: &mut Coverage, document: &Value) {
        let found = std::mem::take(&mut coverage.0);
        let mut walk = Walk { payload: &self.payload, document: true, open: Vec::new(), found };
        walk.named(&self.payload.root, "", Some(document));
        coverage.0 = walk.found;
    }

    /// Those that no document has taken, in words: `gift_message: absent`.
    pub fn missed<'a>(&'a self, coverage: &'a Coverage) -> impl Iterator<Item = &'a str> {
        self.all.difference(&coverage.0).map(String::as_str)
    }
}

/// Walks the types of a payload, and with them a document, if there is one.
struct Walk<'p> {
    payload: &'p Payload,
    /// Whether branches are those of a document. Else they are all there are.
    document: bool,
    /// Types that are being walked.
    open: Vec<&'p str>,
    found: BTreeSet<String>,
}

impl<'p> Walk<'p> {
    /// A branch, if there is no document or it takes it.
    fn branch(&mut self, path: &str, name: &str, takes: bool) {
        if !self.document || takes {
            self.found.insert(if path.is_empty() { name.to_owned() } else { format!("{path}: {name}") });
        }
    }

    fn named(&mut self, name: &'p str, path: &str, value: Option<&Value>) {
        // A type inside itself has no branches of its own.
        if self.open.contains(&name) {
            return;
        }
        let payload = self.payload;
        let Some(def) = payload.type_def(name) else { return };
        self.open.push(name);
        match &def.body {
            Body::Struct(fields) => self.fields(fields, path, value),
            Body::Enum(variants) => {
                for variant in variants {
                    self.branch(path, &variant.value, value == Some(&json!(variant.value)));
                }
            }
            Body::Tagged { tag, variants } => {
                for variant in variants {
                    let is_it = value.is_some_and(|value| value[tag] == json!(variant.value));
                    self.branch(path, &variant.value, is_it);
                    if !self.document || is_it {
                        self.fields(&variant.fields, &below(path, &format!("<{}>", variant.value)), value);
                    }
                }
            }
            Body::Untagged(variants) => {
                for variant in variants {
                    let is_it = value.is_some_and(|value| seems(payload, &variant.shape, value, 0));
                    self.branch(path, &variant.name, is_it);
                    if !self.document || is_it {
                        self.shape(&variant.shape, &below(path, &format!("<{}>", variant.name)), value);
                    }
                }
            }
            Body::Alias(shape) => self.shape(shape, path, value),
        }
        self.open.pop();
    }

    fn fields(&mut self, fields: &'p [Field], path: &str, value: Option<&Value>) {
        for field in fields {
            let inner = value.and_then(|value| value.get(&field.name));
            let path = below(path, &field.name);
            if !field.required {
                self.branch(&path, "present", inner.is_some());
                self.branch(&path, "absent", value.is_some() && inner.is_none());
            }
            if !self.document || inner.is_some() {
                self.shape(&field.shape, &path, inner);
            }
        }
    }

    fn shape(&mut self, shape: &'p Shape, path: &str, value: Option<&Value>) {
        if shape.nullable {
            self.branch(path, "null", value == Some(&Value::Null));
            self.branch(path, "not null", value.is_some_and(|value| !value.is_null()));
        }
        if value.is_some_and(Value::is_null) && self.document {
            return;
        }
        match &shape.kind {
            Kind::Any | Kind::Number(_) => {}
            Kind::Bool => {
                self.branch(path, "true", value == Some(&Value::Bool(true)));
                self.branch(path, "false", value == Some(&Value::Bool(false)));
            }
            Kind::Integer(rules) => self.integer(rules, path, value),
            Kind::Text(rules) => self.text(rules, path, value),
            Kind::List { items, min, max, unique } => {
                let most = max.filter(|max| *max <= if *unique { MANY } else { LONGEST });
                let length = value.and_then(Value::as_array).map(|items| items.len() as u64);
                self.size(path, "items", *min, most, length);
                let inner = format!("{path}[]");
                match value {
                    Some(value) => {
                        value.as_array().into_iter().flatten().for_each(|item| self.shape(items, &inner, Some(item)));
                    }
                    None => self.shape(items, &inner, None),
                }
            }
            Kind::Map { values, min, max, .. } => {
                let length = value.and_then(Value::as_object).map(|entries| entries.len() as u64);
                self.size(path, "entries", *min, max.filter(|max| *max <= MANY), length);
                let inner = format!("{path}{{}}");
                match value {
                    Some(value) => value
                        .as_object()
                        .into_iter()
                        .flatten()
                        .for_each(|(_, value)| self.shape(values, &inner, Some(value))),
                    None => self.shape(values, &inner, None),
                }
            }
            Kind::Named(name) => self.named(name, path, value),
        }
    }

    fn integer(&mut self, rules: &IntegerRules, path: &str, value: Option<&Value>) {
        let is = |number: i128| value.is_some_and(|value| value == &super::numbers::integer(number));
        for number in &rules.one_of {
            self.branch(path, &number.to_string(), is(*number));
        }
        if rules.one_of.is_empty() && rules.multiple_of.is_none() {
            for (name, limit) in [("least", rules.min), ("most", rules.max)] {
                if let Some(limit) = limit {
                    self.branch(path, &format!("{name}, {limit}"), is(limit));
                }
            }
        }
    }

    fn text(&mut self, rules: &TextRules, path: &str, value: Option<&Value>) {
        if rules.format.is_some() || rules.pattern.is_some() {
            return;
        }
        let length = value.and_then(Value::as_str).map(|text| text.chars().count() as u64);
        self.size(path, "characters", rules.min, rules.max.filter(|max| *max <= LONGEST), length);
        let is_ascii = value.and_then(Value::as_str).map(str::is_ascii);
        self.branch(path, "beyond ASCII", is_ascii == Some(false));
    }

    fn size(&mut self, path: &str, what: &str, least: u64, most: Option<u64>, size: Option<u64>) {
        self.branch(path, &format!("{least} {what}"), size == Some(least));
        if let Some(most) = most.filter(|most| *most != least) {
            self.branch(path, &format!("{most} {what}"), size == Some(most));
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Whether a value has the type of JSON that a shape has. Alternatives differ by that.
fn seems(payload: &Payload, shape: &Shape, value: &Value, depth: usize) -> bool {
    if value.is_null() {
        return shape.nullable;
    }
    match &shape.kind {
        Kind::Any => true,
        Kind::Bool => value.is_boolean(),
        Kind::Integer(_) | Kind::Number(_) => value.is_number(),
        Kind::Text(_) => value.is_string(),
        Kind::List { .. } => value.is_array(),
        Kind::Map { .. } => value.is_object(),
        Kind::Named(name) => match payload.type_def(name).filter(|_| depth < 32).map(|def| &def.body) {
            Some(Body::Struct(_) | Body::Tagged { .. }) => value.is_object(),
            Some(Body::Enum(_)) => value.is_string(),
            Some(Body::Untagged(variants)) => {
                variants.iter().any(|variant| seems(payload, &variant.shape, value, depth + 1))
            }
            Some(Body::Alias(shape)) => seems(payload, shape, value, depth + 1),
            None => true,
        },
    }
}
