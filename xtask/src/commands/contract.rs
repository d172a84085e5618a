//! `contract`: everything that is sent is understood, shown service by service.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use cargo_metadata::{Metadata, MetadataCommand};
use clap::ValueEnum;
use indicatif::ProgressBar;
use tidings_contract::declared::{self, Declared};
use tidings_contract::documents::Seed;
use tidings_contract::estate::{Estate, EstateError};
use tidings_contract::evidence::{Check, Evidence, Fault, Outcome, Subject};
use tidings_contract::exchange::ContractFile;
use tidings_contract::record::{Cell, Record};
use tidings_contract::samples::Samples;
use tidings_contract::{report, settings};

use super::{event, today};
use crate::cargo::cargo;
use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, output};

/// Where samples are, unless `--samples` names another folder.
const SAMPLES: &str = "contract-tests/samples";
/// Where contracts of other repositories are, unless `--contracts` names another folder.
pub(crate) const CONTRACTS: &str = "contract-tests/contracts";
/// Where reports go, unless `--reports` names another folder.
pub(crate) const REPORTS: &str = "docs/events";
/// How names of reports begin.
pub(crate) const REPORT: &str = "contract-tests-";

/// What a test of a contract is called: the word that its name contains.
const TEST: &str = "contract";

/// Show that consumers understand what producers send
///
/// Checks the examples of the catalogue and the samples beside it, runs the tests called `contract` of every package with
/// `[package.metadata.tidings]`, and prints who understands what. Writes the result as Markdown, JSON and JUnit. Ends
/// with 1 when something is not understood; what nobody has tried is printed as `not shown`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Root file of the catalogue
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Folder of samples: `order.placed/v2/*.json`
    #[arg(long, value_name = "DIR")]
    samples: Option<PathBuf>,
    /// Folder with contracts of services in other repositories, as `--export` writes them
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
    /// Also write what the services of this workspace read into this folder, for the repositories of whoever publishes it
    #[arg(long, value_name = "DIR", conflicts_with = "event")]
    export: Option<PathBuf>,
    /// Folder for the reports
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Only this event
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// Only this service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Documents that are tried of each event version
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    cases: u64,
    /// Also end with 1 where nobody has tried whether something is understood, or whether a step of a flow is taken
    #[arg(long)]
    require_all: bool,
    /// What documents are made of; `=HEX`, as a fault tells it, makes that document again. By default another one each day
    #[arg(long, value_name = "HEX")]
    seed: Option<Seed>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value_t = Output::Human)]
    format: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Who understands what, and what is wrong
    Human,
    /// One object
    Json,
    /// Workflow commands that GitHub shows beside a change
    Github,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
    let estate = match Estate::load(&catalogue) {
        Err(EstateError::Findings { findings, .. }) => {
            eprint!("{findings}");
            return Ok(Ending::Findings);
        }
        estate => estate?,
    };
    if let Some(name) = &args.event {
        event(estate.model(), name)?;
    }
    for folder in [&args.samples, &args.contracts].into_iter().flatten() {
        let folder = workspace.path(Some(folder), "");
        anyhow::ensure!(folder.is_dir(), "there is no folder `{}`", folder.display());
    }
    let metadata =
        MetadataCommand::new().no_deps().exec().context("cannot ask cargo for the packages of this workspace")?;
    let packages = declared::declared(&metadata)?;
    if let Some(name) = &args.service {
        let is_known = packages.iter().any(|package| package.services.contains_key(name));
        anyhow::ensure!(
            is_known,
            "no package of this workspace has a service `{name}` in `[package.metadata.tidings]`"
        );
    }
    // Every day others, and the same all day.
    let seed = args.seed.unwrap_or_else(|| Seed::new(0).of(&today().to_string()));
    let catalogue_checks = checks_of_catalogue(args, workspace, &estate);
    let catalogue = std::path::absolute(&catalogue)?;
    let mut services = tested(args, &packages, &metadata, &catalogue, seed)?;
    declarations(&packages, &estate, args, &mut services);
    if let Some(folder) = &args.export {
        for evidence in services.iter().filter(|evidence| !evidence.reads.is_empty()) {
            let path = ContractFile::of(evidence).write(&workspace.path(Some(folder), ""))?;
            eprintln!("wrote {}", path.display());
        }
    }
    for contract in ContractFile::read_all(&workspace.path(args.contracts.as_deref(), CONTRACTS))? {
        // Also of what is tested here: an older version of it may be deployed.
        if args.service.as_ref().is_none_or(|only| contract.service == *only) {
            services.push(contract.judge(&estate, seed, args.cases));
        }
    }
    services.sort_by(|one, other| one.service.cmp(&other.service));
    services.retain(|evidence| args.service.as_ref().is_none_or(|only| evidence.service == *only));
    let mut matrix = Record::matrix(&estate, &services);
    matrix.retain(|row| args.event.as_ref().is_none_or(|only| row.event == *only));
    if let Some(only) = &args.service {
        for row in &mut matrix {
            row.consumers.retain(|consumer, _| consumer == only);
        }
        matrix.retain(|row| !row.consumers.is_empty());
    }
    let mut flows = Record::flows(&estate, &services);
    flows.retain(|duty| args.event.is_none() && args.service.as_ref().is_none_or(|only| duty.service == *only));
    let record = Record {
        catalogue: estate.model().name.clone(),
        digest: Record::digest(&estate),
        date: today(),
        seed: seed.to_string(),
        cases: args.cases,
        catalogue_checks,
        services,
        matrix,
        flows,
    };
    match args.format {
        Output::Human => output::result(&report::text(&record)),
        Output::Json => output::result(&format!("{}\n", serde_json::to_string_pretty(&record)?)),
        Output::Github => output::result(&report::github(&record)),
    }
    // What is only a part is no evidence.
    if args.event.is_none() && args.service.is_none() {
        write(&record, &workspace.path(args.reports.as_deref(), REPORTS))?;
    }
    let of_flows = record.flows.iter().map(|duty| &duty.cell);
    let mut cells = record.matrix.iter().flat_map(|row| row.consumers.values()).chain(of_flows);
    let is_shown = !args.require_all || !cells.any(|cell| matches!(cell, Cell::NotShown { .. }));
    Ok(if record.faults().next().is_none() && is_shown { Ending::Clean } else { Ending::Findings })
}

