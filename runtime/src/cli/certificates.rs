//! Certificates of brokers and of clients.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

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
