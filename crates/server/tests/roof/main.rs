//! The real roof over real sockets on loopback: one process, a hand-written caller at the far end.

#[allow(dead_code, reason = "only the tests of recordings speak")]
mod callee;
#[allow(dead_code, reason = "only the tests of recordings speak")]
mod caller;
mod names;
mod papers;
mod secure;
mod settings;
mod streams;
mod told;
mod zone;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use engine::{Command, Status};
use model::RequestId;
use server::control::{AskError, CONNECTIONS_MAX, LadderOf, REQUEST_BYTES_MAX, Request, Response};
use server::control::{Presence, ask};
use server::prompts::PromptFiles;
use server::{Roof, Running, Told, journal, serve};
use tempfile::TempDir;
use tokio::sync::mpsc;

use caller::Caller;
use settings::{catalog, settings};

/// An engine, where it keeps its things, and what it tells.
struct Stand {
    running: Running,
    told: mpsc::Receiver<Told>,
    agent: UdpSocket,
}

fn roof(dir: &Path) -> Roof {
    Roof {
        listen: vec![server::Bind::at("127.0.0.1:0".parse().expect("an address"))],
        tls_peers: vec![],
        dns: vec![],
        recordings: None,
        media_threads: None,
        journal: dir.join("journal"),
        reel: None,
        hooks: vec![],
        control: Some(dir.join("control")),
        catalog: catalog(),
        prompts: None,
        settings: None,
        signals: false,
        observer: None,
    }
}

fn stand(dir: &Path) -> Stand {
    let agent = UdpSocket::bind("127.0.0.1:0").expect("binds");
    agent.set_read_timeout(Some(caller::PATIENCE)).expect("set");
    let (observer, told) = mpsc::channel(10_000);
    let settings = settings(agent.local_addr().expect("an address"));
    let roof = Roof { observer: Some(observer), ..roof(dir) };
    let running = serve(settings, roof).expect("the roof is put up");
    Stand { running, told, agent }
}

impl Stand {
    /// Waits for a status that is wanted.
    fn until<T>(&mut self, wanted: impl FnMut(&Status) -> Option<T>) -> T {
        told::until(&mut self.told, wanted)
    }
}

/// A call that asks for a callback, up to the end of the call.
fn promised(stand: &mut Stand) -> RequestId {
    let mut caller = Caller::new(stand.running.sip());
    caller.calls();
    told::until_greeted(&mut stand.told);
    for key in [2, 1, 1] {
        caller.presses(key);
    }
    let request = stand.until(|status| match status {
        Status::Promised { request, .. } => Some(*request),
        _ => None,
    });
    caller.answers_bye();
    stand.until(|status| matches!(status, Status::CallEnded { .. }).then_some(()));
    request
}

fn asked(dir: &Path, request: &Request) -> Response {
    ask(&dir.join("control"), request).expect("the engine answers")
}

#[test]
fn a_promise_outlives_the_engine() {
    let dir = TempDir::new().expect("a directory");
    let mut stand = stand(dir.path());
    let request = promised(&mut stand);

    let Response::Callbacks(list) =
        asked(dir.path(), &Request::Callbacks { all: false, reveal: false, origin: None })
    else {
        panic!("a list is answered")
    };
    let shown = &list.callbacks[0];
    assert_eq!((list.callbacks.len(), shown.request), (1, request));
    assert_eq!(shown.number.as_deref(), Some("+336******78"), "masked unless asked for");
    assert_eq!(shown.standing.as_ref().and_then(|standing| standing.place), Some(1));
    let revealed = asked(dir.path(), &Request::Callback { id: request, reveal: true });
    let Response::Callback { callback, history } = revealed else { panic!("{revealed:?}") };
    assert_eq!(callback.number.as_deref(), Some("+33612345678"));
    assert_eq!(history[0].what, "callback_requested");
    let drawn = asked(dir.path(), &Request::Ladder { of: LadderOf::Request(request) });
    let Response::Ladder { text } = drawn else { panic!("{drawn:?}") };
    for wanted in ["INVITE (sdp)", "200 OK", "key 2", "cb-1 promised, durable", "BYE"] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    let Response::Calls { calls } = asked(dir.path(), &Request::Calls) else { panic!("calls") };
    assert_eq!((calls.len(), calls[0].end), (1, Some(ledger::CallEnd::Promised)));

    stand.running.stop().expect("ends well");
    let found = journal::read_only(&dir.path().join("journal")).expect("reads");
    assert_eq!(found.fold.recovered().open[0].request, request);
    let again = crate::stand(dir.path());
    let status = again.running.status();
    assert_eq!((status.requests, status.epoch), (1, 2));
    again.running.stop().expect("ends well");
}

