//! Who may do what: one user per service, with no more than its part in the catalogue needs.
//!
//! A RabbitMQ permission is three regular expressions over names of queues and exchanges. What the stream protocol asks
//! for (RabbitMQ 4.0 to 4.3, `rabbit_stream_reader`):
//!
//! | act | on | permission |
//! |---|---|---|
//! | declare a publisher | partition | write |
//! | ask for the last publishing id of a publisher | partition | read |
//! | route a key | exchange, partitions | write |
//! | subscribe, offsets, statistics | partition | read |
//! | list partitions, metadata | exchange, partitions | read or write |
//!
//! So whoever publishes also reads what it publishes to: a relay cannot recover without the last publishing id. A
//! service's relay acts as the service. A consumer publishes its dead letters, through its own outbox. No service
//! creates or deletes anything; that is left to whoever applies the topology.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::format::Status;
use crate::model::{EventVersion, Model, Selection, Service};
use crate::topology::dead_letter_name;

/// The regular expression that no name matches, since names are not empty.
const NOTHING: &str = "^$";

/// A broker user. How it proves who it is, is set on the broker, never in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The service's name. Users belong to the broker as a whole: estates that share one need distinct services.
    pub name: String,
    /// What it may create and delete: nothing.
    pub configure: String,
    /// Anchored regular expression over names of queues and exchanges.
    pub write: String,
    /// Likewise.
    pub read: String,
}

impl User {
    /// The user of `service`.
    #[must_use]
    pub fn of(model: &Model, service: &Service) -> Self {
        let publishes = streams(model, &service.publishes, |status| status != Status::Retired);
        let projections = model.projections.values().filter(|projection| projection.service == service.name);
        let sources = service.consumes.iter().chain(projections.flat_map(|projection| &projection.from));
        let consumes = streams(model, sources, |_| true);
        let dead_letters: BTreeSet<String> = consumes
            .iter()
            .filter(|name| model.streams.get(**name).is_some_and(|stream| stream.dead_letter.is_some()))
            .map(|name| dead_letter_name(name))
            .collect();
        let reads: BTreeSet<&str> = publishes.union(&consumes).copied().collect();
        Self {
            name: service.name.clone(),
            configure: NOTHING.to_owned(),
            write: pattern(&publishes, &dead_letters),
            read: pattern(&reads, &dead_letters),
        }
    }
}

/// Every event version that a service or projection selects.
pub(super) fn named_versions(model: &Model) -> BTreeSet<&EventVersion> {
    let services = model.services.values().flat_map(|service| service.publishes.iter().chain(&service.consumes));
    let projections = model.projections.values().flat_map(|projection| &projection.from);
    services.chain(projections).flat_map(|selection| &selection.versions).collect()
}

/// Names of the streams that carry what is selected.
fn streams<'a>(
    model: &'a Model,
    selections: impl IntoIterator<Item = &'a Selection>,
    counts: impl Fn(Status) -> bool,
) -> BTreeSet<&'a str> {
    let ids = selections.into_iter().flat_map(|selection| &selection.versions);
    let versions = ids.filter_map(|id| model.version(id)).map(|(_, version)| version);
    versions.filter(|version| counts(version.status)).map(|version| version.stream.as_str()).collect()
}

/// Matches the exchange and every partition of `streams`, each of `dead_letters`, and nothing else. Partitions are
/// matched by any number, so that adding one needs no new permission.
fn pattern(streams: &BTreeSet<&str>, dead_letters: &BTreeSet<String>) -> String {
    let names: Vec<_> = streams.iter().map(|name| escape(name)).collect();
    let partitioned = match names.as_slice() {
        [] => None,
        [name] => Some(format!("{name}(-[0-9]+)?")),
        names => Some(format!("({})(-[0-9]+)?", names.join("|"))),
    };
    let dead_letters = dead_letters.iter().map(|name| escape(name));
    let alternatives: Vec<_> = partitioned.into_iter().chain(dead_letters).collect();
    if alternatives.is_empty() { NOTHING.to_owned() } else { format!("^({})$", alternatives.join("|")) }
}

/// `name` as a PCRE that matches it and nothing else. Hyphens stay as they are, for people read these.
fn escape(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut escaped, c| {
        if r"\^$.[]|()?*+{}".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}
