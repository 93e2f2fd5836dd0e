//! What operators, supervisors and agents do by command; settings that are read again.

use ledger::Settled;
use model::{AgentName, RequestId};
use queue::{Channel, Command, SaidBy};

use super::settings::settings;
use super::{World, pick};

impl World {
    pub(super) fn operate(&mut self, choice: u16) {
        let (what, choice) = (choice % 10, choice / 10);
        match what {
            0..=3 => self.settle_one(what, choice),
            4 => self.end_wrap_up(choice),
            5 | 6 => self.chat(choice, what == 5),
            7 => self.book_slot(choice),
            _ => self.reload(choice),
        }
    }

    fn settle_one(&mut self, what: u16, choice: u16) {
        let open: Vec<RequestId> = self.queues.requests().map(|view| view.request).collect();
        let Some(request) = pick(&open, choice) else { return };
        let by = Settled::Command;
        self.tell(match what {
            0 => Command::Cancel { request },
            1 => Command::Resolve { request, reached: true, by },
            _ => Command::Resolve { request, reached: false, by },
        });
    }

    fn agent(&self, choice: u16) -> AgentName {
        let agents: Vec<AgentName> = self.online.keys().cloned().collect();
        pick(&agents, choice).expect("three agents")
    }

    fn end_wrap_up(&mut self, choice: u16) {
        let agent = self.agent(choice);
        // Counted from the end of the talk, it begins when the agent's leg is gone.
        if !self.legs.values().any(|leg| leg.agent == agent) {
            self.wrap_up.remove(&agent);
        }
        self.tell(Command::EndWrapUp { agent, by: SaidBy::Command });
    }

    fn chat(&mut self, choice: u16, begins: bool) {
        let agent = self.agent(choice);
        let channel = begins.then_some(Channel::Chat);
        if begins {
            self.chats.insert(agent.clone());
        } else {
            self.chats.remove(&agent);
        }
        self.tell(Command::SetBusy { agent, channel });
    }

    /// The settings become others: what counts is not what was promised.
    fn reload(&mut self, choice: u16) {
        let habits = &mut self.habits;
        match choice % 5 {
            0 => habits.takes_over = !habits.takes_over,
            1 => habits.capped = !habits.capped,
            2 => habits.hours = !habits.hours,
            3 => habits.silent = !habits.silent,
            // The same once more.
            _ => {}
        }
        if choice % 5 == 1 {
            self.counts_anew();
        }
        let (settings, coming) = (Box::new(settings(self.habits)), Vec::new());
        self.tell(Command::Reload { settings, coming });
    }
}
