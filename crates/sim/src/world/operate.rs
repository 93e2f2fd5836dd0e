//! What operators and supervisors do by command, to whoever is there when they do it.

use std::time::Duration;

use engine::{Command, Wish};
use ledger::{Origin, Terms};
use model::{AgentName, LineName, RequestId, Wall};
use queue::{AgentStatus, Channel};

use super::World;

/// One command. A number picks one of the requests that are open at that moment, counted around.
#[derive(Debug, Clone)]
pub enum Operation {
    /// A request is taken back.
    Cancel(usize),
    /// Its next attempt is to be made now.
    Retry(usize),
    /// It is to be dealt with after so long.
    Move(usize, Duration),
    /// Its dial in doubt is settled, if there is one.
    Resolve(usize, bool),
    /// Its customer does not want to be recorded.
    DoNotRecord(usize),
    /// A callback to this number is asked for: now, or after so long.
    Create(String, LineName, Option<Duration>),
    /// A customer without a call books one of the slots that have times left.
    Book(String, LineName, usize),
    /// A supervisor sets an agent's status.
    Status(AgentName, AgentStatus),
    /// An agent is ready before the wrap-up is over.
    Ready(AgentName),
    /// An agent serves somebody in another channel, or no more.
    Busy(AgentName, Option<Channel>),
    /// An agent takes, or does not take, what is being offered, at the desktop.
    Answer(AgentName, bool),
}

impl World {
    /// Gives the command, if there is somebody to give it about.
    pub(super) fn operate(&mut self, operation: Operation) {
        if let Some(command) = self.command_of(operation) {
            self.command(command);
        }
    }

    fn command_of(&self, operation: Operation) -> Option<Command> {
        let due = |after: Duration| self.now.wall + after;
        Some(match operation {
            Operation::Cancel(n) => Command::Cancel { request: self.open(n)? },
            Operation::Retry(n) => Command::Retry { request: self.open(n)? },
            Operation::Move(n, after) => Command::Move { request: self.open(n)?, due: due(after) },
            Operation::Resolve(n, reached) => Command::Resolve { request: self.open(n)?, reached },
            Operation::DoNotRecord(n) => Command::DoNotRecord { request: self.open(n)? },
            Operation::Create(number, line, after) => {
                let due = after.map(due);
                let terms = Terms { origin: Origin::Operator, due, ..Terms::default() };
                wish(number, line, terms)
            }
            Operation::Book(number, line, n) => {
                let slot = Some(self.slot(&line, n)?);
                wish(number, line, Terms { origin: Origin::Web, slot, ..Terms::default() })
            }
            Operation::Status(agent, status) => Command::SetStatus { agent, status, reason: None },
            Operation::Ready(agent) => Command::Ready { agent },
            Operation::Busy(agent, channel) => Command::SetBusy { agent, channel },
            Operation::Answer(agent, true) => Command::Accept { agent },
            Operation::Answer(agent, false) => Command::Decline { agent },
        })
    }

    fn open(&self, n: usize) -> Option<RequestId> {
        let queues = self.engine.as_ref()?.queues();
        let n = n.checked_rem(queues.requests().count())?;
        queues.requests().nth(n).map(|view| view.request)
    }

    fn slot(&self, line: &LineName, n: usize) -> Option<Wall> {
        let slots = self.engine.as_ref()?.queues().slots(self.now, line).ok()?;
        slots.get(n.checked_rem(slots.len())?).map(|slot| slot.begins)
    }
}

fn wish(number: String, line: LineName, terms: Terms) -> Command {
    Command::Create(Box::new(Wish { number, line: Some(line), language: None, terms }))
}
