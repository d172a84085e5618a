//! `gen`: from the catalogue to the output folder, or the comparison of the two.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use clap::builder::{PossibleValue, PossibleValuesParser};
use tidings_generator::emit::{TARGETS, Target};
use tidings_generator::pipeline::{self, Action, Done, Memory, Request, RunError};
use tidings_generator::write::{Counts, Finding, WriteError, Written};

use crate::output::{self, count, seconds};
use crate::progress::Progress;
use crate::workspace::{CATALOGUE, OUT, Workspace};
use crate::{Ending, baseline, commands};

/// Generate everything from the catalogue
///
/// Files that people changed, and files that are not the generator's, are never overwritten or deleted unless `--force`
/// is given. Files that would stay the same are not touched. A run that is interrupted leaves the old files or is
/// completed by the next one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Root file of the catalogue [default: catalogue/catalogue.yaml at the root of the workspace]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Output folder [default: generated at the root of the workspace]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; list every file that is not as it would be generated, and end with 1 if there is one
    #[arg(long, conflicts_with = "force")]
    check: bool,
    /// Generate only these targets, and leave the files of the others alone
    #[arg(long, value_name = "TARGET", num_args = 1.., value_parser = targets())]
    only: Vec<String>,
    /// Folder with templates of your own: a file replaces the template of the same path, such as `docs/event.md`
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Overwrite and delete what people changed, and list it
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let started = Instant::now();
    let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
    let out = workspace.path(args.out.as_deref(), OUT);
    let targets: Vec<&dyn Target> = TARGETS
        .iter()
        .copied()
        .filter(|it| args.only.is_empty() || args.only.iter().any(|name| name == it.name()))
        .collect();
    let baseline = baseline::read(&baseline::beside(&catalogue))?;
    let templates = workspace.templates(args.templates.as_deref())?;
    let folder = workspace.memory();
    let build = build();
    let memory = build.as_deref().map(|build| Memory { folder: &folder, build });
    let request = Request {
        catalogue: &catalogue,
        out: &out,
        templates: templates.as_deref(),
        today: commands::today(),
        baseline: baseline.as_ref(),
        targets: &targets,
        complete: args.only.is_empty(),
        action: if args.check { Action::Check } else { Action::Write { force: args.force } },
        memory,
    };
    let progress = Progress::start();
    let outcome = pipeline::run(&request, &progress);
    drop(progress);
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(RunError::Write(error @ (WriteError::Refused(_) | WriteError::Obstructed(_)))) => {
            return Ok(refused(&error, &out));
        }
        Err(error) => return Err(error).context("nothing was generated"),
    };
    output::findings(&outcome.diagnostics, &outcome.sources);
    let out = out.display();
    let time = seconds(started.elapsed());
    match outcome.done {
        Done::Stopped => {
            output::error("nothing was generated, because the catalogue has errors");
            return Ok(Ending::Findings);
        }
        Done::Current { files } => output::result(&format!("{out}: {} up to date, {time}\n", count(files, "file"))),
        Done::Written(written) => {
            list("overwritten or deleted by `--force`", &written.forced, Path::new(&request.out));
            output::result(&summary(&written, &out.to_string(), &time));
        }
        Done::Checked(findings) if findings.is_empty() => output::result(&format!("{out}: up to date, {time}\n")),
        Done::Checked(findings) => {
            list("not as generated", &findings, request.out);
            return Ok(Ending::Findings);
        }
    }
    Ok(Ending::Clean)
}

fn targets() -> PossibleValuesParser {
    PossibleValuesParser::new(TARGETS.iter().map(|target| PossibleValue::new(target.name()).help(target.about())))
}

/// This very program: what another build remembered is not relied on. `None`, remembering nothing, where the program's
/// own file cannot be looked at.
pub(crate) fn build() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let metadata = program.metadata().ok()?;
    let modified = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let version = env!("CARGO_PKG_VERSION");
    Some(format!("{version} {} {} {}", program.display(), metadata.len(), modified.as_nanos()))
}

/// Lists what stands in the way.
pub(super) fn refused(error: &WriteError, out: &Path) -> Ending {
    if let WriteError::Refused(findings) | WriteError::Obstructed(findings) = error {
        list("in the way", findings, out);
    }
    output::error(&format!("{error}; nothing was written"));
    Ending::Findings
}

/// The files, with what is the matter and what to do about it, by kind.
fn list(title: &str, findings: &[Finding], out: &Path) {
    if findings.is_empty() {
        return;
    }
    eprintln!("{} {title}:", count(findings.len(), "file"));
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| finding.state);
    for kind in findings.chunk_by(|a, b| a.state == b.state) {
        eprintln!("  {}: {}", kind[0].state, kind[0].state.remedy());
        for finding in kind {
            eprintln!("    {}", out.join(&finding.path).display());
        }
    }
}

/// A line for each target, and one for all.
fn summary(written: &Written, out: &str, time: &str) -> String {
    let mut text = String::new();
    if written.recovered {
        text.push_str("completed a run that had been interrupted\n");
    }
    let width = written.targets.keys().map(String::len).max().unwrap_or_default();
    let mut total = Counts::default();
    for (target, counts) in &written.targets {
        total += *counts;
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {target:width$}  {}", describe(*counts));
    }
    let changed =
        if total.changed() == 0 { "nothing to do".to_owned() } else { count(total.changed(), "file") + " written" };
    let _ = writeln!(text, "{out}: {changed}, {} unchanged, {time}", total.unchanged);
    text
}

fn describe(counts: Counts) -> String {
    let Counts { created, updated, deleted, unchanged } = counts;
    let parts = [(created, "new"), (updated, "changed"), (deleted, "deleted"), (unchanged, "unchanged")];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    parts.join(", ")
}
