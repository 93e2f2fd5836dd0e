//! Promise kept: every durable request reaches exactly one terminal fact, or is open in the engine
//! with a deadline.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Fact;
use model::{Now, RequestId};

use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::world::World;

const NAME: &str = "promise kept";

/// See the module.
#[derive(Debug, Default)]
pub struct PromiseKept {
    requested: BTreeSet<RequestId>,
    closed: BTreeMap<RequestId, u32>,
    found: Found,
}

impl PromiseKept {
    fn durable(&mut self, fact: &Fact) {
        match fact {
            Fact::CallbackRequested { request, .. } => {
                if !self.requested.insert(*request) {
                    let what = format!("{request} was requested twice");
                    self.found.add(Verdict::of_request(NAME, *request, what));
                }
            }
            Fact::RequestClosed { request, .. } => {
                let times = self.closed.entry(*request).or_default();
                *times += 1;
                let what = match (*times, self.requested.contains(request)) {
                    (1, true) => return,
                    (1, false) => format!("{request} was closed and never requested"),
                    (times, _) => format!("{request} has {times} terminal facts"),
                };
                self.found.add(Verdict::of_request(NAME, *request, what));
            }
            other => {
                // A recording is closed when its conversation is over.
                if let Some(request) = other.request().filter(|id| self.closed.contains_key(id))
                    && !matches!(other, Fact::Offered { .. } | Fact::RecordingEnded { .. })
                {
                    let what = format!("after its terminal fact: {}", other.encode());
                    self.found.add(Verdict::of_request(NAME, request, what));
                }
            }
        }
    }

    /// The promises of which nothing is known any more.
    fn lost(&self, is_open: impl Fn(RequestId) -> bool) -> Vec<Verdict> {
        let unfinished = self.requested.iter().filter(|id| !self.closed.contains_key(id));
        let lost = unfinished.filter(|id| !is_open(**id));
        let what = "was promised, has no terminal fact, and the engine does not know it";
        lost.map(|id| Verdict::of_request(NAME, *id, format!("{id} {what}"))).collect()
    }
}

impl Oracle for PromiseKept {
    fn see(&mut self, _: Now, seen: &Seen<'_>) {
        if let Seen::Durable(fact) = seen {
            self.durable(fact);
        }
    }

    fn verdicts(&mut self, world: &World) -> Vec<Verdict> {
        let mut verdicts = self.found.take();
        let Some(engine) = world.engine() else { return verdicts };
        let waits = engine.deadline().is_some();
        verdicts.extend(self.lost(|id| waits && engine.queues().request(id).is_some()));
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::forge;

    #[test]
    fn a_request_closed_twice_or_forgotten_is_noticed() {
        let mut oracle = PromiseKept::default();
        for fact in [forge::requested(1, 1), forge::requested(2, 2), forge::closed(1)] {
            oracle.durable(&fact);
        }
        assert_eq!(oracle.lost(|_| true), []);
        assert!(oracle.found.take().is_empty());
        assert!(oracle.lost(|_| false)[0].what.starts_with("cb-2 was promised"));
        oracle.durable(&forge::closed(1));
        oracle.durable(&forge::dial(1, 1, "late"));
        let found = oracle.found.take();
        assert_eq!(found[0].what, "cb-1 has 2 terminal facts");
        assert!(found[1].what.starts_with("after its terminal fact"));
    }
}
