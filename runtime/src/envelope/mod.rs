//! What every event carries besides its payload.
//!
//! A service makes an [`Envelope`] of its own event and a [`Context`]; a consumer reads a [`RawEnvelope`], and makes of
//! it the one event it expects or the enum of the stream.

mod document;
mod error;
mod raw;

use chrono::{DateTime, Utc};
use serde::ser;
use serde_json::Value;
use uuid::Uuid;

pub use error::EnvelopeError;
pub use raw::{RawEnvelope, RawEvent};

use crate::context::Context;
use crate::event::{Event, KeyContext, Tenancy};
use crate::partition::PartitionKey;
use crate::producer::Producer;
use crate::trace::TraceParent;

/// An event and what is known about it. `T` is an [`Event`], the enum of a stream, or a [`RawEvent`].
///
/// In JSON it is the object that `schemas/envelope.json` of a catalogue describes; type and version come from the
/// event. Readers ignore members they do not know; absent values are left out, never `null`.
///
/// ```
/// use tidings::{Context, Envelope, EnvelopeError, Event, Producer};
///
/// /// What a handler publishes belongs to the same tenant and business process as what it handles.
/// fn answer(cause: &Envelope<impl Event>, effect: impl Event, me: &Producer) -> Result<Vec<u8>, EnvelopeError> {
///     Envelope::new(effect, &Context::caused_by(cause), me)?.to_json()
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<T> {
    /// Identity of this event (UUIDv7). Equal ids are the same event, delivered again.
    pub event_id: Uuid,
    /// The tenant it happened to, where there are several.
    pub tenant_id: Option<String>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The same in every event of one business process.
    pub correlation_id: Uuid,
    /// `event_id` of the event that led to this one; none where a person or a clock did.
    pub causation_id: Option<Uuid>,
    /// Service and version that published it.
    pub producer: Producer,
    /// Position in a distributed trace.
    pub traceparent: Option<TraceParent>,
    /// The payload.
    pub data: T,
}

impl<T> Envelope<T> {
    /// The same envelope around something else.
    fn with<U>(self, data: U) -> Envelope<U> {
        Envelope {
            event_id: self.event_id,
            tenant_id: self.tenant_id,
            occurred_at: self.occurred_at,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            producer: self.producer,
            traceparent: self.traceparent,
            data,
        }
    }

    /// The same envelope around the same event in other words.
    pub(crate) fn around<U>(&self, data: U) -> Envelope<U> {
        Envelope {
            event_id: self.event_id,
            tenant_id: self.tenant_id.clone(),
            occurred_at: self.occurred_at,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            producer: self.producer.clone(),
            traceparent: self.traceparent,
            data,
        }
    }

    /// Tenants are named where an event has to belong to one, and no name is empty.
    fn check_tenant(&self, tenancy: Tenancy, event_type: &str) -> Result<(), EnvelopeError> {
        match self.tenant_id.as_deref() {
            None if tenancy == Tenancy::Partition => {
                Err(EnvelopeError::TenantMissing { event_type: event_type.to_owned() })
            }
            Some("") => Err(EnvelopeError::TenantEmpty { event_type: event_type.to_owned() }),
            _ => Ok(()),
        }
    }
}

impl<E: Event> Envelope<E> {
    /// An event that happens now, under a new id.
    ///
    /// # Errors
    /// When the event belongs to a tenant and `context` names none.
    pub fn new(data: E, context: &Context, producer: &Producer) -> Result<Self, EnvelopeError> {
        Self::at(Uuid::now_v7(), Utc::now(), data, context, producer)
    }

    /// An event with an id and a time of the caller's, for tests and for what happened earlier.
    ///
    /// # Errors
    /// As [`Envelope::new`].
    pub fn at(
        event_id: Uuid,
        occurred_at: DateTime<Utc>,
        data: E,
        context: &Context,
        producer: &Producer,
    ) -> Result<Self, EnvelopeError> {
        let envelope = Self {
            event_id,
            tenant_id: context.tenant_id.clone(),
            occurred_at,
            correlation_id: context.correlation_id,
            causation_id: context.causation_id,
            producer: producer.clone(),
            traceparent: context.traceparent,
            data,
        };
        envelope.check_tenant(E::TENANCY, E::TYPE)?;
        Ok(envelope)
    }

    /// What keeps this event in order with others.
    #[must_use]
    pub fn partition_key(&self) -> PartitionKey {
        let context = KeyContext { tenant_id: self.tenant_id.as_deref(), correlation_id: self.correlation_id };
        self.data.partition_key(&context)
    }

    /// The envelope with its payload as JSON.
    ///
    /// # Errors
    /// When the payload violates its schema.
    pub(crate) fn into_raw(self) -> Result<RawEnvelope, serde_json::Error> {
        let Value::Object(data) = serde_json::to_value(&self.data)? else {
            return Err(ser::Error::custom("a payload is an object"));
        };
        let raw = RawEvent { event_type: E::TYPE.to_owned(), version: E::VERSION, data };
        Ok(self.with(raw))
    }

    /// The envelope as JSON text.
    ///
    /// # Errors
    /// When the payload or a member of the envelope violates its schema.
    pub fn to_json(&self) -> Result<Vec<u8>, EnvelopeError> {
        serde_json::to_vec(self).map_err(EnvelopeError::unwritable::<E>)
    }
}
