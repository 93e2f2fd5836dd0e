//! One work per agent: an agent's phone is never in two calls of the same run of the engine at
//! once, and an agent never has two live offers.
//!
//! A call in which the engine has done all that RFC 3261 asks of it (BYE or CANCEL sent for 32 s,
//! or an INVITE that nothing answered for as long) is over for the engine, even if the phone was
//! cut off and does not know.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use engine::{Input, Output};
use ledger::{Fact, OfferEnd};
use model::{AgentName, Mono, Now, OfferId};
use phone::PhoneEvent;

use crate::lab;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "one work per agent";
/// Timers B, F and H (RFC 3261 §17, Table 4).
const GIVE_UP: Duration = Duration::from_secs(32);

#[derive(Debug, Default)]
struct Leg {
    invited: Option<Mono>,
    heard: bool,
    /// The agent's own BYE, or the answer to ours, reached the engine.
    hung_up: bool,
    ended: Option<Mono>,
}

/// See the module.
#[derive(Debug)]
pub struct OneWork {
    desks: Vec<IpAddr>,
    legs: BTreeMap<String, Leg>,
    /// Per phone: the calls it is in.
    calls: BTreeMap<SocketAddr, Vec<String>>,
    offers: BTreeMap<AgentName, OfferId>,
    found: Found,
}

impl OneWork {
    /// Watches an engine of these settings.
    pub fn new(settings: &engine::Settings) -> OneWork {
        OneWork {
            desks: settings.agents.iter().filter_map(lab::desk_of).map(|at| at.ip()).collect(),
            legs: BTreeMap::new(),
            calls: BTreeMap::new(),
            offers: BTreeMap::new(),
            found: Found::default(),
        }
    }

    fn sent(&mut self, now: Mono, to: SocketAddr, bytes: &[u8]) {
        let ends = bytes.starts_with(b"BYE ") || bytes.starts_with(b"CANCEL ");
        let begins = bytes.starts_with(b"INVITE ") && self.desks.contains(&to.ip());
        if !ends && !begins {
            return;
        }
        let Some(text) = Text::read(bytes) else { return };
        if begins {
            let leg = self.legs.entry(text.call_id().to_owned()).or_default();
            leg.invited.get_or_insert(now);
        } else if let Some(leg) = self.legs.get_mut(text.call_id()) {
            leg.ended.get_or_insert(now);
        }
    }

    fn received(&mut self, now: Mono, bytes: &[u8]) {
        let bye = bytes.starts_with(b"BYE ");
        if !bye && !bytes.starts_with(b"SIP/2.0 ") {
            return;
        }
        let Some(text) = Text::read(bytes) else { return };
        let hangs_up = bye || text.cseq().1 == "BYE";
        if let Some(leg) = self.legs.get_mut(text.call_id()) {
            // Later the transaction is over, and the answer nobody's.
            leg.heard |= leg.invited.is_none_or(|at| now < at + GIVE_UP);
            leg.hung_up |= hangs_up;
        }
    }

    fn is_given_up(&self, now: Mono, call_id: &str) -> bool {
        let past = |since: Option<Mono>| since.is_some_and(|at| now >= at + GIVE_UP);
        match self.legs.get(call_id) {
            // Of an earlier run of the engine.
            None => true,
            Some(leg) => leg.hung_up || past(leg.ended) || (!leg.heard && past(leg.invited)),
        }
    }

    fn phone(&mut self, now: Mono, at: SocketAddr, call_id: &str, event: &PhoneEvent) {
        match event {
            PhoneEvent::Invited { .. } => {
                let mut present = self.calls.get(&at).into_iter().flatten();
                let other = present.rfind(|other| !self.is_given_up(now, other));
                if let Some(other) = other {
                    let what =
                        format!("an agent's phone rings for {call_id} in the middle of a call");
                    let verdict = Verdict::of_call(NAME, other, what);
                    self.found.add(verdict);
                }
                self.calls.entry(at).or_default().push(call_id.to_owned());
            }
            PhoneEvent::Ended { .. } => {
                self.calls.entry(at).or_default().retain(|other| other != call_id);
            }
            _ => {}
        }
    }

    fn handed_over(&mut self, fact: &Fact) {
        match fact {
            Fact::Offered { offer, agent, .. } => {
                if let Some(other) = self.offers.insert(agent.clone(), *offer) {
                    let what = format!("{agent} is offered {offer} while {other} is open");
                    self.found.add(Verdict::of_run(NAME, what));
                }
            }
            Fact::OfferEnded { offer, end } => match end {
                OfferEnd::Accepted
                | OfferEnd::Declined
                | OfferEnd::NoAnswer
                | OfferEnd::Failed
                | OfferEnd::Withdrawn => self.offers.retain(|_, open| open != offer),
            },
            _ => {}
        }
    }
}

impl Oracle for OneWork {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Output(Output::Datagram { to, bytes }) => self.sent(now.mono, to.peer, bytes),
            Seen::Output(Output::Record(record)) => self.handed_over(&record.entry.fact),
            Seen::Input(Input::Datagram { bytes, .. }) => self.received(now.mono, bytes),
            Seen::Phone { at, call_id: Some(call_id), event, .. } => {
                if self.desks.contains(&at.ip()) {
                    self.phone(now.mono, *at, call_id, event);
                }
            }
            Seen::Crash => {
                self.legs.clear();
                self.offers.clear();
            }
            Seen::Input(_)
            | Seen::Output(_)
            | Seen::Quiet(_)
            | Seen::Durable(_)
            | Seen::Phone { .. }
            | Seen::Joined { .. }
            | Seen::PacketCame { .. }
            | Seen::PacketSent { .. }
            | Seen::Restart(_) => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use phone::CallHandle;

    use super::*;
    use crate::oracles::forge;

    fn ring(oracle: &mut OneWork, now: Mono, call: u32) {
        let id = format!("c{call}");
        let headers = [&*format!("Call-ID: {id}"), "To: <x>"];
        let to = lab::agent_address(1);
        let output = forge::sends(&to.to_string(), "INVITE sip:x SIP/2.0", &headers);
        let now = Now { mono: now, ..Now::default() };
        oracle.see(now, &Seen::Output(&output));
        let event = PhoneEvent::Invited { call: CallHandle(call), dialled: None, from: None };
        oracle.see(now, &Seen::Phone { id: 1, at: to, call_id: Some(&id), event: &event });
    }

    #[test]
    fn a_second_call_at_an_agents_phone_is_noticed() {
        let mut oracle = OneWork::new(&lab::settings(1));
        ring(&mut oracle, Mono::ZERO, 1);
        assert!(oracle.found.take().is_empty());
        ring(&mut oracle, Mono::ZERO, 2);
        assert_eq!(oracle.found.take().len(), 1);
        ring(&mut oracle, Mono::ZERO + GIVE_UP, 3);
        assert!(oracle.found.take().is_empty(), "nothing was heard of the others for so long");
    }

    #[test]
    fn two_offers_to_one_agent_are_noticed() {
        let mut oracle = OneWork::new(&lab::settings(1));
        forge::hand_over(&mut oracle, 1, forge::offered(1, "agent-1", 1));
        forge::hand_over(&mut oracle, 2, forge::offer_ended(1, OfferEnd::Declined));
        forge::hand_over(&mut oracle, 3, forge::offered(2, "agent-1", 2));
        assert!(oracle.found.take().is_empty());
        forge::hand_over(&mut oracle, 4, forge::offered(3, "agent-1", 3));
        assert_eq!(oracle.found.take().len(), 1);
    }
}
