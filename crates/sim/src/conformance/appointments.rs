//! iAdvize: callbacks now, and at a time of the visitor's own.

use engine::{Command, Wish};
use ledger::{Fact, Origin, Terms};
use model::RequestId;
use queue::AgentStatus;

use super::scene::{CUSTOMERS, Scene, number_of};
use super::setup::Setup;
use super::tale::{Tale, Told};

super::tells![
    i02_callbacks_are_for_now_for_later_or_both,
    i07_availability_goes_by_presence_or_by_time_ranges,
    i18_now_needs_a_free_agent_or_opening_hours,
    i19_later_is_offered_always_when_busy_or_by_a_schedule,
    i20_later_needs_time_ranges_and_a_number_for_each_slot,
    i21_a_slot_is_an_hour_unless_told_otherwise,
    i22_a_holiday_has_hours_of_its_own_or_none,
    i23_the_callbacks_of_a_slot_are_spaced_evenly,
    i24_a_full_slot_disappears,
    i25_there_is_at_most_one_callback_a_minute,
    i34_availability_feeds_a_button,
    i35_tags_are_taken,
];

/// One hour, by which scenes count: they begin at ten o'clock in Paris, an hour before a slot.
const HOUR: u64 = 3_600;

/// Open all week from ten to six, in Paris; so many callbacks in a slot.
fn with_slots(tale: &Tale, agents: u8, callbacks: u16) -> Setup {
    let office = [
        ("name", "\"office\""),
        ("zone", "\"Europe/Paris\""),
        ("weekly", "[\"Mon-Sun 10:00-18:00\"]"),
    ];
    let setup = tale.setup(agents).and("hours", &office).with("queue", "hours", "\"office\"");
    let setup = setup.with("queue", "slot_callbacks", &callbacks.to_string());
    setup.with("queue", "deferred", "\"always\"")
}

impl Scene<'_> {
    /// A visitor books the slot that begins so many seconds after the scene.
    fn books(&mut self, number: &str, secs: u64) -> Result<String, String> {
        let slot = Some(self.at(secs));
        let terms = Terms { origin: Origin::Web, slot, ..Terms::default() };
        let wish = Wish { number: number.to_owned(), line: None, language: None, terms };
        let words = format!("a visitor books the slot of {}", clock(secs));
        self.asks(&words, Command::Create(Box::new(wish)))
    }

    /// What is available: a callback now, and later.
    fn available(&self) -> (bool, bool) {
        let now = self.world.now();
        let answer = self.world.engine().and_then(|engine| engine.availability(now, None).ok());
        answer.map_or((false, false), |(it, _)| (it.immediate.is_ok(), it.deferred.is_ok()))
    }

    /// Beginning and free times of every slot of the first day, in hours since the scene began.
    fn slots(&self) -> Vec<(u64, u16)> {
        let now = self.world.now();
        let answer = self.world.engine().and_then(|engine| engine.availability(now, None).ok());
        let slots = answer.map_or_else(Vec::new, |(_, slots)| slots);
        let begins = self.at(0);
        let hours = |slot: &queue::Slot| (slot.begins.since(begins).as_secs() / HOUR, slot.left);
        slots.iter().map(hours).filter(|(hour, _)| *hour < 12).collect()
    }

    /// The times of all appointments on the disk, in seconds since the scene began.
    fn appointments(&self) -> Vec<u64> {
        let begins = self.at(0);
        let due = |(_, terms): (RequestId, Terms)| Some(terms.due?.since(begins).as_secs());
        self.terms().into_iter().filter_map(due).collect()
    }
}

/// The clock of a scene: it begins at 10:00 in Paris.
fn clock(secs: u64) -> String {
    format!("{:02}:{:02}", 10 + secs / HOUR, secs % HOUR / 60)
}

