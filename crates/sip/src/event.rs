//! What the stack says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{AgentName, Key, TrunkName};

use crate::{Cause, Credentials, Hop, Parties, Referred, Registration, Source};

/// One INVITE session, from the INVITE to its end, whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// What the stack gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes.
    Datagram {
        /// Where.
        to: Hop,
        /// What.
        bytes: Vec<u8>,
    },
    /// Something happened in a session.
    Event {
        /// Which.
        session: SessionId,
        /// What.
        event: Event,
    },
    /// A phone of an agent registered, or is gone.
    Registration(Registration),
    /// What became of [`crate::Stack::ask_alive`].
    Alive {
        /// As it was asked.
        token: u64,
        /// True for any final answer but 408 and 503.
        alive: bool,
    },
    /// Our registration with a trunk stands otherwise than before.
    Upstream(TrunkRegistration),
    /// A message of a session crossed the wire: for ladders, never for decisions. Retransmissions
    /// are told too.
    Wire(Wire),
}

/// How our registration with a trunk stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkRegistration {
    /// Which trunk.
    pub trunk: TrunkName,
    /// How.
    pub state: UpstreamState,
}

/// See [`TrunkRegistration`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamState {
    /// The first answer is awaited.
    Asking,
    /// The trunk has us.
    Registered,
    /// The trunk said no; it is asked again.
    Refused {
        /// 300 to 699.
        status: u16,
    },
    /// The trunk said nothing; it is asked again.
    Silent,
    /// We have taken it back, or never had it and ask no more.
    Left,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

/// One message, as a ladder shows it. No header and no body: those are personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The session it belongs to.
    pub session: SessionId,
    /// Which way.
    pub direction: Direction,
    /// The other side.
    pub peer: SocketAddr,
    /// `INVITE`, `200 OK (INVITE)`, …; an SDP body is marked by `sdp`.
    pub label: String,
    /// True when it carries a session description.
    pub sdp: bool,
    /// True when the same message was sent or seen before.
    pub again: bool,
}

/// What happened in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A peer invites us: the first event of a session that it opened. 100 has been sent.
    Invited(Box<Invited>),
    /// Our INVITE has a provisional answer over 100.
    Progress {
        /// 180, 183, …
        status: u16,
        /// Early media, when it carries a description.
        sdp: Option<Vec<u8>>,
    },
    /// The place that our INVITE went to certainly does not take it: it answered 503, or it could
    /// not be reached at all. The INVITE goes to the next of [`Invite::fallbacks`].
    Passed {
        /// The place.
        hop: Hop,
        /// When it may be asked again, in seconds, when it said so.
        retry_after: Option<u32>,
    },
    /// Our INVITE was accepted; the ACK has been sent.
    Accepted {
        /// The answer; that of an earlier provisional answer when the 2xx has none (RFC 3262 §5).
        sdp: Option<Vec<u8>>,
    },
    /// The ACK of our 200 came.
    Confirmed {
        /// The answer, when our 200 carried the offer.
        sdp: Option<Vec<u8>>,
    },
    /// The peer offers anew (re-INVITE or UPDATE); answer with `answer` or `refuse_offer`.
    Offered {
        /// The offer; absent when the peer wants ours.
        sdp: Option<Vec<u8>>,
    },
    /// What became of our offer ([`crate::Stack::reoffer`]). Not told when the session ends first.
    Reoffered {
        /// What.
        result: Reoffered,
    },
    /// The peer answered a re-INVITE with which the stack itself kept the session alive: what we
    /// described before was offered once more, and the answer may say something new.
    Refreshed {
        /// Our description, as it stood before.
        ours: Vec<u8>,
        /// The answer.
        sdp: Vec<u8>,
    },
    /// The peer pressed a key and said so by INFO (`application/dtmf-relay`, `application/dtmf`);
    /// 200 has been sent. One event per request: its retransmissions are absorbed. The same press
    /// may come in the media as well. Told while the session stands.
    Key(Key),
    /// The peer asks us to call somebody in its place (REFER); answer at once with `accept_refer`
    /// or `refuse_refer`.
    Referred(Box<Referred>),
    /// The session is over: always its last event, exactly once.
    Ended {
        /// How.
        how: Ended,
        /// Why, when the peer's BYE, CANCEL or refusal says so.
        cause: Option<Cause>,
    },
}

