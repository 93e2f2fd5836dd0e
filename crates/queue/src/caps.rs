//! How much may be called in a day: a stop for whoever would turn the engine into a free dialler,
//! whatever the other rules let through.
//!
//! What was dialled is counted when the dial is ordered and before it is written, so that no order
//! of things leads to one dial more; a restart counts again what the journal says of the day.
//! Reaching a cap is told once a day for each whom it is about. A clock that steps back to the day
//! before takes the counts along.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use ledger::{Recovered, RequestRecord, RequestState};
use model::{E164, PersonId, RequestId, Wall};

use crate::numbering::{self, Region};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::Request;
use crate::{Days, Event};

/// Most numbers and callers that are counted in a day. Beyond it, one that is new on that day is
/// neither promised a callback nor dialled.
pub const COUNTED_MAX: usize = 100_000;

/// Most different caps and numbers of which a day tells; the next ones are only obeyed.
pub const ALARMS_MAX: usize = 1_000;

/// Most callers that are told apart of those who ask for one number.
pub const CALLERS_MAX: u32 = 1_000;

/// How much may be called in a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caps {
    /// For one number.
    pub per_number: Most,
    /// For one caller, whatever numbers they ask for. Who does not show a number counts as the one
    /// that is asked for.
    pub per_caller: Most,
    /// For the numbers of one country.
    pub per_country: Most,
    /// For all.
    pub all: Most,
    /// Different callers who ask for one number, of whom it is told. They are not refused. At most
    /// [`CALLERS_MAX`].
    pub callers_per_number: Option<u32>,
    /// When a day begins.
    pub days: Days,
}

/// The most of each in a day; absent: as much as comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Most {
    /// Requests.
    pub requests: Option<u32>,
    /// Dials of customers.
    pub dials: Option<u32>,
    /// Conversations of callbacks.
    pub talk: Option<Duration>,
}

/// Whom a cap is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// One number.
    Number,
    /// One caller.
    Caller,
    /// One country.
    Country,
    /// All.
    All,
}

/// What a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Requests.
    Requests,
    /// Dials.
    Dials,
    /// The time of conversations.
    Talk,
}

/// A cap that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cap {
    /// The most of something in a day.
    Most(What, Of),
    /// Different callers who ask for one number.
    CallersPerNumber,
    /// Numbers that are counted.
    Numbers,
}

impl Cap {
    /// Its key in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Cap::Most(What::Requests, Of::Number) => "requests_per_number",
            Cap::Most(What::Requests, Of::Caller) => "requests_per_caller",
            Cap::Most(What::Requests, Of::Country) => "requests_per_country",
            Cap::Most(What::Requests, Of::All) => "requests",
            Cap::Most(What::Dials, Of::Number) => "dials_per_number",
            Cap::Most(What::Dials, Of::Caller) => "dials_per_caller",
            Cap::Most(What::Dials, Of::Country) => "dials_per_country",
            Cap::Most(What::Dials, Of::All) => "dials",
            Cap::Most(What::Talk, Of::Number) => "talk_per_number",
            Cap::Most(What::Talk, Of::Caller) => "talk_per_caller",
            Cap::Most(What::Talk, Of::Country) => "talk_per_country",
            Cap::Most(What::Talk, Of::All) => "talk",
            Cap::CallersPerNumber => "callers_per_number",
            Cap::Numbers => "numbers",
        }
    }

    fn of(self) -> Of {
        match self {
            Cap::Most(_, of) => of,
            Cap::CallersPerNumber => Of::Number,
            Cap::Numbers => Of::All,
        }
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the cap `{}` of the day is reached", self.as_str())
    }
}

/// Who asks for which number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) number: E164,
    pub(crate) caller: Option<E164>,
}

/// Whose part of a day something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Number(E164),
    Caller(E164),
    Country(Option<Region>),
    All,
}

/// What was used of a day.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    requests: u32,
    dials: u32,
    talk: Duration,
}

/// What has been used today.
#[derive(Debug, Default)]
pub(crate) struct Today {
    begins: Wall,
    ends: Wall,
    /// Only what a cap is about is counted.
    used: BTreeMap<Whose, Used>,
    /// Who asked for each number, as long as their count matters.
    callers: BTreeMap<E164, BTreeSet<E164>>,
    /// Whose dial was ordered today and is not written yet: at most one for each agent.
    ordered: BTreeSet<RequestId>,
    told: BTreeSet<(Cap, Option<E164>, Option<Region>)>,
    /// How many alarms there were since the start.
    alarms: u64,
}

