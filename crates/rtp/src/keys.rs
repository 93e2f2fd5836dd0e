//! The receiver of telephone-event (RFC 4733 §2.5): many packets, one key.
//!
//! A sender repeats an event every 20 to 50 ms while the key is held, and its end three times. Any
//! of them may be lost, doubled or late, and the marker with them, so a key is reported on the
//! first packet seen of its event, whichever that is. An event is known by its source, its
//! timestamp and its code:
//!
//! ```text
//!   s=10 t=800 key 5 M   -> 5
//!   s=11 t=800 key 5        (the same)
//!   s=13 t=800 key 5 E      (the same)
//!   s=12 t=800 key 5        (late: older than 13)
//!   s=20 t=4000 key 5       -> 5 again: another press, and its marker was lost
//! ```
//!
//! A packet that was sent before one already seen (by its sequence number) never starts a key, even
//! when its event is unknown: a key out of its order would make another number than was typed.
//! Packed events (§2.5.1.5) do not occur for keys, which never touch each other; only the first
//! event of a payload is read. Other codes than the sixteen keys are ignored.

use std::time::Duration;

use model::{Key, Mono};

use crate::{Header, ahead};

/// How many sources are remembered: a packet of the last but one may still be under way.
pub const SOURCES_REMEMBERED: usize = 4;

/// How many events of one source are remembered, for packets renumbered on their way.
pub const HISTORY: usize = 8;

/// A packet behind the newest by up to this many numbers is late; one further behind comes from a
/// sender that began to count anew.
pub const STALE_PACKETS: i32 = 1_000;

/// A segment of a held key is recognised after at most this many lost ones (8 s each), by who hears
/// them sooner than [`KEY_TIME_OUT`] one after the other.
pub const SEGMENTS_LOST_MAX: u32 = 8;

/// A key of which nothing was heard for so long is over, also when its ends were lost. A sender
/// repeats it every 50 ms at least (RFC 4733 §2.5.1.2), so that forty packets are missing.
pub const KEY_TIME_OUT: Duration = Duration::from_secs(2);

/// How long a segment of a held key lasts, in timestamp units (RFC 4733 §2.5.1.3).
const SEGMENT: u32 = 0xFFFF;

/// The payload of a telephone-event packet (RFC 4733 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPayload {
    /// The event code; 0 to 15 are keys.
    pub event: u8,
    /// The event is over.
    pub end: bool,
    /// The tone's level, in dBm0 below 0: 0 to 63.
    pub volume: u8,
    /// How long it lasts up to now, in timestamp units.
    pub duration: u16,
}

impl EventPayload {
    /// Reads the first event of a payload; `None` when it is too short.
    pub fn read(payload: &[u8]) -> Option<EventPayload> {
        let &[event, flags, high, low, ..] = payload else { return None };
        Some(EventPayload {
            event,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The payload as four bytes.
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | self.volume & 0x3F, high, low]
    }
}

/// What a telephone-event packet means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A key was pressed: reported once for each press.
    Pressed(Key),
    /// The press that was reported last goes on, or ends.
    Held,
    /// A late packet of an event before the last.
    Late,
    /// Not a key, or not an event.
    NotAKey,
}

/// The receiver of one port.
#[derive(Debug, Clone, Default)]
pub struct KeyReceiver {
    sources: [Option<Track>; SOURCES_REMEMBERED],
    /// The place for the next new source.
    next: usize,
}

/// What is known of one source.
#[derive(Debug, Clone, Copy)]
struct Track {
    ssrc: u32,
    /// The sequence number of the current press's packet heard last.
    newest: u16,
    current: Press,
    /// The current press has ended.
    ended: bool,
    /// When it was heard last.
    heard_at: Mono,
    /// Earlier presses and segments; the oldest is overwritten.
    history: [Option<Press>; HISTORY],
    next: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Press {
    timestamp: u32,
    event: u8,
}

impl KeyReceiver {
    /// Nothing heard.
    pub fn new() -> KeyReceiver {
        KeyReceiver::default()
    }

    /// A packet of the negotiated telephone-event payload type came.
    pub fn heard(&mut self, now: Mono, header: &Header, payload: &[u8]) -> Heard {
        let Some(event) = EventPayload::read(payload) else { return Heard::NotAKey };
        let Some(key) = Key::from_event(event.event) else { return Heard::NotAKey };
        let press = Press { timestamp: header.timestamp, event: event.event };
        let known = self.sources.iter_mut().flatten().find(|track| track.ssrc == header.ssrc);
        if let Some(track) = known {
            return track.heard(now, header.sequence, press, event.end, key);
        }
        self.sources[self.next] = Some(Track {
            ssrc: header.ssrc,
            newest: header.sequence,
            current: press,
            ended: event.end,
            heard_at: now,
            history: [None; HISTORY],
            next: 0,
        });
        self.next = (self.next + 1) % SOURCES_REMEMBERED;
        Heard::Pressed(key)
    }
}

impl Track {
    fn heard(&mut self, now: Mono, sequence: u16, press: Press, end: bool, key: Key) -> Heard {
        if press == self.current {
            self.heard_at = now;
            // Its packets lie between those of its neighbours, so any of them marks the place.
            self.newest = sequence;
            self.ended |= end;
            return Heard::Held;
        }
        if self.history.contains(&Some(press)) {
            return Heard::Late;
        }
        if (-STALE_PACKETS..=0).contains(&ahead(sequence, self.newest)) {
            return Heard::Late;
        }
        self.ended |= now.since(self.heard_at) > KEY_TIME_OUT;
        self.heard_at = now;
        let goes_on = !self.ended && self.current.continues_as(press);
        self.history[self.next] = Some(self.current);
        self.next = (self.next + 1) % HISTORY;
        self.newest = sequence;
        self.current = press;
        self.ended = end;
        if goes_on { Heard::Held } else { Heard::Pressed(key) }
    }
}

impl Press {
    /// Whether `next` is a later segment of the same long press.
    fn continues_as(self, next: Press) -> bool {
        let distance = next.timestamp.wrapping_sub(self.timestamp);
        next.event == self.event
            && distance.is_multiple_of(SEGMENT)
            && distance / SEGMENT <= SEGMENTS_LOST_MAX + 1
    }
}

#[cfg(test)]
mod tests;
