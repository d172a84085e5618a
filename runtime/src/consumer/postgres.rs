//! The inbox on PostgreSQL.
//!
//! A pooler in transaction mode may stand between, with [`Statements::Unprepared`]: each statement is part of a transaction,
//! because one that is not kept has no name from its preparation to its execution, and a pooler may change servers in
//! between.

use std::time::Duration;

use chrono::NaiveDate;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, PgPool, Row as _, Transaction};
use uuid::Uuid;

use super::inbox::{Blocked, Burial, Claim, Inbox, Mark, Member, Parked, Parking, Partition, Share, Times};
use super::{Failure, ledger};
use crate::message::Message;
use crate::outbox::Statements;
use crate::relay::StoreError;
use crate::relay::postgres::failed;

type Tx = Transaction<'static, sqlx::Postgres>;

/// The tables of consumers in a service's own database. Times are the database's.
#[derive(Debug, Clone)]
pub struct Postgres {
    pool: PgPool,
    statements: Statements,
}

impl Postgres {
    /// The database behind a pool, which needs a connection for each partition that is read, and one more.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool, statements: Statements::default() }
    }

    /// With statements that are kept or not, of those that each batch has. Others are never kept.
    #[must_use]
    pub fn with_statements(mut self, statements: Statements) -> Self {
        self.statements = statements;
        self
    }

    fn keeps(&self) -> bool {
        self.statements == Statements::Prepared
    }
}

/// Whether a dead letter keeps its key waiting.
const HALTED: &str = "halts_key AND state = 'waiting'";

/// Seconds until a parked event is tried.
const WAIT: &str = "coalesce(greatest(extract(epoch FROM next_attempt_at - clock_timestamp())::float8, 0), 0)";

/// A key, and its first parked event with its wait.
type Head = (String, Option<i64>, Option<f64>);

/// What a statement may take longer than its handler.
const GRACE: Duration = Duration::from_secs(5);

/// Rows that are deleted at once.
const SLICE: i64 = 10_000;

/// `$1` to `$3` are consumer, stream and partition.
const HERE: &str = "consumer = $1 AND stream = $2 AND partition = $3";

impl Inbox for Postgres {
    type Transaction = Tx;

    async fn begin(&self, limit: Duration) -> Result<Tx, StoreError> {
        // A handler that is given up leaves its statement behind, which must not hold locks for ever.
        let limit = limit.saturating_add(GRACE).as_millis().min(i32::MAX as u128);
        let begin = format!(
            "BEGIN; SET LOCAL statement_timeout = {limit}; SET LOCAL idle_in_transaction_session_timeout = {limit}"
        );
        self.pool.begin_with(AssertSqlSafe(begin)).await.map_err(failed("begin a transaction"))
    }

    async fn commit(&self, transaction: Tx) -> Result<(), StoreError> {
        transaction.commit().await.map_err(failed("commit"))
    }

    async fn roll_back(&self, transaction: Tx) -> Result<(), StoreError> {
        transaction.rollback().await.map_err(failed("roll back"))
    }

    async fn share(
        &self,
        member: &Member,
        all: usize,
        reads: &[Partition],
        takes: &[Partition],
    ) -> Result<Share, StoreError> {
        share(&self.pool, member, all, reads, takes).await.map_err(failed("share partitions"))
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let release = format!(
            "UPDATE tidings_cursor SET holder = NULL, held_until = NULL WHERE {HERE} AND epoch = $4 AND holder = $5"
        );
        let mut transaction = self.begin(GRACE).await?;
        here(release, claim)
            .bind(claim.epoch)
            .bind(claim.member.instance.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed("give a partition back"))?;
        self.commit(transaction).await
    }

    async fn leave(&self, member: &Member) -> Result<(), StoreError> {
        let mut transaction = self.begin(GRACE).await?;
        sqlx::query("DELETE FROM tidings_consumer_instance WHERE consumer = $1 AND instance = $2")
            .bind(&*member.consumer)
            .bind(member.instance)
            .persistent(false)
            .execute(&mut *transaction)
            .await
            .map_err(failed("leave the consumer"))?;
        self.commit(transaction).await
    }

