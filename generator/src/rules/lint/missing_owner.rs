//! ## What it does
//! Reports events and services without a team.
//!
//! ## Why it matters
//! When it breaks at night, nobody is called. When it should change, nobody can be asked.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders: { team: null }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders: { team: checkout }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "missing-owner",
        summary: "something that nobody owns",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("missing_owner.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    let events =
        model.events.values().filter(|event| event.team.is_none()).map(|event| ("event", &event.name, event.place));
    let services = model
        .services
        .values()
        .filter(|service| service.team.is_none())
        .map(|service| ("service", &service.name, service.place));
    for (what, name, place) in events.chain(services) {
        let teams: Vec<&str> = model.teams.keys().map(String::as_str).take(5).collect();
        out.push(
            Diagnostic::new(LINT.meta, place.name, format!("{what} `{name}` has no owner"))
                .why("nobody would be called when it breaks, or asked when it should change")
                .help(format!("add `team:` to it or to its context; there are {}", teams.join(", "))),
        );
    }
}
