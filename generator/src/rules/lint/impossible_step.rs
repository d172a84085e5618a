//! ## What it does
//! Reports steps of a flow, and compensations, that cannot happen: nobody publishes what they wait for, their service does
//! not consume it, or may not publish what they end with.
//!
//! ## Why it matters
//! A run that comes to such a step stays there, with money taken or stock reserved. The broker refuses what a service
//! does not publish in the catalogue.
//!
//! ## Example
//! ```yaml,fails
//! flows:
//!   checkout:
//!     style: choreography
//!     steps:
//!       - name: place
//!         service: shop-api
//!         emits: order.placed
//!         compensation: { on: order.billed, emits: order.placed }
//!       - { name: bill, service: billing, on: order.placed, emits: order.billed }
//! services:
//!   shop-api: { consumes: [order.placed] }
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
//!         compensation: { on: order.billed, emits: order.placed }
//!       - { name: bill, service: billing, on: order.placed, emits: order.billed }
//! services:
//!   shop-api: { consumes: [order.billed] }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Compensation, Model, Selection, Step};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "impossible-step",
        summary: "a step of a flow that cannot happen",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("impossible_step.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for flow in model.flows.values() {
        for step in &flow.steps {
            let what = format!("step `{}` of flow `{}`", step.name, flow.name);
            report(model, step, (&what, &step.on, &step.emits), out);
            if let Some(Compensation { on, emits }) = &step.compensation {
                report(model, step, (&format!("the compensation of {what}"), on, emits), out);
            }
        }
    }
}

/// Why something cannot happen that begins with one of these events, and ends with one of those.
fn report(model: &Model, step: &Step, (what, on, emits): (&str, &[String], &[String]), out: &mut Vec<Diagnostic>) {
    // That there is no such service was said before.
    let Some(service) = model.services.get(&step.service) else { return };
    let selects = |selections: &[Selection], event: &String| {
        selections.iter().any(|selection| selection.versions.iter().any(|id| id.event == *event))
    };
    let mut cannot = |why: String, help: String| {
        out.push(
            Diagnostic::new(LINT.meta, step.place.name, format!("{what} cannot happen: {why}"))
                .why("a run that comes there stays there")
                .help(help),
        );
    };
    for event in emits.iter().filter(|event| !selects(&service.publishes, event)) {
        let why = format!("`{}` does not publish `{event}`", service.name);
        cannot(why, format!("add `{event}` to `publishes` of `{}`, or name the service that does", service.name));
    }
    for event in on.iter().filter(|event| !selects(&service.consumes, event)) {
        let why = format!("`{}` does not consume `{event}`", service.name);
        cannot(why, format!("add `{event}` to `consumes` of `{}`", service.name));
    }
    let is_published = |event: &String| model.services.values().any(|service| selects(&service.publishes, event));
    for event in on.iter().filter(|event| !is_published(event)) {
        cannot(format!("nobody publishes `{event}`"), format!("add `{event}` to `publishes` of a service"));
    }
}
