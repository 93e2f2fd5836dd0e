//! The caller's script: greeting, music, the offer, the menu, the typed number, the promise.
//!
//! ```text
//! greeting ──▶ waiting (music, now and then the offer) ◀───────────────┐
//!     │ offer key    │ offer key                                       │ back to queue
//!     └──────────────┴─▶ menu ─ 3, silence ────────────────────────────┤
//!                        │  └─ 2 ─▶ entering ─ three bad, silence ─────┤
//!                        │            ▲  │ typed ─▶ reading: whose?    │
//!                        │          2 │  ▼                             │
//!                        │         confirming ─ silence ───────────────┤
//!                        │ 1 (own)    │ 1                              │
//!                        └────────────┴─▶ promising ─ refused, late ───┘
//!                                            │ Promised
//!                                            ▼
//!                                         promised ─ played ─▶ over (HangUp)
//! ```
//! Beside the callback other ways lead out of the queue, see `exits`.
//!
//! **Keys.** A key is looked at in the step in which it arrives. When it means something there it
//! is obeyed at once, whatever plays. When it means nothing, it is ignored while a prompt plays
//! and answered by "sorry" once the question waits for an answer. Because steps follow each other
//! in no time, keys typed ahead of a prompt land in the step that they are meant for. The one
//! step that waits for somebody else, `promising`, keeps what is typed for the step after it.
//!
//! **The promise.** [`Ask::Promise`] is answered by [`CallerScript::handle_reply`], within
//! [`Settings::promise_time`] or later:
//! - `Promised`, in time or late: the request is durable, so it is said, to the end, and then
//!   [`Ask::HangUp`]. A late one interrupts whatever the caller hears by then: a request that
//!   exists is never kept from its customer.
//! - `AlreadyWaiting`: the earlier request stands and keeps its place. That is said, and the caller
//!   waits on as a live caller. The offer is not spoken any more in this call, but its key still
//!   opens the menu, for a callback on another number.
//! - `NotCalled`: that is said, and the caller is asked for another number.
//! - `NotAvailable`, or no reply in time: that is said, and the caller waits on, with callbacks off
//!   for this call. A late `AlreadyWaiting` or `NotAvailable` changes nothing.
//!
//! The script never takes an ask back. Who wants a late promise cancelled instead of spoken does
//! so in the queue and does not hand its reply to the script.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use model::{Deadline, E164, Key, Mono};

use crate::wait::Spoken;
use crate::{
    Ask, Caller, Exit, NoNumber, OfferClock, OfferOpens, Output, Phrase, Reply, Settings, spoken,
};

/// A prompt that has not been reported as played by then is taken as played, so that a lost report
/// strands nobody. Longer than any prompt.
pub const PROMPT_TIME_MAX: Duration = Duration::from_secs(300);

/// Most keys that are kept while a promise is being made; later ones are dropped.
pub const TYPED_AHEAD_MAX: usize = 32;

/// How often a caller may ask to type the number again before returning to the queue.
pub const REENTRIES_MAX: u8 = 5;

/// How callbacks stand on this call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callbacks {
    /// The offer is spoken and its key works.
    Offered,
    /// The key works.
    OnKeyOnly,
    /// Neither.
    Off,
}

/// What the script waits for.
pub(crate) enum Step {
    /// The end of the greeting, or the offer key.
    Greeting,
    /// An agent (not our affair), the offer key, or the time of the next offer.
    Waiting,
    /// 1, 2 or 3.
    Menu { asks: u8 },
    /// A number.
    Entering(Entry),
    /// Which number was typed.
    Reading { tally: Tally },
    /// 1 or 2.
    Confirming { number: E164, asks: u8, tally: Tally },
    /// The reply to an ask.
    Promising,
    /// The end of the sentence that binds us.
    Promised,
    /// The tone: the caller is asked for a message.
    Inviting,
    /// The end of the message: hash, or the longest time.
    Message,
    /// The end of what is said of the message, and then of the call.
    Kept,
    /// Somebody's answer.
    Transferring,
    /// Nothing.
    Over,
}

/// A number being typed.
pub(crate) struct Entry {
    typed: Vec<Key>,
    /// More than [`Settings::digits_max`] keys came; they are not kept.
    too_long: bool,
    asks: u8,
    tally: Tally,
}

/// What was used up since the menu.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    bad_entries: u8,
    reentries: u8,
}

