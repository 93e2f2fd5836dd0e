//! The stack itself: its tables, its verbs, and the way from a datagram or a timer to its owner.
//!
//! The parts: [`send`] builds and sends, [`receive`] sorts what comes in, [`uas`] is the invited
//! side of a session before it stands, [`uac`] the inviting side, [`again`] its further tries,
//! [`within`] a standing dialog, [`asking`] our own requests in it, [`reoffer`] our own offers,
//! [`refresh`] the signs of life, [`reliable`] provisional answers that must arrive,
//! [`registration`] the phones that register with us, [`upstream`] the trunks that we register
//! with, [`streams`] what becomes of a call when a connection does not come about, or ends,
//! [`ping`] our questions whether a place lives, [`refer`] calls that are handed on.

mod again;
mod asking;
mod located;
mod ping;
mod receive;
mod refer;
mod refresh;
mod registration;
mod reliable;
mod reload;
mod reoffer;
mod send;
mod streams;
mod uac;
mod uas;
mod upstream;
mod within;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use model::{Deadline, Entropy, Mono, Now, TrunkName};

use self::registration::Office;
use self::upstream::Registering;
use crate::dialog::{DialogId, Trace};
use crate::session::Session;
use crate::timer::{Clock, Key, Letter, TimerIndex, Wait};
use crate::transaction::{
    Client, ClientId, ClientKey, Fired, Merged, Purpose, Server, ServerId, ServerKey,
};
use crate::{Ended, Event, Hop, Invite, Output, SessionId, Settings, limits};

/// What the stack let go without an answer or an event, counted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests outside a dialog from a source that is no peer: not answered.
    pub unknown_sources: u64,
    /// Datagrams that are no SIP message, or one without what an answer needs.
    pub unreadable: u64,
    /// Malformed requests that were answered (400, 505, …).
    pub malformed: u64,
    /// Responses to nothing that we asked.
    pub stray_responses: u64,
    /// ACKs for nothing that we answered.
    pub stray_acks: u64,
    /// Requests refused with 503: too many sessions or transactions, or not ready.
    pub refused_busy: u64,
    /// REGISTER requests with credentials that were wrong: answered with 401.
    pub failed_logins: u64,
    /// Further ones from a source that had sent too many: not answered.
    pub unheard_logins: u64,
    /// REGISTER requests that were shorter than the shortest 401: not answered.
    pub short_registers: u64,
    /// Datagrams and wire lines lost because nobody polled.
    pub lost_outputs: u64,
}

/// The SIP stack: transactions, dialogs and INVITE sessions of our listeners.
///
/// Give it one input ([`Stack::handle_datagram`], [`Stack::handle_timeout`] or a command), then
/// drain [`Stack::poll`], then wait until [`Stack::deadline`]. A command for a session that has
/// ended, or that is in another state, does nothing: races with the wire are normal.
#[derive(Debug)]
pub struct Stack {
    settings: Settings,
    entropy: Entropy,
    /// Makes the tags of answers that are given without state (RFC 3261 §8.2.7).
    secret: u64,
    ready: bool,
    timers: TimerIndex,
    outputs: VecDeque<Output>,
    counters: Counters,
    ids: u64,
    session_ids: u64,
    clients: BTreeMap<ClientId, Client>,
    client_keys: BTreeMap<ClientKey, ClientId>,
    servers: BTreeMap<ServerId, Server>,
    server_keys: BTreeMap<ServerKey, ServerId>,
    merged: BTreeMap<Merged, ServerId>,
    sessions: BTreeMap<SessionId, Session>,
    dialogs: BTreeMap<DialogId, SessionId>,
    /// Who asked whether somebody lives, by the transaction.
    pings: BTreeMap<ClientId, u64>,
    /// The dialogs that ended last, so that a BYE that crossed ours is answered.
    ended: VecDeque<Trace>,
    /// Serves the phones that register with us, when any may.
    office: Option<Box<Office>>,
    /// The trunks that we register with.
    upstreams: Vec<Registering>,
    /// Where trunks that are called by name are.
    located: BTreeMap<TrunkName, Vec<IpAddr>>,
    /// The length of the datagram that is being taken in.
    length: usize,
}

