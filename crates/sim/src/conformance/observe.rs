//! What the far end saw: prompts heard, phones rung, conversations, and the facts on the disk.

use std::time::Duration;

use ledger::{DialOutcome, Fact, Figures, Fold, RequestEnd};
use model::{Mono, QueueName};
use phone::{Ending, Way};

use super::scene::{Scene, seconds};
use super::tale::Told;

/// How long something that must follow is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How finely the clock is moved meanwhile.
const TICK: Duration = Duration::from_millis(50);

/// An INVITE that reached a phone.
#[derive(Debug, Clone)]
pub struct Ring {
    /// Seconds since the scene began.
    pub at: f64,
    /// The user of the Request-URI.
    pub dialled: String,
    /// The user of From.
    pub from: String,
    /// The user of P-Asserted-Identity.
    pub asserted: Option<String>,
    /// The whole message.
    pub text: String,
}

impl Scene<'_> {
    // What must follow, and is waited for.

    fn await_moment(
        &mut self,
        what: &str,
        most: Duration,
        mut seen: impl FnMut(&Scene<'_>) -> Option<Mono>,
    ) -> Result<Mono, String> {
        let end = self.world.now().mono.max(self.mark) + most;
        loop {
            if let Some(at) = seen(self) {
                self.note_at(at, what);
                self.mark = Mono::from_nanos(at.as_nanos() + 1);
                return Ok(at);
            }
            let now = self.world.now().mono;
            if now >= end {
                return Err(format!("within {} s: {what}", most.as_secs()));
            }
            self.world.run_until(now + TICK);
        }
    }

    /// Somebody hears this prompt next: `menu`, or `fr/menu` for one language.
    ///
    /// # Errors
    /// When it is not played within a minute.
    pub fn hears(&mut self, who: &str, clip: &str) -> Result<f64, String> {
        self.hears_within(who, clip, PATIENCE.as_secs())
    }

    /// Somebody hears this prompt within so many seconds.
    ///
    /// # Errors
    /// When it is not played by then.
    pub fn hears_within(&mut self, who: &str, clip: &str, secs: u64) -> Result<f64, String> {
        let rtp = self.someone(who).rtp;
        let what = format!("{who} hears {clip}");
        let at = self.await_moment(&what, Duration::from_secs(secs), |scene| {
            let plays = scene.plays.borrow();
            let fits = |play: &&super::ear::Play| {
                play.to == rtp && play.at >= scene.mark && play.clips.iter().any(|c| is(c, clip))
            };
            plays.iter().find(fits).map(|play| play.at)
        })?;
        Ok(seconds(at))
    }

    /// Somebody's phone rings next.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub fn rings(&mut self, who: &str) -> Result<Ring, String> {
        self.rings_within(who, PATIENCE.as_secs())
    }

    /// Somebody's phone rings within so many seconds.
    ///
    /// # Errors
    /// When it does not.
    pub fn rings_within(&mut self, who: &str, secs: u64) -> Result<Ring, String> {
        let what = format!("{who}'s phone rings");
        let most = Duration::from_secs(secs);
        let mark = seconds(self.mark);
        self.await_moment(&what, most, |scene| {
            let ring = scene.rung(who).into_iter().find(|ring| ring.at >= mark)?;
            Some(Mono::ZERO + Duration::from_secs_f64(ring.at))
        })?;
        self.rung(who).into_iter().find(|ring| ring.at >= mark).ok_or_else(|| what.clone())
    }

    /// An agent who is asked about a callback takes it by key 1.
    ///
    /// # Errors
    /// When the agent is not asked within a minute.
    pub fn accepts(&mut self, agent: &str) -> Told {
        self.hears(agent, "agent-choice")?;
        self.presses(agent, "1");
        Ok(())
    }

    /// Two people hear each other next.
    ///
    /// # Errors
    /// When they do not within a minute.
    pub fn talk(&mut self, one: &str, other: &str) -> Result<f64, String> {
        let (a, b) = (self.someone(one).id, self.someone(other).id);
        let what = format!("{one} and {other} talk");
        let at = self.await_moment(&what, PATIENCE, |scene| {
            let joined = scene.world.bridged_with(a) == Some(b);
            joined.then(|| scene.world.now().mono)
        })?;
        Ok(seconds(at))
    }

    /// The engine ends somebody's call next.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub fn is_hung_up_on(&mut self, who: &str) -> Result<f64, String> {
        let id = self.someone(who).id;
        let what = format!("{who}'s call is ended by BYE");
        let at = self.await_moment(&what, PATIENCE, |scene| {
            let diary = scene.world.phone(id)?.diary();
            let ends = diary.calls().iter().filter_map(|call| call.ended);
            let by_us = ends.filter(|(_, how)| matches!(how, Ending::ByPeer));
            by_us.map(|(at, _)| at.mono).find(|at| *at >= scene.mark)
        })?;
        Ok(seconds(at))
    }

    /// This fact is on the disk next; in words for the time line.
    ///
    /// # Errors
    /// When it is not within a minute.
    pub fn records(
        &mut self,
        words: &str,
        secs: u64,
        wanted: impl Fn(&Fact) -> bool,
    ) -> Result<f64, String> {
        let begins = self.world.settings().begins;
        let at = self.await_moment(words, Duration::from_secs(secs), |scene| {
            let facts = scene.world.journal().durable().iter();
            let mut at = facts
                .filter(|entry| wanted(&entry.fact))
                .map(|entry| Mono::ZERO + entry.at.since(begins));
            // Facts carry whole milliseconds.
            at.find(|at| *at + Duration::from_millis(1) >= scene.mark)
        })?;
        Ok(seconds(at))
    }

    /// The request ends so next, within so many seconds.
    ///
    /// # Errors
    /// When it does not.
    pub fn request_ends(&mut self, end: RequestEnd, secs: u64) -> Result<f64, String> {
        let words = format!("the request ends: {end}");
        let wanted = |fact: &Fact| matches!(fact, Fact::RequestClosed { end: e, .. } if *e == end);
        self.records(&words, secs, wanted)
    }

    // What was seen so far.

    /// Every time this prompt began for somebody, in seconds.
    pub fn heard(&self, who: &str, clip: &str) -> Vec<f64> {
        let rtp = self.someone(who).rtp;
        let plays = self.plays.borrow();
        let fits =
            |play: &&super::ear::Play| play.to == rtp && play.clips.iter().any(|c| is(c, clip));
        plays.iter().filter(fits).map(|play| seconds(play.at)).collect()
    }

    /// All that was played to somebody, in order: the last part of each clip's name.
    pub fn heard_in_order(&self, who: &str) -> Vec<String> {
        let rtp = self.someone(who).rtp;
        let plays = self.plays.borrow();
        let clips = plays.iter().filter(|play| play.to == rtp).flat_map(|play| &play.clips);
        clips.map(|clip| clip.rsplit('/').next().unwrap_or(clip).to_owned()).collect()
    }

    /// What somebody hears at this moment.
    pub fn hears_now(&self, who: &str) -> Vec<String> {
        self.world.hears(self.someone(who).id).into_iter().map(str::to_owned).collect()
    }

    /// Every new call that reached somebody's phone.
    pub fn rung(&self, who: &str) -> Vec<Ring> {
        let Some(phone) = self.world.phone(self.someone(who).id) else { return Vec::new() };
        let mut rings: Vec<Ring> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for entry in phone.diary().messages() {
            let invite = entry.way == Way::In && entry.start.starts_with("INVITE ");
            if !invite || known.contains(&entry.call_id.as_str()) {
                continue;
            }
            known.push(&entry.call_id);
            let uri = entry.start.split(' ').nth(1).unwrap_or_default();
            let user = uri.split(':').nth(1).and_then(|rest| rest.split(['@', ';']).next());
            rings.push(Ring {
                at: seconds(entry.at.mono),
                dialled: user.unwrap_or_default().to_owned(),
                from: entry.from.clone().unwrap_or_default(),
                asserted: entry.asserted.clone(),
                text: entry.text.clone(),
            });
        }
        rings
    }

    /// Somebody's phone was told that another has taken the call (RFC 3326).
    pub fn ended_elsewhere(&self, who: &str) -> bool {
        let Some(phone) = self.world.phone(self.someone(who).id) else { return false };
        phone.diary().messages().iter().any(|entry| {
            let ends = entry.start.starts_with("CANCEL ") || entry.start.starts_with("BYE ");
            ends && entry.text.contains("Reason: SIP;cause=200;")
        })
    }

    /// How many calls to somebody's phone were cancelled while it rang.
    pub fn cancelled(&self, who: &str) -> usize {
        let Some(phone) = self.world.phone(self.someone(who).id) else { return 0 };
        let cancel =
            |entry: &&phone::Entry| entry.way == Way::In && entry.start.starts_with("CANCEL ");
        let calls = phone.diary().messages().iter().filter(cancel).map(|entry| &entry.call_id);
        calls.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// What the list of agents says that this one does.
    pub fn agent_state(&self, agent: &str) -> String {
        let engine = self.world.engine();
        let mut agents = engine.into_iter().flat_map(|engine| engine.queues().agents());
        let view = agents.find(|view| view.agent.as_str() == agent);
        match view.map(|view| view.state) {
            Some(queue::AgentState::Talking { .. }) => "talking".to_owned(),
            Some(state) => format!("{state:?}"),
            None => "unknown".to_owned(),
        }
    }

    /// Every fact on the disk, with its time in seconds.
    pub fn facts(&self) -> Vec<(f64, Fact)> {
        let begins = self.world.settings().begins;
        let entries = self.world.journal().durable().iter();
        entries.map(|e| (e.at.since(begins).as_secs_f64(), e.fact.clone())).collect()
    }

    /// The figures of all queues, as `rappel report` draws them from the facts on the disk.
    pub fn figures(&self) -> Figures {
        let mut fold = Fold::default();
        self.world.journal().durable().iter().for_each(|entry| fold.apply(entry));
        let settings = self.world.settings();
        let now = self.world.now().wall;
        let queues = &settings.engine.queue.queues;
        let after = |queue: &QueueName| queues.get(queue)?.report_close_after;
        let records = fold.requests.values().map(AsRef::as_ref);
        let queues = Figures::by_queue(records, now, after);
        queues.values().fold(Figures::default(), Figures::and)
    }

    /// How each dial ended, in order.
    pub fn dial_outcomes(&self) -> Vec<DialOutcome> {
        let ended = |(_, fact): (f64, Fact)| match fact {
            Fact::DialEnded { outcome, .. } => Some(outcome),
            _ => None,
        };
        self.facts().into_iter().filter_map(ended).collect()
    }

    /// How many requests were promised.
    pub fn requests(&self) -> usize {
        let asked = |(_, fact): &&(f64, Fact)| matches!(fact, Fact::CallbackRequested { .. });
        self.facts().iter().filter(asked).count()
    }

    /// The number of each request, from the erasable table.
    pub fn numbers(&self) -> Vec<String> {
        let people = self.world.journal().people();
        let number = |(_, fact): (f64, Fact)| match fact {
            Fact::CallbackRequested { person, .. } => Some(people.get(&person)?.number.reveal()),
            _ => None,
        };
        self.facts().into_iter().filter_map(number).collect()
    }

    // What is asked of it.

    /// It is so; told in words.
    ///
    /// # Errors
    /// When it is not so.
    pub fn check(&mut self, so: bool, words: &str) -> Told {
        if !so {
            return Err(format!("expected: {words}"));
        }
        let now = self.world.now().mono;
        self.note_at(now, words);
        Ok(())
    }

    /// Two things are the same; told in words.
    ///
    /// # Errors
    /// When they are not.
    pub fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        words: &str,
        seen: T,
        wanted: T,
    ) -> Told {
        if seen != wanted {
            return Err(format!("{words}: expected {wanted:?}, seen {seen:?}"));
        }
        self.check(true, words)
    }

    /// Something happened at these seconds, give or take a tenth.
    ///
    /// # Errors
    /// When it happened otherwise.
    pub fn times(&mut self, words: &str, seen: &[f64], wanted: &[f64]) -> Told {
        let near = |(seen, wanted): (&f64, &f64)| (seen - wanted).abs() <= 0.11;
        if seen.len() != wanted.len() || !seen.iter().zip(wanted).all(near) {
            return Err(format!("{words}: expected at {wanted:?}, seen at {seen:.1?}"));
        }
        self.check(true, words)
    }
}

/// Whether a clip is the one that is meant.
fn is(clip: &str, meant: &str) -> bool {
    clip == meant || clip.rsplit('/').next() == Some(meant)
}
