//! The outbox as stories: what is to be told is written with the fact, and crossed out once.

use ledger::{Entry, Fact, Record, RequestEnd};
use model::{RequestId, Seq, Wall};
use tempfile::TempDir;

use super::inlet::{Gathered, inlet};
use super::store::Store;
use super::*;

fn closed(seq: u64) -> Record {
    let (request, why) = (RequestId(seq), "told so".to_owned());
    let fact = Fact::RequestClosed { request, end: RequestEnd::Cancelled, why };
    let entry = Entry { seq: Seq(seq), at: Wall::from_unix_millis(1_000), fact };
    Record { entry, person: None }
}

fn started(seq: u64) -> Record {
    let fact = Fact::EngineStarted { epoch: 1 };
    let entry = Entry { seq: Seq(seq), at: Wall::from_unix_millis(900), fact };
    Record { entry, person: None }
}

fn hook(name: &str) -> Hook {
    Hook { name: name.to_owned(), facts: vec!["request_closed"] }
}

fn waiting(store: &Store, name: &str) -> Vec<(u64, u32, i64)> {
    let pending = store.pending(name, Seq(0)).expect("reads");
    pending.iter().map(|it| (it.seq.0, it.attempts, it.due.as_unix_millis())).collect()
}

#[test]
fn an_outcome_and_what_is_told_of_it_are_written_together() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("journal");
    let mut store = Store::open_with(&path, vec![hook("crm"), hook("wall")]).expect("opens");
    store.append([started(1), closed(2), closed(3)].iter()).expect("writes");
    assert_eq!(waiting(&store, "crm"), [(2, 0, 1_000), (3, 0, 1_000)]);
    assert_eq!(waiting(&store, "wall"), waiting(&store, "crm"));
    // The place of the second is taken by another fact: nothing of this batch is written.
    store.append([closed(4), started(2)].iter()).expect_err("refused");
    assert_eq!(waiting(&store, "crm").len(), 2);
    store.append([closed(4), closed(4)].iter()).expect("the same again is no error");
    assert_eq!(waiting(&store, "crm").len(), 3);
}

#[test]
fn what_was_taken_is_crossed_out_and_what_was_not_is_told_later() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("journal");
    let mut store = Store::open_with(&path, vec![hook("crm"), hook("wall")]).expect("opens");
    let later = Pending { seq: Seq(2), attempts: 1, due: Wall::from_unix_millis(6_000) };
    let of = |seq, again| Receipt { hook: "crm".to_owned(), seq: Seq(seq), again };
    let receipts = [of(1, None), of(2, Some(later))];
    store.append([closed(1), closed(2)].iter()).expect("writes");
    store.append_with([].iter(), &receipts).expect("writes");
    assert_eq!(waiting(&store, "crm"), [(2, 1, 6_000)]);
    assert_eq!(waiting(&store, "wall").len(), 2, "another has its own");
    drop(store);
    let again = Store::open_with(&path, vec![hook("crm")]).expect("opens");
    assert_eq!(waiting(&again, "crm"), [(2, 1, 6_000)], "a restart goes on where it was");
    assert_eq!(waiting(&again, "wall"), [], "nobody is called so any more");
}

#[test]
fn the_oldest_makes_room_for_what_nobody_takes() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("journal");
    let mut store = Store::open_with(&path, vec![hook("crm")]).expect("opens");
    for from in (0..OUTBOX_MAX).step_by(10_000) {
        let batch: Vec<Record> = (from + 1..=from + 10_000).map(closed).collect();
        store.append(batch.iter()).expect("writes");
    }
    assert_eq!(waiting(&store, "crm")[0].0, 1);
    store.append([closed(OUTBOX_MAX + 1), closed(OUTBOX_MAX + 2)].iter()).expect("writes");
    assert_eq!(waiting(&store, "crm")[0].0, 3);
    let last = store.pending("crm", Seq(OUTBOX_MAX)).expect("reads");
    assert_eq!(last.len(), 2);
}

#[test]
fn receipts_that_find_no_room_are_dropped() {
    let (records, waiting) = inlet();
    for seq in 0..RECEIPTS_QUEUED_MAX as u64 + 5 {
        records.receipts().push(Receipt { hook: "crm".to_owned(), seq: Seq(seq), again: None });
    }
    let Gathered::Batch(batch, receipts) = waiting.gather(None) else { panic!("a batch") };
    assert_eq!((batch.len(), receipts.len()), (0, RECEIPTS_QUEUED_MAX));
}
