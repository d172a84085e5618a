//! `tidings relay`: from an outbox to a broker, until it is told to stop.

use std::path::PathBuf;

use tidings::broker::RabbitMq;
use tidings::relay::{self, Relay, RelayError, Settings, Store};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use super::Ending;
use super::config::{Config, Faults, Topology};
use super::database_url::Database;
use super::listener::{ListenError, Listener};
use super::settings::{self, Given, Place, Values};
use super::{file, log};

/// Carry events from an outbox to RabbitMQ streams
///
/// Publishes what services append to the outbox of one database: everything once, in the order of its key. Run as many
/// as you like; of those in a group, one leads and the others stand by.
#[derive(Debug, clap::Args)]
#[command(after_long_help = settings::help(settings::RELAY))]
pub(crate) struct Args {
    /// Settings in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address for /livez, /readyz and /metrics
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// What becomes of the broker's streams at the start: apply, check or ignore
    #[arg(long, value_name = "WHAT")]
    topology: Option<String>,
    /// The generated topology/definitions.json
    #[arg(long, value_name = "FILE")]
    definitions: Option<String>,
    /// text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl Args {
    fn config(&self) -> Result<(Config, log::Log), Faults> {
        let mut values = Values::default();
        let mut faults = Vec::new();
        let options = [
            ("listen", &self.listen),
            ("topology", &self.topology),
            ("definitions", &self.definitions),
            ("log_format", &self.log_format),
        ];
        for (key, text) in options {
            let place = Place::Option { key };
            values.or(key, text.clone().map(|text| Given { text, place }));
        }
        values.or_environment(settings::RELAY, &mut faults);
        if let Some(path) = &self.config {
            file::read(path, settings::RELAY, &mut values, &mut faults);
        }
        Config::read(&values, faults)
    }
}

/// Relays until a signal comes or no wait helps.
pub(crate) fn run(args: &Args) -> Ending {
    // Where several are built in, the broker's client cannot choose one. It is the first in this process to ask.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("error: cannot start threads: {cause}");
            return Ending::Failed;
        }
    };
    runtime.block_on(async {
        match args.config() {
            Ok((config, log)) => {
                log.begin();
                serve(config).await
            }
            Err(Faults(faults)) => {
                for fault in faults {
                    eprintln!("error: {fault}");
                }
                Ending::Misconfigured
            }
        }
    })
}

async fn serve(config: Config) -> Ending {
    match begin(config).await {
        Ok(()) => {
            tracing::info!("the relay has stopped");
            Ending::Graceful
        }
        Err(error) => {
            tracing::error!(%error, "the relay cannot go on");
            Ending::Failed
        }
    }
}

/// Why a relay does not begin, or does not go on.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// Chooses the store.
async fn begin(config: Config) -> Result<(), ServeError> {
    match config.database.clone() {
        Database::Postgres(options) => relay(relay::Postgres::new(*options, &config.group), config).await,
        Database::Sqlite(pool) => relay(relay::Sqlite::new(pool, &config.group), config).await,
    }
}

/// Puts the broker's streams in order, then relays; meanwhile tells whoever asks how it is.
async fn relay(store: impl Store, config: Config) -> Result<(), ServeError> {
    let Config { broker, topology, listen, settings, .. } = config;
    let relay = Relay::new(store, broker.clone(), settings.clone());
    if let Some(address) = listen {
        tokio::spawn(Listener::begin(address).await?.serve(relay.status()));
    }
    let stop = told_to_stop();
    tokio::pin!(stop);
    tokio::select! {
        arranged = arrange(&broker, &topology, &settings) => arranged?,
        () = &mut stop => return Ok(()),
    }
    Ok(relay.run(stop).await?)
}

/// Holds the broker's streams against the topology, as often as it takes to reach the broker.
async fn arrange(broker: &RabbitMq, topology: &Topology, settings: &Settings) -> Result<(), RelayError> {
    let mut wait = settings.backoff.0;
    loop {
        let arranged = match topology {
            Topology::Ignore => return Ok(()),
            Topology::Check(layout) => broker.check_topology(layout.clone()).await,
            Topology::Apply(layout) => broker.apply_topology(layout.clone()).await.map(|made| {
                if !made.is_empty() {
                    tracing::info!(streams = made.join(", "), "the broker has new streams");
                }
            }),
        };
        match arranged.map_err(RelayError::from) {
            Err(error) if !error.is_final() => {
                tracing::warn!(%error, ?wait, "the broker's streams are looked at again");
            }
            arranged => return arranged,
        }
        sleep(wait).await;
        wait = (wait * 2).min(settings.backoff.1);
    }
}

/// Waits for SIGTERM or SIGINT.
async fn told_to_stop() {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("told to stop: what was begun is published first");
        }
        (Err(cause), _) | (_, Err(cause)) => {
            tracing::warn!(%cause, "signals cannot be heard; the relay ends without putting things in order");
            std::future::pending::<()>().await;
        }
    }
}
