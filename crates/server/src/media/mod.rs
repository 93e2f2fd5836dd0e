//! Media threads: each carries a media machine, its sockets, its clock.
//!
//! The engine's thread hands orders to them and takes their events, by rings of a fixed length with
//! a bell beside them (an eventfd; tokio has its own). Neither side ever waits for the other:
//!
//! ```text
//!   engine thread                                       media thread 0, 1, …
//!   order ──▶ place of the port ──▶ ring (4,096) ──▶ machine ──▶ sockets
//!                 │ full                                 │
//!                 ▼                                      ▼ full
//!              held (65,536), tried again             held, tried again
//!                 │ full
//!                 ▼
//!              the leg ends: OpenFailed or Lost; a Close is remembered
//! ```
//!
//! A port is opened in the thread with the fewest ports, before it is known with whom it will be
//! bridged. A bridge wants both ports in one thread, so that a packet goes on without a lock or a
//! second wake-up: the port of the second thread changes over, with its socket, before the bridge
//! is made. What comes meanwhile waits in the kernel's buffer, and orders for both wait here.

mod counters;
mod legs;
mod pulse;
mod shard;
mod tell;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use media::{Catalog, Command, Event, Quality};
use model::{Entropy, Mono, PortId};
use rtrb::{Consumer, Producer, RingBuffer};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{read, write};
use tokio::sync::Notify;

pub use counters::MediaCounters;
pub use pulse::LOOK_EVERY;
use pulse::Pulse;
use shard::Shard;
use tell::{Teller, Told, Traveller};

use crate::clock::Clock;
use crate::recorder::Piece;

/// Orders in the ring of each thread.
pub const ORDERS_IN_RING: usize = 4_096;
/// Orders that wait for room in the ring of each thread.
pub const ORDERS_HELD_MAX: usize = 65_536;
/// Events in the ring of each thread.
pub const EVENTS_IN_RING: usize = 4_096;
/// Orders that wait for a port that changes threads.
pub const MOVE_HELD_MAX: usize = 1_024;
/// The most media threads.
pub const THREADS_MAX: usize = 64;
/// A thread that takes no order, or does not go round, for so long has died, though it has not
/// ended.
pub const HANG_MAX: Duration = Duration::from_secs(10);

/// The running media threads, as the engine's thread sees them.
#[derive(Debug)]
pub struct MediaThreads {
    threads: Vec<Thread>,
    /// In which thread each port is.
    homes: BTreeMap<PortId, usize>,
    moves: Vec<Move>,
    /// What the engine is told in place of orders that could not be carried out.
    repairs: VecDeque<Event>,
    /// Rung by the threads when they have told something.
    bell: Arc<Notify>,
    counters: Arc<MediaCounters>,
    /// Whose events are taken next.
    turn: usize,
    /// When the threads are looked at next.
    look_at: Mono,
}

/// An order to one thread.
#[derive(Debug)]
pub(crate) enum Order {
    /// For its machine.
    Command(Command),
    /// Give a port away.
    Give(PortId),
    /// Take a port over.
    Take(Box<Traveller>),
    /// Play from this from now on.
    Catalog(Arc<Catalog>),
}

#[derive(Debug)]
struct Thread {
    orders: Producer<Order>,
    /// What found no room in the ring, in order, and since when.
    held: VecDeque<Order>,
    held_since: Option<Mono>,
    /// Ports to be closed, whose orders found no room at all.
    closing: Vec<PortId>,
    told: Consumer<Told>,
    wake: Arc<OwnedFd>,
    /// It has orders that it was not woken for.
    wake_due: bool,
    ports: usize,
    pulse: Pulse,
    handle: JoinHandle<()>,
}

/// A port on its way to another thread, and the orders that wait for its arrival.
#[derive(Debug)]
struct Move {
    port: PortId,
    with: PortId,
    to: usize,
    held: Vec<Command>,
}

impl MediaThreads {
    /// Starts `threads` threads, at least one and at most [`THREADS_MAX`]. They play from
    /// `catalog`.
    ///
    /// # Errors
    /// When the system refuses a thread or the files it waits on.
    pub fn start(
        clock: Clock,
        catalog: &Arc<Catalog>,
        entropy: &Entropy,
        threads: usize,
    ) -> std::io::Result<MediaThreads> {
        MediaThreads::start_recorded(clock, catalog, entropy, threads, Vec::new())
    }

