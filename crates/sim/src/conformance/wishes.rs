//! Callbacks that are asked for without a call, as stories tell them.

use std::time::Duration;

use engine::{Command, Wish};
use ledger::{Fact, Origin, Terms};
use model::{RequestId, Wall};

use super::scene::{BEGINS, Scene, number_of};
use super::tale::Told;

impl Scene<'_> {
    /// A moment so many seconds after the scene began.
    pub fn at(&self, secs: u64) -> Wall {
        BEGINS + Duration::from_secs(secs)
    }

    /// Somebody asks for a callback to a customer, without a call.
    ///
    /// # Errors
    /// What the engine says against it.
    pub fn wants(&mut self, who: &str, terms: Terms) -> Result<String, String> {
        let number = number_of(who);
        let told = match terms.due {
            Some(due) => format!(" at {}", &due.to_string()[11..16]),
            None => String::new(),
        };
        let words = format!("{} asks for {who} to be called back{told}", terms.origin);
        let wish = Wish { number, line: None, language: None, terms };
        self.asks(&words, Command::Create(Box::new(wish)))
    }

    /// The same by an origin, as soon as an agent is free.
    ///
    /// # Errors
    /// As [`Scene::wants`].
    pub fn wants_now(&mut self, who: &str, origin: Origin) -> Result<String, String> {
        self.wants(who, Terms { origin, ..Terms::default() })
    }

    /// The same for a time.
    ///
    /// # Errors
    /// As [`Scene::wants`].
    pub fn wants_at(&mut self, who: &str, origin: Origin, secs: u64) -> Result<String, String> {
        let due = Some(self.at(secs));
        self.wants(who, Terms { origin, due, ..Terms::default() })
    }

    /// A command is refused, with these words among the reasons.
    ///
    /// # Errors
    /// When it is carried out, or refused for another reason.
    pub fn is_refused(&mut self, answer: Result<String, String>, words: &str) -> Told {
        match answer {
            Ok(what) => Err(format!("carried out: {what}")),
            Err(why) if why.contains(words) => self.check(true, &format!("refused: {why}")),
            Err(why) => Err(format!("refused, but not because of “{words}”: {why}")),
        }
    }

    /// What the list of agents shows: who, whether work is offered, and at which phone.
    pub fn agents(&self) -> Vec<(String, bool, String)> {
        let Some(engine) = self.world.engine() else { return Vec::new() };
        let shown = |view: queue::AgentView| {
            let phone = engine.fixed_phone(&view.agent).unwrap_or_default().to_owned();
            (view.agent.to_string(), view.takes_calls, phone)
        };
        engine.queues().agents().map(shown).collect()
    }

    /// The terms of every request on the disk, in order.
    pub fn terms(&self) -> Vec<(RequestId, Terms)> {
        let terms = |(_, fact): (f64, Fact)| match fact {
            Fact::CallbackRequested { request, terms, .. } => Some((request, *terms)),
            _ => None,
        };
        self.facts().into_iter().filter_map(terms).collect()
    }
}
