//! The live board: current calls and the last that ended, each with the steps of its ladder.
//!
//! The driver writes it from the engine's [`Status`]es; anybody may read it without asking the
//! engine. Nothing is decided from it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use dashmap::DashMap;
use dashmap::mapref::multiple::RefMulti;
use engine::{Leg, LegRole, Status};
use ledger::{CallEnd, Fact, RecordingEnd};
use media::Quality;
use model::{CallId, Mono, Now, OfferId, RequestId, Wall};

use crate::kept::Kept;

/// Ended calls that are kept.
pub const CALLS_ENDED_KEPT_MAX: usize = 1_000;
/// Calls on the board, ended and live; a call beyond is not shown.
pub const CALLS_SHOWN_MAX: usize = 20_000;
/// The first steps of a call that are kept,
pub const FIRST_STEPS_MAX: usize = 300;
/// and the last ones, when there are more.
pub const LAST_STEPS_MAX: usize = 100;
/// Legs of a call whose voices are kept: a call that is handed on has some more than two.
pub const VOICES_MAX: usize = 8;
/// Offers and requests whose call is remembered.
pub const LINKS_MAX: usize = 20_000;
/// Words of ladders that calls share; a call has a copy of its own of any other.
pub const WORDS_SHARED_MAX: usize = 1_000;

/// One call as the board shows it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which.
    pub call: CallId,
    /// What it is.
    pub kind: Kind,
    /// When it began.
    pub began: Wall,
    /// When it ended.
    pub ended: Option<Wall>,
    /// How its caller left the queue.
    pub end: Option<CallEnd>,
    /// True once two legs heard each other.
    pub bridged: bool,
    /// The request that it made or that it carries out.
    pub request: Option<RequestId>,
    /// The file that it is recorded into, or was.
    pub recording: Option<String>,
    /// How the voices of its legs went that have ended, at most [`VOICES_MAX`].
    pub voices: Vec<Voice>,
    /// How many of its legs were ended because an order for their voice was lost.
    pub orders_lost: u32,
    /// What happened, in order.
    pub steps: Steps,
}

/// How the voice of one leg went.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    /// Which.
    pub role: LegRole,
    /// Packets sent.
    pub sent: u64,
    /// Packets heard.
    pub received: u64,
    /// Loss, jitter, the way there and back, and what we left out.
    pub went: Quality,
}

/// What a call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A customer called us.
    Inbound {
        /// The line's name.
        line: Arc<str>,
        /// Who, masked.
        caller: Arc<str>,
    },
    /// We call a customer back.
    Callback,
}

/// One line of a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Mono,
    /// The leg it belongs to, when it belongs to one.
    pub role: Option<LegRole>,
    /// What.
    pub what: What,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A message from the leg to us.
    In(Arc<str>),
    /// A message from us to the leg.
    Out(Arc<str>),
    /// Something that we did or decided.
    Note(Arc<str>),
}

/// The steps of one call: the first, the last, and a count of those between.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    first: Vec<Step>,
    last: VecDeque<Step>,
    left_out: u64,
    /// Where those of an ended call are kept.
    kept: Option<Range<u64>>,
}

impl Steps {
    fn push(&mut self, step: Step) {
        if self.first.len() < FIRST_STEPS_MAX {
            return self.first.push(step);
        }
        if self.last.len() == LAST_STEPS_MAX {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(step);
    }

    /// Of an ended call: gives them to be kept together with those of others.
    fn put_away(&mut self, kept: &mut Kept) {
        let steps = std::mem::take(self);
        let place = kept.keep(steps.first.into_iter().chain(steps.last));
        self.left_out = steps.left_out;
        self.kept = Some(place);
    }

    /// As it was before it was put away, as far as the others have left it.
    fn fetched(mut self, kept: &Kept) -> Steps {
        let Some(place) = self.kept.take() else { return self };
        let mut steps: Vec<Step> = kept.left(&place).cloned().collect();
        let missing = (place.end - place.start) - steps.len() as u64;
        steps.append(&mut self.first);
        Steps { first: steps, last: self.last, left_out: self.left_out + missing, kept: None }
    }

    /// Those that are kept, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.first.iter().chain(&self.last)
    }

