//! Which texts patterns allow: whether the texts of some are all among those of another, and if not, a text that shows it.
//!
//! Each pattern becomes a deterministic automaton; the product of all is searched, breadth first, for a text that the
//! writer's accept and the reader's does not (Hopcroft, Motwani, Ullman: Introduction to Automata Theory, chapter 4).

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start::Config as Start;
use regex_automata::{Anchored, MatchKind};
use serde_json::Value;

use super::memory::Memory;
use super::parts::Parts;

/// Bytes that one automaton may have, and what it is made from on the way.
const MOST_BYTES: usize = 1 << 20;
/// States of the product that are looked at.
const MOST_STATES: usize = 50_000;
/// Lengths above which a limit is not made an automaton.
const LONGEST: u64 = 600;

/// What was found out about the texts of a writer and a limit of a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Texts {
    /// Every text of the writer keeps the limit.
    Within,
    /// This one does not.
    Outside(String),
    /// It is too much to find out.
    Unknown,
}

/// Whether texts that `writer` allows keep the reader's `keyword`: `pattern`, `minLength`, `maxLength`, `enum`, `const`.
pub(super) fn compare(writer: &Parts<'_>, keyword: &str, value: &Value) -> Texts {
    // Lengths alone are compared as numbers.
    let has_pattern = writer.has("pattern") || writer.all("format").any(|format| limit("format", format).is_some());
    if matches!(keyword, "minLength" | "maxLength") && !has_pattern {
        return Texts::Unknown;
    }
    thread_local! {
        static FOUND: Memory<Texts> = Memory::new();
    }
    let Some(reader) = limit(keyword, value) else { return Texts::Unknown };
    // What is left out allows more: a proof holds all the more, and a text has to be checked anyway.
    let own = ["pattern", "format", "minLength", "maxLength"];
    let limits = own.iter().flat_map(|key| writer.all(key).filter_map(|value| limit(key, value)).collect::<Vec<_>>());
    let limits: Vec<String> = limits.collect();
    let question = format!("{limits:?} {reader:?}");
    let find = || {
        let writers: Vec<Rc<Dfa>> = limits.iter().filter_map(|limit| automaton(limit)).collect();
        Some(search(&writers, &*automaton(&reader)?))
    };
    FOUND.with(|known| known.get(&question, find)).map_or(Texts::Unknown, |found| Texts::clone(&found))
}

/// Whether every text that matches `pattern` matches `other`.
pub(super) fn within(pattern: &str, other: &str) -> bool {
    let of = |pattern: &str| limit("pattern", &Value::from(pattern)).as_deref().and_then(automaton);
    let (Some(own), Some(wide)) = (of(pattern), of(other)) else { return pattern == other };
    pattern == other || search(&[own], &wide) == Texts::Within
}

type Dfa = dense::DFA<Vec<u32>>;

/// The keyword as a pattern of whole texts.
fn limit(keyword: &str, value: &Value) -> Option<String> {
    let count = || value.as_u64().filter(|count| *count <= LONGEST);
    Some(match keyword {
        "pattern" => format!(r"(?s:.)*(?:{})(?s:.)*", jsonschema_regex::to_rust_regex(value.as_str()?).ok()?),
        "minLength" => format!(r"(?s:.){{{},}}", count()?),
        "maxLength" => format!(r"(?s:.){{0,{}}}", count()?),
        "const" => regex::escape(value.as_str()?),
        "enum" => {
            let texts = value.as_array()?.iter().filter_map(Value::as_str).map(regex::escape).collect::<Vec<_>>();
            texts.join("|")
        }
        "format" => of_format(value.as_str()?)?.to_owned(),
        _ => return None,
    })
}

/// A pattern that every text of a format matches as a whole; others may match it too.
fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "date-time" => {
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
        }
        "time" => r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
        "duration" => "P[0-9YMWDTHS.,]+",
        "ipv4" => r"[0-9]{1,3}(\.[0-9]{1,3}){3}",
        "uuid" => "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        _ => return None,
    })
}

fn automaton(pattern: &str) -> Option<Rc<Dfa>> {
    thread_local! {
        static BUILT: Memory<Dfa> = Memory::new();
    }
    BUILT.with(|known| known.get(pattern, || build(pattern)))
}

fn build(pattern: &str) -> Option<Dfa> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .dfa_size_limit(Some(MOST_BYTES))
        .determinize_size_limit(Some(MOST_BYTES));
    // Counts multiply: what is too large is to be given up soon.
    let nfa = thompson::Config::new().nfa_size_limit(Some(MOST_BYTES));
    dense::Builder::new().configure(config).thompson(nfa).build(&format!(r"\A(?:{pattern})\z")).ok()
}

