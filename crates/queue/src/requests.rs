//! The open requests: what each is doing, the indexes that follow from it, and how each ends.
//!
//! ```text
//! waiting -> offered -> recording the dial -> dialling -> talking -> closed: completed
//!    ^ ^        |               |                |
//!    | +--------+---------------+                +-> due later -> waiting, or closed
//!    +-- uncertain (found at a restart, settled by a person)
//! ```
//! Before the first there may be `scheduled`: outside the order, until its time comes. Every stage
//! but that, `talking` and `taken over` holds its place in the order. [`Queues::set_stage`] is the
//! only way from one to the next, so that ready order, due times and expiries follow the stage.

use ledger::{Fact, RequestEnd, Settled, Terms};
use model::{
    AttemptId, CallId, E164, LineName, Mono, OfferId, PersonId, QueueName, RequestId, Wall,
};

use crate::agents::AgentNo;
use crate::names::{Language, Line};
use crate::places::{Entry, Kind, Queue, Rank};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::skills::Needs;
use crate::{Event, Rejected};

/// One open request. A million may wait: numbers instead of names, and nothing that a fact knows.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) number: E164,
    pub(crate) contact: Option<Box<str>>,
    pub(crate) person: PersonId,
    pub(crate) arrived: Wall,
    pub(crate) requested: Wall,
    pub(crate) expires: Wall,
    /// `expires` on the clock of deadlines.
    pub(crate) expires_at: Mono,
    pub(crate) rank: Rank,
    pub(crate) queue: Queue,
    pub(crate) line: Line,
    pub(crate) language: Language,
    /// Dials journalled so far.
    pub(crate) attempts: u16,
    /// Those that count: not the ones whose agent left before the customer was heard of.
    pub(crate) spent: u16,
    pub(crate) reason: Reason,
    /// The same customer is asking again, and the new request is being written: this uncertain one
    /// is neither settled nor ended before that is decided.
    pub(crate) asked_again: bool,
    /// The network forbade a dial, and the line has another number to show.
    pub(crate) forbidden: bool,
    pub(crate) stage: Stage,
    /// How it was asked for, when not plainly by a call and for the caller's own number.
    pub(crate) more: Option<Box<More>>,
}

/// What is kept of a request that was not plainly asked for by a call.
#[derive(Debug)]
pub(crate) struct More {
    /// The agent who is to make it, when that is one of ours.
    pub(crate) owner: Option<AgentNo>,
    pub(crate) needs: Needs,
    pub(crate) terms: Terms,
    /// Who asked for the number of another, when that is known. A restart forgets it.
    pub(crate) caller: Option<E164>,
}

/// What an open request is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In its place; offered as soon as an agent is free.
    Waiting,
    /// In its place; the next attempt not before then.
    Due(Mono),
    /// Has no place before then.
    Scheduled(Mono),
    /// Agents are rung, or hear the announcement.
    Offered,
    /// The agent accepted; the dial is being written.
    Recording(OfferId),
    /// The customer is being dialled.
    Dialling(OfferId),
    /// Customer and agent talk.
    Talking(OfferId),
    /// A restart found a dial begun and not ended.
    Uncertain,
    /// Its line or queue is no longer in the settings: it is kept, and cannot be dialled.
    Stranded,
    /// Its customer is on the line, and has its place.
    TakenOver(CallId),
}

impl Stage {
    fn holds_a_place(self) -> bool {
        !matches!(self, Stage::Talking(_) | Stage::Scheduled(_) | Stage::TakenOver(_))
    }

    fn expires(self) -> bool {
        match self {
            Stage::Waiting
            | Stage::Due(_)
            | Stage::Scheduled(_)
            | Stage::Offered
            | Stage::Uncertain
            | Stage::Stranded => true,
            // What the customer is doing has an end of its own.
            Stage::Recording(_) | Stage::Dialling(_) | Stage::Talking(_) | Stage::TakenOver(_) => {
                false
            }
        }
    }
}

impl Request {
    /// What it asks of the agent.
    pub(crate) fn needs(&self) -> Needs {
        self.more.as_ref().map_or(Needs::NONE, |more| more.needs)
    }

    pub(crate) fn priority(&self) -> u8 {
        self.more.as_ref().map_or(0, |more| more.terms.priority)
    }

    /// The last journalled dial.
    pub(crate) fn attempt(&self, request: RequestId) -> AttemptId {
        AttemptId { request, number: self.attempts }
    }
}

impl Queues {
    /// Takes a request in, whose place is held already.
    pub(crate) fn insert_request(&mut self, id: RequestId, request: Request) {
        self.numbers.insert(request.number, id);
        self.requests.insert(id, request);
        self.set_owned(id, true);
        self.hold_by_message(id, true);
        self.index(id, true);
    }

