//! Whose place a caller has: that of the own arrival, or that of the own request.
//!
//! A customer who calls in while a request of theirs waits has one place, and not two, where the
//! queue's `duplicates` say so: the call stands where the request stood, and the request waits for
//! the end of the call, outside the order. Answered, the promise is kept, and the request ends with
//! the call. Asked for anew, the new request has the place and the old one ends. Otherwise the
//! request has its place again, as if nobody had called: nobody is forgotten. On the disk it never
//! left its place, so that a restart, which loses the call, loses nothing else.
//!
//! One who is being dialled meanwhile is not dialled any further: we ring off, and the agent who
//! waits has the call. A dial that is still being written is looked at again once it is written.
//! An appointment keeps its time, whoever calls. Of callers who hung up and call again, see `kept`.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::{CallEnd, DialOutcome, Fact, Holder, RequestEnd};
use model::{CallId, OfferId, RequestId, Wall};

use crate::calls::CallerStage;
use crate::offers::OfferStage;
use crate::places::{Entry, Kind, Rank};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::{Request, Stage};
use crate::{Duplicates, Event};

/// From ringing off to the next attempt, at least: by then the leg is gone even when nobody answers
/// the CANCEL, which takes 32 s (RFC 3261 §9.1), and nobody is dialled twice.
const LEG_GONE: Duration = Duration::from_secs(40);

/// The callers who have the place of their own request: at most one request for each call.
#[derive(Debug, Default)]
pub(crate) struct Taken(BTreeMap<CallId, Own>);

#[derive(Debug, Clone, Copy)]
struct Own {
    request: RequestId,
    /// What the request was doing.
    was: Stage,
}

impl Taken {
    /// The request whose place this call has.
    pub(crate) fn by(&self, call: CallId) -> Option<RequestId> {
        self.0.get(&call).map(|own| own.request)
    }

    /// The request is over.
    pub(crate) fn remove(&mut self, call: CallId) {
        self.0.remove(&call);
    }
}

impl Queues {
    /// A caller has arrived, who may have a place already.
    pub(crate) fn look_for_own_place(&mut self, call: CallId) {
        let number = self.calls.get(&call).and_then(|caller| caller.from);
        let request = number.and_then(|number| self.numbers.get(&number).copied());
        if let Some(request) = request.filter(|request| self.may_take_over(call, *request)) {
            self.take_over(call, request);
        }
    }

    /// The customer of a request is about to be dialled, and may be on the line already.
    pub(crate) fn look_for_caller(&mut self, id: RequestId) {
        let Some(number) = self.requests.get(&id).map(|request| request.number) else { return };
        if !self.lets_take_over(id) {
            return;
        }
        let own = self.calls.iter().filter(|(_, caller)| caller.from == Some(number));
        let mut waits = own.filter(|(call, caller)| {
            let free = matches!(caller.stage, CallerStage::Waiting | CallerStage::Offered);
            free && self.may_take_over(**call, id)
        });
        let call = waits.next().map(|(call, _)| *call);
        if let Some(call) = call {
            self.take_over(call, id);
        }
    }

    fn lets_take_over(&self, id: RequestId) -> bool {
        self.settings_of(id).is_some_and(|queue| queue.duplicates == Duplicates::TakeOver)
    }

    fn may_take_over(&self, call: CallId, id: RequestId) -> bool {
        let (Some(caller), Some(request)) = (self.calls.get(&call), self.requests.get(&id)) else {
            return false;
        };
        let same_queue =
            request.queue == caller.queue || request.queue == self.requests_queue(caller);
        let may = match request.stage {
            Stage::Waiting
            | Stage::Due(_)
            | Stage::Offered
            | Stage::Dialling(_)
            | Stage::Uncertain
            | Stage::Stranded => true,
            Stage::Scheduled(_) | Stage::Recording(_) | Stage::Talking(_) | Stage::TakenOver(_) => {
                false
            }
        };
        let free = self.taken.by(call).is_none() && !request.asked_again;
        may && free && same_queue && self.lets_take_over(id)
    }

    /// The call has the place of the request from now on.
    fn take_over(&mut self, call: CallId, id: RequestId) {
        let Some(Request { stage, queue, rank, arrived, .. }) = self.requests.get(&id) else {
            return;
        };
        let (stage, place, arrived) = (*stage, (*queue, *rank), *arrived);
        let mut agent = None;
        let was = match stage {
            Stage::Offered => {
                self.withdraw_ring(place);
                Stage::Waiting
            }
            Stage::Dialling(offer) => {
                agent = self.ring_off(id, offer);
                Stage::Due(self.now.mono + LEG_GONE)
            }
            stage => stage,
        };
        self.taken.0.insert(call, Own { request: id, was });
        let of = Holder::Request(id);
        self.record(Fact::PlaceTaken { call, of, arrived, offer: agent });
        self.set_stage(id, Stage::TakenOver(call), Reason::TakenOver);
        self.stand_in_place_of(call, id);
        self.let_go_place_of(call);
        if let Some(offer) = agent {
            self.hand_agent_over(offer, call);
        }
    }

