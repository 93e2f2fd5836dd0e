//! One scene of a story: an engine, six customers, the agents, and what each of them does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::{AgentPhone, Command, Settings};
use media::Catalog;
use model::{Entropy, Key, Mono, NumberFormat, Wall};
use phone::{Answering, CallTo, Phone, PhoneSettings, Voice};
use queue::AgentStatus;

use super::ear::{Ear, Play};
use super::puppet::{Act, Mind, Puppet};
use super::tale::Told;
use crate::journal::Disk;
use crate::lab;
use crate::net::Weather;
use crate::oracle::Oracle;
use crate::oracles;
use crate::world::{Event, Grain, Mischief, World, WorldSettings};

/// The customers, in the order of their numbers: Ada is +33612345671.
pub const CUSTOMERS: [&str; 6] = ["ada", "bob", "carl", "dora", "emil", "fay"];
/// When the wall clock of every scene begins: Monday 2026-11-23, 09:00 UTC.
pub(super) const BEGINS: Wall = Wall::from_unix_millis(1_795_424_400_000);
/// Between two keys.
const BETWEEN_KEYS: Duration = Duration::from_millis(300);
/// How long after its end a scene is still watched.
const EPILOGUE: Duration = Duration::from_secs(120);

/// Somebody with a phone.
pub(super) struct Someone {
    pub(super) id: usize,
    pub(super) rtp: SocketAddr,
    mind: Rc<RefCell<Mind>>,
}

/// How somebody calls.
#[derive(Debug, Clone, Default)]
pub struct Calling {
    /// The number dialled; the line's when absent.
    pub line: Option<&'static str>,
    /// The user of From; the customer's number when absent.
    pub from: Option<&'static str>,
    /// The user of P-Asserted-Identity.
    pub asserted: Option<&'static str>,
}

/// How keys come from the phones of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// As one event, without a packet.
    Cues,
    /// As telephone-event, every packet of it (RFC 4733).
    Events,
    /// As tones in the voice, every packet of it.
    Tones,
    /// By SIP INFO, beside a voice in packets.
    Info,
}

impl Keys {
    fn grain(self) -> Grain {
        match self {
            Keys::Cues => Grain::Cues,
            Keys::Events | Keys::Tones | Keys::Info => Grain::Packets,
        }
    }
}

/// See the module.
pub struct Scene<'t> {
    pub(super) world: World,
    pub(super) people: BTreeMap<String, Someone>,
    pub(super) plays: Rc<RefCell<Vec<Play>>>,
    /// From when on something that is waited for counts.
    pub(super) mark: Mono,
    /// Whose phones have registered.
    registered: Vec<usize>,
    lines: &'t mut Vec<String>,
}

/// The number of a customer.
pub fn number_of(customer: &str) -> String {
    let place = CUSTOMERS.iter().position(|name| *name == customer);
    format!("+3361234567{}", place.expect("one of the customers") + 1)
}

