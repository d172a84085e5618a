//! The outbox on PostgreSQL. Statements are not kept prepared, so that a pooler in transaction mode may stand between.

use std::collections::BTreeSet;
use std::error::Error;

use sqlx::{Postgres, Transaction};

use super::{KeyOrder, OutboxTransaction};
use crate::message::Message;

/// Rows get their ids in the order of the arrays.
const ADD: &str = "INSERT INTO tidings_outbox (segment, stream, partition, event_id, event_type, event_version, key, \
                   tenant_id, headers, payload) \
                   SELECT (SELECT segment FROM tidings_outbox_segment WHERE state = 'live'), stream, partition, event_id, \
                   event_type, event_version, key, tenant_id, headers::jsonb, payload \
                   FROM unnest($1::text[], $2::int4[], $3::uuid[], $4::text[], $5::int4[], $6::text[], $7::text[], \
                   $8::text[], $9::bytea[]) WITH ORDINALITY AS new (stream, partition, event_id, event_type, \
                   event_version, key, tenant_id, headers, payload, nr) ORDER BY nr";

/// Keys in one order for all transactions, so that none waits for one that waits for it.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) \
                    FROM (SELECT key FROM unnest($1::text[]) AS key ORDER BY hashtextextended(key, 0)) AS keys";

impl OutboxTransaction for Transaction<'_, Postgres> {
    async fn add(&mut self, messages: &[Message], order: KeyOrder) -> Result<(), Box<dyn Error + Send + Sync>> {
        if messages.is_empty() {
            return Ok(());
        }
        if order == KeyOrder::Strict {
            let keys: BTreeSet<String> =
                messages.iter().map(|message| format!("tidings key {}/{}", message.stream, message.key)).collect();
            let keys: Vec<String> = keys.into_iter().collect();
            sqlx::query(LOCK).bind(keys).persistent(false).execute(&mut **self).await?;
        }
        let each = |of: fn(&Message) -> &str| messages.iter().map(|message| of(message).to_owned()).collect::<Vec<_>>();
        let versions: Result<Vec<i32>, _> = messages.iter().map(|message| message.event_version.try_into()).collect();
        let partitions: Result<Vec<i32>, _> = messages.iter().map(|message| message.partition.try_into()).collect();
        sqlx::query(ADD)
            .bind(each(|message| &message.stream))
            .bind(partitions?)
            .bind(messages.iter().map(|message| message.event_id).collect::<Vec<_>>())
            .bind(each(|message| &message.event_type))
            .bind(versions?)
            .bind(each(|message| &message.key))
            .bind(messages.iter().map(|message| message.tenant_id.clone()).collect::<Vec<_>>())
            .bind(each(|message| &message.headers))
            .bind(messages.iter().map(|message| message.payload.clone()).collect::<Vec<_>>())
            .persistent(false)
            .execute(&mut **self)
            .await?;
        Ok(())
    }
}
