//! Certificates of far ends, and far ends under TLS: rustls without any code of ours.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use crate::caller::{PATIENCE, Wire};

/// Somebody who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    /// Its certificate in a file.
    pub file: PathBuf,
}

/// A certificate with its key.
pub struct Paper {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// The certificate in a file,
    pub certificate: PathBuf,
    /// and its key.
    pub key_file: PathBuf,
}

impl Authority {
    pub fn new(dir: &Path, name: &str) -> Authority {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.self_signed(&key).expect("signed");
        let file = dir.join(format!("{name}.pem"));
        std::fs::write(&file, certificate.pem()).expect("written");
        Authority { issuer: Issuer::new(params, key), certificate: certificate.into(), file }
    }

    /// A certificate for a host: a name or an address.
    pub fn signs(&self, host: &str) -> Paper {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let (path, key_file) =
            (self.file.with_extension(format!("{host}.pem")), self.file.with_extension(host));
        std::fs::write(&path, certificate.pem()).expect("written");
        std::fs::write(&key_file, key.serialize_pem()).expect("written");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Paper { chain: vec![certificate.into()], key, certificate: path, key_file }
    }

    fn believed(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        roots
    }

    /// A connection to `server`, which must show a certificate of this authority for its address.
    pub fn connects(&self, server: SocketAddr, shows: Option<&Paper>) -> Wire {
        let stream = TcpStream::connect(server).expect("connects");
        let here = stream.local_addr().expect("an address");
        let (client, stream) = self.opens(stream, server, shows);
        Wire::tls(Box::new(rustls::StreamOwned::new(client, stream)), here)
    }

    /// What a client under TLS is made of; no byte has been sent.
    pub fn opens(
        &self,
        stream: TcpStream,
        server: SocketAddr,
        shows: Option<&Paper>,
    ) -> (ClientConnection, TcpStream) {
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(self.believed());
        let config = match shows {
            None => builder.with_no_client_auth(),
            Some(paper) => builder
                .with_client_auth_cert(paper.chain.clone(), paper.key.clone_key())
                .expect("a paper"),
        };
        let name = ServerName::from(server.ip());
        (ClientConnection::new(Arc::new(config), name).expect("a client"), stream)
    }
}

impl Paper {
    /// Waits for a connection and shows this paper there. The error is what TLS says of the peer.
    pub fn accepts(&self, listener: &TcpListener) -> Result<Wire, String> {
        // On Linux the time limit of reading is that of accepting, too.
        socket2::SockRef::from(listener).set_read_timeout(Some(PATIENCE)).expect("set");
        let (mut stream, _) = listener.accept().expect("somebody connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        let here = listener.local_addr().expect("an address");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .expect("a paper");
        let mut server = ServerConnection::new(Arc::new(config)).expect("a server");
        while server.is_handshaking() {
            server.complete_io(&mut stream).map_err(|error| error.to_string())?;
        }
        Ok(Wire::tls(Box::new(rustls::StreamOwned::new(server, stream)), here))
    }
}