impl Today {
    fn turn(&mut self, days: &Days, now: Wall) {
        if self.has(now) {
            return;
        }
        if now >= self.ends {
            *self = Today { alarms: self.alarms, ..Today::default() };
        }
        (self.begins, self.ends) = days.around(now);
    }

    fn has(&self, at: Wall) -> bool {
        (self.begins..self.ends).contains(&at)
    }

    fn used(&self, whose: Whose) -> Used {
        self.used.get(&whose).copied().unwrap_or_default()
    }

    fn is_full_for(&self, whose: Whose) -> bool {
        self.used.len() >= COUNTED_MAX && !self.used.contains_key(&whose)
    }

    fn count(&mut self, caps: &Caps, asked: Asked, count: impl Fn(&mut Used)) {
        for (whose, ..) in caps.about(asked) {
            if !self.is_full_for(whose) {
                count(self.used.entry(whose).or_default());
            }
        }
    }
}

fn reached<T: PartialOrd>(used: T, most: Option<T>) -> bool {
    most.is_some_and(|most| used >= most)
}

impl Caps {
    /// Nothing is counted.
    fn is_off(&self) -> bool {
        *self == Caps { days: self.days.clone(), ..Caps::default() }
    }

    /// The caps that there are for somebody.
    fn about(&self, asked: Asked) -> impl Iterator<Item = (Whose, Of, Most)> + use<> {
        let Asked { number, caller } = asked;
        let country = (self.per_country != Most::default()).then(|| numbering::region(&number));
        let all = [
            (Whose::Number(number), Of::Number, self.per_number),
            (Whose::Caller(caller.unwrap_or(number)), Of::Caller, self.per_caller),
            (Whose::Country(country.flatten()), Of::Country, self.per_country),
            (Whose::All, Of::All, self.all),
        ];
        all.into_iter().filter(|(.., most)| *most != Most::default())
    }

    fn on_request(&self, today: &Today, asked: Asked) -> Result<(), Cap> {
        for (whose, of, most) in self.about(asked) {
            if today.is_full_for(whose) {
                return Err(Cap::Numbers);
            }
            if reached(today.used(whose).requests, most.requests) {
                return Err(Cap::Most(What::Requests, of));
            }
        }
        Ok(())
    }

    fn on_dial(&self, today: &Today, asked: Asked) -> Result<(), Cap> {
        for (whose, of, most) in self.about(asked) {
            if today.is_full_for(whose) {
                return Err(Cap::Numbers);
            }
            let used = today.used(whose);
            if reached(used.dials, most.dials) {
                return Err(Cap::Most(What::Dials, of));
            }
            if reached(used.talk, most.talk) {
                return Err(Cap::Most(What::Talk, of));
            }
        }
        Ok(())
    }
}

impl Request {
    fn asked(&self) -> Asked {
        Asked { number: self.number, caller: self.more.as_ref().and_then(|more| more.caller) }
    }
}

impl Queues {
    /// How often a cap was reached since the start.
    pub fn alarms(&self) -> u64 {
        self.today.alarms
    }

    /// Whether one more request may be made today.
    pub(crate) fn cap_on_request(&self, asked: Asked) -> Result<(), Cap> {
        if self.now.wall >= self.today.ends {
            return Ok(());
        }
        self.settings.caps.on_request(&self.today, asked)
    }

    /// A request is being written.
    pub(crate) fn count_request(&mut self, asked: Asked) {
        if !self.counts() {
            return;
        }
        self.today.count(&self.settings.caps, asked, |used| {
            used.requests = used.requests.saturating_add(1);
        });
        self.count_caller(asked);
    }

    /// A caller asks for a number, whether or not a request for it stands already.
    pub(crate) fn count_caller(&mut self, asked: Asked) {
        if !self.counts() {
            return;
        }
        let Some(most) = self.settings.caps.callers_per_number else { return };
        let Some(caller) = asked.caller else { return };
        let most = usize::try_from(most.min(CALLERS_MAX)).unwrap_or(usize::MAX);
        let known = self.today.callers.contains_key(&asked.number);
        if !known && self.today.callers.len() >= COUNTED_MAX {
            return;
        }
        let callers = self.today.callers.entry(asked.number).or_default();
        if callers.len() < most {
            callers.insert(caller);
        }
        if callers.len() >= most {
            self.alarm(Cap::CallersPerNumber, asked);
        }
    }