    /// How many between the first and the last were not kept.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

/// Which call an offer or a request belongs to.
#[derive(Debug, Default)]
struct Links {
    offers: BTreeMap<OfferId, Offered>,
    requests: BTreeMap<RequestId, CallId>,
    ended: VecDeque<CallId>,
}

#[derive(Debug, Clone, Copy)]
enum Offered {
    Call(CallId),
    Request(RequestId),
}

/// The board. One writer, any number of readers.
#[derive(Debug, Default)]
pub struct Board {
    calls: DashMap<CallId, Call>,
    /// Held only by the writer, for the moment of one status.
    links: Mutex<Links>,
    /// What the steps of most calls say: a thousand calls keep it once.
    words: Mutex<BTreeSet<Arc<str>>>,
    /// The steps of calls that have ended.
    kept: Mutex<Kept>,
    begun: AtomicUsize,
}

/// Whether a callback may be offered, in words.
fn offerable(why: Option<&queue::NoOffer>) -> String {
    match why {
        Some(why) => format!("no callback is offered: {why}"),
        None => "a callback may be offered".to_owned(),
    }
}

impl Board {
    /// Takes in one status of the engine.
    pub fn note(&self, now: Now, status: &Status) {
        let mut links = self.links.lock().expect("no writer panics while it holds the links");
        match status {
            Status::CallBegan { call, line, caller } => {
                let (line, caller) = (self.shared(line.as_str()), self.shared(caller));
                let kind = Kind::Inbound { line: Arc::clone(&line), caller };
                self.began(now, *call, kind, None);
                self.say(now, *call, None, format!("calls {line}"));
            }
            Status::CallbackBegan { call, request } => {
                self.began(now, *call, Kind::Callback, Some(*request));
                links.link_request(*request, *call);
                self.say(now, *call, None, format!("callback for {request} begins"));
            }
            Status::Playing { leg, clips } => {
                self.say_leg(now, *leg, format!("plays {}", clips.join(" ")));
            }
            Status::Pressed { leg, key } => self.say_leg(now, *leg, format!("key {key}")),
            Status::Offerable { call, why } => self.say(now, *call, None, offerable(why.as_ref())),
            Status::NumberRefused { call, why } => {
                self.say(now, *call, None, format!("the number is not called: {why}"));
            }
            Status::Promised { call, request } => {
                links.link_request(*request, *call);
                self.change(*call, |call| call.request = Some(*request));
                self.say(now, *call, None, format!("{request} promised, durable"));
            }
            Status::Offered { offer, agent } => {
                self.say_of(now, links.offered(*offer), format!("{offer} rings {agent}"));
            }
            Status::OfferEnded { offer, end } => {
                self.say_of(now, links.offered(*offer), format!("{offer} {end}"));
                links.offers.remove(offer);
            }
            Status::Dialling { attempt } => {
                let call = links.requests.get(&attempt.request).copied();
                self.say_of(now, call, format!("dials {attempt}"));
            }
            Status::Bridged { call } => {
                self.change(*call, |call| call.bridged = true);
                self.say(now, *call, None, "bridges both legs".to_owned());
            }
            Status::CallEnded { call, .. } => {
                self.say(now, *call, None, "the call is over".to_owned());
                self.ended(now, *call, &mut links);
            }
            // Of no call: the log and `trunk list` say it.
            Status::Target { .. } => {}
            Status::RequestClosed { request, end } => {
                let call = links.requests.get(request).copied();
                self.say_of(now, call, format!("{request} closed: {end}"));
            }
            Status::Voice { leg, sent, received, went } => {
                let (role, sent, received, went) = (leg.role, *sent, *received, *went);
                self.heard(leg.call, Voice { role, sent, received, went });
            }
            Status::OrderLost { leg } => {
                self.change(leg.call, |call| call.orders_lost += 1);
                self.say_leg(now, *leg, "ends: an order for its voice was lost".to_owned());
            }
            Status::Phone { .. } | Status::Trunk(_) | Status::Alarm { .. } => {}
            Status::Wire { leg, wire } => self.wire(now, *leg, wire),
            Status::Fact(fact) => self.fact(now, fact, &mut links),
        }
    }

