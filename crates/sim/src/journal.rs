//! The simulated journal: it is slow, it fails, and a crash takes what was not yet synced.
//!
//! It keeps to the same word as the real one: what it called recorded survives every crash; a
//! permission that cannot be written is refused; history is kept and written later.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use engine::{Input, JournalState};
use ledger::{Entry, Fact, Fold, Person, Record, Recovered};
use model::{Entropy, Mono, PersonId, Seq};

/// How the disk behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// The shortest time to a sync.
    pub sync: Duration,
    /// Added at random, evenly.
    pub jitter: Duration,
}

impl Disk {
    /// A local disk.
    pub const FINE: Disk = Disk { sync: Duration::from_micros(500), jitter: Duration::ZERO };
    /// A disk under load, slow enough that callers hang up meanwhile.
    pub const SLOW: Disk =
        Disk { sync: Duration::from_millis(200), jitter: Duration::from_secs(3) };
}

/// See the module.
#[derive(Debug)]
pub struct Journal {
    disk: Disk,
    entropy: Entropy,
    durable: Vec<Entry>,
    people: BTreeMap<PersonId, Person>,
    /// Handed over, not yet synced, in order.
    pending: VecDeque<Record>,
    /// When the batch under way (everything pending at its start) is synced.
    batch: Option<(Mono, usize)>,
    failing: Option<String>,
    answers: VecDeque<Input>,
}

impl Journal {
    /// An empty journal.
    pub fn new(disk: Disk, entropy: Entropy) -> Journal {
        Journal {
            disk,
            entropy,
            durable: Vec::new(),
            people: BTreeMap::new(),
            pending: VecDeque::new(),
            batch: None,
            failing: None,
            answers: VecDeque::new(),
        }
    }

    /// Takes a record.
    pub fn write(&mut self, now: Mono, record: Record) {
        if self.failing.is_some() && record.entry.fact.permits() {
            self.answers.push_back(Input::NotRecorded(record.entry.seq));
            return;
        }
        self.pending.push_back(record);
        self.begin_batch(now);
    }

    fn begin_batch(&mut self, now: Mono) {
        if self.batch.is_none() && self.failing.is_none() && !self.pending.is_empty() {
            let jitter = u64::try_from(self.disk.jitter.as_nanos()).unwrap_or(u64::MAX);
            let late = Duration::from_nanos(self.entropy.below(jitter.saturating_add(1)));
            self.batch = Some((now + self.disk.sync + late, self.pending.len()));
        }
    }

    /// When the batch under way is synced.
    pub fn next_at(&self) -> Option<Mono> {
        self.batch.map(|(at, _)| at)
    }

    /// Syncs what is due. The facts are durable from here on, whether or not the engine ever hears
    /// of it.
    pub fn handle_timeout(&mut self, now: Mono) -> Vec<Fact> {
        let Some((at, count)) = self.batch else { return Vec::new() };
        if at > now {
            return Vec::new();
        }
        self.batch = None;
        let mut synced = Vec::new();
        for record in self.pending.drain(..count) {
            self.answers.retain(|answer| !matches!(answer, Input::Recorded(_)));
            self.answers.push_back(Input::Recorded(record.entry.seq));
            self.people.extend(record.person.map(|person| (person.id, person)));
            synced.push(record.entry.fact.clone());
            self.durable.push(record.entry);
        }
        self.begin_batch(now);
        synced
    }

    /// What the engine is to be told next.
    pub fn answer(&mut self) -> Option<Input> {
        self.answers.pop_front()
    }

    /// From now on nothing can be written: permissions under way are refused, history is kept.
    pub fn fail(&mut self, why: &str) {
        self.failing = Some(why.to_owned());
        self.batch = None;
        let (refused, kept): (VecDeque<_>, VecDeque<_>) =
            self.pending.drain(..).partition(|record| record.entry.fact.permits());
        self.pending = kept;
        for record in refused {
            self.answers.push_back(Input::NotRecorded(record.entry.seq));
        }
        self.answers.push_back(Input::Journal(JournalState::Down { why: why.to_owned() }));
    }

    /// Writing works again.
    pub fn mend(&mut self, now: Mono) {
        if self.failing.take().is_some() {
            self.answers.push_back(Input::Journal(JournalState::Up));
            self.begin_batch(now);
        }
    }

    /// The machine dies: what was not synced is gone. With `torn`, a prefix of the batch under way
    /// had reached the disk after all; no transaction is ever half written, so each record is
    /// whole.
    /// Gives back what reached the disk unheard.
    pub fn crash(&mut self, torn: bool) -> Vec<Fact> {
        let mut synced = Vec::new();
        if torn && let Some((_, count)) = self.batch {
            let kept = self.entropy.below(count as u64 + 1);
            for record in self.pending.drain(..usize::try_from(kept).unwrap_or(0)) {
                self.people.extend(record.person.map(|person| (person.id, person)));
                synced.push(record.entry.fact.clone());
                self.durable.push(record.entry);
            }
        }
        self.pending.clear();
        self.answers.clear();
        self.batch = None;
        self.failing = None;
        synced
    }

    /// What a restarted engine is told.
    pub fn recover(&self) -> (Recovered, BTreeMap<PersonId, Person>) {
        (self.fold().recovered(), self.people.clone())
    }

    /// What follows from the durable facts.
    pub fn fold(&self) -> Fold {
        let mut fold = Fold::default();
        for entry in &self.durable {
            fold.apply(entry);
        }
        fold
    }

    /// Every durable fact, in order.
    pub fn durable(&self) -> &[Entry] {
        &self.durable
    }

    /// The erasable table.
    pub fn people(&self) -> &BTreeMap<PersonId, Person> {
        &self.people
    }

    /// True when everything handed over is durable.
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.answers.is_empty()
    }

    /// The last place that is durable.
    pub fn last_seq(&self) -> Option<Seq> {
        self.durable.last().map(|entry| entry.seq)
    }
}

#[cfg(test)]
mod tests {
    use model::Wall;

    use super::*;

    fn record(seq: u64) -> Record {
        let fact = Fact::EngineStarted { epoch: 1 };
        Record { entry: Entry { seq: Seq(seq), at: Wall::default(), fact }, person: None }
    }

    #[test]
    fn what_was_called_recorded_survives_and_the_rest_does_not() {
        let mut journal = Journal::new(Disk::FINE, Entropy::from_u64(1));
        let later = Mono::ZERO + Disk::FINE.sync;
        journal.write(Mono::ZERO, record(1));
        journal.write(Mono::ZERO, record(2));
        journal.handle_timeout(later);
        assert_eq!(journal.answer(), Some(Input::Recorded(Seq(1))));
        assert_eq!(journal.answer(), None, "the second came after the batch had begun");
        journal.crash(false);
        assert_eq!(journal.last_seq(), Some(Seq(1)));
    }
}
