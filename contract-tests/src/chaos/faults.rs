//! What goes wrong, and when.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use super::ground::{Ground, Server};
use super::part::{Part, Program, Role};
use super::random::Random;

/// Relays, of which one leads, and consumers, which share the partitions.
const PARTS: [Role; 5] = [Role::Relay, Role::Relay, Role::Consumer, Role::Consumer, Role::Consumer];

/// How often parts are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Everything that goes wrong happens once in so many turns, in an order of its own each time.
const TURNS: [Fault; 20] = [
    Fault::RelayKilled,
    Fault::RelayKilled,
    Fault::RelayKilled,
    Fault::ConsumerKilled,
    Fault::ConsumerKilled,
    Fault::ConsumerKilled,
    Fault::ConsumerKilled,
    Fault::PartReplaced,
    Fault::PartPaused,
    Fault::PartPaused,
    Fault::DatabaseCut,
    Fault::DatabaseCut,
    Fault::DatabaseCut,
    Fault::BrokerCut,
    Fault::BrokerCut,
    Fault::BrokerCut,
    Fault::DatabaseFrozen,
    Fault::BrokerFrozen,
    Fault::DatabaseKilled,
    Fault::BrokerKilled,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    RelayKilled,
    ConsumerKilled,
    PartReplaced,
    PartPaused,
    DatabaseCut,
    BrokerCut,
    DatabaseFrozen,
    BrokerFrozen,
    DatabaseKilled,
    BrokerKilled,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::RelayKilled => "kill -9 of a relay",
            Self::ConsumerKilled => "kill -9 of a consumer",
            Self::PartReplaced => "a relay or consumer replaced in order",
            Self::PartPaused => "a relay or consumer paused",
            Self::DatabaseCut => "connections to PostgreSQL cut",
            Self::BrokerCut => "connections to RabbitMQ cut",
            Self::DatabaseFrozen => "PostgreSQL silent, then cut",
            Self::BrokerFrozen => "RabbitMQ silent, then cut",
            Self::DatabaseKilled => "kill -9 and restart of PostgreSQL",
            Self::BrokerKilled => "kill -9 and restart of RabbitMQ",
        })
    }
}

/// The place of a part, whether it runs or not.
struct Place {
    role: Role,
    log: PathBuf,
    part: Option<Part>,
    back: Instant,
    resume: Option<Instant>,
}

