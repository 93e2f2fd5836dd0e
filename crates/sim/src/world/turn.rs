//! One turn of the loop: the earliest thing happens, and what the engine says of it goes out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::{Command, Engine, Input, JournalState, Output, Start};
use model::{Mono, PortId, RequestId, Wall};
use queue::{Estimate, RequestStage, RequestView};
use sip::Hop;
use sip::locate::Answer;

use super::{CrashAt, Event, Moment, Place, Sound, World};
use crate::carrier::Route;
use crate::lab;
use crate::net::Datagram;
use crate::oracle::Seen;

/// How long the DNS takes.
const DNS_DELAY: Duration = Duration::from_millis(20);

impl World {
    /// Lets the world run until `end`, or until nothing is left to happen. False in the latter
    /// case.
    pub fn run_until(&mut self, end: Mono) -> bool {
        while let Some(at) = self.next_at() {
            if at > end {
                self.skip_to(end);
                return true;
            }
            self.skip_to(at);
            self.step();
        }
        self.skip_to(end);
        false
    }

    pub(super) fn skip_to(&mut self, at: Mono) {
        if at > self.now.mono {
            self.now.mono = at;
        }
        let millis = i64::try_from(self.now.mono.as_nanos() / 1_000_000).unwrap_or(i64::MAX);
        self.now.wall = Wall::from_unix_millis(self.wall_offset.saturating_add(millis));
    }

    fn next_at(&self) -> Option<Mono> {
        let engine = self.engine.as_ref().and_then(|engine| engine.deadline()).map(|d| d.at);
        let sound = match &self.sound {
            _ if self.engine.is_none() => None,
            Sound::Packets(media) => media.deadline().map(|deadline| deadline.at),
            Sound::Cues(cues) => cues.next_at(),
        };
        let people = self.wakes.first().map(|(at, _)| *at);
        let agenda = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let journal = self.journal.next_at();
        let nets = [self.sip.next_at(), self.rtp.next_at()];
        [engine, sound, people, agenda, journal].into_iter().chain(nets).flatten().min()
    }

    /// Lets the one thing happen that is due first.
    fn step(&mut self) {
        let now = self.now.mono;
        if let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= now
        {
            let event = entry.remove();
            self.happen(event);
        } else if let Some(datagram) = self.sip.arrived(now) {
            self.deliver(datagram);
        } else if let Some(datagram) = self.rtp.arrived(now) {
            self.deliver(datagram);
        } else if self.journal.next_at().is_some_and(|at| at <= now) {
            self.sync();
        } else if self.step_engine(now) {
            // One deadline of the engine's side was met.
        } else if let Some((at, id)) = self.wakes.first().copied()
            && at <= now
        {
            self.wake(id);
        }
    }

    fn step_engine(&mut self, now: Mono) -> bool {
        let Some(engine) = &self.engine else { return false };
        if engine.deadline().is_some_and(|deadline| deadline.at <= now) {
            self.tell(Input::Timeout);
            return true;
        }
        let due = match &mut self.sound {
            Sound::Packets(media) => {
                let due = media.deadline().is_some_and(|deadline| deadline.at <= now);
                if due {
                    media.handle_timeout(now);
                }
                due
            }
            Sound::Cues(cues) => {
                let due = cues.next_at().is_some_and(|at| at <= now);
                if due {
                    cues.handle_timeout(now);
                }
                due
            }
        };
        self.drain_sound();
        due
    }