    async fn tidy(&self, consumer: &str, keep: Duration) -> Result<u64, StoreError> {
        let mut transaction = self.begin(Duration::from_mins(1)).await?;
        // By the day of its id an event is found, and by the time it was handled it is old.
        let tidied = sqlx::query(
            "DELETE FROM tidings_ledger WHERE (day, consumer, event_id) IN (\
             SELECT day, consumer, event_id FROM tidings_ledger WHERE consumer = $1 \
             AND day < (clock_timestamp() AT TIME ZONE 'UTC' - make_interval(secs => $2))::date \
             AND handled_at < clock_timestamp() - make_interval(secs => $2) LIMIT $3)",
        )
        .bind(consumer)
        .bind(keep.as_secs_f64())
        .bind(SLICE)
        .persistent(false)
        .execute(&mut *transaction)
        .await
        .map_err(failed("forget handled events"))?;
        self.commit(transaction).await?;
        Ok(tidied.rows_affected())
    }

    async fn advance(
        &self,
        transaction: &mut Tx,
        claim: &Claim,
        from: Option<u64>,
        to: u64,
    ) -> Result<Option<Mark>, StoreError> {
        let advance = format!(
            "UPDATE tidings_cursor SET next_offset = $7, held_until = clock_timestamp() + make_interval(secs => $6), \
             updated_at = clock_timestamp() WHERE {HERE} AND epoch = $4 AND next_offset IS NOT DISTINCT FROM $5 \
             RETURNING pg_current_xact_id()::text"
        );
        let transaction: Option<String> = sqlx::query_scalar(AssertSqlSafe(advance))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(number(claim))
            .bind(claim.epoch)
            .bind(from.map(u64::cast_signed))
            .bind(claim.member.lease.as_secs_f64())
            .bind(to.cast_signed())
            .persistent(self.keeps())
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("move a cursor"))?;
        Ok(transaction.map(|transaction| Mark { transaction: Some(transaction), next_offset: Some(to) }))
    }

    async fn fence(&self, transaction: &mut Tx, claim: &Claim) -> Result<Option<Mark>, StoreError> {
        let fence = format!(
            "UPDATE tidings_cursor SET held_until = clock_timestamp() + make_interval(secs => $5) \
             WHERE {HERE} AND epoch = $4 RETURNING pg_current_xact_id()::text"
        );
        let transaction: Option<String> = sqlx::query_scalar(AssertSqlSafe(fence))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(number(claim))
            .bind(claim.epoch)
            .bind(claim.member.lease.as_secs_f64())
            .persistent(self.keeps())
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("renew a lease"))?;
        Ok(transaction.map(|transaction| Mark { transaction: Some(transaction), next_offset: None }))
    }

    async fn seal(&self, transaction: &mut Tx, claim: &Claim, mark: &Mark) -> Result<bool, StoreError> {
        let seal = format!(
            "UPDATE tidings_cursor SET held_until = clock_timestamp() + make_interval(secs => $5) \
             WHERE {HERE} AND epoch = $4 AND pg_current_xact_id()::text = $6"
        );
        let sealed = here(seal, claim)
            .persistent(self.keeps())
            .bind(claim.epoch)
            .bind(claim.member.lease.as_secs_f64())
            .bind(&mark.transaction)
            .execute(&mut **transaction)
            .await
            .map_err(failed("go on after its handler"))?;
        Ok(sealed.rows_affected() == 1)
    }

    async fn note(&self, transaction: &mut Tx, consumer: &str, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        sqlx::query_scalar(
            "INSERT INTO tidings_ledger (day, consumer, event_id) \
             SELECT date '1970-01-01' + day, $1, id FROM unnest($2::int4[], $3::uuid[]) AS new (day, id) \
             ON CONFLICT DO NOTHING RETURNING event_id",
        )
        .bind(consumer)
        .bind(days(ids))
        .bind(ids)
        .persistent(self.keeps())
        .fetch_all(&mut **transaction)
        .await
        .map_err(failed("note handled events"))
    }

    async fn noted(&self, transaction: &mut Tx, consumer: &str, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        sqlx::query_scalar(
            "SELECT event_id FROM tidings_ledger WHERE consumer = $1 \
             AND (day, event_id) IN (SELECT date '1970-01-01' + day, id FROM unnest($2::int4[], $3::uuid[]) AS old (day, id))",
        )
        .bind(consumer)
        .bind(days(ids))
        .bind(ids)
        .persistent(self.keeps())
        .fetch_all(&mut **transaction)
        .await
        .map_err(failed("look for handled events"))
    }

    async fn park(&self, transaction: &mut Tx, claim: &Claim, events: &[Parking]) -> Result<(), StoreError> {
        for parking in events {
            let Parking { offset, event, attempt } = parking;
            let failure = attempt.as_ref().and_then(|attempt| attempt.failure.as_ref());
            sqlx::query(
                "INSERT INTO tidings_parked (consumer, stream, partition, \"offset\", key, event_id, event_type, \
                 event_version, tenant_id, headers, payload, attempts, next_attempt_at, first_failed_at, \
                 last_failed_at, error, causes) \
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, \
                 clock_timestamp() + make_interval(secs => $13), at, at, $14, $15 \
                 FROM (SELECT CASE WHEN $14 IS NOT NULL THEN clock_timestamp() END AS at) AS failed \
                 ON CONFLICT (consumer, stream, partition, \"offset\") DO NOTHING",
            )
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(number(claim))
            .bind(offset.cast_signed())
            .bind(&event.key)
            .bind(event.event_id)
            .bind(&event.event_type)
            .bind(event.event_version.cast_signed())
            .bind(&event.tenant_id)
            .bind(&event.headers)
            .bind(&event.payload)
            .bind(i32::from(attempt.is_some()))
            .bind(attempt.as_ref().map(|attempt| attempt.next.as_secs_f64()))
            .bind(failure.map(|failure| &failure.error))
            .bind(failure.map(|failure| &failure.causes))
            .persistent(false)
            .execute(&mut **transaction)
            .await
            .map_err(failed("park an event"))?;
        }
        Ok(())
    }

    async fn blocked(&self, claim: &Claim, most: usize) -> Result<Vec<Blocked>, StoreError> {
        // From key to key, not from event to event.
        let blocked = format!(
            "WITH RECURSIVE head AS ((SELECT key, \"offset\", next_attempt_at FROM tidings_parked WHERE {HERE} \
             ORDER BY key, \"offset\" LIMIT 1) UNION ALL SELECT next.* FROM head, LATERAL (\
             SELECT key, \"offset\", next_attempt_at FROM tidings_parked WHERE {HERE} AND key > head.key \
             ORDER BY key, \"offset\" LIMIT 1) AS next), \
             halted AS (SELECT DISTINCT key FROM tidings_dead_letter WHERE {HERE} AND {HALTED}) \
             SELECT key, \"offset\", {WAIT} FROM head WHERE key NOT IN (SELECT key FROM halted) \
             UNION ALL SELECT key, NULL::bigint, NULL::float8 FROM halted ORDER BY 3 NULLS LAST LIMIT $4"
        );
        let mut transaction = self.begin(Duration::from_mins(1)).await?;
        let rows: Vec<Head> = sqlx::query_as(AssertSqlSafe(blocked))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(number(claim))
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed("look for parked events"))?;
        self.commit(transaction).await?;
        Ok(rows.into_iter().map(head).collect())
    }

    async fn blocked_key(&self, transaction: &mut Tx, claim: &Claim, key: &str) -> Result<Option<Blocked>, StoreError> {
        let blocked = format!(
            "WITH halted AS (SELECT key FROM tidings_dead_letter WHERE {HERE} AND key = $4 AND {HALTED} LIMIT 1), \
             head AS (SELECT key, \"offset\", next_attempt_at FROM tidings_parked WHERE {HERE} AND key = $4 \
             ORDER BY key, \"offset\" LIMIT 1) \
             SELECT key, NULL::bigint, NULL::float8 FROM halted \
             UNION ALL SELECT key, \"offset\", {WAIT} FROM head LIMIT 1"
        );
        let row: Option<Head> = sqlx::query_as(AssertSqlSafe(blocked))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(number(claim))
            .bind(key)
            .persistent(false)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("look for parked events"))?;
        Ok(row.map(head))
    }

    async fn undecided(&self, claim: &Claim) -> Result<u64, StoreError> {
        let count = format!("SELECT count(*) FROM tidings_dead_letter WHERE {HERE} AND state = 'waiting'");
        let mut transaction = self.begin(Duration::from_mins(1)).await?;
        let row = here(count, claim).fetch_one(&mut *transaction).await;
        let letters: i64 = row.and_then(|row| row.try_get(0)).map_err(failed("count dead letters"))?;
        self.commit(transaction).await?;
        Ok(letters.cast_unsigned())
    }

    async fn parked(&self, transaction: &mut Tx, claim: &Claim, offset: u64) -> Result<Option<Parked>, StoreError> {
        let select = format!(
            "SELECT event_id, event_type, event_version, key, tenant_id, headers::text, payload, attempts, error \
             FROM tidings_parked WHERE {HERE} AND \"offset\" = $4"
        );
        let row = here(select, claim)
            .bind(offset.cast_signed())
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("read a parked event"))?;
        row.map(|row| parked(&row, claim, offset)).transpose().map_err(failed("read a parked event"))
    }

    async fn start(&self, transaction: &mut Tx, claim: &Claim, offset: u64, next: Duration) -> Result<(), StoreError> {
        let start = format!(
            "UPDATE tidings_parked SET attempts = attempts + 1, \
             next_attempt_at = clock_timestamp() + make_interval(secs => $5) WHERE {HERE} AND \"offset\" = $4"
        );
        here(start, claim)
            .bind(offset.cast_signed())
            .bind(next.as_secs_f64())
            .execute(&mut **transaction)
            .await
            .map_err(failed("count an attempt"))?;
        Ok(())
    }

    async fn fail(
        &self,
        transaction: &mut Tx,
        claim: &Claim,
        offset: u64,
        failure: &Failure,
        next: Duration,
    ) -> Result<(), StoreError> {
        let fail = format!(
            "UPDATE tidings_parked SET first_failed_at = coalesce(first_failed_at, clock_timestamp()), \
             last_failed_at = clock_timestamp(), error = $6, causes = $7, \
             next_attempt_at = clock_timestamp() + make_interval(secs => $5) WHERE {HERE} AND \"offset\" = $4"
        );
        here(fail, claim)
            .bind(offset.cast_signed())
            .bind(next.as_secs_f64())
            .bind(&failure.error)
            .bind(&failure.causes)
            .execute(&mut **transaction)
            .await
            .map_err(failed("note a failed attempt"))?;
        Ok(())
    }

    async fn unpark(&self, transaction: &mut Tx, claim: &Claim, offset: u64) -> Result<(), StoreError> {
        let unpark = format!("DELETE FROM tidings_parked WHERE {HERE} AND \"offset\" = $4");
        here(unpark, claim)
            .bind(offset.cast_signed())
            .execute(&mut **transaction)
            .await
            .map_err(failed("forget a parked event"))?;
        Ok(())
    }

    async fn bury(&self, transaction: &mut Tx, claim: &Claim, letter: &Burial<'_>) -> Result<Times, StoreError> {
        let Burial { offset, event, attempts, failure, halts_key } = letter;
        let bury = format!(
            "WITH parked AS (DELETE FROM tidings_parked WHERE {HERE} AND \"offset\" = $4 RETURNING first_failed_at) \
             INSERT INTO tidings_dead_letter AS letter (consumer, stream, partition, \"offset\", key, event_id, \
             event_type, event_version, tenant_id, headers, payload, attempts, first_failed_at, last_failed_at, error, \
             causes, backtrace, halts_key) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, \
             coalesce((SELECT first_failed_at FROM parked), now.at), now.at, $13, $14, $15, $16 \
             FROM (SELECT clock_timestamp() AS at) AS now \
             ON CONFLICT (consumer, stream, partition, \"offset\") DO UPDATE SET key = excluded.key, \
             event_id = excluded.event_id, event_type = excluded.event_type, event_version = excluded.event_version, \
             tenant_id = excluded.tenant_id, headers = excluded.headers, payload = excluded.payload, \
             attempts = excluded.attempts, first_failed_at = excluded.first_failed_at, \
             last_failed_at = excluded.last_failed_at, error = excluded.error, causes = excluded.causes, \
             backtrace = excluded.backtrace, halts_key = excluded.halts_key, state = 'waiting', decided_at = NULL, \
             decided_by = NULL, reason = NULL \
             RETURNING {}, {}",
            rfc3339("letter.first_failed_at"),
            rfc3339("letter.last_failed_at"),
        );
        let (first, last) = sqlx::query_as(AssertSqlSafe(bury))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(number(claim))
            .bind(offset.cast_signed())
            .bind(&event.key)
            .bind(event.event_id)
            .bind(&event.event_type)
            .bind(event.event_version.cast_signed())
            .bind(&event.tenant_id)
            .bind(&event.headers)
            .bind(&event.payload)
            .bind(attempts.cast_signed())
            .bind(&failure.error)
            .bind(&failure.causes)
            .bind(&failure.backtrace)
            .bind(halts_key)
            .persistent(false)
            .fetch_one(&mut **transaction)
            .await
            .map_err(failed("write a dead letter"))?;
        Ok(Times { first, last })
    }
}

