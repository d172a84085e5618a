//! The program behind `cargo xtask chaos`, and the relays and consumers that it starts and kills.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use tidings_contract::chaos::{self, Plan, Program, Servers};

#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the test
    Run(Run),
    /// Be a relay or a consumer; what `run` starts
    #[command(hide = true)]
    Part,
}

#[derive(Debug, Args)]
struct Run {
    /// How long things go wrong, at least
    #[arg(long)]
    minutes: f64,
    /// Decides what is written and what goes wrong
    #[arg(long)]
    seed: u64,
    /// Events that are committed, at least
    #[arg(long)]
    events: u64,
    /// Where relays and consumers write their logs
    #[arg(long)]
    logs: std::path::PathBuf,
}

/// 0 when every promise was kept, 1 when one was broken, 2 when the test could not be run.
fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(args) => run(&args),
        Command::Part => chaos::work().map(|()| ExitCode::SUCCESS),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn run(args: &Run) -> anyhow::Result<ExitCode> {
    let time = Duration::try_from_secs_f64(args.minutes * 60.0).context("no such number of minutes")?;
    let plan = Plan { seed: args.seed, time, events: args.events };
    let logs: &Path = &args.logs;
    std::fs::create_dir_all(logs).with_context(|| format!("cannot make `{}`", logs.display()))?;
    let program = Program { path: std::env::current_exe()?, arguments: vec!["part".to_owned()] };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let servers = Servers::start().await?;
        chaos::run(plan, servers, &program, logs, |told| eprintln!("{told}")).await
    })?;
    print!("{outcome}");
    if outcome.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("the logs of relays and consumers are in {}", logs.display());
    Ok(ExitCode::from(1))
}
