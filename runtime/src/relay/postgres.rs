//! The outbox on PostgreSQL.
//!
//! Ids are drawn before a transaction commits, so a row with a lower id may become visible after one with a higher id:
//! no position in a table of ids tells what is new. A window is what one snapshot of the database sees and the snapshot
//! before it did not; each committed row is in exactly one window, however long its transaction took, and no open
//! transaction holds others up. Within a window, rows go by id: where a transaction appends an event of a key after
//! another has committed one, it draws a higher id, or is in a later window.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, Row as _};
use tokio::time::timeout;
use uuid::Uuid;

use super::error::{is_about_the_question, said};
use super::{Backlog, Lead, Most, PublishingIds, Row, Store, StoreError, Window};

/// Before the first transaction of any database: ids of transactions begin at 3.
const BEGINNING: &str = "3:3:";

/// How long a segment takes new rows, at least, before the next one does.
const SEGMENT: Duration = Duration::from_mins(5);

/// For a connection, and for what takes no more than an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ids are relied on once they are written. Rows are read by their order, never sorted anew for each chunk, and not by
/// plans for other windows. A relay whose machine or network is gone does not lead for hours.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = 0; \
                        SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; SET jit = off; \
                        SET plan_cache_mode = force_custom_plan; SET enable_sort = off; SET enable_seqscan = off; \
                        SET enable_bitmapscan = off; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; \
                        SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s'; \
                        SET client_connection_check_interval = '10s'";

/// What comes after a snapshot `$1`: a beginning of the rows by later transactions, and of those by transactions that ran
/// then. How many they are, the age of the oldest, and how many ids there are from the first to the last of all.
const BACKLOG: &str = "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8, \
                       coalesce((SELECT max(id) FROM tidings_outbox) - min(id) + 1, 0) FROM (\
                       (SELECT id, created_at FROM tidings_outbox WHERE xid >= pg_snapshot_xmax($1::pg_snapshot) \
                       ORDER BY xid, id LIMIT $2) UNION ALL (SELECT id, created_at FROM tidings_outbox \
                       WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot))) LIMIT $2)) AS backlog";

/// Up to here, rows are counted.
const COUNTED: i64 = 1_000;

/// Rows that are looked at without hesitation, to find out where a window begins.
const FEW: i64 = 10_000;

/// How long making room may keep writers waiting.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '100ms'";

/// Rows of a window by transactions that began after the window before it.
const RANGE: &str = "xid >= pg_snapshot_xmax($1::pg_snapshot) AND xid < pg_snapshot_xmax($2::pg_snapshot) \
                     AND pg_visible_in_snapshot(xid, $2::pg_snapshot)";

/// Rows of a window by transactions that were running when the window before it ended.
const LATE: &str = "xid = ANY (ARRAY(SELECT late FROM pg_snapshot_xip($1::pg_snapshot) AS late \
                    WHERE pg_visible_in_snapshot(late, $2::pg_snapshot)))";

/// A database with an outbox, and the group whose lead is taken there.
#[derive(Clone)]
pub struct Postgres {
    options: PgConnectOptions,
    group: String,
}

/// Without the password.
impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { options, group } = self;
        let address = (options.get_host(), options.get_port(), options.get_database().unwrap_or_default());
        f.debug_struct("Postgres").field("address", &address).field("group", group).finish_non_exhaustive()
    }
}

impl Postgres {
    /// The outbox of a database. The relay connects by itself, and not through a pooler in transaction mode: its lead is
    /// a lock of its session.
    #[must_use]
    pub fn new(options: PgConnectOptions, group: impl Into<String>) -> Self {
        Self { options, group: group.into() }
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let connect = self.options.clone().disable_statement_logging();
        let mut connection = timeout(PATIENCE, connect.connect()).await.map_err(|_| timed_out())??;
        timeout(PATIENCE, connection.execute(SETTINGS)).await.map_err(|_| timed_out())??;
        Ok(connection)
    }
}

