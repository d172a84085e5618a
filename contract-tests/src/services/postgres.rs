//! A test's own PostgreSQL database.

use std::{fmt::Display, str::FromStr as _, sync::Arc, thread};

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::runtime;
use url::Url;
use uuid::Uuid;

use super::server::Running;

/// An empty database of one test. It is dropped with this value, with every connection to it.
#[derive(Debug)]
pub struct Postgres {
    server: Arc<Running>,
    database: String,
    url: Url,
}

impl Postgres {
    pub(super) async fn create(server: Arc<Running>) -> Self {
        let database = format!("tidings_{}", Uuid::new_v4().simple());
        let admin = &server.urls.0[0];
        execute(admin, &format!("CREATE DATABASE {database}")).await.unwrap_or_else(|cause| refused(admin, &cause));
        let mut url = admin.clone();
        url.set_path(&database);
        Self { server, database, url }
    }

    /// The database's URL, password included.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A pool of connections to the database.
    ///
    /// # Panics
    /// When the server refuses the connection.
    pub async fn pool(&self) -> PgPool {
        let pool = PgPoolOptions::new().max_connections(10).connect(self.url()).await;
        pool.unwrap_or_else(|cause| refused(&self.url, &cause))
    }
}

/// Blocks until the database is gone, though it is `Drop`: a test that fails must not leave it on a server that stays.
impl Drop for Postgres {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database);
        let admin = self.server.urls.0[0].clone();
        // A thread of its own, because this one may be driving the test's async code.
        let dropped = thread::spawn(move || block_on(execute(&admin, &drop))).join();
        if !matches!(dropped, Ok(Ok(()))) {
            eprintln!("the test database {} could not be dropped: {dropped:?}", self.database);
        }
    }
}

/// Whether the server takes statements.
pub(super) fn answers(url: &Url) -> bool {
    block_on(execute(url, "SELECT 1")).is_ok()
}

async fn execute(url: &Url, statement: &str) -> Result<(), sqlx::Error> {
    let mut connection: PgConnection =
        PgConnectOptions::from_str(url.as_str())?.disable_statement_logging().connect().await?;
    connection.execute(sqlx::AssertSqlSafe(statement)).await?;
    connection.close().await
}

fn block_on<T>(future: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    runtime::Builder::new_current_thread().enable_all().build().map_err(sqlx::Error::Io)?.block_on(future)
}

fn refused(url: &Url, cause: &dyn Display) -> ! {
    panic!(
        "PostgreSQL at {}:{} refused a test: {cause}",
        url.host_str().unwrap_or_default(),
        url.port().unwrap_or(5432)
    )
}
