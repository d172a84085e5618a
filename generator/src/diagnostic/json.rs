//! Findings for programs: one JSON object per line.
//!
//! ```json
//! {"rule":"unknown-field","level":"error","message":"…","file":"catalogue/catalogue.yaml","line":7,"column":3,
//!  "end_line":7,"end_column":12,"label":"…","why":"…","help":"…","related":[{"file":"…","line":1,"column":1,
//!  "end_line":1,"end_column":5,"message":"…"}]}
//! ```
//! (without the line breaks). Lines and columns count from 1, columns in characters; the end is behind the last
//! character. `file` and the positions are `null` where there is no place, `why` and `help` where there is none.

use serde::Serialize;

use super::render::{Finding, Place, level_name, visible};
use crate::source::Sources;

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    level: &'a str,
    message: String,
    #[serde(flatten)]
    place: Region,
    label: String,
    why: Option<String>,
    help: Option<String>,
    related: Vec<Related>,
}

#[derive(Serialize)]
struct Related {
    #[serde(flatten)]
    place: Region,
    message: String,
}

#[derive(Default, Serialize)]
struct Region {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

impl From<&Place<'_>> for Region {
    fn from(place: &Place<'_>) -> Self {
        Self {
            file: Some(place.path()),
            line: Some(place.start.line),
            column: Some(place.start.column),
            end_line: Some(place.end.line),
            end_column: Some(place.end.column),
        }
    }
}

pub(super) fn render(findings: &[Finding<'_>], sources: &Sources) -> String {
    findings.iter().map(|finding| line(finding, sources) + "\n").collect()
}

fn line(finding: &Finding<'_>, sources: &Sources) -> String {
    let diagnostic = finding.diagnostic;
    let related = diagnostic.related.iter();
    let line = Line {
        rule: diagnostic.rule,
        level: level_name(diagnostic.level),
        message: visible(&diagnostic.message),
        place: finding.place.as_ref().map(Region::from).unwrap_or_default(),
        label: visible(&diagnostic.label),
        why: diagnostic.why.as_deref().map(visible),
        help: diagnostic.help.as_deref().map(visible),
        related: related
            .map(|(span, message)| Related {
                place: Region::from(&Place::of(*span, sources)),
                message: visible(message),
            })
            .collect(),
    };
    serde_json::to_string(&line).expect("text and numbers are always JSON")
}
