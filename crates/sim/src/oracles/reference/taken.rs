//! Callers who have another place than that of their arrival: one of their own, and no better one
//! than the policy gives them.

use ledger::{CallEnd, Holder};
use model::{CallId, Mono, Now, OfferId, QueueName, RequestId};
use queue::Duplicates;

use super::{Reference, State, Who};

/// The place of a caller who hung up.
#[derive(Debug, Clone)]
pub(super) struct Left {
    call: CallId,
    queue: QueueName,
    place: u64,
    priority: u8,
    at: Mono,
}

impl Reference {
    /// A call is over.
    pub(super) fn call_ended(&mut self, now: Now, call: CallId, end: CallEnd) {
        let who = Who::Call(call);
        if let Some(entry) = self.entries.iter().find(|e| e.who == who)
            && end == CallEnd::Abandoned
            && self.settings_of(entry).is_some_and(|queue| !queue.place_kept_for.is_zero())
        {
            let (queue, place, priority) = (entry.queue.clone(), entry.place, entry.priority);
            self.left.push(Left { call, queue, place, priority, at: now.mono });
        }
        self.entries.retain(|e| e.who != who);
    }

    /// A caller has the place of an earlier call, which hung up a moment ago: once, and in the
    /// same queue. That it is the same caller is not seen here.
    fn place_given_back(&mut self, now: Now, call: CallId, before: CallId) {
        let at = self.left.iter().position(|left| left.call == before);
        let left = at.map(|at| self.left.remove(at));
        let Some(entry) = self.entries.iter().find(|e| e.who == Who::Call(call)) else { return };
        let time = self.settings_of(entry).map(|it| it.place_kept_for).unwrap_or_default();
        let fits = |left: &Left| left.queue == entry.queue && now.mono.since(left.at) < time;
        let Some(left) = left.filter(fits) else {
            return self.complain(format!("{call} has the place of {before}, and may not"), None);
        };
        for entry in self.entries.iter_mut().filter(|e| e.who == Who::Call(call)) {
            entry.place = left.place;
            entry.priority = entry.priority.max(left.priority);
        }
    }

    /// A caller has the place of the own request, which waits outside the order meanwhile.
    pub(super) fn place_taken(
        &mut self,
        now: Now,
        call: CallId,
        of: Holder,
        offer: Option<OfferId>,
    ) {
        let request = match of {
            Holder::Request(request) => request,
            Holder::Call(before) => return self.place_given_back(now, call, before),
        };
        let Some(old) = self.entries.iter().find(|e| e.who == Who::Request(request)).cloned()
        else {
            return self
                .complain(format!("{call} has the place of {request}, which has none"), None);
        };
        let allowed =
            self.settings_of(&old).is_some_and(|it| it.duplicates == Duplicates::TakeOver);
        if !allowed || matches!(old.state, State::TakenOver(_) | State::Scheduled(_)) {
            let what = format!("{call} has the place of {request}, and may not ({:?})", old.state);
            self.complain(what, None);
        }
        for entry in self.entries.iter_mut().filter(|e| e.who == old.who) {
            entry.state = State::TakenOver(Box::new(old.state.clone()));
        }
        for entry in self.entries.iter_mut().filter(|e| e.who == Who::Call(call)) {
            entry.place = old.place;
            entry.priority = entry.priority.max(old.priority);
            if offer.is_some() {
                (entry.state, entry.offer) = (State::Taken, offer);
            }
        }
        for agent in self.agents.iter_mut().filter(|_| offer.is_some()) {
            if let Some((work, who)) = &mut agent.work
                && Some(*work) == offer
            {
                *who = Who::Call(call);
            }
        }
    }

    /// The call is over without an answer: nobody is forgotten.
    pub(super) fn place_returned(&mut self, request: RequestId) {
        let input = self.input;
        for entry in self.entries.iter_mut().filter(|e| e.who == Who::Request(request)) {
            if let State::TakenOver(was) = &entry.state {
                entry.state = State::clone(was);
                entry.born = input;
            }
        }
    }
}
