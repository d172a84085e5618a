//! A projection: what became of each order, as far as the events tell.

use std::time::Duration;

use events::orders::{OrderCancelledV1, OrderPlacedV2};
use events::payments::PaymentCapturedV2;
use tidings::Envelope;
use tidings::broker::Source;
use tidings::consumer::{Consumer, ConsumerError, ExactlyOnce, Handler, HandlerError, Handlers, Settings};

use crate::database::Database;

/// The projection as a consumer of orders and payments. `retry` replaces the waits between attempts that the catalogue
/// says.
pub(crate) fn consumer<D: Database, S: Source>(
    database: &D,
    broker: S,
    retry: Option<Vec<Duration>>,
) -> Result<Consumer<D::Inbox, S>, ConsumerError> {
    let settings = Settings::default();
    let settings = Settings { retry: retry.unwrap_or_else(|| settings.retry.clone()), ..settings };
    Consumer::new("order-history", database.inbox(), broker, handlers::<D>(), settings)
}

/// What the projection does with each event.
pub(crate) fn handlers<D: Database>() -> Handlers<D::Transaction> {
    let history = || ExactlyOnce(OrderHistory { database: std::marker::PhantomData::<fn() -> D> });
    Handlers::new()
        .on_version::<OrderPlacedV2>(history())
        .on_version::<PaymentCapturedV2>(history())
        .on_version::<OrderCancelledV1>(history())
}

struct OrderHistory<D> {
    database: std::marker::PhantomData<fn() -> D>,
}

// Events of different streams come in any order, so any of them may be the first of its order.

impl<D: Database> Handler<OrderPlacedV2, D::Transaction> for OrderHistory<D> {
    async fn handle(
        &self,
        event: Envelope<OrderPlacedV2>,
        transaction: &mut D::Transaction,
    ) -> Result<(), HandlerError> {
        let upsert = "INSERT INTO history (order_id, placed_at) VALUES ($1, $2) \
                      ON CONFLICT (order_id) DO UPDATE SET placed_at = excluded.placed_at";
        let values = [event.data.order_id.to_string(), event.occurred_at.format("%T%.3f").to_string()];
        D::execute(transaction, upsert, &values.each_ref().map(String::as_str)).await?;
        Ok(())
    }
}

impl<D: Database> Handler<PaymentCapturedV2, D::Transaction> for OrderHistory<D> {
    async fn handle(
        &self,
        event: Envelope<PaymentCapturedV2>,
        transaction: &mut D::Transaction,
    ) -> Result<(), HandlerError> {
        let upsert = "INSERT INTO history (order_id, paid_at) VALUES ($1, $2) \
                      ON CONFLICT (order_id) DO UPDATE SET paid_at = excluded.paid_at";
        let values = [event.data.order_id.to_string(), event.occurred_at.format("%T%.3f").to_string()];
        D::execute(transaction, upsert, &values.each_ref().map(String::as_str)).await?;
        Ok(())
    }
}

impl<D: Database> Handler<OrderCancelledV1, D::Transaction> for OrderHistory<D> {
    async fn handle(
        &self,
        event: Envelope<OrderCancelledV1>,
        transaction: &mut D::Transaction,
    ) -> Result<(), HandlerError> {
        let upsert = "INSERT INTO history (order_id, cancelled_at) VALUES ($1, $2) \
                      ON CONFLICT (order_id) DO UPDATE SET cancelled_at = excluded.cancelled_at";
        let values = [event.data.order_id.to_string(), event.occurred_at.format("%T%.3f").to_string()];
        D::execute(transaction, upsert, &values.each_ref().map(String::as_str)).await?;
        Ok(())
    }
}
