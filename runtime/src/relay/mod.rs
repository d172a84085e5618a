//! Carries events from an outbox to a broker: none lost, none out of order within its key, none appended twice.
//!
//! The rows of an outbox are published in *windows*. A window is a set of rows that never changes, recorded in the
//! database before the first of its rows is published, together with the publishing id of the first row of each
//! partition. So whoever publishes a window again, after a crash or besides a leader that does not know that it is one
//! no more, gives the same rows the same ids, and the broker drops what it has. [`Store`] says how windows are made.
//!
//! A broker may lose what it has confirmed when its machine loses power. When a partition is opened and the broker has
//! less than was published, the relay goes back to the window where the loss began, as long as its rows are kept.

mod error;
mod ids;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod publish;
mod read;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod status;
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

pub use error::{RelayError, StoreError};
pub use ids::PublishingIds;
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresLead};
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, SqliteLead};
pub use status::Status;
pub use store::{Backlog, Lead, Most, Row, Store, Window};

use crate::broker::{Broker, BrokerError};
use publish::Publishing;
use read::Reading;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use read::in_time;
use status::Role;

/// Chunks of rows that are read ahead of publishing.
const READ_AHEAD: usize = 2;

/// How often the broker is looked at, where it is not heard of anyway.
const LOOK: Duration = Duration::from_secs(30);

/// How a relay works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is read and sent at once, at most. Four times as much is in memory, as some is read while other is sent.
    pub chunk: Most,
    /// Messages of a partition that may be sent and not yet confirmed.
    pub unconfirmed: u64,
    /// The shortest and the longest time between two looks at an outbox that is empty.
    pub poll: (Duration, Duration),
    /// How long published rows are kept, in case the broker loses them: at least.
    pub retain: Duration,
    /// How often a relay that does not lead tries to.
    pub standby: Duration,
    /// The shortest and the longest wait after a failure.
    pub backoff: (Duration, Duration),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chunk: Most { rows: 5_000, bytes: 4 << 20 },
            unconfirmed: 50_000,
            poll: (Duration::from_millis(2), Duration::from_millis(50)),
            retain: Duration::from_mins(15),
            standby: Duration::from_secs(1),
            backoff: (Duration::from_millis(100), Duration::from_secs(30)),
        }
    }
}

/// Carries events from one outbox to one broker. Several may run; one of them leads.
#[derive(Debug)]
pub struct Relay<S, B> {
    store: S,
    broker: B,
    settings: Settings,
    wake: Arc<Notify>,
    status: Status,
}

impl<S: Store, B: Broker> Relay<S, B> {
    /// A relay between these two.
    pub fn new(store: S, broker: B, settings: Settings) -> Self {
        let status = Status::new(store.group(), settings.backoff.1.max(settings.standby));
        Self { store, broker, settings, wake: Arc::default(), status }
    }

