//! One call of the phone: a dialog, its INVITE transactions and its line.
//!
//! ```text
//! Calling ──200──▶ Talking ──BYE sent──▶ Leaving ──200──▶ Over     (we called)
//! Ringing ──answer──▶ Accepted ──ACK──▶ Talking ──BYE──▶ Over      (we were called)
//! ```
//! Any state can go to Over: refused, cancelled, nobody there. Over stays for 32 s to answer
//! retransmissions.

use std::collections::VecDeque;
use std::net::SocketAddr;

use model::Mono;

use crate::desk::{CallHandle, Desk, Ending, PhoneEvent};
use crate::diary::Side;
use crate::line::{Agreed, KeyPress, Line};
use crate::sdp::{self, Described, Direction};
use crate::settings::{Answering, CallTo, Offer, Voice};
use crate::srtp::MasterKey;
use crate::text;
use crate::transaction::{Due, GIVE_UP, Purpose, Sending};
use crate::wire::{self, Draft, Received};

mod glare;
mod info;
mod login;
mod reliable;
mod requests;
mod responses;
mod transfer;

/// What the phone understands.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, PRACK, REFER, NOTIFY";
/// Most messages of one call that wait for an answer; more are sent once and not again.
const SENDING_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Our INVITE waits for its final answer.
    Calling,
    /// The peer's INVITE waits for ours.
    Ringing,
    /// Our 200 waits for its ACK.
    Accepted,
    /// The dialog is confirmed.
    Talking,
    /// Our BYE waits for its answer.
    Leaving,
    /// Ended; only retransmissions are answered.
    Over,
}

/// An INVITE of the peer and our answer to it, for its retransmissions.
#[derive(Debug, Clone)]
struct Served {
    request: Received,
    to: SocketAddr,
    response: Vec<u8>,
}

/// Most ACKs that are remembered of one call; older ones are long settled.
const ACKS_MAX: usize = 8;

/// Our ACK, for retransmissions of what it acknowledges.
#[derive(Debug, Clone)]
struct Ack {
    cseq: u32,
    to: SocketAddr,
    bytes: Vec<u8>,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    pub handle: CallHandle,
    pub call_id: String,
    state: State,
    /// Our From (or To) value without its tag, and the tag.
    local: String,
    local_tag: String,
    /// The peer's.
    remote: String,
    remote_tag: Option<String>,
    /// Where requests within the dialog go: Contact, route set, and the address to fall back on.
    target: String,
    routes: Vec<String>,
    peer: SocketAddr,
    cseq: u32,
    offer: Offer,
    /// Our first INVITE as it was written.
    invite: Option<Received>,
    served: Option<Served>,
    /// The Contact of a 302 to the peer's INVITE.
    elsewhere: Option<String>,
    /// The tag of a second 200 to the peer's INVITE.
    fork: Option<String>,
    /// Its provisional answers must arrive.
    reliable: bool,
    progress: bool,
    cancel: bool,
    /// A BYE that waits for the ACK of our 200 (RFC 3261 §15).
    bye: bool,
    how: Ending,
    answer_at: Option<(Mono, Option<u16>)>,
    sending: Vec<Sending>,
    acks: VecDeque<Ack>,
    sdp_id: u64,
    sdp_version: u64,
    /// Our SRTP key.
    key: MasterKey,
    direction: Direction,
    /// What it was before the re-INVITE under way.
    direction_before: Direction,
    /// A re-INVITE that met one of the peer's, and when it is made again.
    again: Option<(Mono, Direction)>,
    held: bool,
    offered: Option<Described>,
    line: Option<Line>,
    voice: Voice,
    forget_at: Option<Mono>,
    /// What answers a 401, once.
    asks_again: Option<Box<CallTo>>,
}

