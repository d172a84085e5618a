//! Payloads: published versions that changed, and new versions against earlier ones.

use rayon::prelude::*;

use super::{Change, affected, is_published};
use crate::compat::{self, ContentModel, Direction, Schema, Verdict};
use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::model::{Compatibility, Event, Version};
use crate::payload::FieldRow;
use crate::rules::breaking::{rust_api_changed, undecided_change};
use crate::source::Span;

/// A pair of payloads that has to be compatible.
struct Pair<'a> {
    event: &'a Event,
    before: &'a Version,
    after: &'a Version,
    /// The version before stands in the old catalogue.
    is_rewritten: bool,
}

pub(super) fn check(change: &Change<'_>) -> Vec<Diagnostic> {
    pairs(change).par_iter().flat_map_iter(|pair| judged(change, pair)).collect()
}

fn pairs<'a>(change: &Change<'a>) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for event in change.new.events.values() {
        let old = change.old.events.get(&event.name);
        for after in event.versions.values() {
            let before = old.and_then(|old| old.versions.get(&after.number));
            if let Some(before) = before.filter(|before| is_published(before)) {
                if before.payload.schema != after.payload.schema {
                    pairs.push(Pair { event, before, after, is_rewritten: true });
                }
                continue;
            }
            if !is_published(after) {
                continue;
            }
            // A version that is new, or was a draft, keeps what the event promises towards the ones before it.
            let earlier = event.versions.range(..after.number).rev().map(|(_, version)| version);
            let earlier = earlier.filter(|version| is_published(version));
            let most = if is_transitive(event.compatibility) { usize::MAX } else { 1 };
            pairs.extend(earlier.take(most).map(|before| Pair { event, before, after, is_rewritten: false }));
        }
    }
    pairs
}

fn judged(change: &Change<'_>, pair: &Pair<'_>) -> Vec<Diagnostic> {
    let Pair { event, before, after, is_rewritten } = pair;
    let id = after.id(event);
    let place = if *is_rewritten { change.before(before.place.name) } else { before.place.name };
    let (title, label, help) = if *is_rewritten {
        let next = event.versions.keys().last().map_or(1, |last| last + 1);
        (
            format!("`{id}`"),
            "published like this",
            format!("leave version {} as it is, and add version {next}", after.number),
        )
    } else {
        let promise = "or declare another `compatibility`".to_owned();
        (
            format!("`{}` to `{id}`", before.id(event)),
            "the version before",
            format!("keep what the event promises, {promise}"),
        )
    };
    let affected = affected::by_version(change.old, &before.id(event));
    let schema = |version: &Version| Schema::new(&version.payload.schema, ContentModel::TolerantReader);
    let (old, new) = match (schema(before), schema(after)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(error), _) | (_, Err(error)) => {
            let message = format!("{title}: the change cannot be judged: {error}");
            return vec![Diagnostic::new(&undecided_change::META, after.place.name, message).related(place, label)];
        }
    };
    let mut found: Vec<Diagnostic> = if *is_rewritten { rust_api(change, pair) } else { Vec::new() };
    for direction in directions(event.compatibility) {
        match compat::judge(&old, &new, direction) {
            Verdict::Compatible => {}
            Verdict::Undecided { reason } => found.push(
                Diagnostic::new(
                    &undecided_change::META,
                    after.place.name,
                    format!("{title}: whether it stays {} compatible is undecided", direction.as_str()),
                )
                .related(place, label)
                .why(format!("{reason}; {affected}"))
                .help(&*help),
            ),
            Verdict::Breaking(findings) => found.extend(findings.into_iter().map(|finding| {
                let (here, there) = places(change, pair, &finding.place);
                let affected = affected::by_field(change, &before.id(event), &finding.place);
                Diagnostic::new(finding.rule, here, format!("{title}: {}", finding.message))
                    .related(there, label)
                    .why(format!("{affected}; this payload shows it: {}", finding.witness))
                    .help(&*help)
            })),
        }
    }
    found
}

/// What is at `pointer` of documents, in both catalogues: the field, or the one that holds it, or the version.
fn places(change: &Change<'_>, pair: &Pair<'_>, pointer: &str) -> (Span, Span) {
    let of = |version: &Version| {
        let fields = version.payload.fields();
        let as_pointer = |path: &str| format!("/{}", path.replace("[]", "/*").replace("{}", "/*").replace('.', "/"));
        let holding = |field: &FieldRow<'_>| {
            let at = as_pointer(&field.path);
            pointer.strip_prefix(&*at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')).then_some(at.len())
        };
        let nearest = fields.iter().filter_map(|field| Some((holding(field)?, field.span))).max_by_key(|(len, _)| *len);
        nearest.map_or(version.place.name, |(_, span)| span)
    };
    let there = of(pair.before);
    (of(pair.after), if pair.is_rewritten { change.before(there) } else { there })
}

/// What the change means for code, whatever it means on the wire.
fn rust_api(change: &Change<'_>, pair: &Pair<'_>) -> Vec<Diagnostic> {
    let Pair { event, before, after, .. } = pair;
    let changes = diff::api_changes(&before.payload, &after.payload);
    let Some(first) = changes.first() else { return Vec::new() };
    let more = match changes.len() {
        1 => String::new(),
        many => format!(", and {} more", many - 1),
    };
    let message = format!("`{}` in Rust: `{}` {}{more}", after.id(event), first.item, first.change);
    let affected = affected::by_version(change.old, &before.id(event));
    vec![
        Diagnostic::new(&rust_api_changed::META, after.place.name, message)
            .related(change.before(before.place.name), "published like this")
            .why(format!("code has to change with the next events crate; {affected}"))
            .help("nothing, if that is what you want; else put the change into a new version"),
    ]
}

fn directions(promised: Compatibility) -> impl Iterator<Item = Direction> {
    use Compatibility::{Backward, BackwardTransitive, Forward, ForwardTransitive, None};

    Direction::ALL.into_iter().filter(move |direction| match promised {
        None => false,
        Backward | BackwardTransitive => *direction == Direction::Backward,
        Forward | ForwardTransitive => *direction == Direction::Forward,
        Compatibility::Full | Compatibility::FullTransitive => true,
    })
}

fn is_transitive(promised: Compatibility) -> bool {
    use Compatibility::{BackwardTransitive, ForwardTransitive, FullTransitive};

    matches!(promised, BackwardTransitive | ForwardTransitive | FullTransitive)
}
