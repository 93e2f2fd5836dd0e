//! The journal's rules as stories: what is found again, what is refused, what is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use ledger::{CallEnd, OfferEnd, Person, RequestEnd, RequestState};
use ledger::{Entry, Fact, Record};
use model::{CallId, E164, OfferId, PersonId, RequestId, Seq, Wall};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

fn record(seq: u64, fact: Fact) -> Record {
    let entry = Entry { seq: Seq(seq), at: Wall::from_unix_millis(1_000), fact };
    Record { entry, person: None }
}

/// History: a call ended.
fn call_ended(seq: u64) -> Record {
    record(seq, Fact::CallEnded { call: CallId(seq), end: CallEnd::Abandoned })
}

/// History of a request: it ended.
fn closed(seq: u64, request: u64) -> Record {
    let (request, why) = (RequestId(request), "told so".to_owned());
    record(seq, Fact::RequestClosed { request, end: RequestEnd::Cancelled, why })
}

/// A permission: a callback was asked for by a new person.
fn requested(seq: u64, request: u64) -> Record {
    let person = PersonId(request);
    let fact = Fact::CallbackRequested {
        request: RequestId(request),
        call: None,
        queue: "sales".into(),
        line: "main".into(),
        person,
        arrived: Wall::from_unix_millis(500),
        expires: Wall::from_unix_millis(9_000),
        language: "fr".into(),
        terms: Box::default(),
    };
    let number = E164::parse(&format!("+336123{request:05}")).expect("a number");
    let mut record = record(seq, fact);
    record.person = Some(Person { id: person, number, contact: None });
    record
}

fn journal_in(dir: &TempDir) -> PathBuf {
    dir.path().join("rappel.journal")
}

fn writer_at(path: &Path) -> (Writer, Receiver<Answer>) {
    let (said, answers) = channel();
    let answer = move |answer| said.send(answer).expect("the test listens");
    (Writer::new(Store::open(path).expect("opens"), Box::new(answer)), answers)
}

fn drained(answers: &Receiver<Answer>) -> Vec<Answer> {
    answers.try_iter().collect()
}

fn places(found: &Store) -> Vec<u64> {
    let all = "SELECT seq, at, json FROM facts WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let entries = found.facts(all, [0, 10_000]).expect("reads");
    entries.iter().map(|entry| entry.seq.0).collect()
}

#[test]
fn what_was_recorded_is_found_again() {
    let dir = TempDir::new().expect("a directory");
    let (said, answers) = channel();
    let answer = move |answer| said.send(answer).expect("the test listens");
    let (journal, found) = Journal::open(&journal_in(&dir), answer).expect("opens");
    assert_eq!(found.fold.recovered().next_seq, 1);
    for seq in 1..=2_500 {
        journal
            .record(Box::new(if seq == 7 { requested(7, 3) } else { call_ended(seq) }))
            .expect("room");
    }
    while answers.recv().expect("the writer lives") != Answer::Recorded(Seq(2_500)) {}
    assert_eq!(journal.close(), Unwritten::default());

    let found = read_only(&journal_in(&dir)).expect("reads");
    let recovered = found.fold.recovered();
    assert_eq!((recovered.next_seq, recovered.next_request, recovered.next_person), (2_501, 4, 4));
    assert_eq!(recovered.open[0].state, RequestState::Waiting { due: None });
    let person = &found.people[&PersonId(3)];
    assert_eq!(person.number.reveal(), "+33612300003");
}

#[test]
fn the_journal_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().expect("a directory");
    let (mut writer, _answers) = writer_at(&journal_in(&dir));
    writer.write(vec![requested(1, 1)]);
    let files: Vec<_> = fs::read_dir(dir.path()).expect("lists").collect();
    assert!(files.len() >= 3, "the journal, its log, its lock");
    for file in files {
        let file = file.expect("an entry");
        let mode = file.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
}

#[test]
fn the_end_of_an_offer_is_filed_under_its_request() {
    let dir = TempDir::new().expect("a directory");
    let (mut writer, answers) = writer_at(&journal_in(&dir));
    let offered = Fact::Offered {
        offer: OfferId(4),
        agent: "ann".into(),
        request: Some(RequestId(1)),
        call: None,
        because: Box::default(),
    };
    let ended = Fact::OfferEnded { offer: OfferId(4), end: OfferEnd::Declined };
    writer.write(vec![requested(1, 1), call_ended(2), record(3, offered), record(4, ended)]);
    assert_eq!(drained(&answers), [Answer::Recorded(Seq(4))]);
    let entries = history(&journal_in(&dir), RequestId(1)).expect("reads");
    assert_eq!(entries.iter().map(|e| e.seq.0).collect::<Vec<_>>(), [1, 3, 4]);
}

