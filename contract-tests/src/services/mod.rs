//! PostgreSQL and RabbitMQ for any test: a test asks for a server, and the first way that works provides it.
//!
//! ```no_run
//! # async fn test() {
//! use tidings_contract::services;
//!
//! let Some(postgres) = services::postgres().await else { return };
//! let pool = postgres.pool().await; // a database of this test's own, dropped with `postgres`
//! # }
//! ```
//!
//! The ways, in order:
//! 1. URLs in the environment: [`Service::variables`]. `cargo xtask test` exports them for the servers it starts.
//! 2. Servers that [`up`] started and that still run.
//! 3. Docker, when an engine answers. Images: [`Service::image`].
//! 4. Root on Debian: a private root file system in `target/tidings-services`, made once by `debootstrap`. PostgreSQL 15
//!    runs from the machine's own packages. The servers have their own ports, data folders, processes and mounts.
//!
//! Where none works the test returns early and is counted as *not run*: by name and with the reason, in the [`Report`]
//! of the [`Session`] around it. With `TIDINGS_REQUIRE_SERVICES=1` it fails instead.
//!
//! A server that a test started by itself is shared by the tests of that process and stops with the last of them.
//! Whoever starts a server holds a pipe to its supervisor; when the holder is gone, however it went, the server is too.

mod broker;
mod debian;
mod docker;
mod environment;
mod error;
mod folder;
mod pooler;
mod postgres;
mod rabbitmq;
mod report;
mod restartable;
mod rootfs;
mod server;
mod session;
mod standing;
mod supervisor;

pub use environment::{REQUIRE, Service};
pub use error::Error;
pub use pooler::Pooler;
pub use postgres::Postgres;
pub use rabbitmq::RabbitMq;
pub use report::{NotRun, Report};
pub use restartable::Restartable;
pub use session::Session;
pub use standing::{Standing, down, status, up};

/// An empty database on the newest PostgreSQL that is supported, or `None` when this test cannot run here.
///
/// # Panics
/// When the server refuses the database, or when servers are required and there is none.
pub async fn postgres() -> Option<Postgres> {
    Some(Postgres::create(server::offer(Service::Postgres).await?).await)
}

/// An empty database on PostgreSQL 15, the oldest that is supported, or `None` when this test cannot run here.
///
/// # Panics
/// As [`postgres`].
pub async fn postgres_15() -> Option<Postgres> {
    Some(Postgres::create(server::offer(Service::Postgres15).await?).await)
}

/// An empty virtual host on RabbitMQ with streams, or `None` when this test cannot run here.
///
/// # Panics
/// As [`postgres`].
pub async fn rabbitmq() -> Option<RabbitMq> {
    Some(RabbitMq::create(server::offer(Service::RabbitMq).await?))
}

/// A pooler in transaction mode before a database, or `None` when this test cannot run here. It is the machine's own
/// PgBouncer, and ends with the thread that asked for it.
///
/// # Panics
/// When servers are required and there is none.
pub fn pooler(postgres: &Postgres) -> Option<Pooler> {
    Pooler::start(postgres.url()).map_err(|error| report::not_run(&error.to_string())).ok()
}

/// A server of this test alone, which it may kill and start again, or `None` when this test cannot run here.
///
/// # Panics
/// When servers are required and there is none, or when the start panics.
pub async fn restartable(service: Service) -> Option<Restartable> {
    let started = tokio::task::spawn_blocking(move || Restartable::start(service)).await;
    match started.expect("starting a server does not panic") {
        Ok(server) => Some(server),
        Err(error) => {
            report::not_run(&error.to_string());
            None
        }
    }
}
