//! A field's type in words.

use serde_json::Number;

use crate::emit::escape::{self, Escape};
use crate::payload::{Body, IntegerRules, Kind, NumberRules, Payload, Shape, TextRules};

/// A type for a person.
pub(crate) struct Words {
    /// Plain text: `list of OrderLine`.
    pub(crate) kind: String,
    /// Markdown, already escaped: ``matches `^[A-Z]{3}$` ``.
    pub(crate) rules: String,
}

/// Says what a value may be. Names of structs are given as they are: their fields have rows of their own.
pub(crate) fn in_words(payload: &Payload, shape: &Shape) -> Words {
    let (kind, rules) = describe(payload, shape, 0);
    let null = if shape.nullable { " or null" } else { "" };
    Words { kind: format!("{kind}{null}"), rules: rules.join("; ") }
}

/// Aliases of aliases end somewhere; the profile refuses circles, and a guard costs nothing.
const MAX_DEPTH: usize = 16;

fn describe(payload: &Payload, shape: &Shape, depth: usize) -> (String, Vec<String>) {
    match &shape.kind {
        Kind::Any => ("any value".to_owned(), Vec::new()),
        Kind::Bool => ("boolean".to_owned(), Vec::new()),
        Kind::Integer(rules) => ("integer".to_owned(), integer(rules)),
        Kind::Number(rules) => ("number".to_owned(), number(rules)),
        Kind::Text(rules) => (rules.format.map_or("string", |format| format.name()).to_owned(), text(rules)),
        Kind::List { items, min, max, unique } => {
            let (inner, mut rules) = describe(payload, items, depth + 1);
            rules.splice(0..0, count(*min, *max, "items"));
            if *unique {
                rules.push("no two alike".to_owned());
            }
            (format!("list of {inner}"), rules)
        }
        Kind::Map { values, keys, min, max } => {
            let (inner, mut rules) = describe(payload, values, depth + 1);
            rules.splice(0..0, count(*min, *max, "entries"));
            rules.extend(text(keys).into_iter().map(|rule| format!("keys: {rule}")));
            (format!("map to {inner}"), rules)
        }
        Kind::Named(name) => named(payload, name, depth),
    }
}

fn named(payload: &Payload, name: &str, depth: usize) -> (String, Vec<String>) {
    match payload.type_def(name).map(|def| &def.body) {
        Some(Body::Enum(variants)) => {
            let values: Vec<_> = variants.iter().map(|variant| escape::code(&variant.value)).collect();
            ("string".to_owned(), vec![format!("one of {}", values.join(", "))])
        }
        Some(Body::Alias(shape)) if depth < MAX_DEPTH => {
            let (kind, rules) = describe(payload, shape, depth + 1);
            (format!("{name} ({kind})"), rules)
        }
        Some(Body::Tagged { tag, variants }) => {
            let values: Vec<_> = variants.iter().map(|variant| escape::code(&variant.value)).collect();
            (name.to_owned(), vec![format!("{} is one of {}", escape::code(tag), values.join(", "))])
        }
        Some(Body::Untagged(variants)) => {
            let kinds = variants.iter().map(|variant| describe(payload, &variant.shape, depth + 1).0);
            (if depth < MAX_DEPTH { kinds.collect::<Vec<_>>().join(" or ") } else { name.to_owned() }, Vec::new())
        }
        Some(Body::Struct(_) | Body::Alias(_)) | None => (name.to_owned(), Vec::new()),
    }
}

fn integer(rules: &IntegerRules) -> Vec<String> {
    if !rules.one_of.is_empty() {
        let values: Vec<_> = rules.one_of.iter().map(i128::to_string).collect();
        return vec![format!("one of {}", values.join(", "))];
    }
    let bounds = bounds(rules.min.map(|min| min.to_string()), rules.max.map(|max| max.to_string()));
    bounds.into_iter().chain(rules.multiple_of.map(|step| format!("multiple of {step}"))).collect()
}

fn number(rules: &NumberRules) -> Vec<String> {
    let show = |number: &Option<Number>| number.as_ref().map(Number::to_string);
    let above = show(&rules.exclusive_min).map(|min| format!("more than {min}"));
    let below = show(&rules.exclusive_max).map(|max| format!("less than {max}"));
    let step = show(&rules.multiple_of).map(|step| format!("multiple of {step}"));
    bounds(show(&rules.min), show(&rules.max)).into_iter().chain(above).chain(below).chain(step).collect()
}

fn text(rules: &TextRules) -> Vec<String> {
    let length = count(rules.min, rules.max, "characters");
    let pattern = rules.pattern.as_deref().map(|pattern| format!("matches {}", escape::code(pattern)));
    length.into_iter().chain(pattern).collect()
}

fn bounds(min: Option<String>, max: Option<String>) -> Option<String> {
    let words = match (min, max) {
        (Some(min), Some(max)) if min == max => min,
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return None,
    };
    Some(Escape::Markdown.apply(&words))
}

fn count(min: u64, max: Option<u64>, what: &str) -> Option<String> {
    let bounds = bounds((min > 0).then(|| min.to_string()), max.map(|max| max.to_string()))?;
    Some(format!("{bounds} {what}"))
}
