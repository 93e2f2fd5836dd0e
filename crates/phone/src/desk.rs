//! What a call has at hand while it works: the present, the diary, the way out.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Entropy, Key, Mono, Now};

use crate::diary::{CallRecord, Diary, Way};
use crate::{PhoneSettings, wire};

/// Most outputs that wait to be polled; a roof that never polls loses the later ones.
pub const OUTPUTS_MAX: usize = 65_536;

/// One call of one phone; never given twice by the same phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallHandle(pub u32);

/// What the phone gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send from the SIP address.
    Sip {
        /// Where.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Send from the RTP address.
    Rtp {
        /// Where.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Something happened.
    Event(PhoneEvent),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneEvent {
    /// Somebody calls.
    Invited {
        /// The call.
        call: CallHandle,
        /// The user part of the Request-URI.
        dialled: Option<String>,
        /// The user part of From.
        from: Option<String>,
    },
    /// The peer of our call rings (any provisional answer over 100).
    Ringing {
        /// The call.
        call: CallHandle,
        /// 180, 183, …
        status: u16,
    },
    /// The call is up: its 200 came (caller), or the ACK of our 200 (callee).
    Answered {
        /// The call.
        call: CallHandle,
    },
    /// The peer pressed a key; once per press.
    Key {
        /// The call.
        call: CallHandle,
        /// The key.
        key: Key,
    },
    /// The peer changed the session; true when it no longer wants to hear us.
    HeldByPeer {
        /// The call.
        call: CallHandle,
        /// On hold or not.
        held: bool,
    },
    /// Our hold or resume was answered.
    Reinvited {
        /// The call.
        call: CallHandle,
        /// 200, 488, 491, …
        status: u16,
    },
    /// Our REFER was answered; 408 when it was not.
    Referred {
        /// The call.
        call: CallHandle,
        /// 202, 403, …
        status: u16,
    },
    /// The peer tells what came of our REFER.
    Notified {
        /// The call.
        call: CallHandle,
        /// 100, 180, 200, 486, …
        status: u16,
        /// True when nothing more will be told.
        over: bool,
    },
    /// The call is over: its last event, exactly once.
    Ended {
        /// The call.
        call: CallHandle,
        /// How.
        how: Ending,
    },
    /// Our REGISTER was answered, or not at all within 32 s.
    Registered {
        /// The status; 200 when we are registered.
        status: Option<u16>,
        /// For how long; zero when we are not.
        time: Duration,
    },
    /// Our OPTIONS was answered, or not at all within 32 s.
    Pong {
        /// The status.
        status: Option<u16>,
    },
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// We said BYE, or cancelled our INVITE.
    ByUs,
    /// The peer said BYE.
    ByPeer,
    /// The peer cancelled its INVITE.
    Cancelled,
    /// The peer refused our INVITE.
    Refused(u16),
    /// We refused the peer's INVITE.
    RefusedByUs(u16),
    /// Nothing came back: INVITE, BYE or the ACK of our 200.
    Unreachable,
}

/// The things that a call works with.
pub(crate) struct Desk<'a> {
    pub now: Now,
    pub settings: &'a PhoneSettings,
    pub entropy: &'a mut Entropy,
    pub diary: &'a mut Diary,
    pub outputs: &'a mut VecDeque<Output>,
}

impl Desk<'_> {
    pub fn mono(&self) -> Mono {
        self.now.mono
    }

    pub fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        // Only an answer that copies the headers of a giant datagram can be unreadable: too long.
        let Some(message) = wire::read_lines(bytes) else { return };
        self.diary.note(self.now, Way::Out, to, &message, bytes);
        self.give(Output::Sip { to, bytes: bytes.to_vec() });
    }

    pub fn tell(&mut self, event: PhoneEvent) {
        self.give(Output::Event(event));
    }

    pub fn give(&mut self, output: Output) {
        if self.outputs.len() < OUTPUTS_MAX {
            self.outputs.push_back(output);
        }
    }

    pub fn record(&mut self, call: CallHandle) -> &mut CallRecord {
        self.diary.record(call)
    }
}
