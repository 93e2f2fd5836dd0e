//! SIGTERM lets the calls end; a second one does not. A process of its own, for signals reach all
//! of it.

#[allow(dead_code, reason = "only the roof's own tests speak TCP")]
#[path = "roof/caller.rs"]
mod caller;
#[path = "roof/settings.rs"]
mod settings;
#[path = "roof/told.rs"]
mod told;

use std::io::IsTerminal;
use std::path::Path;

use engine::Status;
use rustix::process::{Signal, getpid, kill_process};
use server::control::{Request, Response, StatusView, ask};
use server::{Roof, Running, Told, journal, serve};
use tempfile::TempDir;
use tokio::sync::mpsc;

use caller::Caller;

/// Puts a roof up over `dir`, with a caller who is in a call.
fn with_a_call(dir: &Path) -> (Running, mpsc::Receiver<Told>, Caller) {
    let (observer, mut told) = mpsc::channel(10_000);
    let roof = Roof {
        listen: vec![server::Bind::at("127.0.0.1:0".parse().expect("an address"))],
        tls_peers: vec![],
        dns: vec![],
        recordings: None,
        media_threads: None,
        journal: dir.join("journal"),
        reel: None,
        hooks: vec![],
        control: Some(dir.join("control")),
        catalog: settings::catalog(),
        prompts: None,
        settings: None,
        signals: true,
        observer: Some(observer),
    };
    let nobody = "127.0.0.1:9".parse().expect("an address");
    let running = serve(settings::settings(nobody), roof).expect("the roof is put up");
    let mut caller = Caller::new(running.sip());
    caller.calls();
    told::until_greeted(&mut told);
    (running, told, caller)
}

fn status(dir: &Path) -> StatusView {
    match ask(&dir.join("control"), &Request::Status) {
        Ok(Response::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_signal_waits_for_the_calls_and_the_second_cuts_them() {
    let dir = TempDir::new().expect("a directory");
    let (running, mut told, mut caller) = with_a_call(dir.path());
    // The test's standard error is no terminal where tests are run by a machine; where it is one,
    // the hang-up would drain as the next signal does.
    if !std::io::stderr().is_terminal() {
        kill_process(getpid(), Signal::HUP).expect("sent");
        caller.presses(9);
        let key = |status: &Status| matches!(status, Status::Pressed { .. }).then_some(());
        told::until(&mut told, key);
        assert!(!status(dir.path()).draining, "a hang-up ends nothing");
    }
    kill_process(getpid(), Signal::TERM).expect("sent");
    while !status(dir.path()).draining {}
    assert_eq!(status(dir.path()).calls, 1, "the call goes on");
    [2, 1, 1].into_iter().for_each(|key| caller.presses(key));
    caller.answers_bye();
    assert_eq!(running.wait(), Ok(journal::Unwritten::default()), "its end is the engine's");
    let found = journal::read_only(&dir.path().join("journal")).expect("reads");
    assert_eq!(found.fold.requests.len(), 1, "what was promised is written");

    let (running, mut told, mut caller) = with_a_call(dir.path());
    kill_process(getpid(), Signal::TERM).expect("sent");
    while !status(dir.path()).draining {}
    caller.presses(2);
    told::until(&mut told, |status| matches!(status, Status::Pressed { .. }).then_some(()));
    kill_process(getpid(), Signal::INT).expect("sent");
    caller.answers_bye();
    assert_eq!(running.wait(), Ok(journal::Unwritten::default()), "though the call was up");

    let (running, _told, caller) = with_a_call(dir.path());
    kill_process(getpid(), Signal::TERM).expect("sent");
    while !status(dir.path()).draining {}
    for signal in [Signal::TERM, Signal::INT] {
        kill_process(getpid(), signal).expect("sent");
    }
    assert_eq!(running.wait(), Ok(journal::Unwritten::default()), "though nobody answers the BYE");
    drop(caller);
}

#[test]
fn a_drain_with_a_limit_hangs_up_what_is_left() {
    let dir = TempDir::new().expect("a directory");
    let (running, _told, mut caller) = with_a_call(dir.path());
    let asked = Request::Drain { cut_after: Some(1) };
    assert!(matches!(ask(&dir.path().join("control"), &asked), Ok(Response::Done { .. })));
    caller.answers_bye();
    assert_eq!(running.wait(), Ok(journal::Unwritten::default()));
}
