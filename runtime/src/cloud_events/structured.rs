//! Structured mode: the whole event as one JSON object (CloudEvents JSON format).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{CloudEventError, SPEC_VERSION, attributes, from_attributes, is_json};
use crate::envelope::{Envelope, EnvelopeError, RawEnvelope, RawEvent};
use crate::event::Event;

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
        let mut event: Map<String, Value> =
            attributes(self)?.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect();
        event.insert("data".to_owned(), document["data"].take());
        Ok(Value::Object(event))
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
        match find("specversion")? {
            Some(SPEC_VERSION) => {}
            Some(other) => return Err(CloudEventError::SpecVersion { found: other.chars().take(20).collect() }),
            None => return Err(CloudEventError::Missing { attribute: "specversion" }),
        }
        if let Some(other) = find("datacontenttype")?.filter(|content_type| !is_json(content_type)) {
            let reason = format!("expected JSON, found `{}`", other.chars().take(80).collect::<String>());
            return Err(CloudEventError::Invalid { attribute: "datacontenttype", reason });
        }
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
