//! What every generated event knows about itself.

use std::fmt::Debug;

use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::partition::PartitionKey;
use crate::topology::Stream;
use crate::wire::{self, InvalidJson};

/// One version of an event's payload. Implemented by generated code.
pub trait Event: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// Event type, such as `order.placed`.
    const TYPE: &'static str;
    /// Version, from 1.
    const VERSION: u32;
    /// The stream it is published on.
    const STREAM: &'static Stream;
    /// Bounded context.
    const CONTEXT: &'static str;
    /// Id of the owning team.
    const OWNER: Option<&'static str>;
    /// The most sensitive data it holds.
    const CLASSIFICATION: Classification;
    /// How tenants are kept apart.
    const TENANCY: Tenancy;

    /// Whether producers publish this version on `day`: it is no draft, and not yet sunset.
    #[must_use]
    fn is_published(_day: NaiveDate) -> bool {
        true
    }

    /// What keeps this event in order with others.
    fn partition_key(&self, context: &KeyContext<'_>) -> PartitionKey;
}

/// How sensitive data is, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Classification {
    /// May be shown to anybody.
    Public,
    /// For people of the company.
    Internal,
    /// For people who need it.
    Confidential,
    /// About an identifiable person.
    Personal,
}

/// How tenants are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tenancy {
    /// There is one tenant.
    Single,
    /// Tenants share streams; every envelope names one.
    Partition,
}

/// What a partition key may use besides the payload.
#[derive(Debug, Clone, Copy)]
pub struct KeyContext<'a> {
    /// Tenant, where there are several.
    pub tenant_id: Option<&'a str>,
    /// Id that all events of one business transaction share.
    pub correlation_id: Uuid,
}

/// Everything that may arrive on one stream. Implemented by generated enums.
pub trait StreamEvent: Sized + Clone + Debug + Send + Sync + 'static {
    /// The stream.
    const STREAM: &'static Stream;
    /// How tenants are kept apart.
    const TENANCY: Tenancy;

    /// Reads the payload of the event version named. One that this build does not know is no error: it becomes the
    /// enum's `Unknown`.
    ///
    /// # Errors
    /// When the payload violates the schema of its version.
    fn decode(event_type: &str, version: u32, data: Value) -> Result<Self, DecodeError>;

    /// Event type, such as `order.placed`.
    fn event_type(&self) -> &str;

    /// Version of the event.
    fn version(&self) -> u32;
}

/// An event of a type or version that this build does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownEvent {
    /// Event type as received.
    pub event_type: String,
    /// Version as received.
    pub version: u32,
    /// Payload as received.
    pub data: Value,
}

/// Why a payload could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the payload of `{event_type}` version {version} violates its schema: {cause}")]
pub struct DecodeError {
    event_type: String,
    version: u32,
    cause: InvalidJson,
}

impl DecodeError {
    /// Where in the payload: `lines[2].quantity`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.cause.path()
    }
}

/// Reads the payload of one event version.
///
/// # Errors
/// When it violates its schema.
pub fn decode<E: Event>(data: Value) -> Result<E, DecodeError> {
    wire::from_value(data).map_err(|cause| DecodeError { event_type: E::TYPE.to_owned(), version: E::VERSION, cause })
}
