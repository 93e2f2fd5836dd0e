//! What leads a caller: the script of the queue, or a flow of the operator's.

use model::{Deadline, E164, Key, Mono};

use crate::flow::FlowScript;
use crate::{CallerScript, Exit, NoNumber, Output, Reply};

/// Leads one caller.
pub enum Script {
    /// From the greeting into the queue.
    Queue(Box<CallerScript>),
    /// By the steps of a flow.
    Flow(Box<FlowScript>),
}

macro_rules! either {
    ($script:expr, $inner:ident => $act:expr) => {
        match $script {
            Script::Queue($inner) => $act,
            Script::Flow($inner) => $act,
        }
    };
}

impl Script {
    /// As [`CallerScript::set_open`].
    pub fn set_open(&mut self, open: bool) {
        either!(self, script => script.set_open(open));
    }

    /// As [`CallerScript::set_wait`].
    pub fn set_wait(&mut self, minutes: Option<(u64, u64)>) {
        either!(self, script => script.set_wait(minutes));
    }

    /// As [`CallerScript::set_overflow`].
    pub fn set_overflow(&mut self, exit: Option<Exit>) {
        either!(self, script => script.set_overflow(exit));
    }

    /// The caller has a place in the queue from now on. In the script of the queue that was so from
    /// the beginning.
    pub fn handle_arrival(&mut self, now: Mono) {
        match self {
            Script::Queue(_) => {}
            Script::Flow(script) => script.handle_arrival(now),
        }
    }

    /// As [`CallerScript::handle_key`].
    pub fn handle_key(&mut self, now: Mono, key: Key) {
        either!(self, script => script.handle_key(now, key));
    }

    /// As [`CallerScript::handle_played`].
    pub fn handle_played(&mut self, now: Mono) {
        either!(self, script => script.handle_played(now));
    }

    /// As [`CallerScript::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Mono) {
        either!(self, script => script.handle_timeout(now));
    }

    /// As [`CallerScript::handle_reply`].
    pub fn handle_reply(&mut self, now: Mono, reply: Reply) {
        either!(self, script => script.handle_reply(now, reply));
    }

    /// As [`CallerScript::handle_number`].
    pub fn handle_number(&mut self, now: Mono, number: Result<E164, NoNumber>) {
        either!(self, script => script.handle_number(now, number));
    }

    /// Nothing has been said for as long as ends a message; `spoke` says whether anything was said
    /// before. It means something to a caller who leaves a message.
    pub fn handle_quiet(&mut self, now: Mono, spoke: bool) {
        either!(self, script => script.handle_quiet(now, spoke));
    }

    /// As [`CallerScript::poll`].
    pub fn poll(&mut self) -> Option<Output> {
        either!(self, script => script.poll())
    }

    /// As [`CallerScript::deadline`].
    pub fn deadline(&self) -> Option<Deadline> {
        either!(self, script => script.deadline())
    }

    /// As [`CallerScript::is_typing_number`].
    pub fn is_typing_number(&self) -> bool {
        either!(self, script => script.is_typing_number())
    }

    /// As [`CallerScript::step`].
    pub fn step(&self) -> &'static str {
        either!(self, script => script.step())
    }

    /// True where the caller waits from the beginning, instead of when [`crate::Ask::Wait`] says.
    pub fn waits_from_the_beginning(&self) -> bool {
        match self {
            Script::Queue(_) => true,
            Script::Flow(_) => false,
        }
    }
}
