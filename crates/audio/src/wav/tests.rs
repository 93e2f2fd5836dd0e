//! Prompts that are right, wrong in every way we name, and damaged at random.

use proptest::prelude::*;

use super::*;

/// A WAV file, part by part.
struct File {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
    before_sound: Vec<u8>,
    size: Option<u32>,
    sound: Vec<u8>,
}

impl File {
    fn good() -> File {
        File {
            tag: PCM,
            channels: 1,
            rate: RATE,
            bits: 16,
            before_sound: Vec::new(),
            size: None,
            sound: vec![1, 0, 2, 0],
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let align = self.channels * self.bits.div_ceil(8);
        let mut file = RIFF.to_vec();
        file.extend(b"fmt \x10\0\0\0");
        file.extend(self.tag.to_le_bytes());
        file.extend(self.channels.to_le_bytes());
        file.extend(self.rate.to_le_bytes());
        file.extend((self.rate * u32::from(align)).to_le_bytes());
        file.extend(align.to_le_bytes());
        file.extend(self.bits.to_le_bytes());
        file.extend(&self.before_sound);
        file.extend(b"data");
        let size = self.size.unwrap_or_else(|| u32::try_from(self.sound.len()).unwrap());
        file.extend(size.to_le_bytes());
        file.extend(&self.sound);
        file
    }

    fn refused(&self) -> String {
        read_prompt(&self.bytes()).expect_err("it is not a prompt").to_string()
    }
}

#[test]
fn a_prompt_is_read_as_it_was_written() {
    let samples = crate::tone::sine(440, 50, 8_000);
    assert_eq!(read_prompt(&write_mono(&samples)), Ok(samples));
    assert_eq!(read_prompt(&File::good().bytes()), Ok(vec![1, 2]));
}

#[test]
fn chunks_of_odd_length_and_of_unknown_names_are_stepped_over() {
    let file = File { before_sound: b"LIST\x03\0\0\0abc\0".to_vec(), ..File::good() };
    assert_eq!(read_prompt(&file.bytes()), Ok(vec![1, 2]));
}

#[test]
fn what_follows_the_sound_is_not_played() {
    let mut bytes = File::good().bytes();
    bytes.extend(b"LIST\x04\0\0\0abcd");
    assert_eq!(read_prompt(&bytes), Ok(vec![1, 2]));
}

#[test]
fn an_extensible_header_of_plain_pcm_is_read() {
    let mut bytes = RIFF.to_vec();
    bytes.extend(b"fmt \x28\0\0\0\xFE\xFF\x01\0\x40\x1F\0\0\x80\x3E\0\0\x02\0\x10\0");
    bytes.extend(b"\x16\0\x10\0\x04\0\0\0");
    bytes.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71data\x02\0\0\0\x07\0");
    assert_eq!(read_prompt(&bytes), Ok(vec![7]));
}

#[test]
fn another_format_is_named_with_the_command_that_converts_it() {
    let remedy = "; needs 8000 Hz mono 16-bit PCM: \
                  convert with: sox IN -r 8000 -c 1 -e signed-integer -b 16 OUT";
    let cases = [
        (File { rate: 44_100, channels: 2, ..File::good() }, "is 44100 Hz stereo 16-bit PCM"),
        (File { rate: 16_000, ..File::good() }, "is 16000 Hz mono 16-bit PCM"),
        (File { channels: 6, ..File::good() }, "is 8000 Hz 6-channel 16-bit PCM"),
        (File { bits: 8, ..File::good() }, "is 8000 Hz mono 8-bit PCM"),
        (File { tag: MU_LAW, bits: 8, ..File::good() }, "is 8000 Hz mono µ-law"),
        (File { tag: A_LAW, bits: 8, ..File::good() }, "is 8000 Hz mono A-law"),
        (File { tag: FLOAT, bits: 32, ..File::good() }, "is 8000 Hz mono 32-bit floating point"),
        (File { tag: 0x55, ..File::good() }, "is 8000 Hz mono of format tag 0x0055"),
    ];
    for (file, what) in cases {
        assert_eq!(file.refused(), format!("{what}{remedy}"));
    }
}

#[test]
fn a_header_without_a_true_size_is_not_taken_for_silence() {
    for size in [0, 0xFFFF_FFFF, 0x7FFF_F000] {
        let refused = File { size: Some(size), ..File::good() }.refused();
        assert!(refused.contains("sox --ignore-length"), "{size}: {refused}");
    }
}

#[test]
fn a_file_that_was_cut_off_says_how_much_is_there() {
    let refused = File { size: Some(100), ..File::good() }.refused();
    assert!(refused.starts_with("is cut off: 4 of 100 bytes of sound are there"), "{refused}");
}

#[test]
fn every_other_fault_has_its_own_sentence() {
    let no_sound = File { sound: Vec::new(), ..File::good() };
    assert_eq!(read_prompt(&no_sound.bytes()), Err(WavProblem::NoSound));
    let half = File { sound: vec![1, 0, 2], ..File::good() };
    assert_eq!(read_prompt(&half.bytes()), Err(WavProblem::HalfSample));
    assert_eq!(read_prompt(&File { rate: 0, ..File::good() }.bytes()), Err(WavProblem::RateZero));
    assert_eq!(read_prompt(b""), Err(WavProblem::Empty));
    assert_eq!(read_prompt(b"ID3\x04 an mp3 file"), Err(WavProblem::NotWav));
    assert_eq!(read_prompt(RIFF), Err(WavProblem::NoFormat));
    let header = File::good().bytes();
    assert_eq!(read_prompt(&header[..36]), Err(WavProblem::NoSound));
    let mut wrong_byte_rate = File::good().bytes();
    wrong_byte_rate[28] = 1;
    let refused = read_prompt(&wrong_byte_rate).expect_err("it contradicts itself");
    assert!(matches!(refused, WavProblem::Contradiction { .. }), "{refused}");
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let bytes = vec![0; PROMPT_BYTES_MAX + 1];
    assert_eq!(read_prompt(&bytes), Err(WavProblem::TooLarge { bytes: bytes.len() }));
    let sound = vec![0; PROMPT_BYTES_MAX - 44];
    assert!(read_prompt(&File { sound, ..File::good() }.bytes()).is_ok());
}

#[test]
fn the_shorter_side_of_a_stereo_file_is_followed_by_silence() {
    let bytes = write_stereo(&[1, 2, 3], &[9]);
    let mut reader = WavReader::new(bytes.as_slice()).expect("we wrote it");
    assert_eq!(reader.spec(), WavSpec { channels: 2, ..SPEC_MONO });
    let samples: Vec<i16> = reader.samples().map(|s| s.expect("we wrote it")).collect();
    assert_eq!(samples, [1, 9, 2, 0, 3, 0]);
}

#[test]
fn a_recording_beyond_the_limit_is_cut() {
    let bytes = write(SPEC_MONO, (0..10).map(|_| 5), 3);
    assert_eq!(read_prompt(&bytes), Ok(vec![5; 3]));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_prompt(&bytes);
        let _ = read_prompt(&[RIFF, &bytes].concat());
    }

    #[test]
    fn no_damaged_file_panics_or_gives_more_sound_than_it_holds(
        place in 0_usize..48,
        byte in any::<u8>(),
        length in 0_usize..=48,
    ) {
        let mut bytes = File::good().bytes();
        bytes[place] = byte;
        bytes.truncate(length);
        if let Ok(samples) = read_prompt(&bytes) {
            prop_assert!(samples.len() <= 2);
        }
    }

    #[test]
    fn whatever_was_written_is_read(samples in proptest::collection::vec(any::<i16>(), 1..500)) {
        prop_assert_eq!(read_prompt(&write_mono(&samples)), Ok(samples));
    }
}
