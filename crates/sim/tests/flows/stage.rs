//! Plays a script in a small world and writes down what happened.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::{Command, DialledFrom, LegRole, Output, Probing, Status, TrunkTarget};
use model::{Entropy, Mono, Now, RequestId, Seq, Wall};
use phone::{Answering, Phone, PhoneSettings, Voice, Way};
use sim::{Disk, Event, Grain, Oracle, Seen, Verdict, Weather, World, WorldSettings, lab};
use sip::locate::{Answer, Question, Record, Target};

use crate::listening;
use crate::puppet::{Dialogs, Puppet};
use crate::script::{Act, Step};

/// The number of each customer of the scripts, who all have a phone behind the carrier.
const ADA: &str = "+33612345678";
/// A second customer, and the socket of that phone.
const BOB: &str = "+33698765432";
const BOB_AT: SocketAddr = SocketAddr::new(lab::CARRIER.ip(), 5070);
/// The trunk's other target, at which nobody is: what it answers is the carrier's trouble.
const FIRST_TARGET: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2)), 5060);
/// How long after the last step the record goes on.
const EPILOGUE: Duration = Duration::from_secs(150);
/// When the wall clock of every script begins: 2026-11-21 09:00 UTC.
const BEGINS: Wall = Wall::from_unix_millis(1_795_251_600_000);

type Lines = Rc<RefCell<Vec<(Mono, String)>>>;
/// When each fact was handed over: the wall clock may step.
type Written = Rc<RefCell<BTreeMap<Seq, Mono>>>;

/// Writes down prompts and crashes as they happen.
struct Recorder(Lines, Written);

impl Oracle for Recorder {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        let line = match seen {
            Seen::Output(Output::Status(Status::Playing { leg, clips })) => {
                let who = match leg.role {
                    LegRole::Caller => "caller",
                    LegRole::Agent => "agent",
                    LegRole::Customer => "customer",
                    LegRole::Target => "target",
                };
                format!("{who:8} hears {}", clips.join(", "))
            }
            Seen::Output(Output::Record(record)) => {
                self.1.borrow_mut().insert(record.entry.seq, now.mono);
                return;
            }
            Seen::Output(Output::Status(Status::Bridged { .. })) => {
                "both     hear each other".into()
            }
            Seen::Output(Output::Reply { result, .. }) => match result {
                Ok(done) => format!("operator {}", done.what),
                Err(error) => format!("operator no: {error}"),
            },
            Seen::Output(Output::Status(Status::Target { place, change, .. })) => {
                format!("trunk    {place}: {change:?}")
            }
            Seen::Output(Output::Ask(question)) => format!("rappel   asks {question:?}"),
            Seen::Crash => "rappel   dies".into(),
            Seen::Restart(_) => "rappel   starts".into(),
            _ => return,
        };
        self.0.borrow_mut().push((now.mono, line));
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        Vec::new()
    }
}

/// Plays the script; the answer is the lower half of its ladder.
pub fn play(steps: &[Step]) -> String {
    let lines: Lines = Rc::default();
    let written = Written::default();
    let recorder = Recorder(Rc::clone(&lines), Rc::clone(&written));
    let mut world = world(steps, recorder);
    let people = enter(&mut world, steps);
    let mut end = Mono::ZERO;
    for step in steps {
        end = end.max(step.at);
        let command = match &step.act {
            Act::Status(status) => Command::SetStatus {
                agent: step.who.as_str().into(),
                status: *status,
                reason: None,
            },
            Act::Cancel(request) => Command::Cancel { request: RequestId(*request) },
            Act::Resolve(request, reached) => {
                Command::Resolve { request: RequestId(*request), reached: *reached }
            }
            Act::Drain => Command::Drain { cut_after: None },
            Act::Switch(switch, on) => {
                Command::Switch { switch: *switch, of: queue::Part::Engine, on: *on }
            }
            Act::HangUpAll => Command::HangUp,
            _ => continue,
        };
        world.run_until(step.at);
        world.command(command);
    }
    world.run_until(end + EPILOGUE);
    let mut text = write_down(&world, &people, &lines, &written.borrow());
    text.push_str(&heard(&world, steps));
    text
}

