//! Registered: an agent whose phone registers is rung only where the engine last said that it is
//! registered, not a moment longer than it said, and is shown to the queue as one who can be rung
//! exactly then. Judged by the answers on the wire, not by what the engine remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use engine::{AgentPhone, Engine, Output};
use model::{AgentName, Mono, Now};

use crate::lab;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "registered";

/// See the module.
#[derive(Debug)]
pub struct Registered {
    desks: BTreeMap<IpAddr, AgentName>,
    /// Where each agent's phone is registered, and until when.
    bindings: BTreeMap<AgentName, (SocketAddr, Mono)>,
    /// The REGISTER requests that were accepted, by Call-ID and CSeq.
    answered: BTreeSet<(String, u32)>,
    /// The Call-IDs of the INVITEs that were judged.
    rung: BTreeSet<String>,
    found: Found,
}

impl Registered {
    /// Watches an engine of these settings.
    pub fn new(settings: &engine::Settings) -> Registered {
        let registers = |agent: &&engine::Agent| agent.phone == AgentPhone::Registered;
        let desk = |agent: &engine::Agent| Some((lab::desk_of(agent)?.ip(), agent.name.clone()));
        let agents = settings.agents.iter().filter(registers);
        Registered {
            desks: agents.filter_map(desk).collect(),
            bindings: BTreeMap::new(),
            answered: BTreeSet::new(),
            rung: BTreeSet::new(),
            found: Found::default(),
        }
    }

    fn sent(&mut self, now: Mono, to: SocketAddr, bytes: &[u8]) {
        let Some(agent) = self.desks.get(&to.ip()) else { return };
        let Some(text) = Text::read(bytes) else { return };
        let (number, method) = text.cseq();
        let answer = (text.call_id().to_owned(), number);
        // A repeated answer says again what was said before.
        if text.status() == Some(200) && method == "REGISTER" && self.answered.insert(answer) {
            match expiry(&text) {
                Some(time) => self.bindings.insert(agent.clone(), (to, now + time)),
                None => self.bindings.remove(agent),
            };
        }
        // Of an INVITE that is repeated, the first was sent in time.
        if text.method() == Some("INVITE") && self.rung.insert(text.call_id().to_owned()) {
            let binding = self.bindings.get(agent);
            let stands = binding.is_some_and(|(at, until)| *at == to && *until > now);
            if !stands {
                let what = format!("{agent} is rung where no phone is registered");
                self.found.add(Verdict::of_call(NAME, text.call_id(), what));
            }
        }
    }

    fn quiet(&mut self, now: Mono, engine: &Engine) {
        for view in engine.queues().agents() {
            if !self.desks.values().any(|agent| *agent == view.agent) {
                continue;
            }
            let until = self.bindings.get(&view.agent).map(|(_, until)| *until);
            // At the very end either is right.
            let wrong = match until {
                Some(until) => view.reachable != (until > now) && until != now,
                None => view.reachable,
            };
            if wrong {
                let what = format!("{} is reachable: {}", view.agent, view.reachable);
                self.found.add(Verdict::of_run(NAME, what));
            }
        }
    }
}

/// The time in the only Contact of the answer.
fn expiry(text: &Text<'_>) -> Option<Duration> {
    let (_, secs) = text.get("Contact").split_once("expires=")?;
    secs.parse().ok().map(Duration::from_secs)
}

impl Oracle for Registered {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Output(Output::Datagram { to, bytes }) => self.sent(now.mono, to.peer, bytes),
            Seen::Quiet(engine) => self.quiet(now.mono, engine),
            Seen::Restart(_) => self.bindings.clear(),
            Seen::Output(_)
            | Seen::Input(_)
            | Seen::Durable(_)
            | Seen::Phone { .. }
            | Seen::Joined { .. }
            | Seen::PacketCame { .. }
            | Seen::PacketSent { .. }
            | Seen::Crash => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::forge;

    fn oracle() -> Registered {
        let mut settings = lab::settings(1);
        lab::let_register(&mut settings, 1);
        Registered::new(&settings)
    }

    fn see(oracle: &mut Registered, at: u64, to: &str, first: &str, headers: &[&str]) -> usize {
        let mono = Mono::ZERO + Duration::from_secs(at);
        let output = forge::sends(to, first, headers);
        oracle.see(Now { mono, ..Now::default() }, &Seen::Output(&output));
        oracle.found.take().len()
    }

    #[test]
    fn a_phone_that_is_rung_after_its_time_or_elsewhere_is_noticed() {
        let mut oracle = oracle();
        let invite = |id: &str| format!("Call-ID: {id}");
        let home = "203.0.113.1:5060";
        let ring = "INVITE sip:x SIP/2.0";
        assert_eq!(see(&mut oracle, 0, home, ring, &[&invite("a")]), 1);
        let answer = ["CSeq: 2 REGISTER", "Contact: <sip:agent-1@203.0.113.1:5060>;expires=60"];
        assert_eq!(see(&mut oracle, 1, home, "SIP/2.0 200 OK", &answer), 0);
        assert_eq!(see(&mut oracle, 60, home, ring, &[&invite("b")]), 0);
        assert_eq!(see(&mut oracle, 62, home, ring, &[&invite("b")]), 0);
        assert_eq!(see(&mut oracle, 62, home, ring, &[&invite("c")]), 1);
        assert_eq!(see(&mut oracle, 10, "203.0.113.1:20000", ring, &[&invite("d")]), 1);
    }
}
