//! The documentation site: pages of the catalogue as files that any browser opens, from a disk or from any path of a host.
//!
//! `generated/docs → html → page ─ with pictures, search and feeds → OutFile`. What a page says is in its Markdown, which the
//! generator writes for reviews; the site adds what Markdown cannot do. It fetches nothing from elsewhere and needs no
//! JavaScript but for the search.

mod chart;
mod columns;
mod compare;
mod event;
mod feed;
mod figure;
mod files;
mod graph;
mod health;
mod html;
mod layered;
mod memory;
mod pictures;
mod search;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde_json::{Value, json};
use tidings_contract::record::Record;
use tidings_contract::report;
use tidings_generator::diagnostic::Diagnostic;
use tidings_generator::digest::Digest;
use tidings_generator::emit::{EmitError, Escape, OutFile, TARGETS, Templates, markdown_block};
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::Model;
use tidings_generator::text::Text;

use html::Rendered;
pub(crate) use memory::Memory;
use memory::{Known, Pages};
use pictures::{Picture, Who};

/// Pages that every page links to.
const NAVIGATION: [(&str, &str); 11] = [
    ("index.html", "Overview"),
    ("index.html#contexts", "Contexts"),
    ("index.html#services", "Services"),
    ("index.html#streams", "Streams"),
    ("index.html#flows", "Flows"),
    ("index.html#teams", "Teams"),
    ("index.html#when-something-is-wrong", "Runbooks"),
    ("calendar.html", "Calendar"),
    ("glossary.html", "Glossary"),
    ("health.html", "Health"),
    ("evidence.html", "Evidence"),
];

/// Generated files that the site has beside its pages.
const BESIDE: [&str; 2] = ["schemas", "asyncapi"];

/// Names that have a page: event types, services, streams and flows, with the files of their pages.
#[derive(Debug, Default)]
struct Names(BTreeMap<String, String>);

/// A page of the site.
#[derive(Debug)]
struct Page {
    /// Where its Markdown is among the generated files: `docs/events/order.placed.md`.
    source: String,
    /// Where it is in the site, as HTML and as Markdown.
    href: String,
    markdown: String,
    /// `Event`, and where several are listed `Events`.
    kind: &'static str,
    section: &'static str,
    /// The Markdown, and the names that may become links in it.
    made_of: Digest,
    rendered: Arc<Rendered>,
}

/// What a site is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) model: &'a Model,
    /// What lints find in it.
    pub(crate) findings: &'a [Diagnostic],
    /// What contract tests have shown last.
    pub(crate) record: Option<&'a Record>,
    pub(crate) today: NaiveDate,
    /// Texts about its events that were made before.
    pub(crate) known: EventCache<'a>,
}

impl Sources<'_> {
    /// Every page as Markdown: those that are generated, with what only the site knows.
    fn markdown(&self, templates: &Templates) -> Result<Vec<OutFile>, EmitError> {
        let Self { model, findings, record, today, .. } = *self;
        let mut pages = self.emit("docs", templates)?;
        pages.par_iter_mut().try_for_each(|page| {
            if page.path == "docs/index.md" {
                let health = health::summary(model, findings, today, record);
                page.contents = with_health(model, &page.contents, &health).into();
            }
            let Some(name) = page.path.strip_prefix("docs/events/").and_then(|file| file.strip_suffix(".md")) else {
                return Ok::<_, EmitError>(());
            };
            let Some(event) = model.events.get(name) else { return Ok(()) };
            let readers = record.map_or_else(String::new, |record| health::readers(&event.name, record));
            page.contents = [&page.contents, &*readers, &event::section(event, &self.known)].concat().into();
            Ok(())
        })?;
        let compared: Result<Vec<Vec<OutFile>>, EmitError> =
            model.events.par_iter().map(|(_, event)| compare::pages(model, event, templates, &self.known)).collect();
        pages.extend(compared?.into_iter().flatten());
        pages.push(OutFile::new("docs/health.md", health::page(model, findings, today, record))?);
        if let Some(record) = record {
            pages.push(OutFile::new("docs/evidence.md", report::markdown(record))?);
        }
        Ok(pages)
    }

    /// What a target generates.
    fn emit(&self, name: &str, templates: &Templates) -> Result<Vec<OutFile>, EmitError> {
        let target = TARGETS.iter().find(|target| target.name() == name);
        target.map_or_else(|| Ok(Vec::new()), |target| target.emit(self.model, templates, &self.known))
    }
}

