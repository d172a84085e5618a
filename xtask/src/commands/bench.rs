//! `bench`: measurements, each beside the limit it is held against.

#[cfg(feature = "services")]
use std::time::Duration;

use clap::Subcommand;

use crate::bench::compat::{self, Share};
use crate::bench::figure::{self, Layout};
use crate::bench::{Once, contract, docs, generate};
#[cfg(feature = "services")]
use crate::bench::{consume, latency, relay};
#[cfg(not(feature = "services"))]
use crate::with_services::{self, Profile};
use crate::workspace::Workspace;
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
    /// The judge of schema changes, beside `json-schema-diff` and `jsoncompat` on the same changes
    ///
    /// Makes payload schemas of 8 to 20 fields and a change of each; all judge each change in both directions. Rates are
    /// of the time that judging took, on one core and on all. Then it counts how often each is wrong about changes that
    /// people judged, with schemas as written: a judge that is undecided, fails or needs more than ten seconds gives no
    /// answer.
    Compat {
        /// Pairs that are made
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        pairs: u32,
        /// Leave the others out, and what building them takes
        #[arg(long)]
        alone: bool,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// Contract tests, beside validating and reading the same documents alone
    ///
    /// Makes documents of a synthetic event and holds a reader of twelve fields against them, on one core. Then every version
    /// of the catalogue is proven for three readers, and each is tried with 100 documents.
    Contract {
        /// Events in the catalogue; every fourth has two versions
        #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        events: u32,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// The documentation site, beside writing the same bytes alone
    ///
    /// Reads a synthetic catalogue, makes its site and writes it; then the same with one event changed, where the files that
    /// stay the same are not written.
    Docs {
        /// Events in the catalogue; every fourth has two versions
        #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        events: u32,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// The relay, beside COPY out of its database and confirmed publishing to its broker
    ///
    /// Needs PostgreSQL and RabbitMQ, as `test` does. The relay is a process of its own; it drains an outbox of events of
    /// 400 bytes, with and without a transaction that stays open, and then carries as many as come while its memory and
    /// the outbox's disk are watched. What is held against each other is measured by turns.
    Relay {
        /// Events of a drain
        #[arg(long, value_name = "N", default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
        events: u32,
        /// Times that everything is measured; figures are medians
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
        rounds: u32,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// A consumer, beside its ledger and its cursors alone and beside reading from its broker
    ///
    /// Needs PostgreSQL and RabbitMQ, as `test` does. Events of 400 bytes are on a stream of 6 partitions. The consumer is a
    /// process of its own, whose handler does nothing; it handles each event exactly once, in batches as by default. The
    /// same batches are written to the same tables without it, and the same stream is read without it, by turns.
    Consume {
        /// Events on the stream
        #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
        events: u32,
        /// Times that everything is measured; figures are medians
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
        rounds: u32,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// How long an event is under way from its commit to its handler, at a steady rate
    ///
    /// Needs PostgreSQL and RabbitMQ, as `test` does. Clients append events of 400 bytes, each in a transaction of its own; a
    /// relay and a consumer run in processes of their own. The time begins when the client knows of its commit, and ends where
    /// the handler begins; append and commit are shown by themselves.
    Latency {
        /// Events that are committed in a second
        #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rate: u32,
        /// For how long
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3_600))]
        seconds: u32,
        /// How the figures are printed
        #[arg(long, value_enum, default_value_t = Layout::Table)]
        format: Layout,
    },
    /// A relay; what `relay` and `latency` start
    #[command(hide = true)]
    Carry,
    /// A consumer; what `consume` and `latency` start
    #[command(hide = true)]
    Handle,
    /// Part of the judging; what `compat` starts
    #[command(hide = true)]
    Judge(Share),
    /// One measured run; what the others start
    #[command(hide = true)]
    Once(Once),
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    match &args.bench {
        Bench::Gen { events, format } => {
            let figures = generate::run(usize::try_from(*events)?)?;
            output::result(&figure::render("gen", &figures, *format));
        }
        Bench::Compat { pairs, alone, format } => {
            let folder = workspace.memory().join("peers");
            let figures = compat::run(usize::try_from(*pairs)?, (!alone).then_some(folder.as_path()))?;
            output::result(&figure::render("compat", &figures, *format));
        }
        Bench::Docs { events, format } => {
            let figures = docs::run(usize::try_from(*events)?)?;
            output::result(&figure::render("docs", &figures, *format));
        }
        Bench::Contract { events, format } => {
            let figures = contract::run(usize::try_from(*events)?)?;
            output::result(&figure::render("contract", &figures, *format));
        }
        #[cfg(feature = "services")]
        Bench::Relay { events, rounds, format } => {
            let figures = relay::run(usize::try_from(*events)?, usize::try_from(*rounds)?)?;
            output::result(&figure::render("relay", &figures, *format));
        }
        #[cfg(feature = "services")]
        Bench::Consume { events, rounds, format } => {
            let figures = consume::run(usize::try_from(*events)?, usize::try_from(*rounds)?)?;
            output::result(&figure::render("consume", &figures, *format));
        }
        #[cfg(feature = "services")]
        Bench::Latency { rate, seconds, format } => {
            let figures = latency::run(*rate, Duration::from_secs(u64::from(*seconds)))?;
            output::result(&figure::render("latency", &figures, *format));
        }
        #[cfg(feature = "services")]
        Bench::Carry => relay::carry()?,
        #[cfg(feature = "services")]
        Bench::Handle => output::result(&consume::handle()?),
        #[cfg(not(feature = "services"))]
        Bench::Relay { .. } | Bench::Consume { .. } | Bench::Latency { .. } | Bench::Carry | Bench::Handle => {
            return with_services::needed(Profile::Release);
        }
        Bench::Judge(share) => share.run()?,
        Bench::Once(once) => output::result(&serde_json::to_string(&once.run()?)?),
    }
    Ok(Ending::Clean)
}
