//! The deadlines of scripts and waits, one per owner.

use std::collections::{BTreeMap, BTreeSet};

use model::{Deadline, Mono};

/// One deadline per owner, the earliest at hand.
#[derive(Debug)]
pub(crate) struct Timers<Owner> {
    by_owner: BTreeMap<Owner, Deadline>,
    by_time: BTreeSet<(Mono, Owner)>,
}

impl<Owner: Copy + Ord> Timers<Owner> {
    pub(crate) fn new() -> Timers<Owner> {
        Timers { by_owner: BTreeMap::new(), by_time: BTreeSet::new() }
    }

    /// Sets or clears the owner's deadline.
    pub(crate) fn set(&mut self, owner: Owner, deadline: Option<Deadline>) {
        if let Some(old) = self.by_owner.remove(&owner) {
            self.by_time.remove(&(old.at, owner));
        }
        if let Some(deadline) = deadline {
            self.by_time.insert((deadline.at, owner));
            self.by_owner.insert(owner, deadline);
        }
    }

    /// The earliest.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.by_time.first().map(|(_, owner)| self.by_owner[owner])
    }

    /// Takes one owner whose deadline has come.
    pub(crate) fn take_due(&mut self, now: Mono) -> Option<Owner> {
        let (at, owner) = self.by_time.first().copied()?;
        if at > now {
            return None;
        }
        self.set(owner, None);
        Some(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_one_deadline_and_is_due_once() {
        let mut timers = Timers::new();
        let at = |n| Some(Deadline::new(Mono::from_nanos(n), "test"));
        timers.set('a', at(5));
        timers.set('b', at(3));
        timers.set('a', at(2));
        assert_eq!(timers.deadline(), at(2));
        assert_eq!(timers.take_due(Mono::from_nanos(4)), Some('a'));
        assert_eq!(timers.take_due(Mono::from_nanos(4)), Some('b'));
        assert_eq!(timers.take_due(Mono::from_nanos(9)), None);
        timers.set('a', at(7));
        timers.set('a', None);
        assert_eq!(timers.deadline(), None);
    }
}
