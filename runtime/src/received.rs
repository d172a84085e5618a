//! What a broker delivered, as an envelope again: whichever encoding it came in, and whoever sent it.
//!
//! | content type | read as |
//! |---|---|
//! | `application/cloudevents+json` | a CloudEvent in structured mode |
//! | any JSON, or none, with application properties such as `cloudEvents_id` or `cloudEvents:id` | a CloudEvent in binary mode |
//! | any JSON, or none | an envelope |
//!
//! ```
//! use tidings::received::{Properties, decode};
//!
//! let properties = Properties { group_id: Some("acme/o-1"), ..Properties::default() };
//! let received = decode(br#"{ "event_type": "order.placed" }"#, &properties);
//! assert!(received.envelope.is_err());
//! // What could not be read can still be told from others.
//! assert_eq!(received.event_type.as_deref(), Some("order.placed"));
//! assert_eq!(received.key.as_deref(), Some("acme/o-1"));
//! ```

use std::borrow::Cow;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::cloud_events::{BinaryCloudEvent, CloudEventError, JSON, STRUCTURED, essence, is_json, typed};
use crate::envelope::{EnvelopeError, RawEnvelope};
use crate::wire;

/// Most bytes of a body that is read: sixteen times what a frame of a broker holds that nobody has configured.
pub const LONGEST: usize = 16 * 1024 * 1024;

/// How attributes of CloudEvents begin among application properties; the second is of older senders.
const PREFIXES: [&str; 2] = ["cloudEvents_", "cloudEvents:"];

/// What came with a body. The fields are those of AMQP 1.0; all may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties<'a> {
    /// Media type of the body.
    pub content_type: Option<&'a str>,
    /// Identity of the message.
    pub message_id: Option<Cow<'a, str>>,
    /// What keeps it in order with others.
    pub group_id: Option<&'a str>,
    /// Application properties, with the values of those that are no texts written as CloudEvents writes them.
    pub application: Vec<(&'a str, Cow<'a, str>)>,
}

impl Properties<'_> {
    /// The value of an application property.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<&str> {
        self.application.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_ref())
    }

    /// The attributes of a CloudEvent among the application properties, if there are any.
    fn cloud_event<'e>(&'e self, body: &'e [u8]) -> Option<BinaryCloudEvent<'e>> {
        let of = |prefix: &'static str| {
            let named = move |(name, value): &'e (&str, Cow<'_, str>)| {
                Some((name.strip_prefix(prefix)?, Cow::Borrowed(value.as_ref())))
            };
            self.application.iter().filter_map(named)
        };
        let attributes: Vec<_> = PREFIXES.into_iter().flat_map(of).collect();
        let is_one = !attributes.is_empty();
        is_one.then_some(BinaryCloudEvent { attributes, content_type: self.content_type, data: Cow::Borrowed(body) })
    }
}

/// A delivered event, and what is known about it even if it cannot be read.
#[derive(Debug)]
pub struct Received {
    /// Identity of the event.
    pub event_id: Option<Uuid>,
    /// Event type, such as `order.placed`.
    pub event_type: Option<String>,
    /// Version of the event.
    pub event_version: Option<u32>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// What keeps it in order with others. The envelope itself does not say it.
    pub key: Option<String>,
    /// The event.
    pub envelope: Result<RawEnvelope, ReceivedError>,
}

/// Why something that was delivered cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceivedError {
    /// Nothing that large is read.
    #[error("the body has {size} bytes, more than the {LONGEST} that are read; send a reference to what is large")]
    TooLarge {
        /// Bytes of the body.
        size: usize,
    },
    /// Neither an envelope nor a CloudEvent.
    #[error(
        "content of type `{found}` cannot be read; send `application/json` with an envelope, or a CloudEvent as \
         `application/cloudevents+json`"
    )]
    ContentType {
        /// What was said, or its beginning.
        found: String,
    },
    /// Not an envelope.
    #[error("{0}")]
    Envelope(EnvelopeError),
    /// Not a CloudEvent that can be read.
    #[error("{0}")]
    CloudEvent(CloudEventError),
}