    /// The caller stands where the request stood; with the higher priority of the two.
    fn stand_in_place_of(&mut self, call: CallId, id: RequestId) {
        let Some(caller) = self.calls.get(&call) else { return };
        if caller.stage == CallerStage::Offered {
            self.withdraw_ring((caller.queue, caller.rank));
            self.set_caller_stage(call, CallerStage::Waiting, Reason::TakenOver);
        }
        let Some(request) = self.requests.get(&id) else { return };
        let (rank, arrived, priority) = (request.rank, request.arrived, request.priority());
        self.stand_at(call, rank, arrived, priority);
    }

    /// A caller who waits stands there from now on; with the higher priority of the two.
    pub(crate) fn stand_at(&mut self, call: CallId, rank: Rank, arrived: Wall, priority: u8) {
        let Some(caller) = self.calls.get_mut(&call) else { return };
        let (queue, before, kind) = (caller.queue, caller.rank, Kind::Call(caller.needs));
        caller.priority = caller.priority.max(priority);
        caller.rank = rank.with_priority(caller.priority);
        caller.arrived = arrived;
        let (rank, line) = (caller.rank, caller.line);
        self.places.set_ready(queue, before, kind, false);
        self.wanted.set((queue, before), Vec::new());
        self.places.leave(queue, before);
        self.places.hold(queue, rank, Entry::Call(call));
        self.places.set_ready(queue, rank, kind, true);
        self.wanted.set((queue, rank), self.preferred(line));
        let told = self.told(call);
        if let Some(caller) = self.calls.get_mut(&call) {
            caller.told = told;
        }
    }

    /// The customer who is being dialled has called in. The agent who waits for that customer, if
    /// one does.
    fn ring_off(&mut self, id: RequestId, offer: OfferId) -> Option<OfferId> {
        let (held, released) = self.offers.get(&offer).map(|it| (it.held, it.released))?;
        if released {
            self.offers.remove(&offer);
        } else if held {
            self.withdraw(offer);
        }
        let request = self.requests.get_mut(&id)?;
        request.spent = request.spent.saturating_sub(1);
        let (attempt, outcome) = (request.attempt(id), DialOutcome::CalledIn);
        let retry_at = Some(self.now.wall + LEG_GONE);
        self.record(Fact::DialEnded { attempt, outcome, said: None, retry_at });
        self.comment(id, "the customer called in while an agent tried to call back");
        (!held && !released).then_some(offer)
    }

    /// The agent of this offer waits for this caller from now on.
    fn hand_agent_over(&mut self, id: OfferId, call: CallId) {
        let Some(caller) = self.calls.get(&call) else { return };
        let (queue, rank) = (caller.queue, caller.rank);
        let Some(offer) = self.offers.get_mut(&id) else { return };
        offer.entry = Entry::Call(call);
        (offer.queue, offer.rank, offer.trunk) = (queue, rank, None);
        offer.stage = OfferStage::Connecting;
        self.set_caller_stage(call, CallerStage::Connecting(id), Reason::Accepted);
        self.forget_told(call);
        self.say(Event::CalledIn { offer: id, call });
    }

    /// A call is over that had the place of a request.
    pub(crate) fn give_place_back(&mut self, call: CallId, end: CallEnd) {
        let Some(Own { request: id, was }) = self.taken.0.remove(&call) else { return };
        let why = match end {
            CallEnd::Answered => "its customer called in and talked with an agent",
            CallEnd::Operator => "its customer called in and talked with the operator",
            CallEnd::Abandoned
            | CallEnd::Promised
            | CallEnd::Message
            | CallEnd::Finished
            | CallEnd::Refused => {
                let Some(request) = self.requests.get(&id) else { return };
                self.places.hold(request.queue, request.rank, Entry::Request(id));
                self.record(Fact::PlaceReturned { request: id, call });
                let stage = if was == Stage::Waiting { self.waiting_stage(id) } else { was };
                return self.set_stage(id, stage, Reason::PlaceReturned);
            }
        };
        self.close(id, RequestEnd::Completed, why);
    }
}
