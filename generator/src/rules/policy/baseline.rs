//! What a legacy catalogue may keep for now: findings that are known and not reported. A baseline may only shrink.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::stale_baseline;
use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// Known findings: how often each occurs. Lines and columns do not matter, so that moving text changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Known, usize>,
}

/// What makes two findings the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    file: String,
    rule: String,
    message: String,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    file: String,
    rule: String,
    message: String,
    count: usize,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// The text is not a baseline.
    #[error("the baseline is not valid: {0}; restore it from version control")]
    Invalid(serde_json::Error),
    /// A new baseline would hide findings that the old one does not know.
    #[error("{0} findings are not in the baseline, which may only shrink; correct them")]
    WouldGrow(usize),
}

impl Baseline {
    /// Reads the file's text.
    ///
    /// # Errors
    /// When it is not a baseline.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let lines: Vec<Line> = serde_json::from_str(text).map_err(BaselineError::Invalid)?;
        let known = lines
            .into_iter()
            .map(|line| (Known { file: line.file, rule: line.rule, message: line.message }, line.count))
            .collect();
        Ok(Self { known })
    }

    /// A baseline of everything found.
    #[must_use]
    pub fn of(findings: &[Diagnostic], sources: &Sources) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(fingerprint(finding, sources)).or_insert(0) += 1;
        }
        Self { known }
    }

    /// The file's text: JSON, one finding a line, in a fixed order.
    #[must_use]
    pub fn to_text(&self) -> String {
        let lines: Vec<String> = self
            .known
            .iter()
            .map(|(known, count)| {
                let Known { file, rule, message } = known.clone();
                let line = serde_json::json!({ "file": file, "rule": rule, "message": message, "count": count });
                format!("  {line}")
            })
            .collect();
        if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
    }

    /// Takes known findings out of `findings`, and reports entries that no longer occur.
    #[must_use]
    pub fn apply(&self, findings: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
        let mut left = self.known.clone();
        let mut kept = findings;
        kept.retain(|finding| match left.get_mut(&fingerprint(finding, sources)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        for (known, count) in left.into_iter().filter(|(_, count)| *count > 0) {
            let Known { file, rule, message } = known;
            kept.push(
                Diagnostic::new(
                    &stale_baseline::META,
                    None,
                    format!("the baseline knows {count} more of `{rule}` in `{file}`: {message}"),
                )
                .why("the same fault could come back unseen")
                .help("run `cargo xtask lint --shrink-baseline`"),
            );
        }
        kept
    }

    /// The baseline without what no longer occurs.
    ///
    /// # Errors
    /// When there are findings that it does not know.
    pub fn shrink(&self, findings: &[Diagnostic], sources: &Sources) -> Result<Self, BaselineError> {
        let now = Self::of(findings, sources);
        let unknown =
            |(known, count): (&Known, &usize)| count.saturating_sub(self.known.get(known).copied().unwrap_or(0));
        match now.known.iter().map(unknown).sum() {
            0 => Ok(now),
            new => Err(BaselineError::WouldGrow(new)),
        }
    }
}

fn fingerprint(finding: &Diagnostic, sources: &Sources) -> Known {
    let file =
        finding.span.map_or_else(String::new, |span| sources.locate(span).0.to_string_lossy().replace('\\', "/"));
    Known { file, rule: finding.rule.to_owned(), message: finding.message.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::policy::unmatched_allow::META;

    fn finding(message: &str) -> Diagnostic {
        Diagnostic::new(&META, None, message)
    }

    #[test]
    fn known_findings_are_not_reported_and_new_ones_are() {
        let sources = Sources::default();
        let baseline = Baseline::of(&[finding("a"), finding("a")], &sources);
        let baseline = Baseline::parse(&baseline.to_text()).expect("what was written can be read");
        let kept = baseline.apply(vec![finding("a"), finding("a"), finding("a"), finding("b")], &sources);
        assert_eq!(kept.iter().map(|found| found.message.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_baseline_shrinks_and_never_grows() {
        let sources = Sources::default();
        let baseline = Baseline::of(&[finding("a"), finding("b")], &sources);
        assert_eq!(baseline.apply(vec![finding("a")], &sources)[0].rule, "stale-baseline");
        let shrunk = baseline.shrink(&[finding("a")], &sources).expect("fewer findings");
        assert_eq!(shrunk, Baseline::of(&[finding("a")], &sources));
        assert!(matches!(shrunk.shrink(&[finding("b")], &sources), Err(BaselineError::WouldGrow(1))));
    }
}
