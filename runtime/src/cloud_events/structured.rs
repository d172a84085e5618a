//! Structured mode: the whole event as one JSON object (CloudEvents JSON format).

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{CloudEventError, attributes, expect_json, expect_version, from_attributes};
use crate::envelope::{Envelope, EnvelopeError, RawEnvelope, RawEvent};
use crate::event::Event;
use crate::message::Message;

impl<E: Event> Envelope<E> {
    /// The event as a CloudEvent in structured mode, for content type `application/cloudevents+json`. See
    /// [`cloud_events`](crate::cloud_events) for which attribute holds what.
    ///
    /// # Errors
    /// When the event violates its schema, or a name in it holds a character that CloudEvents forbids.
    pub fn to_cloud_event(&self) -> Result<Value, CloudEventError> {
        let unwritable = |cause| CloudEventError::Envelope(EnvelopeError::unwritable::<E>(cause));
        // The envelope's own schema holds here too.
        let mut document = serde_json::to_value(self).map_err(unwritable)?;
        let attributes = attributes(self, E::TYPE, E::VERSION, self.partition_key().as_str())?;
        let mut event: Map<String, Value> =
            attributes.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect();
        event.insert("data".to_owned(), document["data"].take());
        Ok(Value::Object(event))
    }
}

impl Message {
    /// The event as the text of a CloudEvent in structured mode.
    ///
    /// # Errors
    /// When the headers are not those of an event, or a name in them holds a character that CloudEvents forbids.
    pub fn to_cloud_event(&self) -> Result<Vec<u8>, CloudEventError> {
        let envelope = self.without_payload().map_err(CloudEventError::Envelope)?;
        let attributes = attributes(&envelope, &self.event_type, self.event_version, &self.key)?;
        let mut event = String::with_capacity(self.size() + 256);
        for (name, text) in attributes {
            event.push(if event.is_empty() { '{' } else { ',' });
            let _ = write!(event, "\"{name}\":{}", Value::String(text));
        }
        event.push_str(",\"data\":");
        Ok([event.as_bytes(), &self.payload, b"}"].concat())
    }
}

impl Envelope<RawEvent> {
    /// Reads a CloudEvent in structured mode. Attributes that an envelope has no place for are ignored.
    ///
    /// ```
    /// let error = tidings::RawEnvelope::from_cloud_event(serde_json::json!({
    ///     "specversion": "1.0",
    ///     "id": "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
    ///     "source": "/services/order-service/1.4.0",
    ///     "type": "order.placed.v2",
    ///     "time": "2026-03-01T12:00:00Z",
    ///     "data": {}
    /// }));
    /// assert_eq!(
    ///     error.unwrap_err().to_string(),
    ///     "attribute `correlationid` is missing; set it to a UUID that all events of the business process share"
    /// );
    /// ```
    ///
    /// # Errors
    /// When it is of another version than 1.0, lacks an attribute that an envelope needs (`time`, `correlationid` and
    /// `producer` among them), or has data that is no JSON object.
    pub fn from_cloud_event(event: Value) -> Result<RawEnvelope, CloudEventError> {
        let Value::Object(mut event) = event else {
            return Err(CloudEventError::Data { reason: "expected an object".to_owned() });
        };
        let data = [event.remove("data"), event.remove("data_base64")];
        let find = |attribute: &'static str| match event.get(attribute) {
            // In this format, `null` is the same as absent.
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(other) => {
                let reason = format!("expected a text, found {}", kind(other));
                Err(CloudEventError::Invalid { attribute, reason })
            }
        };
        expect_version(find("specversion")?)?;
        expect_json(find("datacontenttype")?)?;
        from_attributes(find, object(data)?)
    }
}

/// The data, from `data` or from the text that `data_base64` encodes.
fn object(data: [Option<Value>; 2]) -> Result<Map<String, Value>, CloudEventError> {
    let fault = |reason: String| CloudEventError::Data { reason };
    let value = match data.map(|value| value.filter(|value| !value.is_null())) {
        [Some(_), Some(_)] => return Err(fault("found both `data` and `data_base64`".to_owned())),
        [Some(value), None] => value,
        [None, Some(Value::String(text))] => {
            let json = STANDARD.decode(text).map_err(|cause| fault(cause.to_string()))?;
            serde_json::from_slice(&json).map_err(|cause| fault(cause.to_string()))?
        }
        [None, Some(other)] => return Err(fault(format!("expected a text in `data_base64`, found {}", kind(&other)))),
        [None, None] => return Err(fault("there is none".to_owned())),
    };
    match value {
        Value::Object(object) => Ok(object),
        other => Err(fault(format!("expected an object, found {}", kind(&other)))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
