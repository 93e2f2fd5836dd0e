//! Everything the engine is set to. Built and checked by `config`; the engine trusts it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use model::{AgentName, E164, LanguageTag, LineName, QueueName, TrunkName};
use sdp::Codec;
use sip::ListenerId;

use crate::{FeatureCodes, RecordingSettings, Trunk};

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The SIP stack. Its `peers` are the trunks, in the same order.
    pub sip: sip::Settings,
    /// Where media ports are opened.
    pub media: MediaSettings,
    /// Trunks, in the order of the file.
    pub trunks: Vec<Trunk>,
    /// Lines, in the order of the file.
    pub lines: Vec<Line>,
    /// Agents, in the order of the file.
    pub agents: Vec<Agent>,
    /// The scripts.
    pub ivr: ivr::Settings,
    /// What callers are led through on lines without a flow of their own; the others borrow the
    /// offer, its menu and the exits from it.
    pub flow: Arc<ivr::flow::Flow>,
    /// The queue. Its names agree with `lines`, `agents` and `trunks`.
    pub queue: queue::Settings,
    /// Ring times.
    pub timings: Timings,
    /// Whom agents may hand conversations on to.
    pub transfer: Transfers,
    /// Whom callers may be put through to, by what lines and flows say of them.
    pub destinations: BTreeMap<Arc<str>, Destination>,
    /// What is heard between two parties who are joined, or soon will be.
    pub bridge: Bridging,
    /// What agents may dial from their own phones; without it they dial nothing.
    pub feature_codes: Option<FeatureCodes>,
    /// How conversations are recorded; none is without it.
    pub recording: Option<RecordingSettings>,
}

/// Where media ports are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSettings {
    /// The address written into session descriptions and bound by each port.
    pub address: IpAddr,
    /// RTP uses the even ports of this range; the odd one after each, in the range as well, is
    /// for its RTCP.
    pub ports: RangeInclusive<u16>,
}

/// Whether the media of a leg is protected by SRTP, with keys in session descriptions (RFC 4568).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Srtp {
    /// Never.
    #[default]
    Off,
    /// If the far end can.
    Offered,
    /// Always; a call without it is refused.
    Required,
}

/// What the media of a leg carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Speech {
    /// The codecs, the most wanted first; see [`sdp::Speaks::codecs`] for what none means.
    pub codecs: Arc<[Codec]>,
    /// How keys come.
    pub keys: KeyWay,
    /// What we press once the far end has answered a call of ours, before anything else.
    pub digits: media::Digits,
}

/// How keys come from a far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyWay {
    /// As telephone-event where that is agreed, else as tones in the voice; or by SIP INFO. The way
    /// of a leg's first key is the way of all its keys.
    #[default]
    Auto,
    /// As telephone-event and in no other way.
    Events,
    /// As tones in the voice and in no other way: telephone-event is neither offered nor answered.
    Tones,
    /// By SIP INFO and in no other way.
    Info,
}

impl Speech {
    /// As descriptions are written and read by it.
    pub(crate) fn speaks(&self) -> sdp::Speaks<'_> {
        let events = match self.keys {
            KeyWay::Auto | KeyWay::Events => true,
            KeyWay::Tones | KeyWay::Info => false,
        };
        sdp::Speaks { codecs: &self.codecs, events }
    }

    /// Whether keys are looked for in the voice of a leg that agreed on this.
    pub(crate) fn listens_for_tones(&self, agreed: &sdp::Agreed) -> bool {
        match self.keys {
            KeyWay::Auto => agreed.event_payload_type.is_none(),
            KeyWay::Tones => true,
            KeyWay::Events | KeyWay::Info => false,
        }
    }
}

