//! Payloads: published versions that changed, and new versions against earlier ones.

use rayon::prelude::*;

use super::{Change, affected, is_published};
use crate::compat::{self, ContentModel, Direction, Schema, Verdict};
use crate::diagnostic::Diagnostic;
use crate::model::{Compatibility, Event, Version};
use crate::rules::breaking::undecided_change;

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
    let mut found = Vec::new();
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
                Diagnostic::new(finding.rule, after.place.name, format!("{title}: {}", finding.message))
                    .related(place, label)
                    .why(format!("{affected}; this payload shows it: {}", finding.witness))
                    .help(&*help)
            })),
        }
    }
    found
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
