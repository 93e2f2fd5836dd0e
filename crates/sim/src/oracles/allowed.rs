//! Allowed: no customer is dialled outside the calling hours, nor beyond a cap of the day, and no
//! request is taken beyond one.
//!
//! It counts facts in a list and walks it from end to end. A wall clock that steps back begins the
//! counting anew, for whose day it is then is a matter of taste. What a cap is about counts from
//! the moment at which there is that cap, or from the beginning of the day after a restart.

use std::collections::BTreeMap;

use engine::{Command, Input, Output};
use ledger::{Fact, Person};
use model::{E164, Now, PersonId, QueueName, RequestId, Seq, Wall};
use queue::{Most, Settings};

use crate::day::orders::minute_in_paris;
use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::world::World;

const NAME: &str = "allowed";
/// The days of the laboratory are those of UTC.
const DAY_MILLIS: i64 = 24 * 3_600 * 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Request,
    Dial,
}

/// A request, and the number of a dial of it; 0 for the request itself.
type Which = (RequestId, u16);

/// Something that counts.
#[derive(Debug, Clone)]
struct Counted {
    which: Which,
    seq: Seq,
    durable: bool,
    at: Wall,
    what: What,
    number: E164,
    /// There was a cap for one number, and one for all.
    on: [bool; 2],
}

/// See the module.
#[derive(Debug)]
pub struct Allowed {
    settings: Settings,
    people: BTreeMap<PersonId, E164>,
    requests: BTreeMap<RequestId, (QueueName, E164)>,
    counted: Vec<Counted>,
    last: Wall,
    found: Found,
}

impl Allowed {
    /// Watches an engine of these settings.
    pub fn new(settings: &engine::Settings) -> Allowed {
        Allowed {
            settings: settings.queue.clone(),
            people: BTreeMap::new(),
            requests: BTreeMap::new(),
            counted: Vec::new(),
            last: Wall::from_unix_millis(0),
            found: Found::default(),
        }
    }

    fn on(&self) -> [bool; 2] {
        [self.settings.caps.per_number, self.settings.caps.all].map(|most| most != Most::default())
    }

    fn fact(&mut self, now: Now, seq: Seq, fact: &Fact, person: Option<&Person>) {
        if now.wall < self.last {
            self.counted.clear();
        }
        self.last = now.wall;
        self.people.extend(person.map(|person| (person.id, person.number)));
        match fact {
            Fact::CallbackRequested { request, queue, person, .. } => {
                if let Some(number) = self.people.get(person).copied() {
                    self.requests.insert(*request, (queue.clone(), number));
                    self.count(now, seq, (*request, 0), number);
                }
            }
            Fact::DialStarted { attempt, .. } => {
                if let Some((queue, number)) = self.requests.get(&attempt.request).cloned() {
                    self.look_at_hours(now, attempt.request, &queue);
                    self.count(now, seq, (attempt.request, attempt.number), number);
                }
            }
            _ => {}
        }
    }

    fn look_at_hours(&mut self, now: Now, request: RequestId, queue: &QueueName) {
        let hours = self.settings.queues.get(queue).and_then(|queue| queue.calling_hours);
        let minute = minute_in_paris(now.wall);
        if let Some(hours) = hours.filter(|it| !(it.from..it.to).contains(&minute)) {
            let what = format!("{request} is dialled at minute {minute}, and may be in {hours:?}");
            self.found.add(Verdict::of_request(NAME, request, what));
        }
    }

