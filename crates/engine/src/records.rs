//! The engine's side of the journal: places in the ledger, and orders that wait for them.

use std::collections::BTreeMap;

use ledger::{Entry, Fact, Person, Record};
use model::{Seq, Wall};
use queue::Order;

/// Places given and orders waiting. Bounded by the queue's `entries_max`: an entry has at most one
/// order under way.
#[derive(Debug)]
pub(crate) struct Records {
    next: u64,
    waiting: BTreeMap<Seq, Order>,
}

impl Records {
    pub(crate) fn new(next_seq: u64) -> Records {
        Records { next: next_seq, waiting: BTreeMap::new() }
    }

    /// Gives `fact` its place, and remembers what waits for it.
    pub(crate) fn write(
        &mut self,
        at: Wall,
        fact: Fact,
        person: Option<Person>,
        order: Option<Order>,
    ) -> Record {
        let seq = Seq(self.next);
        self.next += 1;
        self.waiting.extend(order.map(|order| (seq, order)));
        Record { entry: Entry { seq, at, fact }, person }
    }

    /// The orders that may be carried out now that everything up to `seq` is durable.
    pub(crate) fn recorded(&mut self, seq: Seq) -> Vec<Order> {
        let later = self.waiting.split_off(&Seq(seq.0 + 1));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    /// The order that will never be carried out.
    pub(crate) fn refused(&mut self, seq: Seq) -> Option<Order> {
        self.waiting.remove(&seq)
    }

    /// The last place that was given.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.next.saturating_sub(1))
    }

    /// How many orders wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use model::{CallId, RequestId};

    use super::*;

    #[test]
    fn an_order_is_released_by_its_own_place_or_a_later_one_and_only_once() {
        let mut records = Records::new(5);
        let order = |n| Order::Promise { call: CallId(n), request: RequestId(n) };
        let fact = Fact::EngineStarted { epoch: 1 };
        for n in 1..=3 {
            records.write(Wall::default(), fact.clone(), None, Some(order(n)));
        }
        assert_eq!(records.recorded(Seq(4)), []);
        assert_eq!(records.refused(Seq(5)), Some(order(1)));
        assert_eq!(records.recorded(Seq(6)), [order(2)]);
        assert_eq!(records.recorded(Seq(9)), [order(3)]);
        assert_eq!(records.waiting(), 0);
    }
}