async fn share(
    pool: &PgPool,
    member: &Member,
    all: usize,
    reads: &[Partition],
    takes: &[Partition],
) -> Result<Share, sqlx::Error> {
    let (consumer, lease) = (&*member.consumer, member.lease.as_secs_f64());
    let instance = member.instance.to_string();
    let names = |partitions: &[Partition]| -> Vec<String> {
        partitions.iter().map(|partition| partition.stream.to_owned()).collect()
    };
    let numbers = |partitions: &[Partition]| -> Vec<i32> {
        partitions.iter().map(|partition| partition.number.cast_signed()).collect()
    };
    let mut transaction = pool.begin().await?;
    sqlx::query(
        "INSERT INTO tidings_consumer_instance (consumer, instance, seen_until) \
         VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3)) \
         ON CONFLICT (consumer, instance) DO UPDATE SET seen_until = excluded.seen_until",
    )
    .bind(consumer)
    .bind(member.instance)
    .bind(lease)
    .persistent(false)
    .execute(&mut *transaction)
    .await?;
    // Others may do the same.
    let forget = "DELETE FROM tidings_consumer_instance WHERE (consumer, instance) IN (\
                  SELECT consumer, instance FROM tidings_consumer_instance \
                  WHERE consumer = $1 AND seen_until < clock_timestamp() FOR UPDATE SKIP LOCKED)";
    sqlx::query(forget).bind(consumer).persistent(false).execute(&mut *transaction).await?;
    let (instances, before): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE instance < $2) FROM tidings_consumer_instance WHERE consumer = $1",
    )
    .bind(consumer)
    .bind(member.instance)
    .persistent(false)
    .fetch_one(&mut *transaction)
    .await?;
    let part = super::inbox::part(all, instances, before);
    // A batch that is being handled has locked its cursor, and renews the lease itself.
    sqlx::query(
        "UPDATE tidings_cursor SET held_until = clock_timestamp() + make_interval(secs => $3) \
         WHERE (consumer, stream, partition) IN (SELECT consumer, stream, partition FROM tidings_cursor \
         WHERE consumer = $1 AND holder = $2 \
         AND (stream, partition) IN (SELECT * FROM unnest($4::text[], $5::int4[])) FOR UPDATE SKIP LOCKED)",
    )
    .bind(consumer)
    .bind(&instance)
    .bind(lease)
    .bind(names(reads))
    .bind(numbers(reads))
    .persistent(false)
    .execute(&mut *transaction)
    .await?;
    let kept: Vec<(String, i32)> =
        sqlx::query_as("SELECT stream, partition FROM tidings_cursor WHERE consumer = $1 AND holder = $2")
            .bind(consumer)
            .bind(&instance)
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
    let is_lost = |partition: &&Partition| {
        !kept.iter().any(|(stream, number)| stream == partition.stream && number.cast_unsigned() == partition.number)
    };
    let lost: Vec<Partition> = reads.iter().filter(is_lost).cloned().collect();
    let has = reads.len() - lost.len();
    let mut taken = Vec::new();
    if has < part && !takes.is_empty() {
        let begin = "INSERT INTO tidings_cursor (consumer, stream, partition) \
                     SELECT $1, stream, partition FROM unnest($2::text[], $3::int4[]) AS new (stream, partition) \
                     ORDER BY stream, partition ON CONFLICT DO NOTHING";
        sqlx::query(begin)
            .bind(consumer)
            .bind(names(takes))
            .bind(numbers(takes))
            .persistent(false)
            .execute(&mut *transaction)
            .await?;
        let take = "WITH free AS MATERIALIZED (SELECT stream, partition, holder IS NOT NULL AS is_orphan \
                    FROM tidings_cursor WHERE consumer = $1 \
                    AND (holder IS NULL OR holder = $2 OR held_until < clock_timestamp()) \
                    AND (stream, partition) IN (SELECT * FROM unnest($4::text[], $5::int4[])) \
                    ORDER BY stream, partition LIMIT $6 FOR UPDATE SKIP LOCKED) \
                    UPDATE tidings_cursor AS cursor SET epoch = epoch + 1, holder = $2, \
                    held_until = clock_timestamp() + make_interval(secs => $3) FROM free \
                    WHERE cursor.consumer = $1 AND cursor.stream = free.stream AND cursor.partition = free.partition \
                    RETURNING cursor.stream, cursor.partition, cursor.epoch, cursor.next_offset, free.is_orphan";
        let rows: Vec<(String, i32, i64, Option<i64>, bool)> = sqlx::query_as(take)
            .bind(consumer)
            .bind(&instance)
            .bind(lease)
            .bind(names(takes))
            .bind(numbers(takes))
            .bind(i64::try_from(part - has).unwrap_or(i64::MAX))
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
        for (stream, number, epoch, next_offset, is_orphan) in rows {
            let is_it =
                |partition: &&Partition| partition.stream == stream && partition.number == number.cast_unsigned();
            taken.extend(takes.iter().find(is_it).map(|partition| Claim {
                member: member.clone(),
                partition: partition.clone(),
                epoch,
                next_offset: next_offset.map(i64::cast_unsigned),
                is_orphan,
            }));
        }
    }
    transaction.commit().await?;
    Ok(Share { taken, lost, surplus: has.saturating_sub(part) })
}