    /// Counts the dial of a request, which is being ordered.
    pub(crate) fn count_dial(&mut self, id: RequestId) {
        if !self.counts() {
            return;
        }
        if let Some(request) = self.requests.get(&id) {
            let asked = request.asked();
            self.today.count(&self.settings.caps, asked, |used| {
                used.dials = used.dials.saturating_add(1);
            });
            self.today.ordered.insert(id);
        }
    }

    /// A dial was written, and stays counted.
    pub(crate) fn dial_counted(&mut self, id: RequestId) {
        self.today.ordered.remove(&id);
    }

    /// A dial has not been made: it is not counted, unless its day is over.
    pub(crate) fn uncount_dial(&mut self, id: RequestId) {
        let ordered_today = self.today.ordered.remove(&id);
        if let Some(request) = self.requests.get(&id).filter(|_| ordered_today) {
            let asked = request.asked();
            self.today.count(&self.settings.caps, asked, |used| {
                used.dials = used.dials.saturating_sub(1);
            });
        }
    }

    /// A callback's conversation is over.
    pub(crate) fn count_talk(&mut self, id: RequestId, talk: Duration) {
        if !self.counts() {
            return;
        }
        if let Some(request) = self.requests.get(&id) {
            let asked = request.asked();
            self.today.count(&self.settings.caps, asked, |used| {
                used.talk = used.talk.saturating_add(talk);
            });
        }
    }

    /// When the day is over of which a cap stops the dial of a request.
    pub(crate) fn capped(&mut self, id: RequestId) -> Option<(Wall, Reason)> {
        if !self.counts() {
            return None;
        }
        let asked = self.requests.get(&id)?.asked();
        let cap = self.settings.caps.on_dial(&self.today, asked).err()?;
        self.alarm(cap, asked);
        Some((self.today.ends, Reason::Capped(cap)))
    }

    /// Tells once a day that a cap is reached.
    pub(crate) fn alarm(&mut self, cap: Cap, asked: Asked) {
        let (number, region) = match cap.of() {
            Of::Number => (Some(asked.number), None),
            Of::Caller => (Some(asked.caller.unwrap_or(asked.number)), None),
            Of::Country => (None, numbering::region(&asked.number)),
            Of::All => (None, None),
        };
        let told = &mut self.today.told;
        if told.len() >= ALARMS_MAX || !told.insert((cap, number, region)) {
            return;
        }
        self.today.alarms += 1;
        self.say(Event::Alarm { cap, number, region });
    }

    /// What the journal says of the day.
    pub(crate) fn recover_caps(
        &mut self,
        recovered: &Recovered,
        people: &BTreeMap<PersonId, ledger::Person>,
    ) {
        if !self.counts() {
            return;
        }
        for record in recovered.open.iter().chain(&recovered.recent) {
            if let Some(person) = people.get(&record.person) {
                self.recover_record(record, person.number);
            }
        }
    }

    fn recover_record(&mut self, record: &RequestRecord, number: E164) {
        let (caps, today) = (&self.settings.caps, &mut self.today);
        let asked = Asked { number, caller: None };
        if today.has(record.requested) {
            today.count(caps, asked, |used| used.requests = used.requests.saturating_add(1));
        }
        for dial in &record.attempts {
            if !today.has(dial.at) {
                continue;
            }
            today.count(caps, asked, |used| used.dials = used.dials.saturating_add(1));
            // One that has no outcome and is over was a conversation.
            if let (None, RequestState::Closed { at, .. }) = (dial.outcome, &record.state) {
                let talk = at.since(dial.at);
                today.count(caps, asked, |used| used.talk = used.talk.saturating_add(talk));
            }
        }
    }

    /// Whether anything is counted, with the day turned to the present one.
    fn counts(&mut self) -> bool {
        if self.settings.caps.is_off() {
            return false;
        }
        self.today.turn(&self.settings.caps.days, self.now.wall);
        true
    }
}
