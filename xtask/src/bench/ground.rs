//! A database with an outbox and an inbox, and a broker with the partitions of a stream, all empty at first.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use anyhow::{Context as _, ensure};
use rabbitmq_stream_client::{Client, ClientOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool, Transaction};
use tidings::broker::partition_name;
use tidings::outbox::{KeyOrder, OutboxTransaction as _, Statements};
use tidings_contract::services;
use uuid::Uuid;

use super::event::message;
use super::processes::Tree;
use super::worker::Route;

pub(super) const STREAM: &str = "orders";
pub(super) const PARTITIONS: u32 = 6;

/// Bytes of an event as it is published: headers and payload.
pub(super) const EVENT: usize = 400;

/// Events of one transaction of the backlog.
const COMMIT: usize = 1_000;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../generated/migrations/postgres");

/// Rows `$1` to `$2`. A key has one partition.
const APPEND: &str = r#"
    INSERT INTO tidings_outbox (segment, stream, partition, event_id, event_type, event_version, key, tenant_id, headers, payload)
    SELECT (SELECT segment FROM tidings_outbox_segment WHERE state = 'live'), 'orders', nr % 6, event_id, 'order.placed', 2,
        key, 'acme', headers, convert_to(format('{"order_id":"%s","note":"%s"}', key,
            repeat('n', 400 - length(',"data":{"order_id":"","note":""}') - length(key) - length(headers::text))), 'UTF8')
    FROM generate_series($1::bigint, $2::bigint) AS nr,
        LATERAL (SELECT 'order-' || nr % 6000 AS key, gen_random_uuid() AS event_id OFFSET 0) AS ids,
        LATERAL (SELECT json_build_object('event_id', event_id, 'event_type', 'order.placed', 'event_version', 2,
            'tenant_id', 'acme', 'occurred_at', '2026-03-01T12:00:00Z', 'correlation_id', event_id,
            'producer', 'order-service@1.4.0') AS headers OFFSET 0) AS envelopes"#;

/// Bytes of the write-ahead log, transactions, and rows that were replaced or deleted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) wal: f64,
    pub(super) commits: f64,
    pub(super) dead: f64,
}

/// Servers of this bench. What is on them is removed with this value.
pub(super) struct Ground {
    pub(super) pool: PgPool,
    postgres: services::Postgres,
    rabbitmq: services::RabbitMq,
}

impl Ground {
    pub(super) async fn new() -> anyhow::Result<Self> {
        let absent = "this bench needs PostgreSQL and RabbitMQ; `cargo xtask services up` says why there are none";
        let postgres = services::postgres().await.context(absent)?;
        let rabbitmq = services::rabbitmq().await.context(absent)?;
        let pool = PgPoolOptions::new().max_connections(40).connect(postgres.url()).await?;
        let mut migrations: Vec<_> = fs::read_dir(Path::new(MIGRATIONS))
            .and_then(|files| files.map(|file| Ok(file?.path())).collect::<Result<_, _>>())
            .with_context(|| format!("cannot read `{MIGRATIONS}`"))?;
        migrations.sort();
        for migration in migrations {
            sqlx::raw_sql(AssertSqlSafe(fs::read_to_string(migration)?)).execute(&pool).await?;
        }
        Ok(Self { pool, postgres, rabbitmq })
    }

    /// What a relay or a consumer in a process of its own needs to know.
    pub(super) fn route(&self, name: &str) -> Route {
        let (host, port) = self.rabbitmq.stream_address();
        Route {
            database: self.postgres.url().to_owned(),
            name: name.to_owned(),
            host: host.to_owned(),
            port,
            user: self.rabbitmq.user().to_owned(),
            password: self.rabbitmq.password().to_owned(),
            virtual_host: self.rabbitmq.virtual_host().to_owned(),
            retain_seconds: None,
            notes_times: false,
        }
    }

    /// The processes of PostgreSQL and RabbitMQ, where they run on this machine as its own.
    pub(super) fn servers(&self) -> anyhow::Result<[Option<Tree>; 2]> {
        let postgres = PgConnectOptions::from_str(self.postgres.url())?.get_port();
        let rabbitmq = self.rabbitmq.stream_address().1;
        Ok([Tree::listening(postgres, "postgres"), Tree::listening(rabbitmq, "beam.smp")])
    }

    pub(super) async fn client(&self) -> anyhow::Result<Client> {
        let (host, port) = self.rabbitmq.stream_address();
        let login = ClientOptions::builder().user(self.rabbitmq.user()).password(self.rabbitmq.password());
        Ok(Client::connect(login.host(host).port(port).v_host(self.rabbitmq.virtual_host()).build()).await?)
    }

    /// Streams without a message, whatever there was.
    pub(super) async fn empty_streams(&self) -> anyhow::Result<()> {
        let client = self.client().await?;
        for partition in 0..PARTITIONS {
            let name = partition_name(STREAM, partition);
            // There is none the first time.
            client.delete_stream(&name).await?;
            let created = client.create_stream(&name, HashMap::new()).await?;
            ensure!(created.is_ok(), "the broker does not create `{name}`: {:?}", created.code());
        }
        client.close().await?;
        Ok(())
    }

