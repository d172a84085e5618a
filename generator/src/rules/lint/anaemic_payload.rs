//! ## What it does
//! Reports payloads that have only identifiers.
//!
//! ## Why it matters
//! Every consumer has to call back for what happened, and gets the state of now instead of the state of then.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     types: { Order: { required: [order_id], properties: { total: null, placed_at: null } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { properties: { total: { type: integer } } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "anaemic-payload",
        summary: "a payload of nothing but ids",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("anaemic_payload.rs"),
    },
    check,
};

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version, fields) in now.payloads.iter().filter(|(_, version, _)| version.is_published()) {
        let is_id =
            |name: &str| name == "id" || name.ends_with("_id") || name.ends_with("Id") || name.ends_with("_ids");
        if !fields.is_empty() && fields.iter().all(|field| is_id(field.name)) {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    version.place.name,
                    format!("`{}` carries nothing but ids", version.id(event)),
                )
                .why("consumers would have to call back, and would see a later state than the event's")
                .help("add what changed, and what consumers need to act on it"),
            );
        }
    }
}
