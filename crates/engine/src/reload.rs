//! Other settings while calls, requests, registrations and offers go on.
//!
//! Each party looks its settings up by name at the moment at which it needs them, so that a swap
//! of the whole is enough; what must be put in order beside it stands here. A call keeps the line,
//! the script and the flow that it began with. Where we listen and where media ports are opened
//! does not change: that needs a start.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{LineName, Now};
use queue::{Command as QueueCommand, Foresight};

use crate::caller::CallerCall;
use crate::{AgentPhone, CommandError, Done, Engine, Settings, numbers};

impl Engine {
    /// What these settings would do to those who wait and talk now. Changes nothing.
    pub fn foresee(&self, settings: &Settings) -> Foresight {
        let mut queue = settings.queue.clone();
        queue.own_numbers = numbers::own(settings);
        self.board.queues.foresee(&queue)
    }

    /// Takes other settings, whole or not at all.
    pub(crate) fn reload(
        &mut self,
        now: Now,
        mut settings: Settings,
    ) -> Result<Done, CommandError> {
        let foreseen = self.foresee(&settings);
        settings.sip.listeners = self.board.settings.sip.listeners.clone();
        settings.media = self.board.settings.media.clone();
        settings.queue.own_numbers = numbers::own(&settings);
        settings.queue.rooms = self.board.channels.rooms_by(&settings);
        let coming: BTreeSet<LineName> =
            self.callers.values().map(CallerCall::line).map(|line| line.name.clone()).collect();
        let coming = coming.into_iter().collect();
        let command = QueueCommand::Reload { settings: Box::new(settings.queue.clone()), coming };
        self.board.queues.check(&command)?;

        self.board.channels.reload(&settings);
        self.board.ways.reload(&settings.sip, &settings.trunks, now.mono);
        self.board.stack.reload(now, settings.sip.clone());
        self.board.ivr = Arc::new(settings.ivr.clone());
        self.board.settings = Arc::new(settings);
        self.board.queues.handle(now, command);
        self.follow_phones(now);
        let trunks = self.board.settings.trunks.iter();
        let settled = trunks.filter(|trunk| !trunk.calls_from_names).map(|it| it.name.clone());
        for trunk in settled.collect::<Vec<_>>() {
            self.board.stack.set_located(&trunk, Vec::new());
        }
        self.board.tend_trunks(now);
        Ok(Done { what: said(&foreseen), request: None })
    }

    /// An agent may be reached in another way than before.
    fn follow_phones(&mut self, now: Now) {
        let settings = Arc::clone(&self.board.settings);
        let asks = |agent: &model::AgentName| {
            settings.agents.iter().any(|it| it.name == *agent && it.asks_number())
        };
        self.board.sessions_at.retain(|agent, _| asks(agent));
        for agent in &settings.agents {
            let reachable = match &agent.phone {
                AgentPhone::Fixed { .. } => true,
                AgentPhone::Registered => !self.board.stack.bindings(&agent.name).is_empty(),
                AgentPhone::Telephone { .. } => {
                    self.tell_of_telephone(now, &agent.name);
                    continue;
                }
            };
            let agent = agent.name.clone();
            self.board.queues.handle(now, QueueCommand::SetReachable { agent, reachable });
        }
    }
}

/// What follows from new settings, in words for an operator.
fn said(foreseen: &Foresight) -> String {
    let words = words(foreseen);
    if words.is_empty() {
        return "the settings are in force, and nobody who waits is concerned".to_owned();
    }
    format!("the settings are in force; {}", words.join("; "))
}

/// What new settings mean for those who wait and talk, a sentence each; none when nobody is
/// concerned.
pub fn words(foreseen: &Foresight) -> Vec<String> {
    let Foresight { stranded, served_again, screened, callers, busy_agents } = foreseen;
    let mut words = Vec::new();
    for ((line, queue), count) in stranded {
        words.push(format!(
            "{} of line {line} in queue {queue} kept and not called back until settings know both \
             again",
            counted(*count, "request is", "requests are")
        ));
    }
    for ((line, queue), count) in served_again {
        words.push(format!(
            "{} of line {line} in queue {queue} called back again",
            counted(*count, "request is", "requests are")
        ));
    }
    if *screened > 0 {
        let them = counted(*screened, "request ends", "requests end");
        words.push(format!("{them} at the next turn, for the number is not called any more"));
    }
    if *callers > 0 {
        let them = counted(*callers, "caller", "callers");
        words.push(format!("{them} of lines or queues that are gone served to the end"));
    }
    for agent in busy_agents {
        words.push(format!("{agent} ends what is under way and gets no more"));
    }
    words
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
