//! `lint`: what is wrong with the catalogue.

use std::path::PathBuf;

use anyhow::bail;
use chrono::NaiveDate;
use tidings_generator::pipeline;

use crate::output::Report;
use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, baseline, commands, output};

/// Check the catalogue
///
/// Ends with 1 if there is an error. Warnings are printed and change nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Root file of the catalogue [default: catalogue/catalogue.yaml at the root of the workspace]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// How findings are written: `human` to stderr, the others to stdout
    #[arg(long, value_enum, default_value_t = Report::Human)]
    format: Report,
    /// The day that sunsets and expiries are held against, such as 2027-03-31 [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    today: Option<NaiveDate>,
    /// File of known findings, which are not reported [default: lint-baseline.json beside the catalogue, if it is there]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write everything that lints find to a new baseline
    #[arg(long, conflicts_with = "shrink_baseline")]
    create_baseline: bool,
    /// Take out of the baseline what no longer occurs
    #[arg(long)]
    shrink_baseline: bool,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
    let today = args.today.unwrap_or_else(commands::today);
    let path = match &args.baseline {
        Some(given) => workspace.path(Some(given), ""),
        None => baseline::beside(&catalogue),
    };
    if args.create_baseline || args.shrink_baseline {
        let examined = pipeline::examine(&catalogue, today, None, &())?;
        let save = if args.create_baseline { baseline::create } else { baseline::shrink };
        let known = save(&path, &examined.diagnostics, &examined.sources)?;
        output::result(&format!("{}: {}\n", path.display(), output::count(known, "known finding")));
    }
    let known = baseline::read(&path)?;
    if known.is_none() && args.baseline.is_some() {
        bail!("cannot read `{}`; make it with `--create-baseline`", path.display());
    }
    let examined = pipeline::examine(&catalogue, today, known.as_ref(), &())?;
    output::report(args.format, &examined.diagnostics, &examined.sources);
    Ok(if examined.has_errors() { Ending::Findings } else { Ending::Clean })
}
