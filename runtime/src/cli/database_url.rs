//! The database, by its URL.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use url::Url;

use super::secret::Secret;

/// What the URL of a PostgreSQL database may say after its `?`.
const PARAMETERS: &[&str] = &[
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

const REMEDY: &str = "write postgres://user@host:5432/name or sqlite:FILE";

/// A relay has few questions at once.
const CONNECTIONS: u32 = 2;

/// How long one of them may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database that may have an outbox.
#[derive(Clone)]
pub(crate) enum Database {
    Postgres(Box<PgConnectOptions>),
    Sqlite(SqlitePool),
}

/// Without the password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Postgres(_) => "Postgres",
            Self::Sqlite(_) => "Sqlite",
        })
    }
}

impl Database {
    /// The database at `url`. Nothing is connected yet, but a pool needs a runtime to be in.
    ///
    /// No fault shows the URL: it may have a password.
    pub(crate) fn at(url: &str, password: Option<&Secret>, name: &str) -> Result<Self, String> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        match scheme {
            Some("postgres" | "postgresql") => Self::postgres(url, password, name),
            Some("sqlite") => Self::sqlite(url),
            _ => Err(format!("it is the URL of no database that has an outbox; {REMEDY}")),
        }
    }

    fn postgres(url: &str, password: Option<&Secret>, name: &str) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|cause| format!("it is no URL: {cause}; {REMEDY}"))?;
        let unknown = parsed.query_pairs().map(|(key, _)| key).find(|key| {
            let key = key.split('[').next().unwrap_or_default();
            !PARAMETERS.contains(&key)
        });
        if let Some(unknown) = unknown {
            return Err(format!("it has no parameter `{unknown}`; there are {}", PARAMETERS.join(", ")));
        }
        let options = PgConnectOptions::from_str(url).map_err(|cause| {
            let cause = match cause {
                sqlx::Error::Configuration(cause) => cause.to_string(),
                other => other.to_string(),
            };
            format!("{}; {REMEDY}", cause.trim_start_matches("error with configuration: "))
        })?;
        let options = match password {
            Some(password) => options.password(password.reveal()),
            None => options,
        };
        let options = if options.get_application_name().is_none() { options.application_name(name) } else { options };
        Ok(Self::Postgres(Box::new(options.disable_statement_logging())))
    }

    fn sqlite(url: &str) -> Result<Self, String> {
        let options =
            SqliteConnectOptions::from_str(url).map_err(|_| "it is no URL of SQLite; write sqlite:FILE".to_owned())?;
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        Ok(Self::Sqlite(pool.connect_lazy_with(options.disable_statement_logging())))
    }
}
