//! The merged tree against the JSON Schema of the format: every fault at once, each at its place.
//!
//! Parts at fault are taken out of the tree, so that the rest can still be understood and checked.

use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::format;
use crate::rules::format as rule;
use crate::suggest;
use crate::yaml::{Kind, Node};

static SCHEMA: LazyLock<(Value, Validator)> = LazyLock::new(|| {
    let schema = format::catalogue_schema();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("the format's own schema is valid; a test builds it");
    (schema, validator)
});

/// How often faulty parts are taken out before the rest is given up: taking one out can leave its parent incomplete.
const MAX_ROUNDS: usize = 8;

/// Reports what is at fault below `root` and takes it out.
pub(super) fn check(root: &mut Node, out: &mut Vec<Diagnostic>) {
    for round in 0..MAX_ROUNDS {
        let value = root.to_json();
        let mut cuts: Vec<Vec<String>> = Vec::new();
        for error in SCHEMA.1.iter_errors(&value) {
            let error = sharpest(&error);
            let path = segments(error.instance_path().as_str());
            let Some(fault) = Fault::of(error, root, &path) else { continue };
            if round == 0 {
                out.push(fault.diagnostic);
            }
            cuts.push(fault.cut);
        }
        if cuts.is_empty() {
            return;
        }
        // Later items of a list first, so that the indexes of earlier ones stay right.
        cuts.sort();
        for cut in cuts.iter().rev() {
            take_out(root, cut);
        }
    }
}

/// The most telling of the errors behind an `anyOf` or `oneOf`: the one that got furthest.
fn sharpest<'e>(error: &'e ValidationError<'e>) -> &'e ValidationError<'e> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        return error;
    };
    let reach = |inner: &&ValidationError<'e>| {
        let is_type = matches!(inner.kind(), ValidationErrorKind::Type { .. });
        (inner.instance_path().as_str().len(), !is_type)
    };
    context.iter().flatten().filter(|inner| !is_null_branch(inner)).max_by_key(reach).map_or(error, sharpest)
}

/// Whether this error only says that a value is not `null`.
fn is_null_branch(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { kind: TypeKind::Single(jsonschema::JsonType::Null) })
}

struct Fault {
    diagnostic: Diagnostic,
    /// Path of what to take out.
    cut: Vec<String>,
}

impl Fault {
    fn of(error: &ValidationError<'_>, root: &Node, path: &[String]) -> Option<Self> {
        let node = root.at(path.iter().map(String::as_str))?;
        let name = path.last().map_or("the catalogue", String::as_str);
        let mut cut = path.to_vec();
        let here = key_span(root, path).unwrap_or(node.span);
        let diagnostic = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let key = unexpected.first()?;
                let entry = node.entry(key)?;
                cut.push(key.clone());
                let allowed = siblings(error);
                let help = suggest::nearest(key, allowed.iter().map(String::as_str)).map_or_else(
                    || format!("known here: {}", allowed.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                Diagnostic::new(
                    &rule::unknown_field::META,
                    entry.key_span,
                    format!("`{key}` is not a field of {}", place(path)),
                )
                .help(help)
            }
            ValidationErrorKind::Required { property } => {
                let missing = property.as_str().unwrap_or_default();
                Diagnostic::new(&rule::missing_field::META, here, format!("{} has no `{missing}`", place(path)))
                    .help(format!("add `{missing}:`"))
            }
            ValidationErrorKind::Enum { options } => {
                let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let found = node.as_str().unwrap_or_default();
                let help = suggest::nearest(found, options.iter().copied())
                    .map_or_else(|| format!("one of {}", options.join(", ")), |near| format!("did you mean `{near}`?"));
                Diagnostic::new(
                    &rule::unknown_value::META,
                    node.span,
                    format!("`{name}` cannot be {}", found_text(node)),
                )
                .help(help)
            }
            ValidationErrorKind::Constant { expected_value } => Diagnostic::new(
                &rule::unknown_value::META,
                node.span,
                format!("`{name}` cannot be {}", found_text(node)),
            )
            .help(format!("write {expected_value}")),
            ValidationErrorKind::Type { kind } => {
                let wanted = match kind {
                    TypeKind::Single(one) => one.to_string(),
                    TypeKind::Multiple(several) => several
                        .iter()
                        .map(|one| one.to_string())
                        .filter(|one| one != "null")
                        .collect::<Vec<_>>()
                        .join(" or "),
                };
                let help = match wanted.as_str() {
                    "string" => "write a text; quote it if it looks like a number".to_owned(),
                    "object" => "write a mapping: `key: value` lines, indented below".to_owned(),
                    "array" => "write a list: `[a, b]`, or `- a` lines below".to_owned(),
                    other => format!("write {other} without quotes"),
                };
                Diagnostic::new(
                    &rule::wrong_type::META,
                    node.span,
                    format!("`{name}` must be {}", with_article(&wanted)),
                )
                .help(help)
            }
            _ => {
                let help = described(error).unwrap_or_else(|| "see `cargo xtask explain bad-value`".to_owned());
                Diagnostic::new(&rule::bad_value::META, node.span, format!("`{name}` cannot be {}", found_text(node)))
                    .why(error.to_string())
                    .help(help)
            }
        };
        Some(Self { diagnostic, cut })
    }
}

