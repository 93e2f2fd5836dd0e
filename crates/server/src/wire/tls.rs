//! TLS on streams (RFC 3261 §26.3.1, RFC 5922): who we are, whom we let in, and whom we believe.
//!
//! Keys and certificates are read once, at the start. Whom we call must show a certificate of an
//! authority that we believe, made out to the host that we call; a trunk or a phone may have an
//! authority and a name of its own in the configuration. Whoever calls us must show one only where
//! the listener asks for it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use config::{Bind, Clients, TlsPeer, TlsWho, Verify};
use model::TrunkName;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::keys::{self, Own};

/// Who is where, as far as it is known: the trunk, and the host under which it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) at: SocketAddr,
    pub(crate) trunk: TrunkName,
    /// `sip.carrier.example:5061;transport=tls`, `203.0.113.7:5061`.
    pub(crate) host: String,
}

/// What one listener needs to speak TLS, both ways.
#[derive(Clone)]
pub(crate) struct Security {
    pub(super) acceptor: TlsAcceptor,
    known: Arc<BTreeMap<TlsWho, Way>>,
    anybody: Way,
}

/// How somebody is called.
#[derive(Clone)]
struct Way {
    connector: TlsConnector,
    /// The name that the certificate must have, when it is not the host that is called.
    name: Option<String>,
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Security")
    }
}

impl Security {
    /// Reads what the listener at `bind` needs. `local` is the address that others know. None for
    /// a listener without TLS.
    ///
    /// # Errors
    /// Which file is wrong, and why, in a sentence.
    pub(crate) fn read(
        bind: &Bind,
        local: SocketAddr,
        peers: &[TlsPeer],
    ) -> Result<Option<Security>, String> {
        let Some(tls) = &bind.tls else { return Ok(None) };
        let maker = Maker {
            own: Own::read(&tls.identity, [bind.address.ip(), local.ip()])?,
            provider: Arc::new(ring::default_provider()),
            system: keys::system_roots(),
        };
        let known =
            peers.iter().map(|TlsPeer { who, verify }| Ok((who.clone(), maker.way(verify)?)));
        let known = known.collect::<Result<_, String>>()?;
        let usual = Verify::By { ca: None, name: None };
        let anybody = match &tls.clients {
            Clients::NotAsked => maker.way(&usual)?,
            // Whose phones call us, those we may call.
            Clients::Optional(ca) | Clients::Required(ca) => {
                let mut roots = maker.system.clone();
                roots.extend(keys::roots(ca)?.roots);
                Way { connector: maker.client(Some(roots))?, name: None }
            }
        };
        let acceptor = TlsAcceptor::from(Arc::new(maker.server(&tls.clients)?));
        Ok(Some(Security { acceptor, known: Arc::new(known), anybody }))
    }

    /// How a peer is called, and the name that its certificate must have: that of the
    /// configuration, else the host that led to the peer (RFC 5922 §7.2), else its address.
    pub(super) fn way_to(
        &self,
        peer: SocketAddr,
        named: &[Named],
    ) -> (TlsConnector, ServerName<'static>) {
        let exact = || named.iter().find(|named| named.at == peer);
        // What a trunk says in Record-Route or Contact may be another port of the same host.
        let host = || named.iter().find(|named| named.at.ip() == peer.ip());
        let named = exact().or_else(host);
        let trunk = named.and_then(|named| self.known.get(&TlsWho::Trunk(named.trunk.clone())));
        let way = self.known.get(&TlsWho::At(peer)).or(trunk).unwrap_or(&self.anybody);
        let name = way.name.as_deref().or(named.map(|named| host_of(&named.host)));
        let name = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
        (way.connector.clone(), name.unwrap_or_else(|| ServerName::from(peer.ip())))
    }
}

impl Security {
    /// True when this certificate, which an authority of the listener has signed, is made out to
    /// whoever we would call there.
    pub(super) fn is_proved(
        &self,
        certificate: &CertificateDer<'_>,
        peer: SocketAddr,
        named: &[Named],
    ) -> bool {
        let (_, name) = self.way_to(peer, named);
        let read = ParsedCertificate::try_from(certificate);
        read.is_ok_and(|read| verify_server_name(&read, &name).is_ok())
    }
}

/// The host of `host:port;params`, without the brackets of an address.
fn host_of(text: &str) -> &str {
    let place = text.split(';').next().unwrap_or(text);
    if let Some(rest) = place.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    let is_address = place.parse::<IpAddr>().is_ok();
    if is_address { place } else { place.split(':').next().unwrap_or(place) }
}

/// What every configuration of one listener is made of.
struct Maker {
    own: Own,
    provider: Arc<CryptoProvider>,
    /// Whom the system believes.
    system: RootCertStore,
}

impl Maker {
    fn way(&self, verify: &Verify) -> Result<Way, String> {
        let (roots, name) = match verify {
            Verify::No => (None, None),
            Verify::By { ca: Some(ca), name } => (Some(keys::roots(ca)?), name.clone()),
            Verify::By { ca: None, name } => (Some(self.system.clone()), name.clone()),
        };
        Ok(Way { connector: self.client(roots)?, name })
    }

    /// Calls whoever has a certificate of these authorities, or whoever is there when there are
    /// none. Shows our own when asked.
    fn client(&self, roots: Option<RootCertStore>) -> Result<TlsConnector, String> {
        let provider = Arc::clone(&self.provider);
        let unproved = |taken| keys::Unproved { provider: Arc::clone(&provider), taken };
        let verifier: Arc<dyn ServerCertVerifier> = match roots {
            // A system without authorities believes nobody.
            Some(roots) if roots.is_empty() => Arc::new(unproved(false)),
            Some(roots) => {
                WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&provider))
                    .build()
                    .map_err(|error| error.to_string())?
            }
            None => Arc::new(unproved(true)),
        };
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(self.own.chain.clone(), self.own.key.clone_key())
            .map_err(|error| self.own.refused(&error))?;
        Ok(TlsConnector::from(Arc::new(client)))
    }

    fn server(&self, clients: &Clients) -> Result<ServerConfig, String> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match clients {
            Clients::NotAsked => builder.with_no_client_auth(),
            Clients::Optional(ca) | Clients::Required(ca) => {
                let (roots, provider) = (keys::roots(ca)?.into(), Arc::clone(&self.provider));
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                let verifier = match clients {
                    Clients::Optional(_) => verifier.allow_unauthenticated(),
                    Clients::Required(_) | Clients::NotAsked => verifier,
                };
                let built = verifier.build();
                builder.with_client_cert_verifier(
                    built.map_err(|error| format!("{}: {error}", ca.display()))?,
                )
            }
        };
        builder
            .with_single_cert(self.own.chain.clone(), self.own.key.clone_key())
            .map_err(|error| self.own.refused(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_target_stands_without_port_brackets_and_parameters() {
        for (text, host) in [
            ("sip.carrier.example", "sip.carrier.example"),
            ("sip.carrier.example:5061;transport=tls", "sip.carrier.example"),
            ("203.0.113.7:5061;transport=tls", "203.0.113.7"),
            ("[2001:db8::7]:5061", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
        ] {
            assert_eq!(host_of(text), host);
        }
    }
}