    fn heard(&self, call: CallId, voice: Voice) {
        self.change(call, |call| {
            if call.voices.len() < VOICES_MAX {
                call.voices.push(voice);
            }
        });
    }

    /// One call.
    pub fn call(&self, call: CallId) -> Option<Call> {
        self.calls.get(&call).map(|call| self.whole(call.clone()))
    }

    /// All calls on the board, in the order of their ids.
    pub fn calls(&self) -> Vec<Call> {
        let whole = |call: RefMulti<'_, CallId, Call>| self.whole(call.clone());
        let mut calls: Vec<Call> = self.calls.iter().map(whole).collect();
        calls.sort_by_key(|call| call.call);
        calls
    }

    /// The calls of one request, the one that asked first.
    pub fn calls_of(&self, request: RequestId) -> Vec<Call> {
        let of = |call: &Call| call.request == Some(request);
        let mut calls: Vec<Call> = self
            .calls
            .iter()
            .filter(|call| of(call))
            .map(|call| self.whole(call.clone()))
            .collect();
        calls.sort_by_key(|call| call.call);
        calls
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics while holding the steps")
    }

    /// The call with its steps.
    fn whole(&self, mut call: Call) -> Call {
        call.steps = call.steps.fetched(&self.kept());
        call
    }

    /// How many calls have not ended.
    pub fn live(&self) -> usize {
        self.calls.iter().filter(|call| call.ended.is_none()).count()
    }

