//! Readers that need more than what is sent.

use schemars::JsonSchema;
use serde::Deserialize;
use tidings_contract::Contract;
use tidings_contract::evidence::{Outcome, Subject};
use uuid::Uuid;

use crate::{CATALOGUE, fault_of, payment_service, says};

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Sale {
    pub(crate) order_id: Uuid,
    pub(crate) channel: Channel,
    pub(crate) gift_message: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channel {
    Web,
    App,
    Store,
    Marketplace,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Renamed {
    pub(crate) order_number: Option<Uuid>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct NeverSent {
    pub(crate) order_id: Uuid,
    pub(crate) coupon: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Optional {
    pub(crate) gift_message: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct FewChannels {
    pub(crate) channel: FewerChannels,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FewerChannels {
    Web,
    App,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct WrongType {
    pub(crate) total: Total,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Total {
    pub(crate) cents: String,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct TooSmall {
    pub(crate) total: SmallTotal,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct SmallTotal {
    pub(crate) cents: u32,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Tightened {
    pub(crate) ship_to: Domestic,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Domestic {
    #[schemars(regex(pattern = "^(DE|AT|CH)$"))]
    pub(crate) country: String,
}

/// What schemars cannot know: serde is told to refuse more.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
pub(crate) struct Stricter {
    #[serde(default, deserialize_with = "short")]
    pub(crate) gift_message: Option<String>,
    pub(crate) order_id: Uuid,
}

fn short<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    if text.as_ref().is_some_and(|text| text.len() > 10) {
        return Err(serde::de::Error::custom("longer than ten bytes"));
    }
    Ok(text)
}

#[test]
fn a_reader_of_what_is_sent_is_proven() {
    let evidence = payment_service().reads::<Sale>("order.placed@2").check();
    assert_eq!(evidence.faults().count(), 0, "{evidence:#?}");
    assert_eq!(evidence.reads[0].fields, ["channel", "gift_message", "order_id"]);
}

#[test]
fn a_renamed_field_is_found() {
    let fault = fault_of(payment_service().reads::<Renamed>("order.placed@2"), Subject::Reads, "order.placed", 2);
    says(&fault, "order_number", "never sent; did you mean `order_id`?");
}

#[test]
fn a_required_field_that_nobody_sends_is_found() {
    let fault = fault_of(payment_service().reads::<NeverSent>("order.placed@2"), Subject::Reads, "order.placed", 2);
    says(&fault, "coupon", "its readers require field `coupon`, which documents do not have");
    assert!(fault.document.is_some());
}

#[test]
fn a_required_field_that_is_optional_is_found() {
    let fault = fault_of(payment_service().reads::<Optional>("order.placed@2"), Subject::Reads, "order.placed", 2);
    says(&fault, "gift_message", "which documents may lack");
    assert_eq!(fault.document.unwrap().get("gift_message"), None);
}

#[test]
fn a_missing_variant_is_found() {
    let contract = payment_service().reads::<FewChannels>("order.placed@2");
    let fault = fault_of(contract, Subject::Reads, "order.placed", 2);
    says(&fault, "channel", "");
    let channel = fault.document.unwrap()["channel"].clone();
    assert!(channel == "store" || channel == "marketplace", "{channel}");
}

#[test]
fn another_type_is_found() {
    let fault = fault_of(payment_service().reads::<WrongType>("order.placed@2"), Subject::Reads, "order.placed", 2);
    says(&fault, "total.cents", "");
    assert!(fault.document.unwrap()["total"]["cents"].is_number());
}

#[test]
fn a_number_that_does_not_fit_is_found() {
    let fault = fault_of(payment_service().reads::<TooSmall>("order.placed@2"), Subject::Reads, "order.placed", 2);
    assert!(fault.document.unwrap()["total"]["cents"].as_u64().unwrap() > u64::from(u32::MAX));
}

#[test]
fn a_tightened_pattern_is_found() {
    let fault = fault_of(payment_service().reads::<Tightened>("order.placed@2"), Subject::Reads, "order.placed", 2);
    says(&fault, "ship_to.country", "");
    assert!(fault.document.is_some());
}

#[test]
fn a_reader_that_is_stricter_than_it_says_is_found() {
    let fault = fault_of(payment_service().reads::<Stricter>("order.placed@2"), Subject::Reads, "order.placed", 2);
    assert!(fault.message.contains("longer than ten bytes"), "{fault:?}");
    // As short as it can be, and made again by its seed.
    assert_eq!(fault.document.unwrap()["gift_message"].as_str().unwrap().len(), 11);
    assert!(fault.seed.is_some());
}

#[test]
fn a_consumer_that_is_not_declared_is_found() {
    let contract = Contract::of("merchant-portal", CATALOGUE).reads::<Sale>("order.placed@2");
    // It is sent version 1, and nobody can prove what is written by hand.
    let shown = contract.check().checks.remove(0);
    assert_eq!((shown.subject, shown.version), (Subject::Reads, 1));
    assert!(matches!(&shown.outcome, Outcome::NotShown { reason } if reason.contains("by hand")), "{shown:?}");
    let fault = fault_of(
        Contract::of("customer-mail", CATALOGUE).reads::<Sale>("payment.captured@2"),
        Subject::Reads,
        "payment.captured",
        2,
    );
    says(&fault, "", "does not consume it in the catalogue");
}

#[test]
fn what_the_catalogue_does_not_know_is_found() {
    let fault = fault_of(payment_service().reads::<Sale>("order.place@2"), Subject::Reads, "order.place", 2);
    says(&fault, "", "did you mean `order.placed`?");
    let fault = fault_of(payment_service().reads::<Sale>("order.placed@7"), Subject::Reads, "order.placed", 7);
    says(&fault, "", "has no version 7");
    let fault = fault_of(Contract::of("payment-servce", CATALOGUE), Subject::Declaration, "", 0);
    says(&fault, "", "did you mean `payment-service`?");
}

#[test]
fn a_reader_of_an_older_version_is_found() {
    let fault = fault_of(payment_service().reads::<Sale>("order.placed@1"), Subject::Reads, "order.placed", 2);
    says(&fault, "", "version 2 is sent to it, and it reads version 1");
}

#[test]
fn each_version_is_read_by_a_reader_of_its_own() {
    // Both are sent, each on a stream that the service reads.
    let folder = crate::catalogue::copied_catalogue(&[(
        "services.yaml",
        "consumes: [order.placed@2, reservation.rejected",
        "consumes: [order.placed@1, order.placed@2, reservation.rejected",
    )]);
    let contract = Contract::of("payment-service", folder.path().join("catalogue.yaml"));
    let evidence = contract.reads::<TooSmall>("order.placed@1").reads::<Sale>("order.placed@2").check();
    let judged: Vec<(u32, bool)> =
        evidence.checks.iter().map(|check| (check.version, check.outcome.faults().is_empty())).collect();
    assert_eq!(judged, [(1, false), (2, true)], "{evidence:#?}");
}

#[test]
fn what_does_not_fit_is_said_in_words_that_others_understand() {
    let reading = tidings_contract::reader::reading::<SmallTotal>("order.placed", 2);
    assert_eq!(reading.schema["properties"]["cents"]["maximum"], u32::MAX);
}
