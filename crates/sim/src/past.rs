//! What another configuration would have made of a day that was.
//!
//! The reel of a run says when customers came and what they did, how long agents let it ring, when
//! they were there, how customers' phones answered and how long everybody talked. With other
//! settings other agents are rung at other moments, so that the reel cannot be fed again: its
//! people live the day once more, around the queue, by these rules.
//!
//! - A caller asks for a callback when that was asked for, if it may be had then, and gives up when
//!   that was given up. Who was served, or may not be called back any more, waits further for a
//!   time that is drawn: as long as all who waited did, for each who gave up.
//! - Whoever talked talks as long as then, whoever did not as somebody of that day.
//! - An agent takes as long to answer, and declines, as in that agent's offers of the day, in
//!   their order. Presence, other channels and callbacks that were asked for without a call are
//!   fed as they were.
//! - The phone of a customer answers as it did, dial after dial; once more than then, as somebody's
//!   did on that day.
//!
//! A reel does not say when an agent was rung for a customer who had answered first: such a ring
//! takes eight seconds. Operators' commands about single requests are left out, and so are
//! transfers, the end of a wrap-up before its time, and channels of a trunk. The day ends when its
//! reel does.

mod again;
mod hours;
mod seen;

use std::collections::BTreeMap;

use ledger::{Entry, Person, Recovered};
use model::{PersonId, Wall};
use queue::Settings;
use queue::reel::{Began, Frame, Input};
use queue::replay::Cut;

use crate::Results;

pub use again::again;
pub use seen::Past;

/// What a day began with.
#[derive(Debug, Clone, Copy)]
pub struct Morning<'a> {
    /// What the facts before it say.
    pub recovered: &'a Recovered,
    /// The numbers.
    pub people: &'a BTreeMap<PersonId, Person>,
    /// The first frame of its reel.
    pub first: &'a Frame,
    /// The same.
    pub began: &'a Began,
}

/// A day as it was, or as it would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The facts that the queue decided.
    pub entries: Vec<Entry>,
    /// What an operator wants to know of it.
    pub results: Results,
}

/// A day three times, see [`compare`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// As it was.
    pub was: Told,
    /// Lived again with the settings of the day.
    pub again: Told,
    /// Lived again with the others.
    pub other: Told,
    /// Where the reel cannot be followed any further, if not to its end.
    pub cut: Option<(Wall, Cut)>,
}

/// The day as it was, the same day lived again by its people with the same settings, which says how
/// far they can be believed, and with other settings. A reel counts up to its first gap, and up to
/// the first settings that were taken over meanwhile.
pub fn compare(
    morning: Morning<'_>,
    frames: &[Frame],
    settings: &Settings,
    other: &Settings,
) -> Beside {
    let cut = |frame: &Frame| match frame.input {
        Input::Gap { lost } => Some(Cut::Gap(lost)),
        Input::Reloaded { .. } => Some(Cut::Reloaded),
        Input::Full => Some(Cut::Full),
        Input::Began(_) | Input::Told(_) | Input::TimeCame | Input::Ended => None,
    };
    let found = frames.iter().enumerate().find_map(|(at, frame)| Some((at, cut(frame)?)));
    let frames = &frames[..found.map_or(frames.len(), |(at, _)| at)];
    let past = Past::of(morning, frames, settings);
    let [again, other] = [settings, other].map(|settings| again(morning, &past, settings));
    let cut = found.map(|(_, why)| (past.end.wall, why));
    Beside { was: past.told, again, other, cut }
}
