//! One whole callback through the whole engine, at both grains; the verdict is the far end's.

use std::time::Duration;

use ledger::{RequestEnd, RequestState};
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

fn world(grain: Grain) -> World {
    let settings = WorldSettings {
        seed: 1,
        grain,
        begins: Wall::from_unix_millis(1_795_257_679_000),
        sip: Weather::FINE,
        rtp: Weather::FINE,
        disk: Disk::FINE,
        mischief: sim::Mischief::default(),
        engine: lab::settings(1),
        clips: lab::clips(),
    };
    World::new(settings, Vec::new())
}

/// Ada calls at 1 s, presses 2 and 1, and is called back by the agent who comes at 60 s.
fn play(grain: Grain) -> (World, usize, usize) {
    let mut world = world(grain);
    let rtp = |mut sip: std::net::SocketAddr| {
        sip.set_port(4_000);
        sip
    };
    let mut settings = PhoneSettings::new("ada", ADA, lab::CARRIER, rtp(lab::CARRIER));
    settings.answering = Answering::after_secs(3);
    settings.voice = if grain == Grain::Packets { Voice::Tone(400.0) } else { Voice::Mute };
    let habits = CustomerHabits {
        calls_at: vec![at(1)],
        line: format!("sip:{}@{}", lab::LINE, lab::ENGINE),
        engine: lab::ENGINE,
        from: format!("sip:{ADA}@{}", lab::CARRIER),
        wish: Wish::Press(vec![
            (Duration::from_secs(4), key('2')),
            (Duration::from_secs(2), key('1')),
        ]),
        rings: Duration::from_secs(60),
        patience: Duration::from_secs(600),
        talks: Duration::from_secs(20),
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
