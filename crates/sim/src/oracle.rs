//! What an oracle sees, and what it says.

use std::net::SocketAddr;

use engine::{Engine, Input, Output, Settings};
use ledger::Fact;
use model::{Now, PortId, RequestId};
use phone::PhoneEvent;

use crate::world::World;

/// Something that an oracle may judge.
pub enum Seen<'a> {
    /// The engine is about to be told this.
    Input(&'a Input),
    /// The engine gave this.
    Output(&'a Output),
    /// The engine has nothing more to say for now.
    Quiet(&'a Engine),
    /// This fact reached the disk.
    Durable(&'a Fact),
    /// A phone told its person of this: the far end's own record.
    Phone {
        /// Whose phone.
        id: usize,
        /// Its SIP address.
        at: SocketAddr,
        /// The Call-ID of the call, when the event is about one.
        call_id: Option<&'a str>,
        /// What.
        event: &'a PhoneEvent,
    },
    /// At the cue grain: these two phones hear each other from now on, by the addresses to which
    /// the engine sends. Nobody, when the engine sends to an address where no phone is.
    Joined {
        /// One end.
        one: Option<usize>,
        /// The other.
        other: Option<usize>,
    },
    /// At the packet grain: a packet reached a port of the engine, which has not seen it yet.
    PacketCame {
        /// The port.
        port: PortId,
        /// The sender.
        from: SocketAddr,
        /// The packet.
        bytes: &'a [u8],
    },
    /// At the packet grain: a port of the engine sent a packet.
    PacketSent {
        /// The port.
        port: PortId,
        /// The receiver.
        to: SocketAddr,
        /// The packet.
        bytes: &'a [u8],
    },
    /// The engine died.
    Crash,
    /// The engine starts with these settings, and has said nothing yet.
    Restart(&'a Settings),
}

/// What a verdict is about, for its ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The run as a whole.
    Run,
    /// One SIP call, by its Call-ID.
    Call(String),
    /// One callback request.
    Request(RequestId),
}

/// A rule of the promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which oracle says so.
    pub oracle: &'static str,
    /// What it is about.
    pub about: About,
    /// What it saw, in one sentence.
    pub what: String,
}

impl Verdict {
    /// A verdict about the run as a whole.
    pub fn of_run(oracle: &'static str, what: impl Into<String>) -> Verdict {
        Verdict { oracle, about: About::Run, what: what.into() }
    }

    /// A verdict about one SIP call.
    pub fn of_call(oracle: &'static str, call_id: &str, what: impl Into<String>) -> Verdict {
        Verdict { oracle, about: About::Call(call_id.to_owned()), what: what.into() }
    }

    /// A verdict about one request.
    pub fn of_request(
        oracle: &'static str,
        request: RequestId,
        what: impl Into<String>,
    ) -> Verdict {
        Verdict { oracle, about: About::Request(request), what: what.into() }
    }
}

/// One rule, watched over a whole run.
pub trait Oracle {
    /// Takes in one more thing.
    fn see(&mut self, now: Now, seen: &Seen<'_>);
    /// What was broken, judged once at the end.
    fn verdicts(&mut self, world: &World) -> Vec<Verdict>;
}

/// Most verdicts that one oracle keeps: the first ones tell the story.
pub const VERDICTS_MAX: usize = 20;

/// What one oracle has found so far.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<Verdict>);

impl Found {
    /// Keeps a verdict, if there is room.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        if self.0.len() < VERDICTS_MAX {
            self.0.push(verdict);
        }
    }

    /// Gives the verdicts away.
    pub(crate) fn take(&mut self) -> Vec<Verdict> {
        std::mem::take(&mut self.0)
    }
}
