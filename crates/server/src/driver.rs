//! The driver loop: one input to the engine, its outputs to where they belong, wait, again.
//!
//! ```text
//!   wire (SIP) ----+                       +---> wire (SIP)
//!   media thread --+                       +---> media thread
//!   journal -------+---> engine.handle --->+---> journal
//!   control -------+     drain poll()      +---> live board, log, observer
//!   deadline ------+                       +---> replies to control
//! ```
//!
//! The loop decides nothing. It never waits for the disk, for a media thread or for an operator.

use std::collections::{BTreeMap, VecDeque};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::{Command, Engine, Input, JournalState, Output, Recorded, Status, TargetState};
use ledger::Record;
use model::{Mono, Now, RequestId};
use sip::locate::Question;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::agents::{agents, availability};
use crate::control::{Asked, Response, TargetView, Trouble, TrunkView};
use crate::dns::Dns;
use crate::journal::{Answer, Journal, Unwritten};
use crate::logging;
use crate::media::MediaThreads;
use crate::recorder::Recorder;
use crate::reel::Reel;
use crate::reload;
use crate::shared::Shared;
use crate::views::Standing;
use crate::wire::{Named, Wire};

/// Media events and journal answers taken before the other inputs have their turn.
pub const MESSAGES_PER_TURN: usize = 256;

/// How soon orders are tried again that found no room.
const BEHIND_PAUSE: Duration = Duration::from_millis(2);

/// A status with its time, for whoever watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Now,
    /// What.
    pub status: Status,
}

/// Everything that the loop reads from.
pub(crate) struct Inputs {
    /// Rung when a media thread has told something.
    pub media: Arc<Notify>,
    pub answers: mpsc::Receiver<Answer>,
    pub asked: mpsc::Receiver<Asked>,
    /// What the thread of recordings answered.
    pub recorded: mpsc::Receiver<Recorded>,
    /// What the DNS answered.
    pub names: mpsc::Receiver<(Question, sip::locate::Answer)>,
    /// Ends the loop at once: a word, or nobody holding the other end.
    pub stop: oneshot::Receiver<()>,
    pub signals: Option<Signals>,
    /// Where a reload that a signal asks for asks us.
    pub again: mpsc::Sender<Asked>,
}

/// SIGTERM, SIGINT and SIGHUP.
pub(crate) struct Signals {
    pub terminate: tokio::signal::unix::Signal,
    pub interrupt: tokio::signal::unix::Signal,
    pub hang_up: tokio::signal::unix::Signal,
    /// Started in a terminal: SIGHUP says that it was closed. To a service it says "read your
    /// settings anew", which must not end the calls.
    pub in_terminal: bool,
}

impl Signals {
    pub(crate) fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            in_terminal: std::io::stderr().is_terminal(),
        })
    }

    /// The next signal.
    async fn next(signals: &mut Option<Signals>) -> Signalled {
        let Some(signals) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = signals.terminate.recv() => Signalled::Stop,
            _ = signals.interrupt.recv() => Signalled::Stop,
            _ = signals.hang_up.recv() => match signals.in_terminal {
                true => Signalled::Stop,
                false => Signalled::Reload,
            },
        }
    }
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signalled {
    Stop,
    /// Read your settings anew.
    Reload,
}

/// The engine and everything that its outputs go to.
pub(crate) struct Driver {
    pub engine: Engine,
    pub shared: Arc<Shared>,
    pub journal: Journal,
    /// Where what the queue is told is kept.
    pub reel: Option<Reel>,
    pub media: MediaThreads,
    /// What is played.
    pub clips: Arc<media::Catalog>,
    pub recorder: Recorder,
    pub wire: Wire,
    pub observer: Option<mpsc::Sender<Told>>,
    /// Where the answers of the DNS go: back into the loop.
    pub names: mpsc::Sender<(Question, sip::locate::Answer)>,
    pub dns: Dns,
    /// Who waits for the reply to which command.
    pub tickets: BTreeMap<u64, oneshot::Sender<Response>>,
    pub next_ticket: u64,
    /// Inputs that the loop itself found out.
    pub own: VecDeque<Input>,
    /// When the watchdog is told next that the loop goes round.
    pub lives_at: Mono,
    /// What is still to come, once it was told to stop.
    pub end: Option<End>,
}

/// How long far ends may take to answer our BYE when the engine ends: some retransmissions, on a
/// network that is slow.
pub const FAREWELL: Duration = Duration::from_secs(4);

/// How long the last answers may be on their way to whoever asked.
const LAST_ANSWERS: Duration = Duration::from_millis(100);

