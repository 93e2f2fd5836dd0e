//! An operator's reply is never given before it is true on the disk, and waiting replies have a
//! limit.

use std::collections::BTreeMap;

use engine::{Command, Engine, Input, JournalState, Output, Start};
use ledger::{Entry, Fact, Fold, Person};
use model::{E164, Entropy, Mono, Now, PersonId, RequestId, Seq, Wall};
use sim::lab;

const HELD: u64 = 256;
const NOW: Now = Now { mono: Mono::ZERO, wall: Wall::from_unix_millis(1_795_251_600_000) };

/// An engine that found `open` requests in its journal.
fn engine(open: u64) -> Engine {
    let (mut fold, mut people) = (Fold::default(), BTreeMap::new());
    for n in 1..=open {
        let id = PersonId(n);
        let number = E164::parse(&format!("+336{n:08}")).expect("a number");
        people.insert(id, Person { id, number, contact: None });
        let fact = Fact::CallbackRequested {
            request: RequestId(n),
            call: None,
            queue: "support".into(),
            line: "main".into(),
            person: id,
            arrived: NOW.wall,
            expires: Wall::from_unix_millis(1_795_351_600_000),
            language: "en".into(),
            terms: Box::default(),
        };
        fold.apply(&Entry { seq: Seq(n), at: NOW.wall, fact });
    }
    let (recovered, entropy, clips) = (fold.recovered(), Entropy::from_u64(1), lab::clips());
    Engine::new(lab::settings(1), Start { recovered, people, entropy, clips, reel: false }, NOW)
}

/// The replies since the last look, and the last place that was handed to the journal.
fn replies(engine: &mut Engine) -> (Vec<String>, Seq) {
    let (mut replies, mut last) = (Vec::new(), Seq(0));
    while let Some(output) = engine.poll() {
        match output {
            Output::Reply { result, .. } => replies.push(result.expect("done").what),
            Output::Record(record) => last = record.entry.seq,
            Output::Datagram { .. }
            | Output::Ask(_)
            | Output::Media(_)
            | Output::Recorder(_)
            | Output::Status(_) => {}
        }
    }
    (replies, last)
}

fn cancel(engine: &mut Engine, n: u64) {
    let command = Command::Cancel { request: RequestId(n) };
    engine.handle(NOW, Input::Operator { ticket: n, command });
}

#[test]
fn a_cancelled_request_is_confirmed_when_its_end_is_durable() {
    let mut engine = engine(1);
    cancel(&mut engine, 1);
    let (said, place) = replies(&mut engine);
    assert_eq!(said, [""; 0]);
    engine.handle(NOW, Input::Recorded(Seq(place.0 - 1)));
    assert_eq!(replies(&mut engine).0, [""; 0], "an earlier fact is not enough");
    engine.handle(NOW, Input::Recorded(place));
    assert_eq!(replies(&mut engine).0, ["cb-1 is cancelled"]);
}

#[test]
fn a_journal_that_fails_meanwhile_is_told_to_those_who_wait() {
    let mut engine = engine(1);
    cancel(&mut engine, 1);
    let why = "the disk is full".to_owned();
    engine.handle(NOW, Input::Journal(JournalState::Down { why }));
    let (said, place) = replies(&mut engine);
    assert!(said[0].contains("NOT yet written (the journal cannot be written"), "{said:?}");
    engine.handle(NOW, Input::Recorded(place));
    assert_eq!(replies(&mut engine).0, [""; 0], "each is answered once");
}

#[test]
fn one_reply_more_than_can_wait_is_given_at_once() {
    let mut engine = engine(HELD + 1);
    (1..=HELD).for_each(|n| cancel(&mut engine, n));
    assert_eq!(replies(&mut engine).0, [""; 0]);
    cancel(&mut engine, HELD + 1);
    let (said, _) = replies(&mut engine);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("NOT yet written (the journal is behind)"), "{said:?}");
}
