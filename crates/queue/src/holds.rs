//! What keeps an agent from work beside work: a call outside the queue, and an own message.
//!
//! An agent who calls a line and leaves a message is its customer, as anybody is. Where the queue
//! wants it, nothing is offered to that agent until somebody has answered the message: until its
//! request has ended.

use ledger::Origin;
use model::{AgentName, CallId, E164, RequestId};

use crate::agents::AgentNo;
use crate::queues::Queues;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hold {
    /// A call outside the queue.
    Call(CallId),
    /// The agent's own message, by its request.
    Message(RequestId),
}

impl Queues {
    /// Whether an agent can be called outside the queue: doing nothing, and there.
    pub fn can_be_called(&self, agent: &AgentName) -> bool {
        self.agents.find(agent).is_some_and(|agent| self.agents.get(agent).can_be_asked())
    }

    pub(crate) fn hold(&mut self, agent: &AgentName, by: Hold, held: bool) {
        if let Some(agent) = self.agents.find(agent) {
            self.agents.hold(agent, by, held);
        }
    }

    /// A request is open from now on, or has ended: whoever of the agents left the message that it
    /// is about is kept from work meanwhile.
    pub(crate) fn hold_by_message(&mut self, id: RequestId, held: bool) {
        if let Some(agent) = self.messenger(id) {
            self.agents.hold(agent, Hold::Message(id), held);
        }
    }

    /// The agent whose own message a request is about, where that keeps agents from work.
    fn messenger(&self, id: RequestId) -> Option<AgentNo> {
        let request = self.requests.get(&id)?;
        let settings = self.settings.queues.get(self.names.queue_name(request.queue))?;
        let origin = request.more.as_ref()?.terms.origin;
        let holds = settings.message_blocks_agent && origin == Origin::Voicemail;
        self.agent_who_calls_from(request.number).filter(|_| holds)
    }

    fn agent_who_calls_from(&self, number: E164) -> Option<AgentNo> {
        let mut agents = self.settings.agents.iter();
        let (name, _) = agents.find(|(_, agent)| agent.calls_from.contains(&number))?;
        self.agents.find(name)
    }
}
