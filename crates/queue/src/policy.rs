//! Whether a callback may be offered to a caller at this moment, and why not.

use std::fmt;
use std::time::Duration;

use ledger::{OffBy, Withheld};
use model::{CallId, LineName, Now};

use crate::AgentStatus;
use crate::estimate::Estimate;
use crate::places::{Entry, Queue};
use crate::queues::Queues;
use crate::skills::Needs;
use crate::slots::open;

/// When callbacks are offered to the callers of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferPolicy {
    /// Only while an agent of the queue is there: online or away.
    pub needs_agent: bool,
    /// Not to who stands in one of the first so many places.
    pub beyond_place: u32,
    /// Not while so many callbacks wait in the queue; without a limit, when absent.
    pub pending_max: Option<u32>,
    /// Not to who would wait longer than that, or endlessly; however long, when absent.
    pub wait_max: Option<Duration>,
    /// Only while more than so many wait for each agent who takes the works of the queue, whatever
    /// the agents do now; always, when absent, and while no agent does.
    pub calls_per_agent: Option<u32>,
    /// To so many of a hundred callers; to all, when absent.
    pub share: Option<u8>,
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
    /// The registering of callbacks is switched off.
    RegisteringOff(OffBy),
    /// The caller is near the head.
    NearHead {
        /// In this place.
        place: u32,
        /// It must be beyond that.
        over: u32,
    },
    /// So many callbacks wait already.
    TooManyPending {
        /// How many.
        pending: u32,
        /// As many may.
        most: u32,
    },
    /// The wait is longer than one may be promised.
    WaitTooLong {
        /// How long it is.
        wait: Estimate,
        /// It may be.
        most: Duration,
    },
    /// There are agents enough for those who wait.
    EnoughAgents {
        /// So many wait.
        waiting: u32,
        /// So many agents take work.
        agents: u32,
        /// More than so many would have to wait for each.
        over: u32,
    },
    /// The caller is not in the share to whom callbacks are offered.
    NotInShare(u8),
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

fn secs(wait: Estimate) -> Option<u64> {
    match wait {
        Estimate::Mean(wait) => Some(wait.as_secs()),
        Estimate::Unknown | Estimate::Endless => None,
    }
}

/// A share of the callers that is the same whenever it is asked, and spread evenly over calls that
/// are numbered one after the other.
fn in_share(call: CallId, percent: u8) -> bool {
    // By the golden ratio: neighbours land far apart (Knuth, The Art of Computer Programming §6.4).
    call.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & 0xFFFF_FFFF
        < u64::from(percent) * (1 << 32) / 100
}

impl From<&NoOffer> for Withheld {
    fn from(why: &NoOffer) -> Withheld {
        match *why {
            NoOffer::NobodyThere => Withheld::NobodyThere,
            NoOffer::Closed => Withheld::Closed,
            NoOffer::RegisteringOff(by) => Withheld::RegisteringOff { by },
            NoOffer::NearHead { place, over } => Withheld::NearHead { place, over },
            NoOffer::TooManyPending { pending, most } => Withheld::TooManyPending { pending, most },
            NoOffer::WaitTooLong { wait, most } => {
                Withheld::WaitTooLong { wait_secs: secs(wait), most_secs: most.as_secs() }
            }
            NoOffer::EnoughAgents { waiting, agents, over } => {
                Withheld::EnoughAgents { waiting, agents, over }
            }
            NoOffer::NotInShare(percent) => Withheld::NotInShare { percent },
            NoOffer::NoOverflow { waiting, waiting_over, wait, wait_over } => {
                Withheld::NoOverflow {
                    waiting,
                    waiting_over,
                    wait_secs: secs(wait),
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
            NoOffer::RegisteringOff(by) => {
                write!(f, "the registering of callbacks is switched off for {by}")
            }
            NoOffer::NearHead { place, over } => {
                write!(f, "place {place} is not beyond place {over}")
            }
            NoOffer::TooManyPending { pending, most } => {
                write!(f, "callbacks that wait: {pending}, and {most} may")
            }
            NoOffer::WaitTooLong { most, .. } => {
                write!(f, "the wait is longer than {} s", most.as_secs())
            }
            NoOffer::EnoughAgents { waiting, agents, over } => {
                write!(f, "{waiting} wait for {agents} agents, and over {over} for each must")
            }
            NoOffer::NotInShare(percent) => {
                write!(f, "it is not among the {percent} % to whom callbacks are offered")
            }
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
        let line = self.names.line_name(caller.line);
        if let Some(by) = self.not_registered(line) {
            return Err(NoOffer::RegisteringOff(by));
        }
        let policy = self.settings.offers_of_lines.get(line).unwrap_or(&settings.offers);
        if policy.needs_agent && !self.somebody_there(caller.queue) {
            return Err(NoOffer::NobodyThere);
        }
        self.may_offer_by_place(call, policy)?;
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

    fn may_offer_by_place(&self, call: CallId, policy: &OfferPolicy) -> Result<(), NoOffer> {
        let Some(caller) = self.calls.get(&call) else { return Ok(()) };
        if let Some(percent) = policy.share.filter(|percent| !in_share(call, *percent)) {
            return Err(NoOffer::NotInShare(percent));
        }
        let (place, over) = (self.places.place(caller.queue, caller.rank), policy.beyond_place);
        if place <= over {
            return Err(NoOffer::NearHead { place, over });
        }
        if let Some(most) = policy.pending_max {
            let pending = self.pending_in(self.requests_queue(caller), most);
            if pending >= most {
                return Err(NoOffer::TooManyPending { pending, most });
            }
        }
        if let Some(over) = policy.calls_per_agent {
            let waiting = self.places.held_in(caller.queue);
            let agents = self.staffed(caller.queue, Needs::NONE);
            if agents > 0 && u64::from(waiting) <= u64::from(over) * u64::from(agents) {
                return Err(NoOffer::EnoughAgents { waiting, agents, over });
            }
        }
        if let Some(most) = policy.wait_max {
            let wait = self.estimate(call);
            if Overflow::WaitOver(most).holds(0, wait, false) {
                return Err(NoOffer::WaitTooLong { wait, most });
            }
        }
        Ok(())
    }

    /// When callbacks are offered to the callers of a line.
    pub(crate) fn offers_on(&self, line: &LineName) -> Option<&OfferPolicy> {
        let own = self.settings.offers_of_lines.get(line);
        let queue = self.settings.lines.get(line).map(|line| &line.queue);
        own.or_else(|| Some(&self.settings.queues.get(queue?)?.offers))
    }

    /// Whether who comes now would wait longer than that, or endlessly.
    pub(crate) fn waits_longer(&self, queue: Queue, most: Duration) -> bool {
        Overflow::WaitOver(most).holds(0, self.estimate_now(queue), false)
    }

    /// How many callbacks hold a place in a queue; no more than `most` are counted.
    pub(crate) fn pending_in(&self, queue: Queue, most: u32) -> u32 {
        let requests = self.places.entries(queue).filter(|it| matches!(it, Entry::Request(_)));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        u32::try_from(requests.take(most).count()).unwrap_or(u32::MAX)
    }

    /// Where this caller is led who would begin to wait now.
    pub fn leads_elsewhere(&self, now: Now, call: CallId) -> Option<Elsewhere> {
        let caller = self.calls.get(&call)?;
        let settings = self.settings.queues.get(self.names.queue_name(caller.queue))?;
        let line = self.names.line_name(caller.line);
        let policy = self.settings.offers_of_lines.get(line).unwrap_or(&settings.offers);
        let leads = &policy.leads;
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
