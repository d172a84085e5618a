//! `bench`: measurements, each beside the limit it is held against.

use clap::Subcommand;

use crate::bench::figure::{self, Layout};
use crate::bench::{Once, generate};
use crate::{Ending, output};

/// Measure the product on this machine
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// The whole generation of a synthetic catalogue, beside typify and prettyplease alone on the same schemas
    ///
    /// Every run is a process of its own; figures are medians of several runs. Stages and targets are measured one at
    /// a time; in a real run targets share the threads. Up to 10,000 events, files are in memory where the system has
    /// a folder for that.
    Gen {
        /// Events in the catalogue; every fourth has two versions
        #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        events: u32,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// One measured run; what the others start
    #[command(hide = true)]
    Once(Once),
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    match &args.bench {
        Bench::Gen { events, format } => {
            let figures = generate::run(usize::try_from(*events)?)?;
            output::result(&figure::render("gen", &figures, *format));
        }
        Bench::Once(once) => output::result(&serde_json::to_string(&once.run()?)?),
    }
    Ok(Ending::Clean)
}
