//! Callbacks that are asked for without a call: by an operator, an agent, a web site.
//!
//! The same rules as for a caller hold: the answer waits until the request is durable, a number has
//! one open request, and the limit of all entries counts. One without a time takes the place of
//! whoever arrives at this moment; one with a time stays outside the queue until then, see
//! `schedule`.

use std::collections::{BTreeMap, VecDeque};

use ledger::{KEY_TIME, LEVEL_MAX, Terms};
use model::{E164, LanguageTag, LineName, Mono, RequestId};
use serde::{Deserialize, Serialize};

use crate::places::Entry;
use crate::promise::{Ask, Asker};
use crate::queues::Queues;
use crate::skills::all_of;
use crate::{Event, Refusal, Rejected};

/// Most keys that are remembered at once; beyond it the oldest is forgotten.
pub const KEYS_MAX: usize = 10_000;

/// A callback that somebody asks for without a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Whom to call.
    pub number: E164,
    /// The line whose number is shown, and whose queue it waits in.
    pub line: LineName,
    /// The language of the prompts.
    pub language: LanguageTag,
    /// On which terms.
    pub terms: Terms,
}

/// Which request was asked for with which key.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    known: BTreeMap<Box<str>, Keyed>,
    /// In the order in which they are forgotten.
    order: VecDeque<(Mono, Box<str>)>,
}

#[derive(Debug, Clone, Copy)]
struct Keyed {
    request: RequestId,
    number: E164,
    until: Mono,
}

impl Keys {
    pub(crate) fn remember(&mut self, now: Mono, key: &str, request: RequestId, number: E164) {
        let until = now + KEY_TIME;
        self.known.insert(key.into(), Keyed { request, number, until });
        self.order.push_back((until, key.into()));
        let old = |(at, _): &mut (Mono, Box<str>)| *at <= now;
        while let Some((at, key)) = self.order.pop_front_if(old) {
            self.drop_if(&key, at);
        }
        if self.order.len() > KEYS_MAX
            && let Some((at, key)) = self.order.pop_front()
        {
            self.drop_if(&key, at);
        }
    }

    /// The request could not be written: the key was never used.
    fn forget(&mut self, key: &str, request: RequestId) {
        if self.known.get(key).is_some_and(|keyed| keyed.request == request) {
            self.known.remove(key);
        }
    }

    fn drop_if(&mut self, key: &str, until: Mono) {
        if self.known.get(key).is_some_and(|keyed| keyed.until == until) {
            self.known.remove(key);
        }
    }

    fn find(&self, now: Mono, key: &str) -> Option<(RequestId, E164)> {
        let keyed = self.known.get(key).filter(|keyed| keyed.until > now)?;
        Some((keyed.request, keyed.number))
    }
}

impl Queues {
    /// Whether a callback may be asked for so.
    pub(crate) fn check_create(&self, wish: &Wish) -> Result<(), Rejected> {
        let Some(line) = self.settings.lines.get(&wish.line) else {
            return Err(Rejected::UnknownLine(wish.line.clone()));
        };
        if !line.calls_back {
            return Err(Rejected::NoCallbacks(wish.line.clone()));
        }
        self.judge(&wish.line, &wish.number).map_err(Rejected::Unfit)?;
        if !wish.terms.fits() || !self.agents.skills.has_room_for(&wish.terms.needs) {
            return Err(Rejected::TooMuch);
        }
        if let Some(owner) = &wish.terms.owner
            && self.agents.find(owner).is_none()
        {
            return Err(Rejected::UnknownAgent(owner.clone()));
        }
        wish.terms.due.map_or(Ok(()), |due| self.check_time(due))
    }

