//! The keys of TLS: certificates of listeners, and by what trunks and phones are believed. The
//! files are read when the engine starts; here is asked only whether they can be read.

use std::net::SocketAddr;
use std::path::PathBuf;

use model::TrunkName;
use sip::Transport;

use crate::credentials::{SecretPlace, Secrets};
use crate::finding::Findings;
use crate::section::{Section, shown};

/// Who we are on a TLS listener, and whom we let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Who we are.
    pub identity: Identity,
    /// Whom we let in.
    pub clients: Clients,
}

/// The certificate that we show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// One made at the start, which proves nothing: for a laboratory.
    SelfSigned,
    /// PEM files.
    Files {
        /// Our certificate, and those that lead to its authority.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// Whose certificate is asked for when somebody connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clients {
    /// Nobody's.
    NotAsked,
    /// Whoever shows one must have it from an authority in this PEM file.
    Optional(PathBuf),
    /// Only who shows one of an authority in this PEM file is let in.
    Required(PathBuf),
}

/// By what somebody whom we call over TLS is believed, where the file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsPeer {
    /// Whom.
    pub who: TlsWho,
    /// By what.
    pub verify: Verify,
}

/// See [`TlsPeer`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsWho {
    /// A trunk, at each of its targets.
    Trunk(TrunkName),
    /// Whoever is called there: an agent's phone.
    At(SocketAddr),
}

/// See [`TlsPeer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verify {
    /// By nothing: for a laboratory.
    No,
    /// By a certificate.
    By {
        /// The PEM file of the authorities; those that the system trusts when absent.
        ca: Option<PathBuf>,
        /// The name in the certificate; the host that is called when absent.
        name: Option<String>,
    },
}

/// The keys of a listener that mean something over TLS only.
const OF_LISTENER: [&str; 5] =
    ["certificate", "key", "self_signed", "client_ca", "client_certificate"];

/// The same of a trunk and of an agent.
const OF_PEER: [&str; 3] = ["tls_ca", "tls_verify", "tls_name"];

/// Who we are on a listener. None for one without TLS, and when something was wrong.
pub(crate) fn of_listener(
    section: &Section<'_>,
    transport: Transport,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Tls> {
    if transport != Transport::Tls {
        only_for_tls(section, &OF_LISTENER, found);
        return None;
    }
    let identity = identity(section, secrets, found)?;
    let ca = file(section, "client_ca", secrets, found);
    let words = [("required", true), ("optional", false)];
    let required = crate::basics::choice(section, "client_certificate", &words, true, found);
    let clients = match ca {
        Some(ca) if required => Clients::Required(ca),
        Some(ca) => Clients::Optional(ca),
        None => Clients::NotAsked,
    };
    if let Some(key) = section.get("client_certificate")
        && section.get("client_ca").is_none()
    {
        let problem = "`client_certificate` has no effect without `client_ca`";
        let hint = "add client_ca = \"…\", the file of whoever signs the certificates of clients";
        found.error(&key.span(), problem, "`client_ca` beside it", hint);
    }
    Some(Tls { identity, clients })
}

fn identity(
    section: &Section<'_>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Identity> {
    let self_signed = section.boolean("self_signed", found).is_some_and(|at| at.value);
    let (certificate, key) = (section.get("certificate"), section.get("key"));
    let hint = "add certificate = \"/etc/rappel/tls.pem\" and key = \"/etc/rappel/tls.key\", or \
                self_signed = true in a laboratory";
    if !self_signed {
        if certificate.is_none() || key.is_none() {
            let problem = "a TLS listener has a certificate and its key";
            found.error(&section.span, problem, "`certificate` and `key` below", hint);
        }
        let certificate = file(section, "certificate", secrets, found);
        let key = file(section, "key", secrets, found);
        return Some(Identity::Files { certificate: certificate?, key: key? });
    }
    if let Some(beside) = certificate.or(key) {
        let problem = "a listener shows its own certificate or a self-signed one, not both";
        found.error(&beside.span(), problem, "one of them", "leave out self_signed");
        return None;
    }
    Some(Identity::SelfSigned)
}

/// By what a trunk or a phone is believed that may be called over TLS. None when the file says
/// nothing of it, or something was wrong.
pub(crate) fn of_peer(
    section: &Section<'_>,
    over_tls: bool,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<Verify> {
    if !over_tls {
        only_for_tls(section, &OF_PEER, found);
        return None;
    }
    let ca = file(section, "tls_ca", secrets, found);
    let name = name(section, found);
    let verified = section.boolean("tls_verify", found);
    if let Some(at) = verified.filter(|at| !at.value) {
        let problem = "whoever gets in between is taken for the one that we call";
        let hint = "only a laboratory does so: name the authority by tls_ca = \"…\"";
        found.warning(&at.span, problem, "tls_verify = true", hint);
        for key in ["tls_ca", "tls_name"] {
            if let Some(key_at) = section.get(key) {
                let problem = format!("`{key}` has no effect: nothing is verified");
                found.warning(&key_at.span(), problem, "tls_verify = true", "leave it out");
            }
        }
        return Some(Verify::No);
    }
    (ca.is_some() || name.is_some()).then_some(Verify::By { ca, name })
}

/// A name as a certificate has it: of a host, or an address.
fn name(section: &Section<'_>, found: &mut Findings) -> Option<String> {
    let at = section.text("tls_name", found)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let fits = !at.value.is_empty() && at.value.len() <= 253 && at.value.chars().all(plain);
    if !fits {
        let problem = format!("`tls_name`: `{}` is not a name of a host", shown(at.value));
        let hint = "write the name in the certificate: tls_name = \"sip.carrier.example\"";
        found.error(&at.span, problem, "a host name or an address", hint);
    }
    fits.then(|| at.value.to_ascii_lowercase())
}

/// The path of a file that can be read.
fn file(
    section: &Section<'_>,
    key: &str,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Option<PathBuf> {
    let at = section.text(key, found)?;
    if let Err(why) = secrets(SecretPlace::File(at.value)) {
        let hint = "a path that is not absolute begins at the working directory";
        found.error(&at.span, format!("`{key}`: {why}"), "the path of a PEM file", hint);
        return None;
    }
    Some(PathBuf::from(at.value))
}

fn only_for_tls(section: &Section<'_>, keys: &[&str], found: &mut Findings) {
    for name in keys {
        if let Some(key) = section.get(name) {
            let problem = format!("`{name}` has no effect without TLS");
            let hint = "write transport = \"tls\", or leave it out";
            found.warning(&key.span(), problem, "transport = \"tls\" beside it", hint);
        }
    }
}
