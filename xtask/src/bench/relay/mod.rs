//! The relay beside what its database and its broker do by themselves.

pub(super) mod carrier;
mod drain;
mod limits;
mod passing;

pub(crate) use carrier::carry;

use std::time::Duration;

use super::figure::{Figure, by_turns, median};
use super::ground::{Ground, PARTITIONS};
use super::watched::{self, Measured};
use passing::Passed;

const SLOWER: &str = "the slower of the two";
const TURNS: &str = "one after the other, on cores that each alone keeps busy";
const DRAIN: &str = "drain";

/// How long single-row commits are counted.
const COMMITTING: Duration = Duration::from_secs(2);

/// Clients that commit at the same time: enough for one write to the disk to serve many.
const CLIENTS: usize = 32;

/// What one round measured.
struct Round {
    copy: f64,
    publish: f64,
    drained: Measured,
    /// With a transaction that stays open.
    beside: Measured,
}

/// Measures with this many events, everything by turns, so that all see the same machine.
pub(crate) fn run(events: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(events, rounds))
}

async fn measure(events: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let ground = Ground::new().await?;
    let single = limits::commits(&ground, 1, COMMITTING).await?;
    let many = limits::commits(&ground, CLIENTS, COMMITTING).await?;
    ground.empty_outbox().await?;
    ground.append(events).await?;
    let mut measured = Vec::new();
    for _ in 0..rounds {
        let copy = limits::copy_out(&ground, events).await?;
        ground.empty_streams().await?;
        let publish = limits::publish(&ground, events, PARTITIONS).await?;
        let drained = drain::measure(&ground, events).await?;
        let open = ground.leave_open().await?;
        let beside = drain::measure(&ground, events).await?;
        open.rollback().await?;
        measured.push(Round { copy, publish, drained, beside });
    }
    let passed = passing::measure(&ground, events).await?;
    Ok(figures(&measured, &passed, single, many))
}

fn figures(rounds: &[Round], passed: &Passed, single: f64, many: f64) -> Vec<Figure> {
    let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let (copy, publish) = (of(&|round| round.copy), of(&|round| round.publish));
    let drain = of(&|round| round.drained.rate);
    let first_half = of(&|round| round.drained.halves[0]);
    let mut figures = vec![
        Figure::new("append and commit one by one, 1 client", single, "events/s"),
        Figure::new(format!("append and commit one by one, {CLIENTS} clients"), many, "events/s"),
        Figure::new("COPY out", copy, "events/s"),
        Figure::new("publish and confirm", publish, "events/s"),
        Figure::new(DRAIN, drain, "events/s").against(SLOWER, copy.min(publish)),
        Figure::new(DRAIN, drain, "events/s").against(TURNS, by_turns(copy, publish)),
        Figure::new("drain, second half", of(&|round| round.drained.halves[1]), "events/s")
            .against("first half", first_half),
        Figure::new("drain beside an open transaction", of(&|round| round.beside.rate), "events/s")
            .against(DRAIN, drain),
    ];
    let drained: Vec<&Measured> = rounds.iter().map(|round| &round.drained).collect();
    figures.extend(watched::costs("relay", &drained));
    figures.extend(watched::peak(&drained).map(|peak| Figure::new("peak memory of the relay, drain", peak, "MiB")));
    figures.push(Figure::new("events that passed, all together", passed.events, "events"));
    figures.extend(passed.memory.map(|[early, late]| {
        Figure::new("memory of the relay, second half", late, "MiB").against("first half", early)
    }));
    figures.push(Figure::new("outbox on disk, most", passed.most, "MiB").against("rows at once", passed.of_rows));
    figures
}
