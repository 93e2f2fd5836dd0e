//! Every command on the pages is run as it is written, or it is said why not.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use ledger::{CallEnd, Entry, Fact, Person, Record, Withheld};
use model::{
    AgentName, AttemptId, CallId, E164, LanguageTag, LineName, PersonId, QueueName, RequestId, Seq,
    TrunkName, Wall,
};
use server::journal::Journal;

use crate::engine::{Engine, agent_is_busy, free_network, readme_on, socket};
use crate::pages::{pages, repository};

/// Run beside an engine with three requests, cb-2 and cb-3 uncertain: what it must print.
const BESIDE_AN_ENGINE: &[(&str, &str)] = &[
    ("rappel status", "rappel.journal can be written"),
    ("rappel --json status", "\"journal_down\":null"),
    ("rappel doctor", "0 bad"),
    ("rappel events tail --since 0 --count 3", "engine_started"),
    ("rappel prompts list", "en/menu"),
    ("rappel agent list", "AGENT  STATUS  STATE"),
    ("rappel agent status anna away", "anna is away"),
    ("rappel agent status anna online", "anna is online"),
    ("rappel agent status anna offline", "anna is offline"),
    ("rappel queue show", "QUEUE"),
    ("rappel availability", "now    yes"),
    ("rappel slots", "there is no slot"),
    ("rappel callback create +33612345678", "cb-4 waits at place 4"),
    ("rappel callback list --origin agent", "nobody waits for a callback"),
    ("rappel callback list", "PLACE  ID    NUMBER"),
    ("rappel callback list --all", "uncertain"),
    ("rappel callback show cb-1", "callback_requested"),
    ("rappel callback show cb-2", "rappel callback resolve cb-2 --as not-reached"),
    ("rappel explain callback cb-1", "cb-1 was promised, by call"),
    ("rappel explain no-offer call-1.1", "3 waited, and more than 5 must"),
    ("rappel explain order cb-1 cb-2", "cb-1 stands before cb-2 in support"),
    ("rappel callback resolve cb-2 --as reached", "cb-2"),
    ("rappel callback resolve cb-3 --as not-reached", "cb-3"),
    ("rappel callback registering off --queue support", "registering is off for queue support"),
    ("rappel callback registering on --queue support", "registering is on for queue support"),
    ("rappel callback processing off --all", "processing is off for the whole engine"),
    ("rappel callback processing on --all", "processing is on for the whole engine"),
    ("rappel calls list", "ID"),
    ("rappel calls ladder", "Rappel"),
    ("rappel calls ladder cb-1", "Rappel"),
    ("rappel callback cancel cb-1", "cb-1"),
    ("rappel config show", "rappel.toml:"),
    ("rappel config schema", "json-schema.org"),
    ("rappel config plan", "no key is written otherwise"),
    ("rappel reload", "the settings are in force"),
];

/// Run in an empty directory, in this order.
const ALONE: &[(&str, &str)] = &[
    ("rappel config example > rappel.toml", ""),
    ("rappel config check rappel.toml", "rappel.toml can be served"),
    ("rappel flow show >> rappel.toml", ""),
    ("rappel config check rappel.toml", "rappel.toml can be served"),
    ("rappel completions bash > rappel.bash", ""),
    ("rappel man --into man1", ""),
    ("rappel number explain 0033612345678", "verdict  called"),
    ("rappel number explain 0033612345678 --line support --json", "\"called\":true"),
];

/// Run at the root of the repository.
const AT_THE_ROOT: &[(&str, &str)] = &[
    ("rappel prompts check", "the bundled prompts: every prompt can be played"),
    ("rappel prompts check prompts", "prompts: every prompt can be played"),
    ("rappel simulate days/monday.toml", "occupancy of agents, percent"),
    (
        "rappel simulate days/monday.toml --compare days/monday-with-five.toml",
        "days/monday-with-five.toml",
    ),
    ("rappel simulate --seed 0x1f", "callbacks asked for"),
    ("rappel simulate --soak 2", "simulated hours per second"),
    ("rappel conformance --row Z13", "1 passed, 0 failed"),
];

/// Not run here, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "rappel callback create 0033698765432 --at 2026-11-23T10:00+01:00 --origin agent --owner anna",
        "a time that is past one day; the same without one is run above",
    ),
    ("rappel conformance --profile zendesk", "fails as long as a row has no story"),
    ("cargo demo", "stays up; what it does is run as rappel demo --fast"),
    ("rappel demo --fast", "tests/demo.rs runs it"),
    ("rappel demo --fast --kill", "tests/demo.rs runs it"),
    ("rappel replay", "needs a journal with a reel; tests/replay.rs runs it"),
    ("rappel replay --compare other.toml", "as above"),
    ("cargo verify", "runs this test"),
    ("cargo install --path crates/rappel", "builds all in release; the binary under test is built"),
    ("cargo xtask scenario", "cargo verify runs it"),
    ("cargo xtask scenario 02", "a part of what cargo verify runs"),
    ("cargo xtask scenario 02-option-1-this-number", "a part of what cargo verify runs"),
    (
        "RAPPEL_PROGRAM=target/release/rappel cargo xtask scenario",
        "what cargo verify runs, on a binary that is not built",
    ),
    ("cargo xtask listen", "needs baresip, a program of others"),
    ("cargo xtask interop", "needs the programs of others; what it needs of ours is run above"),
    ("cargo xtask captures", "cargo verify makes and plays the same captures"),
    ("cargo xtask bless sip", "changes what tests expect"),
    ("cargo xtask tidy", "cargo verify runs it"),
    ("cargo xtask kills --count 60", "cargo verify runs it with fewer"),
    ("cargo test -p sim", "cargo verify runs it"),
    ("cargo test -p queue --test days", "cargo verify runs it"),
    ("git diff", "not ours"),
    ("rappel serve", "the laboratory takes port 5060, which may be in use"),
    ("rappel serve --config rappel.toml", "the engine beside which the others are run"),
    ("sox yours.wav -r 8000 -c 1 -b 16 en/menu.wav", "needs sox and somebody's recording"),
    ("prompts/build en", "needs sox and a voice, and writes files of the repository"),
];

