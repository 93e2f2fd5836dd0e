//! The agent's choice: what is announced to an agent who has answered, and what comes of it.

use ivr::{AgentOutput, AgentScript, Phrase};
use ledger::OfferEnd;
use model::{CallId, Now};
use queue::{Command, Work};

use super::{OfferRun, Stage};
use crate::Status;
use crate::leg::LegEvent;
use crate::switchboard::{Owner, Switchboard};

impl OfferRun {
    /// The agent has answered, and what leads to the phone is pressed.
    pub(super) fn agent_reached(&mut self, board: &mut Switchboard, now: Now) {
        if matches!(self.stage, Stage::Summoning(_)) {
            return self.summoned_answers(board, now);
        }
        if !matches!(self.stage, Stage::Ringing) {
            return;
        }
        if !board.queues.rings(self.offer) {
            // Another agent was faster, and we are about to hear so.
            return;
        }
        if self.begins_to_identify(board, now) {
            return;
        }
        let asked = match &self.work {
            Work::Live { .. } => self.proves_presence(board).then_some(None),
            Work::Callback { how, .. } if how.progressive && !self.proves_presence(board) => None,
            Work::Callback { number, .. } => Some(Some(*number)),
        };
        let Some(number) = asked.filter(|_| !self.taken) else {
            return self.accepted(board, now);
        };
        let choice_time = board.settings.timings.agent_choice;
        let asks = board.settings.ivr.asks_max;
        let script = AgentScript::new(number, choice_time, asks, now.mono);
        self.stage = Stage::Announcing(Box::new(script));
        self.follow_script(board, now);
    }

    /// Whoever answers for this agent must press a key before hearing a caller.
    pub(super) fn proves_presence(&self, board: &Switchboard) -> bool {
        let mut agents = board.settings.agents.iter();
        agents.find(|agent| agent.name == self.agent).is_some_and(|agent| agent.human_proof)
    }

    /// The agent takes what is offered, or does not, and says so without the phone.
    pub(crate) fn told_by_command(&mut self, board: &mut Switchboard, now: Now, accepts: bool) {
        match self.stage {
            Stage::Ringing | Stage::Identifying(_) | Stage::Announcing(_) if !accepts => {
                self.end_offer(board, now, OfferEnd::Declined);
            }
            Stage::Summoning(Some(_)) if accepts => self.summoned(board, now),
            Stage::Summoning(_) if accepts => self.taken = true,
            Stage::Summoning(_) => self.agent_missed(board, now, OfferEnd::Declined),
            Stage::Ringing => self.taken = true,
            Stage::Announcing(_) => self.accepted(board, now),
            // Whoever it is says so by keys.
            Stage::Identifying(_)
            | Stage::Joining
            | Stage::Writing
            | Stage::Dialling
            | Stage::Proving(_)
            | Stage::Dismissing(_)
            | Stage::GivingUp
            | Stage::Sorry
            | Stage::Telling
            | Stage::Talking
            | Stage::Closing { .. } => {}
        }
    }

    /// The caller on the line is joined with the agent.
    fn joins(&mut self, board: &mut Switchboard, now: Now, caller: CallId) {
        let Some(port) = self.agent_leg.port() else { return };
        board.timers.set(Owner::Agent(self.offer), None);
        self.agent_leg.stop_playing(board);
        self.stage = Stage::Joining;
        self.tell_end(board, now, OfferEnd::Accepted);
        let connect = LegEvent::Connect { offer: self.offer, port };
        board.post.push_back((Owner::Caller(caller), connect));
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
            Stage::Summoning(script) => {
                if let Some(script) = script {
                    script.handle_played(now.mono);
                }
                self.follow_script(board, now);
            }
            Stage::Identifying(_) => self.identity_heard(board, now),
            Stage::Ringing
            | Stage::Joining
            | Stage::GivingUp
            | Stage::Talking
            | Stage::Closing { .. } => {}
        }
    }

    pub(super) fn follow_script(&mut self, board: &mut Switchboard, now: Now) {
        loop {
            let (Stage::Announcing(script) | Stage::Summoning(Some(script))) = &mut self.stage
            else {
                return;
            };
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

    /// The agent wants the work. Of a callback the queue asks the journal; the dial waits for
    /// `dial`. Where we lack what a dial needs, none is begun: a promise is not used up by our own
    /// fullness.
    pub(super) fn accepted(&mut self, board: &mut Switchboard, now: Now) {
        if matches!(self.stage, Stage::Summoning(_)) {
            return self.summoned(board, now);
        }
        if !board.queues.rings(self.offer) {
            // As above.
            return;
        }
        if let Work::Live { call } = self.work {
            return self.joins(board, now, call);
        }
        if !board.has_room_for_dial(now) {
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
        if matches!(self.stage, Stage::Summoning(_)) {
            return self.agent_missed(board, now, end);
        }
        self.tell_end(board, now, end);
        self.close(board, now);
    }
}
