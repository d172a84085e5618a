//! Findings to text, for people and for machines.

use std::path::Path;

use super::{Diagnostic, Level, github, human, json, markdown, sarif};
use crate::source::{Position, Sources, Span};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: the place underlined, with a summary at the end.
    Human,
    /// One JSON object per line; `json.rs` documents its shape.
    Json,
    /// SARIF 2.1.0, as code scanning services read it.
    Sarif,
    /// Workflow commands that GitHub shows beside the changed lines.
    Github,
    /// A list, for the comment on a pull request.
    Markdown,
}

/// All findings as text, each once: by file, position and rule, those without a place first. `color` matters for
/// [`Format::Human`] only.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: Format, color: bool) -> String {
    let mut findings: Vec<Finding<'_>> = diagnostics
        .iter()
        .map(|diagnostic| Finding { diagnostic, place: diagnostic.span.map(|span| Place::of(span, sources)) })
        .collect();
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings.dedup_by(|a, b| a.diagnostic == b.diagnostic);
    match format {
        Format::Human => human::render(&findings, sources, color),
        Format::Json => json::render(&findings, sources),
        Format::Sarif => sarif::render(&findings, sources),
        Format::Github => github::render(&findings),
        Format::Markdown => markdown::render(&findings, sources),
    }
}

/// A finding and where it is.
pub(super) struct Finding<'a> {
    pub(super) diagnostic: &'a Diagnostic,
    pub(super) place: Option<Place<'a>>,
}

/// A span as people and tools count.
pub(super) struct Place<'a> {
    path: &'a Path,
    pub(super) start: Position,
    /// Behind the last character.
    pub(super) end: Position,
}

impl Finding<'_> {
    fn order(&self) -> impl Ord {
        let place = self.place.as_ref().map(|place| (place.path, place.start, place.end));
        let Diagnostic { rule, message, label, related, why, help, .. } = self.diagnostic;
        (place, *rule, message, label, related, why, help)
    }
}

impl<'a> Place<'a> {
    pub(super) fn of(span: Span, sources: &'a Sources) -> Self {
        let file = sources.file(span.file);
        Self { path: &file.path, start: file.position(span.start), end: file.position(span.end) }
    }

    /// The path with `/` between parts.
    pub(super) fn path(&self) -> String {
        visible(&self.path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"))
    }
}

pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

/// A text without characters that a terminal or a log would act on: control characters and those that change the
/// direction of writing. Each becomes one replacement character, so columns stay right.
pub(super) fn visible(text: &str) -> String {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if acts(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// [`visible`], on one line.
pub(super) fn one_line(text: &str) -> String {
    visible(&text.replace(['\n', '\t'], " "))
}
