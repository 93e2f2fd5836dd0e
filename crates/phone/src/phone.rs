//! The phone: many calls by Call-ID, one SIP address, one RTP address.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use model::{Deadline, Entropy, Key, Mono, Now};

use crate::call::{ALLOW, Call, response};
use crate::desk::{CallHandle, Desk, Output, PhoneEvent};
use crate::diary::{Diary, Way};
use crate::line::KeyPress;
use crate::register::{Registrar, Registration};
use crate::sdp::Direction;
use crate::settings::{Answering, CallTo, PhoneSettings, Voice};
use crate::text;
use crate::transaction::{Due, Purpose, Sending};
use crate::wire::{self, Draft, Received};

/// Most calls at once, those that only answer retransmissions included; more are refused with 503.
pub const CALLS_MAX: usize = 10_000;
/// Most OPTIONS that wait for an answer.
pub const PINGS_MAX: usize = 16;
/// Most users with an answering of their own.
pub const ANSWERINGS_MAX: usize = 10_000;

/// The phone has as many calls as it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyCalls;

/// A SIP phone as a machine. Inputs are datagrams, moments and commands; outputs are polled until
/// there are none; then [`Phone::deadline`] says when it wants to be handled again.
///
/// Calls with the same phone as caller and callee are not supported: calls are known by their
/// Call-ID. RTP of several calls comes to one address and is told apart by where it comes from.
#[derive(Debug, Clone)]
pub struct Phone {
    settings: PhoneSettings,
    answerings: BTreeMap<String, Answering>,
    entropy: Entropy,
    diary: Diary,
    outputs: VecDeque<Output>,
    calls: BTreeMap<CallHandle, Call>,
    by_call_id: BTreeMap<String, CallHandle>,
    by_rtp: BTreeMap<SocketAddr, CallHandle>,
    filed: BTreeMap<CallHandle, (Option<Mono>, Option<SocketAddr>)>,
    timers: BTreeSet<(Mono, CallHandle)>,
    pings: Vec<Sending>,
    registration: Option<Registration>,
}

impl Phone {
    /// A phone; `entropy` is its own branch.
    pub fn new(settings: PhoneSettings, entropy: Entropy) -> Phone {
        let diary = Diary::new(&settings.name, settings.record_max);
        Phone {
            settings,
            answerings: BTreeMap::new(),
            entropy,
            diary,
            outputs: VecDeque::new(),
            calls: BTreeMap::new(),
            by_call_id: BTreeMap::new(),
            by_rtp: BTreeMap::new(),
            filed: BTreeMap::new(),
            timers: BTreeSet::new(),
            pings: Vec::new(),
            registration: None,
        }
    }

    // ----- the verbs -----

    /// A datagram came to the SIP address. What is no SIP is ignored.
    pub fn handle_sip(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
        let Some(message) = wire::read(bytes) else { return };
        self.diary.note(now, Way::In, from, &message, bytes);
        let known = self.by_call_id.get(message.call_id()).copied();
        match (message.method().is_some(), known) {
            (true, Some(call)) => {
                self.with(now, call, |call, desk| call.handle_request(desk, from, message));
            }
            (true, None) => self.handle_first_request(now, from, message),
            (false, Some(call)) => {
                self.with(now, call, |call, desk| call.handle_response(desk, &message));
            }
            (false, None) => match self.registration.take() {
                Some(mut registration) if registration.asked(&message) => {
                    registration.handle_response(&mut self.desk(now), &message);
                    self.registration = Some(registration);
                }
                other => {
                    self.registration = other;
                    self.handle_pong(now, &message);
                }
            },
        }
    }

    /// A datagram came to the RTP address. It belongs to the call whose peer said that it would
    /// send from there; failing that, to the only call with media.
    pub fn handle_rtp(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
        if let Some(call) = self.call_heard_from(from) {
            self.with(now, call, |call, desk| call.hear(desk, bytes));
        }
    }

    /// The call to which RTP from this address belongs.
    pub(crate) fn call_heard_from(&self, from: SocketAddr) -> Option<CallHandle> {
        let only = || self.by_rtp.values().next().filter(|_| self.by_rtp.len() == 1);
        self.by_rtp.get(&from).or_else(only).copied()
    }

