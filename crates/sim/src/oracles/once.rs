//! Once: every customer INVITE was permitted by a durable `dial_started` with its Call-ID, one
//! Call-ID per attempt, one live attempt per request, and none after the terminal fact.
//!
//! Judged twice: on the engine's datagrams as they leave, and at the end on what the customers'
//! phones wrote down themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use engine::{Agent, AgentPhone, Command, Input, Output};
use ledger::Fact;
use model::{AttemptId, E164, Now, PersonId, RequestId};

use crate::lab;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "once";

/// See the module.
#[derive(Debug)]
pub struct Once {
    trunks: Vec<SocketAddr>,
    desks: Vec<IpAddr>,
    permitted: BTreeMap<String, AttemptId>,
    call_ids: BTreeMap<AttemptId, String>,
    persons: BTreeMap<RequestId, PersonId>,
    sent: BTreeSet<String>,
    live: BTreeMap<RequestId, AttemptId>,
    closed: BTreeSet<RequestId>,
    closed_on_disk: BTreeSet<RequestId>,
    /// Numbers at which agents are reached by telephone: who is dialled there is no customer.
    telephones: BTreeSet<String>,
    found: Found,
}

impl Once {
    /// Watches an engine of these settings.
    pub fn new(settings: &engine::Settings) -> Once {
        Once {
            trunks: settings
                .trunks
                .iter()
                .flat_map(|trunk| &trunk.targets)
                .filter_map(|target| target.address())
                .collect(),
            desks: settings.agents.iter().filter_map(lab::desk_of).map(|at| at.ip()).collect(),
            permitted: BTreeMap::new(),
            call_ids: BTreeMap::new(),
            persons: BTreeMap::new(),
            sent: BTreeSet::new(),
            live: BTreeMap::new(),
            closed: BTreeSet::new(),
            closed_on_disk: BTreeSet::new(),
            telephones: settings.agents.iter().filter_map(telephone_of).collect(),
            found: Found::default(),
        }
    }

    fn is_for_an_agent(&self, text: &Text<'_>) -> bool {
        let dialled = text.first.split([':', '@']).nth(1);
        dialled.is_some_and(|number| self.telephones.contains(number))
    }

    fn durable(&mut self, fact: &Fact) {
        match fact {
            Fact::CallbackRequested { request, person, .. } => {
                self.persons.insert(*request, *person);
            }
            Fact::DialStarted { attempt, sip_call_id, .. } => {
                self.permitted.insert(sip_call_id.clone(), *attempt);
                let before = self.call_ids.insert(*attempt, sip_call_id.clone());
                if before.is_some() {
                    let what = format!("{attempt} was journalled with two Call-IDs");
                    self.found.add(Verdict::of_request(NAME, attempt.request, what));
                }
            }
            Fact::RequestClosed { request, .. } => {
                self.closed_on_disk.insert(*request);
            }
            _ => {}
        }
    }

    fn handed_over(&mut self, fact: &Fact) {
        match fact {
            Fact::RequestClosed { request, .. } => {
                self.closed.insert(*request);
            }
            Fact::DialEnded { attempt, .. } | Fact::Settled { attempt, .. } => {
                self.live.remove(&attempt.request);
            }
            _ => {}
        }
    }

    fn invite(&mut self, text: &Text<'_>) {
        let call_id = text.call_id();
        if self.is_for_an_agent(text)
            || !text.to_tag().is_empty()
            || !self.sent.insert(call_id.to_owned())
        {
            return;
        }
        let Some(attempt) = self.permitted.get(call_id).copied() else {
            let what = "a customer INVITE left before its dial_started was durable";
            return self.found.add(Verdict::of_call(NAME, call_id, what));
        };
        let request = attempt.request;
        if self.closed.contains(&request) {
            let what = format!("{attempt} is dialled after the terminal fact");
            self.found.add(Verdict::of_request(NAME, request, what));
        }
        if let Some(other) = self.live.insert(request, attempt) {
            let what = format!("{attempt} is dialled while {other} has not ended");
            self.found.add(Verdict::of_request(NAME, request, what));
        }
    }

    /// One entry of a customer's diary: an INVITE of ours, under this Call-ID.
    fn diary(
        &self,
        call_id: &str,
        transactions: u32,
        dialled: Option<&str>,
        number: impl Fn(PersonId) -> Option<E164>,
    ) -> Option<Verdict> {
        let Some(attempt) = self.permitted.get(call_id) else {
            let what = "a customer's phone rang for a call that is in no durable dial_started";
            return Some(Verdict::of_call(NAME, call_id, what));
        };
        if transactions != 1 {
            let what = format!("a customer was invited {transactions} times under one Call-ID");
            return Some(Verdict::of_call(NAME, call_id, what));
        }
        let person = self.persons.get(&attempt.request);
        let wanted = person.and_then(|person| number(*person)).map(|n| n.reveal());
        if wanted.as_deref() != dialled {
            let what = format!("{attempt} reached somebody else's phone");
            return Some(Verdict::of_request(NAME, attempt.request, what));
        }
        None
    }
}

