//! One whole callback through the whole engine, at both grains; the verdict is the far end's.

use std::sync::Arc;
use std::time::Duration;

use engine::{RecordingSettings, Settings};
use ivr::flow::{Exits, Flow, Labelled, Step};
use ledger::{Fact, Origin, RequestEnd, RequestState};
use model::{Entropy, Key, Mono, Wall};
use phone::{Answering, Phone, PhoneSettings, Voice};
use queue::AgentStatus;
use sim::{
    AgentHabits, AgentPerson, CustomerHabits, CustomerPerson, Disk, Grain, Weather, Wish, World,
    WorldSettings, lab,
};

const ADA: &str = "+33612345678";

fn at(seconds: u64) -> Mono {
    Mono::ZERO + Duration::from_secs(seconds)
}

fn key(c: char) -> Key {
    Key::from_char(c).expect("a key")
}

fn world(grain: Grain, engine: Settings) -> World {
    let settings = WorldSettings {
        seed: 1,
        grain,
        begins: Wall::from_unix_millis(1_795_257_679_000),
        sip: Weather::FINE,
        rtp: Weather::FINE,
        disk: Disk::FINE,
        mischief: sim::Mischief::default(),
        engine,
        clips: lab::clips(),
    };
    World::new(settings, Vec::new())
}

/// Ada calls at 1 s, presses 2 and 1, and is called back by the agent who comes at 60 s.
fn play(grain: Grain) -> (World, usize, usize) {
    play_with(grain, lab::settings(1), &[(4, '2'), (2, '1')])
}

/// The same with other settings and other keys, each so many seconds after what was before.
fn play_with(grain: Grain, engine: Settings, keys: &[(u64, char)]) -> (World, usize, usize) {
    let voice = if grain == Grain::Packets { Voice::Tone(400.0) } else { Voice::Mute };
    play_voiced(grain, engine, keys, voice)
}

/// The same with another voice of Ada's.
fn play_voiced(
    grain: Grain,
    engine: Settings,
    keys: &[(u64, char)],
    voice: Voice,
) -> (World, usize, usize) {
    let mut world = world(grain, engine);
    let rtp = |mut sip: std::net::SocketAddr| {
        sip.set_port(4_000);
        sip
    };
    let mut settings = PhoneSettings::new("ada", ADA, lab::CARRIER, rtp(lab::CARRIER));
    settings.answering = Answering::after_secs(3);
    settings.voice = voice;
    let habits = CustomerHabits {
        calls_at: vec![at(1)],
        line: format!("sip:{}@{}", lab::LINE, lab::ENGINE),
        engine: lab::ENGINE,
        from: format!("sip:{ADA}@{}", lab::CARRIER),
        wish: Wish::Press(keys.iter().map(|(s, c)| (Duration::from_secs(*s), key(*c))).collect()),
        rings: Duration::from_secs(60),
        patience: Duration::from_secs(600),
        talks: Duration::from_secs(20),
        proof: Vec::new(),
        later: None,
    };
    let phone = Phone::new(settings, Entropy::from_u64(11));
    let ada = world.enter(phone, Box::new(CustomerPerson::new(habits)));
    let address = lab::agent_address(1);
    let mut settings = PhoneSettings::new("agent", "agent-1", address, rtp(address));
    settings.answering = Answering::after_secs(2);
    settings.voice = if grain == Grain::Packets { Voice::Tone(1_000.0) } else { Voice::Mute };
    let habits = AgentHabits {
        name: lab::agent_name(1),
        thinks: Duration::from_secs(5),
        declines_permille: 0,
        hangs_up_permille: 0,
        ignores_permille: 0,
        rejects_permille: 0,
        holds_permille: 0,
        transfers_permille: 0,
        colleagues: 1,
        handles: (Duration::from_secs(60), Duration::from_secs(60)),
        shifts: vec![(at(60), AgentStatus::Online)],
    };
    let phone = Phone::new(settings, Entropy::from_u64(12));
    let agent = world.enter(phone, Box::new(AgentPerson::new(habits, Entropy::from_u64(13))));
    world.run_until(at(300));
    (world, ada, agent)
}

