//! The outbox on SQLite.
//!
//! There is one writer at a time, so the order of ids is the order of commits, and a window is a range of ids.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Executor as _, Row as _};
use uuid::Uuid;

use super::error::said;
use super::{Backlog, Lead, Most, PublishingIds, Row, Store, StoreError, Window};

/// How long a lead lasts that is not renewed, unless said otherwise. It is renewed every second.
const LEASE: Duration = Duration::from_secs(10);

/// The least value of `PRAGMA synchronous` with which a commit is on the disk when it returns, in every journal mode.
const FULL: i64 = 2;

/// The time so many seconds from now, as this database writes times.
const FROM_NOW: &str = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', $3 || ' seconds')";

/// A database with an outbox, and the group whose lead is taken there.
#[derive(Debug, Clone)]
pub struct Sqlite {
    pool: SqlitePool,
    group: String,
    lease: Duration,
}

impl Sqlite {
    /// The outbox of a database.
    ///
    /// What the broker knows must not be forgotten here when the machine loses power. So a connection on which the relay
    /// records something is set to `PRAGMA synchronous = FULL`, if it was less. What others wrote before is on the disk
    /// then, too, whatever their setting.
    #[must_use]
    pub fn new(pool: SqlitePool, group: impl Into<String>) -> Self {
        Self { pool, group: group.into(), lease: LEASE }
    }

    /// Takes over from a relay that has not been heard of for so long.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

impl Store for Sqlite {
    type Lead = SqliteLead;

    fn group(&self) -> &str {
        &self.group
    }

    async fn lead(&self) -> Result<Option<SqliteLead>, StoreError> {
        let leader = Uuid::now_v7().to_string();
        let take = format!(
            "INSERT INTO tidings_relay AS relay (relay_group, epoch, leader, led_until) VALUES ($1, 1, $2, {FROM_NOW}) \
             ON CONFLICT (relay_group) DO UPDATE \
             SET epoch = relay.epoch + 1, leader = excluded.leader, led_until = excluded.led_until \
             WHERE relay.led_until IS NULL OR relay.led_until < strftime('%Y-%m-%dT%H:%M:%fZ', 'now') \
             RETURNING epoch, last_window, last_id, publisher"
        );
        let taken: Option<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(take))
            .bind(&self.group)
            .bind(leader)
            .bind(seconds(self.lease))
            .fetch_optional(&self.pool)
            .await
            .map_err(failed("take the lead"))?;
        Ok(taken.map(|(epoch, last_window, last_id, publisher)| SqliteLead {
            pool: self.pool.clone(),
            group: self.group.clone(),
            publisher: format!("tidings.{}.{publisher}", self.group),
            lease: self.lease,
            epoch,
            last_window,
            last_id,
        }))
    }
}

/// The lead of a group of relays, for as long as it is renewed.
#[derive(Debug)]
pub struct SqliteLead {
    pool: SqlitePool,
    group: String,
    publisher: String,
    lease: Duration,
    epoch: i64,
    last_window: i64,
    last_id: i64,
}

/// Ids of the first and the last row.
#[derive(Debug, Clone)]
pub struct Ids {
    first: i64,
    last: i64,
}

impl SqliteLead {
    fn fenced(&self) -> StoreError {
        StoreError::Fenced { group: self.group.clone() }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let renew = format!("UPDATE tidings_relay SET led_until = {FROM_NOW} WHERE relay_group = $1 AND epoch = $2");
        let renewed = sqlx::query(sqlx::AssertSqlSafe(renew))
            .bind(&self.group)
            .bind(self.epoch)
            .bind(seconds(self.lease))
            .execute(&self.pool)
            .await
            .map_err(failed("renew the lead"))?;
        if renewed.rows_affected() == 0 { Err(self.fenced()) } else { Ok(()) }
    }
}

impl Lead for SqliteLead {
    type Range = Ids;
    /// Id of the last row that was read.
    type Position = Option<i64>;

    fn publisher_name(&self) -> &str {
        &self.publisher
    }

