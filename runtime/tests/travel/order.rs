//! An event and a stream as generated code would have them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidings::topology::Stream;
use tidings::{
    Classification, Context, DecodeError, Envelope, Event, KeyContext, PartitionKey, Producer, StreamEvent, Tenancy,
    UnknownEvent, wire,
};
use uuid::{Uuid, uuid};

pub(crate) static ORDERS: Stream = Stream {
    name: "orders",
    partitions: 3,
    partition_key: &["tenant_id", "data.order_id"],
    max_age: None,
    max_bytes: None,
    dead_letter: None,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    #[serde(with = "wire::As::<wire::Int<0, 1_000_000>>")]
    pub(crate) cents: i64,
}
tidings::object!(OrderPlaced);

impl Event for OrderPlaced {
    const TYPE: &'static str = "order.placed";
    const VERSION: u32 = 2;
    const STREAM: &'static Stream = &ORDERS;
    const CONTEXT: &'static str = "orders";
    const OWNER: Option<&'static str> = None;
    const CLASSIFICATION: Classification = Classification::Internal;
    const TENANCY: Tenancy = Tenancy::Partition;

    fn partition_key(&self, context: &KeyContext<'_>) -> PartitionKey {
        PartitionKey::from_parts([
            &context.tenant_id.unwrap_or_default() as &dyn std::fmt::Display,
            &self.order_id as &dyn std::fmt::Display,
        ])
    }
}

/// The same payload in a catalogue without tenants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Alone(pub(crate) OrderPlaced);

impl Event for Alone {
    const TYPE: &'static str = "order.placed";
    const VERSION: u32 = 3;
    const STREAM: &'static Stream = &ORDERS;
    const CONTEXT: &'static str = "orders";
    const OWNER: Option<&'static str> = None;
    const CLASSIFICATION: Classification = Classification::Internal;
    const TENANCY: Tenancy = Tenancy::Single;

    fn partition_key(&self, _: &KeyContext<'_>) -> PartitionKey {
        PartitionKey::from_parts([&"" as &dyn std::fmt::Display])
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OrdersStream {
    OrderPlaced(OrderPlaced),
    Unknown(UnknownEvent),
}

impl StreamEvent for OrdersStream {
    const STREAM: &'static Stream = &ORDERS;
    const TENANCY: Tenancy = Tenancy::Partition;

    fn decode(event_type: &str, version: u32, data: Value) -> Result<Self, DecodeError> {
        Ok(match (event_type, version) {
            ("order.placed", 2) => Self::OrderPlaced(tidings::decode(data)?),
            _ => Self::Unknown(UnknownEvent { event_type: event_type.to_owned(), version, data }),
        })
    }

    fn event_type(&self) -> &str {
        match self {
            Self::OrderPlaced(_) => "order.placed",
            Self::Unknown(unknown) => &unknown.event_type,
        }
    }

    fn version(&self) -> u32 {
        match self {
            Self::OrderPlaced(_) => 2,
            Self::Unknown(unknown) => unknown.version,
        }
    }
}

pub(crate) const EVENT: Uuid = uuid!("0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b");
pub(crate) const CORRELATION: Uuid = uuid!("0190c8a4-5d10-7b02-8c44-1a2b3c4d5e6f");
pub(crate) const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

pub(crate) fn placed() -> OrderPlaced {
    OrderPlaced { order_id: "o-1".to_owned(), cents: 7480 }
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00.5Z".parse().expect("a point in time")
}

pub(crate) fn producer() -> Producer {
    Producer::new("order-service", "1.4.0").expect("a producer")
}

pub(crate) fn context() -> Context {
    Context::of(CORRELATION).with_tenant("acme").with_traceparent(TRACE.parse().expect("a trace"))
}

pub(crate) fn envelope() -> Envelope<OrderPlaced> {
    Envelope::at(EVENT, noon(), placed(), &context(), &producer()).expect("an envelope")
}
