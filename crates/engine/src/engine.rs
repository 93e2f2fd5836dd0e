//! The router: every input to its owner, every owner's word to its hearer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ivr::Reply;
use ledger::{DialOutcome, Person, Recovered};
use media::Catalog;
use model::{AgentName, CallId, Deadline, Entropy, Now, OfferId, PersonId, RequestId, Seq};
use queue::{Command as QueueCommand, Event as QueueEvent, Order, Queues, Refusal};
use sip::{Invited, Output as SipOutput, SessionId};

use crate::caller::CallerCall;
use crate::channels;
use crate::feature::{self, FeatureCall};
use crate::leg::LegEvent;
use crate::numbers;
use crate::offer::OfferRun;
use crate::switchboard::{Owner, Switchboard};
use crate::{Done, Input, JournalState, Output, Settings, Status};

/// Wire lines of a session that has not introduced itself yet.
const EARLY_WIRES_MAX: usize = 16;
/// Replies to operators that wait for the disk; one more is given at once, and says so.
const REPLIES_HELD_MAX: usize = 256;

/// What a starting engine is told beside its settings.
#[derive(Debug, Clone)]
pub struct Start {
    /// What the ledger says.
    pub recovered: Recovered,
    /// The erasable table.
    pub people: BTreeMap<PersonId, Person>,
    /// The root of this run's generators.
    pub entropy: Entropy,
    /// Every clip.
    pub clips: Arc<Catalog>,
    /// Whether everything that the queue is told is kept for [`Engine::poll_reel`].
    pub reel: bool,
}

/// The engine: calls, legs and bridges around one SIP stack and one queue. See the crate.
pub struct Engine {
    pub(crate) board: Switchboard,
    pub(crate) callers: BTreeMap<CallId, CallerCall>,
    pub(crate) offers: BTreeMap<OfferId, OfferRun>,
    /// Agents who dial a feature code.
    pub(crate) features: BTreeMap<CallId, FeatureCall>,
    early_wires: VecDeque<sip::Wire>,
    /// Replies that are true only once the fact in this place is durable, in the order of places.
    held: VecDeque<(Seq, u64, Done)>,
    /// The commands whose request is being written.
    pub(crate) wishes: BTreeSet<u64>,
    pub(crate) journal: JournalState,
    pub(crate) draining: bool,
}

/// The settings with which an engine of these settings begins its queue.
pub fn queue_settings(settings: &Settings) -> queue::Settings {
    queue::Settings {
        rooms: channels::rooms(settings),
        own_numbers: numbers::own(settings),
        ..settings.queue.clone()
    }
}

impl Engine {
    /// An engine that has read its ledger. Poll it at once: it has facts to record.
    pub fn new(mut settings: Settings, start: Start, now: Now) -> Engine {
        settings.queue = queue_settings(&settings);
        let Start { recovered, people, entropy, clips, reel } = start;
        let seed = entropy.branch("queue");
        let mut queues = Queues::new(settings.queue.clone(), &recovered, &people, seed, now);
        let (seq, epoch) = (recovered.next_seq, recovered.epoch);
        if reel {
            queues.start_reel(epoch, Seq(seq));
        }
        let mut engine = Engine {
            board: Switchboard::new(settings, clips, queues, seq, epoch, &entropy, now),
            callers: BTreeMap::new(),
            offers: BTreeMap::new(),
            features: BTreeMap::new(),
            early_wires: VecDeque::new(),
            held: VecDeque::new(),
            wishes: BTreeSet::new(),
            journal: JournalState::Up,
            draining: false,
        };
        engine.board.recordings.recover(&recovered);
        engine.board.stack.register(now);
        engine.board.tend_trunks(now);
        engine.settle(now);
        engine
    }

    /// Prompts have changed: those of a copy of the former catalogue are played from now on. The
    /// media machines have it before.
    pub fn replace_clips(&mut self, clips: Arc<Catalog>) {
        self.board.replace_clips(clips);
    }