#[test]
fn offers_that_never_end_do_not_pile_up() {
    let dir = TempDir::new().expect("a directory");
    let mut store = Store::open(&journal_in(&dir)).expect("opens");
    let offers: Vec<Record> = (1..=OFFERS_OPEN_MAX as u64 + 5)
        .map(|n| {
            let (offer, request) = (OfferId(n), Some(RequestId(1)));
            record(
                n,
                Fact::Offered {
                    offer,
                    agent: "ann".into(),
                    request,
                    call: None,
                    because: Box::default(),
                },
            )
        })
        .collect();
    store.append(offers.iter()).expect("writes");
    assert_eq!(store.offers_open(), OFFERS_OPEN_MAX);
}

#[test]
fn a_second_engine_is_turned_away_and_a_reader_is_not() {
    let dir = TempDir::new().expect("a directory");
    let path = journal_in(&dir);
    let (mut writer, _answers) = writer_at(&path);
    writer.write(vec![requested(1, 1)]);
    let refused = Store::open(&path).expect_err("in use").to_string();
    let holder = format!("in use by another engine (process {})", std::process::id());
    assert!(refused.contains(&holder), "{refused}");
    assert_eq!(read_only(&path).expect("reads").people.len(), 1);
    drop(writer);
    Store::open(&path).expect("free again");
}

#[test]
fn a_torn_log_loses_only_its_tail() {
    let dir = TempDir::new().expect("a directory");
    let path = journal_in(&dir);
    let (mut writer, _answers) = writer_at(&path);
    (1..=12).for_each(|seq| writer.write(vec![requested(seq, seq)]));
    let (file, log) = (fs::read(&path).expect("reads"), fs::read(with(&path, "-wal")));
    let log = log.expect("reads");
    let mut seen = 0;
    for length in (0..=log.len()).step_by(1_237).chain([log.len()]) {
        let torn = TempDir::new().expect("a directory");
        let path = journal_in(&torn);
        fs::write(&path, &file).expect("writes");
        fs::write(with(&path, "-wal"), &log[..length]).expect("writes");
        let store = Store::open(&path).expect("opens");
        let found = store.found().expect("reads");
        let count = found.fold.requests.len();
        assert!(count >= seen, "a longer log holds no less");
        assert_eq!(places(&store), (1..=count as u64).collect::<Vec<_>>(), "a prefix, no holes");
        assert_eq!(found.people.len(), count, "each request with its person");
        seen = count;
    }
    assert_eq!(seen, 12, "the whole log holds everything");
}

#[test]
fn a_full_disk_refuses_permissions_and_keeps_history() {
    let dir = TempDir::new().expect("a directory");
    let path = journal_in(&dir);
    let (mut writer, answers) = writer_at(&path);
    writer.write(vec![requested(1, 1)]);
    allow_pages(&writer, 1);
    let wide = |seq| {
        let mut record = closed(seq, 1);
        if let Fact::RequestClosed { why, .. } = &mut record.entry.fact {
            *why = "x".repeat(50_000);
        }
        record
    };
    writer.write(vec![wide(2), requested(3, 3), call_ended(4)]);
    writer.write(vec![requested(5, 5), call_ended(6)]);
    writer.retry();
    let said = drained(&answers);
    let Answer::Down { why } = &said[1] else { panic!("{said:?}") };
    assert!(why.contains("is full; free some room"), "{why}");
    let refused = [Answer::NotRecorded(Seq(3)), Answer::NotRecorded(Seq(5))];
    assert_eq!(said[0], Answer::Recorded(Seq(1)));
    assert_eq!(said[2..], refused, "said once, though it was tried again");
    assert_eq!(places(&writer.store), [1], "all of a batch or nothing");

    allow_pages(&writer, 100_000);
    writer.retry();
    writer.write(vec![requested(7, 7)]);
    let said = drained(&answers);
    assert_eq!(said, [Answer::Recorded(Seq(6)), Answer::Up, Answer::Recorded(Seq(7))]);
    assert_eq!(places(&writer.store), [1, 2, 4, 6, 7]);
    assert_eq!(writer.unwritten(), (0, 0));
}

#[test]
fn a_full_disk_with_nothing_kept_comes_up_when_there_is_room() {
    let dir = TempDir::new().expect("a directory");
    let (mut writer, answers) = writer_at(&journal_in(&dir));
    allow_pages(&writer, 1);
    writer.write((1..=200).map(|seq| requested(seq, seq)).collect());
    assert!(matches!(drained(&answers)[0], Answer::Down { .. }));
    writer.retry();
    assert!(writer.is_down(), "still no room");
    allow_pages(&writer, 100_000);
    writer.retry();
    assert_eq!(drained(&answers), [Answer::Up]);
}

