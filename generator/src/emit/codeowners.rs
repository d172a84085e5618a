//! `ops/CODEOWNERS`: who is asked to review a change of an event.
//!
//! The catalogue may be one file or many, so its own files cannot be given to teams. What is generated from an event
//! can: it changes whenever the event does.

use serde_json::{Value, json};

use crate::emit::{EmitError, Escape, OutFile, Target, Templates, rust};
use crate::event_cache::EventCache;
use crate::model::{Event, Model};

/// The target.
#[derive(Debug)]
pub(super) struct Codeowners;

impl Target for Codeowners {
    fn name(&self) -> &'static str {
        "codeowners"
    }

    fn about(&self) -> &'static str {
        "lines for CODEOWNERS, from the owning teams"
    }

    fn emit(&self, model: &Model, templates: &Templates, _: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let sections = [
            section("Contexts: schemas and types.", &contexts(model)),
            section("Events that another team owns than the rest of their context.", &events(model)),
            section("Streams: partitions, keys, retention.", &streams(model)),
            section("Services: what they publish and consume.", &services(model)),
        ];
        let context = json!({ "sections": sections.into_iter().flatten().collect::<Value>() });
        let text = templates.render("ops/CODEOWNERS", Escape::Plain, &context)?;
        Ok(vec![OutFile::new("ops/CODEOWNERS", text)?])
    }
}

fn section(about: &str, lines: &[Value]) -> Option<Value> {
    (!lines.is_empty()).then(|| json!({ "about": about, "lines": lines }))
}

/// The line that gives `path` to a team; `None` where the team has no handle and no address.
fn line(model: &Model, team: Option<&String>, path: &str) -> Option<Value> {
    let team = model.teams.get(team?)?;
    let owner = team.github.as_ref().or(team.email.as_ref())?;
    Some(json!({ "path": path, "owner": owner }))
}

fn contexts(model: &Model) -> Vec<Value> {
    let of_context = |context: &crate::model::Context| {
        let team = context.team.as_ref();
        [
            line(model, team, &format!("schemas/{}/", context.name)),
            line(model, team, &format!("events/src/{}/", rust::folder(&context.name))),
        ]
    };
    model.contexts.values().flat_map(of_context).flatten().collect()
}

fn events(model: &Model) -> Vec<Value> {
    let is_foreign = |event: &&Event| model.contexts.get(&event.context).is_some_and(|it| it.team != event.team);
    model.events.values().filter(is_foreign).flat_map(|event| of_event(model, event)).collect()
}

fn of_event(model: &Model, event: &Event) -> Vec<Value> {
    let (context, name) = (&event.context, &event.name);
    let modules = event.versions.keys().map(|number| rust::version_module(name, *number));
    let modules = modules.map(|module| format!("events/src/{}/{module}.rs", rust::folder(context)));
    let paths = std::iter::once(format!("schemas/{context}/{name}.v*.json")).chain(modules);
    paths.filter_map(|path| line(model, event.team.as_ref(), &path)).collect()
}

fn streams(model: &Model) -> Vec<Value> {
    let of_stream = |stream: &crate::model::Stream| {
        let team = model.contexts.get(&stream.context)?.team.as_ref();
        line(model, team, &format!("docs/streams/{}.md", stream.name))
    };
    model.streams.values().filter_map(of_stream).collect()
}

fn services(model: &Model) -> Vec<Value> {
    let of_service = |service: &crate::model::Service| {
        line(model, service.team.as_ref(), &format!("docs/services/{}.md", service.name))
    };
    model.services.values().filter_map(of_service).collect()
}
