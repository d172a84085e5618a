//! Why something is no CloudEvent, or none that can be read here.

use crate::envelope::EnvelopeError;
use crate::wire::InvalidJson;

/// Why something is no CloudEvent, or none that can be read here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudEventError {
    /// Not JSON.
    #[error("this is no CloudEvent in structured mode: {0}")]
    Malformed(InvalidJson),
    /// Another version of the specification.
    #[error("CloudEvents `{found}` cannot be read; send `specversion` 1.0")]
    SpecVersion {
        /// What was said instead of `1.0`.
        found: String,
    },
    /// An attribute without which there is no envelope.
    #[error("attribute `{attribute}` is missing; {}", remedy(attribute))]
    Missing {
        /// Its name.
        attribute: &'static str,
    },
    /// An attribute that says something unexpected.
    #[error("attribute `{attribute}` cannot be read: {reason}; {}", remedy(attribute))]
    Invalid {
        /// Its name.
        attribute: &'static str,
        /// What was expected, and what found.
        reason: String,
    },
    /// A character that no attribute may hold.
    #[error("attribute `{attribute}` would hold {found}, which CloudEvents forbids; leave control characters out")]
    Character {
        /// The attribute's name.
        attribute: &'static str,
        /// The character, escaped.
        found: String,
    },
    /// Data that is no JSON object.
    #[error("the data cannot be read: {reason}; send a JSON object in `data`, or its text in `data_base64`")]
    Data {
        /// What was expected, and what found.
        reason: String,
    },
    /// An event that its own schema forbids.
    #[error("{0}")]
    Envelope(EnvelopeError),
}

/// What the sender of an event without this attribute should do.
fn remedy(attribute: &str) -> &'static str {
    match attribute {
        "specversion" => "set it to `1.0`",
        "id" => "set it to a UUID that is the event's own",
        "source" => "set it to a URI reference of the sender such as `/services/order-service/1.4.0`",
        "type" => "set it to event type and version such as `order.placed.v2`",
        "time" => "set it to the time of the event such as `2026-03-01T12:00:00Z`",
        "datacontenttype" => "set it to `application/json`",
        "tenantid" => "set it to the tenant, or leave it out where there is one tenant",
        "correlationid" => "set it to a UUID that all events of the business process share",
        "causationid" => "set it to the `id` of the event that led to this one, or leave it out",
        "producer" => "set it to service and version such as `order-service@1.4.0`",
        "traceparent" => "set it as W3C Trace Context says, or leave it out",
        _ => "see the CloudEvents specification",
    }
}
