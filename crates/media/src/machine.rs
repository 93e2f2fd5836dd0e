//! The machine: orders, packets and time in; packets and events out.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{Deadline, Entropy, Mono, PortId};
use rtp::srtp::Refused;
use rtp::{DATAGRAM_MAX, Heard, Packet, Relay, Sender};

use crate::port::{Bridge, Carried, Port, Relayed, samples_of};
use crate::wheel::{Turn, Wheel};
use crate::{
    Catalog, ClipId, Command, Event, FRAME_SAMPLES, LATE_MAX, Output, PacketBytes, PlayId, Repeat,
    Stream,
};

/// The most ports of one machine: an address has so many even ports. A further `Open` fails.
pub const PORTS_MAX: usize = 32_768;

/// The most outputs that wait to be polled. Beyond it packets and keys are dropped and counted; the
/// other events, of which there are few, are kept.
pub const OUTPUTS_MAX: usize = 65_536;

/// How long a far end that should send may be silent before the engine is told.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// How long a machine that was woken too late listens before it calls anybody silent.
const SILENCE_PAUSE: Duration = Duration::from_secs(1);

const FRAME_SAMPLES_32: u32 = FRAME_SAMPLES as u32;

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
    outputs: VecDeque<Output>,
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
    /// Packets and keys dropped because of [`OUTPUTS_MAX`].
    pub outputs_dropped: u64,
    /// Ports refused because of [`PORTS_MAX`].
    pub ports_refused: u64,
    /// Clips left out because of [`crate::CLIPS_PER_PLAY_MAX`].
    pub clips_cut: u64,
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
            outputs: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// Carries out an order of the engine. An order for a port that does not exist is ignored.
    pub fn handle_command(&mut self, now: Mono, command: Command) {
        match command {
            Command::Open { port, local } => self.open(port, local),
            Command::Connect { port, stream } => self.connect(now, port, stream),
            Command::Play { port, play, clips, repeat } => self.play(port, play, clips, repeat),
            Command::Stop { port } => {
                if let Some(port) = self.find_port(port) {
                    port.player.stop();
                }
            }
            Command::Bridge { one, other } => self.bridge(now, one, other),
            Command::Unbridge { port } => {
                if let Some(place) = self.find(port) {
                    self.unbridge(now, place);
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
            self.outputs.push_back(Output::Event(Event::OpenFailed { port }));
            return;
        }
        let found = self.at(place);
        found.bound = true;
        found.heard_at = now;
        self.outputs.push_back(Output::Event(Event::Opened { port }));
        self.seat(now, place);
        self.watch(now, place);
    }

    /// A datagram came to the socket of `port`.
    pub fn handle_packet(&mut self, now: Mono, port: PortId, source: SocketAddr, bytes: &[u8]) {
        let Some(place) = self.find(port) else { return };
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        if !port.listens() {
            return;
        }
        let mut room;
        let bytes = if port.is_secure() {
            room = [0; DATAGRAM_MAX];
            match port.unprotect(now, bytes, &mut room) {
                Ok(bytes) => bytes,
                Err(refused) => return self.refuse(place, refused),
            }
        } else {
            bytes
        };
        let Some((stream, whom)) = &mut port.stream else { return };
        let packet = Packet::read(bytes).ok();
        let understood =
            packet.and_then(|packet| Some((packet, stream.carried(packet.header.payload_type)?)));
        let Some((packet, carried)) = understood else {
            self.counts.not_understood += 1;
            let strange = packet.filter(|_| whom.destination() == source);
            let other = port.bridge.as_ref().map(|bridge| bridge.other);
            if let (Some(packet), Some(other)) = (strange, other)
                && let Some(theirs) = &mut self.at(other).bridge
            {
                // What nobody agreed on is not heard as loss on the other side.
                theirs.relay.leave_out(&packet.header);
            }
            return;
        };
        let accepted = match carried {
            Carried::Audio(_) | Carried::TelephoneEvent => whom.accept(now, source, &packet.header),
            Carried::ComfortNoise => whom.destination() == source,
        };
        if !accepted {
            self.counts.not_accepted += 1;
            return;
        }
        port.heard_at = now;
        let paced = matches!(carried, Carried::Audio(_));
        port.reception.heard(now, &packet.header, paced);
        let was_silent = std::mem::take(&mut port.silent);
        if was_silent {
            self.watch(now, place);
        }
        self.hear(now, place, Relayed { header: packet.header, carried, payload: packet.payload });
    }

    /// Counts a packet that SRTP does not let in.
    fn refuse(&mut self, place: u32, refused: Refused) {
        let (whole, part) = match refused {
            Refused::Malformed => {
                self.counts.not_understood += 1;
                return;
            }
            Refused::NotAuthentic
            | Refused::TooManySources
            | Refused::KeyUsedUp
            | Refused::OtherSource => (1, 0),
            Refused::Replayed | Refused::TooOld => (0, 1),
        };
        self.counts.not_authentic += whole;
        self.counts.replayed += part;
        let port = self.at(place);
        port.not_authentic += whole;
        port.replayed += part;
    }

    /// Time has passed: sends the frames that are due and tells of silence.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(turn) = self.wheel.turn(now) {
            for &place in &turn.ports {
                self.send_frame(now, place, &turn);
            }
            self.wheel.finish(turn);
        }
        if let Some(at) = self.silence_check.filter(|at| *at <= now) {
            self.check_silence(now, now.since(at));
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Media::handle_timeout`] is wanted next.
    pub fn deadline(&self) -> Option<Deadline> {
        let frame = self.wheel.next().map(|at| Deadline::new(at, "next frame"));
        let silence = self.silence_check.map(|at| Deadline::new(at, "silence limit"));
        Deadline::earliest(frame, silence)
    }

    /// How many ports exist.
    pub fn ports(&self) -> usize {
        self.places.len()
    }

    /// What the machine has counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What one port has counted; `None` when it does not exist.
    pub fn port_counts(&self, port: PortId) -> Option<PortCounts> {
        let port = self.ports[self.find(port)? as usize].as_ref()?;
        Some(PortCounts {
            sent: port.sent,
            received: port.reception.received(),
            lost: port.reception.lost(),
            jitter: port.reception.jitter(),
            not_authentic: port.not_authentic,
            replayed: port.replayed,
        })
    }
}

/// Orders.
impl Media {
    fn open(&mut self, port: PortId, local: SocketAddr) {
        let Err(order) = self.places.binary_search_by_key(&port, |(id, _)| *id) else { return };
        if self.places.len() >= PORTS_MAX {
            self.counts.ports_refused += 1;
            self.outputs.push_back(Output::Event(Event::OpenFailed { port }));
            return;
        }
        let sender = Sender::new(
            self.entropy.next_u32(),
            // Random, and below 2^15: who misses the packets before the first rollover would else
            // count it wrong, and hear nothing of a protected stream (RFC 3711 §3.3.1).
            (self.entropy.next_u32() & 0x7FFF) as u16,
            self.entropy.next_u32(),
        );
        let opened = Some(Port::new(port, sender));
        let place = match self.free.pop() {
            Some(place) => {
                self.ports[place as usize] = opened;
                place
            }
            None => {
                self.ports.push(opened);
                u32::try_from(self.ports.len() - 1).expect("ports are limited")
            }
        };
        self.places.insert(order, (port, place));
        self.outputs.push_back(Output::Bind { port, local });
    }

    fn connect(&mut self, now: Mono, port: PortId, stream: Stream) {
        let Some(place) = self.find(port) else { return };
        self.at(place).connect(now, stream);
        self.seat(now, place);
        self.watch(now, place);
    }

    fn play(&mut self, port: PortId, play: PlayId, clips: Vec<ClipId>, repeat: Repeat) {
        let Some(port) = self.find_port(port) else { return };
        let cut = port.player.play(play, clips, repeat);
        self.counts.clips_cut += cut as u64;
    }

    fn bridge(&mut self, now: Mono, one: PortId, other: PortId) {
        let (Some(one), Some(other)) = (self.find(one), self.find(other)) else { return };
        if one == other {
            return;
        }
        for (place, other) in [(one, other), (other, one)] {
            self.unbridge(now, place);
            self.unseat(place);
            let port = self.at(place);
            port.player.stop();
            port.bridge = Some(Bridge { other, relay: Relay::new(), carries_event: false });
        }
    }

    fn unbridge(&mut self, now: Mono, place: u32) {
        let Some(bridge) = self.at(place).bridge.take() else { return };
        self.at(bridge.other).bridge = None;
        self.seat(now, place);
        self.seat(now, bridge.other);
    }

    fn close(&mut self, now: Mono, port: PortId) {
        let Some(place) = self.find(port) else { return };
        let closed = self.remove(now, place);
        let received = closed.reception.received();
        self.outputs.push_back(Output::Release { port });
        self.outputs.push_back(Output::Event(Event::Closed { port, sent: closed.sent, received }));
    }

    fn remove(&mut self, now: Mono, place: u32) -> Port {
        // Without its socket it takes no seat when its bridge ends.
        self.at(place).bound = false;
        self.unbridge(now, place);
        self.unseat(place);
        let port = self.ports[place as usize].take().expect("the place is in use");
        self.free.push(place);
        self.places.retain(|(id, _)| *id != port.id);
        if self.places.is_empty() {
            self.silence_check = None;
        }
        port
    }
}

/// Frames.
impl Media {
    /// Seats a port on the wheel, when it should send frames and does not yet.
    fn seat(&mut self, now: Mono, place: u32) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        if port.seat.is_none() && port.wants_seat() {
            port.seat = Some(self.wheel.sit(now, place));
            port.sender.resume(now);
        }
    }

    fn unseat(&mut self, place: u32) {
        let Some(left) = self.at(place).seat.take() else { return };
        let Some(moved) = self.wheel.leave(left) else { return };
        let port = self.at(moved);
        port.seat = port.seat.map(|its| Wheel::moved(its, left));
    }

    fn send_frame(&mut self, now: Mono, place: u32, turn: &Turn) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let Some((stream, whom)) = &port.stream else { return };
        let Some(skipped) = port.seat.and_then(|seat| seat.skipped(turn)) else { return };
        if skipped > 0 {
            port.sender.skip(skipped.wrapping_mul(FRAME_SAMPLES_32));
            self.counts.frames_skipped += u64::from(skipped);
        }
        let to = whom.destination();
        let mut ended = None;
        if is_reachable(stream, to) {
            let header = port.sender.next(now, stream.payload_type, FRAME_SAMPLES_32);
            let bytes = PacketBytes::with(&header, FRAME_SAMPLES, |payload| {
                ended = port.player.fill(&self.catalog, stream.codec.law(), payload);
            });
            send(port, to, bytes, &mut self.outputs, &mut self.counts);
        } else {
            let mut unheard = [0; FRAME_SAMPLES];
            ended = port.player.fill(&self.catalog, stream.codec.law(), &mut unheard);
            port.sender.skip(FRAME_SAMPLES_32);
        }
        if let Some(play) = ended {
            self.outputs.push_back(Output::Event(Event::PlayEnded { port: port.id, play }));
        }
    }
}

/// Packets heard.
impl Media {
    fn hear(&mut self, now: Mono, place: u32, heard: Relayed<'_>) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let mut goes_on = true;
        if heard.carried == Carried::TelephoneEvent {
            let meaning = port.keys.heard(&heard.header, heard.payload);
            goes_on = match (meaning, &mut port.bridge) {
                (Heard::Pressed(key), None) => {
                    let event = Output::Event(Event::Key { port: port.id, key });
                    push_limited(&mut self.outputs, &mut self.counts, event);
                    return;
                }
                (Heard::Pressed(_), Some(bridge)) => {
                    bridge.carries_event = true;
                    true
                }
                (Heard::Held | Heard::Late, Some(bridge)) => bridge.carries_event,
                (Heard::NotAKey, Some(_)) => true,
                (Heard::Held | Heard::Late | Heard::NotAKey, None) => return,
            };
        }
        if let Some(other) = port.bridge.as_ref().map(|bridge| bridge.other) {
            self.relay(now, other, &heard, goes_on);
        }
    }

    /// Sends a packet of the other side of a bridge from the port at `place`, when it goes on.
    fn relay(&mut self, now: Mono, place: u32, heard: &Relayed<'_>, goes_on: bool) {
        let Some(port) = self.ports[place as usize].as_mut() else { return };
        let (Some((stream, whom)), Some(bridge)) = (&port.stream, &mut port.bridge) else { return };
        let to = whom.destination();
        if !port.bound || !is_reachable(stream, to) {
            // Whoever comes back from a hold hears a new talkspurt, and not minutes of loss.
            bridge.relay = Relay::new();
            return;
        }
        let payload_type =
            stream.payload_type_for(heard.carried).filter(|_| goes_on && !heard.payload.is_empty());
        let Some(payload_type) = payload_type else {
            bridge.relay.leave_out(&heard.header);
            self.counts.not_relayed += 1;
            return;
        };
        let samples = samples_of(heard.carried, heard.payload);
        let header =
            bridge.relay.carry(&mut port.sender, now, &heard.header, payload_type, samples);
        let Some(header) = header else {
            self.counts.not_relayed += 1;
            return;
        };
        let bytes = PacketBytes::with(&header, heard.payload.len(), |payload| {
            payload.copy_from_slice(heard.payload);
            if let Carried::Audio(law) = heard.carried {
                self.catalog.g711().convert(law, stream.codec.law(), payload);
            }
        });
        send(port, to, bytes, &mut self.outputs, &mut self.counts);
    }
}

/// Silence.
impl Media {
    /// The port at `place` is heard from now on, or expected: its silence may end at the limit.
    fn watch(&mut self, now: Mono, place: u32) {
        if self.at(place).listens() {
            let at = now + SILENCE_LIMIT;
            self.silence_check = Some(self.silence_check.map_or(at, |earlier| earlier.min(at)));
        }
    }

    fn check_silence(&mut self, now: Mono, late: Duration) {
        if late > LATE_MAX {
            // We slept, and what came meanwhile is still in the sockets: listen before judging.
            self.silence_check = Some(now + SILENCE_PAUSE);
            return;
        }
        self.silence_check = None;
        for port in self.ports.iter_mut().flatten() {
            if !port.listens() || port.silent {
                continue;
            }
            let limit = port.heard_at + SILENCE_LIMIT;
            if limit <= now {
                port.silent = true;
                self.outputs.push_back(Output::Event(Event::Silent { port: port.id }));
            } else {
                let next = self.silence_check.map_or(limit, |earlier| earlier.min(limit));
                self.silence_check = Some(next);
            }
        }
    }
}

/// Places.
impl Media {
    fn find(&self, port: PortId) -> Option<u32> {
        let order = self.places.binary_search_by_key(&port, |(id, _)| *id).ok()?;
        Some(self.places[order].1)
    }

    fn find_port(&mut self, port: PortId) -> Option<&mut Port> {
        let place = self.find(port)?;
        self.ports[place as usize].as_mut()
    }

    fn at(&mut self, place: u32) -> &mut Port {
        self.ports[place as usize].as_mut().expect("places are forgotten with their port")
    }
}

/// Whether packets may go to `to`: the far end wants them, and has an address (0.0.0.0 was the hold
/// of RFC 2543).
fn is_reachable(stream: &Stream, to: SocketAddr) -> bool {
    stream.send && !to.ip().is_unspecified() && to.port() != 0
}

/// Sends a packet from `port`, protected when its stream is.
fn send(
    port: &mut Port,
    to: SocketAddr,
    mut bytes: PacketBytes,
    outputs: &mut VecDeque<Output>,
    counts: &mut Counts,
) {
    if port.protect(&mut bytes).is_err() {
        counts.not_protected += 1;
        return;
    }
    port.sent += 1;
    push_limited(outputs, counts, Output::Packet { port: port.id, to, bytes });
}

/// Queues a packet or a key, unless nobody polls.
fn push_limited(outputs: &mut VecDeque<Output>, counts: &mut Counts, output: Output) {
    if outputs.len() >= OUTPUTS_MAX {
        counts.outputs_dropped += 1;
        return;
    }
    outputs.push_back(output);
}

#[cfg(test)]
mod tests;
