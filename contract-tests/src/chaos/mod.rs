//! The whole flow under faults: writers, outbox, relays, broker, consumers; and everything that can fail does.
//!
//! Writers change entities and append the events that say so, with a journal in the same transaction. Relays and consumers
//! are processes of their own; they are killed, paused and replaced, the servers are killed and started again, and
//! connections are cut or go silent. When all is calm again, each event of the journal must have had its effect once, in
//! the order of its key, and be in its stream once. What is drawn comes from a seed; when it happens depends on the
//! machine.

mod event;
mod faults;
mod ground;
mod part;
mod proxy;
mod random;
mod verdict;
mod writers;

use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

pub use ground::Servers;
pub use part::{Program, work};
pub use verdict::Violations;

use faults::Faults;
use ground::Ground;
use verdict::count;
use writers::{WRITERS, Writers};

/// How often is looked whether everything has arrived.
const LOOK: Duration = Duration::from_millis(500);

/// Without progress for so long, something is stuck.
const STUCK: Duration = Duration::from_secs(90);

/// What comes too much may come late.
const LATE: Duration = Duration::from_secs(3);

/// How long a run is.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Decides what is written and what goes wrong.
    pub seed: u64,
    /// How long things go wrong, at least.
    pub time: Duration,
    /// How many events are committed, at least.
    pub events: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    plan: Plan,
    /// What was counted, in the order it is read.
    counts: Vec<(String, u64)>,
    times: [Duration; 2],
    /// Every promise, also those that were kept.
    pub violations: Vec<Violations>,
}

impl Outcome {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.violations.iter().all(|violations| violations.count == 0)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [faults, drain] = self.times.map(|time| time.as_secs_f64());
        writeln!(out, "seed {}: {faults:.1} s with faults, {drain:.1} s until all had arrived", self.plan.seed)?;
        for (name, count) in &self.counts {
            writeln!(out, "{count:>10}  {name}")?;
        }
        writeln!(out)?;
        for Violations { name, count, examples } in &self.violations {
            writeln!(out, "{count:>10}  {name}")?;
            for example in examples {
                writeln!(out, "              {example}")?;
            }
        }
        Ok(())
    }
}

/// Runs the test. Parts write their logs into a folder; `tell` hears how far it is.
///
/// # Errors
/// When it cannot be run. What it finds is in the outcome.
pub async fn run(
    plan: Plan,
    servers: Servers,
    program: &Program,
    logs: &Path,
    tell: impl Fn(&str),
) -> anyhow::Result<Outcome> {
    let ground = Ground::new(servers, plan.seed).await?;
    #[expect(clippy::cast_precision_loss, reason = "a pace need not be exact")]
    let rate = plan.events as f64 / plan.time.as_secs_f64() * 1.1;
    let writers = Writers::start(&ground.route.database, plan.seed, rate)?;
    let counts = writers.counts.clone();
    let mut faults = Faults::new(&ground, program, plan.seed, logs);
    let began = Instant::now();
    let committed = || counts.events.load(Ordering::Relaxed);
    while began.elapsed() < plan.time || committed() < plan.events {
        faults.work(Duration::from_secs(5).min(plan.time), false).await?;
        let happened: u64 = faults.counts.values().sum();
        tell(&format!("{:.0} s: {} events, {happened} faults", began.elapsed().as_secs_f64(), committed()));
    }
    faults.calm().await?;
    writers.stop().await;
    let with_faults = began.elapsed();

    let pool = ground.pool().await?;
    let events = count(&pool, "chaos_journal").await?;
    let (drain, mut moved, mut last) = (Instant::now(), Instant::now(), (0, 0));
    loop {
        faults.work(LOOK, true).await?;
        let now = (count(&pool, "chaos_effect").await?, count(&pool, "tidings_parked").await?);
        if now.0 >= events && now.1 == 0 {
            break;
        }
        if now != last {
            (moved, last) = (Instant::now(), now);
            tell(&format!("{} of {events} effects, {} events parked", now.0, now.1));
        }
        if moved.elapsed() > STUCK {
            tell("stuck");
            break;
        }
    }
    let until_drained = drain.elapsed();
    faults.work(LATE, true).await?;
    faults.stop().await?;

    let mut violations = verdict::of_effects(&pool).await?;
    violations.extend(verdict::of_streams(&pool, &ground.direct).await?);
    violations.push(Violations::new("processes that ended otherwise than told", std::mem::take(&mut faults.findings)));

    let of = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    let mut counted = vec![
        (format!("events committed, over {} partitions", event::STREAM.partitions), events.cast_unsigned()),
        (format!("transactions committed by {WRITERS} writers"), of(&counts.committed)),
        ("rolled back".to_owned(), of(&counts.rolled_back)),
        ("held open up to 3 s".to_owned(), of(&counts.long)),
        ("failed before their commit".to_owned(), of(&counts.failed)),
        ("commits whose answer was lost".to_owned(), of(&counts.unknown)),
    ];
    counted.extend(faults.counts.iter().map(|(fault, count)| (fault.to_string(), *count)));
    counted.push(("connections cut".to_owned(), ground.postgres.proxy.ended() + ground.rabbitmq.proxy.ended()));
    Ok(Outcome { plan, counts: counted, times: [with_faults, until_drained], violations })
}
