//! The Markdown pages: their links, and that nothing a team writes breaks out of its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use tidings_generator::emit::{TARGETS, Templates, anchor};
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::Model;

use crate::hostile::{HOSTILE, SMALL, poison};
use crate::{catalogue, emit, shop};

/// Everything that is Markdown: pages and runbooks.
fn pages(model: &Model) -> BTreeMap<String, String> {
    let mut pages = emit("docs", model);
    let is_page = |path: &str| Path::new(path).extension().is_some_and(|it| it == "md");
    pages.extend(emit("ops", model).into_iter().filter(|(path, _)| is_page(path)));
    pages
}

fn parse(page: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(page, Options::ENABLE_TABLES)
}

/// Where the links of a page lead.
fn links(page: &str) -> Vec<String> {
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    parse(page).filter_map(target).collect()
}

/// The words of each heading of a page.
fn headings(page: &str) -> Vec<String> {
    let mut headings = Vec::new();
    let mut is_in_one = false;
    for event in parse(page) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                is_in_one = true;
                headings.push(String::new());
            }
            Event::End(TagEnd::Heading(_)) => is_in_one = false,
            Event::Text(text) | Event::Code(text) if is_in_one => {
                headings.last_mut().expect("an open heading").push_str(&text);
            }
            _ => {}
        }
    }
    headings
}

/// `../streams/orders.md#x` seen from `docs/events/order.placed.md`.
fn resolve(from: &str, link: &str) -> String {
    if link.starts_with('#') {
        return from.to_owned();
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('#').next().unwrap_or_default().split('/') {
        if part == ".." { parts.pop().map_or((), |_| ()) } else { parts.push(part) }
    }
    parts.join("/")
}

#[test]
fn every_link_leads_to_a_file_that_is_generated() {
    let model = shop();
    let templates = Templates::embedded().expect("templates");
    let files: BTreeSet<String> = TARGETS
        .iter()
        .flat_map(|target| target.emit(&model, &templates, &EventCache::off()).expect("files"))
        .map(|file| file.path)
        .collect();
    let mut followed = 0;
    let pages = pages(&model);
    for (path, page) in &pages {
        for link in links(page).iter().filter(|link| !link.starts_with("https://")) {
            let target = resolve(path, link);
            assert!(files.contains(&target), "{path} links to {link}");
            let section = link.split_once('#').map_or("", |(_, section)| section);
            let has_it = |page: &String| headings(page).iter().any(|heading| anchor(heading) == section);
            assert!(section.is_empty() || pages.get(&target).is_some_and(has_it), "{path} links to {link}");
            followed += 1;
        }
    }
    assert!(followed > 300, "{followed} links");
}

#[test]
fn everything_in_a_catalogue_has_a_page_that_the_index_leads_to() {
    let model = shop();
    let pages = emit("docs", &model);
    let index: BTreeSet<String> =
        links(&pages["docs/index.md"]).iter().map(|link| resolve("docs/index.md", link)).collect();
    let unlisted: Vec<_> = pages.keys().filter(|path| *path != "docs/index.md" && !index.contains(*path)).collect();
    assert_eq!(unlisted, [] as [&String; 0]);
    let of_events = model.contexts.len() + model.events.len() + model.streams.len();
    let of_people = model.services.len() + model.teams.len() + model.flows.len();
    // And the index, the calendar and the glossary.
    assert_eq!(pages.len(), of_events + of_people + 3);
}

/// Headings, tables, rows, cells, lists and links of a page, without what stands in them.
fn skeleton(page: &str) -> Vec<String> {
    let shape = |event| match event {
        Event::Start(Tag::Emphasis | Tag::Strong) | Event::End(TagEnd::Emphasis | TagEnd::Strong) => None,
        Event::Start(Tag::Link { .. }) => Some("link".to_owned()),
        Event::Start(Tag::CodeBlock(_)) => Some("code".to_owned()),
        Event::Start(tag) => Some(format!("{tag:?}")),
        Event::Html(html) | Event::InlineHtml(html) if !matches!(&*html, "<code>" | "</code>") => {
            Some(format!("html {html}"))
        }
        _ => None,
    };
    parse(page).filter_map(shape).collect()
}

fn poisoned(text: &str) -> BTreeMap<String, String> {
    let mut model = catalogue(SMALL);
    poison(&mut model, text);
    // Prose may hold lists and quotes of its own; it is looked at below.
    undescribe(&mut model);
    pages(&model)
}

fn undescribe(model: &mut Model) {
    model.description = None;
    model.contexts.values_mut().for_each(|it| it.description = None);
    model.streams.values_mut().for_each(|it| it.description = None);
    model.events.values_mut().for_each(|it| it.description = None);
    model.services.values_mut().for_each(|it| it.description = None);
    model.events.values_mut().flat_map(|it| it.versions.values_mut()).for_each(|it| it.changes = None);
}

#[test]
fn hostile_text_changes_no_page_but_its_own_words() {
    let harmless = poisoned("words");
    for text in HOSTILE {
        for (path, page) in poisoned(text) {
            // An empty text has no place of its own to leave.
            if !text.trim().is_empty() {
                let links = |page: &str| skeleton(page).iter().filter(|it| *it == "link").count();
                assert_eq!(links(&page), links(&harmless[&path]), "{path} with {text:?}:\n{page}");
                assert_eq!(skeleton(&page), skeleton(&harmless[&path]), "{path} with {text:?}:\n{page}");
            }
            for link in self::links(&page) {
                let scheme = link.split(['/', '?', '#']).next().and_then(|start| start.split_once(':'));
                assert!(scheme.is_none_or(|(scheme, _)| scheme == "mailto"), "{path} links to {link}");
            }
        }
    }
}

#[test]
fn hostile_prose_leaves_the_rest_of_its_page_alone() {
    let headings = |page: &str| {
        parse(page)
            .filter(|event| matches!(event, Event::Start(Tag::Heading { level, .. }) if *level as u8 <= 3))
            .count()
    };
    let mut clean = catalogue(SMALL);
    poison(&mut clean, "words");
    let clean = pages(&clean);
    for text in HOSTILE {
        let mut model = catalogue(SMALL);
        poison(&mut model, &format!("```\n<div>\n\n<!-- {text}"));
        for (path, page) in pages(&model) {
            assert_eq!(headings(&page), headings(&clean[&path]), "{path} with {text:?}:\n{page}");
            let html = |event: &Event<'_>| match event {
                Event::Html(html) | Event::InlineHtml(html) => !matches!(&**html, "<code>" | "</code>"),
                _ => false,
            };
            assert!(!parse(&page).any(|event| html(&event)), "{path} with {text:?}:\n{page}");
        }
    }
}
