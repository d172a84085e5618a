//! The resolved catalogue: every name leads somewhere, every default is filled in.
//!
//! Checks and emitters see this and nothing else. All maps are ordered by name, so that output does not depend on
//! how a catalogue is split into files.

#![expect(missing_docs, reason = "fields that only resolve a field of `format` are documented there")]

mod fingerprint;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;

pub use crate::format::{
    AfterDeadLetter, ByteSize, Classification, Compatibility, Dedup, Duration, FlowStyle, Severity, Status, TenancyMode,
};
pub use fingerprint::Fingerprints;
pub use resolve::resolve;

use crate::cast::Cast;
use crate::payload::{Payload, SharedTypes};
use crate::source::Span;

/// A whole catalogue.
#[derive(Debug, Clone)]
pub struct Model {
    /// Kebab-case name of the estate; ids and resource names begin with it.
    pub name: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    /// `None`: a single tenant.
    pub tenancy: Option<TenancyMode>,
    pub teams: BTreeMap<String, Team>,
    pub contexts: BTreeMap<String, Context>,
    /// Declared and implicit streams, by name.
    pub streams: BTreeMap<String, Stream>,
    /// By event type, `order.placed`.
    pub events: BTreeMap<String, Event>,
    pub services: BTreeMap<String, Service>,
    pub projections: BTreeMap<String, Projection>,
    pub flows: BTreeMap<String, Flow>,
    /// Types shared by payloads, of the catalogue and of each context.
    pub types: SharedTypes,
    pub lints: Lints,
    pub allows: Vec<Allow>,
}

/// Where a thing is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its name: what to underline when the thing as a whole is at fault.
    pub name: Span,
    /// Its whole declaration, name and body: what an `allow` inside it covers.
    pub whole: Span,
}

#[derive(Debug, Clone, Serialize)]
pub struct Team {
    pub id: String,
    pub name: String,
    pub email: Option<String>,
    pub on_call: Option<String>,
    pub chat: Option<String>,
    /// Handle for CODEOWNERS, such as `@shop/checkout`.
    pub github: Option<String>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Context {
    /// Kebab-case name.
    pub name: String,
    /// Id of the owning team.
    pub team: Option<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Stream {
    pub name: String,
    /// Name of the context it belongs to.
    pub context: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    /// At least 1.
    pub partitions: u32,
    /// Empty when the catalogue gives none.
    pub partition_key: Vec<KeyPath>,
    pub retention: Retention,
    pub dead_letter: Option<DeadLetter>,
    /// Whether it exists only because an event version named no stream.
    pub implicit: bool,
    /// Event versions it carries, in order.
    pub carries: BTreeSet<EventVersion>,
    #[serde(skip)]
    pub place: Place,
}

/// One part of a partition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyPath {
    pub source: KeySource,
    #[serde(skip)]
    pub span: Span,
}

/// Where a part of a partition key is read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum KeySource {
    /// The envelope's `tenant_id`.
    Tenant,
    /// The envelope's `correlation_id`.
    Correlation,
    /// A payload field: `data.order_id` is `["order_id"]`.
    Data(Vec<String>),
}

impl std::fmt::Display for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tenant => f.write_str("tenant_id"),
            Self::Correlation => f.write_str("correlation_id"),
            Self::Data(path) => write!(f, "data.{}", path.join(".")),
        }
    }
}

/// Limits of a stream; with neither, everything is kept for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Retention {
    pub max_age: Option<Duration>,
    /// Per partition.
    pub max_bytes: Option<ByteSize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    pub retention: Retention,
    pub then: AfterDeadLetter,
}

#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Event type: `order.placed`.
    pub name: String,
    /// `OrderPlaced`; with the version behind it, the name of the Rust struct: `OrderPlacedV2`.
    pub type_name: String,
    pub context: String,
    /// Id of the owning team: its own or its context's.
    pub team: Option<String>,
    pub aggregate: Option<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    /// As declared. [`Event::effective_classification`] also looks at the fields.
    pub classification: Option<Classification>,
    pub compatibility: Compatibility,
    /// By number, at least one.
    pub versions: BTreeMap<u32, Version>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Version {
    pub number: u32,
    pub status: Status,
    pub since: Option<NaiveDate>,
    pub sunset: Option<NaiveDate>,
    pub changes: Option<String>,
    /// Name of the stream that carries it.
    pub stream: String,
    pub payload: Payload,
    pub examples: Vec<Value>,
    /// From the version before to this one.
    pub upcast: Option<Cast>,
    /// From this version to the one before.
    pub downcast: Option<Cast>,
    #[serde(skip)]
    pub place: Place,
}

/// Names one version of one event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EventVersion {
    pub event: String,
    pub version: u32,
}

impl std::fmt::Display for EventVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.event, self.version)
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Service {
    pub name: String,
    pub team: Option<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub publishes: Vec<Selection>,
    pub consumes: Vec<Selection>,
    pub dedup: Dedup,
    pub dedup_window: Option<Duration>,
    pub lag_budget: Option<Duration>,
    /// Waits between attempts; empty: one attempt only.
    pub retry: Vec<Duration>,
    #[serde(skip)]
    pub place: Place,
}

