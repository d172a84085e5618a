//! The glossary: what the events speak of, in the words of who named it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::Model;

pub(super) fn page(model: &Model) -> Value {
    // A type that two contexts describe differently is two terms.
    let mut terms: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (event, version) in model.versions() {
        for definition in version.payload.shared.values() {
            if let Some(description) = &definition.docs.description {
                let events = terms.entry((&definition.name, description)).or_default();
                if events.last() != Some(&event.name.as_str()) {
                    events.push(&event.name);
                }
            }
        }
    }
    let mut aggregates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in model.events.values() {
        if let Some(aggregate) = &event.aggregate {
            aggregates.entry(aggregate).or_default().push(&event.name);
        }
    }
    json!({
        "aggregates": aggregates.iter().map(|(name, events)| json!({ "name": name, "events": events })).collect::<Value>(),
        "terms": terms
            .iter()
            .map(|((name, meaning), events)| json!({ "name": name, "meaning": meaning, "events": events }))
            .collect::<Value>(),
    })
}
