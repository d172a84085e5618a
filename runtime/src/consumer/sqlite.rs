//! The inbox on SQLite.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, SqlitePool, Transaction};
use uuid::Uuid;

use super::inbox::{Blocked, Burial, Claim, Inbox, Mark, Member, Parked, Parking, Partition, Share, Times, part};
use super::{Failure, ledger};
use crate::clock::{Clock, SystemClock};
use crate::message::Message;
use crate::relay::StoreError;
use crate::relay::sqlite::failed;
#[cfg(feature = "testing")]
use crate::testing::{Fault, Faults};

type Tx = Transaction<'static, sqlx::Sqlite>;

/// The tables of consumers in a service's own database.
#[derive(Debug, Clone)]
pub struct Sqlite {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "testing")]
    faults: Faults,
}

/// Whether a dead letter keeps its key waiting.
const HALTED: &str = "halts_key AND state = 'waiting'";

/// A key, and its first parked event with the time it is tried at.
type Head = (String, Option<i64>, Option<String>);

/// `$1` to `$3` are consumer, stream and partition.
const HERE: &str = "consumer = $1 AND stream = $2 AND partition = $3";

impl Sqlite {
    /// The database behind a pool.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "testing")]
            faults: Faults::default(),
        }
    }

    /// Tells the time of leases and attempts by this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Fails when these faults come.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    fn head(&self, (key, offset, turn): Head) -> Blocked {
        let wait = |turn: &str| {
            let turn = DateTime::parse_from_rfc3339(turn).ok();
            turn.and_then(|turn| (turn.to_utc() - self.clock.now()).to_std().ok()).unwrap_or_default()
        };
        Blocked { key, next: offset.zip(turn).map(|(offset, turn)| (offset.cast_unsigned(), wait(&turn))) }
    }

    fn now(&self) -> String {
        text(self.clock.now())
    }

    fn in_a(&self, while_: Duration) -> String {
        let wait = TimeDelta::from_std(while_).unwrap_or(TimeDelta::MAX);
        text(self.clock.now().checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    async fn share_out(
        &self,
        member: &Member,
        all: usize,
        reads: &[Partition],
        takes: &[Partition],
    ) -> Result<Share, sqlx::Error> {
        let consumer = &*member.consumer;
        let (now, until) = (self.now(), self.in_a(member.lease));
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO tidings_consumer_instance (consumer, instance, seen_until) VALUES ($1, $2, $3) \
             ON CONFLICT (consumer, instance) DO UPDATE SET seen_until = excluded.seen_until",
        )
        .bind(consumer)
        .bind(member.instance)
        .bind(&until)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM tidings_consumer_instance WHERE consumer = $1 AND seen_until < $2")
            .bind(consumer)
            .bind(&now)
            .execute(&mut *transaction)
            .await?;
        let (instances, before): (i64, i64) = sqlx::query_as(
            "SELECT count(*), count(*) FILTER (WHERE instance < $2) FROM tidings_consumer_instance WHERE consumer = $1",
        )
        .bind(consumer)
        .bind(member.instance)
        .fetch_one(&mut *transaction)
        .await?;
        let part = part(all, instances, before);
        let mut lost = Vec::new();
        for partition in reads {
            let renew = format!("UPDATE tidings_cursor SET held_until = $4 WHERE {HERE} AND holder = $5");
            let renewed = sqlx::query(sqlx::AssertSqlSafe(renew))
                .bind(consumer)
                .bind(partition.stream)
                .bind(partition.number)
                .bind(&until)
                .bind(member.instance.to_string())
                .execute(&mut *transaction)
                .await?;
            if renewed.rows_affected() == 0 {
                lost.push(partition.clone());
            }
        }
        let has = reads.len() - lost.len();
        let mut taken = Vec::new();
        for partition in takes {
            if has + taken.len() >= part {
                break;
            }
            taken.extend(take(&mut transaction, member, partition, &now, &until).await?);
        }
        transaction.commit().await?;
        Ok(Share { taken, lost, surplus: has.saturating_sub(part) })
    }
}

