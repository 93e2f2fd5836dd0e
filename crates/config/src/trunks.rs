//! `[[trunk]]`: whom we exchange calls with.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::{CallbackTarget, CallerIdentity, Srtp};
use model::{NumberFormat, TrunkName};
use sip::{Credentials, ListenerId, Source, Transport};
use toml::de::DeTable;

use crate::basics::{self, Network};
use crate::credentials::{self, Secrets};
use crate::finding::Findings;
use crate::listeners::TRANSPORTS;
use crate::names::Names;
use crate::redirects;
use crate::section::{self, At, Section};
use crate::value;

/// Most networks of one trunk.
pub const SOURCES_MAX: usize = 64;

/// A trunk as far as it could be read.
pub(crate) struct Trunk {
    pub(crate) name: Option<String>,
    pub(crate) address: Option<At<SocketAddr>>,
    listener: Option<ListenerId>,
    pub(crate) sources: Vec<At<Source>>,
    pub(crate) format: NumberFormat,
    identity: CallerIdentity,
    target: CallbackTarget,
    credentials: Option<Arc<Credentials>>,
    redirects_to: Arc<[Source]>,
    srtp: Srtp,
}

impl Trunk {
    /// The settings, once nothing is wrong.
    pub(crate) fn settings(&self) -> Option<(engine::Trunk, sip::Peer)> {
        let name = TrunkName::from(self.name.as_deref()?);
        let trunk = engine::Trunk {
            name: name.clone(),
            address: self.address.as_ref()?.value,
            listener: self.listener?,
            format: self.format.clone(),
            identity: self.identity,
            callback_target: self.target,
            credentials: self.credentials.clone(),
            redirects_to: Arc::clone(&self.redirects_to),
            srtp: self.srtp,
        };
        let sources = self.sources.iter().map(|source| source.value).collect();
        Some((trunk, sip::Peer { name, sources }))
    }
}

/// Reads every trunk.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    network: &Network,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> (Vec<Trunk>, Names) {
    let sections = section::many(root, "trunk", found);
    let names = Names::of("trunk", &sections, found);
    let trunks: Vec<Trunk> = sections
        .iter()
        .enumerate()
        .map(|(i, s)| one(s, names.at(i), network, secrets, found))
        .collect();
    check_shadows(&trunks, found);
    (trunks, names)
}

fn one(
    section: &Section<'_>,
    name: Option<&str>,
    network: &Network,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Trunk {
    section.must_have("address", "\"203.0.113.7:5060\"", found);
    let transport = basics::choice(section, "transport", &TRANSPORTS, Transport::Udp, found);
    let expected = "an IP address and a port, such as \"203.0.113.7:5060\"";
    let address = section.parsed("address", expected, found, |text| {
        value::address_or_port(text, transport.default_port())
    });
    let mut listener = None;
    if let Some(at) = &address {
        if at.value.ip().is_unspecified() {
            let problem = format!("`address` is {}, which is no address", at.value.ip());
            let hint = "write the address that your carrier or PBX gave you";
            found.error(&at.span, problem, expected, hint);
        } else {
            listener = network.listeners.by(section, transport, at, found);
        }
    }
    let trusted = section.boolean("trusted", found).is_some_and(|trusted| trusted.value);
    let expected = "\"e164\", \"00\" or \"national:\" with a country";
    let format = section.parsed("number_format", expected, found, value::number_format);
    let sources = sources(section, address.as_ref(), trusted, found);
    let own = address.as_ref().map(|at| at.value);
    Trunk {
        name: name.map(str::to_string),
        redirects_to: redirects::of_trunk(section, own, &sources, found),
        sources,
        target: target(section, address.as_ref(), found),
        credentials: credentials::read(section, secrets, found).map(Arc::new),
        srtp: basics::srtp(section, found),
        listener,
        address,
        format: format.map(|at| at.value).unwrap_or_default(),
        identity: if trusted { CallerIdentity::AssertedElseFrom } else { CallerIdentity::From },
    }
}

/// Where the trunk's requests come from; its own address when the file does not say.
fn sources(
    section: &Section<'_>,
    address: Option<&At<SocketAddr>>,
    trusted: bool,
    found: &mut Findings,
) -> Vec<At<Source>> {
    let Some(list) = section.texts("sources", found) else {
        let own = address.map(|at| At { value: redirects::host(at.value), span: at.span.clone() });
        return own.into_iter().collect();
    };
    let expected = "networks or addresses, such as [\"203.0.113.0/24\"]";
    if list.value.is_empty() {
        let hint = "leave `sources` out to allow only the trunk's own address";
        found.error(&list.span, "`sources` is empty: no call would come in", expected, hint);
    }
    if list.value.len() > SOURCES_MAX {
        let problem = format!("`sources` holds more than {SOURCES_MAX} networks");
        let hint = "join neighbouring hosts to networks";
        found.error(&list.span, problem, expected, hint);
        return Vec::new();
    }
    let mut sources = Vec::new();
    for at in list.value {
        match value::source(at.value) {
            Ok(source) => {
                if source.prefix == 0 {
                    warn_of_everybody(&at, trusted, found);
                }
                sources.push(At { value: source, span: at.span });
            }
            Err(mistake) => {
                let problem = format!("`sources`: {}", mistake.problem);
                found.error(&at.span, problem, expected, mistake.hint);
            }
        }
    }
    sources
}

fn warn_of_everybody(at: &At<&str>, trusted: bool, found: &mut Findings) {
    let (problem, hint) = if trusted {
        (
            "anybody on the network may call and name any caller",
            "a trusted trunk's callers are believed: name the networks of the trunk",
        )
    } else {
        ("anybody on the network may call", "name the networks that the trunk calls from")
    };
    found.warning(&at.span, problem, "the networks of this trunk", hint);
}

fn target(
    section: &Section<'_>,
    address: Option<&At<SocketAddr>>,
    found: &mut Findings,
) -> CallbackTarget {
    let words = [("number", CallbackTarget::Number), ("contact", CallbackTarget::Contact)];
    let target = basics::choice(section, "callback_to", &words, CallbackTarget::Number, found);
    if target == CallbackTarget::Contact
        && let Some(key) = section.get("callback_to")
        && address.is_some_and(|at| !at.value.ip().is_loopback())
    {
        let hint = "only a laboratory on this machine calls back to contacts: write \"number\"";
        let problem = "callbacks to this trunk would go wherever a caller says";
        found.error(&key.span(), problem, "\"number\"", hint);
    }
    target
}

/// Warns of networks whose calls an earlier trunk takes.
fn check_shadows(trunks: &[Trunk], found: &mut Findings) {
    for (place, trunk) in trunks.iter().enumerate() {
        for source in &trunk.sources {
            let earlier = trunks[..place].iter().find_map(|earlier| {
                let covers = |at: &&At<Source>| covers(&at.value, &source.value);
                earlier.sources.iter().find(covers).map(|at| (earlier, at))
            });
            if let Some((earlier, at)) = earlier {
                let name = earlier.name.as_deref().unwrap_or("?");
                let line = found.line_of(&at.span);
                let problem = format!(
                    "calls from here belong to trunk `{name}`, line {line}, which is first"
                );
                let hint = "put the trunk with the narrower network first";
                found.warning(&source.span, problem, "networks of its own", hint);
            }
        }
    }
}

/// True when every datagram that `other` describes is described by `one`.
fn covers(one: &Source, other: &Source) -> bool {
    one.network.is_ipv4() == other.network.is_ipv4()
        && one.prefix <= other.prefix
        && value::first_of(&other.network, one.prefix) == one.network
        && (one.port.is_none() || one.port == other.port)
}
