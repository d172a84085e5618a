//! Real handlers, run against documents of every version that may be sent to them, on a database and a broker that need
//! nothing installed: first every event once, then as brokers and machines have it, twice, in another order, and with
//! crashes. What the service knows at the end has to be the same each time.

mod delivery;
mod replay;
mod run;
mod state;

use std::path::{Path, PathBuf};

use sqlx::{Sqlite, SqlitePool, Transaction};
use tidings::consumer::Handlers;
use tidings::testing::Fault as Crash;
use tidings_generator::model::EventVersion;

use crate::contract::Contract;
use crate::documents::Seed;
use crate::evidence::{Fault, Outcome, Subject};
use delivery::{Delivery, deliveries};
use run::{Failure, Run};

/// Documents of each event version that are handled, at most: each run has its own database.
const MOST: u64 = 20;

/// A service's handlers on SQLite, and what they need.
#[derive(Debug, Clone)]
pub struct Handling<F> {
    handlers: F,
    tables: String,
    migrations: PathBuf,
    ignored: Vec<String>,
    refused: Vec<String>,
}

impl<F: Fn(SqlitePool) -> Handlers<Transaction<'static, Sqlite>>> Handling<F> {
    /// The handlers that a service has on a database with the generated `migrations`: a folder, by its path from the crate
    /// whose test this is.
    #[must_use]
    pub fn new(migrations: impl AsRef<Path>, handlers: F) -> Self {
        Self {
            handlers,
            tables: String::new(),
            migrations: migrations.as_ref().to_owned(),
            ignored: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// With tables of the service's own: statements of SQL. They are what the service knows, and are compared.
    #[must_use]
    pub fn with_tables(mut self, statements: &str) -> Self {
        statements.clone_into(&mut self.tables);
        self
    }

    /// Without a column, such as `payments.payment_id`, that is another one each time.
    #[must_use]
    pub fn ignoring(mut self, column: &str) -> Self {
        self.ignored.push(column.to_owned());
        self
    }

    /// An event may become a dead letter for an error that contains this text: the service means to refuse it.
    #[must_use]
    pub fn may_refuse(mut self, error: &str) -> Self {
        self.refused.push(error.to_owned());
        self
    }
}

impl Contract {
    /// The service handles what is sent to it like this.
    ///
    /// # Panics
    /// When there is no runtime to be had for handlers.
    #[must_use]
    pub fn handles<F: Fn(SqlitePool) -> Handlers<Transaction<'static, Sqlite>>>(
        mut self,
        handling: &Handling<F>,
    ) -> Self {
        for (subject, id, outcome) in block_on(self.handled(handling)) {
            let (event, version) = id.map_or_else(|| (String::new(), 0), |id| (id.event, id.version));
            self.add(subject, &event, version, outcome);
        }
        self
    }

    async fn handled<F: Fn(SqlitePool) -> Handlers<Transaction<'static, Sqlite>>>(
        &self,
        handling: &Handling<F>,
    ) -> Vec<(Subject, Option<EventVersion>, Outcome)> {
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return Vec::new() };
        let run = Run { handling, service: &service.name };
        let sent: Vec<_> = estate.sent_to(service).filter(|(event, _)| self.settings.tests(&event.name)).collect();
        let mut found = Vec::new();
        let is_handled = match run.handled(&sent).await {
            Ok(handled) => handled,
            Err(failure) => return vec![(Subject::Handles, None, failed(vec![failure.into_fault(&[]).1]))],
        };
        let (handled, others): (Vec<_>, Vec<_>) =
            sent.into_iter().zip(is_handled).partition(|(_, is_handled)| *is_handled);
        for ((event, version), _) in others {
            let reason = "no handler was given for it".to_owned();
            found.push((Subject::Handles, Some(version.id(event)), Outcome::NotShown { reason }));
        }
        let handled: Vec<_> = handled.into_iter().map(|(sent, _)| sent).collect();
        let cases = self.settings.cases.min(MOST);
        let all = match deliveries(estate, &handled, self.settings.seed, cases) {
            Ok(all) => all,
            Err((id, message)) => {
                found.push((Subject::Handles, Some(id), failed(vec![Fault::new(message)])));
                return found;
            }
        };
        if all.is_empty() {
            return found;
        }
        let count = |id: &EventVersion| all.iter().filter(|delivery| delivery.id == *id).count() as u64;
        let clean = match run.state(&all, &[]).await {
            Ok(clean) => clean,
            Err(failure) => {
                let (id, fault) = failure.into_fault(&all);
                found.push((Subject::Handles, id, failed(vec![fault])));
                return found;
            }
        };
        for (event, version) in &handled {
            let id = version.id(event);
            let documents = count(&id);
            found.push((Subject::Handles, Some(id), Outcome::Tried { documents }));
        }
        for variation in variations(&all, self.settings.seed) {
            let subject = variation.subject;
            found.push(match run.compared(&clean, &variation, all.len()).await {
                None => (subject, None, Outcome::Tried { documents: variation.deliveries.len() as u64 }),
                Some(failure) => {
                    // The same with fewer events says more.
                    let (smaller, failure) = run.smallest(subject, &all, self.settings.seed, failure).await;
                    let (id, fault) = failure.into_fault(&smaller);
                    (subject, id, failed(vec![fault]))
                }
            });
        }
        found
    }
}

