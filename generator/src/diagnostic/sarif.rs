//! Findings as SARIF 2.1.0, the format of code scanning services.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::render::{Finding, Place, level_name, visible};
use super::{Diagnostic, Meta};
use crate::rules;
use crate::source::Sources;

pub(super) fn render(findings: &[Finding<'_>], sources: &Sources) -> String {
    let rules: Vec<&Meta> = rules::all();
    let index: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(at, meta)| (meta.id, at)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tidings",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|meta| descriptor(meta)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(|finding| result(finding, &index, sources)).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn descriptor(meta: &Meta) -> Value {
    let page = meta.page();
    json!({
        "id": meta.id,
        "shortDescription": { "text": meta.summary },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level_name(meta.level) },
    })
}

fn result(finding: &Finding<'_>, index: &BTreeMap<&str, usize>, sources: &Sources) -> Value {
    let diagnostic = finding.diagnostic;
    let mut result = json!({
        "ruleId": diagnostic.rule,
        "level": level_name(diagnostic.level),
        "message": { "text": text(diagnostic) },
        "locations": finding.place.iter().map(location).collect::<Vec<_>>(),
    });
    if let Some(index) = index.get(diagnostic.rule) {
        result["ruleIndex"] = json!(index);
    }
    if !diagnostic.related.is_empty() {
        let related = diagnostic.related.iter().zip(1..).map(|((span, message), id)| {
            let mut location = location(&Place::of(*span, sources));
            location["id"] = json!(id);
            location["message"] = json!({ "text": visible(message) });
            location
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

/// Message, reason and remedy: viewers show only one text.
fn text(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    for (name, more) in [("why", &diagnostic.why), ("help", &diagnostic.help)] {
        if let Some(more) = more {
            text = format!("{text}\n{name}: {more}");
        }
    }
    visible(&text)
}

fn location(place: &Place<'_>) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.path()) },
            "region": {
                "startLine": place.start.line,
                "startColumn": place.start.column,
                "endLine": place.end.line,
                "endColumn": place.end.column,
            },
        },
    })
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(byte)),
            _ => write!(uri, "%{byte:02X}").expect("a string takes any text"),
        }
        uri
    })
}
