//! What one side alone hears when a conversation begins: the other side hears it as ever.

use std::sync::Arc;

use ivr::Phrase;

use super::OfferRun;
use crate::LinePrompts;
use crate::switchboard::Switchboard;

impl OfferRun {
    /// The agent hears what the line has for agents.
    pub(super) fn whisper_to_agent(&mut self, board: &mut Switchboard) {
        if let Some(file) = self.whisper(board, |prompts| prompts.whisper_agent.as_ref()) {
            self.agent_leg.play(board, &self.language, &[Phrase::Named(file)], false);
        }
    }

    /// The customer of a callback hears what the line has for customers.
    pub(super) fn whisper_to_customer(&mut self, board: &mut Switchboard) {
        let file = self.whisper(board, |prompts| prompts.whisper_customer.as_ref());
        if let (Some(file), Some(customer)) = (file, &mut self.customer) {
            customer.leg.play(board, &self.language, &[Phrase::Named(file)], false);
        }
    }

    /// What the line leaves on answering machines.
    pub(super) fn machine_message(&self, board: &Switchboard) -> Option<Arc<str>> {
        self.whisper(board, |prompts| prompts.machine_message.as_ref())
    }

    fn whisper(
        &self,
        board: &Switchboard,
        which: impl Fn(&LinePrompts) -> Option<&Arc<str>>,
    ) -> Option<Arc<str>> {
        let mut lines = board.settings.lines.iter();
        let line = lines.find(|line| Some(&line.name) == self.line.as_ref())?;
        which(&line.prompts).cloned()
    }
}
