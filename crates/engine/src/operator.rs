//! What operators ask of the running engine, and what they may see.

use ledger::Settled;
use model::{AgentName, CallId, Deadline, E164, LineName, Now, OfferId, RequestId};
use queue::{Command as QueueCommand, Queues, Rejected, SaidBy};

use crate::offer::OfferRun;
use crate::{Command, CommandError, Done, Engine, JournalState};

/// One call as the list of calls shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// The call.
    pub call: CallId,
    /// Its line, for a call that came to us.
    pub line: Option<LineName>,
    /// What it is doing, in a few words.
    pub stage: &'static str,
    /// The offer and its agent, for an offer.
    pub offer: Option<(OfferId, AgentName)>,
    /// Whom a callback calls.
    pub number: Option<E164>,
}

impl From<Rejected> for CommandError {
    fn from(rejected: Rejected) -> CommandError {
        match rejected {
            Rejected::UnknownRequest(request) => CommandError::UnknownRequest(request),
            Rejected::UnknownAgent(agent) => CommandError::UnknownAgent(agent),
            Rejected::UnknownQueue(_) | Rejected::OffBySettings(_) => {
                CommandError::BadTerms(rejected)
            }
            Rejected::NoWrapUp(agent) => CommandError::NoWrapUp(agent),
            Rejected::BadReason => CommandError::BadTerms(rejected),
            Rejected::UnknownLine(line) => CommandError::UnknownLine(line),
            Rejected::NoCallbacks(line) => CommandError::NoCallbacks(line),
            Rejected::Unfit(why) => CommandError::Unfit(why),
            Rejected::TooMuch | Rejected::InThePast | Rejected::TooFarAhead => {
                CommandError::BadTerms(rejected)
            }
            Rejected::TooManyNames => CommandError::TooManyNames,
            Rejected::WrongState { request, state } => CommandError::WrongState { request, state },
        }
    }
}

/// The wrap-up of an agent ends.
fn ready(agent: model::AgentName) -> (QueueCommand, String) {
    let what = format!("{agent} is ready: the wrap-up is over");
    (QueueCommand::EndWrapUp { agent, by: SaidBy::Command }, what)
}

impl Engine {
    /// Carries a command out. Nothing for one that the queue answers later.
    pub(crate) fn operate(
        &mut self,
        now: Now,
        ticket: u64,
        command: Command,
    ) -> Result<Option<Done>, CommandError> {
        let (command, what) = match command {
            Command::Create(wish) => {
                return self.wish(now, ticket, *wish).map(|()| None);
            }
            Command::Move { request, due } => {
                (QueueCommand::Move { request, due }, format!("{request} is for {due}"))
            }
            Command::Retry { request } => {
                let what = format!("{request} is called back as soon as an agent is free");
                (QueueCommand::Hasten { request }, what)
            }
            Command::Reload(settings) => return self.reload(now, *settings).map(Some),
            Command::Drain { cut_after: _ } => {
                self.draining = true;
                self.board.stack.set_ready(false);
                self.board.queues.handle(now, QueueCommand::Drain);
                // No new call is wanted: the trunks that we registered with learn it.
                self.board.stack.unregister(now);
                return Ok(Some(Done { what: self.what_drains(), request: None }));
            }
            Command::HangUp => return Ok(Some(self.hang_up_all(now))),
            Command::Cancel { request } => {
                (QueueCommand::Cancel { request }, format!("{request} is cancelled"))
            }
            Command::Resolve { request, reached } => {
                let what = if reached { "is completed" } else { "waits again, in its old place" };
                let by = Settled::Command;
                (QueueCommand::Resolve { request, reached, by }, format!("{request} {what}"))
            }
            Command::DoNotRecordCall { call } => {
                return self.do_not_record_call(now, call).map(Some);
            }
            Command::DoNotRecord { request } => {
                return self.do_not_record(now, request).map(Some);
            }
            Command::Login { agent, number } => {
                let what = self.login(now, agent, number)?;
                return Ok(Some(Done { what, request: None }));
            }
            Command::SetStatus { agent, status, reason } => {
                let what = self.set_status(now, agent, status, reason, SaidBy::Command)?;
                return Ok(Some(Done { what, request: None }));
            }
            Command::Switch { switch, of, on } => {
                let what = format!("{switch} is {} for {of}", if on { "on" } else { "off" });
                (QueueCommand::Switch { switch, of, on }, what)
            }
            Command::Ready { agent } => ready(agent),
            Command::Accept { agent } => return self.answer_offer(now, agent, true).map(Some),
            Command::Decline { agent } => return self.answer_offer(now, agent, false).map(Some),
            Command::SetBusy { agent, channel } => {
                let what = match channel {
                    Some(channel) => format!("{agent} is busy with {channel}"),
                    None => format!("{agent} is busy with nothing else"),
                };
                (QueueCommand::SetBusy { agent, channel }, what)
            }
        };
        self.board.queues.check(&command)?;
        self.board.queues.handle(now, command);
        Ok(Some(Done { what, request: None }))
    }