/// Leads one caller, from the moment the caller hears us.
pub struct CallerScript {
    pub(crate) settings: Arc<Settings>,
    pub(crate) own_number: Option<E164>,
    pub(crate) callbacks: Callbacks,
    /// Whether a callback may be asked for at this moment.
    pub(crate) open: bool,
    /// Where the queue leads who would begin to wait now.
    pub(crate) overflow: Option<Exit>,
    /// What else leads out of the queue is spoken of.
    pub(crate) exits_spoken: bool,
    pub(crate) operator: Option<Arc<str>>,
    pub(crate) offer: Phrase,
    promised: Phrase,
    /// The wait is told.
    pub(crate) tells_wait: bool,
    /// How long it is, in minutes.
    pub(crate) wait_now: Option<(u64, u64)>,
    /// What was told last.
    pub(crate) told: Option<Spoken>,
    /// When the script began.
    began: Mono,
    /// When the offer was spoken last.
    offered: Option<Mono>,
    pub(crate) step: Step,
    /// A prompt plays whose end is to be reported.
    pub(crate) speaking: bool,
    pub(crate) deadline: Option<Deadline>,
    /// An ask is unanswered. It stays so after the step gave up waiting for the reply.
    asked: bool,
    typed_ahead: VecDeque<Key>,
    pub(crate) outputs: VecDeque<Output>,
}

impl CallerScript {
    /// Begins with the greeting.
    pub fn new(settings: impl Into<Arc<Settings>>, caller: Caller, now: Mono) -> CallerScript {
        let Caller { own_number, callbacks, offer_spoken, greeting, offer, .. } = caller;
        let Caller { promised, exits_spoken, operator, tells_wait, .. } = caller;
        let mut script = CallerScript {
            settings: settings.into(),
            own_number,
            callbacks: match (callbacks, offer_spoken) {
                (false, _) => Callbacks::Off,
                (true, true) => Callbacks::Offered,
                (true, false) => Callbacks::OnKeyOnly,
            },
            open: true,
            overflow: None,
            exits_spoken,
            operator,
            offer,
            promised,
            tells_wait,
            wait_now: None,
            told: None,
            began: now,
            offered: None,
            step: Step::Greeting,
            speaking: false,
            deadline: None,
            asked: false,
            typed_ahead: VecDeque::new(),
            outputs: VecDeque::new(),
        };
        script.speak(now, vec![greeting]);
        script
    }

    /// Begins with the music: what is said first has been said.
    pub(crate) fn waiting(settings: Arc<Settings>, caller: Caller, now: Mono) -> CallerScript {
        let mut script = CallerScript::new(settings, caller, now);
        script.outputs.clear();
        script.speaking = false;
        script.begin_waiting(now);
        script
    }

    /// Begins with the menu: a callback is offered, and nothing said before.
    pub(crate) fn offering(settings: Arc<Settings>, caller: Caller, now: Mono) -> CallerScript {
        let mut script = CallerScript::new(settings, caller, now);
        script.outputs.clear();
        script.speaking = false;
        script.exits_spoken = false;
        script.tells_wait = false;
        script.operator = None;
        script.open_offer(now);
        script
    }

    /// Back to the music, after something else.
    pub(crate) fn wait_again(&mut self, now: Mono) {
        self.step = Step::Waiting;
        self.play_music(now, self.until_offer(now, false), "next offer");
    }

    /// Something else begins. The music plays on until it is replaced.
    pub(crate) fn leave_music(&mut self) {
        self.silence();
        self.deadline = None;
    }