    fn happen(&mut self, event: Event) {
        match &event {
            // Thousands of words, which the ladder does without.
            Event::Reload(_) => self.trace.note(self.now, "world: Reload"),
            event => self.trace.note(self.now, &format!("world: {event:?}")),
        }
        match event {
            Event::Crash { torn, down } => self.crash_now(torn, down),
            Event::Restart => self.restart(),
            Event::JournalFails => {
                self.journal.fail("the disk is full");
                self.tell_journal();
            }
            Event::JournalMends => {
                self.journal.mend(self.now.mono);
                self.tell_journal();
            }
            Event::ClockSteps(millis) => self.wall_offset += millis,
            Event::Wake(id) => self.wake(id),
            Event::Unplug(id) => {
                self.unplugged.insert(id);
            }
            Event::Plug(id) => {
                self.unplugged.remove(&id);
            }
            Event::Unregister(id) => {
                let now = self.now;
                self.with_phone(id, |phone| phone.unregister(now));
            }
            Event::Moved(id) => self.moved(id),
            Event::Rebind { id, sip, rtp } => self.rebind(id, sip, rtp),
            Event::MediaLost(id) => {
                let rtp = self.stations.get(&id).map(|station| station.outer_rtp);
                if let Some(port) = rtp.and_then(|rtp| self.speaking.get(&rtp).copied()) {
                    self.tell(Input::Media(media::Event::Lost { port }));
                }
            }
            Event::Storm(storm) => self.carrier.storm = storm,
            Event::Trouble(at, trouble) => self.carrier.trouble(at, trouble),
            Event::Dns(question) => {
                let nothing = Answer::Nothing { ttl: Duration::from_secs(60) };
                let answer = self.zone.get(&question).cloned().unwrap_or(nothing);
                self.tell(Input::Dns { question, answer });
            }
            Event::SipWeather(weather) => self.sip.set_weather(weather),
            Event::Settle { reached } => self.settle_uncertain(reached),
            Event::Reload(settings) => {
                if let Some(settings) = settings {
                    self.settings.engine = *settings;
                }
                if self.engine.is_some() {
                    self.queued_by.push(engine::queue_settings(&self.settings.engine));
                    self.command(Command::Reload(Box::new(self.settings.engine.clone())));
                }
            }
            Event::Operate(operation) => self.operate(operation),
            Event::CancelOldest => {
                let queues = self.engine.as_ref().map(Engine::queues);
                let oldest = queues.and_then(|queues| queues.requests().next());
                if let Some(request) = oldest.map(|view| view.request) {
                    self.command(Command::Cancel { request });
                }
            }
        }
    }

    fn settle_uncertain(&mut self, reached: bool) {
        let Some(engine) = &self.engine else { return };
        let uncertain = |view: &RequestView| matches!(view.stage, RequestStage::Uncertain { .. });
        let requests = engine.queues().requests().filter(uncertain);
        let requests: Vec<RequestId> = requests.map(|view| view.request).collect();
        for request in requests {
            self.command(Command::Resolve { request, reached });
        }
    }

    fn crash_now(&mut self, torn: bool, down: Duration) {
        if self.engine.take().is_none() {
            return;
        }
        self.doomed = None;
        self.shelf.crash(self.now.mono);
        for fact in self.journal.crash(torn) {
            self.show(&Seen::Durable(&fact));
        }
        self.ports.clear();
        self.speaking.clear();
        self.places.retain(|_, place| !matches!(place, Place::EnginePort(_)));
        self.show(&Seen::Crash);
        self.plan(self.now.mono + down, Event::Restart);
    }

    pub(super) fn restart(&mut self) {
        if self.engine.is_some() {
            return;
        }
        self.starts += 1;
        self.sound = World::sound(&self.settings, &self.entropy, self.starts);
        let (recovered, people) = self.journal.recover();
        let start = Start {
            recovered,
            people,
            entropy: self.entropy.branch(&format!("engine {}", self.starts)),
            clips: Arc::clone(&self.settings.clips),
            reel: true,
        };
        self.reels.push(queue::reel::HEAD.to_vec());
        self.queued_by.push(engine::queue_settings(&self.settings.engine));
        let settings = self.settings.engine.clone();
        self.show(&Seen::Restart(&settings));
        self.engine = Some(Engine::new(settings, start, self.now));
        self.drain_engine();
        let everybody: Vec<usize> = self.stations.keys().copied().collect();
        for id in everybody {
            self.with_person(id, |person, hands| person.engine_started(hands));
        }
    }

