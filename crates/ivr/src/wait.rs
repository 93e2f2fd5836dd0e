//! The estimated wait, as it is told to who waits: a range in minutes that never rises.
//!
//! What was told once may get shorter. A longer one is not told: who has heard eight minutes and
//! waits is not told ten. Minutes up to twenty are told one by one, then in steps of five; beyond
//! an hour no number is told.

use crate::Phrase;

/// Up to here each number of minutes has a clip of its own; from here on each fifth.
pub(crate) const ONE_BY_ONE_MAX: u8 = 20;
/// The most minutes that are told as a number.
pub(crate) const MINUTES_MAX: u8 = 60;

/// A range as it is spoken: both ends in clips that there are; none beyond an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spoken {
    from: u8,
    to: u8,
}

/// Every number of minutes that has a clip.
pub(crate) fn counts() -> impl Iterator<Item = u8> {
    (1..=ONE_BY_ONE_MAX).chain((ONE_BY_ONE_MAX + 5..=MINUTES_MAX).step_by(5))
}

impl Spoken {
    /// Beyond an hour.
    const LONG: Spoken = Spoken { from: u8::MAX, to: u8::MAX };

    /// As it is spoken.
    pub(crate) fn of(from: u64, to: u64) -> Spoken {
        let clip = |minutes: u64| counts().find(|count| u64::from(*count) >= minutes);
        match (clip(from.max(1)), clip(to.max(from))) {
            (Some(from), Some(to)) => Spoken { from, to },
            (None, _) | (_, None) => Spoken::LONG,
        }
    }

    /// Whether it is more than what was told before.
    pub(crate) fn is_longer(self, told: Spoken) -> bool {
        self.from > told.from || self.to > told.to
    }

    pub(crate) fn phrases(self) -> Vec<Phrase> {
        match self {
            Spoken::LONG => vec![Phrase::WaitLong],
            Spoken { from: 1, to: 1 } => vec![Phrase::WaitOne],
            Spoken { from, to } if from == to => {
                vec![Phrase::WaitAbout, Phrase::Count(to), Phrase::WaitMinutes]
            }
            Spoken { from, to } => vec![
                Phrase::WaitAbout,
                Phrase::Count(from),
                Phrase::WaitTo,
                Phrase::Count(to),
                Phrase::WaitMinutes,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(from: u64, to: u64) -> String {
        let phrases = Spoken::of(from, to).phrases();
        let clips: Vec<String> = phrases.iter().map(|it| it.clip().into_owned()).collect();
        clips.join(" ")
    }

    #[test]
    fn a_range_is_spoken_in_the_minutes_that_there_are_clips_of() {
        assert_eq!(said(1, 1), "wait-one");
        assert_eq!(said(0, 0), "wait-one");
        assert_eq!(said(1, 2), "wait-about count-1 wait-to count-2 wait-minutes");
        assert_eq!(said(7, 7), "wait-about count-7 wait-minutes");
        assert_eq!(said(20, 21), "wait-about count-20 wait-to count-25 wait-minutes");
        assert_eq!(said(41, 44), "wait-about count-45 wait-minutes");
        assert_eq!(said(60, 60), "wait-about count-60 wait-minutes");
        assert_eq!(said(30, 61), "wait-long");
        assert_eq!(said(u64::MAX, u64::MAX), "wait-long");
        assert_eq!(counts().count(), 28);
    }
}
