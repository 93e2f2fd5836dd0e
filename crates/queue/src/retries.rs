//! When another attempt follows, by how the last one ended.

use std::time::Duration;

use ledger::DialOutcome;

use crate::QueueSettings;

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Nothing: the request ends with that outcome, though attempts be left.
    Never,
    /// Another one, after so long, while one is left.
    After(Duration),
}

/// Rules by outcome. Where there is none, the next attempt follows after the queue's usual delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retries {
    /// The customer was busy.
    pub busy: Option<Again>,
    /// Nobody answered, or whoever did pressed no key.
    pub no_answer: Option<Again>,
    /// The network could not complete the call.
    pub failed: Option<Again>,
    /// An answering machine took the call, whether or not it was left a message.
    pub machine: Option<Again>,
    /// The agent left before the customer answered, or did not answer where that counts.
    pub agent: Option<Duration>,
}

impl QueueSettings {
    /// What follows an attempt that ended so.
    pub(crate) fn again(&self, outcome: DialOutcome) -> Again {
        let usual = Again::After(self.retry_delay);
        match outcome {
            DialOutcome::Busy => self.retries.busy.unwrap_or(usual),
            DialOutcome::NoAnswer | DialOutcome::Unproved => {
                self.retries.no_answer.unwrap_or(usual)
            }
            DialOutcome::Failed => self.retries.failed.unwrap_or(usual),
            DialOutcome::Machine | DialOutcome::MessageLeft => {
                self.retries.machine.unwrap_or(usual)
            }
            DialOutcome::AgentLeft => Again::After(self.after_agent()),
            DialOutcome::TooShort => Again::After(self.short_talk_delay),
            DialOutcome::Declined => Again::Never,
            DialOutcome::Later | DialOutcome::CalledIn => usual,
        }
    }

    /// How long after an agent who did not play its part the next attempt follows.
    pub(crate) fn after_agent(&self) -> Duration {
        self.retries.agent.unwrap_or(self.retry_delay)
    }
}
