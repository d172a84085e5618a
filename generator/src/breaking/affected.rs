//! Whom a change would wake up.

use std::collections::BTreeMap;

use super::Change;
use crate::model::{EventVersion, Model, Service};

/// Name of the team that owns a service.
pub(super) fn team_of<'m>(service: &Service, model: &'m Model) -> Option<&'m str> {
    Some(&model.teams.get(service.team.as_ref()?)?.name)
}

/// Services, with their teams, in a sentence; `None` where there is nobody.
fn named<'a>(services: impl Iterator<Item = &'a Service>, model: &Model) -> Option<String> {
    let named: BTreeMap<&str, String> = services
        .map(|service| {
            let team = team_of(service, model).map_or_else(String::new, |team| format!(" (team {team})"));
            (service.name.as_str(), format!("`{}`{team}", service.name))
        })
        .collect();
    let named: Vec<String> = named.into_values().collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// Who consumes and who publishes a version, as a reason.
pub(super) fn by_version(model: &Model, id: &EventVersion) -> String {
    sentence(named(model.consumers(id), model), named(model.publishers(id), model))
}

/// As [`by_version`], for what is at a pointer of its documents: a consumer that is known not to read it is named last.
pub(super) fn by_field(change: &Change<'_>, id: &EventVersion, pointer: &str) -> String {
    let model = change.old;
    let ignores = |service: &&Service| {
        let mut reads = change.reads.iter().filter(|reads| reads.service == service.name && reads.id == *id).peekable();
        reads.peek().is_some() && !reads.any(|reads| reads.concerns(pointer))
    };
    let reading = named(model.consumers(id).filter(|service| !ignores(service)), model);
    let said = sentence(reading, named(model.publishers(id), model));
    match named(model.consumers(id).filter(ignores), model) {
        Some(others) => format!("{said}; not read by {others}"),
        None => said,
    }
}

/// Who consumes and who publishes what a stream carries, as a reason.
pub(super) fn by_stream(model: &Model, stream: &str) -> String {
    let carried = model.streams.get(stream).map(|stream| &stream.carries);
    let carries = |service: &&Service, reads: bool| {
        carried.is_some_and(|ids| ids.iter().any(|id| if reads { service.consumes(id) } else { service.publishes(id) }))
    };
    let consumers = named(model.services.values().filter(|service| carries(service, true)), model);
    let publishers = named(model.services.values().filter(|service| carries(service, false)), model);
    sentence(consumers, publishers)
}

fn sentence(consumers: Option<String>, publishers: Option<String>) -> String {
    let parts = [("consumed by", consumers), ("published by", publishers)];
    let parts: Vec<String> = parts.into_iter().filter_map(|(how, who)| Some(format!("{how} {}", who?))).collect();
    if parts.is_empty() { "no service consumes or publishes it yet".to_owned() } else { parts.join("; ") }
}
