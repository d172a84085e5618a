//! An order of the shipped catalogue, for tests that need any.

use events::orders::OrderPlacedV2;
use serde_json::json;
use uuid::Uuid;

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
