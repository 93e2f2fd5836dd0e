//! What the engine is told of a trunk: whom it believes, how it writes numbers, what it wants to
//! see of us. Built and checked by `config`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{NumberFormat, TrunkName};
use sip::locate::Target;
use sip::{ListenerId, Transport};

use crate::{Speech, Srtp};

/// A carrier, SBC or PBX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Its name.
    pub name: TrunkName,
    /// Where our calls go: at least one.
    pub targets: Vec<TrunkTarget>,
    /// By which listener; where it does not fit a target, and without one, by the first that does.
    pub listener: Option<ListenerId>,
    /// Whether and how often the targets are asked whether they live.
    pub probing: Option<Probing>,
    /// How it writes numbers, both ways.
    pub format: NumberFormat,
    /// Which header names the caller.
    pub identity: CallerIdentity,
    /// Which header names the line that was called.
    pub dialled_from: DialledFrom,
    /// How our INVITEs say which line calls.
    pub shows: Shows,
    /// How our INVITEs say who is called.
    pub dials: Dials,
    /// How much it carries.
    pub limits: TrunkLimits,
    /// Whom a callback dials.
    pub callback_target: CallbackTarget,
    /// What answers its challenges to our INVITEs, when it asks who we are.
    pub credentials: Option<Arc<sip::Credentials>>,
    /// Where a 3xx of this trunk may send our INVITEs; empty: nowhere. A redirection elsewhere
    /// would let the trunk's callers choose whom we call, at our cost.
    pub redirects_to: Arc<[sip::Source]>,
    /// SRTP with it, both ways.
    pub srtp: Srtp,
    /// What is spoken with it.
    pub speech: Speech,
    /// Its calls come from wherever its names lead, too.
    pub calls_from_names: bool,
}

impl Trunk {
    /// A trunk as it is when the file says nothing but name and address.
    pub fn new(name: TrunkName, address: SocketAddr) -> Trunk {
        Trunk {
            name,
            targets: vec![TrunkTarget::of_address(address)],
            listener: None,
            probing: None,
            format: NumberFormat::default(),
            identity: CallerIdentity::From,
            dialled_from: DialledFrom::RequestUri,
            shows: Shows::default(),
            dials: Dials::default(),
            limits: TrunkLimits::default(),
            callback_target: CallbackTarget::Number,
            credentials: None,
            redirects_to: [].into(),
            srtp: Srtp::Off,
            speech: Speech::default(),
            calls_from_names: false,
        }
    }
}

/// One place, or one name of places, where a trunk takes calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkTarget {
    /// As our URIs write it: `203.0.113.7:5060`, `sip.carrier.example`.
    pub host: String,
    /// What RFC 3263 makes of it.
    pub at: Target,
    /// Lower is tried first.
    pub priority: u16,
    /// The share of the calls among those of one priority.
    pub weight: u16,
}

impl TrunkTarget {
    /// The target of an address, over UDP.
    pub fn of_address(address: SocketAddr) -> TrunkTarget {
        let at = Target::of_address(None, address);
        TrunkTarget { host: address.to_string(), at, priority: 0, weight: 1 }
    }

    /// The address, when the target is one and not a name.
    pub fn address(&self) -> Option<SocketAddr> {
        let transport = self.at.transport.unwrap_or(Transport::Udp);
        let port = self.at.port.unwrap_or(transport.default_port());
        Some(SocketAddr::new(self.at.literal()?, port))
    }
}

/// Our OPTIONS to a trunk's targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probing {
    /// From one to the next, at least a second.
    pub every: Duration,
    /// So many without an answer make a target dead, at least 1; one answer makes it live again.
    pub unanswered_max: u32,
}

/// How much a trunk carries. Calls are those with customers, in either direction; a callback counts
/// from the moment at which an agent is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrunkLimits {
    /// Most calls at once, both ways together; no limit when absent.
    pub calls_max: Option<u32>,
    /// How many of those are kept for callers: callbacks leave them free. At most `calls_max`.
    pub reserve: u32,
    /// Most calls that begin in one second, in each direction, 1 to [`CALLS_PER_SECOND_MAX`]; no
    /// limit when absent.
    pub calls_per_second: Option<u32>,
    /// The answer to a caller beyond a limit: 503 with Retry-After, or 486.
    pub full_status: u16,
}

/// Most that [`TrunkLimits::calls_per_second`] may be: so many beginnings are remembered.
pub const CALLS_PER_SECOND_MAX: u32 = 1_000;

impl Default for TrunkLimits {
    fn default() -> TrunkLimits {
        TrunkLimits { calls_max: None, reserve: 0, calls_per_second: None, full_status: 503 }
    }
}

/// Which header names the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerIdentity {
    /// P-Asserted-Identity, else From: the trunk is trusted.
    AssertedElseFrom,
    /// From only.
    From,
}

/// Which header names the line that was called. Where it is absent, the Request-URI does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialledFrom {
    /// The Request-URI.
    RequestUri,
    /// To: the Request-URI names our registration or our host.
    To,
    /// P-Called-Party-ID (RFC 7315 §4.2).
    CalledParty,
    /// Diversion (RFC 5806): the first number on the call's way to us that is one of our lines.
    Diversion,
}

/// How our INVITEs say which line calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shows {
    /// The headers that carry the line's outbound number, each at most once. Without
    /// [`ShownIn::From`], From carries [`Shows::account`].
    pub in_headers: Vec<ShownIn>,
    /// The user of From where From does not carry the number.
    pub account: String,
    /// The host of From and of the other headers; our own address when absent.
    pub domain: Option<String>,
    /// Say by Diversion (RFC 5806) which line the call is made for: the number that it is dialled
    /// under. A carrier that checks callers may ask for it.
    pub diversion: bool,
}

impl Default for Shows {
    fn default() -> Shows {
        Shows {
            in_headers: vec![ShownIn::From, ShownIn::Asserted],
            account: "rappel".into(),
            domain: None,
            diversion: false,
        }
    }
}

/// A header that carries the number of the calling line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownIn {
    /// From.
    From,
    /// P-Asserted-Identity (RFC 3325 §9.1).
    Asserted,
    /// P-Preferred-Identity (RFC 3325 §9.2).
    Preferred,
    /// Remote-Party-ID: never a standard, still asked for by old equipment.
    RemoteParty,
}

/// How our INVITEs say who is called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dials {
    /// What stands before each dialled number, such as `0` for an outside line or a carrier's
    /// technical prefix. Never part of a caller's number.
    pub prefix: String,
    /// The form of the Request-URI and of To.
    pub form: UriForm,
}

/// The form of a URI that carries a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UriForm {
    /// `sip:+33612345678@host`.
    #[default]
    Sip,
    /// `sip:+33612345678@host;user=phone` (RFC 3261 §19.1.6), in each header with a number.
    SipUserPhone,
    /// `tel:+33612345678` (RFC 3966) for whom we call; our own headers stay SIP URIs.
    Tel,
}

/// Whom a callback dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackTarget {
    /// The customer's number, at the trunk's address.
    Number,
    /// The Contact of the call that asked: for a laboratory without numbers.
    Contact,
}
