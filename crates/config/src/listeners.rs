//! Where SIP is listened for: `[sip]` alone for one UDP address, `[[listener]]` for more.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use sip::{ListenerId, Transport};
use toml::de::DeTable;

use crate::Bind;
use crate::basics;
use crate::credentials::Secrets;
use crate::finding::Findings;
use crate::names::Names;
use crate::section::{self, At, Section};
use crate::tls::{self, Tls};
use crate::value;

/// Most listeners.
pub const LISTENERS_MAX: usize = 16;

/// The words for transports in the file.
pub(crate) const TRANSPORTS: [(&str, Transport); 3] =
    [("udp", Transport::Udp), ("tcp", Transport::Tcp), ("tls", Transport::Tls)];

/// What the listener of `[sip]` is called.
const OF_SIP: &str = "sip";

/// One listener as far as it could be read.
pub(crate) struct Listening {
    pub(crate) name: Option<String>,
    pub(crate) transport: Transport,
    pub(crate) bind: SocketAddr,
    /// Where peers reach it; absent when that cannot be known.
    pub(crate) local: Option<SocketAddr>,
    tls: Option<Tls>,
    span: Range<usize>,
}

/// Every listener, in the order of the file, that of `[sip]` first.
pub(crate) struct Listeners {
    pub(crate) list: Vec<Listening>,
    names: Names,
}

/// Reads the listeners. `media` is the address of our media: whoever hears us there can, as a
/// rule, send us SIP there.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    sip: &Section<'a>,
    media: Option<IpAddr>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Listeners {
    let mut sections = section::many(root, "listener", found);
    if let Some(beyond) = sections.get(LISTENERS_MAX) {
        let hint = "one address of a machine is enough for many trunks";
        let expected = format!("at most {LISTENERS_MAX} listeners");
        found.error(&beyond.span, "this is one listener too many", expected, hint);
        sections.truncate(LISTENERS_MAX);
    }
    let names = Names::of("listener", &sections, found);
    let simple =
        sections.is_empty() || sip.get("listen").is_some() || sip.get("advertise").is_some();
    let mut list = Vec::new();
    if simple {
        list.push(of_sip(sip, media, found));
    }
    for (place, section) in sections.iter().enumerate() {
        list.push(one(section, names.at(place), media, secrets, found));
    }
    check_apart(&list, found);
    Listeners { list, names }
}

/// The listener of `[sip]`: UDP, on every address of this machine unless the file says otherwise.
fn of_sip(section: &Section<'_>, media: Option<IpAddr>, found: &mut Findings) -> Listening {
    let expected = "an IP address and a port, such as \"0.0.0.0:5060\"";
    let at = section.parsed("listen", expected, found, value::address);
    let span = at.as_ref().map_or(section.span.clone(), |at| at.span.clone());
    let anywhere = SocketAddr::from(([0, 0, 0, 0], value::SIP_PORT));
    let bind = at.map_or(anywhere, |listen| listen.value);
    let local = reached_at(section, bind, media, &span, found);
    let name = Some(OF_SIP.into());
    Listening { name, transport: Transport::Udp, bind, local, tls: None, span }
}

fn one(
    section: &Section<'_>,
    name: Option<&str>,
    media: Option<IpAddr>,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Listening {
    let transport = basics::choice(section, "transport", &TRANSPORTS, Transport::Udp, found);
    section.must_have("address", "\"0.0.0.0:5060\"", found);
    let expected = "an IP address and a port, such as \"0.0.0.0:5060\"";
    let port = transport.default_port();
    let at = section.parsed("address", expected, found, |text| value::address_or_port(text, port));
    if name == Some(OF_SIP)
        && let Some(key) = section.get("name")
    {
        let problem = "`sip` is the name of the listener that [sip] makes";
        found.error(&key.span(), problem, "another name", "call it by what it is for: \"tcp\"");
    }
    let span = at.as_ref().map_or(section.span.clone(), |at| at.span.clone());
    let bind = at.as_ref().map_or(SocketAddr::from(([0, 0, 0, 0], port)), |at| at.value);
    let local = match at {
        Some(_) => reached_at(section, bind, media, &span, found),
        None => None,
    };
    let tls = tls::of_listener(section, transport, secrets, found);
    Listening { name: name.map(str::to_string), transport, bind, local, tls, span }
}

/// The address that others send to.
fn reached_at(
    section: &Section<'_>,
    bind: SocketAddr,
    media: Option<IpAddr>,
    span: &Range<usize>,
    found: &mut Findings,
) -> Option<SocketAddr> {
    let expected = "the address by which others reach us, such as \"203.0.113.5:5060\"";
    let advertise = section
        .parsed("advertise", expected, found, |text| value::address_or_port(text, bind.port()));
    if let Some(at) = advertise {
        if at.value.ip().is_unspecified() {
            let hint = "nobody can send to it: write the address of this machine in its network";
            let problem = format!("`advertise` is {}, which is no address", at.value.ip());
            found.error(&at.span, problem, "the address of one machine", hint);
            return None;
        }
        return Some(at.value);
    }
    if !bind.ip().is_unspecified() {
        return Some(bind);
    }
    let media = media?;
    if media.is_ipv4() == bind.is_ipv4() {
        return Some(SocketAddr::new(media, bind.port()));
    }
    let family = family_of(bind.ip());
    let problem = format!("nobody can know the {family} address at which others reach this");
    let hint = format!("add advertise = \"…\" with the {family} address of this machine");
    found.error(span, problem, "`advertise` beside it", hint);
    None
}

/// Reports listeners that would take each other's port.
fn check_apart(list: &[Listening], found: &mut Findings) {
    let datagrams = |listening: &Listening| listening.transport == Transport::Udp;
    for (place, listening) in list.iter().enumerate() {
        let same = |other: &&Listening| {
            other.bind == listening.bind && datagrams(other) == datagrams(listening)
        };
        if let Some(first) = list[..place].iter().find(same) {
            let name = first.name.as_deref().unwrap_or("?");
            let problem = format!("listener `{name}` has {} already", listening.bind);
            let hint = "give each listener an address or a port of its own";
            found.error(&listening.span, problem, "an address of its own", hint);
        }
    }
}

fn family_of(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}

/// The name of a transport for people.
fn shown(transport: Transport) -> &'static str {
    transport.token()
}

