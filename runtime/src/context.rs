//! What an event inherits from what led to it.

use uuid::Uuid;

use crate::envelope::Envelope;
use crate::trace::TraceParent;

/// The tenant, the business process and the trace that events belong to.
///
/// ```
/// use tidings::Context;
///
/// // An order comes in over HTTP: a new business process of one tenant.
/// let context = Context::new().with_tenant("acme");
/// assert_eq!(context.correlation_id.get_version_num(), 7);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Whom it happens to, where there are several tenants.
    pub tenant_id: Option<String>,
    /// The same in every event of one business process.
    pub correlation_id: Uuid,
    /// The event that led to this; none where a person or a clock did.
    pub causation_id: Option<Uuid>,
    /// Position in a distributed trace.
    pub traceparent: Option<TraceParent>,
}

impl Context {
    /// Starts a business process: with a correlation id of its own (UUIDv7), and without anything else.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        Self::of(Uuid::now_v7())
    }

    /// Takes part in a business process whose id is known, say from a request's header.
    #[must_use]
    pub fn of(correlation_id: Uuid) -> Self {
        Self { tenant_id: None, correlation_id, causation_id: None, traceparent: None }
    }

    /// What the events that a handler publishes inherit from the one it handles: tenant, business process and trace.
    #[must_use]
    pub fn caused_by<T>(envelope: &Envelope<T>) -> Self {
        Self {
            tenant_id: envelope.tenant_id.clone(),
            correlation_id: envelope.correlation_id,
            causation_id: Some(envelope.event_id),
            traceparent: envelope.traceparent,
        }
    }

    /// For this tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant_id: impl Into<String>) -> Self {
        self.tenant_id = Some(tenant_id.into());
        self
    }

    /// At this position of a trace: the span that publishes, usually.
    #[must_use]
    pub fn with_traceparent(mut self, traceparent: TraceParent) -> Self {
        self.traceparent = Some(traceparent);
        self
    }
}
