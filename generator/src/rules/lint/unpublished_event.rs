//! ## What it does
//! Reports active event versions that no service publishes.
//!
//! ## Why it matters
//! Consumers wait for something that never comes, and no producer is held to the schema.
//!
//! ## Example
//! ```yaml,fails
//! services:
//!   shop-api: { publishes: [] }
//!   billing: { publishes: [] }
//! ```
//! Write instead:
//! ```yaml,passes
//! services:
//!   shop-api: { publishes: [order.*] }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "unpublished-event",
        summary: "an event that nobody publishes",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("unpublished_event.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version) in model.versions().filter(|(_, version)| version.is_published()) {
        let id = version.id(event);
        if model.publishers(&id).next().is_none() {
            out.push(
                Diagnostic::new(LINT.meta, version.place.name, format!("nobody publishes `{id}`"))
                    .why("its consumers wait for something that never comes")
                    .help(format!("add `{id}` to `publishes` of a service, or make it a draft")),
            );
        }
    }
}
