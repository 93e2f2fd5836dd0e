//! Which conversations are recorded, and where each recording stands.
//!
//! ```text
//! agent and customer are to be joined
//!   declined, by key or request ──▶ NotRecorded
//!   not drawn ────────────────────▶ NotRecorded
//!   drawn ── told of it, when that is set; the key declines ──▶ joined, taps set, Begin
//! the conversation is over ──▶ End ──▶ the file is closed: RecordingEnded
//! ```
//! Sound passes by the engine; what it has here is who is recorded into which file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ivr::Phrase;
use ledger::{Fact, NotRecorded, Origin, RecordingEnd, Recovered, Terms};
use media::{Side, Tap};
use model::{
    CallId, E164, Entropy, Key, LanguageTag, LineName, Mono, Now, PortId, RecordingId, RequestId,
};

use crate::recorder::{Recorded, Recorder, Recording};
use crate::switchboard::Switchboard;
use crate::{Output, Settings};

/// How conversations are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingSettings {
    /// How many of a hundred conversations.
    pub ratio_percent: u32,
    /// Whether the customer is told before the conversation.
    pub announced: bool,
    /// The key by which a customer declines, before the conversation.
    pub decline_key: Option<Key>,
    /// The longest that a recording may be.
    pub length_max: Duration,
}

/// What is to be done before agent and customer are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing.
    Join,
    /// The customer is told of the recording first.
    Tell,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Recordings {
    dice: Entropy,
    next: u64,
    /// What was decided for conversations that have not begun.
    drawn: BTreeMap<CallId, Option<RequestId>>,
    /// Recordings under way, by their calls.
    running: BTreeMap<CallId, RecordingId>,
    /// Every recording from its beginning to the word that it is closed.
    open: BTreeMap<RecordingId, Open>,
    /// Calls that a flow wants recorded, whatever is drawn; forgotten with the call.
    wished: BTreeSet<CallId>,
    /// Calls whose customers declined; forgotten with the call.
    declined_calls: BTreeSet<CallId>,
    /// Requests whose customers declined; forgotten with the request.
    declined_requests: BTreeSet<RequestId>,
}

#[derive(Debug)]
struct Open {
    call: CallId,
    request: Option<RequestId>,
    file: String,
    since: Mono,
    /// There is a file.
    began: bool,
    /// What is wanted of a message; absent for a conversation.
    message: Option<Box<Message>>,
    /// The ports that hand over what they hear, and those that did.
    taps: Vec<PortId>,
}

/// A message that a caller leaves.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The line that was called.
    pub(crate) line: LineName,
    /// The language that the caller was led in.
    pub(crate) language: LanguageTag,
    /// Whom to call back about it.
    pub(crate) call_back: Option<E164>,
}

impl Recordings {
    pub(crate) fn new(dice: Entropy, epoch: u32) -> Recordings {
        Recordings {
            dice,
            next: u64::from(epoch) << 32 | 1,
            drawn: BTreeMap::new(),
            running: BTreeMap::new(),
            open: BTreeMap::new(),
            wished: BTreeSet::new(),
            declined_calls: BTreeSet::new(),
            declined_requests: BTreeSet::new(),
        }
    }

    /// What customers declined before this start.
    pub(crate) fn recover(&mut self, recovered: &Recovered) {
        let declined = recovered.open.iter().filter(|request| {
            request.unrecorded || request.terms.as_ref().is_some_and(|terms| terms.unrecorded)
        });
        self.declined_requests.extend(declined.map(|request| request.request));
    }

    /// A request may be made on the terms that nothing of it is recorded.
    pub(crate) fn note(&mut self, fact: &Fact) {
        if let Fact::CallbackRequested { request, terms, .. } = fact
            && terms.unrecorded
        {
            self.declined_requests.insert(*request);
        }
    }

    /// True when every file is closed.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.drawn.is_empty()
    }

    fn is_declined(&self, call: CallId, request: Option<RequestId>) -> bool {
        let by_request = request.is_some_and(|request| self.declined_requests.contains(&request));
        by_request || self.declined_calls.contains(&call)
    }

    /// A request has ended: nobody calls its customer any more.
    pub(crate) fn forget_request(&mut self, request: RequestId) {
        self.declined_requests.remove(&request);
    }

    /// A call has ended.
    pub(crate) fn forget_call(&mut self, call: CallId) {
        self.declined_calls.remove(&call);
        self.wished.remove(&call);
        self.drawn.remove(&call);
    }
}

/// What a customer is told of the recording.
pub(crate) fn notice(settings: &Settings) -> Vec<Phrase> {
    let digit = decline_key(settings).and_then(|key| key.as_char().to_digit(10));
    // A key above 9 is none that can be spoken.
    let key = digit.and_then(|digit| u8::try_from(digit).ok());
    let how = key.map(|digit| [Phrase::RecordingKey, Phrase::Digit(digit)]);
    std::iter::once(Phrase::RecordingNotice).chain(how.into_iter().flatten()).collect()
}

