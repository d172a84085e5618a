//! ## What it does
//! Reports services whose `dedup_window` is shorter than the retention of a stream they read plus all retries.
//!
//! ## Why it matters
//! An event that is replayed after its id was forgotten has its effect a second time: a second charge, a second
//! parcel.
//!
//! ## Example
//! ```yaml,fails
//! services:
//!   billing: { dedup_window: 1d }
//! ```
//! Write instead:
//! ```yaml,passes
//! services:
//!   billing: { dedup_window: 14d }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Dedup, Model};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "short-dedup-window",
        summary: "a dedup window shorter than events can come back",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("short_dedup_window.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for service in model.services.values().filter(|service| service.dedup == Dedup::Ledger) {
        let Some(window) = service.dedup_window else { continue };
        let retries: std::time::Duration = service.retry.iter().map(|wait| wait.0).sum();
        let longest = service
            .consumes
            .iter()
            .flat_map(|selection| &selection.versions)
            .filter_map(|id| model.version(id))
            .filter_map(|(_, version)| model.streams.get(&version.stream))
            .filter_map(|stream| Some((stream.retention.max_age?, stream)))
            .max_by_key(|(age, _)| *age);
        let Some((age, stream)) = longest else { continue };
        let needed = crate::model::Duration(age.0.saturating_add(retries));
        if window < needed {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    service.place.name,
                    format!(
                        "service `{}` forgets handled events after {window}, but they can come back for {needed}",
                        service.name
                    ),
                )
                .related(stream.place.name, format!("keeps events for {age}"))
                .why("a replayed event would have its effect twice")
                .help(format!("set `dedup_window` to at least {needed}, or leave it out")),
            );
        }
    }
}
