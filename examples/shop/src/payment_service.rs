//! Takes the money for each order, once, and gives it back when the order comes to nothing.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use events::inventory::ReservationRejectedV1;
use events::orders::OrderPlacedV2;
use events::payments::types::{PaymentMethod, PaymentMethodCardNetwork};
use events::payments::{
    PaymentCapturedV2, PaymentDeclinedV1, PaymentDeclinedV1Reason, PaymentRefundedV1, PaymentRefundedV1Reason as Reason,
};
use events::shipping::{ShipmentLostV1, ShipmentReturnedV1};
use events::types::Money;
use tidings::broker::Source;
use tidings::clock::{Clock, SystemClock};
use tidings::consumer::{Consumer, ConsumerError, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use tidings::outbox::Outbox;
use tidings::wire::Violation;
use tidings::{Context, Envelope, Producer};
use uuid::Uuid;

use crate::database::Database;

/// The service as a consumer of orders. `retry` replaces the waits between attempts that the catalogue says.
pub(crate) fn consumer<D: Database, S: Source>(
    database: &D,
    broker: S,
    provider: Provider,
    retry: Option<Vec<Duration>>,
) -> Result<Consumer<D::Inbox, S>, ConsumerError> {
    let settings = Settings::default();
    let settings = Settings { retry: retry.unwrap_or_else(|| settings.retry.clone()), ..settings };
    let handlers = handlers::<D, _>(provider, SystemClock);
    Consumer::new("payment-service", database.inbox(), broker, handlers, settings)
}

/// What the service does for each order, and when one comes to nothing.
pub(crate) fn handlers<D: Database, C: Clock>(provider: Provider, clock: C) -> Handlers<D::Transaction> {
    let refund = || ExactlyOnce(Refund { database: PhantomData::<fn() -> D> });
    Handlers::new()
        .on_version::<OrderPlacedV2>(ExactlyOnce(Capture { provider, clock, database: PhantomData::<fn() -> D> }))
        .on_version::<ReservationRejectedV1>(refund())
        .on_version::<ShipmentLostV1>(refund())
        .on_version::<ShipmentReturnedV1>(refund())
}

fn outbox() -> Result<Outbox, Violation> {
    Ok(Outbox::new(Producer::new("payment-service", env!("CARGO_PKG_VERSION"))?))
}

/// Stands for whoever takes the money. Some customers have bad luck with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Provider {
    trouble: Arc<Mutex<HashMap<Uuid, Trouble>>>,
    /// For everybody else.
    otherwise: Option<Trouble>,
}

/// What goes wrong for a customer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// The provider does not answer, so many times.
    Silent(u32),
    /// There is no money on the account.
    Empty,
    /// The card is stolen.
    Stolen,
}

impl Provider {
    pub(crate) fn trouble(&self, customer: Uuid, trouble: Trouble) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).insert(customer, trouble);
    }

    /// One with which it always goes wrong.
    #[cfg(test)]
    pub(crate) fn always(trouble: Trouble) -> Self {
        Self { otherwise: Some(trouble), ..Self::default() }
    }

    fn ask(&self, customer: Uuid) -> Answer {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let mut otherwise = self.otherwise;
        match trouble.get_mut(&customer).or(otherwise.as_mut()) {
            None | Some(Trouble::Silent(0)) => Answer::Taken,
            Some(Trouble::Silent(times)) => {
                *times -= 1;
                Answer::None
            }
            Some(Trouble::Empty) => Answer::Declined(PaymentDeclinedV1Reason::InsufficientFunds),
            Some(Trouble::Stolen) => Answer::Stolen,
        }
    }
}

/// What the provider says.
enum Answer {
    Taken,
    Declined(PaymentDeclinedV1Reason),
    Stolen,
    None,
}

/// For how long the provider is asked for an order's money.
const PATIENCE: TimeDelta = TimeDelta::minutes(30);

/// Takes the money for an order.
struct Capture<D, C> {
    provider: Provider,
    clock: C,
    database: PhantomData<fn() -> D>,
}

