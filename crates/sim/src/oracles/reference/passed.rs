//! Whom an offer passed over: every one of them is named with it, and for a reason that is so.
//!
//! What the engine says with an offer is checked against what this queue knows by itself, so that
//! an operator who asks why somebody was overtaken is never told something untrue.

use ledger::{Because, Holder, Passed, PassedBy};
use model::{AgentName, Now};

use super::{Agent, Entry, Reference, State, Who, level, order};

impl Who {
    fn of(holder: Holder) -> Who {
        match holder {
            Holder::Call(call) => Who::Call(call),
            Holder::Request(request) => Who::Request(request),
        }
    }
}

impl Reference {
    /// This agent is about to be offered `who`, because of that.
    pub(super) fn passed_over(&mut self, now: Now, name: &AgentName, who: Who, because: &Because) {
        let Some(agent) = self.agents.iter().find(|agent| agent.name == *name) else { return };
        let Some(place) = self.entries.iter().find(|e| e.who == who).map(order) else {
            return;
        };
        let before = |e: &&Entry| order(e) < place && agent.queues.contains(&e.queue);
        let mut wrong = Vec::new();
        for passed in &because.passed {
            let entry = self.entries.iter().filter(before).find(|e| e.who == Who::of(passed.who));
            if !entry.is_some_and(|entry| self.is_so(now, agent, entry, &passed.why)) {
                wrong.push((passed.who, format!("{:?}, which is not so", passed.why)));
            }
        }
        let named = |e: &Entry| because.passed.iter().any(|it: &Passed| Who::of(it.who) == e.who);
        for entry in self.entries.iter().filter(before) {
            if because.beyond == 0 && is_passed(entry) && !named(entry) {
                let holder = match entry.who {
                    Who::Call(call) => Holder::Call(call),
                    Who::Request(request) => Holder::Request(request),
                };
                wrong.push((holder, "no reason at all".to_owned()));
            }
        }
        for (holder, why) in wrong {
            let what = format!("{name} is offered {who:?} and {holder} is passed over for {why}");
            self.complain(what, Some(Who::of(holder)));
        }
    }

    /// Whether this is the reason, by what can be seen from outside.
    fn is_so(&self, now: Now, agent: &Agent, entry: &Entry, why: &PassedBy) -> bool {
        let waits = match entry.state {
            State::Waiting => true,
            State::Due(at) => at <= now.mono,
            _ => false,
        };
        let callback = matches!(entry.who, Who::Request(_));
        match why {
            PassedBy::DueLater { at } => match entry.state {
                State::Due(due) => due > now.mono && *at == now.wall + due.since(now.mono),
                _ => false,
            },
            PassedBy::InDoubt => entry.state == State::Uncertain,
            // A caller who asks for the number of another's wish waits for that one, which is not
            // seen from outside.
            PassedBy::BeingWritten => entry.state == State::Asking || (waits && !callback),
            PassedBy::Rests { until } => {
                let rests = agent.rests.iter().filter(|(place, _)| *place == entry.place);
                waits && rests.into_iter().any(|(_, at)| *until == now.wall + at.since(now.mono))
            }
            PassedBy::LacksSkill { need, has } => {
                let lacks = level(agent, need) == *has && *has < need.level;
                waits && lacks && entry.needs.contains(need)
            }
            PassedBy::NoChannel { .. } => waits && callback && self.channels_limited,
            PassedBy::JournalDown => waits && callback && !self.journal_up,
            PassedBy::LineGone => waits && self.is_stranded(entry),
            PassedBy::ProcessingOff { .. } => waits && !self.is_processed(entry),
            PassedBy::KeptFor { .. } | PassedBy::OwnedBy { .. } | PassedBy::Draining => false,
        }
    }
}

/// Stands in the order, and nobody serves it.
fn is_passed(entry: &Entry) -> bool {
    match entry.state {
        State::Waiting | State::Due(_) | State::DueWall(_) | State::Asking | State::Uncertain => {
            true
        }
        State::Scheduled(_)
        | State::ScheduledWall(_)
        | State::Offered
        | State::Taken
        | State::TakenOver(_)
        | State::Closing => false,
    }
}
