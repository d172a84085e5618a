//! What is different between two versions of an event, and what has become of an event over time.

mod api;
mod fields;
mod history;
mod render;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use api::{ApiChange, api_changes};
pub use fields::{FieldChange, FieldSummary, fields};
pub use history::{Change, Entry, changes, versions};
pub use render::{changelog, version_diff};

use crate::cast::Cast;
use crate::compat::{self, Comparison, ContentModel, Schema};
use crate::model::{Event, EventVersion, Model, Version};

/// Two versions of an event side by side.
#[derive(Debug, Clone)]
pub struct VersionDiff {
    /// The version to start from.
    pub from: EventVersion,
    /// The version to arrive at.
    pub to: EventVersion,
    /// What the catalogue says besides the payload, where that differs.
    pub facts: Vec<Fact>,
    /// Fields of the payload, in the order of `to`, then those that are gone.
    pub fields: Vec<FieldChange>,
    /// Whether readers and writers understand each other; the reason why that cannot be told.
    pub wire: Result<Comparison, String>,
    /// What breaks in code that uses the generated types.
    pub api: Vec<ApiChange>,
    /// How documents get from one to the other.
    pub casts: Vec<CastInWords>,
}

/// Something that a version states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is about: `Stream`.
    pub what: &'static str,
    /// What was stated.
    pub before: Option<String>,
    /// What is stated now.
    pub after: Option<String>,
}

/// A step between neighbouring versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CastInWords {
    /// The version that is read.
    pub from: EventVersion,
    /// The version that is made.
    pub to: EventVersion,
    /// `mapping`, `by hand` or `none`.
    pub how: &'static str,
}

/// Compares version `from` of an event with version `to`, which may be the older one.
#[must_use]
pub fn between(model: &Model, event: &Event, from: &Version, to: &Version) -> VersionDiff {
    let schema = |version: &Version| Schema::new(&version.payload.schema, ContentModel::TolerantReader);
    let wire = match (schema(from), schema(to)) {
        (Ok(old), Ok(new)) => Ok(compat::compare(&old, &new)),
        (Err(error), _) | (_, Err(error)) => Err(error.to_string()),
    };
    VersionDiff {
        from: from.id(event),
        to: to.id(event),
        facts: facts(model, event, from, to),
        fields: fields(&from.payload, &to.payload),
        wire,
        api: api_changes(&from.payload, &to.payload),
        casts: casts(event, from, to),
    }
}

fn facts(model: &Model, event: &Event, from: &Version, to: &Version) -> Vec<Fact> {
    let key = |version: &Version| {
        let stream = model.streams.get(&version.stream)?;
        let key: Vec<String> = stream.partition_key.iter().map(|part| part.source.to_string()).collect();
        (!key.is_empty()).then(|| key.join(", "))
    };
    let classification = |version: &Version| {
        serde_json::to_value(event.effective_classification(version)).ok()?.as_str().map(str::to_owned)
    };
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
    let all = [
        ("Status", Some(from.life()), Some(to.life())),
        ("Since", day(from.since), day(to.since)),
        ("Stream", Some(from.stream.clone()), Some(to.stream.clone())),
        ("Partition key", key(from), key(to)),
        ("Most sensitive data", classification(from), classification(to)),
    ];
    all.into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| Fact { what, before, after })
        .collect()
}

/// The steps on the way, in the direction of the comparison.
fn casts(event: &Event, from: &Version, to: &Version) -> Vec<CastInWords> {
    let (low, high) = (from.number.min(to.number), from.number.max(to.number));
    let upwards = from.number < to.number;
    let mut steps: Vec<CastInWords> = event
        .versions
        .range(low..=high)
        .skip(1)
        .filter_map(|(_, version)| {
            let before = event.before(version)?;
            let (cast, from, to) =
                if upwards { (&version.upcast, before, version) } else { (&version.downcast, version, before) };
            let how = cast.as_ref().map_or("none", Cast::in_words);
            Some(CastInWords { from: from.id(event), to: to.id(event), how })
        })
        .collect();
    if !upwards {
        steps.reverse();
    }
    steps
}
