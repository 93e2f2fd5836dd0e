//! Certificates and keys: reading them, making one for the laboratory, and whom the system
//! believes. What is wrong with a file is said with its name and what to do.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use config::Identity;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Where systems keep the authorities that they believe: Debian, Red Hat, SUSE.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];

/// Our certificates, leaf first, and the key of the first.
pub(super) struct Own {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    /// Where they are from, for people.
    from: String,
}

impl Own {
    /// Reads the files, or makes a certificate for those addresses.
    pub(super) fn read(identity: &Identity, addresses: [IpAddr; 2]) -> Result<Own, String> {
        match identity {
            Identity::Files { certificate, key } => {
                let from = format!("{} and {}", certificate.display(), key.display());
                Ok(Own { chain: certificates(certificate)?, key: private_key(key)?, from })
            }
            Identity::SelfSigned => self_signed(addresses),
        }
    }

    /// Why TLS does not take them.
    pub(super) fn refused(&self, error: &rustls::Error) -> String {
        match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("{} do not belong together: the key is another certificate's", self.from)
            }
            other => format!("{} cannot be used: {other}", self.from),
        }
    }
}

/// Every certificate of a PEM file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let wrong = |error| match error {
        pem::Error::Io(error) => format!("{shown} cannot be read: {error}"),
        other => format!("{shown} is no PEM file: {other}"),
    };
    let found = CertificateDer::pem_file_iter(path).map_err(wrong)?;
    let chain: Vec<_> = found.collect::<Result<_, _>>().map_err(wrong)?;
    if chain.is_empty() {
        return Err(format!("{shown} holds no certificate (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let shown = path.display();
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::Io(error) => format!("{shown} cannot be read: {error}"),
        pem::Error::NoItemsFound => format!(
            "{shown} holds no private key without a password (-----BEGIN PRIVATE KEY-----); \
             `openssl pkey` takes a password off"
        ),
        other => format!("{shown} is no PEM file: {other}"),
    })
}

/// A certificate that proves nothing, for the laboratory. It lives as long as the process.
fn self_signed(addresses: [IpAddr; 2]) -> Result<Own, String> {
    let mut names: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    names.push("localhost".to_owned());
    names.dedup();
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(|error| format!("no certificate can be made: {error}"))?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let from = "the self-signed certificate and its key".to_owned();
    Ok(Own { chain: vec![made.cert.der().clone()], key: key.into(), from })
}

/// The authorities of a PEM file.
pub(super) fn roots(ca: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        let bad = |error| format!("{} holds a bad certificate: {error}", ca.display());
        roots.add(certificate).map_err(bad)?;
    }
    Ok(roots)
}

/// Whom the system believes; nobody when it says nothing. Certificates that cannot be used are
/// left out, as every program does.
pub(super) fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = SYSTEM_ROOTS.iter().find_map(|path| certificates(Path::new(path)).ok());
    roots.add_parsable_certificates(found.unwrap_or_default());
    if roots.is_empty() {
        tracing::warn!(
            "this system names no certificate authorities: over TLS only those are believed that \
             have a tls_ca of their own (Debian's package ca-certificates names them)"
        );
    }
    roots
}

/// Looks at no name and no authority; the signatures of whoever is there must still be right.
#[derive(Debug)]
pub(super) struct Unproved {
    pub(super) provider: Arc<CryptoProvider>,
    /// Whether anybody is taken, or nobody.
    pub(super) taken: bool,
}

impl ServerCertVerifier for Unproved {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.taken {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::UnknownIssuer.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