/// A moment as the time line shows it: `1:02`, and tenths when there are any.
pub(super) fn clock(at: Mono) -> String {
    let tenths = (at.as_nanos() + 50_000_000) / 100_000_000;
    let (secs, tenth) = (tenths / 10, tenths % 10);
    let mut text = String::new();
    if secs >= 3_600 {
        let _ = write!(text, "{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60);
    } else {
        let _ = write!(text, "{}:{:02}", secs / 60, secs % 60);
    }
    if tenth > 0 {
        let _ = write!(text, ".{tenth}");
    }
    text
}

impl<'t> Scene<'t> {
    pub(super) fn begin(
        engine: Settings,
        clips: Arc<Catalog>,
        lines: &'t mut Vec<String>,
        keys: Keys,
    ) -> Scene<'t> {
        let plays = Rc::default();
        let mut watchers = judges(&engine);
        watchers.push(Box::new(Ear::new(Arc::clone(&clips), Rc::clone(&plays))));
        let agents: Vec<String> =
            engine.agents.iter().map(|agent| agent.name.to_string()).collect();
        let telephones = telephones(&engine);
        let world = World::new(
            WorldSettings {
                seed: 1,
                grain: keys.grain(),
                begins: BEGINS,
                sip: Weather::FINE,
                rtp: Weather::FINE,
                disk: Disk::FINE,
                mischief: Mischief::default(),
                engine,
                clips,
            },
            watchers,
        );
        let people = BTreeMap::new();
        let mut scene =
            Scene { world, people, plays, mark: Mono::ZERO, registered: Vec::new(), lines };
        for (n, name) in (1..).zip(CUSTOMERS) {
            let address = SocketAddr::from(([10, 0, 0, n], 5060));
            let id = scene.enter(name, &number_of(name), address, keys);
            scene.world.serve(&number_of(name), id);
        }
        for name in agents {
            let number = name.trim_start_matches("agent-").parse().unwrap_or(1);
            let id = scene.enter(&name, &name, lab::agent_address(number), keys);
            if let Some(telephone) = telephones.get(&name) {
                scene.world.serve(telephone, id);
            }
        }
        scene
    }

    fn enter(&mut self, name: &str, user: &str, sip: SocketAddr, keys: Keys) -> usize {
        let mut rtp = sip;
        rtp.set_port(4_000);
        let mut settings = PhoneSettings::new(name, user, sip, rtp);
        settings.voice = if keys == Keys::Cues { Voice::Mute } else { Voice::Silence };
        settings.events = settings.events.filter(|_| keys != Keys::Tones);
        settings.answering = Answering::after_secs(2);
        let mind = Mind { informs: keys == Keys::Info, ..Mind::default() };
        let mind = Rc::new(RefCell::new(mind));
        let seed = self.people.len() as u64 + 1;
        let phone = Phone::new(settings, Entropy::from_u64(seed));
        let id = self.world.enter(phone, Box::new(Puppet(Rc::clone(&mind))));
        self.people.insert(name.to_owned(), Someone { id, rtp, mind });
        id
    }

    /// Whoever is dialled so reaches this customer too.
    pub fn also_reached_as(&mut self, who: &str, user: &str) {
        let id = self.someone(who).id;
        self.world.serve(user, id);
    }

    pub(super) fn someone(&self, who: &str) -> &Someone {
        self.people.get(who).unwrap_or_else(|| panic!("nobody is called {who}"))
    }

    // The time line.

    /// Seconds since the scene began.
    pub fn now(&self) -> f64 {
        seconds(self.world.now().mono)
    }

    /// Adds to the time line what happened at a moment.
    pub(super) fn note_at(&mut self, at: Mono, words: &str) {
        self.lines.push(format!("{} {words}", clock(at)));
    }

    fn note(&mut self, words: &str) {
        let now = self.world.now().mono;
        self.note_at(now, words);
    }

    /// So many seconds pass.
    pub fn wait(&mut self, secs: u64) {
        let end = self.world.now().mono + Duration::from_secs(secs);
        self.world.run_until(end);
    }

    /// Time passes until so many seconds since the scene began.
    pub fn until(&mut self, secs: f64) {
        self.world.run_until(Mono::ZERO + Duration::from_secs_f64(secs));
    }

    // What people do. Whatever is waited for next must begin after it.

    pub(super) fn does(&mut self, who: &str, act: Act) {
        self.mark = self.world.now().mono;
        self.does_at(who, self.mark, act);
    }

    fn does_at(&mut self, who: &str, at: Mono, act: Act) {
        let someone = self.someone(who);
        someone.mind.borrow_mut().acts.push_back((at, act));
        let id = someone.id;
        let now = self.world.now().mono;
        self.world.plan(now, Event::Wake(id));
        self.world.run_until(now);
    }

    /// A customer calls the line.
    pub fn calls(&mut self, who: &str) {
        self.calls_so(who, &Calling::default());
    }

    /// A customer calls, in some way.
    pub fn calls_so(&mut self, who: &str, how: &Calling) {
        let line = how.line.unwrap_or(lab::LINE);
        let uri = |user: &str| format!("sip:{user}@{}", lab::CARRIER);
        let mut to = CallTo::new(format!("sip:{line}@{}", lab::ENGINE), lab::ENGINE);
        to.from = Some(uri(how.from.unwrap_or(&number_of(who))));
        to.asserted = how.asserted.map(uri);
        let named = how.from.map(|from| format!(", From {from}"));
        let asserted = how.asserted.map(|user| format!(", asserted {user}"));
        let dialled = how.line.map(|line| format!(" {line}"));
        let words = [dialled, named, asserted].map(Option::unwrap_or_default).concat();
        self.note(&format!("{who} calls{words}"));
        self.does(who, Act::Call(to));
    }

    /// Somebody presses keys, three in a second.
    pub fn presses(&mut self, who: &str, keys: &str) {
        self.note(&format!("{who} presses {keys}"));
        let begun = self.world.now().mono;
        self.mark = begun;
        let mut at = begun;
        for key in keys.chars() {
            let key = Key::from_char(key).expect("a key of a telephone");
            self.does_at(who, at, Act::Press(key));
            at = at + BETWEEN_KEYS;
        }
        self.world.run_until(at);
    }

    /// Somebody hangs up.
    pub fn hangs_up(&mut self, who: &str) {
        self.note(&format!("{who} hangs up"));
        self.does(who, Act::HangUp);
        self.world.run_until(self.mark + Duration::from_millis(10));
    }

    /// Somebody answers the phone that rings.
    pub fn picks_up(&mut self, who: &str) {
        self.note(&format!("{who} picks up"));
        self.does(who, Act::PickUp);
    }

    /// Somebody refuses the call that rings, with this status.
    pub fn refuses(&mut self, who: &str, status: u16) {
        self.note(&format!("{who} refuses with {status}"));
        self.does(who, Act::Reject(status));
        self.world.run_until(self.mark + Duration::from_millis(10));
    }

    /// An agent's phone hands its call on to a colleague.
    pub fn hands_on(&mut self, who: &str, to: &str) {
        self.note(&format!("{who} hands the call on to {to} by REFER"));
        self.does(who, Act::HandOn(format!("sip:{to}@{}", lab::ENGINE)));
    }

    /// Somebody's phone answers calls so from now on.
    pub fn answers(&mut self, who: &str, how: Answering) {
        self.does(who, Act::Answers(how));
    }

    /// The phone rings until somebody picks it up or refuses.
    pub fn lets_ring(&mut self, who: &str) {
        self.note(&format!("{who} lets the phone ring"));
        self.answers(who, Answering::NeverAnswer);
    }

    /// An agent sets the status.
    pub fn sets(&mut self, agent: &str, status: AgentStatus) {
        let word = format!("{status:?}").to_lowercase();
        self.note(&format!("{agent} is {word}"));
        self.tells(Command::SetStatus { agent: agent.into(), status, reason: None });
    }

    /// An agent's phone registers with the engine.
    pub fn registers(&mut self, agent: &str) {
        self.note(&format!("{agent}'s phone registers"));
        let id = self.someone(agent).id;
        self.world.register(id, lab::registrar(1));
        self.registered.push(id);
        self.wait(1);
    }

    /// An agent takes work from now on.
    pub fn online(&mut self, agent: &str) {
        self.sets(agent, AgentStatus::Online);
    }

    /// An operator's command.
    pub fn tells(&mut self, command: Command) {
        self.mark = self.world.now().mono;
        self.world.command(command);
    }

    /// An operator's command that is told in the time line; its answer comes once it is durable.
    pub fn asks(&mut self, words: &str, command: Command) -> Result<String, String> {
        self.note(words);
        self.world.replies();
        self.tells(command);
        self.world.run_until(self.mark + Duration::from_millis(50));
        match self.world.replies().pop() {
            Some(Ok(done)) => Ok(done.what),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("no answer".into()),
        }
    }

    /// The scene is over: everybody hangs up, and every oracle is asked.
    ///
    /// # Errors
    /// What an oracle has against it.
    pub fn end(mut self) -> Told {
        let names: Vec<String> = self.people.keys().cloned().collect();
        for name in &names {
            if !CUSTOMERS.contains(&name.as_str()) {
                let agent = name.as_str().into();
                self.world.command(Command::SetStatus {
                    agent,
                    status: AgentStatus::Offline,
                    reason: None,
                });
            }
        }
        for name in &names {
            self.does(name, Act::Answers(Answering::BUSY));
            self.does(name, Act::HangUp);
            self.does(name, Act::Reject(486));
        }
        let now = self.world.now().mono;
        for id in std::mem::take(&mut self.registered) {
            self.world.plan(now, Event::Unregister(id));
        }
        let end = now + EPILOGUE;
        self.world.run_until(end);
        match self.world.verdicts().first() {
            None => Ok(()),
            Some(verdict) => Err(format!("{}: {}", verdict.oracle, verdict.what)),
        }
    }
}

