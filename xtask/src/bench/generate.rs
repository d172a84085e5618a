//! The whole generation of a synthetic catalogue, held against typify and prettyplease alone.

use std::fs;

use anyhow::ensure;
use tempfile::TempDir;
use tidings_generator::emit::TARGETS;

use super::figure::{Figure, median};
use super::once::{Measured, Once, Work};
use super::synthetic;
use super::typify_alone::TYPIFY;

const LIMIT: &str = "typify and prettyplease alone";
const COLD: &str = "cold run";
/// Enough for a median; large catalogues vary less.
const ROUNDS: usize = 5;
const ROUNDS_OF_LARGE: usize = 3;
const LARGE: usize = 5_000;
/// A gigabyte.
const FIT_INTO_MEMORY: usize = 10_000;

/// Measures a catalogue of this many events.
pub(crate) fn run(events: usize) -> anyhow::Result<Vec<Figure>> {
    let rounds = if events < LARGE { ROUNDS } else { ROUNDS_OF_LARGE };
    let folder = if events <= FIT_INTO_MEMORY { in_memory()? } else { tempfile::tempdir()? };
    let catalogue = folder.path().join("catalogue/catalogue.yaml");
    synthetic::write(&folder.path().join("catalogue"), events)?;
    let once = |work, round: usize| {
        let place = |name: &str| folder.path().join(format!("{name}-{round}"));
        Once::new(&catalogue, work, &place("out"), Some(&place("memory"))).spawn()
    };

    // All by turns, so that all see the same machine.
    let (mut cold, mut typify, mut stages, mut nothing, mut one) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..rounds {
        if round > 0 {
            fs::remove_dir_all(folder.path().join(format!("out-{}", round - 1)))?;
            fs::remove_dir_all(folder.path().join(format!("memory-{}", round - 1)))?;
        }
        cold.push(once(Work::Generate, round)?);
        typify.push(once(Work::Typify, round)?);
        stages.push(once(Work::Stages, round)?);
        // The catalogue may have been too new for the cold run to remember it.
        once(Work::Generate, round)?;
        let measured = once(Work::Generate, round)?;
        ensure!(measured.current, "a run that changes nothing found something to do");
        nothing.push(measured);
        synthetic::change_one_event(&folder.path().join("catalogue"), events, round)?;
        let measured = once(Work::Generate, round)?;
        ensure!(!measured.current, "a changed event went unnoticed");
        one.push(measured);
    }
    Ok(figures(events, &cold, &typify, &stages, &nothing, &one))
}

/// A folder in memory, where the system has one. On a disk, making a file can cost ten times as much as a minute ago,
/// because of files that were deleted in the meantime, and generation makes five for an event.
fn in_memory() -> std::io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

fn figures(
    events: usize,
    cold: &[Measured],
    typify: &[Measured],
    stages: &[Measured],
    nothing: &[Measured],
    one: &[Measured],
) -> Vec<Figure> {
    let seconds = |runs: &[Measured], of: &dyn Fn(&Measured) -> f64| median(runs.iter().map(of).collect());
    #[expect(clippy::cast_precision_loss, reason = "no catalogue has 2^52 events")]
    let rate = |seconds: f64| events as f64 / seconds;
    let whole = seconds(cold, &Measured::whole);
    let limit = rate(seconds(typify, &|run| run.of(TYPIFY)));
    let threads = rayon::current_num_threads();
    #[expect(clippy::cast_precision_loss, reason = "neither has 2^52 of anything")]
    let (threads, versions) = (threads as f64, typify[0].versions as f64);

    let mut figures = vec![
        Figure::new("threads", threads, ""),
        Figure::new("event versions", versions, ""),
        Figure::new("whole generation, cold", rate(whole), "events/s").against(LIMIT, limit),
    ];
    let by_itself = |name: &'static str| {
        Figure::new(format!("{name} by itself"), rate(seconds(stages, &|run| run.of(name))), "events/s")
    };
    figures.extend(["load", "resolve", "check"].map(by_itself));
    figures.extend(TARGETS.iter().map(|target| by_itself(target.name())));
    figures.push(Figure::new("write", rate(seconds(cold, &|run| run.of("write"))), "events/s"));
    figures.push(Figure::new(COLD, whole, "s"));
    figures.push(Figure::new("nothing changed", seconds(nothing, &Measured::whole), "s").against(COLD, whole));
    figures.push(Figure::new("one event changed", seconds(one, &Measured::whole), "s").against(COLD, whole));
    if let Some(peak) = cold.iter().filter_map(|run| run.peak_bytes).max() {
        #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
        figures.push(Figure::new("peak memory, cold", peak as f64 / f64::from(1 << 20), "MiB"));
    }
    figures
}
