//! The plan: who is offered what, now. A pure function over a view; carrying it out is another
//! room's work.
//!
//! Each free online agent, longest free first, gets the first of its queues that may be offered
//! and whose skills it has: by priority, then by arrival. A callback with an owner is for that
//! agent alone. A work that is for somebody before others (`wanted`) is kept for that agent while
//! that one is free too. Passed over are otherwise only: works that another agent of the same plan
//! gets, works from which the agent rests, callbacks while none may be dialled, and callbacks whose
//! trunk has no room. Agents for whom nothing is left then join those who ring, where a queue rings
//! several at once. Entries that wait for a retry, are uncertain, offered, or being promised are
//! not in the ready order at all, so that the plan never walks over them.

use std::collections::{BTreeMap, BTreeSet};

use crate::agents::{Agent, AgentNo, Agents};
use crate::places::{Entry, Kind, Places, Queue, Rank, Trunk};
use crate::rings::Rings;
use crate::skills::Needs;
use crate::wanted::Wanted;

/// What the plan looks at.
pub(crate) struct View<'a> {
    pub(crate) agents: &'a Agents,
    pub(crate) places: &'a Places,
    pub(crate) wanted: &'a Wanted,
    pub(crate) rings: &'a Rings,
    /// False while the journal cannot be written, and when the engine is to stop.
    pub(crate) callbacks: bool,
    /// How many more callbacks may be offered over each limited trunk.
    pub(crate) rooms: BTreeMap<Trunk, usize>,
}

/// One offer to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) agent: AgentNo,
    pub(crate) queue: Queue,
    pub(crate) rank: Rank,
    /// Nobody else may join: the agent owns it.
    pub(crate) alone: bool,
    /// What it asks of agents.
    pub(crate) needs: Needs,
}

/// Every offer to be made now: at most one for an agent.
pub(crate) fn plan(view: &View<'_>) -> Vec<Choice> {
    let mut choices = works(view);
    join(view, &mut choices);
    choices
}

/// At most one offer for an agent, and one for an entry. What is kept for an agent who then gets an
/// older work is for the others after all: they are looked at once more.
fn works(view: &View<'_>) -> Vec<Choice> {
    let mut open = offerable(view);
    let mut rooms = view.rooms.clone();
    let mut plan = Plan { view, taken: BTreeSet::new(), chosen: BTreeSet::new() };
    let mut choices = Vec::new();
    loop {
        let before = choices.len();
        for (number, agent) in view.agents.idle() {
            if open.is_empty() {
                return choices;
            }
            if agent.is_resting() || plan.chosen.contains(&number) {
                continue;
            }
            if let Some((rank, queue, kind)) = plan.oldest(&open, number, agent) {
                plan.taken.insert(rank);
                plan.chosen.insert(number);
                let owned = matches!(kind, Kind::Owned(..));
                let alone = owned || view.wanted.is_for((queue, rank), number);
                let needs = match kind {
                    Kind::Call(needs) | Kind::Request(_, needs) => needs,
                    Kind::Owned(..) => Needs::NONE,
                };
                choices.push(Choice { agent: number, queue, rank, alone, needs });
                if let Some(left) = open.get_mut(&kind) {
                    *left -= 1;
                }
                if let Some(room) = kind.trunk().and_then(|trunk| rooms.get_mut(&trunk)) {
                    *room = room.saturating_sub(1);
                }
                open.retain(|kind, left| *left > 0 && has_room(&rooms, *kind));
            }
        }
        if choices.len() == before || view.wanted.is_empty() {
            return choices;
        }
    }
}