/// Reads what was delivered.
#[must_use]
pub fn decode(body: &[u8], properties: &Properties<'_>) -> Received {
    let key = properties.group_id.or_else(|| properties.application("partition_key")).map(str::to_owned);
    match form(body, properties) {
        Err(cause) => Received::unread(cause, key, properties, &Map::new()),
        Ok(Form::Envelope) => match RawEnvelope::from_json(body) {
            Ok(envelope) => Received::read(envelope, key),
            Err(cause) => Received::unread(ReceivedError::Envelope(cause), key, properties, &members(body)),
        },
        Ok(Form::Structured) => match structured(body) {
            Ok((envelope, its_key)) => Received::read(envelope, key.or(its_key)),
            Err(cause) => Received::unread(ReceivedError::CloudEvent(cause), key, properties, &members(body)),
        },
        Ok(Form::Binary(event)) => {
            let key = key.or_else(|| event.attribute("partitionkey").map(str::to_owned));
            RawEnvelope::from_binary_cloud_event(&event).map_or_else(
                |cause| {
                    let said = event.attributes.iter();
                    let said = said.map(|(name, value)| ((*name).to_owned(), value.as_ref().into())).collect();
                    Received::unread(ReceivedError::CloudEvent(cause), key.clone(), properties, &said)
                },
                |envelope| Received::read(envelope, key.clone()),
            )
        }
    }
}

/// What a body is to be read as.
enum Form<'b> {
    Envelope,
    Structured,
    Binary(BinaryCloudEvent<'b>),
}

fn form<'b>(body: &'b [u8], properties: &'b Properties<'_>) -> Result<Form<'b>, ReceivedError> {
    if body.len() > LONGEST {
        return Err(ReceivedError::TooLarge { size: body.len() });
    }
    let content_type = properties.content_type.unwrap_or(JSON);
    let essence = essence(content_type);
    if essence == STRUCTURED {
        return Ok(Form::Structured);
    }
    // The others that begin like this are formats of CloudEvents that are not read, and batches.
    if essence.starts_with("application/cloudevents") || !is_json(content_type) {
        return Err(ReceivedError::ContentType { found: content_type.chars().take(80).collect() });
    }
    Ok(properties.cloud_event(body).map_or(Form::Envelope, Form::Binary))
}

fn structured(body: &[u8]) -> Result<(RawEnvelope, Option<String>), CloudEventError> {
    let event: Value = wire::from_slice(body).map_err(CloudEventError::Malformed)?;
    let key = text(event.get("partitionkey"));
    Ok((RawEnvelope::from_cloud_event(event)?, key))
}

/// The members of a JSON object; none where there is no object.
fn members(body: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(body).unwrap_or_default()
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}

impl Received {
    fn read(envelope: RawEnvelope, key: Option<String>) -> Self {
        Self {
            event_id: Some(envelope.event_id),
            event_type: Some(envelope.data.event_type.clone()),
            event_version: Some(envelope.data.version),
            tenant_id: envelope.tenant_id.clone(),
            key,
            envelope: Ok(envelope),
        }
    }

    /// An event that cannot be read. What is beside the body is believed before `said`, what is in it.
    fn unread(
        cause: ReceivedError,
        key: Option<String>,
        properties: &Properties<'_>,
        said: &Map<String, Value>,
    ) -> Self {
        let beside = |name: &str| properties.application(name).map(str::to_owned);
        let within =
            |envelope: &str, cloud_event: &str| text(said.get(envelope)).or_else(|| text(said.get(cloud_event)));
        let version = |number: &Value| u32::try_from(number.as_u64()?).ok();
        let (its_type, its_version) = text(said.get("type")).as_deref().and_then(typed).unzip();
        let id = |text: &str| text.parse().ok();
        Self {
            event_id: properties
                .message_id
                .as_deref()
                .and_then(id)
                .or_else(|| within("event_id", "id").as_deref().and_then(id)),
            event_type: beside("event_type").or_else(|| text(said.get("event_type"))).or(its_type),
            event_version: beside("event_version")
                .and_then(|number| number.parse().ok())
                .or_else(|| said.get("event_version").and_then(version))
                .or(its_version),
            tenant_id: beside("tenant_id").or_else(|| within("tenant_id", "tenantid")),
            key: key.or_else(|| text(said.get("partitionkey"))),
            envelope: Err(cause),
        }
    }
}
