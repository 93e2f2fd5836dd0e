//! Who stands where: one order per queue, of live callers and callback requests together.
//!
//! A [`Rank`] is given once, at the arrival: the priority, and behind it a counter and no clock, so
//! that a clock that steps back reorders nobody. It never changes but for a callback that does not
//! keep the priority of its call. The order knows three things: who holds a place,
//! who of them may be offered now, and how many stand before a rank. None needs a walk over the
//! queue: places are counted by blocks of [`BLOCK`] ranks.
//!
//! It is not the state of an entry: that is kept with the call or the request.

use std::collections::{BTreeMap, BTreeSet};

use ledger::LEVEL_MAX;
use model::{CallId, RequestId};

use crate::agents::AgentNo;
use crate::skills::Needs;

/// Ranks per counted block. A place costs one step per block before it and one per entry of its
/// own block: about two thousand steps in a queue of a million.
const BLOCK: u64 = 1_024;

/// The place of an arrival among all arrivals, smaller is earlier: by priority, then by arrival.
/// Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

/// The bits of a rank that count arrivals; those above are the priority, the highest first.
const ARRIVAL_BITS: u32 = 48;

impl Rank {
    /// `priority` is at most [`LEVEL_MAX`].
    fn new(priority: u8, arrival: u64) -> Rank {
        let behind = u64::from(LEVEL_MAX.saturating_sub(priority));
        Rank((behind << ARRIVAL_BITS) | arrival)
    }

    /// Which arrival it is, whatever its priority.
    pub(crate) fn arrival(self) -> u64 {
        self.0 & ((1 << ARRIVAL_BITS) - 1)
    }

    /// The place of the same arrival with another priority.
    pub(crate) fn with_priority(self, priority: u8) -> Rank {
        Rank::new(priority, self.arrival())
    }

    pub(crate) const FIRST: Rank = Rank(0);
    pub(crate) const LAST: Rank = Rank(u64::MAX);
    /// The rank of a request that has no place: no arrival is given it.
    pub(crate) const NONE: Rank = Rank(0);
}

/// A queue by its number in [`crate::names::Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Queue(pub u32);

/// One who holds a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entry {
    /// A caller on the line.
    Call(CallId),
    /// A callback request.
    Request(RequestId),
}

/// A trunk by its number in [`crate::names::Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trunk(pub u32);

/// What kind of work: the journal must be up for callbacks, and their trunk must have room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Call(Needs),
    Request(Trunk, Needs),
    /// A callback that only this agent is to make.
    Owned(Trunk, AgentNo),
}

impl Kind {
    /// The trunk of a callback.
    pub(crate) fn trunk(self) -> Option<Trunk> {
        match self {
            Kind::Call(_) => None,
            Kind::Request(trunk, _) | Kind::Owned(trunk, _) => Some(trunk),
        }
    }
}

/// All queues.
#[derive(Debug, Default)]
pub(crate) struct Places {
    lanes: Vec<Lane>,
    last: u64,
    held: usize,
    kept: usize,
    ready: BTreeMap<Kind, usize>,
}

#[derive(Debug, Default)]
struct Lane {
    held: BTreeMap<Rank, Entry>,
    /// Nobody's places: they are counted, and nobody stands there.
    kept: BTreeSet<Rank>,
    /// How many are held or kept in each block of ranks; no block is there without any.
    blocks: BTreeMap<u64, u32>,
    /// No set is kept empty.
    ready: BTreeMap<Kind, BTreeSet<Rank>>,
}

impl Places {
    pub(crate) fn new(queues: u32) -> Places {
        let lanes = (0..queues).map(|_| Lane::default()).collect();
        Places { lanes, ..Places::default() }
    }

    /// There are so many queues from now on; no less than before.
    pub(crate) fn grow(&mut self, queues: u32) {
        let new = self.lanes.len()..queues as usize;
        self.lanes.extend(new.map(|_| Lane::default()));
    }

    /// The newest arrival takes the place behind everybody of its priority.
    pub(crate) fn join(&mut self, queue: Queue, entry: Entry, priority: u8) -> Rank {
        self.last += 1;
        let rank = Rank::new(priority, self.last);
        self.hold(queue, rank, entry);
        rank
    }

