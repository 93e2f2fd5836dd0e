//! The media of one call: what it says and hears after offer and answer agreed.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Entropy, Key, Mono};

use crate::desk::{CallHandle, Desk, Output, PhoneEvent};
use crate::diary::CallRecord;
use crate::heard::{self, Ear};
use crate::srtp::{Guard, MasterKey};
use crate::voicing::Saying;
use crate::{Codec, Voice, sdp, tone};

/// Most keys that wait to be pressed; more are not taken.
pub const KEYS_QUEUED_MAX: usize = 64;
/// One packet's length.
const FRAME: Duration = Duration::from_millis(20);
const FRAME_SAMPLES: u64 = 160;
/// Most frames that a late roof makes good; the rest is skipped as a real phone would.
const CATCH_UP_FRAMES_MAX: usize = 50;
/// End packets of a key press (RFC 4733 §2.5.1.4).
const ENDS: u16 = 3;

/// One press of a key and what happens to its packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPress {
    /// The key.
    pub key: Key,
    /// How long it is held; at least one frame.
    pub held: Duration,
    /// The pause after it.
    pub gap: Duration,
    /// Packets that never leave.
    pub lost: Lost,
    /// True when neighbours change places: the first two packets, and the last update with the
    /// first end packet.
    pub reordered: bool,
}

/// Packets of a press that never leave; their sequence numbers are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// The first packet, and with it the marker.
    pub first: bool,
    /// Only the marker: the first packet leaves without it.
    pub marker: bool,
    /// How many of the three end packets, from the first.
    pub ends: u8,
}

impl KeyPress {
    /// A clean press of 100 ms, 100 ms before the next.
    pub fn new(key: Key) -> KeyPress {
        let (held, gap) = (Duration::from_millis(100), Duration::from_millis(100));
        KeyPress { key, held, gap, lost: Lost::default(), reordered: false }
    }

    /// The packets of the press, one per frame.
    fn packets(&self) -> VecDeque<EventPacket> {
        let updates = frames(self.held).clamp(1, 400) as u16;
        let first_end_kept = updates + u16::from(self.lost.ends);
        let mut packets: Vec<EventPacket> = (0..updates + ENDS)
            .map(|order| EventPacket {
                order,
                marker: order == 0 && !self.lost.marker,
                end: order >= updates,
                duration: (order + 1).min(updates) * FRAME_SAMPLES as u16,
                lost: (order == 0 && self.lost.first)
                    || (order >= updates && order < first_end_kept),
            })
            .collect();
        if self.reordered {
            packets.swap(0, 1);
            packets.swap(usize::from(updates) - 1, usize::from(updates));
        }
        packets.into()
    }
}

#[derive(Debug, Clone, Copy)]
struct EventPacket {
    order: u16,
    marker: bool,
    end: bool,
    duration: u16,
    lost: bool,
}

/// What offer and answer agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    pub remote: SocketAddr,
    pub codec: Codec,
    pub payload_type: u8,
    /// The payload type of our events.
    pub events: Option<u8>,
    /// The payload type of the peer's events.
    pub events_heard: Option<u8>,
    pub send: bool,
    /// Our key and the peer's, when the call is SRTP.
    pub keys: Option<(MasterKey, MasterKey)>,
}

/// A press under way.
#[derive(Debug, Clone)]
struct Pressing {
    press: KeyPress,
    packets: VecDeque<EventPacket>,
    timestamp: u32,
    sequence: u16,
}

/// The media of one call.
#[derive(Debug, Clone)]
pub struct Line {
    call: CallHandle,
    pub agreed: Agreed,
    guard: Option<Guard>,
    voice: Voice,
    voice_frame: u64,
    start: Mono,
    /// The next frame, counted from `start`.
    frame: u64,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    fresh: bool,
    keys: VecDeque<KeyPress>,
    pressing: Option<Pressing>,
    pause: u64,
    ear: Ear,
    saying: Saying,
}

fn frames(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis() / FRAME.as_millis()).unwrap_or(u64::MAX)
}

impl Line {
    pub fn new(
        call: CallHandle,
        now: Mono,
        agreed: Agreed,
        voice: Voice,
        dice: &mut Entropy,
    ) -> Line {
        Line {
            call,
            agreed,
            guard: agreed.keys.map(|(ours, theirs)| Guard::new(ours, theirs)),
            voice,
            voice_frame: 0,
            start: now,
            frame: 0,
            sequence: dice.next_u32() as u16,
            timestamp: dice.next_u32(),
            ssrc: dice.next_u32(),
            fresh: true,
            keys: VecDeque::new(),
            pressing: None,
            pause: 0,
            ear: Ear::default(),
            saying: Saying::default(),
        }
    }

