//! The site as a whole: every link leads somewhere, nothing is fetched from elsewhere, and no text leaves its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tidings_contract::estate::Estate;
use tidings_contract::evidence::{Check, Evidence, Outcome, Reading, Subject};
use tidings_contract::record::Record;
use tidings_generator::emit::Templates;
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::{Fingerprints, Model};
use tidings_generator::{load, model};

use super::{Memory, Sources, build, is_page};

/// What would end a text, an attribute, an element, a script or a template.
const HOSTILE: &str =
    r#"</script></title><script>alert(1)</script><img src=x onerror=alert(2)>"'`{{ 7*7 }}{% raw %}${x}$(id)&lt;]]>"#;

fn files_of(model: &Model) -> BTreeMap<String, String> {
    files_after(model, &mut Memory::default())
}

/// The site of a model, by what is remembered of another.
fn files_after(model: &Model, memory: &mut Memory) -> BTreeMap<String, String> {
    let estate = Estate::new(model.clone());
    let reading = Reading {
        event: "order.placed".to_owned(),
        version: 2,
        schema: true.into(),
        fields: vec!["total.cents".to_owned(), HOSTILE.to_owned()],
    };
    let evidence = Evidence {
        service: "payment-service".to_owned(),
        version: "1.4.0".to_owned(),
        seed: "1".to_owned(),
        cases: 100,
        checks: vec![Check::new(Subject::Reads, "order.placed", 2, Outcome::failed(HOSTILE))],
        reads: vec![reading],
    };
    let services = vec![evidence];
    let record = Record {
        catalogue: model.name.clone(),
        digest: Record::digest(&estate),
        date: "2026-03-01".parse().unwrap(),
        seed: "1".to_owned(),
        cases: 100,
        catalogue_checks: Vec::new(),
        matrix: Record::matrix(&estate, &services),
        flows: Record::flows(&estate, &services),
        services,
    };
    let today = "2027-01-15".parse().unwrap();
    let fingerprints = Fingerprints::of(model);
    let known = EventCache::new(&memory.texts, Some(&fingerprints));
    let sources = Sources { model, findings: &[], record: Some(&record), today, known };
    let files = build(&sources, &Templates::embedded().unwrap(), &mut memory.pages).unwrap();
    files.into_iter().map(|file| (file.path, file.contents.to_string())).collect()
}

fn shop() -> BTreeMap<String, String> {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml");
    files_of(Estate::load(&catalogue).unwrap().model())
}

fn pages(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    files.iter().filter(|(path, _)| is_page(path))
}

/// Values of an attribute, as written.
fn values<'t>(text: &'t str, attribute: &str) -> Vec<&'t str> {
    let open = format!(" {attribute}=\"");
    text.split(&open).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_fetched_from_elsewhere() {
    let files = shop();
    let ids: BTreeMap<&str, BTreeSet<&str>> =
        pages(&files).map(|(path, text)| (path.as_str(), values(text, "id").into_iter().collect())).collect();
    let mut links = 0;
    for (path, text) in pages(&files) {
        assert_eq!(values(text, "id").len(), ids[path.as_str()].len(), "{path} has an id twice");
        for script in values(text, "src") {
            assert!(!script.contains("://"), "{path} fetches {script}");
        }
        for link in values(text, "href").into_iter().chain(values(text, "src")) {
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let mut parts: Vec<&str> = path.split('/').collect();
            parts.pop();
            for part in file.split('/').filter(|part| !part.is_empty()) {
                if part == ".." {
                    parts.pop().expect("inside of the site");
                } else {
                    parts.push(part);
                }
            }
            let target = if file.is_empty() { path.clone() } else { parts.join("/") };
            assert!(files.contains_key(&target), "{path} links to {link}");
            assert!(fragment.is_empty() || ids[target.as_str()].contains(fragment), "{path} links to {link}");
            links += 1;
        }
    }
    assert!(links > 1_000, "{links}");
}

#[test]
fn what_is_remembered_never_shows() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml");
    let model = Estate::load(&catalogue).unwrap().model().clone();
    let mut memory = Memory::of_process();
    let first = files_after(&model, &mut memory);
    assert_eq!(first, files_of(&model));
    assert_eq!(first, files_after(&model, &mut memory));
    let mut changes: Vec<(&str, Model)> = Vec::new();
    let mut change = |name, edit: &dyn Fn(&mut Model)| {
        let mut changed = model.clone();
        edit(&mut changed);
        changes.push((name, changed));
    };
    change("a summary", &|it| it.events.get_mut("order.placed").unwrap().summary = Some("Somebody bought.".to_owned()));
    change("a service's summary", &|it| it.services.get_mut("order-service").unwrap().summary = None);
    change("an owner", &|it| it.contexts.get_mut("orders").unwrap().team = Some("payments".to_owned()));
    change("an event less", &|it| drop(it.events.remove("stock.counted")));
    change("a retention", &|it| it.streams.get_mut("orders").unwrap().retention.max_age = None);
    for (name, changed) in &changes {
        let (remembered, fresh) = (files_after(changed, &mut memory), files_of(changed));
        assert_ne!(fresh, first, "{name} changes nothing");
        let stale: Vec<_> = fresh.keys().filter(|path| remembered.get(*path) != fresh.get(*path)).collect();
        assert_eq!(stale, [] as [&String; 0], "{name}");
        assert_eq!(remembered.len(), fresh.len(), "{name}");
    }
}

