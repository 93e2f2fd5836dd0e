//! One offer being carried out: the agent's leg and, for a callback, the customer's.
//!
//! ```text
//! live caller:  Ringing ─ agent's 200 ─▶ Joining ─ caller's leg joined ─▶ Talking ─▶ Closing
//! callback:     Ringing ─ agent's 200 ─▶ Announcing ─ key 1 ─▶ Writing ─ dial durable ─▶
//!               Dialling ─ customer's 200 ─▶ Talking ─ either BYE ─▶ Closing
//!               Dialling ─ not reached ─▶ Sorry ─ said ─▶ Closing
//! ```
//! The queue hears of each turn once and in order; its last word is `AgentReleased`, when both
//! legs are gone and no order is under way.

use std::sync::Arc;

use ivr::{AgentOutput, AgentScript, Phrase};
use ledger::{DialOutcome, OfferEnd};
use model::{AgentName, AttemptId, CallId, E164, Key, LanguageTag, Now, OfferId};
use queue::{Command, Work};
use sip::Ended;

use crate::dial::{agent_dial, customer_dial};
use crate::leg::{KeySource, LegCore, LegEvent, Opening};
use crate::switchboard::{Owner, Switchboard};
use crate::{Leg, LegRole, Status};

/// See the module.
pub(crate) struct OfferRun {
    offer: OfferId,
    agent: AgentName,
    work: Work,
    /// The call whose ladder shows it: the live caller's, or a call of its own for a callback.
    call: CallId,
    language: LanguageTag,
    agent_leg: LegCore,
    customer: Option<Customer>,
    stage: Stage,
    /// The queue has been told that the agent is free of this offer.
    released: bool,
}

struct Customer {
    attempt: AttemptId,
    sip_call_id: String,
    leg: LegCore,
}

/// Each stage says what it waits for.
enum Stage {
    /// The agent's answer.
    Ringing,
    /// The caller's leg, to be joined.
    Joining,
    /// The agent's choice.
    Announcing(Box<AgentScript>),
    /// The durable fact of the dial.
    Writing,
    /// The customer's answer.
    Dialling,
    /// The stack's last word about the customer's leg: it is rung off, for nobody waits for it.
    GivingUp,
    /// The end of the sentence that says the customer was not reached.
    Sorry,
    /// A BYE from either side.
    Talking,
    /// The stack's last word about each leg, and the journal's about a dial not yet begun.
    Closing {
        /// A `dial_started` is being written: its answer must be awaited.
        writing: bool,
    },
}

impl OfferRun {
    /// Begins to ring the agent. `None` when that cannot even begin, which the queue is told.
    pub(crate) fn begin(
        board: &mut Switchboard,
        now: Now,
        offer: OfferId,
        agent: AgentName,
        work: Work,
        live_language: Option<LanguageTag>,
    ) -> Option<OfferRun> {
        let call = match &work {
            Work::Live { call } => *call,
            Work::Callback { .. } => board.new_call(),
        };
        let language = match &work {
            Work::Callback { language, .. } => language.clone(),
            Work::Live { .. } => live_language.unwrap_or_else(|| LanguageTag::from("en")),
        };
        let name = Leg { call, role: LegRole::Agent };
        board.show(Status::Offered { offer, agent: agent.clone() });
        if let Work::Callback { request, .. } = &work {
            board.show(Status::CallbackBegan { call, request: *request });
        }
        let Some(agent_leg) = LegCore::open(board, Owner::Agent(offer), name) else {
            board.queues.handle(now, Command::OfferEnded { offer, end: OfferEnd::Failed });
            board.queues.handle(now, Command::AgentReleased { offer });
            if matches!(work, Work::Callback { .. }) {
                board.show(Status::CallEnded { call });
            }
            return None;
        };
        let stage = Stage::Ringing;
        let (customer, released) = (None, false);
        Some(OfferRun { offer, agent, work, call, language, agent_leg, customer, stage, released })
    }

    pub(crate) fn call(&self) -> CallId {
        self.call
    }

    pub(crate) fn is_callback(&self) -> bool {
        matches!(self.work, Work::Callback { .. })
    }

