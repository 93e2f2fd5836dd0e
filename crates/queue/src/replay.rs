//! A run of the queue once more, from its reel, beside what the ledger says of it.
//!
//! Byte for byte is about the facts that the queue decided: their JSON, their times and their
//! order. What the calls themselves write (recordings, messages, offers to callers) is passed over.
//!
//! A run that was cut short may have said more than was written, and its reel may end before the
//! ledger: both are counted and are no difference. After an orderly end, they are.

use std::collections::{BTreeMap, VecDeque};

use ledger::{Entry, Fact, Person, Recovered};
use model::{PersonId, Wall};

use crate::queues::Queues;
use crate::reel::{self, Began, Frame, Input};
use crate::{Command, Event, Order, Settings};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Inputs that were fed.
    pub inputs: u64,
    /// Facts that are the same.
    pub same: u64,
    /// The settings are not those of the reel.
    pub other_settings: bool,
    /// How it ended.
    pub end: ReplayEnd,
}

/// How a replay ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayEnd {
    /// Everything is the same.
    Same {
        /// Facts that were decided at the last moment, and that a crash kept from being written.
        unwritten: u64,
        /// Facts behind the end of a reel that a crash cut.
        beyond: u64,
    },
    /// Up to here it is the same; what follows cannot be told.
    Cut {
        /// The time of the last input that counts.
        at: Wall,
        /// Why.
        why: Cut,
    },
    /// The first difference.
    Differs(Box<Difference>),
}

/// Why a replay ends before its reel does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// So many inputs are missing on the reel.
    Gap(u64),
    /// The reel had the bytes that it may have.
    Full,
    /// Other settings were taken over, and none that were given are those.
    Reloaded,
}

/// One side has what the other has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What the ledger says; none when it says nothing more.
    pub ledger: Option<Entry>,
    /// What the replay says, with its time; none when it says nothing more.
    pub replay: Option<(Wall, Fact)>,
}

/// Whether the queue decides such facts, rather than the calls.
pub fn is_decided(fact: &Fact) -> bool {
    match fact {
        Fact::OfferWithheld { .. }
        | Fact::OfferAllowed { .. }
        | Fact::CallLed { .. }
        | Fact::MessageLeft { .. }
        | Fact::RecordingBegan { .. }
        | Fact::RecordingEnded { .. }
        | Fact::NotRecorded { .. }
        | Fact::RecordingDeclined { .. } => false,
        Fact::EngineStarted { .. }
        | Fact::CallArrived { .. }
        | Fact::PlaceTaken { .. }
        | Fact::PlaceReturned { .. }
        | Fact::CallEnded { .. }
        | Fact::CallbackRequested { .. }
        | Fact::Moved { .. }
        | Fact::CameDue { .. }
        | Fact::Hastened { .. }
        | Fact::Held { .. }
        | Fact::RequestUntaken { .. }
        | Fact::Offered { .. }
        | Fact::OfferEnded { .. }
        | Fact::DialStarted { .. }
        | Fact::DialEnded { .. }
        | Fact::AttemptMissed { .. }
        | Fact::Bridged { .. }
        | Fact::Transferred { .. }
        | Fact::RequestClosed { .. }
        | Fact::TicketWanted { .. }
        | Fact::TicketComment { .. }
        | Fact::FoundUncertain { .. }
        | Fact::StatusSet { .. }
        | Fact::Switched { .. }
        | Fact::WrapUpEnded { .. }
        | Fact::Settled { .. } => true,
    }
}

/// What a run began with.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// The settings; when others were taken over meanwhile, those too.
    pub settings: &'a [Settings],
    /// What the facts before the run say.
    pub recovered: &'a Recovered,
    /// The numbers.
    pub people: &'a BTreeMap<PersonId, Person>,
}

/// Feeds a reel, from the frame behind [`Began`] on, and compares. `ledger` are the facts from the
/// place on at which the run began, up to the next start.
///
/// # Panics
/// When no settings are given.
pub fn replay(
    from: Beginning<'_>,
    (at, began): (&Frame, &Began),
    frames: impl Iterator<Item = Frame>,
    ledger: impl Iterator<Item = Entry>,
) -> Replayed {
    let told = |print| from.settings.iter().find(|settings| reel::print(settings) == print);
    let known = told(began.settings);
    let settings = known.unwrap_or(&from.settings[0]).clone();
    let queues = began.queues(settings, from.recovered, from.people, at.now());
    let ledger = ledger.filter(|entry| is_decided(&entry.fact));
    let mut run = Run { queues, ledger, said: VecDeque::new(), same: 0 };
    let mut replayed = Replayed {
        inputs: 0,
        same: 0,
        other_settings: known.is_none(),
        end: ReplayEnd::Same { unwritten: 0, beyond: 0 },
    };
    let end = run.feed(at, frames, &mut replayed.inputs, &told);
    replayed.end = end.unwrap_or_else(ReplayEnd::Differs);
    replayed.same = run.same;
    replayed
}

