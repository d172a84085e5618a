//! Faults that contract tests are for, one at a time: each is found, and told with the service, the event, its version, the
//! field and a document. Without a fault, nothing is found.

mod catalogue;
mod flows;
mod handlers;
mod producers;
mod readers;

use events::orders::OrderPlacedV2;
use serde_json::json;
use tidings_contract::Contract;
use tidings_contract::evidence::{Fault, Subject};
use uuid::Uuid;

pub(crate) const CATALOGUE: &str = "../catalogue/catalogue.yaml";

pub(crate) fn payment_service() -> Contract {
    Contract::of("payment-service", CATALOGUE)
}

/// The only fault of a contract, which is about this event.
#[track_caller]
pub(crate) fn fault_of(contract: Contract, subject: Subject, event: &str, version: u32) -> Fault {
    let evidence = contract.check();
    let faults: Vec<_> = evidence.faults().collect();
    let [(check, fault), ..] = faults.as_slice() else { panic!("nothing was found: {evidence:#?}") };
    assert_eq!((check.subject, check.event.as_str(), check.version), (subject, event, version), "{fault:?}");
    (*fault).clone()
}

#[track_caller]
pub(crate) fn says(fault: &Fault, field: &str, message: &str) {
    assert_eq!(fault.field, field, "{fault:?}");
    assert!(fault.message.contains(message), "{fault:?}");
}

pub(crate) fn order(quantity: u64) -> OrderPlacedV2 {
    let price = json!({ "cents": 2490, "currency": "EUR" });
    let order = json!({
        "order_id": Uuid::now_v7(),
        "customer_id": Uuid::now_v7(),
        "total": price,
        "channel": "web",
        "lines": [{ "sku": "TEE-NAVY-M", "quantity": quantity, "unit_price": price }],
        "ship_to": {
            "recipient": "Mira Okafor", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04109", "country": "DE",
        },
    });
    serde_json::from_value(order).unwrap()
}
