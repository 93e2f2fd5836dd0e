//! A loop over many sockets that beats once a millisecond and reads what has come in between.
//!
//! The far ends and the floor are both this loop, so that one is as exact as the other.

use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

/// From one beat to the next.
pub const BEAT: Duration = Duration::from_millis(1);
/// Beats from one packet of a stream to its next: 20 ms.
pub const PHASES: usize = 20;
/// A packet of 20 ms of G.711 with its RTP header.
pub const PACKET_BYTES: usize = 172;
/// Ready sockets taken at a time.
const READY_MAX: usize = 256;

/// What is done in the loop.
pub trait Beating {
    /// A beat: the streams of this phase send. `late` after its time.
    fn beat(&mut self, phase: usize, late: Duration);
    /// Something has come to a socket.
    fn readable(&mut self, index: usize);
}

/// The sockets, waited for together.
#[derive(Debug)]
pub struct Pace {
    epoll: OwnedFd,
}

impl Pace {
    /// Waits for these sockets; their place in the list is their index.
    pub fn new<'a>(sockets: impl Iterator<Item = &'a UdpSocket>) -> Result<Pace> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (index, socket) in sockets.enumerate() {
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&epoll, socket, data, epoll::EventFlags::IN)?;
        }
        Ok(Pace { epoll })
    }

    /// Runs until `until`.
    pub fn run(&self, beating: &mut impl Beating, until: Instant) -> Result<()> {
        let mut ready = Vec::with_capacity(READY_MAX);
        let mut next = Instant::now();
        let mut phase = 0;
        loop {
            let now = Instant::now();
            if now >= until {
                return Ok(());
            }
            // One beat at a time: a loop that is behind still reads what comes.
            if let Some(late) = now.checked_duration_since(next) {
                beating.beat(phase, late);
                phase = (phase + 1) % PHASES;
                next += BEAT;
            }
            let wait = Timespec::try_from(next.saturating_duration_since(Instant::now()))?;
            match epoll::wait(&self.epoll, spare_capacity(&mut ready), Some(&wait)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in ready.drain(..) {
                let data = event.data;
                beating.readable(usize::try_from(data.u64())?);
            }
        }
    }
}
