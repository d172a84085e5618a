//! Names in an estate to names in a catalogue.

use heck::{ToKebabCase, ToSnakeCase};

/// The text of an event type taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// Words between dots, in snake case.
    pub(super) words: Vec<String>,
    /// Version at the end of the text: `0.2.0`, `2`.
    pub(super) version: Option<String>,
}

/// Takes apart an event type such as `dev.cdevents.artifact.packaged.0.2.0`, `OrderPlaced.v2` or `order-placed-event`.
pub(super) fn parts(text: &str) -> Option<Parts> {
    let text = text.trim();
    let text = text.strip_suffix(".json").unwrap_or(text);
    let text = text.strip_suffix(".schema").unwrap_or(text);
    let (text, version) = split_version(text);
    let mut words: Vec<String> = text
        .split(['.', '/', ':'])
        .map(ToSnakeCase::to_snake_case)
        .filter(|part| part.starts_with(|first: char| first.is_ascii_lowercase()))
        .collect();
    let usable = |word: &String| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if words.is_empty() || !words.iter().all(usable) {
        return None;
    }
    if let [only] = words.as_slice() {
        let only = only.strip_suffix("_event").unwrap_or(only);
        words = match only.rsplit_once('_') {
            Some((thing, happened)) => vec![thing.to_owned(), happened.to_owned()],
            None => vec![only.to_owned()],
        };
    }
    Some(Parts { words, version })
}

/// `order.placed.v2` → `order.placed`, `2`.
fn split_version(text: &str) -> (&str, Option<String>) {
    let digits = text.rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(0, |at| at + 1);
    let after_letter = text[..digits].chars().next_back().map_or(0, char::len_utf8);
    let tail = text[digits..].trim_start_matches('.');
    if tail.is_empty() || tail.ends_with('.') {
        return (text, None);
    }
    let before = text[..digits].trim_end_matches(['v', 'V']);
    let marked = before.len() < digits;
    let separated = before.ends_with(['.', '-', '_', '/', ':', '@', ' ']) || text[digits..].starts_with('.');
    if after_letter == 0 || !(marked || separated) {
        return (text, None);
    }
    (before.trim_end_matches(['.', '-', '_', '/', ':', '@', ' ']), Some(tail.to_owned()))
}

/// The version that a folder or a part of an address stands for: `v0.4.1`, `2`.
pub(super) fn version_of_part(part: &str) -> Option<String> {
    let digits = part.strip_prefix(['v', 'V']).unwrap_or(part);
    let is_version = digits.split('.').all(|n| !n.is_empty() && n.len() < 10 && n.bytes().all(|b| b.is_ascii_digit()));
    is_version.then(|| digits.to_owned())
}

/// The numbers of a version, to put versions in order.
pub(super) fn version_order(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}

/// How many words all of `events` begin with, leaving at least two to each.
pub(super) fn common_words(events: &[&[String]]) -> usize {
    let (Some(first), Some(shortest)) = (events.first(), events.iter().map(|words| words.len()).min()) else {
        return 0;
    };
    if events.len() < 2 {
        return 0;
    }
    (0..shortest.saturating_sub(2)).take_while(|i| events.iter().all(|words| words[*i] == first[*i])).count()
}

/// Whether a catalogue takes `name` for itself or for a context.
pub(super) fn is_kebab(name: &str) -> bool {
    name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.to_kebab_case() == name
}

/// The name of a context for the first word of an event type.
pub(super) fn context(word: &str) -> String {
    let name = word.to_kebab_case();
    // Modules of the generated crate.
    if ["crate", "self", "super", "topology", "types"].contains(&name.as_str()) {
        format!("{name}-events")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<String>) {
        let parts = parts(text).expect("a usable event type");
        (parts.words.join("."), parts.version)
    }

    #[test]
    fn versions_are_taken_off_event_types() {
        let is = |name: &str, version: &str| (name.to_owned(), Some(version.to_owned()));
        assert_eq!(read("dev.cdevents.artifact.packaged.0.2.0"), is("dev.cdevents.artifact.packaged", "0.2.0"));
        assert_eq!(read("order.placed.v2"), is("order.placed", "2"));
        assert_eq!(read("OrderPlacedV3.schema.json"), is("order.placed", "3"));
        assert_eq!(read("order-placed@1.0"), is("order.placed", "1.0"));
    }

    #[test]
    fn digits_of_a_name_are_no_version() {
        assert_eq!(read("sha256.computed"), ("sha256.computed".to_owned(), None));
        assert_eq!(read("queue.drained2"), ("queue.drained2".to_owned(), None));
    }

    #[test]
    fn words_become_a_thing_and_what_happened() {
        assert_eq!(read("Order Line Added").0, "order_line.added");
        assert_eq!(read("artifact-packaged-event").0, "artifact.packaged");
        assert_eq!(parts("4711"), None);
    }

    #[test]
    fn two_words_always_stay() {
        let events = [vec!["order".to_owned(), "placed".to_owned()], vec!["order".to_owned(), "paid".to_owned()]];
        assert_eq!(common_words(&[&events[0], &events[1]]), 0);
    }
}
