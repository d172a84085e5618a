//! The event of benches that append it one at a time, or read it.

use std::fmt::Display;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tidings::topology::Stream;
use tidings::{Classification, Event, KeyContext, Message, PartitionKey, Tenancy};
use uuid::Uuid;

use super::ground::{EVENT, PARTITIONS, STREAM};

static ORDERS: Stream = Stream {
    name: STREAM,
    partitions: PARTITIONS,
    partition_key: &["data.order_id"],
    max_age: None,
    max_bytes: None,
    dead_letter: None,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OrderPlaced {
    order_id: String,
    note: String,
}

impl Event for OrderPlaced {
    const TYPE: &'static str = "order.placed";
    const VERSION: u32 = 2;
    const STREAM: &'static Stream = &ORDERS;
    const CONTEXT: &'static str = "orders";
    const OWNER: Option<&'static str> = None;
    const CLASSIFICATION: Classification = Classification::Internal;
    const TENANCY: Tenancy = Tenancy::Partition;

    fn partition_key(&self, _: &KeyContext<'_>) -> PartitionKey {
        PartitionKey::from_parts([&self.order_id as &dyn Display])
    }
}

/// Microseconds since 1970, by the one clock that all processes of a machine have.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Like the rows of [`Ground::append`](super::ground::Ground::append). A key has one partition.
pub(super) fn message(nr: usize) -> Message {
    let (event_id, key) = (Uuid::now_v7(), format!("order-{}", nr % 6_000));
    let headers = format!(
        r#"{{"event_id":"{event_id}","event_type":"order.placed","event_version":2,"tenant_id":"acme","occurred_at":"2026-03-01T12:00:00Z","correlation_id":"{event_id}","producer":"order-service@1.4.0"}}"#
    );
    let mut payload = format!(r#"{{"order_id":"{key}","note":""#);
    let rest = EVENT.saturating_sub(headers.len() + r#","data":"#.len() + payload.len() + r#""}"#.len());
    payload.extend(std::iter::repeat_n('n', rest));
    payload.push_str(r#""}"#);
    Message {
        stream: STREAM.to_owned(),
        partition: u32::try_from(nr % PARTITIONS as usize).unwrap_or_default(),
        event_id,
        event_type: OrderPlaced::TYPE.to_owned(),
        event_version: OrderPlaced::VERSION,
        payload: payload.into_bytes(),
        key,
        tenant_id: Some("acme".to_owned()),
        headers,
    }
}
