//! Binary mode: attributes beside the data, which stays as it is. A protocol says where attributes go; AMQP and
//! RabbitMQ streams have them among the application properties (CloudEvents AMQP Protocol Binding 1.0.2).

use std::borrow::Cow;

use super::{CloudEventError, JSON, attributes, expect_json, expect_version, from_attributes};
use crate::envelope::{Envelope, EnvelopeError, RawEnvelope, RawEvent};
use crate::event::Event;
use crate::message::Message;
use crate::wire;

/// The attribute that the content type of a message stands for.
const CONTENT_TYPE: &str = "datacontenttype";

/// A CloudEvent in binary mode, whatever the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryCloudEvent<'a> {
    /// Names and values of all attributes but `datacontenttype`, without a protocol's prefix. Values are texts, as
    /// CloudEvents writes those of other types.
    pub attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// `datacontenttype`.
    pub content_type: Option<&'a str>,
    /// The data.
    pub data: Cow<'a, [u8]>,
}

impl BinaryCloudEvent<'_> {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_ref())
    }
}

impl<'a> BinaryCloudEvent<'a> {
    fn new(attributes: Vec<(&'static str, String)>, data: Cow<'a, [u8]>) -> Self {
        let attributes = attributes.into_iter().filter(|(name, _)| *name != CONTENT_TYPE);
        let attributes = attributes.map(|(name, value)| (name, Cow::Owned(value))).collect();
        Self { attributes, content_type: Some(JSON), data }
    }
}

impl<E: Event> Envelope<E> {
    /// The event as a CloudEvent in binary mode. See [`cloud_events`](crate::cloud_events) for which attribute holds
    /// what.
    ///
    /// # Errors
    /// When the event violates its schema, or a name in it holds a character that CloudEvents forbids.
    pub fn to_binary_cloud_event(&self) -> Result<BinaryCloudEvent<'static>, CloudEventError> {
        let unwritable = |cause| CloudEventError::Envelope(EnvelopeError::unwritable::<E>(cause));
        // The envelope's own schema holds here too.
        let mut document = serde_json::to_value(self).map_err(unwritable)?;
        let attributes = attributes(self, E::TYPE, E::VERSION, self.partition_key().as_str())?;
        let data = serde_json::to_vec(&document["data"].take()).map_err(unwritable)?;
        Ok(BinaryCloudEvent::new(attributes, Cow::Owned(data)))
    }
}

impl Message {
    /// The event as a CloudEvent in binary mode.
    ///
    /// # Errors
    /// When the headers are not those of an event, or a name in them holds a character that CloudEvents forbids.
    pub fn to_binary_cloud_event(&self) -> Result<BinaryCloudEvent<'_>, CloudEventError> {
        let envelope = self.without_payload().map_err(CloudEventError::Envelope)?;
        let attributes = attributes(&envelope, &self.event_type, self.event_version, &self.key)?;
        Ok(BinaryCloudEvent::new(attributes, Cow::Borrowed(&self.payload)))
    }
}

impl Envelope<RawEvent> {
    /// Reads a CloudEvent in binary mode. Attributes that an envelope has no place for are ignored.
    ///
    /// # Errors
    /// When it is of another version than 1.0, lacks an attribute that an envelope needs (`time`, `correlationid` and
    /// `producer` among them), or has data that is no JSON object.
    pub fn from_binary_cloud_event(event: &BinaryCloudEvent<'_>) -> Result<RawEnvelope, CloudEventError> {
        expect_version(event.attribute("specversion"))?;
        expect_json(event.content_type)?;
        let data =
            wire::from_slice(&event.data).map_err(|cause| CloudEventError::Data { reason: cause.to_string() })?;
        from_attributes(|name| Ok(event.attribute(name)), data)
    }
}
