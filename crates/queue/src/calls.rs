//! Callers on the line: from the arrival to the one fact that ends the call.

use ledger::{CallEnd, Fact, LEVEL_MAX};
use model::{CallId, E164, LineName, Mono, OfferId, RequestId, Wall};

use crate::estimate::Told;
use crate::names::Line;
use crate::places::{Entry, Kind, Queue, Rank};
use crate::promise::Ask;
use crate::queues::Queues;
use crate::reason::Reason;
use crate::skills::{Needs, all_of};
use crate::{Asks, Event};

/// One caller who holds a place.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) line: Line,
    pub(crate) queue: Queue,
    pub(crate) rank: Rank,
    pub(crate) arrived: Wall,
    /// The same on the clock of deadlines.
    pub(crate) since: Mono,
    /// What it asks of the agent.
    pub(crate) needs: Needs,
    pub(crate) priority: u8,
    /// Who calls, when that is known.
    pub(crate) from: Option<E164>,
    pub(crate) reason: Reason,
    pub(crate) stage: CallerStage,
    /// What was estimated on the arrival.
    pub(crate) told: Option<Told>,
    /// It has the place of an earlier call of the same caller.
    pub(crate) given_back: bool,
}

/// What a caller is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallerStage {
    /// Waits; offered as soon as an agent is free.
    Waiting,
    /// Agents are rung.
    Offered,
    /// An agent answered and is being bridged.
    Connecting(OfferId),
    /// Asked for a number for which another caller's request is being written.
    AskingBehind(Box<Ask>),
    /// The request is being written.
    Asking(RequestId),
}

impl Caller {
    /// Whether a request of this caller would be called back: settings may have changed since the
    /// call came.
    pub(crate) fn is_called_back_by(&self, queues: &Queues) -> bool {
        let queue = queues.requests_queue(self);
        queues.is_served(queues.names.line_name(self.line), queues.names.queue_name(queue))
    }
}

impl Queues {
    pub(crate) fn arrive(&mut self, call: CallId, line: LineName, asks: &Asks) {
        let Some(settings) = self.settings.lines.get(&line) else { return };
        if self.calls.contains_key(&call) {
            return;
        }
        let name = settings.queue.clone();
        let of_queue = self.settings.queues.get(&name);
        let of_queue = of_queue.map(|queue| queue.needs.as_slice()).unwrap_or_default();
        let list = all_of(&[&settings.routing.needs, of_queue, &asks.needs]);
        let priority = asks.priority.unwrap_or(settings.routing.priority).min(LEVEL_MAX);
        let queue = self.names.queue(&name);
        let number = self.names.line(&line);
        let asked = list.clone();
        self.record(Fact::CallArrived { call, line, queue: name, needs: asked, priority });
        if self.calls.len() + self.requests.len() >= self.settings.entries_max {
            self.record(Fact::CallEnded { call, end: CallEnd::Refused });
            return self.say(Event::Full { call });
        }
        let needs = self.agents.skills.ask(&list);
        let arrived = self.stamp();
        let rank = self.places.join(queue, Entry::Call(call), priority);
        let stage = CallerStage::Waiting;
        let reason = Reason::Arrived;
        let since = self.now.mono;
        let line = number;
        let (told, from) = (None, asks.from);
        let caller = Caller {
            line,
            queue,
            rank,
            arrived,
            since,
            needs,
            priority,
            from,
            reason,
            stage,
            told,
            given_back: false,
        };
        self.calls.insert(call, caller);
        let told = self.told(call);
        if let Some(caller) = self.calls.get_mut(&call) {
            caller.told = told;
        }
        self.places.set_ready(queue, rank, Kind::Call(needs), true);
        self.wanted.set((queue, rank), self.preferred(number));
        self.look_for_own_place(call);
        self.look_for_kept_place(call);
    }

    pub(crate) fn leave(&mut self, call: CallId, end: CallEnd) {
        let Some(caller) = self.calls.get(&call) else { return };
        match caller.stage {
            CallerStage::Waiting => {}
            CallerStage::Offered => self.withdraw_ring((caller.queue, caller.rank)),
            CallerStage::Connecting(offer) => self.withdraw(offer),
            CallerStage::AskingBehind(_) => self.stop_asking_behind(call),
            CallerStage::Asking(request) => {
                // The promise may be durable already: what ends this call is known only then.
                if let Some(promise) = self.promises.get_mut(&request) {
                    promise.left.get_or_insert(end);
                }
                return;
            }
        }
        self.end_call(call, end);
    }

    /// The one fact that ends a call, and its place.
    pub(crate) fn end_call(&mut self, call: CallId, end: CallEnd) {
        let Some(caller) = self.calls.remove(&call) else { return };
        self.agents.skills.release(caller.needs);
        let waited = self.now.mono.since(caller.since);
        self.estimates.left(caller.queue, waited, end == CallEnd::Abandoned);
        if let Some(told) = caller.told.filter(|_| end == CallEnd::Answered) {
            self.estimates.answered(caller.queue, told, waited);
        }
        self.places.set_ready(caller.queue, caller.rank, Kind::Call(caller.needs), false);
        self.wanted.set((caller.queue, caller.rank), Vec::new());
        self.give_place_up(call, &caller, end);
        self.record(Fact::CallEnded { call, end });
        self.give_place_back(call, end);
    }

    /// The only way from one stage to another.
    pub(crate) fn set_caller_stage(&mut self, call: CallId, stage: CallerStage, reason: Reason) {
        let Some(caller) = self.calls.get_mut(&call) else { return };
        caller.stage = stage;
        caller.reason = reason;
        let waits = caller.stage == CallerStage::Waiting;
        self.places.set_ready(caller.queue, caller.rank, Kind::Call(caller.needs), waits);
    }
}