    async fn history(&mut self) -> Result<Vec<Window<Ids>>, StoreError> {
        let select = "SELECT number, first_id, last_id, first_ids, next_ids FROM tidings_relay_window \
                      WHERE relay_group = $1 ORDER BY number";
        let rows: Vec<(i64, i64, i64, String, Option<String>)> =
            sqlx::query_as(select).bind(&self.group).fetch_all(&self.pool).await.map_err(failed("read the windows"))?;
        rows.into_iter()
            .map(|(number, first_id, last_id, first, next)| {
                let ids = |text: &str| {
                    let what = || StoreError::Corrupt { what: format!("publishing ids of window {number}") };
                    serde_json::from_str(text).map_err(|_| what())
                };
                let next = next.as_deref().map(ids).transpose()?;
                let range = Ids { first: first_id, last: last_id };
                Ok(Window { number: number.cast_unsigned(), range, first: ids(&first)?, next })
            })
            .collect()
    }

    async fn open(&mut self, first: &PublishingIds) -> Result<Option<Window<Ids>>, StoreError> {
        let highest: Option<i64> = sqlx::query_scalar("SELECT max(id) FROM tidings_outbox")
            .fetch_one(&self.pool)
            .await
            .map_err(failed("look into the outbox"))?;
        let Some(highest) = highest.filter(|highest| *highest > self.last_id) else { return Ok(None) };
        let number = self.last_window + 1;
        let mut connection = self.pool.acquire().await.map_err(failed("record a window"))?;
        write_durably(&mut connection).await.map_err(failed("record a window"))?;
        let mut transaction = connection.begin().await.map_err(failed("record a window"))?;
        let fence = "UPDATE tidings_relay SET last_window = $3, last_id = $4 \
                     WHERE relay_group = $1 AND epoch = $2 AND last_window = $3 - 1";
        let fenced = sqlx::query(fence).bind(&self.group).bind(self.epoch).bind(number).bind(highest);
        let fenced = fenced.execute(&mut *transaction).await.map_err(failed("record a window"))?;
        if fenced.rows_affected() == 0 {
            return Err(self.fenced());
        }
        let range = Ids { first: self.last_id + 1, last: highest };
        let record = "INSERT INTO tidings_relay_window (relay_group, number, first_id, last_id, first_ids) \
                      VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(record)
            .bind(&self.group)
            .bind(number)
            .bind(range.first)
            .bind(range.last)
            .bind(to_json(first))
            .execute(&mut *transaction)
            .await
            .map_err(failed("record a window"))?;
        transaction.commit().await.map_err(failed("record a window"))?;
        (self.last_window, self.last_id) = (number, highest);
        Ok(Some(Window { number: number.cast_unsigned(), range, first: first.clone(), next: None }))
    }

    async fn read(
        &mut self,
        window: &Window<Ids>,
        position: &mut Option<i64>,
        most: Most,
    ) -> Result<Vec<Row>, StoreError> {
        let select = "SELECT stream, partition, event_id, event_type, event_version, key, tenant_id, headers, payload, id \
                      FROM tidings_outbox WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
        let mut found = sqlx::query(select)
            .bind(position.unwrap_or(window.range.first - 1))
            .bind(window.range.last)
            .bind(i64::try_from(most.rows).unwrap_or(i64::MAX))
            .fetch(&self.pool);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while bytes < most.bytes
            && let Some(next) = found.try_next().await.map_err(failed("read the outbox"))?
        {
            *position = Some(next.try_get(9).map_err(failed("read the outbox"))?);
            let next = row(&next).map_err(failed("read the outbox"))?;
            bytes += next.size();
            rows.push(next);
        }
        Ok(rows)
    }

    async fn published(&mut self, window: u64, next: &PublishingIds) -> Result<(), StoreError> {
        let note = "UPDATE tidings_relay_window SET next_ids = $4, \
                    published_at = coalesce(published_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) \
                    WHERE relay_group = $1 AND number = $3 \
                    AND EXISTS (SELECT 1 FROM tidings_relay WHERE relay_group = $1 AND epoch = $2)";
        let noted = sqlx::query(note)
            .bind(&self.group)
            .bind(self.epoch)
            .bind(window.cast_signed())
            .bind(to_json(next))
            .execute(&self.pool)
            .await
            .map_err(failed("note a published window"))?;
        if noted.rows_affected() == 0 { Err(self.fenced()) } else { Ok(()) }
    }

    async fn keep(&mut self) -> Result<(), StoreError> {
        self.renew().await
    }

