//! `docs/`: the catalogue as Markdown, to be read in a repository and reviewed in a pull request.
//!
//! One page per event, context, stream, service, team and flow, a glossary, a calendar and an index. What a page says is decided here; how it is laid
//! out is the template's business. Names are links to their pages, relative, so that any viewer of a repository follows
//! them.

mod calendar;
mod context;
mod event;
mod flow;
mod glossary;
mod index;
mod service;
mod snippets;
mod stream;
mod team;

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::emit::{EmitError, Escape, OutFile, Target, Templates};
use crate::event_cache::EventCache;
use crate::model::{Event, EventVersion, Model, Retention};

/// The target.
#[derive(Debug)]
pub(super) struct Docs;

/// A page: its path, its template and what the template prints.
struct Page {
    path: String,
    template: &'static str,
    context: Value,
}

impl Target for Docs {
    fn name(&self) -> &'static str {
        "docs"
    }

    fn about(&self) -> &'static str {
        "a Markdown page per event, context, stream, service, team and flow"
    }

    fn emit(&self, model: &Model, templates: &Templates, cache: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let page =
            |folder: &str, name: &str, template, context| Page::new(&format!("{folder}/{name}"), template, context);
        let index = rayon::iter::once(()).map(|()| Page::new("index", "docs/index.md", index::page(model)));
        let calendar = rayon::iter::once(()).map(|()| Page::new("calendar", "docs/calendar.md", calendar::page(model)));
        let glossary = rayon::iter::once(()).map(|()| Page::new("glossary", "docs/glossary.md", glossary::page(model)));
        let contexts = model.contexts.par_iter();
        let contexts = contexts.map(|(name, it)| page("contexts", name, "docs/context.md", context::page(model, it)));
        let streams = model.streams.par_iter();
        let streams = streams.map(|(name, it)| page("streams", name, "docs/stream.md", stream::page(model, it)));
        let services = model.services.par_iter();
        let services = services.map(|(name, it)| page("services", name, "docs/service.md", service::page(model, it)));
        let teams = model.teams.par_iter().map(|(id, it)| page("teams", id, "docs/team.md", team::page(model, it)));
        let flows = model.flows.par_iter().map(|(name, it)| page("flows", name, "docs/flow.md", flow::page(model, it)));
        let single = index.chain(calendar).chain(glossary);
        let pages = single.chain(contexts).chain(streams).chain(services).chain(teams).chain(flows).map(|page| {
            let parts = ["docs", page.template, templates.digest(), &page.context.to_string()];
            let text = cache.made_of(&parts, || page.text(templates))?;
            OutFile::new(page.path, text)
        });
        let events = model.events.par_iter().map(|(name, event)| {
            let page = || Page::new(name, "docs/event.md", event::page(model, event));
            let text = cache.get_or(&["docs", templates.digest()], event, || page().text(templates))?;
            OutFile::new(format!("docs/events/{name}.md"), text)
        });
        pages.chain(events).collect()
    }
}

impl Page {
    fn new(name: &str, template: &'static str, context: Value) -> Self {
        Self { path: format!("docs/{name}.md"), template, context }
    }

    fn text(&self, templates: &Templates) -> Result<String, EmitError> {
        templates.render(self.template, Escape::Markdown, &self.context)
    }
}

/// A team as pages name it; `null` where nobody owns the thing.
fn team(model: &Model, id: Option<&String>) -> Value {
    let team = id.and_then(|id| model.teams.get(id));
    team.map_or(Value::Null, |team| json!({ "id": team.id, "name": team.name }))
}

/// An event version as pages name it.
fn version(model: &Model, id: &EventVersion) -> Option<Value> {
    let (event, version) = model.version(id)?;
    Some(json!({
        "event": event.name,
        "version": version.number,
        "summary": event.summary,
        "stream": version.stream,
        "status": version.life(),
        "team": team(model, event.team.as_ref()),
    }))
}

/// An event as lists name it.
fn event_line(event: &Event) -> Value {
    let versions = event.versions.values().map(|it| json!({ "number": it.number, "status": it.life() }));
    json!({ "name": event.name, "summary": event.summary, "versions": versions.collect::<Value>() })
}

fn retention(retention: Retention) -> String {
    match (retention.max_age, retention.max_bytes) {
        (Some(age), Some(bytes)) => format!("{age} or {bytes} per partition, whichever comes first"),
        (Some(age), None) => age.to_string(),
        (None, Some(bytes)) => format!("{bytes} per partition"),
        (None, None) => "for ever".to_owned(),
    }
}

/// `Debug` without the noise: the word that the catalogue uses.
fn word(value: impl serde::Serialize) -> Value {
    json!(value)
}

#[cfg(test)]
mod tests;
