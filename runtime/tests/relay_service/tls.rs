//! TLS to both sides, ended by a stand-in in front of servers that have none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::ground::Ground;
use super::process::Process;

/// A certificate authority, and files that a relay is given.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    file: PathBuf,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, certificate.pem()).unwrap();
        Self { certificate: certificate.der().clone(), issuer: Issuer::new(params, key), file, folder }
    }

    /// A certificate with this name, and its key, in files.
    fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let path = |kind: &str| self.folder.path().join(format!("{name}-{kind}.pem"));
        let (certificate_file, key_file) = (path("certificate"), path("key"));
        std::fs::write(&certificate_file, certificate.pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        (certificate_file, key_file)
    }

    /// Proves to be `localhost`, and asks clients for a certificate of this authority where `mutual`.
    fn acceptor(&self, mutual: bool) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let localhost = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = localhost.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(default_provider());
        let config =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let config = if mutual {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            config.with_client_cert_verifier(verifier)
        } else {
            config.with_no_client_auth()
        };
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Ends TLS in front of `to`, after PostgreSQL's question for it where `asked`. Returns its port.
async fn stand_in(to: String, acceptor: TlsAcceptor, asked: bool) -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let (to, acceptor) = (to.clone(), acceptor.clone());
            tokio::spawn(async move {
                if asked {
                    stream.read_exact(&mut [0; 8]).await.unwrap();
                    stream.write_all(b"S").await.unwrap();
                }
                // A client that does not trust us goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    port
}

/// URLs of stand-ins for both servers.
async fn urls(ground: &Ground, authority: &Authority, trusted: &Path) -> (String, String) {
    let (login, rest) = ground.postgres.url().split_once('@').unwrap();
    let (real, name) = rest.split_once('/').unwrap();
    let port = stand_in(real.to_owned(), authority.acceptor(false), true).await;
    let database = format!("{login}@localhost:{port}/{name}?sslmode=verify-full&sslrootcert={}", trusted.display());
    let (host, port) = ground.rabbitmq.stream_address();
    let port = stand_in(format!("{host}:{port}"), authority.acceptor(true), false).await;
    let (user, password) = (ground.rabbitmq.user(), ground.rabbitmq.password());
    let broker = format!("rabbitmq-stream+tls://{user}:{password}@localhost:{port}/{}", ground.rabbitmq.virtual_host());
    (database, broker)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_reached_over_tls_with_a_certificate_of_our_own() {
    let Some(ground) = Ground::new().await else { return };
    ground.create("orders-0").await;
    let authority = Authority::new();
    let (database, broker) = urls(&ground, &authority, &authority.file).await;
    let (certificate, key) = authority.issue("relay");
    let variables = ground.variables_with(&[
        ("TIDINGS_DATABASE_URL", &database),
        ("TIDINGS_BROKER_URL", &broker),
        ("TIDINGS_BROKER_LOAD_BALANCED", "true"),
        ("TIDINGS_BROKER_CA_FILE", authority.file.to_str().unwrap()),
        ("TIDINGS_BROKER_CERTIFICATE_FILE", certificate.to_str().unwrap()),
        ("TIDINGS_BROKER_KEY_FILE", key.to_str().unwrap()),
    ]);
    let event = ground.append("orders", 0).await;
    let relay = Process::start(&[], &variables);
    relay.get_until("/readyz", |code, _| code == 200).await;
    assert_eq!(ground.published("orders-0", 1).await, [event]);
    assert_eq!(relay.terminate().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_proves_to_be_of_another_authority_is_not_trusted() {
    let Some(ground) = Ground::new().await else { return };
    let (authority, other) = (Authority::new(), Authority::new());
    let (database, broker) = urls(&ground, &authority, &other.file).await;
    for (url, variable, expected) in [
        ("TIDINGS_DATABASE_URL", database, "cannot connect to the database: "),
        ("TIDINGS_BROKER_URL", broker, "cannot reach the broker at localhost:"),
    ] {
        let mut settings = vec![(url, variable.as_str())];
        if url == "TIDINGS_BROKER_URL" {
            settings.push(("TIDINGS_BROKER_CA_FILE", other.file.to_str().unwrap()));
        }
        let relay = Process::start(&[], &ground.variables_with(&settings));
        let line = relay.wrote(expected).await;
        assert!(line.contains("invalid peer certificate: "), "{line}");
        assert_eq!(relay.terminate().await.code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_certificates_are_bad_settings() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("relay");
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let variables = |ca: &Path, certificate: &Path, key: &Path| {
        vec![
            ("TIDINGS_DATABASE_URL", "postgres://u@localhost:1/d".to_owned()),
            ("TIDINGS_BROKER_URL", "rabbitmq-stream+tls://u@localhost:1".to_owned()),
            ("TIDINGS_GROUP", "orders".to_owned()),
            ("TIDINGS_BROKER_CA_FILE", file(ca)),
            ("TIDINGS_BROKER_CERTIFICATE_FILE", file(certificate)),
            ("TIDINGS_BROKER_KEY_FILE", file(key)),
        ]
    };
    for (variables, place) in [
        (variables(&key, &certificate, &key), "TIDINGS_BROKER_CA_FILE: `"),
        (variables(&authority.file, &key, &key), "TIDINGS_BROKER_CERTIFICATE_FILE: `"),
        (
            variables(&authority.file, &certificate, &certificate),
            "TIDINGS_BROKER_CERTIFICATE_FILE: cannot read a private key",
        ),
    ] {
        let ended = Process::start(&[], &variables).ended().await;
        assert_eq!(ended.code, Some(2), "{}", ended.output);
        assert!(ended.output.starts_with(&format!("error: {place}")), "{}", ended.output);
        assert_eq!(ended.output.lines().count(), 1, "{}", ended.output);
    }
}
