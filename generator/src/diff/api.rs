//! What a change of a payload breaks in Rust code that uses the generated types.
//!
//! This is another question than whether documents are understood: an optional field more is compatible on the wire,
//! and every struct literal stops compiling; an integer that becomes a number is read by everybody, and `i64` becomes
//! `f64`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::payload::{Body, Field, Kind, Payload, Shape, TextFormat, TypeDef};

/// One thing that stops compiling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiChange {
    /// What it concerns, as it is called afterwards: `OrderPlacedV2::total`.
    pub item: String,
    /// What is different, as a sentence without its subject.
    pub change: String,
}

/// What stops compiling when code moves from the types of `before` to those of `after`. Types are matched by their
/// name below the payload's own: `OrderPlacedV1Channel` with `OrderPlacedV2Channel`.
#[must_use]
pub fn api_changes(before: &Payload, after: &Payload) -> Vec<ApiChange> {
    let (old, new) = (types(before), types(after));
    let mut out = Vec::new();
    for (name, (payload, def)) in &old {
        match new.get(name) {
            // A shared type that this payload no longer uses is still there for others.
            None if def.scope.is_some() => {}
            None => out.push(ApiChange { item: shown(name, after), change: "is gone".to_owned() }),
            Some((other, changed)) => {
                body(&shown(name, after), (payload, &def.body), (other, &changed.body), &mut out);
            }
        }
    }
    out
}

/// Every type of a payload, its own under names without the payload's.
fn types(payload: &Payload) -> BTreeMap<String, (&Payload, &TypeDef)> {
    let all = payload.types.values().chain(payload.shared.values());
    all.map(|def| (short(&def.name, payload), (payload, def))).collect()
}

fn short(name: &str, payload: &Payload) -> String {
    match name.strip_prefix(&payload.root) {
        Some(rest) if payload.types.contains_key(name) => format!("*{rest}"),
        _ => name.to_owned(),
    }
}

/// A type with the payload's name again.
fn shown(short: &str, payload: &Payload) -> String {
    short.replace('*', &payload.root)
}

fn body(item: &str, (old, before): (&Payload, &Body), (new, after): (&Payload, &Body), out: &mut Vec<ApiChange>) {
    let mut push = |item: String, change: String| out.push(ApiChange { item, change });
    match (before, after) {
        (Body::Struct(before), Body::Struct(after)) => fields(item, (old, before), (new, after), &mut push),
        (Body::Enum(before), Body::Enum(after)) => {
            let names = |variants: &[crate::payload::Variant]| -> Vec<String> {
                variants.iter().map(|variant| variant.name.clone()).collect()
            };
            variants(item, &names(before), &names(after), &mut push);
        }
        (Body::Tagged { variants: before, .. }, Body::Tagged { variants: after, .. }) => {
            let names = |variants: &[crate::payload::TaggedVariant]| -> Vec<String> {
                variants.iter().map(|variant| variant.name.clone()).collect()
            };
            variants(item, &names(before), &names(after), &mut push);
            for variant in before {
                if let Some(same) = after.iter().find(|other| other.name == variant.name) {
                    let item = format!("{item}::{}", variant.name);
                    fields(&item, (old, &variant.fields), (new, &same.fields), &mut push);
                }
            }
        }
        (Body::Untagged(before), Body::Untagged(after)) => {
            let names = |variants: &[crate::payload::UntaggedVariant]| -> Vec<String> {
                variants.iter().map(|variant| variant.name.clone()).collect()
            };
            variants(item, &names(before), &names(after), &mut push);
        }
        (Body::Alias(before), Body::Alias(after)) => {
            let (before, after) = (rust(old, before), rust(new, after));
            if before != after {
                let (before, after) = (shown(&before, old), shown(&after, new));
                push(item.to_owned(), format!("holds `{after}` instead of `{before}`"));
            }
        }
        _ => push(item.to_owned(), "is another kind of type".to_owned()),
    }
}

fn fields(
    item: &str,
    (old, before): (&Payload, &[Field]),
    (new, after): (&Payload, &[Field]),
    push: &mut impl FnMut(String, String),
) {
    let rust = |payload: &Payload, field: &Field| {
        let shape = rust(payload, &field.shape);
        if field.required { shape } else { format!("Option<{shape}>") }
    };
    for field in before {
        let item = format!("{item}::{}", field.rust_name);
        match after.iter().find(|other| other.rust_name == field.rust_name) {
            None => push(item, "is gone".to_owned()),
            Some(other) => {
                let (before, after) = (rust(old, field), rust(new, other));
                if before != after {
                    let (before, after) = (shown(&before, old), shown(&after, new));
                    push(item, format!("is `{after}` instead of `{before}`"));
                }
            }
        }
    }
    for field in after.iter().filter(|field| !before.iter().any(|other| other.rust_name == field.rust_name)) {
        let item = format!("{item}::{}", field.rust_name);
        push(item, format!("is new, `{}`: literals of the struct need it", shown(&rust(new, field), new)));
    }
}

fn variants(item: &str, before: &[String], after: &[String], push: &mut impl FnMut(String, String)) {
    for name in before.iter().filter(|name| !after.contains(name)) {
        push(format!("{item}::{name}"), "is gone".to_owned());
    }
    for name in after.iter().filter(|name| !before.contains(name)) {
        push(format!("{item}::{name}"), "is new: a `match` without `_` needs it".to_owned());
    }
}

/// The Rust type of values of `shape`, without paths. Types of the payload itself begin with `*`.
fn rust(payload: &Payload, shape: &Shape) -> String {
    let kind = match &shape.kind {
        Kind::Any => "Value".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::Integer(rules) if rules.max.is_some_and(|max| max > i128::from(i64::MAX)) => "u64".to_owned(),
        Kind::Integer(_) => "i64".to_owned(),
        Kind::Number(_) => "f64".to_owned(),
        Kind::Text(rules) => match rules.format {
            Some(TextFormat::DateTime) => "DateTime<Utc>".to_owned(),
            Some(TextFormat::Date) => "NaiveDate".to_owned(),
            Some(TextFormat::Uuid) => "Uuid".to_owned(),
            _ => "String".to_owned(),
        },
        Kind::List { items, .. } => format!("Vec<{}>", rust(payload, items)),
        Kind::Map { values, .. } => format!("BTreeMap<String, {}>", rust(payload, values)),
        Kind::Named(name) => short(name, payload),
    };
    if shape.nullable { format!("Option<{kind}>") } else { kind }
}