/// A text that all of `writers` accept and `reader` does not.
fn search(writers: &[Rc<Dfa>], reader: &Dfa) -> Texts {
    let any = automaton("(?s:.)*");
    let Some(any) = any else { return Texts::Unknown };
    // Without limits of its own, the writer allows every text.
    let all: Vec<&Dfa> = writers.iter().map(Rc::as_ref).chain([any.as_ref(), reader]).collect();
    let start: Option<Vec<StateID>> =
        all.iter().map(|dfa| dfa.start_state(&Start::new().anchored(Anchored::Yes)).ok()).collect();
    let Some(start) = start else { return Texts::Unknown };
    let bytes = telling_bytes(&all);
    let accepts = |dfa: &Dfa, state: StateID| dfa.is_match_state(dfa.next_eoi_state(state));
    let mut seen = HashSet::from([start.clone()]);
    let mut before: HashMap<Vec<StateID>, (Vec<StateID>, u8)> = HashMap::new();
    let mut open = VecDeque::from([start]);
    let last = all.len() - 1;
    while let Some(states) = open.pop_front() {
        if all.iter().zip(&states).any(|(dfa, state)| dfa.is_quit_state(*state)) || seen.len() > MOST_STATES {
            return Texts::Unknown;
        }
        let by_writers = all[..last].iter().zip(&states).all(|(dfa, state)| accepts(dfa, *state));
        if by_writers && !accepts(all[last], states[last]) {
            return text(&states, &before).map_or(Texts::Unknown, Texts::Outside);
        }
        for &byte in &bytes {
            let next: Vec<StateID> = all.iter().zip(&states).map(|(dfa, state)| dfa.next_state(*state, byte)).collect();
            let is_dead = all[..last].iter().zip(&next).any(|(dfa, state)| dfa.is_dead_state(*state));
            if !is_dead && seen.insert(next.clone()) {
                before.insert(next.clone(), (states.clone(), byte));
                open.push_back(next);
            }
        }
    }
    Texts::Within
}

/// One byte for each way in which bytes are told apart, readable ones first.
fn telling_bytes(all: &[&Dfa]) -> Vec<u8> {
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(b' '..=b'~');
    let mut seen = HashSet::new();
    let class = |byte: u8| all.iter().map(|dfa| dfa.byte_classes().get(byte)).collect::<Vec<u8>>();
    readable.chain(0..=u8::MAX).filter(|byte| seen.insert(class(*byte))).collect()
}

fn text(states: &[StateID], before: &HashMap<Vec<StateID>, (Vec<StateID>, u8)>) -> Option<String> {
    let mut bytes = Vec::new();
    let mut at = states;
    while let Some((previous, byte)) = before.get(at) {
        bytes.push(*byte);
        at = previous;
    }
    bytes.reverse();
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Texts, compare};
    use crate::compat::parts::Parts;

    fn texts(writer: &Value, keyword: &str, value: &Value) -> Texts {
        compare(&Parts::of(writer, writer), keyword, value)
    }

    #[test]
    fn languages_are_compared_and_not_spellings() {
        for (own, other) in
            [("^[0-9]+$", r"^\d+$"), ("^(ab|cd)$", "^(cd|ab)$"), ("^a{3}$", "^a+$"), ("^abc", "b"), ("^a$", "a")]
        {
            assert_eq!(texts(&json!({ "pattern": own }), "pattern", &json!(other)), Texts::Within, "{own} {other}");
        }
        for (own, other, text) in [("^[a-z]+$", "^[a-y]+$", "z"), ("b", "^b", "ab"), (r"^\d+$", "^[1-9]", "0")] {
            assert_eq!(texts(&json!({ "pattern": own }), "pattern", &json!(other)), Texts::Outside(text.to_owned()));
        }
    }

    #[test]
    fn lengths_formats_and_patterns_count_together() {
        let word = json!({ "pattern": "^[a-z]+$", "minLength": 3, "maxLength": 5 });
        assert_eq!(texts(&word, "pattern", &json!("^[a-z]{3,5}$")), Texts::Within);
        assert_eq!(texts(&json!({ "pattern": "^[a-z]{2}$" }), "maxLength", &json!(2)), Texts::Within);
        assert_eq!(texts(&json!({ "format": "date" }), "pattern", &json!("^[0-9]{4}-")), Texts::Within);
        assert_eq!(texts(&json!({ "pattern": "^a+$" }), "maxLength", &json!(1)), Texts::Outside("aa".to_owned()));
    }
}
