//! Faults at the worst moments.

use std::sync::{Arc, Mutex, PoisonError};

/// A moment at which a connection ends, or somebody else's fault shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A transaction is not committed.
    BeforeCommit,
    /// A transaction is committed, and nobody hears of it.
    AfterCommit,
    /// Events do not reach the broker.
    BeforePublish,
    /// Events are appended, and nobody hears of it.
    BeforeConfirm,
    /// Events are appended and confirmed.
    AfterConfirm,
    /// A handler fails, and would not the next time: one in a transaction when it is done, an effect before it begins.
    Handling,
}

/// Faults that are still to come. Copies of it are the same faults.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<(Fault, usize)>>>);

impl Faults {
    /// The next time.
    pub fn at(&self, fault: Fault) {
        self.after(fault, 0);
    }

    /// When it has gone well so many times.
    pub fn after(&self, fault: Fault, times: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((fault, times));
    }

    /// Whether all of them have come.
    #[must_use]
    pub fn are_over(&self) -> bool {
        self.left() == 0
    }

    /// How many have not come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it comes now.
    pub(crate) fn comes(&self, fault: Fault) -> bool {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = faults.iter().position(|(what, times)| *what == fault && *times == 0);
        for (_, times) in faults.iter_mut().filter(|(what, _)| *what == fault) {
            *times = times.saturating_sub(1);
        }
        now.map(|index| faults.remove(index)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};

    #[test]
    fn a_fault_comes_once_and_when_it_should() {
        let faults = Faults::default();
        faults.after(Fault::AfterCommit, 2);
        assert!(!faults.comes(Fault::BeforeCommit));
        let came: Vec<bool> = (0..4).map(|_| faults.comes(Fault::AfterCommit)).collect();
        assert_eq!(came, [false, false, true, false]);
        assert!(faults.are_over());
    }
}
