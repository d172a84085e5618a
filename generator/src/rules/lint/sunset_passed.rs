//! ## What it does
//! Reports versions whose sunset has passed while services still consume them.
//!
//! ## Why it matters
//! From that day on the producer may stop, and these services would silently receive nothing.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events: { order.placed: { versions: { 1: { status: deprecated, sunset: 2025-03-31 } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events: { order.placed: { versions: { 1: { status: deprecated, sunset: 2027-03-31 } } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Model, Status};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "sunset-passed",
        summary: "a version past its last day that is still consumed",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("sunset_passed.rs"),
    },
    check,
};

fn check(model: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version) in model.versions().filter(|(_, version)| version.status != Status::Retired) {
        let id = version.id(event);
        let Some(sunset) = version.sunset.filter(|sunset| *sunset < now.today) else { continue };
        let consumers: Vec<String> = model
            .consumers(&id)
            .map(|service| match &service.team {
                Some(team) => format!("`{}` of team `{team}`", service.name),
                None => format!("`{}`", service.name),
            })
            .collect();
        if !consumers.is_empty() {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    version.place.name,
                    format!("the sunset of `{id}` was {sunset}, and it is still consumed"),
                )
                .why(format!("consumed by {}", consumers.join(", ")))
                .help("move them to a newer version, or set a later sunset"),
            );
        }
    }
}