    /// `entry` holds `rank` from now on; whoever held it has given it up.
    pub(crate) fn hold(&mut self, queue: Queue, rank: Rank, entry: Entry) {
        let lane = self.lane_mut(queue);
        if lane.held.insert(rank, entry).is_none() {
            *lane.blocks.entry(rank.0 / BLOCK).or_default() += 1;
            self.held += 1;
        }
    }

    /// The place at `rank` is given up.
    pub(crate) fn leave(&mut self, queue: Queue, rank: Rank) {
        let lane = self.lane_mut(queue);
        if lane.held.remove(&rank).is_none() {
            return;
        }
        lane.uncount(rank);
        self.held -= 1;
    }

    /// Whoever holds `rank` is gone, and it is kept: those behind it stand where they stood.
    pub(crate) fn keep(&mut self, queue: Queue, rank: Rank) {
        let lane = self.lane_mut(queue);
        if lane.held.remove(&rank).is_some() {
            lane.kept.insert(rank);
            self.held -= 1;
            self.kept += 1;
        }
    }

    /// The place at `rank` is kept no longer.
    pub(crate) fn let_go(&mut self, queue: Queue, rank: Rank) {
        let lane = self.lane_mut(queue);
        if lane.kept.remove(&rank) {
            lane.uncount(rank);
            self.kept -= 1;
        }
    }

    /// The entry at `rank` may be offered from now on, or may not.
    pub(crate) fn set_ready(&mut self, queue: Queue, rank: Rank, kind: Kind, ready: bool) {
        let sets = &mut self.lane_mut(queue).ready;
        let set = sets.entry(kind).or_default();
        let changed = if ready { set.insert(rank) } else { set.remove(&rank) };
        if set.is_empty() {
            sets.remove(&kind);
        }
        if !changed {
            return;
        }
        let count = self.ready.entry(kind).or_default();
        *count = if ready { *count + 1 } else { *count - 1 };
        if *count == 0 {
            self.ready.remove(&kind);
        }
    }

    /// The place at `rank`, 1 is the head; counts all who hold a place before it, and all places
    /// that are kept.
    pub(crate) fn place(&self, queue: Queue, rank: Rank) -> u32 {
        self.before(queue, rank) + 1
    }

    /// How many hold a place before `rank`, which may be nobody's here.
    pub(crate) fn before(&self, queue: Queue, rank: Rank) -> u32 {
        let lane = self.lane(queue);
        let block = rank.0 / BLOCK;
        let before: u32 = lane.blocks.range(..block).map(|(_, count)| count).sum();
        let within = Rank(block * BLOCK)..rank;
        let within = lane.held.range(within.clone()).count() + lane.kept.range(within).count();
        before + u32::try_from(within).expect("a block holds at most BLOCK entries")
    }

    /// How many stand before `rank`: places that are kept are nobody's.
    pub(crate) fn standing_before(&self, queue: Queue, rank: Rank) -> u32 {
        let kept = self.lane(queue).kept.range(..rank).count();
        self.before(queue, rank).saturating_sub(u32::try_from(kept).unwrap_or(u32::MAX))
    }

    /// Who holds a place before `rank`, from the head.
    pub(crate) fn entries_before(
        &self,
        queue: Queue,
        rank: Rank,
    ) -> impl Iterator<Item = (Rank, Entry)> {
        self.lane(queue).held.range(..rank).map(|(rank, entry)| (*rank, *entry))
    }

    /// How many hold a place in `queue`.
    pub(crate) fn held_in(&self, queue: Queue) -> u32 {
        u32::try_from(self.lane(queue).held.len()).unwrap_or(u32::MAX)
    }

    /// Who holds `rank`.
    pub(crate) fn entry(&self, queue: Queue, rank: Rank) -> Option<Entry> {
        self.lane(queue).held.get(&rank).copied()
    }

    /// Everybody who holds a place in `queue`, from the head.
    pub(crate) fn entries(&self, queue: Queue) -> impl Iterator<Item = Entry> {
        self.lane(queue).held.values().copied()
    }

