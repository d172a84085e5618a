//! Events of any type, for what treats all of them alike.

use std::fmt;

use serde_json::Value;

use crate::event::{DecodeError, Event, KeyContext, decode};
use crate::partition::PartitionKey;
use crate::topology::Stream;

/// What one version of an event knows about itself and does with documents, without its type. Generated crates list them.
#[derive(Clone, Copy)]
pub struct Codec {
    /// Event type, such as `order.placed`.
    pub event_type: &'static str,
    /// Version, from 1.
    pub version: u32,
    /// The stream it is published on.
    pub stream: &'static Stream,
    recode: fn(Value) -> Result<Value, CodecError>,
    partition_key: fn(Value, &KeyContext<'_>) -> Result<PartitionKey, DecodeError>,
}

/// Why a payload is not what an event's type makes of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// It violates the schema.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// It was read, and what was read violates the schema.
    #[error("`{event_type}` version {version} was read and cannot be written again: {cause}")]
    Unwritable {
        /// Event type.
        event_type: &'static str,
        /// Version.
        version: u32,
        /// Why.
        cause: serde_json::Error,
    },
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({}@{})", self.event_type, self.version)
    }
}

impl Codec {
    /// The codec of an event.
    #[must_use]
    pub const fn of<E: Event>() -> Self {
        Self {
            event_type: E::TYPE,
            version: E::VERSION,
            stream: E::STREAM,
            recode: recode::<E>,
            partition_key: partition_key::<E>,
        }
    }

    /// What the event's type makes of a payload: the payload read, and written again.
    ///
    /// # Errors
    /// When the type refuses it, or takes it and does not write it again.
    pub fn recode(&self, data: Value) -> Result<Value, CodecError> {
        (self.recode)(data)
    }

    /// What keeps an event with this payload in order with others.
    ///
    /// # Errors
    /// When the type refuses the payload.
    pub fn partition_key(&self, data: Value, context: &KeyContext<'_>) -> Result<PartitionKey, DecodeError> {
        (self.partition_key)(data, context)
    }
}

fn recode<E: Event>(data: Value) -> Result<Value, CodecError> {
    let unwritable = |cause| CodecError::Unwritable { event_type: E::TYPE, version: E::VERSION, cause };
    serde_json::to_value(decode::<E>(data)?).map_err(unwritable)
}

fn partition_key<E: Event>(data: Value, context: &KeyContext<'_>) -> Result<PartitionKey, DecodeError> {
    Ok(decode::<E>(data)?.partition_key(context))
}
