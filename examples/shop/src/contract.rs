//! The contracts of the services with the rest of the shop. `cargo xtask contract` runs them, and so does `cargo test`.

use events::orders::{OrderCancelledV1Reason, OrderPlacedV2};
use events::payments::{PaymentDeclinedV1Reason, PaymentRefundedV1Reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tidings_contract::{Contract, Ground, Handling};
use uuid::Uuid;

use crate::database::{Sqlite, TABLES};
use crate::payment_service::{Provider, Trouble};
use crate::{order_history, order_service, payment_service};

const CATALOGUE: &str = "../../catalogue/catalogue.yaml";
const MIGRATIONS: &str = "../../generated/migrations/sqlite";

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct Amount {
    cents: u64,
    currency: String,
}

/// What taking the money needs of an order. The rest of it may change.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct OrderToPay {
    order_id: Uuid,
    customer_id: Uuid,
    total: Amount,
}

/// What the history shows of an order, and of its payment.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "fields say what is read")]
struct AnyOrder {
    order_id: Uuid,
}

#[test]
fn generated_types() {
    Contract::of_events(CATALOGUE).is_faithful(events::codecs()).verify();
}

#[test]
fn order_service() {
    let orders = (1..=20).map(|quantity| {
        let price = json!({ "cents": 2490 * quantity, "currency": "EUR" });
        let order = json!({
            "customer_id": Uuid::now_v7(),
            "total": price,
            "lines": [{ "sku": "TEE-NAVY-M", "quantity": quantity, "unit_price": price }],
            "ship_to": {
                "recipient": "Mira Okafor", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04109",
                "country": "DE",
            },
        });
        order_service::placed(Uuid::now_v7(), serde_json::from_value(order).expect("an order"))
    });
    let handlers = Handling::new(MIGRATIONS, |_| order_service::handlers::<Sqlite>())
        .with_tables(TABLES)
        .begun_by(async |ground, order| order_service::take_like(&Sqlite::of(ground.pool), order).await);
    Contract::of("order-service", CATALOGUE)
        .sends(orders)
        .sends([order_service::cancelled(Uuid::now_v7(), OrderCancelledV1Reason::OutOfStock)])
        .handles(&handlers)
        .takes("order-fulfilment/place-order", "order.placed", &handlers)
        .undoes("order-fulfilment/place-order", &handlers)
        .verify();
}

#[test]
fn payment_service() {
    let with = |provider: Provider| {
        Handling::new(MIGRATIONS, move |ground: &Ground| {
            payment_service::handlers::<Sqlite, _>(provider.clone(), ground.clock.clone())
        })
        .with_tables(TABLES)
        .ignoring("payments.payment_id")
    };
    let (answers, empty) = (with(Provider::default()), with(Provider::always(Trouble::Empty)));
    let silent = with(Provider::always(Trouble::Silent(u32::MAX)));
    let (payment_id, order) = (Uuid::now_v7(), order());
    Contract::of("payment-service", CATALOGUE)
        .reads::<OrderToPay>("order.placed@2")
        .handles(&answers)
        .sends([payment_service::captured(payment_id, &order)])
        .sends([payment_service::declined(payment_id, &order, PaymentDeclinedV1Reason::InsufficientFunds)])
        .sends([payment_service::refunded(
            payment_id,
            *order.order_id,
            order.total.clone(),
            PaymentRefundedV1Reason::Returned,
        )])
        .takes("order-fulfilment/take-payment", "payment.captured", &answers)
        .takes("order-fulfilment/take-payment", "payment.declined", &empty)
        .undoes("order-fulfilment/take-payment", &answers)
        .times_out("order-fulfilment/take-payment", &silent)
        .takes("product-return/refund-payment", "payment.refunded", &answers.after("order.placed"))
        .verify();
}

#[test]
fn order_history() {
    let handlers = Handling::new(MIGRATIONS, |_| order_history::handlers::<Sqlite>()).with_tables(TABLES);
    Contract::of("order-history", CATALOGUE)
        .reads::<AnyOrder>("order.placed@2")
        .reads::<AnyOrder>("payment.captured@2")
        .handles(&handlers)
        .verify();
}

/// Like the example of an order in the catalogue.
fn order() -> OrderPlacedV2 {
    let price = json!({ "cents": 7480, "currency": "EUR" });
    let order = json!({
        "order_id": Uuid::now_v7(),
        "customer_id": Uuid::now_v7(),
        "total": price,
        "channel": "web",
        "lines": [{ "sku": "TEE-NAVY-M", "quantity": 2, "unit_price": price }],
        "ship_to": {
            "recipient": "Mira Okafor", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04109", "country": "DE",
        },
    });
    serde_json::from_value(order).expect("an order")
}
