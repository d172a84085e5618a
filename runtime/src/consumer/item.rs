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

/// An event that was read from a stream.
pub(super) struct Item<Tx> {
    pub(super) offset: u64,
    pub(super) id: Uuid,
    pub(super) key: String,
    body: Vec<u8>,
    /// Until it is first handled.
    envelope: Option<RawEnvelope>,
    pub(super) becomes: Becomes<Tx>,
}

/// What becomes of an event.
pub(super) enum Becomes<Tx> {
    Handled(Route<Tx>),
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
        let Delivery { offset, key, body } = delivery;
        // Events without a key share one: none of them is let past another.
        let key = key.unwrap_or_default();
        match RawEnvelope::from_json(&body) {
            Ok(envelope) => {
                let route = routes.get(stream).and_then(|routes| routes.of(&envelope.data.event_type));
                let becomes = route.cloned().map_or(Becomes::Passed, Becomes::Handled);
                Self { offset, id: envelope.event_id, key, body, envelope: Some(envelope), becomes }
            }
            Err(error) => {
                let becomes = Becomes::Unreadable(Failure::unreadable(&error));
                Self { offset, id: Uuid::nil(), key, body, envelope: None, becomes }
            }
        }
    }

    /// `None` where it goes with either.
    pub(super) fn step(&self) -> Option<Step> {
        match &self.becomes {
            Becomes::Handled(Route::Transaction(_)) => Some(Step::Transaction),
            Becomes::Handled(Route::Effect { .. }) => Some(Step::Effects),
            Becomes::Passed | Becomes::Unreadable(_) => None,
        }
    }

    /// Whether the ledger remembers it.
    pub(super) fn is_noted(&self) -> bool {
        matches!(&self.becomes, Becomes::Handled(route) if route.is_noted())
    }

    pub(super) fn size(&self) -> usize {
        self.body.len()
    }

    /// The event, for its handler.
    pub(super) fn envelope(&mut self) -> Result<RawEnvelope, Failure> {
        let read = || RawEnvelope::from_json(&self.body).map_err(|error| Failure::unreadable(&error));
        self.envelope.take().map_or_else(read, Ok)
    }

    /// The event, to be kept.
    pub(super) fn message(&self, partition: &Partition) -> Message {
        let (stream, number, key) = (partition.stream.to_owned(), partition.number, self.key.clone());
        let kept = RawEnvelope::from_json(&self.body)
            .and_then(|envelope| Message::of(stream.clone(), number, key.clone(), envelope));
        kept.unwrap_or_else(|_| self.unreadable_message(stream, number, key))
    }

    /// What is there of something that is no event. Its payload is a JSON text of what was read.
    fn unreadable_message(&self, stream: String, partition: u32, key: String) -> Message {
        Message {
            stream,
            partition,
            event_id: self.id,
            event_type: "unreadable".to_owned(),
            event_version: 1,
            key,
            tenant_id: None,
            headers: "{}".to_owned(),
            payload: Value::from(String::from_utf8_lossy(&self.body).replace('\0', "\u{fffd}"))
                .to_string()
                .into_bytes(),
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