/// One number that customers dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub name: LineName,
    /// The user parts of Request-URIs that mean this line, as the trunk writes them.
    pub numbers: Vec<String>,
    /// The language of its prompts.
    pub language: LanguageTag,
    /// The greeting's file name without `.wav`, when it is not the bundled one.
    pub greeting: Option<Arc<str>>,
    /// The flow that its callers are led through; [`Settings::flow`] without one.
    pub flow: Option<Arc<ivr::flow::Flow>>,
    /// What agents are to follow in its callbacks: the name of a script of their desktop.
    pub script: Option<Arc<str>>,
    /// What else its callers hear otherwise than usual.
    pub prompts: LinePrompts,
    /// Its operator, to whom callers get by a key: one of [`Settings::destinations`].
    pub operator: Option<Arc<str>>,
    /// The caller ID of its callbacks. Without one, no callback is offered.
    pub outbound_number: Option<E164>,
    /// The caller ID where the network forbids that one (403).
    pub fallback_number: Option<E164>,
    /// Its callbacks withhold that number from the customer (RFC 3323); the trunk still learns it.
    pub withheld: bool,
    /// Customers who answer its callbacks must press 1 before an agent hears them.
    pub human_proof: bool,
    /// The operator's switch for callbacks on this line.
    pub callbacks: bool,
    /// The trunk of its callbacks.
    pub trunk: TrunkName,
    /// Where its callers wait.
    pub queue: QueueName,
}

/// Somebody outside the queue to whom callers are put through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// One of our agents, who is offered nothing meanwhile.
    Agent(AgentName),
    /// A telephone, through the trunk of the line that was called, whose number it shows.
    Number(E164),
    /// A phone in one place.
    Phone {
        /// The SIP URI that is invited.
        uri: String,
        /// Where that INVITE goes, and by which listener.
        hop: sip::Hop,
    },
}

/// What the callers of a line hear otherwise than usual. Files stand without `.wav`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinePrompts {
    /// The language of what follows the offer key, up to the promise; the line's when absent.
    pub menu_language: Option<LanguageTag>,
    /// The file of the offer.
    pub offer: Option<Arc<str>>,
    /// The file of the sentence that promises the callback.
    pub confirmation: Option<Arc<str>>,
    /// The offer is not spoken; its key works.
    pub offer_unspoken: bool,
    /// From the greeting to the first spoken offer, where that is not as usual.
    pub offer_after: Option<Duration>,
    /// From one spoken offer to the next, where that is not as usual.
    pub offer_every: Option<Duration>,
    /// The file that an agent alone hears when a conversation of this line begins.
    pub whisper_agent: Option<Arc<str>>,
    /// The same for the customer.
    pub whisper_customer: Option<Arc<str>>,
    /// The file that is left on an answering machine which takes a callback.
    pub machine_message: Option<Arc<str>>,
}

impl LinePrompts {
    /// When its callers hear what.
    pub(crate) fn times(&self, usual: &Arc<ivr::Settings>) -> Arc<ivr::Settings> {
        if self.offer_after.is_none() && self.offer_every.is_none() {
            return Arc::clone(usual);
        }
        Arc::new(ivr::Settings {
            offer_after: self.offer_after.unwrap_or(usual.offer_after),
            offer_every: self.offer_every.unwrap_or(usual.offer_every),
            ..usual.as_ref().clone()
        })
    }
}

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The name.
    pub name: AgentName,
    /// The phone.
    pub phone: AgentPhone,
    /// Where a 3xx of the agent's phone may send it; empty: nowhere.
    pub redirects_to: Arc<[sip::Source]>,
    /// SRTP with the agent's phone. That of a telephone is its trunk's.
    pub srtp: Srtp,
    /// What is spoken with it. Of a telephone only the digits: the rest is its trunk's.
    pub speech: Speech,
    /// The agent presses 1 before hearing a caller who waits on the line too: what answers may be a
    /// voicemail.
    pub human_proof: bool,
    /// It is no person but a seat of somebody else's ACD, whose agents say who they are.
    pub acd: Option<Acd>,
}

/// Somebody else's ACD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acd {
    /// How long it speaks to its agent after it has answered.
    pub welcome: Duration,
    /// How often the agent is asked for an identifier, at least once, before the call is ended.
    pub asks_max: u8,
    /// The identifiers, with whose they are.
    pub agents: Vec<(Arc<str>, AgentName)>,
}

