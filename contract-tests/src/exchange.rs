//! Contracts as files: a consumer's repository exports what it reads, and the repository of whoever publishes it holds that
//! against its catalogue, before the catalogue changes under the consumer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidings_generator::compat::{ContentModel, Schema, validator};
use tidings_generator::model::EventVersion;

use crate::documents::{Seed, Trial};
use crate::estate::Estate;
use crate::evidence::{Check, Evidence, Fault, Outcome, Reading, Subject};
use crate::reader;

/// What one service reads, for others to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractFile {
    /// `tidings-contract/1`.
    pub format: Format,
    /// The service, by its name in the catalogue.
    pub service: String,
    /// Its version.
    pub version: String,
    /// What it reads.
    pub reads: Vec<Reading>,
}

/// The format of such files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// The first one.
    #[serde(rename = "tidings-contract/1")]
    V1,
}

/// Why contracts cannot be exchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// A file or folder.
    #[error("`{path}`: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// What happened.
        cause: io::Error,
    },
    /// Not a contract.
    #[error("`{path}` is no contract: {cause}; export it with `cargo xtask contract --export DIR`")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: serde_json::Error,
    },
}

impl ContractFile {
    /// What was found of a service, as far as others need it.
    #[must_use]
    pub fn of(evidence: &Evidence) -> Self {
        Self {
            format: Format::V1,
            service: evidence.service.clone(),
            version: evidence.version.clone(),
            reads: evidence.reads.clone(),
        }
    }

    /// Writes it into a folder, as `<service>.json`. Returns the path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, ExchangeError> {
        let path = folder.join(format!("{}.json", self.service));
        let json = serde_json::to_string_pretty(self).map_err(io::Error::other).map(|json| json + "\n");
        let written = json.and_then(|json| fs::create_dir_all(folder).and_then(|()| fs::write(&path, json)));
        written.map_err(|cause| ExchangeError::File { path: path.clone(), cause })?;
        Ok(path)
    }

    /// Every contract in a folder, in order of their files. A folder that is not there has none.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, ExchangeError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| ExchangeError::File { path, cause }
        };
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed(folder))?,
        };
        let paths: Result<Vec<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
        let mut paths = paths.map_err(failed(folder))?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let read = |path: &PathBuf| {
            let json = fs::read(path).map_err(failed(path))?;
            serde_json::from_slice(&json).map_err(|cause| ExchangeError::Malformed { path: path.clone(), cause })
        };
        paths.iter().map(read).collect()
    }

    /// Holds it against a catalogue: every live version that is sent to the service.
    #[must_use]
    pub fn judge(&self, estate: &Estate, seed: Seed, cases: u64) -> Evidence {
        let mut checks: Vec<Check> = Vec::new();
        for reading in &self.reads {
            checks.extend(judged(&self.service, reading, &self.reads, estate, seed, cases));
        }
        if estate.service(&self.service).is_none() {
            let faults = vec![Fault::new(format!("the catalogue has no service `{}`", self.service))];
            let outcome = Outcome::Failed { faults };
            checks.push(Check::new(Subject::Declaration, "", 0, outcome));
        }
        Evidence {
            service: self.service.clone(),
            version: self.version.clone(),
            seed: seed.to_string(),
            cases,
            checks,
            reads: self.reads.clone(),
        }
    }
}

fn judged(service: &str, reading: &Reading, all: &[Reading], estate: &Estate, seed: Seed, cases: u64) -> Vec<Check> {
    let failed =
        |version: u32, message: String| Check::new(Subject::Reads, &reading.event, version, Outcome::failed(message));
    // Contracts come from elsewhere: what they hold is looked at before it is used.
    let schema = Schema::new(&reading.schema, ContentModel::TolerantReader);
    let Some(reads) = schema.as_ref().ok().and_then(|_| validator(&reading.schema)) else {
        let why = schema.err().map_or_else(|| "a pattern cannot be matched".to_owned(), |error| error.to_string());
        return vec![failed(reading.version, format!("the schema in its contract cannot be judged: {why}"))];
    };
    let id = EventVersion { event: reading.event.clone(), version: reading.version };
    if estate.model().version(&id).is_none() {
        return vec![failed(reading.version, format!("its contract reads `{id}`, which the catalogue has not"))];
    }
    let Some(service_of_catalogue) = estate.service(service) else { return Vec::new() };
    let sent: Vec<_> = estate.sent_to(service_of_catalogue).filter(|(event, _)| event.name == reading.event).collect();
    if sent.is_empty() {
        return vec![failed(
            reading.version,
            format!("its contract reads `{id}`, and it does not consume it in the catalogue"),
        )];
    }
    let read = |document: &Value| reads.validate(document).map_err(|error| error.to_string());
    let judge = |(event, version): (_, &tidings_generator::model::Version)| {
        let is_meant = reader::meant(all, &reading.event, version.number).iter().any(|it| std::ptr::eq(*it, reading));
        if !is_meant {
            return None;
        }
        let id = EventVersion { event: reading.event.clone(), version: version.number };
        let outcome = match estate.documents(&id)? {
            Ok(documents) => {
                let trial = Trial { documents, known: &[], seed: seed.of(&id.to_string()), cases };
                reader::judge(reading, event, version, &trial, read)
            }
            Err(error) => Outcome::failed(error.to_string()),
        };
        Some(Check::new(Subject::Reads, &reading.event, version.number, outcome))
    };
    sent.into_iter().filter_map(judge).collect()
}