fn i02_callbacks_are_for_now_for_later_or_both(tale: &mut Tale) -> Told {
    for (now, later) in [("always", "never"), ("never", "always"), ("always", "always")] {
        let setup = with_slots(tale, 1, 6);
        let setup = setup.with("queue", "immediate", &format!("\"{now}\""));
        let setup = setup.with("queue", "deferred", &format!("\"{later}\""));
        let mut s = tale.scene(&setup)?;
        s.online("agent-1");
        let may = (now == "always", later == "always");
        let shown = s.available();
        s.same("it is said what may be asked for", shown, may)?;
        let booked = s.books(&number_of("bob"), HOUR);
        s.same("an appointment is taken only where there are any", booked.is_ok(), may.1)?;
        let asked = s.wants_now("ada", Origin::Web);
        s.same("and a callback for now likewise", asked.is_ok(), may.0)?;
        if may.0 {
            s.accepts("agent-1")?;
            s.talk("agent-1", "ada")?;
            s.hangs_up("ada");
        }
        s.until(HOUR as f64 - 1.0);
        if may.1 {
            s.calls_back("agent-1", "bob")?;
        }
        s.end()?;
    }
    Ok(())
}

fn i07_availability_goes_by_presence_or_by_time_ranges(tale: &mut Tale) -> Told {
    let setup = with_slots(tale, 1, 6).with("queue", "immediate", "\"presence\"");
    let mut s = tale.scene(&setup)?;
    let absent = s.available().0;
    s.same("by presence: nobody is there", absent, false)?;
    s.online("agent-1");
    let present = s.available().0;
    s.same("and now somebody is", present, true)?;
    s.end()?;
    let setup = with_slots(tale, 1, 6).with("queue", "immediate", "\"hours\"");
    let mut s = tale.scene(&setup)?;
    let open = s.available().0;
    s.same("by time ranges: it is open, whoever is there", open, true)?;
    s.online("agent-1");
    s.until(8.0 * HOUR as f64);
    let closed = s.available().0;
    s.same("at six it closes, whoever is there", closed, false)?;
    let refused = s.wants_now("ada", Origin::Web);
    s.is_refused(refused, "closed until 2026-11-24T09:00")?;
    s.end()
}

fn i18_now_needs_a_free_agent_or_opening_hours(tale: &mut Tale) -> Told {
    for (rule, wanted) in
        [("presence", [false, false, true, false]), ("hours", [true, true, true, true])]
    {
        let setup = with_slots(tale, 1, 6).with("queue", "immediate", &format!("\"{rule}\""));
        let mut s = tale.scene(&setup)?;
        let mut seen = vec![s.available().0];
        s.sets("agent-1", AgentStatus::Away);
        seen.push(s.available().0);
        s.online("agent-1");
        seen.push(s.available().0);
        s.calls("ada");
        s.talk("agent-1", "ada")?;
        seen.push(s.available().0);
        s.same("offline, away, free, talking", seen, wanted.to_vec())?;
        s.end()?;
    }
    Ok(())
}

fn i19_later_is_offered_always_when_busy_or_by_a_schedule(tale: &mut Tale) -> Told {
    for (rule, wanted) in [
        ("always", [true, true, true]),
        ("when_busy", [false, true, true]),
        ("hours", [true, true, false]),
    ] {
        let setup = with_slots(tale, 1, 6).with("queue", "deferred", &format!("\"{rule}\""));
        let mut s = tale.scene(&setup.with("queue", "immediate", "\"presence\""))?;
        s.online("agent-1");
        let mut seen = vec![s.available().1];
        s.calls("ada");
        s.talk("agent-1", "ada")?;
        seen.push(s.available().1);
        s.until(9.0 * HOUR as f64);
        seen.push(s.available().1);
        s.same("an agent free, all busy, and in the evening", seen, wanted.to_vec())?;
        s.end()?;
    }
    Ok(())
}

