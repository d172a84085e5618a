//! The whole way: `load → resolve → check → emit → write`, with what a run may skip because an earlier one did it.

#![expect(missing_docs, reason = "names of fields in errors and reports say what they hold")]

mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::cache::Cache;
use crate::diagnostic::{Diagnostic, Level};
use crate::emit::{EmitError, Target, Templates};
use crate::event_cache::EventCache;
use crate::load::{self, LoadError, Loaded};
use crate::model::{self, Fingerprints, Model};
use crate::rules;
use crate::rules::policy::Baseline;
use crate::source::Sources;
use crate::stamp::Stamps;
use crate::write::{self, Batch, Finding, Order, WriteError, Written};
use record::{Draft, Record};

/// A step of a run, as an [`Observer`] hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Files to a tree.
    Load,
    /// The tree to a model.
    Resolve,
    /// The rules.
    Check,
    /// One target, by name. Targets run at the same time.
    Emit(&'static str),
    /// The files to disk, or their comparison with it.
    Write,
}

/// Hears what a run is doing, for progress and measurements. The run itself prints nothing and reads no clock.
pub trait Observer: Sync {
    /// A stage begins.
    fn begin(&self, _stage: Stage) {}
    /// The stage has ended.
    fn end(&self, _stage: Stage) {}
}

/// Nobody listens.
impl Observer for () {}

/// What to generate, and from what.
pub struct Request<'a> {
    /// Root file of the catalogue.
    pub catalogue: &'a Path,
    /// The output folder.
    pub out: &'a Path,
    /// Folder of templates that replace embedded ones.
    pub templates: Option<&'a Path>,
    /// The day that sunsets and expiries are held against.
    pub today: NaiveDate,
    /// Findings that are known and not reported.
    pub baseline: Option<&'a Baseline>,
    /// Which targets run.
    pub targets: &'a [&'a dyn Target],
    /// Whether these are all there are.
    pub complete: bool,
    pub action: Action,
    /// What may be remembered from run to run.
    pub memory: Option<Memory<'a>>,
}

/// What happens to the output folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it is only compared. Nothing remembered is relied on.
    Check,
    /// It is brought in line.
    Write {
        /// Also where that overwrites what people changed.
        force: bool,
    },
}

/// Where a run remembers things for the next one.
#[derive(Debug, Clone, Copy)]
pub struct Memory<'a> {
    /// A folder that may be deleted at any time.
    pub folder: &'a Path,
    /// Identifies this build of the generator; what another build remembered is not used.
    pub build: &'a str,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// What the findings point into.
    pub sources: Sources,
    /// Findings about the catalogue.
    pub diagnostics: Vec<Diagnostic>,
    pub done: Done,
}

/// What a run did.
#[derive(Debug)]
pub enum Done {
    /// Nothing: the catalogue has errors.
    Stopped,
    /// Nothing had changed since the last run, neither what goes in nor what came out.
    Current {
        /// Files that are as the last run left them.
        files: usize,
    },
    /// The folder was brought in line.
    Written(Written),
    /// The folder was compared; these are the differences.
    Checked(Vec<Finding>),
}

/// Why a run could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Emit(#[from] EmitError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A catalogue that was read and checked.
#[derive(Debug)]
pub struct Examined {
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
    /// `None` when the catalogue is too broken to have a meaning.
    pub model: Option<Model>,
    /// Hashes of the model, where something is remembered by them.
    fingerprints: Option<Fingerprints>,
    /// Folders that were searched for included files.
    folders: BTreeSet<PathBuf>,
}

impl Examined {
    /// Texts of its events, as far as `memory` has them.
    #[must_use]
    pub fn known<'a>(&'a self, memory: &'a Cache) -> EventCache<'a> {
        EventCache::new(memory, self.fingerprints.as_ref())
    }

    /// Whether something stops generation.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.model.is_none() || self.diagnostics.iter().any(|finding| finding.level == Level::Error)
    }
}

/// Loads, resolves and checks a catalogue. Lints in `baseline` are not reported.
///
/// # Errors
/// When its root file cannot be read.
pub fn examine(
    catalogue: &Path,
    today: NaiveDate,
    baseline: Option<&Baseline>,
    observer: &dyn Observer,
) -> Result<Examined, LoadError> {
    examine_remembering(catalogue, today, baseline, &Cache::off(), observer)
}

/// [`examine`], sparing what `memory` has from an earlier time.
///
/// # Errors
/// As [`examine`].
pub fn examine_remembering(
    catalogue: &Path,
    today: NaiveDate,
    baseline: Option<&Baseline>,
    memory: &Cache,
    observer: &dyn Observer,
) -> Result<Examined, LoadError> {
    let loaded = load(catalogue, &Cache::off(), observer)?;
    Ok(examine_loaded(loaded, today, baseline, memory, observer))
}