    /// The deadline came (or any other moment).
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(&(at, call)) = self.timers.first() {
            if now.mono < at {
                break;
            }
            self.with(now, call, |call, desk| call.handle_timeout(desk));
            if self.timers.first() == Some(&(at, call)) {
                debug_assert!(false, "a due call moves its deadline");
                break;
            }
        }
        self.tick_pings(now);
        if let Some(mut registration) = self.registration.take() {
            registration.tick(&mut self.desk(now));
            self.registration = Some(registration);
        }
    }

    /// The next thing to do for the roof.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the phone wants to be handled next.
    pub fn deadline(&self) -> Option<Deadline> {
        let call = self.timers.first().map(|(at, _)| Deadline::new(*at, "a call of the phone"));
        let ping = self.pings.iter().filter_map(Sending::deadline).min();
        let ping = ping.map(|at| Deadline::new(at, "the answer to OPTIONS"));
        let registration = self.registration.as_ref().and_then(Registration::deadline);
        Deadline::earliest(Deadline::earliest(call, ping), registration)
    }

    // ----- commands; on a call that is gone or in another state they do nothing -----

    /// Calls.
    ///
    /// # Errors
    /// When the phone has [`CALLS_MAX`] calls, or has recorded as many as it can.
    pub fn call(&mut self, now: Now, to: CallTo) -> Result<CallHandle, TooManyCalls> {
        if self.is_full() {
            return Err(TooManyCalls);
        }
        let (call, handle) = {
            let mut desk = self.desk(now);
            let call = Call::place(&mut desk, to);
            let handle = call.handle;
            (call, handle)
        };
        self.file(call);
        Ok(handle)
    }

    /// Answers a call that rings here.
    pub fn answer(&mut self, now: Now, call: CallHandle) {
        self.with(now, call, |call, desk| call.answer(desk));
    }

    /// Refuses a call that rings here, with 300 to 699.
    pub fn reject(&mut self, now: Now, call: CallHandle, status: u16) {
        self.with(now, call, |call, desk| call.refuse(desk, status.clamp(300, 699)));
    }

    /// Ends a call whatever its state: CANCEL, 480, BYE; before the ACK of our 200, BYE after it.
    pub fn hang_up(&mut self, now: Now, call: CallHandle) {
        self.with(now, call, |call, desk| call.hang_up(desk));
    }

    /// Cancels our INVITE while it has no final answer; before any provisional answer the CANCEL
    /// waits for it (RFC 3261 §9.1).
    pub fn cancel(&mut self, now: Now, call: CallHandle) {
        self.with(now, call, |call, desk| call.cancel(desk));
    }

    /// re-INVITE with `sendonly`.
    pub fn hold(&mut self, now: Now, call: CallHandle) {
        self.with(now, call, |call, desk| call.reinvite(desk, Direction::SendOnly));
    }

    /// re-INVITE with `sendrecv`.
    pub fn resume(&mut self, now: Now, call: CallHandle) {
        self.with(now, call, |call, desk| call.reinvite(desk, Direction::SendRecv));
    }

    /// Sends a re-INVITE without an offer; its ACK will bring no answer.
    pub fn ask_for_offer(&mut self, now: Now, call: CallHandle) {
        self.with(now, call, |call, desk| call.ask_for_offer(desk));
    }

    /// Asks the peer to call `target`, a URI, in our place (RFC 3515).
    /// [`PhoneEvent::Referred`] and [`PhoneEvent::Notified`] tell what comes of it; without
    /// `notify` only the first (RFC 4488).
    pub fn refer(&mut self, now: Now, call: CallHandle, target: &str, notify: bool) {
        self.with(now, call, |call, desk| call.refer(desk, target, notify));
    }

    /// The Replaces header by which somebody takes our place in this call, when it is up.
    pub fn replaces(&self, call: CallHandle) -> Option<String> {
        self.calls.get(&call)?.replaces()
    }

    /// Presses a key that is told by SIP INFO, at once; nothing while the call is not up.
    pub fn inform(&mut self, now: Now, call: CallHandle, key: Key) {
        self.with(now, call, |call, desk| call.inform(desk, key));
    }

    /// Presses a key after those already waiting. False when it cannot: no media yet, no
    /// telephone-event agreed, or [`crate::KEYS_QUEUED_MAX`] keys waiting.
    pub fn press(&mut self, now: Now, call: CallHandle, press: KeyPress) -> bool {
        self.with(now, call, |call, desk| call.press(desk, press)).unwrap_or(false)
    }

    /// Presses keys one after the other, each as [`KeyPress::new`]; characters that are no key are
    /// left out. False, and nothing pressed, when one of them cannot be.
    pub fn press_all(&mut self, now: Now, call: CallHandle, keys: &str) -> bool {
        let keys: Vec<Key> = keys.chars().filter_map(Key::from_char).collect();
        let room = self.calls.get(&call).map_or(0, Call::keys_room);
        keys.len() <= room && keys.into_iter().all(|key| self.press(now, call, KeyPress::new(key)))
    }

    /// Says something else in this call from now on.
    pub fn speak(&mut self, now: Now, call: CallHandle, voice: Voice) {
        self.with(now, call, |call, desk| call.speak(desk, voice));
    }

    /// Sends OPTIONS; [`PhoneEvent::Pong`] tells the answer. Nothing when [`PINGS_MAX`] wait.
    pub fn ping(&mut self, now: Now, target: &str, next_hop: SocketAddr) {
        if self.pings.len() >= PINGS_MAX {
            return;
        }
        let branch = format!("z9hG4bK{}", self.entropy.token(16));
        let (tag, id) = (self.entropy.token(10), self.entropy.token(16));
        let own = format!("<sip:{}@{}>", self.settings.user, self.settings.sip);
        let mut draft = Draft::request("OPTIONS", target);
        draft.push("Via", format!("SIP/2.0/UDP {};rport;branch={branch}", self.settings.sip));
        draft.push("Max-Forwards", "70");
        draft.push("From", format!("{own};tag={tag}"));
        draft.push("To", format!("<{target}>"));
        draft.push("Call-ID", id);
        draft.push("CSeq", "1 OPTIONS");
        draft.push("Contact", own);
        let bytes = draft.bytes();
        self.desk(now).send(next_hop, &bytes);
        let purpose = Purpose::Options;
        self.pings.push(Sending::new(now.mono, purpose, (&branch, 1), next_hop, bytes));
    }

    /// Registers, and goes on registering: [`PhoneEvent::Registered`] tells each answer.
    pub fn register(&mut self, now: Now, registrar: Registrar) {
        let registration = Registration::begin(&mut self.desk(now), registrar);
        self.registration = Some(registration);
    }

    /// Registers anew before it is time: after the phone was moved, say.
    pub fn register_again(&mut self, now: Now) {
        if let Some(mut registration) = self.registration.take() {
            registration.renew(&mut self.desk(now), false);
            self.registration = Some(registration);
        }
    }

    /// Takes the registration back.
    pub fn unregister(&mut self, now: Now) {
        if let Some(mut registration) = self.registration.take() {
            registration.renew(&mut self.desk(now), true);
            self.registration = Some(registration);
        }
    }

    /// What it does when it is called from now on.
    pub fn set_answering(&mut self, answering: Answering) {
        self.settings.answering = answering;
    }

    /// What it does when `user` is dialled (user part of the Request-URI): one phone may play many.
    /// At most [`ANSWERINGS_MAX`] users; more are not kept.
    pub fn set_answering_of(&mut self, user: &str, answering: Answering) {
        if self.answerings.len() < ANSWERINGS_MAX || self.answerings.contains_key(user) {
            self.answerings.insert(user.to_owned(), answering);
        }
    }

    /// What it says in calls that begin from now on.
    pub fn set_voice(&mut self, voice: Voice) {
        self.settings.voice = voice;
    }

    // ----- getters -----

    /// Its own record.
    pub fn diary(&self) -> &Diary {
        &self.diary
    }

    /// Its settings as they are now.
    pub fn settings(&self) -> &PhoneSettings {
        &self.settings
    }

    /// Calls that have not ended.
    pub fn calls(&self) -> impl Iterator<Item = CallHandle> {
        self.calls.values().filter(|call| !call.is_over()).map(|call| call.handle)
    }

    /// True when no call lives and no ping waits. Ended calls may still answer retransmissions.
    pub fn is_idle(&self) -> bool {
        self.calls().next().is_none() && self.pings.is_empty()
    }

    /// True while keys of this call wait or are being pressed.
    pub fn is_pressing(&self, call: CallHandle) -> bool {
        self.calls.get(&call).is_some_and(Call::is_pressing)
    }

    // ----- inside -----

    fn is_full(&self) -> bool {
        self.calls.len() >= CALLS_MAX || self.diary.is_full()
    }

    fn desk(&mut self, now: Now) -> Desk<'_> {
        Desk {
            now,
            settings: &self.settings,
            entropy: &mut self.entropy,
            diary: &mut self.diary,
            outputs: &mut self.outputs,
        }
    }

    /// Lets a call work, and files it anew.
    fn with<T>(
        &mut self,
        now: Now,
        call: CallHandle,
        work: impl FnOnce(&mut Call, &mut Desk) -> T,
    ) -> Option<T> {
        let mut call = self.calls.remove(&call)?;
        let done = work(&mut call, &mut self.desk(now));
        self.file(call);
        Some(done)
    }

    /// Puts a call back in its place under its present deadline and RTP peer.
    fn file(&mut self, call: Call) {
        let handle = call.handle;
        if let Some((at, rtp)) = self.filed.remove(&handle) {
            if let Some(at) = at {
                self.timers.remove(&(at, handle));
            }
            if let Some(rtp) = rtp
                && self.by_rtp.get(&rtp) == Some(&handle)
            {
                self.by_rtp.remove(&rtp);
            }
        }
        if call.is_forgotten() {
            if self.by_call_id.get(&call.call_id) == Some(&handle) {
                self.by_call_id.remove(&call.call_id);
            }
            return;
        }
        let (at, rtp) = (call.deadline(), call.remote_rtp());
        if let Some(at) = at {
            self.timers.insert((at, handle));
        }
        if let Some(rtp) = rtp {
            self.by_rtp.insert(rtp, handle);
        }
        self.filed.insert(handle, (at, rtp));
        self.by_call_id.insert(call.call_id.clone(), handle);
        self.calls.insert(handle, call);
    }

    /// A request of no call that we know.
    fn handle_first_request(&mut self, now: Now, from: SocketAddr, request: Received) {
        let user = text::user_of(request.uri()).unwrap_or_default();
        let answering = self.answerings.get(&user).copied().unwrap_or(self.settings.answering);
        if answering == Answering::Ignore {
            return;
        }
        let in_dialog = request.tag("To").is_some();
        let full = self.is_full();
        let readable = request.cseq().is_some() && !request.call_id().is_empty();
        let status = match request.method().unwrap_or("") {
            "ACK" => return,
            _ if !readable => 400,
            "INVITE" if in_dialog => 481,
            "INVITE" if full => 503,
            "INVITE" => return self.handle_call(now, from, request, answering),
            "OPTIONS" => 200,
            "BYE" | "CANCEL" | "UPDATE" | "INFO" => 481,
            _ => 405,
        };
        let tag = self.entropy.token(10);
        let mut draft = response(&request, status, &tag);
        draft.push("Allow", ALLOW);
        let bytes = draft.bytes();
        self.desk(now).send(from, &bytes);
    }

    /// A call, or one that takes the place of another: that is answered at once, and the other is
    /// hung up (RFC 3891 §3).
    fn handle_call(&mut self, now: Now, from: SocketAddr, request: Received, answering: Answering) {
        let header = request.get("Replaces").map(ToOwned::to_owned);
        let named = |header: String| {
            self.calls.values().find(|call| call.is_replaced_by(&header)).map(|call| call.handle)
        };
        let (replaces, replaced) = (header.is_some(), header.and_then(named));
        let answering = match (replaces, replaced) {
            (false, _) => answering,
            (true, Some(_)) => Answering::AT_ONCE,
            (true, None) => Answering::status(481),
        };
        let call = Call::invited(&mut self.desk(now), from, request, answering);
        self.file(call);
        if let Some(replaced) = replaced {
            self.hang_up(now, replaced);
        }
    }

    fn handle_pong(&mut self, now: Now, message: &Received) {
        let Some(status) = message.status() else { return };
        let Some(place) = self.pings.iter().position(|ping| ping.branch == message.branch()) else {
            return;
        };
        if status < 200 {
            self.pings[place].provisional(now.mono);
            return;
        }
        self.pings.remove(place);
        self.desk(now).tell(PhoneEvent::Pong { status: Some(status) });
    }

    fn tick_pings(&mut self, now: Now) {
        let mut pings = std::mem::take(&mut self.pings);
        pings.retain_mut(|ping| match ping.tick(now.mono) {
            Due::Nothing => true,
            Due::SendAgain => {
                self.desk(now).send(ping.to, &ping.bytes);
                true
            }
            Due::GaveUp => {
                self.desk(now).tell(PhoneEvent::Pong { status: None });
                false
            }
        });
        self.pings = pings;
    }
}
