//! Events, their versions and payloads.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Resolver, names};
use crate::diagnostic::Diagnostic;
use crate::format;
use crate::load::Tree;
use crate::model::{Event, EventVersion, Model, Version};
use crate::payload::{self, Payload, SharedTypes};
use crate::rules::reference as rule;
use crate::yaml::Node;

/// What each version's schema means, or what is wrong with it.
pub(super) type Payloads = BTreeMap<EventVersion, (Option<Payload>, Vec<Diagnostic>)>;

/// Reads the schemas of all versions, the bulk of the work, on all threads. An event type that two contexts declare is
/// read once, in the context that comes first; the other is refused.
pub(super) fn payloads(tree: &Tree, types: &SharedTypes) -> Payloads {
    let mut schemas = BTreeMap::new();
    for (context, body) in &tree.catalogue.contexts {
        for (name, event) in &body.events {
            let Some(type_name) = names::event_type_name(name) else { continue };
            for number in event.versions.keys() {
                let key = number.to_string();
                let path = ["contexts", context, "events", name, "versions", &key, "data"];
                let Some(schema) = tree.root.at(path) else { continue };
                let id = EventVersion { event: name.clone(), version: *number };
                schemas.entry(id).or_insert_with(|| (context.as_str(), format!("{type_name}V{number}"), schema));
            }
        }
    }
    let read =
        |(id, (context, root, schema)): (_, (&str, String, &Node))| (id, payload::parse(schema, &root, context, types));
    schemas.into_par_iter().map(read).collect()
}

impl Resolver<'_> {
    pub(super) fn events(&mut self, context: &str, body: &format::Context, model: &mut Model) {
        for (name, event) in &body.events {
            let path = ["contexts", context, "events", name.as_str()];
            let place = self.place(&path);
            self.team(event.team.as_deref(), &path);
            let Some(type_name) = names::event_type_name(name) else {
                self.out.push(
                    Diagnostic::new(&rule::invalid_name::META, place.name, format!("`{name}` cannot be an event type"))
                        .help("write lower-case words joined by `.` and `_`: `order.placed`, `stock.ran_out`"),
                );
                continue;
            };
            if let Some(other) = model.events.get(name) {
                self.out.push(
                    Diagnostic::new(
                        &rule::conflicting_name::META,
                        place.name,
                        format!("event `{name}` is also in context `{}`", other.context),
                    )
                    .related(other.place.name, "the other one")
                    .help("an event belongs to one context; rename one of the two"),
                );
                continue;
            }
            let mut versions = BTreeMap::new();
            for (number, version) in &event.versions {
                if let Some(version) = self.version(&path, *number, version, event, model) {
                    versions.insert(*number, version);
                }
            }
            if versions.is_empty() {
                continue;
            }
            let defaults = &self.tree.catalogue.defaults;
            model.events.insert(
                name.clone(),
                Event {
                    name: name.clone(),
                    type_name,
                    context: context.to_owned(),
                    team: event.team.clone().or_else(|| body.team.clone()),
                    aggregate: event.aggregate.clone(),
                    summary: event.summary.clone(),
                    description: event.description.clone(),
                    classification: event.classification,
                    compatibility: event.compatibility.or(defaults.compatibility).unwrap_or_default(),
                    versions,
                    place,
                },
            );
        }
    }

    fn version(
        &mut self,
        event_path: &[&str; 4],
        number: u32,
        version: &format::Version,
        event: &format::Event,
        model: &mut Model,
    ) -> Option<Version> {
        let [_, _, _, name] = *event_path;
        let key = number.to_string();
        let path: Vec<&str> = event_path.iter().copied().chain(["versions", key.as_str()]).collect();
        let place = self.place(&path);
        if number == 0 {
            self.out.push(
                Diagnostic::new(&rule::invalid_version::META, place.name, "versions count from 1").help("call it `1`"),
            );
            return None;
        }
        let stream = self.stream_of(event_path, &path, number, version, event, model);
        let (payload, mut found) = self.payloads.remove(&EventVersion { event: name.to_owned(), version: number })?;
        self.out.append(&mut found);
        let (stream, payload) = (stream?, payload?);
        if let Some(stream) = model.streams.get_mut(&stream) {
            stream.carries.insert(EventVersion { event: name.to_owned(), version: number });
        }
        Some(Version {
            number,
            status: version.status,
            since: version.since,
            sunset: version.sunset,
            changes: version.changes.clone(),
            stream,
            payload,
            examples: version.examples.clone(),
            upcast: None,
            downcast: None,
            place,
        })
    }

    /// The stream that carries a version; an unnamed one is made if it is not declared.
    fn stream_of(
        &mut self,
        event_path: &[&str; 4],
        version_path: &[&str],
        number: u32,
        version: &format::Version,
        event: &format::Event,
        model: &mut Model,
    ) -> Option<String> {
        let [_, context, _, name] = *event_path;
        let (named, owner) = match (&version.stream, &event.stream) {
            (Some(named), _) => (named, version_path),
            (None, Some(named)) => (named, event_path.as_slice()),
            (None, None) => {
                let own = format!("{name}.v{number}");
                if !model.streams.contains_key(&own) {
                    let place = self.place(version_path);
                    let mut stream = self.stream(&own, context, &format::Stream::default(), &[], place);
                    stream.implicit = true;
                    model.streams.insert(own.clone(), stream);
                }
                return Some(own);
            }
        };
        let span = self.span(&owner.iter().copied().chain(["stream"]).collect::<Vec<_>>());
        let known = model.streams.keys().map(String::as_str);
        if !model.streams.contains_key(named)
            && !self.known("stream", named, span, known, &format!("declare it under `streams` of context `{context}`"))
        {
            return None;
        }
        let stream = model.streams.get(named)?;
        if stream.context != context {
            self.out.push(
                Diagnostic::new(
                    &rule::unknown_reference::META,
                    span,
                    format!("stream `{named}` belongs to context `{}`", stream.context),
                )
                .related(stream.place.name, "declared here")
                .why("the owner of a stream decides what is on it")
                .help(format!("declare a stream in context `{context}`, or move the event")),
            );
            return None;
        }
        Some(named.clone())
    }
}
