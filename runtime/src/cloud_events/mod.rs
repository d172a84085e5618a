//! Envelopes as CloudEvents 1.0: which attribute holds what, in whatever content mode.
//!
//! | attribute | of the envelope |
//! |---|---|
//! | `id` | `event_id` |
//! | `source` | `/services/` with the producer's name and version: `/services/order-service/1.4.0` |
//! | `type` | event type and version: `order.placed.v2` |
//! | `time` | `occurred_at` |
//! | `datacontenttype` | always `application/json` |
//! | `tenantid`, `correlationid`, `causationid`, `producer` | the members of like names |
//! | `traceparent` | the same, as the Distributed Tracing extension has it |
//! | `partitionkey` | what keeps the event in order, as the Partitioning extension has it; not read back |

mod binary;
mod error;
mod structured;

use std::fmt::Write;

use serde::de::IntoDeserializer;
use serde::de::value::{Error as ReadError, StrDeserializer};
use serde_json::{Map, Value};

pub use binary::BinaryCloudEvent;
pub use error::CloudEventError;

use crate::envelope::{Envelope, EnvelopeError, RawEnvelope, RawEvent};
use crate::wire::{self, As, Id, Text, Wire};

/// Content type of events in structured mode.
pub const STRUCTURED: &str = "application/cloudevents+json";

/// The one version of the specification that is spoken here.
const SPEC_VERSION: &str = "1.0";

/// The one type of content.
pub(crate) const JSON: &str = "application/json";

/// All attributes of an event, in order.
fn attributes<T>(
    envelope: &Envelope<T>,
    event_type: &str,
    version: u32,
    key: &str,
) -> Result<Vec<(&'static str, String)>, CloudEventError> {
    let producer = &envelope.producer;
    let source = format!("/services/{}/{}", segment(producer.name()), segment(producer.version()));
    let time = As::<wire::DateTime>::serialize(&envelope.occurred_at, serde_json::value::Serializer);
    let time = time.map_err(|cause| {
        let event_type = event_type.to_owned();
        CloudEventError::Envelope(EnvelopeError::Unwritable { event_type, version, cause })
    })?;
    let time = time.as_str().unwrap_or_default().to_owned();
    let attributes = [
        ("specversion", Some(SPEC_VERSION.to_owned())),
        ("id", Some(envelope.event_id.to_string())),
        ("source", Some(source)),
        ("type", Some(format!("{event_type}.v{version}"))),
        ("time", Some(time)),
        ("datacontenttype", Some(JSON.to_owned())),
        ("tenantid", envelope.tenant_id.clone()),
        ("correlationid", Some(envelope.correlation_id.to_string())),
        ("causationid", envelope.causation_id.map(|id| id.to_string())),
        ("producer", Some(producer.to_string())),
        ("traceparent", envelope.traceparent.map(|trace| trace.to_string())),
        ("partitionkey", Some(key.to_owned()).filter(|key| !key.is_empty())),
    ];
    let attributes = attributes.into_iter().filter_map(|(name, text)| Some((name, text?)));
    attributes
        .map(|(name, text)| match text.chars().find(|c| !is_allowed(*c)) {
            None => Ok((name, text)),
            Some(found) => {
                Err(CloudEventError::Character { attribute: name, found: found.escape_unicode().to_string() })
            }
        })
        .collect()
}

/// Reads an event from its attributes, which `find` looks up, and its data.
fn from_attributes<'a>(
    find: impl Fn(&'static str) -> Result<Option<&'a str>, CloudEventError>,
    data: Map<String, Value>,
) -> Result<RawEnvelope, CloudEventError> {
    let required = |attribute| find(attribute)?.ok_or(CloudEventError::Missing { attribute });
    // Said and not used: the producer is more exact.
    let source = required("source")?;
    read::<String, wire::Both<wire::UriReference, Text<1, { wire::MAX }>>>("source", source)?;
    let (event_type, version) = typed(required("type")?).ok_or_else(|| CloudEventError::Invalid {
        attribute: "type",
        reason: "expected an event type and its version such as `order.placed.v2`".to_owned(),
    })?;
    Ok(Envelope {
        event_id: read::<_, Id>("id", required("id")?)?,
        tenant_id: find("tenantid")?
            .map(|text| read::<String, Text<1, { wire::MAX }>>("tenantid", text))
            .transpose()?,
        occurred_at: read::<_, wire::DateTime>("time", required("time")?)?,
        correlation_id: read::<_, Id>("correlationid", required("correlationid")?)?,
        causation_id: find("causationid")?.map(|text| read::<_, Id>("causationid", text)).transpose()?,
        producer: parsed("producer", required("producer")?)?,
        traceparent: find("traceparent")?.map(|text| parsed("traceparent", text)).transpose()?,
        data: RawEvent { event_type, version, data },
    })
}

/// Reads `text` as the schema of envelopes says.
fn read<T, A: Wire<T>>(attribute: &'static str, text: &str) -> Result<T, CloudEventError> {
    let text: StrDeserializer<'_, ReadError> = text.into_deserializer();
    As::<A>::deserialize(text).map_err(|cause| CloudEventError::Invalid { attribute, reason: cause.to_string() })
}

fn parsed<T: std::str::FromStr<Err = wire::Violation>>(
    attribute: &'static str,
    text: &str,
) -> Result<T, CloudEventError> {
    text.parse().map_err(|cause: T::Err| CloudEventError::Invalid { attribute, reason: cause.to_string() })
}

/// `order.placed.v2` to its parts.
pub(crate) fn typed(text: &str) -> Option<(String, u32)> {
    let (event_type, version) = text.rsplit_once(".v")?;
    let number: u32 = version.parse().ok().filter(|number| *number > 0)?;
    // Neither `+2` nor `02`: each version has one name.
    (!event_type.is_empty() && number.to_string() == version).then(|| (event_type.to_owned(), number))
}

/// One segment of a URI's path (RFC 3986).
fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Whether a text of CloudEvents may hold `c`: neither controls nor noncharacters.
fn is_allowed(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fdd0}'..='\u{fdef}') && u32::from(c) & 0xfffe != 0xfffe
}

/// A content type without its parameters.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether content of this type is JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence == JSON || essence.ends_with("+json")
}

/// Holds the type of the data to the one that is read here.
fn expect_json(content_type: Option<&str>) -> Result<(), CloudEventError> {
    let Some(other) = content_type.filter(|content_type| !is_json(content_type)) else { return Ok(()) };
    let reason = format!("expected JSON, found `{}`", other.chars().take(80).collect::<String>());
    Err(CloudEventError::Invalid { attribute: "datacontenttype", reason })
}

/// Holds the version to the one that is spoken here.
fn expect_version(found: Option<&str>) -> Result<(), CloudEventError> {
    match found {
        Some(SPEC_VERSION) => Ok(()),
        Some(other) => Err(CloudEventError::SpecVersion { found: other.chars().take(20).collect() }),
        None => Err(CloudEventError::Missing { attribute: "specversion" }),
    }
}
