//! From "please call me back" to the promise: nothing is said before it is durable.
//!
//! While the request is being written its caller stays in the queue, in the same place, and is
//! offered to nobody. Durable: the place belongs to the request. Not written: all is as before. A
//! caller who hangs up in between has the request if, and only if, it became durable.

use std::collections::VecDeque;
use std::time::Duration;

use ledger::{CallEnd, Fact, Person, RequestEnd, Terms};
use model::{CallId, E164, LanguageTag, PersonId, RequestId, Wall};

use crate::calls::{Caller, CallerStage};
use crate::caps::Asked;
use crate::names::{Language, Line};
use crate::places::{Entry, Queue, Rank};
use crate::queues::Queues;
use crate::reason::Reason;
use crate::requests::{More, Request, Stage};
use crate::wishes::Behind;
use crate::{Event, Order, Party, Refusal, Unavailable, Unfit, Wish};

/// Most callers who wait to hear whether another caller's request for the same number is durable.
const ASKING_BEHIND_MAX: usize = 8;

/// From the promise to the first dial of a customer who is dialled first, at least.
const LINE_FREE: Duration = Duration::from_secs(10);

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) number: E164,
    /// Who calls, when that is known.
    pub(crate) caller: Option<E164>,
    pub(crate) contact: Option<String>,
    pub(crate) language: LanguageTag,
    pub(crate) terms: Box<Terms>,
}

/// Who asked for a request that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A caller, whose place it takes.
    Call(CallId),
    /// A command.
    Command {
        ticket: u64,
        /// The place that is held for it; none when it is to have another's, or none yet.
        rank: Option<Rank>,
    },
}

/// A request that is being written.
#[derive(Debug)]
pub(crate) struct Promise {
    asker: Asker,
    line: Line,
    queue: Queue,
    number: E164,
    contact: Option<Box<str>>,
    caller: Option<E164>,
    language: Language,
    terms: Box<Terms>,
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

impl Promise {
    /// Its line, and where it is to wait.
    pub(crate) fn waits_in(&self) -> (Line, Queue) {
        (self.line, self.queue)
    }
}

/// A number for which a request is being written.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// Others who asked for the same number, in order.
    behind: VecDeque<Behind>,
}

impl Queues {
    pub(crate) fn ask(
        &mut self,
        call: CallId,
        (number, caller): (E164, Option<E164>),
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
        let line = self.calls.get(&call).map(|caller| self.names.line_name(caller.line));
        if let Some(Err(unfit)) = line.map(|line| self.judge(line, &number)) {
            return self.refuse(call, Refusal::Unfit(unfit));
        }
        if !self.calls[&call].is_called_back_by(self) {
            return self.refuse(call, Refusal::Unavailable(Unavailable::Never));
        }
        let line = self.names.line_name(self.calls[&call].line);
        if self.not_registered(line).is_some() {
            return self.refuse(call, Refusal::Unavailable(Unavailable::SwitchedOff));
        }
        let terms = Box::new(self.kept_terms(call));
        let ask = Ask { number, caller, contact, language, terms };
        let may = match self.may_ask(call, number) {
            Ok(_) if self.asking.contains_key(&number) => return self.ask_behind(call, ask),
            may => may.and_then(|it| self.uncapped((number, caller), it)),
        };
        match may {
            Ok(replaces) => {
                self.withdraw_from_agent(call);
                self.write_promise_of(call, ask, replaces);
            }
            Err(why) => {
                if let Refusal::AlreadyWaiting { .. } = why {
                    self.count_caller(Asked { number, caller });
                    self.ticket_of_duplicate(Some(call), number);
                }
                self.refuse(call, why);
            }
        }
    }

    /// Whether this caller may ask for this number. A request whose place the call has is no other
    /// one: the new one takes its part.
    fn may_ask(&self, call: CallId, number: E164) -> Result<Option<RequestId>, Refusal> {
        match self.may_promise(number, None) {
            Err(Refusal::AlreadyWaiting { request, .. })
                if self.taken.by(call) == Some(request) =>
            {
                if self.journal_up {
                    Ok(None)
                } else {
                    Err(Refusal::JournalDown)
                }
            }
            may => may,
        }
    }

