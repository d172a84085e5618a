//! An event on its way: what a row of an outbox and a message of a broker hold.

use uuid::Uuid;

use crate::envelope::{EnvelopeError, RawEnvelope, RawEvent};
use crate::versions::Outgoing;

/// An event with all that is needed to store it, route it and send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The stream it is published on.
    pub stream: String,
    /// The partition of the stream, from 0.
    pub partition: u32,
    /// Identity of the event.
    pub event_id: Uuid,
    /// Event type, such as `order.placed`.
    pub event_type: String,
    /// Version, from 1.
    pub event_version: u32,
    /// What keeps it in order with others.
    pub key: String,
    /// The tenant, where there are several.
    pub tenant_id: Option<String>,
    /// The envelope without the payload: a JSON object.
    pub headers: String,
    /// The payload: JSON in UTF-8.
    pub payload: Vec<u8>,
}

/// How an envelope without a payload ends.
const NO_DATA: &str = ",\"data\":{}}";

impl Message {
    /// The event as it is stored and sent.
    ///
    /// # Errors
    /// When a member of the envelope violates its schema.
    pub fn new(outgoing: Outgoing) -> Result<Self, EnvelopeError> {
        let Outgoing { stream, partition_key, envelope } = outgoing;
        let partition = partition_key.partition(stream.partitions);
        Self::of(stream.name.to_owned(), partition, partition_key.as_str().to_owned(), envelope)
    }

    /// An event in its place, as a tool makes it that copies or repeats events.
    ///
    /// # Errors
    /// When a member of the envelope violates its schema.
    pub fn of(stream: String, partition: u32, key: String, mut envelope: RawEnvelope) -> Result<Self, EnvelopeError> {
        let payload = std::mem::take(&mut envelope.data.data);
        let unwritable = |cause, event: &RawEvent| EnvelopeError::Unwritable {
            event_type: event.event_type.clone(),
            version: event.version,
            cause,
        };
        let payload = serde_json::to_vec(&payload).map_err(|cause| unwritable(cause, &envelope.data))?;
        let mut headers = serde_json::to_string(&envelope).map_err(|cause| unwritable(cause, &envelope.data))?;
        debug_assert!(headers.ends_with(NO_DATA), "the payload is the last member of an envelope");
        headers.truncate(headers.len() - NO_DATA.len());
        headers.push('}');
        Ok(Self {
            stream,
            partition,
            event_id: envelope.event_id,
            event_type: envelope.data.event_type,
            event_version: envelope.data.version,
            key,
            tenant_id: envelope.tenant_id,
            headers,
            payload,
        })
    }

    /// The whole envelope as JSON: what consumers read with [`RawEnvelope::from_json`].
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let headers = self.headers.trim_end().strip_suffix('}').unwrap_or(&self.headers);
        [headers.as_bytes(), b",\"data\":", &self.payload, b"}"].concat()
    }

    /// The envelope around an empty payload: what there is to know without reading the payload.
    pub(crate) fn without_payload(&self) -> Result<RawEnvelope, EnvelopeError> {
        let headers = self.headers.trim_end().strip_suffix('}').unwrap_or(&self.headers);
        RawEnvelope::from_json(&[headers, NO_DATA].concat().into_bytes())
    }

    /// The envelope again.
    ///
    /// # Errors
    /// When the headers or the payload are not those of an event.
    pub fn envelope(&self) -> Result<RawEnvelope, EnvelopeError> {
        RawEnvelope::from_json(&self.body())
    }

    /// Bytes that it takes in memory and on the wire, about.
    #[must_use]
    pub fn size(&self) -> usize {
        self.headers.len() + self.payload.len() + self.key.len() + self.event_type.len()
    }
}