/// Examples and samples.
fn checks_of_catalogue(args: &Args, workspace: &Workspace, estate: &Estate) -> Vec<Check> {
    let is_meant = |event: &str| args.event.as_deref().is_none_or(|only| only == event);
    let mut checks = Vec::new();
    for (event, version) in estate.model().versions().filter(|(event, _)| is_meant(&event.name)) {
        let documents = estate.documents(&version.id(event));
        let outcome = match documents {
            Some(Ok(documents)) => {
                let faults = version.examples.iter().flat_map(|example| {
                    documents
                        .refusals(example)
                        .into_iter()
                        .take(1)
                        .map(|(place, reason)| Fault::new(reason).at_pointer(&place).shown_by(example.clone()))
                });
                let faults: Vec<Fault> = faults.collect();
                match version.examples.len() {
                    0 => Outcome::NotShown { reason: "it has no examples".to_owned() },
                    examples => Outcome::of(faults, examples as u64),
                }
            }
            Some(Err(error)) => Outcome::failed(error.to_string()),
            None => continue,
        };
        checks.push(Check::new(Subject::Examples, &event.name, version.number, outcome));
    }
    let found = Samples::read(&workspace.path(args.samples.as_deref(), SAMPLES), estate);
    let ids: BTreeSet<_> = found.samples.iter().map(|sample| &sample.id).filter(|id| is_meant(&id.event)).collect();
    for id in ids {
        let of_it: Vec<_> = found.samples.iter().filter(|sample| sample.id == *id).collect();
        let faults = of_it.iter().flat_map(|sample| sample.faults(estate)).collect();
        let outcome = Outcome::of(faults, of_it.len() as u64);
        checks.push(Check::new(Subject::Samples, &id.event, id.version, outcome));
    }
    if !found.strangers.is_empty() {
        let fault = |(path, why): (PathBuf, String)| Fault::new(format!("`{}`: {why}", path.display()));
        let outcome = Outcome::Failed { faults: found.strangers.into_iter().map(fault).collect() };
        checks.push(Check::new(Subject::Samples, "", 0, outcome));
    }
    checks
}

/// What the tests of these packages found.
fn tested(
    args: &Args,
    packages: &[Declared],
    metadata: &Metadata,
    catalogue: &Path,
    seed: Seed,
) -> anyhow::Result<Vec<Evidence>> {
    let folder = metadata.target_directory.join("tidings").join("evidence").into_std_path_buf();
    let is_meant = |package: &&Declared| args.service.as_ref().is_none_or(|only| package.services.contains_key(only));
    let mut services = Vec::new();
    for package in packages.iter().filter(is_meant) {
        let folder = folder.join(&package.package);
        // What an earlier run found is not of this one.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot empty `{}`", folder.display()));
            }
            _ => {}
        }
        let mut found = run_tests(args, package, &folder, catalogue, seed)?;
        services.append(&mut found);
    }
    services.sort_by(|one, other| one.service.cmp(&other.service));
    Ok(services)
}

