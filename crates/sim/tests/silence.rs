//! A caller of whom nothing is heard any more: asked by the engine whether the call still stands.

use std::time::Duration;

use model::{Entropy, Mono, Wall};
use phone::{Phone, PhoneSettings, Voice};
use sim::{
    CustomerHabits, CustomerPerson, Disk, Event, Grain, Weather, Wish, World, WorldSettings, lab,
};

fn at(seconds: u64) -> Mono {
    Mono::ZERO + Duration::from_secs(seconds)
}

/// Ada calls at 1 s and waits; at 20 s something happens to her phone.
fn play(voice: Voice, fate: Option<Event>) -> (World, usize) {
    let settings = WorldSettings {
        seed: 1,
        grain: Grain::Packets,
        begins: Wall::from_unix_millis(1_795_257_679_000),
        sip: Weather::FINE,
        rtp: Weather::FINE,
        disk: Disk::FINE,
        mischief: sim::Mischief::default(),
        engine: lab::settings(1),
        clips: lab::clips(),
    };
    let mut world = World::new(settings, Vec::new());
    let mut rtp = lab::CARRIER;
    rtp.set_port(4_000);
    let mut settings = PhoneSettings::new("ada", "+33612345678", lab::CARRIER, rtp);
    settings.voice = voice;
    let habits = CustomerHabits {
        calls_at: vec![at(1)],
        line: format!("sip:{}@{}", lab::LINE, lab::ENGINE),
        engine: lab::ENGINE,
        from: format!("sip:+33612345678@{}", lab::CARRIER),
        wish: Wish::Press(Vec::new()),
        rings: Duration::from_secs(60),
        patience: Duration::from_secs(3_600),
        talks: Duration::from_secs(20),
        proof: Vec::new(),
        later: None,
    };
    let phone = Phone::new(settings, Entropy::from_u64(11));
    let ada = world.enter(phone, Box::new(CustomerPerson::new(habits)));
    if let Some(event) = fate {
        world.plan(at(20), event);
    }
    world.run_until(at(160));
    (world, ada)
}

fn requests(world: &World, ada: usize, method: &str) -> usize {
    let diary = world.phone(ada).expect("ada is there").diary();
    let lines = diary.ladder();
    lines.lines().filter(|line| line.contains(method)).count()
}

#[test]
fn a_caller_whose_phone_died_is_let_go() {
    let (world, _) = play(Voice::Tone(400.0), Some(Event::Unplug(0)));
    assert!(world.engine().expect("it runs").is_idle(), "the caller waits for ever");
}

#[test]
fn a_caller_who_is_silent_and_alive_keeps_the_place() {
    let (world, ada) = play(Voice::Mute, None);
    assert_eq!(world.engine().expect("it runs").calls().len(), 1);
    assert_eq!(requests(&world, ada, "OPTIONS"), 2, "asked once, and answered");
}