    /// An outbox without a row.
    pub(super) async fn empty_outbox(&self) -> anyhow::Result<()> {
        sqlx::raw_sql(
            "TRUNCATE tidings_outbox, tidings_relay_window, tidings_relay; \
             UPDATE tidings_outbox_segment SET since = clock_timestamp(), \
             state = CASE segment WHEN 0 THEN 'live' ELSE 'empty' END",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Consumers that have not handled an event.
    pub(super) async fn empty_inbox(&self) -> anyhow::Result<()> {
        let empty = "TRUNCATE tidings_ledger, tidings_cursor, tidings_consumer_instance";
        sqlx::raw_sql(empty).execute(&self.pool).await?;
        Ok(())
    }

    /// Makes sure that the ledger has so many events.
    pub(super) async fn has_noted(&self, events: usize) -> anyhow::Result<()> {
        let noted: i64 = sqlx::query_scalar("SELECT count(*) FROM tidings_ledger").fetch_one(&self.pool).await?;
        ensure!(usize::try_from(noted)? == events, "of {events} events, {noted} were handled");
        Ok(())
    }

    /// Appends rows in transactions of a thousand.
    pub(super) async fn append(&self, events: usize) -> anyhow::Result<()> {
        for first in (1..=events).step_by(COMMIT) {
            self.append_at_once(first, (first + COMMIT - 1).min(events)).await?;
        }
        Ok(())
    }

    /// Appends rows in one transaction.
    pub(super) async fn append_at_once(&self, first: usize, last: usize) -> anyhow::Result<()> {
        let rows = sqlx::query(APPEND).bind(i64::try_from(first)?).bind(i64::try_from(last)?);
        rows.execute(&self.pool).await?;
        Ok(())
    }

    /// Appends an event as a service does, in a transaction of its own. Returns its id.
    pub(super) async fn append_one(&self, nr: usize) -> anyhow::Result<Uuid> {
        let message = message(nr);
        let id = message.event_id;
        let mut transaction = self.pool.begin().await?;
        let added = transaction.add(&[message], KeyOrder::AsCommitted, Statements::Prepared).await;
        added.map_err(|cause| anyhow::anyhow!("cannot append: {cause}"))?;
        transaction.commit().await?;
        Ok(id)
    }

    /// A transaction that has appended an event and does not end. It takes a segment of the outbox that is not emptied
    /// meanwhile.
    pub(super) async fn leave_open(&self) -> anyhow::Result<Transaction<'static, sqlx::Postgres>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(APPEND).bind(1_i64).bind(1_i64).execute(&mut *transaction).await?;
        Ok(transaction)
    }

    /// MiB of the outbox, indexes included.
    pub(super) async fn outbox_on_disk(&self) -> anyhow::Result<f64> {
        let size = "SELECT sum(pg_total_relation_size(relid))::float8 / 1048576 FROM pg_partition_tree('tidings_outbox') \
                    WHERE isleaf";
        Ok(sqlx::query_scalar(size).fetch_one(&self.pool).await?)
    }

    /// As if segments had been in use for an hour.
    pub(super) async fn age_segments(&self) -> anyhow::Result<()> {
        sqlx::query("UPDATE tidings_outbox_segment SET since = since - interval '1 hour'").execute(&self.pool).await?;
        Ok(())
    }

    /// Whether there is room for the next rows.
    pub(super) async fn has_empty_segment(&self) -> anyhow::Result<bool> {
        let empty = "SELECT EXISTS (SELECT FROM tidings_outbox_segment WHERE state = 'empty')";
        Ok(sqlx::query_scalar(empty).fetch_one(&self.pool).await?)
    }

    /// What the database has written so far.
    pub(super) async fn written(&self) -> anyhow::Result<Written> {
        let written = "SELECT (pg_current_wal_lsn() - '0/0')::float8, xact_commit::float8, \
                       (SELECT sum(n_tup_upd + n_tup_del)::float8 FROM pg_stat_user_tables) \
                       FROM pg_stat_database WHERE datname = current_database()";
        let (wal, commits, dead) = sqlx::query_as(written).fetch_one(&self.pool).await?;
        Ok(Written { wal, commits, dead })
    }

    /// A group of relays that has published nothing, whatever others have; returns the name it publishes under.
    pub(super) async fn enlist(&self, group: &str) -> anyhow::Result<String> {
        let publisher = Uuid::now_v7();
        let enlist = "INSERT INTO tidings_relay (relay_group, publisher, last_snapshot) VALUES ($1, $2, '3:3:')";
        sqlx::query(enlist).bind(group).bind(publisher).execute(&self.pool).await?;
        Ok(format!("tidings.{group}.{publisher}"))
    }
}
