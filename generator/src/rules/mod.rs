//! What can be wrong with a catalogue: one file per rule.
//!
//! Lints are checks over the model. The other groups are found where they arise: [`mod@format`] while reading,
//! [`payload`] and [`mod@reference`] while resolving, [`policy`] here.

pub mod breaking;
pub mod compat;
mod event_name;
pub mod format;
pub mod lint;
mod pages;
pub mod payload;
pub mod policy;
pub mod reference;
mod tense;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Meta};
use crate::event_cache::EventCache;
use crate::model::Model;
use lint::Circumstances;

pub use pages::{explain, list};

/// The identity card of every rule, by group and id.
#[must_use]
pub fn all() -> Vec<&'static Meta> {
    let lints = lint::ALL.iter().map(|lint| lint.meta);
    let found_elsewhere = [format::ALL, reference::ALL, payload::ALL, compat::ALL, breaking::ALL, policy::ALL];
    found_elsewhere.into_iter().flatten().copied().chain(lints).collect()
}

/// Everything the lints find, with the catalogue's severities and exceptions applied. `today` is what sunsets and
/// expiries are held against; `cache` spares what an earlier run has found out.
#[must_use]
pub fn check(model: &Model, today: NaiveDate, cache: &EventCache<'_>) -> Vec<Diagnostic> {
    let circumstances = Circumstances::of(model, today, cache);
    let found: Vec<Diagnostic> = lint::ALL
        .par_iter()
        .flat_map_iter(|lint| {
            let mut found = Vec::new();
            (lint.check)(model, &circumstances, &mut found);
            found
        })
        .collect();
    policy::apply(model, today, found)
}
