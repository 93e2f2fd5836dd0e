//! An offer as it is made: the right work, and the right agent.

use model::{AgentName, Now, OfferId};

use super::{Agent, Complaint, Entry, Reference, State, Who, order};

impl Reference {
    pub(super) fn offered(&mut self, now: Now, offer: OfferId, name: &AgentName, who: Who) {
        self.look_for_gone(who);
        let Some(at) = self.agents.iter().position(|a| a.name == *name) else { return };
        if let Some((old, what)) = self.agents[at].work {
            let dials = matches!(what, Who::Request(_));
            let lives = |e: &Entry| {
                let dialled = dials && e.state == State::Taken && e.offer == Some(old);
                e.who == what && (dialled || e.ringing.contains(&old))
            };
            if self.entries.iter().any(lives) {
                self.complain(format!("{name} is offered {who:?} while {old} lives"), None);
            }
            self.released(now, at);
        }
        if self.is_summoned(who) {
            self.agents[at].work = Some((offer, who));
            self.agents[at].idle = None;
            return;
        }
        let complaints = [self.wrong_work(now, at, who), self.wrong_agent(now, at, who)];
        self.complaints.extend(complaints.into_iter().flatten());
        self.agents[at].work = Some((offer, who));
        self.agents[at].idle = None;
        self.set(who, State::Offered);
        let most = self.entries.iter().find(|e| e.who == who).map(|e| self.most(e));
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            if entry.ringing.is_empty() {
                entry.most = most.unwrap_or(1);
            }
            entry.ringing.push(offer);
        }
    }

    /// The work must be the oldest that this agent may be offered.
    fn wrong_work(&self, now: Now, at: usize, who: Who) -> Option<Complaint> {
        let agent = &self.agents[at];
        let name = &agent.name;
        let Some(entry) = self.entries.iter().find(|e| e.who == who) else {
            let what = format!("{who:?} is offered and holds no place");
            return Some(Complaint { what, skipped: None });
        };
        if !self.may(now, agent, entry) {
            let what = format!("{name} may not be offered {who:?} ({:?}) now", entry.state);
            return Some(Complaint { what, skipped: None });
        }
        // Whoever rings along needs no channel, which the older one may lack.
        let begins = matches!(who, Who::Request(_)) && entry.state != State::Offered;
        let as_free = |e: &Entry| begins || e.state == State::Offered || self.has_way(e);
        let rank = |e: &Entry| (e.state == State::Offered, order(e));
        let older = |e: &&Entry| rank(e) < rank(entry) && self.must(now, agent, e) && as_free(e);
        let older = self.entries.iter().find(older)?;
        let what = format!("{name} is offered {who:?} before {:?}", older.who);
        Some(Complaint { what, skipped: Some(older.who) })
    }

    /// The agent must be the one free longest, of those to whom anything may be offered.
    fn wrong_agent(&self, now: Now, at: usize, who: Who) -> Option<Complaint> {
        let agent = &self.agents[at];
        let joins = |e: &Entry| e.state == State::Offered;
        let rung = self.entries.iter().any(|e| e.who == who && joins(e));
        // Who only rings along comes after all for whom there is a work of their own.
        let same = |e: &Entry| match (rung, joins(e)) {
            (false, true) => false,
            (true, true) => true,
            (true, false) => self.has_way(e),
            (false, false) => matches!(who, Who::Request(_)) || self.has_way(e),
        };
        let work_for =
            |other: &Agent| self.entries.iter().find(|e| self.must(now, other, e) && same(e));
        let freer = self.agents.iter().find(|other| {
            let longer = match (other.idle, agent.idle) {
                (Some(other), Some(own)) => other < own,
                (Some(_), None) => true,
                (None, _) => false,
            };
            longer && other.work.is_none() && work_for(other).is_some()
        })?;
        let what = format!("{} is offered {who:?} before {}, free longer", agent.name, freer.name);
        Some(Complaint { what, skipped: work_for(freer).map(|e| e.who) })
    }
}
