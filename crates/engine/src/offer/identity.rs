//! Who has taken a call at somebody else's ACD: the agent says so by keys, before anything else.

use ivr::{IdentifyOutput, IdentifyScript};
use ledger::OfferEnd;
use model::{AgentName, Key, Now};
use queue::Command;

use super::{OfferRun, Stage};
use crate::switchboard::{Owner, Switchboard};
use crate::{Acd, Status};

impl OfferRun {
    /// The ACD that this offer rings, when it rings one.
    fn acd(&self, board: &Switchboard) -> Option<Acd> {
        let mut agents = board.settings.agents.iter();
        agents.find(|agent| agent.name == self.agent)?.acd.clone()
    }

    /// Asks who takes the call, where an ACD has answered.
    pub(super) fn begins_to_identify(&mut self, board: &mut Switchboard, now: Now) -> bool {
        let Some(acd) = self.acd(board) else { return false };
        let choice_time = board.settings.ivr.choice_time;
        let script = IdentifyScript::new(acd.welcome, choice_time, acd.asks_max, now.mono);
        self.stage = Stage::Identifying(Box::new(script));
        self.follow_identity(board, now);
        true
    }

    pub(super) fn identity_key(&mut self, board: &mut Switchboard, now: Now, key: Key) {
        if let Stage::Identifying(script) = &mut self.stage {
            script.handle_key(now.mono, key);
            board.show(Status::Pressed { leg: self.agent_leg.name(), key });
            self.follow_identity(board, now);
        }
    }

    pub(super) fn identity_heard(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Identifying(script) = &mut self.stage {
            script.handle_played(now.mono);
            self.follow_identity(board, now);
        }
    }

    pub(super) fn identity_timeout(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Identifying(script) = &mut self.stage {
            script.handle_timeout(now.mono);
            self.follow_identity(board, now);
        }
    }

    fn follow_identity(&mut self, board: &mut Switchboard, now: Now) {
        loop {
            let Stage::Identifying(script) = &mut self.stage else { return };
            match script.poll() {
                Some(IdentifyOutput::Play { phrases }) => {
                    if !self.agent_leg.play(board, &self.language, &phrases, false) {
                        script.handle_played(now.mono);
                    }
                }
                Some(IdentifyOutput::Given { identifier }) => self.given(board, now, &identifier),
                Some(IdentifyOutput::Nobody) => self.end_offer(board, now, OfferEnd::NoAnswer),
                None => {
                    return board.timers.set(Owner::Agent(self.offer), script.deadline());
                }
            }
        }
    }

    /// Whoever has this identifier takes the call.
    fn given(&mut self, board: &mut Switchboard, now: Now, identifier: &str) {
        let agent: Option<AgentName> = self.acd(board).and_then(|acd| acd.agent(identifier));
        let Stage::Identifying(script) = &mut self.stage else { return };
        let Some(agent) = agent else { return script.refused() };
        script.accepted();
        board.queues.handle(now, Command::Identified { offer: self.offer, agent });
        self.accepted(board, now);
    }
}
