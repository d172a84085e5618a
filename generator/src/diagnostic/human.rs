//! Findings for people, in the manner of rustc.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};

use super::render::{Finding, Place, one_line, visible};
use super::{Diagnostic, Level};
use crate::source::{SourceFile, Sources, Span};

/// Bytes of a line that are shown; of a longer one only the place is named. Up to this, the renderer cuts what does
/// not fit a terminal.
const LONGEST_LINE: usize = 4_000;
/// Bytes of a message or a label that are shown.
const LONGEST_TEXT: usize = 2_000;

pub(super) fn render(findings: &[Finding<'_>], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for finding in findings {
        out.push_str(&renderer.render(&[group(finding.diagnostic, sources)]));
        out.push_str("\n\n");
    }
    if !findings.is_empty() {
        out.push_str(&summary(findings));
        out.push('\n');
    }
    out
}

/// `3 errors, 1 warning`
fn summary(findings: &[Finding<'_>]) -> String {
    let count = |level: Level| findings.iter().filter(|finding| finding.diagnostic.level == level).count();
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let parts = [counted(count(Level::Error), "error"), counted(count(Level::Warning), "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn group(diagnostic: &Diagnostic, sources: &Sources) -> Group<'static> {
    let level = match diagnostic.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(shown(&diagnostic.message)).id(diagnostic.rule));
    if let Some(span) = diagnostic.span {
        group = with_place(group, sources, span, AnnotationKind::Primary, &diagnostic.label);
    }
    for (span, text) in &diagnostic.related {
        group = with_place(group, sources, *span, AnnotationKind::Context, text);
    }
    if let Some(why) = &diagnostic.why {
        group = group.element(Title::NOTE.with_name(Some("why")).message(shown(why)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Title::HELP.message(shown(help)));
    }
    group
}

fn with_place(
    group: Group<'static>,
    sources: &Sources,
    span: Span,
    kind: AnnotationKind,
    label: &str,
) -> Group<'static> {
    let file = sources.file(span.file);
    let place = Place::of(span, sources);
    let (path, line) = (place.path(), place.start.line as usize);
    let (text, range) = first_line(file, span);
    if text.len() > LONGEST_LINE {
        let origin = Origin::path(path).line(line).char_column(place.start.column as usize);
        let label = if label.is_empty() { "here" } else { label };
        let note = format!("{} (the line is too long to show)", shown(label));
        return group.element(origin).element(Title::NOTE.message(note));
    }
    let mut annotation = kind.span(range);
    if !label.is_empty() {
        annotation = annotation.label(shown(label));
    }
    group.element(Snippet::source(visible(text)).path(path).line_start(line).fold(false).annotation(annotation))
}

/// The line a span begins on, and the part of the span on it, as ranges of what [`visible`] makes of it.
fn first_line(file: &SourceFile, span: Span) -> (&str, Range<usize>) {
    let (start, end) = (span.start as usize, span.end as usize);
    let is_break = |c: char| c == '\n';
    let line_start = file.text[..start].rfind(is_break).map_or(0, |at| at + 1);
    let line_end = file.text[start..].find(is_break).map_or(file.text.len(), |at| start + at);
    let line = file.text[line_start..line_end].trim_end_matches('\r');
    let within = |at: usize| at.clamp(line_start, line_start + line.len()) - line_start;
    if line.len() > LONGEST_LINE {
        return (line, 0..0);
    }
    let offset = |at: usize| visible(&line[..within(at)]).len();
    (line, offset(start)..offset(end))
}

/// A text of the finding as one line of bearable length.
fn shown(text: &str) -> String {
    let text = one_line(text);
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
