//! The machine: orders, packets and time in; packets and events out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use model::{Deadline, Entropy, Mono, PortId};

use crate::output::Outputs;
use crate::port::Port;
use crate::tap::Tapping;
use crate::tones::Pause;
use crate::wheel::Wheel;
use crate::{Catalog, Command, Event, Output};

mod control;
mod frames;
mod hearing;
mod moving;
mod orders;
mod pressing;
mod silence;

pub use moving::Guest;
pub use silence::{LEFT_LIMIT, SILENCE_LIMIT, SUPPRESSED_LIMIT};

/// The most ports of one machine: an address has so many even ports. A further `Open` fails.
pub const PORTS_MAX: usize = 32_768;

/// All ports of one media thread.
#[derive(Debug)]
pub struct Media {
    catalog: Arc<Catalog>,
    entropy: Entropy,
    ports: Vec<Option<Port>>,
    /// Free places in `ports`.
    free: Vec<u32>,
    /// From a port's name to its place, in the order of the names.
    places: Vec<(PortId, u32)>,
    wheel: Wheel,
    /// No port is silent for too long before this moment.
    silence_check: Option<Mono>,
    /// When the report of which place is due. An entry whose port has gone, or whose report was put
    /// off, means nothing.
    reports: BinaryHeap<Reverse<(Mono, u32)>>,
    /// Ports whose seat is free once the present turn is over.
    leaving: Vec<u32>,
    outputs: Outputs,
    counts: Counts,
}

/// What a machine counts, for status pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Frames left out because the machine was woken too late.
    pub frames_skipped: u64,
    /// Datagrams that are not RTP, or not of an agreed payload type.
    pub not_understood: u64,
    /// Packets from another source than the negotiated one.
    pub not_accepted: u64,
    /// Packets of a bridge that did not go on: too late, or nothing that the other side takes.
    pub not_relayed: u64,
    /// SRTP packets that are not authentic: forged, altered, or made with another key.
    pub not_authentic: u64,
    /// SRTP packets heard before, or too old to tell.
    pub replayed: u64,
    /// Packets that SRTP does not let go out: their number was used before.
    pub not_protected: u64,
    /// Packets and keys dropped because of [`crate::OUTPUTS_MAX`].
    pub outputs_dropped: u64,
    /// Ports refused because of [`PORTS_MAX`].
    pub ports_refused: u64,
    /// Clips left out because of [`crate::CLIPS_PER_PLAY_MAX`].
    pub clips_cut: u64,
    /// Keys not pressed because of [`crate::DIGITS_MAX`].
    pub digits_cut: u64,
}

/// What one port counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortCounts {
    /// Packets sent.
    pub sent: u64,
    /// Packets received and accepted.
    pub received: u64,
    /// Packets lost on their way to us.
    pub lost: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1), in eighths of a millisecond.
    pub jitter: u32,
    /// SRTP packets that were not authentic.
    pub not_authentic: u64,
    /// SRTP packets heard before, or too old to tell.
    pub replayed: u64,
}

impl Media {
    /// A machine without ports. `entropy` is its own branch: it numbers the streams.
    pub fn new(catalog: Arc<Catalog>, entropy: Entropy) -> Media {
        Media {
            catalog,
            entropy,
            ports: Vec::new(),
            free: Vec::new(),
            places: Vec::new(),
            wheel: Wheel::default(),
            silence_check: None,
            reports: BinaryHeap::new(),
            leaving: Vec::new(),
            outputs: Outputs::new(),
            counts: Counts::default(),
        }
    }

    /// Plays that begin from now on play these clips. Those under way go on with what they have.
    pub fn replace_catalog(&mut self, catalog: Arc<Catalog>) {
        self.catalog = catalog;
    }

