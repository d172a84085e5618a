//! A consumer beside what its database and its broker do by themselves.

pub(super) mod handling;
mod limits;

pub(crate) use handling::handle;

use super::figure::{Figure, by_turns, median};
use super::ground::Ground;
use super::processes;
use super::watched::{self, Measured};
use handling::{Cursors, HANDLE};

/// Of the consumer. As long in what is held against it: the ledger has it in each row.
const NAME: &str = "bench";

const LEDGER: &str = "ledger and cursor alone";
const SLOWER: &str = "the slower of the two";
const TURNS: &str = "one after the other, on cores that each alone keeps busy";

/// What one round measured.
struct Round {
    ledger: f64,
    read: f64,
    handled: Measured,
}

/// Measures with this many events, everything by turns, so that all see the same machine.
pub(crate) fn run(events: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(events, rounds))
}

async fn measure(events: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let load = processes::load();
    let ground = Ground::new().await?;
    ground.empty_streams().await?;
    let ids = limits::publish(&ground, events).await?;
    let mut measured = Vec::new();
    for _ in 0..rounds {
        let ledger = limits::note(&ground, &ids).await?;
        let read = limits::read(&ground, events).await?;
        ground.empty_inbox().await?;
        let cursors = Cursors::of(&ground, NAME).await?;
        let handled = Measured::of(&ground, HANDLE, &ground.route(NAME), cursors, events).await?;
        ground.has_noted(events).await?;
        measured.push(Round { ledger, read, handled });
    }
    Ok(figures(&measured, load))
}

fn figures(rounds: &[Round], load: Option<f64>) -> Vec<Figure> {
    let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let (ledger, read) = (of(&|round| round.ledger), of(&|round| round.read));
    let rate = of(&|round| round.handled.rate);
    let mut figures: Vec<Figure> = load.map(|load| Figure::new("load before", load, "processes")).into_iter().collect();
    figures.extend([
        Figure::new(LEDGER, ledger, "events/s"),
        Figure::new("reading alone", read, "events/s"),
        Figure::new("handled", rate, "events/s").against(LEDGER, ledger),
        Figure::new("handled", rate, "events/s").against(SLOWER, ledger.min(read)),
        Figure::new("handled", rate, "events/s").against(TURNS, by_turns(ledger, read)),
        Figure::new("handled, second half", of(&|round| round.handled.halves[1]), "events/s")
            .against("first half", of(&|round| round.handled.halves[0])),
    ]);
    let handled: Vec<&Measured> = rounds.iter().map(|round| &round.handled).collect();
    figures.extend(watched::costs("consumer", &handled));
    let memory: Option<Vec<[f64; 2]>> = handled.iter().map(|one| one.memory).collect();
    figures.extend(memory.map(|memory| {
        let [early, late] = [0, 1].map(|half| median(memory.iter().map(|halves| halves[half]).collect()));
        Figure::new("memory of the consumer, second half", late, "MiB").against("first half", early)
    }));
    figures.extend(watched::peak(&handled).map(|peak| Figure::new("peak memory of the consumer", peak, "MiB")));
    figures
}
