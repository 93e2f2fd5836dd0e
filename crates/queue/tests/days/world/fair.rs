//! Who may be offered what: alone, or ringing along with others; and who comes too late.

use std::collections::BTreeSet;

use ledger::OfferEnd;
use model::{AgentName, OfferId, RequestId};
use queue::Command;

use super::settings::{CID, french};
use super::{Leg, Phase, World, serves};
use crate::watch::{Place, Who};

impl World {
    /// The acceptances of the others cross our withdrawal, and change nothing.
    pub(super) fn others_are_too_late(&mut self, who: Who, rang: &[OfferId]) {
        let accepted = |leg: &Leg| leg.who == who && leg.phase != Phase::Leaving;
        let has_it = self.legs.values().filter(|leg| accepted(leg)).count();
        // Nobody has one whose customer may not be called at the moment of the acceptance.
        let held =
            matches!(who, Who::Request(request) if self.watch.is_due_later(request, self.now));
        assert_eq!(has_it, usize::from(!held), "{who:?} is accepted by so many");
        for offer in rang.iter().copied() {
            if self.legs[&offer].who == who && self.legs[&offer].phase == Phase::Leaving {
                let before = self.lines.len();
                self.tell(Command::OfferEnded { offer, end: OfferEnd::Accepted });
                assert_eq!(self.lines.len(), before, "a late acceptance was recorded");
            }
        }
    }

    pub(super) fn forget_rings_that_ended(&mut self) {
        let rung: BTreeSet<Who> = self
            .legs
            .values()
            .filter(|leg| leg.phase == Phase::Ringing)
            .map(|leg| leg.who)
            .collect();
        self.left.retain(|who, _| rung.contains(who));
        self.alone.retain(|who| rung.contains(who));
    }

    /// Works of one's own go before those for which others ring.
    pub(super) fn nobody_is_overtaken(&self, agent: &AgentName, who: Who) {
        let joins = self.ring(who) > 0;
        for place in self.watch.places.iter().filter(|place| serves(agent, &place.queue)) {
            let may = self.is_offerable(agent, place.id) && !self.is_kept(agent, place);
            let older = place.order() < self.place_of(who).order();
            if place.who == who {
                let may = may || self.is_joinable(agent, place);
                assert!(may, "{who:?} may not be offered to {agent}");
            } else if may {
                assert!(!joins && !older, "{who:?} overtakes {:?}", place.who);
            } else if joins && older && self.is_joinable(agent, place) {
                panic!("{who:?} is rung for before {:?}", place.who);
            }
        }
    }

    fn place_of(&self, who: Who) -> &Place {
        let found = self.watch.places.iter().find(|place| place.who == who);
        found.expect("an offered work has a place")
    }

    /// The work is for this agent before others.
    pub(super) fn is_for(&self, agent: &AgentName, who: Who) -> bool {
        let mut places = self.watch.places.iter();
        let at_desk = places.any(|place| place.who == who && place.queue.as_str() == "desk");
        self.habits.prefers && at_desk && agent.as_str() == CID
    }

    /// Cid is free and may have it, and this is somebody else.
    fn is_kept(&self, agent: &AgentName, place: &Place) -> bool {
        let cid = AgentName::from(CID);
        let may = || self.is_idle(&cid) && self.is_offerable(&cid, place.id);
        self.is_for(&cid, place.who) && *agent != cid && may()
    }

    /// How many ring for it.
    pub(super) fn ring(&self, who: Who) -> usize {
        let rings = |leg: &&Leg| leg.who == who && leg.phase == Phase::Ringing;
        self.legs.values().filter(rings).count()
    }

    pub(super) fn is_joinable(&self, agent: &AgentName, place: &Place) -> bool {
        let has_left = self.left.get(&place.who).is_some_and(|left| left.contains(agent));
        (1..usize::from(self.habits.rings)).contains(&self.ring(place.who))
            && !self.alone.contains(&place.who)
            && !has_left
            && french(agent) >= place.asks.1
            && (self.journal_up || matches!(place.who, Who::Call(_)))
            && !self.watch.is_paused(agent, place.id, self.now.mono)
    }

    /// Its line has no number to call back from.
    fn is_silent(&self, request: RequestId) -> bool {
        let line = self.watch.lines.get(&request);
        self.habits.silent && line.is_some_and(|line| line.as_str() == "store")
    }

    pub(super) fn is_idle(&self, agent: &AgentName) -> bool {
        self.online[agent]
            && !self.chats.contains(agent)
            && !self.legs.values().any(|leg| leg.agent == *agent)
            && self.wrap_up.get(agent).is_none_or(|until| *until <= self.now.mono)
    }

    pub(super) fn is_offerable(&self, agent: &AgentName, place: u64) -> bool {
        let found = self.watch.places.iter().find(|other| other.id == place);
        let Place { who, asks, queue, .. } = found.expect("a place that is held");
        let busy = self.legs.values().any(|leg| leg.who == *who && leg.phase != Phase::Leaving);
        let hindered = match who {
            Who::Call(call) => self.watch.asking.contains(call),
            Who::Kept(_) => true,
            Who::Request(request) => {
                !self.journal_up
                    || self.watch.writing.contains(request)
                    || self.is_silent(*request)
                    || self.watch.uncertain.contains(request)
                    || self.watch.is_off(ledger::Switch::Processing, queue)
                    || self.watch.is_due_later(*request, self.now)
            }
        };
        let fits = french(agent) >= asks.1;
        fits && !busy && !hindered && !self.watch.is_paused(agent, place, self.now.mono)
    }
}
