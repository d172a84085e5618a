//! ## What it does
//! Reports steps of a flow, all but the last, without a compensation.
//!
//! ## Why it matters
//! When a later step fails, what this step did stays: money taken, stock reserved.
//!
//! ## Example
//! ```yaml,fails
//! flows:
//!   checkout:
//!     style: choreography
//!     steps:
//!       - { name: place, service: shop-api, emits: order.placed }
//!       - { name: bill, service: billing, on: order.placed, emits: order.billed }
//! ```
//! Write instead:
//! ```yaml,passes
//! flows:
//!   checkout:
//!     style: choreography
//!     steps:
//!       - name: place
//!         service: shop-api
//!         emits: order.placed
//!         compensation: { on: order.billed, emits: order.billed }
//!       - { name: bill, service: billing, on: order.placed, emits: order.billed }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "missing-compensation",
        summary: "a step of a flow that nothing undoes",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("missing_compensation.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for flow in model.flows.values() {
        let Some((_, undoable)) = flow.steps.split_last() else { continue };
        for step in undoable.iter().filter(|step| step.compensation.is_none()) {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    step.place.name,
                    format!("nothing undoes step `{}` of flow `{}`", step.name, flow.name),
                )
                .why("when a later step fails, what this one did stays")
                .help("add `compensation: { on: <what went wrong>, emits: <what tells that it is undone> }`"),
            );
        }
    }
}