    /// As [`MediaThreads::start`], with a ring for each thread on the way to the recordings.
    ///
    /// # Errors
    /// As [`MediaThreads::start`].
    pub fn start_recorded(
        clock: Clock,
        catalog: &Arc<Catalog>,
        entropy: &Entropy,
        threads: usize,
        pieces: Vec<Producer<Piece>>,
    ) -> std::io::Result<MediaThreads> {
        let mut pieces = pieces.into_iter();
        let bell = Arc::new(Notify::new());
        let counters = Arc::new(MediaCounters::default());
        let mut started = Vec::new();
        for number in 0..threads.clamp(1, THREADS_MAX) {
            let (orders, to_carry_out) = RingBuffer::new(ORDERS_IN_RING);
            let (telling, told) = RingBuffer::new(EVENTS_IN_RING);
            let wake = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
            let teller = Teller::new(telling, Arc::clone(&bell), Arc::clone(&counters));
            let media =
                media::Media::new(Arc::clone(catalog), entropy.branch(&format!("media {number}")));
            let pulse = Pulse::default();
            let shard =
                Shard::new(clock, media, to_carry_out, Arc::clone(&wake), teller, &counters)?
                    .handing_over(pieces.next())
                    .beating(&pulse);
            let handle = std::thread::Builder::new()
                .name(format!("media {number}"))
                .spawn(move || shard.run())?;
            started.push(Thread {
                orders,
                held: VecDeque::new(),
                held_since: None,
                closing: Vec::new(),
                told,
                wake,
                wake_due: false,
                ports: 0,
                pulse,
                handle,
            });
        }
        Ok(MediaThreads {
            threads: started,
            homes: BTreeMap::new(),
            moves: Vec::new(),
            repairs: VecDeque::new(),
            bell,
            counters,
            turn: 0,
            look_at: clock.mono() + LOOK_EVERY,
        })
    }

    /// Rung when there is something for [`MediaThreads::event`].
    pub fn bell(&self) -> &Arc<Notify> {
        &self.bell
    }

    /// What went wrong so far.
    pub fn counters(&self) -> &Arc<MediaCounters> {
        &self.counters
    }

    /// Hands an order over. Never blocks. The threads are woken by [`MediaThreads::flush`].
    pub fn order(&mut self, now: Mono, command: Command) {
        if let Some(waits) = self.moves.iter_mut().find(|waits| waits.concerns(&command)) {
            if waits.held.len() < MOVE_HELD_MAX {
                waits.held.push(command);
                return;
            }
            let place = waits.to;
            self.counters.orders_lost.fetch_add(1, Ordering::Relaxed);
            return self.repair(place, Order::Command(command));
        }
        let place = match &command {
            Command::Open { port, .. } => {
                let fewest = (0..self.threads.len()).min_by_key(|at| self.threads[*at].ports);
                let place = fewest.expect("there is a thread");
                if self.homes.insert(*port, place).is_none() {
                    self.threads[place].ports += 1;
                }
                Some(place)
            }
            Command::Bridge { one, other, .. } => {
                let homes = (self.homes.get(one).copied(), self.homes.get(other).copied());
                let (Some(place), Some(from)) = homes else { return };
                if place != from {
                    let (with, port) = (*one, *other);
                    self.moves.push(Move { port, with, to: place, held: vec![command] });
                    self.send(now, from, Order::Give(port));
                    return;
                }
                Some(place)
            }
            Command::Connect { port, .. }
            | Command::Play { port, .. }
            | Command::Stop { port }
            | Command::Press { port, .. }
            | Command::Carry { port, .. }
            | Command::Judge { port }
            | Command::AwaitQuiet { port, .. }
            | Command::Unbridge { port }
            | Command::Tap { port, .. }
            | Command::Close { port } => self.homes.get(port).copied(),
        };
        match (place, command) {
            (Some(place), command) => self.send(now, place, Order::Command(command)),
            // Its thread lost it: the engine waits for this word all the same.
            (None, Command::Close { port }) => {
                self.repairs.push_back(Event::Closed {
                    port,
                    sent: 0,
                    received: 0,
                    quality: Quality::default(),
                });
            }
            (None, _) => {}
        }
    }

