//! Versions of the shipped example as each other.
#![expect(deprecated, reason = "deprecated versions still travel")]

use chrono::NaiveDate;
use events::inventory::{StockAdjusted, StockAdjustedV1, StockAdjustedV2Reason};
use events::orders::{OrderPlacedV1, OrderPlacedV2, UpcastOrderPlacedV1};
use events::payments::{PaymentCaptured, PaymentCapturedV1, PaymentCapturedV2};
use events::shipping::{DowncastShipmentDispatchedV2, ShipmentDispatchedV1, ShipmentDispatchedV2};
use serde_json::{Value, json};
use static_assertions::assert_not_impl_any;
use tidings::versions::{CastError, CastFrom, Downcast, Upcast};
use tidings::{Context, Envelope, Event, Producer, RawEnvelope};

// Where the catalogue says `by_hand`, nothing compiles until somebody has written the step.
assert_not_impl_any!(OrderPlacedV2: Upcast);
assert_not_impl_any!(PaymentCapturedV2: Upcast);
assert_not_impl_any!(ShipmentDispatchedV2: Downcast);

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn envelope<E: Event>(data: Value) -> Envelope<E> {
    let context = Context::new().with_tenant("north");
    let producer = Producer::new("shop-api", "1.0.0").expect("a producer");
    Envelope::new(tidings::decode(data).expect("an event"), &context, &producer).expect("an envelope")
}

fn received<E: Event>(data: Value) -> RawEnvelope {
    RawEnvelope::from_json(&envelope::<E>(data).to_json().expect("JSON")).expect("an envelope")
}

fn dispatched() -> Value {
    json!({
        "shipment_id": "0192f5b3-6d21-7c45-9a10-b2c3d4e5f607",
        "order_id": "0192f0c1-8a4e-7c3b-9d55-3f1c2a7be901",
        "carrier": "dhl",
        "tracking_number": "JJD000390012345678",
        "expected_on": "2026-11-18",
    })
}

fn captured(method: &Value) -> Value {
    json!({
        "payment_id": "0192f0c1-93d7-7f60-a3c2-8d4b1e7f5520",
        "order_id": "0192f0c1-8a4e-7c3b-9d55-3f1c2a7be901",
        "amount": { "cents": 7480, "currency": "EUR" },
        "method": method,
        "receipt": "https://receipts.shop.example/7f60a3c28d4b",
    })
}

#[test]
fn a_consumer_of_the_latest_version_reads_older_ones() {
    let latest = received::<ShipmentDispatchedV1>(dispatched()).decode_latest::<ShipmentDispatchedV2>();
    assert_eq!(serde_json::to_value(latest.expect("an event").data).expect("JSON"), dispatched());

    for (typed, reason) in
        [("stolen", StockAdjustedV2Reason::Lost), ("fell behind shelf", StockAdjustedV2Reason::Miscounted)]
    {
        let data = json!({ "sku": "CAP-RED", "warehouse": "LEJ01", "difference": -1, "reason": typed });
        let latest = received::<StockAdjustedV1>(data).decode_latest::<StockAdjusted>().expect("an event");
        assert_eq!(latest.data.reason, reason);
    }
}

/// Knows the lines of old orders.
struct OrderApi;

impl UpcastOrderPlacedV1 for OrderApi {
    fn upcast(&self, old: OrderPlacedV1) -> Result<OrderPlacedV2, CastError> {
        let new = json!({
            "order_id": old.order_id,
            "customer_id": old.customer_id,
            "total": old.total,
            "channel": "web",
            "lines": [{ "sku": "TEE-NAVY-M", "quantity": 1, "unit_price": old.total }],
            "ship_to": { "recipient": "Mira Okafor", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04109",
                         "country": "DE" },
        });
        Ok(tidings::decode(new)?)
    }
}

#[test]
fn a_step_by_hand_is_taken_by_whoever_implements_it() {
    let data = json!({
        "order_id": "0192f0c1-8a4e-7c3b-9d55-3f1c2a7be901",
        "customer_id": "0190a6de-51f2-7e08-b7a4-6c0d9e2f4418",
        "total": { "cents": 7480, "currency": "EUR" },
    });
    let raw = received::<OrderPlacedV1>(data.clone());
    let latest = raw.clone().decode_latest_with::<OrderPlacedV2, _>(&OrderApi).expect("an event");
    assert_eq!((latest.event_id, latest.data.lines.len()), (raw.event_id, 1));
    // And back.
    let old = OrderPlacedV1::cast_from(&latest.data).expect("an event");
    assert_eq!(serde_json::to_value(old).expect("JSON"), data);
}

/// The versions and streams of all that is published.
fn published<E: Event + Downcast<H>, H>(
    envelope: &Envelope<E>,
    day: NaiveDate,
    by_hand: &H,
) -> Vec<(u32, &'static str)> {
    let all = envelope.in_all_versions_with(day, by_hand).expect("versions");
    assert!(all.iter().all(|outgoing| outgoing.envelope.event_id == envelope.event_id));
    all.iter().map(|outgoing| (outgoing.envelope.data.version, outgoing.stream.name)).collect()
}

#[test]
fn a_producer_publishes_both_versions_until_the_sunset() {
    let envelope =
        envelope::<PaymentCaptured>(captured(&json!({ "kind": "card", "network": "visa", "last4": "4242" })));
    assert_eq!(published(&envelope, day(2027, 6, 29), &()), [(2, "payments"), (1, "payment.captured.v1")]);
    assert_eq!(published(&envelope, day(2027, 6, 30), &()), [(2, "payments")]);

    let old = PaymentCapturedV1::cast_from(&envelope.data).expect("an event");
    assert_eq!(old.card_last4, "4242");
    let voucher = tidings::decode(captured(&json!({ "kind": "voucher", "voucher_code": "SPRING-2026-AX7" })));
    assert_eq!(PaymentCapturedV1::cast_from(&voucher.expect("an event")).expect("an event").card_last4, "0000");
}

/// Promises a day where nobody does.
struct Dispatcher;

impl DowncastShipmentDispatchedV2 for Dispatcher {
    fn downcast(&self, new: &ShipmentDispatchedV2) -> Result<ShipmentDispatchedV1, CastError> {
        let mut old = serde_json::to_value(new).map_err(CastError::by_hand)?;
        if old["expected_on"].is_null() {
            old["expected_on"] = "2026-12-31".into();
        }
        Ok(tidings::decode(old)?)
    }
}

#[test]
fn a_producer_takes_steps_by_hand_only_while_they_are_needed() {
    let mut data = dispatched();
    data["expected_on"] = Value::Null;
    let envelope = envelope::<ShipmentDispatchedV2>(data);
    let both = [(2, "shipments"), (1, "shipment.dispatched.v1")];
    assert_eq!(published(&envelope, day(2027, 1, 30), &Dispatcher), both);
    assert_eq!(published(&envelope, day(2027, 1, 31), &Dispatcher), [(2, "shipments")]);
}