    /// The only way from one stage to another.
    pub(crate) fn set_stage(&mut self, id: RequestId, stage: Stage, reason: Reason) {
        self.index(id, false);
        let Some(request) = self.requests.get_mut(&id) else { return };
        let left = request.stage.holds_a_place() && !stage.holds_a_place();
        request.stage = stage;
        request.reason = reason;
        if left {
            self.places.leave(request.queue, request.rank);
        }
        if let Stage::Scheduled(_) = stage {
            request.rank = Rank::NONE;
        }
        if let Stage::Talking(_) = stage
            && self.numbers.get(&request.number) == Some(&id)
        {
            self.numbers.remove(&request.number);
        }
        self.index(id, true);
    }

    /// When a request ends by itself from now on.
    pub(crate) fn set_expiry(&mut self, id: RequestId, expires: Wall, expires_at: Mono) {
        self.index(id, false);
        if let Some(request) = self.requests.get_mut(&id) {
            (request.expires, request.expires_at) = (expires, expires_at);
        }
        self.index(id, true);
    }

    /// Marks that the customer of an uncertain request is asking again, or no longer.
    pub(crate) fn set_asked_again(&mut self, id: RequestId, asked_again: bool) {
        self.index(id, false);
        if let Some(request) = self.requests.get_mut(&id) {
            request.asked_again = asked_again;
        }
        self.index(id, true);
    }

    /// Adds a request to the indexes of its stage, or takes it out.
    pub(crate) fn index(&mut self, id: RequestId, add: bool) {
        let Some(request) = self.requests.get(&id) else { return };
        let processed = self.not_processed(request.line, request.queue).is_none();
        let waits = request.stage == Stage::Waiting && processed;
        // A line without a trunk is in no settings, and its requests are stranded.
        if let Some(trunk) = self.names.trunk_of(request.line) {
            let (queue, rank, ready) = (request.queue, request.rank, add && waits);
            let owner = request.more.as_ref().and_then(|more| more.owner);
            let owned = owner.is_some_and(|owner| self.owner_serves(owner, queue));
            // Out of both: whether the owner serves it may be another matter than when it came in.
            if let Some(owner) = owner {
                self.places.set_ready(queue, rank, Kind::Owned(trunk, owner), ready && owned);
            }
            let kind = Kind::Request(trunk, request.needs());
            self.places.set_ready(queue, rank, kind, ready && !owned);
        }
        let wanted = if add && waits { self.wanted_for(request) } else { Vec::new() };
        self.wanted.set((request.queue, request.rank), wanted);
        if request.stage.expires() && !request.asked_again {
            set(&mut self.expiries, (request.expires_at, id), add);
        }
        if let Stage::Due(at) | Stage::Scheduled(at) = request.stage
            && !request.asked_again
        {
            set(&mut self.dues, (at, id), add);
        }
    }

    /// The one terminal fact. Does nothing for a request that is closed already. The caller has
    /// ended what an agent was doing with it.
    pub(crate) fn close(&mut self, id: RequestId, end: RequestEnd, why: &str) {
        self.ticket_of_end(id, end);
        self.declined.remove(&id);
        self.index(id, false);
        self.set_owned(id, false);
        self.hold_by_message(id, false);
        let Some(request) = self.requests.remove(&id) else { return };
        if let Stage::TakenOver(call) = request.stage {
            self.taken.remove(call);
        }
        self.agents.skills.release(request.needs());
        let due = request.more.as_ref().and_then(|more| more.terms.due);
        self.free_time(request.queue, due, id);
        if self.numbers.get(&request.number) == Some(&id) {
            self.numbers.remove(&request.number);
        }
        let holder = self.places.entry(request.queue, request.rank);
        if holder == Some(Entry::Request(id)) {
            self.places.leave(request.queue, request.rank);
        }
        self.record(Fact::RequestClosed { request: id, end, why: why.to_owned() });
        self.say(Event::Closed { request: id, end });
    }

    /// Closes a request whatever it is doing, and releases its agent.
    pub(crate) fn close_and_release(&mut self, id: RequestId, end: RequestEnd, why: &str) {
        let Some(request) = self.requests.get(&id) else { return };
        match request.stage {
            Stage::Offered => {
                self.withdraw_ring((request.queue, request.rank));
                self.close(id, end, why);
            }
            Stage::Recording(offer) | Stage::Dialling(offer) | Stage::Talking(offer) => {
                self.close(id, end, why);
                self.withdraw(offer);
            }
            Stage::Waiting
            | Stage::Due(_)
            | Stage::Scheduled(_)
            | Stage::Uncertain
            | Stage::TakenOver(_)
            | Stage::Stranded => {
                self.close(id, end, why);
            }
        }
    }

    /// Ends the request if its time ran out, and brings back the one that is due. True when
    /// something was done.
    pub(crate) fn tick_request(&mut self) -> bool {
        let now = self.now.mono;
        if let Some((at, id)) = self.expiries.first().copied()
            && at <= now
        {
            self.expire(id);
            return true;
        }
        if let Some((at, id)) = self.dues.first().copied()
            && at <= now
        {
            match self.requests.get(&id).map(|request| request.stage) {
                Some(Stage::Scheduled(_)) => self.come_due(id),
                _ => self.set_stage(id, self.waiting_stage(id), Reason::RetryDue),
            }
            return true;
        }
        false
    }