    /// A few words for the list of calls.
    pub(crate) fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Ringing => "ringing the agent",
            Stage::Joining => "joining",
            Stage::Announcing(_) => "the agent chooses",
            Stage::Writing | Stage::Dialling => "dialling the customer",
            Stage::GivingUp => "giving up the dial",
            Stage::Sorry => "not reached",
            Stage::Talking => "talking",
            Stage::Closing { .. } => "ending",
        }
    }

    pub(crate) fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// True once nothing is left of it; the queue has then been told.
    pub(crate) fn is_over(&self) -> bool {
        self.released
    }

    // What happens to the agent's leg.

    pub(crate) fn handle_agent_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: sip::Event,
    ) {
        match event {
            sip::Event::Accepted { sdp } => self.agent_answered(board, now, sdp.as_deref()),
            sip::Event::Offered { sdp } => self.agent_leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Confirmed { sdp } => {
                self.agent_leg.answered(board, sdp.as_deref());
            }
            sip::Event::Key(key) => self.agent_pressed(board, now, key, KeySource::Info),
            sip::Event::Ended(how) => self.agent_gone(board, now, how),
            sip::Event::Progress { .. } | sip::Event::Invited(_) | sip::Event::Reoffered { .. } => {
            }
        }
    }

    pub(crate) fn handle_agent_media(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: media::Event,
    ) {
        match event {
            media::Event::Opened { .. } => {
                if matches!(self.stage, Stage::Ringing) && !self.agent_leg.is_alive() {
                    let dial = agent_dial(board, self.offer, &self.agent, &self.work);
                    self.agent_leg.invite(board, now, dial);
                }
            }
            media::Event::OpenFailed { .. } => {
                if self.agent_leg.port_failed(board) == Opening::Failed {
                    self.agent_gone(board, now, Ended::Unreachable);
                }
            }
            media::Event::Key { key, .. } => self.agent_pressed(board, now, key, KeySource::Media),
            media::Event::PlayEnded { play, .. } => {
                if self.agent_leg.play_ended(play) {
                    self.agent_heard(board, now);
                }
            }
            media::Event::Silent { .. } => self.agent_leg.fell_silent(board, now),
            media::Event::Closed { .. } => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Announcing(script) = &mut self.stage {
            script.handle_timeout(now.mono);
            self.follow_script(board, now);
        }
    }

    pub(crate) fn handle_leg(&mut self, board: &mut Switchboard, now: Now, event: LegEvent) {
        match (event, &self.stage) {
            (LegEvent::Connected, Stage::Joining) => {
                self.stage = Stage::Talking;
                board.queues.handle(now, Command::Bridged { offer: self.offer });
            }
            (LegEvent::Disconnect, Stage::Talking) => self.talk_ended(board, now),
            (LegEvent::Disconnect, Stage::Joining) => self.close(board, now),
            (LegEvent::Connected | LegEvent::Disconnect | LegEvent::Connect { .. }, _) => {}
        }
    }

    fn agent_answered(&mut self, board: &mut Switchboard, now: Now, answer: Option<&[u8]>) {
        if !matches!(self.stage, Stage::Ringing) {
            return;
        }
        if !self.agent_leg.answered(board, answer) {
            self.end_offer(board, now, OfferEnd::Failed);
            return;
        }
        match &self.work {
            Work::Live { call } => {
                let Some(port) = self.agent_leg.port() else { return };
                let caller = Owner::Caller(*call);
                self.stage = Stage::Joining;
                self.tell_end(board, now, OfferEnd::Accepted);
                board.post.push_back((caller, LegEvent::Connect { offer: self.offer, port }));
            }
            Work::Callback { number, .. } => {
                let choice_time = board.settings.timings.agent_choice;
                let asks = board.settings.ivr.asks_max;
                let script = AgentScript::new(*number, choice_time, asks, now.mono);
                self.stage = Stage::Announcing(Box::new(script));
                self.follow_script(board, now);
            }
        }
    }

    fn agent_pressed(&mut self, board: &mut Switchboard, now: Now, key: Key, source: KeySource) {
        if self.agent_leg.takes_key(source)
            && let Stage::Announcing(script) = &mut self.stage
        {
            script.handle_key(now.mono, key);
            board.show(Status::Pressed { leg: self.agent_leg.name(), key });
            self.follow_script(board, now);
        }
    }

    fn agent_heard(&mut self, board: &mut Switchboard, now: Now) {
        match &mut self.stage {
            Stage::Announcing(script) => {
                script.handle_played(now.mono);
                self.follow_script(board, now);
            }
            Stage::Writing | Stage::Dialling => {
                self.agent_leg.play(board, &self.language, &[Phrase::Ringback], true);
            }
            Stage::Sorry => self.close(board, now),
            Stage::Ringing
            | Stage::Joining
            | Stage::GivingUp
            | Stage::Talking
            | Stage::Closing { .. } => {}
        }
    }

    fn follow_script(&mut self, board: &mut Switchboard, now: Now) {
        loop {
            let Stage::Announcing(script) = &mut self.stage else { return };
            match script.poll() {
                Some(AgentOutput::Play { phrases }) => {
                    if !self.agent_leg.play(board, &self.language, &phrases, false) {
                        script.handle_played(now.mono);
                    }
                }
                Some(AgentOutput::Accept) => self.accepted(board, now),
                Some(AgentOutput::Decline) => self.end_offer(board, now, OfferEnd::Declined),
                Some(AgentOutput::NoAnswer) => self.end_offer(board, now, OfferEnd::NoAnswer),
                None => {
                    board.timers.set(Owner::Agent(self.offer), script.deadline());
                    return;
                }
            }
        }
    }

    /// The agent wants the callback. The queue asks the journal; the dial waits for `dial`. Where
    /// we lack what a dial needs, none is begun: a promise is not used up by our own fullness.
    fn accepted(&mut self, board: &mut Switchboard, now: Now) {
        if !board.has_room_for_dial() {
            return self.end_offer(board, now, OfferEnd::Failed);
        }
        self.stage = Stage::Writing;
        board.timers.set(Owner::Agent(self.offer), None);
        let phrases = [Phrase::AgentDialling];
        if !self.agent_leg.play(board, &self.language, &phrases, false) {
            self.agent_leg.play(board, &self.language, &[Phrase::Ringback], true);
        }
        self.tell_end(board, now, OfferEnd::Accepted);
    }

    fn tell_end(&self, board: &mut Switchboard, now: Now, end: OfferEnd) {
        board.show(Status::OfferEnded { offer: self.offer, end });
        board.queues.handle(now, Command::OfferEnded { offer: self.offer, end });
    }

    /// The offer ends without an acceptance; the agent is let go.
    fn end_offer(&mut self, board: &mut Switchboard, now: Now, end: OfferEnd) {
        self.tell_end(board, now, end);
        self.close(board, now);
    }

    fn agent_gone(&mut self, board: &mut Switchboard, now: Now, how: Ended) {
        self.agent_leg.ended(board);
        match self.stage {
            Stage::Ringing => {
                let end = match how {
                    Ended::Refused { status: 486 | 600 | 603 } => OfferEnd::Declined,
                    Ended::Refused { status: 408 | 480 | 487 } | Ended::NoAnswer => {
                        OfferEnd::NoAnswer
                    }
                    Ended::ByPeer | Ended::ByUs | Ended::Cancelled => OfferEnd::Declined,
                    Ended::Refused { .. } | Ended::Unreachable => OfferEnd::Failed,
                };
                self.end_offer(board, now, end);
            }
            Stage::Announcing(_) => self.end_offer(board, now, OfferEnd::Declined),
            Stage::Joining | Stage::Sorry => self.close(board, now),
            Stage::Writing => self.stage = Stage::Closing { writing: true },
            Stage::Dialling => self.give_up(board, now),
            Stage::Talking => self.talk_ended(board, now),
            Stage::GivingUp => {}
            Stage::Closing { .. } => self.maybe_released(board, now),
        }
    }

    // What the queue and the journal say.

    /// The dial is durable: send the customer's INVITE, unless the agent has gone meanwhile.
    pub(crate) fn dial(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        sip_call_id: String,
    ) {
        if !matches!(self.stage, Stage::Writing) {
            let outcome = DialOutcome::AgentLeft;
            board.queues.handle(now, Command::DialEnded { attempt, outcome });
            self.written(board, now);
            return;
        }
        let owner = Owner::Customer(self.offer);
        let name = Leg { call: self.call, role: LegRole::Customer };
        self.stage = Stage::Dialling;
        match LegCore::open(board, owner, name) {
            Some(leg) => self.customer = Some(Customer { attempt, sip_call_id, leg }),
            None => self.not_reached(board, now, attempt, DialOutcome::Failed),
        }
    }

    /// The dial could not be written, and will not be made.
    pub(crate) fn not_written(&mut self, board: &mut Switchboard, now: Now) {
        if matches!(self.stage, Stage::Writing) {
            self.stage = Stage::Closing { writing: true };
        }
        self.written(board, now);
    }

    fn written(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Closing { writing } = &mut self.stage {
            *writing = false;
            self.close(board, now);
        }
    }

    /// The work went away, or an operator ended the request: let everybody go.
    pub(crate) fn withdraw(&mut self, board: &mut Switchboard, now: Now) {
        match self.stage {
            Stage::Ringing | Stage::Joining | Stage::Announcing(_) => {
                let end = OfferEnd::Withdrawn;
                board.show(Status::OfferEnded { offer: self.offer, end });
                self.close(board, now);
            }
            Stage::Writing => {
                self.stage = Stage::Closing { writing: true };
                self.agent_leg.hang_up(board, now);
            }
            Stage::Dialling => self.give_up(board, now),
            Stage::GivingUp => {}
            Stage::Sorry | Stage::Talking | Stage::Closing { .. } => self.close(board, now),
        }
    }

    // What happens to the customer's leg.

    pub(crate) fn handle_customer_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: sip::Event,
    ) {
        let Some(customer) = &mut self.customer else { return };
        match event {
            sip::Event::Accepted { sdp } => {
                let usable = customer.leg.answered(board, sdp.as_deref());
                self.customer_answered(board, now, usable);
            }
            sip::Event::Offered { sdp } => customer.leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Confirmed { sdp } => {
                customer.leg.answered(board, sdp.as_deref());
            }
            sip::Event::Ended(how) => self.customer_gone(board, now, how),
            sip::Event::Key(_)
            | sip::Event::Progress { .. }
            | sip::Event::Invited(_)
            | sip::Event::Reoffered { .. } => {}
        }
    }

    pub(crate) fn handle_customer_media(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: media::Event,
    ) {
        let dialling = matches!(self.stage, Stage::Dialling);
        let Some(customer) = &mut self.customer else { return };
        match event {
            media::Event::Opened { .. } if dialling && !customer.leg.is_alive() => {
                let settings = Arc::clone(&board.settings);
                match customer_dial(&settings, &self.work, &customer.sip_call_id) {
                    Some(dial) => {
                        board.show(Status::Dialling { attempt: customer.attempt });
                        customer.leg.invite(board, now, dial);
                    }
                    None => self.customer_gone(board, now, Ended::Unreachable),
                }
            }
            media::Event::OpenFailed { .. } => {
                if customer.leg.port_failed(board) == Opening::Failed {
                    self.customer_gone(board, now, Ended::Unreachable);
                }
            }
            media::Event::Silent { .. } => customer.leg.fell_silent(board, now),
            media::Event::Opened { .. }
            | media::Event::Key { .. }
            | media::Event::PlayEnded { .. }
            | media::Event::Closed { .. } => {}
        }
    }

    fn customer_answered(&mut self, board: &mut Switchboard, now: Now, usable: bool) {
        if !matches!(self.stage, Stage::Dialling) {
            return;
        }
        let Some(customer) = &mut self.customer else { return };
        let (Some(agent), Some(port), true) = (self.agent_leg.port(), customer.leg.port(), usable)
        else {
            customer.leg.hang_up(board, now);
            return;
        };
        self.agent_leg.stop_playing(board);
        board.bridge(self.call, agent, port);
        self.stage = Stage::Talking;
        board.queues.handle(now, Command::Bridged { offer: self.offer });
    }

    fn customer_gone(&mut self, board: &mut Switchboard, now: Now, how: Ended) {
        let Some(customer) = &mut self.customer else { return };
        let attempt = customer.attempt;
        customer.leg.ended(board);
        match self.stage {
            Stage::GivingUp => {
                self.dial_ended(board, now, attempt, DialOutcome::AgentLeft);
                self.close(board, now);
            }
            Stage::Dialling => self.not_reached(board, now, attempt, outcome_of(how)),
            Stage::Talking => self.talk_ended(board, now),
            Stage::Closing { .. } => self.maybe_released(board, now),
            Stage::Ringing
            | Stage::Joining
            | Stage::Announcing(_)
            | Stage::Writing
            | Stage::Sorry => {}
        }
    }

    fn dial_ended(
        &self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        outcome: DialOutcome,
    ) {
        board.queues.handle(now, Command::DialEnded { attempt, outcome });
    }

    fn not_reached(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        attempt: AttemptId,
        outcome: DialOutcome,
    ) {
        self.dial_ended(board, now, attempt, outcome);
        self.stage = Stage::Sorry;
        if !self.agent_leg.play(board, &self.language, &[Phrase::AgentNotReached], false) {
            self.close(board, now);
        }
    }

    /// The agent is gone, or must go, while the customer's phone rings: stop ringing it. The
    /// outcome is told when the stack says that the leg is gone.
    fn give_up(&mut self, board: &mut Switchboard, now: Now) {
        self.stage = Stage::GivingUp;
        self.agent_leg.hang_up(board, now);
        let Some(customer) = &mut self.customer else { return };
        let attempt = customer.attempt;
        if customer.leg.is_alive() {
            customer.leg.hang_up(board, now);
        } else {
            // The port is not open yet: no INVITE has left.
            customer.leg.ended(board);
            self.dial_ended(board, now, attempt, DialOutcome::AgentLeft);
            self.close(board, now);
        }
    }

    // The end.

    fn talk_ended(&mut self, board: &mut Switchboard, now: Now) {
        board.queues.handle(now, Command::TalkEnded { offer: self.offer });
        self.close(board, now);
    }

    /// Lets every leg go; the last one to end releases the agent.
    fn close(&mut self, board: &mut Switchboard, now: Now) {
        if let (Work::Live { call }, Stage::Talking | Stage::Joining) = (&self.work, &self.stage) {
            board.post.push_back((Owner::Caller(*call), LegEvent::Disconnect));
        }
        let writing = matches!(self.stage, Stage::Closing { writing: true });
        self.stage = Stage::Closing { writing };
        self.agent_leg.hang_up(board, now);
        if let Some(customer) = &mut self.customer {
            customer.leg.hang_up(board, now);
        }
        self.maybe_released(board, now);
    }

    fn maybe_released(&mut self, board: &mut Switchboard, now: Now) {
        let customer = self.customer.as_ref().is_some_and(|c| c.leg.is_alive());
        let waits = self.agent_leg.is_alive() || customer;
        let closing = matches!(self.stage, Stage::Closing { writing: false });
        if closing && !waits && !self.released {
            self.released = true;
            board.queues.handle(now, Command::AgentReleased { offer: self.offer });
        }
    }

    pub(crate) fn offer(&self) -> OfferId {
        self.offer
    }

    /// Whom the callback calls, for the list of calls.
    pub(crate) fn number(&self) -> Option<E164> {
        match &self.work {
            Work::Callback { number, .. } => Some(*number),
            Work::Live { .. } => None,
        }
    }
}

/// What the far end's refusal of a customer dial means for the request.
fn outcome_of(how: Ended) -> DialOutcome {
    match how {
        Ended::Refused { status: 486 | 600 } => DialOutcome::Busy,
        Ended::Refused { status: 603 } => DialOutcome::Declined,
        Ended::Refused { status: 408 | 480 | 487 } | Ended::NoAnswer => DialOutcome::NoAnswer,
        Ended::Refused { .. }
        | Ended::Unreachable
        | Ended::ByPeer
        | Ended::ByUs
        | Ended::Cancelled => DialOutcome::Failed,
    }
}
