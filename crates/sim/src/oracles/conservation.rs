//! Conservation: every call that arrived was answered, abandoned, promised or refused, exactly one
//! of them, or was live when the engine died.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{CallEnd, Fact};
use model::{CallId, Now};

use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::world::World;

const NAME: &str = "conservation";

/// See the module. It counts what is durable.
#[derive(Debug, Default)]
pub struct Conservation {
    live: BTreeSet<CallId>,
    asked: BTreeSet<CallId>,
    ends: BTreeMap<CallEnd, u64>,
    arrived: u64,
    cut: u64,
    found: Found,
}

impl Conservation {
    fn durable(&mut self, fact: &Fact) {
        match fact {
            Fact::CallArrived { call, .. } => {
                self.arrived += 1;
                self.live.insert(*call);
            }
            Fact::CallbackRequested { call: Some(call), .. } => {
                self.asked.insert(*call);
            }
            Fact::CallEnded { call, end } => {
                *self.ends.entry(*end).or_default() += 1;
                if !self.live.remove(call) {
                    let what = format!("{call} ended without having arrived, or twice");
                    self.found.add(Verdict::of_run(NAME, what));
                }
                if self.asked.remove(call) != (*end == CallEnd::Promised) {
                    let what = format!("{call} ended as {end}, against what it was promised");
                    self.found.add(Verdict::of_run(NAME, what));
                }
            }
            // What was live at the crash is gone with it.
            Fact::EngineStarted { .. } => {
                self.cut += self.live.len() as u64;
                self.live.clear();
                self.asked.clear();
            }
            _ => {}
        }
    }

    fn sum(&self) -> Option<Verdict> {
        let ended: u64 = self.ends.values().sum();
        let sum = ended + self.cut + self.live.len() as u64;
        let what = format!("{} arrived, {sum} are accounted for", self.arrived);
        (sum != self.arrived).then(|| Verdict::of_run(NAME, what))
    }

    fn left(&self, is_live: impl Fn(CallId) -> bool) -> Option<Verdict> {
        let lost = self.live.iter().find(|call| !is_live(**call))?;
        Some(Verdict::of_run(NAME, format!("{lost} arrived, is gone, and no fact says how")))
    }
}

impl Oracle for Conservation {
    fn see(&mut self, _: Now, seen: &Seen<'_>) {
        if let Seen::Durable(fact) = seen {
            self.durable(fact);
        }
    }

    fn verdicts(&mut self, world: &World) -> Vec<Verdict> {
        let mut verdicts = self.found.take();
        verdicts.extend(self.sum());
        if let Some(engine) = world.engine() {
            let waits = |call| engine.queues().calls().any(|view| view.call == call);
            verdicts.extend(self.left(waits));
        }
        let answered: usize = world
            .people()
            .map(|(_, phone)| {
                let ours = |call: &&phone::CallRecord| {
                    call.side == phone::Side::Caller && call.answered.is_some()
                };
                phone.diary().calls().iter().filter(ours).count()
            })
            .sum();
        if self.arrived > answered as u64 {
            let what = format!("{} arrived, {answered} were answered", self.arrived);
            verdicts.push(Verdict::of_run(NAME, what));
        }
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::forge;

    #[test]
    fn a_call_that_ends_twice_or_never_is_noticed() {
        let mut oracle = Conservation::default();
        let facts = [
            forge::arrived(1),
            forge::arrived(2),
            forge::arrived(3),
            forge::ended(1, CallEnd::Abandoned),
        ];
        facts.iter().for_each(|fact| oracle.durable(fact));
        assert_eq!((oracle.sum(), oracle.left(|_| true)), (None, None));
        assert!(oracle.left(|call| call == CallId(3)).is_some());
        oracle.durable(&forge::ended(1, CallEnd::Abandoned));
        assert!(oracle.found.take()[0].what.contains("twice"));
        assert!(oracle.sum().is_some());
    }

    #[test]
    fn a_promise_and_its_request_belong_together() {
        let mut oracle = Conservation::default();
        oracle.durable(&forge::arrived(1));
        oracle.durable(&forge::ended(1, CallEnd::Promised));
        assert!(oracle.found.take()[0].what.contains("promised"));
    }
}
