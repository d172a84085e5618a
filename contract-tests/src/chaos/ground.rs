//! A database and a broker that are killed and started again, each behind a proxy.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::{JoinHandle, spawn_blocking};
use url::Url;

use super::event::TOPOLOGY;
use super::part::Route;
use super::proxy::Proxy;
use crate::services::{self, Restartable, Service};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../generated/migrations/postgres");

/// What is true, and what came of it. Neither has a constraint that would hide a fault.
const TABLES: &str = "CREATE TABLE chaos_entity (key text PRIMARY KEY, version bigint NOT NULL); \
                      CREATE TABLE chaos_journal (key text, version bigint, event_id uuid); \
                      CREATE TABLE chaos_effect (id bigserial, key text, version bigint, event_id uuid)";

/// PostgreSQL and RabbitMQ for one run alone, because it kills them.
#[derive(Debug)]
pub struct Servers {
    postgres: Restartable,
    rabbitmq: Restartable,
}

impl Servers {
    /// Starts them.
    ///
    /// # Errors
    /// When this machine cannot have them.
    pub async fn start() -> anyhow::Result<Self> {
        let start = |service| spawn_blocking(move || Restartable::start(service));
        let (postgres, rabbitmq) = (start(Service::Postgres), start(Service::RabbitMq));
        Ok(Self { postgres: postgres.await??, rabbitmq: rabbitmq.await?? })
    }

    /// Starts them for the test that runs on this thread, or `None` when it cannot run here.
    ///
    /// # Panics
    /// As [`services::restartable`].
    pub async fn offer() -> Option<Self> {
        let postgres = services::restartable(Service::Postgres).await?;
        let rabbitmq = services::restartable(Service::RabbitMq).await?;
        Some(Self { postgres, rabbitmq })
    }
}

pub(super) struct Ground {
    pub(super) postgres: Server,
    pub(super) rabbitmq: Server,
    /// Through the proxies.
    pub(super) route: Route,
    /// Past them.
    pub(super) direct: Route,
}

/// A server behind its proxy.
pub(super) struct Server {
    server: Arc<Mutex<Restartable>>,
    pub(super) proxy: Proxy,
}

impl Server {
    async fn new(server: Restartable, url: &Url) -> anyhow::Result<Self> {
        let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], port(url)?))).await?;
        Ok(Self { server: Arc::new(Mutex::new(server)), proxy })
    }

    /// Kills the server, and starts it again after a while.
    pub(super) fn restart(&self, down: Duration) -> JoinHandle<anyhow::Result<()>> {
        let server = self.server.clone();
        spawn_blocking(move || {
            let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
            server.kill()?;
            std::thread::sleep(down);
            Ok(server.start_again()?)
        })
    }
}

impl Ground {
    pub(super) async fn new(servers: Servers, seed: u64) -> anyhow::Result<Self> {
        let Servers { postgres, rabbitmq } = servers;
        let (database, stream) = (postgres.urls()[0].clone(), rabbitmq.urls()[1].clone());
        let direct = Route {
            seed,
            database: database.to_string(),
            port: port(&stream)?,
            user: stream.username().to_owned(),
            password: stream.password().unwrap_or_default().to_owned(),
        };
        let postgres = Server::new(postgres, &database).await?;
        let rabbitmq = Server::new(rabbitmq, &stream).await?;
        let mut through = database;
        ensure!(through.set_port(Some(postgres.proxy.port())).is_ok(), "the database's URL takes no port");
        let route = Route { database: through.into(), port: rabbitmq.proxy.port(), ..direct.clone() };
        let this = Self { postgres, rabbitmq, route, direct };

        let pool = this.pool().await?;
        let files = fs::read_dir(Path::new(MIGRATIONS));
        let files = files.and_then(|files| files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>, _>>());
        let mut migrations = files.with_context(|| format!("cannot read `{MIGRATIONS}`"))?;
        migrations.sort();
        for migration in migrations {
            sqlx::raw_sql(AssertSqlSafe(fs::read_to_string(migration)?)).execute(&pool).await?;
        }
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        this.direct.broker().apply_topology(&TOPOLOGY).await?;
        Ok(this)
    }

    /// Connections past the proxy.
    pub(super) async fn pool(&self) -> anyhow::Result<PgPool> {
        Ok(PgPoolOptions::new().max_connections(4).connect(&self.direct.database).await?)
    }
}

fn port(url: &Url) -> anyhow::Result<u16> {
    url.port().with_context(|| format!("`{}` names no port", url.scheme()))
}
