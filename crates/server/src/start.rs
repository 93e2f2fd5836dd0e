//! Starting the roof: journal, sockets, threads, then the engine. What is in the way is said in
//! plain words before anything is answered.

use std::collections::{BTreeMap, VecDeque};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use engine::{Command, Engine, Settings, Start};
use media::Catalog;
use sip::Listener;
use tokio::sync::{mpsc, oneshot};

use crate::board::Board;
use crate::clock::Clock;
use crate::control::{Asked, ControlSocket, Response, StatusView, serve_control};
use crate::driver::{Driver, Inputs, Signals, Told};
use crate::journal::{Journal, OpenError, Unwritten};
use crate::media_thread::MediaThread;
use crate::os;
use crate::shared::Shared;

/// Media events on their way to the engine.
pub const MEDIA_EVENTS_QUEUED_MAX: usize = 65_536;
/// Journal answers on their way to the engine. The writer waits when they are not taken.
pub const ANSWERS_QUEUED_MAX: usize = 4_096;
/// Operators' questions on their way to the engine.
pub const QUESTIONS_QUEUED_MAX: usize = 64;
/// Kernel buffer of the SIP socket: what comes while the engine is busy for a moment.
pub const SIP_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// What the engine stands on.
#[derive(Debug)]
pub struct Roof {
    /// Where SIP is listened for. Port 0 takes any free one.
    pub sip_listen: SocketAddr,
    /// The journal's file.
    pub journal: PathBuf,
    /// The control socket; none for an engine that is not spoken to.
    pub control: Option<PathBuf>,
    /// All prompts.
    pub catalog: Arc<Catalog>,
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
    #[error("SIP cannot be listened for on {listen}: {why}")]
    Sip {
        /// The address.
        listen: SocketAddr,
        /// The reason and the remedy.
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
    shared: Arc<Shared>,
}

impl Running {
    /// Where SIP is listened for.
    pub fn sip(&self) -> SocketAddr {
        self.shared.sip
    }

    /// The live board.
    pub fn board(&self) -> &Board {
        &self.shared.board
    }

    /// How the engine is.
    pub fn status(&self) -> StatusView {
        self.shared.status()
    }

    /// Carries out an operator's command and waits for the engine's reply. Not to be called from
    /// asynchronous code.
    pub fn command(&self, command: Command) -> Response {
        let stopping = || Response::Error { error: "the engine is stopping".to_owned() };
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
        let Running { thread, stop, questions, shared: _ } = self;
        drop(questions);
        let ended = thread.join();
        drop(stop);
        match ended {
            Ok(ended) => ended,
            Err(_) => Err("the engine stopped by a fault of its own: see the log".to_owned()),
        }
    }