fn with_article(wanted: &str) -> String {
    match wanted {
        "object" => "a mapping".to_owned(),
        "array" => "a list".to_owned(),
        "string" => "a text".to_owned(),
        "integer" => "a whole number".to_owned(),
        other => other.to_owned(),
    }
}

fn found_text(node: &Node) -> String {
    match &node.kind {
        Kind::Sequence(_) => "a list".to_owned(),
        Kind::Mapping(_) => "a mapping".to_owned(),
        _ => format!("`{}`", node.to_json().to_string().trim_matches('"').chars().take(60).collect::<String>()),
    }
}

/// What a path points at, for people: `event order.placed`.
fn place(path: &[String]) -> String {
    match path {
        [] => "the catalogue".to_owned(),
        [.., list, name]
            if ["events", "streams", "services", "teams", "contexts", "flows", "projections"]
                .contains(&list.as_str()) =>
        {
            format!("{} `{name}`", list.trim_end_matches('s'))
        }
        [.., versions, number] if versions == "versions" => format!("version {number}"),
        [.., list, index] if index.bytes().all(|b| b.is_ascii_digit()) => format!("this entry of `{list}`"),
        [.., name] => format!("`{name}`"),
    }
}

/// The fields that the schema knows where an unknown one was found.
fn siblings(error: &ValidationError<'_>) -> Vec<String> {
    let path = error.schema_path().as_str();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let properties = SCHEMA.0.pointer(parent).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

/// The description of the schema that a value did not meet.
fn described(error: &ValidationError<'_>) -> Option<String> {
    let path = error.schema_path().as_str();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    SCHEMA.0.pointer(parent)?.get("description")?.as_str().map(str::to_owned)
}

fn key_span(root: &Node, path: &[String]) -> Option<crate::source::Span> {
    let (last, parents) = path.split_last()?;
    root.at(parents.iter().map(String::as_str))?.entry(last).map(|entry| entry.key_span)
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn take_out(root: &mut Node, path: &[String]) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut node = root;
    for part in parents {
        let next = match &mut node.kind {
            Kind::Mapping(entries) => entries.iter_mut().find(|entry| entry.key == *part).map(|entry| &mut entry.value),
            Kind::Sequence(items) => part.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => return,
        }
    }
    match &mut node.kind {
        Kind::Mapping(entries) => entries.retain(|entry| entry.key != *last),
        Kind::Sequence(items) => {
            if let Some(index) = last.parse::<usize>().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}
