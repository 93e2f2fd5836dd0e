//! A customer who called us: let in, greeted, waiting, promised or joined with an agent.
//!
//! ```text
//! Opening ─ port open ─▶ Answering ─ 200 ─▶ Answered ─ ACK ─▶ Waiting ─ agent ─▶ Talking
//!                                                                │ promise spoken   │ either BYE
//!                                                                ▼                  ▼
//!                                                             Closing ◀─────────────┘
//! ```
//! The caller is in the queue from the ACK on, not before, if the flow says so at once, as the
//! usual one does; else from its first `queue` step on. A call that never confirms was never
//! there to be counted. Out of the waiting some are put through to somebody outside the queue:
//! see `onward`.

mod onward;

use std::sync::Arc;
use std::time::Duration;

use ivr::flow::FlowScript;
use ivr::{Ask, Caller, Phrase, Reply};
use ledger::{CallEnd, Fact, Withheld};
use model::{CallId, Deadline, E164, Key, Now, OfferId, PortId, TrunkName};
use queue::{Command, Elsewhere, Need, NoOffer};
use sip::{Invited, SessionId};

use crate::leg::{KeySource, LegCore, LegEvent, Opening};
use crate::parties::{caller_number, find_line};
use crate::recordings::{Before, Message, decline_key, notice};
use crate::switchboard::{Owner, Switchboard};
use crate::{Answering, CallbackTarget, Leg, LegRole, Line, Srtp, Status, numbers};

/// Keys kept before the ACK; the script keeps as many while a prompt is not interruptible.
const EARLY_KEYS_MAX: usize = ivr::TYPED_AHEAD_MAX;

/// See the module.
pub(crate) struct CallerCall {
    call: CallId,
    line: Line,
    /// Where the call came from.
    trunk: TrunkName,
    leg: LegCore,
    offer: Option<Vec<u8>>,
    number: Option<E164>,
    /// Kept only where callbacks go to contacts.
    contact: Option<String>,
    offers: Offers,
    /// The caller is, or was, in the queue.
    arrived: bool,
    /// What a flow says that the caller asks for, once waiting.
    asks: queue::Asks,
    stage: Stage,
    /// Whom the caller is being put through to, or talks with.
    onward: Option<onward::Onward>,
    /// The caller left a message without having waited.
    left_message: bool,
}

/// Changes of mind about offers to one caller that are written down; those beyond are shown only.
const OFFERS_WRITTEN_MAX: u8 = 16;

/// Whether callbacks may be offered to this caller, as was seen last.
#[derive(Default)]
struct Offers {
    why: Option<NoOffer>,
    written: u8,
}

impl Offers {
    /// Asks the queue, and lets the script know before its next input. A change is shown, and
    /// written down.
    fn look(&mut self, board: &mut Switchboard, now: Now, call: CallId, script: &mut FlowScript) {
        let why = board.queues.may_offer(now, call).err();
        script.set_open(why.is_none());
        script.set_wait(board.queues.range_told(call).map(queue::Range::minutes));
        script.set_place(board.queues.place_told(call));
        script.set_overflow(board.queues.leads_elsewhere(now, call).map(exit));
        let kind = |why: &Option<NoOffer>| why.as_ref().map(std::mem::discriminant);
        if kind(&why) != kind(&self.why) {
            let fact = match &why {
                Some(why) => Fact::OfferWithheld { call, why: why.into() },
                None => Fact::OfferAllowed { call },
            };
            self.write(board, now, call, fact);
            board.show(Status::Offerable { call, why });
        }
        self.why = why;
    }

    /// The line offers none, whatever the queue says.
    fn never(&mut self, board: &mut Switchboard, now: Now, call: CallId, line: &Line) {
        let why = if !line.callbacks {
            Withheld::SwitchedOff
        } else if line.outbound_number.is_none() {
            Withheld::NoOutboundNumber
        } else {
            return;
        };
        self.write(board, now, call, Fact::OfferWithheld { call, why });
    }

    fn write(&mut self, board: &mut Switchboard, now: Now, call: CallId, fact: Fact) {
        let waits = board.queues.place(call).is_some();
        if waits && self.written < OFFERS_WRITTEN_MAX {
            self.written += 1;
            board.record(now, fact, None, None);
        }
    }
}

