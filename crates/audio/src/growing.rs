//! The header of a WAV file that grows while it is written.
//!
//! The sizes in it are those of the sound that stands behind it. Whoever writes a recording writes
//! sound first and then the header again, so that the file can be played at any moment, whatever
//! becomes of the writer: what was added after the last header is not played, and nothing else is
//! lost.

/// Bytes of the header, before the first sample.
pub const HEADER_BYTES: usize = 44;

/// The most bytes of sound that a header can tell of: its sizes have 32 bits.
pub const SOUND_BYTES_MAX: u64 = u32::MAX as u64 - HEADER_BYTES as u64;

const BYTES_PER_SAMPLE: u16 = 2;
const PCM: u16 = 1;

/// The header of a file of 16-bit samples with so many bytes of sound, at most
/// [`SOUND_BYTES_MAX`].
pub fn header(channels: u16, rate: u32, sound_bytes: u64) -> [u8; HEADER_BYTES] {
    let sound = u32::try_from(sound_bytes.min(SOUND_BYTES_MAX)).expect("it is at most that");
    let frame = channels * BYTES_PER_SAMPLE;
    let mut header = [0; HEADER_BYTES];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    put(&(sound + HEADER_BYTES as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    put(&PCM.to_le_bytes());
    put(&channels.to_le_bytes());
    put(&rate.to_le_bytes());
    put(&(rate * u32::from(frame)).to_le_bytes());
    put(&frame.to_le_bytes());
    put(&(BYTES_PER_SAMPLE * 8).to_le_bytes());
    put(b"data");
    put(&sound.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav::{read_prompt, write_stereo};

    #[test]
    fn a_file_can_be_played_as_far_as_its_header_says() {
        let samples: Vec<i16> = (0..1_000).collect();
        let mut file = header(1, 8_000, 1_000).to_vec();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        assert_eq!(read_prompt(&file[..]).as_deref(), Ok(&samples[..500]));
    }

    #[test]
    fn it_is_the_header_of_a_file_that_was_written_whole() {
        let whole = write_stereo(&[1, 2, 3], &[4, 5, 6]);
        assert_eq!(whole[..HEADER_BYTES], header(2, 8_000, 12));
    }

    #[test]
    fn no_size_is_larger_than_its_field() {
        let most = header(2, 16_000, u64::MAX);
        assert_eq!(most[4..8], (u32::MAX - 8).to_le_bytes());
        assert_eq!(most[40..44], (u32::MAX - 44).to_le_bytes());
    }
}
