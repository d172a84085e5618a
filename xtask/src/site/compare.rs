//! Pages that hold any two versions of an event against each other.

use std::fmt::Write as _;

use tidings_generator::diff;
use tidings_generator::emit::{EmitError, Escape, OutFile, Templates};
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::{Event, Model};

/// Pairs of versions of an event, the older one first; the newest pairs first.
fn pairs(event: &Event) -> Vec<(u32, u32)> {
    let numbers: Vec<u32> = event.versions.keys().rev().copied().collect();
    let older = |(at, new): (usize, &u32)| numbers[at + 1..].iter().map(|old| (*old, *new)).collect::<Vec<_>>();
    numbers.iter().enumerate().flat_map(older).collect()
}

fn path(event: &Event, (from, to): (u32, u32)) -> String {
    format!("versions/{}.{from}-{to}.md", event.name)
}

/// A page for each pair.
pub(super) fn pages(
    model: &Model,
    event: &Event,
    templates: &Templates,
    known: &EventCache<'_>,
) -> Result<Vec<OutFile>, EmitError> {
    let page = |(from, to): (u32, u32)| {
        let (Some(one), Some(other)) = (event.versions.get(&from), event.versions.get(&to)) else { return Ok(None) };
        let text = known.get_or(&["comparison", &format!("{from} {to}"), templates.digest()], event, || {
            let difference = diff::version_diff(&diff::between(model, event, one, other));
            templates.render("changes/diff.md", Escape::Markdown, &difference)
        })?;
        OutFile::new(format!("docs/{}", path(event, (from, to))), text).map(Some)
    };
    pairs(event).into_iter().filter_map(|pair| page(pair).transpose()).collect()
}

/// Links to them: a section of the event's page. Empty for an event of one version.
pub(super) fn links(event: &Event) -> String {
    let mut out = String::new();
    for (from, to) in pairs(event) {
        if out.is_empty() {
            out.push_str("\n## Compare versions\n\n");
        }
        let _ = writeln!(out, "- [Version {from} to {to}](../{})", path(event, (from, to)));
    }
    out
}