/// A fact that the queue said.
struct Said {
    at: Wall,
    fact: Fact,
    /// What waits for it: until that was answered it is not known whether it was written.
    order: Option<Order>,
}

struct Run<L> {
    queues: Queues,
    ledger: L,
    said: VecDeque<Said>,
    same: u64,
}

impl<L: Iterator<Item = Entry>> Run<L> {
    fn feed<'a>(
        &mut self,
        began: &Frame,
        frames: impl Iterator<Item = Frame>,
        inputs: &mut u64,
        told: &impl Fn(reel::Print) -> Option<&'a Settings>,
    ) -> Result<ReplayEnd, Box<Difference>> {
        self.listen(began.wall());
        let (mut at, mut orderly) = (began.wall(), false);
        let mut cut = None;
        for frame in frames {
            let now = frame.now();
            match frame.input {
                Input::Began(_) => {}
                Input::Told(command) => {
                    self.answered(&command);
                    self.queues.handle(now, *command);
                }
                Input::TimeCame => self.queues.handle_timeout(now),
                Input::Reloaded { settings, rooms, coming } => match told(settings) {
                    Some(settings) => {
                        let settings = Box::new(Settings { rooms, ..settings.clone() });
                        self.queues.handle(now, Command::Reload { settings, coming });
                    }
                    None => cut = Some(Cut::Reloaded),
                },
                Input::Gap { lost } => cut = Some(Cut::Gap(lost)),
                Input::Full => cut = Some(Cut::Full),
                Input::Ended => orderly = true,
            }
            if let Some(why) = cut {
                self.compare()?;
                return Ok(ReplayEnd::Cut { at, why });
            }
            at = now.wall;
            *inputs += 1;
            self.listen(now.wall);
            self.compare()?;
        }
        self.end(orderly)
    }

    fn listen(&mut self, at: Wall) {
        while let Some(event) = self.queues.poll() {
            match event {
                Event::Record { fact } => self.said.push_back(Said { at, fact, order: None }),
                Event::RecordThen { fact, order, .. } => {
                    self.said.push_back(Said { at, fact, order: Some(order) });
                }
                _ => {}
            }
        }
    }

    /// The journal answered for a permission.
    fn answered(&mut self, command: &Command) {
        match command {
            Command::Recorded { order } => {
                let of = |said: &&mut Said| said.order.as_ref() == Some(order);
                if let Some(said) = self.said.iter_mut().find(of) {
                    said.order = None;
                }
            }
            Command::NotRecorded { order } => {
                self.said.retain(|said| said.order.as_ref() != Some(order));
            }
            _ => {}
        }
    }

    /// Compares what is known to have been written.
    fn compare(&mut self) -> Result<(), Box<Difference>> {
        while let Some(said) = self.said.pop_front_if(|said| said.order.is_none()) {
            match self.ledger.next() {
                Some(entry) if is_same(&said, &entry) => self.same += 1,
                // A crash may have kept it from being written: the end will show it.
                None => {
                    self.said.push_front(said);
                    return Ok(());
                }
                ledger => {
                    let replay = Some((said.at, said.fact));
                    return Err(Box::new(Difference { ledger, replay }));
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, orderly: bool) -> Result<ReplayEnd, Box<Difference>> {
        let mut beyond = 0;
        for entry in self.ledger.by_ref() {
            // A permission of the last moment, which nothing on the reel answers any more.
            let last = self.said.front().is_some_and(|said| is_same(said, &entry));
            if last {
                self.said.pop_front();
                self.same += 1;
            } else if orderly || !self.said.is_empty() {
                let said = self.said.pop_front();
                let replay = said.map(|said| (said.at, said.fact));
                return Err(Box::new(Difference { ledger: Some(entry), replay }));
            } else {
                beyond += 1;
            }
        }
        let sure = self.said.iter().filter(|said| said.order.is_none());
        let unwritten = sure.clone().count() as u64;
        match sure.into_iter().next() {
            Some(said) if orderly => {
                let replay = Some((said.at, said.fact.clone()));
                Err(Box::new(Difference { ledger: None, replay }))
            }
            Some(_) | None => Ok(ReplayEnd::Same { unwritten, beyond }),
        }
    }
}

fn is_same(said: &Said, entry: &Entry) -> bool {
    let bytes = |fact: &Fact| serde_json::to_string(fact).ok();
    said.at == entry.at && bytes(&said.fact) == bytes(&entry.fact)
}