/// The commands of all `sh` blocks, without comments.
fn shown() -> BTreeSet<String> {
    let pages = pages();
    let blocks = pages.iter().flat_map(|page| page.blocks());
    let texts = blocks.filter(|block| block.language == "sh").map(|block| block.text);
    let lines: Vec<String> =
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let command = |line: &String| line.split("  #").next().unwrap_or(line).trim().to_owned();
    lines.iter().map(command).filter(|line| !line.is_empty()).collect()
}

/// Runs a line by the shell, with the binary under test as `rappel`.
fn run(line: &str, directory: &Path) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_rappel"));
    let folder = binary.parent().expect("a folder").display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(directory).env("PATH", path);
    command.output().expect("the shell runs")
}

fn run_all(list: &[(&str, &str)], directory: &Path) {
    for (line, expected) in list {
        let output = run(line, directory);
        let out = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {}\n{out}{err}", output.status);
        assert!(out.contains(expected), "{line}: {expected:?} is not in\n{out}{err}");
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the year 300 million")
}

/// A journal with three promises; two of them were being dialled when the engine died.
fn write_journal(path: &Path) {
    let at = Wall::from_unix_millis(now() - 60_000);
    let expires = Wall::from_unix_millis(now() + 3_600_000);
    let call = CallId(4_294_967_297);
    let (line, queue) = (LineName::from("main"), QueueName::from("support"));
    let why = Withheld::NoOverflow {
        waiting: 3,
        waiting_over: Some(5),
        wait_secs: None,
        wait_over_secs: None,
    };
    let mut records = vec![
        (Fact::EngineStarted { epoch: 1 }, None),
        (Fact::CallArrived { call, line, queue, needs: Vec::new(), priority: 0 }, None),
        (Fact::OfferWithheld { call, why }, None),
        (Fact::CallEnded { call, end: CallEnd::Abandoned }, None),
    ];
    for id in 1..=3 {
        let person = PersonId(id);
        let number = E164::parse(&format!("+3361234567{id}")).expect("a number");
        let fact = Fact::CallbackRequested {
            request: RequestId(id),
            call: None,
            queue: QueueName::from("support"),
            line: LineName::from("main"),
            person,
            arrived: at,
            expires,
            language: LanguageTag::from("en"),
            terms: Box::default(),
        };
        records.push((fact, Some(Person { id: person, number, contact: None })));
    }
    for id in 2..=3 {
        let dial = Fact::DialStarted {
            attempt: AttemptId { request: RequestId(id), number: 1 },
            agent: AgentName::from("anna"),
            trunk: TrunkName::from("carrier"),
            sip_call_id: format!("dial-{id}"),
        };
        records.push((dial, None));
    }
    let (journal, _) = Journal::open(path, |_| {}).expect("a journal");
    for (seq, (fact, person)) in (1..).zip(records) {
        let entry = Entry { seq: Seq(seq), at, fact };
        journal.record(Box::new(Record { entry, person })).expect("there is room");
    }
    let unwritten = journal.close();
    assert_eq!((unwritten.kept, unwritten.lost), (0, 0));
}

#[test]
fn every_command_on_the_pages_is_run_or_excused() {
    let known = [BESIDE_AN_ENGINE, ALONE, AT_THE_ROOT, ELSEWHERE].concat();
    let known: BTreeSet<String> = known.iter().map(|(line, _)| (*line).to_owned()).collect();
    let shown = shown();
    let new: Vec<&String> = shown.difference(&known).collect();
    assert!(new.is_empty(), "run these in crates/rappel/tests/docs/commands.rs: {new:#?}");
    let gone: Vec<&String> = known.difference(&shown).collect();
    assert!(gone.is_empty(), "no page shows these any more: {gone:#?}");
}

#[test]
fn the_operators_commands_work_beside_an_engine() {
    let directory = tempfile::tempdir().expect("a directory");
    let network = free_network();
    let text = readme_on(&network);
    std::fs::write(directory.path().join("rappel.toml"), text).expect("written");
    write_journal(&directory.path().join("rappel.journal"));
    let agent = socket(&network, "3:5060");
    let engine = Engine::serve(directory.path());
    agent_is_busy(&agent, &network);
    run_all(BESIDE_AN_ENGINE, directory.path());
    engine.drains(directory.path());
    let output = run("rappel callback list --all", directory.path());
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(err.contains("the engine is stopped"), "{err}");
    assert!(out.contains("cancelled") && out.contains("completed"), "{out}");
}

#[test]
fn a_newcomers_commands_work_in_an_empty_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    run_all(ALONE, directory.path());
}

#[test]
fn the_prompts_are_checked_as_the_guide_says() {
    run_all(AT_THE_ROOT, &repository());
}