    /// What a callback keeps of its call.
    fn kept_terms(&self, call: CallId) -> Terms {
        let Some(caller) = self.calls.get(&call) else { return Terms::default() };
        let queue = self.names.queue_name(self.requests_queue(caller));
        let Some(settings) = self.settings.queues.get(queue) else { return Terms::default() };
        let replaces = self.taken.by(call);
        let needs = settings.keep_skills.then(|| self.agents.skills.list(caller.needs).to_vec());
        Terms {
            needs: needs.unwrap_or_default(),
            priority: if settings.keep_priority { caller.priority } else { 0 },
            replaces,
            ..Terms::default()
        }
    }

    /// Whether a request for this number may be made, for this time; with the one that it
    /// replaces: an uncertain one, or an appointment when the customer cannot wait for it.
    pub(crate) fn may_promise(
        &self,
        number: E164,
        due: Option<Wall>,
    ) -> Result<Option<RequestId>, Refusal> {
        let existing = self.numbers.get(&number).copied();
        let replaces = match existing.and_then(|id| Some((id, self.requests.get(&id)?))) {
            None => None,
            Some((id, request)) => match request.stage {
                Stage::Uncertain => Some(id),
                Stage::Scheduled(_) if due.is_none() => Some(id),
                Stage::Scheduled(_) => {
                    return Err(Refusal::AlreadyWaiting { request: id, place: None });
                }
                Stage::Waiting
                | Stage::Due(_)
                | Stage::Offered
                | Stage::Recording(_)
                | Stage::Dialling(_)
                | Stage::Talking(_)
                | Stage::TakenOver(_)
                | Stage::Stranded => {
                    let place = Some(self.places.place(request.queue, request.rank));
                    return Err(Refusal::AlreadyWaiting { request: id, place });
                }
            },
        };
        if !self.journal_up {
            return Err(Refusal::JournalDown);
        }
        Ok(replaces)
    }

    /// What may be promised, when the day has room for one more request.
    pub(crate) fn uncapped(
        &mut self,
        (number, caller): (E164, Option<E164>),
        replaces: Option<RequestId>,
    ) -> Result<Option<RequestId>, Refusal> {
        let asked = Asked { number, caller };
        self.cap_on_request(asked).map_err(|cap| {
            self.alarm(cap, asked);
            Refusal::Unfit(Unfit::Capped(cap))
        })?;
        Ok(replaces)
    }

    fn write_promise_of(&mut self, call: CallId, ask: Ask, replaces: Option<RequestId>) {
        let request = self.next.request();
        let caller = &self.calls[&call];
        let of = (Asker::Call(call), caller.line, self.requests_queue(caller), caller.arrived);
        self.set_caller_stage(call, CallerStage::Asking(request), Reason::Asking);
        self.write_promise(request, of, ask, replaces);
    }

    /// Whether a new request in this queue has the place of the one that it replaces.
    pub(crate) fn inherits(&self, old: RequestId, queue: Queue) -> bool {
        let old = self.requests.get(&old);
        old.is_some_and(|old| old.queue == queue && old.stage == Stage::Uncertain)
    }

