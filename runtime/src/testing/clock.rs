//! A clock that goes when it is told to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;

/// A clock that goes when it is told to. Copies of it are the same clock.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Mutex<DateTime<Utc>>>);

impl Default for TestClock {
    fn default() -> Self {
        Self::new(Utc::now())
    }
}

impl TestClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.change(|now| now.checked_add_signed(TimeDelta::from_std(time).ok()?));
    }

    /// Sets it to any time, also an earlier one.
    pub fn set(&self, time: DateTime<Utc>) {
        self.change(|_| Some(time));
    }

    /// Leaves it as it is where there is no such time.
    fn change(&self, to: impl FnOnce(DateTime<Utc>) -> Option<DateTime<Utc>>) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = to(*now).unwrap_or(*now);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
