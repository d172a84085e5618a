//! What a schema validator complains about, in words that say what to change.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Meta};
use crate::pointer;
use crate::rules::format::{
    bad_value, inexact_number, missing_field, unknown_field, unknown_value, wrong_type, yaml_syntax,
};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Kind, Node};

/// One thing that does not fit the schema.
#[derive(Debug)]
pub(super) struct Fault {
    /// Keys and indexes that lead to the value at fault, or to the mapping that has or lacks a field.
    path: Vec<String>,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    UnknownField {
        key: String,
        known: Vec<String>,
    },
    MissingField(String),
    WrongType(Vec<JsonType>),
    UnknownValue(Vec<String>),
    /// What must hold, and how to make it so.
    BadValue {
        must: String,
        help: String,
    },
}

/// The faults behind the validator's errors. Of alternatives, only the one that was most likely meant counts.
pub(super) fn collect<'e>(errors: impl Iterator<Item = ValidationError<'e>>, schema: &Value) -> Vec<Fault> {
    let mut faults: Vec<Fault> = errors.flat_map(|error| faults_of(&error, schema)).collect();
    // A field that is only misspelt is not missing as well.
    let misspelt: BTreeSet<(Vec<String>, String)> = faults
        .iter()
        .filter_map(|fault| match &fault.problem {
            Problem::UnknownField { key, known } => Some((fault.path.clone(), meant(key, known)?.to_owned())),
            _ => None,
        })
        .collect();
    faults.retain(|fault| match &fault.problem {
        Problem::MissingField(field) => !misspelt.contains(&(fault.path.clone(), field.clone())),
        _ => true,
    });
    faults
}

fn meant<'k>(key: &str, known: &'k [String]) -> Option<&'k str> {
    suggest::nearest(key, known.iter().map(String::as_str))
}

fn faults_of(error: &ValidationError<'_>, schema: &Value) -> Vec<Fault> {
    let path = pointer::parts(error.instance_path().as_str());
    let parent = error.schema_path().as_str().rsplit_once('/').and_then(|(parent, _)| schema.pointer(parent));
    let property = |name: &str| parent.and_then(|parent| parent.get(name));
    let problem = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            let alternatives = context.iter().map(|errors| errors.iter().flat_map(|e| faults_of(e, schema)).collect());
            return likeliest(&path, alternatives.collect());
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = property("properties").and_then(Value::as_object);
            let known: Vec<String> = known.map(|known| known.keys().cloned().collect()).unwrap_or_default();
            let unknown = unexpected.iter().map(|key| Problem::UnknownField { key: key.clone(), known: known.clone() });
            return unknown.map(|problem| Fault { path: path.clone(), problem }).collect();
        }
        ValidationErrorKind::Required { property } => {
            Problem::MissingField(property.as_str().unwrap_or_default().to_owned())
        }
        // Durations and sizes: how they are written says more than that they are text.
        ValidationErrorKind::Type { .. } if property("pattern").is_some() => {
            let (must, help) = badly_written(&property);
            Problem::BadValue { must, help }
        }
        ValidationErrorKind::Type { kind: TypeKind::Single(one) } => Problem::WrongType(vec![*one]),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(several) } => {
            Problem::WrongType(several.iter().filter(|one| *one != JsonType::Null).collect())
        }
        ValidationErrorKind::Enum { options } => {
            Problem::UnknownValue(options.as_array().into_iter().flatten().map(plain).collect())
        }
        ValidationErrorKind::Constant { expected_value } => Problem::UnknownValue(vec![plain(expected_value)]),
        kind => {
            let (must, help) = requirement(kind, &property);
            Problem::BadValue { must, help }
        }
    };
    vec![Fault { path, problem }]
}

