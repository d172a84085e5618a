//! ## What it does
//! Reports event names whose last word is not in the past tense.
//!
//! ## Why it matters
//! An event is a fact: nobody can refuse it any more. A name in the past tense keeps commands, states and things
//! out of the catalogue.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.payment:
//!         stream: orders
//!         versions: { 1: { status: active, data: { $ref: Order } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.paid:
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
        id: "name-not-past-tense",
        summary: "an event whose name does not tell that something happened",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("name_not_past_tense.rs"),
    },
    check,
};

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for event in now.events_that_read_as(Reading::Other) {
        let help = event_name::proposal(event).map_or_else(
            || "say what happened, such as `order.placed` or `stock.ran_out`".to_owned(),
            |name| format!("call it `{name}`, if that is what happened"),
        );
        out.push(
            Diagnostic::new(
                LINT.meta,
                event.place.name,
                format!("event `{}` is not named in the past tense", event.name),
            )
            .why("an event is something that has happened")
            .help(help),
        );
    }
}
