//! What the journal costs: `cargo xtask bench journal`.
//!
//! The journal of the real roof, on the disk that holds the present folder: durable accepts a
//! second (each a request with its person; so many are on their way at once), and what a restart
//! over so many pending requests takes until its first offer.
#![allow(clippy::disallowed_types, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_methods, reason = "it measures the machine and is no part of it")]
#![allow(clippy::disallowed_macros, reason = "it prints figures")]

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ledger::{Entry, Fact, Person, Record};
use model::{
    AgentName, E164, Entropy, LineName, Mono, Now, PersonId, QueueName, RequestId, Seq, TrunkName,
    Wall,
};
use queue::{AgentSettings, Event, LineSettings, QueueSettings, Queues, Settings};
use rustix::time::{ClockId, clock_gettime};
use server::journal::{Answer, Journal};

const ACCEPTS: u64 = 50_000;
const START: i64 = 1_795_255_200_000;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder beside the program");
    println!("{:>8} {:>18}", "at once", "durable accepts/s");
    for window in [1, 16, 100, 1_000] {
        let path = folder.path().join(format!("accepts-{window}.journal"));
        let accepts = if window == 1 { 2_000 } else { ACCEPTS };
        let took = fill(&path, accepts, window);
        let rate = accepts * 1_000_000 / u64::try_from(took.as_micros()).expect("not that long");
        println!("{window:8} {rate:18}");
    }
    println!();
    println!("{:>9} {:>9} {:>9} {:>9} {:>9}", "pending", "read", "recover", "in all", "processor");
    for pending in [10_000, 100_000, 1_000_000] {
        let path = folder.path().join(format!("pending-{pending}.journal"));
        fill(&path, pending, 1_000);
        let worked = processor();
        let [read, recover] = restart(&path, pending);
        let times = [read, recover, read + recover, processor() - worked];
        let [read, recover, whole, worked] = times.map(|time| time.as_millis());
        println!("{pending:9} {read:9} {recover:9} {whole:9} {worked:9}  ms");
    }
}

/// Makes requests durable, at most `window` of them on their way at once. What that took.
fn fill(path: &Path, requests: u64, window: u64) -> Duration {
    let (tell, told) = channel();
    let (journal, _) = Journal::open(path, move |answer| {
        let _ = tell.send(answer);
    })
    .expect("a new journal");
    let begin = Instant::now();
    let mut durable = 0;
    for seq in 1..=requests {
        journal.record(Box::new(accept(seq))).expect("there is room");
        while seq - durable >= window {
            durable = recorded(&told);
        }
    }
    while durable < requests {
        durable = recorded(&told);
    }
    let took = begin.elapsed();
    let unwritten = journal.close();
    assert_eq!(unwritten.kept, 0, "everything was written");
    took
}

fn recorded(told: &Receiver<Answer>) -> u64 {
    match told.recv().expect("the journal lives") {
        Answer::Recorded(seq) => seq.0,
        other => panic!("the disk cannot take it: {other:?}"),
    }
}

/// Opens a journal of so many pending requests, and lets a queue over it make its first offer.
fn restart(path: &Path, pending: u64) -> [Duration; 2] {
    let begin = Instant::now();
    let (journal, found) = Journal::open(path, |_| {}).expect("the journal that was written");
    let read = begin.elapsed();
    let begin = Instant::now();
    let now = Now { mono: Mono::from_nanos(0), wall: Wall::from_unix_millis(START + 60_000) };
    let recovered = found.fold.recovered();
    assert_eq!(recovered.open.len() as u64, pending, "every request is there");
    let entropy = Entropy::from_u64(1);
    let mut queues = Queues::new(settings(), &recovered, &found.people, entropy, now);
    let offered = std::iter::from_fn(|| queues.poll()).find_map(|event| match event {
        Event::Offer { work, .. } => Some(work),
        _ => None,
    });
    assert!(offered.is_some(), "the agent is offered the head");
    let recover = begin.elapsed();
    journal.close();
    [read, recover]
}

/// What this thread has used of a processor.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("since the start of the thread");
    Duration::new(seconds, u32::try_from(time.tv_nsec).expect("below a second"))
}

fn accept(seq: u64) -> Record {
    let at = Wall::from_unix_millis(START + i64::try_from(seq).expect("a million at most"));
    let fact = Fact::CallbackRequested {
        request: RequestId(seq),
        call: None,
        queue: "desk".into(),
        line: "main".into(),
        person: PersonId(seq),
        arrived: at,
        expires: at + Duration::from_secs(72 * 3_600),
        language: "en".into(),
        terms: Box::default(),
    };
    let number = E164::parse(&format!("+336{seq:08}")).expect("a number");
    let person = Some(Person { id: PersonId(seq), number, contact: None });
    Record { entry: Entry { seq: Seq(seq), at, fact }, person }
}

fn settings() -> Settings {
    let desk = QueueName::from("desk");
    let queue = QueueSettings {
        request_ttl: Duration::from_secs(72 * 3_600),
        attempts_total: 3,
        retry_delay: Duration::from_secs(300),
        decline_pause: Duration::from_secs(60),
        ..QueueSettings::default()
    };
    let line = LineSettings {
        queue: desk.clone(),
        trunk: TrunkName::from("carrier"),
        calls_back: true,
        has_fallback: false,
        callback_queue: None,
        routing: queue::Routing::default(),
        screening: Default::default(),
        home: None,
    };
    let agent = AgentSettings {
        queues: vec![desk.clone()],
        wrap_up: Duration::ZERO,
        online_at_start: true,
        reachable_at_start: true,
        ..queue::AgentSettings::default()
    };
    Settings {
        queues: [(desk, queue)].into(),
        lines: [(LineName::from("main"), line)].into(),
        agents: [(AgentName::from("ann"), agent)].into(),
        entries_max: 2_000_000,
        rooms: [].into(),
        own_numbers: [].into(),
        caps: Default::default(),
        off: Default::default(),
        offers_of_lines: Default::default(),
    }
}
