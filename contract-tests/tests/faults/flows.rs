//! Steps of flows that are not taken, not undone, undone too often, or never end.

use events::inventory::ReservationRejectedV1;
use events::orders::OrderPlacedV2;
use events::payments::{PaymentCapturedV2, PaymentDeclinedV1, PaymentRefundedV1};
use events::shipping::ShipmentLostV1;
use serde_json::json;
use sqlx::{Sqlite, Transaction};
use tidings::consumer::{ExactlyOnce, Handler, HandlerError, Handlers};
use tidings::outbox::Outbox;
use tidings::{Context, Envelope, Event, Producer};
use tidings_contract::Handling;
use tidings_contract::evidence::{Fault, Outcome, Subject};
use uuid::Uuid;

use crate::payment_service;

const STEP: &str = "order-fulfilment/take-payment";

type Tx = Transaction<'static, Sqlite>;

/// How a service takes money and gives it back: each a way to get it wrong, but the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Once for each order, and back once.
    Right,
    /// Takes it, and tells nobody.
    TellsNobody,
    /// Tells that another order was paid.
    OtherOrder,
    /// Never gives anything back.
    KeepsAll,
    /// Gives it back for each reason.
    GivesTwice,
    /// Gives it back two times at once.
    GivesDouble,
    /// Gives back what it has not taken.
    GivesAlways,
    /// Waits for a provider that does not answer.
    Waits,
    /// Declines when its timer says that the provider has had its time.
    GivesUp,
}

async fn tell<E: Event + serde::de::DeserializeOwned>(
    tx: &mut Tx,
    what: serde_json::Value,
    cause: &Envelope<impl Sync>,
) -> Result<(), HandlerError> {
    let event: E = serde_json::from_value(what)?;
    Outbox::new(Producer::new("payment-service", "1.0.0")?).append(tx, event, &Context::caused_by(cause)).await?;
    Ok(())
}

impl Handler<OrderPlacedV2, Tx> for Way {
    async fn handle(&self, event: Envelope<OrderPlacedV2>, tx: &mut Tx) -> Result<(), HandlerError> {
        let order_id = *event.data.order_id;
        match self {
            Self::Waits => return Err(HandlerError::retry("no answer")),
            Self::GivesUp => {
                let insert = "INSERT INTO waiting (order_id, since) VALUES ($1, $2)";
                let since = event.occurred_at.timestamp();
                sqlx::query(insert).bind(order_id.to_string()).bind(since).execute(&mut **tx).await?;
                return Ok(());
            }
            _ => {}
        }
        sqlx::query("INSERT INTO taken (order_id) VALUES ($1)").bind(order_id.to_string()).execute(&mut **tx).await?;
        let paid = if *self == Self::OtherOrder { Uuid::now_v7() } else { order_id };
        let captured = json!({
            "payment_id": Uuid::now_v7(),
            "order_id": paid,
            "amount": event.data.total,
            "method": { "kind": "card", "network": "visa", "last4": "4242" },
        });
        if *self != Self::TellsNobody {
            tell::<PaymentCapturedV2>(tx, captured, &event).await?;
        }
        Ok(())
    }
}

impl Way {
    async fn give_back(self, order_id: Uuid, cause: &Envelope<impl Sync>, tx: &mut Tx) -> Result<(), HandlerError> {
        let query = match self {
            Self::GivesTwice => "SELECT order_id FROM taken WHERE order_id = $1",
            _ => "DELETE FROM taken WHERE order_id = $1 RETURNING order_id",
        };
        let taken = sqlx::query(query).bind(order_id.to_string()).fetch_all(&mut **tx).await?;
        if self == Self::KeepsAll || (taken.is_empty() && self != Self::GivesAlways) {
            return Ok(());
        }
        let refunded = json!({
            "payment_id": Uuid::now_v7(),
            "order_id": order_id,
            "amount": { "cents": 100, "currency": "EUR" },
            "reason": "goodwill",
        });
        if self == Self::GivesDouble {
            tell::<PaymentRefundedV1>(tx, refunded.clone(), cause).await?;
        }
        tell::<PaymentRefundedV1>(tx, refunded, cause).await
    }
}

impl Handler<ReservationRejectedV1, Tx> for Way {
    async fn handle(&self, event: Envelope<ReservationRejectedV1>, tx: &mut Tx) -> Result<(), HandlerError> {
        self.give_back(event.data.order_id, &event, tx).await
    }
}

impl Handler<ShipmentLostV1, Tx> for Way {
    async fn handle(&self, event: Envelope<ShipmentLostV1>, tx: &mut Tx) -> Result<(), HandlerError> {
        self.give_back(event.data.order_id, &event, tx).await
    }
}

/// A service that does so.
fn service(way: Way) -> Handling {
    let handlers = move |_: &tidings_contract::Ground| {
        let handlers = Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(way));
        let handlers = handlers.on_version::<ReservationRejectedV1>(ExactlyOnce(way));
        handlers.on_version::<ShipmentLostV1>(ExactlyOnce(way))
    };
    let tables = "CREATE TABLE taken (order_id TEXT); CREATE TABLE waiting (order_id TEXT, since INTEGER)";
    Handling::new("../generated/migrations/sqlite", handlers).with_tables(tables)
}