#[test]
fn the_thread_tries_again_by_itself() {
    let dir = TempDir::new().expect("a directory");
    let path = journal_in(&dir);
    let (said, answers) = channel();
    let answer = move |answer| said.send(answer).expect("the test listens");
    let (journal, _) = Journal::open(&path, answer).expect("opens");
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("holds the journal");
    journal.record(Box::new(requested(1, 1))).expect("room");
    let Ok(Answer::Down { why }) = answers.recv() else { panic!("down comes first") };
    assert!(why.contains("another program holds the journal"), "{why}");
    assert_eq!(answers.recv(), Ok(Answer::NotRecorded(Seq(1))));
    journal.record(Box::new(call_ended(2))).expect("room");
    journal.record(Box::new(requested(3, 3))).expect("room");
    assert_eq!(answers.recv(), Ok(Answer::NotRecorded(Seq(3))));
    other.execute_batch("ROLLBACK").expect("lets go");
    assert_eq!(answers.recv(), Ok(Answer::Recorded(Seq(2))));
    assert_eq!(answers.recv(), Ok(Answer::Up));
    assert_eq!(journal.close(), Unwritten::default());
}

#[test]
fn history_is_tried_once_more_at_the_end() {
    let dir = TempDir::new().expect("a directory");
    let (said, answers) = channel();
    let answer = move |answer| said.send(answer).expect("the test listens");
    let (journal, _) = Journal::open(&journal_in(&dir), answer).expect("opens");
    let other = Connection::open(journal_in(&dir)).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("holds the journal");
    journal.record(Box::new(call_ended(1))).expect("room");
    assert!(matches!(answers.recv(), Ok(Answer::Down { .. })));
    assert_eq!(journal.close(), Unwritten { kept: 1, lost: 0 });
}

#[test]
fn a_journal_that_was_moved_away_is_not_promised_on() {
    let dir = TempDir::new().expect("a directory");
    let path = journal_in(&dir);
    let (mut writer, answers) = writer_at(&path);
    fs::rename(&path, with(&path, ".old")).expect("moves");
    writer.write(vec![requested(1, 1)]);
    let said = drained(&answers);
    let Answer::Down { why } = &said[0] else { panic!("{said:?}") };
    assert!(why.contains("was moved or deleted while the engine runs"), "{why}");
    assert_eq!(said[1..], [Answer::NotRecorded(Seq(1))]);
    fs::rename(with(&path, ".old"), &path).expect("moves back");
    writer.retry();
    assert_eq!(drained(&answers), [Answer::Up]);
}

#[test]
fn a_read_only_journal_is_down_with_the_remedy() {
    let dir = TempDir::new().expect("a directory");
    let (mut writer, answers) = writer_at(&journal_in(&dir));
    let forbid = |on: bool| writer.store.connection.pragma_update(None, "query_only", on);
    forbid(true).expect("set");
    writer.write(vec![call_ended(1)]);
    let said = drained(&answers);
    let [Answer::Down { why }] = said.as_slice() else { panic!("{said:?}") };
    assert!(why.contains("is read-only; give the user of this engine the right"), "{why}");
    writer.store.connection.pragma_update(None, "query_only", false).expect("set");
    writer.retry();
    assert_eq!(drained(&answers), [Answer::Recorded(Seq(1)), Answer::Up]);
}

#[test]
fn history_beyond_the_limit_is_counted_and_that_of_requests_has_room_longest() {
    let dir = TempDir::new().expect("a directory");
    let (mut writer, _answers) = writer_at(&journal_in(&dir));
    writer.store.connection.pragma_update(None, "query_only", true).expect("set");
    let calls = (HISTORY_KEPT_MAX - HISTORY_KEPT_FOR_REQUESTS) as u64;
    writer.write((1..=calls + 3).map(call_ended).collect());
    assert_eq!(writer.unwritten(), (calls as usize, 3));
    let first = calls + 4;
    let requests = HISTORY_KEPT_FOR_REQUESTS as u64;
    writer.write((first..first + requests + 2).map(|seq| closed(seq, 1)).collect());
    assert_eq!(writer.unwritten(), (HISTORY_KEPT_MAX, 5));
    writer.store.connection.pragma_update(None, "query_only", false).expect("set");
    writer.retry();
    assert_eq!(writer.unwritten(), (0, 5));
}

