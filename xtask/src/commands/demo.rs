//! `demo`: the services of `examples/shop`, from an order to its payment.

use anyhow::Context as _;
use cargo_metadata::MetadataCommand;

use crate::Ending;
use crate::cargo::cargo;
#[cfg(not(feature = "services"))]
use crate::with_services::{self, Profile};

/// The package that has the demonstration.
const PACKAGE: &str = "shop";

/// Run the example services, let them fail, and show what happened
///
/// On SQLite and a broker in memory, which need nothing installed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// On PostgreSQL and RabbitMQ, which are started as `test` starts them
    #[arg(long)]
    services: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    let metadata = MetadataCommand::new().no_deps().exec().context("cannot ask cargo")?;
    let has_it = metadata.workspace_packages().iter().any(|package| package.name.as_str() == PACKAGE);
    anyhow::ensure!(has_it, "this workspace has no package `{PACKAGE}`; the demonstration is part of Tidings' own");
    if args.services { on_servers() } else { demonstrate(&[], &[]) }
}

#[cfg(feature = "services")]
fn on_servers() -> anyhow::Result<Ending> {
    use tidings_contract::services;

    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let absent = "this machine can have no PostgreSQL or no RabbitMQ; `services up` says why";
        let postgres = services::postgres().await.context(absent)?;
        let rabbitmq = services::rabbitmq().await.context(absent)?;
        let (host, port) = rabbitmq.stream_address();
        let (user, password, virtual_host) = (rabbitmq.user(), rabbitmq.password(), rabbitmq.virtual_host());
        let broker = format!("{user}:{password}@{host}:{port}/{virtual_host}");
        demonstrate(&["--servers"], &[("SHOP_DATABASE", postgres.url()), ("SHOP_BROKER", &broker)])
    })
}

#[cfg(not(feature = "services"))]
fn on_servers() -> anyhow::Result<Ending> {
    with_services::needed(Profile::Dev)
}

fn demonstrate(arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<Ending> {
    let mut demo = cargo();
    demo.args(["run", "--quiet", "--package", PACKAGE, "--", "demo"]).args(arguments).envs(variables.iter().copied());
    let status = demo.status().context("cannot start cargo")?;
    Ok(if status.success() { Ending::Clean } else { Ending::Findings })
}