    /// A callback is asked for; answered by [`Event::Created`], [`Event::Stands`] or
    /// [`Event::NotCreated`].
    pub(crate) fn create(&mut self, ticket: u64, wish: Wish) {
        if self.check_create(&wish).is_err() {
            return;
        }
        if self.asking.contains_key(&wish.number) {
            return self.wish_behind(ticket, Box::new(wish));
        }
        let key = wish.terms.key.as_deref();
        if let Some((request, number)) = key.and_then(|key| self.keys.find(self.now.mono, key)) {
            return self.say(if number == wish.number {
                Event::Stands { ticket, request }
            } else {
                Event::NotCreated { ticket, why: Refusal::KeyTaken { request } }
            });
        }
        let entries = self.calls.len() + self.requests.len() + self.promises.len();
        let may = match entries < self.settings.entries_max {
            true => self
                .may_promise(wish.number, wish.terms.due.or(wish.terms.slot))
                .and_then(|it| self.uncapped((wish.number, None), it)),
            false => Err(Refusal::Full),
        };
        let may = may.and_then(|replaces| Ok((self.time_of(&wish)?, replaces)));
        match may {
            Ok((due, replaces)) => {
                let mut wish = wish;
                wish.terms.due = due;
                self.as_the_line_asks(&mut wish);
                self.write_wish(ticket, wish, replaces);
            }
            Err(why) => {
                if let Refusal::AlreadyWaiting { .. } = why {
                    self.ticket_of_duplicate(None, wish.number);
                }
                self.say(Event::NotCreated { ticket, why });
            }
        }
    }

    /// A wish that asks for no skill or priority of its own is as the callback of a call on the
    /// line would be.
    fn as_the_line_asks(&self, wish: &mut Wish) {
        let Some(line) = self.settings.lines.get(&wish.line) else { return };
        let Some(queue) = self.settings.queues.get(line.requests_queue()) else { return };
        if wish.terms.priority == 0 && queue.keep_priority {
            wish.terms.priority = line.routing.priority.min(LEVEL_MAX);
        }
        if wish.terms.needs.is_empty() && queue.keep_skills {
            wish.terms.needs = all_of(&[&line.routing.needs, &queue.needs]);
        }
    }

    fn write_wish(&mut self, ticket: u64, wish: Wish, replaces: Option<RequestId>) {
        let Wish { number, line, language, terms } = wish;
        let settings = self.settings.lines.get(&line).expect("looked up by check_create");
        let queue = settings.requests_queue().clone();
        let queue = self.names.queue(&queue);
        let line = self.names.line(&line);
        let request = self.next.request();
        let place = replaces.filter(|old| self.inherits(*old, queue));
        // Taken now, and not when it is durable: who arrives meanwhile stands behind.
        let (arrived, rank) = match (terms.due, place) {
            (Some(due), _) => (due, None),
            (None, Some(_)) => (self.now.wall, None),
            (None, None) => {
                let arrived = self.stamp();
                let priority = terms.priority;
                (arrived, Some(self.places.join(queue, Entry::Request(request), priority)))
            }
        };
        if let Some(key) = &terms.key {
            self.keys.remember(self.now.mono, key, request, number);
        }
        let asker = Asker::Command { ticket, rank };
        let ask = Ask { number, caller: None, contact: None, language, terms: Box::new(terms) };
        self.write_promise(request, (asker, line, queue, arrived), ask, replaces);
    }

    /// The request of a command is durable.
    pub(crate) fn created(&mut self, ticket: u64, request: RequestId) {
        self.say(Event::Created { ticket, request });
    }

    /// The request of a command could not be written: it never was.
    pub(crate) fn not_created(&mut self, ticket: u64, request: RequestId, key: Option<&str>) {
        if let Some(key) = key {
            self.keys.forget(key, request);
        }
        self.say(Event::NotCreated { ticket, why: Refusal::JournalDown });
    }
}

/// Who asks for a number for which another request is being written.
#[derive(Debug)]
pub(crate) enum Behind {
    /// A caller; what was asked for is kept with the call.
    Call(model::CallId),
    /// A command.
    Wish { ticket: u64, wish: Box<Wish> },
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn keys_are_forgotten_by_their_age_and_beyond_the_limit() {
        let number = E164::parse("+33612345678").expect("a number");
        let start = Mono::from_nanos(0);
        let mut keys = Keys::default();
        for n in 0..=KEYS_MAX as u64 {
            keys.remember(start, &n.to_string(), RequestId(n), number);
        }
        assert_eq!(keys.find(start, "0"), None);
        assert_eq!(keys.find(start, "1"), Some((RequestId(1), number)));
        assert_eq!(keys.find(start + KEY_TIME, "1"), None);
        keys.remember(start + KEY_TIME + Duration::from_secs(1), "a", RequestId(0), number);
        assert_eq!((keys.known.len(), keys.order.len()), (1, 1));
    }
}
