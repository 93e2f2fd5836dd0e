//! Client transactions.
//!
//! ```text
//! INVITE:   Calling -1xx-> Proceeding -2xx-> Accepted (timer M)
//!              |               '-3xx..6xx-> Completed (timer D)
//!              '-timer B-> gone
//! others:   Calling -1xx-> Proceeding -final-> Completed (timer K)
//!              '------------------'-timer F-> gone
//! ```

use std::time::Duration;

use sip_msg::{Request, Via};

use super::{ClientId, Fired};
use crate::ask::Ask;
use crate::timer::{Clock, Key, Letter};
use crate::{Hop, SessionId, Transport};

/// How a response finds its transaction: the branch of its top Via and the method of its CSeq
/// (RFC 3261 §17.1.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientKey {
    pub(crate) branch: String,
    pub(crate) method: String,
}

/// What the answer to a request of ours means for its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It opens the session.
    Invite,
    /// It carries an offer of ours within the standing session.
    Offer,
    /// It acknowledges a provisional answer.
    Prack,
    /// It keeps the session alive, without an offer.
    Refresh,
    /// It asks whether the peer still has the call.
    Probe,
    /// It tells what came of the peer's REFER.
    Notify,
    /// It cancels the INVITE: its answer changes nothing.
    Cancel,
    /// It ends the session.
    Bye,
    /// It registers us with a trunk.
    Register,
    /// It ends a dialog that is not, or no longer, the session's: its answer changes nothing.
    StrayBye,
}

/// Where a client transaction stands. `Calling` is also what RFC 3261 calls Trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientState {
    /// No answer yet; the request is repeated.
    Calling,
    /// A provisional answer came.
    Proceeding,
    /// A final answer came (for INVITE: a refusal, whose ACK is kept); repeats are absorbed.
    Completed,
    /// A 2xx to INVITE came; further ones are acknowledged until timer M.
    Accepted,
}

/// What to do with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Give it to the session.
    Pass,
    /// A repeated refusal of an INVITE: send the ACK again.
    AckAgain,
    /// A repeat without meaning.
    Absorb,
}

/// The ACK of one 2xx, kept to be sent again (RFC 3261 §13.2.2.4).
#[derive(Debug)]
pub(crate) struct Ack {
    /// The To tag of the branch that accepted.
    pub(crate) tag: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) to: Hop,
}

/// Another way for a request.
#[derive(Debug)]
pub(crate) struct Otherwise {
    pub(crate) hop: Hop,
    /// The top Via of that way; the branch is the same.
    pub(crate) via: Via,
    pub(crate) bytes: Vec<u8>,
}

/// One client transaction.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) key: ClientKey,
    pub(crate) purpose: Purpose,
    pub(crate) session: Option<SessionId>,
    /// The Call-ID and our tag: every answer repeats them.
    pub(crate) call_id: String,
    pub(crate) local_tag: String,
    /// Where the request went.
    pub(crate) to: Hop,
    pub(crate) state: ClientState,
    /// Another way for the request, should it not leave by this one.
    pub(crate) otherwise: Option<Box<Otherwise>>,
    /// The callee is behind an address translator: see [`crate::Invite::at_source`].
    pub(crate) at_source: bool,
    /// The request while it may be repeated; then, for a refused INVITE, its ACK.
    pub(crate) bytes: Vec<u8>,
    /// True when the request carries a session description.
    pub(crate) sdp: bool,
    /// An INVITE without its body until its final answer: CANCEL and ACK are built from it.
    pub(crate) request: Option<Box<Request>>,
    /// The request as it would be sent once more, when it is one within a dialog.
    pub(crate) ask: Option<Box<Ask>>,
    /// The ACKs of 2xx answers, at most [`crate::limits::FORKS_MAX`].
    pub(crate) acks: Vec<Ack>,
    /// The transport sees to it that the request arrives (RFC 3261 §17.1).
    reliable: bool,
    repeated: bool,
    interval: Duration,
}

impl Client {
    /// A transaction whose request, as `bytes`, is about to be sent to `to`.
    pub(crate) fn new(
        id: ClientId,
        key: ClientKey,
        purpose: Purpose,
        session: Option<SessionId>,
        to: Hop,
        transport: Transport,
        bytes: Vec<u8>,
    ) -> Client {
        Client {
            id,
            key,
            purpose,
            session,
            call_id: String::new(),
            local_tag: String::new(),
            to,
            state: ClientState::Calling,
            otherwise: None,
            at_source: false,
            bytes,
            sdp: false,
            request: None,
            ask: None,
            acks: Vec::new(),
            reliable: transport.is_reliable(),
            repeated: false,
            interval: Duration::ZERO,
        }
    }

