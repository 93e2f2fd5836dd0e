//! A message that a caller leaves: asked for, recorded after a tone, and its end.

use model::{E164, Mono};

use super::{Doing, FlowScript};
use crate::flow::Step;
use crate::{Ask, Output, Phrase};

impl FlowScript {
    /// Nothing has been said for as long as ends a message; `spoke` says whether anything was said
    /// before. It means something to a caller who leaves a message: who has said nothing at all
    /// leaves none.
    pub fn handle_quiet(&mut self, now: Mono, spoke: bool) {
        if !matches!(self.doing, Doing::Message) {
            return;
        }
        if spoke {
            self.message_over(now);
        } else {
            self.outputs.push_back(Output::Ask(Ask::RecordEnd { kept: false }));
            self.go_on(now);
        }
    }

    /// Asks for a message. Who has left the queue for a promise leaves none.
    pub(super) fn invite(&mut self, now: Mono, say: Option<Phrase>) {
        if self.promised {
            return self.hang_up();
        }
        self.typed_ahead.clear();
        self.doing = Doing::Inviting;
        let mut said = std::mem::take(&mut self.before);
        said.extend([say.unwrap_or(Phrase::Message), Phrase::Beep]);
        self.speak(now, said);
    }

    /// The tone was heard: the caller speaks.
    pub(super) fn record(&mut self, now: Mono) {
        let number = match self.present() {
            Some(Step::Message { call_back: Some(name), .. }) => self.value(name),
            Some(_) | None => "".into(),
        };
        self.promised = true;
        self.doing = Doing::Message;
        self.outputs.push_back(Output::Ask(Ask::Record { call_back: E164::parse(&number).ok() }));
        self.wait(now, self.settings.message_max, "the longest message");
    }

    /// It is over, and kept.
    pub(super) fn message_over(&mut self, now: Mono) {
        self.outputs.push_back(Output::Ask(Ask::RecordEnd { kept: true }));
        self.say(now, vec![Phrase::MessageKept]);
    }
}
