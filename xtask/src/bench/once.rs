//! One measured run in a process of its own, so that every run begins alike and has a peak of memory of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use tidings_generator::emit::{TARGETS, Templates};
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::Model;
use tidings_generator::pipeline::{self, Action, Done, Memory, Observer, Request, Stage};

use super::typify_alone;
use crate::commands::{build, today};
use crate::progress::name;

/// What one process measures. Its result is one JSON object on stdout.
#[derive(Debug, clap::Args, Serialize)]
pub(crate) struct Once {
    #[arg(long)]
    catalogue: PathBuf,
    #[arg(long, value_enum)]
    work: Work,
    #[arg(long)]
    out: PathBuf,
    /// Remember things here.
    #[arg(long)]
    memory: Option<PathBuf>,
}

/// The part that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
pub(crate) enum Work {
    /// Everything, as `gen` does it.
    Generate,
    /// Each stage and each target by itself.
    Stages,
    /// typify and prettyplease on the same payload schemas.
    Typify,
}

/// What a process measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Seconds by what was done.
    pub(crate) seconds: BTreeMap<String, f64>,
    /// Payload schemas that typify was given.
    pub(crate) versions: usize,
    pub(crate) peak_bytes: Option<u64>,
    /// Whether nothing had to be done.
    pub(crate) current: bool,
}

/// What is measured of the process as a whole.
const WHOLE: &str = "whole";

impl Once {
    pub(crate) fn new(catalogue: &Path, work: Work, out: &Path, memory: Option<&Path>) -> Self {
        Self { catalogue: catalogue.into(), work, out: out.into(), memory: memory.map(Path::to_owned) }
    }

    /// Runs it in a process of its own. The time of the whole includes starting that process.
    pub(crate) fn spawn(&self) -> anyhow::Result<Measured> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        command.args(["bench", "once", "--work", self.work.name()]);
        command.arg("--catalogue").arg(&self.catalogue).arg("--out").arg(&self.out);
        if let Some(memory) = &self.memory {
            command.arg("--memory").arg(memory);
        }
        let started = Instant::now();
        let output = command.output().context("cannot start a process")?;
        let whole = started.elapsed().as_secs_f64();
        ensure!(output.status.success(), "a measured run failed: {}", String::from_utf8_lossy(&output.stderr));
        let mut measured: Measured =
            serde_json::from_slice(&output.stdout).context("a measured run printed no result")?;
        if self.work == Work::Generate {
            measured.seconds.insert(WHOLE.to_owned(), whole);
        }
        Ok(measured)
    }

    /// Does it in this process.
    pub(crate) fn run(&self) -> anyhow::Result<Measured> {
        let clock = Clock::default();
        let (versions, current) = match self.work {
            Work::Generate => (0, self.generate(&clock)?),
            Work::Stages => (self.stages(&clock)?, false),
            Work::Typify => (typify_alone::run(&self.model(&clock)?, &clock)?, false),
        };
        Ok(Measured { seconds: clock.seconds(), versions, peak_bytes: peak(), current })
    }

    fn generate(&self, clock: &Clock) -> anyhow::Result<bool> {
        let build = build().context("cannot look at this program")?;
        let request = Request {
            catalogue: &self.catalogue,
            out: &self.out,
            templates: None,
            today: today(),
            baseline: None,
            targets: TARGETS,
            complete: true,
            action: Action::Write { force: false },
            memory: self.memory.as_deref().map(|folder| Memory { folder, build: &build }),
        };
        match pipeline::run(&request, clock)?.done {
            Done::Written(_) => Ok(false),
            Done::Current { .. } => Ok(true),
            Done::Stopped | Done::Checked(_) => bail!("the catalogue to measure with has errors"),
        }
    }

    /// One target at a time, as if there were no other. Returns the number of event versions.
    fn stages(&self, clock: &Clock) -> anyhow::Result<usize> {
        let model = self.model(clock)?;
        let templates = Templates::embedded()?;
        for target in TARGETS {
            pipeline::emit(&model, &templates, &[*target], &EventCache::off(), clock)?;
        }
        Ok(model.versions().count())
    }

    fn model(&self, clock: &Clock) -> anyhow::Result<Model> {
        let examined = pipeline::examine(&self.catalogue, today(), None, clock)?;
        examined.model.context("the catalogue to measure with has errors")
    }
}

impl Measured {
    /// Seconds of the whole process.
    pub(crate) fn whole(&self) -> f64 {
        self.of(WHOLE)
    }

    pub(crate) fn of(&self, work: &str) -> f64 {
        self.seconds.get(work).copied().unwrap_or(f64::NAN)
    }
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Stages => "stages",
            Self::Typify => "typify",
        }
    }
}

/// Takes the time of each stage.
#[derive(Default)]
pub(super) struct Clock {
    began: Mutex<BTreeMap<Stage, Instant>>,
    seconds: Mutex<BTreeMap<String, f64>>,
}

impl Clock {
    /// Keeps the time of something that is no stage.
    pub(super) fn keep(&self, work: &str, seconds: f64) {
        self.seconds.lock().unwrap_or_else(PoisonError::into_inner).insert(work.to_owned(), seconds);
    }

    fn seconds(self) -> BTreeMap<String, f64> {
        self.seconds.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Clock {
    fn begin(&self, stage: Stage) {
        self.began.lock().unwrap_or_else(PoisonError::into_inner).insert(stage, Instant::now());
    }

    fn end(&self, stage: Stage) {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner).remove(&stage);
        if let Some(began) = began {
            self.keep(name(stage), began.elapsed().as_secs_f64());
        }
    }
}

/// The most memory this process has held, where the system says.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
