//! One media thread: a machine, its sockets, its clock.
//!
//! The thread waits in epoll for packets, for orders (an eventfd beside their ring) and for its
//! timer. While many ports send, the timer beats every millisecond, and the ports of each
//! millisecond are served together: send the frame, read what has come since the last one. Bridged
//! ports, and those that send nothing, are read when something comes.
//!
//! Once it has grown to what its ports need, the thread allocates nothing for a packet.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use media::{Counts, Event, Media, Output, Reading};
use model::{Mono, PortId};
use rtrb::{Consumer, Producer};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::legs::{self, CONTROL, Legs};
use super::pulse::Pulse;
use super::tell::{Teller, Told, Traveller};
use super::{MediaCounters, Order, hush, ring};
use crate::clock::Clock;
use crate::recorder::Piece;

/// Longest packet that is taken; a longer one is dropped.
pub const PACKET_BYTES_MAX: usize = 2_048;
/// Packets read from one port before the others have their turn.
pub const PACKETS_PER_TURN: usize = 16;
/// Orders carried out before packets have their turn.
pub const ORDERS_PER_TURN: usize = 256;
/// A packet that says to have come longer ago than this came just now: a clock was set.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// Ready files taken from epoll at a time.
const READY_MAX: usize = 256;
/// Deadlines are rounded up to this.
const TICK_NANOS: u64 = 1_000_000;

const TIMER: u64 = u64::MAX;
const WAKE: u64 = u64::MAX - 1;

#[derive(Debug)]
struct Files {
    epoll: OwnedFd,
    timer: OwnedFd,
    wake: Arc<OwnedFd>,
}

/// What the timer is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Armed {
    Never,
    Once(Mono),
    /// Every millisecond.
    Beating,
}

/// See the module.
pub(super) struct Shard {
    clock: Clock,
    media: Media,
    files: Files,
    orders: Consumer<Order>,
    teller: Teller,
    legs: Legs,
    counters: Arc<MediaCounters>,
    counted: Counts,
    armed: Armed,
    /// On the way to the recordings, where there are any.
    pieces: Option<Producer<Piece>>,
    /// How often it has gone round.
    rounds: Arc<AtomicU64>,
    packet: Box<[u8; PACKET_BYTES_MAX + 1]>,
    /// The system's clock, since 1970, at the beginning of ours: for the kernel's time stamps.
    wall_start: Duration,
}

