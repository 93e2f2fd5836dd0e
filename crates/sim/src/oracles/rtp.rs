//! Every RTP packet of the engine (RFC 3550 §5.1, RFC 3551 §4.1, RFC 4733 §2), at the packet grain.
//!
//! * before offer and answer agreed, after a BYE and to whoever is on hold, nothing is sent; and to
//!   nobody but the negotiated address, or a steady stranger while that one is mute (RFC 4961);
//! * the payload types are the agreed ones, the SSRC of a port stays;
//! * our own frames: the sequence number steps by one, the timestamp grows by the samples of the
//!   packet before, and by more only at a marker, which says that something was interrupted;
//! * on a bridge our own frames go on for a moment until the other side is heard, and in place of
//!   it only what the engine ordered: a play, or the music of the bridge while that side holds;
//! * a bridge carries what was heard on the other side: at once, with one distance of sequence
//!   numbers and timestamps, so that loss and order stay as they were; a talkspurt begins with a
//!   marker; nothing heard in line is kept back;
//! * a key that the other side pressed by SIP, or on a bridge to who has no telephone-event, is
//!   pressed here by ourselves, and covers the voice as long as that takes;
//! * a key on a bridge: the same timestamp and event through all its packets, a duration that does
//!   not shrink, no end before the end, and as many end packets as were heard.
//!
//! Of a stream over SRTP the headers and lengths are judged, which stay readable; what is in its
//! packets is judged by the far ends, who have the keys.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use engine::{Input, Output};
use media::PlayId;
use model::{Mono, Now, PortId};

use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::packet::{Packet, ahead};
use crate::oracles::talks::{Agreed, Talks};
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "rtp";
/// How far a source's sequence numbers may jump and still be the same stream (RFC 3550 §A.1).
const FORWARD_MAX: i32 = 3_000;
const BACKWARD_MAX: i32 = 100;
/// A stranger is steady after so many packets over so long.
const STEADY: (u32, Duration) = (5, Duration::from_millis(60));
/// How far a timestamp may run ahead of the clock at a marker, in samples.
const RUN_AHEAD: u64 = 8_000;
/// How long our own frames may go on where the other side may be heard: three of them, and one.
const REST: Duration = Duration::from_millis(80);
/// How long a key of the other side takes that we press ourselves: 100 ms and as much after it,
/// 60 ms of silence before it where it is a tone, and a frame.
const KEY: Duration = Duration::from_millis(280);
/// Samples of one of our own frames.
const FRAME: u32 = 160;

/// The newest packet that a port has sent.
#[derive(Debug, Clone, Copy)]
struct Top {
    at: Mono,
    sequence: u16,
    timestamp: u32,
    samples: u32,
}

/// From the numbers of the other side's source to ours, while both go on.
#[derive(Debug, Clone, Copy)]
struct Join {
    ssrc: u32,
    from: SocketAddr,
    sequence: u16,
    timestamp: u32,
    newest: u16,
    /// Heard since the last one that was carried, and not carried.
    kept_back: u16,
}

/// The packets of one key that a port has sent.
#[derive(Debug, Clone, Copy, Default)]
struct Press {
    event: u8,
    duration: u16,
    newest: u16,
    ended: bool,
}

#[derive(Debug, Default)]
struct Port {
    local: Option<SocketAddr>,
    ssrc: Option<u32>,
    top: Option<Top>,
    /// Something happened after which a marker is due or allowed.
    fresh: bool,
    bridged: Option<PortId>,
    /// What it hears on its bridge while the other side holds.
    music: bool,
    /// What was ordered to be heard here.
    plays: Option<PlayId>,
    /// Keys were ordered to be pressed here, and not all are.
    pressing: bool,
    /// Until when our own frames may go on, on a bridge.
    rest: Mono,
    /// Until when keys of the other side may be pressed here by ourselves.
    keys: Mono,
    join: Option<Join>,
    presses: BTreeMap<u32, Press>,
    /// Timestamps of events that came here before the bridge, by source.
    pressed: BTreeMap<(u32, u32), bool>,
    agreed: Option<Agreed>,
    /// The negotiated address was the first to speak.
    named_spoke: bool,
    /// How often others have, and since when.
    strangers: BTreeMap<SocketAddr, (u32, Mono, Mono)>,
}

/// A packet that was just heard at one side of a bridge and has not been carried yet.
#[derive(Debug, Clone)]
struct Heard {
    port: PortId,
    from: SocketAddr,
    packet: Packet,
    at: Mono,
}

