//! Everything that contract tests found on one day: what reports are made of, and what answers whether a service can be
//! deployed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tidings_generator::model::Model;

use crate::estate::Estate;
use crate::evidence::{Check, Evidence, Fault, Outcome, Subject};

/// A run of all contract tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Name of the catalogue.
    pub catalogue: String,
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

/// Whether a service understands what is sent to it.
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
                    return Cell::NotShown { reason: "it has no contract test".to_owned() };
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

impl Cell {
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
        Self::NotShown { reason: reason.unwrap_or_else(|| "its contract test says nothing of it".to_owned()) }
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
