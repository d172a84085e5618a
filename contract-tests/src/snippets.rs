//! Rust in the pages of the shipped catalogue's events, which `cargo test --doc` compiles.

#[doc = include_str!("../../generated/docs/events/order.cancelled.md")]
struct OrderCancelled;

#[doc = include_str!("../../generated/docs/events/order.completed.md")]
struct OrderCompleted;

#[doc = include_str!("../../generated/docs/events/order.placed.md")]
struct OrderPlaced;

#[doc = include_str!("../../generated/docs/events/payment.captured.md")]
struct PaymentCaptured;

#[doc = include_str!("../../generated/docs/events/payment.declined.md")]
struct PaymentDeclined;

#[doc = include_str!("../../generated/docs/events/payment.refunded.md")]
struct PaymentRefunded;

#[doc = include_str!("../../generated/docs/events/reservation.confirmed.md")]
struct ReservationConfirmed;

#[doc = include_str!("../../generated/docs/events/reservation.rejected.md")]
struct ReservationRejected;

#[doc = include_str!("../../generated/docs/events/reservation.released.md")]
struct ReservationReleased;

#[doc = include_str!("../../generated/docs/events/return.approved.md")]
struct ReturnApproved;

#[doc = include_str!("../../generated/docs/events/return.completed.md")]
struct ReturnCompleted;

#[doc = include_str!("../../generated/docs/events/return.withdrawn.md")]
struct ReturnWithdrawn;

#[doc = include_str!("../../generated/docs/events/shipment.delivered.md")]
struct ShipmentDelivered;

#[doc = include_str!("../../generated/docs/events/shipment.dispatched.md")]
struct ShipmentDispatched;

#[doc = include_str!("../../generated/docs/events/shipment.lost.md")]
struct ShipmentLost;

#[doc = include_str!("../../generated/docs/events/shipment.prepared.md")]
struct ShipmentPrepared;

#[doc = include_str!("../../generated/docs/events/shipment.returned.md")]
struct ShipmentReturned;

#[doc = include_str!("../../generated/docs/events/stock.adjusted.md")]
struct StockAdjusted;

#[doc = include_str!("../../generated/docs/events/stock.counted.md")]
struct StockCounted;

#[doc = include_str!("../../generated/docs/events/stock.depleted.md")]
struct StockDepleted;

#[doc = include_str!("../../generated/docs/events/stock.received.md")]
struct StockReceived;
