//! Who has answered a call of ours: somebody, a machine, or the network with a tone.
//!
//! What is heard after the answer is cut into frames of 20 ms, each of which is quiet, a pure tone
//! or sound. Then the cadence decides:
//!
//! ```text
//!   ---sound---_____pause____              short, then a pause: somebody says hello
//!   ---sound-----sound------sound---       on and on without a pause: a machine
//!   -sound-------sound----_____pause____   between the two: not sure
//!   ___________________________________    nobody says anything: not sure
//!   ~tone~____  a beep                     a machine, which waits for a message
//!   ~tone~__~tone~__~tone~__               as long as its pauses: busy
//!   ~~~~~~~~~~~tone~~~~~~~~~~~~            without end: a dial tone, nobody is there
//!   ~950~1400~1800~                        the tones of ITU-T E.180 before an announcement: the
//!                                          number is out of service
//!   ~~tone~~__________                     it still rings: the answer is yet to come
//!   ~tone~_~tone~__________                it rings in Britain
//! ```
//!
//! Everything is computed in whole numbers, the same on each machine. A tone is pure when each
//! sample follows from the two before it (`x[n] + x[n-2] = 2 cos w x[n-1]`), so that its pitch need
//! not be guessed. Two pitches at once, as networks in America send them (350 and 440, 440 and 480,
//! 480 and 620 Hz), lie so near each other that they are as pure as one between them that swells
//! and fades.

use crate::RATE;

/// Samples of a frame: 20 ms.
pub const FRAME: usize = RATE as usize / 50;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answerer {
    /// Somebody.
    Human,
    /// A machine.
    Machine,
    /// The busy tone.
    Busy,
    /// The tones before an announcement, or a dial tone: the call did not reach anybody.
    OutOfService,
    /// It cannot be told.
    NotSure,
}

/// The quietest frame that is not quiet: 42 dB below full scale.
const LOUD: i64 = 260 * 260;

/// What is left of a pure tone that does not follow from its pitch is less than this part of what
/// is left of a straight line: the latter says how much there is to follow.
const IMPURE_MAX: i128 = 4;

/// How far the pitch of a tone may move from one frame to the next, as `2 cos w` times 2^14.
const DRIFT_MAX: i64 = 900;

/// So many frames of sound in a row are a word.
const WORD_MIN: u32 = 3;

/// Frames in a time.
const fn frames(ms: u32) -> u32 {
    ms / 20
}

/// A pause after which somebody waits for our word.
const PAUSE: u32 = frames(800);

/// The longest "hello": a greeting that ends sooner is somebody's.
const HELLO_MAX: u32 = frames(1_600);

/// A greeting that goes on for longer without a pause is a machine's.
const MACHINE_MIN: u32 = frames(2_400);

/// How long nothing is said before we cannot tell.
const SILENCE_MAX: u32 = frames(2_500);

/// How long we listen at all, without the time in which it rang.
const LISTEN_MAX: u32 = frames(5_000);

/// The shortest tone that counts.
const TONE_MIN: u32 = frames(120);

/// Tone and pause of a busy tone, each.
const BUSY: std::ops::RangeInclusive<u32> = frames(180)..=frames(560);

/// So many of them are a busy tone.
const BUSY_CYCLES: u8 = 3;

/// The shortest tone that is ringing, when its pitch is that of a ringing tone.
const RING_MIN: u32 = frames(700);

/// Quiet after a beep.
const AFTER_BEEP: u32 = frames(300);

/// `2 cos w` times 2^14 from the highest pitch to the lowest.
type Pitches = std::ops::RangeInclusive<i64>;

/// 350 to 640 Hz: busy, ringing and dial tones, of one pitch or of two.
const NETWORK: Pitches = 28_714..=31_538;

/// 350 to 500 Hz: those that may ring.
const RINGING: Pitches = 30_274..=31_538;

/// A tone of the network that sounds for longer than any that rings is a dial tone.
const DIAL_MIN: u32 = frames(3_000);

/// So many short tones and then nothing are the double ring of Britain and its like.
const DOUBLE_RING: u8 = 2;

/// 500 to 2,600 Hz: beeps.
const BEEP: Pitches = -14_877..=30_274;

/// The three tones: 950, 1,400 and 1,800 Hz, each 60 Hz up and down.
const SIT: [Pitches; 3] = [22_959..=24_920, 13_475..=16_253, 3_571..=6_663];

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Quiet,
    Sound,
    /// With `2 cos w` times 2^14.
    Tone(i64),
}

/// Listens to one call from its answer on.
#[derive(Debug, Clone)]
pub struct Judge {
    frame: [i16; FRAME],
    filled: usize,
    /// Frames since the answer, or since it rang last.
    passed: u32,
    /// When the greeting began, and its last frame of sound.
    greeting: Option<(u32, u32)>,
    /// The tone that sounds, since how many frames, and quiet frames since the last sound.
    tone: Option<(i64, u32)>,
    quiet: u32,
    /// Frames of sound in a row.
    loud: u32,
    /// The last tone that ended, and its length.
    ended: Option<(i64, u32)>,
    busy_cycles: u8,
    /// How many of the three tones have come.
    sit: usize,
}

impl Default for Judge {
    fn default() -> Judge {
        Judge {
            frame: [0; FRAME],
            filled: 0,
            passed: 0,
            greeting: None,
            tone: None,
            quiet: 0,
            loud: 0,
            ended: None,
            busy_cycles: 0,
            sit: 0,
        }
    }
}

impl Judge {
    /// Nothing heard yet.
    pub fn new() -> Judge {
        Judge::default()
    }