impl Stack {
    /// A stack that is ready and has nothing to do.
    pub fn new(settings: Settings, mut entropy: Entropy) -> Stack {
        let mut stack = Stack {
            settings,
            secret: entropy.next_u64(),
            entropy,
            ready: true,
            timers: TimerIndex::default(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
            ids: 0,
            session_ids: 0,
            clients: BTreeMap::new(),
            client_keys: BTreeMap::new(),
            servers: BTreeMap::new(),
            server_keys: BTreeMap::new(),
            merged: BTreeMap::new(),
            sessions: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            pings: BTreeMap::new(),
            ended: VecDeque::new(),
            office: None,
            upstreams: Vec::new(),
            located: BTreeMap::new(),
            length: 0,
        };
        stack.open_office();
        stack
    }

    /// A datagram, or one whole message of a stream, came from `source`. Never fails on what it
    /// says.
    pub fn handle_datagram(&mut self, now: Now, source: Hop, bytes: &[u8]) {
        self.received(now.mono, source, bytes);
    }

    /// Nothing can be sent to `hop`: it refuses connections, or the system knows no way there.
    /// What waits for its first answer from there has failed (RFC 3261 §8.1.3.1, §18.4): as if 503
    /// had come when it certainly did not leave, else as if nobody had answered. What was answered
    /// provisionally may yet be answered by another connection, and waits on.
    pub fn handle_unreachable(&mut self, now: Now, hop: Hop) {
        self.hop_failed(now.mono, hop);
    }

    /// The connection with `hop` has ended. A request that was sent by it and not answered at all
    /// is sent once more, by another connection: its transaction is the same, so that a peer who
    /// has it sees a repetition. Answers go to the address in the Via instead (RFC 3261 §18.2.2).
    pub fn handle_disconnected(&mut self, _now: Now, hop: Hop) {
        self.hop_ended(hop);
    }

    /// The deadline came. At most [`limits::TIMERS_PER_TURN_MAX`] timers are carried out; when
    /// more are due, the next deadline has already passed.
    pub fn handle_timeout(&mut self, now: Now) {
        let now = now.mono;
        for _ in 0..limits::TIMERS_PER_TURN_MAX {
            match self.timers.pop_due(now) {
                Some(Key::Client(id, letter)) => self.client_fired(now, id, letter),
                Some(Key::Server(id, letter)) => self.server_fired(now, id, letter),
                Some(Key::Session(id, wait)) => self.session_fired(now, id, wait),
                Some(Key::Office(duty)) => self.office_fired(now, duty),
                Some(Key::Upstream(place)) => self.renew_register(now, place),
                None => return,
            }
        }
    }

    /// The next output; none when the last input has been wholly told.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the stack wants [`Stack::handle_timeout`], and why.
    pub fn deadline(&self) -> Option<Deadline> {
        self.timers.deadline()
    }

    /// Sends 180 to the peer that invited us, and repeats it every minute.
    pub fn ring(&mut self, now: Now, session: SessionId) {
        self.ring_session(now.mono, session);
    }

    /// Accepts the peer's INVITE with `sdp`: the answer, or our offer when the INVITE had none.
    /// The 200 is repeated until its ACK ([`Event::Confirmed`]).
    pub fn accept(&mut self, now: Now, session: SessionId, sdp: Vec<u8>) {
        self.accept_session(now.mono, session, sdp);
    }

    /// Refuses the peer's INVITE with `status` (300 to 699; anything else becomes 500) and ends the
    /// session at once; its transaction sees that the peer learns of it. `retry_after` is in
    /// seconds.
    pub fn reject(&mut self, now: Now, session: SessionId, status: u16, retry_after: Option<u32>) {
        self.reject_session(now.mono, session, status, retry_after);
    }

    /// As [`Stack::reject`], with a Warning whose words a phone may show: ASCII without quotes and
    /// backslashes, which are left out; cut at [`limits::WARNING_MAX`].
    pub fn reject_saying(&mut self, now: Now, session: SessionId, status: u16, words: &str) {
        self.reject_session_saying(now.mono, session, status, words);
    }

    /// Accepts the peer's re-INVITE or UPDATE ([`Event::Offered`]) with `sdp`.
    pub fn answer(&mut self, now: Now, session: SessionId, sdp: Vec<u8>) {
        self.answer_offer(now.mono, session, sdp);
    }

    /// Refuses the peer's re-INVITE or UPDATE with `status` (300 to 699; anything else becomes
    /// 488). The session goes on as it was.
    pub fn refuse_offer(&mut self, now: Now, session: SessionId, status: u16) {
        let status = if (300..=699).contains(&status) { status } else { 488 };
        self.refuse_pending_offer(now.mono, session, status);
    }

    /// Offers anew within a standing session, by re-INVITE. Its outcome is [`Event::Reoffered`],
    /// unless the session ends first. One offer at a time: a second one, and one that meets an
    /// unanswered offer of the peer, is refused at once with 491.
    pub fn reoffer(&mut self, now: Now, session: SessionId, sdp: Vec<u8>) {
        self.reoffer_session(now.mono, session, sdp);
    }

    /// Asks the peer whether it still has the call (OPTIONS within the dialog). Any answer but 408
    /// and 481 is a sign of life, of which nothing is told; otherwise the session ends with
    /// [`Ended::Unreachable`]. Asking again before the answer does nothing.
    pub fn probe(&mut self, now: Now, session: SessionId) {
        self.probe_session(now.mono, session);
    }

    /// Asks whether anybody lives at `hop` (OPTIONS outside dialogs, RFC 3261 §11): the outcome is
    /// [`Output::Alive`] with this token. Beyond [`limits::ALIVE_MAX`], or with a `target` that is
    /// no URI, nothing is asked: false.
    pub fn ask_alive(&mut self, now: Now, hop: Hop, target: &str, token: u64) -> bool {
        self.ping(now.mono, hop, target, token)
    }

    /// Accepts the peer's REFER ([`Event::Referred`]): 202, and a first NOTIFY unless the peer
    /// wants none.
    pub fn accept_refer(&mut self, now: Now, session: SessionId) {
        self.accept_refer_of(now.mono, session);
    }

    /// Refuses the peer's REFER with `status` (300 to 699).
    pub fn refuse_refer(&mut self, now: Now, session: SessionId, status: u16) {
        self.refuse_refer_of(now.mono, session, status);
    }

    /// Tells the peer, by NOTIFY, what came of its REFER so far: `status` is that of the call to
    /// whom it named. 200 and more is the last word. The same status is told once.
    pub fn notify_refer(&mut self, now: Now, session: SessionId, status: u16) {
        self.notify(now.mono, session, status);
    }

    /// Invites. When that is impossible (too many sessions, a target that is no SIP URI) the
    /// session ends at once with [`Ended::Refused`] and the status that a peer would have given.
    pub fn invite(&mut self, now: Now, invite: Invite) -> SessionId {
        self.invite_peer(now.mono, invite)
    }

    /// Ends a session whatever its state: 480 to an INVITE not yet answered; CANCEL, as soon as it
    /// may be sent, of an INVITE of ours; BYE, as soon as it may be sent, of a standing session.
    pub fn hang_up(&mut self, now: Now, session: SessionId) {
        self.hang_up_session(now.mono, session);
    }

    /// [`Stack::hang_up`] of a phone whose call another phone has taken: the Reason of the CANCEL
    /// or BYE says so (RFC 3326), so that the phone does not list the call as missed.
    pub fn taken_elsewhere(&mut self, now: Now, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.elsewhere = true;
        }
        self.hang_up_session(now.mono, session);
    }

