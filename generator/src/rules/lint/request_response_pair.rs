//! ## What it does
//! Reports two events named as request and response, each consumed by the publisher of the other.
//!
//! ## Why it matters
//! This is a remote call with a broker in the middle: slower than a call, and without its errors and timeouts.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.price_requested: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//!       order.price_responded: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//! services:
//!   shop-api: { publishes: [order.placed, order.price_requested], consumes: [order.price_responded] }
//!   billing: { publishes: [order.price_responded], consumes: [order.placed, order.price_requested] }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.priced: { stream: orders, versions: { 1: { status: active, data: { $ref: Order } } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Event, Model};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "request-response-pair",
        summary: "a request and its response as two events",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("request_response_pair.rs"),
    },
    check,
};

/// How answers are called.
const RESPONSES: &[&str] = &["answered", "replied", "responded", "response", "reply", "result", "returned"];

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for request in model.events.values() {
        let Some(stem) = request.name.strip_suffix("requested").or_else(|| request.name.strip_suffix("request")) else {
            continue;
        };
        let answers = RESPONSES.iter().filter_map(|word| model.events.get(&format!("{stem}{word}")));
        for response in answers.filter(|response| is_round_trip(model, request, response)) {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    response.place.name,
                    format!("`{}` answers `{}`", response.name, request.name),
                )
                .related(request.place.name, "the request")
                .why("this is a remote call over events: nobody notices when the answer does not come")
                .help("call the service directly, or publish what it knows as events of its own"),
            );
        }
    }
}

/// Whether a service publishes the one and consumes the other.
fn is_round_trip(model: &Model, request: &Event, response: &Event) -> bool {
    let (ask, answer) = (request.latest().id(request), response.latest().id(response));
    model.services.values().any(|service| service.publishes(&ask) && service.consumes(&answer))
}
