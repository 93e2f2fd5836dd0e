//! One thread that carries a media machine: its sockets, its clock, its orders.
//!
//! The thread waits in epoll for packets, for orders (an eventfd beside a bounded queue) and for
//! the machine's deadline (a timerfd). It never waits for the engine: an event that finds the
//! engine's queue full is counted and dropped.
//!
//! Deadlines are taken on whole milliseconds of the process clock. A thousand ports that send every
//! 20 ms then wake the thread at most a thousand times a second, and each port keeps its own phase.
//!
//! There is one such thread. A bridge joins two ports of one machine, and a port is opened before
//! it is known with whom it will be bridged: more threads need ports that are placed by call.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use media::{Catalog, Command, Event, Media, Output};
use model::{Entropy, Mono, PortId};
use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::io::{Errno, read, write};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::sync::mpsc::Sender;

use crate::clock::Clock;

/// Orders on their way to the thread.
pub const ORDERS_QUEUED_MAX: usize = 65_536;
/// Longest packet that is taken; a longer one is dropped.
pub const PACKET_BYTES_MAX: usize = 2_048;
/// Packets read from one port before the others have their turn.
pub const PACKETS_PER_TURN: usize = 16;
/// Kernel buffer of each port. 16 kB is 0.8 s of G.711: more would only keep stale audio.
pub const RECEIVE_BUFFER_BYTES: usize = 16 * 1024;
/// Ready files taken from epoll at a time.
const READY_MAX: usize = 256;
/// Deadlines are rounded up to this.
const TICK_NANOS: u64 = 1_000_000;

const TIMER: u64 = u64::MAX;
const WAKE: u64 = u64::MAX - 1;

/// What went wrong in a media thread without stopping it.
#[derive(Debug, Default)]
pub struct MediaCounters {
    /// Events that found the engine's queue full.
    pub events_lost: AtomicU64,
    /// Packets that the kernel did not take.
    pub sends_failed: AtomicU64,
    /// Packets longer than [`PACKET_BYTES_MAX`].
    pub oversized: AtomicU64,
}

/// A running media thread.
#[derive(Debug)]
pub struct MediaThread {
    orders: SyncSender<Command>,
    wake: Arc<OwnedFd>,
    thread: JoinHandle<()>,
    counters: Arc<MediaCounters>,
}

impl MediaThread {
    /// Starts the thread. It plays from `catalog` and reports to `events`.
    ///
    /// # Errors
    /// When the system refuses a thread or the files it waits on.
    pub fn start(
        clock: Clock,
        catalog: Arc<Catalog>,
        entropy: Entropy,
        events: Sender<Event>,
    ) -> std::io::Result<MediaThread> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let nonblocking = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, nonblocking)?;
        let wake = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        epoll::add(&epoll, &*wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        let (orders, waiting) = sync_channel(ORDERS_QUEUED_MAX);
        let counters = Arc::new(MediaCounters::default());
        let theirs = (Arc::clone(&wake), Arc::clone(&counters));
        let thread = std::thread::Builder::new().name("media".into()).spawn(move || {
            let (wake, counters) = theirs;
            let files = Files { epoll, timer, wake };
            let media = Media::new(catalog, entropy);
            let sockets = BTreeMap::new();
            Shard { clock, media, files, orders: waiting, sockets, events, counters, armed: None }
                .run();
        })?;
        Ok(MediaThread { orders, wake, thread, counters })
    }

    /// Hands an order to the thread. Never blocks.
    ///
    /// # Errors
    /// Gives the order back when [`ORDERS_QUEUED_MAX`] wait already, or the thread has died.
    pub fn order(&self, command: Command) -> Result<(), Command> {
        use std::sync::mpsc::TrySendError::{Disconnected, Full};
        self.orders.try_send(command).map_err(|error| match error {
            Full(command) | Disconnected(command) => command,
        })?;
        wake(&self.wake);
        Ok(())
    }

    /// What went wrong so far.
    pub fn counters(&self) -> &Arc<MediaCounters> {
        &self.counters
    }

    /// Ends the thread; its sockets are closed.
    pub fn stop(self) {
        drop(self.orders);
        wake(&self.wake);
        let _ = self.thread.join();
    }
}

/// Makes the eventfd readable. When its count is full it is readable already.
fn wake(eventfd: &OwnedFd) {
    let _ = write(eventfd, &1_u64.to_ne_bytes());
}

#[derive(Debug)]
struct Files {
    epoll: OwnedFd,
    timer: OwnedFd,
    wake: Arc<OwnedFd>,
}