impl<D: Database, C: Clock> Handler<OrderPlacedV2, D::Transaction> for Capture<D, C> {
    async fn handle(
        &self,
        event: Envelope<OrderPlacedV2>,
        transaction: &mut D::Transaction,
    ) -> Result<(), HandlerError> {
        let (order, context, payment_id) = (&event.data, Context::caused_by(&event), Uuid::now_v7());
        let declined = match self.provider.ask(*order.customer_id) {
            Answer::Taken => None,
            Answer::Declined(reason) => Some(reason),
            // Asking again does not help.
            Answer::Stolen => return Err(HandlerError::terminal("the card was reported stolen")),
            Answer::None if self.clock.now() - event.occurred_at < PATIENCE => {
                return Err(HandlerError::retry("the payment provider does not answer"));
            }
            Answer::None => Some(PaymentDeclinedV1Reason::ProviderFailure),
        };
        if let Some(reason) = declined {
            outbox()?.append(transaction, self::declined(payment_id, order, reason), &context).await?;
            return Ok(());
        }
        let insert = "INSERT INTO payments (order_id, payment_id, cents, currency) VALUES ($1, $2, $3, $4)";
        let Money { cents, currency } = &order.total;
        let values = [order.order_id.to_string(), payment_id.to_string(), cents.to_string(), currency.to_string()];
        D::execute(transaction, insert, &values.each_ref().map(String::as_str)).await?;
        // Committed with the payment, and with the note that this order is handled.
        outbox()?.append(transaction, captured(payment_id, order), &context).await?;
        Ok(())
    }
}

/// What the service publishes when it has the money.
pub(crate) fn captured(payment_id: Uuid, order: &OrderPlacedV2) -> PaymentCapturedV2 {
    PaymentCapturedV2 {
        payment_id: payment_id.into(),
        order_id: *order.order_id,
        amount: order.total.clone(),
        method: PaymentMethod::Card { network: PaymentMethodCardNetwork::Visa, last4: "4242".to_owned() },
        receipt: None,
    }
}

/// What the service publishes when it does not get the money.
pub(crate) fn declined(payment_id: Uuid, order: &OrderPlacedV2, reason: PaymentDeclinedV1Reason) -> PaymentDeclinedV1 {
    PaymentDeclinedV1 {
        payment_id: payment_id.into(),
        order_id: *order.order_id,
        amount: order.total.clone(),
        reason,
        provider_code: None,
    }
}

/// Why money goes back.
trait GivesBack: Send + Sync + 'static {
    const REASON: Reason;

    fn order_id(&self) -> Uuid;
}

impl GivesBack for ReservationRejectedV1 {
    const REASON: Reason = Reason::OutOfStock;

    fn order_id(&self) -> Uuid {
        self.order_id
    }
}

impl GivesBack for ShipmentLostV1 {
    const REASON: Reason = Reason::LostInTransit;

    fn order_id(&self) -> Uuid {
        self.order_id
    }
}

impl GivesBack for ShipmentReturnedV1 {
    const REASON: Reason = Reason::Returned;

    fn order_id(&self) -> Uuid {
        self.order_id
    }
}

/// Gives the money for an order back, once, and only what was taken.
struct Refund<D> {
    database: PhantomData<fn() -> D>,
}

impl<D: Database, E: GivesBack> Handler<E, D::Transaction> for Refund<D> {
    async fn handle(&self, event: Envelope<E>, transaction: &mut D::Transaction) -> Result<(), HandlerError> {
        let order_id = event.data.order_id();
        let update = "UPDATE payments SET refunded = 'yes' WHERE order_id = $1 AND refunded IS NULL \
                      RETURNING payment_id, cents, currency";
        for payment in D::execute(transaction, update, &[&order_id.to_string()]).await? {
            let [payment_id, cents, currency] = payment.as_slice() else { continue };
            let amount = Money { cents: cents.parse()?, currency: currency.parse()? };
            let refunded = refunded(payment_id.parse()?, order_id, amount, E::REASON);
            outbox()?.append(transaction, refunded, &Context::caused_by(&event)).await?;
        }
        Ok(())
    }
}

/// What the service publishes when it has given money back.
pub(crate) fn refunded(payment_id: Uuid, order_id: Uuid, amount: Money, reason: Reason) -> PaymentRefundedV1 {
    PaymentRefundedV1 { payment_id: payment_id.into(), order_id, amount, reason }
}