    /// Offer and answer agreed anew.
    pub fn agree(&mut self, agreed: Agreed) {
        self.agreed = agreed;
        let guard = self.guard.take();
        self.guard = agreed.keys.map(|keys| {
            guard.filter(|guard| guard.is_of(keys)).unwrap_or_else(|| Guard::new(keys.0, keys.1))
        });
    }

    /// Says something else from the next frame on.
    pub fn speak(&mut self, now: Mono, voice: Voice) {
        self.skip_if_mute(now);
        self.voice = voice;
        self.voice_frame = self.frame;
    }

    /// Puts a key in the queue; false when the queue is full. Where no events were agreed it is
    /// pressed as a tone in the voice.
    pub fn press(&mut self, now: Mono, press: KeyPress) -> bool {
        if self.keys_room() == 0 {
            return false;
        }
        self.skip_if_mute(now);
        self.keys.push_back(press);
        true
    }

    pub fn keys_room(&self) -> usize {
        KEYS_QUEUED_MAX - self.keys.len()
    }

    /// True while keys wait or are being pressed.
    pub fn is_pressing(&self) -> bool {
        self.pressing.is_some() || !self.keys.is_empty() || self.pause > 0
    }

    /// A mute phone has no frames due; its next one is the present one.
    fn skip_if_mute(&mut self, now: Mono) {
        if self.deadline().is_none() {
            self.frame = self.frame.max(frames(now.since(self.start)));
        }
    }

    pub fn deadline(&self) -> Option<Mono> {
        (self.voice != Voice::Mute || self.is_pressing()).then(|| self.frame_at(self.frame))
    }

    fn frame_at(&self, frame: u64) -> Mono {
        self.start + Duration::from_millis(frame.saturating_mul(20))
    }

    pub fn tick(&mut self, desk: &mut Desk) {
        for _ in 0..CATCH_UP_FRAMES_MAX {
            if self.deadline().is_none_or(|at| desk.mono() < at) {
                return;
            }
            self.step(desk);
            self.frame += 1;
        }
        self.frame = self.frame.max(frames(desk.mono().since(self.start)) + 1);
    }

    /// One frame: a packet of the key under way, or voice.
    fn step(&mut self, desk: &mut Desk) {
        if self.pressing.is_none() && self.pause == 0 {
            self.next_key(desk);
        }
        self.pause = self.pause.saturating_sub(1);
        let Some(mut pressing) = self.pressing.take() else {
            return self.step_voice(desk);
        };
        if let Some(packet) = pressing.packets.pop_front() {
            match self.agreed.events {
                Some(_) => self.send_event(desk, &pressing, packet),
                None => self.send_tone(desk, &pressing, packet),
            }
        }
        if pressing.packets.is_empty() {
            self.pause = frames(pressing.press.gap);
        } else {
            self.pressing = Some(pressing);
        }
    }

    fn next_key(&mut self, desk: &mut Desk) {
        let Some(press) = self.keys.pop_front() else { return };
        let at = desk.mono();
        CallRecord::note_key(&mut desk.record(self.call).keys_pressed, at, press.key);
        let packets = press.packets();
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(packets.len() as u16);
        let timestamp = self.timestamp_now();
        self.pressing = Some(Pressing { press, packets, timestamp, sequence });
    }

    fn timestamp_now(&self) -> u32 {
        self.timestamp.wrapping_add((self.frame.wrapping_mul(FRAME_SAMPLES)) as u32)
    }

    fn send_event(&mut self, desk: &mut Desk, pressing: &Pressing, packet: EventPacket) {
        let Some(payload_type) = self.agreed.events.filter(|_| self.agreed.send) else { return };
        if packet.lost {
            return;
        }
        // Volume 10 dB below full scale, as most phones write.
        let flags = if packet.end { 0x8a } else { 0x0a };
        let [high, low] = packet.duration.to_be_bytes();
        let payload = [pressing.press.key.event(), flags, high, low];
        let sequence = pressing.sequence.wrapping_add(packet.order);
        let header = (payload_type, packet.marker, sequence, pressing.timestamp);
        self.send(desk, header, &payload);
        self.fresh = true;
    }

    /// A frame of a key in the voice. There are as many as the key has packets before its end.
    fn send_tone(&mut self, desk: &mut Desk, pressing: &Pressing, packet: EventPacket) {
        let first = u64::from(packet.order) * FRAME_SAMPLES;
        let tone = |place| if packet.end { 0 } else { tone::key(pressing.press.key, place) };
        let samples: Vec<i16> = (first..first + FRAME_SAMPLES).map(tone).collect();
        let payload = self.saying.encode(self.agreed.codec, &samples);
        let sequence = pressing.sequence.wrapping_add(packet.order);
        let header = (self.agreed.payload_type, self.fresh, sequence, self.timestamp_now());
        self.fresh = false;
        if self.agreed.send && !packet.lost {
            self.send(desk, header, &payload);
        }
    }

