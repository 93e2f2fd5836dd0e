//! From "please call me back" to the promise: nothing is said before it is durable.
//!
//! While the request is being written its caller stays in the queue, in the same place, and is
//! offered to nobody. Durable: the place belongs to the request. Not written: all is as before. A
//! caller who hangs up in between has the request if, and only if, it became durable.

use std::collections::VecDeque;

use ledger::{CallEnd, Fact, Person, RequestEnd};
use model::{CallId, E164, LanguageTag, PersonId, RequestId, Wall};

use crate::calls::{Caller, CallerStage};
use crate::names::Language;
use crate::places::{Entry, Queue};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::{Request, Stage};
use crate::{Event, Order, Refusal};

/// Most callers who wait to hear whether another caller's request for the same number is durable.
const ASKING_BEHIND_MAX: usize = 8;

/// What a caller asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    number: E164,
    contact: Option<String>,
    language: LanguageTag,
}

/// A request that is being written.
#[derive(Debug)]
pub(crate) struct Promise {
    call: CallId,
    number: E164,
    contact: Option<Box<str>>,
    language: Language,
    person: PersonId,
    arrived: Wall,
    requested: Wall,
    expires: Wall,
    /// On the clock of deadlines.
    expires_at: model::Mono,
    /// The uncertain request of the same customer, which this one replaces.
    replaces: Option<RequestId>,
    /// How the caller left meanwhile.
    pub(crate) left: Option<CallEnd>,
}

/// A number for which a request is being written.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// Other callers who asked for the same number, in order.
    behind: VecDeque<CallId>,
}

impl Queues {
    pub(crate) fn ask(
        &mut self,
        call: CallId,
        number: E164,
        contact: Option<String>,
        language: LanguageTag,
    ) {
        let stage = self.calls.get(&call).map(|caller| &caller.stage);
        match stage {
            Some(CallerStage::Waiting | CallerStage::Offered) => {}
            Some(CallerStage::Asking(_) | CallerStage::AskingBehind(_)) => return,
            Some(CallerStage::Connecting(_)) | None => {
                return self.refuse(call, Refusal::NotWaiting);
            }
        }
        let ask = Ask { number, contact, language };
        match self.may_promise(number) {
            Ok(_) if self.asking.contains_key(&number) => self.ask_behind(call, ask),
            Ok(replaces) => {
                self.withdraw_from_agent(call);
                self.write_promise(call, ask, replaces);
            }
            Err(why) => {
                if let Refusal::AlreadyWaiting { .. } = why {
                    self.ticket_of_duplicate(call, number);
                }
                self.refuse(call, why);
            }
        }
    }

    /// Whether a request for this number may be made; with the uncertain one that it replaces.
    fn may_promise(&self, number: E164) -> Result<Option<RequestId>, Refusal> {
        let replaces = self.numbers.get(&number).copied();
        if let Some(existing) = replaces.and_then(|id| self.requests.get(&id))
            && existing.stage != Stage::Uncertain
        {
            let place = self.places.place(existing.queue, existing.rank);
            return Err(Refusal::AlreadyWaiting { place });
        }
        if !self.journal_up {
            return Err(Refusal::JournalDown);
        }
        Ok(replaces)
    }

    fn write_promise(&mut self, call: CallId, ask: Ask, replaces: Option<RequestId>) {
        let request = self.next.request();
        let person = self.next.person();
        let caller = &self.calls[&call];
        let target = self.requests_queue(caller);
        let inherited = replaces
            .and_then(|old| self.requests.get(&old))
            .filter(|old| old.queue == target)
            .map(|old| old.arrived);
        let queue = self.names.queue_name(target).clone();
        let line = self.names.line_name(caller.line).clone();
        let ttl = self.settings.queues.get(&queue).map(|queue| queue.request_ttl);
        let ttl = ttl.expect("a line's queue is in the settings");
        let promise = Promise {
            call,
            number: ask.number,
            contact: ask.contact.clone().map(String::into_boxed_str),
            language: self.names.language(&ask.language),
            person,
            arrived: inherited.unwrap_or(caller.arrived),
            requested: self.now.wall,
            expires: self.now.wall + ttl,
            expires_at: self.now.mono + ttl,
            replaces,
            left: None,
        };
        let fact = Fact::CallbackRequested {
            request,
            call: Some(call),
            queue,
            line,
            person,
            arrived: promise.arrived,
            expires: promise.expires,
            language: ask.language,
        };
        self.promises.insert(request, promise);
        self.asking.insert(ask.number, Asking::default());
        if let Some(old) = replaces {
            self.set_asked_again(old, true);
        }
        self.set_caller_stage(call, CallerStage::Asking(request), Reason::Asking);
        let person = Some(Person { id: person, number: ask.number, contact: ask.contact });
        let order = Order::Promise { call, request };
        self.say(Event::RecordThen { fact, person, order });
    }