fn i20_later_needs_time_ranges_and_a_number_for_each_slot(tale: &mut Tale) -> Told {
    tale.refuses(&tale.setup(1).with("queue", "deferred", "\"always\""), "slot_callbacks")?;
    let setup = tale.setup(1).with("queue", "slot_callbacks", "6");
    tale.refuses(&setup, "speaks of opening hours, and this queue has none")?;
    let setup = with_slots(tale, 1, 6);
    let mut s = tale.scene(&setup)?;
    s.until(60.0);
    let slots = s.slots();
    let wanted: Vec<(u64, u16)> =
        vec![(0, 5), (1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6), (7, 6)];
    s.same("the slots of today, and the times that each has left", slots, wanted)?;
    s.books(&number_of("ada"), HOUR)?;
    let left = s.slots()[1];
    s.same("one is taken", left, (1, 5))?;
    s.end()
}

fn i21_a_slot_is_an_hour_unless_told_otherwise(tale: &mut Tale) -> Told {
    for (length, wanted) in [(None, 3_600), (Some("\"30m\""), 1_800)] {
        let setup = with_slots(tale, 1, 6);
        let setup = match length {
            Some(length) => setup.with("queue", "slot", length),
            None => setup,
        };
        let mut s = tale.scene(&setup)?;
        let now = s.world.now();
        let answer = s.world.engine().and_then(|engine| engine.availability(now, None).ok());
        let first = answer.and_then(|(_, slots)| slots.first().copied());
        let secs = first.map(|slot| slot.ends.since(slot.begins).as_secs());
        s.same("a slot has so many seconds", secs, Some(wanted))?;
        s.end()?;
    }
    Ok(())
}

fn i22_a_holiday_has_hours_of_its_own_or_none(tale: &mut Tale) -> Told {
    let days = "[\"2026-11-23 12:00-14:00\", \"2026-11-24\"]";
    let setup = with_slots(tale, 1, 6).with("hours", "exceptions", days);
    let mut s = tale.scene(&setup.with("queue", "closes_before", "\"15m\""))?;
    let slots = s.slots();
    s.same("the first day has two slots, at noon and at one", slots, vec![(2, 6), (3, 6)])?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "2");
    s.hears("ada", "not-available")?;
    s.hangs_up("ada");
    s.until(2.0 * HOUR as f64 + 1.0);
    s.is_promised("bob", "21")?;
    s.until(3.0 * HOUR as f64 + 46.0 * 60.0);
    s.calls("carl");
    s.hears("carl", "greeting")?;
    s.presses("carl", "2");
    s.hears("carl", "not-available")?;
    s.hangs_up("carl");
    s.until(26.0 * HOUR as f64);
    s.calls("dora");
    s.hears("dora", "greeting")?;
    s.presses("dora", "2");
    s.hears("dora", "not-available")?;
    s.check(true, "on the second day there is no callback at all")?;
    let refused = s.books(&number_of("emil"), 26 * HOUR);
    s.is_refused(refused, "no slot begins then")?;
    s.end()
}

fn i23_the_callbacks_of_a_slot_are_spaced_evenly(tale: &mut Tale) -> Told {
    let setup = with_slots(tale, 1, 6);
    let mut s = tale.scene(&setup)?;
    for who in CUSTOMERS {
        s.books(&number_of(who), HOUR)?;
    }
    s.online("agent-1");
    s.until(HOUR as f64 - 5.0);
    for (who, n) in CUSTOMERS.into_iter().zip(0_u32..) {
        let ring = s.rings_within("agent-1", 700)?;
        let due = HOUR as f64 + f64::from(n) * 600.0;
        s.times(&format!("ten minutes apart: {who}"), &[ring.at], &[due])?;
        s.accepts("agent-1")?;
        s.talk("agent-1", who)?;
        s.hangs_up(who);
    }
    s.end()?;
    let setup = with_slots(tale, 1, 7);
    let mut s = tale.scene(&setup)?;
    for n in 1..=7 {
        s.books(&format!("+3361234567{n}"), HOUR)?;
    }
    let minutes: Vec<u64> = s.appointments().iter().map(|secs| (secs - HOUR) / 60).collect();
    let wanted = vec![0, 8, 17, 25, 34, 42, 51];
    s.same("seven in an hour begin at whole minutes, rounded down", minutes, wanted)?;
    s.end()
}

