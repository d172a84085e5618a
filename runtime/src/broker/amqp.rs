//! Events as AMQP 1.0 messages, which is what RabbitMQ streams hold, and back.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use rabbitmq_stream_client::types::{Message as Amqp, Properties as AmqpProperties, SimpleValue};
use serde::Deserialize;
use uuid::Uuid;

use crate::cloud_events::{CloudEventError, JSON, STRUCTURED};
use crate::message::Message;
use crate::received::Properties;

/// The form in which events are published. Consumers read all of them, so it can be changed at any time.
///
/// Whatever the form, brokers and consumers in other languages can route and filter by AMQP properties: `message_id`,
/// `correlation_id`, `creation_time` (when the event happened), `content_type`, `subject` (event type) and `group_id`
/// (what keeps it in order); and by application properties: `event_type`, `event_version` and `tenant_id`. A `group_id`
/// that is too long for the client becomes the application property `partition_key`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// The envelope as JSON.
    #[default]
    Envelope,
    /// CloudEvents 1.0: one JSON object. An event with a character that CloudEvents forbids, in the name of a tenant,
    /// say, is published as an envelope, and a warning logged.
    CloudEventsStructured,
    /// CloudEvents 1.0: attributes among the application properties, and the payload as the body. Exceptions are those
    /// of the structured form.
    CloudEventsBinary,
}

/// Bytes of encoded properties up to which the client (0.11) writes them well. A byte more and it miscounts them; for still
/// longer lists it puts the code of a short one. The broker takes such a message, and nobody can read it.
const PROPERTIES: usize = 252;

/// Bytes of the properties with fixed lengths: two ids, a time, the heads of three texts, and what is absent.
const FIXED: usize = 2 * 17 + 9 + 3 * 2 + 7;

/// Bytes of what is always around an event: the heads of sections and the names and types of application properties.
const AROUND: usize = 128;

/// A message for the client.
pub(super) struct Frame {
    pub(super) message: Amqp,
    /// Its bytes, about, and rather too many.
    pub(super) size: usize,
}

/// What of an envelope goes into properties, and a message does not say by itself.
#[derive(Default, Deserialize)]
struct Head {
    occurred_at: Option<DateTime<Utc>>,
    correlation_id: Option<Uuid>,
}

impl Frame {
    pub(super) fn new(id: u64, message: &Message, encoding: Encoding) -> Self {
        let (content_type, attributes, body) = encoded(message, encoding);
        let head: Head = serde_json::from_str(&message.headers).unwrap_or_default();
        let mut size = AROUND + body.len() + FIXED + content_type.len();
        let mut builder = Amqp::builder().publishing_id(id).body(body).properties();
        builder = builder.message_id(message.event_id).content_type(content_type);
        if let Some(correlation_id) = head.correlation_id {
            builder = builder.correlation_id(correlation_id);
        }
        if let Some(occurred_at) = head.occurred_at {
            builder = builder.creation_time(occurred_at);
        }
        let mut room = PROPERTIES - FIXED - content_type.len();
        let mut fits = |text: &str| {
            let fits = text.len() <= room;
            room -= if fits { text.len() } else { 0 };
            fits
        };
        let is_keyed = fits(&message.key);
        if is_keyed {
            builder = builder.group_id(message.key.as_str());
        }
        if fits(&message.event_type) {
            builder = builder.subject(message.event_type.as_str());
        }
        size += message.key.len() + message.event_type.len();
        let mut application = builder.message_builder().application_properties();
        let mut put = |name: &str, value: String| {
            size += name.len() + value.len() + 10;
            (name.to_owned(), value)
        };
        let mut texts = vec![put("event_type", message.event_type.clone())];
        texts.extend(message.tenant_id.clone().map(|tenant| put("tenant_id", tenant)));
        texts.extend((!is_keyed).then(|| put("partition_key", message.key.clone())));
        texts.extend(attributes.into_iter().map(|(name, value)| put(&format!("cloudEvents_{name}"), value)));
        for (name, value) in texts {
            application = application.insert(name, value);
        }
        let message = application.insert("event_version", message.event_version).message_builder().build();
        Self { message, size }
    }
}

/// Content type, attributes beside the body, and body.
fn encoded(message: &Message, encoding: Encoding) -> (&'static str, Vec<(String, String)>, Vec<u8>) {
    let as_cloud_event = || -> Result<_, CloudEventError> {
        Ok(match encoding {
            Encoding::Envelope => None,
            Encoding::CloudEventsStructured => Some((STRUCTURED, Vec::new(), message.to_cloud_event()?)),
            Encoding::CloudEventsBinary => {
                let event = message.to_binary_cloud_event()?;
                let attributes = event.attributes.into_iter();
                let attributes = attributes.map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
                Some((JSON, attributes, event.data.into_owned()))
            }
        })
    };
    let encoded = as_cloud_event().unwrap_or_else(|error| {
        let (event_id, event_type) = (message.event_id, &message.event_type);
        tracing::warn!(%event_id, event_type, %error, "an event cannot be a CloudEvent and is sent as an envelope");
        None
    });
    encoded.unwrap_or_else(|| (JSON, Vec::new(), message.body()))
}

impl<'a> From<&'a Amqp> for Properties<'a> {
    fn from(message: &'a Amqp) -> Self {
        let properties = message.properties();
        let application = message.application_properties().into_iter().flat_map(|map| map.iter());
        let application = application.filter_map(|(name, value)| Some((name.as_str(), text(value)?)));
        Self {
            content_type: properties.and_then(|properties| Some(properties.content_type.as_ref()?.as_str())),
            message_id: properties.and_then(message_id),
            group_id: properties.and_then(|properties| properties.group_id.as_deref()),
            application: application.collect(),
        }
    }
}

fn message_id(properties: &AmqpProperties) -> Option<Cow<'_, str>> {
    let id = properties.message_id.as_ref()?;
    let uuid: Result<&Uuid, _> = id.try_into();
    let text: Result<&String, _> = id.try_into();
    uuid.map(|id| Cow::Owned(id.to_string())).or_else(|_| text.map(|id| Cow::Borrowed(id.as_str()))).ok()
}

/// A value as CloudEvents writes it in a text.
fn text(value: &SimpleValue) -> Option<Cow<'_, str>> {
    Some(match value {
        SimpleValue::String(text) => Cow::Borrowed(text),
        SimpleValue::Symbol(text) => Cow::Borrowed(text),
        SimpleValue::Boolean(value) => Cow::Owned(value.to_string()),
        SimpleValue::Ubyte(number) => Cow::Owned(number.to_string()),
        SimpleValue::Ushort(number) => Cow::Owned(number.to_string()),
        SimpleValue::Uint(number) => Cow::Owned(number.to_string()),
        SimpleValue::Ulong(number) => Cow::Owned(number.to_string()),
        SimpleValue::Byte(number) => Cow::Owned(number.to_string()),
        SimpleValue::Short(number) => Cow::Owned(number.to_string()),
        SimpleValue::Int(number) => Cow::Owned(number.to_string()),
        SimpleValue::Long(number) => Cow::Owned(number.to_string()),
        SimpleValue::Uuid(id) => Cow::Owned(id.to_string()),
        // The client keeps the time to itself, but for this: `Timestamp(2026-03-01T12:00:00Z)`.
        SimpleValue::Timestamp(time) => {
            let time = format!("{time:?}");
            Cow::Owned(time.strip_prefix("Timestamp(")?.strip_suffix(')')?.to_owned())
        }
        _ => return None,
    })
}
