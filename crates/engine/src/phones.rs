//! Who registers: agents' phones with us, and we with trunks; what operators see of it.

use model::{AgentName, Now, TrunkName};
use queue::Command;
use sip::{Binding, Registration, UpstreamState};

use crate::{AgentPhone, Engine, Status};

impl Engine {
    /// The stack says that the bindings of an agent have changed: the queue learns whether the
    /// agent can be rung. What is under way goes on.
    pub(crate) fn registered(&mut self, now: Now, told: Registration) {
        let Registration { agent, change, bindings } = told;
        self.board.show(Status::Phone { agent: agent.clone(), change, phones: bindings });
        let reachable = bindings > 0;
        self.board.queues.handle(now, Command::SetReachable { agent, reachable });
    }

    /// How our registrations with trunks stand, in the order of the settings.
    pub fn upstreams(&self) -> impl Iterator<Item = (&TrunkName, UpstreamState)> {
        self.board.stack.upstreams()
    }

    /// The phones that an agent has registered, the most preferred first; `None` for an agent whose
    /// phone is always in one place, and for a name that nobody has.
    pub fn phones(&self, agent: &AgentName) -> Option<Vec<Binding>> {
        let setting = self.board.settings.agents.iter().find(|setting| setting.name == *agent)?;
        match setting.phone {
            AgentPhone::Fixed { .. } | AgentPhone::Telephone { .. } => None,
            AgentPhone::Registered => Some(self.board.stack.bindings(agent)),
        }
    }

    /// The phone of an agent that is always in one place.
    pub fn fixed_phone(&self, agent: &AgentName) -> Option<&str> {
        let setting = self.board.settings.agents.iter().find(|setting| setting.name == *agent)?;
        match &setting.phone {
            AgentPhone::Fixed { uri, .. } => Some(uri),
            AgentPhone::Registered | AgentPhone::Telephone { .. } => None,
        }
    }
}