/// The engine as the script sets it.
fn engine(steps: &[Step]) -> engine::Settings {
    let mut engine = lab::settings(2);
    for queue in engine.queue.queues.values_mut() {
        // Long enough to be seen, short enough to be waited for.
        queue.decline_pause = Duration::from_secs(10);
    }
    for step in steps {
        match step.act {
            Act::Ports(ports) => engine.media.ports = 16_384..=16_383 + 2 * ports,
            Act::TrunkSrtp(srtp) => engine.trunks[0].srtp = srtp,
            Act::TrunkKeys(keys) => engine.trunks[0].speech.keys = keys,
            Act::AgentsSrtp(srtp) => {
                engine.agents.iter_mut().for_each(|agent| agent.srtp = srtp);
            }
            Act::Register(n) => lab::let_register(&mut engine, n),
            Act::FeatureCodes => lab::take_feature_codes(&mut engine),
            Act::NoOutbound => engine.lines[0].outbound_number = None,
            Act::FirstTarget(_) => {
                let second = engine.trunks[0].targets.remove(0);
                let first = TrunkTarget::of_address(FIRST_TARGET);
                let second = TrunkTarget { priority: 1, ..second };
                engine.trunks[0].targets = vec![first, second];
            }
            Act::Probes(every) => {
                engine.trunks[0].probing = Some(Probing { every, unanswered_max: 1 });
            }
            Act::Named => {
                let target = &mut engine.trunks[0].targets[0];
                target.host = "sip.carrier.example".into();
                let host = target.host.clone();
                target.at = Target { host, port: None, transport: None, secure: false };
            }
            Act::Channels(calls) => engine.trunks[0].limits.calls_max = Some(calls),
            Act::Telephone(ref number) => at_the_telephone(&mut engine, &step.who, number),
            Act::Withholds => engine.lines[0].withheld = true,
            Act::LedBy(ref flow) => engine.flow = Arc::clone(flow),
            Act::ByDiversion => engine.trunks[0].dialled_from = DialledFrom::Diversion,
            Act::AgentDigits(ref digits) => {
                let digits = engine::Digits::parse(digits).expect("a dial string");
                engine.agents.iter_mut().for_each(|agent| agent.speech.digits = digits.clone());
            }
            Act::TrunkDigits(ref digits) => {
                engine.trunks[0].speech.digits =
                    engine::Digits::parse(digits).expect("a dial string");
            }
            Act::HangsUpOnMachines => {
                engine.bridge.answering_machine = engine::OfMachine::HungUpOn;
            }
            Act::LeavesMessages => {
                engine.bridge.answering_machine = engine::OfMachine::Told;
                engine.lines[0].prompts.machine_message = Some("missed-you".into());
            }
            Act::OffersEvery(every) => engine.lines[0].prompts.offer_every = Some(every),
            Act::AwayAfterMissed(most) => {
                engine.queue.agents.values_mut().for_each(|it| it.away_after_missed = most);
            }
            Act::MusicMeanwhile => engine.bridge.until_answered = engine::Meanwhile::Music,
            Act::NoHoldMusic => engine.bridge.hold_music = false,
            Act::Whispers => whisper(&mut engine.lines[0].prompts),
            Act::Numbers(ref prefix) => engine.transfer.numbers.push(prefix.clone()),
            Act::DialsPerNumber(most) => engine.queue.caps.per_number.dials = Some(most),
            _ => engine.queue.queues.values_mut().for_each(|queue| of_queue(queue, &step.act)),
        }
    }
    engine
}

/// The agent is reached by telephone, through the trunk.
fn at_the_telephone(engine: &mut engine::Settings, who: &str, number: &str) {
    let number = Some(model::E164::parse(number).expect("a number"));
    let trunk = engine.trunks[0].name.clone();
    let phone = engine::AgentPhone::Telephone { number, trunk };
    let agents = engine.agents.iter_mut();
    agents.filter(|it| it.name.as_str() == who).for_each(|it| it.phone = phone.clone());
}

/// What the script sets of every queue.
fn of_queue(queue: &mut queue::QueueSettings, act: &Act) {
    match *act {
        Act::NoPause => queue.decline_pause = Duration::ZERO,
        Act::KeepsPlaces(time) => queue.place_kept_for = time,
        Act::TellsWait(secs) => {
            queue.handle_time = Some(Duration::from_secs(secs));
            queue.tells_wait = true;
        }
        Act::TellsPlace => {
            queue.tells_place = true;
            queue.wait_told_max = Duration::from_secs(4 * 3_600);
        }
        Act::CallingHours(from, to) => {
            let hours = queue::CallingHours { from: from * 60, to: to * 60 };
            queue.calling_hours = Some(hours);
        }
        Act::Attempts(total, delay) => {
            queue.attempts_total = total;
            queue.retry_delay = delay;
        }
        _ => {}
    }
}

fn whisper(prompts: &mut engine::LinePrompts) {
    prompts.whisper_agent = Some("whisper-agent".into());
    prompts.whisper_customer = Some("whisper-customer".into());
}

