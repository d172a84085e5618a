//! Envelopes whose payload has no type yet.

use serde_json::{Map, Value};

use super::{Envelope, EnvelopeError};
use crate::event::{self, Event, StreamEvent};
use crate::versions::Upcast;
use crate::wire;

/// An envelope as it was received: read, but not yet anything that this build knows.
///
/// ```
/// use tidings::RawEnvelope;
///
/// let envelope = RawEnvelope::from_json(br#"{
///     "event_id": "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
///     "event_type": "order.placed",
///     "event_version": 2,
///     "occurred_at": "2026-03-01T12:00:00Z",
///     "correlation_id": "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f",
///     "producer": "order-service@1.4.0",
///     "data": { "order_id": "o-1" }
/// }"#)?;
/// assert_eq!(envelope.data.event_type, "order.placed");
/// // With generated events: `envelope.into_stream_event::<OrdersStream>()?`.
/// # Ok::<(), tidings::EnvelopeError>(())
/// ```
pub type RawEnvelope = Envelope<RawEvent>;

/// A payload with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct RawEvent {
    /// Event type, such as `order.placed`.
    pub event_type: String,
    /// Version, from 1.
    pub version: u32,
    /// The payload.
    pub data: Map<String, Value>,
}

impl Envelope<RawEvent> {
    /// Reads an envelope from JSON text.
    ///
    /// # Errors
    /// When it is no JSON, or violates the schema of envelopes.
    pub fn from_json(json: &[u8]) -> Result<Self, EnvelopeError> {
        wire::from_slice(json).map_err(EnvelopeError::Malformed)
    }

    /// The one event that is expected here.
    ///
    /// # Errors
    /// When it is another event or version, violates its schema, or has no tenant and needs one.
    pub fn into_event<E: Event>(self) -> Result<Envelope<E>, EnvelopeError> {
        if (self.data.event_type.as_str(), self.data.version) != (E::TYPE, E::VERSION) {
            return Err(self.refused_as::<E>());
        }
        self.check_tenant(E::TENANCY, E::TYPE)?;
        let (envelope, raw) = self.split();
        Ok(envelope.with(event::decode(Value::Object(raw.data)).map_err(EnvelopeError::Payload)?))
    }

    /// The one event that is expected here, also in an older version, from which the catalogue's `upcast` leads to `E`.
    ///
    /// # Errors
    /// When it is another event, a newer version or one that leads nowhere, violates its schema, or has no tenant and
    /// needs one.
    pub fn decode_latest<E: Upcast>(self) -> Result<Envelope<E>, EnvelopeError> {
        self.decode_latest_with(&())
    }

    /// [`RawEnvelope::decode_latest`], for events with steps by hand.
    ///
    /// # Errors
    /// As [`RawEnvelope::decode_latest`], and those of `by_hand`.
    pub fn decode_latest_with<E: Upcast<H>, H: ?Sized>(self, by_hand: &H) -> Result<Envelope<E>, EnvelopeError> {
        if self.data.event_type != E::TYPE {
            return Err(self.refused_as::<E>());
        }
        self.check_tenant(E::TENANCY, E::TYPE)?;
        let (envelope, raw) = self.split();
        let data = E::upcast(raw.version, Value::Object(raw.data), by_hand).map_err(EnvelopeError::Cast)?;
        Ok(envelope.with(data))
    }

    /// Whatever may arrive on a stream. An event that this build does not know becomes the enum's `Unknown`.
    ///
    /// # Errors
    /// When the payload violates the schema of its version, or the event has no tenant and needs one.
    pub fn into_stream_event<S: StreamEvent>(self) -> Result<Envelope<S>, EnvelopeError> {
        self.check_tenant(S::TENANCY, &self.data.event_type)?;
        let (envelope, raw) = self.split();
        let data = S::decode(&raw.event_type, raw.version, Value::Object(raw.data)).map_err(EnvelopeError::Payload)?;
        Ok(envelope.with(data))
    }

    fn refused_as<E: Event>(self) -> EnvelopeError {
        EnvelopeError::OtherEvent {
            expected: E::TYPE,
            expected_version: E::VERSION,
            found: self.data.event_type,
            found_version: self.data.version,
        }
    }

    fn split(mut self) -> (Envelope<()>, RawEvent) {
        let empty = RawEvent { event_type: String::new(), version: 0, data: Map::new() };
        let raw = std::mem::replace(&mut self.data, empty);
        (self.with(()), raw)
    }
}
