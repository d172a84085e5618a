//! `ops/`: what whoever is on call needs: runbooks, a checklist per consumer, alerts and a dashboard.
//!
//! Runbooks are Markdown, in the repository and in the site. Alerts and dashboard read the metrics of the runtime, whose
//! names a test holds against what the runtime exports.

mod alerts;
mod broker;
mod checklist;
mod dashboard;
mod dead_letters;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::emit::{EmitError, Escape, OutFile, Target, Templates, yaml};
use crate::event_cache::EventCache;
use crate::model::{AfterDeadLetter, Duration, Model, Service, Stream, Team};

/// The target.
#[derive(Debug)]
pub(super) struct Ops;

impl Target for Ops {
    fn name(&self) -> &'static str {
        "ops"
    }

    fn about(&self) -> &'static str {
        "runbooks, a checklist per consumer, alerts and a dashboard"
    }

    fn emit(&self, model: &Model, templates: &Templates, _: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let runbooks = [
            ("ops/broker.md", "ops/broker.md", broker::page(model)),
            ("ops/dead-letters.md", "ops/dead-letters.md", dead_letters::page(model)),
        ];
        let mut files = Vec::new();
        for (path, template, context) in runbooks {
            files.push(OutFile::new(path, templates.render(template, Escape::Markdown, &context)?)?);
        }
        for consumer in Consumer::all(model) {
            let text = templates.render("ops/checklist.md", Escape::Markdown, &checklist::page(model, &consumer))?;
            files.push(OutFile::new(format!("ops/checklists/{}.md", consumer.service.name), text)?);
        }
        let path = "ops/alerts.yaml";
        let alerts =
            yaml::to_string(&alerts::rules(model)).map_err(|cause| EmitError::Yaml { path: path.to_owned(), cause })?;
        files.push(OutFile::new(path, alerts)?);
        files.push(OutFile::json("ops/dashboard.json", &dashboard::dashboard(model))?);
        Ok(files)
    }
}

/// A service that reads streams, and which.
pub(super) struct Consumer<'a> {
    service: &'a Service,
    /// By name.
    streams: Vec<&'a Stream>,
}

impl<'a> Consumer<'a> {
    /// Every service that reads anything, by name.
    fn all(model: &'a Model) -> Vec<Self> {
        let of = |service| Self { service, streams: streams_of(model, service) };
        model.services.values().map(of).filter(|consumer| !consumer.streams.is_empty()).collect()
    }

    /// The waits between attempts, all together.
    fn patience(&self) -> Duration {
        let waits = self.service.retry.iter().map(|wait| wait.0);
        Duration(waits.fold(std::time::Duration::ZERO, std::time::Duration::saturating_add))
    }

    /// Streams that it keeps waiting for a decision about a dead letter.
    fn halting(&self) -> impl Iterator<Item = &'a Stream> {
        self.streams
            .iter()
            .copied()
            .filter(|stream| stream.dead_letter.is_some_and(|policy| policy.then == AfterDeadLetter::HaltKey))
    }
}

/// Whether a service reads anything, and so has a checklist.
pub(super) fn reads(model: &Model, service: &Service) -> bool {
    !streams_of(model, service).is_empty()
}

/// What a service and its read models read.
fn streams_of<'a>(model: &'a Model, service: &Service) -> Vec<&'a Stream> {
    let projections = model.projections.values().filter(|projection| projection.service == service.name);
    let selections = service.consumes.iter().chain(projections.flat_map(|projection| &projection.from));
    let versions = selections.flat_map(|selection| &selection.versions).filter_map(|id| model.version(id));
    let names: BTreeSet<&str> = versions.map(|(_, version)| version.stream.as_str()).collect();
    names.into_iter().filter_map(|name| model.streams.get(name)).collect()
}

/// Services with an outbox: those that publish, and those whose dead letters are published.
fn has_outbox(model: &Model, service: &Service) -> bool {
    let publishes = service.publishes.iter().any(|selection| !selection.versions.is_empty());
    publishes || streams_of(model, service).iter().any(|stream| stream.dead_letter.is_some())
}

/// How a team is reached, as pages name it; `null` where nobody owns the thing.
fn reach(model: &Model, id: Option<&String>) -> Value {
    let reach = |team: &Team| json!({ "id": team.id, "name": team.name, "on_call": team.on_call, "chat": team.chat, "email": team.email });
    id.and_then(|id| model.teams.get(id)).map_or(Value::Null, reach)
}