impl Store for Postgres {
    type Lead = PostgresLead;

    fn group(&self) -> &str {
        &self.group
    }

    async fn lead(&self) -> Result<Option<PostgresLead>, StoreError> {
        let mut connection = self.connect().await.map_err(failed("connect to the database"))?;
        let locked: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('tidings relay ' || $1, 0))")
                .bind(&self.group)
                .fetch_one(&mut connection)
                .await
                .map_err(failed("take the lead"))?;
        if !locked {
            return Ok(None);
        }
        let take = "INSERT INTO tidings_relay AS relay (relay_group, epoch, leader, led_since, last_snapshot) \
                    VALUES ($1, 1, $2, clock_timestamp(), $3::pg_snapshot) \
                    ON CONFLICT (relay_group) DO UPDATE \
                    SET epoch = relay.epoch + 1, leader = excluded.leader, led_since = excluded.led_since \
                    RETURNING epoch, last_window, last_snapshot::text, publisher::text, \
                    pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(last_snapshot)";
        let (epoch, last_window, last_snapshot, publisher, is_elsewhere): (i64, i64, String, String, bool) =
            sqlx::query_as(take)
                .bind(&self.group)
                .bind(Uuid::now_v7().to_string())
                .bind(BEGINNING)
                .fetch_one(&mut connection)
                .await
                .map_err(failed("take the lead"))?;
        if is_elsewhere {
            return Err(StoreError::Moved);
        }
        let publisher = format!("tidings.{}.{publisher}", self.group);
        Ok(Some(PostgresLead { connection, group: self.group.clone(), publisher, epoch, last_window, last_snapshot }))
    }
}

/// The lead of a group of relays. Ends with its connection.
#[derive(Debug)]
pub struct PostgresLead {
    connection: PgConnection,
    group: String,
    publisher: String,
    epoch: i64,
    last_window: i64,
    last_snapshot: String,
}

/// Two snapshots, as text: rows that the second sees and the first does not.
#[derive(Debug, Clone)]
pub struct Snapshots {
    begins: String,
    ends: String,
}

/// How far a window has been read: two runs of rows by id, which are merged.
#[derive(Debug, Default)]
pub struct Position {
    range: Run,
    late: Run,
}

#[derive(Debug, Default)]
struct Run {
    /// Id of the last row that was fetched, and of the last there is; `None` at the beginning.
    bounds: Option<(i64, i64)>,
    /// Rows that are worth asking for: about as many as fit into memory, where rows are large.
    worth: Option<usize>,
    fetched: VecDeque<(i64, Row)>,
}

impl PostgresLead {
    /// Fetches rows of a run when it has none. Between its first and its last row, the table is read by id.
    async fn fill(&mut self, run: &mut Run, condition: &str, window: &Snapshots, most: Most) -> Result<(), StoreError> {
        if !run.fetched.is_empty() {
            return Ok(());
        }
        let (last, highest) = match run.bounds {
            Some(bounds) => bounds,
            None => self.bounds(condition, window).await.map_err(failed("read the outbox"))?,
        };
        if last < highest {
            let select = format!(
                "SELECT id, stream, partition, event_id, event_type, event_version, key, tenant_id, headers::json, \
                 payload FROM tidings_outbox WHERE {condition} AND id > $3 AND id <= $4 ORDER BY id LIMIT $5"
            );
            let asked = run.worth.map_or(most.rows, |worth| worth.min(most.rows));
            let mut rows = sqlx::query(sqlx::AssertSqlSafe(select))
                .bind(&window.begins)
                .bind(&window.ends)
                .bind(last)
                .bind(highest)
                .bind(i64::try_from(asked).unwrap_or(i64::MAX))
                .fetch(&mut self.connection);
            let mut bytes = 0;
            while bytes < most.bytes
                && let Some(next) = rows.try_next().await.map_err(failed("read the outbox"))?
            {
                let next = row(&next).map_err(failed("read the outbox"))?;
                bytes += next.1.size();
                run.fetched.push_back(next);
            }
            // What was asked for and not taken is thrown away when the connection is used again.
            let fit = run.fetched.len().max(1);
            run.worth = Some(if bytes < most.bytes { asked.saturating_mul(2) } else { fit });
        }
        run.bounds = Some((run.fetched.back().map_or(highest, |(id, _)| *id), highest));
        Ok(())
    }

