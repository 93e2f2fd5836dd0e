//! Flows: what callers hear and press, as a list of steps.
//!
//! A flow is made of [`Step`]s, some with a label to jump to. [`Flow::new`] takes none that could
//! strand a caller: every label that is jumped to exists, every variable that is read is set
//! somewhere, and no loop goes round without asking the caller anything or having the caller wait.
//! [`FlowScript`] leads one caller through it.
//!
//! One flow is the **usual** one: it leads the callers of lines that name none, and the other flows
//! borrow its offer, its menu and its exits. See [`Flow::lends`].

mod check;
mod leading;
mod run;
mod step;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Phrase;

pub use check::Flaw;
pub use run::FlowScript;
pub use step::{
    Asking, Asks, Empty, Exits, Limit, Offers, Part, Refusals, Step, Test, Value, ValueKind, Way,
};

/// Most steps of a flow.
pub const STEPS_MAX: usize = 500;

/// Most characters of a value that a flow writes down.
pub const VALUE_LENGTH_MAX: usize = 64;

/// What is known of every caller: such a variable can be read, and not set.
pub const KNOWN: [&str; 8] =
    [CALLER_NUMBER, CALLBACKS, HASH_NUMBER, "language", "line", MESSAGE_NUMBER, OFFER_OPENS, PLACE];

/// The international number that the caller calls from; empty without one.
pub(crate) const CALLER_NUMBER: &str = "caller.number";
/// "yes" while a callback may be asked for.
pub(crate) const CALLBACKS: &str = "callbacks";
/// The number that a lone hash stands for; empty where it stands for none.
pub(crate) const HASH_NUMBER: &str = "hash.number";
/// Who is called back about a message; empty where nobody is.
pub(crate) const MESSAGE_NUMBER: &str = "message.number";
/// What the offer key leads to: "menu" or "promise".
pub(crate) const OFFER_OPENS: &str = "offer.opens";

/// Where the caller stands in the queue; empty before that.
pub(crate) const PLACE: &str = "place";

/// A checked list of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    name: Arc<str>,
    steps: Vec<Step>,
    labels: BTreeMap<Arc<str>, usize>,
}

/// A step, and how others jump to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Its label.
    pub label: Option<Arc<str>>,
    /// What is done.
    pub step: Step,
}

impl Flow {
    /// Takes the steps in.
    ///
    /// # Errors
    /// Everything that is wrong with them, in their order.
    pub fn new(name: &str, steps: Vec<Labelled>) -> Result<Flow, Vec<Flaw>> {
        let flaws = check::flaws(&steps);
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let named = |(place, step): (usize, &Labelled)| Some((step.label.clone()?, place));
        let labels = steps.iter().enumerate().filter_map(named).collect();
        let steps = steps.into_iter().map(|labelled| labelled.step).collect();
        Ok(Flow { name: name.into(), steps, labels })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps that no caller can come to, by their places from 0.
    pub fn unreachable(&self) -> Vec<usize> {
        check::unreachable(&self.steps, &self.labels)
    }

    /// Whether callers may leave messages in it.
    pub fn takes_messages(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Message { .. }))
    }

    /// Every phrase that its steps name.
    pub fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.steps.iter().flat_map(Step::phrases)
    }

    /// The step with this label: a checked flow jumps to no other.
    pub(crate) fn place(&self, label: &str) -> usize {
        self.labels.get(label).copied().unwrap_or(self.steps.len())
    }

    pub(crate) fn step(&self, place: usize) -> Option<&Step> {
        self.steps.get(place)
    }

    /// Where its first `queue` step leads by this way: what other flows borrow.
    pub(crate) fn exit(&self, way: Way) -> Option<&Arc<str>> {
        let waits = self.steps.iter().find(|step| matches!(step, Step::Queue { .. }));
        let Some(Step::Queue { exits, .. }) = waits else { return None };
        exits.named.get(&way)
    }

    /// Whether it may be the usual flow: it has a `queue` step that says where the offer leads, and
    /// borrows nothing itself.
    ///
    /// # Errors
    /// The place of the step that borrows, from 0; none where no `queue` step leads to an offer.
    pub fn lends(&self) -> Result<(), Option<usize>> {
        let borrows = |step: &Step| match step {
            Step::Offer => true,
            Step::Queue { exits, offer, say } => {
                *offer && say.is_none() && !exits.named.contains_key(&Way::Offer)
            }
            _ => false,
        };
        match self.steps.iter().position(borrows) {
            Some(place) => Err(Some(place)),
            None => self.exit(Way::Offer).map(drop).ok_or(None),
        }
    }
}