/// A pattern such as `order.*` or `order.placed@2` and what it stands for.
#[derive(Debug, Clone, Serialize)]
pub struct Selection {
    /// As written.
    pub pattern: String,
    #[serde(skip)]
    pub span: Span,
    /// What it selects: for a pattern without a version, every version that is not a draft or retired.
    pub versions: BTreeSet<EventVersion>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Projection {
    pub name: String,
    pub service: String,
    pub summary: Option<String>,
    pub from: Vec<Selection>,
    pub lag_budget: Option<Duration>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Flow {
    pub name: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub style: FlowStyle,
    pub orchestrator: Option<String>,
    /// Payload path that is the same in every event of one run.
    pub correlation: Option<Vec<String>>,
    pub steps: Vec<Step>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub name: String,
    pub service: String,
    /// Event types that start the step.
    pub on: Vec<String>,
    /// Event types it may end with.
    pub emits: Vec<String>,
    pub compensation: Option<Compensation>,
    pub timeout: Option<Duration>,
    #[serde(skip)]
    pub place: Place,
}

#[derive(Debug, Clone, Serialize)]
pub struct Compensation {
    pub on: Vec<String>,
    pub emits: Vec<String>,
}

/// Severities and budgets.
#[derive(Debug, Clone)]
pub struct Lints {
    /// By rule id, with the place of the setting.
    pub severity: BTreeMap<String, (Severity, Span)>,
    pub payload_budget: ByteSize,
    pub choreography_steps: usize,
}

/// An exception from a rule.
#[derive(Debug, Clone)]
pub struct Allow {
    pub rule: String,
    pub reason: String,
    /// Last day it holds.
    pub expires: NaiveDate,
    /// What it covers; `None`: the whole catalogue.
    pub scope: Option<Span>,
    /// The exception itself.
    pub span: Span,
}

impl Model {
    /// Every event version, in order of type and number.
    pub fn versions(&self) -> impl Iterator<Item = (&Event, &Version)> {
        self.events.values().flat_map(|event| event.versions.values().map(move |version| (event, version)))
    }

    /// The version named, if there is one.
    #[must_use]
    pub fn version(&self, id: &EventVersion) -> Option<(&Event, &Version)> {
        let event = self.events.get(&id.event)?;
        Some((event, event.versions.get(&id.version)?))
    }

    /// Versions of the events that a name, or a beginning with `*` behind it, stands for: this one, or every one that is not
    /// a draft or retired.
    #[must_use]
    pub fn select(&self, name: &str, version: Option<u32>) -> BTreeSet<EventVersion> {
        let prefix = name.strip_suffix('*');
        let matches = |event: &str| prefix.map_or(event == name, |prefix| event.starts_with(prefix));
        let from = self.events.range::<str, _>((Bound::Included(prefix.unwrap_or(name)), Bound::Unbounded));
        let events = from.map(|(_, event)| event).take_while(|event| matches(&event.name));
        let versions = events.flat_map(|event| event.versions.values().map(move |it| (event, it)));
        let is_meant = |it: &Version| {
            version.map_or(!matches!(it.status, Status::Draft | Status::Retired), |number| it.number == number)
        };
        versions.filter(|(_, it)| is_meant(it)).map(|(event, it)| it.id(event)).collect()
    }

    /// Services that consume this version, in order of name.
    pub fn consumers<'a>(&'a self, id: &'a EventVersion) -> impl Iterator<Item = &'a Service> {
        self.services.values().filter(|service| service.consumes(id))
    }

    /// Services that publish this version, in order of name.
    pub fn publishers<'a>(&'a self, id: &'a EventVersion) -> impl Iterator<Item = &'a Service> {
        self.services.values().filter(|service| service.publishes(id))
    }
}

impl Event {
    /// The newest version that is published: active if there is one, else deprecated, else the newest of all.
    ///
    /// # Panics
    /// When there is no version, which [`resolve`] never lets happen.
    #[must_use]
    pub fn latest(&self) -> &Version {
        [Status::Active, Status::Deprecated, Status::Draft, Status::Retired]
            .iter()
            .find_map(|status| self.versions.values().rev().find(|version| version.status == *status))
            .expect("an event has at least one version")
    }

    /// The version before, published or not.
    #[must_use]
    pub fn before(&self, version: &Version) -> Option<&Version> {
        self.versions.range(..version.number).next_back().map(|(_, before)| before)
    }

    /// The most sensitive of what the event, its payload and its fields declare; `Internal` where nothing does.
    #[must_use]
    pub fn effective_classification(&self, version: &Version) -> Classification {
        let fields = version.payload.fields().into_iter().filter_map(|field| field.classification);
        let whole = version.payload.type_def(&version.payload.root).and_then(|root| root.docs.classification);
        fields.chain(whole).chain(self.classification).max().unwrap_or(Classification::Internal)
    }
}

impl Version {
    /// Its name for humans and machines, `order.placed@2`.
    #[must_use]
    pub fn id(&self, event: &Event) -> EventVersion {
        EventVersion { event: event.name.clone(), version: self.number }
    }

    /// Where it is in its life, in words: `deprecated, ends 2027-03-31`.
    #[must_use]
    pub fn life(&self) -> String {
        match (self.status, self.sunset) {
            (Status::Draft, _) => "draft".to_owned(),
            (Status::Active, _) => "active".to_owned(),
            (Status::Deprecated, Some(day)) => format!("deprecated, ends {day}"),
            (Status::Deprecated, None) => "deprecated".to_owned(),
            (Status::Retired, _) => "retired".to_owned(),
        }
    }

    /// Whether new code may use it: it is neither deprecated nor retired.
    #[must_use]
    pub fn is_current(&self) -> bool {
        matches!(self.status, Status::Active | Status::Draft)
    }

    /// Whether producers may send it today.
    #[must_use]
    pub fn is_published(&self) -> bool {
        matches!(self.status, Status::Active | Status::Deprecated)
    }
}

impl Service {
    /// Whether it consumes this version.
    #[must_use]
    pub fn consumes(&self, id: &EventVersion) -> bool {
        self.consumes.iter().any(|selection| selection.versions.contains(id))
    }

    /// Whether it publishes this version.
    #[must_use]
    pub fn publishes(&self, id: &EventVersion) -> bool {
        self.publishes.iter().any(|selection| selection.versions.contains(id))
    }
}
