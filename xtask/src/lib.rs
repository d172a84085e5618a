//! The developer's command line: thin commands over library functions.
//!
//! Another repository gets the same commands with an xtask of its own:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     tidings_xtask::main()
//! }
//! ```
//!
//! Findings and progress go to stderr, results to stdout. A command ends with 0 when all is well, 1 when it found
//! something, 2 when it could not run.

mod baseline;
mod bench;
mod cargo;
mod commands;
mod git;
mod output;
mod progress;
mod serve;
mod site;
#[cfg(not(feature = "services"))]
mod with_services;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;
use workspace::Workspace;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From an event catalogue to everything generated from it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// How a command ended that could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All is well.
    Clean,
    /// There is something to look at; it has been printed.
    Findings,
}

/// Reads the process's arguments and runs the command they name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match Workspace::enter().and_then(|workspace| cli.command.run(&workspace)) {
        Ok(Ending::Clean) => ExitCode::SUCCESS,
        Ok(Ending::Findings) => ExitCode::from(1),
        Err(error) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
