//! `services`: servers that stay between test runs.

use clap::Subcommand;
#[cfg(feature = "services")]
use tidings_contract::services::{self, Service, Standing};

use crate::Ending;
#[cfg(feature = "services")]
use crate::output;
#[cfg(not(feature = "services"))]
use crate::with_services::{self, Profile};

/// Start, stop or list the servers that integration tests use
///
/// `cargo xtask test` starts and stops servers of its own where none stand.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    /// Start every server that this machine can have; prints the variables that tests read
    Up,
    /// Stop them
    Down,
    /// List those that run
    Status,
}

#[cfg(not(feature = "services"))]
pub(crate) fn run(_: &Args) -> anyhow::Result<Ending> {
    with_services::needed(Profile::Dev)
}

#[cfg(feature = "services")]
pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    match args.action {
        Action::Up => up(),
        Action::Down => {
            for service in services::down()? {
                output::result(&format!("{service}: stopped\n"));
            }
            Ok(Ending::Clean)
        }
        Action::Status => {
            let standing = services::status()?;
            for service in Service::ALL {
                let line = standing.get(&service).map_or_else(|| "not running".to_owned(), ToString::to_string);
                output::result(&format!("{service}: {line}\n"));
            }
            Ok(Ending::Clean)
        }
    }
}

#[cfg(feature = "services")]
fn up() -> anyhow::Result<Ending> {
    let mut ending = Ending::Clean;
    for (service, server) in services::up()? {
        match server {
            Ok(standing) => output::result(&exports(&standing, service)),
            Err(cause) => {
                output::error(&format!("{service}: {cause}"));
                ending = Ending::Findings;
            }
        }
    }
    Ok(ending)
}

/// Lines for a shell. URLs hold no quote.
#[cfg(feature = "services")]
fn exports(standing: &Standing, service: Service) -> String {
    standing
        .variables(service)
        .iter()
        .map(|(name, url)| format!("export {name}='{url}'\n"))
        .collect::<Vec<_>>()
        .concat()
}
