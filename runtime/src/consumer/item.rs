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
use crate::outbox::Outbox;
use crate::partition;
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
    Event(Box<RawEnvelope>),
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
        let key = kept_key(key.unwrap_or_default());
        match envelope {
            Ok(envelope) => {
                let route = routes.get(stream).and_then(|routes| routes.of(&envelope.data.event_type));
                let becomes = route.cloned().map_or(Becomes::Passed, Becomes::Handled);
                Self { offset, id: envelope.event_id, key, becomes, what: What::Event(Box::new(envelope)) }
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
        match &self.what {
            What::Event(envelope) => {
                let (stream, number) = (partition.stream.to_owned(), partition.number);
                match Message::of(stream, number, self.key.clone(), (**envelope).clone()) {
                    Ok(message) => storable(message),
                    // What was read can be written.
                    Err(error) => self.remains(partition, error.to_string().as_bytes()),
                }
            }
            What::Unreadable { event_type, tenant_id, body } => {
                let remains = self.remains(partition, body);
                let event_type = event_type.clone().unwrap_or(remains.event_type);
                storable(Message { event_type, tenant_id: tenant_id.clone(), ..remains })
            }
        }
    }

    /// What is there of something that is no event. Its payload is a JSON text of what was read.
    fn remains(&self, partition: &Partition, body: &[u8]) -> Message {
        Message {
            stream: partition.stream.to_owned(),
            partition: partition.number,
            event_id: self.id,
            event_type: "unreadable".to_owned(),
            event_version: 1,
            key: self.key.clone(),
            tenant_id: None,
            headers: "{}".to_owned(),
            payload: Value::from(String::from_utf8_lossy(body)).to_string().into_bytes(),
        }
    }
}

/// Most bytes of a key that a database indexes.
const LONGEST_KEY: usize = 512;

/// A key as it is kept: what a database does not take in a text or an index is replaced. Equal keys stay equal, and
/// different ones hardly ever become so, which would make one wait for the other.
fn kept_key(key: String) -> String {
    if key.len() <= LONGEST_KEY && !key.contains('\0') {
        return key;
    }
    let hash = partition::murmur3_32(key.as_bytes(), 0);
    format!("{}…{hash:08x}", key[..key.floor_char_boundary(LONGEST_KEY)].replace('\0', "\u{fffd}"))
}

/// An event without what databases refuse in a text: characters of no use.
fn storable(mut event: Message) -> Message {
    let clean = |text: &mut String| {
        if text.contains('\0') {
            *text = text.replace('\0', "\u{fffd}");
        }
    };
    clean(&mut event.event_type);
    event.tenant_id.as_mut().map(clean);
    if event.headers.contains("\\u0000") {
        event.headers = event.headers.replace("\\u0000", "\\ufffd");
    }
    event.event_version = event.event_version.min(i32::MAX.cast_unsigned());
    event
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

/// The event for the dead-letter stream: another event, which the first one led to, and besides, what became of that. So
/// that it can be sent, it says less where that is very much; the row of the dead letter has everything.
pub(super) fn dead_letter(stream: &str, claim: &Claim, burial: &Burial<'_>, times: &Times) -> Message {
    let Burial { offset, event, attempts, failure, .. } = burial;
    let event_id = Uuid::now_v7();
    let mut headers: Map<String, Value> = serde_json::from_str(&event.headers).unwrap_or_default();
    let what = json!({
        "event_id": event.event_id,
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
    });
    headers.insert("event_id".to_owned(), json!(event_id));
    headers.insert("causation_id".to_owned(), json!(event.event_id));
    headers.insert("dead_letter".to_owned(), what);
    // A plain stream is its own partition 0.
    let mut letter = Message {
        stream: stream.to_owned(),
        partition: 0,
        event_id,
        headers: Value::Object(headers.clone()).to_string(),
        ..(*event).clone()
    };
    if letter.size() > Outbox::BUDGET {
        if let Some(what) = headers.get_mut("dead_letter").and_then(Value::as_object_mut) {
            what.retain(|name, _| name != "causes" && name != "backtrace");
            what.insert("payload_bytes".to_owned(), json!(event.payload.len()));
        }
        letter.headers = Value::Object(headers).to_string();
        if letter.size() > Outbox::BUDGET {
            letter.payload = b"{}".to_vec();
        }
    }
    letter
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_KEY, kept_key, storable};
    use crate::message::Message;

    #[test]
    fn keys_that_no_index_takes_are_told_apart() {
        assert_eq!(kept_key("acme/o-1".to_owned()), "acme/o-1");
        let [one, other] = ["1", "2"].map(|end| kept_key("ä".repeat(2_000) + end));
        assert!(one != other && one.len() < LONGEST_KEY + 16);
        assert!(kept_key("a\0b".to_owned()).starts_with("a\u{fffd}b…"));
    }

    #[test]
    fn what_databases_refuse_is_replaced() {
        let message = storable(Message {
            stream: "orders".to_owned(),
            partition: 0,
            event_id: uuid::Uuid::nil(),
            event_type: "a\0b".to_owned(),
            event_version: u32::MAX,
            key: String::new(),
            tenant_id: Some("\0".to_owned()),
            headers: r#"{"tenant_id":"\u0000"}"#.to_owned(),
            payload: Vec::new(),
        });
        assert_eq!(message.event_type, "a\u{fffd}b");
        assert_eq!(message.tenant_id.as_deref(), Some("\u{fffd}"));
        assert_eq!(message.headers, r#"{"tenant_id":"\ufffd"}"#);
        assert_eq!(message.event_version, i32::MAX.cast_unsigned());
    }
}
