//! ## What it does
//! Reports choreographed flows in which more steps than `lints.choreography_steps` (3 unless set) react to events
//! of others.
//!
//! ## Why it matters
//! No service knows the whole of a choreography. With many steps nobody can tell where a run is stuck.
//!
//! ## Example
//! ```yaml,fails
//! lints: { choreography_steps: 0 }
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
//! Write instead:
//! ```yaml,passes
//! lints: { choreography_steps: 0 }
//! flows:
//!   checkout:
//!     style: orchestration
//!     orchestrator: shop-api
//!     steps:
//!       - name: place
//!         service: shop-api
//!         emits: order.placed
//!         compensation: { on: order.billed, emits: order.billed }
//!       - { name: bill, service: billing, on: order.placed, emits: order.billed }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{FlowStyle, Model};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "long-choreography",
        summary: "a choreographed flow with many steps",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("long_choreography.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for flow in model.flows.values().filter(|flow| flow.style == FlowStyle::Choreography) {
        // The step that starts a flow reacts to nothing.
        let reactions = flow.steps.iter().filter(|step| !step.on.is_empty()).count();
        if reactions > model.lints.choreography_steps {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    flow.place.name,
                    format!("flow `{}` has {reactions} choreographed steps", flow.name),
                )
                .why("no service knows the whole of it; nobody can tell where a run is stuck")
                .help("let one service conduct it: `style: orchestration` and `orchestrator: <service>`"),
            );
        }
    }
}
