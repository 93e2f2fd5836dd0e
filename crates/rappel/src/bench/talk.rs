//! What a caller sends: a murmur in A-law, and now and then a key (RFC 4733).

use super::pace::PACKET_BYTES;

/// Frames from one key to the next: 5 s.
const KEY_EVERY: u32 = 250;
/// Frames of a key: 100 ms, and its end three times.
const KEY_FRAMES: u32 = 8;
const KEY_ENDS: u32 = 3;
const FRAME_SAMPLES: u32 = 160;
const MURMUR: u8 = 8;
const EVENTS: u8 = 101;
/// A key that no menu uses: nothing is interrupted by it.
const IDLE_KEYS: &[(u32, u8)] = &[(0, 9)];
const HEADER: usize = 12;

/// The stream of one caller.
pub struct Talk {
    packet: [u8; PACKET_BYTES],
    sent: u32,
    /// The frames at which keys begin, and which ones.
    keys: &'static [(u32, u8)],
    /// After so many frames they are pressed again.
    every: u32,
    /// Keys of the callers are spread over the time between two of them.
    shift: u32,
}

impl Talk {
    /// The stream of the caller of this number, who presses a key that means nothing now and then.
    pub fn new(index: usize) -> Talk {
        let shift = u32::try_from(index).unwrap_or(0) % KEY_EVERY;
        Talk { every: KEY_EVERY, shift, ..Talk::pressing(index, IDLE_KEYS) }
    }

    /// The stream of the caller of this number, who presses each key once, from this frame on.
    pub fn pressing(index: usize, keys: &'static [(u32, u8)]) -> Talk {
        let index = u32::try_from(index).unwrap_or(u32::MAX - 1);
        let mut packet = [0xD5; PACKET_BYTES];
        packet[0] = 0x80;
        packet[8..HEADER].copy_from_slice(&(index + 1).to_be_bytes());
        Talk { packet, sent: 0, keys, every: u32::MAX, shift: 0 }
    }

    /// The packet of the next 20 ms.
    pub fn next(&mut self) -> &[u8] {
        self.sent = self.sent.wrapping_add(1);
        self.packet[2..4].copy_from_slice(&self.sent.to_be_bytes()[2..]);
        let frame = self.sent.wrapping_add(self.shift) % self.every;
        let under_way = |(begins, _): &&(u32, u8)| (*begins..begins + KEY_FRAMES).contains(&frame);
        if let Some((begins, key)) = self.keys.iter().find(under_way) {
            self.key(frame - begins, *key);
            return &self.packet[..HEADER + 4];
        }
        self.packet[1] = MURMUR;
        self.stamp(self.sent);
        self.packet[HEADER..].fill(0xD5);
        &self.packet
    }

    fn key(&mut self, place: u32, key: u8) {
        self.packet[1] = EVENTS | if place == 0 { 0x80 } else { 0 };
        self.stamp(self.sent.wrapping_sub(place));
        let lasts = KEY_FRAMES - KEY_ENDS;
        let end = if place >= lasts { 0x80 } else { 0 };
        let duration = (place + 1).min(lasts + 1) * FRAME_SAMPLES;
        let [_, _, high, low] = duration.to_be_bytes();
        self.packet[HEADER..HEADER + 4].copy_from_slice(&[key, end | 10, high, low]);
    }

    fn stamp(&mut self, frame: u32) {
        self.packet[4..8].copy_from_slice(&frame.wrapping_mul(FRAME_SAMPLES).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_event_with_its_end_three_times_amid_the_murmur() {
        let mut talk = Talk::new(KEY_EVERY as usize - 2);
        let mut told = Vec::new();
        for _ in 0..11 {
            let packet = talk.next();
            let (kind, stamp) = (packet[1], u32::from_be_bytes([0, 0, packet[6], packet[7]]));
            told.push(match packet.len() {
                16 => format!("{kind:x} {stamp} {:?}", &packet[12..]),
                length => format!("{kind:x} {stamp} {length} bytes"),
            });
        }
        assert_eq!(
            told,
            [
                "8 160 172 bytes",
                "e5 320 [9, 10, 0, 160]",
                "65 320 [9, 10, 1, 64]",
                "65 320 [9, 10, 1, 224]",
                "65 320 [9, 10, 2, 128]",
                "65 320 [9, 10, 3, 32]",
                "65 320 [9, 138, 3, 192]",
                "65 320 [9, 138, 3, 192]",
                "65 320 [9, 138, 3, 192]",
                "8 1600 172 bytes",
                "8 1760 172 bytes",
            ]
        );
    }
}
