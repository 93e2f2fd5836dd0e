//! What is wrong with a list of steps, before a caller finds out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{KNOWN, Labelled, STEPS_MAX, Step};

/// Something wrong with the step at `step`, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// There is no step.
    Empty,
    /// There are more steps than [`STEPS_MAX`].
    TooMany {
        /// The first beyond.
        step: usize,
    },
    /// It jumps to a label that no step has.
    UnknownLabel {
        /// Where.
        step: usize,
        /// The label.
        label: Arc<str>,
    },
    /// Its label is another step's.
    LabelTwice {
        /// Where.
        step: usize,
        /// The label.
        label: Arc<str>,
        /// The step that has it first.
        first: usize,
    },
    /// It reads a variable that nothing sets.
    UnknownVariable {
        /// Where.
        step: usize,
        /// The variable.
        name: Arc<str>,
    },
    /// It sets a variable that is known of every caller.
    ReadOnly {
        /// Where.
        step: usize,
        /// The variable.
        name: Arc<str>,
    },
    /// It says what is asked for, and the caller may have waited, or asked to, before.
    AsksTooLate {
        /// Where.
        step: usize,
    },
    /// From here the flow comes back to here, and the caller is asked for nothing on the way.
    LoopWithoutInput {
        /// Its first step.
        step: usize,
    },
}

impl Flaw {
    /// Where it is.
    pub fn step(&self) -> usize {
        match self {
            Flaw::Empty => 0,
            Flaw::TooMany { step }
            | Flaw::UnknownLabel { step, .. }
            | Flaw::LabelTwice { step, .. }
            | Flaw::UnknownVariable { step, .. }
            | Flaw::ReadOnly { step, .. }
            | Flaw::AsksTooLate { step }
            | Flaw::LoopWithoutInput { step } => *step,
        }
    }
}

/// Everything that is wrong, in the order of the steps.
pub(super) fn flaws(steps: &[Labelled]) -> Vec<Flaw> {
    if steps.is_empty() {
        return vec![Flaw::Empty];
    }
    if steps.len() > STEPS_MAX {
        return vec![Flaw::TooMany { step: STEPS_MAX }];
    }
    let mut flaws = Vec::new();
    let mut labels: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for (step, labelled) in steps.iter().enumerate() {
        let Some(label) = &labelled.label else { continue };
        match labels.get(label) {
            Some(&first) => flaws.push(Flaw::LabelTwice { step, label: Arc::clone(label), first }),
            None => drop(labels.insert(Arc::clone(label), step)),
        }
    }
    let set: BTreeSet<&str> =
        steps.iter().filter_map(|it| it.step.writes()).map(|n| &**n).collect();
    for (place, labelled) in steps.iter().enumerate() {
        for label in labelled.step.jumps() {
            if !labels.contains_key(label) {
                flaws.push(Flaw::UnknownLabel { step: place, label: Arc::clone(label) });
            }
        }
        if let Some(name) = labelled.step.writes()
            && KNOWN.contains(&&**name)
        {
            flaws.push(Flaw::ReadOnly { step: place, name: Arc::clone(name) });
        }
        let known = |name: &str| set.contains(name) || KNOWN.contains(&name);
        let unknown = labelled.step.reads().into_iter().filter(|name| !known(name));
        let flaw = |name: &Arc<str>| Flaw::UnknownVariable { step: place, name: Arc::clone(name) };
        flaws.extend(unknown.map(flaw));
    }
    let bare: Vec<&Step> = steps.iter().map(|labelled| &labelled.step).collect();
    if let Some(step) = loop_without_input(&bare, &labels) {
        flaws.push(Flaw::LoopWithoutInput { step });
    }
    let late = asks_too_late(&bare, &labels);
    flaws.extend(late.into_iter().map(|step| Flaw::AsksTooLate { step }));
    flaws.sort_by_key(Flaw::step);
    flaws
}

/// The steps that say what is asked for where the place in the queue may have been given already.
fn asks_too_late(steps: &[&Step], labels: &BTreeMap<Arc<str>, usize>) -> Vec<usize> {
    let gives_a_place =
        |step: &Step| matches!(step, Step::Queue { .. } | Step::Callback { .. } | Step::Offer);
    let places = (0..steps.len()).filter(|place| gives_a_place(steps[*place]));
    let seen = reached(steps, labels, places.flat_map(|place| after(steps, labels, place)));
    seen.into_iter().filter(|place| matches!(steps[*place], Step::Asks(_))).collect()
}

/// The steps that no caller can come to.
pub(super) fn unreachable(steps: &[Step], labels: &BTreeMap<Arc<str>, usize>) -> Vec<usize> {
    let steps: Vec<&Step> = steps.iter().collect();
    let seen = reached(&steps, labels, [0]);
    (0..steps.len()).filter(|place| !seen.contains(place)).collect()
}

/// The steps that a caller may come to from these, and these.
fn reached(
    steps: &[&Step],
    labels: &BTreeMap<Arc<str>, usize>,
    from: impl IntoIterator<Item = usize>,
) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<usize> = from.into_iter().collect();
    while let Some(place) = ahead.pop() {
        if place < steps.len() && seen.insert(place) {
            ahead.extend(after(steps, labels, place));
        }
    }
    seen
}

/// What may follow a step. A label that nobody has leads nowhere: it is a flaw of its own.
fn after(steps: &[&Step], labels: &BTreeMap<Arc<str>, usize>, place: usize) -> Vec<usize> {
    let step = steps[place];
    let next = step.falls_through().then_some(place + 1).filter(|next| *next < steps.len());
    let jumps = step.jumps();
    jumps.into_iter().filter_map(|label| labels.get(label).copied()).chain(next).collect()
}

/// The first step of a loop in which nothing is asked. Whatever lies on no such loop is taken away:
/// steps that ask, then again and again those that nothing left leads to, or that lead to nothing
/// left.
fn loop_without_input(steps: &[&Step], labels: &BTreeMap<Arc<str>, usize>) -> Option<usize> {
    let mut left: BTreeSet<usize> =
        (0..steps.len()).filter(|place| !steps[*place].is_input()).collect();
    loop {
        let ways: Vec<(usize, usize)> = left
            .iter()
            .flat_map(|from| after(steps, labels, *from).into_iter().map(|to| (*from, to)))
            .filter(|(_, to)| left.contains(to))
            .collect();
        let leads: BTreeSet<usize> = ways.iter().map(|(from, _)| *from).collect();
        let led_to: BTreeSet<usize> = ways.iter().map(|(_, to)| *to).collect();
        let before = left.len();
        left.retain(|place| leads.contains(place) && led_to.contains(place));
        if left.len() == before {
            return left.first().copied();
        }
    }
}
