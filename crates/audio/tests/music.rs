//! Music of an operator's own: what is read, how it sounds at the rate of the telephone, and what
//! is refused.

use audio::music::{MUSIC_RATE_MAX, MUSIC_SECONDS_MAX, MusicProblem, read};
use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::*;

const MP3: &[u8] = include_bytes!("files/tone-440.mp3");
const MOST: u64 = 10_000_000;

/// A WAV file of a tone, half of full scale, in every channel.
fn tone(hertz: f64, spec: WavSpec, seconds: f64) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec).expect("a header");
    let frames = (f64::from(spec.sample_rate) * seconds) as u32;
    for n in 0..frames {
        let turn = std::f64::consts::TAU * hertz * f64::from(n) / f64::from(spec.sample_rate);
        for _ in 0..spec.channels {
            let sample = turn.sin() * 0.5;
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample as f32),
                SampleFormat::Int => {
                    let full = 2_f64.powi(i32::from(spec.bits_per_sample) - 1) - 1.0;
                    writer.write_sample((sample * full) as i32)
                }
            }
            .expect("a sample");
        }
    }
    writer.finalize().expect("a file");
    file.into_inner()
}

fn spec(sample_rate: u32, channels: u16, bits_per_sample: u16) -> WavSpec {
    let float = bits_per_sample == 0;
    let sample_format = if float { SampleFormat::Float } else { SampleFormat::Int };
    let bits_per_sample = if float { 32 } else { bits_per_sample };
    WavSpec { channels, sample_rate, bits_per_sample, sample_format }
}

/// The level of a tone in the middle of what is heard, by correlation: 1 is full scale.
fn level(samples: &[i16], hertz: f64) -> f64 {
    let middle = &samples[800..samples.len() - 800];
    let (mut a, mut b) = (0.0, 0.0);
    for (n, sample) in middle.iter().enumerate() {
        let turn = std::f64::consts::TAU * hertz * n as f64 / 8_000.0;
        a += turn.sin() * f64::from(*sample);
        b += turn.cos() * f64::from(*sample);
    }
    (a * a + b * b).sqrt() * 2.0 / middle.len() as f64 / 32_767.0
}

#[test]
fn a_tone_stays_what_it_was_from_any_rate_width_and_number_of_channels() {
    for (rate, channels, bits) in [
        (8_000, 1, 16),
        (8_000, 2, 16),
        (44_100, 2, 16),
        (48_000, 2, 24),
        (22_050, 1, 8),
        (96_000, 1, 32),
        (16_000, 6, 0),
        (6_000, 1, 16),
        (44_101, 1, 16),
    ] {
        let samples = read(&tone(440.0, spec(rate, channels, bits), 1.0), MOST).expect("music");
        assert!(samples.len().abs_diff(8_000) <= 1, "{rate}: {}", samples.len());
        let heard = level(&samples, 440.0);
        assert!((0.48..0.52).contains(&heard), "{rate} {channels} {bits}: {heard}");
    }
}

#[test]
fn what_a_telephone_cannot_carry_does_not_fold_back() {
    for (hertz, folded) in [(5_000.0, 3_000.0), (7_560.0, 440.0), (12_000.0, 4_000.0 - 1.0)] {
        let samples = read(&tone(hertz, spec(44_100, 1, 16), 1.0), MOST).expect("music");
        let heard = level(&samples, folded);
        assert!(heard < 0.002, "{hertz} Hz is heard as {folded} Hz: {heard}");
    }
    let samples = read(&tone(3_300.0, spec(44_100, 1, 16), 1.0), MOST).expect("music");
    let heard = level(&samples, 3_300.0);
    assert!((0.45..0.52).contains(&heard), "3.3 kHz: {heard}");
}

#[test]
fn an_mp3_is_its_tone_without_what_the_encoder_put_around_it() {
    let samples = read(MP3, MOST).expect("music");
    assert!(samples.len().abs_diff(8_000) <= 2, "a second: {}", samples.len());
    let heard = level(&samples, 440.0);
    assert!((0.08..0.09).contains(&heard), "the amplitude that ffmpeg reads in it: {heard}");
    let edges = samples[..80].iter().chain(&samples[samples.len() - 80..]);
    assert!(edges.clone().any(|sample| sample.abs() > 2_000), "sound up to both ends");
}

#[test]
fn a_file_may_have_so_many_bytes_and_not_one_more() {
    let mut file = audio::wav::write_mono(&vec![100; 99_978]);
    assert_eq!(file.len(), 200_000);
    assert_eq!(read(&file, 200_000).map(|samples| samples.len()), Ok(99_978));
    file.push(0);
    let refused = read(&file, 200_000).expect_err("one more");
    assert_eq!(refused, MusicProblem::TooLarge { bytes: 200_001, most: 200_000 });
    let said = "has 200001 bytes, and 200000 are allowed; make it shorter, or an MP3";
    assert_eq!(refused.to_string(), said);
}

#[test]
fn what_is_no_music_says_so() {
    assert_eq!(read(b"", MOST), Err(MusicProblem::Unknown));
    assert_eq!(read(b"<html>not found</html>", MOST), Err(MusicProblem::Unknown));
    assert_eq!(read(&audio::wav::write_mono(&[]), MOST), Err(MusicProblem::NoSound));
    let long = audio::wav::write_mono(&vec![0; 8_000 * MUSIC_SECONDS_MAX as usize + 1]);
    assert_eq!(read(&long, MOST), Err(MusicProblem::TooLong));
    let fast = tone(440.0, spec(MUSIC_RATE_MAX + 1, 1, 16), 0.1);
    assert!(matches!(read(&fast, MOST), Err(MusicProblem::Damaged { .. })));
    assert!(matches!(read(b"RIFFxxxxWAVEnothing", MOST), Err(MusicProblem::Damaged { .. })));
}

proptest! {
    /// Whatever the file: it is read or refused.
    #[test]
    fn damaged_files_never_panic(
        of_mp3: bool,
        place in 0_usize..6_000,
        garbage in prop::collection::vec(any::<u8>(), 1..80),
        cut in 0_usize..6_000,
    ) {
        let mut file = if of_mp3 { MP3.to_vec() } else { tone(440.0, spec(11_025, 2, 16), 0.1) };
        for (offset, byte) in garbage.into_iter().enumerate() {
            if let Some(there) = file.get_mut(place + offset) {
                *there = byte;
            }
        }
        let length = file.len().saturating_sub(cut / 8);
        file.truncate(length);
        let _ = read(&file, MOST);
    }
}
