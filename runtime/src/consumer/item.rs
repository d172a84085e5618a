//! An event on its way to its handler.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::failure::Failure;
use super::handlers::{Route, Routes};
use super::inbox::{Burial, Claim, Partition, Times};
use crate::broker::Delivery;
use crate::envelope::{EnvelopeError, RawEnvelope};
use crate::message::Message;
use crate::received::Received;

/// An event that was read from a stream.
pub(super) struct Item<Tx> {
    pub(super) offset: u64,
    pub(super) id: Uuid,
    pub(super) key: String,
    pub(super) becomes: Becomes<Tx>,
    what: What,
}

/// An event, or what is there of something that is none.
enum What {
    Event(RawEnvelope),
    Unreadable { event_type: Option<String>, tenant_id: Option<String>, body: Vec<u8> },
}

/// What becomes of an event.
pub(super) enum Becomes<Tx> {
    Handled(Route<Tx>),
    /// The ledger has it.
    Known,
    /// Nothing handles events of its type.
    Passed,
    Unreadable(Failure),
}

/// In which kind of step an event is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// In a transaction, with others.
    Transaction,
    /// Outside of one.
    Effects,
}

impl<Tx> Item<Tx> {
    pub(super) fn read(delivery: Delivery, routes: &BTreeMap<&'static str, Routes<Tx>>, stream: &str) -> Self {
        let Delivery { offset, received, body } = delivery;
        let Received { event_id, event_type, tenant_id, key, envelope, .. } = received;
        // Events without a key share one: none of them is let past another.
        let key = key.unwrap_or_default();
        match envelope {
            Ok(envelope) => {
                let route = routes.get(stream).and_then(|routes| routes.of(&envelope.data.event_type));
                let becomes = route.cloned().map_or(Becomes::Passed, Becomes::Handled);
                Self { offset, id: envelope.event_id, key, becomes, what: What::Event(envelope) }
            }
            Err(error) => {
                let becomes = Becomes::Unreadable(Failure::unreadable(&error));
                let what = What::Unreadable { event_type, tenant_id, body };
                Self { offset, id: event_id.unwrap_or_default(), key, becomes, what }
            }
        }
    }

    /// `None` where it goes with either.
    pub(super) fn step(&self) -> Option<Step> {
        match &self.becomes {
            Becomes::Handled(Route::Transaction(_)) => Some(Step::Transaction),
            Becomes::Handled(Route::Effect { .. }) => Some(Step::Effects),
            Becomes::Known | Becomes::Passed | Becomes::Unreadable(_) => None,
        }
    }

    /// Whether the ledger remembers it.
    pub(super) fn is_noted(&self) -> bool {
        matches!(&self.becomes, Becomes::Handled(route) if route.is_noted())
    }

    /// The event, for its handler.
    pub(super) fn envelope(&self) -> Option<&RawEnvelope> {
        match &self.what {
            What::Event(envelope) => Some(envelope),
            What::Unreadable { .. } => None,
        }
    }

    /// The event, to be kept.
    pub(super) fn message(&self, partition: &Partition) -> Message {
        let (stream, number, key) = (partition.stream.to_owned(), partition.number, self.key.clone());
        match &self.what {
            What::Event(envelope) => {
                let kept = Message::of(stream.clone(), number, key.clone(), envelope.clone());
                // What was read can be written.
                kept.unwrap_or_else(|error| self.remains(stream, number, key, error.to_string().as_bytes(), None, None))
            }
            What::Unreadable { event_type, tenant_id, body } => {
                self.remains(stream, number, key, body, event_type.clone(), tenant_id.clone())
            }
        }
    }

    /// What is there of something that is no event. Its payload is a JSON text of what was read.
    fn remains(
        &self,
        stream: String,
        partition: u32,
        key: String,
        body: &[u8],
        event_type: Option<String>,
        tenant_id: Option<String>,
    ) -> Message {
        Message {
            stream,
            partition,
            event_id: self.id,
            event_type: event_type.unwrap_or_else(|| "unreadable".to_owned()).replace('\0', "\u{fffd}"),
            event_version: 1,
            key,
            tenant_id,
            headers: "{}".to_owned(),
            payload: Value::from(String::from_utf8_lossy(body).replace('\0', "\u{fffd}")).to_string().into_bytes(),
        }
    }
}

/// Reads a kept event again, to handle it.
pub(super) fn kept<'r, Tx>(
    event: &Message,
    routes: &'r BTreeMap<&'static str, Routes<Tx>>,
) -> Result<(RawEnvelope, Option<&'r Route<Tx>>), EnvelopeError> {
    let envelope = event.envelope()?;
    let route = routes.get(event.stream.as_str()).and_then(|routes| routes.of(&envelope.data.event_type));
    Ok((envelope, route))
}

/// The event for the dead-letter stream: as it was, and besides, what became of it.
pub(super) fn dead_letter(stream: &str, claim: &Claim, burial: &Burial<'_>, times: &Times) -> Message {
    let Burial { offset, event, attempts, failure, .. } = burial;
    let mut headers: Map<String, Value> = serde_json::from_str(&event.headers).unwrap_or_default();
    headers.insert(
        "dead_letter".to_owned(),
        json!({
            "consumer": &*claim.member.consumer,
            "stream": claim.partition.stream,
            "partition": claim.partition.number,
            "offset": offset,
            "attempts": attempts,
            "first_failed_at": times.first,
            "last_failed_at": times.last,
            "error": failure.error,
            "causes": failure.causes,
            "backtrace": failure.backtrace,
        }),
    );
    // A plain stream is its own partition 0.
    Message { stream: stream.to_owned(), partition: 0, headers: Value::Object(headers).to_string(), ..(*event).clone() }
}