    fn expire(&mut self, id: RequestId) {
        let stage = self.requests.get(&id).map(|request| request.stage);
        let (end, why) = match stage {
            Some(Stage::Uncertain) => (
                RequestEnd::UncertainExpired,
                "its time ran out before anybody said whether the customer was reached",
            ),
            Some(Stage::Offered) => {
                (RequestEnd::Expired, "its time ran out while an agent was being asked")
            }
            Some(Stage::Due(_)) => {
                (RequestEnd::Expired, "its time ran out before the next attempt was due")
            }
            Some(Stage::Scheduled(_)) => {
                (RequestEnd::Expired, "its time ran out before it came due")
            }
            Some(Stage::Stranded) => {
                (RequestEnd::Expired, "its time ran out; its line is not configured any more")
            }
            Some(Stage::Waiting) => (RequestEnd::Expired, "its time ran out while it waited"),
            Some(
                Stage::Recording(_) | Stage::Dialling(_) | Stage::Talking(_) | Stage::TakenOver(_),
            )
            | None => return,
        };
        self.close_and_release(id, end, why);
    }

    /// Whether an operator may cancel a request now.
    pub(crate) fn check_cancel(&self, id: RequestId) -> Result<(), Rejected> {
        let request = self.requests.get(&id).ok_or(Rejected::UnknownRequest(id))?;
        match request.stage {
            Stage::Talking(_) => Err(self.wrong_state(id)),
            _ if request.asked_again => Err(self.wrong_state(id)),
            Stage::Waiting
            | Stage::Due(_)
            | Stage::Scheduled(_)
            | Stage::Offered
            | Stage::Recording(_)
            | Stage::Dialling(_)
            | Stage::Uncertain
            | Stage::TakenOver(_)
            | Stage::Stranded => Ok(()),
        }
    }

    /// Takes a request back.
    pub(crate) fn cancel(&mut self, id: RequestId) {
        if self.check_cancel(id).is_ok() {
            self.close_and_release(id, RequestEnd::Cancelled, "cancelled by command");
        }
    }

    /// Whether an operator may settle a request now.
    pub(crate) fn check_resolve(&self, id: RequestId) -> Result<(), Rejected> {
        let request = self.requests.get(&id).ok_or(Rejected::UnknownRequest(id))?;
        if request.stage == Stage::Uncertain && !request.asked_again {
            return Ok(());
        }
        Err(self.wrong_state(id))
    }

    /// Settles an uncertain dial.
    pub(crate) fn resolve(&mut self, id: RequestId, reached: bool, by: Settled) {
        if self.check_resolve(id).is_err() {
            return;
        }
        if reached {
            let why = match by {
                Settled::Command => "settled by command: the customer was reached",
                Settled::Policy => "settled by policy: the customer was reached",
            };
            return self.close(id, RequestEnd::Completed, why);
        }
        let Some(request) = self.requests.get(&id) else { return };
        let attempt = request.attempt(id);
        let stage = self.waiting_stage(id);
        self.record(Fact::Settled { attempt, by });
        self.set_stage(id, stage, Reason::SettledNotReached);
    }

    /// How a request waits: in the ready order, unless its line or queue is gone.
    pub(crate) fn waiting_stage(&self, id: RequestId) -> Stage {
        let served = self.requests.get(&id).is_some_and(|request| {
            self.is_served(self.names.line_name(request.line), self.names.queue_name(request.queue))
        });
        if served { Stage::Waiting } else { Stage::Stranded }
    }

    /// A request of this line and queue can be dialled: both are configured, and the line has a
    /// number to call back from.
    pub(crate) fn is_served(&self, line: &LineName, queue: &QueueName) -> bool {
        self.settings.lines.get(line).is_some_and(|line| line.calls_back)
            && self.settings.queues.contains_key(queue)
            && !self.retired.queues.contains(queue)
    }

    pub(crate) fn wrong_state(&self, id: RequestId) -> Rejected {
        let mut state = self.request(id).map(|view| view.stage.to_string()).unwrap_or_default();
        if self.requests.get(&id).is_some_and(|request| request.asked_again) {
            state = "uncertain, and its customer is asking again".to_owned();
        }
        Rejected::WrongState { request: id, state }
    }
}

fn set<Key: Ord>(index: &mut std::collections::BTreeSet<Key>, key: Key, add: bool) {
    if add {
        index.insert(key);
    } else {
        index.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pending request costs this and its share of five B-trees, whose nodes are a little more
    /// than half full when ids grow: 370 bytes in all as measured with a million; 400 is the limit.
    #[test]
    fn a_pending_request_stays_small() {
        assert!(size_of::<Request>() <= 128, "{} bytes", size_of::<Request>());
    }
}
