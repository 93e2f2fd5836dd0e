//! `[[trunk]]`: whom we exchange calls with.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::{
    CallbackTarget, CallerIdentity, DialledFrom, Dials, Probing, Shows, Speech, Srtp, TrunkLimits,
    TrunkTarget,
};
use model::{NumberFormat, TrunkName};
use sip::{Credentials, Hop, ListenerId, Source, Transport, Upstream};
use toml::de::DeTable;

use crate::basics::{self, Network};
use crate::credentials::{self, Secrets};
use crate::finding::Findings;
use crate::listeners::TRANSPORTS;
use crate::names::Names;
use crate::redirects;
use crate::section::{self, At, Section};
use crate::speech;
use crate::tls::{self, TlsPeer, TlsWho, Verify};
use crate::upstreams::{self, Registration};

mod limits;
mod numbers;
mod sources;
mod targets;

pub use sources::SOURCES_MAX;
pub use targets::TARGETS_MAX;

/// A trunk as far as it could be read.
pub(crate) struct Trunk {
    pub(crate) name: Option<String>,
    listener: Option<ListenerId>,
    targets: Vec<At<TrunkTarget>>,
    probing: Option<Probing>,
    tls: Option<Verify>,
    pub(crate) sources: Vec<At<Source>>,
    pub(crate) format: NumberFormat,
    identity: CallerIdentity,
    dialled_from: DialledFrom,
    shows: Shows,
    dials: Dials,
    limits: TrunkLimits,
    target: CallbackTarget,
    credentials: Option<Arc<Credentials>>,
    redirects_to: Arc<[Source]>,
    srtp: Srtp,
    speech: Speech,
    registration: Option<Registration>,
    /// The file names no sources, and some target is a name.
    calls_from_names: bool,
}

impl Trunk {
    /// The settings, once nothing is wrong.
    pub(crate) fn settings(&self) -> Option<(engine::Trunk, sip::Peer)> {
        let name = TrunkName::from(self.name.as_deref()?);
        let trunk = engine::Trunk {
            name: name.clone(),
            listener: self.listener,
            targets: self.targets.iter().map(|target| target.value.clone()).collect(),
            probing: self.probing,
            format: self.format.clone(),
            identity: self.identity,
            dialled_from: self.dialled_from,
            shows: self.shows.clone(),
            dials: self.dials.clone(),
            limits: self.limits,
            callback_target: self.target,
            credentials: self.credentials.clone(),
            redirects_to: Arc::clone(&self.redirects_to),
            srtp: self.srtp,
            speech: self.speech.clone(),
            calls_from_names: self.calls_from_names,
        };
        let sources = self.sources.iter().map(|source| source.value).collect();
        (!trunk.targets.is_empty()).then_some((trunk, sip::Peer { name, sources }))
    }

    /// The addresses that the file names; those of names are not known yet.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.targets.iter().filter_map(|target| target.value.address())
    }

    /// What the stack is told of our registration with it, when we register there.
    pub(crate) fn upstream(&self) -> Option<Upstream> {
        let registration = self.registration.as_ref()?;
        let address = self.targets.iter().find_map(|target| target.value.address());
        let place = match address {
            Some(address) => address.to_string(),
            None => self.targets.iter().find_map(|target| name_of(&target.value))?,
        };
        let next_hop = match address {
            Some(peer) => Some(Hop { listener: self.listener?, peer }),
            None => None,
        };
        Some(Upstream {
            trunk: TrunkName::from(self.name.as_deref()?),
            registrar: registration.registrar(&place),
            next_hop,
            address_of_record: registration.address_of_record(&place),
            expires: registration.expires,
            credentials: self.credentials.clone(),
        })
    }

    /// By what it is believed over TLS, when the file says so.
    pub(crate) fn tls_peer(&self) -> Option<TlsPeer> {
        let who = TlsWho::Trunk(TrunkName::from(self.name.as_deref()?));
        Some(TlsPeer { who, verify: self.tls.clone()? })
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
    sources::check_shadows(&trunks, found);
    (trunks, names)
}

fn one(
    section: &Section<'_>,
    name: Option<&str>,
    network: &Network,
    secrets: &Secrets<'_>,
    found: &mut Findings,
) -> Trunk {
    let transport = basics::choice(section, "transport", &TRANSPORTS, Transport::Udp, found);
    let (targets, listener) = targets::read(section, transport, network, found);
    let over_tls = targets.iter().any(|target| may_be_over_tls(&target.value));
    let tls = tls::of_peer(section, over_tls, secrets, found);
    let trusted = section.boolean("trusted", found).is_some_and(|trusted| trusted.value);
    let format = numbers::format(section, found);
    let credentials = credentials::read(section, secrets, found).map(Arc::new);
    let account = credentials.as_ref().map(|credentials| credentials.username.as_str());
    let sources = sources::read(section, &targets, trusted, found);
    let own: Vec<SocketAddr> = targets.iter().filter_map(|at| at.value.address()).collect();
    Trunk {
        name: name.map(str::to_string),
        redirects_to: redirects::of_trunk(section, &own, &sources, found),
        sources,
        calls_from_names: section.get("sources").is_none()
            && targets.iter().any(|target| target.value.address().is_none()),
        registration: upstreams::read(section, credentials.as_deref(), found),
        dialled_from: numbers::dialled_from(section, found),
        shows: numbers::shows(section, account, found),
        dials: numbers::dials(section, &format, found),
        limits: limits::read(section, found),
        target: target(section, &own, found),
        credentials,
        srtp: basics::srtp(section, is_private(&targets), found),
        speech: speech::read(section, found),
        listener,
        tls,
        probing: targets::probing(section, found),
        targets,
        format,
        identity: if trusted { CallerIdentity::AssertedElseFrom } else { CallerIdentity::From },
    }
}

/// The host of a name, with the port where it has one.
fn name_of(target: &TrunkTarget) -> Option<String> {
    let host = &target.at.host;
    let named = target.address().is_none();
    named.then(|| target.at.port.map_or(host.clone(), |port| format!("{host}:{port}")))
}

/// What has neither address nor transport is called as the DNS says (RFC 3263 §4.1).
fn may_be_over_tls(target: &TrunkTarget) -> bool {
    match target.at.transport {
        Some(transport) => transport == Transport::Tls,
        None => target.address().is_none(),
    }
}

/// True when every call goes over TLS.
fn is_private(targets: &[At<TrunkTarget>]) -> bool {
    targets.iter().all(|target| target.value.at.transport == Some(Transport::Tls))
}

fn target(section: &Section<'_>, addresses: &[SocketAddr], found: &mut Findings) -> CallbackTarget {
    let words = [("number", CallbackTarget::Number), ("contact", CallbackTarget::Contact)];
    let target = basics::choice(section, "callback_to", &words, CallbackTarget::Number, found);
    if target == CallbackTarget::Contact
        && let Some(key) = section.get("callback_to")
        && addresses.iter().any(|address| !address.ip().is_loopback())
    {
        let hint = "only a laboratory on this machine calls back to contacts: write \"number\"";
        let problem = "callbacks to this trunk would go wherever a caller says";
        found.error(&key.span(), problem, "\"number\"", hint);
    }
    target
}
