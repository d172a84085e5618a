//! Every adapter of `wire` beside a validator: what one accepts the other must accept, and what was accepted must come
//! back the same.
//!
//! Runs repeat: the seed is fixed, and printed. `PROPTEST_RNG_SEED` and `PROPTEST_CASES` set others.

mod containers;
mod formats;
mod numbers;
mod texts;
mod times;

use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomData;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;
use tidings::wire::{As, Wire};

/// An adapter, and the schema that says the same.
pub(crate) struct Pair<T, A> {
    validator: Validator,
    same: fn(&Value, &Value) -> bool,
    excused: fn(&Value) -> bool,
    accepted: Cell<u32>,
    refused: Cell<u32>,
    adapter: PhantomData<(T, A)>,
}

impl<T: Debug, A: Wire<T>> Pair<T, A> {
    pub(crate) fn new(schema: &Value) -> Self {
        Self {
            validator: jsonschema::options().should_validate_formats(true).build(schema).expect("a schema"),
            same: equal,
            excused: |_| false,
            accepted: Cell::default(),
            refused: Cell::default(),
            adapter: PhantomData,
        }
    }

    /// Replaces JSON's equality in judging whether a document came back.
    pub(crate) fn same(mut self, same: fn(&Value, &Value) -> bool) -> Self {
        self.same = same;
        self
    }

    /// Names documents that the validator accepts by mistake; the adapter has to refuse them.
    pub(crate) fn refusing(mut self, excused: fn(&Value) -> bool) -> Self {
        self.excused = excused;
        self
    }

    /// Compares the two on each of `documents`.
    pub(crate) fn on(self, documents: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        for document in documents {
            self.compare(&document.into()).unwrap_or_else(|difference| panic!("{difference}"));
        }
        self
    }

    /// Compares the two on random documents, of which a good part must be accepted and a good part refused.
    pub(crate) fn on_random<V: Into<Value> + Debug + Clone>(self, documents: impl Strategy<Value = V>) {
        let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
        if config.rng_seed == RngSeed::Random {
            config.rng_seed = RngSeed::Fixed(0x7469_6469);
        }
        config.cases = config.cases.max(2048);
        println!("seed {}, {} cases", config.rng_seed, config.cases);
        let cases = config.cases;
        self.accepted.set(0);
        self.refused.set(0);
        TestRunner::new(config)
            .run(&documents, |document| self.compare(&document.into()))
            .unwrap_or_else(|difference| panic!("{difference}"));
        let (accepted, refused) = (self.accepted.get(), self.refused.get());
        println!("{accepted} accepted, {refused} refused");
        assert!(accepted.min(refused) > cases / 200, "one-sided: {accepted} accepted, {refused} refused");
    }

    fn compare(&self, document: &Value) -> Result<(), TestCaseError> {
        let valid = self.validator.is_valid(document) && !(self.excused)(document);
        let count = if valid { &self.accepted } else { &self.refused };
        count.set(count.get() + 1);
        let read = As::<A>::deserialize(document);
        prop_assert_eq!(valid, read.is_ok(), "{}: {:?}", document, read);
        let text = document.to_string();
        let read_from_text = As::<A>::deserialize(&mut serde_json::Deserializer::from_str(&text));
        prop_assert_eq!(valid, read_from_text.is_ok(), "{} as text: {:?}", document, read_from_text);
        let Ok(value) = read else { return Ok(()) };
        match As::<A>::serialize(&value, serde_json::value::Serializer) {
            Ok(again) => {
                prop_assert!(self.validator.is_valid(&again), "{} is written as {}", document, again);
                prop_assert!((self.same)(document, &again), "{} comes back as {}", document, again);
            }
            Err(refusal) => prop_assert!(false, "{} is read and not written: {}", document, refusal),
        }
        Ok(())
    }
}

/// Equality as JSON Schema defines it: of numbers by value.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    let constant = serde_json::json!({ "const": a });
    jsonschema::is_valid(&constant, b)
}

/// A value that is no string, for adapters of text.
pub(crate) fn not_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!(["a"])),
        Just(serde_json::json!({ "a": 1 })),
    ]
}

/// Texts of `valid`, such texts with one character changed, and any text; sometimes no text at all.
pub(crate) fn near(valid: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = Value> {
    let change = prop_oneof![
        4 => prop::sample::select("0129aAfFgGtTzZ-+.:,@%/?#[](){}<> \"\\_~!&'*;=|^`\u{0}\n".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    let mutated =
        (valid.clone(), any::<prop::sample::Index>(), change, 0..3_u8).prop_map(|(text, index, change, how)| {
            let mut characters: Vec<char> = text.chars().collect();
            let at = index.index(characters.len() + 1);
            match how {
                0 => characters.insert(at, change),
                1 if at < characters.len() => characters[at] = change,
                _ if at < characters.len() => drop(characters.remove(at)),
                _ => characters.push(change),
            }
            characters.into_iter().collect::<String>()
        });
    prop_oneof![
        8 => valid.prop_map(Value::from),
        12 => mutated.prop_map(Value::from),
        2 => "\\PC{0,12}".prop_map(Value::from),
        1 => not_text(),
    ]
}