    /// Ids between which the rows of a run lie, the first one left out.
    async fn bounds(&mut self, condition: &str, window: &Snapshots) -> Result<(i64, i64), sqlx::Error> {
        type Ids = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

        // By a limit, so that a large window is not walked through only to find out where it begins.
        let few = format!(
            "WITH few AS MATERIALIZED (SELECT id FROM tidings_outbox WHERE {condition} LIMIT $3) \
             SELECT count(*), min(id), max(id), (SELECT min(id) FROM tidings_outbox), \
             (SELECT max(id) FROM tidings_outbox) FROM few"
        );
        let (count, first, last, lowest, highest): Ids = sqlx::query_as(sqlx::AssertSqlSafe(few))
            .bind(&window.begins)
            .bind(&window.ends)
            .bind(FEW)
            .fetch_one(&mut self.connection)
            .await?;
        let (Some(first), Some(last), Some(lowest), Some(highest)) = (first, last, lowest, highest) else {
            return Ok((0, 0));
        };
        if count < FEW {
            return Ok((first - 1, last));
        }
        if first - lowest <= FEW {
            return Ok((lowest - 1, highest));
        }
        // By a sum, so that the ids are not walked until a row of the window comes.
        let begins = format!("SELECT min(id + 0) - 1 FROM tidings_outbox WHERE {condition}");
        let before: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(begins))
            .bind(&window.begins)
            .bind(&window.ends)
            .fetch_one(&mut self.connection)
            .await?;
        Ok((before.unwrap_or(lowest - 1), highest))
    }

    fn fenced(&self) -> StoreError {
        StoreError::Fenced { group: self.group.clone() }
    }

    /// Lets the next segment take new rows when this one has for long enough.
    async fn rotate(&mut self) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        let full: Option<i16> = sqlx::query_scalar(
            "SELECT segment FROM tidings_outbox_segment AS live WHERE state = 'live' \
             AND since < clock_timestamp() - make_interval(secs => $1) \
             AND EXISTS (SELECT FROM tidings_outbox_segment WHERE state = 'empty') \
             AND EXISTS (SELECT FROM tidings_outbox WHERE segment = live.segment) FOR UPDATE",
        )
        .bind(SEGMENT.as_secs_f64())
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(full) = full {
            let close =
                "UPDATE tidings_outbox_segment SET state = 'closed', since = clock_timestamp() WHERE segment = $1";
            sqlx::query(close).bind(full).execute(&mut *transaction).await?;
            let begin = "UPDATE tidings_outbox_segment SET state = 'live', since = clock_timestamp() WHERE segment = \
                         (SELECT segment FROM tidings_outbox_segment WHERE state = 'empty' ORDER BY since LIMIT 1)";
            transaction.execute(begin).await?;
        }
        transaction.commit().await
    }

    /// Empties a closed segment if every row of it was published before `kept`, the beginnings of what each group keeps.
    async fn empty(&mut self, segment: i16, kept: &[String]) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        transaction.execute(LOCK_TIMEOUT).await?;
        // With the lock, nobody has a row in there that is not committed.
        let lock = format!("LOCK TABLE tidings_outbox_{segment} IN ACCESS EXCLUSIVE MODE");
        transaction.execute(sqlx::AssertSqlSafe(lock)).await?;
        let state = "SELECT state = 'closed' FROM tidings_outbox_segment WHERE segment = $1 FOR UPDATE";
        let is_closed: bool = sqlx::query_scalar(state).bind(segment).fetch_one(&mut *transaction).await?;
        let mut needed = !is_closed;
        for kept in kept {
            let by_group = format!(
                "SELECT EXISTS (SELECT FROM tidings_outbox_{segment} WHERE xid >= pg_snapshot_xmax($1::pg_snapshot)) \
                 OR EXISTS (SELECT FROM tidings_outbox_{segment} \
                 WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot))))"
            );
            let by_group: bool =
                sqlx::query_scalar(sqlx::AssertSqlSafe(by_group)).bind(kept).fetch_one(&mut *transaction).await?;
            needed |= by_group;
        }
        if !needed {
            transaction.execute(sqlx::AssertSqlSafe(format!("TRUNCATE tidings_outbox_{segment}"))).await?;
            let note =
                "UPDATE tidings_outbox_segment SET state = 'empty', since = clock_timestamp() WHERE segment = $1";
            sqlx::query(note).bind(segment).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

impl Lead for PostgresLead {
    type Range = Snapshots;
    type Position = Position;

    fn publisher_name(&self) -> &str {
        &self.publisher
    }

    async fn history(&mut self) -> Result<Vec<Window<Snapshots>>, StoreError> {
        let select = "SELECT number, begins::text, ends::text, first_ids::text, next_ids::text \
                      FROM tidings_relay_window WHERE relay_group = $1 ORDER BY number";
        let rows = sqlx::query(select).bind(&self.group).fetch_all(&mut self.connection).await;
        let rows = rows.map_err(failed("read the windows"))?;
        let read = |row: &PgRow| -> Result<_, sqlx::Error> {
            let (number, begins, ends): (i64, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let (first, next): (String, Option<String>) = (row.try_get(3)?, row.try_get(4)?);
            Ok((number, Snapshots { begins, ends }, first, next))
        };
        rows.iter()
            .map(|row| {
                let (number, range, first, next) = read(row).map_err(failed("read the windows"))?;
                let ids = |text: &str| {
                    let what = || StoreError::Corrupt { what: format!("publishing ids of window {number}") };
                    serde_json::from_str(text).map_err(|_| what())
                };
                let next = next.as_deref().map(ids).transpose()?;
                Ok(Window { number: number.cast_unsigned(), range, first: ids(&first)?, next })
            })
            .collect()
    }

    async fn open(&mut self, first: &PublishingIds) -> Result<Option<Window<Snapshots>>, StoreError> {
        let (range, late) = (RANGE.replace("$2::pg_snapshot", "now.ends"), LATE.replace("$2::pg_snapshot", "now.ends"));
        let look = format!(
            "WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS ends) SELECT ends::text, \
             EXISTS (SELECT FROM tidings_outbox WHERE {range}) OR EXISTS (SELECT FROM tidings_outbox WHERE {late}) FROM now"
        );
        let (ends, is_new): (String, bool) = sqlx::query_as(sqlx::AssertSqlSafe(look))
            .bind(&self.last_snapshot)
            .fetch_one(&mut self.connection)
            .await
            .map_err(failed("look into the outbox"))?;
        if !is_new {
            // Nothing lies between the two, so a window may as well begin here.
            self.last_snapshot = ends;
            return Ok(None);
        }
        let record = "WITH fence AS (UPDATE tidings_relay SET last_window = $3, last_snapshot = $5::pg_snapshot \
                      WHERE relay_group = $1 AND epoch = $2 AND last_window = $3 - 1 RETURNING relay_group) \
                      INSERT INTO tidings_relay_window (relay_group, number, begins, ends, first_ids) \
                      SELECT relay_group, $3, $4::pg_snapshot, $5::pg_snapshot, $6::jsonb FROM fence";
        let number = self.last_window + 1;
        let recorded = sqlx::query(record)
            .bind(&self.group)
            .bind(self.epoch)
            .bind(number)
            .bind(&self.last_snapshot)
            .bind(&ends)
            .bind(to_json(first))
            .execute(&mut self.connection)
            .await
            .map_err(failed("record a window"))?;
        if recorded.rows_affected() == 0 {
            return Err(self.fenced());
        }
        self.last_window = number;
        let begins = std::mem::replace(&mut self.last_snapshot, ends.clone());
        let range = Snapshots { begins, ends };
        Ok(Some(Window { number: number.cast_unsigned(), range, first: first.clone(), next: None }))
    }

    async fn read(
        &mut self,
        window: &Window<Snapshots>,
        position: &mut Position,
        most: Most,
    ) -> Result<Vec<Row>, StoreError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < most.rows && bytes < most.bytes {
            self.fill(&mut position.range, RANGE, &window.range, most).await?;
            self.fill(&mut position.late, LATE, &window.range, most).await?;
            let (range, late) = (&mut position.range.fetched, &mut position.late.fetched);
            let next = match (range.front(), late.front()) {
                (Some((first, _)), Some((second, _))) if second < first => late.pop_front(),
                (Some(_), _) => range.pop_front(),
                (None, _) => late.pop_front(),
            };
            let Some((_, row)) = next else { break };
            bytes += row.size();
            rows.push(row);
        }
        Ok(rows)
    }

    async fn published(&mut self, window: u64, next: &PublishingIds) -> Result<(), StoreError> {
        let note = "UPDATE tidings_relay_window SET next_ids = $4::jsonb, \
                    published_at = coalesce(published_at, clock_timestamp()) \
                    WHERE relay_group = $1 AND number = $3 \
                    AND EXISTS (SELECT FROM tidings_relay WHERE relay_group = $1 AND epoch = $2)";
        let noted = sqlx::query(note)
            .bind(&self.group)
            .bind(self.epoch)
            .bind(window.cast_signed())
            .bind(to_json(next))
            .execute(&mut self.connection)
            .await
            .map_err(failed("note a published window"))?;
        if noted.rows_affected() == 0 { Err(self.fenced()) } else { Ok(()) }
    }

    async fn keep(&mut self) -> Result<(), StoreError> {
        // It is kept by the connection, whose end is noticed.
        Ok(())
    }

    async fn backlog(&mut self) -> Result<Backlog, StoreError> {
        let action = "look how much there is to publish";
        // From the last window backwards, since nearly all are published.
        let frontier = "SELECT begins::text FROM tidings_relay_window WHERE relay_group = $1 AND number > coalesce((\
                        SELECT number FROM tidings_relay_window WHERE relay_group = $1 AND published_at IS NOT NULL \
                        ORDER BY number DESC LIMIT 1), 0) ORDER BY number LIMIT 1";
        let frontier: Option<String> = sqlx::query_scalar(frontier)
            .bind(&self.group)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(failed(action))?;
        let (counted, oldest, ids): (i64, f64, i64) = sqlx::query_as(BACKLOG)
            .bind(frontier.as_ref().unwrap_or(&self.last_snapshot))
            .bind(COUNTED)
            .fetch_one(&mut self.connection)
            .await
            .map_err(failed(action))?;
        let rows = if counted < COUNTED { counted } else { ids.max(counted) };
        let states = "SELECT state, count(segment) FROM (VALUES ('live'), ('closed'), ('empty')) AS states (state) \
                      LEFT JOIN tidings_outbox_segment USING (state) GROUP BY state";
        let states: Vec<(String, i64)> =
            sqlx::query_as(states).fetch_all(&mut self.connection).await.map_err(failed(action))?;
        Ok(Backlog {
            rows: rows.unsigned_abs(),
            oldest: Duration::try_from_secs_f64(oldest).unwrap_or_default(),
            segments: states.into_iter().map(|(state, count)| (state, count.unsigned_abs())).collect(),
        })
    }

    async fn tidy(&mut self, retain: Duration) -> Result<(), StoreError> {
        // The last window stays, for its ids.
        let forget = "DELETE FROM tidings_relay_window WHERE relay_group = $1 \
                      AND published_at < clock_timestamp() - make_interval(secs => $3) AND number < (\
                      SELECT coalesce(min(number) FILTER (WHERE published_at IS NULL), max(number)) \
                      FROM tidings_relay_window WHERE relay_group = $1) \
                      AND EXISTS (SELECT FROM tidings_relay WHERE relay_group = $1 AND epoch = $2)";
        sqlx::query(forget)
            .bind(&self.group)
            .bind(self.epoch)
            .bind(retain.as_secs_f64())
            .execute(&mut self.connection)
            .await
            .map_err(failed("forget old windows"))?;
        // It has no rows then: what is read again later must not begin with ids that were used.
        let clear = "UPDATE tidings_relay_window SET begins = ends, first_ids = next_ids WHERE relay_group = $1 \
                     AND published_at < clock_timestamp() - make_interval(secs => $3) AND first_ids <> next_ids \
                     AND number = (SELECT min(number) FROM tidings_relay_window WHERE relay_group = $1) \
                     AND EXISTS (SELECT FROM tidings_relay WHERE relay_group = $1 AND epoch = $2)";
        sqlx::query(clear)
            .bind(&self.group)
            .bind(self.epoch)
            .bind(retain.as_secs_f64())
            .execute(&mut self.connection)
            .await
            .map_err(failed("forget old rows"))?;
        let kept = "SELECT DISTINCT ON (relay_group) coalesce(begins, last_snapshot)::text \
                    FROM tidings_relay LEFT JOIN tidings_relay_window USING (relay_group) ORDER BY relay_group, number";
        let kept: Vec<String> =
            sqlx::query_scalar(kept).fetch_all(&mut self.connection).await.map_err(failed("look for old rows"))?;
        let closed = "SELECT segment FROM tidings_outbox_segment WHERE state = 'closed' ORDER BY since";
        let closed: Vec<i16> =
            sqlx::query_scalar(closed).fetch_all(&mut self.connection).await.map_err(failed("look for old rows"))?;
        for segment in closed {
            match self.empty(segment, &kept).await {
                Err(error) if is_lock_timeout(&error) => {
                    tracing::debug!(segment, "a segment of the outbox is in use; it is emptied later");
                }
                result => result.map_err(failed("empty a segment"))?,
            }
        }
        self.rotate().await.map_err(failed("change segments"))
    }

    async fn release(self) {
        // The server notices in any case.
        let _ = self.connection.close().await;
    }
}

fn row(row: &PgRow) -> Result<(i64, Row), sqlx::Error> {
    // Types are those of the query, and need no look at each row.
    let (partition, version): (i32, i32) = (row.try_get_unchecked(2)?, row.try_get_unchecked(5)?);
    let message = Row {
        stream: row.try_get_unchecked(1)?,
        // Both are held to their ranges by the table.
        partition: partition.cast_unsigned(),
        event_id: row.try_get_unchecked(3)?,
        event_type: row.try_get_unchecked(4)?,
        event_version: version.cast_unsigned(),
        key: row.try_get_unchecked(6)?,
        tenant_id: row.try_get_unchecked(7)?,
        headers: row.try_get_unchecked(8)?,
        payload: row.try_get_unchecked(9)?,
    };
    Ok((row.try_get_unchecked(0)?, message))
}

fn to_json(ids: &PublishingIds) -> String {
    serde_json::to_string(ids).unwrap_or_else(|_| "{}".to_owned())
}

fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "55P03")
}

/// What an error means, by its class (PostgreSQL documentation, appendix A).
pub(crate) fn failed(action: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| {
        let code =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned);
        let cause = said(error);
        match code.as_deref() {
            Some("42P01" | "42703" | "42883") => StoreError::Schema { cause },
            Some("28P01" | "28000" | "3D000" | "42501") => StoreError::Refused { cause },
            Some(code) if is_about_the_question(code) => StoreError::Rejected { action, cause },
            _ => StoreError::Failed { action, cause },
        }
    }
}
