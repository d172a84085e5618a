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
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// Another instance has taken a partition over.
    #[error("another instance of `{consumer}` has taken `{partition}` over")]
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
            Self::HandledTwice { .. } | Self::NothingHandled => true,
            Self::Store(error) => error.is_final(),
            Self::Broker(error) => error.is_final(),
            Self::Fenced { .. } | Self::Crashed(_) => false,
        }
    }
}