/// Each stage says what it waits for.
enum Stage {
    /// The media port.
    Opening,
    /// The time at which the line answers.
    Answering,
    /// The ACK. A fast thumb, or a lost ACK, may bring keys before it: they are kept.
    Answered { early: Vec<Key> },
    /// An agent, or the caller's choice.
    Waiting(Box<FlowScript>),
    /// The end of what is said of the recording; the agent waits at this port.
    Told { offer: OfferId, port: PortId },
    /// The end of the conversation.
    Talking { offer: OfferId },
    /// The end of the conversation with somebody outside the queue.
    Handed,
    /// The stack's last word.
    Closing,
}

impl CallerCall {
    /// Lets an INVITE in, or refuses it: 404 without a line, 488 or 400 for an offer that cannot
    /// be answered, 503 (or as the trunk is set) beyond the trunk's limits, 503 without a port, or
    /// when only those for the agents are left.
    pub(crate) fn begin(
        board: &mut Switchboard,
        now: Now,
        session: SessionId,
        invited: Invited,
    ) -> Option<CallerCall> {
        let settings = Arc::clone(&board.settings);
        let call = board.new_call();
        let name = Leg { call, role: LegRole::Caller };
        board.adopt(session, Owner::Caller(call), name);
        let found = find_line(&settings, &invited).zip(invited.peer.clone());
        let Some((line, peer)) = found else {
            board.stack.reject(now, session, 404, None);
            return None;
        };
        let trunk = settings.trunks.iter().find(|trunk| trunk.name == peer);
        let protection = board.protection(trunk.map_or(Srtp::Off, |trunk| trunk.srtp));
        let speech = trunk.map(|trunk| trunk.speech.clone()).unwrap_or_default();
        if let Some(offer) = &invited.sdp {
            let address = std::net::SocketAddr::new(settings.media.address, 9);
            let (srtp, speaks) = (protection.srtp(), speech.speaks());
            let nowhere = sdp::Local { address, id: 0, version: 0, srtp, speaks };
            if let Err(refusal) = sdp::answer(offer, &nowhere) {
                board.stack.reject(now, session, refusal.status(), None);
                return None;
            }
        }
        if let Err(status) = board.channels.admit(now.mono, &peer) {
            let retry_after = (status == 503).then_some(crate::leg::RETRY_AFTER_SECS);
            board.stack.reject(now, session, status, retry_after);
            return None;
        }
        let room = board.has_room_for_caller(now);
        let leg = room.then(|| LegCore::open(board, now, Owner::Caller(call), name)).flatten();
        let Some(mut leg) = leg else {
            board.stack.reject(now, session, 503, Some(crate::leg::RETRY_AFTER_SECS));
            return None;
        };
        leg.speak(protection, speech);
        leg.adopt(board, session);
        board.stack.ring(now, session);
        let number = caller_number(&settings, &invited);
        let shown = number.map_or_else(|| "without a number".to_owned(), |n| n.to_string());
        board.show(Status::CallBegan { call, line: line.name.clone(), caller: shown });
        let to_contact = settings
            .trunks
            .iter()
            .any(|t| t.name == line.trunk && t.callback_target == CallbackTarget::Contact);
        Some(CallerCall {
            call,
            line: line.clone(),
            trunk: peer,
            leg,
            offer: invited.sdp,
            number,
            contact: invited.parties.contact.filter(|_| to_contact),
            offers: Offers::default(),
            arrived: false,
            asks: queue::Asks::default(),
            stage: Stage::Opening,
            onward: None,
            left_message: false,
        })
    }

    /// True once nothing is left of it.
    pub(crate) fn is_over(&self) -> bool {
        !self.leg.is_alive() && self.onward.is_none()
    }

    pub(crate) fn call(&self) -> CallId {
        self.call
    }