/// Waits for what handlers do. The test that asks for it is no asynchronous one.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be started").block_on(work)
}

fn failed(faults: Vec<Fault>) -> Outcome {
    Outcome::Failed { faults }
}

/// The same events as brokers and machines have it.
struct Variation {
    subject: Subject,
    deliveries: Vec<Delivery>,
    crashes: Vec<(Crash, usize)>,
}

/// What the state at the end is compared after.
fn variations(all: &[Delivery], seed: Seed) -> Vec<Variation> {
    let each_twice = all.iter().flat_map(|delivery| [delivery, delivery]);
    let again = each_twice.chain(all).cloned().collect();
    let mut varied = vec![Variation { subject: Subject::Duplicates, deliveries: again, crashes: Vec::new() }];
    varied.extend((0..2).map(|round| {
        let deliveries = delivery::reordered(all, seed.of(&format!("reordering {round}")));
        Variation { subject: Subject::Reordering, deliveries, crashes: Vec::new() }
    }));
    varied.extend([Crash::BeforeCommit, Crash::AfterCommit].into_iter().map(|crash| {
        let crashes = (0..4).map(|times| (crash, times)).collect();
        Variation { subject: Subject::Crashes, deliveries: all.to_vec(), crashes }
    }));
    varied
}

impl<F: Fn(SqlitePool) -> Handlers<Transaction<'static, Sqlite>>> Run<'_, F> {
    /// How the state after a variation differs from the clean one.
    async fn compared(&self, clean: &state::State, variation: &Variation, events: usize) -> Option<Failure> {
        match self.state(&variation.deliveries, &variation.crashes).await {
            Ok(state) => clean.difference(&state).map(|difference| Failure::Differs { difference, events }),
            Err(failure) => Some(failure),
        }
    }

    /// The fewest events of halves of halves with which it still fails, and how.
    async fn smallest(
        &self,
        subject: Subject,
        all: &[Delivery],
        seed: Seed,
        failure: Failure,
    ) -> (Vec<Delivery>, Failure) {
        let (mut some, mut failure) = (all.to_vec(), failure);
        while let Some((fewer, found)) = self.fails_with_half(subject, &some, seed).await {
            (some, failure) = (fewer, found);
        }
        (some, failure)
    }

    /// The half of the events with which it still fails, and how.
    async fn fails_with_half(
        &self,
        subject: Subject,
        some: &[Delivery],
        seed: Seed,
    ) -> Option<(Vec<Delivery>, Failure)> {
        let (first, second) = some.split_at(some.len() / 2);
        for half in [first, second].into_iter().filter(|half| !half.is_empty() && half.len() < some.len()) {
            let Ok(clean) = self.state(half, &[]).await else { continue };
            for variation in variations(half, seed).into_iter().filter(|variation| variation.subject == subject) {
                if let Some(found) = self.compared(&clean, &variation, half.len()).await {
                    return Some((half.to_vec(), found));
                }
            }
        }
        None
    }
}
