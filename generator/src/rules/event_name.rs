//! What kind of thing the name of an event speaks of. The naming lints each report one kind, so that a name is
//! reported once, for its worst fault.

use super::tense;
use crate::case::snake_case;
use crate::model::Event;

/// What a name reads like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Something that has happened.
    Past,
    /// Something that has happened, but not what: `order.updated`, `OrderEvent`.
    Vague,
    /// An order to somebody: `order.place`.
    Command,
    /// A question: `order.get`.
    Query,
    /// None of these: `order.payment`.
    Other,
}

/// Last words that do not tell what happened unless something in front of them does.
const VAGUE_VERBS: &[&str] = &["altered", "changed", "edited", "modified", "touched", "updated"];
/// Last words that only say that this is an event.
const EVENT_WORDS: &[&str] = &["event", "events", "happened", "message", "notification", "occurred"];
/// Words that do not tell what changed.
const VAGUE_OBJECTS: &[&str] =
    &["attributes", "data", "details", "entity", "fields", "info", "object", "properties", "record", "state", "status"];
const QUERY_VERBS: &[&str] =
    &["ask", "can", "fetch", "find", "get", "has", "inquire", "is", "list", "lookup", "query", "search", "should"];
const QUERY_NOUNS: &[&str] = &["enquiry", "inquiry", "lookup", "query", "search"];

/// The words of a name in lower case, without a version at its end: `payment.refund_requested.v2` has `payment`,
/// `refund`, `requested`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> =
        snake_case(name).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let is_version = |word: &String| {
        let digits = word.strip_prefix('v').unwrap_or(word);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    while words.len() > 1 && words.last().is_some_and(is_version) {
        words.pop();
    }
    words
}

/// How many leading words of [`words`] name the thing it happened to: all but the last part of a dotted name, none of
/// one without dots, where that cannot be told.
pub(super) fn subject_len(name: &str) -> usize {
    let all = words(name);
    let mut parts = name.split('.').map(words).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    // Parts that are only a version have no words in the whole name.
    while parts.len() > 1 && parts.iter().map(Vec::len).sum::<usize>() > all.len() {
        parts.pop();
    }
    parts.iter().rev().skip(1).map(Vec::len).sum()
}

/// Reads a name.
pub(super) fn reading(name: &str) -> Reading {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((last, before)) = words.split_last() else { return Reading::Other };
    let subject = subject_len(name);
    let first = words[subject.min(before.len())];
    if EVENT_WORDS.contains(last) || (VAGUE_VERBS.contains(last) && !says_what_changed(before, name)) {
        Reading::Vague
    } else if tense::is_past(&words) {
        Reading::Past
    } else if QUERY_VERBS.contains(&first) || QUERY_NOUNS.contains(last) {
        Reading::Query
    } else if tense::is_command_verb(first) || *last == "command" {
        Reading::Command
    } else {
        Reading::Other
    }
}

/// Names to propose instead, best first: the words of the event itself, in the past tense.
pub(super) fn proposal(event: &Event) -> Option<String> {
    let words = words(&event.name);
    let subject = subject_len(&event.name);
    let verb_at = (subject..words.len()).find(|at| tense::is_command_verb(&words[*at]))?;
    let past = tense::past_of(&words[verb_at]);
    let whose = if subject > 0 { &words[..subject] } else { &words[verb_at + 1..] };
    if whose.is_empty() {
        return None;
    }
    // What is left of the action, without the thing it is done to: `order.place_order` is `order.placed`.
    let of: Vec<&str> = words[verb_at + 1..].iter().filter(|word| !whose.contains(word)).map(String::as_str).collect();
    let action = if of.is_empty() { past } else { format!("{}_{past}", of.join("_")) };
    let subject = if subject > 0 { event.name.rsplit_once('.')?.0.to_owned() } else { whose.join("_") };
    Some(format!("{subject}.{action}"))
}

/// Whether the words before `changed` name more than the thing that changed.
fn says_what_changed(before: &[&str], name: &str) -> bool {
    let Some(object) = before.last() else { return false };
    // The first part of a dotted name is the thing; without dots, its first word.
    let thing = words(name.split('.').next().unwrap_or(name)).len();
    let thing = if name.contains('.') { thing } else { 1 };
    before.len() > thing && !VAGUE_OBJECTS.contains(object)
}

#[cfg(test)]
mod tests {
    use super::{Reading, reading};

    #[test]
    fn names_are_read_as_people_read_them() {
        let cases = [
            ("order.placed", Reading::Past),
            ("OrderPlaced", Reading::Past),
            ("customer.address_changed", Reading::Past),
            ("shop.customer.address.changed", Reading::Past),
            ("payment.refund_requested", Reading::Past),
            ("order.placed.v2", Reading::Past),
            ("order.updated", Reading::Vague),
            ("purchase_order.updated", Reading::Vague),
            ("order.status_changed", Reading::Vague),
            ("OrderEvent", Reading::Vague),
            ("OrderUpdated", Reading::Vague),
            ("order.place", Reading::Command),
            ("order.place_order", Reading::Command),
            ("PlaceOrder", Reading::Command),
            ("user.update", Reading::Command),
            ("price.get", Reading::Query),
            ("stock.is_available", Reading::Query),
            ("price.lookup", Reading::Query),
            ("order.payment", Reading::Other),
            ("UserUpdate", Reading::Other),
            ("order", Reading::Other),
            ("", Reading::Other),
            ("...", Reading::Other),
        ];
        for (name, expected) in cases {
            assert_eq!(reading(name), expected, "{name}");
        }
    }
}
