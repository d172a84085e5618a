//! What a catalogue needs somebody to look at, and what contract tests have shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};
use tidings_contract::record::Record;
use tidings_contract::report;
use tidings_generator::diagnostic::{Diagnostic, Level};
use tidings_generator::emit::{Escape, code_span};
use tidings_generator::model::{Event, EventVersion, Model};

/// How far ahead one looks for versions that end.
const AHEAD: TimeDelta = TimeDelta::days(90);

/// What there is to look at, as a table with links: for the overview and for the page about it.
pub(super) fn summary(model: &Model, findings: &[Diagnostic], today: NaiveDate, record: Option<&Record>) -> String {
    let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
    let lint = match (errors, findings.len() - errors) {
        (0, 0) => "none".to_owned(),
        (errors, warnings) => format!("{errors} errors, {warnings} warnings"),
    };
    let tested = record.map_or_else(
        || "no run is recorded; make one with `cargo xtask contract`".to_owned(),
        |record| format!("[{}](evidence.md): {}", record.date, Escape::Markdown.apply(&report::summary(record))),
    );
    let (ends, unread) = (ending(model, today).len(), unread(model).len());
    let days = AHEAD.num_days();
    format!(
        "| | |\n| --- | --- |\n| [Findings in the catalogue](health.md) | {lint} |\n\
         | [Versions that end within {days} days](calendar.md) | {ends} |\n\
         | [Events that nobody consumes](health.md) | {unread} |\n| Contract tests | {tested} |\n"
    )
}

/// Versions that end soon, or should have ended.
fn ending(model: &Model, today: NaiveDate) -> Vec<(NaiveDate, EventVersion)> {
    let published = model.versions().filter(|(_, version)| version.is_published());
    let ends = published.filter_map(|(event, version)| Some((version.sunset?, version.id(event))));
    ends.filter(|(day, _)| *day <= today + AHEAD).collect()
}

/// Events of which no version is consumed.
fn unread(model: &Model) -> Vec<&Event> {
    let is_unread =
        |event: &&Event| event.versions.values().all(|version| model.consumers(&version.id(event)).next().is_none());
    model.events.values().filter(is_unread).collect()
}

/// The page about the whole catalogue, as Markdown.
pub(super) fn page(model: &Model, findings: &[Diagnostic], today: NaiveDate, record: Option<&Record>) -> String {
    let text = |text: &str| Escape::Markdown.apply(text);
    let (ends, unread) = (ending(model, today), unread(model));
    let mut out = format!("# Health\n\nWhat somebody should look at, as of {today}.\n\n");
    out.push_str(&summary(model, findings, today, record));
    if !findings.is_empty() {
        out.push_str("\n## Findings\n\n| Rule | How bad | What |\n| --- | --- | --- |\n");
    }
    for finding in findings {
        let level = if finding.level == Level::Error { "error" } else { "warning" };
        let _ = writeln!(out, "| `{}` | {level} | {} |", finding.rule, text(&finding.message));
    }
    if !ends.is_empty() {
        out.push_str("\n## Ending soon\n\nWho still reads these is in the [calendar](calendar.md).\n\n");
    }
    for (day, id) in &ends {
        let _ = writeln!(out, "- [{id}](events/{}.md#version-{}) on {day}", id.event, id.version);
    }
    if !unread.is_empty() {
        out.push_str("\n## Events that nobody consumes\n\n");
    }
    for event in unread {
        let summary = event.summary.as_ref().map_or_else(String::new, |summary| format!(": {}", text(summary)));
        let _ = writeln!(out, "- [{0}](events/{0}.md){summary}", event.name);
    }
    out
}

/// Who reads which field of an event, as far as contract tests tell: a section of its page. Empty where nothing is told.
pub(super) fn readers(event: &str, record: &Record) -> String {
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for evidence in &record.services {
        for field in evidence.reads.iter().filter(|reading| reading.event == event).flat_map(|reading| &reading.fields)
        {
            let services = fields.entry(field).or_default();
            if !services.contains(&evidence.service.as_str()) {
                services.push(&evidence.service);
            }
        }
    }
    if fields.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "\n## Who reads which field\n\nAs contract tests have shown on [{}](../evidence.md); consumers without a reader of \
         their own are not among them.\n\n| Field | Read by |\n| --- | --- |\n",
        record.date
    );
    for (field, services) in fields {
        let services: Vec<String> = services.iter().map(|name| format!("[{name}](../services/{name}.md)")).collect();
        let _ = writeln!(out, "| {} | {} |", code_span(field), services.join(", "));
    }
    out
}