impl Call {
    fn new(handle: CallHandle, call_id: &str, state: State, peer: SocketAddr, desk: &Desk) -> Call {
        let mut key = [0; 30];
        desk.entropy.branch(&format!("key of {call_id}")).fill(&mut key);
        Call {
            handle,
            call_id: call_id.to_owned(),
            state,
            local: String::new(),
            local_tag: String::new(),
            remote: String::new(),
            remote_tag: None,
            target: String::new(),
            routes: Vec::new(),
            peer,
            cseq: 1,
            offer: Offer::Usual,
            invite: None,
            served: None,
            elsewhere: None,
            fork: None,
            reliable: false,
            progress: false,
            cancel: false,
            bye: false,
            how: Ending::ByUs,
            answer_at: None,
            sending: Vec::new(),
            acks: VecDeque::new(),
            sdp_id: u64::from(handle.0) + 1,
            sdp_version: 0,
            key,
            direction: Direction::SendRecv,
            direction_before: Direction::SendRecv,
            again: None,
            held: false,
            offered: None,
            line: None,
            voice: desk.settings.voice.clone(),
            forget_at: None,
            asks_again: None,
        }
    }

    /// Sends an INVITE.
    pub fn place(desk: &mut Desk, to: CallTo) -> Call {
        let drawn = format!("{}@{}", desk.entropy.token(16), desk.settings.sip.ip());
        let call_id = to.call_id.clone().unwrap_or(drawn);
        let mut call = Call::new(CallHandle(0), &call_id, State::Calling, to.next_hop, desk);
        let own = format!("sip:{}@{}", desk.settings.user, desk.settings.sip);
        let from = to.from.clone().unwrap_or(own);
        call.local = match &to.display {
            Some(display) => format!("\"{}\" <{from}>", display.replace(['"', '\\'], "")),
            None => format!("<{from}>"),
        };
        call.local_tag = desk.entropy.token(10);
        call.remote = format!("<{}>", to.target);
        call.target = to.target.clone();
        call.offer = to.offer;
        let (bytes, branch) = call.first_invite(desk, &to, None);
        let invite = wire::read_lines(&bytes).expect("the phone writes readable messages");
        call.handle = desk.diary.open(desk.now, Side::Caller, &invite);
        call.sdp_id = u64::from(call.handle.0) + 1;
        call.invite = Some(invite);
        call.transmit(desk, Purpose::Invite, (&branch, 1), to.next_hop, bytes);
        call.asks_again = to.login.is_some().then(|| Box::new(to));
        call
    }

    /// A peer's INVITE: rings, and arms the answer.
    pub fn invited(
        desk: &mut Desk,
        from: SocketAddr,
        request: Received,
        answering: Answering,
    ) -> Call {
        let handle = desk.diary.open(desk.now, Side::Callee, &request);
        let mut call = Call::new(handle, request.call_id(), State::Ringing, from, desk);
        call.local_tag = desk.entropy.token(10);
        call.local = without_tag(request.get("To").unwrap_or(""));
        call.remote = without_tag(request.get("From").unwrap_or(""));
        call.remote_tag = request.tag("From").map(ToOwned::to_owned);
        call.target = text::uri_of(request.get("Contact").unwrap_or("")).to_owned();
        call.routes = request.all("Record-Route").flat_map(text::list_of).collect();
        call.offered = request.sdp().and_then(sdp::read);
        let unusable = request.sdp().is_some()
            && call.offered.as_ref().is_none_or(|offer| pick(desk, offer).is_none());
        let dialled = text::user_of(request.uri());
        let caller = text::user_of(text::uri_of(request.get("From").unwrap_or("")));
        call.served = Some(Served { request, to: from, response: Vec::new() });
        desk.tell(PhoneEvent::Invited { call: handle, dialled: dialled.clone(), from: caller });
        if unusable {
            call.refuse(desk, 488);
            return call;
        }
        let (ring_for, then) = match answering {
            Answering::Fork { ring_for } => {
                call.fork = Some(desk.entropy.token(10));
                (Some(ring_for), None)
            }
            Answering::Answer { ring_for } | Answering::EarlyMedia { ring_for } => {
                (Some(ring_for), None)
            }
            Answering::Reliable { ring_for } => {
                let served = call.served.as_ref();
                call.reliable = served.is_some_and(|it| Call::takes_reliable(&it.request));
                (Some(ring_for), None)
            }
            Answering::Refuse { ring_for, status } => (Some(ring_for), Some(status)),
            Answering::Redirect { ring_for, to } => {
                let user = dialled.as_deref().unwrap_or_default();
                call.elsewhere = Some(format!("<sip:{user}@{to}>"));
                (Some(ring_for), Some(302))
            }
            Answering::NeverAnswer | Answering::Ignore => (None, None),
        };
        if ring_for.is_none_or(|wait| !wait.is_zero()) {
            let early =
                matches!(answering, Answering::EarlyMedia { .. } | Answering::Reliable { .. });
            call.ring(desk, early);
        }
        match (ring_for, then) {
            (Some(wait), then) if !wait.is_zero() => {
                call.answer_at = Some((desk.mono() + wait, then));
            }
            (Some(_), Some(status)) => call.refuse(desk, status),
            (Some(_), None) => call.answer(desk),
            (None, _) => {}
        }
        call
    }