    /// The agent answers what is being offered.
    fn answer_offer(
        &mut self,
        now: Now,
        agent: AgentName,
        accepts: bool,
    ) -> Result<Done, CommandError> {
        let offered = |run: &&OfferRun| *run.agent() == agent && run.awaits_agent();
        let Some(offer) = self.offers.values().find(offered).map(OfferRun::offer) else {
            return Err(CommandError::NothingOffered(agent));
        };
        self.with_offer(offer, |run, board| run.told_by_command(board, now, accepts));
        let does = if accepts { "takes" } else { "does not take" };
        Ok(Done { what: format!("{agent} {does} what is offered"), request: None })
    }

    fn do_not_record_call(&mut self, now: Now, call: CallId) -> Result<Done, CommandError> {
        if self.board.settings.recording.is_none() {
            return Err(CommandError::RecordingOff);
        }
        let request =
            self.offers.values().find(|run| run.request().is_some() && run.call() == call);
        let request = request.and_then(OfferRun::request);
        if request.is_none() && !self.callers.contains_key(&call) {
            return Err(CommandError::UnknownCall(call));
        }
        self.board.decline_recording(now, call, request);
        let what = format!("{call} is not recorded, and nothing is kept of it");
        Ok(Done { what, request })
    }

    fn do_not_record(&mut self, now: Now, request: RequestId) -> Result<Done, CommandError> {
        if self.board.settings.recording.is_none() {
            return Err(CommandError::RecordingOff);
        }
        if self.queues().requests().all(|view| view.request != request) {
            return Err(CommandError::UnknownRequest(request));
        }
        let run = self.offers.values().find(|run| run.request() == Some(request));
        match run.map(OfferRun::call) {
            Some(call) => self.board.decline_recording(now, call, Some(request)),
            None => self.board.decline_recordings_of(now, request),
        }
        Ok(Done { what: format!("{request} is not recorded"), request: Some(request) })
    }

    /// Ends every call, the conversations first: whoever talks has been served.
    fn hang_up_all(&mut self, now: Now) -> Done {
        let offers: Vec<OfferId> = self.offers.keys().copied().collect();
        let callers: Vec<CallId> = self.callers.keys().copied().collect();
        let dialled: Vec<CallId> = self.features.keys().copied().collect();
        let what = match offers.len() + callers.len() + dialled.len() {
            1 => "1 call is hung up".to_owned(),
            n => format!("{n} calls are hung up"),
        };
        for offer in offers {
            self.with_offer(offer, |run, board| run.cut(board, now));
        }
        for call in callers {
            self.with_caller(call, |caller, board| caller.hang_up(board, now));
        }
        for call in dialled {
            self.with_feature(call, |dialled, board| dialled.hang_up(board, now));
        }
        Done { what, request: None }
    }

    /// What an operator who drains is to expect.
    fn what_drains(&self) -> String {
        let (calls, requests) = (self.calls().len(), self.queues().requests());
        let calls = match calls {
            0 => "none is under way".to_owned(),
            1 => "1 is under way and ends by itself".to_owned(),
            n => format!("{n} are under way and end by themselves"),
        };
        let requests = match requests.count() {
            0 => String::new(),
            1 => "; 1 request waits for the next start".to_owned(),
            n => format!("; {n} requests wait for the next start"),
        };
        format!("no new call is taken, no new callback is made; {calls}{requests}")
    }

    /// The queue, to be looked at.
    pub fn queues(&self) -> &Queues {
        &self.board.queues
    }

    /// Every call and offer under way.
    pub fn calls(&self) -> Vec<CallView> {
        let callers = self.callers.iter().map(|(call, caller)| CallView {
            call: *call,
            line: Some(caller.line().name.clone()),
            stage: caller.stage(),
            offer: None,
            number: None,
        });
        let offers = self.offers.values().map(|run| CallView {
            call: run.call(),
            line: None,
            stage: run.stage(),
            offer: Some((run.offer(), run.agent().clone())),
            number: run.number(),
        });
        let dialled = self.features.values().map(|dialled| CallView {
            call: dialled.call(),
            line: None,
            stage: "dialling a feature code",
            offer: None,
            number: None,
        });
        callers.chain(offers).chain(dialled).collect()
    }

    /// Whether the journal can be written.
    pub fn journal(&self) -> &JournalState {
        &self.journal
    }

    /// True while a recording is under way, or its file is not closed yet.
    pub fn is_recording(&self) -> bool {
        !self.board.recordings.is_idle()
    }

    /// True when draining has been asked for.
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// True when no call, leg, port, order or timer is left.
    pub fn is_idle(&self) -> bool {
        self.callers.is_empty()
            && self.features.is_empty()
            && self.offers.is_empty()
            && self.board.is_idle()
            && !self.board.stack.is_leaving()
    }

    /// Free media ports: all of them when the engine is idle.
    pub fn ports_free(&self) -> usize {
        self.board.ports_free()
    }

    /// SIP sessions and transactions that live.
    pub fn sip_load(&self) -> (usize, usize) {
        (self.board.stack.sessions(), self.board.stack.transactions())
    }

    /// The queue's own next deadline, for lists that say what is waited for.
    pub fn queue_deadline(&self) -> Option<Deadline> {
        self.board.queues.deadline()
    }
}
