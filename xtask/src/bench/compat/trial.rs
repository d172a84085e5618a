//! Judges at work, each in processes of its own: one that hangs or overflows its stack loses that pair and goes on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::judges::Judge;
use super::share::{Answers, Line};

/// What a judge may take for one pair. Far above what any takes for an ordinary one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pairs for all judges.
pub(super) struct Trial {
    folder: TempDir,
    pairs: usize,
}

/// What a judge said to all pairs, in their order.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) answers: Vec<Answers>,
    /// Seconds for each pair; without an answer in time, those that were waited.
    pub(super) seconds: Vec<f64>,
    /// Seconds of the process that took longest for its share.
    pub(super) longest: f64,
}

impl Trial {
    pub(super) fn of(pairs: impl IntoIterator<Item = (Value, Value)>) -> anyhow::Result<Self> {
        let trial = Self { folder: tempfile::tempdir()?, pairs: 0 };
        let mut file = BufWriter::new(File::create(trial.file())?);
        let mut count = 0;
        for pair in pairs {
            serde_json::to_writer(&mut file, &pair)?;
            file.write_all(b"\n")?;
            count += 1;
        }
        file.flush()?;
        Ok(Self { pairs: count, ..trial })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("pairs.jsonl")
    }

    /// Lets a judge judge all pairs in this many processes.
    pub(super) fn run(&self, judge: &Judge, processes: usize) -> anyhow::Result<Ran> {
        let shares: Vec<Vec<Line>> = thread::scope(|scope| {
            let running: Vec<_> =
                (0..processes).map(|first| scope.spawn(move || self.share(judge, first, processes))).collect();
            running
                .into_iter()
                .map(|share| share.join().unwrap_or_else(|_| bail!("a share of the pairs was lost")))
                .collect::<anyhow::Result<_>>()
        })?;
        let of_pair = |pair: usize| shares[pair % processes][pair / processes];
        Ok(Ran {
            answers: (0..self.pairs).map(|pair| of_pair(pair).answers).collect(),
            seconds: (0..self.pairs).map(|pair| of_pair(pair).seconds).collect(),
            longest: shares.iter().map(|share| share.iter().map(|line| line.seconds).sum()).fold(0.0, f64::max),
        })
    }

    /// What a judge says to every `step`th pair, started anew after each that it did not survive.
    fn share(&self, judge: &Judge, first: usize, step: usize) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        while first + lines.len() * step < self.pairs {
            let mut child = self.start(judge, first + lines.len() * step, step)?;
            let (sender, receiver) = mpsc::channel();
            let stdout = child.stdout.take().context("a judge has no output")?;
            let reader = thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    // Whoever reads has gone once a judge took too long.
                    let _ = sender.send(line);
                }
            });
            loop {
                let waited = Instant::now();
                match receiver.recv_timeout(PATIENCE) {
                    Ok(line) => lines.push(serde_json::from_str(&line).context("a judge printed no answer")?),
                    Err(RecvTimeoutError::Disconnected) if child.wait()?.success() => break,
                    Err(_) => {
                        lines.push(Line { answers: Answers::default(), seconds: waited.elapsed().as_secs_f64() });
                        // It may have ended by itself.
                        let _ = child.kill();
                        break;
                    }
                }
            }
            child.wait()?;
            // It does nothing but read.
            let _ = reader.join();
        }
        Ok(lines)
    }

    fn start(&self, judge: &Judge, from: usize, step: usize) -> anyhow::Result<Child> {
        let mut command = judge.command(&self.file(), from, step);
        // What a judge says when it panics is no answer.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().context("cannot start a judge")
    }
}

impl Ran {
    /// Pairs per second.
    pub(super) fn rate(&self) -> f64 {
        super::count(self.seconds.len()) / self.longest
    }

    /// What so many of a hundred pairs took at most.
    pub(super) fn milliseconds(&self, percent: usize) -> f64 {
        let mut times = self.seconds.clone();
        times.sort_by(f64::total_cmp);
        let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(at).map_or(f64::NAN, |seconds| seconds * 1e3)
    }

    /// Verdicts that are missing.
    pub(super) fn unanswered(&self) -> usize {
        self.answers.iter().flatten().filter(|answer| answer.is_none()).count()
    }
}