/// The overview with what needs somebody in front of its first section. What people wrote comes before that, and may look like
/// anything.
fn with_health(model: &Model, overview: &str, health: &str) -> String {
    let prose = model.description.as_ref().map(|text| markdown_block(text));
    let behind = prose.and_then(|prose| Some(overview.find(&prose)? + prose.len())).unwrap_or_default();
    let (prose, sections) = overview.split_at(behind);
    match sections.split_once("\n## ") {
        Some((before, after)) => format!("{prose}{before}\n## Health\n\n{health}\n## {after}"),
        None => format!("{overview}\n## Health\n\n{health}"),
    }
}

/// Whether a file of the site is a page.
pub(crate) fn is_page(path: &str) -> bool {
    has_extension(path, "html")
}

/// Whether a generated file becomes a page.
fn is_markdown(path: &str) -> bool {
    has_extension(path, "md")
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == extension)
}

/// All files of a site, by their paths in it. Pages that `before` has as they would be made are those.
///
/// # Errors
/// When a template is broken.
pub(crate) fn build(from: &Sources<'_>, templates: &Templates, before: &mut Pages) -> Result<Vec<OutFile>, EmitError> {
    let model = from.model;
    let (runbooks, mut files): (Vec<_>, Vec<_>) =
        from.emit("ops", templates)?.into_iter().partition(|file| is_markdown(&file.path));
    let mut sources = from.markdown(templates)?;
    sources.extend(runbooks);
    let (names, who) = (Names::of(model), Who::of(model));
    let names_digest = names.digest();
    let mut pages: Vec<Page> =
        sources.par_iter().map(|source| Page::of(source, &names, names_digest, before)).collect();
    pages.sort_by(|one, other| (rank(one), &one.href).cmp(&(rank(other), &other.href)));
    for name in BESIDE {
        files.extend(from.emit(name, templates)?);
    }
    let known: Result<Vec<Known>, EmitError> =
        pages.par_iter().map(|page| page.filled(from, &who, templates, before)).collect();
    let known = known?;
    for (page, known) in pages.iter().zip(&known) {
        files.push(OutFile::new(page.href.clone(), known.text.clone())?);
    }
    *before = pages.iter().map(|page| page.href.clone()).zip(known).collect();
    for (source, page) in sources.into_iter().map(|source| (source.path, source.contents)) {
        let path = source.strip_prefix("docs/").unwrap_or(&source);
        files.push(OutFile::new(path.to_owned(), page)?);
    }
    for asset in ["style.css", "search.js"] {
        let text = templates.render(&format!("site/{asset}"), Escape::Html, &json!({}))?;
        files.push(OutFile::new(asset, text)?);
    }
    files.push(OutFile::new("search-index.js", search::index(&pages))?);
    files.push(OutFile::new("feed.xml", feed::atom(model))?);
    files.push(OutFile::new("llms.txt", feed::llms(model, &pages))?);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// In which order pages are listed.
fn rank(page: &Page) -> usize {
    let kinds =
        ["Catalogue", "Context", "Event", "Service", "Stream", "Flow", "Team", "Runbook", "Checklist", "Comparison"];
    kinds.iter().position(|kind| *kind == page.kind).unwrap_or(kinds.len())
}

impl Names {
    fn of(model: &Model) -> Self {
        let of = |folder: &str, name: &String| (name.clone(), format!("docs/{folder}/{name}.md"));
        // The later ones win: an event is meant more often than a stream of its name.
        let streams = model.streams.keys().map(|name| of("streams", name));
        let flows = model.flows.keys().map(|name| of("flows", name));
        let services = model.services.keys().map(|name| of("services", name));
        let events = model.events.keys().map(|name| of("events", name));
        streams.chain(flows).chain(services).chain(events).collect()
    }

    fn digest(&self) -> Digest {
        Digest::of_parts(self.0.iter().flat_map(|(name, page)| [name, page]))
    }

    /// The file of the page about what has this name.
    fn page(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl Page {
    fn of(source: &OutFile, names: &Names, names_digest: Digest, before: &Pages) -> Self {
        let href = html::place(&source.path);
        let made_of = Digest::of_parts([source.contents.digest(), names_digest].map(|digest| *digest.as_bytes()));
        let known = before.get(&href).filter(|known| known.made_of == made_of).map(|known| known.rendered.clone());
        let render = || Arc::new(html::render(&source.path, &source.contents, names));
        let (kind, section) = match source.path.split('/').nth(1) {
            Some("checklists") => ("Checklist", "Checklists"),
            _ if source.path.starts_with("ops/") => ("Runbook", "Runbooks"),
            Some("contexts") => ("Context", "Contexts"),
            Some("events") => ("Event", "Events"),
            Some("services") => ("Service", "Services"),
            Some("streams") => ("Stream", "Streams"),
            Some("flows") => ("Flow", "Flows"),
            Some("teams") => ("Team", "Teams"),
            Some("versions") => ("Comparison", "Comparisons of versions"),
            _ => ("Catalogue", "Catalogue"),
        };
        Self {
            source: source.path.clone(),
            href,
            markdown: source.path.strip_prefix("docs/").unwrap_or(&source.path).to_owned(),
            kind,
            section,
            made_of,
            rendered: known.unwrap_or_else(render),
        }
    }

    /// The whole file, made again only if there is something new on it.
    fn filled(
        &self,
        from: &Sources<'_>,
        who: &Who<'_>,
        templates: &Templates,
        before: &Pages,
    ) -> Result<Known, EmitError> {
        let (mut frame, pictures) = (self.frame(from), self.pictures(from, who));
        let around = [templates.digest().to_owned(), frame.to_string(), format!("{pictures:?}")];
        let filled_with = Digest::of_parts(around.iter().map(String::as_bytes).chain([&self.made_of.as_bytes()[..]]));
        if let Some(known) = before.get(&self.href).filter(|known| known.filled_with == filled_with) {
            return Ok(known.clone());
        }
        let Rendered { lead, body, headings, .. } = &*self.rendered;
        let headings: Vec<_> = headings.iter().filter(|heading| heading.level <= 3).collect();
        frame["lead"] = json!(lead);
        frame["body"] = json!(body);
        frame["headings"] = if headings.len() > 1 { json!(headings) } else { Value::Null };
        frame["pictures"] = pictures.iter().map(Picture::figure).collect();
        let text = Text::from(templates.render("site/page.html", Escape::Html, &frame)?);
        Ok(Known { made_of: self.made_of, rendered: self.rendered.clone(), filled_with, text })
    }

    /// What is around the content of a page.
    fn frame(&self, from: &Sources<'_>) -> Value {
        let model = from.model;
        let is_current = |href: &str, text: &str| {
            href == self.href || text == self.section || (text == "Runbooks" && self.kind == "Checklist")
        };
        let navigation = NAVIGATION
            .iter()
            .filter(|(href, _)| *href != "index.html#flows" || !model.flows.is_empty())
            .filter(|(href, _)| *href != "evidence.html" || from.record.is_some())
            .map(|(href, text)| json!({ "href": href, "text": text, "current": is_current(href, text) }));
        json!({
            "site": model.name,
            "title": self.rendered.title,
            "summary": self.rendered.summary,
            "kind": self.kind,
            "root": html::root(&self.href),
            "markdown": self.markdown.rsplit('/').next(),
            "nav": navigation.collect::<Value>(),
            "crumbs": self.crumbs(model),
        })
    }

    /// The name of what the page is about.
    fn name(&self) -> &str {
        let file = self.source.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(".md").unwrap_or(file)
    }

    fn crumbs(&self, model: &Model) -> Value {
        let context = match self.kind {
            "Event" => model.events.get(self.name()).map(|event| &event.context),
            "Stream" => model.streams.get(self.name()).map(|stream| &stream.context),
            _ => None,
        };
        // `order.placed.1-2` is about `order.placed`.
        let event = (self.kind == "Comparison").then(|| self.name().rsplit_once('.').map_or("", |(event, _)| event));
        let event = event.map(|name| json!({ "href": format!("events/{name}.html"), "text": name }));
        let overview = (self.href != "index.html").then(|| json!({ "href": "index.html", "text": "Overview" }));
        let context = context.map(|name| json!({ "href": format!("contexts/{name}.html"), "text": name }));
        let service = (self.kind == "Checklist").then(|| self.name());
        let service = service.map(|name| json!({ "href": format!("services/{name}.html"), "text": name }));
        overview.into_iter().chain(context).chain(service).chain(event).collect()
    }

    /// Who sends what to whom, and how long it is there.
    fn pictures(&self, from: &Sources<'_>, who: &Who<'_>) -> Vec<Picture> {
        let (name, model) = (self.name(), from.model);
        let along_time = match self.kind {
            "Event" => model.events.get(name).and_then(|event| pictures::timeline(event, from.today)),
            "Stream" => model.streams.get(name).map(|stream| pictures::partitions(&self.source, stream)),
            _ => None,
        };
        self.graph(model, who).into_iter().chain(along_time).collect()
    }

    fn graph(&self, model: &Model, who: &Who<'_>) -> Option<Picture> {
        let (name, from) = (self.name(), self.source.as_str());
        match self.kind {
            "Catalogue" if self.href == "index.html" => pictures::overview(model, who, from),
            "Context" => pictures::context(model, who, from, model.contexts.get(name)?),
            "Event" => pictures::event(who, from, model.events.get(name)?),
            "Service" => pictures::service(model, from, model.services.get(name)?),
            "Stream" => pictures::stream(model, who, from, model.streams.get(name)?),
            "Flow" => pictures::flow(model, from, model.flows.get(name)?),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