    /// Takes in one input. Never fails on what the wire says.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Datagram { source, bytes } => {
                self.board.stack.handle_datagram(now, source, &bytes);
            }
            Input::Unreachable(hop) => self.board.stack.handle_unreachable(now, hop),
            Input::Disconnected(hop) => self.board.stack.handle_disconnected(now, hop),
            Input::Media(event) => self.handle_media(now, event),
            Input::Recorded(seq) => {
                for order in self.board.records.recorded(seq) {
                    self.carry_out(now, order);
                    self.settle(now);
                }
                self.release_replies(seq);
            }
            Input::NotRecorded(seq) => self.not_recorded(now, seq),
            Input::Journal(state) => {
                let up = matches!(state, JournalState::Up);
                self.journal = state;
                if !up {
                    self.release_replies_unwritten();
                }
                self.board.queues.handle(now, QueueCommand::Journal { up });
            }
            Input::Operator { ticket, command } => self.asked(now, ticket, command),
            Input::Recorder(answer) => self.board.hear_recorder(now, answer),
            Input::Dns { question, answer } => self.heard_dns(now, &question, answer),
            Input::Timeout => self.handle_timeout(now),
        }
        self.settle(now);
    }

    /// A command that ends or changes a request is answered when its fact is durable: an operator
    /// who has read the answer may rely on it, whatever dies next.
    fn asked(&mut self, now: Now, ticket: u64, command: crate::Command) {
        let waits = command.is_written();
        let before = self.board.records.last();
        let result = self.operate(now, ticket, command);
        self.settle(now);
        let place = self.board.records.last();
        match result {
            Ok(None) => {}
            Ok(Some(done)) if waits && place > before => self.hold_reply(place, ticket, done),
            Ok(Some(done)) => self.board.push(Output::Reply { ticket, result: Ok(done) }),
            Err(error) => self.board.push(Output::Reply { ticket, result: Err(error) }),
        }
    }

    fn hold_reply(&mut self, place: Seq, ticket: u64, done: Done) {
        let up = matches!(self.journal, JournalState::Up);
        if up && self.held.len() < REPLIES_HELD_MAX {
            self.held.push_back((place, ticket, done));
        } else {
            self.reply_unwritten(ticket, &done);
        }
    }

    fn release_replies(&mut self, durable: Seq) {
        let due = |held: &mut (Seq, u64, Done)| held.0 <= durable;
        while let Some((_, ticket, done)) = self.held.pop_front_if(due) {
            self.board.push(Output::Reply { ticket, result: Ok(done) });
        }
    }

    fn release_replies_unwritten(&mut self) {
        for (_, ticket, done) in std::mem::take(&mut self.held) {
            self.reply_unwritten(ticket, &done);
        }
    }

    fn reply_unwritten(&mut self, ticket: u64, done: &Done) {
        let because = match &self.journal {
            JournalState::Up => "the journal is behind".to_owned(),
            JournalState::Down { why } => format!("the journal cannot be written: {why}"),
        };
        let what = format!(
            "{}, but this is NOT yet written ({because}); if the engine stops before it is, it \
             did not happen",
            done.what
        );
        self.board.push(Output::Reply { ticket, result: Ok(Done { what, ..done.clone() }) });
    }

    /// What the engine wants done; `None` when there is nothing more.
    pub fn poll(&mut self) -> Option<Output> {
        self.board.pop()
    }

    /// The next frame of the reel, when one is kept: what the queue was told by the last input. To
    /// be drained before [`Engine::poll`], and written without making anybody wait.
    pub fn poll_reel(&mut self) -> Option<Vec<u8>> {
        self.board.queues.poll_reel()
    }

    /// When to call [`Engine::handle`] with [`Input::Timeout`] at the latest.
    pub fn deadline(&self) -> Option<Deadline> {
        self.board.deadline()
    }

    fn handle_timeout(&mut self, now: Now) {
        let due = |deadline: Option<Deadline>| deadline.is_some_and(|d| d.at <= now.mono);
        if due(self.board.stack.deadline()) {
            self.board.stack.handle_timeout(now);
        }
        if due(self.board.queues.deadline()) {
            self.board.queues.handle_timeout(now);
        }
        if due(self.board.ways.deadline()) {
            self.board.tend_trunks(now);
        }
        self.settle(now);
        while let Some(owner) = self.board.timers.take_due(now.mono) {
            match owner {
                Owner::Caller(call) | Owner::Onward(call) => {
                    self.with_caller(call, |caller, board| caller.handle_timeout(board, now));
                }
                Owner::Agent(offer)
                | Owner::Customer(offer)
                | Owner::Target(offer)
                | Owner::Left(offer) => {
                    self.with_offer(offer, |run, board| run.handle_timeout(board, now));
                }
                // It waits for nothing but the phone and the prompt.
                Owner::Feature(_) => {}
            }
            self.settle(now);
        }
    }

    fn handle_media(&mut self, now: Now, event: media::Event) {
        let port = match event {
            media::Event::Opened { port }
            | media::Event::Key { port, .. }
            | media::Event::PlayEnded { port, .. }
            | media::Event::Pressed { port }
            | media::Event::Judged { port, .. }
            | media::Event::Quiet { port, .. }
            | media::Event::Silent { port }
            | media::Event::Lost { port } => port,
            media::Event::OpenFailed { port } | media::Event::Closed { port, .. } => {
                if let media::Event::Closed { sent, received, quality, .. } = event {
                    self.board.show_voice(port, sent, received, quality);
                }
                let owner = self.board.port_gone(now, port);
                if let (Some(owner), media::Event::OpenFailed { .. }) = (owner, &event) {
                    self.media_to(now, owner, event);
                }
                return;
            }
        };
        if let media::Event::Lost { .. } = event {
            self.board.show_lost(port);
        }
        if let Some(owner) = self.board.port_owner(port) {
            self.media_to(now, owner, event);
        }
    }

    fn media_to(&mut self, now: Now, owner: Owner, event: media::Event) {
        match owner {
            Owner::Caller(call) => {
                self.with_caller(call, |caller, board| caller.handle_media(board, now, event));
            }
            Owner::Agent(offer) => {
                self.with_offer(offer, |run, board| run.handle_agent_media(board, now, event));
            }
            Owner::Customer(offer) => {
                self.with_offer(offer, |run, board| run.handle_customer_media(board, now, event));
            }
            Owner::Target(offer) => {
                self.with_offer(offer, |run, board| run.handle_target_media(board, now, event));
            }
            Owner::Onward(call) => {
                self.with_caller(call, |caller, board| {
                    caller.handle_onward_media(board, now, event);
                });
            }
            Owner::Feature(call) => {
                self.with_feature(call, |dialled, board| dialled.handle_media(board, now, event));
            }
            // Nobody listens to an agent who has left.
            Owner::Left(_) => {}
        }
    }

    /// Lets the stack, the queue and the legs speak until nobody has anything more to say.
    fn settle(&mut self, now: Now) {
        loop {
            if let Some(command) = self.board.channels.news() {
                self.board.queues.handle(now, command);
            } else if let Some(trunk) = self.board.channels.turned() {
                self.tell_of_telephones(now, &trunk);
            } else if let Some(output) = self.board.stack.poll() {
                self.hear_stack(now, output);
            } else if let Some((to, event)) = self.board.post.pop_front() {
                self.deliver(now, to, event);
            } else if let Some(event) = self.board.queues.poll() {
                self.hear_queue(now, event);
            } else {
                return;
            }
        }
    }

    fn hear_stack(&mut self, now: Now, output: SipOutput) {
        match output {
            SipOutput::Datagram { to, bytes } => self.board.push(Output::Datagram { to, bytes }),
            SipOutput::Wire(wire) => self.show_wire(wire),
            SipOutput::Registration(told) => self.registered(now, told),
            SipOutput::Upstream(told) => self.board.show(Status::Trunk(told)),
            SipOutput::Alive { token, alive } => self.heard_alive(now, token, alive),
            SipOutput::Event { session, event: sip::Event::Invited(invited) } => {
                self.let_in(now, session, *invited);
            }
            SipOutput::Event { session, event } => self.sip_to(now, session, event),
        }
    }

    fn show_wire(&mut self, wire: sip::Wire) {
        match self.board.session_owner(wire.session) {
            Some((_, leg)) => self.board.show(Status::Wire { leg, wire }),
            None => {
                if self.early_wires.len() == EARLY_WIRES_MAX {
                    self.early_wires.pop_front();
                }
                self.early_wires.push_back(wire);
            }
        }
    }

    fn let_in(&mut self, now: Now, session: SessionId, invited: Invited) {
        if let Some(replaced) = invited.replaces {
            self.let_take_over(now, session, replaced, invited);
        } else if let Some(agent) = self.agent_who_dials(&invited) {
            let dialled = FeatureCall::begin(&mut self.board, now, session, invited, agent);
            self.features.extend(dialled.map(|dialled| (dialled.call(), dialled)));
        } else if let Some(caller) = CallerCall::begin(&mut self.board, now, session, invited) {
            self.board.channels.caller_came(caller.trunk());
            self.callers.insert(caller.call(), caller);
        }
        for wire in std::mem::take(&mut self.early_wires) {
            self.show_wire(wire);
        }
    }

    /// The agent who dials, from a phone of the agent's own: whatever that is, where the phone is
    /// nobody else's; a feature code, where it is a trunk's too.
    fn agent_who_dials(&self, invited: &Invited) -> Option<AgentName> {
        let settings = &self.board.settings;
        settings.feature_codes.as_ref()?;
        let may = invited.peer.is_none() || feature::is_code(settings, invited);
        feature::who_dials(settings, invited).filter(|_| may)
    }

    /// Somebody wants to take the place of an agent who talks; nobody else's place can be taken.
    fn let_take_over(
        &mut self,
        now: Now,
        session: SessionId,
        replaced: SessionId,
        invited: Invited,
    ) {
        match self.board.session_owner(replaced) {
            Some((Owner::Agent(offer), _)) => {
                self.with_offer(offer, |run, board| run.taken_over(board, now, session, invited));
            }
            Some((
                Owner::Caller(_)
                | Owner::Customer(_)
                | Owner::Target(_)
                | Owner::Left(_)
                | Owner::Feature(_)
                | Owner::Onward(_),
                _,
            ))
            | None => self.board.stack.reject(now, session, 403, None),
        }
    }

    fn sip_to(&mut self, now: Now, session: SessionId, event: sip::Event) {
        let Some((owner, _)) = self.board.session_owner(session) else { return };
        let over = matches!(event, sip::Event::Ended { .. });
        match owner {
            Owner::Caller(call) => {
                self.with_caller(call, |caller, board| caller.handle_sip(board, now, event));
            }
            Owner::Agent(offer) => {
                self.with_offer(offer, |run, board| {
                    run.handle_agent_sip(board, now, session, event);
                });
            }
            Owner::Customer(offer) => {
                self.with_offer(offer, |run, board| run.handle_customer_sip(board, now, event));
            }
            Owner::Target(offer) => {
                self.with_offer(offer, |run, board| {
                    run.handle_target_sip(board, now, session, event);
                });
            }
            Owner::Onward(call) => {
                self.with_caller(call, |caller, board| {
                    caller.handle_onward_sip(board, now, session, event);
                });
            }
            Owner::Left(offer) => {
                self.with_offer(offer, |run, board| {
                    run.handle_left_sip(board, now, session, event)
                });
            }
            Owner::Feature(call) => {
                self.with_feature(call, |dialled, board| dialled.handle_sip(board, now, event));
            }
        }
        if over {
            self.board.forget_session(session);
        }
    }

    fn deliver(&mut self, now: Now, to: Owner, event: LegEvent) {
        match to {
            Owner::Caller(call) | Owner::Onward(call) => {
                let found =
                    self.with_caller(call, |caller, board| caller.handle_leg(board, now, event));
                if let (false, LegEvent::Connect { offer, .. }) = (found, event) {
                    self.board.post.push_back((Owner::Agent(offer), LegEvent::Disconnect));
                }
            }
            Owner::Agent(offer)
            | Owner::Customer(offer)
            | Owner::Target(offer)
            | Owner::Left(offer) => {
                self.with_offer(offer, |run, board| run.handle_leg(board, now, event));
            }
            // Nobody is joined with it.
            Owner::Feature(_) => {}
        }
    }

    fn hear_queue(&mut self, now: Now, event: QueueEvent) {
        match event {
            QueueEvent::Record { fact } => self.board.record(now, fact, None, None),
            QueueEvent::RecordThen { fact, person, order } => {
                self.board.record(now, fact, person, Some(order));
            }
            QueueEvent::Refused { call, why } => {
                let reply = match why {
                    Refusal::AlreadyWaiting { .. } => Reply::AlreadyWaiting,
                    Refusal::Unfit(why) => {
                        self.board.show(Status::NumberRefused { call, why });
                        Reply::NotCalled
                    }
                    Refusal::JournalDown
                    | Refusal::Full
                    | Refusal::NotWaiting
                    | Refusal::Unavailable(_)
                    | Refusal::NoSuchSlot
                    | Refusal::SlotFull
                    | Refusal::KeyTaken { .. } => Reply::NotAvailable,
                };
                self.with_caller(call, |caller, board| caller.handle_reply(board, now, reply));
            }
            QueueEvent::Created { ticket, request } => self.wish_granted(ticket, request, true),
            QueueEvent::Stands { ticket, request } => self.wish_granted(ticket, request, false),
            QueueEvent::NotCreated { ticket, why } => self.wish_refused(ticket, why),
            QueueEvent::Full { call } => {
                self.with_caller(call, |caller, board| caller.hang_up(board, now));
            }
            QueueEvent::Offer { offer, agent, work, .. } => {
                let line = match &work {
                    queue::Work::Live { call } => {
                        self.callers.get(call).map(|caller| caller.line().clone())
                    }
                    queue::Work::Callback { .. } => None,
                };
                let board = &mut self.board;
                let run = OfferRun::begin(board, now, offer, agent, work, line);
                if let Some(run) = run {
                    let rings = is_offered(&self.offers, run.request());
                    run.trunk()
                        .filter(|_| !rings)
                        .inspect(|trunk| board.channels.callback_began(trunk));
                    self.offers.insert(offer, run);
                }
            }
            QueueEvent::Withdraw { offer, taken } => {
                self.with_offer(offer, |run, board| run.withdraw(board, now, taken));
            }
            QueueEvent::CalledIn { offer, call } => {
                self.with_offer(offer, |run, board| run.called_in(board, now, call));
            }
            QueueEvent::NextAgent { offer, agent } => {
                self.with_offer(offer, |run, board| run.next_agent(board, now, agent));
            }
            QueueEvent::TransferTaken { offer } => {
                self.with_offer(offer, |run, board| run.transfer_taken(board, now));
            }
            QueueEvent::TransferRefused { offer } => {
                self.with_offer(offer, |run, board| run.transfer_refused(board, now));
            }
            QueueEvent::Alarm { cap, number, region } => {
                self.board.show(Status::Alarm { cap, number, region });
            }
            QueueEvent::Closed { request, end } => {
                self.board.recordings.forget_request(request);
                self.board.show(Status::RequestClosed { request, end });
            }
        }
    }

    /// The fact of this order is durable.
    fn carry_out(&mut self, now: Now, order: Order) {
        // What was cancelled while its fact was being written is not carried out.
        let stands = self.board.queues.stands(&order);
        self.board.queues.handle(now, QueueCommand::Recorded { order: order.clone() });
        match order {
            // The queue has said so itself.
            Order::Create { .. } => {}
            Order::Promise { call, request } => {
                self.board.show(Status::Promised { call, request });
                self.board.carry_decline(now, call, request);
                let reply = Reply::Promised;
                self.with_caller(call, |caller, board| caller.handle_reply(board, now, reply));
            }
            Order::Dial { offer, attempt, .. } if !self.offers.contains_key(&offer) => {
                // No port was free for its agent.
                let outcome = DialOutcome::AgentLeft;
                let ended = QueueCommand::DialEnded { attempt, outcome, said: None };
                self.board.queues.handle(now, ended);
            }
            Order::Dial { offer, attempt, sip_call_id } => {
                self.with_offer(offer, |run, board| {
                    if stands {
                        run.dial(board, now, attempt, sip_call_id);
                    } else {
                        run.not_written(board, now);
                    }
                });
            }
        }
    }

    fn not_recorded(&mut self, now: Now, seq: Seq) {
        let Some(order) = self.board.records.refused(seq) else { return };
        self.board.queues.handle(now, QueueCommand::NotRecorded { order: order.clone() });
        match order {
            Order::Create { .. } => {}
            Order::Promise { call, .. } => {
                let reply = Reply::NotAvailable;
                self.with_caller(call, |caller, board| caller.handle_reply(board, now, reply));
            }
            Order::Dial { offer, .. } => {
                self.with_offer(offer, |run, board| run.not_written(board, now));
            }
        }
    }

    /// Lets a caller act; forgets the call once nothing is left of it. False when it is not there.
    pub(crate) fn with_caller(
        &mut self,
        call: CallId,
        act: impl FnOnce(&mut CallerCall, &mut Switchboard),
    ) -> bool {
        let Some(caller) = self.callers.get_mut(&call) else { return false };
        act(caller, &mut self.board);
        if caller.is_over() {
            self.board.channels.caller_gone(caller.trunk());
            self.board.recordings.forget_call(call);
            self.callers.remove(&call);
            self.board.show(Status::CallEnded { call });
        }
        true
    }

    pub(crate) fn with_feature(
        &mut self,
        call: CallId,
        act: impl FnOnce(&mut FeatureCall, &mut Switchboard),
    ) {
        let Some(dialled) = self.features.get_mut(&call) else { return };
        act(dialled, &mut self.board);
        if dialled.is_over() {
            self.features.remove(&call);
        }
    }

    pub(crate) fn with_offer(
        &mut self,
        offer: OfferId,
        act: impl FnOnce(&mut OfferRun, &mut Switchboard),
    ) {
        let Some(run) = self.offers.get_mut(&offer) else { return };
        act(run, &mut self.board);
        if !run.is_over() {
            return;
        }
        run.outside().inspect(|trunk| self.board.channels.caller_gone(trunk));
        run.agent_trunk().inspect(|trunk| self.board.channels.caller_gone(trunk));
        let Some(run) = self.offers.remove(&offer) else { return };
        if run.has_own_call() {
            if !is_offered(&self.offers, run.request()) {
                run.trunk().inspect(|trunk| self.board.channels.callback_over(trunk));
            }
            self.board.recordings.forget_call(run.call());
            self.board.show(Status::CallEnded { call: run.call() });
        }
    }
}

/// Several agents may ring for one callback, which takes one channel of its trunk.
fn is_offered(offers: &BTreeMap<OfferId, OfferRun>, request: Option<RequestId>) -> bool {
    request.is_some() && offers.values().any(|run| run.request() == request)
}
