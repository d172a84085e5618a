//! Where an event belongs in a distributed trace, and the spans of those who carry and handle it.
//!
//! An event says in which span it was published, as [`TraceParent`]. Who handles it does so in a span of its own, made by
//! [`handling_span`]. Between the two may lie minutes or days, and one event may be handled by many: so the span is linked
//! to the one that published, rather than made its child, as OpenTelemetry's conventions for messaging say.
//!
//! Spans and their fields are those of the crate `tracing`, for structured logs. With the feature `opentelemetry` they
//! also have links, and attributes by their conventional names, as soon as the service has a layer of the crate
//! `tracing-opentelemetry`; and [`Context::with_current_trace`](crate::Context::with_current_trace) passes the current
//! span on.

#[cfg(feature = "opentelemetry")]
mod opentelemetry;
mod parent;
#[cfg(any(feature = "relay", feature = "opentelemetry"))]
mod span;

pub use parent::TraceParent;
#[cfg(feature = "relay")]
pub(crate) use span::sending_span;
#[cfg(any(feature = "relay", feature = "opentelemetry"))]
pub use span::{failed, handling_span};
