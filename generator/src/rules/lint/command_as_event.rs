//! ## What it does
//! Reports event names that tell somebody to do something.
//!
//! ## Why it matters
//! A command has one receiver that may refuse it. Sent as an event nobody answers for it, and nobody notices when
//! it is not carried out.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.place:
//!         stream: orders
//!         versions: { 1: { status: active, data: { $ref: Order } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.placed:
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
        id: "command-as-event",
        summary: "a command in the clothes of an event",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("command_as_event.rs"),
    },
    check,
};

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for event in now.events_that_read_as(Reading::Command) {
        let help = event_name::proposal(event).map_or_else(
            || "publish what has happened, and let consumers decide what to do".to_owned(),
            |name| format!("call it `{name}`, if that is what happened"),
        );
        out.push(
            Diagnostic::new(LINT.meta, event.place.name, format!("event `{}` is a command", event.name))
                .why("whoever publishes it expects somebody to act, and will not learn whether they did")
                .help(help),
        );
    }
}
