//! ## What it does
//! Reports streams without `max_age` and `max_bytes`, of their own or by default.
//!
//! ## Why it matters
//! The disk of the broker fills up, and then nobody can publish anything.
//!
//! ## Example
//! ```yaml,fails
//! defaults: { retention: null }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     streams: { orders: { retention: { max_age: 30d } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "missing-retention",
        summary: "a stream that keeps events for ever",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("missing_retention.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for stream in model.streams.values() {
        if stream.retention.max_age.is_none() && stream.retention.max_bytes.is_none() {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    stream.place.name,
                    format!("stream `{}` keeps events for ever", stream.name),
                )
                .why("the broker's disk would fill up, and nobody could publish any more")
                .help("add `retention: { max_age: 30d }` to it or to `defaults`"),
            );
        }
    }
}
