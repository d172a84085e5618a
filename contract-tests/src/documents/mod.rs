//! Documents of a payload: valid ones that reach every branch of it, and broken ones a single violation away.
//!
//! `payload → strategy → proptest → gate`. A payload is a schema understood, so each of its types becomes a strategy of
//! proptest; whether what comes out is valid is for the validator to say, and what it refuses is counted and never used.
//! A document is replayed by its [`Seed`].

mod broken;
mod coverage;
mod numbers;
mod seed;
mod text;
mod valid;

use jsonschema::Validator;
use proptest::strategy::{BoxedStrategy, Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use tidings_generator::compat;
use tidings_generator::payload::Payload;

pub use broken::Broken;
pub use coverage::{Branches, Coverage};
pub use seed::{InvalidSeed, Seed};

/// How often a failing document is tried to be made smaller.
const MOST_STEPS: usize = 2_000;

/// How often a document is made again that its schema refuses, before it is given up.
const TRIES: u64 = 20;

/// The documents of one payload.
pub struct Documents {
    branches: Branches,
    validator: Validator,
    valid: BoxedStrategy<Value>,
    broken: BoxedStrategy<Broken>,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

/// What is tried of a version.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'d> {
    /// What documents are made of.
    pub documents: &'d Documents,
    /// Documents that are known to have been trouble; they are tried first.
    pub known: &'d [Value],
    /// What they begin with.
    pub seed: Seed,
    /// How many are made.
    pub cases: u64,
}

/// Why a payload has no documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentsError {
    /// The schema has a pattern that cannot be matched.
    #[error("a pattern of its schema cannot be matched")]
    Pattern,
    /// Nothing that is made is valid.
    #[error(
        "no valid document was found: its schema may allow none, or a pattern and a length that hardly go together"
    )]
    NoneFound,
}

/// A document that does not hold, made as small as it still does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterexample<T> {
    /// The document.
    pub document: T,
    /// What makes the document from which it was shrunk.
    pub seed: Seed,
    /// Why it does not hold.
    pub reason: String,
}

/// What became of a number of documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried<T> {
    /// Documents that were judged.
    pub documents: u64,
    /// Documents that were made and that the schema did not judge as it should: they were not used.
    pub rejected: u64,
    /// The first that does not hold.
    pub counterexample: Option<Counterexample<T>>,
}

impl Documents {
    /// The documents of a payload.
    ///
    /// # Errors
    /// When its schema cannot be judged.
    pub fn of(payload: &Payload) -> Result<Self, DocumentsError> {
        let validator = compat::validator(&payload.schema).ok_or(DocumentsError::Pattern)?;
        let valid = valid::documents(payload);
        let broken = broken::documents(payload, valid.clone());
        Ok(Self { branches: Branches::of(payload), validator, valid, broken })
    }

    /// Whether the schema accepts a document.
    #[must_use]
    pub fn accepts(&self, document: &Value) -> bool {
        self.validator.is_valid(document)
    }

    /// What the schema has against a document: pointers into it, and why.
    #[must_use]
    pub fn refusals(&self, document: &Value) -> Vec<(String, String)> {
        let errors = self.validator.iter_errors(document).take(16);
        errors.map(|error| (error.instance_path().to_string(), error.to_string())).collect()
    }

    /// The branches of the payload.
    #[must_use]
    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// Valid documents. Each comes with what makes it again.
    ///
    /// # Errors
    /// When none is found.
    pub fn valid(&self, seed: Seed, cases: u64) -> Result<Vec<(Seed, Value)>, DocumentsError> {
        let mut documents = Vec::with_capacity(usize::try_from(cases).unwrap_or_default());
        for case in seed.cases(cases) {
            let made = case.attempts(TRIES).find_map(|attempt| {
                let value = made(&self.valid, attempt)?.current();
                self.accepts(&value).then_some((attempt, value))
            });
            documents.extend(made);
        }
        if documents.is_empty() && cases > 0 { Err(DocumentsError::NoneFound) } else { Ok(documents) }
    }

    /// Judges valid documents, and shrinks the first that does not hold.
    pub fn try_valid(&self, seed: Seed, cases: u64, judge: impl FnMut(&Value) -> Result<(), String>) -> Tried<Value> {
        try_all(&self.valid, seed, cases, |document| self.accepts(document), judge)
    }

    /// Judges documents that are one violation away from a valid one, and shrinks the first that does not hold.
    pub fn try_broken(
        &self,
        seed: Seed,
        cases: u64,
        judge: impl FnMut(&Broken) -> Result<(), String>,
    ) -> Tried<Broken> {
        try_all(&self.broken, seed, cases, |broken| self.is_one_violation(broken), judge)
    }

    /// Whether a document violates its schema once, and as it says. Inside alternatives, which are refused as a whole,
    /// the validator cannot tell.
    fn is_one_violation(&self, broken: &Broken) -> bool {
        let mut errors = self.validator.iter_errors(&broken.document);
        let (Some(first), None) = (errors.next(), errors.next()) else { return false };
        let path = first.schema_path().as_str();
        let keyword = path.rsplit('/').next().unwrap_or_default();
        keyword == broken.keyword || path.split('/').any(|part| matches!(part, "anyOf" | "oneOf" | "propertyNames"))
    }
}

/// What a seed makes of a strategy.
fn made<T: std::fmt::Debug>(
    strategy: &BoxedStrategy<T>,
    seed: Seed,
) -> Option<Box<dyn proptest::strategy::ValueTree<Value = T>>> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    strategy.new_tree(&mut TestRunner::new_with_rng(config, rng)).ok()
}

fn try_all<T: std::fmt::Debug>(
    strategy: &BoxedStrategy<T>,
    seed: Seed,
    cases: u64,
    is_meant: impl Fn(&T) -> bool,
    mut judge: impl FnMut(&T) -> Result<(), String>,
) -> Tried<T> {
    let mut tried = Tried { documents: 0, rejected: 0, counterexample: None };
    for case in seed.cases(cases) {
        for attempt in case.attempts(TRIES) {
            let Some(mut tree) = made(strategy, attempt) else {
                tried.rejected += 1;
                continue;
            };
            let document = tree.current();
            if !is_meant(&document) {
                tried.rejected += 1;
                continue;
            }
            tried.documents += 1;
            if let Err(reason) = judge(&document) {
                let mut smallest = Counterexample { document, seed: attempt, reason };
                shrink(tree.as_mut(), &is_meant, &mut judge, &mut smallest);
                tried.counterexample = Some(smallest);
                return tried;
            }
            break;
        }
    }
    tried
}

/// Makes a counterexample smaller, as long as it is meant and does not hold.
fn shrink<T: std::fmt::Debug>(
    tree: &mut dyn proptest::strategy::ValueTree<Value = T>,
    is_meant: &impl Fn(&T) -> bool,
    judge: &mut impl FnMut(&T) -> Result<(), String>,
    smallest: &mut Counterexample<T>,
) {
    let mut goes_on = tree.simplify();
    for _ in 0..MOST_STEPS {
        if !goes_on {
            return;
        }
        let document = tree.current();
        goes_on = match is_meant(&document).then(|| judge(&document)) {
            Some(Err(reason)) => {
                (smallest.document, smallest.reason) = (document, reason);
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
}
