//! How handlers fail.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::fmt::{self, Display};

/// Most bytes of an error, a cause or a backtrace that are kept.
const MOST: usize = 8 * 1024;

/// Most causes of an error that are kept.
const MOST_CAUSES: usize = 32;

/// Why a handler could not handle an event. Any error becomes one by `?`, and the event is tried again later.
///
/// ```
/// use tidings::consumer::HandlerError;
///
/// fn check(currency: &str) -> Result<(), HandlerError> {
///     match currency {
///         "EUR" => Ok(()),
///         // Waiting does not make it another currency.
///         other => Err(HandlerError::terminal(format!("no account in {other}"))),
///     }
/// }
/// assert!(check("CHF").is_err());
/// ```
pub struct HandlerError {
    is_terminal: bool,
    error: Box<dyn Error + Send + Sync>,
    backtrace: Backtrace,
}

impl HandlerError {
    /// The event may be handled later.
    pub fn retry(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_terminal: false, error: error.into(), backtrace: Backtrace::capture() }
    }

    /// No later attempt would end otherwise: the event becomes a dead letter at once.
    pub fn terminal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_terminal: true, ..Self::retry(error) }
    }

    /// Whether there is no use in another attempt.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_terminal { "terminal" } else { "retry" };
        f.debug_tuple(kind).field(&self.error).finish()
    }
}

impl Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::retry(error)
    }
}

/// A failed attempt, as it is kept with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the handler said.
    pub error: String,
    /// The causes of the error, outermost first.
    pub causes: Vec<String>,
    /// Where it arose, if `RUST_BACKTRACE` asks for it.
    pub backtrace: Option<String>,
    /// Whether there is no use in another attempt.
    pub is_terminal: bool,
}

impl Failure {
    /// Of an event that cannot be read, which no wait mends.
    pub(super) fn unreadable(error: &(dyn Error + 'static)) -> Self {
        Self { is_terminal: true, ..Self::of(error) }
    }

    /// Of an event that the database would not commit the effects of.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        Self { causes: causes(error), ..Self::passing(error) }
    }

    /// Without anything but a text.
    pub(super) fn passing(error: impl Display) -> Self {
        Self { error: kept(&error.to_string()), causes: Vec::new(), backtrace: None, is_terminal: false }
    }
}

impl From<HandlerError> for Failure {
    fn from(HandlerError { is_terminal, error, backtrace }: HandlerError) -> Self {
        let is_captured = backtrace.status() == BacktraceStatus::Captured;
        Self {
            is_terminal,
            error: kept(&error.to_string()),
            causes: causes(&*error),
            backtrace: is_captured.then(|| kept(&backtrace.to_string())),
        }
    }
}

fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let causes = std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
    causes.take(MOST_CAUSES).map(|cause| kept(&cause.to_string())).collect()
}

/// As much as is kept, and nothing that a database does not take as text.
fn kept(text: &str) -> String {
    text[..text.floor_char_boundary(MOST)].replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::{Failure, HandlerError, MOST};

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn causes_are_kept_without_the_error_itself() {
        let cause = "x".parse::<u8>().unwrap_err();
        let failure = Failure::from(HandlerError::from(Outer(cause.clone())));
        assert_eq!((failure.error.as_str(), failure.causes), ("outer", vec![cause.to_string()]));
        assert!(!failure.is_terminal);
        assert!(Failure::from(HandlerError::terminal("no")).is_terminal);
    }

    #[test]
    fn what_a_database_would_refuse_is_replaced() {
        let failure = Failure::from(HandlerError::retry(format!("a\0b{}", "ä".repeat(MOST))));
        assert!(failure.error.starts_with("a\u{fffd}b") && failure.error.len() <= MOST + 3);
    }
}
