//! ## What it does
//! Reports versions that do not say how they follow from the version before: `upcast` when documents of that version
//! may still be around, `downcast` when both are published.
//!
//! ## Why it matters
//! Every consumer must handle both versions, and every producer must make both, each in its own way.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.placed: { versions: { 2: { status: active, data: { $ref: Order } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.placed: { versions: { 2: { status: active, upcast: {}, downcast: {}, data: { $ref: Order } } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Model, Status};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "missing-cast",
        summary: "a version that does not say how it follows from the one before",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("missing_cast.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version) in model.versions().filter(|(_, version)| version.status != Status::Draft) {
        let Some(before) = event.before(version).filter(|before| before.status != Status::Draft) else { continue };
        let (id, before_id) = (version.id(event), before.id(event));
        let both = version.is_published() && before.is_published();
        let (missing, why) = match (&version.upcast, &version.downcast) {
            (None, None) if both => ("`upcast` and `downcast`", format!("readers handle `{before_id}` apart")),
            (None, _) => ("`upcast`", format!("readers must handle documents of `{before_id}` apart")),
            (Some(_), None) if both => ("`downcast`", format!("who publishes `{id}` must make `{before_id}` apart")),
            (Some(_), _) => continue,
        };
        out.push(
            Diagnostic::new(LINT.meta, version.place.name, format!("`{id}` has no {missing}"))
                .why(why)
                .help("write `{}` where fields keep name and value, a mapping where not, or `by_hand`"),
        );
    }
}
