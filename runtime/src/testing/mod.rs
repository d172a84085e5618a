//! For tests of services: a bus that needs nothing installed, a clock that goes when it is told to, and faults at the worst
//! moments.
//!
//! ```no_run
//! # async fn test<OrderPlaced: tidings::versions::Upcast>(
//! #     order_placed: OrderPlaced,
//! #     handlers: tidings::consumer::Handlers<sqlx::Transaction<'static, sqlx::Sqlite>>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use tidings::Context;
//! use tidings::testing::{Bus, Fault};
//!
//! // A database of the service, with the generated migrations and its own.
//! let pool = sqlx::SqlitePool::connect("sqlite:test.db").await?;
//! let bus = Bus::new(pool);
//! let consumer = bus.consumer("order-history", handlers)?;
//!
//! bus.publish(order_placed, &Context::new().with_tenant("acme")).await?;
//! // The process dies after it has committed and before it knows that it has.
//! bus.faults().at(Fault::AfterCommit);
//! bus.settle(&consumer).await?;
//! assert_eq!(bus.dead_letters().await?, []);
//!
//! // Parked events are tried when the clock says so.
//! bus.clock().advance(Duration::from_secs(5));
//! bus.settle(&consumer).await?;
//! # Ok(()) }
//! ```

#[cfg(feature = "sqlite")]
mod bus;
mod clock;
#[cfg(feature = "sqlite")]
mod failing;
mod faults;

#[cfg(feature = "sqlite")]
pub use bus::{Bus, BusError, DeadLetter};
pub use clock::TestClock;
pub use faults::{Fault, Faults};
