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

use engine::{Command, CommandError, Done, Engine, Input, Settings};
use media::{Catalog, Media};
use model::{Entropy, Mono, Now, PortId, Wall};
use phone::Phone;
use sip::ListenerId;
use sip::locate::{Answer, Question};

use crate::carrier::{Carrier, Trouble};
use crate::cues::Cues;
use crate::journal::{Disk, Journal};
use crate::net::{Net, Weather};
use crate::oracle::{Oracle, Verdict};
use crate::person::Person;
use crate::shelf::Shelf;
use crate::trace::Trace;

mod mischief;
mod operate;
mod stations;
mod turn;

use mischief::Crossing;
pub use operate::Operation;

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
    /// What people do at the worst of moments.
    pub mischief: Mischief,
    /// The engine's settings.
    pub engine: Settings,
    /// The engine's clips.
    pub clips: Arc<Catalog>,
}

/// What goes wrong because two things happen at once. Shares are in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mischief {
    /// Of what the engine sends into a call: meets its opposite on the way. A BYE meets a BYE, a
    /// CANCEL the 200, a 200 the CANCEL or a BYE, a re-INVITE another.
    pub crossings_permille: u32,
    /// Of keys, at the packet grain: lose packets, the end packets too, or have them swapped.
    pub keys_permille: u32,
    /// Of calls and of an agent's hours: an address translator binds anew in the middle.
    pub rebinds_permille: u32,
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
    /// Where its datagrams seem to come from: its own addresses, until a translator of addresses
    /// between it and us binds anew.
    outer_sip: SocketAddr,
    outer_rtp: SocketAddr,
    person: Box<dyn Person>,
}

