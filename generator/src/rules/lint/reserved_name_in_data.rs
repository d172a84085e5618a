//! ## What it does
//! Reports top-level properties named like fields of the envelope.
//!
//! ## Why it matters
//! Two values for one thing differ sooner or later, and consumers read the wrong one.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     types: { Order: { properties: { event_id: { type: string } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { properties: { receipt_id: { type: string } } } }
//! ```

use crate::case::snake_case;
use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "reserved-name-in-data",
        summary: "a name of the envelope inside the payload",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("reserved_name_in_data.rs"),
    },
    check,
};

/// Fields of the envelope.
const RESERVED: &[&str] = &[
    "causation_id",
    "correlation_id",
    "event_id",
    "event_type",
    "event_version",
    "occurred_at",
    "producer",
    "tenant_id",
    "traceparent",
];

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version, fields) in &now.payloads {
        for field in fields.iter().filter(|field| field.depth == 0) {
            if RESERVED.contains(&&*snake_case(field.name)) {
                out.push(
                    Diagnostic::new(
                        LINT.meta,
                        field.span,
                        format!("`{}` of `{}` is a name of the envelope", field.name, version.id(event)),
                    )
                    .why("the envelope has it already; two values for one thing differ sooner or later")
                    .help("leave it out, or give it another name if it means something else"),
                );
            }
        }
    }
}
