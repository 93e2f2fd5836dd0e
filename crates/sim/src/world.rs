//! The loop: the earliest thing happens, the engine is told, its outputs go into the world.
//!
//! ```text
//! loop {
//!     next = earliest of (engine, media, journal, network, people, agenda)
//!     the clock skips to it; one input goes in; the outputs are drained
//!     every output and every durable fact is shown to every oracle
//! }
//! ```
//! One seed, one tree of generators, one trace: the same world twice is the same bytes twice.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::{Command, CommandError, Done, Engine, Input, JournalState, Output, Settings, Start};
use media::{Catalog, Media};
use model::{Entropy, Mono, Now, PortId, Wall};
use phone::Phone;

use crate::cues::Cues;
use crate::journal::{Disk, Journal};
use crate::net::{Datagram, Net, Weather};
use crate::oracle::{Oracle, Seen, Verdict};
use crate::person::{Hands, Person};
use crate::trace::Trace;

/// How finely media is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Every RTP packet.
    Packets,
    /// A prompt is one event that ends after its length; keys cross without packets.
    Cues,
}

/// What a world is made of.
#[derive(Clone)]
pub struct WorldSettings {
    /// The root of every draw.
    pub seed: u64,
    /// How finely media is simulated.
    pub grain: Grain,
    /// The wall clock at the start.
    pub begins: Wall,
    /// How signalling fares.
    pub sip: Weather,
    /// How media fares.
    pub rtp: Weather,
    /// How the disk behaves.
    pub disk: Disk,
    /// The engine's settings.
    pub engine: Settings,
    /// The engine's clips.
    pub clips: Arc<Catalog>,
}

/// Where in the life of one record the engine dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Handed over, not yet durable.
    BeforeSync,
    /// Durable, and the engine has not heard of it.
    BeforeHeard,
    /// Durable, heard of, and acted upon.
    AfterHeard,
}

/// A crash planned at a fact boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrashAt {
    /// The how-manieth record handed over, from 1.
    pub record: u64,
    /// Where in its life.
    pub moment: Moment,
    /// How long the machine is down.
    pub down: Duration,
}

/// One phone and its person.
struct Station {
    phone: Phone,
    rtp: SocketAddr,
    person: Box<dyn Person>,
}

/// Who is at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    EngineSip,
    EnginePort(PortId),
    PhoneSip(usize),
    PhoneRtp(usize),
}

/// What the world does by itself at a set time.
#[derive(Debug, Clone)]
pub enum Event {
    /// The engine dies.
    Crash {
        /// A prefix of what was being written had reached the disk.
        torn: bool,
        /// How long it is down.
        down: Duration,
    },
    /// The engine starts.
    Restart,
    /// The journal cannot be written from now on.
    JournalFails,
    /// The journal can be written again.
    JournalMends,
    /// The wall clock steps by this many milliseconds.
    ClockSteps(i64),
    /// A person wakes though no deadline of theirs has come.
    Wake(usize),
}

enum Sound {
    Packets(Box<Media>),
    Cues(Cues),
}

/// See the module.
pub struct World {
    now: Now,
    wall_offset: i64,
    settings: WorldSettings,
    entropy: Entropy,
    engine: Option<Engine>,
    starts: u64,
    sound: Sound,
    journal: Journal,
    sip: Net,
    rtp: Net,
    stations: BTreeMap<usize, Station>,
    next_station: usize,
    wakes: BTreeSet<(Mono, usize)>,
    wake_of: BTreeMap<usize, Mono>,
    places: BTreeMap<SocketAddr, Place>,
    agenda: BTreeMap<(Mono, u64), Event>,
    planned: u64,
    crash: Option<CrashAt>,
    records: u64,
    /// `BeforeHeard` or `AfterHeard` of the planned crash waits for this record.
    doomed: Option<model::Seq>,
    replies: VecDeque<Result<Done, CommandError>>,
    next_ticket: u64,
    oracles: Vec<Box<dyn Oracle>>,
    trace: Trace,
}

