//! Presses keys at a port: as telephone-event where that was agreed, else as tones in the voice.

use std::collections::VecDeque;

use audio::{g722, tone};
use model::Key;
use rtp::Pressing;

use crate::digits::{DIGITS_MAX, Digits, KEY_FRAMES, Step};
use crate::player::HUSH_FRAMES;
use crate::{Catalog, Codec, FRAME_SAMPLES};

/// The peak of a key's two tones together: -6 dBm0 for each, as exchanges send them.
const AMPLITUDE: i16 = 16_000;

/// Milliseconds of a frame.
const FRAME: usize = crate::FRAME_MS as usize;

/// What a port sends while it presses keys.
#[derive(Debug, Default)]
pub(crate) struct Presser {
    steps: VecDeque<Step>,
    act: Act,
    /// Something of it was ordered, and whoever ordered waits for its end.
    ordered: bool,
    /// Codes tones for G.722, whose bytes depend on all before them.
    wide: Option<Box<g722::Encoder>>,
}

#[derive(Debug, Default)]
enum Act {
    /// Takes the next step.
    #[default]
    Next,
    /// Nothing, for so many frames.
    Rest(u16),
    /// A key as telephone-event.
    Event(Pressing),
    /// A key as tones: its samples, and how many of them have gone.
    Tone(Vec<i16>, usize),
}

/// What the next frame is.
pub(crate) enum Turn<'a> {
    /// A packet of this key.
    Event(&'a mut Pressing),
    /// A frame of a tone, or of silence.
    Sound,
    /// Everything was pressed.
    Over,
}

impl Presser {
    /// Adds keys to those that are still to be pressed. Gives how many steps were left out because
    /// of [`DIGITS_MAX`].
    pub(crate) fn press(&mut self, digits: &Digits) -> usize {
        self.ordered = true;
        let room = DIGITS_MAX.saturating_sub(self.steps.len());
        self.steps.extend(digits.steps().iter().take(room));
        digits.steps().len().saturating_sub(room)
    }

    /// Adds a key that was pressed elsewhere. True when it is left out because of [`DIGITS_MAX`].
    pub(crate) fn carry(&mut self, key: Key) -> bool {
        let is_full = self.steps.len() >= DIGITS_MAX;
        if !is_full {
            self.steps.push_back(Step::Key(key, KEY_FRAMES));
        }
        is_full
    }

    /// Whether anybody waits for the end.
    pub(crate) fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// What the next frame is, where telephone-event was agreed or not.
    pub(crate) fn turn(&mut self, events: bool) -> Turn<'_> {
        if self.is_done() && !self.begin(events) {
            return Turn::Over;
        }
        match &mut self.act {
            Act::Event(pressing) => Turn::Event(pressing),
            Act::Rest(left) => {
                *left = left.saturating_sub(1);
                Turn::Sound
            }
            Act::Tone(..) | Act::Next => Turn::Sound,
        }
    }

    /// Whether the present act has nothing more to send; after a key comes its rest.
    fn is_done(&mut self) -> bool {
        let rest = match &self.act {
            Act::Next => 0,
            Act::Rest(left) => *left,
            Act::Event(pressing) if pressing.is_over() => {
                // Two of its ends went in the rest.
                KEY_FRAMES.saturating_sub(u16::from(rtp::ENDS) - 1)
            }
            Act::Tone(samples, gone) if *gone >= samples.len() => KEY_FRAMES,
            Act::Event(_) | Act::Tone(..) => return false,
        };
        if rest > 0 {
            self.act = Act::Rest(rest);
        }
        rest == 0
    }

    fn begin(&mut self, events: bool) -> bool {
        let Some(step) = self.steps.pop_front() else { return false };
        self.act = match step {
            Step::Pause(frames) => Act::Rest(frames.max(1)),
            Step::Key(key, frames) if events => {
                let samples = u32::from(frames.max(1)) * FRAME_SAMPLES as u32;
                Act::Event(Pressing::new(key, samples))
            }
            Step::Key(..) if self.wide.is_none() => {
                // G.722 needs a moment of silence after whatever was cut off.
                self.wide = Some(Box::new(g722::Encoder::after_silence()));
                self.steps.push_front(step);
                Act::Rest(HUSH_FRAMES.into())
            }
            Step::Key(key, frames) => {
                let ms = usize::from(frames.max(1)) * FRAME;
                Act::Tone(tone::key(key.as_char(), ms, AMPLITUDE).unwrap_or_default(), 0)
            }
        };
        true
    }

    /// Writes a frame of the present tone, or of silence.
    pub(crate) fn fill(&mut self, catalog: &Catalog, codec: Codec, frame: &mut [u8]) {
        let samples = match &mut self.act {
            Act::Tone(samples, gone) => {
                let from = (*gone).min(samples.len());
                *gone += frame.len();
                &samples[from..(*gone).min(samples.len())]
            }
            Act::Next | Act::Rest(_) | Act::Event(_) => &[],
        };
        match &mut self.wide {
            Some(wide) if codec == Codec::G722 => {
                let silence = std::iter::repeat(&0);
                for (byte, sample) in frame.iter_mut().zip(samples.iter().chain(silence)) {
                    *byte = wide.narrow(*sample);
                }
            }
            _ => {
                frame.fill(codec.silence());
                codec.say(catalog.g711(), samples, frame);
            }
        }
    }
}