/// Of the faults of each alternative, those of the alternative that comes nearest.
fn likeliest(path: &[String], mut alternatives: Vec<Vec<Fault>>) -> Vec<Fault> {
    let is_here = |fault: &Fault| fault.path == path;
    let wanted = |faults: &[Fault]| {
        faults.iter().filter(|fault| is_here(fault)).find_map(|fault| match &fault.problem {
            Problem::WrongType(types) => Some(types.clone()),
            _ => None,
        })
    };
    if alternatives.iter().all(|faults| wanted(faults).is_some()) {
        let mut types: Vec<JsonType> = alternatives.iter().filter_map(|faults| wanted(faults)).flatten().collect();
        types.retain(|one| *one != JsonType::Null);
        types.dedup();
        return vec![Fault { path: path.to_vec(), problem: Problem::WrongType(types) }];
    }
    alternatives.retain(|faults| wanted(faults).is_none());
    let mut options = Vec::new();
    for faults in &alternatives {
        if let [Fault { problem: Problem::UnknownValue(values), .. }] = faults.as_slice()
            && is_here(&faults[0])
        {
            options.extend(values.iter().cloned());
        }
    }
    if options.is_empty() {
        return alternatives.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    vec![Fault { path: path.to_vec(), problem: Problem::UnknownValue(options) }]
}

/// What a value must satisfy, and what to write; `property` looks into the schema of the value.
fn requirement<'s>(kind: &ValidationErrorKind, property: &impl Fn(&str) -> Option<&'s Value>) -> (String, String) {
    let range = || match (property("minimum"), property("maximum")) {
        (Some(min), Some(max)) => format!("write a number from {min} to {max}"),
        (Some(min), None) => format!("write a number from {min} up"),
        (_, max) => format!("write a number up to {}", max.map(Value::to_string).unwrap_or_default()),
    };
    match kind {
        ValidationErrorKind::Minimum { limit } => (format!("must be at least {limit}"), range()),
        ValidationErrorKind::Maximum { limit } => (format!("must be at most {limit}"), range()),
        ValidationErrorKind::MinLength { limit: 1 } => {
            ("must not be empty".to_owned(), "write at least a word".to_owned())
        }
        ValidationErrorKind::MinItems { limit: 1 } | ValidationErrorKind::MinProperties { limit: 1 } => {
            ("must not be empty".to_owned(), "add an entry".to_owned())
        }
        ValidationErrorKind::Format { format } if format == "date" => {
            ("must be a date".to_owned(), "write a date as `2027-03-31`".to_owned())
        }
        ValidationErrorKind::Pattern { .. } => badly_written(property),
        other => (format!("does not satisfy `{}`", other.keyword()), "correct the value".to_owned()),
    }
}

fn badly_written<'s>(property: &impl Fn(&str) -> Option<&'s Value>) -> (String, String) {
    let text = |name: &str| property(name).and_then(Value::as_str);
    let first_sentence = text("description").and_then(|text| text.split(". ").next());
    let help = first_sentence.map_or_else(|| format!("match `{}`", text("pattern").unwrap_or_default()), as_help);
    ("is not written as it should be".to_owned(), help)
}

