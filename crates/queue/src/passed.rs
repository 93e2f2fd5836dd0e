//! Why an offer passed over those who stood before its work: said with the offer, while the reasons
//! are at hand, so that nobody has to guess them afterwards.
//!
//! The plan decides; this room only tells. Who is being served already was not passed over. It
//! looks at no more than [`LOOK_MAX`] entries of each queue of the agent, so that an offer costs
//! the same beside a million who wait for their next attempt.

use ledger::{Because, Chosen, Holder, PASSED_MAX, Passed, PassedBy};

use crate::agents::AgentNo;
use crate::calls::CallerStage;
use crate::places::{Entry, Queue, Rank};
use crate::queues::Queues;
use crate::requests::{Request, Stage};
use crate::skills::{Needs, level};

/// Entries that are looked at in each queue.
const LOOK_MAX: usize = 64;

impl Queues {
    /// Why this agent is about to be offered this work.
    pub(crate) fn because(&self, agent: AgentNo, queue: Queue, rank: Rank) -> Because {
        let mut because = Because { rule: self.rule(agent, queue, rank), ..Because::default() };
        let mut passed: Vec<(Rank, Passed)> = Vec::new();
        let mut queues = self.agents.get(agent).queues.clone();
        queues.sort_unstable();
        queues.dedup();
        for queue in queues {
            let mut looked = 0;
            for (before, entry) in self.places.entries_before(queue, rank).take(LOOK_MAX) {
                looked += 1;
                if let Some(why) = self.passed_by(agent, queue, before, entry) {
                    let who = match entry {
                        Entry::Call(call) => Holder::Call(call),
                        Entry::Request(request) => Holder::Request(request),
                    };
                    passed.push((before, Passed { who, why }));
                }
            }
            if looked == LOOK_MAX {
                let looked = u32::try_from(LOOK_MAX).expect("a small number");
                because.beyond += self.places.before(queue, rank) - looked;
            }
        }
        passed.sort_by_key(|(rank, _)| *rank);
        let more = passed.len().saturating_sub(PASSED_MAX);
        because.beyond += u32::try_from(more).unwrap_or(u32::MAX);
        because.passed = passed.into_iter().take(PASSED_MAX).map(|(_, passed)| passed).collect();
        because
    }

    fn rule(&self, agent: AgentNo, queue: Queue, rank: Rank) -> Chosen {
        let owner = match self.places.entry(queue, rank) {
            Some(Entry::Request(id)) => self.requests.get(&id).and_then(owner_of),
            Some(Entry::Call(_)) | None => None,
        };
        if owner == Some(agent) {
            Chosen::Owner
        } else if self.wanted.is_for((queue, rank), agent) {
            Chosen::Wanted
        } else if self.rings.of((queue, rank)).next().is_some() {
            Chosen::RingsAlong
        } else {
            Chosen::Oldest
        }
    }

    /// Why this agent does not get the work at `rank`; nothing when it is being served.
    fn passed_by(
        &self,
        agent: AgentNo,
        queue: Queue,
        rank: Rank,
        entry: Entry,
    ) -> Option<PassedBy> {
        match entry {
            Entry::Call(call) => match self.calls.get(&call)?.stage {
                CallerStage::Waiting => {
                    let needs = self.calls[&call].needs;
                    self.kept_from(agent, queue, rank, needs)
                }
                CallerStage::Offered | CallerStage::Connecting(_) => None,
                CallerStage::AskingBehind(_) | CallerStage::Asking(_) => {
                    Some(PassedBy::BeingWritten)
                }
            },
            Entry::Request(id) => {
                // A place is held for a wish without a call while it is being written.
                let Some(request) = self.requests.get(&id) else {
                    return Some(PassedBy::BeingWritten);
                };
                match request.stage {
                    Stage::Waiting => self
                        .callback_kept_from(agent, request)
                        .or_else(|| self.kept_from(agent, queue, rank, request.needs())),
                    Stage::Due(at) => {
                        let at = self.now.wall + at.since(self.now.mono);
                        Some(PassedBy::DueLater { at })
                    }
                    Stage::Uncertain => Some(PassedBy::InDoubt),
                    Stage::Stranded => Some(PassedBy::LineGone),
                    Stage::Scheduled(_)
                    | Stage::Offered
                    | Stage::Recording(_)
                    | Stage::Dialling(_)
                    | Stage::TakenOver(_)
                    | Stage::Talking(_) => None,
                }
            }
        }
    }

    /// What stands between an agent and a callback that may be offered.
    fn callback_kept_from(&self, agent: AgentNo, request: &Request) -> Option<PassedBy> {
        if let Some(by) = self.not_processed(request.line, request.queue) {
            return Some(PassedBy::ProcessingOff { by });
        }
        if self.draining {
            return Some(PassedBy::Draining);
        }
        if !self.journal_up {
            return Some(PassedBy::JournalDown);
        }
        let served = |owner: &AgentNo| self.owner_serves(*owner, request.queue);
        let owner = owner_of(request).filter(served);
        if let Some(owner) = owner.filter(|owner| *owner != agent) {
            return Some(PassedBy::OwnedBy { agent: self.agents.get(owner).name.clone() });
        }
        let trunk = self.names.trunk_of(request.line)?;
        let full = self.rooms_left().get(&trunk).is_some_and(|room| *room == 0);
        full.then(|| PassedBy::NoChannel { trunk: self.names.trunk_name(trunk).clone() })
    }

    /// What stands between an agent and any work that may be offered.
    fn kept_from(
        &self,
        agent: AgentNo,
        queue: Queue,
        rank: Rank,
        needs: Needs,
    ) -> Option<PassedBy> {
        let has = &self.agents.get(agent).skills;
        if let Some(need) = self.agents.skills.lacks(has, needs) {
            let has = level(has, &need.skill);
            return Some(PassedBy::LacksSkill { need: need.clone(), has });
        }
        if let Some(until) = self.agents.get(agent).paused_until(rank) {
            return Some(PassedBy::Rests { until: self.now.wall + until.since(self.now.mono) });
        }
        let may = |keeper: AgentNo| {
            let agent = self.agents.get(keeper);
            let free = agent.is_idle() && !agent.is_resting();
            let fits = self.agents.fits(keeper, needs);
            free && fits && agent.queues.contains(&queue) && !agent.is_paused_for(rank)
        };
        let keeper = self.wanted.keeper((queue, rank), may).filter(|keeper| *keeper != agent)?;
        Some(PassedBy::KeptFor { agent: self.agents.get(keeper).name.clone() })
    }
}

fn owner_of(request: &Request) -> Option<AgentNo> {
    request.more.as_ref().and_then(|more| more.owner)
}
