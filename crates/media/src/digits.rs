//! Keys that we press ourselves: a dial string.

use std::time::Duration;

use model::Key;

use crate::FRAME_MS;

/// The most steps of a dial string; more are refused where it is read, and cut where it is pressed.
pub const DIGITS_MAX: usize = 64;

/// How long a key is held, and how long nothing is pressed after it: 100 ms each. Two of the three
/// ends of an event go in that rest.
pub const KEY_FRAMES: u16 = 5;

/// One step of a dial string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A key, held for so many frames of 20 ms.
    Key(Key, u16),
    /// Nothing for so many frames.
    Pause(u16),
}

/// A dial string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digits(Vec<Step>);

/// Why a text is no dial string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadDigits {
    /// This is neither a key nor a pause.
    Strange(char),
    /// It has more than [`DIGITS_MAX`] steps.
    TooLong,
}

impl Digits {
    /// Steps of one's own.
    pub fn of(steps: Vec<Step>) -> Digits {
        Digits(steps)
    }

    /// Reads a dial string: keys `0`-`9`, `*`, `#`, `A`-`D`, and pauses: `w` half a second, `p`
    /// one, `,` two.
    ///
    /// # Errors
    /// What does not belong into one, or that it is too long.
    pub fn parse(text: &str) -> Result<Digits, BadDigits> {
        let step = |c: char| match c {
            'w' | 'W' => Ok(Step::Pause(25)),
            'p' | 'P' => Ok(Step::Pause(50)),
            ',' => Ok(Step::Pause(100)),
            c => {
                Key::from_char(c).map(|key| Step::Key(key, KEY_FRAMES)).ok_or(BadDigits::Strange(c))
            }
        };
        let steps: Vec<Step> = text.chars().map(step).collect::<Result<_, _>>()?;
        if steps.len() > DIGITS_MAX { Err(BadDigits::TooLong) } else { Ok(Digits(steps)) }
    }

    /// Whether there is nothing to press.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// How long pressing them takes, about.
    pub fn length(&self) -> Duration {
        let frames = self.0.iter().map(|step| match step {
            Step::Key(_, frames) => u64::from(*frames) + u64::from(KEY_FRAMES),
            Step::Pause(frames) => u64::from(*frames),
        });
        Duration::from_millis(frames.sum::<u64>() * FRAME_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_pauses_are_read_and_nothing_else_is() {
        let digits = Digits::parse("w1#,d").expect("a dial string");
        let key = |c| Step::Key(Key::from_char(c).expect("a key"), KEY_FRAMES);
        let steps = [Step::Pause(25), key('1'), key('#'), Step::Pause(100), key('D')];
        assert_eq!(digits.steps(), steps);
        assert_eq!(digits.length(), Duration::from_millis(500 + 3 * 200 + 2_000));
        assert!(Digits::parse("").is_ok_and(|digits| digits.is_empty()));
        assert_eq!(Digits::parse("12x"), Err(BadDigits::Strange('x')));
        assert!(Digits::parse(&"1".repeat(DIGITS_MAX)).is_ok());
        assert_eq!(Digits::parse(&"1".repeat(DIGITS_MAX + 1)), Err(BadDigits::TooLong));
    }
}
