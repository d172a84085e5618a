//! `diff`: two versions of an event side by side.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use tidings_generator::diff;
use tidings_generator::emit::{Escape, Templates};
use tidings_generator::model::{Event, Model, Version};

use super::Document;
use crate::workspace::Workspace;
use crate::{Ending, commands, output};

/// Compare any two versions of an event
///
/// Field by field, what breaks on the wire and in Rust, and how documents get from one to the other.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The version to start from, such as `order.placed@1`
    #[arg(value_name = "EVENT@VERSION")]
    from: String,
    /// The version to arrive at
    #[arg(value_name = "EVENT@VERSION")]
    to: String,
    /// Root file of the catalogue [default: catalogue/catalogue.yaml at the root of the workspace]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// How the result is written, to stdout
    #[arg(long, value_enum, default_value_t = Document::Markdown)]
    format: Document,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let Some(model) = commands::model(args.catalogue.as_deref(), workspace)? else { return Ok(Ending::Findings) };
    let (event, from) = version(&model, &args.from)?;
    let (other, to) = version(&model, &args.to)?;
    ensure!(event.name == other.name, "`{}` and `{}` are versions of different events", args.from, args.to);
    let difference = diff::version_diff(&diff::between(&model, event, from, to));
    output::result(&match args.format {
        Document::Json => format!("{difference}\n"),
        Document::Markdown => Templates::embedded()?.render("changes/diff.md", Escape::Markdown, &difference)?,
    });
    Ok(Ending::Clean)
}

/// The version that `order.placed@2` names.
fn version<'m>(model: &'m Model, name: &str) -> anyhow::Result<(&'m Event, &'m Version)> {
    let Some((event, number)) = name.split_once('@') else {
        bail!("`{name}` names no version; write it as `order.placed@2`");
    };
    let event = commands::event(model, event)?;
    let version = number.parse().ok().and_then(|number: u32| event.versions.get(&number));
    let known = || event.versions.keys().map(u32::to_string).collect::<Vec<_>>().join(", ");
    version
        .map(|version| (event, version))
        .with_context(|| format!("`{}` has no version `{number}`; there is {}", event.name, known()))
}
