//! The calendar: which versions end, when, and who has to move until then.

use serde_json::{Value, json};

use super::team;
use crate::model::Model;

pub(super) fn page(model: &Model) -> Value {
    let mut ends: Vec<_> = model
        .versions()
        .filter(|(_, version)| version.is_published())
        .filter_map(|(event, version)| Some((version.sunset?, event, version)))
        .collect();
    ends.sort_by_key(|(day, event, version)| (*day, &event.name, version.number));
    let end = |(day, event, version): (chrono::NaiveDate, &crate::model::Event, &crate::model::Version)| {
        let id = version.id(event);
        let consumers = model.consumers(&id);
        json!({
            "day": day.to_string(),
            "event": event.name,
            "version": version.number,
            "instead": event.latest().number,
            "consumers": consumers
                .map(|it| json!({ "name": it.name, "team": team(model, it.team.as_ref()) }))
                .collect::<Value>(),
        })
    };
    json!({ "ends": ends.into_iter().map(end).collect::<Value>() })
}
