//! Starting the roof: journal, sockets, threads, then the engine. What is in the way is said in
//! plain words before anything is answered.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use config::{Bind, TlsPeer};
use engine::{Command, Engine, Recorded, Settings, Start};
use media::Catalog;
use model::Mono;
use rtrb::Producer;
use sip::{Listener, Transport};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::board::Board;
use crate::clock::Clock;
use crate::control::{Asked, ControlSocket, Response, StatusView, serve_control};
use crate::desk::Desk;
use crate::dns::Dns;
use crate::driver::{Driver, Inputs, Signals, Told};
use crate::journal::{Hook, Journal, OpenError, Receipts, Unwritten};
use crate::media::MediaThreads;
use crate::os;
use crate::prompts::PromptFiles;
use crate::recorder::{self, Piece, Recorder, Recordings};
use crate::reel::Reel;
use crate::reload::Source;
use crate::shared::Shared;
use crate::wire::{self, Security, Socket, Wire};

/// Journal answers on their way to the engine. The writer waits when they are not taken.
pub const ANSWERS_QUEUED_MAX: usize = 4_096;
/// Operators' questions on their way to the engine.
pub const QUESTIONS_QUEUED_MAX: usize = 64;
/// Kernel buffer of the SIP socket: what comes while the engine is busy for a moment.
pub const SIP_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// What the engine stands on.
#[derive(Debug)]
pub struct Roof {
    /// Where SIP is listened for: one for each listener of the stack's settings, in their order.
    /// Port 0 takes any free one.
    pub listen: Vec<Bind>,
    /// How trunks on TLS are believed.
    pub tls_peers: Vec<TlsPeer>,
    /// Which DNS servers are asked; those of the system when there are none.
    pub dns: Vec<SocketAddr>,
    /// The journal's file.
    pub journal: PathBuf,
    /// How many bytes of what the queue is told are kept beside the journal; none: nothing is.
    pub reel: Option<u64>,
    /// Who is told of which facts: what is still to be told stands in the journal.
    pub hooks: Vec<Hook>,
    /// The control socket; none for an engine that is not spoken to.
    pub control: Option<PathBuf>,
    /// How many threads carry media; one less than there are processors when it is not said.
    pub media_threads: Option<usize>,
    /// Where recordings are kept; without it nothing is recorded.
    pub recordings: Option<Recordings>,
    /// All prompts.
    pub catalog: Arc<Catalog>,
    /// Where they are read again when an operator has changed them; without it they are not.
    pub prompts: Option<PromptFiles>,
    /// What reads the settings again; without it they stay until the next start.
    pub settings: Option<Source>,
    /// Whether SIGTERM and SIGINT of this process are for this engine.
    pub signals: bool,
    /// Who is told of every status; what finds no room is dropped.
    pub observer: Option<mpsc::Sender<Told>>,
}

/// Why the roof cannot be put up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The SIP socket.
    #[error("SIP cannot be listened for on {listen} ({transport}): {why}")]
    Sip {
        /// `UDP`, `TCP`, …
        transport: &'static str,
        /// The address.
        listen: SocketAddr,
        /// The reason and the remedy.
        why: String,
    },
    /// The keys of a listener.
    #[error("listener `{name}` cannot speak TLS: {why}")]
    Tls {
        /// The listener's name.
        name: String,
        /// Which file is wrong, and why.
        why: String,
    },
    /// The resolver of names.
    #[error("names cannot be looked up: {0}")]
    Dns(String),
    /// The file of what the queue is told.
    #[error("what the queue is told cannot be kept in {0}")]
    Reel(String),
    /// The directory of recordings.
    #[error("recordings cannot be kept in {directory}: {why}")]
    Recordings {
        /// The directory.
        directory: String,
        /// The reason.
        why: String,
    },
    /// The control socket.
    #[error("{0}")]
    Control(String),
    /// The system refuses a thread, a file or randomness.
    #[error("the system refuses what the engine needs: {0}")]
    System(#[from] std::io::Error),
}

/// A running engine. Dropping it stops the engine at once.
#[derive(Debug)]
pub struct Running {
    thread: JoinHandle<Result<Unwritten, String>>,
    stop: oneshot::Sender<()>,
    questions: mpsc::Sender<Asked>,
    receipts: Receipts,
    shared: Arc<Shared>,
}

impl Running {
    /// Where SIP is listened for first.
    pub fn sip(&self) -> SocketAddr {
        self.shared.sip()
    }

    /// Where SIP is listened for, in the order of the settings.
    pub fn listeners(&self) -> &[(Transport, SocketAddr)] {
        &self.shared.listeners
    }

    /// Tells systemd that calls are taken, with a word on how.
    pub fn ready(&self) {
        self.shared.notify.ready(&format!("serving SIP on {}", self.sip()));
    }

    /// The live board.
    pub fn board(&self) -> &Board {
        &self.shared.board
    }