#[test]
fn an_agent_who_comes_online_is_rung_for_the_callback() {
    let dir = TempDir::new().expect("a directory");
    let mut stand = stand(dir.path());
    let request = promised(&mut stand);
    let status = Presence::Online;
    let online = Request::SetStatus { agent: "ann".into(), status, reason: None };
    assert!(matches!(asked(dir.path(), &online), Response::Done { .. }));
    let mut bytes = [0; 4_096];
    let (length, _) = stand.agent.recv_from(&mut bytes).expect("the agent is rung");
    assert!(bytes[..length].starts_with(b"INVITE sip:ann@"));
    let Response::Calls { calls } = asked(dir.path(), &Request::Calls) else { panic!("calls") };
    let ringing = calls.last().expect("the callback");
    assert_eq!((ringing.request, ringing.agent.as_deref()), (Some(request), Some("ann")));
    assert!(ringing.stage.is_some() && calls[0].stage.is_none(), "{calls:?}");
    let Response::Agents { agents } = asked(dir.path(), &Request::Agents) else { panic!("agents") };
    assert_eq!((agents[0].status, agents[0].state.as_str()), (status, "being rung"));
    let done = asked(dir.path(), &Request::Cancel { id: request });
    assert!(matches!(done, Response::Done { .. }), "{done:?}");
    let again = asked(dir.path(), &Request::Cancel { id: request });
    assert!(matches!(again, Response::Error { .. }), "{again:?}");
    stand.running.stop().expect("ends well");
}

#[test]
fn prompts_are_read_again_and_only_those_that_changed_are_others() {
    let dir = TempDir::new().expect("a directory");
    let greeting = dir.path().join("prompts/en/greeting.wav");
    std::fs::create_dir_all(greeting.parent().expect("a folder")).expect("made");
    let files = PromptFiles {
        directories: vec![dir.path().join("prompts")],
        wanted: Vec::new(),
        music: None,
    };
    let catalog = Arc::new(files.load().catalog());
    let roof = Roof { catalog, prompts: Some(files), ..roof(dir.path()) };
    let agent = "127.0.0.1:9".parse().expect("an address");
    let running = serve(settings(agent), roof).expect("the roof is put up");
    let again = || match asked(dir.path(), &Request::ReloadPrompts) {
        Response::Done { what, .. } => what,
        other => panic!("{other:?}"),
    };
    assert!(again().starts_with("0 of "));
    std::fs::copy(repository("prompts/fr/greeting.wav"), &greeting).expect("copied");
    let what = again();
    assert!(what.starts_with("1 of ") && what.ends_with("hears it to its end"), "{what}");
    std::fs::write(&greeting, "no sound").expect("written");
    let what = again();
    assert!(what.starts_with("1 of ") && what.contains("1 problem"), "{what}");
    assert!(again().starts_with("0 of "), "the bundled one is played");
    running.stop().expect("ends well");
}