    /// True while the caller hears music, or the offer.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.step, Step::Waiting)
    }

    /// Whether a callback may be asked for from now on: to be said before each input. While it may
    /// not, none is offered, and who asks for one hears that it is not available.
    pub fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    /// The caller pressed a key.
    pub fn handle_key(&mut self, now: Mono, key: Key) {
        if let Some(exit) = self.exit_by(key) {
            return self.leave_by(now, exit);
        }
        match &mut self.step {
            Step::Greeting | Step::Waiting => {
                if self.settings.offer_key.is(key) && self.callbacks != Callbacks::Off {
                    self.open_offer(now);
                }
            }
            Step::Menu { .. } => match (key.digit(), self.own_number) {
                (Some(1), Some(number)) => self.promise(now, number),
                (Some(2), _) => self.enter(now, Tally::default(), vec![]),
                (Some(3), _) => self.back_to_queue(now, vec![]),
                _ => self.wrong_key(now),
            },
            Step::Entering(_) => self.handle_entry_key(now, key),
            Step::Confirming { number, tally, .. } => match key.digit() {
                Some(1) => {
                    let number = *number;
                    self.promise(now, number);
                }
                Some(2) if tally.reentries == REENTRIES_MAX => self.back_to_queue(now, vec![]),
                Some(2) => {
                    let tally = Tally { reentries: tally.reentries + 1, ..*tally };
                    self.enter(now, tally, vec![]);
                }
                _ => self.wrong_key(now),
            },
            Step::Promising | Step::Reading { .. } => {
                if self.typed_ahead.len() < TYPED_AHEAD_MAX {
                    self.typed_ahead.push_back(key);
                }
            }
            Step::Message if key == Key::HASH => self.message_over(now),
            Step::Promised
            | Step::Inviting
            | Step::Message
            | Step::Kept
            | Step::Transferring
            | Step::Over => {}
        }
    }

    /// What was last played came to its end. Not to be told of a play that another replaced.
    pub fn handle_played(&mut self, now: Mono) {
        if !self.speaking {
            return;
        }
        self.speaking = false;
        self.deadline = None;
        match self.step {
            Step::Greeting => match self.overflow.filter(|exit| self.leads(*exit)) {
                Some(exit) => self.leave_by(now, exit),
                None => self.begin_waiting(now),
            },
            Step::Waiting => self.play_music(now, self.until_offer(now, false), "next offer"),
            Step::Menu { .. } | Step::Entering(_) | Step::Confirming { .. } => {
                self.wait(now, self.settings.choice_time, "choice time");
            }
            Step::Promised | Step::Kept => {
                self.step = Step::Over;
                self.outputs.push_back(Output::Ask(Ask::HangUp));
            }
            Step::Inviting => self.record(now),
            Step::Transferring => self.ring_operator(),
            Step::Promising | Step::Reading { .. } | Step::Message | Step::Over => {}
        }
    }

    /// A deadline came; too early is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.deadline.is_none_or(|deadline| now < deadline.at) {
            return;
        }
        if self.speaking {
            return self.handle_played(now);
        }
        self.deadline = None;
        match &self.step {
            Step::Waiting => self.speak_offer(now),
            Step::Menu { .. } | Step::Confirming { .. } => self.ask_again(now, false),
            Step::Entering(entry) if entry.typed.is_empty() => self.ask_again(now, false),
            Step::Entering(_) => self.finish_entry(now),
            Step::Promising => self.refuse(now),
            Step::Reading { .. } => self.handle_number(now, Err(NoNumber::NotANumber)),
            Step::Message => self.message_over(now),
            Step::Greeting
            | Step::Promised
            | Step::Inviting
            | Step::Kept
            | Step::Transferring
            | Step::Over => {}
        }
    }

    /// What came of the last [`Ask::Promise`] or [`Ask::Transfer`]. Without an unanswered ask it is
    /// ignored.
    pub fn handle_reply(&mut self, now: Mono, reply: Reply) {
        if reply == Reply::NotReached {
            return self.not_reached(now);
        }
        if !std::mem::take(&mut self.asked) {
            return;
        }
        let in_time = matches!(self.step, Step::Promising);
        match reply {
            Reply::Promised => {
                self.typed_ahead.clear();
                self.step = Step::Promised;
                self.speak(now, vec![self.promised.clone()]);
            }
            Reply::AlreadyWaiting if in_time => {
                self.callbacks = Callbacks::OnKeyOnly;
                self.step = Step::Waiting;
                self.speak(now, vec![Phrase::AlreadyWaiting]);
                self.replay(now);
            }
            Reply::NotAvailable if in_time => self.refuse(now),
            Reply::NotCalled if in_time => {
                self.enter(now, Tally::default(), vec![Phrase::NumberRefused]);
                self.replay(now);
            }
            Reply::AlreadyWaiting | Reply::NotAvailable | Reply::NotCalled | Reply::NotReached => {}
        }
    }

    /// Which number was typed: the answer to [`Ask::Read`].
    pub fn handle_number(&mut self, now: Mono, number: Result<E164, NoNumber>) {
        let Step::Reading { mut tally } = self.step else { return };
        match number {
            Ok(number) => {
                self.step = Step::Confirming { number, asks: 1, tally };
                self.ask(now, false);
            }
            Err(why) => {
                tally.bad_entries = tally.bad_entries.saturating_add(1);
                if tally.bad_entries >= self.settings.entries_max {
                    self.back_to_queue(now, vec![why.phrase()]);
                } else {
                    self.enter(now, tally, vec![why.phrase()]);
                }
            }
        }
        self.replay(now);
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the script wants [`CallerScript::handle_timeout`]. Absent when nothing of ours is
    /// awaited: music plays and no offer is to come, or the script is over.
    pub fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// True while keys are digits of a customer's number, which logs must not show.
    pub fn is_typing_number(&self) -> bool {
        matches!(self.step, Step::Entering(_))
    }

    /// The present step in a few words, for the live board.
    pub fn step(&self) -> &'static str {
        match self.step {
            Step::Greeting => "greeting",
            Step::Waiting => "waiting",
            Step::Menu { .. } => "menu",
            Step::Entering(_) => "entering a number",
            Step::Reading { .. } | Step::Confirming { .. } => "confirming a number",
            Step::Promising => "promising",
            Step::Promised => "promised",
            Step::Inviting | Step::Message | Step::Kept => "leaving a message",
            Step::Transferring => "calling the operator",
            Step::Over => "over",
        }
    }

    /// The offer key.
    fn open_offer(&mut self, now: Mono) {
        if !self.open {
            self.step = Step::Waiting;
            return self.speak(now, vec![Phrase::NotAvailable]);
        }
        match (self.settings.offer_opens, self.own_number) {
            (OfferOpens::Promise, Some(number)) => self.promise(now, number),
            (OfferOpens::Promise, None) | (OfferOpens::Menu, _) => {
                self.step = Step::Menu { asks: 1 };
                self.ask(now, false);
            }
        }
    }

    fn handle_entry_key(&mut self, now: Mono, key: Key) {
        let Step::Entering(entry) = &mut self.step else { return };
        let first = entry.typed.is_empty();
        if key == Key::HASH
            && first
            && self.settings.hash_is_own_number
            && let Some(number) = self.own_number
        {
            return self.promise(now, number);
        }
        if key == Key::HASH && !first {
            return self.finish_entry(now);
        }
        // A lone hash is the tail of an entry that the inter-digit time ended already; A to D are
        // on no customer's phone.
        if key.digit().is_none() && key != Key::STAR {
            if first {
                self.wrong_key(now);
            }
            return;
        }
        if entry.typed.len() >= usize::from(self.settings.digits_max) {
            // The deadline stays: who types without end does not hold the step without end.
            entry.too_long = true;
            return;
        }
        entry.typed.push(key);
        self.silence();
        self.wait(now, self.settings.inter_digit, "inter-digit time");
    }

    fn finish_entry(&mut self, now: Mono) {
        let Step::Entering(entry) = &mut self.step else { return };
        let (tally, typed) = (entry.tally, std::mem::take(&mut entry.typed));
        let too_long = entry.too_long;
        self.step = Step::Reading { tally };
        if too_long {
            return self.handle_number(now, Err(NoNumber::NotANumber));
        }
        self.outputs.push_back(Output::Ask(Ask::Read { typed }));
        self.wait(now, self.settings.promise_time, "whose number it is");
    }

    /// Asks for a number, after `before`.
    fn enter(&mut self, now: Mono, tally: Tally, mut before: Vec<Phrase>) {
        let entry = Entry { typed: Vec::new(), too_long: false, asks: 1, tally };
        self.step = Step::Entering(entry);
        before.push(Phrase::EnterNumber);
        self.speak(now, before);
    }

    fn promise(&mut self, now: Mono, number: E164) {
        self.step = Step::Promising;
        self.asked = true;
        self.silence();
        self.outputs.push_back(Output::Ask(Ask::Promise { number }));
        self.wait(now, self.settings.promise_time, "promise time");
    }

    /// There is no promise, and there will be no other try in this call.
    fn refuse(&mut self, now: Mono) {
        self.callbacks = Callbacks::Off;
        self.step = Step::Waiting;
        self.speak(now, vec![Phrase::NotAvailable]);
        self.replay(now);
    }

    /// Obeys the keys typed while the promise was being made.
    fn replay(&mut self, now: Mono) {
        for key in std::mem::take(&mut self.typed_ahead) {
            self.handle_key(now, key);
        }
    }

    pub(crate) fn back_to_queue(&mut self, now: Mono, mut before: Vec<Phrase>) {
        self.step = Step::Waiting;
        before.push(Phrase::BackToQueue);
        self.speak(now, before);
    }

    /// A key that means nothing in a question.
    fn wrong_key(&mut self, now: Mono) {
        if !self.speaking {
            self.ask_again(now, true);
        }
    }

    /// Asks the present question once more, or gives up.
    fn ask_again(&mut self, now: Mono, wrong_key: bool) {
        let asks = match &mut self.step {
            Step::Menu { asks } | Step::Confirming { asks, .. } => asks,
            Step::Entering(entry) => &mut entry.asks,
            Step::Greeting
            | Step::Waiting
            | Step::Reading { .. }
            | Step::Promising
            | Step::Promised
            | Step::Inviting
            | Step::Message
            | Step::Kept
            | Step::Transferring
            | Step::Over => return,
        };
        if *asks >= self.settings.asks_max {
            return self.back_to_queue(now, vec![]);
        }
        *asks += 1;
        self.ask(now, wrong_key);
    }

    /// Speaks the present question.
    fn ask(&mut self, now: Mono, wrong_key: bool) {
        let mut phrases = if wrong_key { vec![Phrase::WrongKey] } else { vec![] };
        match &self.step {
            Step::Menu { .. } if self.own_number.is_some() => phrases.push(Phrase::Menu),
            Step::Menu { .. } => phrases.push(Phrase::MenuWithoutOwnNumber),
            Step::Entering(_) => phrases.push(Phrase::EnterNumber),
            Step::Confirming { number, .. } => {
                phrases.push(Phrase::ReadBack);
                phrases.extend(spoken(number));
                phrases.push(Phrase::Confirm);
            }
            Step::Greeting
            | Step::Waiting
            | Step::Reading { .. }
            | Step::Promising
            | Step::Promised
            | Step::Inviting
            | Step::Message
            | Step::Kept
            | Step::Transferring
            | Step::Over => return,
        }
        if matches!(self.step, Step::Menu { .. }) {
            phrases.extend(self.exits());
        }
        self.speak(now, phrases);
    }

    /// The music, up to the first offer.
    pub(crate) fn begin_waiting(&mut self, now: Mono) {
        self.step = Step::Waiting;
        self.play_music(now, self.until_offer(now, true), "first offer");
    }

    fn play_music(&mut self, now: Mono, offer_in: Duration, why: &'static str) {
        if !self.announces() {
            self.outputs.push_back(Output::Play { phrases: vec![Phrase::Music], repeat: true });
        } else if offer_in.is_zero() && !self.announcement().is_empty() {
            self.speak_offer(now);
        } else {
            let mut offer_in = offer_in;
            if offer_in.is_zero() {
                // Not now: it is looked at again after the usual time.
                self.offered = Some(now);
                offer_in = self.settings.offer_every;
            }
            self.outputs.push_back(Output::Play { phrases: vec![Phrase::Music], repeat: true });
            self.wait(now, offer_in, why);
        }
    }

    /// How long the music plays before the next offer.
    fn until_offer(&self, now: Mono, first: bool) -> Duration {
        let Settings { offer_after, offer_every, offer_clock, .. } = &*self.settings;
        match (offer_clock, self.offered) {
            (OfferClock::Pauses, _) if first => *offer_after,
            (OfferClock::Pauses, _) => *offer_every,
            (OfferClock::Waiting, None) => (self.began + *offer_after).since(now),
            (OfferClock::Waiting, Some(last)) => (last + *offer_every).since(now),
        }
    }

    /// Offers a callback, when that may be asked for now, and the other exits; the music goes on
    /// when there is nothing to offer.
    fn speak_offer(&mut self, now: Mono) {
        self.offered = Some(now);
        let announcement = self.announcement();
        if !announcement.is_empty() {
            self.told = self.wait_told().or(self.told);
            self.speak(now, announcement);
        } else {
            self.wait(now, self.settings.offer_every, "next offer");
        }
    }

    pub(crate) fn speak(&mut self, now: Mono, phrases: Vec<Phrase>) {
        self.outputs.push_back(Output::Play { phrases, repeat: false });
        self.speaking = true;
        self.wait(now, PROMPT_TIME_MAX, "end of a prompt");
    }

    pub(crate) fn silence(&mut self) {
        if std::mem::take(&mut self.speaking) {
            self.outputs.push_back(Output::Stop);
        }
    }

    pub(crate) fn wait(&mut self, now: Mono, time: Duration, why: &'static str) {
        self.deadline = Some(Deadline::new(now + time, why));
    }
}
