//! Where messages come from and go to: a listener of ours and the address of the other side.

use std::net::SocketAddr;

use sip_msg::Uri;

/// How messages are carried (RFC 3261 §18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// One datagram, one message.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
}

impl Transport {
    /// True when the transport itself sees that what was sent arrives: nothing is repeated on it
    /// (RFC 3261 §17).
    pub fn is_reliable(self) -> bool {
        match self {
            Transport::Udp => false,
            Transport::Tcp | Transport::Tls => true,
        }
    }

    /// Its name in a Via.
    pub fn token(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        }
    }

    /// What says in a URI that it is reached so, with its semicolon; UDP needs no word.
    pub fn uri_param(self) -> &'static str {
        match self {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        }
    }

    /// The port of a URI or Via that writes none (RFC 3261 §18.2.2, §19.1.2).
    pub fn default_port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
        }
    }

    /// The transport that `uri` asks for: `sips:` is TLS whatever else it says (RFC 3261 §26.2.2).
    /// None when it leaves the choice open; the error is a transport that we do not have.
    pub(crate) fn of_uri(uri: &Uri) -> Result<Option<Transport>, ()> {
        let (secure, named) = match uri {
            Uri::Sip(uri) => (uri.secure, uri.params.get("transport")),
            Uri::Tel(_) | Uri::Other(_) => (false, None),
        };
        let named = match named.map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("udp") => Some(Transport::Udp),
            Some("tcp") => Some(Transport::Tcp),
            Some("tls") => Some(Transport::Tls),
            Some(_) => return Err(()),
        };
        match (secure, named) {
            (true, Some(Transport::Udp)) => Err(()),
            (true, Some(Transport::Tcp | Transport::Tls) | None) => Ok(Some(Transport::Tls)),
            (false, named) => Ok(named),
        }
    }
}

/// One of our listeners: its place in [`crate::Settings::listeners`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerId(pub u8);

/// Where we listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// What is spoken there.
    pub transport: Transport,
    /// The address written into Via and Contact: where peers reach us.
    pub local: SocketAddr,
}

impl Listener {
    /// A listener for datagrams.
    pub fn udp(local: SocketAddr) -> Listener {
        Listener { transport: Transport::Udp, local }
    }
}

/// Where a message came from or goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// The listener that heard it, or that it leaves from. On a stream an answer leaves by the
    /// connection with `peer`, whoever opened it.
    pub listener: ListenerId,
    /// The other side.
    pub peer: SocketAddr,
}

/// Where a request goes, and where it goes when it cannot leave by that way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) to: Hop,
    pub(crate) otherwise: Option<Hop>,
}

impl From<Hop> for Way {
    fn from(to: Hop) -> Way {
        Way { to, otherwise: None }
    }
}

impl Hop {
    /// The other side, seen from our first listener.
    pub fn first(peer: SocketAddr) -> Hop {
        Hop { listener: ListenerId(0), peer }
    }
}
