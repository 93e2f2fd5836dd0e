//! A piece of sound on its way from a media thread to a file.

use media::{Codec, Heard, Side};
use model::RecordingId;
use rtrb::Producer;

/// The longest piece: 20 ms. What is longer goes in several.
pub const PIECE_BYTES_MAX: usize = 160;

/// See the module. It owns its bytes, so that nothing is allocated for it.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    pub(crate) recording: RecordingId,
    pub(crate) side: Side,
    pub(crate) codec: Codec,
    pub(crate) at: u64,
    length: u8,
    bytes: [u8; PIECE_BYTES_MAX],
}

impl Piece {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Hands over what a port heard. Gives the number of pieces that found no room.
    pub(crate) fn hand_over(ring: &mut Producer<Piece>, heard: &Heard<'_>) -> u64 {
        let mut lost = 0;
        for (at, part) in
            (heard.at..).step_by(PIECE_BYTES_MAX).zip(heard.bytes.chunks(PIECE_BYTES_MAX))
        {
            let mut bytes = [0; PIECE_BYTES_MAX];
            bytes[..part.len()].copy_from_slice(part);
            let length = u8::try_from(part.len()).expect("a chunk is short");
            let Heard { recording, side, codec, .. } = *heard;
            lost +=
                u64::from(ring.push(Piece { recording, side, codec, at, length, bytes }).is_err());
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use rtrb::RingBuffer;

    use super::*;

    #[test]
    fn a_long_packet_goes_in_pieces_and_what_finds_no_room_is_counted() {
        let (mut ring, mut taken) = RingBuffer::new(3);
        let bytes: Vec<u8> = (0..400).map(|n| (n % 251) as u8).collect();
        let (recording, side, codec) = (RecordingId(1), Side::Left, Codec::Pcma);
        let heard = Heard { recording, side, codec, at: 1_000, bytes: &bytes };
        assert_eq!(Piece::hand_over(&mut ring, &heard), 0);
        assert_eq!(Piece::hand_over(&mut ring, &heard), 3);
        let pieces: Vec<Piece> = std::iter::from_fn(|| taken.pop().ok()).collect();
        let places: Vec<u64> = pieces.iter().map(|piece| piece.at).collect();
        assert_eq!(places, [1_000, 1_160, 1_320]);
        assert_eq!(pieces.iter().flat_map(Piece::bytes).copied().collect::<Vec<_>>(), bytes);
    }
}