    pub(crate) fn trunk(&self) -> &TrunkName {
        &self.trunk
    }

    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// A few words for the list of calls.
    pub(crate) fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Opening | Stage::Answering => "ringing",
            Stage::Answered { .. } => "answered",
            Stage::Waiting(_) => "waiting",
            Stage::Told { .. } => "told of the recording",
            Stage::Talking { .. } => "talking",
            Stage::Handed => "talking with the operator",
            Stage::Closing => "ending",
        }
    }

    pub(crate) fn handle_sip(&mut self, board: &mut Switchboard, now: Now, event: sip::Event) {
        match event {
            sip::Event::Confirmed { sdp } => self.confirmed(board, now, sdp.as_deref()),
            sip::Event::Offered { sdp } => self.leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Key(key) => {
                self.leg.carry_key(board, key);
                self.pressed(board, now, key, KeySource::Info);
            }
            sip::Event::Refreshed { ours, sdp } => self.leg.refreshed(board, &ours, &sdp),
            sip::Event::Referred(_) => self.leg.refuse_refer(board, now, 403),
            sip::Event::Ended { .. } => self.ended(board, now),
            // Only a session that we invite or make an offer in has these; `Invited` began this
            // call.
            sip::Event::Invited(_)
            | sip::Event::Passed { .. }
            | sip::Event::Progress { .. }
            | sip::Event::Accepted { .. }
            | sip::Event::Reoffered { .. } => {}
        }
    }

    pub(crate) fn handle_media(&mut self, board: &mut Switchboard, now: Now, event: media::Event) {
        match event {
            media::Event::Opened { .. } => self.opened(board, now),
            media::Event::OpenFailed { .. } => {
                if self.leg.port_failed(board, now) == Opening::Failed {
                    self.leg.reject(board, now, 503);
                    self.stage = Stage::Closing;
                }
            }
            media::Event::Key { key, .. } => self.pressed(board, now, key, KeySource::Media),
            media::Event::PlayEnded { play, .. } => {
                if !self.leg.play_ended(play) {
                    return;
                }
                if let Stage::Waiting(script) = &mut self.stage {
                    self.offers.look(board, now, self.call, script);
                    script.handle_played(now.mono);
                    self.follow_script(board, now);
                } else if let Stage::Told { offer, port } = self.stage {
                    self.join(board, now, offer, port);
                }
            }
            media::Event::Silent { .. } => self.leg.fell_silent(board, now),
            media::Event::Lost { .. } => self.hang_up(board, now),
            media::Event::Quiet { spoke, .. } => {
                if let Stage::Waiting(script) = &mut self.stage {
                    script.handle_quiet(now.mono, spoke);
                    self.follow_script(board, now);
                }
            }
            media::Event::Pressed { .. }
            | media::Event::Judged { .. }
            | media::Event::Closed { .. } => {}
        }
    }

    fn pressed(&mut self, board: &mut Switchboard, now: Now, key: Key, source: KeySource) {
        if !self.leg.takes_key(source) {
            return;
        }
        match &mut self.stage {
            Stage::Waiting(script) => {
                if !script.is_typing_number() && decline_key(&board.settings) == Some(key) {
                    board.decline_recording(now, self.call, None);
                }
                self.offers.look(board, now, self.call, script);
                let shown = if script.is_typing_number() { Key::STAR } else { key };
                board.show(Status::Pressed { leg: self.leg.name(), key: shown });
                script.handle_key(now.mono, key);
                self.follow_script(board, now);
            }
            Stage::Answered { early } if early.len() < EARLY_KEYS_MAX => early.push(key),
            Stage::Told { .. } if decline_key(&board.settings) == Some(key) => {
                board.show(Status::Pressed { leg: self.leg.name(), key });
                board.decline_recording(now, self.call, None);
                self.tell(board, now, &[Phrase::RecordingDeclined]);
            }
            Stage::Opening
            | Stage::Answering
            | Stage::Answered { .. }
            | Stage::Told { .. }
            | Stage::Talking { .. }
            | Stage::Handed
            | Stage::Closing => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, board: &mut Switchboard, now: Now) {
        match &mut self.stage {
            Stage::Answering => self.accept(board, now),
            Stage::Waiting(script) => {
                self.offers.look(board, now, self.call, script);
                script.handle_timeout(now.mono);
                self.follow_script(board, now);
            }
            Stage::Opening
            | Stage::Answered { .. }
            | Stage::Told { .. }
            | Stage::Talking { .. }
            | Stage::Handed
            | Stage::Closing => {}
        }
    }

    /// What became of the caller's wish to be called back.
    pub(crate) fn handle_reply(&mut self, board: &mut Switchboard, now: Now, reply: Reply) {
        if let Stage::Waiting(script) = &mut self.stage {
            script.handle_reply(now.mono, reply);
            self.follow_script(board, now);
        }
    }

    pub(crate) fn handle_leg(&mut self, board: &mut Switchboard, now: Now, event: LegEvent) {
        match (event, &self.stage) {
            (LegEvent::Connect { offer, port }, Stage::Waiting(_)) => {
                board.timers.set(Owner::Caller(self.call), None);
                self.drop_onward(board, now);
                match board.before_talk(now, self.call, None) {
                    Before::Join => self.join(board, now, offer, port),
                    Before::Tell => {
                        self.stage = Stage::Told { offer, port };
                        let told = notice(&board.settings);
                        self.tell(board, now, &told);
                    }
                }
            }
            // The conversation was handed on, or comes back.
            (LegEvent::Connect { offer, port }, Stage::Talking { offer: own }) if offer == *own => {
                let Some(own) = self.leg.port() else { return };
                self.leg.is_joined();
                board.bridge(self.call, own, port);
                board.record_talk(now, self.call, port, own);
            }
            (LegEvent::Park, Stage::Talking { .. }) => {
                let Some(own) = self.leg.port() else { return };
                board.unbridge(own);
                self.leg.play(board, &self.line.language, &[Phrase::Ringback], true);
            }
            (LegEvent::Connect { offer, .. }, _) => {
                board.post.push_back((Owner::Agent(offer), LegEvent::Disconnect));
            }
            (LegEvent::Disconnect, Stage::Talking { .. } | Stage::Told { .. }) => {
                self.hang_up(board, now);
            }
            (LegEvent::Disconnect | LegEvent::Connected | LegEvent::Park, _) => {}
        }
    }

    /// Says something before the conversation; what cannot be said is left out.
    fn tell(&mut self, board: &mut Switchboard, now: Now, phrases: &[Phrase]) {
        let Stage::Told { offer, port } = self.stage else { return };
        if !self.leg.play(board, &self.line.language, phrases, false) {
            self.join(board, now, offer, port);
        }
    }

    /// The caller and the agent hear each other.
    fn join(&mut self, board: &mut Switchboard, now: Now, offer: OfferId, port: PortId) {
        let Some(own) = self.leg.port() else { return };
        self.leg.is_joined();
        board.bridge(self.call, own, port);
        board.record_talk(now, self.call, port, own);
        if let Some(file) = self.line.prompts.whisper_customer.clone() {
            self.leg.play(board, &self.line.language, &[Phrase::Named(file)], false);
        }
        self.stage = Stage::Talking { offer };
        board.post.push_back((Owner::Agent(offer), LegEvent::Connected));
    }

    fn opened(&mut self, board: &mut Switchboard, now: Now) {
        if !matches!(self.stage, Stage::Opening) {
            return;
        }
        match board.settings.timings.answering {
            Answering::AtOnce => self.accept(board, now),
            Answering::After(wait) => {
                self.stage = Stage::Answering;
                let deadline = Deadline::new(now.mono + wait, "the line answers");
                board.timers.set(Owner::Caller(self.call), Some(deadline));
            }
        }
    }

    fn accept(&mut self, board: &mut Switchboard, now: Now) {
        let offer = self.offer.take();
        let accepted = self.leg.accept(board, now, offer.as_deref());
        self.stage = if accepted { Stage::Answered { early: Vec::new() } } else { Stage::Closing };
    }

    fn confirmed(&mut self, board: &mut Switchboard, now: Now, answer: Option<&[u8]>) {
        let usable = self.leg.answered(board, answer);
        // After a re-INVITE without an offer, an ACK without an answer leaves all as it was.
        let Stage::Answered { early } = &mut self.stage else { return };
        if !usable {
            self.hang_up(board, now);
            return;
        }
        let early = std::mem::take(early);
        let callbacks = self.line.callbacks && self.line.outbound_number.is_some();
        let prompts = &self.line.prompts;
        let told = board.queues.queue_of_line(&self.line.name);
        let caller = Caller {
            own_number: self.number.filter(|own| board.queues.judge(&self.line.name, own).is_ok()),
            callbacks,
            offer_spoken: !prompts.offer_unspoken,
            greeting: named(self.line.greeting.as_ref(), Phrase::Greeting),
            offer: named(prompts.offer.as_ref(), Phrase::Offer),
            promised: named(prompts.confirmation.as_ref(), Phrase::Promised),
            exits_spoken: !prompts.offer_unspoken,
            operator: self.line.operator.clone(),
            tells_wait: told.is_some_and(|queue| queue.tells_wait),
            wait_told_max: told.map_or(ivr::TOLD_WAIT_MIN, |queue| minutes(queue.wait_told_max)),
            tells_place: told.is_some_and(|queue| queue.tells_place),
        };
        let settings = prompts.times(&board.ivr);
        let usual = &board.settings.flow;
        let own = self.line.flow.as_ref().unwrap_or(usual);
        let flows = (Arc::clone(own), Arc::clone(usual));
        let (line, language) = (self.line.name.as_str(), self.line.language.as_str());
        let script = FlowScript::new(settings, flows, caller, line, language, now.mono);
        self.stage = Stage::Waiting(Box::new(script));
        self.follow_script(board, now);
        for key in early {
            // The source was asked when the key came.
            if let Stage::Waiting(script) = &mut self.stage {
                self.offers.look(board, now, self.call, script);
                script.handle_key(now.mono, key);
                self.follow_script(board, now);
            }
        }
    }

    /// Does what the script says, then waits until it has a reason to be told more.
    fn follow_script(&mut self, board: &mut Switchboard, now: Now) {
        loop {
            let Stage::Waiting(script) = &mut self.stage else { return };
            let Some(output) = script.poll() else {
                board.timers.set(Owner::Caller(self.call), script.deadline());
                return;
            };
            match output {
                ivr::Output::Play { phrases, repeat } => {
                    let of_menu = ivr::are_of_menu(&phrases);
                    let menu = self.line.prompts.menu_language.as_ref().filter(|_| of_menu);
                    let language = menu.unwrap_or(&self.line.language);
                    let plays = self.leg.play(board, language, &phrases, repeat);
                    if !plays && !repeat {
                        script.handle_played(now.mono);
                    }
                }
                ivr::Output::Stop => self.leg.stop_playing(board),
                ivr::Output::Ask(Ask::Read { typed }) => {
                    let number = numbers::typed(board, self.call, &self.line.name, &typed);
                    script.handle_number(now.mono, number);
                }
                ivr::Output::Ask(Ask::Promise { number }) => {
                    let (call, line, caller) = (self.call, self.line.name.clone(), self.number);
                    let (contact, language) = (self.contact.clone(), self.line.language.clone());
                    let arrived = std::mem::replace(&mut self.arrived, true);
                    let command = if arrived {
                        Command::Request { call, number, caller, contact, language }
                    } else {
                        let asks = self.all_asks();
                        Command::ArriveAsking {
                            call,
                            line,
                            asks,
                            number,
                            caller,
                            contact,
                            language,
                        }
                    };
                    board.queues.handle(now, command);
                }
                ivr::Output::Ask(Ask::Record { call_back }) => {
                    self.take_message(board, now, call_back);
                }
                ivr::Output::Ask(Ask::RecordEnd { kept: true }) => {
                    board.end_recording(now, self.call);
                }
                ivr::Output::Ask(Ask::RecordEnd { kept: false }) => {
                    board.erase_message(self.call);
                }
                ivr::Output::Ask(Ask::Recording { on }) => {
                    board.wish_recording(now, self.call, on);
                }
                ivr::Output::Ask(Ask::Asks(asks)) => self.ask_for(asks),
                ivr::Output::Ask(Ask::Transfer { to }) => self.put_through(board, now, &to),
                ivr::Output::Ask(Ask::Wait) => self.begin_waiting(board, now),
                ivr::Output::Ask(Ask::HangUp) => {
                    let waited = self.arrived;
                    let end = if waited { CallEnd::Refused } else { CallEnd::Finished };
                    self.hang_up_as(board, now, end);
                    return;
                }
            }
        }
    }

    /// The caller leaves the queue, and speaks.
    fn take_message(&mut self, board: &mut Switchboard, now: Now, call_back: Option<E164>) {
        let leave = Command::Leave { call: self.call, end: CallEnd::Message };
        board.queues.handle(now, leave);
        self.left_message = !self.arrived;
        let Some(port) = self.leg.port() else { return };
        let (line, language) = (self.line.name.clone(), self.line.language.clone());
        let call_back = call_back.filter(|_| self.line.outbound_number.is_some());
        board.begin_message(now, self.call, port, Message { line, language, call_back });
        board.await_quiet(port, board.ivr.message_silence);
    }

    /// Takes the caller into the queue, which may lead elsewhere at once; a caller to whom
    /// something is said first is led there when that has been heard.
    fn begin_waiting(&mut self, board: &mut Switchboard, now: Now) {
        let arrived = self.arrived;
        self.arrive(board, now);
        if let Stage::Waiting(script) = &mut self.stage
            && !arrived
            && !script.begins_with_words()
        {
            self.offers.look(board, now, self.call, script);
            script.handle_arrival(now.mono);
        }
    }

    /// What the caller asks for, beside what was said before.
    fn ask_for(&mut self, asks: ivr::flow::Asks) {
        let need = |(skill, level): (Arc<str>, u8)| Need { skill: skill.to_string(), level };
        self.asks.needs.extend(asks.skills.into_iter().map(need));
        self.asks.priority = asks.priority.or(self.asks.priority);
    }

    /// The same, with who asks.
    fn all_asks(&self) -> queue::Asks {
        queue::Asks { from: self.number, ..self.asks.clone() }
    }

    /// Takes the caller into the queue, once.
    fn arrive(&mut self, board: &mut Switchboard, now: Now) {
        if !std::mem::replace(&mut self.arrived, true) {
            let (line, asks) = (self.line.name.clone(), self.all_asks());
            let arrive = Command::Arrive { call: self.call, line, asks };
            board.queues.handle(now, arrive);
            self.offers.never(board, now, self.call, &self.line);
        }
    }

    pub(crate) fn hang_up(&mut self, board: &mut Switchboard, now: Now) {
        self.hang_up_as(board, now, CallEnd::Refused);
    }

    fn hang_up_as(&mut self, board: &mut Switchboard, now: Now, end: CallEnd) {
        self.leave(board, now, end);
        self.stage = Stage::Closing;
        board.timers.set(Owner::Caller(self.call), None);
        self.leg.hang_up(board, now);
    }

    fn ended(&mut self, board: &mut Switchboard, now: Now) {
        self.leave(board, now, CallEnd::Abandoned);
        self.stage = Stage::Closing;
        self.leg.ended(board);
    }

    /// Tells whoever counts on the caller that the caller goes. The queue ignores it for a call
    /// that has become a request.
    fn leave(&mut self, board: &mut Switchboard, now: Now, end: CallEnd) {
        board.end_recording(now, self.call);
        match self.stage {
            Stage::Waiting(_) | Stage::Told { .. } if self.arrived => {
                board.queues.handle(now, Command::Leave { call: self.call, end });
            }
            Stage::Waiting(_) | Stage::Told { .. } => {
                let end = if self.left_message { CallEnd::Message } else { end };
                self.was_led(board, now, end);
            }
            Stage::Talking { offer } => {
                board.post.push_back((Owner::Agent(offer), LegEvent::Disconnect));
            }
            Stage::Opening
            | Stage::Answering
            | Stage::Answered { .. }
            | Stage::Handed
            | Stage::Closing => {}
        }
        self.drop_onward(board, now);
    }

    /// The one fact of a call that never waited in the queue.
    fn was_led(&self, board: &mut Switchboard, now: Now, end: CallEnd) {
        let (call, line) = (self.call, self.line.name.clone());
        board.record(now, Fact::CallLed { call, line, end }, None, None);
    }
}

fn minutes(time: Duration) -> u32 {
    u32::try_from(time.as_secs() / 60).unwrap_or(u32::MAX)
}

fn exit(to: Elsewhere) -> ivr::Exit {
    match to {
        Elsewhere::Message => ivr::Exit::Message,
        Elsewhere::Operator => ivr::Exit::Operator,
    }
}

/// A prompt of the operator's own, or the usual one.
fn named(file: Option<&Arc<str>>, usual: Phrase) -> Phrase {
    file.map_or(usual, |file| Phrase::Named(Arc::clone(file)))
}
