//! Conversations recorded over real sockets: the file, the facts, and what an engine leaves behind
//! that is killed, or cannot write.

#[allow(dead_code, reason = "only the roof's own tests need all of it")]
#[path = "roof/callee.rs"]
mod callee;
#[allow(dead_code, reason = "only the roof's own tests speak TCP")]
#[path = "roof/caller.rs"]
mod caller;
#[path = "roof/settings.rs"]
mod settings;
#[path = "roof/told.rs"]
#[expect(dead_code, reason = "nobody here presses a key")]
mod told;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use audio::goertzel::strength;
use audio::{G711, Law, tone};
use engine::{RecordingSettings, Status};
use ledger::{Fact, NotRecorded, RecordingEnd};
use server::control::{Presence, Request, Response, ask};
use server::recorder::Recordings;
use server::{Roof, Running, Told, serve};
use tempfile::TempDir;
use tokio::sync::mpsc;

use callee::{Callee, Heard};
use caller::Caller;

/// Where the engine of another process keeps its things, and the agent's phone.
const DIRECTORY: &str = "RAPPEL_TEST_DIRECTORY";
const AGENT: &str = "RAPPEL_TEST_AGENT";

const FRAME: Duration = Duration::from_millis(20);

/// Puts up a roof that records every conversation, and tells nobody of it.
fn up(dir: &Path, agent: SocketAddr, observer: Option<mpsc::Sender<Told>>) -> Running {
    let mut settings = settings::settings(agent);
    settings.recording = Some(RecordingSettings {
        ratio_percent: 100,
        announced: false,
        decline_key: None,
        length_max: Duration::from_secs(600),
    });
    let roof = Roof {
        listen: vec![server::Bind::at("127.0.0.1:0".parse().expect("an address"))],
        tls_peers: vec![],
        dns: vec![],
        media_threads: None,
        recordings: Some(Recordings { directory: dir.join("recordings"), free_min: 0 }),
        journal: dir.join("journal"),
        reel: None,
        hooks: vec![],
        control: Some(dir.join("control")),
        catalog: settings::catalog(),
        prompts: None,
        settings: None,
        signals: false,
        observer,
    };
    serve(settings, roof).expect("the roof is put up")
}

fn asked(dir: &Path, request: &Request) -> Response {
    ask(&dir.join("control"), request).expect("the engine answers")
}

/// A caller and an agent who hear each other.
struct Talk {
    caller: Caller,
    agent: Callee,
    invite: Heard,
    spoken: u16,
    next: Instant,
    /// A second of what each of them says: the agent 440 Hz, the caller 1,000 Hz.
    voices: [Vec<u8>; 2],
}

impl Talk {
    fn begin(dir: &Path, sip: SocketAddr, agent: Callee) -> Talk {
        let mut caller = Caller::new(sip);
        caller.calls();
        let online =
            Request::SetStatus { agent: "ann".into(), status: Presence::Online, reason: None };
        assert!(matches!(asked(dir, &online), Response::Done { .. }));
        let invite = agent.hears("INVITE ");
        agent.takes(&invite);
        let g711 = G711::new();
        let voice = |hz| g711.encode_all(Law::A, &tone::sine(hz, 1_000, 8_000));
        let voices = [voice(440), voice(1_000)];
        Talk { caller, agent, invite, spoken: 0, next: Instant::now(), voices }
    }

    /// Both speak, 20 ms at a time in the time that it takes, until something is so.
    fn until(&mut self, mut enough: impl FnMut() -> bool) {
        while !enough() {
            while Instant::now() < self.next {
                std::thread::yield_now();
            }
            self.next += FRAME;
            let at = usize::from(self.spoken) % 50 * 160;
            let [agent, caller] = &self.voices;
            self.agent.speaks(&self.invite, self.spoken, &agent[at..at + 160]);
            self.caller.speaks(self.spoken, &caller[at..at + 160]);
            self.spoken += 1;
        }
    }
}

/// The only recording of a directory, when there is one.
fn file(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir.join("recordings")).ok()?;
    Some(entries.into_iter().next()?.expect("read").path())
}

/// The two channels of a file, as far as its header says.
fn channels(path: &Path) -> [Vec<i16>; 2] {
    let bytes = std::fs::read(path).expect("there");
    assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let short = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"));
    assert_eq!((short(20), short(22), long(24), short(34)), (1, 2, 8_000, 16), "stereo PCM");
    let sound = &bytes[44..44 + long(40) as usize];
    assert_eq!((long(4), sound.len() % 4), (36 + long(40), 0));
    let samples: Vec<i16> =
        sound.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    [0, 1].map(|channel| samples.iter().skip(channel).step_by(2).copied().collect())
}

