//! Agents who are reached by telephone: which number, through which trunk, and who said so.
//!
//! A number that is asked for at the login is kept for that session alone: it is forgotten at the
//! logout, and when the engine stops, as the status is.

use std::collections::BTreeMap;

use model::{AgentName, E164, Now, TrunkName};
use queue::{AgentStatus, Command as QueueCommand, Rejected, SaidBy};

use crate::switchboard::Switchboard;
use crate::{Agent, AgentPhone, CommandError, Engine};

/// The numbers of the agents who have logged in with one; at most one for each agent.
pub(crate) type Sessions = BTreeMap<AgentName, E164>;

impl Switchboard {
    /// The trunk of an agent who is reached by telephone.
    pub(crate) fn trunk_of_agent(&self, agent: &AgentName) -> Option<&TrunkName> {
        let setting = self.settings.agents.iter().find(|setting| setting.name == *agent)?;
        match &setting.phone {
            AgentPhone::Telephone { trunk, .. } => Some(trunk),
            AgentPhone::Fixed { .. } | AgentPhone::Registered => None,
        }
    }

    /// The number at which an agent is reached now.
    pub(crate) fn telephone_of(&self, agent: &AgentName) -> Option<E164> {
        let setting = self.settings.agents.iter().find(|setting| setting.name == *agent)?;
        match &setting.phone {
            AgentPhone::Telephone { number: Some(number), .. } => Some(*number),
            AgentPhone::Telephone { number: None, .. } => self.sessions_at.get(agent).copied(),
            AgentPhone::Fixed { .. } | AgentPhone::Registered => None,
        }
    }
}

impl Engine {
    /// The agent takes work from now on, at this number where one is asked for.
    pub(crate) fn login(
        &mut self,
        now: Now,
        agent: AgentName,
        number: Option<E164>,
    ) -> Result<String, CommandError> {
        let setting = self.board.settings.agents.iter().find(|setting| setting.name == agent);
        let Some(setting) = setting else {
            return Err(Rejected::UnknownAgent(agent).into());
        };
        match (setting.asks_number(), number) {
            (true, Some(number)) => {
                self.board.sessions_at.insert(agent.clone(), number);
                self.tell_of_telephone(now, &agent);
            }
            (true, None) if !self.board.sessions_at.contains_key(&agent) => {
                return Err(CommandError::NumberWanted(agent));
            }
            (false, Some(_)) => return Err(CommandError::NoNumberWanted(agent)),
            (true, None) | (false, None) => {}
        }
        let (status, reason) = (AgentStatus::Online, None);
        self.tell_status(now, agent, status, reason, SaidBy::Command)
    }

    /// What an agent wants from now on. Online is a login without a number.
    pub(crate) fn set_status(
        &mut self,
        now: Now,
        agent: AgentName,
        status: AgentStatus,
        reason: Option<String>,
        by: SaidBy,
    ) -> Result<String, CommandError> {
        match status {
            AgentStatus::Online => {
                let setting = self.board.settings.agents.iter().find(|it| it.name == agent);
                let asks = setting.is_some_and(Agent::asks_number);
                if asks && !self.board.sessions_at.contains_key(&agent) {
                    return Err(CommandError::NumberWanted(agent));
                }
            }
            AgentStatus::Offline => self.logged_out(now, &agent),
            AgentStatus::Away | AgentStatus::TransferOnly => {}
        }
        self.tell_status(now, agent, status, reason, by)
    }

    fn tell_status(
        &mut self,
        now: Now,
        agent: AgentName,
        status: AgentStatus,
        reason: Option<String>,
        by: SaidBy,
    ) -> Result<String, CommandError> {
        let word = match status {
            AgentStatus::Online => "online",
            AgentStatus::Away => "away",
            AgentStatus::TransferOnly => "transfer-only",
            AgentStatus::Offline => "offline",
        };
        let why = reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        let what = format!("{agent} is {word}{why}");
        let command = QueueCommand::SetStatus { agent, status, reason, by };
        self.board.queues.check(&command)?;
        self.board.queues.handle(now, command);
        Ok(what)
    }

    /// An agent who is not there any more has no number of this session.
    pub(crate) fn logged_out(&mut self, now: Now, agent: &AgentName) {
        if self.board.sessions_at.remove(agent).is_some() {
            self.tell_of_telephone(now, agent);
        }
    }

    /// A trunk has become full, or is so no more: nobody is offered work whom no call would reach.
    pub(crate) fn tell_of_telephones(&mut self, now: Now, trunk: &TrunkName) {
        let behind = |agent: &&Agent| match &agent.phone {
            AgentPhone::Telephone { trunk: own, .. } => own == trunk,
            AgentPhone::Fixed { .. } | AgentPhone::Registered => false,
        };
        let agents = self.board.settings.agents.iter().filter(behind);
        let agents: Vec<AgentName> = agents.map(|agent| agent.name.clone()).collect();
        for agent in agents {
            self.tell_of_telephone(now, &agent);
        }
    }

    /// Tells the queue whether an agent's telephone would be reached. One who is being rung, or
    /// talks, has the channel that it takes.
    pub(crate) fn tell_of_telephone(&mut self, now: Now, agent: &AgentName) {
        let board = &self.board;
        let carried = board.trunk_of_agent(agent).is_some_and(|it| board.channels.takes(it))
            || self.offers.values().any(|run| run.agent() == agent);
        let reachable = carried && board.telephone_of(agent).is_some();
        let command = QueueCommand::SetReachable { agent: agent.clone(), reachable };
        self.board.queues.handle(now, command);
    }

    /// The number at which an agent is reached by telephone.
    pub fn telephone(&self, agent: &AgentName) -> Option<E164> {
        self.board.telephone_of(agent)
    }
}