/// See the module.
#[derive(Debug, Default)]
pub struct RtpAudit {
    talks: Talks,
    /// Which call named this address of ours last.
    calls: BTreeMap<SocketAddr, String>,
    ports: BTreeMap<PortId, Port>,
    heard: Option<Heard>,
    found: Found,
}

impl RtpAudit {
    fn broken(&mut self, port: PortId, what: &str) {
        let local = self.ports.get(&port).and_then(|port| port.local);
        let call = local.and_then(|local| self.calls.get(&local));
        let what = format!("{port}: {what}");
        self.found.add(match call {
            Some(call_id) => Verdict::of_call(NAME, call_id, what),
            None => Verdict::of_run(NAME, what),
        });
    }

    fn signal(&mut self, bytes: &[u8], ours: bool) {
        let Some(text) = Text::read(bytes) else { return };
        if ours {
            self.talks.say(&text);
            let named = crate::oracles::described::Described::read(text.body);
            let named = named.and_then(|named| named.streams.iter().find_map(|s| s.target()));
            if let Some(local) = named {
                self.calls.insert(local, text.call_id().to_owned());
            }
        } else {
            self.talks.hear(&text);
        }
        self.renegotiate();
    }

    /// Takes over what the calls have agreed by now.
    fn renegotiate(&mut self) {
        for port in self.ports.values_mut() {
            let call = port.local.and_then(|local| self.calls.get(&local));
            let agreed = call.and_then(|call_id| self.talks.agreed(call_id));
            if port.agreed.as_ref() == agreed {
                continue;
            }
            let remote = |agreed: Option<&Agreed>| agreed.and_then(|agreed| agreed.remote);
            if remote(port.agreed.as_ref()) != remote(agreed) {
                port.strangers.clear();
            }
            (port.named_spoke, port.join, port.fresh) = (false, None, true);
            port.agreed = agreed.cloned();
        }
    }

    fn order(&mut self, now: Mono, command: &media::Command) {
        match command {
            media::Command::Open { port, local } => {
                let opened = Port { local: Some(*local), fresh: true, ..Port::default() };
                self.ports.insert(*port, opened);
            }
            media::Command::Close { port } => {
                self.part(*port);
                self.ports.remove(port);
            }
            media::Command::Bridge { one, other, on_hold } => {
                self.part(*one);
                self.part(*other);
                for (port, other) in [(one, other), (other, one)] {
                    if let Some(port) = self.ports.get_mut(port) {
                        (port.bridged, port.join, port.fresh) = (Some(*other), None, true);
                        (port.music, port.plays, port.rest) = (on_hold.is_some(), None, now + REST);
                    }
                }
            }
            media::Command::Unbridge { port } => self.part(*port),
            // Offer and answer speak again, also when they say the same.
            media::Command::Connect { port, .. } => {
                if let Some(port) = self.ports.get_mut(port) {
                    port.named_spoke = false;
                }
            }
            media::Command::Play { port, play, .. } => self.plays(*port, Some(*play)),
            media::Command::Stop { port } => self.plays(*port, None),
            media::Command::Judge { .. } | media::Command::AwaitQuiet { .. } => {}
            media::Command::Press { port, .. } => self.presses(*port, true),
            media::Command::Carry { port, .. } => {
                let other = self.ports.get(port).and_then(|port| port.bridged);
                if let Some(other) = other {
                    self.key_for(now, other);
                }
            }
            media::Command::Tap { .. } => {}
        }
    }

    /// A key of the other side is to be pressed at `port` by ourselves.
    fn key_for(&mut self, now: Mono, port: PortId) {
        if let Some(port) = self.ports.get_mut(&port) {
            port.keys = port.keys.max(now) + KEY;
        }
    }

    fn plays(&mut self, port: PortId, play: Option<PlayId>) {
        if let Some(port) = self.ports.get_mut(&port) {
            port.plays = play;
        }
    }

    fn presses(&mut self, port: PortId, presses: bool) {
        if let Some(port) = self.ports.get_mut(&port) {
            port.pressing = presses;
        }
    }

    fn play_ended(&mut self, port: PortId, play: PlayId) {
        if self.ports.get(&port).is_some_and(|port| port.plays == Some(play)) {
            self.plays(port, None);
        }
    }

