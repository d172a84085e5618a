//! Why an envelope cannot be made, read or written.

use crate::event::{DecodeError, Event};
use crate::versions::CastError;
use crate::wire::InvalidJson;

/// Why an envelope cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// An event of a catalogue with tenants names none.
    #[error("event `{event_type}` belongs to a tenant and names none; for new events, call `Context::with_tenant`")]
    TenantMissing {
        /// Event type.
        event_type: String,
    },
    /// A tenant without a name.
    #[error("the tenant of event `{event_type}` is empty; leave it out where there is one tenant")]
    TenantEmpty {
        /// Event type.
        event_type: String,
    },
    /// Not the JSON of an envelope.
    #[error("this is no envelope: {0}")]
    Malformed(InvalidJson),
    /// Another event than the one asked for.
    #[error("`{found}` version {found_version} is not `{expected}` version {expected_version}; read the stream's enum")]
    OtherEvent {
        /// Event type asked for.
        expected: &'static str,
        /// Version asked for.
        expected_version: u32,
        /// Event type in the envelope.
        found: String,
        /// Version in the envelope.
        found_version: u32,
    },
    /// The payload violates the schema of its version.
    #[error("{0}")]
    Payload(DecodeError),
    /// The version of the event cannot be made from the one in the envelope.
    #[error("{0}")]
    Cast(CastError),
    /// A value that the event's schema does not allow.
    #[error("`{event_type}` version {version} cannot be written: {cause}")]
    Unwritable {
        /// Event type.
        event_type: String,
        /// Version.
        version: u32,
        /// What the schema does not allow.
        cause: serde_json::Error,
    },
}

impl EnvelopeError {
    pub(crate) fn unwritable<E: Event>(cause: serde_json::Error) -> Self {
        Self::Unwritable { event_type: E::TYPE.to_owned(), version: E::VERSION, cause }
    }
}