/// The key that declines, where there is one.
pub(crate) fn decline_key(settings: &Settings) -> Option<Key> {
    settings.recording.as_ref()?.decline_key
}

impl Switchboard {
    /// A conversation is about to begin. Decides whether it is recorded, once for each.
    pub(crate) fn before_talk(
        &mut self,
        now: Now,
        call: CallId,
        request: Option<RequestId>,
    ) -> Before {
        let Some(settings) = &self.settings.recording else { return Before::Join };
        let (permille, announced) = (settings.ratio_percent.saturating_mul(10), settings.announced);
        if self.recordings.is_declined(call, request) {
            self.not_recorded(now, call, request, NotRecorded::Declined);
            return Before::Join;
        }
        let drawn = self.recordings.dice.chance(permille);
        if !drawn && !self.recordings.wished.contains(&call) {
            self.not_recorded(now, call, request, NotRecorded::Ratio);
            return Before::Join;
        }
        self.recordings.drawn.insert(call, request);
        if announced { Before::Tell } else { Before::Join }
    }

    /// A flow wants the conversation of a call recorded, or wants that it is not.
    pub(crate) fn wish_recording(&mut self, now: Now, call: CallId, on: bool) {
        if !on {
            self.recordings.wished.remove(&call);
            self.decline_recording(now, call, None);
        } else if !self.recordings.declined_calls.contains(&call) {
            self.recordings.wished.insert(call);
        }
    }

    fn not_recorded(
        &mut self,
        now: Now,
        call: CallId,
        request: Option<RequestId>,
        why: NotRecorded,
    ) {
        self.record(now, Fact::NotRecorded { call, request, why }, None, None);
    }

    /// Agent and customer of a call hear each other by these ports from now on, for the first time
    /// or anew. When one of them speaks G.722, the recording is wide.
    pub(crate) fn record_talk(&mut self, now: Now, call: CallId, agent: PortId, customer: PortId) {
        let wide = self.is_wide(agent) || self.is_wide(customer);
        if let Some(request) = self.recordings.drawn.remove(&call) {
            self.begin_recording(now, call, request, wide, None);
        }
        let Some(&recording) = self.recordings.running.get(&call) else { return };
        for (port, side) in [(agent, Side::Left), (customer, Side::Right)] {
            self.tap(recording, port, side);
        }
    }

    fn begin_recording(
        &mut self,
        now: Now,
        call: CallId,
        request: Option<RequestId>,
        wide: bool,
        message: Option<Box<Message>>,
    ) -> Option<RecordingId> {
        let (length_max, ending) = match &message {
            Some(_) => (self.ivr.message_max, "-message"),
            None => (self.settings.recording.as_ref()?.length_max, ""),
        };
        let recording = RecordingId(self.recordings.next);
        self.recordings.next += 1;
        let file = file_name(now, call, ending);
        let order = Recording {
            recording,
            file: file.clone(),
            stereo: message.is_none(),
            wide,
            since: now.mono,
            length_max,
        };
        self.push(Output::Recorder(Recorder::Begin(Box::new(order))));
        let (since, taps) = (now.mono, Vec::new());
        let open = Open { call, request, file, since, began: false, message, taps };
        self.recordings.open.insert(recording, open);
        self.recordings.running.insert(call, recording);
        Some(recording)
    }

    /// A caller leaves a message from now on.
    pub(crate) fn begin_message(&mut self, now: Now, call: CallId, port: PortId, what: Message) {
        let wide = self.is_wide(port);
        let begun = self.begin_recording(now, call, None, wide, Some(Box::new(what)));
        if let Some(recording) = begun {
            self.tap(recording, port, Side::Alone);
        }
    }

    /// A message is in its file: that is a fact, and so is the wish to be called back about it.
    fn message_left(&mut self, now: Now, recording: RecordingId, open: Open) {
        let Open { call, file, message: Some(message), .. } = open else { return };
        let Message { line, language, call_back } = *message;
        let left = Fact::MessageLeft { recording, call, line: line.clone(), file: file.clone() };
        self.record(now, left, None, None);
        let Some(number) = call_back else { return };
        let terms = Terms { origin: Origin::Voicemail, tags: vec![file], ..Terms::default() };
        let wish = Box::new(queue::Wish { number, line, language, terms });
        // Nobody waits for an answer under this ticket.
        self.queues.handle(now, queue::Command::Create { ticket: u64::MAX, wish });
    }

    fn tap(&mut self, recording: RecordingId, port: PortId, side: Side) {
        let Some(open) = self.recordings.open.get_mut(&recording) else { return };
        if !open.taps.contains(&port) {
            open.taps.push(port);
        }
        let tap = Some(Tap { recording, side, since: open.since });
        self.push(Output::Media(media::Command::Tap { port, tap }));
    }

    /// The conversation of a call is over, or will never be.
    pub(crate) fn end_recording(&mut self, now: Now, call: CallId) {
        self.recordings.drawn.remove(&call);
        let Some(recording) = self.stop_recording(call) else { return };
        let short = self.recordings.open.get(&recording).is_some_and(|open| {
            open.message.is_some() && now.mono.since(open.since) < self.ivr.message_min
        });
        let at = now.mono;
        let order =
            if short { Recorder::Erase { recording } } else { Recorder::End { recording, at } };
        self.push(Output::Recorder(order));
    }