    /// Whether a port on a bridge is to send frames of its own, whatever the other side says.
    fn is_covered(&self, port: PortId) -> bool {
        let Some(port) = self.ports.get(&port) else { return false };
        let other = port.bridged.and_then(|other| self.ports.get(&other));
        let holds = other.and_then(|other| other.agreed.as_ref()).is_some_and(|it| !it.sends);
        port.pressing || port.plays.is_some() || port.music && holds
    }

    fn part(&mut self, port: PortId) {
        let other = self.ports.get_mut(&port).and_then(|port| port.bridged.take());
        for port in [Some(port), other].into_iter().flatten() {
            if let Some(port) = self.ports.get_mut(&port) {
                (port.bridged, port.join, port.fresh) = (None, None, true);
            }
        }
    }

    // Packets that come.

    fn came(&mut self, now: Mono, port: PortId, from: SocketAddr, bytes: &[u8]) {
        self.kept_back();
        let Some(known) = self.ports.get_mut(&port) else { return };
        let Some(packet) = Packet::read_as(known.is_secure(), bytes) else { return };
        let Some(agreed) = &known.agreed else { return };
        if Some(from) == agreed.remote {
            known.named_spoke |= known.strangers.values().all(|its| !steady(its));
        } else if !known.named_spoke {
            let its = known.strangers.entry(from).or_insert((0, now, now));
            (its.0, its.2) = (its.0 + 1, now);
        }
        if agreed.events.contains(&packet.payload_type) {
            let bridged = known.bridged;
            let press = (packet.ssrc, packet.timestamp);
            let begins = !known.pressed.contains_key(&press);
            known.pressed.entry(press).or_insert(bridged.is_some());
            let deaf = |port: &Port| port.agreed.as_ref().is_some_and(|it| it.events.is_empty());
            let deaf = bridged.filter(|id| begins && self.ports.get(id).is_some_and(deaf));
            if let Some(other) = deaf {
                self.key_for(now, other);
            }
        }
        let Some(known) = self.ports.get(&port) else { return };
        if known.bridged.is_some() {
            self.heard = Some(Heard { port, from, packet, at: now });
        }
    }

    /// What was heard last on a bridge was not carried: whether that is right.
    fn kept_back(&mut self) {
        let Some(Heard { port, from, packet, at }) = self.heard.take() else { return };
        let Some(listener) = self.ports.get(&port) else { return };
        let Some((id, audio, events, secure)) = listener.bridged.and_then(|id| {
            let agreed = listener.agreed.as_ref()?;
            let audio = agreed.audio.contains(&packet.payload_type);
            let events = agreed.events.contains(&packet.payload_type);
            Some((id, audio, events, agreed.secure))
        }) else {
            return;
        };
        // A key that began before the bridge stays on its side, to its end.
        let new_key =
            events && listener.pressed.get(&(packet.ssrc, packet.timestamp)) == Some(&true);
        if self.is_covered(id) {
            return;
        }
        let Some(speaker) = self.ports.get_mut(&id).filter(|port| port.keys + REST < at) else {
            return;
        };
        let Some(agreed) = speaker.agreed.as_ref().filter(|agreed| agreed.sends) else { return };
        let wanted = audio || new_key && !agreed.events.is_empty();
        let Some(join) = speaker.join.as_mut().filter(|join| join.fits(from, &packet)) else {
            return;
        };
        if ahead(packet.sequence, join.newest) <= 0 {
            return;
        }
        join.kept_back = join.kept_back.saturating_add(1);
        if wanted && !secure && !packet.payload.is_empty() {
            self.broken(id, "keeps back what was heard in line on its bridge");
        }
    }

    // Packets that go.

    fn sent(&mut self, now: Mono, port: PortId, to: SocketAddr, bytes: &[u8]) {
        let secure = self.ports.get(&port).is_some_and(Port::is_secure);
        let Some(packet) = Packet::read_as(secure, bytes).filter(|packet| packet.plain) else {
            return self.broken(port, "sends what is no plain RTP packet");
        };
        let Some(known) = self.ports.get_mut(&port) else {
            return self.broken(port, "sends and is not open");
        };
        if let Some(wrong) = known.misdirected(to, &packet) {
            self.broken(port, wrong);
        }
        let heard = self.heard.take();
        let covered = self.is_covered(port);
        let Some(known) = self.ports.get_mut(&port) else { return };
        let wrong = if *known.ssrc.get_or_insert(packet.ssrc) == packet.ssrc {
            match (known.bridged, heard) {
                (None, _) => known.own_frame(now, &packet),
                (Some(other), Some(heard))
                    if heard.port == other && heard.at == now && !covered =>
                {
                    known.carry(now, &heard, &packet)
                }
                (Some(_), _)
                    if covered
                        || now <= known.keys
                        || known.join.is_none() && now <= known.rest =>
                {
                    if covered || now <= known.keys {
                        known.rest = now + REST;
                    }
                    known.fresh |= known.join.take().is_some();
                    known.own_frame(now, &packet)
                }
                (Some(_), _) => Some("sends on a bridge what nobody said"),
            }
        } else {
            Some("changes its SSRC")
        };
        if let Some(wrong) = wrong {
            self.broken(port, wrong);
        }
    }
}

