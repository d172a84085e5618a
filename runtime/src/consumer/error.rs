//! Why a consumer stops.

use crate::broker::BrokerError;
use crate::relay::StoreError;

/// Why a consumer stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumerError {
    /// Two handlers for one event, or for the rest of one stream.
    #[error("`{what}` has two handlers in one consumer; let one call the other, or make a second consumer")]
    HandledTwice {
        /// Event type or stream.
        what: String,
    },
    /// A consumer without handlers.
    #[error("the consumer handles nothing; add handlers with `Handlers::on`")]
    NothingHandled,
    /// A setting that makes no sense.
    #[error("the settings of the consumer make no sense: {what}")]
    Setting {
        /// How they should be.
        what: &'static str,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A partition is not as this instance left it.
    #[error(
        "`{consumer}` does not find `{partition}` as it left it: another instance has taken it over, a commit went through \
         that was taken for lost, or somebody has moved the cursor"
    )]
    Fenced {
        /// Name of the consumer.
        consumer: String,
        /// Name of the partition.
        partition: String,
    },
    /// A fault of the consumer itself.
    #[error("the consumer crashed: {0}")]
    Crashed(String),
}

impl ConsumerError {
    /// Whether no wait mends it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::HandledTwice { .. } | Self::NothingHandled | Self::Setting { .. } => true,
            Self::Store(error) => error.is_final(),
            Self::Broker(error) => error.is_final(),
            Self::Fenced { .. } | Self::Crashed(_) => false,
        }
    }
}
