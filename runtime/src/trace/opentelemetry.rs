//! What OpenTelemetry knows of a span beyond its fields: links, and attributes by the names of its semantic conventions
//! for messaging (1.37, in development).

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::TraceParent;
use crate::context::Context;
use crate::envelope::RawEnvelope;

/// As the conventions call the one broker there is.
const SYSTEM: &str = "rabbitmq";

/// Most links of a span: what OpenTelemetry keeps unless it is told otherwise.
#[cfg(feature = "relay")]
const LINKS: usize = 128;

impl Context {
    /// At the position of the current span in its trace, if it has one. Events that are published with this context say
    /// so, and whoever handles them links to this span.
    ///
    /// ```
    /// use tidings::{Context, Envelope, Event};
    ///
    /// // In the handler of a request:
    /// let context = Context::new().with_tenant("acme").with_current_trace();
    ///
    /// // In the handler of an event:
    /// fn effect(cause: &Envelope<impl Event>) -> Context {
    ///     Context::caused_by(cause).with_current_trace()
    /// }
    /// ```
    #[must_use]
    pub fn with_current_trace(mut self) -> Self {
        let context = Span::current().context();
        self.traceparent = parent(context.span().span_context()).or(self.traceparent);
        self
    }
}

fn parent(span: &SpanContext) -> Option<TraceParent> {
    let (trace_id, span_id) = (span.trace_id().to_bytes(), span.span_id().to_bytes());
    let flags = span.trace_flags().to_u8();
    TraceParent::new(u128::from_be_bytes(trace_id), u64::from_be_bytes(span_id), flags).ok()
}

fn link(parent: TraceParent) -> SpanContext {
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace_id, span_id) = (TraceId::from(parent.trace_id()), SpanId::from(parent.parent_id()));
    SpanContext::new(trace_id, span_id, flags, true, TraceState::default())
}

fn describe(span: &Span, operation: &'static str, stream: &str, partition: u32) {
    span.set_attribute("messaging.system", SYSTEM);
    span.set_attribute("messaging.operation.name", operation);
    span.set_attribute("messaging.operation.type", operation);
    span.set_attribute("messaging.destination.name", stream.to_owned());
    span.set_attribute("messaging.destination.partition.id", partition.to_string());
}

pub(super) fn describe_handling(span: &Span, envelope: &RawEnvelope, consumer: &str, stream: &str, partition: u32) {
    if span.is_disabled() {
        return;
    }
    describe(span, "process", stream, partition);
    span.set_attribute("messaging.consumer.group.name", consumer.to_owned());
    span.set_attribute("messaging.message.id", envelope.event_id.to_string());
    span.set_attribute("messaging.message.conversation_id", envelope.correlation_id.to_string());
    if let Some(parent) = envelope.traceparent {
        span.add_link(link(parent));
    }
}

#[cfg(feature = "relay")]
pub(super) fn describe_sending(span: &Span, stream: &str, partition: u32, batch: &[(u64, crate::message::Message)]) {
    // Events are only looked at for a span that somebody keeps.
    if span.is_disabled() || !span.context().span().span_context().is_sampled() {
        return;
    }
    describe(span, "send", stream, partition);
    span.set_attribute("messaging.batch.message_count", i64::try_from(batch.len()).unwrap_or(i64::MAX));
    let parents = batch.iter().filter_map(|(_, message)| traceparent(&message.headers));
    for parent in parents.filter(|parent| parent.is_sampled()).take(LINKS) {
        span.add_link(link(parent));
    }
}

#[cfg(feature = "relay")]
fn traceparent(headers: &str) -> Option<TraceParent> {
    #[derive(serde::Deserialize)]
    struct Head {
        traceparent: TraceParent,
    }
    // Most rows have none, and need not be read then.
    if !headers.contains("\"traceparent\"") {
        return None;
    }
    serde_json::from_str(headers).ok().map(|head: Head| head.traceparent)
}

#[cfg(all(test, feature = "relay"))]
mod tests {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
    use tracing_subscriber::layer::SubscriberExt as _;
    use uuid::Uuid;

    use crate::message::Message;
    use crate::trace::sending_span;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

    fn message(traceparent: &str) -> Message {
        Message {
            stream: "orders".to_owned(),
            partition: 1,
            event_id: Uuid::nil(),
            event_type: "order.placed".to_owned(),
            event_version: 2,
            key: "o-1".to_owned(),
            tenant_id: None,
            headers: format!(r#"{{"event_id": "{}"{traceparent}}}"#, Uuid::nil()),
            payload: b"{}".to_vec(),
        }
    }

    fn sent(sampler: Sampler, batch: &[Message]) -> Vec<SpanData> {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_sampler(sampler).with_simple_exporter(exporter.clone());
        // Exports nothing more once it is dropped.
        let provider = provider.build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let batch: Vec<(u64, Message)> = (1..).zip(batch.iter().cloned()).collect();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            drop(sending_span("orders", 1, &batch));
        });
        exporter.get_finished_spans().expect("spans")
    }

    #[test]
    fn a_span_that_sends_is_linked_to_the_sampled_spans_that_published() {
        let (sampled, other) =
            (format!(r#", "traceparent": "{TRACE}-01""#), format!(r#", "traceparent": "{TRACE}-00""#));
        let batch = [message(&sampled), message(""), message(&other), message(r#", "traceparent": 7"#)];
        let spans = sent(Sampler::AlwaysOn, &batch);
        let [span] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!(span.name, "send orders");
        let [link] = &span.links.links[..] else { panic!("{:?}", span.links) };
        assert_eq!(link.span_context.span_id().to_string(), "00f067aa0ba902b7");
        let count = span.attributes.iter().find(|attribute| attribute.key.as_str() == "messaging.batch.message_count");
        assert_eq!(count.map(|count| count.value.clone()), Some(4.into()));

        let many: Vec<Message> = std::iter::repeat_n(message(&sampled), 1_000).collect();
        assert_eq!(sent(Sampler::AlwaysOn, &many)[0].links.links.len(), super::LINKS);
    }

    #[test]
    fn a_span_that_nobody_keeps_is_not_exported() {
        assert_eq!(sent(Sampler::AlwaysOff, &[message("")]).len(), 0);
    }
}
