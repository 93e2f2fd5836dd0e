//! Where a flow leads its caller: into the queue, to the menu, to somebody else.

use std::sync::Arc;

use model::{Key, Mono};

use super::Step;
use super::run::{Asker, Doing, FlowScript};
use crate::{Ask, Caller, CallerScript, Output, Phrase, Reply};

impl FlowScript {
    pub(super) fn wait_in_queue(&mut self, now: Mono, offer: bool, say: &Option<Phrase>) {
        if self.promised {
            return self.hang_up();
        }
        self.deadline = None;
        self.doing = Doing::Waiting;
        self.outputs.push_back(Output::Ask(Ask::Wait));
        let wanted = Caller {
            callbacks: say.is_some() || offer && self.caller.callbacks,
            offer_spoken: say.is_some() || self.caller.offer_spoken,
            exits_spoken: self.caller.exits_spoken && offer && say.is_none(),
            offer: say.clone().unwrap_or_else(|| self.caller.offer.clone()),
            ..self.caller.clone()
        };
        match &mut self.queue {
            Some(queue) => queue.wait_again(now),
            None => {
                let settings = Arc::clone(&self.settings);
                self.queue = Some(CallerScript::waiting(settings, wanted, now));
            }
        }
        self.in_queue(|_| {});
        for key in std::mem::take(&mut self.typed_ahead) {
            self.handle_key(now, key);
        }
    }

    pub(super) fn handle_queue_key(&mut self, now: Mono, key: Key) {
        let Some(Step::Queue { exits, offer, say }) = self.present() else { return };
        let (exit, menu) = (exits.get(&key).cloned(), *offer && say.is_none());
        let waits = self.queue.as_ref().is_some_and(CallerScript::is_waiting);
        if let Some(label) = exit.filter(|_| waits) {
            self.in_queue(CallerScript::leave_music);
            return self.go(now, &label);
        }
        let leaves = self.queue.as_ref().is_some_and(CallerScript::is_leaving);
        if menu || leaves {
            self.in_queue(|queue| queue.handle_key(now, key));
        }
    }

    /// Has the caller in the queue act, and passes on what comes of it.
    pub(super) fn in_queue(&mut self, act: impl FnOnce(&mut CallerScript)) {
        let announces = matches!(self.present(), Some(Step::Queue { say: Some(_), .. }));
        let Some(queue) = &mut self.queue else { return };
        queue.set_open(self.open || announces);
        queue.set_wait(self.wait_now);
        act(queue);
        while let Some(output) = queue.poll() {
            match output {
                Output::Ask(Ask::Promise { .. }) => self.asked = Some(Asker::Menu),
                Output::Ask(Ask::HangUp) => self.doing = Doing::Over,
                Output::Ask(_) | Output::Play { .. } | Output::Stop => {}
            }
            self.outputs.push_back(output);
        }
    }

    /// Offers a callback by the built-in menu.
    pub(super) fn offer(&mut self, now: Mono) {
        if self.promised {
            return self.hang_up();
        }
        self.silence();
        self.deadline = None;
        self.doing = Doing::Offering;
        // What an earlier menu asked for may still be promised: it is not this one's.
        self.asked = self.asked.map(|_| Asker::Step);
        let settings = Arc::clone(&self.settings);
        self.menu = Some(CallerScript::offering(settings, self.caller.clone(), now));
        self.in_menu(now, |_| {});
        for key in std::mem::take(&mut self.typed_ahead) {
            self.handle_key(now, key);
        }
    }

    /// Has the caller in the menu act, and passes on what comes of it. Who does not take a callback
    /// is led on.
    pub(super) fn in_menu(&mut self, now: Mono, act: impl FnOnce(&mut CallerScript)) {
        let Some(menu) = &mut self.menu else { return };
        menu.set_open(self.open);
        let spoke = menu.speaking;
        act(menu);
        let over = menu.is_waiting();
        let mut said = Vec::new();
        while let Some(output) = menu.poll() {
            match output {
                Output::Play { phrases, .. } if over => said = phrases,
                Output::Ask(Ask::Promise { .. }) => {
                    self.asked = Some(Asker::Offer);
                    self.outputs.push_back(output);
                }
                Output::Ask(Ask::HangUp) => {
                    self.doing = Doing::Over;
                    self.outputs.push_back(output);
                }
                Output::Ask(_) | Output::Play { .. } | Output::Stop => {
                    self.outputs.push_back(output);
                }
            }
        }
        if !over {
            return;
        }
        self.menu = None;
        // There may be no queue to which the caller goes back.
        said.retain(|phrase| *phrase != Phrase::BackToQueue);
        let next = self.place + 1;
        if said.is_empty() {
            if spoke {
                self.outputs.push_back(Output::Stop);
            }
            return self.go_on(now);
        }
        self.doing = Doing::Saying { next };
        self.speak(now, said);
    }

    /// Has the caller put through.
    pub(super) fn put_through(&mut self, to: &Arc<str>) {
        self.silence();
        self.typed_ahead.clear();
        self.deadline = None;
        self.doing = Doing::Transferring;
        self.outputs.push_back(Output::Ask(Ask::Transfer { to: Arc::clone(to) }));
        let phrases = vec![Phrase::Ringback];
        self.outputs.push_back(Output::Play { phrases, repeat: true });
    }

    /// Nobody answered whom the caller was to be put through to.
    pub(super) fn not_reached(&mut self, now: Mono) {
        match (&self.doing, self.present()) {
            (Doing::Waiting, _) => {
                self.in_queue(|queue| queue.handle_reply(now, Reply::NotReached));
            }
            (Doing::Transferring, Some(Step::Transfer { otherwise, .. })) => {
                let otherwise = otherwise.clone();
                self.outputs.push_back(Output::Stop);
                match otherwise {
                    Some(label) => self.go(now, &label),
                    None => self.go_on(now),
                }
            }
            _ => {}
        }
    }
}
