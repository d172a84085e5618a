//! Everything that contract tests found on one day: what reports are made of, and what answers whether a service can be
//! deployed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tidings_generator::model::{Fingerprints, Model};

use crate::estate::Estate;
use crate::evidence::{Check, Evidence, Fault, Outcome, Subject};

const NO_TEST: &str = "it has no contract test";
const SILENT: &str = "its contract test says nothing of it";

/// A run of all contract tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Name of the catalogue.
    pub catalogue: String,
    /// Its hash, of [`Record::digest`]: what was shown of another one is not of this one.
    #[serde(default)]
    pub digest: String,
    /// The day of the run.
    pub date: NaiveDate,
    /// The seed of all documents.
    pub seed: String,
    /// Documents of each event version, at most.
    pub cases: u64,
    /// Checks of the catalogue itself: its examples, and samples.
    pub catalogue_checks: Vec<Check>,
    /// What each service showed, in order of name.
    pub services: Vec<Evidence>,
    /// Who sends what to whom, and whether it is understood.
    pub matrix: Vec<Row>,
    /// Every step of every flow: how it may end, whether it is undone, and whether it comes to an end at all.
    #[serde(default)]
    pub flows: Vec<Duty>,
}

/// A live version of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Event type.
    pub event: String,
    /// Its version.
    pub version: u32,
    /// Services that publish it.
    pub publishers: Vec<String>,
    /// Services that consume it, and what was shown.
    pub consumers: BTreeMap<String, Cell>,
}

/// What a service has to do in a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duty {
    /// The step, as `order-fulfilment/take-payment`.
    pub step: String,
    /// Who has to do it.
    pub service: String,
    /// [`Subject::Step`], [`Subject::Compensation`] or [`Subject::Timeout`].
    pub subject: Subject,
    /// The event that a step ends with; the events that tell that it is undone; how long it may take.
    pub what: String,
    /// What was shown.
    pub cell: Cell,
}

/// Whether a service understands what is sent to it, or does what it has to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Cell {
    /// It reads every document there can be.
    Proven {
        /// Documents that were handled besides.
        handled: u64,
    },
    /// It reads or handles so many documents.
    Tried {
        /// How many.
        documents: u64,
    },
    /// It does not.
    Failed {
        /// Why, the first reason.
        reason: String,
    },
    /// Nobody has tried.
    NotShown {
        /// Why.
        reason: String,
    },
}

/// Whether a service can be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What speaks against it. Nothing: it can.
    pub against: Vec<String>,
    /// What is not known.
    pub unknown: Vec<String>,
    /// What speaks for it.
    pub reasons: Vec<String>,
}

impl Record {
    /// The hash of everything that a catalogue says.
    #[must_use]
    pub fn digest(estate: &Estate) -> String {
        Fingerprints::of(estate.model()).of_all().to_string()
    }

    /// The matrix of a catalogue, from what its services showed.
    #[must_use]
    pub fn matrix(estate: &Estate, services: &[Evidence]) -> Vec<Row> {
        let model: &Model = estate.model();
        let row = |(event, version): (&tidings_generator::model::Event, &tidings_generator::model::Version)| {
            let id = version.id(event);
            let cell = |name: &str| {
                // Its test, and the contracts of what is deployed of it.
                let of_it: Vec<&Evidence> = services.iter().filter(|evidence| evidence.service == name).collect();
                if of_it.is_empty() {
                    return Cell::NotShown { reason: NO_TEST.to_owned() };
                }
                Cell::of(&of_it, &id.event, id.version)
            };
            Row {
                event: id.event.clone(),
                version: id.version,
                publishers: model.publishers(&id).map(|service| service.name.clone()).collect(),
                consumers: estate
                    .readers_of(event, version)
                    .map(|service| (service.name.clone(), cell(&service.name)))
                    .collect(),
            }
        };
        estate.live().map(row).collect()
    }