    fn count(&mut self, now: Now, seq: Seq, which: Which, number: E164) {
        let (request, dial) = which;
        let what = if dial == 0 { What::Request } else { What::Dial };
        let day = |at: Wall| at.as_unix_millis().div_euclid(DAY_MILLIS);
        let today = self.counted.iter().filter(|it| it.what == what && day(it.at) == day(now.wall));
        let own = today.clone().filter(|it| it.on[0] && it.number == number).count();
        let all = today.filter(|it| it.on[1]).count();
        let most = |most: Most| match what {
            What::Request => most.requests,
            What::Dial => most.dials,
        };
        let caps =
            [(own, most(self.settings.caps.per_number)), (all, most(self.settings.caps.all))];
        for (used, most) in caps {
            if most.is_some_and(|most| used >= most as usize) {
                let what = format!("{request}: a {what:?} beyond {used}, the most of a day");
                self.found.add(Verdict::of_request(NAME, request, what));
            }
        }
        let on = self.on();
        let (at, durable) = (now.wall, false);
        self.counted.push(Counted { which, seq, durable, at, what, number, on });
    }

    fn written(&mut self, which: Which) {
        self.counted.iter_mut().filter(|it| it.which == which).for_each(|it| it.durable = true);
    }
}

impl Oracle for Allowed {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Output(Output::Record(record)) => {
                let entry = &record.entry;
                self.fact(now, entry.seq, &entry.fact, record.person.as_ref());
            }
            Seen::Input(Input::NotRecorded(seq)) => self.counted.retain(|it| it.seq != *seq),
            Seen::Durable(Fact::CallbackRequested { request, .. }) => self.written((*request, 0)),
            Seen::Durable(Fact::DialStarted { attempt, .. }) => {
                self.written((attempt.request, attempt.number));
            }
            Seen::Input(Input::Operator { command: Command::Reload(settings), .. }) => {
                self.settings = settings.queue.clone();
            }
            Seen::Restart(settings) => {
                self.settings = settings.queue.clone();
                let on = self.on();
                self.counted.retain(|it| it.durable);
                self.counted.iter_mut().for_each(|it| it.on = on);
            }
            _ => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use queue::CallingHours;

    use super::*;
    use crate::lab;
    use crate::oracles::forge;

    /// Monday, eight o'clock in Paris.
    const BEGINS: i64 = 1_795_417_200_000;

    fn told(change: impl Fn(&mut Settings), hours: i64) -> Vec<String> {
        let mut settings = lab::settings(1);
        change(&mut settings.queue);
        let mut oracle = Allowed::new(&settings);
        let number = E164::parse("+33612000001").expect("a number");
        let person = Person { id: PersonId(1), number, contact: None };
        let wall = Wall::from_unix_millis(BEGINS + hours * 3_600_000);
        let now = Now { wall, ..Now::default() };
        oracle.fact(now, Seq(1), &forge::requested(1, 1), Some(&person));
        for dial in 1..=2 {
            oracle.fact(now, Seq(1 + u64::from(dial)), &forge::dial(1, dial, "x"), None);
        }
        oracle.found.take().into_iter().map(|verdict| verdict.what).collect()
    }

    #[test]
    fn a_dial_beyond_a_cap_is_noticed() {
        assert_eq!(told(|_| {}, 0), [""; 0]);
        let of_number = told(|settings| settings.caps.per_number.dials = Some(1), 0);
        assert_eq!(of_number, ["cb-1: a Dial beyond 1, the most of a day"]);
        assert_eq!(told(|settings| settings.caps.all.dials = Some(2), 0), [""; 0]);
        assert_eq!(told(|settings| settings.caps.all.dials = Some(1), 0).len(), 1);
        assert_eq!(told(|settings| settings.caps.all.requests = Some(0), 0).len(), 1);
    }

    #[test]
    fn a_dial_outside_the_hours_is_noticed() {
        let hours = |settings: &mut Settings| {
            for queue in settings.queues.values_mut() {
                queue.calling_hours = Some(CallingHours { from: 8 * 60, to: 9 * 60 });
            }
        };
        assert_eq!(told(hours, 0), [""; 0]);
        let late = told(hours, 1);
        assert_eq!(late.len(), 2, "{late:?}");
        assert!(late[0].starts_with("cb-1 is dialled at minute 540"), "{late:?}");
    }
}