    /// The promise is durable: the caller's place belongs to the request.
    pub(crate) fn promised(&mut self, id: RequestId) {
        let Some(promise) = self.promises.remove(&id) else { return };
        let caller = &self.calls[&promise.call];
        let (queue, line) = (self.requests_queue(caller), caller.line);
        let inherited = promise
            .replaces
            .and_then(|old| self.requests.get(&old))
            .filter(|old| old.queue == queue)
            .map(|old| old.rank);
        let rank = inherited.unwrap_or(caller.rank);
        self.places.hold(queue, rank, Entry::Request(id));
        if let Some(old) = promise.replaces {
            self.close(old, RequestEnd::Cancelled, ASKED_AGAIN);
        }
        self.end_call(promise.call, CallEnd::Promised);
        let request = Request {
            number: promise.number,
            contact: promise.contact,
            person: promise.person,
            arrived: promise.arrived,
            requested: promise.requested,
            expires: promise.expires,
            expires_at: promise.expires_at,
            rank,
            queue,
            line,
            language: promise.language,
            attempts: 0,
            spent: 0,
            reason: Reason::Promised,
            asked_again: false,
            stage: Stage::Waiting,
        };
        self.insert_request(id, request);
        self.answer_those_behind(promise.number);
    }

    /// Where the request of a caller waits, by the line.
    fn requests_queue(&self, caller: &Caller) -> Queue {
        let settings = self.settings.lines.get(self.names.line_name(caller.line));
        let target = settings.and_then(|line| line.callback_queue.as_ref());
        target.and_then(|name| self.names.find_queue(name)).unwrap_or(caller.queue)
    }

    /// The request could not be written: it never was.
    pub(crate) fn not_promised(&mut self, id: RequestId) {
        let Some(promise) = self.promises.remove(&id) else { return };
        if let Some(old) = promise.replaces {
            self.set_asked_again(old, false);
        }
        match promise.left {
            Some(end) => self.end_call(promise.call, end),
            None => {
                let reason = Reason::NotWritten;
                self.set_caller_stage(promise.call, CallerStage::Waiting, reason);
            }
        }
        self.answer_those_behind(promise.number);
    }

    /// "Already waiting" is a promise too: it is said only when the other request is durable.
    fn ask_behind(&mut self, call: CallId, ask: Ask) {
        let asking = self.asking.entry(ask.number).or_default();
        if asking.behind.len() >= ASKING_BEHIND_MAX {
            return self.refuse(call, Refusal::Full);
        }
        asking.behind.push_back(call);
        self.withdraw_from_agent(call);
        let stage = CallerStage::AskingBehind(Box::new(ask));
        self.set_caller_stage(call, stage, Reason::AskingBehind);
    }

    /// A caller who asked behind another has left.
    pub(crate) fn stop_asking_behind(&mut self, call: CallId) {
        let caller = self.calls.get(&call);
        let Some(CallerStage::AskingBehind(ask)) = caller.map(|caller| &caller.stage) else {
            return;
        };
        if let Some(asking) = self.asking.get_mut(&ask.number) {
            asking.behind.retain(|other| *other != call);
        }
    }

    /// The request for this number was written or was not: the others ask again.
    fn answer_those_behind(&mut self, number: E164) {
        let Some(asking) = self.asking.remove(&number) else { return };
        for call in asking.behind {
            let Some(caller) = self.calls.get_mut(&call) else { continue };
            let stage = std::mem::replace(&mut caller.stage, CallerStage::Waiting);
            self.set_caller_stage(call, CallerStage::Waiting, Reason::Arrived);
            if let CallerStage::AskingBehind(ask) = stage {
                self.ask(call, ask.number, ask.contact, ask.language);
            }
        }
    }

    /// A caller who asks for a callback is no longer offered.
    fn withdraw_from_agent(&mut self, call: CallId) {
        let Some(caller) = self.calls.get(&call) else { return };
        if caller.stage == CallerStage::Offered {
            self.withdraw_ring((caller.queue, caller.rank));
        }
    }

    fn refuse(&mut self, call: CallId, why: Refusal) {
        self.say(Event::Refused { call, why });
    }
}

/// Why an uncertain request ends when its customer calls.
pub(crate) const ASKED_AGAIN: &str = "the customer asked again; the new request stands for it";
