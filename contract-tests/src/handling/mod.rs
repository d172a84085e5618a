//! Real handlers, run against documents of every version that may be sent to them, on a database and a broker that need
//! nothing installed: first every event once, then as brokers and machines have it, twice, in another order, and with
//! crashes. What the service knows at the end has to be the same each time.

mod delivery;
mod flow;
mod flow_runs;
mod replay;
mod run;
mod state;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tidings::consumer::{HandlerError, Handlers};
use tidings::testing::{Fault as Crash, TestClock};
use tidings_generator::model::EventVersion;

use crate::contract::Contract;
use crate::documents::Seed;
use crate::evidence::{Fault, Outcome, Subject};
use delivery::{Causes, Deliveries, Delivery};
use run::{Failure, Ran, Run};

/// Documents of each event version that are handled, at most: each run has its own database.
const MOST: u64 = 20;

type MakeHandlers = dyn Fn(&Ground) -> Handlers<Transaction<'static, Sqlite>>;
type Done = std::pin::Pin<Box<dyn Future<Output = Result<(), HandlerError>>>>;
type Timer = dyn Fn(Ground) -> Done;
type Beginning = dyn Fn(Ground, Value) -> Done;

/// A service's handlers on SQLite, and what they need.
#[derive(Clone)]
pub struct Handling {
    handlers: Rc<MakeHandlers>,
    tables: String,
    migrations: PathBuf,
    ignored: Vec<String>,
    refused: Vec<String>,
    history: Vec<String>,
    timer: Option<Rc<Timer>>,
    beginning: Option<Rc<Beginning>>,
}

/// What a service stands on in a test.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Its database.
    pub pool: SqlitePool,
    /// What tells it the time: that of the newest event, until somebody has to wait.
    pub clock: TestClock,
}

impl std::fmt::Debug for Handling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handling").field("migrations", &self.migrations).finish_non_exhaustive()
    }
}

