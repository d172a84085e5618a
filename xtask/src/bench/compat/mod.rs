//! The judge of schema changes, held against other judges: how fast each is, and how often it is wrong.
//!
//! `changes` makes pairs of schemas, `table` reads those that people judged; `trial` lets each of the `judges` judge
//! them in processes of its own.

mod changes;
mod events;
mod judges;
mod random;
mod share;
mod table;
mod trial;

use std::path::{Path, PathBuf};

use super::figure::Figure;
pub(crate) use judges::Ours;
use judges::{Judge, Peer};
use table::Mistakes;
use trial::{Ran, Trial};

/// Changes that people judged.
const JUDGED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../generator/tests/compat/pairs");

/// Part of the judging, in this process.
#[derive(Debug, clap::Args)]
pub(crate) struct Share {
    #[arg(value_enum)]
    judge: Ours,
    pairs: PathBuf,
    from: usize,
    step: usize,
}

impl Share {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        share::run(&self.pairs, self.from, self.step, |old, new| self.judge.answers(old, new))
            .map_err(|error| anyhow::anyhow!("cannot judge: {error}"))
    }
}

/// What a judge did.
struct Report {
    one: Ran,
    all: Ran,
    mistakes: Mistakes,
}

/// Measures with this many made pairs, and with those that people judged. Programs of the peers are built in `folder`;
/// without one, there are none.
pub(crate) fn run(pairs: usize, folder: Option<&Path>) -> anyhow::Result<Vec<Figure>> {
    let peers: Vec<(Peer, Judge)> = match folder {
        Some(folder) => {
            Peer::ALL.into_iter().map(|peer| Ok((peer, peer.judge(folder)?))).collect::<anyhow::Result<_>>()?
        }
        None => Vec::new(),
    };
    let cores = rayon::current_num_threads();
    let made = Trial::of(changes::pairs(pairs))?;
    let judged = table::read(Path::new(JUDGED))?;
    let trial = Trial::of(judged.iter().map(|pair| (pair.old.clone(), pair.new.clone())))?;
    let report = |judge: &Judge| -> anyhow::Result<Report> {
        let mistakes = Mistakes::of(&trial.run(judge, cores)?, &judged);
        Ok(Report { one: made.run(judge, 1)?, all: made.run(judge, cores)?, mistakes })
    };
    let as_written = report(&Ours::AsWritten.judge()?)?;
    let tolerant = report(&Ours::TolerantReader.judge()?)?;
    let peers: Vec<(Peer, Report)> =
        peers.into_iter().map(|(peer, judge)| Ok((peer, report(&judge)?))).collect::<anyhow::Result<_>>()?;

    let breaks = judged.iter().flat_map(|pair| pair.compatible).filter(|compatible| !compatible).count();
    let mut all = vec![Figure::new("cores", count(cores), ""), Figure::new("made pairs", count(pairs), "pairs")];
    all.extend(figures(&as_written, &tolerant, &peers));
    all.push(Figure::new("judged, breaks", count(breaks), "verdicts"));
    all.push(Figure::new("judged, all", count(judged.len() * 2), "verdicts"));
    Ok(all)
}

fn figures(as_written: &Report, tolerant: &Report, peers: &[(Peer, Report)]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut beside = |name: &str, unit: &'static str, ours: &Report, of: &dyn Fn(&Report) -> f64| {
        let figure = || Figure::new(name, of(ours), unit);
        figures.extend(peers.iter().map(|(peer, report)| figure().against(peer.name(), of(report))));
        figures.extend(peers.is_empty().then(figure));
    };
    for (ours, report) in [(Ours::AsWritten, as_written), (Ours::TolerantReader, tolerant)] {
        let name = ours.name();
        beside(&format!("{name}, one core"), "pairs/s", report, &|report| report.one.rate());
        beside(&format!("{name}, all cores"), "pairs/s", report, &|report| report.all.rate());
        for (point, percent) in [("p50", 50), ("p99", 99), ("max", 100)] {
            beside(&format!("{name}, one pair, {point}"), "ms", report, &|report| report.one.milliseconds(percent));
        }
    }
    let mut counted = |name: &str, of: &dyn Fn(&Report) -> usize| {
        beside(name, "verdicts", as_written, &|report| count(of(report)));
    };
    counted("made, no answer", &|report| report.one.unanswered());
    counted("judged, a break called compatible", &|report| report.mistakes.missed);
    counted("judged, compatible called a break", &|report| report.mistakes.alarmed);
    counted("judged, no answer", &|report| report.mistakes.unanswered);
    figures
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted up to 2^52 here")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::{Mistakes, Peer, Ran, Report, figures};
    use crate::bench::figure::{Layout, render};

    fn report(seconds: f64, missed: usize) -> Report {
        let ran = || Ran { answers: vec![[Some(true), None]; 2], seconds: vec![seconds; 2], longest: 2.0 * seconds };
        Report { one: ran(), all: ran(), mistakes: Mistakes { missed, alarmed: 3, unanswered: 4 } }
    }

    #[test]
    fn ours_stands_beside_each_peer_in_both_layouts() {
        let peers = Peer::ALL.map(|peer| (peer, report(0.5, peer as usize)));
        let figures = figures(&report(0.25, 0), &report(0.125, 0), &peers);
        insta::assert_snapshot!("table", render("compat", &figures, Layout::Table));
        insta::assert_snapshot!("json", render("compat", &figures, Layout::Json));
    }
}