    fn deliver(&mut self, datagram: Datagram) {
        let Datagram { from, to, bytes } = datagram;
        let now = self.now;
        match self.places.get(&to).copied() {
            Some(Place::EngineSip(listener)) => {
                self.trace.wire(now, from, to, &bytes);
                self.tell(Input::Datagram { source: Hop { listener, peer: from }, bytes });
            }
            Some(Place::EnginePort(port)) => {
                self.show(&Seen::PacketCame { port, from, bytes: &bytes });
                if let Sound::Packets(media) = &mut self.sound {
                    media.handle_packet(now.mono, port, from, &bytes);
                }
                self.drain_sound();
            }
            Some(Place::Carrier) => match self.carrier.route(to, &bytes) {
                Route::Phone(id) => self.ring_up(id, from, to, &bytes),
                Route::Refused(bytes) => {
                    self.sip.send(now.mono, Datagram { from: to, to: from, bytes });
                }
                Route::Nowhere => {}
            },
            Some(Place::PhoneSip(id)) => self.ring_up(id, from, to, &bytes),
            Some(Place::PhoneRtp(id)) if self.unplugged.contains(&id) => {}
            Some(Place::PhoneRtp(id)) => {
                self.with_phone(id, |phone| phone.handle_rtp(now, from, &bytes));
            }
            None => {}
        }
    }

    /// A SIP datagram reaches a phone, if it is plugged in.
    fn ring_up(&mut self, id: usize, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let now = self.now;
        if !self.unplugged.contains(&id) {
            self.trace.wire(now, from, to, bytes);
            self.with_phone(id, |phone| phone.handle_sip(now, from, bytes));
        }
    }

    // The engine's side.

    pub(super) fn tell(&mut self, input: Input) {
        if self.engine.is_some() {
            self.show(&Seen::Input(&input));
        }
        let Some(engine) = &mut self.engine else { return };
        engine.handle(self.now, input);
        self.drain_engine();
    }

    fn drain_engine(&mut self) {
        while let Some(frame) = self.engine.as_mut().and_then(Engine::poll_reel) {
            self.reels.last_mut().expect("a start has a reel").extend(frame);
        }
        while let Some(output) = self.engine.as_mut().and_then(Engine::poll) {
            self.show(&Seen::Output(&output));
            match output {
                Output::Datagram { to, bytes } => {
                    let from = self.settings.engine.sip.listener(to.listener).local;
                    self.perhaps_cross(to.peer, &bytes);
                    self.sip.send(self.now.mono, Datagram { from, to: to.peer, bytes });
                }
                Output::Ask(question) => {
                    self.plan(self.now.mono + DNS_DELAY, Event::Dns(question));
                }
                Output::Media(command) => self.order_sound(command),
                Output::Recorder(order) => self.shelf.handle_order(order),
                Output::Record(record) => self.write(*record),
                Output::Reply { result, .. } => self.replies.push_back(result),
                Output::Status(status) => self.trace.status(self.now, &status),
            }
        }
        if let Some(engine) = &self.engine {
            for oracle in &mut self.oracles {
                oracle.see(self.now, &Seen::Quiet(engine));
            }
        }
        self.tell_journal();
        while let Some(answer) = self.shelf.answer() {
            self.tell(Input::Recorder(answer));
        }
        self.drain_sound();
        self.cross();
    }

    fn write(&mut self, record: ledger::Record) {
        self.records += 1;
        let seq = record.entry.seq;
        self.note_estimate(&record.entry.fact);
        self.trace.note(self.now, &format!("record {seq} {}", record.entry.fact.encode()));
        self.journal.write(self.now.mono, record);
        if let Some(crash) = self.crash
            && crash.record == self.records
        {
            self.crash = None;
            match crash.moment {
                Moment::BeforeSync => {
                    self.plan(self.now.mono, Event::Crash { torn: false, down: crash.down });
                }
                Moment::BeforeHeard | Moment::AfterHeard => {
                    self.crash = Some(crash);
                    self.doomed = Some(seq);
                }
            }
        }
    }