/// Free agents for whom no work of their own is left join those who ring, the oldest work first.
fn join(view: &View<'_>, choices: &mut Vec<Choice>) {
    let entry = |(queue, rank): (Queue, Rank)| view.places.entry(queue, rank);
    let may = |place: &(Queue, Rank)| match entry(*place) {
        Some(Entry::Call(_)) => true,
        Some(Entry::Request(_)) => view.callbacks,
        None => false,
    };
    let open = view.rings.open().filter(|(place, ..)| may(place));
    let mut seats: BTreeMap<(Queue, Rank), (usize, Needs)> =
        open.map(|(place, seats, needs)| (place, (seats, needs))).collect();
    for choice in choices.iter().filter(|choice| !choice.alone) {
        let place = (choice.queue, choice.rank);
        let most = entry(place).map_or(1, |entry| view.rings.most(choice.queue, entry));
        if most > 1 {
            seats.insert(place, (usize::from(most) - 1, choice.needs));
        }
    }
    let chosen: BTreeSet<AgentNo> = choices.iter().map(|choice| choice.agent).collect();
    for (number, agent) in view.agents.idle() {
        if seats.is_empty() {
            return;
        }
        if agent.is_resting() || chosen.contains(&number) {
            continue;
        }
        let may_join = |(place, (_, needs)): &(&(Queue, Rank), &(usize, Needs))| {
            let asked = agent.is_paused_for(place.1) || view.rings.has_left(**place, number);
            !asked && view.agents.fits(number, *needs)
        };
        let rings = agent.queues.iter().filter_map(|queue| {
            let of_queue = seats.range((*queue, Rank::FIRST)..=(*queue, Rank::LAST));
            of_queue.into_iter().find(may_join).map(|(place, (_, needs))| (*place, *needs))
        });
        let Some((place, needs)) = rings.min_by_key(|((_, rank), _)| *rank) else { continue };
        let (queue, rank) = place;
        choices.push(Choice { agent: number, queue, rank, alone: false, needs });
        if let Some((left, _)) = seats.get_mut(&place) {
            *left -= 1;
            if *left == 0 {
                seats.remove(&place);
            }
        }
    }
}

/// How many works of each kind may be offered, at least one of each that is named.
fn offerable(view: &View<'_>) -> BTreeMap<Kind, usize> {
    let allowed = |(kind, ready): &(Kind, usize)| match kind {
        Kind::Call(_) => *ready > 0,
        Kind::Request(..) | Kind::Owned(..) => {
            view.callbacks && *ready > 0 && has_room(&view.rooms, *kind)
        }
    };
    view.places.ready_totals().filter(allowed).collect()
}

/// Whether the trunk of a callback carries one more.
fn has_room(rooms: &BTreeMap<Trunk, usize>, kind: Kind) -> bool {
    kind.trunk().and_then(|trunk| rooms.get(&trunk)).is_none_or(|room| *room > 0)
}

/// What is decided so far.
struct Plan<'a> {
    view: &'a View<'a>,
    taken: BTreeSet<Rank>,
    chosen: BTreeSet<AgentNo>,
}

impl Plan<'_> {
    /// The oldest arrival of the agent's queues that it may be offered.
    fn oldest(
        &self,
        open: &BTreeMap<Kind, usize>,
        number: AgentNo,
        agent: &Agent,
    ) -> Option<(Rank, Queue, Kind)> {
        let heads = agent.queues.iter().flat_map(|queue| {
            open.keys().filter_map(|kind| {
                let (fits, needs) = match kind {
                    Kind::Owned(_, owner) => (*owner == number, Needs::NONE),
                    Kind::Call(needs) | Kind::Request(_, needs) => {
                        (self.view.agents.fits(number, *needs), *needs)
                    }
                };
                if !fits {
                    return None;
                }
                let may = |rank: &Rank| {
                    !self.taken.contains(rank)
                        && !agent.is_paused_for(*rank)
                        && !self.is_kept(*queue, *rank, needs, number)
                };
                let head = self.view.places.ready(*queue, *kind).find(may)?;
                Some((head, *queue, *kind))
            })
        });
        heads.min()
    }

    /// True while another agent, whom the work is for, may have it.
    fn is_kept(&self, queue: Queue, rank: Rank, needs: Needs, number: AgentNo) -> bool {
        let may = |keeper: AgentNo| {
            let agent = self.view.agents.get(keeper);
            let free = agent.is_idle() && !agent.is_resting() && !self.chosen.contains(&keeper);
            let fits = self.view.agents.fits(keeper, needs);
            free && fits && agent.queues.contains(&queue) && !agent.is_paused_for(rank)
        };
        self.view.wanted.keeper((queue, rank), may).is_some_and(|keeper| keeper != number)
    }
}