    fn step_voice(&mut self, desk: &mut Desk) {
        if !self.agreed.send {
            return;
        }
        let first = (self.frame - self.voice_frame) * FRAME_SAMPLES;
        let samples: Vec<i16> = match &self.voice {
            Voice::Mute => return,
            Voice::Silence => vec![0; FRAME_SAMPLES as usize],
            Voice::Tone(hz) => (first..first + FRAME_SAMPLES).map(|i| tone::sine(*hz, i)).collect(),
            Voice::Samples(all) => (first..first + FRAME_SAMPLES)
                .map(|i| all.get((i % all.len().max(1) as u64) as usize).copied().unwrap_or(0))
                .collect(),
        };
        let codec = self.agreed.codec;
        let payload = self.saying.encode(codec, &samples);
        let header = (self.agreed.payload_type, self.fresh, self.sequence, self.timestamp_now());
        self.fresh = false;
        self.sequence = self.sequence.wrapping_add(1);
        self.send(desk, header, &payload);
        let place = usize::try_from(self.frame * FRAME_SAMPLES).unwrap_or(usize::MAX);
        let record = desk.record(self.call);
        // The tracks begin with the record's talk; the line may be younger.
        let offset = record.talk.map_or(0, |talk| crate::diary::place_of(talk, self.start));
        record.said.place(place.saturating_add(offset), &samples);
    }

    fn send(&mut self, desk: &mut Desk, header: (u8, bool, u16, u32), payload: &[u8]) {
        let (payload_type, marker, sequence, timestamp) = header;
        let mut bytes = Vec::with_capacity(12 + payload.len());
        bytes.extend([0x80, payload_type | if marker { 0x80 } else { 0 }]);
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(payload);
        if let Some(guard) = &mut self.guard {
            guard.protect(&mut bytes);
        }
        desk.record(self.call).packets_sent += 1;
        desk.give(Output::Rtp { to: self.agreed.remote, bytes });
    }

    /// A packet of the peer.
    pub fn hear(&mut self, desk: &mut Desk, bytes: &[u8]) {
        let clear;
        let bytes = match &mut self.guard {
            None => bytes,
            Some(guard) => {
                let Some(plain) = guard.unprotect(bytes) else { return };
                clear = plain;
                &clear[..]
            }
        };
        let Some(packet) = heard::read(bytes) else { return };
        let (at, call) = (desk.mono(), self.call);
        desk.record(call).packets_heard += 1;
        let payload_type = packet.payload_type;
        if self.agreed.events_heard == Some(payload_type)
            || self.agreed.events == Some(payload_type)
        {
            if let Some(key) = self.ear.event(&packet) {
                CallRecord::note_key(&mut desk.record(call).keys_heard, at, key);
                desk.tell(PhoneEvent::Key { call, key });
            }
            return;
        }
        let codec = [Codec::Pcmu, Codec::Pcma, Codec::G722]
            .into_iter()
            .find(|&codec| sdp::payload_type(codec) == payload_type)
            .or((payload_type == self.agreed.payload_type).then_some(self.agreed.codec));
        if let Some(codec) = codec {
            self.ear.voice(at, &packet, codec, desk.record(call));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(press: KeyPress) -> String {
        let packets = press.packets();
        let shown = packets.iter().map(|packet| {
            let marker = if packet.marker { "M" } else { "" };
            let end = if packet.end { "E" } else { "" };
            let lost = if packet.lost { "!" } else { "" };
            format!("{}:{}{marker}{end}{lost}", packet.order, packet.duration)
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_press_is_updates_and_three_end_packets() {
        let clean = KeyPress { held: Duration::from_millis(60), ..KeyPress::new(Key::HASH) };
        assert_eq!(text(clean), "0:160M 1:320 2:480 3:480E 4:480E 5:480E");
        let unmarked = Lost { marker: true, ..Lost::default() };
        assert_eq!(
            text(KeyPress { lost: unmarked, ..clean }),
            "0:160 1:320 2:480 3:480E 4:480E 5:480E"
        );
        let lost = Lost { first: true, marker: false, ends: 2 };
        assert_eq!(text(KeyPress { lost, ..clean }), "0:160M! 1:320 2:480 3:480E! 4:480E! 5:480E");
        assert_eq!(
            text(KeyPress { reordered: true, ..clean }),
            "1:320 0:160M 3:480E 2:480 4:480E 5:480E"
        );
        let short = KeyPress { held: Duration::ZERO, reordered: true, ..clean };
        assert_eq!(text(short), "0:160M 1:160E 2:160E 3:160E");
    }
}
