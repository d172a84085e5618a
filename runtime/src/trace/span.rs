//! Spans around what is done with events. Numbers are `i64` there: OpenTelemetry has no other integers, and gets unsigned
//! ones as texts.

use std::fmt::Display;

use tracing::Span;
use tracing::field::{Empty, display};

use crate::envelope::RawEnvelope;

/// A span in which a consumer handles an event, which it read at this offset.
///
/// Costs next to nothing where nobody listens to spans.
///
/// ```
/// # fn handle(_: tidings::RawEnvelope) -> Result<(), std::fmt::Error> { Ok(()) }
/// fn consume(envelope: tidings::RawEnvelope, partition: u32, offset: u64) {
///     let span = tidings::trace::handling_span(&envelope, "order-projection", "orders", partition, offset);
///     if let Err(error) = span.in_scope(|| handle(envelope)) {
///         tidings::trace::failed(&span, &error);
///     }
/// }
/// ```
#[must_use]
pub fn handling_span(envelope: &RawEnvelope, consumer: &str, stream: &str, partition: u32, offset: u64) -> Span {
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {stream}"),
        otel.kind = "consumer",
        otel.status_code = Empty,
        error = Empty,
        consumer,
        stream,
        partition = i64::from(partition),
        offset = i64::try_from(offset).unwrap_or(i64::MAX),
        event_id = %envelope.event_id,
        event_type = envelope.data.event_type,
        event_version = i64::from(envelope.data.version),
        tenant_id = envelope.tenant_id,
        correlation_id = %envelope.correlation_id,
        causation_id = envelope.causation_id.map(display),
    );
    #[cfg(feature = "opentelemetry")]
    super::opentelemetry::describe_handling(&span, envelope, consumer, stream, partition);
    span
}

/// Notes in the span of a handler that it failed, and why.
pub fn failed(span: &Span, error: &impl Display) {
    span.record("otel.status_code", "error");
    span.record("error", display(error));
}

/// A span in which a relay hands messages of one partition to a broker.
#[cfg(feature = "relay")]
pub(crate) fn sending_span(stream: &str, partition: u32, batch: &[(u64, crate::message::Message)]) -> Span {
    let span = tracing::info_span!(
        "send",
        otel.name = format!("send {stream}"),
        otel.kind = "producer",
        stream,
        partition = i64::from(partition),
        events = i64::try_from(batch.len()).unwrap_or(i64::MAX),
    );
    #[cfg(feature = "opentelemetry")]
    super::opentelemetry::describe_sending(&span, stream, partition, batch);
    span
}
