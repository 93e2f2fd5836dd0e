//! New settings while everything goes on.
//!
//! Nobody loses a place, and nothing that was promised changes: how long a request waits was
//! written with it. What new settings say counts from the next decision on: the next offer, the
//! next attempt, the next caller.
//!
//! - A request whose line or queue is gone is kept and not dialled, as at a restart; it is called
//!   back again once settings know them again, in its place.
//! - Callers of a line or in a queue that is gone are served to the end, by the agents who served
//!   that queue and are still there: what they need is kept, until the next new settings.
//! - A request that a cap of the day, or the hours of its customer, kept waiting is looked at
//!   again.
//! - An agent who is gone ends what is under way, and gets no more.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Origin;
use model::{AgentName, LineName, QueueName, RequestId};

use crate::agents::AGENT_NAMES_MAX;
use crate::names::{Line, NAMES_MAX};
use crate::places::{Entry, Queue};
use crate::queues::{Queues, rooms_of};
use crate::reason::Reason;
use crate::requests::{Request, Stage};
use crate::{AgentSettings, Rejected, Settings};

/// What settings know no more and somebody still needs.
#[derive(Debug, Default)]
pub(crate) struct Retired {
    pub(crate) lines: BTreeSet<LineName>,
    pub(crate) queues: BTreeSet<QueueName>,
}

/// What new settings would do to those who are in the queue now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Foresight {
    /// Requests that would not be dialled any more, by line and queue.
    pub stranded: BTreeMap<(LineName, QueueName), usize>,
    /// Requests that are not dialled now and would be.
    pub served_again: BTreeMap<(LineName, QueueName), usize>,
    /// Requests whose number would not be called any more: they end when their turn comes.
    pub screened: usize,
    /// Callers on lines, or in queues, that would be gone: they are served to the end.
    pub callers: usize,
    /// Agents who would be gone and are in a conversation, or rung.
    pub busy_agents: Vec<model::AgentName>,
}

/// Which requests must be put in order anew.
struct Touched {
    lines: BTreeSet<Line>,
    queues: BTreeSet<Queue>,
    /// Those that are somebody's, or about an agent's own message.
    of_agents: bool,
}

impl Touched {
    fn has(&self, request: &Request) -> bool {
        let of_agent = request.more.as_ref().is_some_and(|more| {
            more.terms.owner.is_some() || more.terms.origin == Origin::Voicemail
        });
        self.lines.contains(&request.line)
            || self.queues.contains(&request.queue)
            || self.of_agents && of_agent
    }
}

impl Queues {
    /// Whether settings can be taken while the queue runs.
    pub(crate) fn check_reload(&self, settings: &Settings) -> Result<(), Rejected> {
        let most = self.names.most_with(settings);
        if most > NAMES_MAX || self.agents.names_with(settings) > AGENT_NAMES_MAX {
            return Err(Rejected::TooManyNames);
        }
        Ok(())
    }

    /// What would follow from these settings now. Changes nothing.
    pub fn foresee(&self, settings: &Settings) -> Foresight {
        let mut seen = Foresight::default();
        for request in self.requests.values() {
            let line = self.names.line_name(request.line);
            let queue = self.names.queue_name(request.queue);
            let would = settings.lines.get(line).is_some_and(|line| line.calls_back)
                && settings.queues.contains_key(queue);
            let into = match (self.is_served(line, queue), would) {
                (true, false) => &mut seen.stranded,
                (false, true) => &mut seen.served_again,
                (true, true) => {
                    let unfit = |by: &Settings| by.judge(line, &request.number).is_err();
                    seen.screened += usize::from(unfit(settings) && !unfit(&self.settings));
                    continue;
                }
                (false, false) => continue,
            };
            *into.entry((line.clone(), queue.clone())).or_default() += 1;
        }
        let gone = |line: Line, queue: Queue| {
            !settings.lines.contains_key(self.names.line_name(line))
                || !settings.queues.contains_key(self.names.queue_name(queue))
        };
        seen.callers = self.calls.values().filter(|it| gone(it.line, it.queue)).count();
        let busy = self.agents.iter().filter(|(_, agent)| !agent.is_at_rest());
        let busy = busy.filter(|(_, agent)| !settings.agents.contains_key(&agent.name));
        seen.busy_agents = busy.map(|(_, agent)| agent.name.clone()).collect();
        seen
    }

    pub(crate) fn reload(&mut self, mut settings: Settings, coming: &[LineName]) {
        if self.check_reload(&settings).is_err() {
            return;
        }
        let retired = self.keep_what_is_needed(&mut settings, coming);
        let touched = self.touched(&settings, &retired);
        let switched = self.settings.off != settings.off;
        let touched = self.requests.iter().filter(|(_, request)| switched || touched.has(request));
        let touched: Vec<RequestId> = touched.map(|(id, _)| *id).collect();
        for id in &touched {
            self.hold_by_message(*id, false);
            self.set_owned(*id, false);
            self.index(*id, false);
        }
        self.names.learn(&settings);
        self.places.grow(self.names.queue_count());
        self.agents.reload(&settings, |queue| self.names.queue(queue));
        self.rings.reload(&settings, &self.names);
        self.rooms = rooms_of(&settings, &self.names);
        (self.settings, self.retired) = (settings, retired);
        self.let_go_what_is_not_kept();
        for id in &touched {
            self.follow(*id);
            self.index(*id, true);
            self.set_owned(*id, true);
            self.hold_by_message(*id, true);
        }
        let callers: Vec<_> = self.calls.values().map(|it| (it.queue, it.rank, it.line)).collect();
        for (queue, rank, line) in callers {
            self.wanted.set((queue, rank), self.preferred(line));
        }
        self.withdraw_ringing_callbacks(Reason::LineRemoved, |queues, id| {
            queues.waiting_stage(id) == Stage::Stranded
        });
        self.look_at_declined();
        self.release_held();
    }

