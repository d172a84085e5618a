//! The file of known findings beside the catalogue.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tidings_generator::diagnostic::{Diagnostic, Group};
use tidings_generator::rules;
use tidings_generator::rules::policy::Baseline;
use tidings_generator::source::Sources;

/// Name of the file, unless `--baseline` names another.
const NAME: &str = "lint-baseline.json";

/// Where the baseline of this catalogue is, if it has one.
pub(crate) fn beside(catalogue: &Path) -> PathBuf {
    catalogue.with_file_name(NAME)
}

/// The baseline in `path`; `None` where there is no such file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<Baseline>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    };
    Baseline::parse(&text).map(Some).with_context(|| format!("cannot use `{}`", path.display()))
}

/// Makes a baseline of everything the lints found. One that is there already may only shrink.
pub(crate) fn create(path: &Path, findings: &[Diagnostic], sources: &Sources) -> anyhow::Result<usize> {
    if path.exists() {
        bail!("`{}` is there already and may only shrink; use `--shrink-baseline`", path.display());
    }
    let findings = lints(findings);
    save(path, &Baseline::of(&findings, sources))?;
    Ok(findings.len())
}

/// Takes out of the baseline what no longer occurs.
pub(crate) fn shrink(path: &Path, findings: &[Diagnostic], sources: &Sources) -> anyhow::Result<usize> {
    let Some(baseline) = read(path)? else {
        bail!("there is no `{}`; make it with `--create-baseline`", path.display());
    };
    let findings = lints(findings);
    save(path, &baseline.shrink(&findings, sources)?)?;
    Ok(findings.len())
}

fn save(path: &Path, baseline: &Baseline) -> anyhow::Result<()> {
    fs::write(path, baseline.to_text()).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Those findings that a baseline may hide: a catalogue that cannot be understood is no matter of habit.
fn lints(findings: &[Diagnostic]) -> Vec<Diagnostic> {
    let rules = rules::all();
    let is_lint = |finding: &&Diagnostic| rules.iter().any(|rule| rule.id == finding.rule && rule.group == Group::Lint);
    findings.iter().filter(is_lint).cloned().collect()
}