/// What comes next of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every call is hung up.
    Cut(Mono),
    /// Nobody is waited for any more.
    Leave(Mono),
}

impl End {
    fn at(self) -> Mono {
        match self {
            End::Cut(at) | End::Leave(at) => at,
        }
    }
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    On,
    /// As it was told.
    End,
    /// Without this part no call can be served. The supervisor starts the engine anew, and the
    /// promises are in the journal.
    Broken(&'static str),
}

impl Driver {
    /// Runs until it is told to stop, or until draining has come to its end.
    pub(crate) async fn run(mut self, mut inputs: Inputs) -> Result<Unwritten, String> {
        self.learn_names();
        self.drain();
        let mut turn = Turn::On;
        while turn == Turn::On {
            turn = self.turn(&mut inputs).await;
            turn = if turn == Turn::On { self.ends() } else { turn };
            if turn == Turn::On && self.has_left() {
                self.leave_soon();
            }
        }
        self.media.stop();
        // The writers may be waiting for room to answer: nobody listens any more.
        drop((inputs.answers, inputs.recorded));
        self.recorder.close();
        let now = self.shared.clock.now();
        if let Some(reel) = self.reel.take() {
            reel.close(now);
        }
        let unwritten = self.journal.close();
        match turn {
            Turn::On | Turn::End => Ok(unwritten),
            Turn::Broken(part) => Err(format!("{part} ended by a fault of its own: see the log")),
        }
    }

