//! What agents want, as they or their supervisors say it.

use ledger::{Fact, OfferEnd, SaidBy, is_reason};
use model::{AgentName, Mono};

use crate::agents::{AgentNo, Doing};
use crate::queues::Queues;
use crate::{AgentStatus, Rejected};

impl Queues {
    /// Sets what an agent wants; what changes nothing is no fact.
    pub(crate) fn set_status(
        &mut self,
        agent: AgentName,
        status: AgentStatus,
        reason: Option<String>,
        by: SaidBy,
    ) {
        let reason = reason.filter(|text| is_reason(text));
        let mut changed = false;
        self.change_agent(&agent, |agents, agent| {
            changed = agents.set_status(agent, status, reason.clone());
        });
        if changed {
            self.record(Fact::StatusSet { agent, status, reason, by });
        }
        self.look_at_declined();
    }

    /// The agent's leg is gone; a conversation ended at `talked`. What the agent said meanwhile
    /// stands: only one who is online still is made away.
    pub(crate) fn release(&mut self, agent: AgentNo, talked: Option<Mono>) {
        self.agents.release(agent, self.now.mono, talked);
        let released = self.agents.get(agent);
        if talked.is_none() || !released.is_away_after_talk() {
            return;
        }
        let name = released.name.clone();
        self.set_status(name, AgentStatus::Away, None, SaidBy::Engine);
    }

    /// How an offer ended says whether the agent is there: who leaves too many in a row unanswered
    /// is away until somebody says otherwise.
    pub(crate) fn heard_of_agent(&mut self, agent: AgentNo, end: OfferEnd) {
        match end {
            OfferEnd::Accepted | OfferEnd::Declined => self.agents.answers(agent),
            // Of a phone that could not be rung nobody knows whether somebody sits beside it.
            OfferEnd::Failed | OfferEnd::Withdrawn => {}
            OfferEnd::NoAnswer => {
                let Some(missed) = self.agents.miss(agent) else { return };
                let name = self.agents.get(agent).name.clone();
                let reason = Some(format!("missed {missed} calls in a row"));
                self.set_status(name, AgentStatus::Away, reason, SaidBy::Engine);
            }
        }
    }

    /// An agent is ready before the time.
    pub(crate) fn end_wrap_up(&mut self, agent: AgentName, by: SaidBy) {
        let ended = self.agents.find(&agent).is_some_and(|agent| self.agents.end_wrap_up(agent));
        if ended {
            self.record(Fact::WrapUpEnded { agent, by });
        }
    }

    pub(crate) fn check_agent(&self, agent: &AgentName) -> Result<(), Rejected> {
        let known = self.agents.find(agent).map(|_| ());
        known.ok_or_else(|| Rejected::UnknownAgent(agent.clone()))
    }

    pub(crate) fn check_status(
        &self,
        agent: &AgentName,
        reason: Option<&str>,
    ) -> Result<(), Rejected> {
        self.check_agent(agent)?;
        reason.is_none_or(is_reason).then_some(()).ok_or(Rejected::BadReason)
    }

    pub(crate) fn check_wrap_up(&self, agent: &AgentName) -> Result<(), Rejected> {
        self.check_agent(agent)?;
        let doing = self.agents.find(agent).map(|agent| self.agents.get(agent).doing);
        match doing {
            Some(Doing::WrapUp { .. }) => Ok(()),
            Some(Doing::Free | Doing::Busy(_)) | None => Err(Rejected::NoWrapUp(agent.clone())),
        }
    }
}
