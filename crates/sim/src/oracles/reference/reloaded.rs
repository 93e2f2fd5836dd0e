//! Other settings while everybody waits on.
//!
//! Who has a place keeps it. A request whose line calls nobody back any more, or whose queue is
//! gone, is kept and not offered; callers in such a queue are served by those who served it.

use std::collections::BTreeMap;

use model::{AgentName, LineName, Mono, QueueName};
use queue::{AgentSettings, Settings};

use super::{Agent, Entry, Reference, State, Who};

/// An agent of whom nothing is known but the settings.
pub(super) fn agent((name, agent): (&AgentName, &AgentSettings)) -> Agent {
    Agent {
        name: name.clone(),
        queues: agent.queues.clone(),
        skills: agent.skills.clone(),
        wrap_up: agent.wrap_up,
        idle: None,
        work: None,
        rests: Vec::new(),
        busy_until: Mono::ZERO,
        talked: false,
        gone: false,
    }
}

impl Entry {
    /// Somebody who has just come.
    pub(super) fn new(who: Who, (line, queue): (&LineName, &QueueName), place: u64) -> Entry {
        Entry {
            who,
            line: line.clone(),
            queue: queue.clone(),
            number: None,
            place,
            needs: Vec::new(),
            priority: 0,
            state: State::Waiting,
            born: 0,
            offer: None,
            ringing: Vec::new(),
            left: Vec::new(),
            most: 1,
            summoned: false,
        }
    }
}

impl Reference {
    /// What the settings say of lines and queues.
    pub(super) fn know(&mut self, settings: &Settings) {
        let lines = settings.lines.iter().filter(|(_, line)| line.calls_back);
        self.calling_back = lines.map(|(name, _)| name.clone()).collect();
        self.known = settings.queues.keys().cloned().collect();
        self.queues = settings.queues.clone().into_iter().collect();
        self.switches.know(settings);
    }

    /// The engine takes other settings.
    pub fn reload(&mut self, settings: &Settings) {
        let stranded: Vec<Who> = self.stranded().collect();
        // What is under way in a queue that is gone is dealt with as before.
        let needed = |queue: &&(QueueName, queue::QueueSettings)| {
            let here = |e: &&Entry| e.queue == queue.0;
            !settings.queues.contains_key(&queue.0)
                && self.entries.iter().filter(here).any(is_under_way)
        };
        let retired: Vec<_> = self.queues.iter().filter(needed).cloned().collect();
        let old: BTreeMap<AgentName, Vec<QueueName>> =
            self.agents.iter().map(|it| (it.name.clone(), it.queues.clone())).collect();
        for known in &mut self.agents {
            known.gone = !settings.agents.contains_key(&known.name);
            if known.gone {
                (known.idle, known.queues) = (None, Vec::new());
            }
        }
        for (name, wanted) in &settings.agents {
            let served = old.get(name).into_iter().flatten();
            let kept = served.filter(|queue| retired.iter().any(|(name, _)| name == *queue));
            let queues = wanted.queues.iter().chain(kept).cloned().collect();
            match self.agents.iter_mut().find(|known| known.name == *name) {
                Some(known) => {
                    (known.skills, known.wrap_up) = (wanted.skills.clone(), wanted.wrap_up);
                    known.queues = queues;
                }
                None => self.agents.push(Agent { queues, ..agent((name, wanted)) }),
            }
        }
        self.know(settings);
        self.queues.extend(retired);
        let input = self.input;
        let served = |e: &&mut Entry| stranded.contains(&e.who);
        self.entries.iter_mut().filter(served).for_each(|entry| entry.born = input);
    }

    /// Nobody may be offered this request: its line, or its queue, is not known any more.
    pub(super) fn is_stranded(&self, entry: &Entry) -> bool {
        let served = self.calling_back.contains(&entry.line) && self.known.contains(&entry.queue);
        matches!(entry.who, Who::Request(_)) && !served
    }

    fn stranded(&self) -> impl Iterator<Item = Who> {
        self.entries.iter().filter(|e| self.is_stranded(e)).map(|e| e.who)
    }

    /// Whoever was taken by an agent who is gone, and never met, waits again.
    pub(super) fn look_for_gone(&mut self, who: Who) {
        let offer = self.entries.iter().find(|e| e.who == who && e.state == State::Taken);
        let offer = offer.and_then(|entry| entry.offer);
        let by_gone = |it: &Agent| it.gone && it.work.is_some_and(|(id, _)| Some(id) == offer);
        if matches!(who, Who::Call(_)) && self.agents.iter().any(by_gone) {
            self.set(who, State::Waiting);
        }
    }
}

/// Callers, and requests that somebody deals with at this moment.
fn is_under_way(entry: &Entry) -> bool {
    match entry.state {
        _ if matches!(entry.who, Who::Call(_)) => true,
        State::Offered | State::Taken | State::Asking | State::Closing => true,
        State::Waiting
        | State::Due(_)
        | State::DueWall(_)
        | State::Scheduled(_)
        | State::ScheduledWall(_)
        | State::Uncertain
        | State::TakenOver(_) => false,
    }
}