    /// Prompts have changed: plays that are ordered from now on play these.
    pub fn replace(&mut self, now: Mono, catalog: &Arc<Catalog>) {
        for place in 0..self.threads.len() {
            self.send(now, place, Order::Catalog(Arc::clone(catalog)));
        }
    }

    /// The next event. After `None`, wait for the bell.
    pub fn event(&mut self, now: Mono) -> Option<Event> {
        loop {
            if let Some(event) = self.repairs.pop_front() {
                return Some(event);
            }
            let told = (0..self.threads.len()).find_map(|step| {
                let place = (self.turn + step) % self.threads.len();
                self.threads[place].told.pop().ok().map(|told| (place, told))
            });
            let (place, told) = told?;
            self.turn = place;
            match told {
                Told::Event(event) => {
                    if let Event::Closed { port, .. } | Event::OpenFailed { port } = event {
                        self.forget(port);
                    }
                    return Some(event);
                }
                Told::Given(port, traveller) => self.given(now, port, traveller),
            }
        }
    }

    /// Tries again what found no room, and wakes the threads that have orders.
    pub fn flush(&mut self, now: Mono) {
        for thread in &mut self.threads {
            thread.flush(now);
        }
    }

    /// Whether orders wait for room: then [`MediaThreads::flush`] is wanted again soon.
    pub fn is_behind(&self) -> bool {
        self.threads.iter().any(|thread| !thread.held.is_empty() || !thread.closing.is_empty())
    }

    /// When [`MediaThreads::look`] is wanted next.
    pub fn next_look(&self) -> Mono {
        self.look_at
    }

    /// Looks whether the threads go round, when it is time, and wakes each for the next look.
    pub fn look(&mut self, now: Mono) {
        if now < self.look_at {
            return;
        }
        self.look_at = now + LOOK_EVERY;
        for thread in &mut self.threads {
            thread.pulse.look();
            ring(&thread.wake);
        }
    }

    /// Whether a thread has ended by a fault of its own, or hangs.
    pub fn is_broken(&self, now: Mono) -> bool {
        self.threads.iter().any(|thread| {
            let takes_none = thread.held_since.is_some_and(|since| now.since(since) > HANG_MAX);
            takes_none || thread.pulse.is_gone() || thread.told.is_abandoned()
        })
    }

    /// Rings our own bell: there is more to take than one turn allows.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Ends the threads; their sockets are closed.
    pub fn stop(self) {
        for Thread { orders, wake, handle, .. } in self.threads {
            drop(orders);
            ring(&wake);
            let _ = handle.join();
        }
    }

    fn send(&mut self, now: Mono, place: usize, order: Order) {
        let thread = &mut self.threads[place];
        thread.wake_due = true;
        let order = match thread.held.is_empty() {
            true => match thread.orders.push(order) {
                Ok(()) => return,
                Err(rtrb::PushError::Full(order)) => order,
            },
            false => order,
        };
        self.counters.orders_delayed.fetch_add(1, Ordering::Relaxed);
        if thread.held.len() < ORDERS_HELD_MAX {
            thread.held_since.get_or_insert(now);
            thread.held.push_back(order);
            return;
        }
        self.counters.orders_lost.fetch_add(1, Ordering::Relaxed);
        self.repair(place, order);
    }

