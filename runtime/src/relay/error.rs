//! Why a relay stops.

use crate::broker::BrokerError;

/// Why a relay stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A fault of the relay itself.
    #[error("the relay crashed: {0}")]
    Crashed(String),
}

/// Why a database does not do what the relay asks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another relay leads now.
    #[error("another relay has taken over the lead of group `{group}`")]
    Fenced {
        /// The group.
        group: String,
    },
    /// The tables are missing, or others than this build needs.
    #[error("the database has no outbox as this version needs it: {cause}; apply the generated migrations")]
    Schema {
        /// What the database says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database does not let this user in.
    #[error("the database refuses the relay: {cause}; check user and password")]
    Refused {
        /// What the database says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What the database holds is not what a relay wrote.
    #[error("the database holds {what}, which no relay wrote")]
    Corrupt {
        /// What.
        what: String,
    },
    /// The database failed.
    #[error("cannot {action}: {cause}")]
    Failed {
        /// What was asked of it.
        action: &'static str,
        /// What the database says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RelayError {
    /// Whether no wait mends it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Store(error) => {
                matches!(error, StoreError::Schema { .. } | StoreError::Refused { .. } | StoreError::Corrupt { .. })
            }
            Self::Broker(error) => matches!(error, BrokerError::TooOld { .. } | BrokerError::Refused { .. }),
            Self::Crashed(_) => false,
        }
    }

    /// Whether it ended a lead that worked.
    pub(super) fn made_progress(&self) -> bool {
        matches!(self, Self::Store(StoreError::Fenced { .. }) | Self::Broker(BrokerError::Lost { .. }))
    }
}
