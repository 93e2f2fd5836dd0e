//! What is heard in a voice: keys that come as tones, who it is that answered, and when nothing
//! more is said.

use std::time::Duration;

use audio::answerer::{Answerer, Judge};
use audio::dtmf::Detector;
use audio::g722;
use model::Mono;
use rtp::Header;

use crate::{Catalog, Codec};

/// A hole up to this long (in samples: 100 ms) is lost packets, and a key may reach over it. After
/// a longer one, such as a hold or the silence of a phone that sends none, everything begins anew.
const HOLE_MAX: u32 = 800;

/// Samples that are decoded at a time.
const PIECE: usize = 160;

/// The quietest frame that is somebody speaking, as a mean of squares: 40 dB below full scale.
const SPEECH: i64 = 330 * 330;

/// So much sound is a word, and no click of the line: 100 ms.
const WORD: usize = 5 * PIECE;

/// Waits for the end of what somebody says.
#[derive(Debug)]
pub(crate) struct Pause {
    quiet: Duration,
    since: Mono,
    spoken: usize,
    decoder: g722::Decoder,
}

impl Pause {
    pub(crate) fn new(now: Mono, quiet: Duration) -> Pause {
        Pause { quiet, since: now, spoken: 0, decoder: g722::Decoder::default() }
    }

    /// A packet of the voice.
    pub(crate) fn hear(&mut self, now: Mono, catalog: &Catalog, codec: Codec, payload: &[u8]) {
        let mut room = [0; PIECE];
        for piece in payload.chunks(PIECE) {
            let samples = &mut room[..piece.len()];
            codec.hear(catalog.g711(), &mut self.decoder, piece, samples);
            let energy: i64 = samples.iter().map(|s| i64::from(*s) * i64::from(*s)).sum();
            if energy > SPEECH * samples.len() as i64 {
                self.spoken = self.spoken.saturating_add(samples.len());
                self.since = now;
            }
        }
    }

    /// Whether it is over: packets may have stopped, so that time alone tells.
    pub(crate) fn is_over(&self, now: Mono) -> bool {
        now.since(self.since) >= self.quiet
    }

    /// Whether anything was said.
    pub(crate) fn spoke(&self) -> bool {
        self.spoken >= WORD
    }
}

/// Listens to who has answered.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    judge: Judge,
    decoder: g722::Decoder,
}

impl Judgement {
    /// A packet of the voice. What is lost is passed over: it is short beside what decides.
    pub(crate) fn hear(
        &mut self,
        catalog: &Catalog,
        codec: Codec,
        payload: &[u8],
    ) -> Option<Answerer> {
        let mut room = [0; PIECE];
        payload.chunks(PIECE).find_map(|piece| {
            let samples = &mut room[..piece.len()];
            codec.hear(catalog.g711(), &mut self.decoder, piece, samples);
            self.judge.hear(samples)
        })
    }
}

/// The ear of one port.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    detector: Detector,
    decoder: g722::Decoder,
    /// Source and timestamp of what is expected next.
    next: Option<(u32, u32)>,
}

impl Ear {
    /// A packet of the voice; each key that begins in it is told once. A packet that comes too
    /// late is passed over: its place was counted as lost.
    pub(crate) fn hear(
        &mut self,
        catalog: &Catalog,
        header: &Header,
        codec: Codec,
        payload: &[u8],
        mut pressed: impl FnMut(char),
    ) {
        // One byte a sample; a datagram is far shorter than u32.
        let after = header.timestamp.wrapping_add(payload.len() as u32);
        match self.next.replace((header.ssrc, after)) {
            Some((ssrc, expected)) if ssrc == header.ssrc => {
                let hole = header.timestamp.wrapping_sub(expected);
                if hole > u32::MAX / 2 && hole.wrapping_neg() <= HOLE_MAX {
                    self.next = Some((ssrc, expected));
                    return;
                }
                match hole {
                    0 => {}
                    1..=HOLE_MAX => self.detector.skip(),
                    _ => self.detector = Detector::new(),
                }
            }
            Some(_) | None => self.detector = Detector::new(),
        }
        let mut room = [0; PIECE];
        for piece in payload.chunks(PIECE) {
            let samples = &mut room[..piece.len()];
            codec.hear(catalog.g711(), &mut self.decoder, piece, samples);
            self.detector.hear(catalog.tones(), samples, &mut pressed);
        }
    }
}
