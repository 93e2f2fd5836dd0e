//! Rings: which agents ring for which work at this moment.
//!
//! A queue may ring several agents at once for one work (offer to all). The plan begins a ring with
//! the agent whose turn it is; free agents for whom nothing else is ready join it, up to the
//! queue's number. The first who accepts has the work, and the others are withdrawn: one work has
//! at most one accepted offer. Who declined or missed it does not join the same ring again, so that
//! a ring ends.

use std::collections::{BTreeMap, BTreeSet};

use model::OfferId;

use crate::agents::AgentNo;
use crate::names::Names;
use crate::places::{Entry, Queue, Rank};
use crate::skills::Needs;
use crate::{Party, Settings};

/// How many agents a queue rings at once.
#[derive(Debug, Clone, Copy)]
struct Most {
    callers: u16,
    callbacks: u16,
}

/// One work being rung for.
#[derive(Debug)]
struct Ring {
    most: u16,
    /// What the work asks of agents.
    needs: Needs,
    offers: BTreeMap<OfferId, AgentNo>,
    /// Who rang for it and did not take it.
    left: BTreeSet<AgentNo>,
}

impl Ring {
    fn seats(&self) -> usize {
        usize::from(self.most).saturating_sub(self.offers.len())
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Rings {
    /// By the number of the queue; one that is in no settings rings one agent.
    most: Vec<Most>,
    rings: BTreeMap<(Queue, Rank), Ring>,
    /// Those that more agents may join.
    open: BTreeSet<(Queue, Rank)>,
}

impl Rings {
    pub(crate) fn new(settings: &Settings, names: &Names) -> Rings {
        let most = most(settings, names);
        Rings { most, rings: BTreeMap::new(), open: BTreeSet::new() }
    }

    /// New settings: a ring that has begun keeps its seats.
    pub(crate) fn reload(&mut self, settings: &Settings, names: &Names) {
        self.most = most(settings, names);
    }

    /// How many agents are rung at once for a work.
    pub(crate) fn most(&self, queue: Queue, entry: Entry) -> u16 {
        let most = self.most.get(queue.0 as usize);
        let most = most.map_or(1, |most| match entry {
            Entry::Call(_) => most.callers,
            Entry::Request(_) => most.callbacks,
        });
        most.max(1)
    }

    /// The agent of this offer rings from now on, one of at most so many.
    pub(crate) fn join(
        &mut self,
        place: (Queue, Rank),
        (most, needs): (u16, Needs),
        id: OfferId,
        agent: AgentNo,
    ) {
        let ring = self.rings.entry(place).or_insert_with(|| Ring {
            most,
            needs,
            offers: BTreeMap::new(),
            left: BTreeSet::new(),
        });
        ring.offers.insert(id, agent);
        self.mark(place);
    }

    /// The agent of this offer rings no more. True while others do.
    pub(crate) fn leave(&mut self, place: (Queue, Rank), id: OfferId) -> bool {
        let Some(ring) = self.rings.get_mut(&place) else { return false };
        ring.left.extend(ring.offers.remove(&id));
        let rings = !ring.offers.is_empty();
        if !rings {
            self.rings.remove(&place);
        }
        self.mark(place);
        rings
    }

    /// The ring is over: the offers that rang.
    pub(crate) fn end(&mut self, place: (Queue, Rank)) -> Vec<OfferId> {
        let ring = self.rings.remove(&place);
        self.mark(place);
        ring.map(|ring| ring.offers.into_keys().collect()).unwrap_or_default()
    }

    /// The offers that ring for a work, the first one first.
    pub(crate) fn of(&self, place: (Queue, Rank)) -> impl Iterator<Item = OfferId> {
        self.rings.get(&place).into_iter().flat_map(|ring| ring.offers.keys().copied())
    }

    /// Every ring that more agents may join, with how many, and what is asked of them.
    pub(crate) fn open(&self) -> impl Iterator<Item = ((Queue, Rank), usize, Needs)> {
        let open = self.open.iter().filter_map(|place| Some((*place, self.rings.get(place)?)));
        open.map(|(place, ring)| (place, ring.seats(), ring.needs))
    }

    /// True when this agent rang for the work already, in the ring of this moment.
    pub(crate) fn has_left(&self, place: (Queue, Rank), agent: AgentNo) -> bool {
        self.rings.get(&place).is_some_and(|ring| ring.left.contains(&agent))
    }

    fn mark(&mut self, place: (Queue, Rank)) {
        if self.rings.get(&place).is_some_and(|ring| ring.seats() > 0) {
            self.open.insert(place);
        } else {
            self.open.remove(&place);
        }
    }
}

fn most(settings: &Settings, names: &Names) -> Vec<Most> {
    let most = |queue: Queue| match settings.queues.get(names.queue_name(queue)) {
        // One agent is held for a customer who is dialled first, and nobody rings.
        Some(queue) if queue.dials.first == Party::Customer => {
            Most { callers: queue.callers_ring, callbacks: 1 }
        }
        Some(queue) => Most { callers: queue.callers_ring, callbacks: queue.callbacks_ring },
        None => Most { callers: 1, callbacks: 1 },
    };
    names.queues().map(most).collect()
}