/// Declines what has waited for half an hour.
async fn give_up(ground: tidings_contract::Ground) -> Result<(), HandlerError> {
    use tidings::clock::Clock as _;

    let mut tx = ground.pool.begin_with("BEGIN IMMEDIATE").await?;
    let since = (ground.clock.now() - chrono::TimeDelta::minutes(30)).timestamp();
    let late = sqlx::query_scalar("DELETE FROM waiting WHERE since < $1 RETURNING order_id").bind(since);
    let late: Vec<String> = late.fetch_all(&mut *tx).await?;
    for order_id in late {
        let declined = json!({
            "payment_id": Uuid::now_v7(),
            "order_id": order_id,
            "amount": { "cents": 100, "currency": "EUR" },
            "reason": "provider_failure",
        });
        let event: PaymentDeclinedV1 = serde_json::from_value(declined)?;
        let outbox = Outbox::new(Producer::new("payment-service", "1.0.0")?);
        outbox.append(&mut tx, event, &Context::new().with_tenant("acme")).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The only fault in a step, as `subject` sees it.
#[track_caller]
fn fault(subject: Subject, way: Way) -> Fault {
    let contract = payment_service();
    let contract = match subject {
        Subject::Step => contract.takes(STEP, "payment.captured", &service(way)),
        Subject::Compensation => contract.undoes(STEP, &service(way)),
        _ => contract.times_out(STEP, &service(way)),
    };
    let evidence = contract.check();
    let faults: Vec<_> = evidence.faults().collect();
    let [(check, fault)] = faults.as_slice() else { panic!("{evidence:#?}") };
    assert_eq!((check.subject, check.step.as_str()), (subject, STEP));
    (*fault).clone()
}

#[test]
fn steps_that_are_taken_and_undone_as_they_should_are_not_complained_of() {
    let contract = payment_service()
        .takes(STEP, "payment.captured", &service(Way::Right))
        .undoes(STEP, &service(Way::Right))
        .times_out(STEP, &service(Way::GivesUp).with_timer(give_up));
    let evidence = contract.check();
    assert_eq!(evidence.faults().count(), 0, "{evidence:#?}");
    let tried = |subject: Subject| {
        let check = evidence.checks.iter().find(|check| check.subject == subject).unwrap();
        let Outcome::Tried { documents } = check.outcome else { panic!("{check:?}") };
        documents
    };
    // Two reasons, each alone and both together.
    let (taken, undone) = (tried(Subject::Step), tried(Subject::Compensation));
    assert!(taken > 10 && undone > 3 * taken, "{taken} {undone}");
    assert_eq!(tried(Subject::Timeout), taken);
}

#[test]
fn a_step_that_ends_with_nothing_is_found() {
    let fault = fault(Subject::Step, Way::TellsNobody);
    assert!(fault.message.contains("does not end with `payment.captured`: it published nothing"), "{fault:?}");
    // And the order that shows it.
    assert!(fault.document.unwrap().get("lines").is_some());
}

#[test]
fn a_step_that_ends_for_another_run_is_found() {
    let fault = fault(Subject::Step, Way::OtherOrder);
    assert!(fault.message.contains("what it published has not its `order_id`"), "{fault:?}");
}

#[test]
fn a_step_that_is_not_undone_is_found() {
    let fault = fault(Subject::Compensation, Way::KeepsAll);
    assert!(fault.message.contains("`reservation.rejected` came, and the step is not undone"), "{fault:?}");
}

#[test]
fn a_step_that_is_undone_twice_is_found() {
    let fault = fault(Subject::Compensation, Way::GivesTwice);
    assert!(fault.message.contains("undone again with `shipment.lost`: 2 times `payment.refunded`"), "{fault:?}");
    let fault = self::fault(Subject::Compensation, Way::GivesDouble);
    assert!(fault.message.contains("undone again with `reservation.rejected`: 2 times"), "{fault:?}");
}

#[test]
fn a_step_that_is_undone_and_was_never_taken_is_found() {
    let fault = fault(Subject::Compensation, Way::GivesAlways);
    assert!(fault.message.contains("undone again") || fault.message.contains("never taken"), "{fault:?}");
}

#[test]
fn a_step_that_waits_for_ever_is_found() {
    let fault = fault(Subject::Timeout, Way::Waits);
    assert!(fault.message.contains("after 45m the step has not ended"), "{fault:?}");
    assert!(fault.message.contains("`payment.captured` or `payment.declined`"), "{fault:?}");
    // Nothing is shown where nobody had to wait.
    let fault = self::fault(Subject::Timeout, Way::Right);
    assert!(fault.message.contains("had ended before any time passed"), "{fault:?}");
}

#[test]
fn what_the_catalogue_does_not_have_is_found() {
    let said = |contract: tidings_contract::Contract| {
        let evidence = contract.check();
        let said = evidence.faults().next().map(|(_, fault)| fault.message.clone());
        said.unwrap_or_else(|| panic!("{evidence:#?}"))
    };
    let right = service(Way::Right);
    let of = |step: &str, event: &str| said(payment_service().takes(step, event, &right));
    assert!(of("order-fulfilment/take-paymnt", "payment.captured").contains("did you mean `order-fulfilment/take-pay"));
    assert!(
        of("order-fulfilment/reserve-stock", "reservation.confirmed").contains("`inventory-service` takes this step")
    );
    assert!(of(STEP, "payment.refunded").contains("does not end with `payment.refunded`"));
    assert!(of("product-return/refund-payment", "payment.refunded").contains("has no handler for that"));
    assert!(said(payment_service().undoes("product-return/refund-payment", &right)).contains("nothing undoes"));
    assert!(
        said(payment_service().takes(STEP, "payment.captured", &right.after("order.shipped")))
            .contains("order.shipped")
    );
    let placed = OrderPlacedV2::TYPE;
    let orders = tidings_contract::Contract::of("order-service", crate::CATALOGUE);
    let nothing = Handling::new("../generated/migrations/sqlite", |_| {
        Handlers::new().on_version::<ShipmentLostV1>(ExactlyOnce(Way::Right))
    });
    assert!(said(orders.takes("order-fulfilment/place-order", placed, &nothing)).contains("Handling::begun_by"));
}
