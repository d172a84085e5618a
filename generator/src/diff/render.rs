//! Differences as data: what programs read, and what the templates of `templates/changes` lay out for people.

use serde_json::{Value, json};

use super::{Change, Entry, FieldChange, VersionDiff};
use crate::model::Event;

/// A [`VersionDiff`] as JSON: `event`, `from`, `to`, `facts`, `fields`, `wire` (`backward`, `forward` and `findings`, or
/// `undecided` with the reason), `api` and `casts`.
#[must_use]
pub fn version_diff(diff: &VersionDiff) -> Value {
    let wire = match &diff.wire {
        Err(reason) => json!({ "undecided": reason }),
        Ok(comparison) => json!({
            "backward": comparison.backward.as_str(),
            "forward": comparison.forward.as_str(),
            "findings": comparison.findings().map(|finding| json!({
                "rule": finding.rule.id,
                "direction": finding.direction.as_str(),
                "path_old": finding.path_old,
                "path_new": finding.path_new,
                "message": finding.message,
                "witness": finding.witness.to_string(),
            })).collect::<Value>(),
        }),
    };
    let casts =
        diff.casts.iter().map(|cast| json!({ "from": cast.from.version, "to": cast.to.version, "how": cast.how }));
    json!({
        "event": diff.from.event,
        "from": diff.from.version,
        "to": diff.to.version,
        "facts": diff.facts,
        "fields": fields(&diff.fields),
        "wire": wire,
        "api": diff.api,
        "casts": casts.collect::<Value>(),
    })
}

/// A changelog as JSON: under `events`, each with its `entries`, newest first.
#[must_use]
pub fn changelog(events: &[(&Event, Vec<Entry>)]) -> Value {
    let of_event = |(event, entries): &(&Event, Vec<Entry>)| {
        json!({
            "event": event.name,
            "summary": event.summary,
            "entries": entries.iter().map(entry).collect::<Value>(),
        })
    };
    json!({ "events": events.iter().map(of_event).collect::<Value>() })
}

fn entry(entry: &Entry) -> Value {
    json!({
        "day": entry.day.map(|day| day.to_string()),
        "commit": entry.commit,
        "title": entry.title,
        "changes": entry.changes.iter().map(change).collect::<Value>(),
    })
}

/// A change with a sentence about it.
fn change(change: &Change) -> Value {
    let or_nobody =
        |team: &Option<String>| team.as_ref().map_or_else(|| "nobody".to_owned(), |team| format!("`{team}`"));
    let text = match change {
        Change::EventAdded => "The event is new.".to_owned(),
        Change::EventRemoved => "The event is gone.".to_owned(),
        Change::VersionAdded { version, status, .. } => format!("Version {version} is new: {status}."),
        Change::VersionRemoved { version } => format!("Version {version} is gone."),
        Change::StatusChanged { version, before, after } => {
            format!("Version {version} went from `{before}` to `{after}`.")
        }
        Change::StreamChanged { version, before, after } => {
            format!("Version {version} is on stream `{after}` instead of `{before}`.")
        }
        Change::PayloadChanged { version, .. } => format!("The payload of version {version} is different."),
        Change::OwnerChanged { before, after } => {
            format!("It belongs to {} instead of {}.", or_nobody(after), or_nobody(before))
        }
        Change::ContextChanged { before, after } => format!("It is in context `{after}` instead of `{before}`."),
    };
    let mut value = json!(change);
    value["text"] = text.into();
    if let Change::VersionAdded { fields, .. } | Change::PayloadChanged { fields, .. } = change {
        value["fields"] = self::fields(fields);
    } else {
        value["fields"] = json!([]);
    }
    value
}

/// Fields with the word for what became of them.
fn fields(fields: &[FieldChange]) -> Value {
    let named = |field: &FieldChange| json!({ "path": field.path, "change": field.kind(), "before": field.before, "after": field.after });
    fields.iter().map(named).collect()
}
