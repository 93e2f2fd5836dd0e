//! Settings that become others in the middle of a day.

use std::time::Duration;

use model::LineName;
use queue::{CallingHours, Caps, Duplicates, Party};

/// How the settings of the day differ from some moment on, until the next change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Every `n`-th line has no number to call back from.
    Silent(usize),
    /// An agent is gone: the `n`-th, counted around.
    Gone(usize),
    /// All lines lead to the queue of the first.
    OneQueue,
    /// The caps of the day.
    Caps(Caps),
    /// The hours in which customers are called.
    Hours(Option<CallingHours>),
    /// What becomes of who has a place already.
    Duplicates(Duplicates),
    /// How many agents ring at once.
    Rings(u16, u16),
    /// Who is called first.
    First(Party),
    /// The times of the policy: the next attempt, the pause after a decline, the wrap-up.
    Times([Duration; 3]),
    /// Works of the lines stand by these priorities.
    Priorities(Vec<u8>),
    /// No line asks for a skill.
    NoSkills,
}

impl Change {
    /// Makes the change.
    pub fn apply(&self, settings: &mut engine::Settings) {
        let queue = &mut settings.queue;
        match self {
            Change::Silent(n) => {
                let silent = |(at, _): &(usize, &LineName)| at.is_multiple_of((*n).max(1));
                let names: Vec<LineName> = queue
                    .lines
                    .keys()
                    .enumerate()
                    .filter(silent)
                    .map(|(_, it)| it.clone())
                    .collect();
                for line in settings.lines.iter_mut().filter(|line| names.contains(&line.name)) {
                    line.outbound_number = None;
                }
                for name in names {
                    queue.lines.entry(name).and_modify(|line| line.calls_back = false);
                }
            }
            Change::Gone(n) => {
                if let Some(n) = n.checked_rem(settings.agents.len()) {
                    let gone = settings.agents.remove(n);
                    queue.agents.remove(&gone.name);
                }
            }
            Change::OneQueue => super::lived::lead_into_one_queue(settings),
            Change::Caps(caps) => queue.caps = caps.clone(),
            Change::NoSkills => {
                queue.lines.values_mut().for_each(|line| line.routing.needs.clear());
            }
            Change::Priorities(priorities) => {
                for (line, priority) in queue.lines.values_mut().zip(priorities) {
                    line.routing.priority = *priority;
                }
            }
            Change::Times([_, _, wrap_up]) => {
                queue.agents.values_mut().for_each(|agent| agent.wrap_up = *wrap_up);
                self.apply_to_queues(queue);
            }
            Change::Hours(_) | Change::Duplicates(_) | Change::Rings(..) | Change::First(_) => {
                self.apply_to_queues(queue);
            }
        }
    }

    fn apply_to_queues(&self, settings: &mut queue::Settings) {
        for queue in settings.queues.values_mut() {
            match self {
                Change::Hours(hours) => queue.calling_hours = *hours,
                Change::Duplicates(duplicates) => queue.duplicates = *duplicates,
                Change::Rings(callbacks, callers) => {
                    (queue.callbacks_ring, queue.callers_ring) = (*callbacks, *callers);
                }
                Change::First(first) => queue.dials.first = *first,
                Change::Times([retry, pause, _]) => {
                    (queue.retry_delay, queue.decline_pause) = (*retry, *pause);
                }
                Change::Silent(_)
                | Change::Gone(_)
                | Change::OneQueue
                | Change::Caps(_)
                | Change::Priorities(_)
                | Change::NoSkills => {}
            }
        }
    }
}
