//! Agents who do not take a callback: whether that uses up an attempt, and whether somebody is
//! left to ask.
//!
//! Who declined what is forgotten at a restart: an agent may then be asked once more.

use std::time::Duration;

use ledger::{Fact, OfferEnd, RequestEnd};
use model::{OfferId, RequestId};

use crate::agents::{Agent, AgentNo};
use crate::places::Entry;
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::Stage;
use crate::{AgentStatus, QueueSettings};

impl Queues {
    /// What follows for a request whose offer ended so. It is in its place again.
    pub(crate) fn refused(&mut self, offer: OfferId, end: OfferEnd) {
        let Some(offer) = self.offers.get(&offer) else { return };
        let (agent, rank) = (offer.agent, offer.rank);
        let Entry::Request(id) = offer.entry else { return };
        let Some(request) = self.requests.get(&id) else { return };
        let Some(settings) = self.settings_of(id) else { return };
        match end {
            // While others ring, nobody knows yet whether an agent answers.
            OfferEnd::NoAnswer
                if settings.agent_no_answer_counts && request.stage != Stage::Offered =>
            {
                self.spend(id);
            }
            OfferEnd::Declined if settings.ends_when_all_decline => {
                // Who has said no is not asked again.
                let until = request.expires_at;
                self.agents.pause(agent, rank, self.now.mono, until);
                self.declined.entry(id).or_default().insert(agent);
            }
            OfferEnd::NoAnswer
            | OfferEnd::Declined
            | OfferEnd::Accepted
            | OfferEnd::Failed
            | OfferEnd::Withdrawn => {}
        }
        self.end_if_all_declined(id);
    }

    pub(crate) fn settings_of(&self, id: RequestId) -> Option<&QueueSettings> {
        let queue = self.requests.get(&id)?.queue;
        self.settings.queues.get(self.names.queue_name(queue))
    }

    /// An attempt is used up without a dial.
    fn spend(&mut self, id: RequestId) {
        let Some(settings) = self.settings_of(id) else { return };
        let (total, delay): (u16, Duration) = (settings.attempts_total, settings.after_agent());
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.spent = request.spent.saturating_add(1);
        let (spent, expires_at) = (request.spent, request.expires_at);
        let due = self.now.mono + delay;
        if spent < total && due < expires_at {
            let retry_at = Some(self.now.wall + delay);
            self.record(Fact::AttemptMissed { request: id, retry_at });
            return self.set_stage(id, Stage::Due(due), Reason::AgentNoAnswerCounted);
        }
        self.record(Fact::AttemptMissed { request: id, retry_at: None });
        let why = format!("the agent did not answer at attempt {spent} of {total}");
        self.close(id, RequestEnd::NoAnswer, &why);
    }

    /// Agents have come or gone: somebody may have nobody left to be asked.
    pub(crate) fn look_at_declined(&mut self) {
        let ids: Vec<RequestId> = self.declined.keys().copied().collect();
        for id in ids {
            self.end_if_all_declined(id);
        }
    }

    fn end_if_all_declined(&mut self, id: RequestId) {
        let Some(declined) = self.declined.get(&id) else { return };
        let Some(request) = self.requests.get(&id) else { return };
        if !matches!(request.stage, Stage::Waiting | Stage::Due(_)) {
            return;
        }
        let serves = |(number, agent): &(AgentNo, &Agent)| {
            let fits = self.agents.fits(*number, request.needs());
            fits && agent.queues.contains(&request.queue)
        };
        let all = self.agents.iter().filter(serves).all(|(number, agent)| {
            let there = match agent.status {
                AgentStatus::Online | AgentStatus::Away => true,
                AgentStatus::TransferOnly | AgentStatus::Offline => false,
            };
            !there || declined.contains(&number)
        });
        if all {
            let why = "every agent of the queue declined it, or is not there to be asked";
            self.close(id, RequestEnd::AllAgentsDeclined, why);
        }
    }
}
