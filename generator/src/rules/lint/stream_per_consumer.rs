//! ## What it does
//! Reports streams whose name is that of a service that consumes them.
//!
//! ## Why it matters
//! A stream for each consumer means that the producer knows them all: a new consumer needs a change of the
//! producer.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     streams: { billing: {} }
//!     events: { order.placed: { stream: billing } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events: { order.placed: { stream: orders } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "stream-per-consumer",
        summary: "a stream named after a consumer",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("stream_per_consumer.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for stream in model.streams.values().filter(|stream| !stream.implicit) {
        let consumer = model.services.values().find(|service| {
            let named = stream.name == service.name || stream.name.split(['.', '-']).any(|part| part == service.name);
            named && stream.carries.iter().any(|id| service.consumes(id))
        });
        if let Some(service) = consumer {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    stream.place.name,
                    format!("stream `{}` is named after its consumer `{}`", stream.name, service.name),
                )
                .related(service.place.name, "the consumer")
                .why("a stream belongs to what happened, not to who listens; the next consumer would need another one")
                .help("name it after the aggregate, and let every consumer read it"),
            );
        }
    }
}
