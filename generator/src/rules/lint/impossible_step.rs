//! ## What it does
//! Reports steps of a flow, and compensations, that cannot happen: nothing in the flow emits what they wait for, their
//! service does not consume it, or may not publish what they end with.
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
//!         compensation: { on: order.declined, emits: order.cancelled }
//!       - { name: bill, service: billing, on: order.placed, emits: order.billed }
//! contexts:
//!   orders:
//!     events:
//!       order.cancelled: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//!       order.declined: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//! services:
//!   shop-api: { consumes: [order.billed, order.declined] }
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
//!         compensation: { on: order.declined, emits: order.cancelled }
//!       - { name: bill, service: billing, on: order.placed, emits: [order.billed, order.declined] }
//! contexts:
//!   orders:
//!     events:
//!       order.cancelled: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//!       order.declined: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//! services:
//!   shop-api: { consumes: [order.billed, order.declined] }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Flow, Model, Selection, Step};
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
        for (index, step) in flow.steps.iter().enumerate() {
            let of_flow = format!("of flow `{}`", flow.name);
            let what = format!("step `{}` {of_flow}", step.name);
            // The first step may begin with whatever happened before the flow.
            let is_first = index == 0;
            report(model, flow, step, (&what, &step.on, &step.emits, is_first), out);
            if let Some(compensation) = &step.compensation {
                let what = format!("the compensation of step `{}` {of_flow}", step.name);
                report(model, flow, step, (&what, &compensation.on, &compensation.emits, false), out);
            }
        }
    }
}

/// Why something cannot happen that begins with one of these events, and ends with one of those.
fn report(
    model: &Model,
    flow: &Flow,
    step: &Step,
    (what, on, emits, begins_outside): (&str, &[String], &[String], bool),
    out: &mut Vec<Diagnostic>,
) {
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
    let is_emitted = |event: &String| {
        let of_step = |step: &Step| {
            step.emits.contains(event) || step.compensation.as_ref().is_some_and(|undo| undo.emits.contains(event))
        };
        flow.steps.iter().any(of_step)
    };
    if !on.is_empty() && !begins_outside && !on.iter().any(is_emitted) {
        let why = format!("no step of the flow emits `{}`", on.join("` or `"));
        cannot(why, "name an event that a step or a compensation of the flow emits".to_owned());
    }
}
