//! Takes orders over HTTP: `POST /orders` with the header `x-tenant`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use events::orders::types::OrderLine;
use events::orders::{OrderPlacedV2, OrderPlacedV2Channel};
use events::types::{Address, Money};
use serde::{Deserialize, Serialize};
use tidings::outbox::Outbox;
use tidings::{Context, Producer};
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
    let outbox = Outbox::new(Producer::new("order-service", env!("CARGO_PKG_VERSION"))?);
    Ok(Router::new().route("/orders", post(place::<D>)).with_state(Service { database, outbox, relay }))
}

async fn place<D: Database>(
    State(service): State<Service<D>>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Accepted>, Refused> {
    let tenant = headers.get("x-tenant").and_then(|tenant| tenant.to_str().ok());
    let tenant = tenant.ok_or_else(|| anyhow::anyhow!("the header `x-tenant` names no merchant"))?;
    let (order_id, customer_id) = (Uuid::now_v7(), order.customer_id);

    let mut transaction = service.database.begin().await?;
    let insert = "INSERT INTO orders (order_id, customer_id, cents) VALUES ($1, $2, $3)";
    let values = [order_id.to_string(), customer_id.to_string(), order.total.cents.to_string()];
    D::execute(&mut transaction, insert, &values.each_ref().map(String::as_str)).await?;
    let placed = placed(order_id, order);
    // The order and its event: both, or neither. An event that violates its schema takes the order with it.
    service.outbox.append(&mut transaction, placed, &Context::new().with_tenant(tenant)).await?;
    service.database.commit(transaction).await?;
    service.relay.notify_one();
    Ok(Json(Accepted { order_id }))
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
