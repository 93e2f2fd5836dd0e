//! Channels: never more calls at once over a trunk, and never more beginnings in a second, than it
//! is set to carry. Judged on the wire: a call is up from the engine's INVITE, or from its first
//! answer over 100 to a caller, until a refusal or a BYE.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use engine::{Input, Output, TrunkLimits};
use ledger::Fact;
use model::{AttemptId, Mono, Now};

use crate::lab;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "channels";

/// See the module. Judged on days with one trunk: which call is whose is not told on the wire.
#[derive(Debug)]
pub struct Channels {
    limits: TrunkLimits,
    desks: BTreeSet<IpAddr>,
    up: BTreeMap<String, Up>,
    /// Calls that are over: what is repeated of them does not begin them again.
    over: BTreeSet<String>,
    attempts: BTreeMap<AttemptId, String>,
    arrivals: VecDeque<Mono>,
    dials: VecDeque<Mono>,
    found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Up {
    Early,
    Standing,
}

impl Channels {
    /// Watches an engine of these settings.
    pub fn new(settings: &engine::Settings) -> Channels {
        Channels {
            limits: match &settings.trunks[..] {
                [only] => only.limits,
                _ => TrunkLimits::default(),
            },
            desks: settings.agents.iter().filter_map(lab::desk_of).map(|at| at.ip()).collect(),
            up: BTreeMap::new(),
            over: BTreeSet::new(),
            attempts: BTreeMap::new(),
            arrivals: VecDeque::new(),
            dials: VecDeque::new(),
            found: Found::default(),
        }
    }

    fn message(&mut self, now: Mono, from_us: bool, text: &Text<'_>) {
        let call_id = text.call_id();
        let (_, method) = text.cseq();
        match (text.method(), text.status(), method) {
            (Some("INVITE"), None, _) if from_us && text.to_tag().is_empty() => {
                self.began(now, call_id, true);
            }
            (Some("BYE"), None, _) => self.ended(call_id),
            (None, Some(101..=199), "INVITE") if from_us => self.began(now, call_id, false),
            (None, Some(200..=299), "INVITE") => {
                if from_us {
                    self.began(now, call_id, false);
                }
                if let Some(up) = self.up.get_mut(call_id) {
                    *up = Up::Standing;
                }
            }
            (None, Some(300..), "INVITE") if self.up.get(call_id) == Some(&Up::Early) => {
                self.up.remove(call_id);
            }
            _ => {}
        }
    }

    fn began(&mut self, now: Mono, call_id: &str, dial: bool) {
        if self.up.contains_key(call_id) || !self.over.insert(call_id.to_owned()) {
            return;
        }
        self.up.insert(call_id.to_owned(), Up::Early);
        let most = self.limits.calls_max.unwrap_or(u32::MAX) as usize;
        if self.up.len() > most {
            let what = format!("{} calls are up, and the trunk carries {most}", self.up.len());
            self.found.add(Verdict::of_call(NAME, call_id, what));
        }
        let Some(per_second) = self.limits.calls_per_second else { return };
        let begun = if dial { &mut self.dials } else { &mut self.arrivals };
        begun.push_back(now);
        while begun.front().is_some_and(|first| *first + Duration::from_secs(1) <= now) {
            begun.pop_front();
        }
        if begun.len() > per_second as usize {
            let what = format!("{} calls began within a second, of {per_second}", begun.len());
            self.found.add(Verdict::of_call(NAME, call_id, what));
        }
    }

    fn ended(&mut self, call_id: &str) {
        self.up.remove(call_id);
    }

    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::DialStarted { attempt, sip_call_id, .. } => {
                self.attempts.insert(*attempt, sip_call_id.clone());
            }
            // Where nothing comes back, the engine's word is all there is.
            Fact::DialEnded { attempt, .. } => {
                if let Some(call_id) = self.attempts.remove(attempt) {
                    self.up.remove(&call_id);
                }
            }
            // So ends, too, the dial of a request that is taken back while nothing comes back.
            Fact::RequestClosed { request, .. } => {
                let of = |attempt: &&AttemptId| attempt.request == *request;
                let Some(attempt) = self.attempts.keys().find(of).copied() else { return };
                if let Some(call_id) = self.attempts.remove(&attempt)
                    && self.up.get(&call_id) == Some(&Up::Early)
                {
                    self.up.remove(&call_id);
                }
            }
            _ => {}
        }
    }
}

impl Oracle for Channels {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        let (from_us, peer, bytes) = match seen {
            Seen::Output(Output::Datagram { to, bytes }) => (true, to.peer, bytes),
            Seen::Input(Input::Datagram { source, bytes }) => (false, source.peer, bytes),
            Seen::Output(Output::Record(record)) => return self.fact(&record.entry.fact),
            Seen::Crash => {
                self.up.clear();
                self.attempts.clear();
                self.arrivals.clear();
                return self.dials.clear();
            }
            _ => return,
        };
        if !self.desks.contains(&peer.ip())
            && let Some(text) = Text::read(bytes)
        {
            self.message(now.mono, from_us, &text);
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab;
    use crate::oracles::forge;

    fn oracle(calls_max: u32, calls_per_second: u32) -> Channels {
        let mut settings = lab::settings(1);
        settings.trunks[0].limits.calls_max = Some(calls_max);
        settings.trunks[0].limits.calls_per_second = Some(calls_per_second);
        Channels::new(&settings)
    }

    fn says(oracle: &mut Channels, at: u64, first: &str, call_id: &str, cseq: &str) {
        let headers = [&*format!("Call-ID: {call_id}"), "To: <sip:x@y>", &format!("CSeq: {cseq}")];
        let output = forge::sends(&lab::CARRIER.to_string(), first, &headers);
        let mono = Mono::ZERO + Duration::from_millis(at);
        oracle.see(Now { mono, ..Now::default() }, &Seen::Output(&output));
    }

    #[test]
    fn one_call_too_many_is_noticed_in_either_direction() {
        let mut oracle = oracle(1, 10);
        says(&mut oracle, 0, "INVITE sip:x@y SIP/2.0", "one", "1 INVITE");
        says(&mut oracle, 1, "INVITE sip:x@y SIP/2.0", "one", "1 INVITE");
        says(&mut oracle, 2, "SIP/2.0 503 Service Unavailable", "two", "1 INVITE");
        assert_eq!(oracle.found.take(), []);
        says(&mut oracle, 3, "SIP/2.0 180 Ringing", "three", "1 INVITE");
        assert_eq!(oracle.found.take().len(), 1);
        says(&mut oracle, 4, "BYE sip:x@y SIP/2.0", "one", "2 BYE");
        says(&mut oracle, 5, "SIP/2.0 200 OK", "three", "1 INVITE");
        says(&mut oracle, 6, "SIP/2.0 488 Not Acceptable Here", "three", "2 INVITE");
        says(&mut oracle, 7, "INVITE sip:x@y SIP/2.0", "four", "1 INVITE");
        assert_eq!(oracle.found.take().len(), 1);
    }

    #[test]
    fn calls_that_begin_too_fast_are_noticed() {
        let mut oracle = oracle(100, 2);
        for (at, call_id) in [(0, "one"), (900, "two"), (1_000, "three")] {
            says(&mut oracle, at, "INVITE sip:x@y SIP/2.0", call_id, "1 INVITE");
        }
        assert_eq!(oracle.found.take(), []);
        says(&mut oracle, 1_899, "INVITE sip:x@y SIP/2.0", "four", "1 INVITE");
        assert_eq!(oracle.found.take().len(), 1);
    }
}
