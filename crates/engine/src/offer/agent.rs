//! What happens to the agent's leg of an offer.

use ivr::{AgentOutput, AgentScript, Phrase};
use ledger::OfferEnd;
use model::{Key, Now};
use queue::{Command, Work};
use sip::{Ended, SessionId};

use super::{OfferRun, Stage};
use crate::Status;
use crate::dial::agent_dial;
use crate::leg::{KeySource, LegEvent, Opening};
use crate::switchboard::{Owner, Switchboard};

impl OfferRun {
    pub(crate) fn handle_agent_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        event: sip::Event,
    ) {
        let Some(event) = self.agent_leg.hears(board, now, from, event) else {
            return self.maybe_released(board, now);
        };
        match event {
            sip::Event::Accepted { sdp } => self.agent_answered(board, now, sdp.as_deref()),
            sip::Event::Offered { sdp } => self.agent_leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Confirmed { sdp } => {
                self.agent_leg.answered(board, sdp.as_deref());
            }
            sip::Event::Refreshed { ours, sdp } => self.agent_leg.refreshed(board, &ours, &sdp),
            sip::Event::Key(key) => self.agent_pressed(board, now, key, KeySource::Info),
            sip::Event::Referred(referred) => self.referred(board, now, &referred),
            sip::Event::Ended { how, .. } => self.agent_gone(board, now, how),
            sip::Event::Progress { .. }
            | sip::Event::Passed { .. }
            | sip::Event::Invited(_)
            | sip::Event::Reoffered { .. } => {}
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
                    match agent_dial(board, self.offer, &self.agent, &self.work) {
                        Some(dial) => self.agent_leg.invite(board, now, dial),
                        None => self.agent_gone(board, now, Ended::Unreachable),
                    }
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
            media::Event::Pressed { .. } => self.agent_reached(board, now),
            media::Event::Silent { .. } => self.agent_leg.fell_silent(board, now),
            media::Event::Lost { .. } => self.agent_leg.hang_up(board, now),
            media::Event::Judged { .. } | media::Event::Closed { .. } => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Announcing(script) = &mut self.stage {
            script.handle_timeout(now.mono);
            self.follow_script(board, now);
        } else if matches!(self.stage, Stage::Dialling) {
            self.call_customer(board, now);
            self.not_judged(board, now);
        } else {
            self.proof_timeout(board, now);
        }
    }

    pub(crate) fn handle_leg(&mut self, board: &mut Switchboard, now: Now, event: LegEvent) {
        match (event, &self.stage) {
            (LegEvent::Connected, Stage::Joining) => {
                self.stage = Stage::Talking;
                self.whisper_to_agent(board);
                board.queues.handle(now, Command::Bridged { offer: self.offer });
            }
            (LegEvent::Disconnect, Stage::Talking) => self.talk_ended(board, now),
            (LegEvent::Disconnect, Stage::Joining) => self.close(board, now),
            (
                LegEvent::Connected
                | LegEvent::Disconnect
                | LegEvent::Connect { .. }
                | LegEvent::Park,
                _,
            ) => {}
        }
    }

    pub(super) fn agent_answered(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        answer: Option<&[u8]>,
    ) {
        if !matches!(self.stage, Stage::Ringing) {
            return;
        }
        if !self.agent_leg.answered(board, answer) {
            self.end_offer(board, now, OfferEnd::Failed);
            return;
        }
        if !self.agent_leg.presses(board) {
            self.agent_reached(board, now);
        }
    }

    /// The agent has answered, and what leads to the phone is pressed.
    fn agent_reached(&mut self, board: &mut Switchboard, now: Now) {
        if !matches!(self.stage, Stage::Ringing) {
            return;
        }
        if !board.queues.rings(self.offer) {
            // Another agent was faster, and we are about to hear so.
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

    pub(super) fn agent_pressed(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        key: Key,
        source: KeySource,
    ) {
        if self.agent_leg.takes_key(source)
            && let Stage::Announcing(script) = &mut self.stage
        {
            script.handle_key(now.mono, key);
            board.show(Status::Pressed { leg: self.agent_leg.name(), key });
            self.follow_script(board, now);
        }
    }

    pub(super) fn agent_heard(&mut self, board: &mut Switchboard, now: Now) {
        match &mut self.stage {
            Stage::Announcing(script) => {
                script.handle_played(now.mono);
                self.follow_script(board, now);
            }
            Stage::Writing
            | Stage::Dialling
            | Stage::Proving(_)
            | Stage::Dismissing(_)
            | Stage::Telling => {
                let meanwhile = [board.until_answered()];
                self.agent_leg.play(board, &self.language, &meanwhile, true);
            }
            Stage::Sorry => self.close(board, now),
            Stage::Ringing
            | Stage::Joining
            | Stage::GivingUp
            | Stage::Talking
            | Stage::Closing { .. } => {}
        }
    }

    pub(super) fn follow_script(&mut self, board: &mut Switchboard, now: Now) {
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
    pub(super) fn accepted(&mut self, board: &mut Switchboard, now: Now) {
        if !board.queues.rings(self.offer) {
            // As above.
            return;
        }
        if !board.has_room_for_dial() {
            return self.end_offer(board, now, OfferEnd::Failed);
        }
        self.stage = Stage::Writing;
        board.timers.set(Owner::Agent(self.offer), None);
        let phrases = [Phrase::AgentDialling];
        if !self.agent_leg.play(board, &self.language, &phrases, false) {
            let meanwhile = [board.until_answered()];
            self.agent_leg.play(board, &self.language, &meanwhile, true);
        }
        self.tell_end(board, now, OfferEnd::Accepted);
    }

    pub(super) fn tell_end(&self, board: &mut Switchboard, now: Now, end: OfferEnd) {
        board.show(Status::OfferEnded { offer: self.offer, end });
        board.queues.handle(now, Command::OfferEnded { offer: self.offer, end });
    }

    /// The offer ends without an acceptance; the agent is let go.
    pub(super) fn end_offer(&mut self, board: &mut Switchboard, now: Now, end: OfferEnd) {
        self.tell_end(board, now, end);
        self.close(board, now);
    }

    pub(super) fn agent_gone(&mut self, board: &mut Switchboard, now: Now, how: Ended) {
        self.agent_leg.ended(board);
        match self.stage {
            Stage::Ringing => {
                let end = match how {
                    Ended::Refused { status: 486 | 600 | 603 } => OfferEnd::Declined,
                    Ended::Refused { status: 408 | 480 | 487 } | Ended::NoAnswer => {
                        OfferEnd::NoAnswer
                    }
                    Ended::ByPeer | Ended::ByUs | Ended::Cancelled => OfferEnd::Declined,
                    Ended::Refused { .. } | Ended::Unreachable | Ended::Expired => OfferEnd::Failed,
                };
                self.end_offer(board, now, end);
            }
            Stage::Announcing(_) => self.end_offer(board, now, OfferEnd::Declined),
            Stage::Joining | Stage::Sorry => self.close(board, now),
            Stage::Writing => self.stage = Stage::Closing { writing: true },
            Stage::Dialling | Stage::Proving(_) | Stage::Telling => self.give_up(board, now),
            Stage::Talking if self.transfer.is_some() => self.agent_left(board, now),
            Stage::Talking => self.talk_ended(board, now),
            Stage::GivingUp | Stage::Dismissing(_) => {}
            Stage::Closing { .. } => self.maybe_released(board, now),
        }
    }
}
