//! Severities, exceptions and the baseline.

mod baseline;
pub mod expired_allow;
pub mod stale_baseline;
pub mod unknown_rule;
pub mod unmatched_allow;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::diagnostic::{Diagnostic, Level, Meta};
use crate::model::{Model, Severity};
use crate::rules::lint;
use crate::suggest;

pub use baseline::{Baseline, BaselineError};

/// Every rule of this group.
pub const ALL: &[&Meta] = &[&expired_allow::META, &stale_baseline::META, &unknown_rule::META, &unmatched_allow::META];

/// Applies severities and exceptions to what the lints found.
pub(super) fn apply(model: &Model, today: NaiveDate, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut used = BTreeSet::new();
    let mut kept = Vec::with_capacity(found.len());
    for mut finding in found {
        match model.lints.severity.get(finding.rule).map(|(severity, _)| severity) {
            Some(Severity::Off) => continue,
            Some(Severity::Warn) => finding.level = Level::Warning,
            Some(Severity::Error) => finding.level = Level::Error,
            None => {}
        }
        let mut allowed = false;
        for (index, allow) in model.allows.iter().enumerate() {
            let covers = match (allow.scope, finding.span) {
                (None, _) => true,
                (Some(scope), Some(span)) => scope.contains(span),
                (Some(_), None) => false,
            };
            if allow.rule == finding.rule && covers {
                used.insert(index);
                allowed |= allow.expires >= today;
            }
        }
        if !allowed {
            kept.push(finding);
        }
    }
    kept.extend(model.allows.iter().enumerate().filter_map(|(index, allow)| {
        if !is_lint(&allow.rule) {
            Some(unknown(&allow.rule).at(allow.span))
        } else if allow.expires < today {
            Some(
                Diagnostic::new(
                    &expired_allow::META,
                    allow.span,
                    format!("this exception expired on {}", allow.expires),
                )
                .why(format!("it was made because: {}", allow.reason))
                .help("correct what it covers, or decide on a new day"),
            )
        } else if !used.contains(&index) {
            Some(
                Diagnostic::new(
                    &unmatched_allow::META,
                    allow.span,
                    format!("`{}` finds nothing here to allow", allow.rule),
                )
                .why("left in place, it would hide the next fault of this kind")
                .help("remove it"),
            )
        } else {
            None
        }
    }));
    let misspelt = model.lints.severity.iter().filter(|(rule, _)| !is_lint(rule));
    kept.extend(misspelt.map(|(rule, (_, span))| unknown(rule).at(*span)));
    kept
}

fn is_lint(rule: &str) -> bool {
    lint::ALL.iter().any(|lint| lint.meta.id == rule)
}

fn unknown(rule: &str) -> Diagnostic {
    let help = suggest::nearest(rule, lint::ALL.iter().map(|lint| lint.meta.id)).map_or_else(
        || "`cargo xtask explain --list` names the lints".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Diagnostic::new(&unknown_rule::META, None, format!("there is no lint `{rule}`")).help(help)
}
