//! What a relay is doing, for probes and metrics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram};

use super::Backlog;
use crate::metrics::{
    OUTBOX_SEGMENTS, RELAY_BACKLOG_AGE, RELAY_BACKLOG_ROWS, RELAY_EVENTS_PUBLISHED, RELAY_LEADER, RELAY_RESTARTS,
    RELAY_UNCONFIRMED_MESSAGES, RELAY_WINDOW_DURATION, RELAY_WINDOWS_OPENED,
};

/// A relay that does nothing for so long is stuck. All its waits for answers are shorter.
const STUCK: Duration = Duration::from_mins(3);

/// Whoever has not answered for so long is not reached. Databases are asked every second, or as often as standing by
/// asks; brokers, every half a minute.
const RECENT: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(90));

/// What a relay is doing. Copies of it speak of the same relay.
#[derive(Debug, Clone)]
pub struct Status {
    group: String,
    /// The longest that it rests.
    rest: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    role: Role,
    moved: Instant,
    database: Option<Instant>,
    broker: Option<Instant>,
    broker_failure: Option<String>,
    /// States of segments that were told of.
    segments: Vec<String>,
}

/// What a relay is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// It does not run.
    Idle,
    Starting,
    Leading,
    StandingBy,
    /// Waits to begin anew.
    Failed(String),
}

impl Status {
    pub(super) fn new(group: &str, rest: Duration) -> Self {
        let state = State {
            role: Role::Idle,
            moved: Instant::now(),
            database: None,
            broker: None,
            broker_failure: None,
            segments: Vec::new(),
        };
        Self { group: group.to_owned(), rest, state: Arc::new(Mutex::new(state)) }
    }

    /// Whether the relay goes on, if only from failure to failure. A process of which it does not is to be started anew.
    ///
    /// # Errors
    /// For how long it has been stuck.
    pub fn is_live(&self) -> Result<(), String> {
        let (runs, idle) = {
            let state = self.state();
            (state.role != Role::Idle, state.moved.elapsed())
        };
        if !runs || idle <= STUCK + self.rest {
            Ok(())
        } else {
            Err(format!("nothing has happened for {} s", idle.as_secs()))
        }
    }

    /// Whether the relay leads or stands by, and has lately reached both the database and the broker.
    ///
    /// # Errors
    /// Why not.
    pub fn is_ready(&self) -> Result<(), String> {
        let state = self.state();
        match &state.role {
            Role::Idle => return Err("the relay does not run".to_owned()),
            Role::Starting => return Err("the relay is starting".to_owned()),
            Role::Failed(failure) => return Err(failure.clone()),
            Role::Leading | Role::StandingBy => {}
        }
        if let Some(failure) = &state.broker_failure {
            return Err(failure.clone());
        }
        let recently = |side: &str, heard: Option<Instant>, limit: Duration| match heard.map(|heard| heard.elapsed()) {
            Some(silent) if silent <= limit => Ok(()),
            Some(silent) => Err(format!("the {side} has not answered for {} s", silent.as_secs())),
            None => Err(format!("the {side} has not been reached yet")),
        };
        recently("database", state.database, RECENT.0 + self.rest)?;
        recently("broker", state.broker, RECENT.1)
    }

