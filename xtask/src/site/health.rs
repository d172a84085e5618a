//! What a catalogue needs somebody to look at, and what contract tests have shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};
use tidings_contract::record::Record;
use tidings_contract::report;
use tidings_generator::diagnostic::{Diagnostic, Level};
use tidings_generator::emit::Escape;
use tidings_generator::model::Model;

/// How far ahead one looks for versions that end.
const AHEAD: TimeDelta = TimeDelta::days(90);

/// The page about the whole catalogue, as Markdown.
pub(super) fn page(model: &Model, findings: &[Diagnostic], today: NaiveDate, record: Option<&Record>) -> String {
    let text = |text: &str| Escape::Markdown.apply(text);
    let ends: Vec<_> = model
        .versions()
        .filter(|(_, version)| version.is_published())
        .filter_map(|(event, version)| Some((version.sunset?, version.id(event))))
        .filter(|(day, _)| *day <= today + AHEAD)
        .collect();
    let unread: Vec<_> = model
        .events
        .values()
        .filter(|event| event.versions.values().all(|version| model.consumers(&version.id(event)).next().is_none()))
        .collect();
    let mut out = format!("# Health\n\nWhat somebody should look at, as of {today}.\n\n| | |\n| --- | --- |\n");
    let _ = writeln!(out, "| Findings in the catalogue | {} |", findings.len());
    let _ = writeln!(out, "| Versions that end within {} days | {} |", AHEAD.num_days(), ends.len());
    let _ = writeln!(out, "| Events that nobody consumes | {} |", unread.len());
    let tested = record.map_or_else(
        || "no run is recorded; make one with `cargo xtask contract`".to_owned(),
        |record| format!("[{}](evidence.md): {}", record.date, text(&report::summary(record))),
    );
    let _ = writeln!(out, "| Contract tests | {tested} |");
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
        let _ = writeln!(out, "| `{}` | {} |", field.replace(['`', '|'], ""), services.join(", "));
    }
    out
}