/// The agents who stand behind the carrier, with their numbers.
fn telephones(settings: &Settings) -> BTreeMap<String, String> {
    let number = |agent: &engine::Agent| match &agent.phone {
        AgentPhone::Telephone { number, .. } => {
            Some((agent.name.to_string(), number.as_ref()?.reveal()))
        }
        AgentPhone::Fixed { .. } | AgentPhone::Registered => None,
    };
    settings.agents.iter().filter_map(number).collect()
}

pub(super) fn seconds(at: Mono) -> f64 {
    at.as_nanos() as f64 / 1e9
}

/// The oracles whose rules hold under every policy. The one that reads the numbers we dial knows
/// only how they are written in full.
fn judges(settings: &Settings) -> Vec<Box<dyn Oracle>> {
    let mut judges: Vec<Box<dyn Oracle>> = Vec::new();
    let plain =
        |trunk: &engine::Trunk| trunk.format == NumberFormat::E164 && trunk.dials.prefix.is_empty();
    if settings.trunks.iter().all(plain) {
        judges.push(Box::new(oracles::Once::new(settings)));
    }
    let others: [Box<dyn Oracle>; 7] = [
        Box::new(oracles::PromiseKept::default()),
        Box::new(oracles::DurableBeforeSpoken::default()),
        Box::new(oracles::WireAudit::default()),
        Box::new(oracles::Offers::default()),
        Box::new(oracles::Conservation::default()),
        Box::new(oracles::AllGone),
        Box::new(oracles::Channels::new(settings)),
    ];
    judges.extend(others);
    judges
}