    /// What there is to do in the flows of a catalogue, and what services showed of it. A step that takes too long is for
    /// its service to end, or for who conducts the flow.
    #[must_use]
    pub fn flows(estate: &Estate, services: &[Evidence]) -> Vec<Duty> {
        let mut duties = Vec::new();
        for flow in estate.model().flows.values() {
            for step in &flow.steps {
                let name = format!("{}/{}", flow.name, step.name);
                let mut duty = |service: &str, subject: Subject, event: &str, what: String| {
                    let cell = Cell::of_step(services, service, &name, subject, event);
                    duties.push(Duty { step: name.clone(), service: service.to_owned(), subject, what, cell });
                };
                for event in &step.emits {
                    duty(&step.service, Subject::Step, event, event.clone());
                }
                if let Some(compensation) = &step.compensation {
                    duty(&step.service, Subject::Compensation, "", compensation.emits.join(", "));
                }
                if let Some(timeout) = &step.timeout {
                    let conductor = flow.orchestrator.as_ref().unwrap_or(&step.service);
                    duty(conductor, Subject::Timeout, "", timeout.to_string());
                }
            }
        }
        duties
    }

    /// Every fault: the service, empty for the catalogue itself; the check; and what is wrong.
    pub fn faults(&self) -> impl Iterator<Item = (&str, &Check, &Fault)> {
        let of_catalogue = self.catalogue_checks.iter().map(|check| ("", check));
        let of_services = self
            .services
            .iter()
            .flat_map(|evidence| evidence.checks.iter().map(move |check| (evidence.service.as_str(), check)));
        of_catalogue
            .chain(of_services)
            .flat_map(|(service, check)| check.outcome.faults().iter().map(move |fault| (service, check, fault)))
    }

    /// Whether a version of a service can be deployed, whoever else is deployed before or behind it.
    #[must_use]
    pub fn can_deploy(&self, service: &str, version: &str) -> Answer {
        let mut answer = Answer { against: Vec::new(), unknown: Vec::new(), reasons: Vec::new() };
        let of_it: Vec<&Evidence> = self.services.iter().filter(|evidence| evidence.service == service).collect();
        let of_version: Vec<&Evidence> = of_it.iter().copied().filter(|evidence| evidence.version == version).collect();
        if of_it.is_empty() {
            answer.against.push(format!("`{service}` has shown nothing: it has no contract test, or is no service"));
        } else if of_version.is_empty() {
            answer.against.push(format!(
                "evidence is of version {}, not of {version}: run `cargo xtask contract` with it",
                of_it[0].version
            ));
        }
        for evidence in &of_version {
            answer.against.extend(evidence.faults().map(|(check, fault)| in_words(check, fault)));
        }
        let has_sent = |row: &Row| {
            let mut checks = of_version.iter().flat_map(|evidence| &evidence.checks);
            checks.any(|check| {
                (check.subject, check.event.as_str(), check.version) == (Subject::Sends, &row.event, row.version)
            })
        };
        for row in &self.matrix {
            let id = format!("{}@{}", row.event, row.version);
            if let Some(cell) = row.consumers.get(service) {
                match cell {
                    // Its faults are among those above.
                    Cell::Failed { .. } => {}
                    Cell::NotShown { reason } => {
                        answer.unknown.push(format!("whether it understands `{id}`: {reason}"));
                    }
                    Cell::Proven { .. } | Cell::Tried { .. } => {
                        answer.reasons.push(format!("it understands `{id}`: {cell}"));
                    }
                }
            }
            if row.publishers.iter().any(|publisher| publisher == service) {
                if !has_sent(row) {
                    answer
                        .unknown
                        .push(format!("whether what it sends as `{id}` is one: its contract test sends none"));
                }
                for (consumer, cell) in &row.consumers {
                    match cell {
                        Cell::Failed { reason } => {
                            answer.against.push(format!("`{consumer}` does not understand `{id}`: {reason}"));
                        }
                        Cell::NotShown { reason } => {
                            answer.unknown.push(format!("whether `{consumer}` understands `{id}`: {reason}"));
                        }
                        Cell::Proven { .. } | Cell::Tried { .. } => {
                            answer.reasons.push(format!("`{consumer}` understands `{id}`: {cell}"));
                        }
                    }
                }
            }
        }
        for duty in self.flows.iter().filter(|duty| duty.service == service) {
            match &duty.cell {
                // Its faults are among those above.
                Cell::Failed { .. } => {}
                Cell::NotShown { reason } => answer.unknown.push(format!("whether {duty}: {reason}")),
                Cell::Proven { .. } | Cell::Tried { .. } => answer.reasons.push(format!("{duty}: {}", duty.cell)),
            }
        }
        answer
    }
}