fn steady((count, first, last): &(u32, Mono, Mono)) -> bool {
    *count >= STEADY.0 && last.since(*first) >= STEADY.1
}

impl Join {
    fn fits(&self, from: SocketAddr, packet: &Packet) -> bool {
        let step = ahead(packet.sequence, self.newest);
        self.from == from
            && self.ssrc == packet.ssrc
            && (-BACKWARD_MAX..=FORWARD_MAX).contains(&step)
    }
}

impl Port {
    fn is_secure(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| agreed.secure)
    }

    /// Whether this packet may go there at all.
    fn misdirected(&self, to: SocketAddr, packet: &Packet) -> Option<&'static str> {
        let Some(agreed) = &self.agreed else {
            return Some("sends before anything is agreed, or after the end");
        };
        if !agreed.sends {
            return Some("sends to a far end on hold");
        }
        let named = agreed.remote == Some(to);
        if !named && (self.named_spoke || !self.strangers.get(&to).is_some_and(steady)) {
            return Some("sends to an address that was not negotiated");
        }
        let kind = packet.payload_type;
        let known = agreed.audio.contains(&kind) || agreed.events.contains(&kind);
        (!known).then_some("sends a payload type that was not agreed")
    }

    /// A frame of our own: prompt, music or silence.
    fn own_frame(&mut self, now: Mono, packet: &Packet) -> Option<&'static str> {
        let events = self.agreed.as_ref().is_some_and(|a| a.events.contains(&packet.payload_type));
        if events {
            return self.own_key(now, packet);
        }
        let samples = u32::try_from(packet.payload.len()).unwrap_or(u32::MAX);
        let fresh = std::mem::take(&mut self.fresh);
        let before = self.top.replace(Top {
            at: now,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            samples,
        });
        if samples != FRAME {
            return Some("sends a frame that is not 20 ms");
        }
        let Some(top) = before else {
            return (!packet.marker).then_some("begins without a marker");
        };
        if packet.sequence != top.sequence.wrapping_add(1) {
            return Some("does not step its sequence number by one");
        }
        top.grown(now, packet, fresh)
    }

    /// A packet of a key that was ordered to be pressed: in line, while the clock goes on.
    fn own_key(&mut self, now: Mono, packet: &Packet) -> Option<&'static str> {
        if !self.pressing && self.keys < now {
            return Some("presses a key that nobody ordered");
        }
        let sequence = packet.sequence;
        let timestamp = match self.top {
            Some(top) if sequence != top.sequence.wrapping_add(1) => {
                return Some("does not step its sequence number by one");
            }
            Some(top) => top.timestamp.wrapping_add(top.samples),
            None => packet.timestamp,
        };
        if packet.marker == self.presses.contains_key(&packet.timestamp) {
            return Some("marks another packet of a key than the first");
        }
        self.fresh = false;
        self.top = Some(Top { at: now, sequence, timestamp, samples: FRAME });
        self.press(packet)
    }

    /// A packet of the other side.
    fn carry(&mut self, now: Mono, heard: &Heard, packet: &Packet) -> Option<&'static str> {
        let source = &heard.packet;
        let events = self.agreed.as_ref().is_some_and(|a| a.events.contains(&packet.payload_type));
        let samples = match events {
            // One of the two may be veiled.
            true => packet.duration().max(source.duration()).into(),
            false => u32::try_from(packet.payload.len()).unwrap_or(u32::MAX),
        };
        let readable = !packet.veiled && !source.veiled;
        if packet.payload.len() != source.payload.len()
            || events && readable && packet.payload != source.payload
        {
            return Some("carries something else than it heard");
        }
        let new = Top { at: now, sequence: packet.sequence, timestamp: packet.timestamp, samples };
        let distance = (
            packet.sequence.wrapping_sub(source.sequence),
            packet.timestamp.wrapping_sub(source.timestamp),
        );
        let joined = self.join.filter(|join| join.fits(heard.from, source));
        let Some(mut join) = joined else {
            let wrong = self.begin(now, packet);
            self.join = Some(Join {
                ssrc: source.ssrc,
                from: heard.from,
                sequence: distance.0,
                timestamp: distance.1,
                newest: source.sequence,
                kept_back: 0,
            });
            self.top = Some(new);
            return wrong.or_else(|| events.then(|| self.press(packet)).flatten());
        };
        if distance.1 != join.timestamp {
            return Some("shifts the timestamp within one source");
        }
        let newer = ahead(source.sequence, join.newest) > 0;
        let shorter = join.sequence.wrapping_sub(distance.0);
        let left_out = if newer { std::mem::take(&mut join.kept_back) } else { 0 };
        if shorter > left_out {
            return Some("shifts the sequence number within one source");
        }
        if newer {
            (join.sequence, join.newest) = (distance.0, source.sequence);
            self.top = Some(new);
        }
        self.join = Some(join);
        if packet.marker != source.marker {
            return Some("changes the marker within one source");
        }
        events.then(|| self.press(packet)).flatten()
    }

    /// The first packet of a source on a bridge: a talkspurt that goes on where we were.
    fn begin(&mut self, now: Mono, packet: &Packet) -> Option<&'static str> {
        self.fresh = false;
        if !packet.marker {
            return Some("begins a talkspurt without a marker");
        }
        let top = self.top?;
        if packet.sequence != top.sequence.wrapping_add(1) {
            return Some("begins a talkspurt with a gap");
        }
        top.grown(now, packet, true)
    }

    /// A packet of a key, as the listener sees it.
    fn press(&mut self, packet: &Packet) -> Option<&'static str> {
        if packet.veiled {
            return None;
        }
        let (event, duration) = (packet.payload.first().copied()?, packet.duration());
        let ends = packet.payload.get(1).is_some_and(|flags| flags & 0x80 != 0);
        let first = Press { event, duration, newest: packet.sequence, ended: ends };
        let press = self.presses.entry(packet.timestamp).or_insert(first);
        if press.event != event {
            return Some("has two keys at one timestamp");
        }
        if ahead(packet.sequence, press.newest) < 0 {
            return (duration > press.duration).then_some("has a key that shrinks");
        }
        let shrinks = duration < press.duration;
        let revives = press.ended && !ends;
        (press.duration, press.newest, press.ended) = (duration, packet.sequence, ends);
        match (shrinks, revives) {
            (true, _) => Some("has a key that shrinks"),
            (_, true) => Some("has a key that goes on after its end"),
            (false, false) => None,
        }
    }
}

