//! Streams: partitions, keys, retention, dead letters.

use super::{Change, affected};
use crate::diagnostic::{Diagnostic, Meta};
use crate::model::{AfterDeadLetter, Retention, Status, Stream};
use crate::rules::breaking as rule;

pub(super) fn check(change: &Change<'_>, out: &mut Vec<Diagnostic>) {
    for before in change.old.streams.values().filter(|stream| carries_published(change, stream)) {
        match change.new.streams.get(&before.name) {
            None => out.push(removed(change, before)),
            Some(after) => compare(change, before, after, out),
        }
    }
}

/// Whether it carries more than drafts.
fn carries_published(change: &Change<'_>, stream: &Stream) -> bool {
    stream.carries.iter().filter_map(|id| change.old.version(id)).any(|(_, version)| version.status != Status::Draft)
}

fn removed(change: &Change<'_>, before: &Stream) -> Diagnostic {
    // A new stream that carries the same events is the same one under another name.
    let renamed = change.new.streams.values().find(|stream| {
        !change.old.streams.contains_key(&stream.name) && stream.carries.iter().any(|id| before.carries.contains(id))
    });
    let message = renamed.map_or_else(
        || format!("stream `{}` is gone", before.name),
        |renamed| format!("stream `{}` is called `{}` now", before.name, renamed.name),
    );
    Diagnostic::new(&rule::stream_removed::META, change.before(before.place.name), message)
        .why(affected::by_stream(change.old, &before.name))
        .help("keep the stream until its last version is retired and its retention has passed")
}

fn compare(change: &Change<'_>, before: &Stream, after: &Stream, out: &mut Vec<Diagnostic>) {
    let name = &before.name;
    let finding = |meta: &Meta, message: String, help: &str| {
        Diagnostic::new(meta, after.place.name, message)
            .related(change.before(before.place.name), "before")
            .why(affected::by_stream(change.old, name))
            .help(help)
    };
    if before.partitions != after.partitions {
        let message = format!("stream `{name}` has {} partitions instead of {}", after.partitions, before.partitions);
        let help = "declare a new stream with that many partitions, and publish a new version on it";
        out.push(finding(&rule::partition_count_changed::META, message, help));
    }
    let key = |stream: &Stream| {
        let parts: Vec<String> = stream.partition_key.iter().map(|part| part.source.to_string()).collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    };
    if key(before) != key(after) {
        let message = format!("stream `{name}` is partitioned by {} instead of {}", key(after), key(before));
        out.push(finding(
            &rule::partition_key_changed::META,
            message,
            "declare a new stream with that key, and publish a new version on it",
        ));
    }
    let cut = |what: &str, before: Retention, after: Retention| {
        let shorter = after.max_age.is_some_and(|age| before.max_age.is_none_or(|before| age.0 < before.0));
        let smaller = after.max_bytes.is_some_and(|bytes| before.max_bytes.is_none_or(|before| bytes < before));
        let message = format!("{what} keeps {} instead of {}", described(after), described(before));
        (shorter || smaller).then(|| {
            finding(
                &rule::retention_cut::META,
                message,
                "keep the retention, or agree with the consumers that they need no more",
            )
        })
    };
    out.extend(cut(&format!("stream `{name}`"), before.retention, after.retention));
    match (before.dead_letter, after.dead_letter) {
        (Some(before), Some(after)) => {
            out.extend(cut(&format!("the dead-letter stream of `{name}`"), before.retention, after.retention));
            if before.then != after.then {
                let message = format!(
                    "after a dead letter, stream `{name}` {} instead of {}",
                    described_then(after.then),
                    described_then(before.then)
                );
                out.push(finding(
                    &rule::dead_letter_changed::META,
                    message,
                    "keep the policy, or agree on it with the consumers",
                ));
            }
        }
        (Some(_), None) => {
            let message = format!("stream `{name}` has no dead letters any more");
            out.push(finding(&rule::dead_letter_changed::META, message, "keep `dead_letter`"));
        }
        (None, _) => {}
    }
}

fn described(retention: Retention) -> String {
    match (retention.max_age, retention.max_bytes) {
        (Some(age), Some(bytes)) => format!("{age} or {bytes}"),
        (Some(age), None) => age.to_string(),
        (None, Some(bytes)) => bytes.to_string(),
        (None, None) => "everything".to_owned(),
    }
}

fn described_then(then: AfterDeadLetter) -> &'static str {
    match then {
        AfterDeadLetter::Skip => "goes on with the key",
        AfterDeadLetter::HaltKey => "halts the key",
    }
}