fn far_end_saw_one_callback(world: &World, ada: usize) {
    let diary = world.phone(ada).expect("ada is there").diary();
    assert_eq!(diary.invites().len(), 1, "called back once:\n{}", world.trace().text());
    let back = diary.calls().last().expect("the callback");
    assert!(back.answered.is_some() && back.ended.is_some());
    assert_eq!(back.from.as_deref(), Some(lab::OUTBOUND));
    assert!(back.asserted.as_deref().is_some_and(|uri| uri.contains(lab::OUTBOUND)));
    let fold = world.journal().fold();
    let request = fold.requests.values().next().expect("one request");
    let closed = |state: &RequestState| {
        matches!(state, RequestState::Closed { end: RequestEnd::Completed, .. })
    };
    assert!(closed(&request.state), "{:?}\n{}", request.state, world.trace().text());
    let engine = world.engine().expect("it runs");
    assert!(engine.is_idle(), "something is left over");
    assert_eq!(engine.sip_load(), (0, 0));
}

#[test]
fn a_caller_is_promised_and_called_back_at_the_grain_of_cues() {
    let (world, ada, _) = play(Grain::Cues);
    far_end_saw_one_callback(&world, ada);
}

#[test]
fn a_caller_is_promised_and_called_back_at_the_grain_of_packets_and_both_hear_each_other() {
    let (world, ada, agent) = play(Grain::Packets);
    far_end_saw_one_callback(&world, ada);
    for (who, tone) in [(ada, 1_000.0), (agent, 400.0)] {
        let diary = world.phone(who).expect("there").diary();
        let call = diary.calls().last().expect("a call");
        let (from, to) = (call.talk.expect("talked"), call.ended.expect("ended").0.mono);
        assert!(call.heard_tone(tone, from, to), "{who} did not hear {tone} Hz");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let (one, ..) = play(Grain::Packets);
    let (other, ..) = play(Grain::Packets);
    assert!(one.trace().count() > 20);
    assert_eq!(one.trace().hash(), other.trace().hash());
}

/// The channels of a WAV file of 8,000 samples a second.
fn channels(file: &[u8]) -> Vec<Vec<i16>> {
    let count = usize::from(file[22]);
    let samples: Vec<i16> =
        file[44..].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    (0..count).map(|n| samples.iter().skip(n).step_by(count).copied().collect()).collect()
}

/// How strong a tone is in samples: its amplitude (one bin of a discrete Fourier transform).
fn strength(samples: &[i16], hz: f64) -> f64 {
    let turn = std::f64::consts::TAU * hz / 8_000.0;
    let (re, im) = samples.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, sample)| {
        let (sin, cos) = (turn * n as f64).sin_cos();
        (re + f64::from(*sample) * cos, im + f64::from(*sample) * sin)
    });
    2.0 * (re * re + im * im).sqrt() / samples.len() as f64
}

/// The only file on the shelf, and its sound.
fn only_file(world: &World) -> (String, Vec<Vec<i16>>) {
    assert_eq!(world.shelf().files().len(), 1, "{}", world.trace().text());
    let (name, bytes) = world.shelf().files().first_key_value().expect("one");
    (name.clone(), channels(bytes))
}

#[test]
fn a_callback_is_recorded_as_both_spoke_it() {
    let mut engine = lab::settings(1);
    engine.recording = Some(RecordingSettings {
        ratio_percent: 100,
        announced: true,
        decline_key: None,
        length_max: Duration::from_secs(600),
    });
    let (world, ada, _) = play_with(Grain::Packets, engine, &[(4, '2'), (2, '1')]);
    far_end_saw_one_callback(&world, ada);
    let (name, sound) = only_file(&world);
    assert!(name.contains("-call-") && !name.contains("612345678"), "{name}");
    let middle = |channel: &[i16]| channel[16_000..24_000].to_vec();
    for (channel, own, other) in [(0, 1_000.0, 400.0), (1, 400.0, 1_000.0)] {
        let heard = middle(&sound[channel]);
        let (own, other) = (strength(&heard, own), strength(&heard, other));
        assert!(own > 1_000.0 && other < own / 20.0, "channel {channel}: {own} and {other}");
    }
    let call = world.phone(ada).expect("there").diary().calls().last().expect("a call");
    let talked = call.ended.expect("ended").0.mono.since(call.talk.expect("talked"));
    let recorded = Duration::from_millis(sound[0].len() as u64 / 8);
    assert!(recorded <= talked && recorded + Duration::from_secs(4) > talked, "{recorded:?}");
}

