//! Sample documents: files that people wrote, or that were captured, below `<event>/v<N>/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidings::RawEnvelope;
use tidings_generator::model::EventVersion;

use crate::contract::over_budget;
use crate::documents::Documents;
use crate::estate::Estate;
use crate::evidence::Fault;

/// A file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Where it was found.
    pub path: PathBuf,
    /// The version whose folder it is in.
    pub id: EventVersion,
    /// What is in it: an envelope, or a payload alone.
    pub text: String,
}

/// Samples, and what is in the folder and is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// In order of their paths.
    pub samples: Vec<Sample>,
    /// What cannot be read, or has no place in the catalogue: paths, and why.
    pub strangers: Vec<(PathBuf, String)>,
}

impl Samples {
    /// Reads a folder, which need not be there.
    #[must_use]
    pub fn read(folder: &Path, estate: &Estate) -> Self {
        let mut found = Self::default();
        for event in below(folder, &mut found.strangers) {
            for version in below(&event, &mut found.strangers) {
                let Some(id) = version_of(&version) else {
                    found.strangers.push((version, "samples are in folders like `order.placed/v2`".to_owned()));
                    continue;
                };
                if estate.model().version(&id).is_none() {
                    found.strangers.push((version, format!("the catalogue has no `{id}`")));
                    continue;
                }
                for path in below(&version, &mut found.strangers) {
                    match fs::read_to_string(&path) {
                        Ok(text) => found.samples.push(Sample { path, id: id.clone(), text }),
                        Err(error) => found.strangers.push((path, format!("it cannot be read: {error}"))),
                    }
                }
            }
        }
        found
    }
}

/// What is in a folder, in order. One that is not there is empty.
fn below(folder: &Path, strangers: &mut Vec<(PathBuf, String)>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            strangers.push((folder.to_owned(), format!("it cannot be read: {error}")));
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    paths
}

fn version_of(folder: &Path) -> Option<EventVersion> {
    let version = folder.file_name()?.to_str()?.strip_prefix('v')?.parse().ok()?;
    let event = folder.parent()?.file_name()?.to_str()?.to_owned();
    Some(EventVersion { event, version })
}

impl Sample {
    /// The payload.
    ///
    /// # Errors
    /// When the sample is no JSON, or no envelope of its event: in words.
    pub fn payload(&self) -> Result<Value, String> {
        let json: Value = serde_json::from_str(&self.text).map_err(|error| format!("it is no JSON: {error}"))?;
        // A payload has names of its own for these.
        if json.get("event_type").is_none() || json.get("data").is_none() {
            return Ok(json);
        }
        let envelope = RawEnvelope::from_json(self.text.as_bytes()).map_err(|error| error.to_string())?;
        let (event, version) = (&envelope.data.event_type, envelope.data.version);
        if (event.as_str(), version) != (self.id.event.as_str(), self.id.version) {
            return Err(format!("it is `{event}@{version}`, and lies in the folder of `{}`", self.id));
        }
        Ok(Value::Object(envelope.data.data))
    }

    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self, estate: &Estate) -> Vec<Fault> {
        let payload = match self.payload() {
            Ok(payload) => payload,
            Err(message) => return vec![self.fault(&message)],
        };
        let documents = match estate.documents(&self.id) {
            Some(Ok(documents)) => documents,
            Some(Err(error)) => return vec![self.fault(&error.to_string())],
            None => return Vec::new(),
        };
        let mut faults = violations(documents, &payload);
        if let Some(other) = self.other_version(estate, &payload).filter(|_| !faults.is_empty()) {
            faults.truncate(1);
            faults[0].message = format!("{}; it would be valid as `{other}`", faults[0].message);
        }
        faults.extend(over_budget(estate.model(), &payload).map(|message| Fault::new(message).shown_by(payload)));
        faults
            .into_iter()
            .map(|fault| Fault { message: format!("`{}`: {}", self.path.display(), fault.message), ..fault })
            .collect()
    }

    fn other_version(&self, estate: &Estate, payload: &Value) -> Option<EventVersion> {
        let event = estate.model().events.get(&self.id.event)?;
        let others = event.versions.values().map(|version| version.id(event)).filter(|id| *id != self.id);
        others.into_iter().find(|id| matches!(estate.documents(id), Some(Ok(documents)) if documents.accepts(payload)))
    }

    fn fault(&self, message: &str) -> Fault {
        Fault::new(format!("`{}`: {message}", self.path.display()))
    }
}

/// In which ways a payload violates its schema.
pub(crate) fn violations(documents: &Documents, payload: &Value) -> Vec<Fault> {
    let refusals = documents.refusals(payload).into_iter().take(3);
    let fault = |(place, reason): (String, String)| Fault::new(reason).at_pointer(&place).shown_by(payload.clone());
    refusals.map(fault).collect()
}