#[test]
fn the_history_of_calls_is_written_together_and_a_promise_ends_its_wait() {
    let (sent, waiting) = inlet::inlet();
    for record in [call_ended(1), call_ended(2), requested(3, 1), call_ended(4)] {
        sent.push(Box::new(record)).expect("there is room");
    }
    assert_eq!(batch(&waiting), 4, "a promise takes along what waits already");
    // More than one transaction takes: the rest does not wait for company either.
    for seq in 1..=BATCH_MAX as u64 + 1 {
        sent.push(Box::new(call_ended(seq))).expect("there is room");
    }
    assert_eq!((batch(&waiting), batch(&waiting)), (BATCH_MAX, 1));
    // Nobody sends any more, and what came is written without waiting for the time to pass.
    sent.push(Box::new(call_ended(1))).expect("there is room");
    drop(sent);
    assert_eq!(batch(&waiting), 1);
    assert!(matches!(waiting.gather(None), Gathered::End));
}

fn batch(waiting: &Outlet) -> usize {
    match waiting.gather(None) {
        Gathered::Batch(batch, _) => batch.len(),
        Gathered::Nothing | Gathered::End => 0,
    }
}

#[test]
fn a_writer_that_is_gone_gives_the_record_back() {
    let (sent, waiting) = inlet::inlet();
    drop(waiting);
    assert!(sent.push(Box::new(call_ended(1))).is_err());
}

#[test]
fn only_the_comings_and_goings_of_calls_wait() {
    assert!(can_wait(&call_ended(1).entry.fact));
    assert!(!can_wait(&requested(1, 1).entry.fact));
    assert!(!can_wait(&closed(1, 1).entry.fact));
    assert!(!can_wait(&Fact::EngineStarted { epoch: 1 }));
}

#[test]
fn a_queue_that_is_full_gives_the_record_back() {
    let dir = TempDir::new().expect("a directory");
    let (release, held) = channel::<()>();
    let answer = move |_| assert!(held.recv().is_err(), "held until released");
    let (journal, _) = Journal::open(&journal_in(&dir), answer).expect("opens");
    let most = (RECORDS_QUEUED_MAX + BATCH_MAX) as u64;
    let returned = (1..=most + 1).find_map(|seq| journal.record(Box::new(call_ended(seq))).err());
    assert!(returned.is_some(), "the writer hangs, and its queue is bounded");
    drop(release);
    journal.close();
}

#[test]
fn the_same_fact_twice_is_one_and_another_in_its_place_is_refused() {
    let dir = TempDir::new().expect("a directory");
    let (mut writer, answers) = writer_at(&journal_in(&dir));
    writer.write(vec![requested(1, 1)]);
    writer.write(vec![requested(1, 1)]);
    assert_eq!(drained(&answers), [Answer::Recorded(Seq(1)), Answer::Recorded(Seq(1))]);
    writer.write(vec![requested(1, 2)]);
    let said = drained(&answers);
    let Answer::Down { why } = &said[0] else { panic!("{said:?}") };
    assert!(why.contains("place #1 of the ledger holds another fact already"), "{why}");
}

#[test]
fn what_is_not_a_journal_of_ours_is_named() {
    let dir = TempDir::new().expect("a directory");
    let refused = |name: &str| {
        let path = dir.path().join(name);
        (Store::open(&path).expect_err("refused").to_string(), path)
    };
    let foreign = dir.path().join("foreign");
    Connection::open(&foreign).and_then(|db| db.execute_batch("CREATE TABLE t (a)")).expect("made");
    assert!(refused("foreign").0.contains("database of another program"));

    let path = dir.path().join("newer");
    drop(Store::open(&path).expect("opens"));
    Connection::open(&path).and_then(|db| db.pragma_update(None, "user_version", 9)).expect("set");
    assert!(refused("newer").0.contains("has format 9, this version knows up to 1"));

    fs::write(dir.path().join("text"), "x".repeat(4_096)).expect("writes");
    assert!(refused("text").0.contains("is damaged"));

    assert!(refused("no/such/place").0.contains("make its directory first"));
    let missing = read_only(&dir.path().join("nothing")).expect_err("missing").to_string();
    assert!(missing.contains("has the engine run with this configuration yet?"), "{missing}");
}

#[test]
fn a_fact_of_a_later_version_is_named_and_not_skipped() {
    let dir = TempDir::new().expect("a directory");
    let (mut writer, _answers) = writer_at(&journal_in(&dir));
    writer.write(vec![call_ended(1)]);
    let later = "INSERT INTO facts VALUES (2, 0, NULL, '{\"fact\":\"teleported\"}')";
    writer.store.connection.execute_batch(later).expect("writes");
    drop(writer);
    let refused = Journal::open(&journal_in(&dir), |_| {}).expect_err("refused").to_string();
    assert!(refused.contains("entry 2 is not a fact that this version knows"), "{refused}");
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Pretends a disk that holds so many pages more than are in use.
fn allow_pages(writer: &Writer, more: i64) {
    let db = &writer.store.connection;
    let pages: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0)).expect("read");
    let limit = pages + more;
    db.pragma_update_and_check(None, "max_page_count", limit, |_| Ok(())).expect("set");
}