/// Callers wait, and leave the queue for a message by key 5.
fn with_messages() -> Settings {
    let mut engine = lab::settings(1);
    let step = |label: &str, step| Labelled { label: Some(label.into()), step };
    let keys = [(key('5'), "message".into())].into();
    let exits = Exits { keys, ..Exits::default() };
    let call_back = Some("caller.number".into());
    let flow = Flow::new(
        "messages",
        vec![
            step("wait", Step::Queue { exits, offer: false, say: None }),
            step("message", Step::Message { say: None, call_back }),
            step("end", Step::HangUp),
        ],
    );
    engine.lines[0].flow = Some(Arc::new(flow.expect("a good flow")));
    engine
}

#[test]
fn a_message_left_in_the_queue_is_kept_and_answered_by_a_callback() {
    // The invitation and the tone last six seconds in the laboratory.
    let keys = [(3, '5'), (6 + 8, '#')];
    let (world, ada, _) = play_with(Grain::Packets, with_messages(), &keys);
    far_end_saw_one_callback(&world, ada);
    let (name, sound) = only_file(&world);
    assert!(name.ends_with("-message.wav"), "{name}");
    assert_eq!(sound.len(), 1, "one channel");
    let secs = sound[0].len() as f64 / 8_000.0;
    assert!((6.0..9.0).contains(&secs), "{secs} s");
    assert!(strength(&sound[0][8_000..16_000], 400.0) > 1_000.0, "ada is heard");
    let facts: Vec<&Fact> = world.journal().durable().iter().map(|entry| &entry.fact).collect();
    let left = |fact: &&&Fact| matches!(fact, Fact::MessageLeft { file, .. } if *file == name);
    assert_eq!(facts.iter().filter(left).count(), 1);
    let asked = facts.iter().find_map(|fact| match fact {
        Fact::CallbackRequested { terms, .. } => Some((terms.origin, terms.tags.clone())),
        _ => None,
    });
    assert_eq!(asked, Some((Origin::Voicemail, vec![name])));
}

#[test]
fn a_message_ends_when_nothing_more_is_said() {
    // She speaks for 15 s from the answer on, which is five or six of the message.
    let turn = std::f64::consts::TAU * 400.0 / 8_000.0;
    let hum = |at: u32| if at < 15 * 8_000 { (f64::from(at) * turn).sin() * 8_000.0 } else { 0.0 };
    let voice: Vec<i16> = (0..120 * 8_000).map(|at| hum(at) as i16).collect();
    let voice = Voice::Samples(voice.into());
    let (world, ada, _) = play_voiced(Grain::Packets, with_messages(), &[(3, '5')], voice);
    far_end_saw_one_callback(&world, ada);
    let (_, sound) = only_file(&world);
    let silence = ivr::Settings::default().message_silence.as_secs_f64();
    let secs = sound[0].len() as f64 / 8_000.0;
    assert!((silence + 4.0..silence + 7.5).contains(&secs), "{secs} s");
    let first = world.phone(ada).expect("there").diary().calls().first().expect("a call").clone();
    let call = first.ended.expect("ended").0.mono.since(first.talk.expect("talked"));
    assert!(call < Duration::from_secs(40), "{call:?}, and not the longest message");
}

#[test]
fn who_says_nothing_leaves_no_message() {
    let (world, ada, _) = play_voiced(Grain::Packets, with_messages(), &[(3, '5')], Voice::Silence);
    assert_eq!(world.shelf().files().len(), 0);
    assert!(world.journal().fold().requests.is_empty(), "nobody is called back");
    assert!(world.phone(ada).expect("there").diary().invites().is_empty());
    assert!(world.engine().expect("it runs").is_idle());
}

#[test]
fn a_message_of_a_moment_is_none() {
    let keys = [(3, '5'), (6 + 1, '#')];
    let (world, ada, _) = play_with(Grain::Packets, with_messages(), &keys);
    assert_eq!(world.shelf().files().len(), 0);
    assert!(world.journal().fold().requests.is_empty(), "nobody is called back");
    assert!(world.phone(ada).expect("there").diary().invites().is_empty());
    assert!(world.engine().expect("it runs").is_idle());
}