/// What became of an offer of ours within a standing session. It goes on in either case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reoffered {
    /// The peer accepted.
    Accepted {
        /// The answer; a peer that sends none breaks RFC 3264, and nothing is agreed anew.
        sdp: Option<Vec<u8>>,
    },
    /// The peer refused, or made an offer of its own first (491): all is as it was.
    Refused {
        /// 300 to 699.
        status: u16,
    },
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// We hung up, refused or cancelled, and the peer knows.
    ByUs,
    /// The peer sent BYE.
    ByPeer,
    /// The peer sent CANCEL before our answer, or its INVITE expired.
    Cancelled,
    /// The peer refused our INVITE, and nobody to whom it was redirected took it.
    Refused {
        /// 300 to 699.
        status: u16,
    },
    /// Our INVITE had no answer within its ring time; it was cancelled.
    NoAnswer,
    /// Nobody refreshed the session in time (RFC 4028); BYE has been sent.
    Expired,
    /// Nothing came back: timer B, a lost ACK, or a request within the dialog that timed out.
    Unreachable,
}

/// An INVITE from a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Whose source address it came from; none for an agent's phone.
    pub peer: Option<TrunkName>,
    /// Who dials, by the password of a phone that registered.
    pub agent: Option<AgentName>,
    /// Where it came from.
    pub source: Hop,
    /// The user part of the Request-URI, unescaped: the dialled number.
    pub dialled: Option<String>,
    /// Who calls whom, by the headers.
    pub parties: Parties,
    /// The Call-ID.
    pub call_id: String,
    /// The offer, when the body is `application/sdp`.
    pub sdp: Option<Vec<u8>>,
    /// The standing session whose peer it wants to replace (RFC 3891). Whether it may is for the
    /// engine to say, and the BYE to the replaced one too.
    pub replaces: Option<SessionId>,
}

/// One more place for an INVITE of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The Request-URI there.
    pub target: String,
    /// Where it is.
    pub hop: Hop,
}

/// An INVITE of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The Request-URI and To URI.
    pub target: String,
    /// Where the first INVITE goes.
    pub next_hop: Hop,
    /// True for a phone behind an address translator: while no proxy is in the way, our requests
    /// within the call go where its answers come from, whatever its Contact says.
    pub at_source: bool,
    /// The From URI.
    pub from: String,
    /// The From display name.
    pub display: Option<String>,
    /// The P-Asserted-Identity URI, when the trunk wants one.
    pub asserted: Option<String>,
    /// The Call-ID; chosen by the caller so that it can be journalled before the INVITE leaves.
    pub call_id: String,
    /// Further headers, such as `X-Callback: yes`.
    pub headers: Vec<(String, String)>,
    /// Our offer.
    pub sdp: Vec<u8>,
    /// How long it may ring before it is cancelled.
    pub ring_max: Duration,
    /// What answers a 401 or 407, to this INVITE and to the BYE of its session. The INVITE with
    /// credentials keeps Call-ID and From tag (RFC 3261 §22.2): it is no second call.
    pub credentials: Option<Arc<Credentials>>,
    /// Where the INVITE goes when a place certainly does not take it (503, or nothing could be sent
    /// there), in this order. A place that says nothing is not passed over: it may have taken the
    /// call. With the same Call-ID and From tag it is no second call.
    pub fallbacks: Vec<Way>,
    /// Where a 3xx may send this INVITE (RFC 3261 §8.1.3.4). Empty: nowhere, and a 3xx is a refusal
    /// like any other. A redirected INVITE keeps Call-ID and From tag: it is no second call.
    pub redirects_to: Arc<[Source]>,
}