/// Who is at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    EngineSip(ListenerId),
    EnginePort(PortId),
    PhoneSip(usize),
    PhoneRtp(usize),
    Carrier,
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
    /// A phone is cut off: nothing reaches it, nothing comes from it, and it does not know.
    Unplug(usize),
    /// That phone is back.
    Plug(usize),
    /// A phone takes its registration back.
    Unregister(usize),
    /// The address translator in front of a phone gives its signalling another port. The phone does
    /// not know, and nothing that is sent to the old one arrives.
    Moved(usize),
    /// An address translator before a phone binds anew: what the phone sends comes from another
    /// port from now on. Its SIP is still found at the old one, its media is not.
    Rebind {
        /// Whose phone.
        id: usize,
        /// The SIP binding.
        sip: bool,
        /// The RTP binding.
        rtp: bool,
    },
    /// The media threads lose an order for the port that speaks with this phone.
    MediaLost(usize),
    /// The carrier refuses new calls with 503, or no longer.
    Storm(bool),
    /// Something is wrong with one address of the carrier, or no longer.
    Trouble(SocketAddr, Option<Trouble>),
    /// The DNS answers this question of the engine.
    Dns(Question),
    /// Signalling fares otherwise from now on.
    SipWeather(Weather),
    /// The operator settles every dial in doubt.
    Settle {
        /// As what.
        reached: bool,
    },
    /// Somebody gives a command.
    Operate(Operation),
    /// The operator cancels the request that waits longest.
    CancelOldest,
    /// The operator has the settings read again, which may be others.
    Reload(Option<Box<engine::Settings>>),
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
    shelf: Shelf,
    sip: Net,
    rtp: Net,
    stations: BTreeMap<usize, Station>,
    gone: BTreeMap<usize, Phone>,
    unplugged: BTreeSet<usize>,
    carrier: Carrier,
    /// What the DNS knows. A question that is not here has no records.
    zone: BTreeMap<Question, Answer>,
    dice: Entropy,
    /// What is to cross a datagram that has just left: whose, the Call-ID, and what.
    crossings: Vec<(usize, String, Crossing)>,
    /// When an address translator bound the media of whom anew.
    rebound: Vec<(Mono, usize)>,
    next_station: usize,
    wakes: BTreeSet<(Mono, usize)>,
    wake_of: BTreeMap<usize, Mono>,
    places: BTreeMap<SocketAddr, Place>,
    ports: BTreeMap<PortId, SocketAddr>,
    /// Which port of the engine speaks to an address.
    speaking: BTreeMap<SocketAddr, PortId>,
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
    /// What the queue was told, start by start.
    reels: Vec<Vec<u8>>,
    /// How long callers would wait, as it was estimated when they came.
    estimates: BTreeMap<model::CallId, (Duration, queue::Range)>,
    /// The settings that its queue had, one after another.
    queued_by: Vec<queue::Settings>,
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
            shelf: Shelf::default(),
            sip: Net::new(settings.sip, entropy.branch("sip net")),
            rtp: Net::new(settings.rtp, entropy.branch("rtp net")),
            sound,
            dice: entropy.branch("mischief"),
            entropy,
            engine: None,
            starts: 0,
            stations: BTreeMap::new(),
            gone: BTreeMap::new(),
            unplugged: BTreeSet::new(),
            carrier: Carrier::default(),
            zone: BTreeMap::new(),
            crossings: Vec::new(),
            rebound: Vec::new(),
            next_station: 0,
            wakes: BTreeSet::new(),
            wake_of: BTreeMap::new(),
            places: BTreeMap::new(),
            ports: BTreeMap::new(),
            speaking: BTreeMap::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            crash: None,
            records: 0,
            doomed: None,
            replies: VecDeque::new(),
            next_ticket: 0,
            oracles,
            trace: Trace::default(),
            reels: Vec::new(),
            estimates: BTreeMap::new(),
            queued_by: Vec::new(),
            settings,
        };
        for (id, listener) in (0..).map(ListenerId).zip(&world.settings.engine.sip.listeners) {
            world.places.insert(listener.local, Place::EngineSip(id));
        }
        for trunk in &world.settings.engine.trunks {
            let addresses = trunk.targets.iter().filter_map(|target| target.address());
            world.places.extend(addresses.map(|address| (address, Place::Carrier)));
        }
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
        let station = Station { phone, rtp, outer_sip: sip, outer_rtp: rtp, person };
        self.stations.insert(id, station);
        self.after_station(id);
        id
    }

    /// From now on the carrier leads calls to `user` to this phone. (A phone at the trunk's own
    /// address is found without.)
    pub fn serve(&mut self, user: &str, id: usize) {
        self.carrier.serve(user, id);
    }

    /// From now on the DNS answers so. An engine asks for the first time when it starts, and is
    /// answered a moment later.
    pub fn publish(&mut self, question: Question, answer: Answer) {
        self.zone.insert(question, answer);
    }

    /// Takes a person out of the world. The phone's diary stays for the oracles.
    pub fn leave(&mut self, id: usize) {
        let Some(station) = self.stations.remove(&id) else { return };
        let outer = [station.outer_sip, station.outer_rtp];
        for address in [station.phone.settings().sip, station.rtp].into_iter().chain(outer) {
            self.places.remove(&address);
        }
        if let Some(at) = self.wake_of.remove(&id) {
            self.wakes.remove(&(at, id));
        }
        self.gone.insert(id, station.phone);
    }

    /// The phone of a person who is in the world, or was.
    pub fn phone(&self, id: usize) -> Option<&Phone> {
        self.stations.get(&id).map(|station| &station.phone).or_else(|| self.gone.get(&id))
    }

    /// Everybody who is in the world, then everybody who was.
    pub fn people(&self) -> impl Iterator<Item = (usize, &Phone)> {
        let present = self.stations.iter().map(|(id, station)| (*id, &station.phone));
        present.chain(self.gone.iter().map(|(id, phone)| (*id, phone)))
    }

    /// What the world is made of.
    pub fn settings(&self) -> &WorldSettings {
        &self.settings
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

    /// Lets a phone register with the engine from now on.
    pub fn register(&mut self, id: usize, registrar: phone::Registrar) {
        let now = self.now;
        self.with_phone(id, |phone| phone.register(now, registrar));
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

    /// What the queue was told, a reel for each start.
    pub fn reels(&self) -> &[Vec<u8>] {
        &self.reels
    }

    /// How long a caller would wait, on the mean and as a range, as it was estimated on arrival;
    /// none where too little had been seen.
    pub fn estimate(&self, call: model::CallId) -> Option<(Duration, queue::Range)> {
        self.estimates.get(&call).copied()
    }

    /// The settings that the queue had, one after another.
    pub fn queued_by(&self) -> &[queue::Settings] {
        &self.queued_by
    }

    /// The recordings.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// What happened so far, as text and as a hash.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many records the engine has handed over, over all its starts.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How often the engine was started.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// When each agent in the world came and went, in order of time.
    pub fn shifts(&self) -> impl Iterator<Item = Vec<(Mono, queue::AgentStatus)>> + '_ {
        self.stations.values().filter_map(|station| station.person.shifts())
    }

    /// Whether the media of this person came from another address at some time in this span.
    pub fn was_rebound(&self, id: usize, from: Mono, to: Mono) -> bool {
        self.rebound.iter().any(|(at, whose)| *whose == id && (from..=to).contains(at))
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
}