    /// Says whether new calls are welcome. When not, OPTIONS and INVITE get 503 with Retry-After.
    pub fn set_ready(&mut self, ready: bool) {
        self.ready = ready;
    }

    /// Sessions that have not ended.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Transactions that have not ended. They outlive their sessions by half a minute.
    pub fn transactions(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// What was let go.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// True when nothing at all is kept: no session, dialog, transaction or timer.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
            && self.dialogs.is_empty()
            && self.clients.is_empty()
            && self.client_keys.is_empty()
            && self.servers.is_empty()
            && self.server_keys.is_empty()
            && self.merged.is_empty()
            && self.pings.is_empty()
            && self.timers.len() == 0
    }

    fn clock(&mut self, now: Mono) -> Clock<'_> {
        Clock { timers: &mut self.timers, now, base: self.settings.timers }
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn next_session(&mut self) -> SessionId {
        self.session_ids += 1;
        SessionId(self.session_ids)
    }

    fn session_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(&id)
    }

    /// Ends a session: its last event.
    fn end(&mut self, id: SessionId, how: Ended) {
        let Some(session) = self.sessions.remove(&id) else { return };
        self.forget_dialogs(&session);
        if let Some(dialog) = &session.dialog {
            if self.ended.len() >= limits::ENDED_MAX {
                self.ended.pop_front();
            }
            self.ended.push_back(dialog.id.trace());
        }
        self.timers.stop_session(id);
        self.tell(id, Event::Ended { how, cause: session.cause });
    }

    fn client_fired(&mut self, now: Mono, id: ClientId, letter: Letter) {
        let base = self.settings.timers;
        let Some(client) = self.clients.get_mut(&id) else { return };
        let mut clock = Clock { timers: &mut self.timers, now, base };
        match client.fired(&mut clock, letter) {
            Fired::Again => self.send_request_again(id),
            Fired::TimedOut => {
                let (purpose, session) = (client.purpose, client.session);
                self.remove_client(id);
                match session {
                    Some(session) => self.unanswered(now, session, purpose),
                    None => self.sessionless_unanswered(now, id),
                }
            }
            Fired::Gone => self.remove_client(id),
            Fired::SayTrying | Fired::Nothing => {}
        }
    }

    fn server_fired(&mut self, now: Mono, id: ServerId, letter: Letter) {
        let base = self.settings.timers;
        let Some(server) = self.servers.get_mut(&id) else { return };
        let mut clock = Clock { timers: &mut self.timers, now, base };
        match server.fired(&mut clock, letter) {
            Fired::Again => self.send_answer_again(id),
            Fired::SayTrying => self.reply(now, id, 100),
            Fired::Gone | Fired::TimedOut => self.remove_server(id),
            Fired::Nothing => {}
        }
    }

    fn session_fired(&mut self, now: Mono, id: SessionId, wait: Wait) {
        match wait {
            Wait::Answer => self.answer_missing(now, id),
            Wait::RingAgain => self.ring_session(now, id),
            Wait::RepeatOk => self.repeat_ok(now, id),
            Wait::Ack => self.ack_missing(now, id),
            Wait::RingMax => self.quit_calling(now, id, Ended::NoAnswer),
            Wait::Cancelled => self.cancel_unanswered(id),
            Wait::Offer => self.offer_unanswered(now, id),
            Wait::OfferAgain => self.offer_pause_over(now, id),
            Wait::RepeatRing => self.repeat_ring(now, id),
            Wait::Prack => self.prack_missing(now, id),
            Wait::Refresh => self.refresh(now, id),
            Wait::Expiry => self.expired(now, id),
        }
    }

    /// A request of ours had no final answer (RFC 3261 §8.1.3.1).
    fn unanswered(&mut self, now: Mono, session: SessionId, purpose: Purpose) {
        match purpose {
            Purpose::Invite => self.end(session, Ended::Unreachable),
            Purpose::Bye => self.bye_unanswered(session),
            Purpose::Offer | Purpose::Refresh | Purpose::Probe => self.lost(now, session),
            Purpose::Notify => self.notify_refused(session),
            Purpose::Cancel | Purpose::StrayBye | Purpose::Prack | Purpose::Register => {}
        }
    }
}
