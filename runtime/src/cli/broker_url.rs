//! The broker, by its URL.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use rabbitmq_stream_client::TlsConfiguration;
use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tidings::broker::RabbitMq;
use url::{Host, Url};

use super::secret::Secret;

const REMEDY: &str = "write rabbitmq-stream://user@host:5552/vhost";

/// Where a broker is, and who we are there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) virtual_host: String,
    pub(crate) tls: bool,
}

impl Address {
    /// What a URL says. No fault shows it: it may have a password.
    pub(crate) fn read(url: &str) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|cause| format!("it is no URL: {cause}; {REMEDY}"))?;
        let (tls, port) = match url.scheme() {
            "rabbitmq-stream" => (false, 5552),
            "rabbitmq-stream+tls" => (true, 5551),
            other => return Err(format!("`{other}` is no scheme of RabbitMQ streams; {REMEDY}")),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(format!("it names no host; {REMEDY}")),
        };
        if ServerName::try_from(host.as_str()).is_err() {
            return Err(format!("it names a host that cannot be; {REMEDY}"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("nothing may come behind the virtual host; {REMEDY}"));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
        let decoded = |text: &str| decoded(text).map_err(|_| "it is not UTF-8 once decoded".to_owned());
        let user = decoded(url.username())?;
        let virtual_host = decoded(url.path().strip_prefix('/').unwrap_or_default())?;
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            user: if user.is_empty() { "guest".to_owned() } else { user },
            password: url.password().map(decoded).transpose()?.map(Secret::new),
            virtual_host: if virtual_host.is_empty() { "/".to_owned() } else { virtual_host },
            tls,
        })
    }

    /// The broker at this address.
    pub(crate) fn broker(&self, password: Option<&Secret>, tls: TlsConfiguration, load_balanced: bool) -> RabbitMq {
        let password = password.or(self.password.as_ref()).map_or("guest", Secret::reveal);
        let broker = RabbitMq::new(&self.host, self.port)
            .with_login(&self.user, password)
            .with_virtual_host(&self.virtual_host)
            .with_tls(tls);
        if load_balanced { broker.behind_load_balancer() } else { broker }
    }
}

/// Certificate authorities, which are looked at here because the client would not say what is wrong with them.
pub(crate) fn authorities(path: &Path) -> Result<PathBuf, String> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path)? {
        let unusable = |cause| format!("`{}` has a certificate that is none of an authority: {cause}", path.display());
        store.add(certificate).map_err(unusable)?;
    }
    Ok(path.to_owned())
}

/// A client's certificate and its key.
pub(crate) fn identity(certificate: &Path, key: &Path) -> Result<(PathBuf, PathBuf), String> {
    certificates(certificate)?;
    PrivateKeyDer::from_pem_file(key)
        .map_err(|cause| format!("cannot read a private key from `{}`: {cause}", key.display()))?;
    Ok((certificate.to_owned(), key.to_owned()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |cause| format!("cannot read certificates from `{}`: {cause}", path.display());
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(format!("`{}` has no certificate; it is to be in PEM", path.display()));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_the_brokers_defaults() {
        let address = Address::read("rabbitmq-stream://broker").unwrap();
        let expected = Address {
            host: "broker".to_owned(),
            port: 5552,
            user: "guest".to_owned(),
            password: None,
            virtual_host: "/".to_owned(),
            tls: false,
        };
        assert_eq!(address, expected);
        assert_eq!(Address::read("rabbitmq-stream+tls://broker").unwrap().port, 5551);
    }

    #[test]
    fn users_passwords_and_virtual_hosts_are_decoded() {
        let address = Address::read("rabbitmq-stream://order%2Fservice:p%40ss%3a@[::1]:1/a%2fb").unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 1));
        assert_eq!((address.user.as_str(), address.virtual_host.as_str()), ("order/service", "a/b"));
        assert_eq!(address.password, Some(Secret::new("p@ss:")));
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
            let fault = Address::read(url).unwrap_err();
            assert!(!fault.contains("hidden"), "{fault}");
        }
    }
}
