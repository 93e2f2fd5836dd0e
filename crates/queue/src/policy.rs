//! Whether a callback may be offered to a caller at this moment, and why not.

use std::fmt;
use std::time::Duration;

use ledger::Withheld;
use model::{CallId, Now};

use crate::AgentStatus;
use crate::estimate::Estimate;
use crate::places::Queue;
use crate::queues::Queues;
use crate::slots::open;

/// When callbacks are offered to the callers of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferPolicy {
    /// Only while an agent of the queue is there: online or away.
    pub needs_agent: bool,
    /// Only when one of these holds; always when there are none.
    pub overflow: Vec<Overflow>,
    /// Callers who begin to wait are led elsewhere when one of these holds: by the first one.
    pub leads: Vec<Lead>,
}

/// Where a queue leads its callers under a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// The condition.
    pub when: Overflow,
    /// Where to.
    pub to: Elsewhere,
}

/// Where a queue may lead callers who would begin to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// They leave a message.
    Message,
    /// They are put through to the operator of the line.
    Operator,
}

/// A condition under which a queue overflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// More than so many wait, this caller included.
    WaitingOver(u32),
    /// This caller will wait longer than that.
    WaitOver(Duration),
    /// The queue is closed, or closes soon.
    Closed,
}

/// Why no callback may be offered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoOffer {
    /// No agent of the queue is online or away.
    NobodyThere,
    /// The queue is closed, or about to close.
    Closed,
    /// No condition of overflow holds.
    NoOverflow {
        /// How many wait.
        waiting: u32,
        /// More than so many would have to.
        waiting_over: Option<u32>,
        /// How long this caller will.
        wait: Estimate,
        /// Longer than that it would have to be.
        wait_over: Option<Duration>,
    },
}

impl From<&NoOffer> for Withheld {
    fn from(why: &NoOffer) -> Withheld {
        match *why {
            NoOffer::NobodyThere => Withheld::NobodyThere,
            NoOffer::Closed => Withheld::Closed,
            NoOffer::NoOverflow { waiting, waiting_over, wait, wait_over } => {
                Withheld::NoOverflow {
                    waiting,
                    waiting_over,
                    wait_secs: match wait {
                        Estimate::Mean(wait) => Some(wait.as_secs()),
                        Estimate::Unknown | Estimate::Endless => None,
                    },
                    wait_over_secs: wait_over.map(|wait| wait.as_secs()),
                }
            }
        }
    }
}

impl fmt::Display for NoOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoOffer::NobodyThere => f.write_str("no agent of the queue is online or away"),
            NoOffer::Closed => f.write_str("the queue is closed, or closes soon"),
            NoOffer::NoOverflow { waiting, wait, .. } => {
                write!(f, "the queue does not overflow: {waiting} wait, and the estimate is ")?;
                match wait {
                    Estimate::Unknown => f.write_str("not known yet"),
                    Estimate::Mean(wait) => write!(f, "{} s", wait.as_secs()),
                    Estimate::Endless => f.write_str("endless, for nobody is there"),
                }
            }
        }
    }
}

impl Overflow {
    /// Whether it holds for a caller when so many wait, the caller among them, and the caller will
    /// for so long.
    fn holds(self, waiting: u32, wait: Estimate, closed: bool) -> bool {
        match (self, wait) {
            (Overflow::WaitingOver(most), _) => waiting > most,
            (Overflow::WaitOver(_), Estimate::Unknown) => false,
            (Overflow::WaitOver(most), Estimate::Mean(wait)) => wait > most,
            (Overflow::WaitOver(_), Estimate::Endless) => true,
            (Overflow::Closed, _) => closed,
        }
    }
}

impl Queues {
    /// Whether a callback may be offered to this caller now.
    ///
    /// # Errors
    /// Why not.
    pub fn may_offer(&self, now: Now, call: CallId) -> Result<(), NoOffer> {
        let Some(caller) = self.calls.get(&call) else { return Ok(()) };
        let name = self.names.queue_name(caller.queue);
        let Some(settings) = self.settings.queues.get(name) else { return Ok(()) };
        let (lines, queues) = (&self.retired.lines, &self.retired.queues);
        let retired = queues.contains(name) || lines.contains(self.names.line_name(caller.line));
        if retired || open(settings, now.wall).is_err() {
            return Err(NoOffer::Closed);
        }
        let policy = &settings.offers;
        if policy.needs_agent && !self.somebody_there(caller.queue) {
            return Err(NoOffer::NobodyThere);
        }
        if policy.overflow.is_empty() {
            return Ok(());
        }
        let waiting = self.places.held_in(caller.queue);
        let wait = self.estimate(call);
        let overflows = policy.overflow.iter().any(|when| when.holds(waiting, wait, false));
        if overflows {
            return Ok(());
        }
        // The one that was nearest to being met is named.
        let waiting_over = policy.overflow.iter().filter_map(|condition| match *condition {
            Overflow::WaitingOver(most) => Some(most),
            Overflow::WaitOver(_) | Overflow::Closed => None,
        });
        let wait_over = policy.overflow.iter().filter_map(|condition| match *condition {
            Overflow::WaitOver(most) => Some(most),
            Overflow::WaitingOver(_) | Overflow::Closed => None,
        });
        let (waiting_over, wait_over) = (waiting_over.min(), wait_over.min());
        Err(NoOffer::NoOverflow { waiting, waiting_over, wait, wait_over })
    }

    /// Where this caller is led who would begin to wait now.
    pub fn leads_elsewhere(&self, now: Now, call: CallId) -> Option<Elsewhere> {
        let caller = self.calls.get(&call)?;
        let settings = self.settings.queues.get(self.names.queue_name(caller.queue))?;
        let leads = &settings.offers.leads;
        if leads.is_empty() {
            return None;
        }
        let waiting = self.places.held_in(caller.queue);
        let wait = self.estimate(call);
        let closed = open(settings, now.wall).is_err();
        let first = leads.iter().find(|lead| lead.when.holds(waiting, wait, closed))?;
        Some(first.to)
    }

    fn somebody_there(&self, queue: Queue) -> bool {
        self.agents.iter().any(|(_, agent)| {
            let there = match agent.status {
                AgentStatus::Online | AgentStatus::Away => true,
                AgentStatus::TransferOnly | AgentStatus::Offline => false,
            };
            there && agent.queues.contains(&queue)
        })
    }
}