    /// Ends the engine at once, as a second SIGTERM does: calls are cut, what was handed to the
    /// journal is written.
    ///
    /// # Errors
    /// As [`Running::wait`].
    pub fn stop(self) -> Result<Unwritten, String> {
        let Running { thread, stop, questions, shared } = self;
        let _ = stop.send(());
        let (stop, _) = oneshot::channel();
        Running { thread, stop, questions, shared }.wait()
    }
}

/// Puts the roof up and lets the engine run in a thread of its own.
///
/// # Errors
/// With the reason and the next thing to do, before the first datagram is answered.
pub fn serve(mut settings: Settings, roof: Roof) -> Result<Running, StartError> {
    let clock = Clock::start();
    tracing::debug!("{} files may be open", os::raise_open_files());
    let entropy = os::entropy()?;
    let socket = sip_socket(roof.sip_listen)?;
    let sip = socket.local_addr()?;
    advertise(&mut settings, sip);
    let control = roof.control.map(ControlSocket::bind).transpose().map_err(StartError::Control)?;
    let (answer, answers) = mpsc::channel(ANSWERS_QUEUED_MAX);
    let (journal, found) = Journal::open(&roof.journal, move |said| {
        // Fails only when the engine has ended.
        let _ = answer.blocking_send(said);
    })?;
    let (told, media_events) = mpsc::channel(MEDIA_EVENTS_QUEUED_MAX);
    let catalog = Arc::clone(&roof.catalog);
    let media = MediaThread::start(clock, catalog, entropy.branch("media"), told)?;

    let (recovered, people) = (found.fold.recovered(), found.people.clone());
    let epoch = recovered.epoch;
    let counters = Arc::clone(media.counters());
    let shared = Arc::new(Shared::new(clock, sip, roof.journal, epoch, found, counters));
    let start = Start { recovered, people, entropy, clips: roof.catalog };
    let driver = Driver {
        engine: Engine::new(settings, start, clock.now()),
        shared: Arc::clone(&shared),
        journal,
        media,
        observer: roof.observer,
        tickets: BTreeMap::new(),
        next_ticket: 0,
        own: VecDeque::new(),
    };
    let (questions, asked) = mpsc::channel(QUESTIONS_QUEUED_MAX);
    let (stop, stopped) = oneshot::channel();
    let signals = roof.signals;
    let doors = Doors { socket, control, media: media_events, answers, asked, stopped, signals };
    let (asking, runtime) =
        (questions.clone(), tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || runtime.block_on(doors.open(driver, asking)))?;
    tracing::info!("SIP is listened for on {sip}");
    Ok(Running { thread, stop, questions, shared })
}

/// What the driver reads from, before there is a runtime to read it.
struct Doors {
    socket: UdpSocket,
    control: Option<ControlSocket>,
    media: mpsc::Receiver<media::Event>,
    answers: mpsc::Receiver<crate::journal::Answer>,
    asked: mpsc::Receiver<Asked>,
    stopped: oneshot::Receiver<()>,
    signals: bool,
}

impl Doors {
    async fn open(self, driver: Driver, asking: mpsc::Sender<Asked>) -> Result<Unwritten, String> {
        let refused = |error| format!("the system refuses what the engine needs: {error}");
        let signals = if self.signals { Some(Signals::new()) } else { None };
        let inputs = Inputs {
            socket: tokio::net::UdpSocket::from_std(self.socket).map_err(refused)?,
            media: self.media,
            answers: self.answers,
            asked: self.asked,
            stop: self.stopped,
            signals: signals.transpose().map_err(refused)?,
        };
        if let Some(control) = self.control {
            tokio::spawn(serve_control(control, Arc::clone(&driver.shared), asking));
        }
        driver.run(inputs).await
    }
}

/// Completes the address written into Via and Contact by what was really bound.
fn advertise(settings: &mut Settings, bound: SocketAddr) {
    let Some(Listener { local, .. }) = settings.sip.listeners.first_mut() else { return };
    if local.port() == 0 {
        local.set_port(bound.port());
    }
    if local.ip().is_unspecified() {
        local.set_ip(bound.ip());
    }
}

fn sip_socket(listen: SocketAddr) -> Result<UdpSocket, StartError> {
    use socket2::{Domain, Protocol, Socket, Type};
    let made = || -> std::io::Result<UdpSocket> {
        let kind = Type::DGRAM.nonblocking().cloexec();
        let socket = Socket::new(Domain::for_address(listen), kind, Some(Protocol::UDP))?;
        // The kernel gives at most net.core.rmem_max; less is no reason not to start.
        let _ = socket.set_recv_buffer_size(SIP_BUFFER_BYTES);
        socket.bind(&listen.into())?;
        Ok(socket.into())
    };
    made().map_err(|error| {
        use std::io::ErrorKind;
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program has this port: stop it (`ss -lunp` names it) or choose another"
            }
            ErrorKind::AddrNotAvailable => {
                "this machine has no such address: choose one of `ip address`, or 0.0.0.0"
            }
            ErrorKind::PermissionDenied => "ports below 1024 are for root: choose another",
            _ => "check the address",
        };
        StartError::Sip { listen, why: format!("{error}; {remedy}") }
    })
}