impl Acd {
    /// Whose identifier it is.
    pub(crate) fn agent(&self, identifier: &str) -> Option<AgentName> {
        let known = self.agents.iter().find(|(known, _)| **known == *identifier);
        known.map(|(_, agent)| agent.clone())
    }
}

/// How an agent is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentPhone {
    /// Always in one place.
    Fixed {
        /// The SIP URI that is invited.
        uri: String,
        /// Where that INVITE goes.
        address: SocketAddr,
        /// By which listener.
        listener: ListenerId,
    },
    /// Wherever the agent's phones have registered: see [`sip::RegistrarSettings`]. Without any the
    /// agent is offered nothing.
    Registered,
    /// A telephone behind a trunk, of whose channels each call takes one.
    Telephone {
        /// Its number; absent when it is asked for at each login, and known until the logout.
        number: Option<E164>,
        /// The trunk.
        trunk: TrunkName,
    },
}

impl Agent {
    /// An agent whose phone is always in one place, by the first listener, and may send nobody
    /// elsewhere.
    pub fn fixed(name: AgentName, uri: String, address: SocketAddr) -> Agent {
        Agent {
            name,
            phone: AgentPhone::Fixed { uri, address, listener: ListenerId(0) },
            redirects_to: [].into(),
            srtp: Srtp::Off,
            speech: Speech::default(),
            human_proof: false,
            acd: None,
        }
    }

    /// True for an agent whose number is asked for at each login.
    pub fn asks_number(&self) -> bool {
        matches!(self.phone, AgentPhone::Telephone { number: None, .. })
    }

    /// By which listener the phone is rung, when it is always in one place.
    pub fn listener(&self) -> Option<ListenerId> {
        match &self.phone {
            AgentPhone::Fixed { listener, .. } => Some(*listener),
            AgentPhone::Registered | AgentPhone::Telephone { .. } => None,
        }
    }

    /// Where the phone always is, when it is.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.phone {
            AgentPhone::Fixed { address, .. } => Some(*address),
            AgentPhone::Registered | AgentPhone::Telephone { .. } => None,
        }
    }
}

/// Ring times and waits of legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timings {
    /// How long an agent's phone rings.
    pub agent_ring: Duration,
    /// How long a customer's phone rings.
    pub customer_ring: Duration,
    /// How long an agent may take to press 1 or 2.
    pub agent_choice: Duration,
    /// How calls are answered.
    pub answering: Answering,
}

/// How calls are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// 180, then 200 as soon as the media port is open.
    AtOnce,
    /// 180, then 200 after this long.
    After(Duration),
}

/// What is heard between two parties who are joined, or soon will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bridging {
    /// While one side holds, the other hears our music; else what the one that holds sends.
    pub hold_music: bool,
    /// What whoever answered first hears until the other answers.
    pub until_answered: Meanwhile,
    /// What becomes of a callback that an answering machine takes.
    pub answering_machine: OfMachine,
}

impl Default for Bridging {
    fn default() -> Bridging {
        Bridging {
            hold_music: true,
            until_answered: Meanwhile::Ringback,
            answering_machine: OfMachine::Ignored,
        }
    }
}

/// What becomes of a callback that an answering machine takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfMachine {
    /// Nobody listens whether it is one: agent and machine are joined.
    Ignored,
    /// It is hung up on, and the attempt was in vain. So is one in which the network answers with
    /// its busy tone, or says that the number is out of service.
    HungUpOn,
    /// The same, but a line with a message for machines leaves it there before.
    Told,
}

/// What somebody hears who waits for another to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// The tone of a telephone that rings.
    Ringback,
    /// Music.
    Music,
}

/// Whom agents may hand conversations on to. What is not named here is refused: each transfer is a
/// call of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfers {
    /// Other agents.
    pub agents: bool,
    /// Telephone numbers that begin so, each with its `+`, through the trunk of the line.
    pub numbers: Vec<String>,
    /// Phones at these addresses.
    pub networks: Vec<sip::Source>,
}
