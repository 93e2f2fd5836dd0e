//! The customer's script: "this is your callback; press 1 to speak with an agent, 2 to be called
//! later, 3 to cancel".
//!
//! It begins when the customer's phone answers, and proves that a person did: an answering machine
//! presses nothing. It ends with exactly one output besides [`CustomerOutput::Play`].

use std::collections::VecDeque;
use std::time::Duration;

use model::{Deadline, Key, Mono};

use crate::Phrase;

/// What the customer's script says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerOutput {
    /// Play this once, in place of whatever plays.
    Play {
        /// One after the other.
        phrases: Vec<Phrase>,
    },
    /// A person is there and wants to talk. The last output.
    Here,
    /// The customer wants to be called later. The last output.
    Later,
    /// The customer does not want to be called. The last output.
    Cancel,
    /// No key that means anything came. The last output.
    Nobody,
}

/// Asks one customer, from the moment the phone answers.
#[derive(Debug)]
pub struct CustomerScript {
    choice_time: Duration,
    asks_left: u8,
    /// When waiting for a key ends; absent while the question plays.
    until: Option<Mono>,
    over: bool,
    outputs: VecDeque<CustomerOutput>,
}

impl CustomerScript {
    /// Asks at most `asks_max` times, at least once; each time `choice_time` is left for a key once
    /// the question has been heard.
    pub fn new(choice_time: Duration, asks_max: u8) -> CustomerScript {
        let mut script = CustomerScript {
            choice_time,
            asks_left: asks_max.max(1),
            until: None,
            over: false,
            outputs: VecDeque::new(),
        };
        script.ask();
        script
    }

    /// The customer pressed a key, at any moment; keys that mean nothing change nothing.
    pub fn handle_key(&mut self, key: Key) {
        match key.digit() {
            Some(1) => self.end(CustomerOutput::Here),
            Some(2) => self.end(CustomerOutput::Later),
            Some(3) => self.end(CustomerOutput::Cancel),
            Some(_) | None => {}
        }
    }

    /// What was last played came to its end.
    pub fn handle_played(&mut self, now: Mono) {
        if !self.over {
            self.until.get_or_insert(now + self.choice_time);
        }
    }

    /// A deadline came; too early is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
        if self.over || self.until.is_none_or(|until| now < until) {
            return;
        }
        if self.asks_left == 0 {
            return self.end(CustomerOutput::Nobody);
        }
        self.ask();
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<CustomerOutput> {
        self.outputs.pop_front()
    }

    /// When the script wants [`CustomerScript::handle_timeout`]; absent once it is over.
    pub fn deadline(&self) -> Option<Deadline> {
        let until = self.until.filter(|_| !self.over)?;
        Some(Deadline::new(until, "customer's choice time"))
    }

    fn ask(&mut self) {
        self.asks_left -= 1;
        self.until = None;
        let phrases = vec![Phrase::CustomerChoice];
        self.outputs.push_back(CustomerOutput::Play { phrases });
    }

    fn end(&mut self, output: CustomerOutput) {
        if !self.over {
            self.over = true;
            self.outputs.push_back(output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(6);

    fn last(script: &mut CustomerScript) -> Option<CustomerOutput> {
        std::iter::from_fn(|| script.poll()).last()
    }

    #[test]
    fn a_key_ends_it_once_at_any_moment() {
        for (key, wanted) in
            [(1, CustomerOutput::Here), (2, CustomerOutput::Later), (3, CustomerOutput::Cancel)]
        {
            let mut script = CustomerScript::new(TIME, 2);
            script.handle_key(Key::from_event(9).expect("a key"));
            script.handle_key(Key::from_event(key).expect("a key"));
            assert_eq!(last(&mut script), Some(wanted));
            script.handle_key(Key::from_event(1).expect("a key"));
            script.handle_played(Mono::ZERO);
            script.handle_timeout(Mono::ZERO + TIME);
            assert_eq!((script.poll(), script.deadline()), (None, None));
        }
    }

    #[test]
    fn nobody_answers_the_question_that_is_asked_so_often() {
        let mut script = CustomerScript::new(TIME, 2);
        let mut now = Mono::ZERO;
        for _ in 0..2 {
            let phrases = vec![Phrase::CustomerChoice];
            assert_eq!(last(&mut script), Some(CustomerOutput::Play { phrases }));
            assert_eq!(script.deadline(), None, "the question plays");
            script.handle_played(now);
            now = script.deadline().expect("a deadline").at;
            script.handle_timeout(now);
        }
        assert_eq!(last(&mut script), Some(CustomerOutput::Nobody));
    }
}
