//! `breaking`: what a change of the catalogue breaks, and for whom.

use std::path::{Path, PathBuf};

use anyhow::bail;
use chrono::NaiveDate;
use tempfile::TempDir;
use tidings_contract::exchange::ContractFile;
use tidings_generator::breaking::{self, Change, Reads};
use tidings_generator::diagnostic::{Diagnostic, Level};
use tidings_generator::model::EventVersion;
use tidings_generator::pipeline;

use super::contract::CONTRACTS;
use crate::output::Report;
use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, commands, git, output};

/// Find out what a change of the catalogue breaks, and for whom
///
/// Payloads of published versions, streams and lifecycles are held against those of a commit or a folder. Drafts change
/// freely. Ends with 1 if something breaks, or could not be shown not to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is deployed: a git revision such as `origin/main`, or a folder that holds the catalogue
    #[arg(long, value_name = "REVISION|DIR")]
    against: String,
    /// Root file of the catalogue [default: catalogue/catalogue.yaml at the root of the workspace]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Folder with contracts of services, as `contract --export` writes them: who does not read a field is told apart from
    /// those who may
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
    /// How findings are written: `human` to stderr, the others to stdout
    #[arg(long, value_enum, default_value_t = Report::Human)]
    format: Report,
    /// The day that sunsets are held against, such as 2027-03-31 [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    today: Option<NaiveDate>,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
    let today = args.today.unwrap_or_else(commands::today);
    let Some(base) = Base::find(&args.against, &catalogue, workspace)? else {
        eprintln!("`{}` has no `{}`: everything in the catalogue is new", args.against, catalogue.display());
        return Ok(Ending::Clean);
    };

    let new = pipeline::examine(&catalogue, today, None, &())?;
    // Warnings are `lint`'s; an error may be what makes the comparison look odd.
    let errors: Vec<_> = new.diagnostics.iter().filter(|finding| finding.level == Level::Error).cloned().collect();
    output::findings(&errors, &new.sources);
    let Some(new_model) = &new.model else { return Ok(Ending::Findings) };
    let old = pipeline::examine(&base.root_file, today, None, &())?;
    let Some(old_model) = &old.model else {
        bail!("the catalogue at `{}` cannot be understood; name a later one with `--against`", args.against);
    };

    let mut sources = new.sources;
    let shown = |path: &Path| {
        let path = path.strip_prefix(&base.folder).unwrap_or(path);
        PathBuf::from(format!("{}:{}", args.against, path.display()))
    };
    let offset = sources.append(old.sources, shown);
    let reads = reads(&workspace.path(args.contracts.as_deref(), CONTRACTS))?;
    let change = Change { old: old_model, new: new_model, offset, today, reads: &reads };
    let found: Vec<Diagnostic> = breaking::check(&change);

    output::report(args.format, &found, &sources);
    let breaks = found.iter().any(|finding| finding.level == Level::Error);
    if !breaks {
        eprintln!("nothing breaks against `{}`", args.against);
    }
    Ok(if !breaks && errors.is_empty() { Ending::Clean } else { Ending::Findings })
}

/// What services have said that they read.
fn reads(folder: &Path) -> anyhow::Result<Vec<Reads>> {
    let contracts = ContractFile::read_all(folder)?;
    let of = |contract: ContractFile| {
        contract.reads.into_iter().map(move |reading| Reads {
            service: contract.service.clone(),
            id: EventVersion { event: reading.event, version: reading.version },
            fields: reading.fields,
        })
    };
    Ok(contracts.into_iter().flat_map(of).collect())
}

/// A catalogue to compare with.
struct Base {
    root_file: PathBuf,
    /// What paths are shown relative to.
    folder: PathBuf,
    /// Holds what git gave, until the end.
    _files: Option<TempDir>,
}

impl Base {
    /// `None` where there was no catalogue yet.
    fn find(against: &str, catalogue: &Path, workspace: &Workspace) -> anyhow::Result<Option<Self>> {
        let folder = workspace.path(Some(Path::new(against)), "");
        if folder.is_dir() {
            let name = catalogue.file_name().unwrap_or_default();
            let root_file = [folder.join(catalogue), folder.join(name)].into_iter().find(|file| file.is_file());
            return Ok(root_file.map(|root_file| Self { root_file, folder, _files: None }));
        }
        Self::from_git(against, catalogue)
    }

    fn from_git(revision: &str, catalogue: &Path) -> anyhow::Result<Option<Self>> {
        let Some(files) = git::files_at(&git::commit(revision)?, catalogue)? else { return Ok(None) };
        let (folder, root_file) = (files.path().to_owned(), files.path().join(catalogue));
        Ok(Some(Self { root_file, folder, _files: Some(files) }))
    }
}
