//! Who judges a change.
//!
//! All are asked the same: whether every document of the old schema, as written, is one of the new (backward), and the
//! other way round (forward). Formats count. What an answer of a peer means is said in `xtask/peers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tidings_generator::compat::{self, ContentModel, Direction, Schema, Verdict};

use crate::cargo::cargo;

use super::share::{Answers, unless_it_panics};

/// The programs of the peers. They are built by themselves, as features of what they depend on would change ours.
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/Cargo.toml");

/// Ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Ours {
    /// Undeclared fields may hold anything.
    AsWritten,
    /// Readers ignore undeclared fields, writers do not send them.
    TolerantReader,
}

/// Others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    JsonSchemaDiff,
    Jsoncompat,
}

/// A program that judges its share of the pairs.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    program: PathBuf,
    /// Before the file with the pairs.
    arguments: Vec<&'static str>,
}

impl Ours {
    /// As figures have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AsWritten => "as written",
            Self::TolerantReader => "tolerant reader",
        }
    }

    pub(super) fn judge(self) -> anyhow::Result<Judge> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let model = match self {
            Self::AsWritten => "as-written",
            Self::TolerantReader => "tolerant-reader",
        };
        Ok(Judge { program, arguments: vec!["bench", "judge", model] })
    }

    /// Both directions, from schemas as they were read.
    pub(crate) fn answers(self, old: &Value, new: &Value) -> Answers {
        let model = match self {
            Self::AsWritten => ContentModel::AsWritten,
            Self::TolerantReader => ContentModel::TolerantReader,
        };
        unless_it_panics(|| {
            let (Ok(old), Ok(new)) = (Schema::new(old, model), Schema::new(new, model)) else {
                return Answers::default();
            };
            let comparison = compat::compare(&old, &new);
            Direction::ALL.map(|direction| match comparison.of(direction) {
                Verdict::Compatible => Some(true),
                Verdict::Breaking(_) => Some(false),
                Verdict::Undecided { .. } => None,
            })
        })
    }
}

impl Peer {
    pub(super) const ALL: [Self; 2] = [Self::JsonSchemaDiff, Self::Jsoncompat];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::JsonSchemaDiff => "json-schema-diff",
            Self::Jsoncompat => "jsoncompat",
        }
    }

    /// Builds its program in `folder`.
    pub(super) fn judge(self, folder: &Path) -> anyhow::Result<Judge> {
        let mut build = cargo();
        build.args(["build", "--quiet", "--locked", "--manifest-path", PEERS, "--target-dir"]).arg(folder);
        let status = build.args(["--features", self.name(), "--bin", self.name()]).status();
        ensure!(status.context("cannot start cargo")?.success(), "cannot build `{}`", self.name());
        let program = folder.join("debug").join(self.name()).with_extension(std::env::consts::EXE_EXTENSION);
        Ok(Judge { program, arguments: Vec::new() })
    }
}

impl Judge {
    /// Judges each `step`th pair of a file, from `from` on.
    pub(super) fn command(&self, pairs: &Path, from: usize, step: usize) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(pairs).args([from.to_string(), step.to_string()]);
        command
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Ours;

    #[test]
    fn answers_are_backward_and_forward() {
        let old = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        let new = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] });
        for ours in [Ours::AsWritten, Ours::TolerantReader] {
            assert_eq!(ours.answers(&old, &new), [Some(false), Some(true)], "{ours:?}");
            assert_eq!(ours.answers(&old, &json!({ "$ref": "#/nowhere" })), [None, None], "{ours:?}");
        }
    }
}