    /// Nothing was said in the message of a call.
    pub(crate) fn erase_message(&mut self, call: CallId) {
        if let Some(recording) = self.stop_recording(call) {
            self.push(Output::Recorder(Recorder::Erase { recording }));
        }
    }

    /// No port hands anything over to the recording of a call any more.
    fn stop_recording(&mut self, call: CallId) -> Option<RecordingId> {
        let recording = self.recordings.running.remove(&call)?;
        let taps =
            self.recordings.open.get_mut(&recording).map(|open| std::mem::take(&mut open.taps));
        for port in taps.unwrap_or_default() {
            self.push(Output::Media(media::Command::Tap { port, tap: None }));
        }
        Some(recording)
    }

    /// The customer of a call does not want to be recorded: what is being recorded is erased.
    pub(crate) fn decline_recording(&mut self, now: Now, call: CallId, request: Option<RequestId>) {
        if self.settings.recording.is_none() || self.recordings.is_declined(call, request) {
            return;
        }
        self.recordings.declined_calls.insert(call);
        self.recordings.declined_requests.extend(request);
        let declined = Fact::RecordingDeclined { call: Some(call), request };
        self.record(now, declined, None, None);
        if let Some(request) = self.recordings.drawn.remove(&call) {
            self.not_recorded(now, call, request, NotRecorded::Declined);
        }
        if let Some(recording) = self.stop_recording(call) {
            self.push(Output::Recorder(Recorder::Erase { recording }));
        }
    }

    /// The customer of a request does not want to be recorded when called back.
    pub(crate) fn decline_recordings_of(&mut self, now: Now, request: RequestId) {
        if self.settings.recording.is_some() && self.recordings.declined_requests.insert(request) {
            let declined = Fact::RecordingDeclined { call: None, request: Some(request) };
            self.record(now, declined, None, None);
        }
    }

    /// The customer of a call has asked to be called back: what was declined stays so.
    pub(crate) fn carry_decline(&mut self, now: Now, call: CallId, request: RequestId) {
        if self.recordings.declined_calls.contains(&call) {
            self.recordings.declined_requests.insert(request);
            let declined = Fact::RecordingDeclined { call: Some(call), request: Some(request) };
            self.record(now, declined, None, None);
        }
    }

    /// Whoever writes recordings answers.
    pub(crate) fn hear_recorder(&mut self, now: Now, answer: Recorded) {
        match answer {
            Recorded::Began { recording } => {
                let Some(open) = self.recordings.open.get_mut(&recording) else { return };
                open.began = true;
                let (call, request, file) = (open.call, open.request, open.file.clone());
                let began = Fact::RecordingBegan { recording, call, request, file };
                self.record(now, began, None, None);
            }
            Recorded::Ended { recording, length, gaps, end } => {
                let Some(mut open) = self.recordings.open.remove(&recording) else { return };
                let Open { call, request, began, .. } = open;
                if self.recordings.running.get(&call) == Some(&recording) {
                    self.recordings.running.remove(&call);
                    for port in std::mem::take(&mut open.taps) {
                        self.push(Output::Media(media::Command::Tap { port, tap: None }));
                    }
                }
                if !began {
                    return self.not_recorded(now, call, request, why_not(end));
                }
                let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
                let ended = Fact::RecordingEnded { recording, call, request, millis, gaps, end };
                self.record(now, ended, None, None);
                if end != RecordingEnd::Erased {
                    self.message_left(now, recording, open);
                }
            }
        }
    }
}

/// Why there is no file, by how the recording ended that never began.
fn why_not(end: RecordingEnd) -> NotRecorded {
    match end {
        RecordingEnd::DiskFull => NotRecorded::DiskFull,
        RecordingEnd::Erased => NotRecorded::Declined,
        RecordingEnd::Over | RecordingEnd::TooLong | RecordingEnd::Failed => NotRecorded::Failed,
    }
}

/// `20261121-090003-call-1.1.wav`: when it began, by UTC, and whose it is. No number.
fn file_name(now: Now, call: CallId, ending: &str) -> String {
    let moment = now.wall.to_string();
    let mut compact: String = moment.chars().filter(char::is_ascii_digit).take(14).collect();
    compact.insert(8, '-');
    format!("{compact}-{call}{ending}.wav")
}

#[cfg(test)]
mod tests {
    use model::Wall;

    use super::*;

    #[test]
    fn a_file_is_called_by_its_beginning_and_its_call() {
        let now = Now { wall: Wall::from_unix_millis(1_795_424_403_456), ..Now::default() };
        assert_eq!(file_name(now, CallId(7), ""), "20261123-090003-call-7.wav");
        let message = file_name(now, CallId(7), "-message");
        assert_eq!(message, "20261123-090003-call-7-message.wav");
    }
}