    /// An order is lost: nothing may wait for what it would have brought.
    fn repair(&mut self, place: usize, order: Order) {
        match order {
            Order::Command(Command::Open { port, .. }) => {
                self.forget(port);
                self.repairs.push_back(Event::OpenFailed { port });
            }
            Order::Command(Command::Close { port }) => self.threads[place].closing.push(port),
            Order::Command(
                Command::Connect { port, .. }
                | Command::Play { port, .. }
                | Command::Stop { port }
                | Command::Press { port, .. }
                | Command::Judge { port }
                | Command::AwaitQuiet { port, .. }
                | Command::Unbridge { port },
            ) => self.repairs.push_back(Event::Lost { port }),
            // A key that nobody hears ends no call.
            Order::Command(Command::Carry { .. }) => {}
            // A recording that lacks a side, or hears one too long, is none for which a call ends.
            Order::Command(Command::Tap { .. }) => {}
            Order::Command(Command::Bridge { one, other, .. }) => {
                self.repairs.extend([one, other].map(|port| Event::Lost { port }));
            }
            Order::Give(port) => {
                if let Some(at) = self.moves.iter().position(|waits| waits.port == port) {
                    let waits = self.moves.remove(at);
                    let both = [waits.port, waits.with];
                    self.repairs.extend(both.map(|port| Event::Lost { port }));
                    // What was to come after the bridge goes on as far as it can.
                    let closes = waits.held.into_iter().filter_map(|command| match command {
                        Command::Close { port } => Some(port),
                        _ => None,
                    });
                    self.threads[place].closing.extend(closes);
                }
            }
            // The former prompts are played on in this thread.
            Order::Catalog(_) => {}
            Order::Take(traveller) => {
                let port = traveller.guest.port();
                self.forget(port);
                self.repairs.push_back(Event::Lost { port });
            }
        }
        self.bell.notify_one();
    }

    /// A port has left its thread, or was not there any more.
    fn given(&mut self, now: Mono, port: PortId, traveller: Option<Box<Traveller>>) {
        let Some(at) = self.moves.iter().position(|waits| waits.port == port) else { return };
        let waits = self.moves.remove(at);
        match traveller {
            Some(traveller) => {
                if let Some(from) = self.homes.insert(port, waits.to) {
                    self.threads[from].ports -= 1;
                }
                self.threads[waits.to].ports += 1;
                self.send(now, waits.to, Order::Take(traveller));
                waits.held.into_iter().for_each(|command| self.order(now, command));
            }
            // It is closed, or about to be: without it there is no bridge.
            None => {
                let rest = waits.held.into_iter();
                rest.filter(|command| !matches!(command, Command::Bridge { .. }))
                    .for_each(|command| self.order(now, command));
            }
        }
    }

    fn forget(&mut self, port: PortId) {
        if let Some(place) = self.homes.remove(&port) {
            self.threads[place].ports -= 1;
        }
    }
}

impl Thread {
    fn flush(&mut self, now: Mono) {
        while let Some(order) = self.held.pop_front() {
            if let Err(rtrb::PushError::Full(order)) = self.orders.push(order) {
                self.held.push_front(order);
                break;
            }
            self.wake_due = true;
            // It takes orders: it does not hang.
            self.held_since = Some(now);
        }
        if self.held.is_empty() {
            self.held_since = None;
            while let Some(port) = self.closing.pop() {
                let close = Order::Command(Command::Close { port });
                if self.orders.push(close).is_err() {
                    self.closing.push(port);
                    break;
                }
                self.wake_due = true;
            }
        }
        if std::mem::take(&mut self.wake_due) {
            ring(&self.wake);
        }
    }
}

impl Move {
    /// Whether `command` has to wait for the arrival.
    fn concerns(&self, command: &Command) -> bool {
        let ours = |port: &PortId| *port == self.port || *port == self.with;
        match command {
            Command::Bridge { one, other, .. } => ours(one) || ours(other),
            Command::Open { port, .. }
            | Command::Connect { port, .. }
            | Command::Play { port, .. }
            | Command::Stop { port }
            | Command::Press { port, .. }
            | Command::Carry { port, .. }
            | Command::Judge { port }
            | Command::AwaitQuiet { port, .. }
            | Command::Unbridge { port }
            | Command::Tap { port, .. }
            | Command::Close { port } => ours(port),
        }
    }
}

/// Makes an eventfd readable. When its count is full it is readable already.
fn ring(eventfd: &OwnedFd) {
    let _ = write(eventfd, &1_u64.to_ne_bytes());
}

/// Reads away what a timerfd or an eventfd says; nothing there is fine.
fn hush(file: &OwnedFd) {
    let _ = read(file, &mut [0; 8]);
}