#[test]
fn code_in_a_description_takes_nothing_in() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml");
    let mut model = Estate::load(&catalogue).unwrap().model().clone();
    model.description = Some("Like this:\n\n```\n## not a heading\n```".to_owned());
    let overview = &files_of(&model)["index.html"];
    assert!(overview.contains("<h2 id=\"health\">") && overview.contains("## not a heading\n</code>"), "{overview}");
}

/// Who owns an event and how to reach them, what changes with version 2, and what to do with its dead letters: two clicks.
#[test]
fn the_first_questions_of_a_reader_are_two_clicks_away() {
    let files = shop();
    let links = |path: &str| -> Vec<String> {
        let main = files[path].split("<main").nth(1).unwrap();
        values(main, "href").into_iter().map(|link| link.split('#').next().unwrap().replace("../", "")).collect()
    };
    assert!(links("index.html").contains(&"events/order.placed.html".to_owned()));
    assert!(links("events/order.placed.html").contains(&"teams/checkout.html".to_owned()));
    assert!(files["teams/checkout.html"].contains("https://oncall.shop.example/checkout"));
    assert!(files["events/order.placed.html"].contains("Since version 1"));
    assert!(links("events/order.placed.html").contains(&"streams/orders.html".to_owned()));
    assert!(files["streams/orders.html"].contains("orders.dlq"));
    assert!(links("index.html").contains(&"ops/dead-letters.html".to_owned()));
    assert!(files["events/order.placed.html"].contains("href=\"../ops/dead-letters.html#stream-orders\""));
    assert!(files["ops/dead-letters.html"].contains("<h2 id=\"stream-orders\">"));
    assert!(links("events/order.placed.html").contains(&"versions/order.placed.1-2.html".to_owned()));
    assert!(files["versions/order.placed.1-2.html"].contains("required-field-added"));
    // And who reads what, and what needs somebody.
    assert!(
        files["events/order.placed.html"]
            .contains("<code>total.cents</code></td><td><a href=\"../services/payment-service.html\">")
    );
    assert!(files["health.html"].contains("Ending soon") && files["evidence.html"].contains("<strong>FAILED</strong>"));
}

#[test]
fn what_people_wrote_stays_text() {
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let catalogue = format!(
        r#"
format: tidings/1
name: shop
summary: {quoted}
description: {quoted}
teams: {{ checkout: {{ name: {quoted}, on_call: "javascript:alert(3)", chat: {quoted} }} }}
defaults: {{ partitions: 1, partition_key: [data.order_id], retention: {{ max_age: 7d }}, dead_letter: {{ max_age: 30d }} }}
contexts:
  orders:
    team: checkout
    summary: {quoted}
    description: {quoted}
    streams: {{ orders: {{ summary: {quoted}, description: {quoted} }} }}
    types: {{ Id: {{ type: string, description: {quoted} }} }}
    events:
      order.placed:
        stream: orders
        summary: {quoted}
        description: {quoted}
        versions:
          1:
            status: active
            since: 2026-01-01
            changes: {quoted}
            data:
              type: object
              required: [order_id]
              properties: {{ order_id: {{ $ref: Id }}, note: {{ type: string, default: {quoted}, description: {quoted} }} }}
            examples: [{{ order_id: {quoted} }}]
services:
  payment-service: {{ team: checkout, consumes: [order.*] }}
  shop-api: {{ team: checkout, publishes: [order.*], summary: {quoted}, description: {quoted} }}
  reader: {{ team: checkout, consumes: [order.*], summary: {quoted} }}
flows:
  checkout:
    style: choreography
    summary: {quoted}
    description: {quoted}
    steps: [{{ name: place, service: shop-api, emits: order.placed }}]
"#
    );
    let loaded = load::load_text("catalogue.yaml", &catalogue);
    let (model, _) = model::resolve(&loaded.tree.expect("a catalogue"));
    let files = files_of(&model);
    assert!(pages(&files).count() >= 8);
    for (path, text) in pages(&files) {
        let tags = text.matches('<').count();
        for tag in ["<script>", "<img", "</script></title>", "onerror=alert(2)>\"", "\"javascript:"] {
            assert!(!text.contains(tag), "{path} has {tag}");
        }
        assert_eq!(text.matches("<script ").count(), 2, "{path}");
        assert!(!text.contains(">49<") && tags > 20, "{path} filled a template in");
    }
    let feed = roxmltree::Document::parse(&files["feed.xml"]).unwrap();
    assert_eq!(feed.descendants().filter(|node| node.tag_name().name() == "entry").count(), 1);
    let index = files["search-index.js"].strip_prefix("globalThis.tidings=").unwrap().trim_end().trim_end_matches(';');
    serde_json::from_str::<serde_json::Value>(index).unwrap();
}

/// Pictures are SVG inside of HTML, and XML as well.
#[test]
fn pictures_are_well_formed_and_their_nodes_are_links() {
    let files = shop();
    let mut pictures = 0;
    for (path, text) in pages(&files) {
        for svg in text.split("<svg").skip(1) {
            let svg = format!("<svg{}</svg>", svg.split("</svg>").next().unwrap());
            let document = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{path}: {error}\n{svg}"));
            assert!(
                document.descendants().any(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "a"))),
                "{path}"
            );
            pictures += 1;
        }
    }
    assert!(pictures > 40, "{pictures}");
}

#[test]
fn the_index_of_the_search_is_small() {
    let files = shop();
    let pages: usize = pages(&files).map(|(_, text)| text.len()).sum();
    let index = files["search-index.js"].len();
    assert!(index * 100 < pages * 15, "{index} of {pages}");
}
