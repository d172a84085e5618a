//! `test`: every test of the workspace, with the servers it can have.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::cargo::cargo;
#[cfg(not(feature = "services"))]
use crate::with_services::{self, Profile};
use crate::{Ending, output};

/// Run every test of the workspace
///
/// Uses cargo-nextest where it is installed, `cargo test` otherwise, then runs the examples in documentation. Starts
/// the servers that integration tests need where this machine can have them; tests without a server are listed by name
/// as not run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fail when a test has no server to run against
    #[arg(long)]
    require_services: bool,
    /// Passed on to nextest, or to `cargo test`
    #[arg(last = true, value_name = "ARGUMENT")]
    rest: Vec<OsString>,
}

#[cfg(feature = "services")]
pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    use tidings_contract::services::{REQUIRE, Session};

    let session = Session::start()?;
    eprint!("{session}");
    let mut environment = session.environment();
    if args.require_services {
        environment.push((REQUIRE, "1".into()));
    }
    let ending = run_all(args, &environment);
    let report = session.finish()?;
    output::result(&report.to_string());
    ending
}

#[cfg(not(feature = "services"))]
pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    match with_services::run_again(Profile::Dev)? {
        Some(ending) => Ok(ending),
        None if args.require_services => anyhow::bail!("this xtask was built without its feature `services`"),
        None => run_all(args, &[]),
    }
}

/// Runs the tests, and the examples also when a test failed: one run shows everything.
fn run_all(args: &Args, environment: &[(&'static str, OsString)]) -> anyhow::Result<Ending> {
    let whole = ["--workspace", "--all-features"];
    let mut tests = cargo_with(environment);
    if has_nextest() {
        tests.args(["nextest", "run", "--no-fail-fast"]).args(whole);
    } else {
        tests.args(["test", "--no-fail-fast", "--all-targets"]).args(whole);
    }
    let mut examples = cargo_with(environment);
    examples.args(["test", "--doc", "--quiet"]).args(whole);

    let mut ending = Ending::Clean;
    for command in [tests.args(&args.rest), &mut examples] {
        if !command.status().context("cannot start cargo")?.success() {
            output::error(&format!("`{}` failed", line(command)));
            ending = Ending::Findings;
        }
    }
    Ok(ending)
}

/// Cargo, with these variables.
fn cargo_with(environment: &[(&'static str, OsString)]) -> Command {
    let mut command = cargo();
    command.envs(environment.iter().cloned());
    command
}

fn has_nextest() -> bool {
    let mut version = cargo_with(&[]);
    version.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once("cargo".into()).chain(arguments).collect::<Vec<_>>().join(" ")
}
