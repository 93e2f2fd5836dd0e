//! A stereo file of a call: RIFF, 16-bit PCM, 8 kHz, two channels.

/// Interleaves two channels; the shorter is filled with silence.
pub fn stereo(left: &[i16], right: &[i16]) -> Vec<u8> {
    let frames = left.len().max(right.len());
    let data = u32::try_from(frames * 4).expect("records are bounded far below 4 GiB");
    let mut file = Vec::with_capacity(44 + frames * 4);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&8_000u32.to_le_bytes());
    file.extend_from_slice(&32_000u32.to_le_bytes());
    file.extend_from_slice(&4u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    for at in 0..frames {
        for channel in [left, right] {
            let sample = channel.get(at).copied().unwrap_or(0);
            file.extend_from_slice(&sample.to_le_bytes());
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_channel_ends_in_silence() {
        let file = stereo(&[1, 2], &[3]);
        assert_eq!(file.len(), 52);
        assert_eq!(file[44..], [1, 0, 3, 0, 2, 0, 0, 0]);
        assert_eq!(file[40..44], 8u32.to_le_bytes());
    }
}