    async fn turn(&mut self, inputs: &mut Inputs) -> Turn {
        let deadline = self.engine.deadline().map(|deadline| deadline.at);
        let clock = self.shared.clock;
        if deadline.is_some_and(|at| at <= clock.mono()) {
            self.give(Input::Timeout);
        }
        let deadline = self.engine.deadline().map(|deadline| deadline.at);
        let behind = self.media.is_behind() || self.recorder.is_behind();
        let again = behind.then(|| clock.mono() + BEHIND_PAUSE);
        let end = self.end.map(End::at);
        let look = Some(self.media.next_look());
        let deadlines = deadline.into_iter().chain(again).chain(self.proof_of_life());
        let deadline = deadlines.chain(end).chain(look).min();
        let due = async {
            match deadline {
                Some(at) => tokio::time::sleep(clock.until(at)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = &mut inputs.stop => return Turn::End,
            signal = Signals::next(&mut inputs.signals) => match signal {
                Signalled::Stop => return self.signalled(),
                Signalled::Reload => {
                    reload::by_signal(Arc::clone(&self.shared), inputs.again.clone());
                }
            },
            answer = inputs.answers.recv() => {
                let Some(answer) = answer else { return Turn::Broken("the journal's thread") };
                self.answered(answer);
                for _ in 1..MESSAGES_PER_TURN {
                    let Ok(answer) = inputs.answers.try_recv() else { break };
                    self.answered(answer);
                }
            }
            () = inputs.media.notified() => self.hear_media(),
            Some(asked) = inputs.asked.recv() => self.asked(asked),
            Some(answer) = inputs.recorded.recv() => self.give(Input::Recorder(answer)),
            Some((question, answer)) = inputs.names.recv() => {
                self.give(Input::Dns { question, answer });
                self.learn_names();
            }
            () = self.wire.ready() => self.drain(),
            () = due => self.give(Input::Timeout),
        }
        self.media.look(clock.mono());
        if self.media.is_broken(clock.mono()) {
            return Turn::Broken("a media thread");
        }
        if self.recorder.is_broken() {
            return Turn::Broken("the thread of recordings");
        }
        Turn::On
    }

    /// Tells the watchdog that the loop goes round, when it is time. When it is next.
    fn proof_of_life(&mut self) -> Option<Mono> {
        let every = self.shared.notify.every()?;
        let now = self.shared.clock.mono();
        if self.lives_at <= now {
            self.shared.notify.lives();
            self.lives_at = now + every;
        }
        Some(self.lives_at)
    }

    fn hear_media(&mut self) {
        for _ in 0..MESSAGES_PER_TURN {
            let Some(event) = self.media.event(self.shared.clock.mono()) else {
                // A port may have changed threads, and orders waited for it.
                return self.media.flush(self.shared.clock.mono());
            };
            self.give(Input::Media(event));
        }
        self.media.ring();
    }

    fn answered(&mut self, answer: Answer) {
        let input = match answer {
            Answer::Recorded(seq) => {
                self.shared.book().recorded(seq);
                self.shared.tell_news(seq);
                Input::Recorded(seq)
            }
            Answer::NotRecorded(seq) => {
                self.shared.book().not_recorded(seq);
                Input::NotRecorded(seq)
            }
            Answer::Down { why } => {
                self.shared.set_journal_down(Some(why.clone()));
                Input::Journal(JournalState::Down { why })
            }
            Answer::Up => {
                self.shared.set_journal_down(None);
                Input::Journal(JournalState::Up)
            }
        };
        self.give(input);
    }

    fn asked(&mut self, asked: Asked) {
        // Whoever asked may have gone meanwhile.
        match asked {
            Asked::Agents(reply) => {
                let _ = reply.send(agents(&self.engine, self.shared.clock.mono()));
            }
            Asked::Queues(reply) => {
                let _ = reply.send(crate::agents::queues(&self.engine));
            }
            Asked::Trunks(reply) => {
                let _ = reply.send(self.trunks());
            }
            Asked::Availability(line, tags, reply) => {
                let now = self.shared.clock.now();
                let _ = reply.send(availability(&self.engine, now, line.as_ref(), tags));
            }
            Asked::Clips(reply) => {
                let _ = reply.send(Arc::clone(&self.clips));
            }
            Asked::Replace(clips, reply) => {
                self.media.replace(self.shared.clock.mono(), &clips);
                self.engine.replace_clips(Arc::clone(&clips));
                self.clips = clips;
                let _ = reply.send(());
            }
            Asked::Foresee(settings, reply) => {
                let foreseen = self.engine.foresee(&settings);
                let _ = reply.send(engine::words_of_foresight(&foreseen));
            }
            Asked::Calls(reply) => {
                let _ = reply.send(self.engine.calls());
            }
            Asked::Standing(reply) => {
                let _ = reply.send(self.standing());
            }
            Asked::StandingOf(id, reply) => {
                let _ = reply.send(self.engine.queues().request(id).map(stands));
            }
            Asked::Command(command, reply) => {
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                self.tickets.insert(ticket, reply);
                self.command(ticket, command);
            }
        }
    }

    fn command(&mut self, ticket: u64, command: Command) {
        if let Command::Drain { cut_after } = command {
            self.shared.draining.store(true, Ordering::Relaxed);
            self.shared.notify.stopping();
            let at = cut_after.map(|time| self.shared.clock.mono() + time);
            self.end = self.end.or(at.map(End::Cut));
        }
        self.give(Input::Operator { ticket, command });
    }

    /// The first signal lets the calls end, the second hangs them up, the third waits for nobody.
    fn signalled(&mut self) -> Turn {
        match self.end {
            Some(End::Leave(_)) => {
                tracing::warn!("told to stop three times: the far ends are not waited for");
                return Turn::End;
            }
            Some(End::Cut(_)) | None if self.is_draining() => {
                tracing::warn!("told to stop twice: the calls are hung up");
                self.cut();
            }
            Some(End::Cut(_)) | None => {
                tracing::info!("told to stop; tell it again to hang the calls up");
                self.own_command(Command::Drain { cut_after: None });
            }
        }
        Turn::On
    }

    /// Hangs every call up, and gives the far ends a moment to hear of it.
    fn cut(&mut self) {
        self.own_command(Command::HangUp);
        self.end = Some(End::Leave(self.shared.clock.mono() + FAREWELL));
    }

    /// No call is left. Whoever asked for this still hears the answer.
    fn leave_soon(&mut self) {
        let soon = self.shared.clock.mono() + LAST_ANSWERS;
        if !matches!(self.end, Some(End::Leave(at)) if at <= soon) {
            tracing::info!("no call is left: the engine stops");
            self.end = Some(End::Leave(soon));
        }
    }

    /// What nobody waits for the answer of.
    fn own_command(&mut self, command: Command) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.command(ticket, command);
    }

    /// What is due of the end of this engine.
    fn ends(&mut self) -> Turn {
        let now = self.shared.clock.mono();
        match self.end {
            Some(End::Cut(at)) if at <= now => {
                tracing::warn!("the time for draining is over: what is left is hung up");
                self.cut();
            }
            Some(End::Leave(at)) if at <= now => return Turn::End,
            Some(End::Cut(_) | End::Leave(_)) | None => {}
        }
        Turn::On
    }

    fn is_draining(&self) -> bool {
        self.shared.draining.load(Ordering::Relaxed)
    }

    fn has_left(&self) -> bool {
        self.is_draining()
            && self.engine.sip_load().0 == 0
            && self.engine.calls().is_empty()
            && !self.engine.is_recording()
    }

    fn give(&mut self, input: Input) {
        self.engine.handle(self.shared.clock.now(), input);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            while let Some(frame) = self.engine.poll_reel() {
                self.wind(frame);
            }
            while let Some(output) = self.engine.poll() {
                self.carry(output);
            }
            let next = self.own.pop_front().or_else(|| self.wire.take());
            let Some(input) = next else {
                self.recorder.flush();
                return self.media.flush(self.shared.clock.mono());
            };
            self.engine.handle(self.shared.clock.now(), input);
        }
    }

