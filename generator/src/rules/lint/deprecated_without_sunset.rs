//! ## What it does
//! Reports deprecated versions that have no `sunset`.
//!
//! ## Why it matters
//! Nobody moves to the new version without a date, and both are published for ever.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events: { order.placed: { versions: { 1: { status: deprecated } } } }
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
        id: "deprecated-without-sunset",
        summary: "a deprecated version without a last day",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("deprecated_without_sunset.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version) in model.versions() {
        if version.status == Status::Deprecated && version.sunset.is_none() {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    version.place.name,
                    format!("`{}` is deprecated without a sunset", version.id(event)),
                )
                .why("without a date nobody moves, and both versions are published for ever")
                .help("add `sunset:` with the last day it is published, such as `sunset: 2027-03-31`"),
            );
        }
    }
}
