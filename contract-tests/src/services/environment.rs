//! The services by name, and the environment variables that speak about them.

use std::{collections::BTreeMap, env, fmt};

use serde::{Deserialize, Serialize};
use url::Url;

use super::Error;

/// Set to `1`, a test that cannot have its server fails instead of being counted as not run.
pub const REQUIRE: &str = "TIDINGS_REQUIRE_SERVICES";

/// A server that tests may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Service {
    /// The newest PostgreSQL that is supported.
    Postgres,
    /// The oldest PostgreSQL that is supported.
    Postgres15,
    /// RabbitMQ with streams and the management API.
    RabbitMq,
}

impl fmt::Display for Service {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Postgres15 => "PostgreSQL 15",
            Self::RabbitMq => "RabbitMQ",
        })
    }
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::Postgres15, Self::RabbitMq];

    /// The variables that hold its URLs. The first is enough: the others default to the usual ports of the same host.
    ///
    /// The URLs name a user that may create databases, or virtual hosts and users: tests make their own and remove them.
    /// Its name and password must need no escaping in a URL.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["TIDINGS_POSTGRES_URL"],
            Self::Postgres15 => &["TIDINGS_POSTGRES_15_URL"],
            Self::RabbitMq => {
                &["TIDINGS_RABBITMQ_URL", "TIDINGS_RABBITMQ_STREAM_URL", "TIDINGS_RABBITMQ_MANAGEMENT_URL"]
            }
        }
    }

    /// The variable that says why there is none. A [`Session`](super::Session) exports it so that its tests do not try
    /// again; set by hand, it keeps a server from being started.
    pub fn absence(self) -> &'static str {
        match self {
            Self::Postgres => "TIDINGS_NO_POSTGRES",
            Self::Postgres15 => "TIDINGS_NO_POSTGRES_15",
            Self::RabbitMq => "TIDINGS_NO_RABBITMQ",
        }
    }

    /// The variable that names another Docker image, and the image used without it.
    pub fn image(self) -> (&'static str, &'static str) {
        match self {
            Self::Postgres => ("TIDINGS_POSTGRES_IMAGE", "postgres:17"),
            Self::Postgres15 => ("TIDINGS_POSTGRES_15_IMAGE", "postgres:15"),
            Self::RabbitMq => ("TIDINGS_RABBITMQ_IMAGE", "rabbitmq:4-management"),
        }
    }

    /// Its file name.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Postgres15 => "postgres-15",
            Self::RabbitMq => "rabbitmq",
        }
    }
}

/// The URLs of a running server, in the order of [`Service::variables`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Urls(pub(super) Vec<Url>);

impl Urls {
    /// What the environment says: URLs, nothing, or a fault in one of them.
    pub(super) fn from_environment(service: Service) -> Result<Option<Self>, Error> {
        let set: BTreeMap<&str, String> =
            service.variables().iter().filter_map(|name| Some((*name, env::var(name).ok()?))).collect();
        Self::read(service, &set)
    }

    fn read(service: Service, set: &BTreeMap<&str, String>) -> Result<Option<Self>, Error> {
        let mut urls: Vec<Url> = Vec::new();
        for &variable in service.variables() {
            let fault = |problem: &dyn fmt::Display| Error::Variable { variable, problem: problem.to_string() };
            let url = match (set.get(variable), urls.first()) {
                (Some(text), _) => Url::parse(text).map_err(|cause| fault(&cause))?,
                (None, Some(amqp)) => sibling(amqp, urls.len()).ok_or_else(|| fault(&"it does not follow"))?,
                (None, None) => return Ok(None),
            };
            if url.host_str().is_none_or(str::is_empty) {
                return Err(fault(&"it names no host"));
            }
            urls.push(url);
        }
        Ok(Some(Self(urls)))
    }
}

/// RabbitMQ's stream and management URLs (only RabbitMQ has more than one): same host and user, the usual ports.
fn sibling(amqp: &Url, index: usize) -> Option<Url> {
    let usual = if index == 1 { "rabbitmq-stream://localhost:5552" } else { "http://localhost:15672" };
    let mut url = Url::parse(usual).ok()?;
    url.set_host(amqp.host_str()).ok()?;
    url.set_username(amqp.username()).ok()?;
    url.set_password(amqp.password()).ok()?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rabbitmq(set: &[(&'static str, &str)]) -> Result<Option<Vec<String>>, String> {
        let set = set.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        Urls::read(Service::RabbitMq, &set)
            .map(|urls| urls.map(|urls| urls.0.iter().map(Url::to_string).collect()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_amqp_url_alone_implies_the_usual_ports() {
        let urls = rabbitmq(&[("TIDINGS_RABBITMQ_URL", "amqp://a:b@broker:5672/%2f")]).unwrap().unwrap();
        assert_eq!(
            urls,
            ["amqp://a:b@broker:5672/%2f", "rabbitmq-stream://a:b@broker:5552", "http://a:b@broker:15672/"]
        );
    }

    #[test]
    fn a_url_that_is_set_wins_over_the_implied_one() {
        let urls = rabbitmq(&[
            ("TIDINGS_RABBITMQ_URL", "amqp://a:b@[::1]"),
            ("TIDINGS_RABBITMQ_MANAGEMENT_URL", "http://c:d@other:1"),
        ]);
        assert_eq!(
            urls.unwrap().unwrap(),
            ["amqp://a:b@[::1]", "rabbitmq-stream://a:b@[::1]:5552", "http://c:d@other:1/"]
        );
    }

    #[test]
    fn a_url_without_a_host_is_refused_by_the_variables_name() {
        assert_eq!(rabbitmq(&[]), Ok(None));
        let refused = rabbitmq(&[("TIDINGS_RABBITMQ_URL", "localhost:5672")]).unwrap_err();
        assert_eq!(refused, "TIDINGS_RABBITMQ_URL is not usable: it names no host");
    }
}
