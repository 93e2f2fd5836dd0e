//! Fair place: the engine offers exactly what the naive [`Reference`] predicts.

use std::collections::BTreeMap;
use std::net::IpAddr;

use engine::{Command, Engine, Input, JournalState, Output, Status};
use model::{AgentName, Mono, Now};
use queue::{AgentState, AgentStatus, Reason};

use crate::lab;
use crate::oracle::{About, Found, Oracle, Seen, Verdict};
use crate::oracles::reference::{Complaint, Reference, Who};
use crate::oracles::text::Text;
use crate::world::World;

/// See the module.
#[derive(Debug)]
pub struct Fair {
    reference: Reference,
    desks: BTreeMap<IpAddr, AgentName>,
    legs: BTreeMap<String, AgentName>,
    found: Found,
}

impl Fair {
    /// Watches an engine of these settings.
    pub fn new(settings: &engine::Settings) -> Fair {
        let reference = Reference::new(&settings.queue);
        let limited = settings.trunks.iter().any(|trunk| trunk.limits.calls_max.is_some());
        Fair {
            reference: if limited { reference.over_few_channels() } else { reference },
            desks: desks(settings).collect(),
            legs: BTreeMap::new(),
            found: Found::default(),
        }
    }

    fn input(&mut self, now: Now, input: &Input) {
        self.reference.begin_input();
        match input {
            Input::Recorded(seq) => self.reference.recorded(now, *seq),
            Input::NotRecorded(seq) => self.reference.not_recorded(*seq),
            Input::Journal(state) => self.reference.journal(*state == JournalState::Up),
            Input::Operator { command: Command::SetStatus { agent, status, .. }, .. } => {
                if *status != AgentStatus::Online {
                    self.reference.not_online(agent);
                }
            }
            Input::Operator { command: Command::Reload(settings), .. } => {
                self.desks.extend(desks(settings));
                self.reference.reload(&settings.queue);
            }
            Input::Datagram { bytes, .. } => self.talk_may_end(now, bytes),
            Input::Operator { .. }
            | Input::Unreachable(_)
            | Input::Disconnected(_)
            | Input::Media(_)
            | Input::Dns { .. }
            | Input::Recorder(_)
            | Input::Timeout => {}
        }
    }

    fn output(&mut self, now: Now, output: &Output) {
        match output {
            Output::Record(record) => {
                let entry = &record.entry;
                self.reference.fact(now, entry.seq, &entry.fact, record.person.as_ref());
            }
            Output::Datagram { to, bytes } => {
                if bytes.starts_with(b"INVITE ")
                    && let Some(agent) = self.desks.get(&to.peer.ip())
                    && let Some(text) = Text::read(bytes)
                {
                    self.legs.insert(text.call_id().to_owned(), agent.clone());
                }
                self.talk_may_end(now, bytes);
            }
            Output::Status(Status::Phone { agent, phones: 0, .. }) => {
                self.reference.not_online(agent);
            }
            Output::Ask(_)
            | Output::Media(_)
            | Output::Recorder(_)
            | Output::Reply { .. }
            | Output::Status(_) => {}
        }
    }

    fn talk_may_end(&mut self, now: Now, bytes: &[u8]) {
        if bytes.starts_with(b"BYE ")
            && let Some(text) = Text::read(bytes)
            && let Some(agent) = self.legs.get(text.call_id())
        {
            self.reference.talk_ended(now, agent);
        }
    }

    fn quiet(&mut self, now: Now, engine: &Engine) {
        for view in engine.queues().agents() {
            let offer = match view.state {
                AgentState::Free | AgentState::WrapUp { .. } => None,
                AgentState::Ringing { offer }
                | AgentState::Connecting { offer }
                | AgentState::Talking { offer }
                | AgentState::Leaving { offer } => Some(offer),
            };
            let there = view.takes_calls && view.channel.is_none();
            let rung = view.status == AgentStatus::Online && view.reachable && there;
            let idle = rung && view.state == AgentState::Free;
            self.reference.shown(now, &view.agent, idle, offer);
        }
        for complaint in self.reference.complaints() {
            self.judge(now, engine, complaint);
        }
    }

    /// A caller who asks for the number that another request is being written for waits for that
    /// one; only the engine knows.
    fn judge(&mut self, now: Now, engine: &Engine, complaint: Complaint) {
        let Complaint { what, skipped } = complaint;
        if let Some(Who::Call(call)) = skipped
            && let Some(view) = engine.queues().calls().find(|view| view.call == call)
            && view.reason == Reason::AskingBehind
        {
            return;
        }
        let about = match skipped {
            Some(Who::Request(request)) => About::Request(request),
            Some(Who::Call(_)) | None => About::Run,
        };
        let what = format!("at {:.3} s: {what}", now.mono.since(Mono::ZERO).as_secs_f64());
        self.found.add(Verdict { oracle: "fair place", about, what });
    }
}

/// Where the phone of each agent is.
fn desks(settings: &engine::Settings) -> impl Iterator<Item = (IpAddr, AgentName)> + '_ {
    settings.agents.iter().filter_map(|it| Some((lab::desk_of(it)?.ip(), it.name.clone())))
}

impl Oracle for Fair {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Input(input) => self.input(now, input),
            Seen::Output(output) => self.output(now, output),
            Seen::Quiet(engine) => self.quiet(now, engine),
            Seen::Durable(fact) => self.reference.durable(fact),
            Seen::Restart(settings) => {
                self.legs.clear();
                self.desks.extend(desks(settings));
                self.reference.begin_input();
                self.reference.restart(now, &settings.queue);
            }
            Seen::Phone { .. }
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
