//! All gone: when the day is over, no session, transaction, port, timer or order is left in the
//! engine, nobody waits in the queue, and every phone is idle.

use model::Now;

use crate::oracle::{Oracle, Seen, Verdict};
use crate::world::World;

const NAME: &str = "all gone";

/// See the module.
#[derive(Debug, Default)]
pub struct AllGone;

/// What is left in an engine.
#[derive(Debug, Default, PartialEq, Eq)]
struct Left {
    busy: bool,
    sessions: usize,
    transactions: usize,
    ports: usize,
    calls: usize,
}

fn judge(left: &Left) -> Option<Verdict> {
    let what = format!("left in the engine: {left:?}");
    (*left != Left::default()).then(|| Verdict::of_run(NAME, what))
}

impl Oracle for AllGone {
    fn see(&mut self, _: Now, _: &Seen<'_>) {}

    fn verdicts(&mut self, world: &World) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let Some(engine) = world.engine() else {
            return vec![Verdict::of_run(NAME, "the engine is down at the end")];
        };
        let (sessions, transactions) = engine.sip_load();
        let range = &world.settings().engine.media.ports;
        let all = (*range.start()..=*range.end()).filter(|port| port.is_multiple_of(2)).count();
        verdicts.extend(judge(&Left {
            busy: !engine.is_idle(),
            sessions,
            transactions,
            ports: all.saturating_sub(engine.ports_free()),
            calls: engine.queues().calls().count(),
        }));
        if !world.journal().is_settled() {
            verdicts.push(Verdict::of_run(NAME, "the journal has not written everything"));
        }
        for (id, phone) in world.people().filter(|(_, phone)| !phone.is_idle()) {
            let live = phone.calls().next().and_then(|call| phone.diary().call(call));
            let call_id = live.map_or("", |record| &record.call_id);
            let what = format!("phone {id} ({}) is still in a call", phone.settings().name);
            verdicts.push(Verdict::of_call(NAME, call_id, what));
        }
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_left_is_noticed() {
        assert_eq!(judge(&Left::default()), None);
        assert!(judge(&Left { ports: 1, ..Left::default() }).is_some());
        assert!(judge(&Left { transactions: 1, ..Left::default() }).is_some());
    }
}
