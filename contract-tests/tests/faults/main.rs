//! Faults that contract tests are for, one at a time: each is found, and told with the service, the event, its version, the
//! field and a document. Without a fault, nothing is found.

mod catalogue;
mod flows;
mod handlers;
mod producers;
mod readers;
#[path = "../shop/mod.rs"]
mod shop;

pub(crate) use shop::order;
use tidings_contract::Contract;
use tidings_contract::evidence::{Fault, Subject};

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
