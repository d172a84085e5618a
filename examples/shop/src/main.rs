//! Three small services on the events of the shop catalogue: one that takes orders over HTTP, one that takes the money for
//! them, and one that shows what became of each order.
//!
//! ```text
//! shop demo                        # all of them in one process, on SQLite and a broker in memory
//! shop order-service    --database postgres://… --broker …
//! shop payment-service  --database postgres://… --broker …
//! shop order-history    --database postgres://… --broker …
//! ```

mod broker;
#[cfg(test)]
mod contract;
mod database;
mod demo;
mod order_history;
mod order_service;
mod payment_service;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tidings::broker::RabbitMq;
use tidings::relay::{self, Relay};
use tokio::net::TcpListener;

use crate::database::{Database as _, Postgres};

#[derive(Debug, Parser)]
#[command(about = "Services of the shop catalogue.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs all services in one process, lets them fail, and shows what happened.
    Demo {
        /// On PostgreSQL (`--database`) and RabbitMQ (`--broker`) instead of what is built in.
        #[arg(long, requires = "database", requires = "broker")]
        servers: bool,
        #[arg(long, env = "SHOP_DATABASE", hide_env_values = true)]
        database: Option<String>,
        #[arg(long, env = "SHOP_BROKER", hide_env_values = true)]
        broker: Option<String>,
    },
    /// Takes orders over HTTP, cancels those that come to nothing, and relays its events.
    OrderService {
        #[command(flatten)]
        servers: Servers,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
    },
    /// Takes the money for orders, gives it back, and relays its events.
    PaymentService {
        #[command(flatten)]
        servers: Servers,
    },
    /// Keeps a table of what became of each order.
    OrderHistory {
        #[command(flatten)]
        servers: Servers,
    },
}

#[derive(Debug, clap::Args)]
struct Servers {
    /// PostgreSQL: `postgres://user:password@host/database`.
    #[arg(long, env = "SHOP_DATABASE", hide_env_values = true)]
    database: String,
    /// RabbitMQ's stream listener: `user:password@host:5552/virtual-host`.
    #[arg(long, env = "SHOP_BROKER", hide_env_values = true)]
    broker: String,
}

impl Servers {
    async fn connect(&self, service: &str) -> anyhow::Result<(Postgres, RabbitMq)> {
        let broker = broker::rabbitmq(&self.broker)?;
        broker.apply_topology(&events::topology::TOPOLOGY).await?;
        Ok((Postgres::connect(&self.database, service).await?, broker))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Box::pin(run(Cli::parse().command)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the command line's own output")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo { servers: true, database: Some(database), broker: Some(broker) } => {
            demo::on_servers(&database, &broker).await
        }
        Command::Demo { .. } => demo::on_what_is_built_in().await,
        Command::OrderService { servers, listen } => {
            let (database, broker) = servers.connect("order_service").await?;
            let relay = Relay::new(database.store("order-service"), broker.clone(), relay::Settings::default());
            let consumer = order_service::consumer(&database, broker, None)?;
            let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
            let service = order_service::router(database, relay.wake())?;
            tokio::select! {
                ended = relay.run(interrupted()) => Ok(ended?),
                ended = consumer.run(interrupted()) => Ok(ended?),
                ended = axum::serve(listener, service).into_future() => Ok(ended?),
            }
        }
        Command::PaymentService { servers } => {
            let (database, broker) = servers.connect("payment_service").await?;
            let relay = Relay::new(database.store("payment-service"), broker.clone(), relay::Settings::default());
            let consumer = payment_service::consumer(&database, broker, payment_service::Provider::default(), None)?;
            let (relayed, consumed) = tokio::join!(relay.run(interrupted()), consumer.run(interrupted()));
            relayed?;
            Ok(consumed?)
        }
        Command::OrderHistory { servers } => {
            let (database, broker) = servers.connect("order_history").await?;
            Ok(order_history::consumer(&database, broker, None)?.run(interrupted()).await?)
        }
    }
}

/// When the process is told to end.
async fn interrupted() {
    // Without a signal to wait for, it runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