fn load(catalogue: &Path, trees: &Cache, observer: &dyn Observer) -> Result<Loaded, LoadError> {
    observed(observer, Stage::Load, || load::load_remembering(catalogue, trees))
}

/// The rest of [`examine`], sparing what `cache` has from an earlier run.
fn examine_loaded(
    loaded: Loaded,
    today: NaiveDate,
    baseline: Option<&Baseline>,
    cache: &Cache,
    observer: &dyn Observer,
) -> Examined {
    let mut diagnostics = loaded.diagnostics;
    let resolve = || {
        loaded.tree.as_ref().map_or((None, Vec::new()), |tree| {
            let (model, found) = model::resolve(tree);
            (Some(model), found)
        })
    };
    let (model, found) = observed(observer, Stage::Resolve, resolve);
    discard(loaded.tree);
    diagnostics.extend(found);
    let fingerprints = model.as_ref().filter(|_| cache.is_on()).map(Fingerprints::of);
    if let Some(model) = &model {
        let cache = EventCache::new(cache, fingerprints.as_ref());
        let found = observed(observer, Stage::Check, || rules::check(model, today, &cache));
        diagnostics.extend(match baseline {
            Some(baseline) => baseline.apply(found, &loaded.sources),
            None => found,
        });
    }
    Examined { sources: loaded.sources, diagnostics, model, fingerprints, folders: loaded.folders }
}

/// The files of these targets, in the order given.
///
/// # Errors
/// When a target fails.
pub fn emit(
    model: &Model,
    templates: &Templates,
    targets: &[&dyn Target],
    cache: &EventCache<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Batch>, EmitError> {
    let run = |target: &&dyn Target| {
        let name = target.name();
        let files = observed(observer, Stage::Emit(name), || target.emit(model, templates, cache))?;
        Ok(Batch { target: name.to_owned(), files })
    };
    targets.par_iter().map(run).collect()
}

/// Carries out a request.
///
/// # Errors
/// When the catalogue or a template cannot be read, or the output folder cannot be read or written. What is wrong
/// inside a catalogue is in the outcome's diagnostics.
pub fn run(request: &Request<'_>, observer: &dyn Observer) -> Result<Outcome, RunError> {
    let memory = request.memory.filter(|_| request.action != Action::Check);
    let record = memory.and_then(|memory| Record::read(request, &memory));
    if request.action == (Action::Write { force: false })
        && let Some(outcome) = record.as_ref().and_then(|record| record.repeat(request))
    {
        return Ok(outcome);
    }

    let draft = memory.and_then(|memory| Draft::begin(&memory).ok());
    let open = |name| memory.map_or_else(Cache::off, |memory| Cache::open(memory.folder.join(name), memory.build));
    let trees = open("trees");
    let (cache, loaded) = rayon::join(|| open("texts"), || load(request.catalogue, &trees, observer));
    let examined = examine_loaded(loaded?, request.today, request.baseline, &cache, observer);
    let (false, Some(model)) = (examined.has_errors(), &examined.model) else {
        let Examined { sources, diagnostics, .. } = examined;
        return Ok(Outcome { sources, diagnostics, done: Done::Stopped });
    };
    let templates = request.templates.map_or_else(Templates::embedded, Templates::with_overrides)?;
    let known = EventCache::new(&cache, examined.fingerprints.as_ref());
    let batches = emit(model, &templates, request.targets, &known, observer)?;

    let stamps = record.map_or_else(Stamps::default, Record::into_outputs);
    let mut order =
        Order { out: request.out, batches: &batches, complete: request.complete, force: false, stamps: &stamps };
    let done = match request.action {
        Action::Check => Done::Checked(observed(observer, Stage::Write, || write::check(&order))?),
        Action::Write { force } => {
            order.force = force;
            Done::Written(observed(observer, Stage::Write, || write::write(&order))?)
        }
    };
    if let (Some(memory), Some(draft), Done::Written(written)) = (memory, draft, &done) {
        // None of it is needed for a right result, only for a fast next run.
        let save = || draft.save(request, &memory, &examined, &written.stamps);
        let _ = rayon::join(|| cache.save().and_then(|()| trees.save()), save);
    }
    let Examined { sources, diagnostics, model, .. } = examined;
    discard((model, batches));
    Ok(Outcome { sources, diagnostics, done })
}

/// Frees what is large on another thread, or not at all where the process ends before.
fn discard<T: Send + 'static>(large: T) {
    rayon::spawn(move || drop(large));
}

fn observed<T>(observer: &dyn Observer, stage: Stage, work: impl FnOnce() -> T) -> T {
    observer.begin(stage);
    let result = work();
    observer.end(stage);
    result
}
