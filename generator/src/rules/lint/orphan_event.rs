//! ## What it does
//! Reports published event versions without a consumer.
//!
//! ## Why it matters
//! It costs the producer work and binds its schema for nobody. Or a consumer exists and is not in the catalogue:
//! then it is not protected from breaking changes.
//!
//! ## Example
//! ```yaml,fails
//! services:
//!   billing: { consumes: [] }
//! ```
//! Write instead:
//! ```yaml,passes
//! services:
//!   billing: { consumes: [order.*] }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "orphan-event",
        summary: "an event that nobody consumes",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("orphan_event.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version) in model.versions().filter(|(_, version)| version.status == crate::model::Status::Active) {
        let id = version.id(event);
        if model.consumers(&id).next().is_none() {
            out.push(
                Diagnostic::new(LINT.meta, version.place.name, format!("nobody consumes `{id}`"))
                    .why("either it is work for nothing, or its consumers are not protected from breaking changes")
                    .help(format!("add `{id}` to `consumes` of the services that read it, or retire it")),
            );
        }
    }
}
