//! Findings as Markdown, for the comment on a pull request.

use super::Level;
use super::render::{Finding, Place, level_name};
use crate::emit::{code_span, markdown_line};
use crate::source::Sources;

/// Findings that are written out. Services that show comments cut them off at 65,536 characters.
const MOST: usize = 100;

pub(super) fn render(findings: &[Finding<'_>], sources: &Sources) -> String {
    let counted = |level: Level, noun: &str| {
        let count = findings.iter().filter(|finding| finding.diagnostic.level == level).count();
        (count > 0).then(|| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }))
    };
    let counts: Vec<String> =
        [counted(Level::Error, "error"), counted(Level::Warning, "warning")].into_iter().flatten().collect();
    if counts.is_empty() {
        return "No findings.\n".to_owned();
    }
    let mut out = format!("**{}**\n", counts.join(", "));
    for finding in findings.iter().take(MOST) {
        out.push('\n');
        out.push_str(&item(finding, sources));
    }
    if findings.len() > MOST {
        out.extend(["\nand ", &(findings.len() - MOST).to_string(), " more\n"]);
    }
    out
}

fn item(finding: &Finding<'_>, sources: &Sources) -> String {
    let diagnostic = finding.diagnostic;
    let at = |place: &Place<'_>| code_span(&format!("{}:{}", place.path(), place.start.line));
    let place = finding.place.as_ref().map_or_else(String::new, |place| format!(" at {}", at(place)));
    let (level, rule) = (level_name(diagnostic.level), code_span(diagnostic.rule));
    let mut out = format!("- **{level}** {rule}{place}  \n  {}\n", markdown_line(&diagnostic.message));
    for (span, text) in &diagnostic.related {
        out.extend(["  - ", &markdown_line(text), " at ", &at(&Place::of(*span, sources)), "\n"]);
    }
    for (label, text) in [("why", &diagnostic.why), ("help", &diagnostic.help)] {
        if let Some(text) = text {
            out.extend(["  - ", label, ": ", &markdown_line(text), "\n"]);
        }
    }
    out
}
