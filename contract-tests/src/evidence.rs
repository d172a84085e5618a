//! What contract tests found, as they hand it on: from the test of a service to `cargo xtask contract`, and from there to
//! reports and to other repositories.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::Seed;

/// Everything that was found about one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The service, by its name in the catalogue.
    pub service: String,
    /// Its version: that of its package.
    pub version: String,
    /// The seed of all documents, as [`Seed`] is written.
    pub seed: String,
    /// Documents of each event version, at most.
    pub cases: u64,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What it reads of each event, as far as it has said so.
    pub reads: Vec<Reading>,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What.
    pub subject: Subject,
    /// A step of a flow, as `order-fulfilment/take-payment`; empty where the check is about none.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub step: String,
    /// Event type; empty where the check is about the service as a whole.
    pub event: String,
    /// Version of the event, from 1; 0 where the check is about no version.
    pub version: u32,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// What the package says of itself, and the catalogue of the service.
    Declaration,
    /// Examples of the catalogue.
    Examples,
    /// Sample files.
    Samples,
    /// What the producer's own code makes.
    Sends,
    /// Types against schemas.
    Fidelity,
    /// What a reader struct needs.
    Reads,
    /// Real handlers, with every event once.
    Handles,
    /// Real handlers, with events twice.
    Duplicates,
    /// Real handlers, with events of different keys in another order.
    Reordering,
    /// Real handlers, with crashes before and after commits.
    Crashes,
    /// Real handlers, of which every other one fails and is tried again while others go on.
    Retries,
    /// A recorded stream, and the read model it makes.
    Replay,
    /// A step of a flow that ends with an event.
    Step,
    /// A step of a flow that is undone.
    Compensation,
    /// A step of a flow that does not wait for ever.
    Timeout,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    /// It holds for every document there can be.
    Proven {
        /// Documents that were tried besides.
        documents: u64,
    },
    /// It holds for so many documents.
    Tried {
        /// How many.
        documents: u64,
    },
    /// It does not hold.
    Failed {
        /// In which ways, at least one.
        faults: Vec<Fault>,
    },
    /// It was not checked.
    NotShown {
        /// Why.
        reason: String,
    },
}

/// A way in which a check does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where in a payload: `lines[].sku`; empty where it is about the whole.
    pub field: String,
    /// What is wrong, and what helps.
    pub message: String,
    /// A payload that shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub document: Option<Value>,
    /// What makes that payload, or the one from which it was shrunk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<String>,
}

/// What a service reads of an event: its contract with whoever publishes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Event type.
    pub event: String,
    /// Version as which it is read.
    pub version: u32,
    /// JSON Schema 2020-12 of what it needs.
    pub schema: Value,
    /// Fields that it reads, as `lines[].sku`, in order.
    pub fields: Vec<String>,
}

impl Fault {
    /// About a whole payload, or none.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { field: String::new(), message: message.into(), document: None, seed: None }
    }

    /// About a field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// About the field at a JSON pointer.
    #[must_use]
    pub fn at_pointer(self, pointer: &str) -> Self {
        self.at(pointer.trim_start_matches('/').replace('/', "."))
    }

    /// Shown by a payload.
    #[must_use]
    pub fn shown_by(mut self, document: Value) -> Self {
        self.document = Some(document);
        self
    }

    /// Made again by a seed.
    #[must_use]
    pub fn made_by(mut self, seed: Seed) -> Self {
        self.seed = Some(seed.to_string());
        self
    }
}

impl Outcome {
    /// Failed if there is a fault, or else tried with so many documents.
    #[must_use]
    pub fn of(faults: Vec<Fault>, documents: u64) -> Self {
        if faults.is_empty() { Self::Tried { documents } } else { Self::Failed { faults } }
    }

    /// Failed in one way, which is about no document.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed { faults: vec![Fault::new(message)] }
    }

    /// The faults; none unless it failed.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Failed { faults } => faults,
            _ => &[],
        }
    }
}

impl Check {
    /// Of an event version, of an event in all of its versions (0), or of the service as a whole (empty).
    #[must_use]
    pub fn new(subject: Subject, event: &str, version: u32, outcome: Outcome) -> Self {
        Self { subject, step: String::new(), event: event.to_owned(), version, outcome }
    }

    /// About a step of a flow.
    #[must_use]
    pub fn of_step(mut self, step: &str) -> Self {
        step.clone_into(&mut self.step);
        self
    }

    /// What it is about: `order.placed@2`, `order.placed`, `order-fulfilment/place-order order.placed`, or nothing.
    #[must_use]
    pub fn about(&self) -> String {
        let event = if self.version == 0 { self.event.clone() } else { format!("{}@{}", self.event, self.version) };
        let is_both = !self.step.is_empty() && !event.is_empty();
        format!("{}{}{event}", self.step, if is_both { " " } else { "" })
    }
}

impl Subject {
    /// As it is called in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declaration => "declaration",
            Self::Examples => "examples",
            Self::Samples => "samples",
            Self::Sends => "sends",
            Self::Fidelity => "fidelity",
            Self::Reads => "reads",
            Self::Handles => "handles",
            Self::Duplicates => "duplicates",
            Self::Reordering => "reordering",
            Self::Crashes => "crashes",
            Self::Retries => "retries",
            Self::Replay => "replay",
            Self::Step => "step",
            Self::Compensation => "compensation",
            Self::Timeout => "timeout",
        }
    }
}

impl Evidence {
    /// The faults, with the check that found each.
    pub fn faults(&self) -> impl Iterator<Item = (&Check, &Fault)> {
        self.checks.iter().flat_map(|check| check.outcome.faults().iter().map(move |fault| (check, fault)))
    }
}