    /// What would be told to a caller who has just come.
    fn note_estimate(&mut self, fact: &ledger::Fact) {
        let ledger::Fact::CallArrived { call, .. } = fact else { return };
        let Some(queues) = self.engine.as_ref().map(Engine::queues) else { return };
        if let (Estimate::Mean(mean), Some(range)) = (queues.estimate(*call), queues.range(*call)) {
            self.estimates.insert(*call, (mean, range));
        }
    }

    /// A batch reaches the disk; the engine hears of it unless it dies in between.
    fn sync(&mut self) {
        for fact in self.journal.handle_timeout(self.now.mono) {
            self.show(&Seen::Durable(&fact));
        }
        let doomed = self.doomed.is_some_and(|seq| self.journal.last_seq() >= Some(seq));
        let crash = self.crash.filter(|_| doomed);
        if let Some(CrashAt { moment: Moment::BeforeHeard, down, .. }) = crash {
            self.crash = None;
            self.crash_now(false, down);
            return;
        }
        self.tell_journal();
        if let Some(CrashAt { down, .. }) = crash {
            self.crash = None;
            self.crash_now(false, down);
        }
    }

    pub(super) fn tell_journal(&mut self) {
        while let Some(answer) = self.journal.answer() {
            if let Input::Journal(JournalState::Down { why }) = &answer {
                self.trace.note(self.now, &format!("journal down: {why}"));
            }
            self.tell(answer);
        }
    }

    fn order_sound(&mut self, command: media::Command) {
        match &command {
            media::Command::Open { port, local } => {
                self.places.insert(*local, Place::EnginePort(*port));
                self.ports.insert(*port, *local);
            }
            media::Command::Close { port } => {
                if let Some(local) = self.ports.remove(port) {
                    self.places.remove(&local);
                }
                self.speaking.retain(|_, speaks| speaks != port);
            }
            media::Command::Connect { port, stream } => {
                self.speaking.insert(stream.remote, *port);
            }
            _ => {}
        }
        match &mut self.sound {
            Sound::Packets(media) => media.handle_command(self.now.mono, command),
            Sound::Cues(cues) => {
                let joined = match &command {
                    media::Command::Bridge { one, other, .. } => Some((*one, *other)),
                    _ => None,
                };
                cues.handle_command(self.now.mono, command);
                let ends = joined.map(|(one, other)| (cues.remote(one), cues.remote(other)));
                if let Some((one, other)) = ends {
                    let (one, other) = (self.phone_at(one), self.phone_at(other));
                    self.show(&Seen::Joined { one, other });
                }
            }
        }
    }

    fn phone_at(&self, rtp: Option<SocketAddr>) -> Option<usize> {
        match self.places.get(&rtp?) {
            Some(Place::PhoneRtp(id)) => Some(*id),
            _ => None,
        }
    }

    pub(super) fn drain_sound(&mut self) {
        loop {
            let event = match &mut self.sound {
                Sound::Cues(cues) => cues.poll(),
                Sound::Packets(media) => match media.poll() {
                    Some(media::Output::Bind { port, .. }) => {
                        media.handle_bound(self.now.mono, port, true);
                        continue;
                    }
                    Some(
                        media::Output::Read { .. }
                        | media::Output::Control { .. }
                        | media::Output::Release { .. },
                    ) => continue,
                    Some(media::Output::Heard(heard)) => {
                        self.shelf.handle_heard(self.now.mono, &heard);
                        continue;
                    }
                    Some(media::Output::Packet { port, to, bytes }) => {
                        let bytes = bytes.to_vec();
                        let from = self.local_of(port);
                        self.show(&Seen::PacketSent { port, to, bytes: &bytes });
                        self.rtp.send(self.now.mono, Datagram { from, to, bytes });
                        continue;
                    }
                    Some(media::Output::Event(event)) => Some(event),
                    None => None,
                },
            };
            let Some(event) = event else { return };
            self.tell(Input::Media(event));
        }
    }

    fn local_of(&self, port: PortId) -> SocketAddr {
        self.ports.get(&port).copied().unwrap_or(lab::ENGINE)
    }
}