    fn ring(&mut self, desk: &mut Desk, early: bool) {
        let now = desk.now;
        desk.record(self.handle).ringing = Some(now);
        let offer = self.offered.clone().filter(|_| early);
        match offer.and_then(|offer| Some((self.own_answer(desk, &offer)?, offer))) {
            // Its own ringing tone, as a carrier plays it: the peer may hear it before the 200.
            Some(((body, agreed), offer)) => {
                self.connect(desk, agreed, &offer);
                self.respond_invite(desk, 183, Some(body));
            }
            None => self.respond_invite(desk, 180, None),
        }
    }

    // ----- commands -----

    /// 200 to the INVITE that rings.
    pub fn answer(&mut self, desk: &mut Desk) {
        if self.state != State::Ringing || self.answers_later(desk) {
            return;
        }
        self.answer_at = None;
        self.state = State::Accepted;
        self.accept_invite(desk);
        self.accept_fork(desk);
    }

    /// A refusal of the INVITE that rings.
    pub fn refuse(&mut self, desk: &mut Desk, status: u16) {
        if self.state != State::Ringing {
            return;
        }
        self.respond_invite(desk, status, None);
        self.finish(desk, Ending::RefusedByUs(status));
    }

    /// Ends the call, whatever its state.
    pub fn hang_up(&mut self, desk: &mut Desk) {
        match self.state {
            State::Calling => self.cancel(desk),
            State::Ringing => self.refuse(desk, 480),
            State::Accepted => self.bye = true,
            State::Talking => self.send_bye(desk, Ending::ByUs),
            State::Leaving | State::Over => {}
        }
    }

    /// CANCEL, at once or as soon as a provisional answer allows it (RFC 3261 §9.1).
    pub fn cancel(&mut self, desk: &mut Desk) {
        if self.state != State::Calling {
            return;
        }
        let first_time = !std::mem::replace(&mut self.cancel, true);
        if first_time && self.progress {
            self.send_cancel(desk);
        }
    }

    fn send_cancel(&mut self, desk: &mut Desk) {
        let Some(invite) = self.invite.take() else { return };
        let draft = hop_request("CANCEL", &invite, invite.get("To").unwrap_or(""));
        let branch = invite.branch().to_owned();
        let cseq = invite.cseq().map_or(1, |(number, _)| number);
        self.invite = Some(invite);
        self.transmit(desk, Purpose::Cancel, (&branch, cseq), self.peer, draft.bytes());
    }

    /// A re-INVITE without an offer, whose ACK brings no answer, as some phones do: everything
    /// stays as it was.
    pub fn ask_for_offer(&mut self, desk: &mut Desk) {
        let pending = self.sending.iter().any(|sending| sending.purpose == Purpose::Reinvite);
        if self.state != State::Talking || pending {
            return;
        }
        self.direction_before = self.direction;
        self.cseq += 1;
        let (draft, branch) = self.dialog_request(desk, "INVITE", self.cseq);
        let key = (branch.as_str(), self.cseq);
        self.transmit(desk, Purpose::Reinvite, key, self.hop(), draft.bytes());
    }

    /// A re-INVITE that stops or restarts hearing the peer.
    pub fn reinvite(&mut self, desk: &mut Desk, direction: Direction) {
        let pending = self.sending.iter().any(|sending| sending.purpose == Purpose::Reinvite);
        if self.state != State::Talking || pending {
            return;
        }
        self.again = None;
        self.direction_before = std::mem::replace(&mut self.direction, direction);
        self.cseq += 1;
        let (mut draft, branch) = self.dialog_request(desk, "INVITE", self.cseq);
        draft.sdp(self.own_offer(desk));
        let key = (branch.as_str(), self.cseq);
        self.transmit(desk, Purpose::Reinvite, key, self.hop(), draft.bytes());
    }

