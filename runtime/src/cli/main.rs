//! `tidings`: the parts of the runtime that run as processes of their own.

mod certificates;
mod config;
mod database_url;
mod file;
mod listener;
mod log;
mod relay;
mod secret;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

/// Carries events between services.
#[derive(Debug, clap::Parser)]
#[command(name = "tidings", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Relay(relay::Args),
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    match command {
        Command::Relay(args) => relay::run(&args).into(),
    }
}

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// By a signal, with everything put in order.
    Graceful,
    /// By what no wait mends.
    Failed,
    /// Before it began: its settings make no sense.
    Misconfigured,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Graceful => Self::SUCCESS,
            Ending::Failed => Self::FAILURE,
            Ending::Misconfigured => Self::from(2),
        }
    }
}