    /// How many calls have begun since the start.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    fn began(&self, now: Now, call: CallId, kind: Kind, request: Option<RequestId>) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        if self.calls.len() >= CALLS_SHOWN_MAX {
            return;
        }
        let (began, steps) = (now.wall, Steps::default());
        let shown = Call {
            call,
            kind,
            began,
            ended: None,
            end: None,
            bridged: false,
            request,
            recording: None,
            voices: Vec::new(),
            orders_lost: 0,
            steps,
        };
        self.calls.insert(call, shown);
    }

    fn ended(&self, now: Now, call: CallId, links: &mut Links) {
        let mut known = false;
        self.change(call, |call| {
            known = call.ended.is_none();
            call.ended.get_or_insert(now.wall);
            if known {
                call.steps.put_away(&mut self.kept());
            }
        });
        if !known {
            return;
        }
        links.ended.push_back(call);
        if links.ended.len() > CALLS_ENDED_KEPT_MAX {
            let oldest = links.ended.pop_front();
            oldest.and_then(|oldest| self.calls.remove(&oldest));
        }
    }

    fn wire(&self, now: Now, leg: Leg, wire: &sip::Wire) {
        let sdp = if wire.sdp { " (sdp)" } else { "" };
        let again = if wire.again { " again" } else { "" };
        let label = self.shared(&format!("{}{sdp}{again}", wire.label));
        let what = match wire.direction {
            sip::Direction::In => What::In(label),
            sip::Direction::Out => What::Out(label),
        };
        let step = Step { at: now.mono, role: Some(leg.role), what };
        self.change(leg.call, |call| call.steps.push(step));
    }

    fn fact(&self, now: Now, fact: &Fact, links: &mut Links) {
        if let Fact::Offered { offer, request, call, .. } = fact {
            let of = request.map(Offered::Request).or(call.map(Offered::Call));
            if let Some(of) = of {
                links.link_offer(*offer, of);
            }
        }
        match fact {
            Fact::RecordingBegan { call, file, .. } => {
                self.change(*call, |call| call.recording = Some(file.clone()));
            }
            Fact::RecordingEnded { call, end: RecordingEnd::Erased, .. } => {
                self.change(*call, |call| call.recording = None);
            }
            _ => {}
        }
        if let Fact::CallEnded { call, end } | Fact::CallLed { call, end, .. } = fact {
            self.change(*call, |call| call.end = Some(*end));
        }
        let request = fact.request().and_then(|request| links.requests.get(&request).copied());
        let call = match fact {
            Fact::CallArrived { call, .. } | Fact::CallEnded { call, .. } => Some(*call),
            Fact::CallbackRequested { call, .. } => *call,
            Fact::Offered { offer, .. } | Fact::OfferEnded { offer, .. } => links.offered(*offer),
            Fact::Bridged { call, .. } | Fact::Transferred { call, .. } => call.or(request),
            Fact::DialStarted { .. }
            | Fact::DialEnded { .. }
            | Fact::RequestClosed { .. }
            | Fact::Moved { .. }
            | Fact::CameDue { .. }
            | Fact::Hastened { .. }
            | Fact::Held { .. }
            | Fact::AttemptMissed { .. }
            | Fact::TicketComment { .. }
            | Fact::FoundUncertain { .. }
            | Fact::Settled { .. } => request,
            Fact::TicketWanted { call, .. } | Fact::RecordingDeclined { call, .. } => {
                call.or(request)
            }
            Fact::RecordingBegan { call, .. }
            | Fact::RecordingEnded { call, .. }
            | Fact::CallLed { call, .. }
            | Fact::MessageLeft { call, .. }
            | Fact::OfferWithheld { call, .. }
            | Fact::OfferAllowed { call }
            | Fact::RequestUntaken { call, .. }
            | Fact::PlaceTaken { call, .. }
            | Fact::PlaceReturned { call, .. }
            | Fact::NotRecorded { call, .. } => Some(*call),
            Fact::EngineStarted { .. }
            | Fact::Switched { .. }
            | Fact::StatusSet { .. }
            | Fact::WrapUpEnded { .. } => None,
        };
        self.say_of(now, call, format!("journal: {}", fact.word()));
    }

    fn say_leg(&self, now: Now, leg: Leg, note: String) {
        self.say(now, leg.call, Some(leg.role), note);
    }

    fn say_of(&self, now: Now, call: Option<CallId>, note: String) {
        if let Some(call) = call {
            self.say(now, call, None, note);
        }
    }

    fn say(&self, now: Now, call: CallId, role: Option<LegRole>, note: String) {
        let step = Step { at: now.mono, role, what: What::Note(self.shared(&note)) };
        self.change(call, |call| call.steps.push(step));
    }

    /// How many words calls share.
    #[cfg(test)]
    pub(crate) fn words_shared(&self) -> usize {
        self.words.lock().expect("no writer panics while it holds the words").len()
    }

    /// The one copy of a word, while there is room for it.
    fn shared(&self, word: &str) -> Arc<str> {
        let mut words = self.words.lock().expect("no writer panics while it holds the words");
        if let Some(known) = words.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        if words.len() < WORDS_SHARED_MAX {
            words.insert(Arc::clone(&word));
        }
        word
    }

    fn change(&self, call: CallId, change: impl FnOnce(&mut Call)) {
        if let Some(mut call) = self.calls.get_mut(&call) {
            change(&mut call);
        }
    }
}

impl Links {
    fn link_request(&mut self, request: RequestId, call: CallId) {
        self.requests.insert(request, call);
        if self.requests.len() > LINKS_MAX {
            self.requests.pop_first();
        }
    }

    fn link_offer(&mut self, offer: OfferId, of: Offered) {
        self.offers.insert(offer, of);
        if self.offers.len() > LINKS_MAX {
            self.offers.pop_first();
        }
    }

    fn offered(&self, offer: OfferId) -> Option<CallId> {
        match self.offers.get(&offer)? {
            Offered::Call(call) => Some(*call),
            Offered::Request(request) => self.requests.get(request).copied(),
        }
    }
}