    /// The same with their places.
    pub(crate) fn placed(&self, queue: Queue) -> impl Iterator<Item = (Entry, u32)> {
        let lane = self.lane(queue);
        let mut kept = lane.kept.iter().peekable();
        let mut place = 0;
        lane.held.iter().map(move |(rank, entry)| {
            while kept.next_if(|it| *it < rank).is_some() {
                place += 1;
            }
            place += 1;
            (*entry, place)
        })
    }

    /// The ranks of `queue` that may be offered, from the head.
    pub(crate) fn ready(&self, queue: Queue, kind: Kind) -> impl Iterator<Item = Rank> {
        self.lane(queue).ready.get(&kind).into_iter().flatten().copied()
    }

    /// How many of each kind may be offered, over all queues; kinds without any are left out.
    pub(crate) fn ready_totals(&self) -> impl Iterator<Item = (Kind, usize)> {
        self.ready.iter().map(|(kind, count)| (*kind, *count))
    }

    /// True when nobody holds a place, and none is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.held == 0 && self.kept == 0
    }

    fn lane(&self, queue: Queue) -> &Lane {
        &self.lanes[queue.0 as usize]
    }

    fn lane_mut(&mut self, queue: Queue) -> &mut Lane {
        &mut self.lanes[queue.0 as usize]
    }
}

impl Lane {
    /// A rank that was counted is free.
    fn uncount(&mut self, rank: Rank) {
        let block = rank.0 / BLOCK;
        let count = self.blocks.get_mut(&block).expect("a rank is counted in its block");
        *count -= 1;
        if *count == 0 {
            self.blocks.remove(&block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_those_before_it_across_blocks() {
        let queue = Queue(0);
        let mut places = Places::new(1);
        let ranks: Vec<Rank> =
            (0..5_000).map(|i| places.join(queue, Entry::Call(CallId(i)), 0)).collect();
        assert_eq!(places.place(queue, ranks[0]), 1);
        assert_eq!(places.place(queue, ranks[4_999]), 5_000);
        for rank in ranks.iter().take(3_000).step_by(2) {
            places.leave(queue, *rank);
        }
        assert_eq!(places.place(queue, ranks[1]), 1);
        assert_eq!(places.place(queue, ranks[4_999]), 3_500);
    }

    #[test]
    fn giving_a_place_up_twice_counts_once() {
        let queue = Queue(0);
        let mut places = Places::new(1);
        let rank = places.join(queue, Entry::Call(CallId(1)), 0);
        places.leave(queue, rank);
        places.leave(queue, rank);
        assert!(places.is_empty());
    }

    #[test]
    fn a_place_that_is_kept_is_counted_and_nobody_stands_there() {
        let queue = Queue(0);
        let mut places = Places::new(1);
        let first = places.join(queue, Entry::Call(CallId(1)), 0);
        let second = places.join(queue, Entry::Call(CallId(2)), 0);
        places.keep(queue, first);
        assert_eq!((places.place(queue, second), places.held_in(queue)), (2, 1));
        assert_eq!(places.standing_before(queue, second), 0);
        assert_eq!(places.entry(queue, first), None);
        let shown: Vec<_> = places.placed(queue).collect();
        assert_eq!(shown, [(Entry::Call(CallId(2)), 2)]);
        places.leave(queue, second);
        assert!(!places.is_empty());
        places.let_go(queue, first);
        places.let_go(queue, first);
        assert!(places.is_empty());
    }

    #[test]
    fn a_higher_priority_stands_before_whoever_came_first() {
        let queue = Queue(0);
        let mut places = Places::new(1);
        let first = places.join(queue, Entry::Call(CallId(1)), 0);
        let second = places.join(queue, Entry::Call(CallId(2)), LEVEL_MAX);
        let third = places.join(queue, Entry::Call(CallId(3)), 7);
        let place = |rank| places.place(queue, rank);
        assert_eq!([place(second), place(third), place(first)], [1, 2, 3]);
        assert_eq!(second.with_priority(0).arrival(), second.arrival());
        assert!(first < second.with_priority(0));
    }
}
