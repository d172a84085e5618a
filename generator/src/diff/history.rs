//! What has become of an event from one state of a catalogue to the next.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::{FieldChange, fields};
use crate::model::{Event, Version};

/// What one commit, or one version, did to an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// When.
    pub day: Option<NaiveDate>,
    /// The commit, abbreviated; `None` for an entry that is made from what the catalogue says now.
    pub commit: Option<String>,
    /// What the author of the change says about it.
    pub title: Option<String>,
    /// At least one.
    pub changes: Vec<Change>,
}

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "fields hold what their names say, before and after")]
pub enum Change {
    EventAdded,
    EventRemoved,
    VersionAdded { version: u32, status: String, fields: Vec<FieldChange> },
    VersionRemoved { version: u32 },
    StatusChanged { version: u32, before: String, after: String },
    StreamChanged { version: u32, before: String, after: String },
    PayloadChanged { version: u32, fields: Vec<FieldChange> },
    OwnerChanged { before: Option<String>, after: Option<String> },
    ContextChanged { before: String, after: String },
}

/// What is different about an event; nothing where neither state has it.
#[must_use]
pub fn changes(before: Option<&Event>, after: Option<&Event>) -> Vec<Change> {
    let (before, after) = match (before, after) {
        (None, None) => return Vec::new(),
        (Some(_), None) => return vec![Change::EventRemoved],
        (None, Some(after)) => {
            let versions = after.versions.values().map(|version| added(after, version));
            return std::iter::once(Change::EventAdded).chain(versions).collect();
        }
        (Some(before), Some(after)) => (before, after),
    };
    let mut out = Vec::new();
    if before.team != after.team {
        out.push(Change::OwnerChanged { before: before.team.clone(), after: after.team.clone() });
    }
    if before.context != after.context {
        out.push(Change::ContextChanged { before: before.context.clone(), after: after.context.clone() });
    }
    let numbers: BTreeSet<u32> = before.versions.keys().chain(after.versions.keys()).copied().collect();
    for number in numbers {
        match (before.versions.get(&number), after.versions.get(&number)) {
            (Some(_), None) => out.push(Change::VersionRemoved { version: number }),
            (None, Some(version)) => out.push(added(after, version)),
            (Some(old), Some(new)) => changed(old, new, &mut out),
            (None, None) => {}
        }
    }
    out
}

fn added(event: &Event, version: &Version) -> Change {
    let fields = event.before(version).map(|before| fields(&before.payload, &version.payload)).unwrap_or_default();
    Change::VersionAdded { version: version.number, status: version.life(), fields }
}

fn changed(old: &Version, new: &Version, out: &mut Vec<Change>) {
    let version = new.number;
    let (before, after) = (old.life(), new.life());
    if before != after {
        out.push(Change::StatusChanged { version, before, after });
    }
    if old.stream != new.stream {
        out.push(Change::StreamChanged { version, before: old.stream.clone(), after: new.stream.clone() });
    }
    if old.payload.schema != new.payload.schema {
        out.push(Change::PayloadChanged { version, fields: fields(&old.payload, &new.payload) });
    }
}

/// The history that the catalogue itself tells: its versions, newest first.
#[must_use]
pub fn versions(event: &Event) -> Vec<Entry> {
    let entry = |version: &Version| Entry {
        day: version.since,
        commit: None,
        title: version.changes.clone(),
        changes: vec![added(event, version)],
    };
    event.versions.values().rev().map(entry).collect()
}