fn world(steps: &[Step], recorder: Recorder) -> World {
    let begins = steps.iter().find_map(|step| match step.act {
        Act::Begins(secs) => Some(Wall::from_unix_millis(secs * 1_000)),
        _ => None,
    });
    let delay = steps.iter().find_map(|step| match step.act {
        Act::Delay(millis) => Some(Duration::from_millis(millis)),
        _ => None,
    });
    let settings = WorldSettings {
        seed: 1,
        grain: grain(steps),
        begins: begins.unwrap_or(BEGINS),
        sip: Weather { delay: delay.unwrap_or(Weather::FINE.delay), ..Weather::FINE },
        rtp: Weather::FINE,
        disk: Disk::FINE,
        mischief: sim::Mischief::default(),
        engine: engine(steps),
        clips: listening::clips(),
    };
    let mut world = World::new(settings, vec![Box::new(recorder)]);
    plan(&mut world, steps);
    world
}

/// Plans what happens to the world by itself.
fn plan(world: &mut World, steps: &[Step]) {
    for step in steps {
        match step.act {
            Act::JournalFails => world.plan(step.at, Event::JournalFails),
            Act::JournalMends => world.plan(step.at, Event::JournalMends),
            Act::FirstTarget(trouble) => {
                world.plan(step.at, Event::Trouble(FIRST_TARGET, Some(trouble)));
            }
            Act::TargetMends => world.plan(step.at, Event::Trouble(FIRST_TARGET, None)),
            Act::Named => publish(world),
            Act::Moved => world.plan(step.at, Event::Moved(station_of(&step.who))),
            Act::Crash(down) => world.plan(step.at, Event::Crash { torn: false, down }),
            Act::ClockSteps(secs) => world.plan(step.at, Event::ClockSteps(secs * 1_000)),
            _ => {}
        }
    }
}

/// Everybody, in the order in which they enter the world.
const PEOPLE: [&str; 4] = ["ada", "agent-1", "agent-2", "bob"];

fn station_of(name: &str) -> usize {
    PEOPLE.iter().position(|known| *known == name).expect("somebody of the script")
}

fn grain(steps: &[Step]) -> Grain {
    let packets = steps.iter().any(|step| matches!(step.act, Act::Packets));
    if packets { Grain::Packets } else { Grain::Cues }
}

/// Where somebody's phone is.
pub fn address_of(name: &str) -> SocketAddr {
    match name {
        "ada" => lab::CARRIER,
        "bob" => BOB_AT,
        "nobody" => SocketAddr::from(([233, 252, 0, 1], 5060)),
        agent => lab::agent_address(
            agent.trim_start_matches("agent-").parse().expect("the number of an agent"),
        ),
    }
}

/// What the DNS says of the trunk's name: SRV records that lead to the carrier.
fn publish(world: &mut World) {
    let ttl = Duration::from_secs(60);
    let srv = |target: &str| Record::Srv {
        priority: 10,
        weight: 1,
        port: lab::CARRIER.port(),
        target: target.into(),
    };
    let names = [
        (Question::Srv("_sip._udp.sip.carrier.example".into()), srv("sbc1.carrier.example.")),
        (Question::A("sbc1.carrier.example".into()), Record::Address(lab::CARRIER.ip())),
    ];
    for (question, record) in names {
        world.publish(question, Answer::Found { records: vec![record], ttl });
    }
}

/// Ada and Bob stand behind the carrier, where callbacks reach Ada; agents have phones of their
/// own.
fn enter(world: &mut World, steps: &[Step]) -> BTreeMap<usize, String> {
    let mut people = BTreeMap::new();
    let dialogs = Dialogs::default();
    for (n, name) in PEOPLE.into_iter().enumerate() {
        let n = u8::try_from(n).expect("four people");
        let sip = address_of(name);
        let user = match n {
            0 => ADA,
            3 => BOB,
            _ => name,
        };
        let mut rtp = sip;
        rtp.set_port(sip.port() - 1_060);
        let mut settings = PhoneSettings::new(name, user, sip, rtp);
        settings.voice = match grain(steps) {
            Grain::Packets => Voice::Tone(listening::voice_of(n.into())),
            Grain::Cues => Voice::Mute,
        };
        settings.answering = Answering::after_secs(2);
        let acts = steps.iter().filter(|step| step.who == name);
        for step in acts.clone() {
            if let Act::Greets(greeting) = step.act {
                settings.voice = Voice::Samples(listening::greeting(greeting).into());
            }
        }
        if acts.clone().any(|step| matches!(step.act, Act::SpeaksTones)) {
            settings.events = None;
        }
        settings.srtp = acts.clone().any(|step| matches!(step.act, Act::SpeaksSrtp));
        let of_others = |act: &Act| {
            let of_the_world = matches!(act, Act::CutOff | Act::Back | Act::Moved | Act::MediaLost);
            let of_the_phone =
                matches!(act, Act::SpeaksSrtp | Act::SpeaksTones | Act::Listens | Act::Greets(_));
            let of_the_phone = of_the_phone || matches!(act, Act::Telephone(_));
            of_the_world || of_the_phone || matches!(act, Act::Rebind { .. } | Act::Status(_))
        };
        let acts = acts.filter(|step| !of_others(&step.act));
        let acts = acts.map(|step| (step.at, step.act.clone())).collect();
        let phone = Phone::new(settings, Entropy::from_u64(u64::from(n)));
        let id = world.enter(phone, Box::new(Puppet::new(user, acts, Dialogs::clone(&dialogs))));
        for step in steps.iter().filter(|step| step.who == name) {
            match step.act {
                Act::CutOff => world.plan(step.at, Event::Unplug(id)),
                Act::Back => world.plan(step.at, Event::Plug(id)),
                Act::MediaLost => world.plan(step.at, Event::MediaLost(id)),
                Act::Telephone(ref number) => world.serve(number, id),
                Act::Rebind { rtp } => {
                    world.plan(step.at, Event::Rebind { id, sip: !rtp, rtp });
                }
                _ => {}
            }
        }
        people.insert(id, name.to_owned());
    }
    people
}

