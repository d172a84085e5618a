//! The outbox on PostgreSQL.

use std::collections::BTreeSet;
use std::error::Error;
use std::num::TryFromIntError;

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Transaction};

use super::{KeyOrder, OutboxTransaction, Statements};
use crate::message::Message;

/// A row, which is what most transactions add.
const ADD_ONE: &str = "INSERT INTO tidings_outbox (segment, stream, partition, event_id, event_type, event_version, key, \
                       tenant_id, headers, payload) \
                       VALUES ((SELECT segment FROM tidings_outbox_segment WHERE state = 'live'), $1, $2, $3, $4, $5, \
                       $6, $7, $8::text::json, $9)";

/// Rows get their ids in the order of the arrays.
const ADD: &str = "INSERT INTO tidings_outbox (segment, stream, partition, event_id, event_type, event_version, key, \
                   tenant_id, headers, payload) \
                   SELECT (SELECT segment FROM tidings_outbox_segment WHERE state = 'live'), stream, partition, event_id, \
                   event_type, event_version, key, tenant_id, headers::json, payload \
                   FROM unnest($1::text[], $2::int4[], $3::uuid[], $4::text[], $5::int4[], $6::text[], $7::text[], \
                   $8::text[], $9::bytea[]) WITH ORDINALITY AS new (stream, partition, event_id, event_type, \
                   event_version, key, tenant_id, headers, payload, nr) ORDER BY nr";

/// Keys in one order for all transactions, so that none waits for one that waits for it.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) \
                    FROM (SELECT key FROM unnest($1::text[]) AS key ORDER BY hashtextextended(key, 0)) AS keys";

impl OutboxTransaction for Transaction<'_, Postgres> {
    async fn add(
        &mut self,
        messages: &[Message],
        order: KeyOrder,
        statements: Statements,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if messages.is_empty() {
            return Ok(());
        }
        let is_kept = statements == Statements::Prepared;
        if order == KeyOrder::Strict {
            let keys: BTreeSet<String> =
                messages.iter().map(|message| format!("tidings key {}/{}", message.stream, message.key)).collect();
            let keys: Vec<String> = keys.into_iter().collect();
            sqlx::query(LOCK).bind(keys).persistent(is_kept).execute(&mut **self).await?;
        }
        match messages {
            [message] => sqlx::query(ADD_ONE)
                .bind(&message.stream)
                .bind(i32::try_from(message.partition)?)
                .bind(message.event_id)
                .bind(&message.event_type)
                .bind(i32::try_from(message.event_version)?)
                .bind(&message.key)
                .bind(&message.tenant_id)
                .bind(&message.headers)
                .bind(&message.payload)
                .persistent(is_kept)
                .execute(&mut **self),
            _ => add_all(messages)?.persistent(is_kept).execute(&mut **self),
        }
        .await?;
        Ok(())
    }
}

/// A statement with an array for each column.
fn add_all(messages: &[Message]) -> Result<Query<'static, Postgres, PgArguments>, TryFromIntError> {
    let each = |of: fn(&Message) -> &str| messages.iter().map(|message| of(message).to_owned()).collect::<Vec<_>>();
    let versions: Result<Vec<i32>, _> = messages.iter().map(|message| message.event_version.try_into()).collect();
    let partitions: Result<Vec<i32>, _> = messages.iter().map(|message| message.partition.try_into()).collect();
    Ok(sqlx::query(ADD)
        .bind(each(|message| &message.stream))
        .bind(partitions?)
        .bind(messages.iter().map(|message| message.event_id).collect::<Vec<_>>())
        .bind(each(|message| &message.event_type))
        .bind(versions?)
        .bind(each(|message| &message.key))
        .bind(messages.iter().map(|message| message.tenant_id.clone()).collect::<Vec<_>>())
        .bind(each(|message| &message.headers))
        .bind(messages.iter().map(|message| message.payload.clone()).collect::<Vec<_>>()))
}