/// The agent is on the left and the customer on the right, from the first second on.
fn is_of_both([left, right]: &[Vec<i16>; 2]) {
    let second = |side: &[i16]| side[4_000..8_000].to_vec();
    let (left, right) = (second(left), second(right));
    for (side, own, other) in [(&left, 440, 1_000), (&right, 1_000, 440)] {
        let (own, other) = (strength(side, own), strength(side, other));
        assert!(own > 7_000.0 && other < 400.0, "{own} and {other}");
    }
}

/// How many samples of a channel a file has.
fn length(dir: &Path) -> usize {
    let Some(bytes) = file(dir).and_then(|path| std::fs::read(path).ok()) else { return 0 };
    bytes
        .get(40..44)
        .map_or(0, |size| u32::from_le_bytes(size.try_into().expect("four bytes")) as usize / 4)
}

#[test]
fn a_conversation_is_recorded_and_shown() {
    let dir = TempDir::new().expect("a directory");
    let agent = Callee::at("127.0.0.1");
    let (observer, mut told) = mpsc::channel(10_000);
    let running = up(dir.path(), agent.here, Some(observer));
    let mut talk = Talk::begin(dir.path(), running.sip(), agent);
    talk.until(|| length(dir.path()) > 8_000);
    talk.agent.hangs_up(&talk.invite);
    let millis = told::until(&mut told, |status| match status {
        Status::Fact(Fact::RecordingEnded { millis, end: RecordingEnd::Over, gaps: 0, .. }) => {
            Some(*millis)
        }
        _ => None,
    });
    let name = file(dir.path()).expect("a file");
    let sound = channels(&name);
    is_of_both(&sound);
    assert_eq!(sound[0].len() as u64, millis * 8);
    let name = name.file_name().and_then(|name| name.to_str()).expect("text").to_owned();
    assert!(name.ends_with("-call-1.1.wav"), "{name}");
    let Response::Calls { calls } = asked(dir.path(), &Request::Calls) else { panic!("calls") };
    assert_eq!(calls[0].recording.as_deref(), Some(&*name));
    running.stop().expect("ends well");
}

#[test]
fn a_conversation_that_cannot_be_recorded_goes_on() {
    let dir = TempDir::new().expect("a directory");
    let agent = Callee::at("127.0.0.1");
    let (observer, mut told) = mpsc::channel(10_000);
    let running = up(dir.path(), agent.here, Some(observer));
    std::fs::remove_dir(dir.path().join("recordings")).expect("it was made");
    let talk = Talk::begin(dir.path(), running.sip(), agent);
    let why = told::until(&mut told, |status| match status {
        Status::Fact(Fact::NotRecorded { why, .. }) => Some(*why),
        _ => None,
    });
    assert_eq!(why, NotRecorded::Failed);
    let Response::Calls { calls } = asked(dir.path(), &Request::Calls) else { panic!("calls") };
    assert_eq!((calls[0].bridged, calls[0].ended), (true, None));
    talk.agent.hangs_up(&talk.invite);
    running.stop().expect("ends well");
}

#[test]
fn an_engine_that_is_killed_leaves_a_file_that_plays() {
    let dir = TempDir::new().expect("a directory");
    let agent = Callee::at("127.0.0.1");
    let engine = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "an_engine_for_the_test_that_kills_it"])
        .envs([(DIRECTORY, dir.path().as_os_str()), (AGENT, agent.here.to_string().as_ref())])
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut engine = Killed(engine);
    let began = Instant::now();
    let sip = loop {
        if let Ok(Response::Status(status)) = ask(&dir.path().join("control"), &Request::Status) {
            break status.sip.parse().expect("an address");
        }
        assert!(began.elapsed() < caller::PATIENCE, "the engine does not come up");
        std::thread::yield_now();
    };
    let mut talk = Talk::begin(dir.path(), sip, agent);
    talk.until(|| length(dir.path()) > 8_000);
    // Not at a moment of the writer's choosing.
    let mut more = 37;
    talk.until(|| {
        more -= 1;
        more == 0
    });
    engine.kill();
    let sound = channels(&file(dir.path()).expect("a file"));
    assert!(sound[0].len() > 8_000);
    is_of_both(&sound);
}

/// The other process, which does not outlive the test.
struct Killed(Child);

impl Killed {
    /// SIGKILL: no farewell, no last write.
    fn kill(&mut self) {
        self.0.kill().expect("SIGKILL");
        self.0.wait().expect("it is gone");
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Not a story of its own: the engine that the one above kills.
#[test]
fn an_engine_for_the_test_that_kills_it() {
    let (Some(dir), Ok(agent)) = (std::env::var_os(DIRECTORY), std::env::var(AGENT)) else {
        return;
    };
    let running = up(Path::new(&dir), agent.parse().expect("an address"), None);
    running.wait().expect("it is killed before");
}