fn write_down(
    world: &World,
    people: &BTreeMap<usize, String>,
    lines: &Lines,
    written: &BTreeMap<Seq, Mono>,
) -> String {
    let mut all = lines.borrow().clone();
    for (id, name) in people {
        let diary = world.phone(*id).expect("nobody leaves").diary();
        for entry in diary.messages() {
            let arrow = if entry.way == Way::In { "<-" } else { "->" };
            let from = match (&entry.from, entry.start.starts_with("INVITE")) {
                (Some(from), true) => format!(" from {from}{}", told(entry)),
                _ => String::new(),
            };
            let again = if entry.again { " again" } else { "" };
            all.push((
                entry.at.mono,
                format!("{name:8} {arrow} {}{from}{again}", start(&entry.start)),
            ));
        }
    }
    for entry in world.journal().durable() {
        let at = written.get(&entry.seq).copied().unwrap_or_default();
        all.push((at, format!("journal  {}", fact(&entry.fact.encode()))));
    }
    all.sort_by_key(|(at, _)| *at);
    let mut text = String::new();
    for (at, line) in all {
        let millis = at.as_nanos() / 1_000_000;
        let _ = writeln!(text, "{:>6}.{:03} {line}", millis / 1_000, millis % 1_000);
    }
    let engine = world.engine().expect("it runs at the end");
    let waiting = engine.queues().requests().count();
    let left = if engine.is_idle() { "nothing is left" } else { "SOMETHING IS LEFT" };
    let _ = writeln!(text, "       end {left} of any call; {waiting} open requests");
    text
}

/// What the phones of those who listen heard, call by call.
fn heard(world: &World, steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps.iter().filter(|step| matches!(step.act, Act::Listens)) {
        let phone = world.phone(station_of(&step.who)).expect("nobody leaves");
        for call in phone.diary().calls() {
            let _ = writeln!(text, "{:>10} heard {}", step.who, listening::told(call, &PEOPLE));
        }
    }
    text
}

/// What an INVITE says of the caller beside From.
fn told(entry: &phone::Entry) -> String {
    let names = ["Privacy: ", "Diversion: "];
    let lines = entry.text.split("\r\n").filter(|line| names.iter().any(|n| line.starts_with(n)));
    let mut told: String = lines.map(|line| format!(" [{line}]")).collect();
    if let Some(asserted) =
        entry.asserted.as_ref().filter(|user| Some(*user) != entry.from.as_ref())
    {
        told.push_str(&format!(" asserting {asserted}"));
    }
    told
}

/// A start line without the parts that every message has.
fn start(line: &str) -> String {
    line.replace(" SIP/2.0", "").replace("SIP/2.0 ", "")
}

/// A fact without what differs from run to run.
fn fact(json: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(json).expect("facts are JSON");
    let Some(object) = value.as_object_mut() else { return json.to_owned() };
    let name = object.remove("fact").and_then(|name| name.as_str().map(str::to_owned));
    for key in ["sip_call_id", "call", "offer", "person", "arrived", "expires", "language"] {
        object.remove(key);
    }
    object.retain(|_, value| !value.is_null());
    for key in ["line", "queue", "trunk", "epoch"] {
        object.remove(key);
    }
    let rest: Vec<String> = object.iter().map(|(key, value)| format!("{key} {value}")).collect();
    format!("{} {}", name.unwrap_or_default(), rest.join(", ")).trim_end().to_owned()
}
