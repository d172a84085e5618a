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
use tidings_contract::estate::Estate;
use tidings_contract::evidence::{Check, Evidence, Fault, Outcome, Subject};
use tidings_contract::exchange::ContractFile;
use tidings_contract::record::Record;
use tidings_contract::samples::Samples;
use tidings_contract::{report, settings};

use super::{event, model, today};
use crate::cargo::cargo;
use crate::workspace::Workspace;
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
/// with 1 when something is not understood.
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
    #[arg(long, value_name = "DIR")]
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
    #[arg(long, value_name = "N", default_value_t = 100)]
    cases: u64,
    /// What the documents are made of, as a fault tells it; another one each day by default
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
    let Some(model) = model(args.catalogue.as_deref(), workspace)? else { return Ok(Ending::Findings) };
    if let Some(name) = &args.event {
        event(&model, name)?;
    }
    let estate = Estate::new(model);
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
    let mut services = tested(args, &packages, &metadata, seed)?;
    declarations(&packages, &estate, args, &mut services);
    if let Some(folder) = &args.export {
        for evidence in services.iter().filter(|evidence| !evidence.reads.is_empty()) {
            let path = ContractFile::of(evidence).write(&workspace.path(Some(folder), ""))?;
            eprintln!("wrote {}", path.display());
        }
    }
    for contract in ContractFile::read_all(&workspace.path(args.contracts.as_deref(), CONTRACTS))? {
        // What is tested here is newer than what was exported.
        if !services.iter().any(|evidence| evidence.service == contract.service && !evidence.reads.is_empty()) {
            services.push(contract.judge(&estate, seed, args.cases));
        }
    }
    services.sort_by(|one, other| one.service.cmp(&other.service));
    services.retain(|evidence| args.service.as_ref().is_none_or(|only| evidence.service == *only));
    let mut matrix = Record::matrix(&estate, &services);
    matrix.retain(|row| args.event.as_ref().is_none_or(|only| row.event == *only));
    let date = today();
    let catalogue = estate.model().name.clone();
    let record =
        Record { catalogue, date, seed: seed.to_string(), cases: args.cases, catalogue_checks, services, matrix };
    match args.format {
        Output::Human => output::result(&report::text(&record)),
        Output::Json => output::result(&format!("{}\n", serde_json::to_string_pretty(&record)?)),
        Output::Github => output::result(&report::github(&record)),
    }
    // What is only a part is no evidence.
    if args.event.is_none() && args.service.is_none() {
        write(&record, &workspace.path(args.reports.as_deref(), REPORTS))?;
    }
    Ok(if record.faults().next().is_none() { Ending::Clean } else { Ending::Findings })
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
                    documents.refusals(example).into_iter().take(1).map(|(place, reason)| {
                        let field = place.trim_start_matches('/').replace('/', ".");
                        Fault::new(reason).at(field).shown_by(example.clone())
                    })
                });
                Outcome::of(faults.collect(), version.examples.len() as u64)
            }
            Some(Err(error)) => Outcome::Failed { faults: vec![Fault::new(error.to_string())] },
            None => continue,
        };
        checks.push(Check { subject: Subject::Examples, event: event.name.clone(), version: version.number, outcome });
    }
    let found = Samples::read(&workspace.path(args.samples.as_deref(), SAMPLES), estate);
    let ids: BTreeSet<_> = found.samples.iter().map(|sample| &sample.id).filter(|id| is_meant(&id.event)).collect();
    for id in ids {
        let of_it: Vec<_> = found.samples.iter().filter(|sample| sample.id == *id).collect();
        let faults = of_it.iter().flat_map(|sample| sample.faults(estate)).collect();
        let outcome = Outcome::of(faults, of_it.len() as u64);
        checks.push(Check { subject: Subject::Samples, event: id.event.clone(), version: id.version, outcome });
    }
    if !found.strangers.is_empty() {
        let fault = |(path, why): (PathBuf, String)| Fault::new(format!("`{}`: {why}", path.display()));
        let outcome = Outcome::Failed { faults: found.strangers.into_iter().map(fault).collect() };
        checks.push(Check { subject: Subject::Samples, event: String::new(), version: 0, outcome });
    }
    checks
}

/// What the tests of these packages found.
fn tested(args: &Args, packages: &[Declared], metadata: &Metadata, seed: Seed) -> anyhow::Result<Vec<Evidence>> {
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
        let mut found = run_tests(args, package, &folder, seed)?;
        services.append(&mut found);
    }
    services.sort_by(|one, other| one.service.cmp(&other.service));
    Ok(services)
}

fn run_tests(args: &Args, package: &Declared, folder: &Path, seed: Seed) -> anyhow::Result<Vec<Evidence>> {
    let bar = ProgressBar::new_spinner().with_message(format!("contract tests of `{}`", package.package));
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--all-features", "--package", &package.package, "--bins", "--tests", TEST]);
    tests.env(settings::EVIDENCE, folder).env(settings::CASES, args.cases.to_string());
    tests.env(settings::SEED, seed.to_string());
    match &args.event {
        Some(event) => tests.env(settings::EVENT, event),
        None => tests.env_remove(settings::EVENT),
    };
    let ended = tests.stdin(Stdio::null()).output().context("cannot start cargo")?;
    bar.finish_and_clear();
    let mut found = read(folder)?;
    let is_explained = found.iter().any(|evidence| evidence.faults().next().is_some());
    if !ended.status.success() && !is_explained {
        // It did not compile, or panicked before it could say anything.
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        let tail: Vec<&str> = said.lines().rev().take(60).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        anyhow::bail!("the contract tests of package `{}` failed:\n{}", package.package, tail.join("\n"));
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
    paths.iter().map(evidence).collect()
}

/// Adds what packages say of themselves, and what they do not show.
fn declarations(packages: &[Declared], estate: &Estate, args: &Args, services: &mut Vec<Evidence>) {
    for package in packages {
        for (name, declaration) in &package.services {
            if args.service.as_ref().is_some_and(|only| only != name) {
                continue;
            }
            let outcome = Outcome::of(declaration.faults(name, estate.model()), 0);
            let check = Check { subject: Subject::Declaration, event: String::new(), version: 0, outcome };
            if let Some(evidence) = services.iter_mut().find(|evidence| evidence.service == *name) {
                evidence.checks.insert(0, check);
                continue;
            }
            services.push(Evidence {
                service: name.clone(),
                version: package.version.clone(),
                seed: String::new(),
                cases: args.cases,
                checks: vec![check],
                reads: Vec::new(),
            });
        }
    }
    // A contract in a package that does not name its service is one that nobody knows of.
    let says = |evidence: &Evidence| packages.iter().any(|package| package.services.contains_key(&evidence.service));
    for evidence in services.iter_mut().filter(|evidence| !says(evidence)) {
        if estate.service(&evidence.service).is_some() {
            let message = "its package does not declare it in `[package.metadata.tidings.services]`";
            let outcome = Outcome::Failed { faults: vec![Fault::new(message)] };
            evidence
                .checks
                .insert(0, Check { subject: Subject::Declaration, event: String::new(), version: 0, outcome });
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
