//! Requests that are to be dealt with at a time of their own.
//!
//! Until then such a request stands outside the queue: it has no place, and nobody is before or
//! behind it. When its time comes it takes the place of whoever arrives at that moment: behind all
//! who wait, before all who come later. So an appointment overtakes nobody, and nobody's place ever
//! goes backwards. The time in which it must be dealt with is counted from then.

use std::time::Duration;

use ledger::Fact;
use model::{AgentName, Mono, RequestId, Wall};

use crate::agents::AgentNo;
use crate::places::{Entry, Queue};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::Stage;
use crate::{AgentStatus, Rejected};

/// How far ahead a callback may be asked for.
pub const AHEAD_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);

impl Queues {
    /// Whether a callback may be asked for at that time.
    pub(crate) fn check_time(&self, due: Wall) -> Result<(), Rejected> {
        if due < self.now.wall {
            Err(Rejected::InThePast)
        } else if due > self.now.wall + AHEAD_MAX {
            Err(Rejected::TooFarAhead)
        } else {
            Ok(())
        }
    }

    /// A moment of the wall clock on the clock of deadlines; now, when it is past.
    pub(crate) fn mono_of(&self, moment: Wall) -> Mono {
        self.now.mono + moment.since(self.now.wall)
    }

    /// The time of a request has come.
    pub(crate) fn come_due(&mut self, id: RequestId) {
        let arrived = self.stamp();
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.arrived = arrived;
        let priority = request.priority();
        request.rank = self.places.join(request.queue, Entry::Request(id), priority);
        self.record(Fact::CameDue { request: id, arrived });
        let stage = self.waiting_stage(id);
        self.set_stage(id, stage, Reason::CameDue);
    }

    /// Whether a request may be moved to another time now: nobody is asked about it, nobody dials.
    pub(crate) fn check_move(&self, id: RequestId, due: Wall) -> Result<(), Rejected> {
        let request = self.requests.get(&id).ok_or(Rejected::UnknownRequest(id))?;
        let rests = match request.stage {
            Stage::Waiting | Stage::Due(_) | Stage::Scheduled(_) => !request.asked_again,
            Stage::Offered
            | Stage::Recording(_)
            | Stage::Dialling(_)
            | Stage::Talking(_)
            | Stage::Uncertain
            | Stage::TakenOver(_)
            | Stage::Stranded => false,
        };
        if rests { self.check_time(due) } else { Err(self.wrong_state(id)) }
    }

    /// Moves a request to another time. It gives up its place.
    pub(crate) fn move_to(&mut self, id: RequestId, due: Wall) {
        if self.check_move(id, due).is_err() {
            return;
        }
        let at = self.mono_of(due);
        let Some(ttl) = self.settings_of(id).map(|settings| settings.request_ttl) else { return };
        let expires = due + ttl;
        if let Some(request) = self.requests.get(&id) {
            let due = request.more.as_ref().and_then(|more| more.terms.due);
            self.free_time(request.queue, due, id);
        }
        self.set_expiry(id, expires, at + ttl);
        self.record(Fact::Moved { request: id, due, expires });
        self.set_stage(id, Stage::Scheduled(at), Reason::Moved);
    }

    /// Whether the next attempt of a request may be made at once.
    pub(crate) fn check_hasten(&self, id: RequestId) -> Result<(), Rejected> {
        let request = self.requests.get(&id).ok_or(Rejected::UnknownRequest(id))?;
        match request.stage {
            Stage::Due(_) | Stage::Scheduled(_) if !request.asked_again => Ok(()),
            Stage::Due(_)
            | Stage::Scheduled(_)
            | Stage::Waiting
            | Stage::Offered
            | Stage::Recording(_)
            | Stage::Dialling(_)
            | Stage::Talking(_)
            | Stage::Uncertain
            | Stage::TakenOver(_)
            | Stage::Stranded => Err(self.wrong_state(id)),
        }
    }

    /// The next attempt of a request need not wait: in its place, or in a new one when it had none.
    pub(crate) fn hasten(&mut self, id: RequestId) {
        if self.check_hasten(id).is_err() {
            return;
        }
        if let Some(Stage::Scheduled(_)) = self.requests.get(&id).map(|request| request.stage) {
            self.move_to(id, self.now.wall);
            return self.come_due(id);
        }
        self.record(Fact::Hastened { request: id });
        self.set_stage(id, self.waiting_stage(id), Reason::Hastened);
    }

    /// Whether a callback of this queue is kept for its owner: that agent is there, and serves it.
    pub(crate) fn owner_serves(&self, owner: AgentNo, queue: Queue) -> bool {
        let agent = self.agents.get(owner);
        let there = match agent.status {
            AgentStatus::Online | AgentStatus::Away => true,
            AgentStatus::TransferOnly | AgentStatus::Offline => false,
        };
        let serves = agent.takes_calls && agent.queues.contains(&queue);
        there && serves && agent.reachable && !agent.is_retired()
    }

    /// Changes an agent. The callbacks that it owns are for everybody while it is not there.
    pub(crate) fn change_agent(
        &mut self,
        agent: &AgentName,
        change: impl FnOnce(&mut crate::agents::Agents, AgentNo),
    ) {
        let Some(number) = self.agents.find(agent) else { return };
        let owned: Vec<RequestId> =
            self.owned.get(&number).into_iter().flatten().copied().collect();
        for id in &owned {
            self.index(*id, false);
        }
        change(&mut self.agents, number);
        for id in &owned {
            self.index(*id, true);
        }
    }

    /// The request belongs to its owner from now on, or no longer.
    pub(crate) fn set_owned(&mut self, id: RequestId, add: bool) {
        let more = self.requests.get(&id).and_then(|request| request.more.as_ref());
        let Some(owner) = more.and_then(|more| more.owner) else { return };
        let owned = self.owned.entry(owner).or_default();
        if add {
            owned.insert(id);
        } else {
            owned.remove(&id);
        }
        if owned.is_empty() {
            self.owned.remove(&owner);
        }
    }
}