/// A sentence of the format's documentation in the style of a help text.
fn as_help(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Fault {
    /// Keys and indexes that lead to it.
    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    /// The value that was probably meant, where one of a list was asked for: better to go on with than none at all.
    pub(super) fn meant(&self, root: &Node) -> Option<String> {
        let Problem::UnknownValue(options) = &self.problem else { return None };
        let value = root.at(self.path.iter().map(String::as_str))?.as_str().unwrap_or_default();
        meant(value, options).map(str::to_owned).or_else(|| options.first().cloned())
    }

    /// Path of what to cut out to be rid of the fault.
    pub(super) fn cut(mut self) -> Vec<String> {
        if let Problem::UnknownField { key, .. } = self.problem {
            self.path.push(key);
        }
        self.path
    }

    /// The finding, with its place in the tree.
    pub(super) fn diagnostic(&self, root: &Node) -> Diagnostic {
        let node = root.at(self.path.iter().map(String::as_str)).unwrap_or(root);
        let name = name_of(&self.path);
        match &self.problem {
            Problem::UnknownField { key, known } => {
                let span = node.entry(key).map_or(node.span, |entry| entry.key_span);
                if known.is_empty() {
                    let message = format!("`{key}` is not a name that {name} can hold");
                    return Diagnostic::new(&bad_value::META, span, message).help("write a whole number, such as `1`");
                }
                let help = match meant(key, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                Diagnostic::new(&unknown_field::META, span, format!("{name} has no field `{key}`")).help(help)
            }
            Problem::MissingField(field) => {
                let message = format!("{name} has no `{field}`");
                let help = format!("add `{field}: …`");
                Diagnostic::new(&missing_field::META, self.key_span(root, node), message).help(help)
            }
            Problem::WrongType(types) => {
                let wanted: Vec<&str> = types.iter().map(|one| with_article(*one)).collect();
                let message = format!("{name} must be {}, not {}", wanted.join(" or "), found(node));
                Diagnostic::new(&wrong_type::META, self.value_span(root, node), message).help(how_to_write(types, node))
            }
            Problem::UnknownValue(options) => {
                let value = node.as_str().unwrap_or_default();
                let help = match meant(value, options) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if options.len() == 1 => format!("write `{}`", options[0]),
                    None => format!("write one of {}", options.join(", ")),
                };
                self.about_value(&unknown_value::META, root, node, format!("{name} cannot be {}", found(node)), help)
            }
            Problem::BadValue { must, help } => {
                let shown = match &node.kind {
                    Kind::Mapping(_) | Kind::Sequence(_) => String::new(),
                    Kind::String(text) if text.is_empty() => String::new(),
                    _ => format!(": {}", found(node)),
                };
                self.about_value(&bad_value::META, root, node, format!("{name} {must}{shown}"), help.clone())
            }
        }
    }

    /// Whether the place was already found to be something else than it looks like.
    pub(super) fn follows_from(&self, root: &Node, earlier: &[Diagnostic]) -> bool {
        let Some(node) = root.at(self.path.iter().map(String::as_str)) else { return false };
        let misread = [inexact_number::META.id, yaml_syntax::META.id];
        let within = |finding: &Diagnostic| finding.span.is_some_and(|span| node.span.contains(span));
        matches!(self.problem, Problem::WrongType(_))
            && earlier.iter().any(|finding| misread.contains(&finding.rule) && within(finding))
    }

    fn about_value(&self, meta: &Meta, root: &Node, node: &Node, message: String, help: String) -> Diagnostic {
        Diagnostic::new(meta, self.value_span(root, node), message).help(help)
    }

    /// The key of the value at fault; of the first field where it has no key.
    fn key_span(&self, root: &Node, node: &Node) -> Span {
        let first = node.entries().first().map_or(node.span, |entry| entry.key_span);
        let Some((last, parents)) = self.path.split_last() else { return first };
        let parent = root.at(parents.iter().map(String::as_str));
        parent.and_then(|parent| parent.entry(last)).map_or(first, |entry| entry.key_span)
    }

    /// The value, or its key where nothing is written.
    fn value_span(&self, root: &Node, node: &Node) -> Span {
        if node.span.start == node.span.end { self.key_span(root, node) } else { node.span }
    }
}

/// What a path points at, for people: event "order.placed".
pub(super) fn name_of(path: &[String]) -> String {
    const THINGS: [(&str, &str); 9] = [
        ("contexts", "context"),
        ("events", "event"),
        ("flows", "flow"),
        ("projections", "projection"),
        ("services", "service"),
        ("streams", "stream"),
        ("teams", "team"),
        ("types", "type"),
        ("versions", "version"),
    ];
    let Some((last, parents)) = path.split_last() else { return "the catalogue".to_owned() };
    let parent = parents.last().map(String::as_str).unwrap_or_default();
    if let Some((_, thing)) = THINGS.iter().find(|(section, _)| *section == parent) {
        return format!("{thing} `{last}`");
    }
    match last.parse::<usize>() {
        Ok(index) if !parent.is_empty() => format!("item {} of `{parent}`", index + 1),
        _ => format!("`{last}`"),
    }
}

fn with_article(json_type: JsonType) -> &'static str {
    match json_type {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "empty",
        JsonType::Number => "a number",
        JsonType::Object => "a mapping",
        JsonType::String => "text",
    }
}

fn how_to_write(types: &[JsonType], node: &Node) -> String {
    let scalar = matches!(node.kind, Kind::Bool(_) | Kind::Number(_));
    match types.first() {
        Some(JsonType::String) if scalar => format!("put it in quotes: `\"{}\"`", node.to_json()),
        Some(JsonType::String) => "write a word or a quoted text".to_owned(),
        Some(JsonType::Array) => "write a list: `[a, b]`, or a line `- a` for each item".to_owned(),
        Some(JsonType::Object) => "write a mapping: lines `key: value`, indented below the key".to_owned(),
        Some(JsonType::Integer | JsonType::Number) => "write a number without quotes".to_owned(),
        Some(JsonType::Boolean) => "write `true` or `false` without quotes".to_owned(),
        Some(JsonType::Null) | None => "leave it out".to_owned(),
    }
}

/// A value as a message names it.
fn found(node: &Node) -> String {
    const LONGEST: usize = 60;
    match &node.kind {
        Kind::Null => "nothing".to_owned(),
        Kind::Sequence(_) => "a list".to_owned(),
        Kind::Mapping(_) => "a mapping".to_owned(),
        Kind::Bool(_) | Kind::Number(_) => format!("`{}`", node.to_json()),
        Kind::String(text) if text.chars().count() > LONGEST => {
            format!("`{}…`", text.chars().take(LONGEST).collect::<String>())
        }
        Kind::String(text) => format!("`{text}`"),
    }
}
