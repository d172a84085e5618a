//! Two streams, and an event on each.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings::topology::{DeadLetter, Stream};
use tidings::versions::Upcast;
use tidings::{Classification, Event, KeyContext, Message, PartitionKey, Tenancy};
use uuid::Uuid;

/// Whose keys go on without their dead letters.
pub(crate) static ORDERS: Stream = stream("orders", 3, "orders.dlq", false);

/// Whose keys halt at a dead letter.
pub(crate) static PAYMENTS: Stream = stream("payments", 1, "payments.dlq", true);

const fn stream(name: &'static str, partitions: u32, dead_letters: &'static str, halt_key: bool) -> Stream {
    let dead_letter = DeadLetter { stream: dead_letters, max_age: None, max_bytes: None, halt_key };
    Stream {
        name,
        partitions,
        partition_key: &["data.key"],
        max_age: Some(Duration::from_hours(24)),
        max_bytes: None,
        dead_letter: Some(dead_letter),
    }
}

macro_rules! event {
    ($name:ident, $type:literal, $stream:ident) => {
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub(crate) struct $name {
            pub(crate) key: String,
            pub(crate) number: u32,
        }

        impl Event for $name {
            const TYPE: &'static str = $type;
            const VERSION: u32 = 1;
            const STREAM: &'static Stream = &$stream;
            const CONTEXT: &'static str = "test";
            const OWNER: Option<&'static str> = None;
            const CLASSIFICATION: Classification = Classification::Internal;
            const TENANCY: Tenancy = Tenancy::Single;

            fn partition_key(&self, _: &KeyContext<'_>) -> PartitionKey {
                PartitionKey::from_parts([&self.key as &dyn std::fmt::Display])
            }
        }

        impl Upcast for $name {}
    };
}

event!(Placed, "order.placed", ORDERS);
event!(Praised, "order.praised", ORDERS);
event!(Paid, "payment.made", PAYMENTS);

pub(crate) fn placed(key: &str, number: u32) -> Message {
    message(&ORDERS, "order.placed", key, number)
}

pub(crate) fn paid(key: &str, number: u32) -> Message {
    message(&PAYMENTS, "payment.made", key, number)
}

fn message(stream: &Stream, event_type: &str, key: &str, number: u32) -> Message {
    let event_id = Uuid::now_v7();
    Message {
        stream: stream.name.to_owned(),
        partition: PartitionKey::from_parts([&key as &dyn std::fmt::Display]).partition(stream.partitions),
        event_id,
        event_type: event_type.to_owned(),
        event_version: 1,
        key: key.to_owned(),
        tenant_id: None,
        headers: format!(
            r#"{{"event_id":"{event_id}","event_type":"{event_type}","event_version":1,"occurred_at":"2026-03-01T12:00:00Z","correlation_id":"{event_id}","producer":"order-service@1.4.0"}}"#
        ),
        payload: format!(r#"{{"key":"{key}","number":{number}}}"#).into_bytes(),
    }
}
