//! A tape: pieces of sound laid side by side, and read off as the samples of a WAV file.
//!
//! Each side lies where its timestamps put it; where nothing lies there is silence. The newest
//! [`HOLD`] is kept back, so that packets that come late or out of order still find their place.
//! Whoever writes a recording feeds the tape and takes from it; the tape knows no file.

use std::time::Duration;

use audio::{G711, g722, growing};

use crate::{Codec, Side};

/// How long sound is kept back before it is read off.
pub const HOLD: Duration = Duration::from_millis(1_200);

/// How far ahead of what was read off a piece may lie. What lies further is left out, and counts as
/// lost: nobody has taken from the tape for so long.
pub const AHEAD_MAX: Duration = Duration::from_secs(10);

/// Units of the timestamp, which are samples of telephone audio, in one millisecond.
const UNITS_PER_MS: u64 = 8;

/// What a tape has taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TapeCounts {
    /// How often the sound of a side went on later than where it had ended: packets that were
    /// lost, keys, a far end that sends nothing while nobody speaks.
    pub gaps: u32,
    /// Pieces that came too late to be laid, or too far ahead.
    pub lost: u32,
}

/// See the module.
#[derive(Debug)]
pub struct Tape {
    stereo: bool,
    wide: bool,
    /// What was not read off yet: whole frames, one sample a channel.
    window: Vec<i16>,
    /// Where the window begins, in units.
    base: u64,
    tracks: [Track; 2],
    counts: TapeCounts,
}

/// One channel.
#[derive(Debug, Default)]
struct Track {
    /// Where its sound goes on, in units, once there was any.
    next: Option<u64>,
    decoder: g722::Decoder,
    widener: g722::Widener,
}

impl Tape {
    /// A tape of a conversation (stereo) or of a message. `wide`: its samples come 16,000 a
    /// second, else 8,000.
    pub fn new(stereo: bool, wide: bool) -> Tape {
        let tracks = [Track::default(), Track::default()];
        let counts = TapeCounts::default();
        Tape { stereo, wide, window: Vec::new(), base: 0, tracks, counts }
    }

    /// Lays a piece that begins `at` units after the beginning. A message has one channel, whatever
    /// the side.
    pub fn lay(&mut self, g711: &G711, side: Side, codec: Codec, at: u64, bytes: &[u8]) {
        let channel = match side {
            Side::Right if self.stereo => 1,
            Side::Left | Side::Right | Side::Alone => 0,
        };
        let end = at.saturating_add(bytes.len() as u64);
        if at < self.base || end > self.base + units(AHEAD_MAX) {
            self.counts.lost = self.counts.lost.saturating_add(1);
            return;
        }
        let (channels, rate) = (self.channels(), self.samples_per_unit());
        let from = (at - self.base) as usize * rate * channels;
        let needed = (end - self.base) as usize * rate * channels;
        if self.window.len() < needed {
            self.window.resize(needed, 0);
        }
        let track = &mut self.tracks[channel];
        if track.next.is_some_and(|next| at > next) {
            self.counts.gaps = self.counts.gaps.saturating_add(1);
        }
        track.next = track.next.max(Some(end));
        for (place, byte) in (from..needed).step_by(rate * channels).zip(bytes) {
            let pair = track.hear(g711, codec, *byte, self.wide);
            for (step, sample) in pair.into_iter().take(rate).enumerate() {
                self.window[place + step * channels + channel] = sample;
            }
        }
    }

    /// Reads off everything that lies more than [`HOLD`] before `elapsed`, the time since the
    /// beginning, and appends it to `out` as bytes of a WAV file.
    pub fn take(&mut self, elapsed: Duration, out: &mut Vec<u8>) {
        self.read_off(units(elapsed.saturating_sub(HOLD)), out);
    }

    /// Reads off the rest up to `elapsed`, where the recording ends.
    pub fn finish(&mut self, elapsed: Duration, out: &mut Vec<u8>) {
        self.read_off(units(elapsed), out);
    }

    /// How long it is, as far as it was read off.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.base / UNITS_PER_MS)
    }

    /// The header of a file that holds what was read off so far.
    pub fn header(&self) -> [u8; growing::HEADER_BYTES] {
        growing::header(self.channels() as u16, self.rate(), self.base * self.bytes_per_unit())
    }

    /// What it has taken in.
    pub fn counts(&self) -> TapeCounts {
        self.counts
    }

    /// Samples a second.
    pub fn rate(&self) -> u32 {
        if self.wide { 2 * audio::RATE } else { audio::RATE }
    }

    fn read_off(&mut self, upto: u64, out: &mut Vec<u8>) {
        let most = growing::SOUND_BYTES_MAX / self.bytes_per_unit();
        let count = upto.min(most).saturating_sub(self.base);
        let samples = count as usize * self.samples_per_unit() * self.channels();
        let laid = samples.min(self.window.len());
        out.extend(self.window.drain(..laid).flat_map(i16::to_le_bytes));
        out.resize(out.len() + (samples - laid) * 2, 0);
        self.base += count;
    }

    fn channels(&self) -> usize {
        if self.stereo { 2 } else { 1 }
    }

    fn samples_per_unit(&self) -> usize {
        if self.wide { 2 } else { 1 }
    }

    fn bytes_per_unit(&self) -> u64 {
        (2 * self.channels() * self.samples_per_unit()) as u64
    }
}

impl Track {
    /// The samples of one byte; on a narrow tape only the first counts.
    fn hear(&mut self, g711: &G711, codec: Codec, byte: u8, wide: bool) -> [i16; 2] {
        match (codec, wide) {
            (Codec::G722, true) => self.decoder.wide(byte),
            (Codec::G722 | Codec::Pcma | Codec::Pcmu, _) => {
                let mut sample = [0];
                codec.hear(g711, &mut self.decoder, &[byte], &mut sample);
                if wide { self.widener.widen(sample[0]) } else { [sample[0], 0] }
            }
        }
    }
}

fn units(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / UNITS_PER_MS) * UNITS_PER_MS
}

#[cfg(test)]
mod tests;