    pub(crate) fn write_promise(
        &mut self,
        request: RequestId,
        (asker, line, queue, arrived): (Asker, Line, Queue, Wall),
        ask: Ask,
        replaces: Option<RequestId>,
    ) {
        let person = self.next.person();
        let timed = ask.terms.due.is_some();
        let inherited = replaces.filter(|old| !timed && self.inherits(*old, queue));
        let inherited = inherited.and_then(|old| self.requests.get(&old)).map(|old| old.arrived);
        let name = self.names.queue_name(queue).clone();
        let ttl = self.settings.queues.get(&name).map(|queue| queue.request_ttl);
        let ttl = ttl.expect("a line's queue is in the settings");
        let begins = ask.terms.due.unwrap_or(self.now.wall);
        let promise = Promise {
            asker,
            line,
            queue,
            number: ask.number,
            contact: ask.contact.clone().map(String::into_boxed_str),
            caller: ask.caller.filter(|caller| *caller != ask.number),
            language: self.names.language(&ask.language),
            terms: ask.terms.clone(),
            person,
            arrived: inherited.unwrap_or(arrived),
            requested: self.now.wall,
            expires: begins + ttl,
            expires_at: self.mono_of(begins) + ttl,
            replaces,
            left: None,
        };
        let (call, order) = match asker {
            Asker::Call(call) => (Some(call), Order::Promise { call, request }),
            Asker::Command { ticket, .. } => (None, Order::Create { ticket, request }),
        };
        let fact = Fact::CallbackRequested {
            request,
            call,
            queue: name,
            line: self.names.line_name(line).clone(),
            person,
            arrived: promise.arrived,
            expires: promise.expires,
            language: ask.language,
            terms: ask.terms,
        };
        self.take_time(queue, &promise.terms, request);
        self.count_request(Asked { number: ask.number, caller: ask.caller });
        self.promises.insert(request, promise);
        self.asking.insert(ask.number, Asking::default());
        if let Some(old) = replaces {
            self.set_asked_again(old, true);
        }
        let person = Some(Person { id: person, number: ask.number, contact: ask.contact });
        self.say(Event::RecordThen { fact, person, order });
    }