    /// Carries out an order of the engine. An order for a port that does not exist is
    /// ignored, but for `Close`, which is answered always.
    pub fn handle_command(&mut self, now: Mono, command: Command) {
        match command {
            Command::Open { port, local } => self.open(port, local),
            Command::Connect { port, stream } => self.connect(now, port, stream),
            Command::Play { port, play, clips, repeat } => {
                self.play(now, port, play, clips, repeat);
            }
            Command::Stop { port } => self.stop(now, port),
            Command::Judge { port } => {
                if let Some(place) = self.find(port) {
                    self.at(place).judge = Some(Box::default());
                }
            }
            Command::AwaitQuiet { port, quiet } => {
                if let Some(place) = self.find(port) {
                    self.at(place).pause = Some(Box::new(Pause::new(now, quiet)));
                }
            }
            Command::Press { port, digits } => self.press(now, port, &digits),
            Command::Carry { port, key } => self.carry(now, port, key),
            Command::Bridge { one, other, on_hold } => self.bridge(now, one, other, on_hold),
            Command::Unbridge { port } => {
                if let Some(place) = self.find(port) {
                    self.unbridge(now, place);
                }
            }
            Command::Tap { port, tap } => {
                if let Some(place) = self.find(port) {
                    self.at(place).tap = tap.map(Tapping::new);
                }
            }
            Command::Close { port } => self.close(now, port),
        }
    }

    /// The roof has bound the socket of `port`, or could not.
    pub fn handle_bound(&mut self, now: Mono, port: PortId, ok: bool) {
        let Some(place) = self.find(port) else { return };
        if self.at(place).bound {
            return;
        }
        if !ok {
            self.remove(now, place);
            self.outputs.event(Event::OpenFailed { port });
            return;
        }
        let found = self.at(place);
        found.bound = true;
        found.heard_at = now;
        self.outputs.event(Event::Opened { port });
        self.seat(now, place);
        self.watch(now, place);
    }

    /// Time has passed: sends the frames that are due and tells of silence.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(turn) = self.wheel.turn(now) {
            for &place in &turn.ports {
                self.send_frame(now, place, &turn);
            }
            self.wheel.finish(turn);
            while let Some(place) = self.leaving.pop() {
                self.unseat(place);
            }
        }
        self.send_reports(now);
        if let Some(at) = self.silence_check.filter(|at| *at <= now) {
            self.check_silence(now, now.since(at));
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output<'_>> {
        self.outputs.poll()
    }

    /// When [`Media::handle_timeout`] is wanted next.
    pub fn deadline(&self) -> Option<Deadline> {
        let frame = self.wheel.next().map(|at| Deadline::new(at, "next frame"));
        let silence = self.silence_check.map(|at| Deadline::new(at, "silence limit"));
        let report = self.reports.peek().map(|Reverse((at, _))| Deadline::new(*at, "RTCP report"));
        Deadline::earliest(Deadline::earliest(frame, silence), report)
    }

    /// Whether ports send in most milliseconds: then [`Media::handle_timeout`] is wanted in each.
    pub fn is_busy(&self) -> bool {
        self.wheel.is_busy()
    }

    /// How many ports exist.
    pub fn ports(&self) -> usize {
        self.places.len()
    }

    /// What the machine has counted.
    pub fn counts(&self) -> Counts {
        Counts { outputs_dropped: self.outputs.dropped, ..self.counts }
    }

    /// What one port has counted; `None` when it does not exist.
    pub fn port_counts(&self, port: PortId) -> Option<PortCounts> {
        let port = self.ports[self.find(port)? as usize].as_ref()?;
        Some(PortCounts {
            sent: port.sent.packets,
            received: port.reception.received(),
            lost: port.reception.lost(),
            jitter: port.reception.jitter(),
            not_authentic: port.not_authentic,
            replayed: port.replayed,
        })
    }
}

/// Places.
impl Media {
    fn find(&self, port: PortId) -> Option<u32> {
        let order = self.places.binary_search_by_key(&port, |(id, _)| *id).ok()?;
        Some(self.places[order].1)
    }

    fn at(&mut self, place: u32) -> &mut Port {
        self.ports[place as usize].as_mut().expect("places are forgotten with their port")
    }
}

#[cfg(test)]
mod tests;
