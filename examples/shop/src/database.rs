//! A service's own database: PostgreSQL, or SQLite where nothing is installed.
//!
//! The services are written once for both, so everything they store is text. A service of yours has one database, and no
//! such trait.

use std::path::Path;
use std::str::FromStr as _;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, Row, SqlitePool, Transaction};
use tidings::consumer::{self, Inbox};
use tidings::outbox::OutboxTransaction;
use tidings::relay;

/// The tables of all three services: each uses its own.
pub(crate) const TABLES: &str = "\
    CREATE TABLE orders (order_id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, cents TEXT NOT NULL, cancelled TEXT);
    CREATE TABLE payments (order_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, cents TEXT NOT NULL, \
                           currency TEXT NOT NULL, refunded TEXT);
    CREATE TABLE history (order_id TEXT PRIMARY KEY, placed_at TEXT, paid_at TEXT, cancelled_at TEXT)";

/// What the services need of a database.
pub(crate) trait Database: Clone + Send + Sync + 'static {
    type Transaction: OutboxTransaction + 'static;
    type Inbox: Inbox<Transaction = Self::Transaction>;
    type Store: relay::Store;

    fn inbox(&self) -> Self::Inbox;
    fn store(&self, group: &str) -> Self::Store;
    fn begin(&self) -> impl Future<Output = sqlx::Result<Self::Transaction>> + Send;
    fn commit(&self, transaction: Self::Transaction) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Runs a statement with these values for `$1`, `$2`, …; what it returns is text.
    fn execute(
        transaction: &mut Self::Transaction,
        statement: &'static str,
        values: &[&str],
    ) -> impl Future<Output = sqlx::Result<Vec<Vec<String>>>> + Send;

    /// What a query gives, all of it text.
    fn rows(&self, query: &'static str) -> impl Future<Output = sqlx::Result<Vec<Vec<String>>>> + Send;
}

#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    options: PgConnectOptions,
    pool: PgPool,
}

impl Postgres {
    /// The database at this address, with tables in a schema of the service's own.
    pub(crate) async fn connect(address: &str, schema: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(address)?;
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        pool.execute(AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {schema}"))).await?;
        let options = options.options([("search_path", schema)]);
        let pool = PgPoolOptions::new().max_connections(20).connect_with(options.clone()).await?;
        migrate("postgres").await?.run(&pool).await?;
        pool.execute(AssertSqlSafe(TABLES.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))).await?;
        Ok(Self { options, pool })
    }
}

impl Database for Postgres {
    type Transaction = Transaction<'static, sqlx::Postgres>;
    type Inbox = consumer::Postgres;
    type Store = relay::Postgres;

    fn inbox(&self) -> consumer::Postgres {
        consumer::Postgres::new(self.pool.clone())
    }

    fn store(&self, group: &str) -> relay::Postgres {
        relay::Postgres::new(self.options.clone(), group)
    }

    async fn begin(&self) -> sqlx::Result<Self::Transaction> {
        self.pool.begin().await
    }

    async fn commit(&self, transaction: Self::Transaction) -> sqlx::Result<()> {
        transaction.commit().await
    }

    async fn execute(
        transaction: &mut Self::Transaction,
        statement: &'static str,
        values: &[&str],
    ) -> sqlx::Result<Vec<Vec<String>>> {
        let statement = values.iter().fold(sqlx::query(statement), |statement, value| statement.bind(*value));
        texts(&statement.fetch_all(&mut **transaction).await?)
    }

    async fn rows(&self, query: &'static str) -> sqlx::Result<Vec<Vec<String>>> {
        texts(&sqlx::query(query).fetch_all(&self.pool).await?)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    pool: SqlitePool,
}

impl Sqlite {
    pub(crate) async fn create(file: &Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await?;
        migrate("sqlite").await?.run(&pool).await?;
        pool.execute(TABLES).await?;
        Ok(Self { pool })
    }

    /// One that a test has made.
    #[cfg(test)]
    pub(crate) fn of(pool: SqlitePool) -> Self {
        Self { pool }
    }
}

impl Database for Sqlite {
    type Transaction = Transaction<'static, sqlx::Sqlite>;
    type Inbox = consumer::Sqlite;
    type Store = relay::Sqlite;

    fn inbox(&self) -> consumer::Sqlite {
        consumer::Sqlite::new(self.pool.clone())
    }

    fn store(&self, group: &str) -> relay::Sqlite {
        relay::Sqlite::new(self.pool.clone(), group)
    }

    async fn begin(&self) -> sqlx::Result<Self::Transaction> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    async fn commit(&self, transaction: Self::Transaction) -> sqlx::Result<()> {
        transaction.commit().await
    }

    async fn execute(
        transaction: &mut Self::Transaction,
        statement: &'static str,
        values: &[&str],
    ) -> sqlx::Result<Vec<Vec<String>>> {
        let statement = values.iter().fold(sqlx::query(statement), |statement, value| statement.bind(*value));
        texts(&statement.fetch_all(&mut **transaction).await?)
    }

    async fn rows(&self, query: &'static str) -> sqlx::Result<Vec<Vec<String>>> {
        texts(&sqlx::query(query).fetch_all(&self.pool).await?)
    }
}

/// Rows of which every column is text.
fn texts<'r, R: Row>(rows: &'r [R]) -> sqlx::Result<Vec<Vec<String>>>
where
    usize: sqlx::ColumnIndex<R>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    rows.iter().map(|row| (0..row.len()).map(|column| row.try_get(column)).collect()).collect()
}

/// The generated migrations: outbox, ledger, parked events, dead letters.
async fn migrate(database: &str) -> anyhow::Result<Migrator> {
    let generated = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../generated/migrations").join(database);
    Ok(Migrator::new(generated).await?)
}