impl Listeners {
    /// What the roof binds.
    pub(crate) fn binds(&self) -> Vec<Bind> {
        let bind = |listening: &Listening| Bind {
            name: listening.name.clone().unwrap_or_default(),
            address: listening.bind,
            tls: listening.tls.clone(),
        };
        self.list.iter().map(bind).collect()
    }

    /// True when nobody is heard but over TLS.
    pub(crate) fn are_all_tls(&self) -> bool {
        self.list.iter().all(|one| one.transport == Transport::Tls)
    }

    /// What the stack is told, once nothing is wrong.
    pub(crate) fn settings(&self) -> Option<Vec<sip::Listener>> {
        let listener = |listening: &Listening| {
            Some(sip::Listener { transport: listening.transport, local: listening.local? })
        };
        self.list.iter().map(listener).collect()
    }

    /// The listener by which `address` is reached: the one that the section names, or the first
    /// that speaks `transport` in the address' family. What cannot be reached is reported.
    pub(crate) fn by(
        &self,
        section: &Section<'_>,
        transport: Transport,
        address: &At<SocketAddr>,
        found: &mut Findings,
    ) -> Option<ListenerId> {
        let named = match section.get("listener") {
            Some(_) => Some(self.named(section, found)?),
            None => None,
        };
        self.fitting(transport, address, named, found)
    }

    /// The same where the file cannot name the listener: the first that fits.
    pub(crate) fn first(
        &self,
        transport: Transport,
        address: &At<SocketAddr>,
        found: &mut Findings,
    ) -> Option<ListenerId> {
        self.fitting(transport, address, None, found)
    }

    fn fitting(
        &self,
        transport: Transport,
        address: &At<SocketAddr>,
        named: Option<usize>,
        found: &mut Findings,
    ) -> Option<ListenerId> {
        let ip = address.value.ip();
        let fits = |listening: &Listening| {
            let bound = listening.local.unwrap_or(listening.bind);
            listening.transport == transport && bound.is_ipv4() == ip.is_ipv4()
        };
        let place = match named {
            Some(place) => Some(place).filter(|place| fits(&self.list[*place])),
            None => self.list.iter().position(fits),
        };
        if place.is_none() {
            self.unreachable(transport, address, named, found);
        }
        Some(ListenerId(u8::try_from(place?).ok()?))
    }

    /// The place of the listener that the section names.
    fn named(&self, section: &Section<'_>, found: &mut Findings) -> Option<usize> {
        let reference = section.text("listener", found)?;
        let place = |name: &str| {
            self.list.iter().position(|listening| listening.name.as_deref() == Some(name))
        };
        if let Some(place) = place(reference.value) {
            return Some(place);
        }
        place(&self.names.resolve(&reference, found)?)
    }

    fn unreachable(
        &self,
        transport: Transport,
        address: &At<SocketAddr>,
        named: Option<usize>,
        found: &mut Findings,
    ) {
        let ip = address.value.ip();
        let theirs = family_of(ip);
        let only = named.or((self.list.len() == 1).then_some(0)).map(|place| &self.list[place]);
        if let Some(listening) = only.filter(|listening| listening.transport == transport) {
            // Its own address is wrong in a way that is reported already.
            let Some(local) = listening.local else { return };
            let ours = family_of(local.ip());
            let problem = format!("{ip} is {theirs}, and SIP is spoken from {local}");
            let hint = format!("write an {ours} address, or add a [[listener]] for {theirs}");
            found.error(&address.span, problem, format!("an {ours} address"), hint);
            return;
        }
        let spoken = shown(transport);
        let problem = match only.filter(|_| named.is_some()) {
            Some(listening) => {
                let name = listening.name.as_deref().unwrap_or("?");
                format!("listener `{name}` speaks {}, not {spoken}", shown(listening.transport))
            }
            None => format!("{ip} is called over {spoken}, and nobody listens for {spoken} there"),
        };
        let word = spoken.to_ascii_lowercase();
        let hint =
            format!("add a [[listener]] with transport = \"{word}\" and an {theirs} address");
        found.error(&address.span, problem, format!("a listener for {spoken} over {theirs}"), hint);
    }
}