#[test]
fn an_engine_without_files_of_prompts_says_so() {
    let dir = TempDir::new().expect("a directory");
    let stand = stand(dir.path());
    let refused = asked(dir.path(), &Request::ReloadPrompts);
    assert!(matches!(refused, Response::Error { .. }), "{refused:?}");
    stand.running.stop().expect("ends well");
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn draining_without_a_call_ends_the_engine() {
    let dir = TempDir::new().expect("a directory");
    let stand = stand(dir.path());
    let done = stand.running.command(Command::Drain { cut_after: None });
    assert!(matches!(done, Response::Done { .. }), "{done:?}");
    assert_eq!(stand.running.wait(), Ok(journal::Unwritten::default()));
    assert!(!dir.path().join("control").exists(), "its socket is gone");
    let gone = ask(&dir.path().join("control"), &Request::Status);
    assert!(matches!(gone, Err(AskError::NotRunning { .. })), "{gone:?}");
}

#[test]
fn what_is_in_the_way_of_a_start_is_said() {
    let dir = TempDir::new().expect("a directory");
    let other = TempDir::new().expect("a directory");
    let first = stand(dir.path());
    let agent = first.agent.local_addr().expect("an address");
    let refused = |roof: Roof| serve(settings(agent), roof).expect_err("refused").to_string();

    let listen = vec![server::Bind::at(first.running.sip())];
    let why = refused(Roof { listen, ..roof(other.path()) });
    assert!(why.contains("another program has this port"), "{why}");
    let control = Some(dir.path().join("control"));
    let why = refused(Roof { control, ..roof(other.path()) });
    assert!(why.contains("another engine listens on the control socket"), "{why}");
    let journal = dir.path().join("journal");
    let why = refused(Roof { journal, ..roof(other.path()) });
    assert!(why.contains("in use by another engine (process "), "{why}");
    let precious = other.path().join("precious");
    std::fs::write(&precious, "promises").expect("written");
    let why = refused(Roof { control: Some(precious.clone()), ..roof(other.path()) });
    assert!(why.contains("is there and is no socket"), "{why}");
    assert_eq!(std::fs::read(&precious).expect("still there"), b"promises");
    let control = Some(other.path().join("c".repeat(120)));
    let why = refused(Roof { control, ..roof(other.path()) });
    assert!(why.contains("at most 107 bytes"), "{why}");
    first.running.stop().expect("ends well");
}

#[test]
fn a_socket_left_by_a_killed_engine_is_taken_over() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("control");
    drop(std::os::unix::net::UnixListener::bind(&path).expect("binds"));
    assert!(path.exists());
    let stand = stand(dir.path());
    let mode = std::fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "its owner only");
    let Response::Status(status) = asked(dir.path(), &Request::Status) else { panic!("status") };
    assert_eq!((status.epoch, status.journal_down), (1, None));
    assert_eq!(status.sip, stand.running.sip().to_string());
    stand.running.stop().expect("ends well");
}

#[test]
fn a_control_line_is_bounded_and_nonsense_is_answered() {
    let dir = TempDir::new().expect("a directory");
    let stand = stand(dir.path());
    let mut stream = UnixStream::connect(dir.path().join("control")).expect("connects");
    let mut lines = BufReader::new(stream.try_clone().expect("clones"));
    let mut line = String::new();
    stream.write_all(b"{\"ask\":\"dance\"}\n{\"ask\":\"calls\"}\n").expect("writes");
    lines.read_line(&mut line).expect("answered");
    assert!(line.contains("not understood: unknown variant `dance`"), "{line}");
    line.clear();
    lines.read_line(&mut line).expect("the conversation goes on");
    assert_eq!(line, "{\"answer\":\"calls\",\"calls\":[]}\n");
    stream.write_all(&vec![b' '; REQUEST_BYTES_MAX]).expect("writes");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).expect("answered and closed");
    assert!(rest.contains("at most 4096 bytes long"), "{rest}");
    stand.running.stop().expect("ends well");
}

#[test]
fn one_connection_too_many_is_told_so() {
    let dir = TempDir::new().expect("a directory");
    let stand = stand(dir.path());
    let path = dir.path().join("control");
    let held: Vec<UnixStream> =
        (0..CONNECTIONS_MAX).map(|_| UnixStream::connect(&path).expect("connects")).collect();
    let turned_away = ask(&path, &Request::Status).expect("answered");
    let Response::Error { error, .. } = turned_away else { panic!("{turned_away:?}") };
    assert!(error.contains("16 others are connected"), "{error}");
    drop(held);
    stand.running.stop().expect("ends well");
}