/// Relays and consumers, and what happens to them and to the servers.
pub(super) struct Faults<'a> {
    ground: &'a Ground,
    program: &'a Program,
    random: Random,
    places: Vec<Place>,
    turns: Vec<Fault>,
    next: Instant,
    /// PostgreSQL and RabbitMQ, while they are restarted.
    restarts: [Option<JoinHandle<anyhow::Result<()>>>; 2],
    /// When PostgreSQL and RabbitMQ answer again.
    thaws: [Option<Instant>; 2],
    stops: JoinSet<anyhow::Result<Option<String>>>,
    pub(super) counts: BTreeMap<Fault, u64>,
    /// What no fault excuses.
    pub(super) findings: Vec<String>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(ground: &'a Ground, program: &'a Program, seed: u64, logs: &Path) -> Self {
        let now = Instant::now();
        let place = |(index, &role): (usize, &Role)| {
            let log = logs.join(format!("{role:?}-{index}.log").to_lowercase());
            Place { role, log, part: None, back: now, resume: None }
        };
        Self {
            ground,
            program,
            random: Random::new(seed, 1),
            places: PARTS.iter().enumerate().map(place).collect(),
            turns: Vec::new(),
            next: now + Duration::from_secs(1),
            restarts: [None, None],
            thaws: [None, None],
            stops: JoinSet::new(),
            counts: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// Lets things go wrong for a while, or only looks after the parts.
    pub(super) async fn work(&mut self, time: Duration, is_calm: bool) -> anyhow::Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.look().await?;
            if !is_calm && Instant::now() >= self.next {
                self.happen().await?;
                self.next = Instant::now() + self.random.milliseconds(100, 1_100);
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Ends everything that goes wrong.
    pub(super) async fn calm(&mut self) -> anyhow::Result<()> {
        for restart in &mut self.restarts {
            if let Some(restart) = restart.take() {
                restart.await??;
            }
        }
        self.thaws.iter_mut().flatten().for_each(|at| *at = Instant::now());
        self.places.iter_mut().for_each(|place| {
            place.back = Instant::now();
            place.resume = place.resume.map(|_| Instant::now());
        });
        self.look().await
    }

    /// Ends the parts as services end that are told to.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        for part in self.places.iter_mut().filter_map(|place| place.part.take()) {
            self.stops.spawn(part.stop());
        }
        while let Some(stopped) = self.stops.join_next().await {
            self.findings.extend(stopped??.map(|how| format!("a part that was told to end {how}")));
        }
        Ok(())
    }

    async fn look(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        for place in &mut self.places {
            if let Some(part) = &mut place.part {
                if place.resume.is_some_and(|at| at <= now) {
                    part.resume()?;
                    place.resume = None;
                }
                if let Some(status) = part.ended()? {
                    let last = std::fs::read_to_string(&place.log).unwrap_or_default();
                    let last = last.lines().last().unwrap_or_default().to_owned();
                    self.findings.push(format!("a {:?} ended by itself with {status}: {last}", place.role));
                    place.part = None;
                }
            } else if place.back <= now {
                place.part = Some(Part::start(self.program, place.role, &self.ground.route, &place.log).await?);
            }
        }
        for (server, thaw) in [&self.ground.postgres, &self.ground.rabbitmq].into_iter().zip(&mut self.thaws) {
            if thaw.is_some_and(|at| at <= now) {
                server.proxy.thaw();
                *thaw = None;
            }
        }
        while let Some(stopped) = self.stops.try_join_next() {
            self.findings.extend(stopped??.map(|how| format!("a part that was told to end {how}")));
        }
        Ok(())
    }

    async fn happen(&mut self) -> anyhow::Result<()> {
        if self.turns.is_empty() {
            self.turns = TURNS.to_vec();
            self.random.shuffle(&mut self.turns);
        }
        let Some(fault) = self.turns.pop() else { return Ok(()) };
        let happened = match fault {
            Fault::RelayKilled => self.kill(Role::Relay).await?,
            Fault::ConsumerKilled => self.kill(Role::Consumer).await?,
            Fault::PartReplaced => self.replace(),
            Fault::PartPaused => self.pause()?,
            Fault::DatabaseCut => self.cut(|ground| &ground.postgres),
            Fault::BrokerCut => self.cut(|ground| &ground.rabbitmq),
            Fault::DatabaseFrozen => self.freeze(0),
            Fault::BrokerFrozen => self.freeze(1),
            Fault::DatabaseKilled => self.restart(0).await?,
            Fault::BrokerKilled => self.restart(1).await?,
        };
        *self.counts.entry(fault).or_default() += u64::from(happened);
        Ok(())
    }

    /// A part that runs, drawn among those that fit.
    fn draw(&mut self, fits: impl Fn(&Place) -> bool) -> Option<usize> {
        let fits = |place: &Place| place.part.is_some() && fits(place);
        let running: Vec<usize> = (0..self.places.len()).filter(|&index| fits(&self.places[index])).collect();
        (!running.is_empty()).then(|| running[self.random.index(running.len())])
    }

    async fn kill(&mut self, role: Role) -> anyhow::Result<bool> {
        let Some(index) = self.draw(|place| place.role == role) else { return Ok(false) };
        let back = Instant::now() + self.random.milliseconds(0, 2_500);
        let place = &mut self.places[index];
        (place.back, place.resume) = (back, None);
        if let Some(part) = place.part.take() {
            part.kill().await?;
        }
        Ok(true)
    }

    /// Its successor begins while it ends.
    fn replace(&mut self) -> bool {
        let Some(index) = self.draw(|place| place.resume.is_none()) else { return false };
        let place = &mut self.places[index];
        place.back = Instant::now();
        if let Some(part) = place.part.take() {
            self.stops.spawn(part.stop());
        }
        true
    }

    /// Longer than a lease, at times: it is back then and does not know that it has lost its partitions.
    fn pause(&mut self) -> anyhow::Result<bool> {
        let Some(index) = self.draw(|place| place.resume.is_none()) else { return Ok(false) };
        let resume = Instant::now() + self.random.milliseconds(500, 8_000);
        let place = &mut self.places[index];
        if let Some(part) = &place.part {
            part.pause()?;
            place.resume = Some(resume);
        }
        Ok(true)
    }

    fn cut(&mut self, server: impl Fn(&'a Ground) -> &'a Server) -> bool {
        let share = if self.random.chance(40) { 100 } else { 40 };
        server(self.ground).proxy.cut(share, self.random.next());
        true
    }

    fn freeze(&mut self, which: usize) -> bool {
        let until = Instant::now() + self.random.milliseconds(200, 5_000);
        [&self.ground.postgres, &self.ground.rabbitmq][which].proxy.freeze();
        self.thaws[which] = Some(until);
        true
    }

    async fn restart(&mut self, which: usize) -> anyhow::Result<bool> {
        if let Some(last) = &mut self.restarts[which] {
            if !last.is_finished() {
                return Ok(false);
            }
            last.await??;
        }
        let down = self.random.milliseconds(0, 1_500);
        self.restarts[which] = Some([&self.ground.postgres, &self.ground.rabbitmq][which].restart(down));
        Ok(true)
    }
}