/// `reads order.placed@2, total.cents: …`
#[must_use]
pub fn in_words(check: &Check, fault: &Fault) -> String {
    let about = check.about();
    let event = if about.is_empty() { about } else { format!(" `{about}`") };
    let field = if fault.field.is_empty() { String::new() } else { format!(", `{}`", fault.field) };
    format!("{}{event}{field}: {}", check.subject.as_str(), fault.message)
}

impl Duty {
    /// `ends with payment.captured`, `undone by payment.refunded`, `over within 30m`
    #[must_use]
    pub fn words(&self) -> String {
        let verb = match self.subject {
            Subject::Compensation => "undone by",
            Subject::Timeout => "over within",
            _ => "ends with",
        };
        format!("{verb} {}", self.what)
    }
}

impl std::fmt::Display for Duty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (step, what) = (&self.step, &self.what);
        match self.subject {
            Subject::Compensation => write!(f, "it undoes `{step}` with `{what}`"),
            Subject::Timeout => write!(f, "it ends `{step}` within {what}"),
            _ => write!(f, "it ends `{step}` with `{what}`"),
        }
    }
}

impl Cell {
    /// What a service has shown of a step of a flow.
    fn of_step(services: &[Evidence], service: &str, step: &str, subject: Subject, event: &str) -> Self {
        let mut of_it = services.iter().filter(|evidence| evidence.service == service).peekable();
        if of_it.peek().is_none() {
            return Self::NotShown { reason: NO_TEST.to_owned() };
        }
        let is_meant =
            |check: &&Check| (check.subject, check.step.as_str(), check.event.as_str()) == (subject, step, event);
        let checks: Vec<&Check> = of_it.flat_map(|evidence| &evidence.checks).filter(is_meant).collect();
        if let Some(fault) = checks.iter().flat_map(|check| check.outcome.faults()).next() {
            return Self::Failed { reason: fault.message.clone() };
        }
        let documents = |check: &&Check| match check.outcome {
            Outcome::Tried { documents } => documents,
            _ => 0,
        };
        match checks.iter().map(documents).sum() {
            0 => Self::NotShown { reason: SILENT.to_owned() },
            documents => Self::Tried { documents },
        }
    }

    /// What a service has shown of one event version, all of it together.
    fn of(evidence: &[&Evidence], event: &str, version: u32) -> Self {
        let is_meant = |check: &&Check| check.event == event && check.version == version;
        let checks: Vec<&Check> = evidence.iter().flat_map(|evidence| &evidence.checks).filter(is_meant).collect();
        if let Some(fault) = checks.iter().flat_map(|check| check.outcome.faults()).next() {
            let field = if fault.field.is_empty() { String::new() } else { format!("`{}`: ", fault.field) };
            return Self::Failed { reason: format!("{field}{}", fault.message) };
        }
        let is_proven = checks.iter().any(|check| matches!(check.outcome, Outcome::Proven { .. }));
        let tried = |subject: Subject| {
            let of = checks.iter().filter(|check| check.subject == subject);
            of.map(|check| match check.outcome {
                Outcome::Tried { documents } | Outcome::Proven { documents } => documents,
                Outcome::Failed { .. } | Outcome::NotShown { .. } => 0,
            })
            .sum::<u64>()
        };
        let (handled, read) = (tried(Subject::Handles), tried(Subject::Reads));
        if is_proven {
            return Self::Proven { handled };
        }
        if handled + read > 0 {
            return Self::Tried { documents: handled.max(read) };
        }
        let reason = checks.iter().find_map(|check| match &check.outcome {
            Outcome::NotShown { reason } => Some(reason.clone()),
            _ => None,
        });
        Self::NotShown { reason: reason.unwrap_or_else(|| SILENT.to_owned()) }
    }

    /// Whether it does not understand.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Proven { handled: 0 } => f.write_str("proven"),
            Self::Proven { handled } => write!(f, "proven, and {handled} handled"),
            Self::Tried { documents } => write!(f, "{documents} tried"),
            Self::Failed { .. } => f.write_str("FAILED"),
            Self::NotShown { reason } => write!(f, "not shown: {reason}"),
        }
    }
}
