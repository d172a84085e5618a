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
    /// The broker has events under ids that the database has not given yet.
    #[error(
        "the broker has more of `{partition}` than the database has published, which would pass for id {id}: the database \
         was restored or copied; give this outbox another name, with a new `publisher` in `tidings_relay`"
    )]
    Ahead {
        /// Name of the partition.
        partition: String,
        /// The first id that would be lost.
        id: u64,
    },
    /// A fault of the relay itself.
    #[error("the relay crashed: {0}")]
    Crashed(String),
}

/// Why a database does not do what a relay or consumer asks.
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
    #[error("the database lacks a table or column that this version needs: {cause}; apply the generated migrations")]
    Schema {
        /// What the database says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The rows were written in another cluster.
    #[error(
        "the outbox was moved here from another database cluster, whose transactions had higher numbers; in one \
         transaction, set `xid` of every row of `tidings_outbox` to `pg_current_xact_id()`, and `last_snapshot` of \
         `tidings_relay` to '3:3:'; what is still in the outbox is published once more"
    )]
    Moved,
    /// The database does not let this user in.
    #[error(
        "the database refuses the user: {cause}; check its name, its password, its grants and the name of the database"
    )]
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
    /// The database does not answer.
    #[error("the database does not answer")]
    Silent,
    /// The database answered, and does not do what was asked.
    #[error("the database does not {action}: {cause}")]
    Rejected {
        /// What was asked of it.
        action: &'static str,
        /// What the database says.
        cause: Box<dyn std::error::Error + Send + Sync>,
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

impl StoreError {
    /// Whether no wait mends it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Schema { .. } | Self::Moved | Self::Refused { .. } | Self::Corrupt { .. })
    }
}

impl RelayError {
    /// Whether no wait mends it.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Store(error) => error.is_final(),
            Self::Broker(error) => error.is_final(),
            Self::Ahead { .. } => true,
            Self::Crashed(_) => false,
        }
    }
}

/// Whether an answer with this SQLSTATE is about what was asked, and not about the state of the server or the connection
/// (PostgreSQL documentation, appendix A).
#[cfg(feature = "postgres")]
pub(super) fn is_about_the_question(code: &str) -> bool {
    !["08", "53", "57", "58", "XX"].iter().any(|class| code.starts_with(class)) || code == "57014"
}

/// What a database says, without what the client adds to it.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) fn said(error: sqlx::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        sqlx::Error::Database(error) => error.message().into(),
        other => Box::new(other),
    }
}
