//! What a person of the simulated world is, and what a person can do.

use engine::Command;
use model::{Key, Mono, Now};
use phone::{Phone, PhoneEvent};

/// A person at a phone. Persons act on what their phone tells them and on their own time.
pub trait Person {
    /// The phone tells of something.
    fn hear(&mut self, now: Now, event: &PhoneEvent, hands: &mut Hands<'_>);
    /// The person's own deadline came.
    fn wake(&mut self, now: Now, hands: &mut Hands<'_>);
    /// The engine has just started (again): a desktop logs in anew.
    fn engine_started(&mut self, _: &mut Hands<'_>) {}
    /// When an agent comes and goes; nothing for anybody else.
    fn shifts(&self) -> Option<Vec<(Mono, queue::AgentStatus)>> {
        None
    }
    /// When the person wants to act next.
    fn deadline(&self) -> Option<Mono>;
}

/// What a person can do.
pub struct Hands<'a> {
    /// The phone. Keys are pressed by [`Hands::press`], so that both grains work.
    pub phone: &'a mut Phone,
    pub(crate) presses: Vec<(phone::CallHandle, Key)>,
    pub(crate) commands: Vec<Command>,
}

impl<'a> Hands<'a> {
    pub(crate) fn of(phone: &'a mut Phone) -> Hands<'a> {
        Hands { phone, presses: Vec::new(), commands: Vec::new() }
    }

    /// Presses a key in a call.
    pub fn press(&mut self, call: phone::CallHandle, key: Key) {
        self.presses.push((call, key));
    }

    /// Tells the engine something through the operator's door, as a desktop would.
    pub fn command(&mut self, command: Command) {
        self.commands.push(command);
    }
}
