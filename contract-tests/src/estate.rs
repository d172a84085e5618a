//! A catalogue as contract tests see it: who may send what to whom, and documents of everything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::Utc;
use tidings_generator::diagnostic::{self, Format, Level};
use tidings_generator::load::LoadError;
use tidings_generator::model::{Event, EventVersion, Model, Service, Version};
use tidings_generator::pipeline;

use crate::documents::{Documents, DocumentsError};

/// A catalogue, and documents of its events.
#[derive(Debug)]
pub struct Estate {
    model: Model,
    documents: BTreeMap<EventVersion, OnceLock<Result<Documents, DocumentsError>>>,
}

/// Why there is nothing to test against.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EstateError {
    /// The catalogue cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The catalogue has errors.
    #[error("`{catalogue}` has errors:\n{findings}")]
    Findings {
        /// Its root file.
        catalogue: PathBuf,
        /// What is wrong with it, for people.
        findings: String,
    },
}

impl Estate {
    /// Reads the catalogue whose root file this is.
    ///
    /// # Errors
    /// When it cannot be read, or has errors.
    pub fn load(catalogue: &Path) -> Result<Self, EstateError> {
        let examined = pipeline::examine(catalogue, Utc::now().date_naive(), None, &())?;
        let errors: Vec<_> = examined.diagnostics.into_iter().filter(|finding| finding.level == Level::Error).collect();
        match examined.model {
            Some(model) if errors.is_empty() => Ok(Self::new(model)),
            _ => Err(EstateError::Findings {
                catalogue: catalogue.to_owned(),
                findings: diagnostic::render(&errors, &examined.sources, Format::Human, false),
            }),
        }
    }

    /// A catalogue that was read before.
    #[must_use]
    pub fn new(model: Model) -> Self {
        let documents = model.versions().map(|(event, version)| (version.id(event), OnceLock::new())).collect();
        Self { model, documents }
    }

    /// The catalogue.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Versions that producers may send today, in order.
    pub fn live(&self) -> impl Iterator<Item = (&Event, &Version)> {
        self.model.versions().filter(|(_, version)| version.is_published())
    }

    /// The documents of a version; `None` where there is no such version.
    ///
    /// # Errors
    /// When its schema cannot be judged.
    pub fn documents(&self, id: &EventVersion) -> Option<Result<&Documents, DocumentsError>> {
        let documents = self.documents.get(id)?;
        let (_, version) = self.model.version(id)?;
        Some(documents.get_or_init(|| Documents::of(&version.payload)).as_ref().map_err(Clone::clone))
    }

    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.model.services.get(name)
    }

    /// What a service may be sent, in order: every live version of the events that it consumes that is on a stream from which
    /// it consumes one. A stream brings all of them.
    pub fn sent_to<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = (&'a Event, &'a Version)> {
        self.live().filter(|(event, version)| Self::is_sent_to(service, event, version))
    }

    /// Services that may be sent a version, in order of name.
    pub fn readers_of<'a>(&'a self, event: &'a Event, version: &'a Version) -> impl Iterator<Item = &'a Service> {
        self.model.services.values().filter(move |service| Self::is_sent_to(service, event, version))
    }

    fn is_sent_to(service: &Service, event: &Event, version: &Version) -> bool {
        event.versions.values().any(|other| other.stream == version.stream && service.consumes(&other.id(event)))
    }
}

/// The event version that a text like `order.placed@2` names.
#[must_use]
pub fn event_version(text: &str) -> Option<EventVersion> {
    let (event, version) = text.split_once('@')?;
    Some(EventVersion { event: event.to_owned(), version: version.parse().ok()? })
}