impl Top {
    /// Whether the timestamp of the next packet in line is right.
    fn grown(&self, now: Mono, packet: &Packet, fresh: bool) -> Option<&'static str> {
        let grown = packet.timestamp.wrapping_sub(self.timestamp);
        let exact = grown == self.samples;
        if !packet.marker && !exact {
            return Some("does not grow its timestamp by the samples");
        }
        if packet.marker && exact && !fresh {
            return Some("has a marker in the middle of a talkspurt");
        }
        let by_clock = now.since(self.at).as_micros() as u64 / 125;
        let too_far = u64::from(grown) > by_clock.max(self.samples.into()) + RUN_AHEAD;
        (grown < self.samples || too_far).then_some("has a timestamp that leaves the clock")
    }
}

impl Oracle for RtpAudit {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Input(Input::Datagram { bytes, .. }) => self.signal(bytes, false),
            Seen::Output(Output::Datagram { bytes, .. }) => self.signal(bytes, true),
            Seen::Input(Input::Media(media::Event::PlayEnded { port, play })) => {
                self.kept_back();
                self.play_ended(*port, *play);
            }
            Seen::Input(Input::Media(media::Event::Pressed { port })) => {
                self.kept_back();
                self.presses(*port, false);
            }
            Seen::Output(Output::Media(command)) => {
                self.kept_back();
                self.order(now.mono, command);
                self.renegotiate();
            }
            Seen::PacketCame { port, from, bytes } => self.came(now.mono, *port, *from, bytes),
            Seen::PacketSent { port, to, bytes } => self.sent(now.mono, *port, *to, bytes),
            Seen::Crash => {
                let found = std::mem::take(&mut self.found);
                *self = RtpAudit { found, ..RtpAudit::default() };
            }
            _ => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        self.found.take()
    }
}

#[cfg(test)]
mod tests;
