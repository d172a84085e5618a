//! A line that says what a long run is doing. Only on a terminal, and only once the run has taken a while.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tidings_generator::pipeline::{Observer, Stage};

/// Runs that end before this show nothing.
const PATIENCE: Duration = Duration::from_millis(400);
const FRAME: Duration = Duration::from_millis(100);

/// Shows the stages under way until it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    running: Mutex<BTreeSet<Stage>>,
    /// Dropped to end the thread that waits.
    _waiting: mpsc::Sender<()>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
        let (waiting, ended) = mpsc::channel();
        let shown = bar.clone();
        thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(FRAME);
            }
        });
        Self { bar, running: Mutex::default(), _waiting: waiting }
    }

    fn update(&self, change: impl FnOnce(&mut BTreeSet<Stage>)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        let names: Vec<&str> = running.iter().copied().map(name).collect();
        self.bar.set_message(names.join(", "));
    }
}

impl Observer for Progress {
    fn begin(&self, stage: Stage) {
        self.update(|running| {
            running.insert(stage);
        });
    }

    fn end(&self, stage: Stage) {
        self.update(|running| {
            running.remove(&stage);
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// What to call a stage.
pub(crate) fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Load => "load",
        Stage::Resolve => "resolve",
        Stage::Check => "check",
        Stage::Emit(target) => target,
        Stage::Write => "write",
    }
}