fn run_tests(
    args: &Args,
    package: &Declared,
    folder: &Path,
    catalogue: &Path,
    seed: Seed,
) -> anyhow::Result<Vec<Evidence>> {
    let bar = ProgressBar::new_spinner().with_message(format!("contract tests of `{}`", package.package));
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--no-fail-fast", "--all-features", "--package", &package.package]);
    tests.arg(TEST).env(settings::CATALOGUE, catalogue);
    tests.env(settings::EVIDENCE, folder).env(settings::CASES, args.cases.to_string());
    tests.env(settings::SEED, seed.to_string());
    match &args.event {
        Some(event) => tests.env(settings::EVENT, event),
        None => tests.env_remove(settings::EVENT),
    };
    let ended = tests.stdin(Stdio::null()).output().context("cannot start cargo")?;
    bar.finish_and_clear();
    let mut found = read(folder)?;
    if !ended.status.success() {
        // It did not compile, or panicked before it could say anything.
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        let tail: Vec<&str> = said.lines().rev().take(60).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        let is_explained = found.iter().any(|evidence| evidence.faults().next().is_some());
        let silent: Vec<&String> =
            package.services.keys().filter(|name| !found.iter().any(|evidence| evidence.service == **name)).collect();
        if !is_explained {
            eprintln!("{}", tail.join("\n"));
        }
        anyhow::ensure!(
            is_explained || !silent.is_empty(),
            "the contract tests of package `{}` failed",
            package.package
        );
        for name in silent {
            let message = "its contract test left no evidence, and the tests of its package failed: did it crash?";
            found.push(evidence(name, package, args, Outcome::failed(message)));
        }
    }
    for evidence in &mut found {
        evidence.version.clone_from(&package.version);
    }
    Ok(found)
}

/// The evidence in a folder; none where there is no folder.
fn read(folder: &Path) -> anyhow::Result<Vec<Evidence>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let evidence = |path: &PathBuf| -> anyhow::Result<Evidence> {
        let json = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("`{}` is no evidence", path.display()))
    };
    let mut found: Vec<Evidence> = Vec::new();
    for path in &paths {
        let mut one = evidence(path)?;
        // Several tests may speak of one service.
        match found.iter_mut().find(|other| other.service == one.service) {
            Some(other) => {
                other.checks.append(&mut one.checks);
                other.reads.append(&mut one.reads);
            }
            None => found.push(one),
        }
    }
    Ok(found)
}

/// What is known of a service without evidence of its own.
fn evidence(service: &str, package: &Declared, args: &Args, declaration: Outcome) -> Evidence {
    let check = Check::new(Subject::Declaration, "", 0, declaration);
    Evidence {
        service: service.to_owned(),
        version: package.version.clone(),
        seed: String::new(),
        cases: args.cases,
        checks: vec![check],
        reads: Vec::new(),
    }
}

/// Adds what packages say of themselves, and what they do not show.
fn declarations(packages: &[Declared], estate: &Estate, args: &Args, services: &mut Vec<Evidence>) {
    for package in packages {
        for (name, declaration) in &package.services {
            if args.service.as_ref().is_some_and(|only| only != name) {
                continue;
            }
            let outcome = Outcome::of(declaration.faults(name, estate.model()), 0);
            if let Some(tested) = services.iter_mut().find(|evidence| evidence.service == *name) {
                let check = Check::new(Subject::Declaration, "", 0, outcome);
                tested.checks.insert(0, check);
            } else {
                services.push(evidence(name, package, args, outcome));
            }
        }
    }
    // A contract in a package that does not name its service is one that nobody knows of.
    let says = |evidence: &Evidence| packages.iter().any(|package| package.services.contains_key(&evidence.service));
    for evidence in services.iter_mut().filter(|evidence| !says(evidence)) {
        if estate.service(&evidence.service).is_some() {
            let message = "its package does not declare it in `[package.metadata.tidings.services]`";
            let outcome = Outcome::failed(message);
            evidence.checks.insert(0, Check::new(Subject::Declaration, "", 0, outcome));
        }
    }
}

fn write(record: &Record, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let stem = format!("{REPORT}{}", record.date);
    let json = format!("{}\n", serde_json::to_string_pretty(record)?);
    for (extension, text) in [("md", report::markdown(record)), ("json", json), ("xml", report::junit(record)?)] {
        let path = folder.join(format!("{stem}.{extension}"));
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    eprintln!("wrote {}/{stem}.md, .json and .xml", folder.display());
    Ok(())
}
