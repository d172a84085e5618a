//! The documentation site beside writing the same bytes alone.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use tidings_generator::emit::{OutFile, Templates};
use tidings_generator::model::Model;
use tidings_generator::pipeline;

use super::figure::{Figure, median};
use super::synthetic;
use crate::commands;
use crate::site::{self, Memory, Sources};

/// Rounds of which figures are medians.
const ROUNDS: usize = 3;

/// Measures the site of a catalogue of this many events.
pub(crate) fn run(events: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let (catalogue, out) = (folder.path().join("catalogue"), folder.path().join("site"));
    synthetic::write(&catalogue, events)?;
    let (mut built, mut alone, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let (mut pages, mut bytes) = (0, 0);
    for round in 0..ROUNDS {
        let mut memory = Memory::of_process();
        let began = Instant::now();
        let files = files(&catalogue, &mut memory, &out)?;
        built.push(began.elapsed().as_secs_f64());
        pages = files.iter().filter(|file| site::is_page(&file.path)).count();
        bytes = files.iter().map(|file| file.contents.len()).sum();
        // The same files, made already.
        let began = Instant::now();
        Memory::default().write(&files, &folder.path().join("alone"))?;
        alone.push(began.elapsed().as_secs_f64());
        synthetic::change_one_event(&catalogue, events, round)?;
        let began = Instant::now();
        self::files(&catalogue, &mut memory, &out)?;
        again.push(began.elapsed().as_secs_f64());
        fs::remove_dir_all(&out)?;
        fs::remove_dir_all(folder.path().join("alone"))?;
    }
    let (built, alone, again) = (median(built), median(alone), median(again));
    #[expect(clippy::cast_precision_loss, reason = "no site has 2^52 bytes")]
    let (pages, bytes) = (pages as f64, bytes as f64);
    let mut figures = vec![
        Figure::new("whole site", built, "s").against("writing its bytes alone", alone),
        Figure::new("pages", pages / built, "pages/s"),
        Figure::new("size", bytes / pages / 1024.0, "KiB/page"),
        Figure::new("one event changed", again, "s").against("whole site", built),
    ];
    figures.extend(peak().map(|mebibytes| Figure::new("peak memory", mebibytes, "MiB")));
    Ok(figures)
}

/// Makes the site, as `docs --serve` does.
fn files(catalogue: &Path, memory: &mut Memory, out: &Path) -> anyhow::Result<Vec<OutFile>> {
    let (catalogue, today) = (catalogue.join("catalogue.yaml"), commands::today());
    let examined = pipeline::examine_remembering(&catalogue, today, None, &memory.texts, &())?;
    ensure!(!examined.has_errors(), "the synthetic catalogue has errors");
    let model: &Model = examined.model.as_ref().context("the synthetic catalogue cannot be read")?;
    let known = examined.known(&memory.texts);
    let sources = Sources { model, findings: &examined.diagnostics, record: None, today, known };
    let files = site::build(&sources, &Templates::embedded()?, &mut memory.pages)?;
    memory.write(&files, out)?;
    Ok(files)
}

/// The most memory that this process has had, in MiB, where the system tells.
fn peak() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
