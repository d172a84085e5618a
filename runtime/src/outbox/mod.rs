//! Appends events to the outbox of a service, in the transaction that changes the service's own tables: both happen, or
//! neither.
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # async fn place<E: tidings::Event>(pool: sqlx::PgPool, order_placed: E) -> Result<(), Box<dyn std::error::Error>> {
//! use tidings::outbox::Outbox;
//! use tidings::{Context, Producer};
//!
//! let outbox = Outbox::new(Producer::new("order-service", "1.4.0")?);
//!
//! let mut transaction = pool.begin().await?;
//! sqlx::query("INSERT INTO orders (id) VALUES ('o-1')").execute(&mut *transaction).await?;
//! outbox.append(&mut transaction, order_placed, &Context::new().with_tenant("acme")).await?;
//! transaction.commit().await?;
//! # Ok(()) }
//! ```

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::context::Context;
use crate::envelope::{Envelope, EnvelopeError};
use crate::event::Event;
use crate::message::Message;
use crate::producer::Producer;
use crate::versions::{CastError, Downcast, Outgoing};

/// Appends the events of one service.
#[derive(Debug, Clone)]
pub struct Outbox {
    producer: Producer,
    budget: usize,
    order: KeyOrder,
    statements: Statements,
}

/// Whether a database connection keeps the statements that are sent again and again. One that is not kept costs another
/// round trip, and is parsed and planned each time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Statements {
    /// They are kept.
    #[default]
    Prepared,
    /// None is kept: for a pooler in transaction mode that does not follow prepared statements, such as PgBouncer before
    /// 1.21 or with `max_prepared_statements = 0`.
    Unprepared,
}

/// In which order events of a key are published that different transactions append.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// In the order of their commits, where the service itself lets one transaction at a time change what the key stands
    /// for, by a lock or a version number. Most do.
    #[default]
    AsCommitted,
    /// In the order of their commits in any case: a transaction waits until others that appended events of the key have
    /// ended.
    Strict,
}

/// A transaction of the service, on a database with an outbox. Only transactions are: what is appended outside of one
/// would not be part of what happened.
pub trait OutboxTransaction: Send {
    /// Adds rows to the outbox.
    ///
    /// # Errors
    /// When the database refuses them.
    fn add(
        &mut self,
        messages: &[Message],
        order: KeyOrder,
        statements: Statements,
    ) -> impl Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>> + Send;
}

/// Why nothing was appended. The transaction should be rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The event violates its schema, or lacks a tenant.
    #[error(transparent)]
    Event(#[from] EnvelopeError),
    /// The event cannot be said in an older version.
    #[error(transparent)]
    Version(#[from] CastError),
    /// The event is larger than a message should be.
    #[error("`{event_type}` takes {size} bytes, more than the {budget} allowed; send a reference to what is large")]
    TooLarge {
        /// Event type.
        event_type: String,
        /// Bytes of envelope and payload.
        size: usize,
        /// Most bytes.
        budget: usize,
    },
    /// The database refused the rows.
    #[error("cannot append to the outbox: {0}; are the generated migrations applied?")]
    Database(Box<dyn std::error::Error + Send + Sync>),
}

impl Outbox {
    /// Most bytes of an event, unless said otherwise: what a frame of a broker holds, with room to spare.
    pub const BUDGET: usize = 512 * 1024;

    /// The outbox of a service, which is named as the producer of its events.
    #[must_use]
    pub fn new(producer: Producer) -> Self {
        Self { producer, budget: Self::BUDGET, order: KeyOrder::default(), statements: Statements::default() }
    }

    /// Refuses events whose envelope and payload take more bytes than this.
    #[must_use]
    pub fn with_budget(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// With this order of events of a key.
    #[must_use]
    pub fn with_order(mut self, order: KeyOrder) -> Self {
        self.order = order;
        self
    }

    /// With statements that are kept or not.
    #[must_use]
    pub fn with_statements(mut self, statements: Statements) -> Self {
        self.statements = statements;
        self
    }

    /// Appends an event, which happens now. Returns its id.
    ///
    /// # Errors
    /// When the event violates its schema, is too large, or the database refuses it.
    pub async fn append<E: Event>(
        &self,
        transaction: &mut impl OutboxTransaction,
        event: E,
        context: &Context,
    ) -> Result<Uuid, OutboxError> {
        let envelope = Envelope::new(event, context, &self.producer)?;
        let id = envelope.event_id;
        self.append_all(transaction, [envelope.outgoing()?]).await?;
        Ok(id)
    }

    /// Appends an event in each version that is published on `day`, for readers of old and new ones. Returns its id,
    /// which all of them share.
    ///
    /// # Errors
    /// As [`Outbox::append`].
    pub async fn append_versions<E: Downcast>(
        &self,
        transaction: &mut impl OutboxTransaction,
        event: E,
        context: &Context,
        day: NaiveDate,
    ) -> Result<Uuid, OutboxError> {
        let envelope = Envelope::new(event, context, &self.producer)?;
        let id = envelope.event_id;
        self.append_all(transaction, envelope.in_all_versions(day)?).await?;
        Ok(id)
    }

    /// Appends events in one statement, in this order.
    ///
    /// # Errors
    /// As [`Outbox::append`]; nothing is appended then.
    pub async fn append_all(
        &self,
        transaction: &mut impl OutboxTransaction,
        events: impl IntoIterator<Item = Outgoing>,
    ) -> Result<(), OutboxError> {
        let messages: Vec<Message> = events.into_iter().map(Message::new).collect::<Result<_, _>>()?;
        if let Some(large) = messages.iter().find(|message| message.size() > self.budget) {
            let (event_type, size) = (large.event_type.clone(), large.size());
            return Err(OutboxError::TooLarge { event_type, size, budget: self.budget });
        }
        transaction.add(&messages, self.order, self.statements).await.map_err(OutboxError::Database)
    }
}