impl World {
    /// A world whose engine has just started on an empty journal.
    pub fn new(settings: WorldSettings, oracles: Vec<Box<dyn Oracle>>) -> World {
        let entropy = Entropy::from_u64(settings.seed);
        let sound = World::sound(&settings, &entropy, 0);
        let mut world = World {
            now: Now { mono: Mono::ZERO, wall: settings.begins },
            wall_offset: settings.begins.as_unix_millis(),
            journal: Journal::new(settings.disk, entropy.branch("disk")),
            sip: Net::new(settings.sip, entropy.branch("sip net")),
            rtp: Net::new(settings.rtp, entropy.branch("rtp net")),
            sound,
            entropy,
            engine: None,
            starts: 0,
            stations: BTreeMap::new(),
            next_station: 0,
            wakes: BTreeSet::new(),
            wake_of: BTreeMap::new(),
            places: BTreeMap::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            crash: None,
            records: 0,
            doomed: None,
            replies: VecDeque::new(),
            next_ticket: 0,
            oracles,
            trace: Trace::default(),
            settings,
        };
        world.places.insert(world.settings.engine.sip.local, Place::EngineSip);
        world.restart();
        world
    }

    fn sound(settings: &WorldSettings, entropy: &Entropy, start: u64) -> Sound {
        let clips = Arc::clone(&settings.clips);
        match settings.grain {
            Grain::Packets => {
                let branch = entropy.branch(&format!("media {start}"));
                Sound::Packets(Box::new(Media::new(clips, branch)))
            }
            Grain::Cues => Sound::Cues(Cues::new(clips)),
        }
    }

    // What tests and days do to the world.

    /// Puts a person with a phone into the world; the answer names them.
    pub fn enter(&mut self, phone: Phone, person: Box<dyn Person>) -> usize {
        let id = self.next_station;
        self.next_station += 1;
        let (sip, rtp) = (phone.settings().sip, phone.settings().rtp);
        self.places.insert(sip, Place::PhoneSip(id));
        self.places.insert(rtp, Place::PhoneRtp(id));
        self.stations.insert(id, Station { phone, rtp, person });
        self.after_station(id);
        id
    }

    /// Takes a phone out of the world, with its diary.
    pub fn leave(&mut self, id: usize) -> Option<Phone> {
        let station = self.stations.remove(&id)?;
        self.places.remove(&station.phone.settings().sip);
        self.places.remove(&station.rtp);
        if let Some(at) = self.wake_of.remove(&id) {
            self.wakes.remove(&(at, id));
        }
        Some(station.phone)
    }

    /// The phone of a person in the world.
    pub fn phone(&self, id: usize) -> Option<&Phone> {
        self.stations.get(&id).map(|station| &station.phone)
    }

    /// Everybody in the world.
    pub fn people(&self) -> impl Iterator<Item = (usize, &Phone)> {
        self.stations.iter().map(|(id, station)| (*id, &station.phone))
    }

