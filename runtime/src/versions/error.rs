//! Why a version cannot be made from another.

use std::error::Error;

use crate::event::{DecodeError, Event};
use crate::wire::Violation;

/// Why a version cannot be made from another.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CastError {
    /// The payload violates the schema of its version.
    #[error(transparent)]
    Payload(#[from] DecodeError),
    /// The event cannot be written, so it violates its schema.
    #[error("`{event_type}` version {version} cannot be written: {cause}")]
    Unwritable {
        /// Event type.
        event_type: &'static str,
        /// Version.
        version: u32,
        /// What the schema does not allow.
        cause: serde_json::Error,
    },
    /// A newer version, or one from which nothing in the catalogue leads to the one asked for.
    #[error(
        "`{event_type}` version {found} cannot be read as version {expected}; handle it by itself, or take newer events"
    )]
    NoWay {
        /// Event type.
        event_type: &'static str,
        /// Version of the document.
        found: u32,
        /// Version asked for.
        expected: u32,
    },
    /// A value that a mapping can do nothing with.
    #[error("`{event_type}` version {version} cannot be made: {cause}")]
    Mapping {
        /// Event type.
        event_type: &'static str,
        /// Version asked for.
        version: u32,
        /// What the mapping expected.
        cause: Violation,
    },
    /// A step that is done by hand failed.
    #[error("{0}")]
    ByHand(#[source] Box<dyn Error + Send + Sync>),
}

impl CastError {
    /// The failure of a step that is done by hand.
    pub fn by_hand(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::ByHand(cause.into())
    }

    /// `found` does not lead to `E`. For generated code.
    #[must_use]
    pub fn no_way<E: Event>(found: u32) -> Self {
        Self::NoWay { event_type: E::TYPE, found, expected: E::VERSION }
    }

    pub(crate) fn unwritable<E: Event>(cause: serde_json::Error) -> Self {
        Self::Unwritable { event_type: E::TYPE, version: E::VERSION, cause }
    }
}
