//! Via (RFC 3261 §20.42, RFC 3581).

use std::fmt;
use std::net::SocketAddr;

use crate::text::{find_unquoted, is_space, is_token, trim};
use crate::uri::{host_and_port, write_host};
use crate::{Malformed, Params};

/// One hop: `SIP/2.0/UDP host:port;branch=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, …, as written.
    pub transport: String,
    /// The sent-by host; an IPv6 address stands here without its brackets.
    pub host: String,
    /// The sent-by port, when written.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
}

/// What every branch since RFC 3261 begins with (§8.1.1.7).
const MAGIC_COOKIE: &str = "z9hG4bK";

impl Via {
    /// A Via of ours over UDP, asking for `rport` (RFC 3581 §3).
    pub fn udp(local: SocketAddr, branch: &str) -> Via {
        Via::of("UDP", local, branch)
    }

    /// A Via of ours over `transport`, asking for `rport` (RFC 3581 §3).
    pub fn of(transport: &str, local: SocketAddr, branch: &str) -> Via {
        let mut params = Params::new();
        params.set("rport", None);
        params.set("branch", Some(branch));
        Via {
            transport: transport.to_owned(),
            host: local.ip().to_string(),
            port: Some(local.port()),
            params,
        }
    }

    /// The branch, when it has a value.
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// True when the branch identifies the transaction by itself: it begins with the magic cookie,
    /// and something follows (RFC 3261 §17.2.3; RFC 4475 §3.2.1).
    pub fn has_magic_cookie(&self) -> bool {
        self.branch()
            .and_then(|branch| Some((branch.get(..MAGIC_COOKIE.len())?, branch)))
            .is_some_and(|(start, branch)| {
                start.eq_ignore_ascii_case(MAGIC_COOKIE) && branch.len() > MAGIC_COOKIE.len()
            })
    }

    /// The `received` parameter, an IPv6 address without the brackets that some write around it
    /// (RFC 5118 §4.5).
    pub fn received(&self) -> Option<&str> {
        let received = self.params.get("received")?;
        let bare = received.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        Some(bare.unwrap_or(received)).filter(|received| !received.is_empty())
    }

    /// The value of `rport`, when a server has filled it in.
    pub fn rport(&self) -> Option<u16> {
        self.params.get("rport")?.parse().ok()
    }

    /// True when the client asks for its port to be noted (RFC 3581 §3).
    pub fn wants_rport(&self) -> bool {
        self.params.has("rport")
    }

    /// Notes where the request came from: `received` when it differs from sent-by or `rport` is
    /// asked for, and `rport` when asked for (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn note_source(&mut self, source: SocketAddr) {
        let address = source.ip().to_canonical();
        let same = self.host.parse() == Ok(address);
        if !same || self.wants_rport() {
            self.params.set("received", Some(&address.to_string()));
        }
        if self.wants_rport() {
            self.params.set("rport", Some(&source.port().to_string()));
        }
    }

    /// Reads one value. Any transport token is accepted, only `SIP/2.0` as the protocol.
    pub(crate) fn parse(text: &str) -> Result<Via, Malformed> {
        const WHAT: &str = "a Via is malformed";
        let bad = || Malformed::field(WHAT);
        let end = find_unquoted(text, |byte| byte == b';').unwrap_or(text.len());
        let (name, rest) = text[..end].split_once('/').ok_or_else(bad)?;
        let (version, rest) = rest.split_once('/').ok_or_else(bad)?;
        if !trim(name).eq_ignore_ascii_case("SIP") || trim(version) != "2.0" {
            return Err(bad());
        }
        let (transport, sent_by) = trim(rest).split_once(is_space).ok_or_else(bad)?;
        let (host, port) = host_and_port(trim(sent_by)).ok_or_else(bad)?;
        if !is_token(transport) {
            return Err(bad());
        }
        let params = Params::parse(text.get(end + 1..).unwrap_or(""), WHAT)?;
        Ok(Via { transport: transport.to_owned(), host, port, params })
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} ", self.transport)?;
        write_host(f, &self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}