/// The number of an agent who has a telephone instead of a phone.
fn telephone_of(agent: &Agent) -> Option<String> {
    match &agent.phone {
        AgentPhone::Telephone { number, .. } => number.as_ref().map(E164::reveal),
        AgentPhone::Fixed { .. } | AgentPhone::Registered => None,
    }
}

impl Oracle for Once {
    fn see(&mut self, _: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Durable(fact) => self.durable(fact),
            Seen::Output(Output::Record(record)) => self.handed_over(&record.entry.fact),
            Seen::Output(Output::Datagram { to, bytes }) => {
                if self.trunks.contains(&to.peer)
                    && bytes.starts_with(b"INVITE ")
                    && let Some(text) = Text::read(bytes)
                {
                    self.invite(&text);
                }
            }
            Seen::Input(Input::Operator { command: Command::Login { number, .. }, .. }) => {
                self.telephones.extend(number.as_ref().map(E164::reveal));
            }
            Seen::Crash => self.closed = self.closed_on_disk.clone(),
            Seen::Input(_)
            | Seen::Output(_)
            | Seen::Quiet(_)
            | Seen::Phone { .. }
            | Seen::Joined { .. }
            | Seen::PacketCame { .. }
            | Seen::PacketSent { .. }
            | Seen::Restart(_) => {}
        }
    }

    fn verdicts(&mut self, world: &World) -> Vec<Verdict> {
        let mut verdicts = self.found.take();
        let people = world.journal().people();
        let number = |person: PersonId| people.get(&person).map(|person| person.number);
        for (_, phone) in world.people() {
            if self.desks.contains(&phone.settings().sip.ip()) {
                continue;
            }
            for (call_id, invites) in phone.diary().invites() {
                let dialled = invites.dialled.as_deref();
                if dialled.is_some_and(|number| self.telephones.contains(number)) {
                    continue;
                }
                verdicts.extend(self.diary(call_id, invites.transactions, dialled, number));
            }
        }
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::forge;

    fn invite(oracle: &mut Once, call_id: &str) {
        let headers = [&*format!("Call-ID: {call_id}"), "To: <sip:x@y>"];
        let to = lab::CARRIER.to_string();
        let output = forge::sends(&to, "INVITE sip:x@y SIP/2.0", &headers);
        oracle.see(Now::default(), &Seen::Output(&output));
    }

    fn told(oracle: &mut Once) -> Vec<String> {
        oracle.found.take().into_iter().map(|verdict| verdict.what).collect()
    }

    #[test]
    fn an_invite_without_a_durable_dial_is_noticed() {
        let mut oracle = Once::new(&lab::settings(1));
        oracle.durable(&forge::dial(1, 1, "one"));
        invite(&mut oracle, "one");
        invite(&mut oracle, "one");
        assert_eq!(told(&mut oracle), [""; 0], "a retransmission is no second call");
        invite(&mut oracle, "two");
        assert_eq!(told(&mut oracle).len(), 1);
    }

    #[test]
    fn two_live_attempts_and_a_dial_after_the_end_are_noticed() {
        let mut oracle = Once::new(&lab::settings(1));
        oracle.durable(&forge::dial(1, 1, "one"));
        oracle.durable(&forge::dial(1, 2, "two"));
        invite(&mut oracle, "one");
        invite(&mut oracle, "two");
        assert_eq!(told(&mut oracle), ["cb-1/2 is dialled while cb-1/1 has not ended"]);
        forge::hand_over(&mut oracle, 1, forge::closed(7));
        oracle.durable(&forge::dial(7, 1, "late"));
        invite(&mut oracle, "late");
        assert_eq!(told(&mut oracle), ["cb-7/1 is dialled after the terminal fact"]);
    }

    #[test]
    fn the_customers_own_diary_is_believed() {
        let mut oracle = Once::new(&lab::settings(1));
        let ada = E164::parse("+33612345678").ok();
        oracle.durable(&forge::requested(1, 1));
        oracle.durable(&forge::dial(1, 1, "one"));
        let judge = |id, times, who| oracle.diary(id, times, Some(who), |_| ada);
        assert_eq!(judge("one", 1, "+33612345678"), None);
        assert!(judge("one", 2, "+33612345678").is_some());
        assert!(judge("one", 1, "+33600000000").is_some());
        assert!(judge("other", 1, "+33612345678").is_some());
    }
}