    /// Puts a key in the queue; false when there is no line for it, or no room.
    pub fn press(&mut self, desk: &Desk, press: KeyPress) -> bool {
        self.line.as_mut().is_some_and(|line| line.press(desk.mono(), press))
    }

    /// How many more keys can be pressed.
    pub fn keys_room(&self) -> usize {
        self.line.as_ref().map_or(0, Line::keys_room)
    }

    pub fn is_pressing(&self) -> bool {
        self.line.as_ref().is_some_and(Line::is_pressing)
    }

    pub fn speak(&mut self, desk: &Desk, voice: Voice) {
        if let Some(line) = &mut self.line {
            line.speak(desk.mono(), voice.clone());
        }
        self.voice = voice;
    }

    pub fn hear(&mut self, desk: &mut Desk, bytes: &[u8]) {
        if let Some(line) = &mut self.line {
            line.hear(desk, bytes);
        }
    }

    // ----- getters -----

    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// True when nothing more can come of it.
    pub fn is_forgotten(&self) -> bool {
        self.is_over() && self.forget_at.is_none() && self.sending.is_empty()
    }

    pub fn remote_rtp(&self) -> Option<SocketAddr> {
        self.line.as_ref().map(|line| line.agreed.remote)
    }

    pub fn deadline(&self) -> Option<Mono> {
        let sendings = self.sending.iter().filter_map(Sending::deadline);
        let line = self.line.as_ref().and_then(Line::deadline);
        let answer = self.answer_at.map(|(at, _)| at);
        let again = self.again.map(|(at, _)| at);
        sendings.chain(line).chain(answer).chain(again).chain(self.forget_at).min()
    }

    // ----- time -----

    pub fn handle_timeout(&mut self, desk: &mut Desk) {
        if self.answer_at.is_some_and(|(at, _)| at <= desk.mono()) {
            match self.answer_at.take() {
                Some((_, Some(status))) => self.refuse(desk, status),
                Some((_, None)) | None => self.answer(desk),
            }
        }
        if let Some((_, direction)) = self.again.take_if(|(at, _)| *at <= desk.mono()) {
            self.reinvite(desk, direction);
        }
        if let Some(line) = &mut self.line {
            line.tick(desk);
        }
        let mut gave_up = Vec::new();
        for sending in &mut self.sending {
            match sending.tick(desk.mono()) {
                Due::Nothing => {}
                Due::SendAgain => desk.send(sending.to, &sending.bytes),
                Due::GaveUp => gave_up.push(sending.purpose),
            }
        }
        for purpose in gave_up {
            self.sending.retain(|sending| sending.purpose != purpose);
            self.give_up(desk, purpose);
        }
        if self.forget_at.is_some_and(|at| at <= desk.mono()) {
            self.forget_at = None;
        }
    }

    fn give_up(&mut self, desk: &mut Desk, purpose: Purpose) {
        match purpose {
            Purpose::Invite if self.cancel => self.finish(desk, Ending::ByUs),
            Purpose::Invite | Purpose::Bye => self.finish(desk, Ending::Unreachable),
            Purpose::Reinvite => {
                self.direction = self.direction_before;
                desk.tell(PhoneEvent::Reinvited { call: self.handle, status: 408 });
            }
            // Nobody acknowledged our 200: the session ends by BYE (RFC 3261 §13.3.1.4).
            Purpose::Accepting => self.send_bye(desk, Ending::Unreachable),
            // The INVITE that was to be cancelled ends by itself or by its own limit.
            Purpose::Cancel => {
                for sending in &mut self.sending {
                    sending.bound(desk.now.mono);
                }
            }
            Purpose::Ringing => self.refuse(desk, 504),
            Purpose::Refer => self.handle_referred(desk, 408),
            Purpose::AcceptingFork | Purpose::Refusing | Purpose::Options => {}
        }
    }

    // ----- writing -----

