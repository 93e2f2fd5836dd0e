//! For whom a work is before all others: the agents whom its line prefers, or the last agent of a
//! callback.
//!
//! While one of them is free the work is kept for the first of them, though others be free longer;
//! when none is, it is anybody's. So nobody waits for an agent who is not there. The last agent of
//! a customer is whoever was dialled for, or talked with, the customer last; a restart knows it of
//! the open requests.

use std::collections::BTreeMap;

use model::{CallId, E164, RequestId};

use crate::agents::AgentNo;
use crate::places::{Queue, Rank};
use crate::queues::Queues;
use crate::requests::Request;

/// Most customers whose last agent is remembered; the one not heard of for longest is forgotten.
pub const LAST_AGENTS_MAX: usize = 10_000;

/// The works that are ready and are for somebody before all others.
#[derive(Debug, Default)]
pub(crate) struct Wanted(BTreeMap<(Queue, Rank), Box<[AgentNo]>>);

impl Wanted {
    /// Says whom the work at this place is for; nobody, and it is anybody's.
    pub(crate) fn set(&mut self, place: (Queue, Rank), agents: Vec<AgentNo>) {
        if agents.is_empty() {
            self.0.remove(&place);
        } else {
            self.0.insert(place, agents.into_boxed_slice());
        }
    }

    /// True when no work that waits is for anybody before others.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when it is for this agent before others.
    pub(crate) fn is_for(&self, place: (Queue, Rank), agent: AgentNo) -> bool {
        self.0.get(&place).is_some_and(|agents| agents.contains(&agent))
    }

    /// The first whom it is for, of those who may have it now.
    pub(crate) fn keeper(
        &self,
        place: (Queue, Rank),
        mut may: impl FnMut(AgentNo) -> bool,
    ) -> Option<AgentNo> {
        self.0.get(&place)?.iter().copied().find(|agent| may(*agent))
    }
}

/// Who handled which customer last.
#[derive(Debug, Default)]
pub(crate) struct LastAgents {
    of: BTreeMap<E164, (u64, AgentNo)>,
    order: BTreeMap<u64, E164>,
    next: u64,
}

impl LastAgents {
    fn note(&mut self, number: E164, agent: AgentNo) {
        self.next += 1;
        if let Some((before, _)) = self.of.insert(number, (self.next, agent)) {
            self.order.remove(&before);
        }
        self.order.insert(self.next, number);
        if self.of.len() > LAST_AGENTS_MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.of.remove(&oldest);
        }
    }

    fn of(&self, number: E164) -> Option<AgentNo> {
        self.of.get(&number).map(|(_, agent)| *agent)
    }
}

impl Queues {
    /// This agent handles this request's customer now.
    pub(crate) fn note_agent(&mut self, id: RequestId, agent: AgentNo) {
        if let Some(request) = self.requests.get(&id) {
            self.last_agents.note(request.number, agent);
        }
    }

    /// This agent talks with this caller now.
    pub(crate) fn note_agent_of_call(&mut self, call: CallId, agent: Option<AgentNo>) {
        let from = self.calls.get(&call).and_then(|caller| caller.from);
        if let (Some(from), Some(agent)) = (from, agent) {
            self.last_agents.note(from, agent);
        }
    }

    /// Found in the journal: this agent was dialled for last.
    pub(crate) fn recover_agent(&mut self, number: E164, agent: Option<&model::AgentName>) {
        if let Some(agent) = agent.and_then(|agent| self.agents.find(agent)) {
            self.last_agents.note(number, agent);
        }
    }

    /// Whom a request is for before all others.
    pub(crate) fn wanted_for(&self, request: &Request) -> Vec<AgentNo> {
        let queue = self.settings.queues.get(self.names.queue_name(request.queue));
        let last = self.last_agents.of(request.number);
        let last = last.filter(|_| queue.is_some_and(|queue| queue.last_agent));
        let has_time = request.more.as_ref().is_some_and(|more| more.terms.due.is_some());
        let preferred = self.preferred(request.line);
        if preferred.is_empty() || (has_time && last.is_some()) {
            return last.into_iter().collect();
        }
        preferred
    }

    /// The agents whom a line prefers, the first one first.
    pub(crate) fn preferred(&self, line: crate::names::Line) -> Vec<AgentNo> {
        let Some(line) = self.settings.lines.get(self.names.line_name(line)) else {
            return Vec::new();
        };
        line.routing.preferred.iter().filter_map(|name| self.agents.find(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Agents;

    #[test]
    fn the_customer_not_heard_of_for_longest_is_forgotten() {
        let mut settings = crate::Settings {
            queues: BTreeMap::new(),
            lines: BTreeMap::new(),
            agents: BTreeMap::new(),
            entries_max: 1,
            rooms: BTreeMap::new(),
            own_numbers: [].into(),
            caps: Default::default(),
            off: Default::default(),
            offers_of_lines: Default::default(),
        };
        settings.agents.insert("ann".into(), crate::AgentSettings::default());
        let agents = Agents::new(&settings, |_| Queue(0));
        let ann = agents.find(&"ann".into()).expect("an agent");
        let number = |n: usize| E164::parse(&format!("+336{n:08}")).expect("a number");
        let mut last = LastAgents::default();
        for n in 0..LAST_AGENTS_MAX {
            last.note(number(n), ann);
        }
        last.note(number(0), ann);
        last.note(number(LAST_AGENTS_MAX), ann);
        assert_eq!((last.of.len(), last.order.len()), (LAST_AGENTS_MAX, LAST_AGENTS_MAX));
        assert_eq!((last.of(number(0)), last.of(number(1))), (Some(ann), None));
    }
}