/// A statement on a partition of a consumer, which are its first parameters.
fn here(statement: String, claim: &Claim) -> Query<'_, sqlx::Postgres, PgArguments> {
    sqlx::query(AssertSqlSafe(statement))
        .persistent(false)
        .bind(&*claim.member.consumer)
        .bind(claim.partition.stream)
        .bind(number(claim))
}

fn head((key, offset, seconds): Head) -> Blocked {
    let wait = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    Blocked { key, next: offset.zip(seconds).map(|(offset, seconds)| (offset.cast_unsigned(), wait(seconds))) }
}

fn number(claim: &Claim) -> i32 {
    claim.partition.number.cast_signed()
}

/// Days of ids, counted from 1970 on.
fn days(ids: &[Uuid]) -> Vec<i32> {
    let days = |id: &Uuid| ledger::day(*id).signed_duration_since(NaiveDate::default()).num_days();
    ids.iter().map(|id| i32::try_from(days(id)).unwrap_or_default()).collect()
}

fn rfc3339(time: &str) -> String {
    format!("to_char({time} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
}

fn parked(row: &PgRow, claim: &Claim, offset: u64) -> Result<Parked, sqlx::Error> {
    let (version, attempts): (i32, i32) = (row.try_get(2)?, row.try_get(7)?);
    let event = Message {
        stream: claim.partition.stream.to_owned(),
        partition: claim.partition.number,
        event_id: row.try_get(0)?,
        event_type: row.try_get(1)?,
        event_version: version.cast_unsigned(),
        key: row.try_get(3)?,
        tenant_id: row.try_get(4)?,
        headers: row.try_get(5)?,
        payload: row.try_get(6)?,
    };
    Ok(Parked { offset, event, attempts: attempts.cast_unsigned(), error: row.try_get(8)? })
}
