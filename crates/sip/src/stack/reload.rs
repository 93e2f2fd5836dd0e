//! Other settings while dialogs, registrations and transactions go on.

use model::Now;

use super::Stack;
use super::registration::Office;
use crate::{Settings, UpstreamState};

impl Stack {
    /// Works by these settings from now on. Where we listen, and how long we wait for answers,
    /// stays as it is. Dialogs go on, also with trunks that are gone; phones of agents who may
    /// register no more are forgotten; registrations with trunks are taken back, and asked for, as
    /// the settings now want it.
    pub fn reload(&mut self, now: Now, settings: Settings) {
        let listeners = std::mem::take(&mut self.settings.listeners);
        self.settings = Settings { listeners, timers: self.settings.timers, ..settings };
        let peers = &self.settings.peers;
        self.located.retain(|trunk, _| peers.iter().any(|peer| peer.name == *trunk));
        self.reload_office(now);
        self.reload_upstreams(now);
    }

    fn reload_office(&mut self, now: Now) {
        let told = match (&mut self.office, self.settings.registrar.clone()) {
            (None, _) => return self.open_office(),
            (Some(_), None) => {
                self.office.take().map(|mut office| office.forget_others(&[])).unwrap_or_default()
            }
            (Some(office), Some(settings)) => office.follow(settings),
        };
        self.tell_registrations(told);
        self.watch_bindings(now.mono);
    }

    fn reload_upstreams(&mut self, now: Now) {
        let wanted = self.settings.upstreams.clone();
        for place in 0..self.upstreams.len() {
            if !wanted.iter().any(|it| self.upstreams[place].is_by(it)) {
                self.leave_upstream(now.mono, place);
            }
        }
        // Who leaves for good registers nowhere.
        let stays = self.ready;
        for settings in wanted.into_iter().filter(|_| stays) {
            if !self.upstreams.iter().any(|it| it.is_by(&settings)) {
                let place = self.new_upstream(settings);
                self.send_register(now.mono, place);
            }
        }
    }

    /// True for a registration that another one with the same trunk has replaced.
    pub(super) fn is_replaced(&self, place: usize) -> bool {
        let old = &self.upstreams[place];
        let newer = |it: &super::upstream::Registering| {
            it.is_with(old.trunk()) && it.state != UpstreamState::Left
        };
        old.is_leaving() && self.upstreams.iter().any(|it| newer(it) && !it.is_leaving())
    }
}

impl Office {
    /// Whoever is not in the new settings loses the phones.
    fn follow(&mut self, settings: crate::RegistrarSettings) -> Vec<crate::Registration> {
        self.guard.follow(&settings.realm, &settings.accounts);
        let agents: Vec<_> = settings.accounts.iter().map(|it| it.agent.clone()).collect();
        self.settings = settings;
        self.forget_others(&agents)
    }

    fn forget_others(&mut self, agents: &[model::AgentName]) -> Vec<crate::Registration> {
        self.registrar.forget_others(agents)
    }
}
