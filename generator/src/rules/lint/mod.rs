//! Advice of practice: one file per lint, each with its page, its examples and its check.

mod anaemic_payload;
mod command_as_event;
mod deprecated_without_sunset;
mod fat_payload;
mod impossible_step;
mod invalid_example;
mod leaky_payload;
mod long_choreography;
mod missing_cast;
mod missing_compensation;
mod missing_dead_letter_policy;
mod missing_owner;
mod missing_partition_key;
mod missing_retention;
mod name_not_past_tense;
mod orphan_event;
mod partition_key_not_scalar;
mod partition_key_optional;
mod query_as_event;
mod request_response_pair;
mod reserved_name_in_data;
mod short_dedup_window;
mod stream_per_consumer;
mod sunset_passed;
mod tenant_not_in_key;
#[cfg(test)]
mod tests;
mod unclassified_personal_data;
mod unproven_cast;
mod unpublished_event;
mod vague_event_name;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Meta};
use crate::event_cache::EventCache;
use crate::model::{Event, Model, Version};
use crate::payload::FieldRow;
use crate::rules::event_name::{Reading, reading};

/// A rule over a whole catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// Its identity card.
    pub meta: &'static Meta,
    /// Looks for faults.
    pub check: fn(model: &Model, circumstances: &Circumstances<'_>, out: &mut Vec<Diagnostic>),
}

/// What a lint may know besides the model, and what many of them would have to find out.
#[derive(Debug)]
pub struct Circumstances<'a> {
    /// What dates are held against.
    pub today: NaiveDate,
    /// What earlier runs found out about events that have not changed.
    pub cache: &'a EventCache<'a>,
    /// What the name of each event reads like.
    readings: Vec<(&'a Event, Reading)>,
    /// The fields of each version.
    payloads: Vec<(&'a Event, &'a Version, Vec<FieldRow<'a>>)>,
}

impl<'a> Circumstances<'a> {
    /// The circumstances of `model` on a day.
    #[must_use]
    pub fn of(model: &'a Model, today: NaiveDate, cache: &'a EventCache<'a>) -> Self {
        let versions: Vec<_> = model.versions().collect();
        let (readings, payloads) = rayon::join(
            || model.events.par_iter().map(|(name, event)| (event, reading(name))).collect(),
            || versions.into_par_iter().map(|(event, version)| (event, version, version.payload.fields())).collect(),
        );
        Self { today, cache, readings, payloads }
    }

    /// Events whose names read like this.
    fn events_that_read_as(&self, wanted: Reading) -> impl Iterator<Item = &'a Event> {
        self.readings.iter().filter(move |(_, reading)| *reading == wanted).map(|(event, _)| *event)
    }
}

/// Every lint, by id.
pub const ALL: &[Lint] = &[
    anaemic_payload::LINT,
    command_as_event::LINT,
    deprecated_without_sunset::LINT,
    fat_payload::LINT,
    impossible_step::LINT,
    invalid_example::LINT,
    leaky_payload::LINT,
    long_choreography::LINT,
    missing_cast::LINT,
    missing_compensation::LINT,
    missing_dead_letter_policy::LINT,
    missing_owner::LINT,
    missing_partition_key::LINT,
    missing_retention::LINT,
    name_not_past_tense::LINT,
    orphan_event::LINT,
    partition_key_not_scalar::LINT,
    partition_key_optional::LINT,
    query_as_event::LINT,
    request_response_pair::LINT,
    reserved_name_in_data::LINT,
    short_dedup_window::LINT,
    stream_per_consumer::LINT,
    sunset_passed::LINT,
    tenant_not_in_key::LINT,
    unclassified_personal_data::LINT,
    unproven_cast::LINT,
    unpublished_event::LINT,
    vague_event_name::LINT,
];