    fn wind(&mut self, frame: Vec<u8>) {
        let now = self.shared.clock.now();
        if let Some(reel) = &mut self.reel {
            reel.wind(now, frame);
        }
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::Datagram { to, bytes } => self.wire.send(to, bytes),
            Output::Media(command) => {
                self.media.order(self.shared.clock.mono(), command);
            }
            Output::Ask(question) => self.look_up(question),
            Output::Recorder(order) => {
                self.own.extend(self.recorder.order(order).map(Input::Recorder));
            }
            Output::Record(record) => self.record(record),
            Output::Reply { ticket, result } => {
                let response = match result {
                    Ok(done) => Response::Done { what: done.what, request: done.request },
                    Err(error) => Response::error(Trouble::from(&error), error.to_string()),
                };
                match (self.tickets.remove(&ticket), response) {
                    (Some(reply), response) => {
                        let _ = reply.send(response);
                    }
                    // A signal has nobody who waits for the words.
                    (None, Response::Done { what, .. }) => tracing::info!("{what}"),
                    (None, _) => {}
                }
            }
            Output::Status(status) => self.show(status),
        }
    }

    /// Asks the DNS beside the loop. The engine asks again when no answer comes.
    fn look_up(&self, question: Question) {
        let (told, dns) = (self.names.clone(), self.dns.clone());
        tokio::spawn(async move {
            let answer = dns.answer(&question).await;
            let _ = told.send((question, answer)).await;
        });
    }

    /// Lets the wire know which trunk is where, for those must prove it over TLS.
    fn learn_names(&mut self) {
        if !self.wire.asks_for_proofs() {
            return;
        }
        let trunks = self.engine.trunks(self.shared.clock.now());
        let named = trunks.into_iter().flat_map(|engine::TrunkView { trunk, targets, .. }| {
            let at = move |target: engine::TargetView| Named {
                at: target.hop.peer,
                trunk: trunk.clone(),
                host: target.host,
            };
            targets.into_iter().map(at)
        });
        self.wire.learn(named.collect());
    }

    fn record(&mut self, record: Box<Record>) {
        let mut book = self.shared.book();
        book.handed(&record);
        let Err(record) = self.journal.record(record) else { return };
        let seq = record.entry.seq;
        book.not_recorded(seq);
        if record.entry.fact.permits() {
            self.own.push_back(Input::NotRecorded(seq));
        } else {
            count(&self.shared.history_lost);
            tracing::error!("the journal's disk hangs: the fact in place {seq} is lost");
        }
    }

    fn show(&self, status: Status) {
        let at = self.shared.clock.now();
        self.shared.board.note(at, &status);
        if let Status::Alarm { .. } = status {
            count(&self.shared.caps_reached);
        }
        logging::tell(&status);
        if let Status::Trunk(told) = &status {
            self.shared.set_trunk(told);
        }
        if let Some(observer) = &self.observer {
            // Whoever watches too slowly misses a part.
            let _ = observer.try_send(Told { at, status });
        }
    }

    fn trunks(&mut self) -> Vec<TrunkView> {
        let now = self.shared.clock.now();
        let target = |target: engine::TargetView| TargetView {
            target: target.host,
            address: target.hop.peer.to_string(),
            state: match target.state {
                TargetState::Fit => "takes calls".to_owned(),
                TargetState::Resting { until } => {
                    format!("failed; others first for {} s", until.since(now.mono).as_secs())
                }
                TargetState::Dead => "answers no OPTIONS".to_owned(),
            },
        };
        let view = |trunk: engine::TrunkView| TrunkView {
            trunk: trunk.trunk,
            callers: trunk.callers,
            callbacks: trunk.callbacks,
            calls_max: trunk.calls_max,
            open: trunk.open,
            targets: trunk.targets.into_iter().map(target).collect(),
        };
        self.engine.trunks(now).into_iter().map(view).collect()
    }

    fn standing(&self) -> BTreeMap<RequestId, Standing> {
        let view = |request: queue::RequestView| (request.request, stands(request));
        self.engine.queues().requests().map(view).collect()
    }
}

fn stands(request: queue::RequestView) -> Standing {
    let (stage, why) = (request.stage.to_string(), request.reason.to_string());
    Standing { place: request.place, stage, why }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