    /// Keeps the lines and the queues of those who are on the line or come to be, whose request is
    /// being written, or who are being called back.
    fn keep_what_is_needed(&self, settings: &mut Settings, coming: &[LineName]) -> Retired {
        let mut needed: BTreeSet<(Line, Queue)> = BTreeSet::new();
        needed.extend(self.calls.values().map(|caller| (caller.line, caller.queue)));
        needed.extend(self.promises.values().map(|promise| promise.waits_in()));
        let requests = self.offers.values().filter_map(|offer| match offer.entry {
            Entry::Request(id) => self.requests.get(&id),
            Entry::Call(_) => None,
        });
        needed.extend(requests.map(|request| (request.line, request.queue)));
        needed.extend(coming.iter().filter_map(|name| {
            let queue = &self.settings.lines.get(name)?.queue;
            Some((self.names.find_line(name)?, self.names.find_queue(queue)?))
        }));
        let mut retired = Retired::default();
        for (line, queue) in needed {
            let mut queues = vec![self.names.queue_name(queue).clone()];
            let name = self.names.line_name(line);
            if !settings.lines.contains_key(name)
                && let Some(old) = self.settings.lines.get(name)
            {
                let kept = crate::LineSettings { calls_back: false, ..old.clone() };
                queues.extend([kept.queue.clone(), kept.requests_queue().clone()]);
                settings.lines.insert(name.clone(), kept);
                retired.lines.insert(name.clone());
            }
            for queue in queues {
                self.keep_queue(queue, settings, &mut retired);
            }
        }
        retired
    }

    fn keep_queue(&self, name: QueueName, settings: &mut Settings, retired: &mut Retired) {
        if settings.queues.contains_key(&name) {
            return;
        }
        let Some(old) = self.settings.queues.get(&name) else { return };
        settings.queues.insert(name.clone(), old.clone());
        for (agent, kept) in &mut settings.agents {
            let served = self.settings.agents.get(agent);
            if served.is_some_and(|agent| agent.queues.contains(&name)) {
                kept.queues.push(name.clone());
            }
        }
        retired.queues.insert(name);
    }

    fn touched(&self, settings: &Settings, retired: &Retired) -> Touched {
        let old = &self.settings;
        let lines: BTreeSet<&LineName> = old.lines.keys().chain(settings.lines.keys()).collect();
        let line_changes = |name: &&LineName| {
            let sees = |by: &Settings| {
                by.lines.get(*name).map(|it| (it.calls_back, it.trunk.clone(), it.routing.clone()))
            };
            sees(old) != sees(settings)
        };
        let lines = lines.into_iter().filter(line_changes);
        let queues: BTreeSet<&QueueName> =
            old.queues.keys().chain(settings.queues.keys()).collect();
        let queue_changes = |name: &&QueueName| {
            let sees = |by: &Settings, gone: &Retired| {
                let known = by.queues.get(*name).filter(|_| !gone.queues.contains(*name));
                known.map(|queue| (queue.last_agent, queue.message_blocks_agent))
            };
            sees(old, &self.retired) != sees(settings, retired)
        };
        let queues = queues.into_iter().filter(queue_changes);
        let theirs = |by: &Settings| -> Vec<_> {
            let of = |(name, it): (&AgentName, &AgentSettings)| {
                (name.clone(), it.calls_from.clone(), it.queues.clone(), it.takes_calls)
            };
            by.agents.iter().map(of).collect()
        };
        Touched {
            // What nobody has numbered yet, no request is of.
            lines: lines.filter_map(|name| self.names.find_line(name)).collect(),
            queues: queues.filter_map(|name| self.names.find_queue(name)).collect(),
            of_agents: theirs(old) != theirs(settings),
        }
    }

    /// Takes over what new settings mean for a request that is in no index meanwhile.
    fn follow(&mut self, id: RequestId) {
        let stage = self.waiting_stage(id);
        let Some(request) = self.requests.get_mut(&id) else { return };
        if let Some(more) = &mut request.more {
            let owner = more.terms.owner.as_ref();
            more.owner = owner.and_then(|owner| self.agents.find(owner));
        }
        let reason = match (request.stage, stage) {
            (Stage::Waiting, Stage::Stranded) => Reason::LineRemoved,
            (Stage::Stranded, Stage::Waiting) => Reason::LineBack,
            _ => return,
        };
        (request.stage, request.reason) = (stage, reason);
    }
}
