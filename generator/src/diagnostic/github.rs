//! Findings as workflow commands of GitHub Actions: `::error file=…,line=…::…`.

use super::Level;
use super::render::{Finding, level_name, visible};

pub(super) fn render(findings: &[Finding<'_>]) -> String {
    findings.iter().map(|finding| command(finding) + "\n").collect()
}

/// A command about something that has no place in a file.
#[must_use]
pub fn annotation(level: Level, title: &str, message: &str) -> String {
    format!("::{} title={}::{}\n", level_name(level), property(title), data(message))
}

fn command(finding: &Finding<'_>) -> String {
    let diagnostic = finding.diagnostic;
    let mut properties = Vec::new();
    if let Some(place) = &finding.place {
        properties.push(format!("file={}", property(&place.path())));
        properties.push(format!("line={}", place.start.line));
        properties.push(format!("col={}", place.start.column));
        properties.push(format!("endLine={}", place.end.line));
        if place.start.line == place.end.line {
            properties.push(format!("endColumn={}", place.end.column));
        }
    }
    properties.push(format!("title={}", property(diagnostic.rule)));
    let why = diagnostic.why.iter().map(|why| format!("\nwhy: {why}"));
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    let text: String = std::iter::once(diagnostic.message.clone()).chain(why).chain(help).collect();
    format!("::{} {}::{}", level_name(diagnostic.level), properties.join(","), data(&text))
}

/// Escapes text as GitHub reads it back: `%` first, then what would end the command.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, which `:` and `,` would end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
