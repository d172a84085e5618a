//! Takes the money for each order, once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::orders::OrderPlacedV2;
use events::payments::PaymentCapturedV2;
use events::payments::types::{PaymentMethod, PaymentMethodCardNetwork};
use tidings::broker::Source;
use tidings::consumer::{Consumer, ConsumerError, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use tidings::outbox::Outbox;
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
    Consumer::new("payment-service", database.inbox(), broker, handlers::<D>(provider), settings)
}

/// What the service does for each order.
pub(crate) fn handlers<D: Database>(provider: Provider) -> Handlers<D::Transaction> {
    let capture = Capture { provider, database: std::marker::PhantomData::<fn() -> D> };
    Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(capture))
}

/// Stands for whoever takes the money. Some customers have bad luck with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Provider(Arc<Mutex<HashMap<Uuid, Trouble>>>);

/// What goes wrong for a customer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// The provider does not answer, so many times.
    Silent(u32),
    /// The card is stolen.
    Stolen,
}

impl Provider {
    pub(crate) fn trouble(&self, customer: Uuid, trouble: Trouble) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(customer, trouble);
    }

    fn ask(&self, customer: Uuid) -> Result<(), HandlerError> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&customer) {
            None | Some(Trouble::Silent(0)) => Ok(()),
            Some(Trouble::Silent(times)) => {
                *times -= 1;
                Err(HandlerError::retry("the payment provider does not answer"))
            }
            // Asking again does not help.
            Some(Trouble::Stolen) => Err(HandlerError::terminal("the card was reported stolen")),
        }
    }
}

/// Takes the money for an order.
struct Capture<D> {
    provider: Provider,
    database: std::marker::PhantomData<fn() -> D>,
}

impl<D: Database> Handler<OrderPlacedV2, D::Transaction> for Capture<D> {
    async fn handle(
        &self,
        event: Envelope<OrderPlacedV2>,
        transaction: &mut D::Transaction,
    ) -> Result<(), HandlerError> {
        let order = &event.data;
        self.provider.ask(*order.customer_id)?;
        let payment_id = Uuid::now_v7();
        let insert = "INSERT INTO payments (order_id, payment_id, cents) VALUES ($1, $2, $3)";
        let values = [order.order_id.to_string(), payment_id.to_string(), order.total.cents.to_string()];
        D::execute(transaction, insert, &values.each_ref().map(String::as_str)).await?;
        let captured = captured(payment_id, order);
        // Committed with the payment, and with the note that this order is handled.
        let outbox = Outbox::new(Producer::new("payment-service", env!("CARGO_PKG_VERSION"))?);
        outbox.append(transaction, captured, &Context::caused_by(&event)).await?;
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
