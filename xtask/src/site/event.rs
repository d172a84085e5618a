//! What only the site says of an event: documents that may be sent, and what has become of it.

use std::convert::Infallible;
use std::fmt::Write as _;

use tidings_contract::documents::{Broken, Documents, Seed};
use tidings_generator::diff;
use tidings_generator::emit::{Escape, code_span, fenced, markdown_line};
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::Event;
use tidings_generator::text::Text;

use super::compare;

/// Documents that are made to choose from.
const MADE: u64 = 8;
/// Longest document that is shown, in bytes.
const LONGEST: usize = 2_048;

/// All of it, as Markdown below the generated page.
pub(super) fn section(event: &Event, known: &EventCache<'_>) -> Text {
    let make = || Ok::<_, Infallible>([samples(event), history(event), compare::links(event)].concat());
    known.get_or(&["site"], event, make).unwrap_or_else(|never| match never {})
}

/// Documents that the contract tests make, too: the smallest and the fullest of some, and one that is refused. Empty for an
/// event of which nothing is published, or whose schema has no documents.
fn samples(event: &Event) -> String {
    let version = event.latest();
    if !version.is_published() {
        return String::new();
    }
    let seed = Seed::new(0).of(&version.id(event).to_string());
    let Ok(documents) = Documents::of(&version.payload) else { return String::new() };
    let Ok(valid) = documents.valid(seed, MADE) else { return String::new() };
    let written = valid.iter().map(|(_, document)| format!("{document:#}")).filter(|text| text.len() <= LONGEST);
    let mut written: Vec<String> = written.collect();
    written.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    written.dedup();
    let mut broken: Option<Broken> = None;
    documents.try_broken(seed, 1, |document| {
        broken.get_or_insert_with(|| document.clone());
        Ok(())
    });
    let mut out = format!(
        "\n## Sample documents\n\nMade from the schema of version {}, as contract tests make them by the thousand.\n",
        version.number
    );
    let mut show = |heading: &str, text: &str| {
        let _ = write!(out, "\n### {heading}\n\n{}\n", fenced(text, "json"));
    };
    match written.as_slice() {
        [] => return String::new(),
        [one] => show("One that may be sent", one),
        [smallest, .., fullest] => {
            show("A small one that may be sent", smallest);
            show("A full one that may be sent", fullest);
        }
    }
    if let Some(Broken { document, keyword, pointer }) = broken {
        let text = format!("{document:#}");
        if text.len() <= LONGEST {
            show("One that is refused", &text);
            let place = if pointer.is_empty() { "its root".to_owned() } else { code_span(&pointer) };
            let _ = write!(out, "\nIt is refused for `{keyword}` at {place}.\n");
        }
    }
    out
}

/// What has become of it, the newest first, and which versions end when.
fn history(event: &Event) -> String {
    let mut out = String::from("\n## History\n\n| When | What |\n| --- | --- |\n");
    for version in event.versions.values().rev().filter(|version| version.is_published()) {
        if let Some(sunset) = version.sunset {
            let _ = writeln!(out, "| {sunset}, planned | [Version {0}](#version-{0}) ends |", version.number);
        }
    }
    let changelog = diff::changelog(&[(event, diff::versions(event))]);
    for entry in changelog["events"][0]["entries"].as_array().into_iter().flatten() {
        let day = entry["day"].as_str().unwrap_or("No date");
        let changes = entry["changes"].as_array().into_iter().flatten().filter_map(|change| change["text"].as_str());
        let mut texts: Vec<String> = changes.map(|text| Escape::Markdown.apply(text)).collect();
        texts.extend(entry["title"].as_str().map(markdown_line));
        let _ = writeln!(out, "| {day} | {} |", texts.join(" "));
    }
    out
}
