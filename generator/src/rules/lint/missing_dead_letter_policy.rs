//! ## What it does
//! Reports streams that are consumed and do not say what becomes of events nobody can handle.
//!
//! ## Why it matters
//! Such events are lost, or block everything behind them, and which of the two shows at the worst moment.
//!
//! ## Example
//! ```yaml,fails
//! defaults: { dead_letter: null }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     streams: { orders: { dead_letter: { max_age: 90d } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "missing-dead-letter-policy",
        summary: "a stream without a dead-letter policy",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("missing_dead_letter_policy.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for stream in model.streams.values().filter(|stream| stream.dead_letter.is_none()) {
        if stream.carries.iter().any(|id| model.consumers(id).next().is_some()) {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    stream.place.name,
                    format!("stream `{}` has no dead-letter policy", stream.name),
                )
                .why("events that no attempt could handle would be lost or would block the others")
                .help("add `dead_letter: { max_age: 90d }` to it or to `defaults`"),
            );
        }
    }
}