    /// Where it is asked, by whoever stands above the roof.
    pub fn desk(&self) -> Desk {
        Desk::new(Arc::clone(&self.shared), self.questions.clone(), self.receipts.clone())
    }

    /// How the engine is.
    pub fn status(&self) -> StatusView {
        self.shared.status()
    }

    /// Carries out an operator's command and waits for the engine's reply. Not to be called from
    /// asynchronous code.
    pub fn command(&self, command: Command) -> Response {
        use crate::control::stopping;
        let (reply, answer) = oneshot::channel();
        if self.questions.blocking_send(Asked::Command(command, reply)).is_err() {
            return stopping();
        }
        answer.blocking_recv().unwrap_or_else(|_| stopping())
    }

    /// Waits until the engine has ended by itself: by signals, or by [`Command::Drain`].
    ///
    /// # Errors
    /// When it ended by a failure of its own, in words.
    pub fn wait(self) -> Result<Unwritten, String> {
        let Running { thread, stop, questions, receipts: _, shared: _ } = self;
        drop(questions);
        let ended = thread.join();
        drop(stop);
        match ended {
            Ok(ended) => ended,
            Err(_) => Err("the engine stopped by a fault of its own: see the log".to_owned()),
        }
    }

    /// Ends the engine at once, as a third SIGTERM does: calls are cut, what was handed to the
    /// journal is written.
    ///
    /// # Errors
    /// As [`Running::wait`].
    pub fn stop(self) -> Result<Unwritten, String> {
        let (over, _) = oneshot::channel();
        let Running { thread, stop, questions, receipts, shared } = self;
        let _ = stop.send(());
        Running { thread, stop: over, questions, receipts, shared }.wait()
    }
}

/// Puts the roof up and lets the engine run in a thread of its own.
///
/// # Errors
/// With the reason and the next thing to do, before the first datagram is answered.
pub fn serve(mut settings: Settings, roof: Roof) -> Result<Running, StartError> {
    let clock = Clock::start();
    os::check_files(&settings);
    os::check_ports(&settings);
    let entropy = os::entropy()?;
    let sockets = sip_sockets(&roof, &mut settings)?;
    let bound = addresses(&sockets, &settings)?;
    let control = roof.control.map(ControlSocket::bind).transpose().map_err(StartError::Control)?;
    let (answer, answers) = mpsc::channel(ANSWERS_QUEUED_MAX);
    let (journal, found) = Journal::open_with(&roof.journal, roof.hooks, move |said| {
        // Fails only when the engine has ended.
        let _ = answer.blocking_send(said);
    })?;
    let catalog = Arc::clone(&roof.catalog);
    let threads = roof.media_threads.unwrap_or_else(os::media_threads);
    let (recorded, answers_of_recorder) = mpsc::channel(ANSWERS_QUEUED_MAX);
    let (pieces, recorder) = recorder(clock, roof.recordings.as_ref(), threads, recorded)?;
    let media =
        MediaThreads::start_recorded(clock, &catalog, &entropy.branch("media"), threads, pieces)?;
    let (bell, receipts) = (Arc::clone(media.bell()), journal.receipts());

    let (recovered, people) = (found.fold.recovered(), found.people.clone());
    let epoch = recovered.epoch;
    let counters = Arc::clone(media.counters());
    let again = (roof.prompts, roof.settings, crate::Notify::of(roof.signals));
    let reel = roof.reel.map(|most| Reel::start(&roof.journal, epoch, most)).transpose();
    let reel = reel.map_err(StartError::Reel)?;
    let shared = Shared::new(clock, bound, roof.journal, epoch, found, counters, again);
    let shared = Arc::new(shared);
    let clips = roof.catalog;
    let start = Start { recovered, people, entropy, clips, reel: reel.is_some() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Signals too, before anybody is told that the engine serves: uncaught, one would end it.
    let (wire, dns, signals) = {
        let _within = runtime.enter();
        let dns = Dns::new(&roof.dns).map_err(StartError::Dns)?;
        let signals = roof.signals.then(Signals::new).transpose()?;
        (Wire::open(sockets, Arc::clone(&shared))?, dns, signals)
    };
    let (named, names) = mpsc::channel(crate::dns::ANSWERS_QUEUED_MAX);
    let driver = Driver {
        names: named,
        dns,
        engine: Engine::new(settings, start, clock.now()),
        shared: Arc::clone(&shared),
        journal,
        reel,
        media,
        clips: catalog,
        recorder,
        wire,
        observer: roof.observer,
        tickets: BTreeMap::new(),
        next_ticket: 0,
        own: VecDeque::new(),
        lives_at: Mono::ZERO,
        end: None,
    };
    let (questions, asked) = mpsc::channel(QUESTIONS_QUEUED_MAX);
    let (stop, stopped) = oneshot::channel();
    let recorded = answers_of_recorder;
    let doors = Doors { control, media: bell, answers, recorded, asked, names, stopped, signals };
    let asking = questions.clone();
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || runtime.block_on(doors.open(driver, asking)))?;
    crate::tide::watch(&shared)?;
    say_where(&shared.listeners);
    Ok(Running { thread, stop, questions, receipts, shared })
}

