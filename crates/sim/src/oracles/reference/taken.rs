//! Callers who have another place than that of their arrival: one of their own, and no better one
//! than the policy gives them.

use ledger::Holder;
use model::{CallId, OfferId, RequestId};
use queue::Duplicates;

use super::{Reference, State, Who};

impl Reference {
    /// A caller has the place of the own request, which waits outside the order meanwhile.
    pub(super) fn place_taken(&mut self, call: CallId, of: Holder, offer: Option<OfferId>) {
        let Holder::Request(request) = of else { return };
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
