//! What concerns somebody, out of a whole ledger.

use std::collections::BTreeSet;

use model::{CallId, OfferId};

use crate::{Entry, Fact, Holder, Part};

/// Facts kept of one question; beyond it the oldest kept ones stay and the rest is left out.
pub const GATHERED_MAX: usize = 10_000;

/// Picks what concerns some who stand in the queue. Give it every entry in order to
/// [`Gather::look`], then every entry in order again to [`Gather::take`]: which call made a request
/// is known only after the first time.
#[derive(Debug)]
pub struct Gather {
    asked: Vec<Holder>,
    of: BTreeSet<Holder>,
    /// What may have been switched off for them.
    parts: BTreeSet<Part>,
    offers: BTreeSet<OfferId>,
    entries: Vec<Entry>,
}

impl Gather {
    /// For these.
    pub fn new(of: &[Holder]) -> Gather {
        Gather {
            asked: of.to_vec(),
            of: of.iter().copied().collect(),
            parts: [Part::Engine].into(),
            offers: BTreeSet::new(),
            entries: Vec::new(),
        }
    }

    /// The first time.
    pub fn look(&mut self, entry: &Entry) {
        self.look_where(&entry.fact);
        let both = match &entry.fact {
            Fact::CallbackRequested { request, call: Some(call), .. } => {
                [Holder::Request(*request), Holder::Call(*call)]
            }
            Fact::PlaceTaken { call, of, .. } => [*of, Holder::Call(*call)],
            _ => return,
        };
        if both.iter().any(|holder| self.asked.contains(holder)) {
            self.of.extend(both);
        }
    }

    /// Where those stand who were asked about.
    fn look_where(&mut self, fact: &Fact) {
        let (who, line, queue) = match fact {
            Fact::CallbackRequested { request, line, queue, .. } => {
                (Holder::Request(*request), line, queue)
            }
            Fact::CallArrived { call, line, queue, .. } => (Holder::Call(*call), line, queue),
            _ => return,
        };
        if self.asked.contains(&who) {
            self.parts.insert(Part::Line(line.clone()));
            self.parts.insert(Part::Queue(queue.clone()));
        }
    }

    /// The second time.
    pub fn take(&mut self, entry: &Entry) {
        if self.entries.len() < GATHERED_MAX && self.concerns(&entry.fact) {
            self.entries.push(entry.clone());
        }
    }

    /// What was picked, in order.
    pub fn entries(self) -> Vec<Entry> {
        self.entries
    }

    fn concerns(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::EngineStarted { .. } => true,
            Fact::Offered { offer, because, .. } => {
                let own = who(fact).is_some_and(|who| self.of.contains(&who));
                if own {
                    self.offers.insert(*offer);
                }
                own || because.passed.iter().any(|passed| self.of.contains(&passed.who))
            }
            Fact::OfferEnded { offer, .. } => self.offers.contains(offer),
            Fact::Switched { of, .. } => self.parts.contains(of),
            other => {
                let request = other.request().map(Holder::Request);
                let call = call_of(other).map(Holder::Call);
                request.into_iter().chain(call).any(|who| self.of.contains(&who))
            }
        }
    }
}

/// The work of an offer.
pub(super) fn who(fact: &Fact) -> Option<Holder> {
    let Fact::Offered { request, call, .. } = fact else { return None };
    request.map(Holder::Request).or(call.map(Holder::Call))
}

/// The call that a fact speaks of, when it speaks of one.
pub(super) fn call_of(fact: &Fact) -> Option<CallId> {
    match fact {
        Fact::CallArrived { call, .. }
        | Fact::PlaceTaken { call, .. }
        | Fact::PlaceReturned { call, .. }
        | Fact::CallEnded { call, .. }
        | Fact::OfferWithheld { call, .. }
        | Fact::OfferAllowed { call }
        | Fact::RequestUntaken { call, .. }
        | Fact::RecordingBegan { call, .. }
        | Fact::RecordingEnded { call, .. }
        | Fact::NotRecorded { call, .. }
        | Fact::CallLed { call, .. }
        | Fact::MessageLeft { call, .. } => Some(*call),
        Fact::CallbackRequested { call, .. }
        | Fact::Offered { call, .. }
        | Fact::Bridged { call, .. }
        | Fact::Transferred { call, .. }
        | Fact::TicketWanted { call, .. }
        | Fact::RecordingDeclined { call, .. } => *call,
        Fact::EngineStarted { .. }
        | Fact::Moved { .. }
        | Fact::CameDue { .. }
        | Fact::Hastened { .. }
        | Fact::Held { .. }
        | Fact::OfferEnded { .. }
        | Fact::DialStarted { .. }
        | Fact::DialEnded { .. }
        | Fact::AttemptMissed { .. }
        | Fact::RequestClosed { .. }
        | Fact::TicketComment { .. }
        | Fact::FoundUncertain { .. }
        | Fact::StatusSet { .. }
        | Fact::Switched { .. }
        | Fact::WrapUpEnded { .. }
        | Fact::Settled { .. } => None,
    }
}
