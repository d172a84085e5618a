//! Producers that send what they may not.

use std::path::Path;

use events::orders::OrderPlacedV2;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidings::topology::Stream;
use tidings::{Classification, Codec, Event, KeyContext, PartitionKey, Tenancy};
use tidings_contract::Contract;
use tidings_contract::estate::Estate;
use tidings_contract::evidence::{Fault, Subject};
use uuid::Uuid;

use crate::{CATALOGUE, fault_of, order, payment_service, says};

#[test]
fn an_event_that_a_producer_may_not_send_is_found() {
    let fault = fault_of(payment_service().sends([order(1)]), Subject::Sends, "order.placed", 2);
    says(&fault, "", "add `order.placed@2` to its `publishes`");
    let none: [OrderPlacedV2; 0] = [];
    let fault = fault_of(Contract::of("order-service", CATALOGUE).sends(none), Subject::Sends, "order.placed", 2);
    says(&fault, "", "no `");
    let wordy = OrderPlacedV2 { gift_message: Some("x".repeat(301)), ..order(1) };
    let fault = fault_of(Contract::of("order-service", CATALOGUE).sends([wordy]), Subject::Sends, "order.placed", 2);
    says(&fault, "gift_message", "cannot be sent: expected at most 300 characters");
}

#[test]
fn an_event_that_violates_its_schema_is_found() {
    let mut wrong = order(1);
    wrong.lines[0].quantity = 1_000;
    let fault =
        fault_of(Contract::of("order-service", CATALOGUE).sends([order(1), wrong]), Subject::Sends, "order.placed", 2);
    assert!(fault.message.contains("1000"), "{fault:?}");
}

/// An event by hand, with other ideas than the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ByHand {
    order_id: Uuid,
    reason: String,
}

static ELSEWHERE: Stream =
    Stream { name: "elsewhere", partitions: 1, partition_key: &[], max_age: None, max_bytes: None, dead_letter: None };

impl Event for ByHand {
    const TYPE: &'static str = "order.cancelled";
    const VERSION: u32 = 1;
    const STREAM: &'static Stream = &ELSEWHERE;
    const CONTEXT: &'static str = "orders";
    const OWNER: Option<&'static str> = None;
    const CLASSIFICATION: Classification = Classification::Internal;
    const TENANCY: Tenancy = Tenancy::Partition;

    fn partition_key(&self, context: &KeyContext<'_>) -> PartitionKey {
        let tenant = context.tenant_id.unwrap_or_default();
        PartitionKey::from_parts([&tenant as &dyn std::fmt::Display, &""])
    }
}

#[test]
fn wrong_routing_is_found() {
    let event = ByHand { order_id: Uuid::now_v7(), reason: "out_of_stock".to_owned() };
    let fault = fault_of(Contract::of("order-service", CATALOGUE).sends([event]), Subject::Sends, "order.cancelled", 1);
    says(&fault, "", "a part of its partition key is empty");
}

#[test]
fn a_type_that_accepts_what_its_schema_refuses_is_found() {
    let contract = Contract::of_events(CATALOGUE).is_faithful([&Codec::of::<ByHand>()]);
    let evidence = contract.check();
    let faults = evidence.faults().filter(|(check, _)| check.event == ByHand::TYPE).map(|(_, fault)| fault);
    let faults: Vec<&Fault> = faults.collect();
    // It loses the note, and takes any reason.
    assert!(faults.iter().any(|fault| fault.message.contains("`note`: it is gone")), "{faults:#?}");
    assert!(faults.iter().any(|fault| fault.message.contains("the type accepts it")), "{faults:#?}");
    assert!(faults.iter().all(|fault| fault.document.is_some() && fault.seed.is_some()), "{faults:#?}");
}

#[test]
fn a_version_that_the_generated_crate_lacks_is_found() {
    let but_one = events::codecs().filter(|codec| codec.event_type != "order.cancelled");
    let contract = Contract::of_events(CATALOGUE).with_cases(2).is_faithful(but_one);
    let fault = fault_of(contract, Subject::Fidelity, "order.cancelled", 1);
    says(&fault, "", "the generated crate lacks it");
}

#[test]
fn generated_types_are_faithful() {
    let evidence = Contract::of_events(CATALOGUE).with_cases(400).is_faithful(events::codecs()).check();
    assert_eq!(evidence.faults().count(), 0, "{evidence:#?}");
    assert_eq!(evidence.checks.len(), Estate::load(Path::new(CATALOGUE)).unwrap().model().versions().count());
}

#[test]
#[expect(deprecated, reason = "that is what it is about")]
fn a_version_that_ends_may_still_be_sent() {
    let order: events::orders::OrderPlacedV1 = {
        let price = json!({ "cents": 2490, "currency": "EUR" });
        let order: Value = json!({ "order_id": Uuid::now_v7(), "customer_id": Uuid::now_v7(), "total": price });
        serde_json::from_value(order).unwrap()
    };
    let evidence = Contract::of("order-service", CATALOGUE).sends([order]).check();
    assert_eq!(evidence.faults().count(), 0, "{evidence:#?}");
}
