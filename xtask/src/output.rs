//! What every command prints alike.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::ValueEnum;
use tidings_generator::diagnostic::{self, Diagnostic, Format};
use tidings_generator::source::Sources;

/// A message about a command that could not run, or found something that has no place in a catalogue.
pub(crate) fn error(message: &str) {
    eprintln!("error: {message}");
}

/// Findings, for people.
pub(crate) fn findings(diagnostics: &[Diagnostic], sources: &Sources) {
    if !diagnostics.is_empty() {
        eprint!("{}", diagnostic::render(diagnostics, sources, Format::Human, colors()));
    }
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// With the place underlined
    Human,
    /// One JSON object per line
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands that GitHub shows beside changed lines
    Github,
    /// A list, for the comment on a pull request
    Markdown,
}

/// Findings as they were asked for.
pub(crate) fn report(format: Report, diagnostics: &[Diagnostic], sources: &Sources) {
    let render = |format| result(&diagnostic::render(diagnostics, sources, format, false));
    match format {
        Report::Human => findings(diagnostics, sources),
        Report::Json => render(Format::Json),
        Report::Sarif => render(Format::Sarif),
        Report::Github => render(Format::Github),
        Report::Markdown => render(Format::Markdown),
    }
}

/// A result. A reader that has gone away, such as `head`, is no failure.
pub(crate) fn result(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `0.21 s`
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// Whether stderr shows colours; <https://no-color.org> is respected.
fn colors() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
