//! `can-i-deploy`: what was shown of a service, as an answer.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tidings_contract::estate::Estate;
use tidings_contract::record::Record;

use super::contract::{REPORT, REPORTS};
use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, output};

/// Say whether a version of a service can be deployed, whoever else is deployed before or after it
///
/// Answers from what `contract` has recorded last, and says why. Ends with 1 when something speaks against it, or is not
/// known.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The service and its version: `payment-service@1.4.0`
    #[arg(value_name = "SERVICE@VERSION")]
    what: String,
    /// Root file of the catalogue
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Folder with the reports of `contract`
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Also where it is not known whether others understand it
    #[arg(long)]
    allow_unknown: bool,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let (service, version) =
        args.what.split_once('@').context("name a service and its version, like `payment-service@1.4.0`")?;
    let path = newest(&workspace.path(args.reports.as_deref(), REPORTS))?;
    let record = read(&path)?;
    let mut answer = record.can_deploy(service, version);
    let estate = Estate::load(&workspace.path(args.catalogue.as_deref(), CATALOGUE))?;
    if record.digest != Record::digest(&estate) {
        answer.against.push("the catalogue has changed since: run `cargo xtask contract`".to_owned());
    }
    let can = answer.against.is_empty() && (answer.unknown.is_empty() || args.allow_unknown);
    let mut text = format!("{}: {} (recorded on {})\n", args.what, if can { "yes" } else { "no" }, record.date);
    for (what, reasons) in [("against", &answer.against), ("not known", &answer.unknown), ("for", &answer.reasons)] {
        for reason in reasons {
            let _ = writeln!(text, "  {what}: {reason}");
        }
    }
    output::result(&text);
    Ok(if can { Ending::Clean } else { Ending::Findings })
}

/// A record that `contract` has written.
pub(super) fn read(path: &Path) -> anyhow::Result<Record> {
    let json = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("`{}` is no record of contracts", path.display()))
}

/// The newest record in a folder: days are in order as texts, too.
pub(super) fn newest(folder: &Path) -> anyhow::Result<PathBuf> {
    let none = || format!("there is no record in `{}`; make one with `cargo xtask contract`", folder.display());
    let entries = fs::read_dir(folder).with_context(none)?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_record = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(REPORT) && name.ends_with(".json")
    };
    paths.filter(is_record).max().with_context(none)
}
