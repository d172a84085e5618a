//! Takes orders over HTTP, `POST /orders` with the header `x-tenant`, and cancels those that come to nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use events::inventory::ReservationRejectedV1;
use events::orders::types::OrderLine;
use events::orders::{OrderCancelledV1, OrderCancelledV1Reason as Reason, OrderPlacedV2, OrderPlacedV2Channel};
use events::payments::PaymentDeclinedV1;
use events::shipping::ShipmentLostV1;
use events::types::{Address, Money};
use serde::{Deserialize, Serialize};
use tidings::broker::Source;
use tidings::consumer::{Consumer, ConsumerError, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use tidings::outbox::Outbox;
use tidings::wire::Violation;
use tidings::{Context, Envelope, Producer};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::database::Database;

/// What a customer sends.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) customer_id: Uuid,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) ship_to: Address,
    pub(crate) total: Money,
}

/// What the customer gets.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Accepted {
    pub(crate) order_id: Uuid,
}

#[derive(Debug, Clone)]
struct Service<D> {
    database: D,
    outbox: Outbox,
    /// Spares its events the wait for the relay's next look.
    relay: Arc<Notify>,
}

/// The service's routes.
pub(crate) fn router<D: Database>(database: D, relay: Arc<Notify>) -> anyhow::Result<Router> {
    let outbox = outbox()?;
    Ok(Router::new().route("/orders", post(place::<D>)).with_state(Service { database, outbox, relay }))
}

fn outbox() -> Result<Outbox, Violation> {
    Ok(Outbox::new(Producer::new("order-service", env!("CARGO_PKG_VERSION"))?))
}

async fn place<D: Database>(
    State(service): State<Service<D>>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Accepted>, Refused> {
    let tenant = headers.get("x-tenant").and_then(|tenant| tenant.to_str().ok());
    let tenant = tenant.ok_or_else(|| anyhow::anyhow!("the header `x-tenant` names no merchant"))?;
    let order_id = take(&service.database, &service.outbox, tenant, order).await?;
    service.relay.notify_one();
    Ok(Json(Accepted { order_id }))
}

/// Takes an order: the order and its event, or neither. An event that violates its schema takes the order with it.
async fn take<D: Database>(database: &D, outbox: &Outbox, tenant: &str, order: Order) -> anyhow::Result<Uuid> {
    let (order_id, customer_id) = (Uuid::now_v7(), order.customer_id);
    let mut transaction = database.begin().await?;
    let insert = "INSERT INTO orders (order_id, customer_id, cents) VALUES ($1, $2, $3)";
    let values = [order_id.to_string(), customer_id.to_string(), order.total.cents.to_string()];
    D::execute(&mut transaction, insert, &values.each_ref().map(String::as_str)).await?;
    let placed = placed(order_id, order);
    outbox.append(&mut transaction, placed, &Context::new().with_tenant(tenant)).await?;
    database.commit(transaction).await?;
    Ok(order_id)
}

/// The service as a consumer of what goes wrong with its orders. `retry` replaces the waits between attempts that the
/// catalogue says.
pub(crate) fn consumer<D: Database, S: Source>(
    database: &D,
    broker: S,
    retry: Option<Vec<std::time::Duration>>,
) -> Result<Consumer<D::Inbox, S>, ConsumerError> {
    let settings = Settings::default();
    let settings = Settings { retry: retry.unwrap_or_else(|| settings.retry.clone()), ..settings };
    Consumer::new("order-service", database.inbox(), broker, handlers::<D>(), settings)
}

/// What the service does when an order comes to nothing.
pub(crate) fn handlers<D: Database>() -> Handlers<D::Transaction> {
    let cancel = || ExactlyOnce(Cancel { database: std::marker::PhantomData::<fn() -> D> });
    Handlers::new()
        .on_version::<PaymentDeclinedV1>(cancel())
        .on_version::<ReservationRejectedV1>(cancel())
        .on_version::<ShipmentLostV1>(cancel())
}

/// Why an order comes to nothing.
trait Ends: Send + Sync + 'static {
    const REASON: Reason;

    fn order_id(&self) -> Uuid;
}

impl Ends for PaymentDeclinedV1 {
    const REASON: Reason = Reason::PaymentDeclined;

    fn order_id(&self) -> Uuid {
        self.order_id
    }
}

impl Ends for ReservationRejectedV1 {
    const REASON: Reason = Reason::OutOfStock;

    fn order_id(&self) -> Uuid {
        self.order_id
    }
}

impl Ends for ShipmentLostV1 {
    const REASON: Reason = Reason::LostInTransit;

    fn order_id(&self) -> Uuid {
        self.order_id
    }
}

/// Cancels an order, once.
struct Cancel<D> {
    database: std::marker::PhantomData<fn() -> D>,
}

impl<D: Database, E: Ends> Handler<E, D::Transaction> for Cancel<D> {
    async fn handle(&self, event: Envelope<E>, transaction: &mut D::Transaction) -> Result<(), HandlerError> {
        let order_id = event.data.order_id();
        let update = "UPDATE orders SET cancelled = 'yes' WHERE order_id = $1 AND cancelled IS NULL RETURNING order_id";
        if D::execute(transaction, update, &[&order_id.to_string()]).await?.is_empty() {
            return Ok(());
        }
        outbox()?.append(transaction, cancelled(order_id, E::REASON), &Context::caused_by(&event)).await?;
        Ok(())
    }
}

/// What the service publishes when an order comes to nothing.
pub(crate) fn cancelled(order_id: Uuid, reason: Reason) -> OrderCancelledV1 {
    OrderCancelledV1 { order_id: order_id.into(), reason, note: None }
}

/// What the service publishes when it has taken an order.
pub(crate) fn placed(order_id: Uuid, order: Order) -> OrderPlacedV2 {
    OrderPlacedV2 {
        order_id: order_id.into(),
        customer_id: order.customer_id.into(),
        total: order.total,
        channel: OrderPlacedV2Channel::Web,
        lines: order.lines,
        ship_to: order.ship_to,
        gift_message: None,
    }
}

/// Why an order was not taken.
struct Refused(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, self.0.to_string()).into_response()
    }
}

/// Takes an order like one that a test has made up.
#[cfg(test)]
pub(crate) async fn take_like(database: &impl Database, order: serde_json::Value) -> Result<(), HandlerError> {
    take(database, &outbox()?, "acme", serde_json::from_value(order)?).await.map_err(HandlerError::retry)?;
    Ok(())
}
