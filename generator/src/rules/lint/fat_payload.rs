//! ## What it does
//! Reports payloads whose estimated size as JSON is over `lints.payload_budget` (64 KB unless set). The estimate
//! takes the largest value that bounds allow, and for text and lists without bounds 64 characters and 16 items.
//!
//! ## Why it matters
//! Every event is written to the outbox, sent, stored for its retention, and read by every consumer.
//!
//! ## Example
//! ```yaml,fails
//! lints: { payload_budget: 64B }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { properties: { total: { type: integer } } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{ByteSize, Model};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "fat-payload",
        summary: "a payload that may be very large",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("fat_payload.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    let budget = model.lints.payload_budget;
    for (event, version) in model.versions().filter(|(_, version)| version.is_published()) {
        let estimate = ByteSize(version.payload.estimated_bytes());
        if estimate > budget {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    version.place.name,
                    format!("`{}` may be as large as {estimate}; the budget is {budget}", version.id(event)),
                )
                .why("it is written, sent, stored and read in full by everybody")
                .help("bound lists and texts, leave out what nobody reads, or send a link to a document"),
            );
        }
    }
}
