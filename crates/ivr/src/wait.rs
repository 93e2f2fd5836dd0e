//! The estimated wait, as it is told to who waits: a range in minutes that never rises.
//!
//! What was told once may get shorter. A longer one is not told: who has heard eight minutes and
//! waits is not told ten. Minutes up to twenty are told one by one, then in steps of five; beyond
//! an hour in quarters of an hour, beyond three in halves. From the longest on that is told, no
//! number is.

use crate::Phrase;

/// Up to here each number of minutes has a clip of its own; from here on each fifth.
const ONE_BY_ONE_MAX: u32 = 20;
/// The most minutes that are one clip and a noun.
const CLIPS_MAX: u32 = 60;
/// Up to here in quarters of an hour, in minutes.
const QUARTERS_MAX: u32 = 180;
/// What the longest wait that is told is at least, in minutes, and where nothing else is said.
pub const TOLD_WAIT_MIN: u32 = CLIPS_MAX;

/// A range as it is spoken, in minutes; none beyond the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spoken {
    from: u32,
    to: u32,
}

/// Every number of minutes that has a clip.
pub(crate) fn counts() -> impl Iterator<Item = u8> {
    let counts = (1..=ONE_BY_ONE_MAX).chain((ONE_BY_ONE_MAX + 5..=CLIPS_MAX).step_by(5));
    counts.filter_map(|minutes| u8::try_from(minutes).ok())
}

/// As many minutes or a few more, as people say them.
fn round(minutes: u64) -> Option<u32> {
    let minutes = u32::try_from(minutes.max(1)).ok()?;
    let step = match minutes {
        m if m <= ONE_BY_ONE_MAX => 1,
        m if m <= CLIPS_MAX => 5,
        m if m <= QUARTERS_MAX => 15,
        _ => 30,
    };
    minutes.checked_next_multiple_of(step)
}

impl Spoken {
    const LONG: Spoken = Spoken { from: u32::MAX, to: u32::MAX };

    /// As it is spoken where nothing longer than `most` minutes is told.
    pub(crate) fn of(from: u64, to: u64, most: u32) -> Spoken {
        let told = |minutes: u64| round(minutes).filter(|minutes| *minutes <= most);
        match (told(from), told(to.max(from))) {
            (Some(from), Some(to)) => Spoken { from, to },
            (None, _) | (_, None) => Spoken::LONG,
        }
    }

    /// Whether it is more than what was told before.
    pub(crate) fn is_longer(self, told: Spoken) -> bool {
        self.from > told.from || self.to > told.to
    }

    pub(crate) fn phrases(self) -> Vec<Phrase> {
        let clip = |minutes: u32| u8::try_from(minutes).map_or(Phrase::WaitLong, Phrase::Count);
        match self {
            Spoken::LONG => vec![Phrase::WaitLong],
            Spoken { from: 1, to: 1 } => vec![Phrase::WaitOne],
            Spoken { from, to } if from == to && to > CLIPS_MAX => {
                vec![Phrase::WaitAbout, Phrase::Duration(to)]
            }
            Spoken { from, to } if to > CLIPS_MAX => vec![
                Phrase::WaitAbout,
                Phrase::Duration(from),
                Phrase::WaitTo,
                Phrase::Duration(to),
            ],
            Spoken { from, to } if from == to => {
                vec![Phrase::WaitAbout, clip(to), Phrase::WaitMinutes]
            }
            Spoken { from, to } => {
                vec![Phrase::WaitAbout, clip(from), Phrase::WaitTo, clip(to), Phrase::WaitMinutes]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(from: u64, to: u64) -> String {
        let phrases = Spoken::of(from, to, TOLD_WAIT_MIN).phrases();
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
    #[test]
    fn beyond_an_hour_it_is_told_by_quarters_and_halves_up_to_the_longest() {
        let lengths = |from, to| Spoken::of(from, to, 240).phrases();
        let about = |minutes| vec![Phrase::WaitAbout, Phrase::Duration(minutes)];
        assert_eq!(lengths(61, 70), about(75));
        assert_eq!(lengths(176, 180), about(180));
        assert_eq!(lengths(181, 210), about(210));
        let (from, to) = (Phrase::Duration(45), Phrase::Duration(75));
        assert_eq!(lengths(43, 61), [Phrase::WaitAbout, from, Phrase::WaitTo, to]);
        assert_eq!(lengths(200, 241), [Phrase::WaitLong]);
        assert_eq!(lengths(3, u64::MAX), [Phrase::WaitLong]);
    }
}