struct Shard {
    clock: Clock,
    media: Media,
    files: Files,
    orders: Receiver<Command>,
    sockets: BTreeMap<PortId, UdpSocket>,
    events: Sender<Event>,
    counters: Arc<MediaCounters>,
    /// What the timer is set to.
    armed: Option<Mono>,
}

impl Shard {
    fn run(mut self) {
        let mut ready = Vec::with_capacity(READY_MAX);
        loop {
            match epoll::wait(&self.files.epoll, spare_capacity(&mut ready), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => {
                    tracing::error!("the media thread cannot wait for packets: {error}");
                    return;
                }
            }
            for event in ready.drain(..) {
                let data = event.data;
                match data.u64() {
                    TIMER => {
                        self.armed = None;
                        empty(&self.files.timer);
                    }
                    WAKE => {
                        empty(&self.files.wake);
                        if !self.take_orders() {
                            return;
                        }
                    }
                    port => self.receive(PortId(u32::try_from(port).expect("a port's token"))),
                }
                self.keep_time();
            }
            self.arm();
        }
    }

    /// False when the roof has let go of the thread.
    fn take_orders(&mut self) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(command) => {
                    self.media.handle_command(self.clock.mono(), command);
                    self.drain();
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Reads what has come to a port. (It may have closed since epoll looked.)
    fn receive(&mut self, port: PortId) {
        let mut packet = [0; PACKET_BYTES_MAX + 1];
        for _ in 0..PACKETS_PER_TURN {
            let Some(socket) = self.sockets.get(&port) else { return };
            let Ok((length, source)) = socket.recv_from(&mut packet) else { return };
            if length > PACKET_BYTES_MAX {
                self.counters.oversized.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            self.media.handle_packet(self.clock.mono(), port, source, &packet[..length]);
            self.drain();
        }
    }

    fn keep_time(&mut self) {
        let now = self.clock.mono();
        if self.media.deadline().is_some_and(|deadline| deadline.at <= now) {
            self.media.handle_timeout(now);
            self.drain();
        }
    }

    fn drain(&mut self) {
        loop {
            let Some(output) = self.media.poll() else { return };
            match output {
                Output::Bind { port, local } => {
                    let bound = self.open(port, local);
                    if let Err(error) = &bound {
                        tracing::debug!("media address {local} cannot be had: {error}");
                    }
                    self.media.handle_bound(self.clock.mono(), port, bound.is_ok());
                }
                Output::Release { port } => {
                    // Closing the socket takes it out of epoll.
                    self.sockets.remove(&port);
                }
                // Every socket is read on arrival.
                Output::Read { .. } => {}
                Output::Packet { port, to, bytes } => {
                    let Some(socket) = self.sockets.get(&port) else { continue };
                    if socket.send_to(&bytes, to).is_err() {
                        self.counters.sends_failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Output::Event(event) => {
                    if self.events.try_send(event).is_err() {
                        self.counters.events_lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    }

    fn open(&mut self, port: PortId, local: SocketAddr) -> std::io::Result<()> {
        let socket = media_socket(local)?;
        let data = epoll::EventData::new_u64(u64::from(port.0));
        epoll::add(&self.files.epoll, &socket, data, epoll::EventFlags::IN)?;
        self.sockets.insert(port, socket);
        Ok(())
    }

    fn arm(&mut self) {
        let wanted = self.media.deadline().map(|deadline| next_tick(deadline.at));
        if wanted == self.armed {
            return;
        }
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let at = wanted.map_or(never, |at| self.clock.absolute(at));
        let timer = Itimerspec { it_interval: never, it_value: at };
        match timerfd_settime(&self.files.timer, TimerfdTimerFlags::ABSTIME, &timer) {
            Ok(_) => self.armed = wanted,
            Err(error) => tracing::error!("the media timer cannot be set: {error}"),
        }
    }
}

fn next_tick(at: Mono) -> Mono {
    Mono::from_nanos(at.as_nanos().div_ceil(TICK_NANOS).saturating_mul(TICK_NANOS))
}

/// Reads away what a timerfd or an eventfd says; nothing there is fine.
fn empty(file: &OwnedFd) {
    let _ = read(file, &mut [0; 8]);
}

fn media_socket(local: SocketAddr) -> std::io::Result<UdpSocket> {
    use socket2::{Domain, Protocol, Socket, Type};
    let kind = Type::DGRAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(local), kind, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    socket.bind(&local.into())?;
    Ok(socket.into())
}

#[cfg(test)]
#[path = "media_thread_tests.rs"]
mod tests;
