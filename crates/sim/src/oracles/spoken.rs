//! Durable before spoken: "we will call you back" is said to a caller only when the request of
//! that call is on the disk, and "already waiting" only when a request for somebody is.

use std::collections::BTreeSet;

use engine::{Output, Status};
use ledger::Fact;
use model::{CallId, Now};

use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::world::World;

const NAME: &str = "durable before spoken";

/// So many promises without one that is spoken mean that this oracle is deaf.
const MANY: u64 = 10;

/// See the module.
#[derive(Debug, Default)]
pub struct DurableBeforeSpoken {
    promised: BTreeSet<CallId>,
    /// Requests of callers.
    requests: u64,
    /// Some request, however it was asked for.
    any: bool,
    /// How often the promise was spoken.
    heard: u64,
    found: Found,
}

impl Oracle for DurableBeforeSpoken {
    fn see(&mut self, _: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Durable(Fact::CallbackRequested { call, .. }) => {
                self.promised.extend(*call);
                self.any = true;
                self.requests += u64::from(call.is_some());
            }
            Seen::Output(Output::Status(Status::Playing { leg, clips })) => {
                let file = |clip: &str| clip.rsplit('/').next().map(str::to_owned);
                let says = |word: &str| clips.iter().any(|c| file(c).as_deref() == Some(word));
                let call = leg.call;
                self.heard += u64::from(says("promised"));
                if says("promised") && !self.promised.contains(&call) {
                    let what = format!("{call} heard the promise before it was durable");
                    self.found.add(Verdict::of_run(NAME, what));
                }
                if says("already-waiting") && !self.any {
                    let what = format!("{call} heard of a request, and none is durable");
                    self.found.add(Verdict::of_run(NAME, what));
                }
            }
            _ => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        if self.requests >= MANY && self.heard == 0 {
            let what = format!("{} promises were made and none was spoken", self.requests);
            self.found.add(Verdict::of_run(NAME, what));
        }
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use engine::{Leg, LegRole};

    use super::*;
    use crate::oracles::forge;

    #[test]
    fn a_promise_spoken_too_early_is_noticed() {
        let mut oracle = DurableBeforeSpoken::default();
        let leg = Leg { call: CallId(5), role: LegRole::Caller };
        let clips = vec!["promised".to_owned()];
        let spoken = Output::Status(Status::Playing { leg, clips });
        oracle.see(Now::default(), &Seen::Output(&spoken));
        assert_eq!(oracle.found.take().len(), 1);
        oracle.see(Now::default(), &Seen::Durable(&forge::requested(1, 5)));
        oracle.see(Now::default(), &Seen::Output(&spoken));
        assert_eq!(oracle.found.take().len(), 0);
    }
}
