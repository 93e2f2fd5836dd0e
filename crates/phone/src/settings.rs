//! What a phone is told before and when it calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::register::Registrar;

/// An audio codec of the phone (RFC 3551 §4.5.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0.
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.722, static payload type 9.
    G722,
}

/// What the phone says while it is in a call and presses no key.
#[derive(Debug, Clone, PartialEq)]
pub enum Voice {
    /// Sends no packets at all, except keys. For load, where every packet costs.
    Mute,
    /// Sends frames of silence.
    Silence,
    /// A sine wave of this many hertz.
    Tone(f64),
    /// These samples (8 kHz), round and round.
    Samples(Arc<[i16]>),
}

/// What the phone does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// Rings, and answers by itself after this long.
    Answer {
        /// From 180 to 200.
        ring_for: Duration,
    },
    /// Rings until it is cancelled, or until the test says `answer` or `reject`.
    NeverAnswer,
    /// Rings (not at all, when the time is zero), then refuses.
    Refuse {
        /// From 180 to the refusal.
        ring_for: Duration,
        /// 300 to 699.
        status: u16,
    },
    /// Rings, then answers twice, as two phones behind a forking proxy do: two 200 with different
    /// To tags (RFC 3261 §13.2.2.4). The call goes on with the first; the caller owes the second an
    /// ACK and a BYE, and the diary tells whether it gave them ([`crate::Fork`]).
    Fork {
        /// From 180 to the two 200.
        ring_for: Duration,
    },
    /// Rings with early media: 183 with the description that the 200 repeats.
    EarlyMedia {
        /// From 183 to 200.
        ring_for: Duration,
    },
    /// Rings with early media that must arrive (RFC 3262), where the caller takes it: a 183 with
    /// the answer, and after its PRACK a 200 without a description.
    Reliable {
        /// From 183 to 200.
        ring_for: Duration,
    },
    /// Rings (not at all, when the time is zero), then sends the caller on: 302 with a Contact of
    /// the dialled user at this address.
    Redirect {
        /// From 180 to 302.
        ring_for: Duration,
        /// Where the call is to go.
        to: SocketAddr,
    },
    /// A dead phone: not a packet in answer to anything that opens a call, and none to OPTIONS.
    Ignore,
}

impl Answering {
    /// Answers in the same moment.
    pub const AT_ONCE: Answering = Answering::Answer { ring_for: Duration::ZERO };
    /// 486 at once.
    pub const BUSY: Answering = Answering::status(486);
    /// 603 at once.
    pub const DECLINE: Answering = Answering::status(603);

    /// This refusal at once.
    pub const fn status(status: u16) -> Answering {
        Answering::Refuse { ring_for: Duration::ZERO, status }
    }

    /// Rings for so many seconds, then answers.
    pub const fn after_secs(seconds: u64) -> Answering {
        Answering::Answer { ring_for: Duration::from_secs(seconds) }
    }
}

/// A phone.
#[derive(Debug, Clone)]
pub struct PhoneSettings {
    /// Its name in ladders.
    pub name: String,
    /// Where it receives SIP; written in Via and Contact.
    pub sip: SocketAddr,
    /// Where it receives RTP, for all its calls; written in its session descriptions.
    pub rtp: SocketAddr,
    /// The user part of its own URI.
    pub user: String,
    /// What it does when it is called.
    pub answering: Answering,
    /// The codecs it has, in the order of its offers.
    pub codecs: Vec<Codec>,
    /// The payload type of telephone-event in its offers; `None` offers and answers none.
    pub events: Option<u8>,
    /// True for a phone that speaks SRTP and nothing else: it offers RTP/SAVP, and takes an offer
    /// only with a key. False for one that never heard of SRTP.
    pub srtp: bool,
    /// What it says.
    pub voice: Voice,
    /// How much of each call is kept as samples, each way; zero keeps none.
    pub record_max: Duration,
}

impl PhoneSettings {
    /// A phone that answers at once, has PCMA, PCMU and telephone-event 101, sends silence and
    /// keeps five minutes of each call.
    pub fn new(name: &str, user: &str, sip: SocketAddr, rtp: SocketAddr) -> PhoneSettings {
        PhoneSettings {
            name: name.to_owned(),
            sip,
            rtp,
            user: user.to_owned(),
            answering: Answering::AT_ONCE,
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            events: Some(101),
            srtp: false,
            voice: Voice::Silence,
            record_max: Duration::from_secs(300),
        }
    }
}

/// What the INVITE of a call offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// The phone's codecs.
    Usual,
    /// G.729 only, which nobody here has: 488 is the right answer.
    BadCodec,
    /// A line of video before that of the voice, which nobody here takes.
    VideoFirst,
    /// No description: the 200 carries the offer and the ACK the answer (RFC 3264 §5, late offer).
    Late,
}

/// A call to make.
#[derive(Debug, Clone)]
pub struct CallTo {
    /// Request-URI and To URI, as literal text.
    pub target: String,
    /// Where the INVITE goes.
    pub next_hop: SocketAddr,
    /// The From URI; the phone's own when absent.
    pub from: Option<String>,
    /// The From display name.
    pub display: Option<String>,
    /// The P-Asserted-Identity URI (RFC 3325).
    pub asserted: Option<String>,
    /// Further headers, name and value.
    pub headers: Vec<(String, String)>,
    /// What is offered.
    pub offer: Offer,
    /// The Call-ID; drawn when absent.
    pub call_id: Option<String>,
    /// As whom the phone answers a 401, once; not at all when absent.
    pub login: Option<Box<Registrar>>,
}

impl CallTo {
    /// A plain call.
    pub fn new(target: impl Into<String>, next_hop: SocketAddr) -> CallTo {
        CallTo {
            target: target.into(),
            next_hop,
            from: None,
            display: None,
            asserted: None,
            headers: Vec::new(),
            offer: Offer::Usual,
            call_id: None,
            login: None,
        }
    }
}