/// Takes a partition if it is free.
async fn take(
    transaction: &mut Tx,
    member: &Member,
    partition: &Partition,
    now: &str,
    until: &str,
) -> Result<Option<Claim>, sqlx::Error> {
    let (consumer, instance) = (&*member.consumer, member.instance.to_string());
    sqlx::query("INSERT INTO tidings_cursor (consumer, stream, partition) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(consumer)
        .bind(partition.stream)
        .bind(partition.number)
        .execute(&mut **transaction)
        .await?;
    let free = format!(
        "SELECT holder IS NOT NULL FROM tidings_cursor \
         WHERE {HERE} AND (holder IS NULL OR holder = $4 OR held_until < $5)"
    );
    let free: Option<bool> = sqlx::query_scalar(sqlx::AssertSqlSafe(free))
        .bind(consumer)
        .bind(partition.stream)
        .bind(partition.number)
        .bind(&instance)
        .bind(now)
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(is_orphan) = free else { return Ok(None) };
    let take = format!(
        "UPDATE tidings_cursor SET epoch = epoch + 1, holder = $4, held_until = $5 WHERE {HERE} \
         RETURNING epoch, next_offset"
    );
    let (epoch, next_offset): (i64, Option<i64>) = sqlx::query_as(sqlx::AssertSqlSafe(take))
        .bind(consumer)
        .bind(partition.stream)
        .bind(partition.number)
        .bind(instance)
        .bind(until)
        .fetch_one(&mut **transaction)
        .await?;
    Ok(Some(Claim {
        member: member.clone(),
        partition: partition.clone(),
        epoch,
        next_offset: next_offset.map(i64::cast_unsigned),
        is_orphan,
    }))
}

impl Inbox for Sqlite {
    type Transaction = Tx;

    async fn begin(&self, _limit: Duration) -> Result<Tx, StoreError> {
        // Two that read first and write then would get into each other's way.
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed("begin a transaction"))
    }

    async fn commit(&self, transaction: Tx) -> Result<(), StoreError> {
        #[cfg(feature = "testing")]
        if self.faults.comes(Fault::BeforeCommit) {
            return Err(StoreError::Silent);
        }
        transaction.commit().await.map_err(failed("commit"))?;
        #[cfg(feature = "testing")]
        if self.faults.comes(Fault::AfterCommit) {
            return Err(StoreError::Silent);
        }
        Ok(())
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
        self.share_out(member, all, reads, takes).await.map_err(failed("share partitions"))
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let release = format!(
            "UPDATE tidings_cursor SET holder = NULL, held_until = NULL WHERE {HERE} AND epoch = $4 AND holder = $5"
        );
        here(release, claim)
            .bind(claim.epoch)
            .bind(claim.member.instance.to_string())
            .execute(&self.pool)
            .await
            .map_err(failed("give a partition back"))?;
        Ok(())
    }

    async fn leave(&self, member: &Member) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM tidings_consumer_instance WHERE consumer = $1 AND instance = $2")
            .bind(&*member.consumer)
            .bind(member.instance)
            .execute(&self.pool)
            .await
            .map_err(failed("leave the consumer"))?;
        Ok(())
    }

    async fn tidy(&self, consumer: &str, keep: Duration) -> Result<u64, StoreError> {
        let oldest = TimeDelta::from_std(keep).ok().and_then(|keep| self.clock.now().checked_sub_signed(keep));
        let Some(oldest) = oldest else { return Ok(0) };
        // By the day of its id an event is found, and by the time it was handled it is old.
        let tidied = sqlx::query(
            "DELETE FROM tidings_ledger WHERE (day, consumer, event_id) IN (\
             SELECT day, consumer, event_id FROM tidings_ledger \
             WHERE consumer = $1 AND day < $2 AND handled_at < $3 LIMIT 10000)",
        )
        .bind(consumer)
        .bind(oldest.date_naive().to_string())
        .bind(text(oldest))
        .execute(&self.pool)
        .await
        .map_err(failed("forget handled events"))?;
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
            "UPDATE tidings_cursor SET next_offset = $7, held_until = $6, updated_at = $8 \
             WHERE {HERE} AND epoch = $4 AND next_offset IS $5"
        );
        let advanced = here(advance, claim)
            .bind(claim.epoch)
            .bind(from.map(u64::cast_signed))
            .bind(self.in_a(claim.member.lease))
            .bind(to.cast_signed())
            .bind(self.now())
            .execute(&mut **transaction)
            .await
            .map_err(failed("move a cursor"))?;
        Ok((advanced.rows_affected() == 1).then_some(Mark { transaction: None, next_offset: Some(to) }))
    }

    async fn fence(&self, transaction: &mut Tx, claim: &Claim) -> Result<Option<Mark>, StoreError> {
        let fence = format!("UPDATE tidings_cursor SET held_until = $5 WHERE {HERE} AND epoch = $4");
        let fenced = here(fence, claim)
            .bind(claim.epoch)
            .bind(self.in_a(claim.member.lease))
            .execute(&mut **transaction)
            .await
            .map_err(failed("renew a lease"))?;
        Ok((fenced.rows_affected() == 1).then_some(Mark { transaction: None, next_offset: None }))
    }

    async fn seal(&self, transaction: &mut Tx, claim: &Claim, mark: &Mark) -> Result<bool, StoreError> {
        let seal = format!(
            "UPDATE tidings_cursor SET held_until = $5 WHERE {HERE} AND epoch = $4 \
             AND next_offset IS coalesce($6, next_offset)"
        );
        let sealed = here(seal, claim)
            .bind(claim.epoch)
            .bind(self.in_a(claim.member.lease))
            .bind(mark.next_offset.map(u64::cast_signed))
            .execute(&mut **transaction)
            .await
            .map_err(failed("go on after its handler"))?;
        Ok(sealed.rows_affected() == 1)
    }

    async fn note(&self, transaction: &mut Tx, consumer: &str, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let mut new = Vec::with_capacity(ids.len());
        for id in ids {
            let noted = sqlx::query(
                "INSERT INTO tidings_ledger (day, consumer, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(ledger::day(*id).to_string())
            .bind(consumer)
            .bind(id)
            .execute(&mut **transaction)
            .await
            .map_err(failed("note handled events"))?;
            new.extend((noted.rows_affected() == 1).then_some(*id));
        }
        Ok(new)
    }

    async fn noted(&self, transaction: &mut Tx, consumer: &str, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let mut noted = Vec::new();
        for id in ids {
            let found: Option<Uuid> = sqlx::query_scalar(
                "SELECT event_id FROM tidings_ledger WHERE day = $1 AND consumer = $2 AND event_id = $3",
            )
            .bind(ledger::day(*id).to_string())
            .bind(consumer)
            .bind(id)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("look for handled events"))?;
            noted.extend(found);
        }
        Ok(noted)
    }

    async fn park(&self, transaction: &mut Tx, claim: &Claim, events: &[Parking]) -> Result<(), StoreError> {
        for parking in events {
            let Parking { offset, event, attempt } = parking;
            let failure = attempt.as_ref().and_then(|attempt| attempt.failure.as_ref());
            let failed_at = failure.map(|_| self.now());
            sqlx::query(
                "INSERT INTO tidings_parked (consumer, stream, partition, \"offset\", key, event_id, event_type, \
                 event_version, tenant_id, headers, payload, attempts, next_attempt_at, first_failed_at, \
                 last_failed_at, error, causes) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16) ON CONFLICT DO NOTHING",
            )
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(claim.partition.number)
            .bind(offset.cast_signed())
            .bind(&event.key)
            .bind(event.event_id)
            .bind(&event.event_type)
            .bind(event.event_version)
            .bind(&event.tenant_id)
            .bind(&event.headers)
            .bind(&event.payload)
            .bind(i32::from(attempt.is_some()))
            .bind(attempt.as_ref().map(|attempt| self.in_a(attempt.next)))
            .bind(failed_at)
            .bind(failure.map(|failure| &failure.error))
            .bind(failure.map(causes))
            .execute(&mut **transaction)
            .await
            .map_err(failed("park an event"))?;
        }
        Ok(())
    }

    async fn blocked(&self, claim: &Claim, most: usize) -> Result<Vec<Blocked>, StoreError> {
        let halted = format!("SELECT key FROM tidings_dead_letter WHERE {HERE} AND {HALTED}");
        // Beside `min`, SQLite takes the other columns from the same row.
        let blocked = format!(
            "SELECT key, min(\"offset\"), coalesce(next_attempt_at, '') AS turn FROM tidings_parked \
             WHERE {HERE} AND key NOT IN ({halted}) GROUP BY key \
             UNION ALL SELECT DISTINCT key, NULL, NULL FROM ({halted}) ORDER BY 3 NULLS LAST LIMIT $4"
        );
        let rows: Vec<Head> = sqlx::query_as(sqlx::AssertSqlSafe(blocked))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(claim.partition.number)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(failed("look for parked events"))?;
        Ok(rows.into_iter().map(|row| self.head(row)).collect())
    }

    async fn blocked_key(&self, transaction: &mut Tx, claim: &Claim, key: &str) -> Result<Option<Blocked>, StoreError> {
        let blocked = format!(
            "SELECT * FROM (SELECT key, NULL, NULL FROM tidings_dead_letter WHERE {HERE} AND key = $4 AND {HALTED} LIMIT 1) \
             UNION ALL SELECT * FROM (SELECT key, \"offset\", coalesce(next_attempt_at, '') FROM tidings_parked \
             WHERE {HERE} AND key = $4 ORDER BY \"offset\" LIMIT 1) LIMIT 1"
        );
        let row: Option<Head> = sqlx::query_as(sqlx::AssertSqlSafe(blocked))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(claim.partition.number)
            .bind(key)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("look for parked events"))?;
        Ok(row.map(|row| self.head(row)))
    }

    async fn undecided(&self, claim: &Claim) -> Result<u64, StoreError> {
        let count = format!("SELECT count(*) FROM tidings_dead_letter WHERE {HERE} AND state = 'waiting'");
        let row = here(count, claim).fetch_one(&self.pool).await;
        let letters: i64 = row.and_then(|row| row.try_get(0)).map_err(failed("count dead letters"))?;
        Ok(letters.cast_unsigned())
    }

    async fn parked(&self, transaction: &mut Tx, claim: &Claim, offset: u64) -> Result<Option<Parked>, StoreError> {
        let select = format!(
            "SELECT event_id, event_type, event_version, key, tenant_id, headers, payload, attempts, error \
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
            "UPDATE tidings_parked SET attempts = attempts + 1, next_attempt_at = $5 WHERE {HERE} AND \"offset\" = $4"
        );
        here(start, claim)
            .bind(offset.cast_signed())
            .bind(self.in_a(next))
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
            "UPDATE tidings_parked SET first_failed_at = coalesce(first_failed_at, $8), last_failed_at = $8, error = $6, \
             causes = $7, next_attempt_at = $5 WHERE {HERE} AND \"offset\" = $4"
        );
        here(fail, claim)
            .bind(offset.cast_signed())
            .bind(self.in_a(next))
            .bind(&failure.error)
            .bind(causes(failure))
            .bind(self.now())
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
        let now = self.now();
        let failed_before = format!("SELECT first_failed_at FROM tidings_parked WHERE {HERE} AND \"offset\" = $4");
        let failed_before: Option<Option<String>> = sqlx::query_scalar(sqlx::AssertSqlSafe(failed_before))
            .bind(&*claim.member.consumer)
            .bind(claim.partition.stream)
            .bind(claim.partition.number)
            .bind(offset.cast_signed())
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed("write a dead letter"))?;
        self.unpark(transaction, claim, *offset).await?;
        let (first, last) = sqlx::query_as(
            "INSERT INTO tidings_dead_letter (consumer, stream, partition, \"offset\", key, event_id, event_type, \
             event_version, tenant_id, headers, payload, attempts, first_failed_at, last_failed_at, error, causes, \
             backtrace, halts_key) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
             ON CONFLICT (consumer, stream, partition, \"offset\") DO UPDATE SET key = excluded.key, \
             event_id = excluded.event_id, event_type = excluded.event_type, event_version = excluded.event_version, \
             tenant_id = excluded.tenant_id, headers = excluded.headers, payload = excluded.payload, \
             attempts = excluded.attempts, first_failed_at = excluded.first_failed_at, \
             last_failed_at = excluded.last_failed_at, error = excluded.error, causes = excluded.causes, \
             backtrace = excluded.backtrace, halts_key = excluded.halts_key, state = 'waiting', decided_at = NULL, \
             decided_by = NULL, reason = NULL \
             RETURNING first_failed_at, last_failed_at",
        )
        .bind(&*claim.member.consumer)
        .bind(claim.partition.stream)
        .bind(claim.partition.number)
        .bind(offset.cast_signed())
        .bind(&event.key)
        .bind(event.event_id)
        .bind(&event.event_type)
        .bind(event.event_version)
        .bind(&event.tenant_id)
        .bind(&event.headers)
        .bind(&event.payload)
        .bind(*attempts)
        .bind(failed_before.flatten().unwrap_or_else(|| now.clone()))
        .bind(now)
        .bind(&failure.error)
        .bind(causes(failure))
        .bind(&failure.backtrace)
        .bind(*halts_key)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed("write a dead letter"))?;
        Ok(Times { first, last })
    }
}

/// A statement on a partition of a consumer, which are its first parameters.
fn here(statement: String, claim: &Claim) -> Query<'_, sqlx::Sqlite, SqliteArguments> {
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(&*claim.member.consumer)
        .bind(claim.partition.stream)
        .bind(claim.partition.number)
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn causes(failure: &Failure) -> String {
    serde_json::Value::from(failure.causes.clone()).to_string()
}

fn parked(row: &SqliteRow, claim: &Claim, offset: u64) -> Result<Parked, sqlx::Error> {
    let event = Message {
        stream: claim.partition.stream.to_owned(),
        partition: claim.partition.number,
        event_id: row.try_get(0)?,
        event_type: row.try_get(1)?,
        event_version: row.try_get(2)?,
        key: row.try_get(3)?,
        tenant_id: row.try_get(4)?,
        headers: row.try_get(5)?,
        payload: row.try_get(6)?,
    };
    Ok(Parked { offset, event, attempts: row.try_get(7)?, error: row.try_get(8)? })
}