    async fn backlog(&mut self) -> Result<Backlog, StoreError> {
        // Behind the last window that is known to be published, ids have few gaps.
        let select = "SELECT coalesce((SELECT max(id) FROM tidings_outbox), 0) - published.id, \
                      (SELECT max(0.0, (julianday('now') - julianday(created_at)) * 86400.0) FROM tidings_outbox \
                      WHERE id > published.id ORDER BY id LIMIT 1) \
                      FROM (SELECT coalesce((SELECT last_id FROM tidings_relay_window WHERE relay_group = $1 \
                      AND published_at IS NOT NULL ORDER BY number DESC LIMIT 1), 0) AS id) AS published";
        let (rows, oldest): (i64, Option<f64>) = sqlx::query_as(select)
            .bind(&self.group)
            .fetch_one(&self.pool)
            .await
            .map_err(failed("look how much there is to publish"))?;
        let oldest = oldest.and_then(|oldest| Duration::try_from_secs_f64(oldest).ok());
        // Without rows the outbox has no highest id.
        let rows = if oldest.is_some() { u64::try_from(rows).unwrap_or(0) } else { 0 };
        Ok(Backlog { rows, oldest: oldest.unwrap_or_default(), segments: Vec::new() })
    }

    async fn tidy(&mut self, retain: Duration) -> Result<(), StoreError> {
        let old = format!("published_at < {}", FROM_NOW.replace("$3", "-$2"));
        // The last window stays, for its ids.
        let forget = format!(
            "DELETE FROM tidings_relay_window WHERE relay_group = $1 AND {old} AND number < (\
             SELECT coalesce(min(number) FILTER (WHERE published_at IS NULL), max(number)) \
             FROM tidings_relay_window WHERE relay_group = $1)"
        );
        // It has no rows then: what is read again later must not begin with ids that were used.
        let clear = format!(
            "UPDATE tidings_relay_window SET first_id = last_id + 1, first_ids = next_ids WHERE relay_group = $1 \
             AND {old} AND first_id <= last_id \
             AND number = (SELECT min(number) FROM tidings_relay_window WHERE relay_group = $1)"
        );
        for statement in [forget, clear] {
            let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(&self.group).bind(seconds(retain));
            self.pool.execute(statement).await.map_err(failed("forget old rows"))?;
        }
        // What each group keeps begins with its oldest window.
        let empty = "DELETE FROM tidings_outbox WHERE id < (SELECT min(kept) FROM (\
                     SELECT coalesce((SELECT first_id FROM tidings_relay_window AS oldest \
                     WHERE oldest.relay_group = relay.relay_group ORDER BY number LIMIT 1), last_id + 1) AS kept \
                     FROM tidings_relay AS relay))";
        self.pool.execute(empty).await.map_err(failed("forget old rows"))?;
        Ok(())
    }

    async fn release(self) {
        let release = "UPDATE tidings_relay SET led_until = NULL WHERE relay_group = $1 AND epoch = $2";
        // The lease ends in any case.
        let _ = sqlx::query(release).bind(&self.group).bind(self.epoch).execute(&self.pool).await;
    }
}

/// Commits of this connection are on the disk when they return.
async fn write_durably(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
    if synchronous < FULL {
        connection.execute("PRAGMA synchronous = FULL").await?;
    }
    Ok(())
}

fn row(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    Ok(Row {
        stream: row.try_get(0)?,
        partition: row.try_get(1)?,
        event_id: row.try_get(2)?,
        event_type: row.try_get(3)?,
        event_version: row.try_get(4)?,
        key: row.try_get(5)?,
        tenant_id: row.try_get(6)?,
        headers: row.try_get(7)?,
        payload: row.try_get(8)?,
    })
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn to_json(ids: &PublishingIds) -> String {
    serde_json::to_string(ids).unwrap_or_else(|_| "{}".to_owned())
}

pub(crate) fn failed(action: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| {
        let database = error.as_database_error();
        let is_schema = database.is_some_and(|error| {
            let message = error.message();
            message.starts_with("no such table") || message.starts_with("no such column")
        });
        let is_rejected = database.is_some_and(|error| error.kind() != sqlx::error::ErrorKind::Other);
        let cause = said(error);
        match (is_schema, is_rejected) {
            (true, _) => StoreError::Schema { cause },
            (false, true) => StoreError::Rejected { action, cause },
            (false, false) => StoreError::Failed { action, cause },
        }
    }
}
