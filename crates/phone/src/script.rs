//! What a person does in one call: a list of steps, one after the other.

use std::time::Duration;

use model::{Key, Mono};

use crate::Voice;

/// Most steps of one script; the rest is not done.
pub const STEPS_MAX: usize = 256;

/// One thing to do or to wait for.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Does nothing for so long.
    Wait(Duration),
    /// Waits for a sign.
    Until(Sign),
    /// Presses keys, and goes on when the last is pressed. Waits for media first.
    Press(String),
    /// Says something else from now on.
    Say(Voice),
    /// Picks up a phone that rings.
    Answer,
    /// Refuses a phone that rings.
    Reject(u16),
    /// re-INVITE with `sendonly`.
    Hold,
    /// re-INVITE with `sendrecv`.
    Resume,
    /// Ends the call whatever its state.
    HangUp,
}

/// Something that happens in a call. Sounds and keys count from the beginning of the step that
/// waits for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// The other phone rings.
    Ringing,
    /// The call is up.
    Answered,
    /// So much sound was heard, silences left out.
    Sound(Duration),
    /// Nothing was heard for so long.
    Quiet(Duration),
    /// The last so much of what was heard is mostly this tone. Needs a phone that records.
    Tone {
        /// Its frequency.
        hz: f64,
        /// How much of it.
        length: Duration,
    },
    /// The peer pressed this key.
    Key(Key),
}

/// How a script went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every step was done; the call may go on.
    Done,
    /// The call ended before this step (from 0) was done.
    CallEnded {
        /// Which step.
        step: usize,
    },
    /// This step waited longer than the patience; the person hung up.
    Stuck {
        /// Which step.
        step: usize,
    },
}

/// The steps of one call, and how long any of them may take. After the last step the person stays
/// in the call until the peer ends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The steps, [`STEPS_MAX`] at most.
    pub steps: Vec<Step>,
    /// The longest that a step may wait (a [`Step::Wait`] excepted); then the person hangs up.
    pub patience: Duration,
}

impl Script {
    /// These steps, with two minutes of patience for each.
    pub fn new(steps: impl Into<Vec<Step>>) -> Script {
        let mut steps = steps.into();
        steps.truncate(STEPS_MAX);
        Script { steps, patience: Duration::from_secs(120) }
    }

    /// Stays until the peer hangs up.
    pub fn stay() -> Script {
        Script::new([])
    }

    /// A caller: once the call is up, hears something for each `hear`, presses the keys after it,
    /// and stays until the peer hangs up.
    pub fn caller(menu: &[(Duration, &str)]) -> Script {
        let mut steps = vec![Step::Until(Sign::Answered)];
        for (hear, keys) in menu {
            steps.push(Step::Until(Sign::Sound(*hear)));
            steps.push(Step::Press((*keys).to_owned()));
        }
        Script::new(steps)
    }

    /// An agent who is rung: hears the announcement for `hear`, presses `key`, talks with `voice`
    /// for `talk`, and hangs up; without `talk`, stays until the peer hangs up.
    pub fn agent(hear: Duration, key: Key, voice: Voice, talk: Option<Duration>) -> Script {
        let mut steps = vec![
            Step::Until(Sign::Answered),
            Step::Until(Sign::Sound(hear)),
            Step::Press(key.to_string()),
            Step::Say(voice),
        ];
        if let Some(talk) = talk {
            steps.extend([Step::Wait(talk), Step::HangUp]);
        }
        Script::new(steps)
    }

    /// Somebody who is rung and talks at once: a customer called back, an agent without an
    /// announcement. Without `talk`, stays until the peer hangs up.
    pub fn talker(voice: Voice, talk: Option<Duration>) -> Script {
        let mut steps = vec![Step::Say(voice), Step::Until(Sign::Answered)];
        if let Some(talk) = talk {
            steps.extend([Step::Wait(talk), Step::HangUp]);
        }
        Script::new(steps)
    }
}

/// A script under way.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub script: Script,
    /// The step being done.
    pub step: usize,
    /// When it began.
    pub since: Mono,
    /// What had been heard then.
    pub sound_before: Duration,
    pub keys_before: usize,
    /// True when the keys of the present step are in the phone's queue.
    pub pressed: bool,
}

impl Progress {
    pub fn new(script: Script, now: Mono) -> Progress {
        Progress {
            script,
            step: 0,
            since: now,
            sound_before: Duration::ZERO,
            keys_before: 0,
            pressed: false,
        }
    }

    pub fn present(&self) -> Option<&Step> {
        self.script.steps.get(self.step)
    }

    /// When the present step runs out of patience; a wait never does.
    pub fn limit(&self) -> Option<Mono> {
        match self.present()? {
            Step::Wait(_) => None,
            Step::Until(_)
            | Step::Press(_)
            | Step::Say(_)
            | Step::Answer
            | Step::Reject(_)
            | Step::Hold
            | Step::Resume
            | Step::HangUp => Some(self.since + self.script.patience),
        }
    }
}
