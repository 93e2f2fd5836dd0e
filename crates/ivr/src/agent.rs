//! The agent's script: "callback for …, press 1 to accept, 2 to decline".
//!
//! It ends with exactly one of [`AgentOutput::Accept`], [`AgentOutput::Decline`] and
//! [`AgentOutput::NoAnswer`]. What the agent hears after accepting is the engine's business;
//! [`AgentScript::dialling`] and [`AgentScript::ringback`] give the phrases.

use std::collections::VecDeque;
use std::time::Duration;

use model::{Deadline, E164, Key, Mono};

use crate::{Phrase, spoken};

/// From the end of one announcement to the next.
pub const AGENT_PAUSE: Duration = Duration::from_secs(2);

/// What the agent's script says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentOutput {
    /// Play this once, in place of whatever plays.
    Play {
        /// One after the other.
        phrases: Vec<Phrase>,
    },
    /// The agent takes the callback. The last output.
    Accept,
    /// The agent does not. The last output.
    Decline,
    /// The agent pressed neither key in time. The last output.
    NoAnswer,
}

/// Asks one agent about one callback, from the moment the agent's leg hears us.
pub struct AgentScript {
    announcement: Vec<Phrase>,
    /// When waiting for a key ends, whatever plays.
    choice_ends: Mono,
    /// The next announcement, in the pause between two.
    again_at: Option<Mono>,
    asks_left: u8,
    over: bool,
    outputs: VecDeque<AgentOutput>,
}

impl AgentScript {
    /// Begins with the announcement. The agent has `choice_time` from now to press a key; within
    /// it the announcement is heard at most `asks_max` times (at least once), with [`AGENT_PAUSE`]
    /// between.
    ///
    /// With a `number` it is a callback, which is announced with it; without one it is a caller who
    /// waits on the line.
    pub fn new(
        number: Option<E164>,
        choice_time: Duration,
        asks_max: u8,
        now: Mono,
    ) -> AgentScript {
        let mut announcement = Vec::new();
        if let Some(number) = number {
            announcement.push(Phrase::AgentCallback);
            announcement.extend(spoken(&number));
        }
        announcement.push(Phrase::AgentChoice);
        let mut script = AgentScript {
            announcement,
            choice_ends: now + choice_time,
            again_at: None,
            asks_left: asks_max.max(1),
            over: false,
            outputs: VecDeque::new(),
        };
        script.announce();
        script
    }

    /// What an agent hears first after accepting, once.
    pub fn dialling() -> Vec<Phrase> {
        vec![Phrase::AgentDialling]
    }

    /// What an agent hears from then on until the customer answers, round and round.
    pub fn ringback() -> Vec<Phrase> {
        vec![Phrase::Ringback]
    }

    /// The agent pressed a key: 1 accepts, 2 declines, at any moment; other keys mean nothing.
    pub fn handle_key(&mut self, now: Mono, key: Key) {
        if now >= self.choice_ends {
            self.end(AgentOutput::NoAnswer);
        }
        match key.digit() {
            Some(1) => self.end(AgentOutput::Accept),
            Some(2) => self.end(AgentOutput::Decline),
            Some(_) | None => {}
        }
    }

    /// What was last played came to its end.
    pub fn handle_played(&mut self, now: Mono) {
        if !self.over && self.again_at.is_none() && self.asks_left > 0 {
            self.again_at = Some(now + AGENT_PAUSE);
        }
    }

    /// A deadline came; too early is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
        if now >= self.choice_ends {
            self.end(AgentOutput::NoAnswer);
        } else if !self.over && self.again_at.is_some_and(|at| now >= at) {
            self.announce();
        }
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<AgentOutput> {
        self.outputs.pop_front()
    }

    /// When the script wants [`AgentScript::handle_timeout`]; absent once it is over.
    pub fn deadline(&self) -> Option<Deadline> {
        if self.over {
            return None;
        }
        let choice = Deadline::new(self.choice_ends, "agent's choice time");
        let again = self.again_at.map(|at| Deadline::new(at, "callback announced again"));
        Deadline::earliest(again, Some(choice))
    }

    fn announce(&mut self) {
        self.again_at = None;
        self.asks_left -= 1;
        self.outputs.push_back(AgentOutput::Play { phrases: self.announcement.clone() });
    }

    fn end(&mut self, output: AgentOutput) {
        if !self.over {
            self.over = true;
            self.outputs.push_back(output);
        }
    }
}