    /// True while no answer has come.
    pub(crate) fn is_unheard(&self) -> bool {
        self.state == ClientState::Calling
    }

    /// True when the request may be sent once more because its connection has ended; not twice.
    pub(crate) fn repeats_once(&mut self) -> bool {
        self.reliable && !std::mem::replace(&mut self.repeated, true)
    }

    /// The request takes its other way, as if it left for the first time.
    pub(crate) fn goes(
        &mut self,
        otherwise: Otherwise,
        transport: Transport,
        clock: &mut Clock<'_>,
    ) {
        let Otherwise { hop, via, bytes } = otherwise;
        self.to = hop;
        self.bytes = bytes;
        self.reliable = transport.is_reliable();
        if let Some(request) = &mut self.request {
            request.headers.replace_top_via(&via);
        }
        self.begin(clock);
    }

    /// True when the request was sent more than once.
    pub(crate) fn is_repeated(&self) -> bool {
        self.repeated
    }

    fn is_invite(&self) -> bool {
        self.key.method == "INVITE"
    }

    fn timer(&self, letter: Letter) -> Key {
        Key::Client(self.id, letter)
    }

    /// The request leaves now.
    pub(crate) fn begin(&mut self, clock: &mut Clock<'_>) {
        self.interval = clock.base.t1;
        let (repeat, give_up) =
            if self.is_invite() { (Letter::A, Letter::B) } else { (Letter::E, Letter::F) };
        if !self.reliable {
            clock.after(self.timer(repeat), self.interval);
        }
        clock.after(self.timer(give_up), clock.base.patience());
    }

    /// A response with `status` came.
    pub(crate) fn heard(&mut self, clock: &mut Clock<'_>, status: u16) -> Heard {
        match (self.state, status) {
            (ClientState::Calling | ClientState::Proceeding, 100..=199) => {
                if self.state == ClientState::Calling && self.is_invite() {
                    clock.timers.stop(self.timer(Letter::A));
                    clock.timers.stop(self.timer(Letter::B));
                    if self.purpose == Purpose::Offer {
                        // Nobody has to think about an offer within a call for longer, and nobody
                        // cancels it: it must not wait for ever.
                        clock.after(self.timer(Letter::B), clock.base.patience());
                    }
                }
                self.state = ClientState::Proceeding;
                Heard::Pass
            }
            (ClientState::Calling | ClientState::Proceeding, _) => {
                self.settle(clock, status);
                Heard::Pass
            }
            (ClientState::Completed, 300..=699) if self.is_invite() => Heard::AckAgain,
            (ClientState::Accepted, 200..=299) => Heard::Pass,
            (ClientState::Completed | ClientState::Accepted, _) => Heard::Absorb,
        }
    }

    /// The first final answer came.
    fn settle(&mut self, clock: &mut Clock<'_>, status: u16) {
        clock.timers.stop_client(self.id);
        self.bytes = Vec::new();
        self.otherwise = None;
        let (state, letter, wait) = match (self.is_invite(), status < 300) {
            (true, true) => (ClientState::Accepted, Letter::M, clock.base.patience()),
            (true, false) => (ClientState::Completed, Letter::D, clock.base.patience()),
            (false, _) => (ClientState::Completed, Letter::K, clock.base.t4),
        };
        self.state = state;
        // RFC 3261 §17.1.1.2, §17.1.2.2: D and K absorb what a reliable transport never repeats.
        // Timer M waits for other branches of a fork, however they come.
        let wait = if self.reliable && letter != Letter::M { Duration::ZERO } else { wait };
        clock.after(self.timer(letter), wait);
    }

    /// One of its timers fired.
    pub(crate) fn fired(&mut self, clock: &mut Clock<'_>, letter: Letter) -> Fired {
        match (letter, self.state) {
            (Letter::A, ClientState::Calling) => {
                // RFC 3261 §17.1.1.2: timer A doubles without a ceiling.
                self.interval *= 2;
                self.repeated = true;
                clock.after(self.timer(Letter::A), self.interval);
                Fired::Again
            }
            (Letter::E, ClientState::Calling) => {
                self.interval = clock.base.doubled(self.interval);
                self.repeated = true;
                clock.after(self.timer(Letter::E), self.interval);
                Fired::Again
            }
            (Letter::E, ClientState::Proceeding) => {
                clock.after(self.timer(Letter::E), clock.base.t2);
                Fired::Again
            }
            (Letter::B | Letter::F, _) => Fired::TimedOut,
            (Letter::D | Letter::K | Letter::M, _) => Fired::Gone,
            (
                Letter::A
                | Letter::E
                | Letter::G
                | Letter::H
                | Letter::I
                | Letter::J
                | Letter::L
                | Letter::N,
                _,
            ) => Fired::Nothing,
        }
    }
}
