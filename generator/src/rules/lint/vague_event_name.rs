//! ## What it does
//! Reports names that end in `event`, or in `updated`, `changed` and the like without saying what changed.
//!
//! ## Why it matters
//! Consumers have to compare the whole payload with what they knew to find out whether they care.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.updated:
//!         stream: orders
//!         versions: { 1: { status: active, data: { $ref: Order } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.address_changed:
//!         stream: orders
//!         versions: { 1: { status: active, data: { $ref: Order } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::event_name::{self, Reading};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "vague-event-name",
        summary: "an event whose name does not tell what happened",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("vague_event_name.rs"),
    },
    check,
};

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for event in now.events_that_read_as(Reading::Vague) {
        let help = event_name::proposal(event).map_or_else(
            || "say what changed, such as `order.address_changed`, or split it into the facts it stands for".to_owned(),
            |name| format!("call it `{name}`, if that is what happened"),
        );
        out.push(
            Diagnostic::new(LINT.meta, event.place.name, format!("event `{}` does not tell what happened", event.name))
                .why("every consumer would have to find out for itself what changed")
                .help(help),
        );
    }
}