    /// Plans an event.
    pub fn plan(&mut self, at: Mono, event: Event) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), event);
    }

    /// Plans a crash at a fact boundary.
    pub fn crash_at(&mut self, crash: CrashAt) {
        self.crash = Some(crash);
    }

    /// Gives an operator's command; its reply is among [`World::replies`].
    pub fn command(&mut self, command: Command) {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.tell(Input::Operator { ticket, command });
    }

    /// The replies to commands since the last look.
    pub fn replies(&mut self) -> Vec<Result<Done, CommandError>> {
        self.replies.drain(..).collect()
    }

    // What can be seen of it.

    /// The present.
    pub fn now(&self) -> Now {
        self.now
    }

    /// The engine, unless it is down.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What happened so far, as text and as a hash.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many records the engine has handed over, over all its starts.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// At the cue grain: what the person hears now.
    pub fn hears(&self, id: usize) -> Vec<&str> {
        match (&self.sound, self.stations.get(&id)) {
            (Sound::Cues(cues), Some(station)) => cues.hears(station.rtp),
            (Sound::Cues(_) | Sound::Packets(_), _) => Vec::new(),
        }
    }

    /// At the cue grain: the person with whom this one is bridged.
    pub fn bridged_with(&self, id: usize) -> Option<usize> {
        let (Sound::Cues(cues), Some(station)) = (&self.sound, self.stations.get(&id)) else {
            return None;
        };
        match self.places.get(&cues.bridged_with(station.rtp)?) {
            Some(Place::PhoneRtp(peer)) => Some(*peer),
            _ => None,
        }
    }

    /// What every oracle has to say at the end.
    pub fn verdicts(&mut self) -> Vec<Verdict> {
        let mut oracles = std::mem::take(&mut self.oracles);
        let verdicts = oracles.iter_mut().flat_map(|oracle| oracle.verdicts(self)).collect();
        self.oracles = oracles;
        verdicts
    }

    // The loop.

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

    fn skip_to(&mut self, at: Mono) {
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
        self.trace.note(self.now, &format!("world: {event:?}"));
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
        }
    }

    fn crash_now(&mut self, torn: bool, down: Duration) {
        if self.engine.take().is_none() {
            return;
        }
        self.doomed = None;
        self.journal.crash(torn);
        self.places.retain(|_, place| !matches!(place, Place::EnginePort(_)));
        self.show(&Seen::Crash);
        self.plan(self.now.mono + down, Event::Restart);
    }

    fn restart(&mut self) {
        if self.engine.is_some() {
            return;
        }
        self.starts += 1;
        self.sound = World::sound(&self.settings, &self.entropy, self.starts);
        let (recovered, people) = self.journal.recover();
        self.show(&Seen::Restart);
        let start = Start {
            recovered,
            people,
            entropy: self.entropy.branch(&format!("engine {}", self.starts)),
            clips: Arc::clone(&self.settings.clips),
        };
        self.engine = Some(Engine::new(self.settings.engine.clone(), start, self.now));
        self.drain_engine();
    }

    fn deliver(&mut self, datagram: Datagram) {
        let Datagram { from, to, bytes } = datagram;
        let now = self.now;
        match self.places.get(&to).copied() {
            Some(Place::EngineSip) => {
                self.trace.wire(now, from, to, &bytes);
                self.tell(Input::Datagram { source: from, bytes });
            }
            Some(Place::EnginePort(port)) => {
                if let Sound::Packets(media) = &mut self.sound {
                    media.handle_packet(now.mono, port, from, &bytes);
                }
                self.drain_sound();
            }
            Some(Place::PhoneSip(id)) => {
                self.trace.wire(now, from, to, &bytes);
                self.with_phone(id, |phone| phone.handle_sip(now, from, &bytes));
            }
            Some(Place::PhoneRtp(id)) => {
                self.with_phone(id, |phone| phone.handle_rtp(now, from, &bytes));
            }
            None => {}
        }
    }

    // The engine's side.

    fn tell(&mut self, input: Input) {
        let Some(engine) = &mut self.engine else { return };
        engine.handle(self.now, input);
        self.drain_engine();
    }

    fn drain_engine(&mut self) {
        while let Some(output) = self.engine.as_mut().and_then(Engine::poll) {
            self.show(&Seen::Output(&output));
            match output {
                Output::Datagram { to, bytes } => {
                    let from = self.settings.engine.sip.local;
                    self.sip.send(self.now.mono, Datagram { from, to, bytes });
                }
                Output::Media(command) => self.order_sound(command),
                Output::Record(record) => self.write(*record),
                Output::Reply { result, .. } => self.replies.push_back(result),
                Output::Status(status) => self.trace.status(self.now, &status),
            }
        }
        self.tell_journal();
        self.drain_sound();
    }

    fn write(&mut self, record: ledger::Record) {
        self.records += 1;
        let seq = record.entry.seq;
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

    fn tell_journal(&mut self) {
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
            }
            media::Command::Close { port } => {
                let gone = Place::EnginePort(*port);
                self.places.retain(|_, place| *place != gone);
            }
            _ => {}
        }
        match &mut self.sound {
            Sound::Packets(media) => media.handle_command(self.now.mono, command),
            Sound::Cues(cues) => cues.handle_command(self.now.mono, command),
        }
    }

    fn drain_sound(&mut self) {
        loop {
            let event = match &mut self.sound {
                Sound::Cues(cues) => cues.poll(),
                Sound::Packets(media) => match media.poll() {
                    Some(media::Output::Bind { port, .. }) => {
                        media.handle_bound(self.now.mono, port, true);
                        continue;
                    }
                    Some(media::Output::Release { .. }) => continue,
                    Some(media::Output::Packet { port, to, bytes }) => {
                        let bytes = bytes.to_vec();
                        let from = self.local_of(port);
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
        let place = Place::EnginePort(port);
        let found = self.places.iter().find(|(_, at)| **at == place);
        found.map_or(self.settings.engine.sip.local, |(address, _)| *address)
    }

    // The people's side.

    fn wake(&mut self, id: usize) {
        let now = self.now;
        let Some(station) = self.stations.get_mut(&id) else { return };
        if station.phone.deadline().is_some_and(|deadline| deadline.at <= now.mono) {
            station.phone.handle_timeout(now);
        }
        if station.person.deadline().is_some_and(|at| at <= now.mono) {
            self.with_person(id, |person, hands| person.wake(now, hands));
        }
        self.after_station(id);
    }

    fn with_phone(&mut self, id: usize, act: impl FnOnce(&mut Phone)) {
        if let Some(station) = self.stations.get_mut(&id) {
            act(&mut station.phone);
            self.after_station(id);
        }
    }

    fn with_person(&mut self, id: usize, act: impl FnOnce(&mut dyn Person, &mut Hands<'_>)) {
        let Some(station) = self.stations.get_mut(&id) else { return };
        let mut hands = Hands::of(&mut station.phone);
        act(station.person.as_mut(), &mut hands);
        let Hands { presses, commands, .. } = hands;
        let rtp = station.rtp;
        for (call, key) in presses {
            match &mut self.sound {
                Sound::Packets(_) => {
                    if let Some(station) = self.stations.get_mut(&id) {
                        station.phone.press(self.now, call, phone::KeyPress::new(key));
                    }
                }
                Sound::Cues(cues) => cues.press(rtp, key),
            }
        }
        self.drain_sound();
        for command in commands {
            self.command(command);
        }
    }

    /// Drains a phone and sets the time at which the station wants to be woken.
    fn after_station(&mut self, id: usize) {
        while let Some(station) = self.stations.get_mut(&id) {
            let (sip, rtp) = (station.phone.settings().sip, station.rtp);
            match station.phone.poll() {
                Some(phone::Output::Sip { to, bytes }) => {
                    self.sip.send(self.now.mono, Datagram { from: sip, to, bytes });
                }
                Some(phone::Output::Rtp { to, bytes }) => {
                    self.rtp.send(self.now.mono, Datagram { from: rtp, to, bytes });
                }
                Some(phone::Output::Event(event)) => {
                    let now = self.now;
                    self.trace.note(now, &format!("phone {id}: {event:?}"));
                    self.show(&Seen::Phone { id, event: &event });
                    self.with_person(id, |person, hands| person.hear(now, &event, hands));
                }
                None => break,
            }
        }
        let Some(station) = self.stations.get(&id) else { return };
        let phone = station.phone.deadline().map(|deadline| deadline.at);
        let at = [phone, station.person.deadline()].into_iter().flatten().min();
        if let Some(old) = self.wake_of.remove(&id) {
            self.wakes.remove(&(old, id));
        }
        if let Some(at) = at {
            self.wakes.insert((at, id));
            self.wake_of.insert(id, at);
        }
    }

    fn show(&mut self, seen: &Seen<'_>) {
        for oracle in &mut self.oracles {
            oracle.see(self.now, seen);
        }
    }
}