impl Shard {
    pub(super) fn new(
        clock: Clock,
        media: Media,
        orders: Consumer<Order>,
        wake: Arc<OwnedFd>,
        teller: Teller,
        counters: &Arc<MediaCounters>,
    ) -> std::io::Result<Shard> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let nonblocking = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, nonblocking)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        epoll::add(&epoll, &*wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        Ok(Shard {
            clock,
            media,
            files: Files { epoll, timer, wake },
            orders,
            teller,
            legs: Legs::default(),
            counters: Arc::clone(counters),
            counted: Counts::default(),
            armed: Armed::Never,
            pieces: None,
            rounds: Arc::default(),
            packet: Box::new([0; PACKET_BYTES_MAX + 1]),
            wall_start: Duration::ZERO,
        })
    }

    /// What is to be recorded goes by this ring.
    pub(super) fn handing_over(mut self, pieces: Option<Producer<Piece>>) -> Shard {
        self.pieces = pieces;
        self
    }

    /// Whoever looks whether it goes round looks here.
    pub(super) fn beating(mut self, pulse: &Pulse) -> Shard {
        self.rounds = pulse.rounds();
        self
    }

    /// Runs until the roof has let go of it.
    pub(super) fn run(mut self) {
        let mut ready = Vec::with_capacity(READY_MAX);
        self.compare_clocks();
        loop {
            match epoll::wait(&self.files.epoll, spare_capacity(&mut ready), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => {
                    tracing::error!("a media thread cannot wait for packets: {error}");
                    return;
                }
            }
            for event in ready.drain(..) {
                let data = event.data;
                match data.u64() {
                    TIMER => {
                        hush(&self.files.timer);
                        self.compare_clocks();
                        if self.armed != Armed::Beating {
                            self.armed = Armed::Never;
                        }
                    }
                    WAKE => hush(&self.files.wake),
                    token => {
                        let place = u32::try_from(token & !CONTROL).expect("a leg's place");
                        if token & CONTROL == 0 {
                            self.receive(place);
                        } else {
                            self.receive_control(place);
                        }
                        self.drain();
                    }
                }
                self.keep_time();
            }
            if !self.take_orders() {
                return;
            }
            self.teller.flush();
            self.publish();
            self.arm();
            // At the end: a bell that is rung from now on has not been heard in this round.
            self.rounds.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// False when the roof has let go of the thread.
    fn take_orders(&mut self) -> bool {
        for _ in 0..ORDERS_PER_TURN {
            let Ok(order) = self.orders.pop() else {
                return !self.orders.is_abandoned();
            };
            match order {
                Order::Command(command) => {
                    self.media.handle_command(self.clock.mono(), command);
                    self.drain();
                }
                Order::Give(port) => self.give(port),
                Order::Take(traveller) => self.take(*traveller),
                Order::Catalog(catalog) => self.media.replace_catalog(catalog),
            }
        }
        // There may be more: packets first.
        ring(&self.files.wake);
        true
    }

    fn give(&mut self, port: PortId) {
        let guest = self.media.give(self.clock.mono(), port);
        self.drain();
        let sockets = guest.is_some().then(|| self.legs.remove(&self.files.epoll, port)).flatten();
        let traveller =
            guest.zip(sockets).map(|(guest, sockets)| Box::new(Traveller { guest, sockets }));
        self.teller.tell(Told::Given(port, traveller));
    }

    fn take(&mut self, Traveller { guest, sockets }: Traveller) {
        let port = guest.port();
        match self.legs.add(&self.files.epoll, port, sockets) {
            Ok(()) => {
                self.media.take(self.clock.mono(), guest);
                self.drain();
            }
            Err(error) => {
                tracing::error!("a media socket cannot be waited for: {error}");
                self.teller.tell(Told::Event(Event::Lost { port }));
            }
        }
    }

    /// Reads one packet of a port. (It may have closed since epoll looked.) False when there was
    /// none.
    fn receive(&mut self, place: u32) -> bool {
        let Some(leg) = self.legs.at(place) else { return false };
        let Ok(received) = foreign::receive(&leg.sockets.rtp, &mut self.packet[..]) else {
            return false;
        };
        if received.length > PACKET_BYTES_MAX {
            self.counters.oversized.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let now = self.clock.mono();
        let came = received.at.map(|at| at.saturating_sub(self.wall_start));
        let came = came.map_or(now, |came| Mono::ZERO + came);
        let came = if came > now || now.since(came) > WAIT_MAX { now } else { came };
        let packet = &self.packet[..received.length];
        self.media.handle_packet(came, leg.port, received.source, packet);
        true
    }

    /// Reads one RTCP packet of a port.
    fn receive_control(&mut self, place: u32) {
        let Some(leg) = self.legs.at(place) else { return };
        let Ok((length, source)) = leg.sockets.rtcp.recv_from(&mut self.packet[..]) else { return };
        if length > PACKET_BYTES_MAX {
            self.counters.oversized.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let now = self.clock.mono();
        self.media.handle_control(now, leg.port, source, &self.packet[..length]);
    }

    /// A frame of this leg went out: reads what has come since the last one.
    fn receive_with_frame(&mut self, place: u32) {
        let Some(leg) = self.legs.at(place) else { return };
        let until_empty = leg.frame();
        let mut packets = 0;
        while packets < PACKETS_PER_TURN && self.receive(place) {
            packets += 1;
            if !until_empty {
                return;
            }
        }
        if packets != 1
            && let Some(leg) = self.legs.at(place)
        {
            leg.is_uneven();
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
                Output::Packet { port, to, bytes } => {
                    let Some(place) = self.legs.find(port) else { continue };
                    let Some(leg) = self.legs.at(place) else { continue };
                    if leg.sockets.rtp.send_to(&bytes, to).is_err() {
                        self.counters.sends_failed.fetch_add(1, Ordering::Relaxed);
                    }
                    if leg.reading == Reading::WithEachFrame {
                        self.receive_with_frame(place);
                    }
                }
                Output::Control { port, to, bytes } => {
                    let Some(place) = self.legs.find(port) else { continue };
                    let Some(leg) = self.legs.at(place) else { continue };
                    if leg.sockets.rtcp.send_to(&bytes, to).is_err() {
                        self.counters.sends_failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Output::Bind { port, local } => {
                    let bound = self.open(port, local);
                    if let Err(error) = &bound {
                        tracing::debug!("media address {local} cannot be had: {error}");
                    }
                    self.media.handle_bound(self.clock.mono(), port, bound.is_ok());
                }
                Output::Read { port, when } => self.legs.read(&self.files.epoll, port, when),
                Output::Release { port } => {
                    self.legs.remove(&self.files.epoll, port);
                }
                Output::Heard(heard) => {
                    let Some(ring) = &mut self.pieces else { continue };
                    let lost = Piece::hand_over(ring, &heard);
                    if lost > 0 {
                        self.counters.pieces_lost.fetch_add(lost, Ordering::Relaxed);
                    }
                }
                Output::Event(event) => self.teller.tell(Told::Event(event)),
            }
        }
    }

    fn open(&mut self, port: PortId, local: SocketAddr) -> std::io::Result<()> {
        let sockets = legs::open(local)?;
        self.legs.add(&self.files.epoll, port, sockets)
    }

    /// The system's clock may be set at any time; ours goes on.
    fn compare_clocks(&mut self) {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.wall_start = wall.saturating_sub(self.clock.mono().since(Mono::ZERO));
    }

    fn publish(&mut self) {
        let counts = self.media.counts();
        if counts != self.counted {
            self.counters.add(self.counted, counts);
            self.counted = counts;
        }
    }

    fn arm(&mut self) {
        let wanted = if self.media.is_busy() || self.teller.is_behind() {
            Armed::Beating
        } else {
            let next = self.media.deadline().map(|deadline| next_tick(deadline.at));
            next.map_or(Armed::Never, Armed::Once)
        };
        if wanted == self.armed {
            return;
        }
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let every = Timespec { tv_sec: 0, tv_nsec: TICK_NANOS as i64 };
        let (at, interval) = match wanted {
            Armed::Never => (never, never),
            Armed::Once(at) => (self.clock.absolute(at), never),
            Armed::Beating => (self.clock.absolute(next_tick(self.clock.mono())), every),
        };
        let timer = Itimerspec { it_interval: interval, it_value: at };
        match timerfd_settime(&self.files.timer, TimerfdTimerFlags::ABSTIME, &timer) {
            Ok(_) => self.armed = wanted,
            Err(error) => tracing::error!("the media timer cannot be set: {error}"),
        }
    }
}

fn next_tick(at: Mono) -> Mono {
    Mono::from_nanos(at.as_nanos().div_ceil(TICK_NANOS).saturating_mul(TICK_NANOS))
}

#[cfg(test)]
mod tests {
    use media::{Catalog, Command};
    use model::Entropy;
    use rtrb::RingBuffer;
    use rustix::event::{EventfdFlags, eventfd};

    use super::super::tests::free_pair;
    use super::*;

    #[test]
    fn a_port_that_cannot_be_waited_for_is_lost_and_its_close_is_answered() {
        let (clock, port) = (Clock::start(), PortId(7));
        let machine = || Media::new(Arc::new(Catalog::new()), Entropy::from_u64(1));
        let (mut orders, to_carry_out) = RingBuffer::new(8);
        let (telling, mut told) = RingBuffer::new(8);
        let counters = Arc::new(MediaCounters::default());
        let teller = Teller::new(telling, Arc::default(), Arc::clone(&counters));
        let wake = Arc::new(eventfd(0, EventfdFlags::NONBLOCK).expect("made"));
        let shard = Shard::new(clock, machine(), to_carry_out, wake, teller, &counters);
        let mut shard = shard.expect("it has its files");
        // The system refuses a socket twice in one epoll, as it does one too many.
        let sockets = legs::open(free_pair()).expect("two sockets");
        shard.legs.add(&shard.files.epoll, port, sockets).expect("the first one");

        let (mut former, local) = (machine(), free_pair());
        former.handle_command(clock.mono(), Command::Open { port, local });
        former.handle_bound(clock.mono(), port, true);
        let guest = former.give(clock.mono(), port).expect("it is bound");
        let sockets = legs::open(local).expect("two sockets");
        orders.push(Order::Take(Box::new(Traveller { guest, sockets }))).expect("room");
        orders.push(Order::Command(Command::Close { port })).expect("room");
        assert!(shard.take_orders());
        let mut events = std::iter::from_fn(|| told.pop().ok());
        let lost = events.next();
        assert!(matches!(lost, Some(Told::Event(Event::Lost { port: PortId(7) }))), "{lost:?}");
        let closed = events.next();
        let is_closed = matches!(closed, Some(Told::Event(Event::Closed { port: PortId(7), .. })));
        assert!(is_closed, "{closed:?}");
        assert!(events.next().is_none());
    }
}
