//! `chaos`: the whole flow on servers of its own, while everything fails that can.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use cargo_metadata::MetadataCommand;

use crate::cargo::cargo;
use crate::{Ending, output};

/// The package that has the test.
const PACKAGE: &str = "tidings-contract";

/// Fewest events, and events of a minute.
const EVENTS: (u64, u64) = (200_000, 40_000);

/// Kill relays, consumers and servers while events travel, and count what is lost, repeated or out of order
///
/// 16 writers append events of 6 partitions; two relays and three consumers carry and handle them, as processes of their
/// own. They are killed, paused and replaced, PostgreSQL and RabbitMQ are killed and started again, and connections are
/// cut or go silent. In the end every committed event must have had its effect once, in the order of its key. Needs root
/// on Debian, because the servers must be this command's own.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long things go wrong, at least
    #[arg(long, value_name = "N", default_value_t = 5.0, value_parser = minutes)]
    minutes: f64,
    /// Repeats what was written and what went wrong, if not when
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Events that are committed, at least [default: 40,000 a minute, and not less than 200,000]
    #[arg(long, value_name = "N")]
    events: Option<u64>,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.1..=10_000.0).contains(&minutes) { Ok(minutes) } else { Err("not between 0.1 and 10,000".to_owned()) }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    let metadata = MetadataCommand::new().no_deps().exec().context("cannot ask cargo")?;
    let has_it = metadata.workspace_packages().iter().any(|package| package.name.as_str() == PACKAGE);
    anyhow::ensure!(has_it, "this workspace has no package `{PACKAGE}`; the test is part of Tidings' own");
    let seed = match args.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a number of minutes is small and positive"
    )]
    let usual = ((args.minutes * EVENTS.1 as f64) as u64).max(EVENTS.0);
    let events = args.events.unwrap_or(usual);
    let logs = metadata.target_directory.join("chaos").join(seed.to_string());

    let mut chaos = cargo();
    chaos.args(["run", "--quiet", "--package", PACKAGE, "--features", "chaos", "--bin", "chaos", "--", "run"]);
    chaos.arg(format!("--minutes={}", args.minutes)).arg(format!("--seed={seed}"));
    chaos.arg(format!("--events={events}")).arg(format!("--logs={logs}"));
    let status = chaos.status().context("cannot start cargo")?;
    match status.code() {
        Some(0) => Ok(Ending::Clean),
        Some(1) => {
            output::error(&format!("promises were broken; `--seed {seed}` draws the same again"));
            Ok(Ending::Findings)
        }
        _ => anyhow::bail!("the test could not be run"),
    }
}