    /// The promise is durable: the caller's place belongs to the request.
    pub(crate) fn promised(&mut self, id: RequestId) {
        let Some(promise) = self.promises.remove(&id) else { return };
        let (queue, line) = (promise.queue, promise.line);
        let inherited = promise.replaces.filter(|old| self.inherits(*old, queue));
        let inherited = inherited.and_then(|old| self.requests.get(&old)).map(|old| old.rank);
        let own = match promise.asker {
            Asker::Call(call) => Some(self.calls[&call].rank),
            Asker::Command { rank, .. } => rank,
        };
        let due = promise.terms.due.map(|due| self.mono_of(due));
        let rank = match due {
            Some(_) => Rank::NONE,
            None => {
                let rank = inherited.or(own);
                let rank = rank.expect("a place is held for what has no time of its own");
                rank.with_priority(promise.terms.priority)
            }
        };
        if due.is_none() {
            self.places.hold(queue, rank, Entry::Request(id));
        }
        let taken = match promise.asker {
            Asker::Call(call) => self.taken.by(call),
            Asker::Command { .. } => None,
        };
        for old in promise.replaces.into_iter().chain(taken) {
            self.close(old, RequestEnd::Cancelled, ASKED_AGAIN);
        }
        match promise.asker {
            Asker::Call(call) => self.end_call(call, CallEnd::Promised),
            Asker::Command { ticket, .. } => self.created(ticket, id),
        }
        let more = self.more(*promise.terms, promise.caller);
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
            reason: match promise.asker {
                _ if due.is_some() => Reason::Scheduled,
                Asker::Call(_) => Reason::Promised,
                Asker::Command { .. } => Reason::Asked,
            },
            asked_again: false,
            stage: match due {
                Some(due) => Stage::Scheduled(due),
                None => self.first_stage(promise.asker, line, queue),
            },
            forbidden: false,
            more,
        };
        self.insert_request(id, request);
        self.answer_those_behind(promise.number);
    }

    /// A customer who is dialled before any agent is rung may still hear the promise: the line must
    /// be free again.
    fn first_stage(&self, asker: Asker, line: Line, queue: Queue) -> Stage {
        if !self.is_served(self.names.line_name(line), self.names.queue_name(queue)) {
            return Stage::Stranded;
        }
        let settings = self.settings.queues.get(self.names.queue_name(queue));
        let first = settings.map(|queue| queue.dials.first).unwrap_or_default();
        match (asker, first) {
            (Asker::Call(_), Party::Customer) => Stage::Due(self.now.mono + LINE_FREE),
            (Asker::Call(_) | Asker::Command { .. }, _) => Stage::Waiting,
        }
    }

    /// What is kept of the terms, and of who asked.
    pub(crate) fn more(&mut self, terms: Terms, caller: Option<E164>) -> Option<Box<More>> {
        if terms.is_plain() && caller.is_none() {
            return None;
        }
        let owner = terms.owner.as_ref().and_then(|owner| self.agents.find(owner));
        let needs = self.agents.skills.ask(&terms.needs);
        Some(Box::new(More { owner, needs, terms, caller }))
    }

    /// Where the request of a caller waits, by the line.
    pub(crate) fn requests_queue(&self, caller: &Caller) -> Queue {
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
        match (promise.asker, promise.left) {
            (Asker::Call(call), Some(end)) => self.end_call(call, end),
            (Asker::Call(call), None) => {
                self.set_caller_stage(call, CallerStage::Waiting, Reason::NotWritten);
            }
            (Asker::Command { ticket, rank }, _) => {
                self.free_time(promise.queue, promise.terms.due, id);
                if let Some(rank) = rank {
                    self.places.leave(promise.queue, rank);
                }
                self.not_created(ticket, id, promise.terms.key.as_deref());
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
        asking.behind.push_back(Behind::Call(call));
        self.withdraw_from_agent(call);
        let stage = CallerStage::AskingBehind(Box::new(ask));
        self.set_caller_stage(call, stage, Reason::AskingBehind);
    }

    /// A command asks for a number for which another request is being written.
    pub(crate) fn wish_behind(&mut self, ticket: u64, wish: Box<Wish>) {
        let asking = self.asking.entry(wish.number).or_default();
        if asking.behind.len() >= ASKING_BEHIND_MAX {
            return self.say(Event::NotCreated { ticket, why: Refusal::Full });
        }
        asking.behind.push_back(Behind::Wish { ticket, wish });
    }

    /// A caller who asked behind another has left.
    pub(crate) fn stop_asking_behind(&mut self, call: CallId) {
        let caller = self.calls.get(&call);
        let Some(CallerStage::AskingBehind(ask)) = caller.map(|caller| &caller.stage) else {
            return;
        };
        if let Some(asking) = self.asking.get_mut(&ask.number) {
            asking.behind.retain(|other| !matches!(other, Behind::Call(it) if *it == call));
        }
    }

    /// The request for this number was written or was not: the others ask again.
    fn answer_those_behind(&mut self, number: E164) {
        let Some(asking) = self.asking.remove(&number) else { return };
        for behind in asking.behind {
            let call = match behind {
                Behind::Call(call) => call,
                // Settings may have changed while it waited.
                Behind::Wish { ticket, wish } if self.check_create(&wish).is_err() => {
                    let why = Refusal::Unavailable(Unavailable::Never);
                    self.say(Event::NotCreated { ticket, why });
                    continue;
                }
                Behind::Wish { ticket, wish } => {
                    self.create(ticket, *wish);
                    continue;
                }
            };
            let Some(caller) = self.calls.get_mut(&call) else { continue };
            let stage = std::mem::replace(&mut caller.stage, CallerStage::Waiting);
            self.set_caller_stage(call, CallerStage::Waiting, Reason::Arrived);
            if let CallerStage::AskingBehind(ask) = stage {
                self.ask(call, (ask.number, ask.caller), ask.contact, ask.language);
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
        if self.calls.contains_key(&call) {
            self.record(Fact::RequestUntaken { call, why: why.into() });
        }
        self.say(Event::Refused { call, why });
    }
}

/// Why a request ends for which a new one of the same customer stands.
pub(crate) const ASKED_AGAIN: &str = "the customer asked again; the new request stands for it";