    /// More was heard. Once there is a verdict, it stands.
    pub fn hear(&mut self, samples: &[i16]) -> Option<Answerer> {
        for &sample in samples {
            self.frame[self.filled] = sample;
            self.filled += 1;
            if self.filled == FRAME {
                self.filled = 0;
                let kind = kind_of(&self.frame);
                let verdict = self.step(kind);
                if verdict.is_some() {
                    return verdict;
                }
            }
        }
        None
    }

    fn step(&mut self, kind: Kind) -> Option<Answerer> {
        self.passed += 1;
        let verdict = match kind {
            Kind::Tone(pitch) => self.tone(pitch),
            Kind::Quiet => {
                let short = self.tone_ends();
                let verdict = if short > 0 { self.sound(short) } else { None };
                self.quiet += 1;
                self.loud = 0;
                verdict.or_else(|| self.quiet())
            }
            Kind::Sound => {
                let short = self.tone_ends();
                self.sound(short + 1)
            }
        };
        let late = self.passed >= LISTEN_MAX && self.tone.is_none();
        verdict.or_else(|| late.then_some(Answerer::NotSure))
    }

    /// So many frames were sound, the last of them this one.
    fn sound(&mut self, frames: u32) -> Option<Answerer> {
        self.loud += frames;
        if self.loud < WORD_MIN {
            // The swelling and fading of a tone is no word.
            return None;
        }
        (self.ended, self.quiet) = (None, 0);
        let first = (self.passed + 1).saturating_sub(self.loud);
        let (begun, _) = *self.greeting.get_or_insert((first, first));
        self.greeting = Some((begun, self.passed));
        (self.passed.saturating_sub(begun) >= MACHINE_MIN).then_some(Answerer::Machine)
    }

    fn tone(&mut self, pitch: i64) -> Option<Answerer> {
        match &mut self.tone {
            Some((known, length)) if (*known - pitch).abs() <= DRIFT_MAX => {
                *length += 1;
                if *length >= TONE_MIN {
                    (self.quiet, self.loud) = (0, 0);
                }
                let dials = *length >= DIAL_MIN && NETWORK.contains(known);
                dials.then_some(Answerer::OutOfService)
            }
            _ => {
                let short = self.tone_ends();
                self.tone = Some((pitch, 1));
                if short > 0 { self.sound(short) } else { None }
            }
        }
    }

    /// A tone is over: it may be one of the three, or of a busy tone. One that was too short is
    /// sound, such as a vowel has: gives how many frames.
    fn tone_ends(&mut self) -> u32 {
        let Some((pitch, length)) = self.tone.take() else { return 0 };
        if length < TONE_MIN {
            return length;
        }
        let next = SIT.get(self.sit).is_some_and(|pitches| pitches.contains(&pitch));
        self.sit = match (next, SIT[0].contains(&pitch)) {
            (true, _) => self.sit + 1,
            (false, true) => 1,
            (false, false) => 0,
        };
        let is_busy = NETWORK.contains(&pitch) && BUSY.contains(&length);
        self.busy_cycles = if is_busy { self.busy_cycles + 1 } else { 0 };
        self.ended = Some((pitch, length));
        0
    }

    fn quiet(&mut self) -> Option<Answerer> {
        if self.sit == SIT.len() {
            return Some(Answerer::OutOfService);
        }
        if let Some((pitch, length)) = self.ended {
            if NETWORK.contains(&pitch) {
                return self.network(pitch, length);
            }
            if BEEP.contains(&pitch) && self.quiet >= AFTER_BEEP {
                return Some(Answerer::Machine);
            }
        }
        match self.greeting {
            Some((begun, last)) if self.quiet >= PAUSE => {
                let short = last - begun < HELLO_MAX;
                Some(if short { Answerer::Human } else { Answerer::NotSure })
            }
            None if self.ended.is_none() && self.passed >= SILENCE_MAX => Some(Answerer::NotSure),
            Some(_) | None => None,
        }
    }

    /// The pause after a tone of the network.
    fn network(&mut self, pitch: i64, length: u32) -> Option<Answerer> {
        let rings =
            length >= RING_MIN || self.busy_cycles == DOUBLE_RING && self.quiet > *BUSY.end();
        if RINGING.contains(&pitch) && rings {
            // It still rings.
            (self.passed, self.greeting, self.busy_cycles) = (0, None, 0);
            self.ended = Some((pitch, RING_MIN));
            return None;
        }
        if self.busy_cycles >= BUSY_CYCLES && BUSY.contains(&self.quiet) {
            return Some(Answerer::Busy);
        }
        if self.quiet > *BUSY.end() {
            // One tone and then nothing: a beep as low as that.
            return Some(Answerer::Machine);
        }
        None
    }
}

fn kind_of(frame: &[i16; FRAME]) -> Kind {
    let energy: i64 = frame.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
    if energy < LOUD * FRAME as i64 {
        return Kind::Quiet;
    }
    let (mut cross, mut middle, mut both, mut bend) = (0_i64, 0_i64, 0_i64, 0_i64);
    for three in frame.windows(3) {
        let [before, now, after] = [three[0], three[1], three[2]].map(i64::from);
        let sum = before + after;
        cross += now * sum;
        middle += now * now;
        both += sum * sum;
        bend += (sum - 2 * now) * (sum - 2 * now);
    }
    let middle = middle.max(1);
    // What the pitch explains of `both` is cross² / middle.
    let explained = i128::from(cross) * i128::from(cross) / i128::from(middle);
    let left = i128::from(both) - explained;
    if left * IMPURE_MAX > i128::from(bend) {
        return Kind::Sound;
    }
    let pitch = i128::from(cross) * (1 << 14) / i128::from(middle);
    Kind::Tone(i64::try_from(pitch).unwrap_or(0))
}

#[cfg(test)]
mod tests;
