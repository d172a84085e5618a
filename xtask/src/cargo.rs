//! Cargo, started as a person would start it.

use std::env;
use std::process::Command;

/// The cargo that runs this program. What variables say about this program is taken away: build scripts that look at them, as
/// that of ring does, would be run again, and everything above them built again; and other workspaces have an xtask of their
/// own.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let is_of_this_program = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_ALIAS_XTASK"].iter().any(|prefix| name.starts_with(prefix))
    };
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_this_program)) {
        cargo.env_remove(name);
    }
    cargo
}
