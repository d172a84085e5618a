//! ## What it does
//! Reports an `upcast` or `downcast` that can make a valid document of one version into an invalid one of the other,
//! with such a document, and one of which neither can be shown.
//!
//! ## Why it matters
//! The document would be refused in production, when it is read or before it is sent.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events:
//!       order.placed:
//!         versions:
//!           2:
//!             status: active
//!             upcast: { drop: [placed_at] }
//!             data: { type: object, required: [order_id, total, channel], properties: { order_id: { type: string }, total: { type: integer }, channel: { type: string } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events:
//!       order.placed:
//!         versions:
//!           2:
//!             status: active
//!             upcast: { drop: [placed_at], fields: { channel: { constant: web } } }
//!             data: { type: object, required: [order_id, total, channel], properties: { order_id: { type: string }, total: { type: integer }, channel: { type: string } } }
//! ```

use rayon::prelude::*;

use crate::cast::{self, Cast, Mapping};
use crate::compat::Verdict;
use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Event, Model, Version};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "unproven-cast",
        summary: "a mapping between versions that makes invalid documents",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("unproven_cast.rs"),
    },
    check,
};

fn check(model: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    let events: Vec<_> = model.events.values().filter(|event| event.versions.len() > 1).collect();
    let found: Vec<Vec<Diagnostic>> = events
        .par_iter()
        .filter_map(|event| {
            // Nothing to say is all that is remembered.
            let verdict = || {
                let found: Vec<_> = event.versions.values().flat_map(|version| unproven(event, version)).collect();
                if found.is_empty() { Ok(String::new()) } else { Err(found) }
            };
            now.cache.get_or(&[LINT.meta.id], event, verdict).err()
        })
        .collect();
    out.extend(found.into_iter().flatten());
}

fn unproven(event: &Event, version: &Version) -> Vec<Diagnostic> {
    let Some(before) = event.before(version) else { return Vec::new() };
    let casts = [(&version.upcast, before, version), (&version.downcast, version, before)];
    let mappings = casts.into_iter().filter_map(|(cast, from, to)| match cast {
        Some(Cast::Mapping(mapping)) => Some((mapping, from, to)),
        _ => None,
    });
    mappings.filter_map(|(mapping, from, to)| finding(event, mapping, from, to)).collect()
}

fn finding(event: &Event, mapping: &Mapping, from: &Version, to: &Version) -> Option<Diagnostic> {
    let (from_id, to_id) = (from.id(event), to.id(event));
    // One that does not fit the fields has been reported.
    let (message, why, help) = match cast::prove(mapping, &from.payload, &to.payload).ok()? {
        Verdict::Compatible => return None,
        Verdict::Breaking(findings) => {
            let first = findings.first()?;
            // What is old to `compat` is what the mapping makes.
            let said =
                first.message.replace("old documents", "results").replace("the new schema", &format!("`{to_id}`"));
            (
                format!("a valid `{from_id}` does not always become a valid `{to_id}`: {said}"),
                format!("of some document, the mapping makes `{}`", first.witness),
                "say where the value comes from, with `constant`, `default`, `from` or `values`, or write `by_hand`",
            )
        }
        Verdict::Undecided { reason } => (
            format!("whether every `{from_id}` becomes a valid `{to_id}` cannot be shown"),
            reason,
            "write `by_hand`, or allow this rule here with your reason",
        ),
    };
    Some(Diagnostic::new(LINT.meta, mapping.span, message).why(why).help(help))
}