fn say_where(listeners: &[(Transport, SocketAddr)]) {
    for (transport, address) in listeners {
        tracing::info!("SIP is listened for on {address} ({})", transport.token());
    }
}

/// Where each listener is.
fn addresses(
    sockets: &[Socket],
    settings: &Settings,
) -> std::io::Result<Vec<(Transport, SocketAddr)>> {
    let both = sockets.iter().zip(&settings.sip.listeners);
    both.map(|(socket, listener)| Ok((listener.transport, socket.local_addr()?))).collect()
}

/// The thread of recordings, and the rings that lead to it; none when nothing is recorded.
fn recorder(
    clock: Clock,
    recordings: Option<&Recordings>,
    threads: usize,
    recorded: mpsc::Sender<Recorded>,
) -> Result<(Vec<Producer<Piece>>, Recorder), StartError> {
    let Some(recordings) = recordings else { return Ok((Vec::new(), Recorder::off())) };
    let (pieces, rings) = recorder::rings(threads.clamp(1, crate::media::THREADS_MAX));
    // An answer fails only when the engine has ended.
    let answer = move |said| {
        let _ = recorded.blocking_send(said);
    };
    let recorder = Recorder::start(clock, recordings, rings, answer).map_err(|error| {
        let directory = recordings.directory.display().to_string();
        StartError::Recordings { directory, why: error.to_string() }
    })?;
    Ok((pieces, recorder))
}

/// What the driver reads from, before there is a runtime to read it.
struct Doors {
    control: Option<ControlSocket>,
    media: Arc<Notify>,
    answers: mpsc::Receiver<crate::journal::Answer>,
    recorded: mpsc::Receiver<Recorded>,
    asked: mpsc::Receiver<Asked>,
    names: mpsc::Receiver<(sip::locate::Question, sip::locate::Answer)>,
    stopped: oneshot::Receiver<()>,
    signals: Option<Signals>,
}

impl Doors {
    async fn open(self, driver: Driver, asking: mpsc::Sender<Asked>) -> Result<Unwritten, String> {
        let inputs = Inputs {
            media: self.media,
            answers: self.answers,
            recorded: self.recorded,
            asked: self.asked,
            names: self.names,
            stop: self.stopped,
            signals: self.signals,
            again: asking.clone(),
        };
        if let Some(control) = self.control {
            tokio::spawn(serve_control(control, Arc::clone(&driver.shared), asking));
        }
        driver.run(inputs).await
    }
}

/// Completes the address written into Via and Contact by what was really bound.
fn advertise(listener: &mut Listener, bound: SocketAddr) {
    let local = &mut listener.local;
    if local.port() == 0 {
        local.set_port(bound.port());
    }
    if local.ip().is_unspecified() {
        local.set_ip(bound.ip());
    }
}

/// Binds every listener and completes what the stack is told of it.
fn sip_sockets(roof: &Roof, settings: &mut Settings) -> Result<Vec<Socket>, StartError> {
    let listeners = &mut settings.sip.listeners;
    let listen = &roof.listen;
    assert_eq!(listen.len(), listeners.len(), "each listener is bound to one address");
    let mut sockets = Vec::new();
    for (bind, listener) in listen.iter().zip(listeners) {
        let security = Security::read(bind, listener.local, &roof.tls_peers)
            .map_err(|why| StartError::Tls { name: bind.name.clone(), why })?;
        let made = wire::bind(bind.address, listener.transport, security, SIP_BUFFER_BYTES);
        let socket = made.map_err(|error| {
            let why = format!("{error}; {}", remedy(error.kind(), listener.transport));
            StartError::Sip { transport: listener.transport.token(), listen: bind.address, why }
        })?;
        advertise(listener, socket.local_addr()?);
        sockets.push(socket);
    }
    Ok(sockets)
}

/// Takes a listener's port for a moment; else why it cannot be had, and what to do.
pub(crate) fn bind_once(bind: &Bind, transport: Transport) -> Result<(), (String, &'static str)> {
    match wire::bind(bind.address, transport, None, SIP_BUFFER_BYTES) {
        Ok(_) => Ok(()),
        Err(error) => Err((error.to_string(), remedy(error.kind(), transport))),
    }
}

fn remedy(kind: std::io::ErrorKind, transport: Transport) -> &'static str {
    use std::io::ErrorKind;
    match kind {
        ErrorKind::AddrInUse if transport.is_reliable() => {
            "another program has this port: stop it (`ss -ltnp` names it) or choose another"
        }
        ErrorKind::AddrInUse => {
            "another program has this port: stop it (`ss -lunp` names it) or choose another"
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address: choose one of `ip address`, or 0.0.0.0"
        }
        ErrorKind::PermissionDenied => "ports below 1024 are for root: choose another",
        _ => "check the address",
    }
}