impl Handling {
    /// The handlers that a service has on a database with the generated `migrations`: a folder, by its path from the crate
    /// whose test this is.
    #[must_use]
    pub fn new(
        migrations: impl AsRef<Path>,
        handlers: impl Fn(&Ground) -> Handlers<Transaction<'static, Sqlite>> + 'static,
    ) -> Self {
        Self {
            handlers: Rc::new(handlers),
            tables: String::new(),
            migrations: migrations.as_ref().to_owned(),
            ignored: Vec::new(),
            refused: Vec::new(),
            history: Vec::new(),
            timer: None,
            beginning: None,
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

    /// Before a flow begins, the service has handled an event such as `order.placed`, of what the flow is about.
    #[must_use]
    pub fn after(mut self, event: &str) -> Self {
        self.history.push(event.to_owned());
        self
    }

    /// With what the service does as time passes, on a timer of its own: look for what has waited too long. It is called
    /// each time that the clock has gone on.
    #[must_use]
    pub fn with_timer<F>(mut self, timer: impl Fn(Ground) -> F + 'static) -> Self
    where
        F: Future<Output = Result<(), HandlerError>> + 'static,
    {
        self.timer = Some(Rc::new(move |ground| Box::pin(timer(ground))));
        self
    }

    /// With what begins a step of a flow that no event begins, such as a request. It is given a payload like that of the
    /// event that the step ends with.
    #[must_use]
    pub fn begun_by<F>(mut self, begin: impl Fn(Ground, Value) -> F + 'static) -> Self
    where
        F: Future<Output = Result<(), HandlerError>> + 'static,
    {
        self.beginning = Some(Rc::new(move |ground, payload| Box::pin(begin(ground, payload))));
        self
    }
}

impl Contract {
    /// The service handles what is sent to it like this.
    ///
    /// # Panics
    /// When there is no runtime to be had for handlers.
    #[must_use]
    pub fn handles(mut self, handling: &Handling) -> Self {
        for (subject, id, outcome) in block_on(self.handled(handling)) {
            let (event, version) = id.map_or_else(|| (String::new(), 0), |id| (id.event, id.version));
            self.add(subject, &event, version, outcome);
        }
        self
    }

    async fn handled(&self, handling: &Handling) -> Vec<(Subject, Option<EventVersion>, Outcome)> {
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return Vec::new() };
        let run = Run { handling, service };
        let sent: Vec<_> = estate.sent_to(service).filter(|(event, _)| self.settings.tests(&event.name)).collect();
        let mut found = Vec::new();
        let is_handled = match run.handled(&sent).await {
            Ok(handled) => handled,
            Err(failure) => return vec![(Subject::Handles, None, failed(failure.into_fault(&[]).1))],
        };
        let (handled, others): (Vec<_>, Vec<_>) =
            sent.into_iter().zip(is_handled).partition(|(_, is_handled)| *is_handled);
        for ((event, version), _) in others {
            let reason = "no handler was given for it".to_owned();
            found.push((Subject::Handles, Some(version.id(event)), Outcome::NotShown { reason }));
        }
        let handled = delivery::in_order_of_flows(estate.model(), handled.into_iter().map(|(sent, _)| sent));
        let cases = self.settings.cases.min(MOST);
        let all = match Deliveries::new(estate, self.settings.seed, cases).make(&handled) {
            Ok(all) => all,
            Err((id, message)) => {
                found.push((Subject::Handles, Some(id), Outcome::failed(message)));
                return found;
            }
        };
        if all.is_empty() {
            return found;
        }
        let clean = match run.over(messages(&all), &[]).await {
            Ok(clean) => clean,
            Err(failure) => {
                let (id, fault) = failure.into_fault(&all);
                found.push((Subject::Handles, id, failed(fault)));
                return found;
            }
        };
        for (event, version) in &handled {
            let id = version.id(event);
            found.push((Subject::Handles, Some(id.clone()), once(&clean, &id, &all)));
        }
        let causes = delivery::causes(estate.model(), &service.name);
        let has_retries = !service.retry.is_empty();
        for variation in variations(&all, &causes, self.settings.seed) {
            let subject = variation.subject;
            if subject == Subject::Retries && !has_retries {
                let reason = "the catalogue lets it try nothing again".to_owned();
                found.push((subject, None, Outcome::NotShown { reason }));
                continue;
            }
            found.push(match run.compared(&clean, &variation, all.len()).await {
                Ok(outcome) => (subject, None, outcome),
                Err(failure) => {
                    // The same with fewer events says more.
                    let (smaller, failure) = run.smallest(subject, &all, &causes, self.settings.seed, failure).await;
                    let (id, fault) = failure.into_fault(&smaller);
                    (subject, id, failed(fault))
                }
            });
        }
        found
    }
}

/// What a run with every event once says of one version.
fn once(ran: &Ran, id: &EventVersion, all: &[Delivery]) -> Outcome {
    let of_it = || all.iter().filter(|delivery| delivery.id == *id);
    let refused = of_it().filter(|delivery| ran.unhandled.contains(&delivery.message.event_id)).count();
    match of_it().count() - refused {
        0 => Outcome::NotShown { reason: format!("it handles none of the {refused} that were sent to it") },
        handled => Outcome::Tried { documents: handled as u64 },
    }
}

fn messages(deliveries: &[Delivery]) -> impl Iterator<Item = &tidings::Message> {
    deliveries.iter().map(|delivery| &delivery.message)
}

/// Waits for what handlers do. The test that asks for it is no asynchronous one.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be started").block_on(work)
}

fn failed(fault: Fault) -> Outcome {
    Outcome::Failed { faults: vec![fault] }
}

/// The same events as brokers and machines have it.
struct Variation {
    subject: Subject,
    deliveries: Vec<Delivery>,
    troubles: Vec<(Crash, usize)>,
}

/// What the state at the end is compared after.
fn variations(all: &[Delivery], causes: &Causes<'_>, seed: Seed) -> Vec<Variation> {
    let each_twice = all.iter().flat_map(|delivery| [delivery, delivery]);
    let again = each_twice.chain(all).cloned().collect();
    let mut varied = vec![Variation { subject: Subject::Duplicates, deliveries: again, troubles: Vec::new() }];
    varied.extend((0..2).map(|round| {
        let deliveries = delivery::reordered(all, causes, seed.of(&format!("reordering {round}")));
        Variation { subject: Subject::Reordering, deliveries, troubles: Vec::new() }
    }));
    varied.extend([Crash::BeforeCommit, Crash::AfterCommit].into_iter().map(|crash| {
        let troubles = (0..4).map(|times| (crash, times)).collect();
        Variation { subject: Subject::Crashes, deliveries: all.to_vec(), troubles }
    }));
    // Every other one fails, and waits while those of other keys go on.
    let troubles = (0..all.len()).step_by(2).map(|times| (Crash::Handling, times)).collect();
    varied.push(Variation { subject: Subject::Retries, deliveries: all.to_vec(), troubles });
    varied
}

impl Run<'_> {
    /// How the state after a variation compares to the clean one.
    async fn compared(self, clean: &Ran, variation: &Variation, events: usize) -> Result<Outcome, Failure> {
        let ran = self.over(messages(&variation.deliveries), &variation.troubles).await?;
        if let Some(difference) = clean.state.difference(&ran.state) {
            return Err(Failure::Differs { difference, events });
        }
        if !variation.troubles.is_empty() && !ran.is_troubled {
            // As of handlers of which nothing is noted.
            return Ok(Outcome::NotShown { reason: "nothing came of what was to go wrong".to_owned() });
        }
        Ok(Outcome::Tried { documents: variation.deliveries.len() as u64 })
    }

    /// The fewest cases, by halves of halves, with which it still fails, and how.
    async fn smallest(
        self,
        subject: Subject,
        all: &[Delivery],
        causes: &Causes<'_>,
        seed: Seed,
        failure: Failure,
    ) -> (Vec<Delivery>, Failure) {
        let (mut some, mut failure) = (all.to_vec(), failure);
        while let Some((fewer, found)) = self.fails_with_half(subject, &some, causes, seed).await {
            (some, failure) = (fewer, found);
        }
        (some, failure)
    }

    /// The half of the cases with which it still fails, and how.
    async fn fails_with_half(
        self,
        subject: Subject,
        some: &[Delivery],
        causes: &Causes<'_>,
        seed: Seed,
    ) -> Option<(Vec<Delivery>, Failure)> {
        let cases: BTreeSet<u64> = some.iter().map(|delivery| delivery.case).collect();
        let middle = cases.iter().nth(cases.len() / 2)?;
        let (first, second): (Vec<_>, Vec<_>) = some.iter().cloned().partition(|delivery| delivery.case < *middle);
        for half in [first, second].into_iter().filter(|half| !half.is_empty() && half.len() < some.len()) {
            let Ok(clean) = self.over(messages(&half), &[]).await else { continue };
            let variations = variations(&half, causes, seed);
            for variation in variations.into_iter().filter(|variation| variation.subject == subject) {
                if let Err(found) = self.compared(&clean, &variation, half.len()).await {
                    return Some((half, found));
                }
            }
        }
        None
    }
}
