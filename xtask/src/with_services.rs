//! The same command line in a build that can start servers.
//!
//! PostgreSQL, RabbitMQ and Docker clients take minutes to compile, and `gen` needs none of them. So an xtask is built
//! without, and builds itself again, with its feature `services`, when a command asks for servers.

use std::env;
use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::MetadataCommand;

use crate::Ending;
use crate::cargo::cargo;

/// The feature of `tidings-xtask`, and of an xtask that passes it on.
const FEATURE: &str = "services";

/// How the xtask is built again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As it was built before.
    Dev,
    /// With all optimisations: for what is measured.
    Release,
}

/// As [`run_again`], for a command that is nothing without servers.
pub(crate) fn needed(profile: Profile) -> anyhow::Result<Ending> {
    run_again(profile)?.ok_or_else(|| {
        anyhow::anyhow!(
            "this xtask cannot start servers; give it a feature `services = [\"tidings-xtask/services\"]` and start it \
             through cargo"
        )
    })
}

/// Builds the running xtask with servers and lets it run this process's command line. `None` where it has no such
/// feature, or was not started by cargo.
pub(crate) fn run_again(profile: Profile) -> anyhow::Result<Option<Ending>> {
    // Set by `cargo run`.
    let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else { return Ok(None) };
    let manifest = Path::new(&folder).join("Cargo.toml");
    let metadata = MetadataCommand::new().no_deps().manifest_path(&manifest).exec().context("cannot ask cargo")?;
    let package = metadata.packages.iter().find(|package| package.manifest_path == manifest);
    let Some(package) = package.filter(|package| package.features.contains_key(FEATURE)) else { return Ok(None) };

    let mut again = cargo();
    again.args(["run", "--quiet", "--manifest-path"]).arg(&manifest);
    again.args((profile == Profile::Release).then_some("--release"));
    again.args(["--package", package.name.as_str(), "--features", FEATURE, "--"]).args(env::args_os().skip(1));
    let status = again.status().context("cannot start cargo")?;
    match status.code() {
        Some(0) => Ok(Some(Ending::Clean)),
        Some(1) => Ok(Some(Ending::Findings)),
        _ => anyhow::bail!("the build with servers ended with {status}"),
    }
}
