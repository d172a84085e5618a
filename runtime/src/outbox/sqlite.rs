//! The outbox on SQLite, where any order is that of the commits: there is one writer at a time.

use std::error::Error;

use sqlx::{Sqlite, Transaction};

use super::{KeyOrder, OutboxTransaction, Statements};
use crate::message::Message;

const ADD: &str = "INSERT INTO tidings_outbox (stream, partition, event_id, event_type, event_version, key, tenant_id, \
                   headers, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

impl OutboxTransaction for Transaction<'_, Sqlite> {
    async fn add(
        &mut self,
        messages: &[Message],
        _: KeyOrder,
        _: Statements,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        for message in messages {
            sqlx::query(ADD)
                .bind(&message.stream)
                .bind(message.partition)
                .bind(message.event_id)
                .bind(&message.event_type)
                .bind(message.event_version)
                .bind(&message.key)
                .bind(&message.tenant_id)
                .bind(&message.headers)
                .bind(&message.payload)
                .execute(&mut **self)
                .await?;
        }
        Ok(())
    }
}
