//! Server transactions.
//!
//! ```text
//! INVITE:   Proceeding -2xx-> Accepted (timer L)
//!               '-3xx..6xx-> Completed (timers G, H) -ACK-> Confirmed (timer I)
//! others:   Proceeding -final-> Completed (timer J)
//! ```

use std::time::Duration;

use sip_msg::{Method, Request};

use super::{Fired, ServerId};
use crate::message::method_label;
use crate::timer::{Clock, Key, Letter};
use crate::{Hop, SessionId, Transport};

/// How a request finds its transaction (RFC 3261 §17.2.3). An ACK and a CANCEL look for the key of
/// their INVITE.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServerKey {
    /// The branch has the magic cookie.
    Branch {
        branch: String,
        /// Host in lower case and port of the top Via.
        sent_by: String,
        method: String,
    },
    /// A peer of RFC 2543, without the cookie.
    Old {
        call_id: String,
        from_tag: String,
        cseq: u32,
        uri: String,
        /// The top Via as a whole.
        via: String,
        method: String,
    },
}

impl ServerKey {
    /// The key of the INVITE which an ACK or CANCEL with this key is about.
    pub(crate) fn of_invite(&self) -> ServerKey {
        let mut key = self.clone();
        match &mut key {
            ServerKey::Branch { method, .. } | ServerKey::Old { method, .. } => {
                *method = "INVITE".into();
            }
        }
        key
    }
}

/// What marks copies of one request that came on different ways (RFC 3261 §8.2.2.2): Call-ID,
/// From tag, CSeq number and method.
pub(crate) type Merged = (String, String, u32, String);

/// Where a server transaction stands. `Proceeding` is also what RFC 3261 calls Trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerState {
    /// No final answer yet.
    Proceeding,
    /// Answered; for INVITE: refused, waiting for the ACK.
    Completed,
    /// INVITE: the ACK of our refusal came.
    Confirmed,
    /// INVITE: accepted. The session repeats the 200, not the transaction.
    Accepted,
}

/// One server transaction.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) key: ServerKey,
    pub(crate) session: Option<SessionId>,
    /// Where answers go (RFC 3261 §18.2.2, RFC 3581 §4).
    pub(crate) to: Hop,
    /// Where they go when the connection of the request is gone.
    pub(crate) otherwise: Option<Hop>,
    pub(crate) state: ServerState,
    /// The request without its body until the final answer, which is built from it.
    pub(crate) request: Option<Box<Request>>,
    /// The tag that every answer but 100 carries in To.
    pub(crate) local_tag: String,
    /// The last answer and its label, kept for repeated requests.
    pub(crate) answer: Option<(Vec<u8>, String)>,
    /// What marks copies of the request, when it is outside a dialog.
    pub(crate) merged: Option<Merged>,
    /// True when the request carries a session description.
    pub(crate) sdp: bool,
    /// The method, for labels.
    pub(crate) method: String,
    invite: bool,
    /// The transport sees to it that answers arrive (RFC 3261 §17.2).
    reliable: bool,
    interval: Duration,
}

impl Server {
    /// A transaction for `request`, which has just come.
    pub(crate) fn new(
        id: ServerId,
        key: ServerKey,
        to: Hop,
        transport: Transport,
        request: Box<Request>,
        local_tag: String,
    ) -> Server {
        let method = method_label(&request.method);
        let request_is_invite = request.method == Method::Invite;
        Server {
            id,
            key,
            session: None,
            to,
            otherwise: None,
            state: ServerState::Proceeding,
            request: Some(request),
            local_tag,
            answer: None,
            merged: None,
            sdp: false,
            invite: request_is_invite,
            reliable: transport.is_reliable(),
            method,
            interval: Duration::ZERO,
        }
    }

    fn timer(&self, letter: Letter) -> Key {
        Key::Server(self.id, letter)
    }

    /// A request that is not answered at once must hear 100 after a while (RFC 4320 §4.1).
    pub(crate) fn waits(&mut self, clock: &mut Clock<'_>) {
        if !self.invite {
            let wait = clock.base.until_t2();
            clock.after(self.timer(Letter::N), wait);
        }
    }

    /// An answer with `status` leaves now, as `bytes`.
    pub(crate) fn answered(
        &mut self,
        clock: &mut Clock<'_>,
        status: u16,
        bytes: &[u8],
        label: &str,
    ) {
        if status < 200 {
            self.answer = Some((bytes.to_vec(), label.to_string()));
            return;
        }
        clock.timers.stop_server(self.id);
        self.request = None;
        let patience = clock.base.patience();
        if self.invite && status < 300 {
            self.state = ServerState::Accepted;
            self.answer = None;
            clock.after(self.timer(Letter::L), patience);
            return;
        }
        self.state = ServerState::Completed;
        self.answer = Some((bytes.to_vec(), label.to_string()));
        if self.invite {
            self.interval = clock.base.t1;
            if !self.reliable {
                clock.after(self.timer(Letter::G), self.interval);
            }
            clock.after(self.timer(Letter::H), patience);
        } else {
            let wait = self.absorbing(patience);
            clock.after(self.timer(Letter::J), wait);
        }
    }

    /// The ACK of a refusal came. True when it was the first.
    pub(crate) fn acknowledged(&mut self, clock: &mut Clock<'_>) -> bool {
        if self.state != ServerState::Completed || !self.invite {
            return false;
        }
        clock.timers.stop_server(self.id);
        self.state = ServerState::Confirmed;
        self.answer = None;
        let wait = self.absorbing(clock.base.t4);
        clock.after(self.timer(Letter::I), wait);
        true
    }

    /// How long repeated requests are absorbed: a reliable transport brings none (RFC 3261
    /// §17.2.1, §17.2.2).
    fn absorbing(&self, wait: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { wait }
    }

    /// One of its timers fired.
    pub(crate) fn fired(&mut self, clock: &mut Clock<'_>, letter: Letter) -> Fired {
        match (letter, self.state) {
            (Letter::G, ServerState::Completed) => {
                self.interval = clock.base.doubled(self.interval);
                clock.after(self.timer(Letter::G), self.interval);
                Fired::Again
            }
            (Letter::N, ServerState::Proceeding) => Fired::SayTrying,
            (Letter::H | Letter::I | Letter::J | Letter::L, _) => Fired::Gone,
            (
                Letter::A
                | Letter::B
                | Letter::D
                | Letter::E
                | Letter::F
                | Letter::G
                | Letter::K
                | Letter::M
                | Letter::N,
                _,
            ) => Fired::Nothing,
        }
    }
}
