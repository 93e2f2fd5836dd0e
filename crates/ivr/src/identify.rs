//! Who takes a call at somebody else's ACD: the agent types an identifier, ended by hash.
//!
//! It begins when the ACD answers, with silence for as long as the ACD speaks to its agent. Then
//! the identifier is asked for, so often and no more; keys that come before the first question are
//! meant for the ACD. It ends with exactly one of [`IdentifyOutput::Given`] that is taken by
//! [`IdentifyScript::accepted`], and [`IdentifyOutput::Nobody`].

use std::collections::VecDeque;
use std::time::Duration;

use model::{Deadline, Key, Mono};

use crate::Phrase;

/// Most keys of an identifier.
pub const IDENTIFIER_MAX: usize = 16;

/// What the script says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentifyOutput {
    /// Play this once, in place of whatever plays.
    Play {
        /// One after the other.
        phrases: Vec<Phrase>,
    },
    /// This was typed. The answer is [`IdentifyScript::accepted`] or [`IdentifyScript::refused`].
    Given {
        /// The keys before the hash.
        identifier: String,
    },
    /// Nobody has said who it is, as often as it was asked. The last output.
    Nobody,
}

/// See the module.
#[derive(Debug)]
pub struct IdentifyScript {
    choice_time: Duration,
    asks_left: u8,
    /// When the silence, or waiting for a key, ends; absent while the question plays.
    until: Option<Mono>,
    asked: bool,
    typed: String,
    over: bool,
    outputs: VecDeque<IdentifyOutput>,
}

impl IdentifyScript {
    /// Asks at most `asks_max` times, at least once, the first time after `welcome`; from the end
    /// of a question, and from each key, the next key is waited for `choice_time`.
    pub fn new(welcome: Duration, choice_time: Duration, asks_max: u8, now: Mono) -> Self {
        IdentifyScript {
            choice_time,
            asks_left: asks_max.max(1),
            until: Some(now + welcome),
            asked: false,
            typed: String::new(),
            over: false,
            outputs: VecDeque::new(),
        }
    }

    /// A key came. Hash ends the identifier; star begins it again.
    pub fn handle_key(&mut self, now: Mono, key: Key) {
        if !self.asked || self.over {
            return;
        }
        self.until = Some(now + self.choice_time);
        if key == Key::HASH {
            let identifier = std::mem::take(&mut self.typed);
            return self.outputs.push_back(IdentifyOutput::Given { identifier });
        }
        match key.digit() {
            Some(digit) if self.typed.len() < IDENTIFIER_MAX => {
                self.typed.push(char::from(b'0' + digit));
            }
            Some(_) => {}
            None => self.typed.clear(),
        }
    }

    /// What was last played came to its end.
    pub fn handle_played(&mut self, now: Mono) {
        if self.asked && !self.over {
            self.until.get_or_insert(now + self.choice_time);
        }
    }

    /// A deadline came; too early is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.until.is_some_and(|until| now >= until) {
            self.ask(false);
        }
    }

    /// It is the identifier of an agent: the script is over.
    pub fn accepted(&mut self) {
        self.over = true;
    }

    /// It is nobody's.
    pub fn refused(&mut self) {
        self.ask(true);
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<IdentifyOutput> {
        self.outputs.pop_front()
    }

    /// When the script wants [`IdentifyScript::handle_timeout`]; absent once it is over.
    pub fn deadline(&self) -> Option<Deadline> {
        let until = self.until.filter(|_| !self.over)?;
        Some(Deadline::new(until, "the agent's identifier"))
    }

    fn ask(&mut self, wrong: bool) {
        if self.over {
            return;
        }
        self.typed.clear();
        self.until = None;
        if self.asks_left == 0 {
            self.over = true;
            return self.outputs.push_back(IdentifyOutput::Nobody);
        }
        self.asks_left -= 1;
        self.asked = true;
        let mut phrases = vec![Phrase::AgentIdentify];
        if wrong {
            phrases.insert(0, Phrase::WrongKey);
        }
        self.outputs.push_back(IdentifyOutput::Play { phrases });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELCOME: Duration = Duration::from_secs(5);
    const TIME: Duration = Duration::from_secs(6);

    fn types(script: &mut IdentifyScript, keys: &str) {
        for key in keys.chars().filter_map(Key::from_char) {
            script.handle_key(Mono::ZERO + WELCOME, key);
        }
    }

    fn all(script: &mut IdentifyScript) -> Vec<IdentifyOutput> {
        std::iter::from_fn(|| script.poll()).collect()
    }

    fn given(identifier: &str) -> IdentifyOutput {
        IdentifyOutput::Given { identifier: identifier.to_owned() }
    }

    #[test]
    fn the_question_waits_for_the_welcome_and_takes_what_ends_with_hash() {
        let mut script = IdentifyScript::new(WELCOME, TIME, 2, Mono::ZERO);
        types(&mut script, "99#");
        assert_eq!(all(&mut script), [], "keys before the question are for the ACD");
        let welcome = script.deadline().expect("a deadline").at;
        assert_eq!(welcome, Mono::ZERO + WELCOME);
        script.handle_timeout(welcome);
        let phrases = vec![Phrase::AgentIdentify];
        assert_eq!(all(&mut script), [IdentifyOutput::Play { phrases }]);
        types(&mut script, "12*4711#");
        assert_eq!(all(&mut script), [given("4711")]);
        script.accepted();
        types(&mut script, "1#");
        assert_eq!((all(&mut script), script.deadline()), (vec![], None));
    }

    #[test]
    fn it_is_asked_so_often_and_no_more_whether_wrong_or_silent() {
        let mut script = IdentifyScript::new(Duration::ZERO, TIME, 2, Mono::ZERO);
        script.handle_timeout(Mono::ZERO);
        types(&mut script, "0#");
        script.refused();
        let [_, _, IdentifyOutput::Play { phrases }] = &all(&mut script)[..] else {
            panic!("asked again");
        };
        assert_eq!(phrases[..], [Phrase::WrongKey, Phrase::AgentIdentify]);
        script.handle_played(Mono::ZERO);
        script.handle_timeout(Mono::ZERO + TIME);
        assert_eq!(all(&mut script), [IdentifyOutput::Nobody]);
    }

    #[test]
    fn an_identifier_has_so_many_keys_and_the_others_are_dropped() {
        let mut script = IdentifyScript::new(Duration::ZERO, TIME, 1, Mono::ZERO);
        script.handle_timeout(Mono::ZERO);
        types(&mut script, &format!("{}#", "7".repeat(IDENTIFIER_MAX + 1)));
        assert_eq!(all(&mut script).pop(), Some(given(&"7".repeat(IDENTIFIER_MAX))));
    }
}
