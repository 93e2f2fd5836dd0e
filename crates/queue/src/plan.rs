//! The plan: who is offered what, now. A pure function over a view; carrying it out is another
//! room's work.
//!
//! Each free online agent, longest free first, gets the oldest arrival of its queues that may be
//! offered. Passed over are only: works that another agent of the same plan gets, works from which
//! the agent rests, and callbacks while none may be dialled. Entries that wait for a
//! retry, are uncertain, offered, or being promised are not in the ready order at all, so that the
//! plan never walks over them.

use std::collections::BTreeSet;

use crate::agents::{Agent, AgentNo, Agents};
use crate::places::{Kind, Places, Queue, Rank};

/// What the plan looks at.
pub(crate) struct View<'a> {
    pub(crate) agents: &'a Agents,
    pub(crate) places: &'a Places,
    /// False while the journal cannot be written, and when the engine is to stop.
    pub(crate) callbacks: bool,
}

/// One offer to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) agent: AgentNo,
    pub(crate) queue: Queue,
    pub(crate) rank: Rank,
}

/// Every offer to be made now: at most one for an agent, and one for an entry.
pub(crate) fn plan(view: &View<'_>) -> Vec<Choice> {
    let kinds: &[Kind] = if view.callbacks { &[Kind::Call, Kind::Request] } else { &[Kind::Call] };
    let offerable: usize = kinds.iter().map(|kind| view.places.ready_total(*kind)).sum();
    let mut taken = BTreeSet::new();
    let mut choices = Vec::new();
    for (number, agent) in view.agents.idle() {
        if taken.len() == offerable {
            break;
        }
        if agent.is_resting() {
            continue;
        }
        if let Some((rank, queue)) = oldest(view.places, kinds, agent, &taken) {
            taken.insert(rank);
            choices.push(Choice { agent: number, queue, rank });
        }
    }
    choices
}

/// The oldest arrival of the agent's queues that it may be offered.
fn oldest(
    places: &Places,
    kinds: &[Kind],
    agent: &Agent,
    taken: &BTreeSet<Rank>,
) -> Option<(Rank, Queue)> {
    let heads = agent.queues.iter().flat_map(|queue| {
        kinds.iter().filter_map(|kind| {
            let mut ready = places.ready(*queue, *kind);
            let head = ready.find(|rank| !taken.contains(rank) && !agent.is_paused_for(*rank))?;
            Some((head, *queue))
        })
    });
    heads.min()
}