    fn transmit(
        &mut self,
        desk: &mut Desk,
        purpose: Purpose,
        key: (&str, u32),
        to: SocketAddr,
        bytes: Vec<u8>,
    ) {
        desk.send(to, &bytes);
        if self.sending.len() < SENDING_MAX {
            self.sending.push(Sending::new(desk.mono(), purpose, key, to, bytes));
        }
    }

    fn send_bye(&mut self, desk: &mut Desk, how: Ending) {
        self.line = None;
        self.again = None;
        self.how = how;
        self.state = State::Leaving;
        self.sending.retain(|sending| sending.purpose == Purpose::AcceptingFork);
        self.cseq += 1;
        let (draft, branch) = self.dialog_request(desk, "BYE", self.cseq);
        let key = (branch.as_str(), self.cseq);
        self.transmit(desk, Purpose::Bye, key, self.hop(), draft.bytes());
    }

    /// The call's one end.
    fn finish(&mut self, desk: &mut Desk, how: Ending) {
        if self.state == State::Over {
            return;
        }
        self.state = State::Over;
        self.line = None;
        (self.answer_at, self.again) = (None, None);
        self.sending.retain(|sending| {
            matches!(sending.purpose, Purpose::Refusing | Purpose::AcceptingFork)
        });
        self.forget_at = Some(desk.mono() + GIVE_UP);
        let now = desk.now;
        desk.record(self.handle).ended = Some((now, how));
        desk.tell(PhoneEvent::Ended { call: self.handle, how });
    }

    /// Where requests within the dialog go: the first route, the Contact, or the peer itself.
    fn hop(&self) -> SocketAddr {
        let first = self.routes.first().map_or(self.target.as_str(), |route| text::uri_of(route));
        text::address_of(first).unwrap_or(self.peer)
    }

    /// A request of this dialog (RFC 3261 §12.2.1.1), and its branch.
    fn dialog_request(&self, desk: &mut Desk, method: &str, cseq: u32) -> (Draft, String) {
        let branch = format!("z9hG4bK{}", desk.entropy.token(16));
        let mut draft = Draft::request(method, &self.target);
        draft.push("Via", format!("SIP/2.0/UDP {};rport;branch={branch}", desk.settings.sip));
        draft.push("Max-Forwards", "70");
        draft.push("From", format!("{};tag={}", self.local, self.local_tag));
        draft.push(
            "To",
            match &self.remote_tag {
                Some(tag) => format!("{};tag={tag}", self.remote),
                None => self.remote.clone(),
            },
        );
        draft.push("Call-ID", &self.call_id);
        draft.push("CSeq", format!("{cseq} {method}"));
        for route in &self.routes {
            draft.push("Route", route);
        }
        if matches!(method, "INVITE" | "UPDATE") {
            draft.push("Contact", contact(desk));
            draft.push("Allow", ALLOW);
        }
        (draft, branch)
    }

    fn own_offer(&mut self, desk: &Desk) -> Vec<u8> {
        let codecs = desk.settings.codecs.clone();
        let (events, direction) = (desk.settings.events, self.direction);
        let crypto = desk.settings.srtp.then_some((1, self.key));
        let secure = desk.settings.srtp;
        let description = self.description(desk, &codecs, events, direction);
        let description = sdp::Description { crypto, secure, ..description };
        match self.offer {
            Offer::BadCodec => sdp::write_bad(&description),
            Offer::VideoFirst => sdp::write_after_video(&description),
            Offer::Usual | Offer::Late => sdp::write(&description),
        }
    }

    /// Our answer to the peer's offer, and what is then agreed; `None` without a common codec.
    fn own_answer(&mut self, desk: &Desk, offer: &Described) -> Option<(Vec<u8>, Agreed)> {
        let (codec, payload_type) = pick(desk, offer)?;
        let direction = offer.direction.answered_by(self.direction);
        let events = desk.settings.events.and(offer.events);
        let codecs = [codec];
        let crypto = offer.crypto.filter(|_| desk.settings.srtp);
        let description = self.description(desk, &codecs, events, direction);
        let body = sdp::write(&sdp::Description {
            crypto: crypto.map(|(tag, _)| (tag, self.key)),
            secure: offer.secure,
            ..description
        });
        let agreed = Agreed {
            remote: offer.remote,
            codec,
            payload_type,
            events,
            events_heard: events,
            send: direction.sends(),
            keys: crypto.map(|(_, theirs)| (self.key, theirs)),
        };
        Some((body, agreed))
    }

