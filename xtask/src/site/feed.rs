//! What machines read: a feed of changes, and a list of pages.

use std::fmt::Write as _;

use chrono::NaiveDate;
use tidings_generator::emit::Escape;
use tidings_generator::model::Model;

use super::Page;

/// Versions in the feed, at most: the newest.
const MOST: usize = 100;

/// An Atom feed of the versions of events, the newest first. Links are relative to the feed.
pub(super) fn atom(model: &Model) -> String {
    let mut versions: Vec<_> =
        model.versions().filter_map(|(event, version)| Some((version.since?, event, version))).collect();
    versions.sort_by(|one, other| (other.0, &one.1.name, one.2.number).cmp(&(one.0, &other.1.name, other.2.number)));
    versions.truncate(MOST);
    let name = Escape::Html.apply(&model.name);
    let updated = versions.first().map_or(NaiveDate::default(), |(since, ..)| *since);
    let tag = |rest: &str| Escape::Html.apply(&format!("tag:{}.invalid,2000:{rest}", model.name));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <title>Events of {name}</title>\n<id>{}</id>\n<updated>{updated}T00:00:00Z</updated>\n\
         <link rel=\"self\" href=\"feed.xml\"/>\n<link href=\"index.html\"/>\n<author><name>{name}</name></author>\n",
        tag("catalogue")
    );
    for (since, event, version) in versions {
        let title = Escape::Html.apply(&format!("{} version {}: {}", event.name, version.number, version.life()));
        let what = version.changes.as_ref().or(event.summary.as_ref());
        let what = Escape::Html.apply(what.map_or("", String::as_str));
        let _ = write!(
            out,
            "<entry>\n<title>{title}</title>\n<id>{}</id>\n<updated>{since}T00:00:00Z</updated>\n\
             <link href=\"events/{}.html#version-{}\"/>\n<summary>{what}</summary>\n</entry>\n",
            tag(&version.id(event).to_string()),
            Escape::Html.apply(&event.name),
            version.number
        );
    }
    out.push_str("</feed>\n");
    out
}

/// All pages with a line each, as `llms.txt` has it.
pub(super) fn llms(model: &Model, pages: &[Page]) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = format!("# {}\n", line(&model.name));
    if let Some(summary) = &model.summary {
        let _ = write!(out, "\n> {}\n", line(summary));
    }
    for pages in pages.chunk_by(|one, other| one.kind == other.kind) {
        let _ = write!(out, "\n## {}\n\n", pages[0].section);
        for page in pages {
            let about = if page.rendered.summary.is_empty() {
                String::new()
            } else {
                format!(": {}", line(&page.rendered.summary))
            };
            let _ = writeln!(out, "- [{}]({}){about}", line(&page.rendered.title), page.markdown);
        }
    }
    let _ = write!(
        out,
        "\n## Machine-readable\n\n- [AsyncAPI](asyncapi.yaml): all streams and messages\n- [Changes](feed.xml): an Atom feed\n"
    );
    out
}
