//! The trunks of the running engine: what their targets answer, what the DNS says of them, and what
//! an operator may see.

use std::net::IpAddr;

use model::{LineName, Mono, Now, TrunkName};
use sip::Hop;
use sip::locate::{Answer, Question};

use crate::switchboard::Switchboard;
use crate::ways::{Found, TargetState, Way};
use crate::{Engine, Output, Status};

/// One trunk as the list of trunks shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkView {
    /// Its name.
    pub trunk: TrunkName,
    /// Calls of callers.
    pub callers: u32,
    /// Callbacks, from the offer to an agent on.
    pub callbacks: u32,
    /// Most calls at once, when there is a limit.
    pub calls_max: Option<u32>,
    /// False when no callback is offered because no target lives.
    pub open: bool,
    /// Every place where it takes calls.
    pub targets: Vec<TargetView>,
}

/// One place of a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// The target as the settings name it.
    pub host: String,
    /// Where that is.
    pub hop: Hop,
    /// How it is.
    pub state: TargetState,
}

/// What happened to a target of a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetChange {
    /// A call failed there: others are tried first for so many seconds.
    Rests(u64),
    /// It answers calls again.
    Works,
    /// It answers no OPTIONS any more.
    Dead,
    /// It answers OPTIONS again: calls go there.
    Alive,
}

impl Switchboard {
    /// The place of a call does not take it, or says nothing.
    pub(crate) fn target_failed(
        &mut self,
        now: Mono,
        trunk: &TrunkName,
        hop: Hop,
        retry_after: Option<u32>,
    ) {
        if let Some(rest) = self.ways.failed(now, trunk, hop, retry_after) {
            self.show_target(trunk, hop, TargetChange::Rests(rest.as_secs()));
        }
    }

    /// The place of a call answers it.
    pub(crate) fn target_worked(&mut self, trunk: &TrunkName, hop: Hop) {
        if self.ways.worked(trunk, hop) {
            self.show_target(trunk, hop, TargetChange::Works);
        }
    }

    /// The trunk of a line's callbacks, while the settings know the line.
    pub(crate) fn trunk_of(&self, line: &LineName) -> Option<TrunkName> {
        let line = self.settings.lines.iter().find(|known| known.name == *line)?;
        Some(line.trunk.clone())
    }

    fn show_target(&mut self, trunk: &TrunkName, hop: Hop, change: TargetChange) {
        self.show(Status::Target { trunk: trunk.clone(), place: hop.peer, change });
    }

    /// Asks the DNS and the targets what is due.
    pub(crate) fn tend_trunks(&mut self, now: Now) {
        self.ways.handle_timeout(now.mono);
        for probe in self.ways.probes(now.mono) {
            let Way { host, hop } = probe.way;
            if !self.stack.ask_alive(now, hop, &format!("sip:{host}"), probe.token) {
                self.ways.not_asked(now.mono, probe.token);
            }
        }
        self.follow_trunks(now);
    }

    /// True when we register with a trunk of which the settings say no address.
    fn registers_by_name(&self, trunk: &TrunkName) -> bool {
        let mut upstreams = self.settings.sip.upstreams.iter();
        upstreams.any(|it| it.trunk == *trunk && it.next_hop.is_none())
    }

    /// Lets the queue, the stack and the DNS know what has changed.
    pub(crate) fn follow_trunks(&mut self, now: Now) {
        let trunks = self.settings.trunks.iter();
        let trunks: Vec<_> = trunks.map(|it| (it.name.clone(), it.calls_from_names)).collect();
        for (name, calls_from_names) in trunks {
            let open = self.ways.is_open(&name);
            self.channels.set_open(&name, open);
            let registers = self.registers_by_name(&name);
            if !calls_from_names && !registers {
                continue;
            }
            let hops: Vec<Hop> = self.ways.ways(&name).into_iter().map(|way| way.hop).collect();
            if registers {
                self.stack.set_registrar(now, &name, &hops);
            }
            if calls_from_names {
                let mut hosts: Vec<IpAddr> = hops.iter().map(|hop| hop.peer.ip()).collect();
                hosts.sort();
                hosts.dedup();
                self.stack.set_located(&name, hosts);
            }
        }
        while let Some(question) = self.ways.question() {
            self.push(Output::Ask(question));
        }
    }
}

impl Engine {
    pub(crate) fn heard_alive(&mut self, now: Now, token: u64, alive: bool) {
        let Some(found) = self.board.ways.probed(now.mono, token, alive) else { return };
        let Found { trunk, hop, alive } = found;
        let change = if alive { TargetChange::Alive } else { TargetChange::Dead };
        self.board.show_target(&trunk, hop, change);
        self.board.follow_trunks(now);
    }

    pub(crate) fn heard_dns(&mut self, now: Now, question: &Question, answer: Answer) {
        self.board.ways.answered(now.mono, question, answer);
        self.board.follow_trunks(now);
    }

    /// Every trunk, in the order of the settings.
    pub fn trunks(&mut self, now: Now) -> Vec<TrunkView> {
        let names: Vec<TrunkName> =
            self.board.settings.trunks.iter().map(|trunk| trunk.name.clone()).collect();
        names.into_iter().map(|name| self.trunk(now, name)).collect()
    }

    fn trunk(&mut self, now: Now, trunk: TrunkName) -> TrunkView {
        let (callers, callbacks, calls_max) = self.board.channels.carried(&trunk);
        let targets = self.board.ways.view(now.mono, &trunk).into_iter();
        let view =
            |(way, state): (Way, TargetState)| TargetView { host: way.host, hop: way.hop, state };
        TrunkView {
            open: self.board.ways.is_open(&trunk),
            callers,
            callbacks,
            calls_max,
            targets: targets.map(view).collect(),
            trunk,
        }
    }
}