    fn description<'a>(
        &mut self,
        desk: &Desk,
        codecs: &'a [crate::Codec],
        events: Option<u8>,
        direction: Direction,
    ) -> sdp::Description<'a> {
        self.sdp_version += 1;
        let (local, id, version) = (desk.settings.rtp, self.sdp_id, self.sdp_version);
        let (crypto, secure) = (None, false);
        sdp::Description { local, id, version, codecs, events, direction, crypto, secure }
    }

    // ----- media -----

    /// The peer answered our offer. False when its answer is of no use.
    fn apply_answer(&mut self, desk: &mut Desk, answer: Option<&[u8]>) -> bool {
        let Some(answer) = answer.and_then(sdp::read) else { return false };
        let Some((codec, payload_type)) = pick(desk, &answer) else { return false };
        let agreed = Agreed {
            remote: answer.remote,
            codec,
            payload_type,
            events: desk.settings.events.and(answer.events),
            events_heard: desk.settings.events,
            send: self.direction.sends() && answer.direction.receives(),
            keys: answer.crypto.filter(|_| desk.settings.srtp).map(|(_, key)| (self.key, key)),
        };
        self.connect(desk, agreed, &answer);
        true
    }

    fn connect(&mut self, desk: &mut Desk, agreed: Agreed, peer: &Described) {
        let (now, call) = (desk.mono(), self.handle);
        desk.record(call).talk.get_or_insert(now);
        match &mut self.line {
            Some(line) => line.agree(agreed),
            None => {
                let mut dice = desk.entropy.branch(&format!("line {}", call.0));
                let voice = self.voice.clone();
                self.line = Some(Line::new(call, now, agreed, voice, &mut dice));
            }
        }
        let held = !peer.direction.receives();
        if std::mem::replace(&mut self.held, held) != held {
            desk.tell(PhoneEvent::HeldByPeer { call, held });
        }
    }
}

/// The first codec of the peer that we have, when the stream is or is not SRTP as we want it.
fn pick(desk: &Desk, peer: &Described) -> Option<(crate::Codec, u8)> {
    let suits = if desk.settings.srtp { peer.crypto.is_some() } else { !peer.secure };
    peer.codecs.iter().copied().find(|(codec, _)| suits && desk.settings.codecs.contains(codec))
}

fn contact(desk: &Desk) -> String {
    format!("<sip:{}@{}>", desk.settings.user, desk.settings.sip)
}

/// A From or To value without its tag.
fn without_tag(value: &str) -> String {
    let Some(tag) = text::param_of(value, "tag") else { return value.to_owned() };
    value.replacen(&format!(";tag={tag}"), "", 1)
}

/// A request that must follow its INVITE's very path: CANCEL, and the ACK of a refusal
/// (RFC 3261 §9.1, §17.1.1.3).
fn hop_request(method: &str, invite: &Received, to: &str) -> Draft {
    let mut draft = Draft::request(method, invite.uri());
    draft.push("Via", invite.get("Via").unwrap_or(""));
    draft.push("Max-Forwards", "70");
    draft.push("From", invite.get("From").unwrap_or(""));
    draft.push("To", to);
    draft.push("Call-ID", invite.call_id());
    draft.push("CSeq", format!("{} {method}", invite.cseq().map_or(1, |(number, _)| number)));
    for route in invite.all("Route") {
        draft.push("Route", route);
    }
    draft
}

/// A response to `request` (RFC 3261 §8.2.6.2); `tag` is ours.
pub fn response(request: &Received, status: u16, tag: &str) -> Draft {
    let mut draft = Draft::response(status);
    for via in request.all("Via") {
        draft.push("Via", via);
    }
    draft.push("From", request.get("From").unwrap_or(""));
    let to = request.get("To").unwrap_or("");
    draft.push(
        "To",
        match text::param_of(to, "tag") {
            None if status > 100 => format!("{to};tag={tag}"),
            Some(_) | None => to.to_owned(),
        },
    );
    draft.push("Call-ID", request.call_id());
    draft.push("CSeq", request.get("CSeq").unwrap_or(""));
    draft
}
