//! ## What it does
//! Reports event names that ask for something.
//!
//! ## Why it matters
//! A question needs an answer in time. Use a request to an API, or keep a read model from events.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.get_total:
//!         stream: orders
//!         versions: { 1: { status: active, data: { $ref: Order } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.placed: null
//!       order.total_changed:
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
        id: "query-as-event",
        summary: "a question in the clothes of an event",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("query_as_event.rs"),
    },
    check,
};

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for event in now.events_that_read_as(Reading::Query) {
        let help = event_name::proposal(event).map_or_else(
            || "ask the service directly, or keep a read model of what you need to know".to_owned(),
            |name| format!("call it `{name}`, if that is what happened"),
        );
        out.push(
            Diagnostic::new(LINT.meta, event.place.name, format!("event `{}` is a question", event.name))
                .why("whoever publishes it waits for an answer that may never come")
                .help(help),
        );
    }
}