    /// What it does now, in a word or two.
    #[must_use]
    pub fn role(&self) -> &'static str {
        match self.state().role {
            Role::Idle => "idle",
            Role::Starting => "starting",
            Role::Leading => "leading",
            Role::StandingBy => "standing by",
            Role::Failed(_) => "waiting after a failure",
        }
    }

    pub(super) fn moved(&self) {
        self.state().moved = Instant::now();
    }

    pub(super) fn set(&self, role: Role) {
        let leads = role == Role::Leading;
        let works = leads || role == Role::StandingBy;
        let changed = {
            let mut state = self.state();
            state.moved = Instant::now();
            if works {
                state.database = Some(state.moved);
            }
            let changed = state.role != role;
            state.role = role;
            changed
        };
        gauge!(RELAY_LEADER, "group" => self.group.clone()).set(if leads { 1.0 } else { 0.0 });
        if !leads {
            self.unconfirmed(0);
            for unknown in [RELAY_BACKLOG_ROWS, RELAY_BACKLOG_AGE] {
                gauge!(unknown, "group" => self.group.clone()).set(f64::NAN);
            }
            let segments = std::mem::take(&mut self.state().segments);
            for state in segments {
                gauge!(OUTBOX_SEGMENTS, "state" => state).set(f64::NAN);
            }
        }
        if changed && works {
            let role = self.role();
            tracing::info!(group = self.group, "{role}");
        }
    }

    /// Notes a failure after which the relay begins anew.
    pub(super) fn failed(&self, failure: String) {
        counter!(RELAY_RESTARTS, "group" => self.group.clone()).increment(1);
        self.set(Role::Failed(failure));
    }

    /// Notes what the database has told.
    pub(super) fn backlog(&self, backlog: &Backlog) {
        {
            let mut state = self.state();
            state.moved = Instant::now();
            state.database = Some(state.moved);
            state.segments = backlog.segments.iter().map(|(state, _)| state.clone()).collect();
        }
        gauge!(RELAY_BACKLOG_ROWS, "group" => self.group.clone()).set(whole(backlog.rows));
        gauge!(RELAY_BACKLOG_AGE, "group" => self.group.clone()).set(backlog.oldest.as_secs_f64());
        for (state, count) in &backlog.segments {
            gauge!(OUTBOX_SEGMENTS, "state" => state.clone()).set(whole(*count));
        }
    }

    /// Notes that the broker was reached, or why it was not.
    pub(super) fn broker(&self, reached: Result<(), String>) {
        let mut state = self.state();
        state.broker_failure = reached.err();
        if state.broker_failure.is_none() {
            state.broker = Some(Instant::now());
        }
    }

    /// For how long nothing was heard of the broker.
    pub(super) fn broker_silence(&self) -> Option<Duration> {
        self.state().broker.map(|heard| heard.elapsed())
    }

    pub(super) fn published(&self, stream: &str, events: u64) {
        self.broker(Ok(()));
        counter!(RELAY_EVENTS_PUBLISHED, "group" => self.group.clone(), "stream" => stream.to_owned())
            .increment(events);
    }

    pub(super) fn unconfirmed(&self, messages: u64) {
        gauge!(RELAY_UNCONFIRMED_MESSAGES, "group" => self.group.clone()).set(whole(messages));
    }

    pub(super) fn window_opened(&self) {
        counter!(RELAY_WINDOWS_OPENED, "group" => self.group.clone()).increment(1);
    }

    pub(super) fn window_closed(&self, after: Duration) {
        histogram!(RELAY_WINDOW_DURATION, "group" => self.group.clone()).record(after);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gauges are doubles: exact to 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody reads a gauge of 2^53 to the last digit")]
fn whole(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog() -> Backlog {
        Backlog::default()
    }

    #[test]
    fn a_relay_is_ready_when_it_has_a_role_and_both_sides_answered() {
        let status = Status::new("orders", Duration::ZERO);
        assert_eq!(status.is_ready().unwrap_err(), "the relay does not run");
        status.set(Role::StandingBy);
        assert_eq!(status.is_ready().unwrap_err(), "the broker has not been reached yet");
        status.broker(Ok(()));
        status.backlog(&backlog());
        assert_eq!(status.is_ready(), Ok(()));
        status.broker(Err("the broker is down".to_owned()));
        assert_eq!(status.is_ready().unwrap_err(), "the broker is down");
        status.broker(Ok(()));
        status.failed("the database is down".to_owned());
        assert_eq!(status.is_ready().unwrap_err(), "the database is down");
    }

    #[test]
    fn whoever_does_not_answer_for_long_is_not_reached() {
        let status = Status::new("orders", Duration::ZERO);
        status.set(Role::Leading);
        status.broker(Ok(()));
        let Some(then) = Instant::now().checked_sub(Duration::from_secs(600)) else { return };
        status.state().broker = Some(then);
        assert_eq!(status.is_ready().unwrap_err(), "the broker has not answered for 600 s");
        status.state().database = Some(then);
        assert_eq!(status.is_ready().unwrap_err(), "the database has not answered for 600 s");
        assert_eq!(status.is_live(), Ok(()));
        status.state().moved = then;
        assert_eq!(status.is_live().unwrap_err(), "nothing has happened for 600 s");
    }
}