    /// Notified by a service in the same process when it has committed events, it spares them the wait for the next look.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// What the relay does while it runs, for probes.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// Relays until `shutdown` is resolved, then publishes what was begun, waits for the confirms and gives up the lead.
    ///
    /// A failure of the database or the broker is logged and tried again, with longer and longer waits.
    ///
    /// # Errors
    /// What waiting does not mend: migrations that are not applied, a database or broker that is too old or refuses the
    /// user.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RelayError> {
        let (stop, mut stopped) = watch::channel(false);
        let relaying = self.relay(&mut stopped);
        tokio::pin!(relaying, shutdown);
        self.status.set(Role::Starting);
        let ended = tokio::select! {
            result = &mut relaying => result,
            error = self.look_at_broker() => Err(error.into()),
            () = &mut shutdown => {
                stop.send_replace(true);
                relaying.await
            }
        };
        self.status.set(Role::Idle);
        ended
    }

    async fn relay(&self, stopped: &mut watch::Receiver<bool>) -> Result<(), RelayError> {
        let mut failures = 0;
        while !*stopped.borrow_and_update() {
            let began = Instant::now();
            let wait = match self.lead(stopped).await {
                Ok(Led::UntilStopped) => return Ok(()),
                Ok(Led::Never) => {
                    self.status.set(Role::StandingBy);
                    self.settings.standby
                }
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    let worked = began.elapsed() > self.settings.backoff.1;
                    failures = if worked { 1 } else { failures + 1 };
                    let wait = backoff(self.settings.backoff, failures);
                    tracing::warn!(%error, ?wait, "the relay starts again");
                    self.status.failed(error.to_string());
                    wait
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                _ = stopped.changed() => {}
            }
        }
        Ok(())
    }

    /// Looks now and then whether the broker is there. Ends when it will never let us in; once it has, it is left to who
    /// publishes to say so.
    async fn look_at_broker(&self) -> BrokerError {
        let mut was_there = false;
        loop {
            if self.status.broker_silence().is_none_or(|silence| silence >= LOOK / 2) {
                let reached = self.broker.reach().await;
                match &reached {
                    Ok(()) => was_there = true,
                    Err(error) if !was_there && RelayError::from(error.clone()).is_final() => return error.clone(),
                    Err(error) => tracing::warn!(%error, "the broker is not there"),
                }
                self.status.broker(reached.map_err(|error| error.to_string()));
            }
            sleep(LOOK.min(self.settings.backoff.1)).await;
        }
    }

    /// Leads until a failure or the end, if nobody else does.
    async fn lead(&self, stopped: &watch::Receiver<bool>) -> Result<Led, RelayError> {
        let mut stop = stopped.clone();
        let lead = tokio::select! {
            lead = self.store.lead() => lead?,
            _ = stop.wait_for(|stop| *stop) => return Ok(Led::UntilStopped),
        };
        let Some(mut lead) = lead else { return Ok(Led::Never) };
        self.status.moved();
        let history = lead.history().await?;
        let status = self.status.clone();
        let begun = tokio::select! {
            begun = Publishing::begin(&self.broker, lead.publisher_name(), &history, status) => Some(begun?),
            _ = stop.wait_for(|stop| *stop) => None,
        };
        let Some((publishing, from)) = begun else {
            lead.release().await;
            return Ok(Led::UntilStopped);
        };
        self.status.set(Role::Leading);
        let (rows, received) = mpsc::channel(READ_AHEAD);
        let (confirmed, confirms) = mpsc::unbounded_channel();
        let reading = Reading {
            lead,
            settings: self.settings.clone(),
            status: self.status.clone(),
            wake: self.wake.clone(),
            stopped: stopped.clone(),
            rows,
            confirms,
            again: 0,
            cared: Instant::now(),
        };
        // Rows are decoded while others are sent.
        let mut reading = AbortOnDrop(tokio::spawn(reading.run(history, from)));
        let published = publishing.run(received, confirmed, self.settings.unconfirmed).await;
        // Without a publisher it ends by itself, and gives up the lead, unless the database does not answer.
        let read = match &published {
            Ok(()) => (&mut reading.0).await,
            Err(_) => timeout(self.settings.standby, &mut reading.0).await.unwrap_or(Ok(Ok(()))),
        };
        published?;
        read.unwrap_or_else(|panic| Err(RelayError::Crashed(panic.to_string())))?;
        Ok(Led::UntilStopped)
    }
}

/// How an attempt to lead ended well.
enum Led {
    Never,
    UntilStopped,
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The wait before attempt `failures` + 1: doubled each time, and somewhere in its upper half, so that relays that failed
/// together do not come back together.
pub(crate) fn backoff((shortest, longest): (Duration, Duration), failures: u32) -> Duration {
    let wait = shortest.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest);
    // All but the first bits of such an id are random.
    let random = u32::try_from(uuid::Uuid::now_v7().as_u128() % 1_000).unwrap_or(0);
    wait / 2 + wait / 2 * random / 1_000
}
