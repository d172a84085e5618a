//! A broker, by its URL.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use rustls_pki_types::ServerName;
use url::{Host, Url};

use super::RabbitMq;

const REMEDY: &str = "write rabbitmq-stream://user@host:5552/vhost";

/// Where a RabbitMQ broker is, and who we are there: `rabbitmq-stream://user:password@host:5552/vhost`, or
/// `rabbitmq-stream+tls://` (port 5551).
///
/// ```
/// use tidings::broker::Address;
///
/// let address: Address = "rabbitmq-stream://order-service:secret@broker.internal".parse()?;
/// assert!(!address.is_tls());
/// // A password is not shown.
/// assert!(!format!("{address:?}").contains("secret"));
/// let broker = address.broker(None);
/// # Ok::<(), tidings::broker::InvalidAddress>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    user: String,
    password: Option<String>,
    virtual_host: String,
    is_tls: bool,
}

/// Why a URL is no address of a broker. It does not show the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; {REMEDY}")]
pub struct InvalidAddress(String);

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(url: &str) -> Result<Self, InvalidAddress> {
        let invalid = |why: &str| InvalidAddress(why.to_owned());
        let url = Url::parse(url).map_err(|cause| invalid(&format!("it is no URL: {cause}")))?;
        let (is_tls, port) = match url.scheme() {
            "rabbitmq-stream" => (false, 5552),
            "rabbitmq-stream+tls" => (true, 5551),
            other => return Err(invalid(&format!("`{other}` is no scheme of RabbitMQ streams"))),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(invalid("it names no host")),
        };
        if ServerName::try_from(host.as_str()).is_err() {
            return Err(invalid("it names a host that cannot be"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("nothing may come behind the virtual host"));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
        let decoded = |text: &str| decoded(text).map_err(|_| invalid("it is not UTF-8 once decoded"));
        let user = decoded(url.username())?;
        let virtual_host = decoded(url.path().strip_prefix('/').unwrap_or_default())?;
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            user: if user.is_empty() { "guest".to_owned() } else { user },
            password: url.password().map(decoded).transpose()?,
            virtual_host: if virtual_host.is_empty() { "/".to_owned() } else { virtual_host },
            is_tls,
        })
    }
}

impl Address {
    /// Whether the URL asks for TLS, which [`RabbitMq::with_tls`] has to be told how.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The broker at this address, with this password instead of the URL's.
    #[must_use]
    pub fn broker(&self, password: Option<&str>) -> RabbitMq {
        let password = password.or(self.password.as_deref()).unwrap_or("guest");
        RabbitMq::new(&self.host, self.port).with_login(&self.user, password).with_virtual_host(&self.virtual_host)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, password: _, virtual_host, is_tls } = self;
        let mut debug = f.debug_struct("Address");
        debug.field("host", host).field("port", port).field("user", user).field("virtual_host", virtual_host);
        debug.field("is_tls", is_tls).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_is_not_said_has_the_brokers_defaults() {
        let address: Address = "rabbitmq-stream://broker".parse().unwrap();
        let expected = Address {
            host: "broker".to_owned(),
            port: 5552,
            user: "guest".to_owned(),
            password: None,
            virtual_host: "/".to_owned(),
            is_tls: false,
        };
        assert_eq!(address, expected);
        let address: Address = "rabbitmq-stream+tls://broker".parse().unwrap();
        assert_eq!((address.port, address.is_tls), (5551, true));
    }

    #[test]
    fn users_passwords_and_virtual_hosts_are_decoded() {
        let address: Address = "rabbitmq-stream://order%2Fservice:p%40ss%3a@[::1]:1/a%2fb".parse().unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 1));
        assert_eq!((address.user.as_str(), address.virtual_host.as_str()), ("order/service", "a/b"));
        assert_eq!(address.password.as_deref(), Some("p@ss:"));
        assert!(!format!("{address:?}").contains("p@ss"));
    }

    #[test]
    fn a_url_that_cannot_be_is_refused_without_being_shown() {
        for url in [
            "amqp://u:hidden@broker/",
            "broker:5552",
            "rabbitmq-stream://u:hidden@/",
            "rabbitmq-stream://u:hidden@broker:port/",
            "rabbitmq-stream://u:hidden@broker/?tls=true",
            "u:hidden@broker",
        ] {
            let fault = url.parse::<Address>().unwrap_err().to_string();
            assert!(!fault.contains("hidden") && fault.contains("rabbitmq-stream://user@host"), "{fault}");
        }
    }
}
