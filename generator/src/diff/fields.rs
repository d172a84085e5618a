//! The fields of two payloads, line by line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::emit::words;
use crate::format::Classification;
use crate::payload::{FieldRow, Payload};

/// A field that is not the same in both payloads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// From the root: `lines[].sku`.
    pub path: String,
    /// In the first payload; `None` where it has no such field.
    pub before: Option<FieldSummary>,
    /// In the second payload.
    pub after: Option<FieldSummary>,
}

/// What people want to know about a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldSummary {
    /// In words: `list of OrderLine`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In words, as Markdown: ``1 to 100 items``.
    pub rules: String,
    /// Whether the object that holds it must have it.
    pub required: bool,
    /// How sensitive it is.
    pub classification: Option<Classification>,
    /// What readers assume where it is absent, as JSON.
    pub default: Option<String>,
    /// Whether it is on its way out.
    pub deprecated: bool,
    /// What it means.
    pub description: Option<String>,
}

impl FieldChange {
    /// `added`, `removed` or `changed`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }
}

/// The fields that differ: in the order of the second payload, then those that only the first one has.
#[must_use]
pub fn fields(before: &Payload, after: &Payload) -> Vec<FieldChange> {
    let (old, new) = (summaries(before), summaries(after));
    let old_by_path: BTreeMap<&str, &FieldSummary> = old.iter().map(|(path, field)| (path.as_str(), field)).collect();
    let new_by_path: BTreeMap<&str, &FieldSummary> = new.iter().map(|(path, field)| (path.as_str(), field)).collect();
    let kept = new.iter().map(|(path, field)| (path, old_by_path.get(path.as_str()).copied(), Some(field)));
    let gone = old.iter().filter(|(path, _)| !new_by_path.contains_key(path.as_str()));
    let gone = gone.map(|(path, field)| (path, Some(field), None));
    kept.chain(gone)
        .filter(|(_, before, after)| before != after)
        .map(|(path, before, after)| FieldChange { path: path.clone(), before: before.cloned(), after: after.cloned() })
        .collect()
}

/// Fields by path, in document order. Alternatives of a union may have fields of one path: the first counts.
fn summaries(payload: &Payload) -> Vec<(String, FieldSummary)> {
    let mut out: Vec<(String, FieldSummary)> = Vec::new();
    let mut seen = BTreeSet::new();
    for row in payload.fields() {
        if seen.insert(row.path.clone()) {
            out.push((row.path.clone(), summary(payload, &row)));
        }
    }
    out
}

fn summary(payload: &Payload, row: &FieldRow<'_>) -> FieldSummary {
    let words = words::in_words(payload, row.shape);
    FieldSummary {
        kind: words.kind,
        rules: words.rules,
        required: row.required,
        classification: row.classification,
        default: row.docs.default.as_ref().map(ToString::to_string),
        deprecated: row.docs.deprecated,
        description: row.docs.description.clone(),
    }
}
