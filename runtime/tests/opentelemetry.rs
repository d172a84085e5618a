//! From the span that publishes an event to the one that handles it, with OpenTelemetry and an exporter in memory.

use opentelemetry::Value;
use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use tidings::{Context, RawEnvelope, trace};
use tracing_subscriber::layer::SubscriberExt as _;

const PUBLISHED: &str = r#"{
    "event_id": "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b",
    "event_type": "order.placed",
    "event_version": 2,
    "tenant_id": "acme",
    "occurred_at": "2026-03-01T12:00:00Z",
    "correlation_id": "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f",
    "producer": "order-service@1.4.0",
    "data": {}
}"#;

/// What is exported of what `work` does in a service with OpenTelemetry.
fn exported(sampler: Sampler, work: impl FnOnce()) -> Vec<SpanData> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_sampler(sampler).with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    exporter.get_finished_spans().expect("spans")
}

fn published(context: &Context) -> RawEnvelope {
    let envelope = RawEnvelope::from_json(PUBLISHED.as_bytes()).expect("an envelope");
    RawEnvelope { traceparent: context.traceparent, ..envelope }
}

fn named<'s>(spans: &'s [SpanData], name: &str) -> &'s SpanData {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span `{name}` in {spans:?}"))
}

fn attribute(span: &SpanData, name: &str) -> Option<Value> {
    span.attributes.iter().find(|attribute| attribute.key.as_str() == name).map(|attribute| attribute.value.clone())
}

#[test]
fn the_span_that_handles_is_linked_to_the_span_that_published() {
    let spans = exported(Sampler::AlwaysOn, || {
        let request = tracing::info_span!("POST /orders");
        let context = request.in_scope(|| Context::new().with_current_trace());
        drop(request);
        let envelope = published(&context);
        trace::handling_span(&envelope, "order-projection", "orders", 3, 42).in_scope(|| {
            // What the handler publishes belongs to the handler's span.
            let effect = Context::caused_by(&envelope).with_current_trace();
            assert_ne!(effect.traceparent, envelope.traceparent);
            tracing::info_span!("INSERT orders").in_scope(|| {});
        });
    });
    let (request, process, insert) =
        (named(&spans, "POST /orders"), named(&spans, "process orders"), named(&spans, "INSERT orders"));

    let [link] = &process.links.links[..] else { panic!("{:?}", process.links) };
    assert_eq!(link.span_context.trace_id(), request.span_context.trace_id());
    assert_eq!(link.span_context.span_id(), request.span_context.span_id());
    assert!(link.span_context.is_remote() && link.span_context.is_sampled());
    assert_eq!(process.parent_span_id, SpanId::INVALID, "linked, not a child");
    assert_ne!(process.span_context.trace_id(), request.span_context.trace_id());
    assert_eq!(insert.parent_span_id, process.span_context.span_id());

    assert_eq!(process.span_kind, SpanKind::Consumer);
    for (name, value) in [
        ("messaging.system", "rabbitmq"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "orders"),
        ("messaging.destination.partition.id", "3"),
        ("messaging.consumer.group.name", "order-projection"),
        ("messaging.message.id", "0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b"),
        ("messaging.message.conversation_id", "0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f"),
        ("event_type", "order.placed"),
        ("tenant_id", "acme"),
        ("consumer", "order-projection"),
    ] {
        assert_eq!(attribute(process, name), Some(value.into()), "{name}");
    }
    for (name, value) in [("partition", 3), ("offset", 42), ("event_version", 2)] {
        assert_eq!(attribute(process, name), Some(value.into()), "{name}");
    }
    assert_eq!(attribute(process, "causation_id"), None);
}

#[test]
fn a_handler_that_fails_says_so_in_its_span() {
    let spans = exported(Sampler::AlwaysOn, || {
        let span = trace::handling_span(&published(&Context::new()), "order-projection", "orders", 0, 1);
        trace::failed(&span, &"no such order");
    });
    let process = named(&spans, "process orders");
    assert!(matches!(process.status, Status::Error { .. }), "{:?}", process.status);
    assert_eq!(attribute(process, "error"), Some("no such order".into()));
    assert_eq!(process.links.links, []);
}

#[test]
fn whether_a_trace_is_sampled_is_passed_on() {
    let spans = exported(Sampler::AlwaysOff, || {
        let context = tracing::info_span!("POST /orders").in_scope(|| Context::new().with_current_trace());
        assert!(!context.traceparent.expect("a position").is_sampled());
    });
    assert_eq!(spans.len(), 0);
}

#[test]
fn without_a_span_there_is_nothing_to_pass_on() {
    assert_eq!(Context::new().with_current_trace().traceparent, None);
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a position");
    let context = Context::new().with_traceparent(given).with_current_trace();
    assert_eq!(context.traceparent, Some(given), "what is known already stays");
}