fn i24_a_full_slot_disappears(tale: &mut Tale) -> Told {
    let setup = with_slots(tale, 1, 6);
    let mut s = tale.scene(&setup)?;
    for n in 1..=5 {
        s.books(&format!("+3361234567{n}"), HOUR)?;
    }
    let last = |s: &Scene<'_>, n: u32| {
        let terms = Terms { origin: Origin::Web, slot: Some(s.at(HOUR)), ..Terms::default() };
        let number = format!("+3361234567{n}");
        Command::Create(Box::new(Wish { number, line: None, language: None, terms }))
    };
    s.world.replies();
    let (sixth, seventh) = (last(&s, 6), last(&s, 7));
    s.tells(sixth);
    s.tells(seventh);
    s.wait(1);
    let answers: Vec<bool> = s.world.replies().iter().map(Result::is_ok).collect();
    let wins = answers.iter().filter(|ok| **ok).count();
    s.same("of two who book the last time at once, one has it", (answers.len(), wins), (2, 1))?;
    let slots = s.slots();
    s.check(!slots.iter().any(|(hour, _)| *hour == 1), "the slot is no longer shown")?;
    let late = s.books("+33612345678", HOUR);
    s.is_refused(late, "every time of this slot is taken")?;
    let booked = s.facts().into_iter().find_map(|(_, fact)| match fact {
        Fact::CallbackRequested { request, .. } => Some(request),
        _ => None,
    });
    let request = booked.ok_or("somebody has booked")?;
    s.asks("the first takes it back", Command::Cancel { request })?;
    s.books("+33612345678", HOUR)?;
    let times = s.appointments();
    s.same("whoever comes then has the first time", times.last().copied(), Some(HOUR))?;
    s.end()
}

fn i25_there_is_at_most_one_callback_a_minute(tale: &mut Tale) -> Told {
    tale.refuses(&with_slots(tale, 1, 61), "`slot_callbacks` is out of range")?;
    tale.accepts(&with_slots(tale, 1, 60))?;
    let half = with_slots(tale, 1, 31).with("queue", "slot", "\"30m\"");
    tale.refuses(&half, "`slot_callbacks` is out of range")
}

fn i34_availability_feeds_a_button(tale: &mut Tale) -> Told {
    let setup = with_slots(tale, 1, 6).with("queue", "immediate", "\"presence\"");
    let setup = setup.with("queue", "deferred", "\"when_busy\"");
    let mut s = tale.scene(&setup)?;
    let mut seen = vec![s.available()];
    s.online("agent-1");
    seen.push(s.available());
    s.wants_now("ada", Origin::Web)?;
    seen.push(s.available());
    let wanted = vec![(false, true), (true, false), (false, true)];
    s.same("the button says later, now, and later again", seen, wanted)?;
    s.accepts("agent-1")?;
    s.talk("agent-1", "ada")?;
    s.end()
}

fn i35_tags_are_taken(tale: &mut Tale) -> Told {
    let setup = with_slots(tale, 1, 6);
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    let tagged = |count: usize| Terms {
        origin: Origin::Web,
        tags: (0..count).map(|n| format!("page-{n}")).collect(),
        ..Terms::default()
    };
    s.wants("ada", tagged(2))?;
    let tags = s.terms()[0].1.tags.clone();
    s.same("the fact keeps them", tags, vec!["page-0".to_owned(), "page-1".to_owned()])?;
    let many = s.wants("bob", tagged(17));
    s.is_refused(many, "at most 16 tags")?;
    s.accepts("agent-1")?;
    s.talk("agent-1", "ada")?;
    s.end()
}
