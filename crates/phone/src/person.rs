//! Somebody with a phone: follows a script in each call, and is a machine as the phone is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use model::{Deadline, Mono, Now};

use crate::desk::{CallHandle, Output, PhoneEvent};
use crate::phone::{Phone, TooManyCalls};
use crate::script::{Outcome, Progress, Script, Sign, Step};
use crate::settings::CallTo;

/// How often a person listens for a tone, and looks whether the keys are pressed.
const LISTEN_EVERY: Duration = Duration::from_millis(20);

/// A phone and the scripts of its calls. Same verbs as [`Phone`]; every output and event of the
/// phone passes through.
#[derive(Debug, Clone)]
pub struct Person {
    phone: Phone,
    when_called: Option<Script>,
    when_called_as: BTreeMap<String, Script>,
    running: BTreeMap<CallHandle, Progress>,
    wakes: BTreeSet<(Mono, CallHandle)>,
    filed: BTreeMap<CallHandle, Mono>,
    outcomes: BTreeMap<CallHandle, Outcome>,
    outputs: VecDeque<Output>,
}

impl Person {
    /// Somebody with this phone, who does nothing by script yet.
    pub fn new(phone: Phone) -> Person {
        Person {
            phone,
            when_called: None,
            when_called_as: BTreeMap::new(),
            running: BTreeMap::new(),
            wakes: BTreeSet::new(),
            filed: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// What to do in every call that comes.
    pub fn when_called(&mut self, script: Script) {
        self.when_called = Some(script);
    }

    /// What to do in calls to this user (user part of the Request-URI). As many users as may have
    /// an answering of their own.
    pub fn when_called_as(&mut self, user: &str, script: Script) {
        let known = self.when_called_as.contains_key(user);
        if known || self.when_called_as.len() < crate::phone::ANSWERINGS_MAX {
            self.when_called_as.insert(user.to_owned(), script);
        }
    }

    /// Calls, and follows the script.
    ///
    /// # Errors
    /// As [`Phone::call`].
    pub fn call(
        &mut self,
        now: Now,
        to: CallTo,
        script: Script,
    ) -> Result<CallHandle, TooManyCalls> {
        let call = self.phone.call(now, to)?;
        self.start(now, call, script);
        self.advance(now, call);
        self.look(now);
        Ok(call)
    }

    /// Lets the test or the roof use the phone itself; the scripts see what comes of it.
    pub fn with_phone<T>(&mut self, now: Now, work: impl FnOnce(&mut Phone) -> T) -> T {
        let done = work(&mut self.phone);
        self.look(now);
        done
    }

    /// The phone.
    pub fn phone(&self) -> &Phone {
        &self.phone
    }

    /// How the scripts went, of those that are over.
    pub fn outcomes(&self) -> &BTreeMap<CallHandle, Outcome> {
        &self.outcomes
    }

    /// How the script of this call went; `None` while it is under way.
    pub fn outcome(&self, call: CallHandle) -> Option<Outcome> {
        self.outcomes.get(&call).copied()
    }

    /// A datagram came to the SIP address.
    pub fn handle_sip(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
        self.phone.handle_sip(now, from, bytes);
        self.look(now);
    }

    /// A datagram came to the RTP address.
    pub fn handle_rtp(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) {
        let call = self.phone.call_heard_from(from);
        self.phone.handle_rtp(now, from, bytes);
        self.look(now);
        if let Some(call) = call {
            self.advance(now, call);
            self.look(now);
        }
    }

    /// The deadline came (or any other moment).
    pub fn handle_timeout(&mut self, now: Now) {
        self.phone.handle_timeout(now);
        self.look(now);
        let due: Vec<CallHandle> = self
            .wakes
            .iter()
            .take_while(|(at, _)| *at <= now.mono)
            .map(|(_, call)| *call)
            .collect();
        for call in due {
            self.advance(now, call);
            self.look(now);
        }
    }

    /// The next thing to do for the roof.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the person wants to be handled next.
    pub fn deadline(&self) -> Option<Deadline> {
        let wake = self.wakes.first().map(|(at, _)| Deadline::new(*at, "a step of a script"));
        Deadline::earliest(self.phone.deadline(), wake)
    }

    /// Takes what the phone gives, and lets the scripts see its events.
    fn look(&mut self, now: Now) {
        while let Some(output) = self.phone.poll() {
            let event = match &output {
                Output::Event(event) => Some(event.clone()),
                Output::Sip { .. } | Output::Rtp { .. } => None,
            };
            if self.outputs.len() < crate::desk::OUTPUTS_MAX {
                self.outputs.push_back(output);
            }
            if let Some(event) = event {
                self.notice(now, event);
            }
        }
    }

    fn notice(&mut self, now: Now, event: PhoneEvent) {
        match event {
            PhoneEvent::Invited { call, dialled, .. } => {
                let own = dialled.and_then(|user| self.when_called_as.get(&user));
                if let Some(script) = own.or(self.when_called.as_ref()).cloned() {
                    self.start(now, call, script);
                    self.advance(now, call);
                }
            }
            PhoneEvent::Ended { call, .. } => {
                if let Some(progress) = self.running.remove(&call) {
                    self.close(call, &progress, Outcome::CallEnded { step: progress.step });
                }
            }
            PhoneEvent::Ringing { call, .. }
            | PhoneEvent::Answered { call }
            | PhoneEvent::Key { call, .. } => self.advance(now, call),
            PhoneEvent::HeldByPeer { .. }
            | PhoneEvent::Reinvited { .. }
            | PhoneEvent::Referred { .. }
            | PhoneEvent::Notified { .. }
            | PhoneEvent::Pong { .. }
            | PhoneEvent::Registered { .. } => {}
        }
    }

    fn start(&mut self, now: Now, call: CallHandle, script: Script) {
        self.running.insert(call, Progress::new(script, now.mono));
    }

    /// Does as many steps as can be done now.
    fn advance(&mut self, now: Now, call: CallHandle) {
        let Some(mut progress) = self.running.remove(&call) else { return };
        loop {
            let Some(step) = progress.present().cloned() else {
                return self.close(call, &progress, Outcome::Done);
            };
            if self.is_done(now, call, &step, &mut progress) {
                self.next_step(now, call, &mut progress);
                continue;
            }
            if progress.limit().is_some_and(|limit| limit <= now.mono) {
                let outcome = Outcome::Stuck { step: progress.step };
                self.close(call, &progress, outcome);
                return self.phone.hang_up(now, call);
            }
            return self.wait(now, call, &step, progress);
        }
    }

    fn next_step(&mut self, now: Now, call: CallHandle, progress: &mut Progress) {
        progress.step += 1;
        progress.since = now.mono;
        progress.pressed = false;
        if let Some(record) = self.phone.diary().call(call) {
            progress.sound_before = record.sound;
            progress.keys_before = record.keys_heard.len();
        }
    }

    /// Does the step, when it is one to do; true when it is done.
    fn is_done(
        &mut self,
        now: Now,
        call: CallHandle,
        step: &Step,
        progress: &mut Progress,
    ) -> bool {
        match step {
            Step::Wait(wait) => return progress.since + *wait <= now.mono,
            Step::Until(sign) => return self.is_seen(now, call, *sign, progress),
            Step::Press(keys) => {
                if !progress.pressed {
                    progress.pressed = self.phone.press_all(now, call, keys);
                }
                return progress.pressed && !self.phone.is_pressing(call);
            }
            Step::Say(voice) => self.phone.speak(now, call, voice.clone()),
            Step::Answer => self.phone.answer(now, call),
            Step::Reject(status) => self.phone.reject(now, call, *status),
            Step::Hold => self.phone.hold(now, call),
            Step::Resume => self.phone.resume(now, call),
            Step::HangUp => self.phone.hang_up(now, call),
        }
        true
    }

    fn is_seen(&self, now: Now, call: CallHandle, sign: Sign, progress: &Progress) -> bool {
        let Some(record) = self.phone.diary().call(call) else { return false };
        match sign {
            Sign::Ringing => record.ringing.is_some(),
            Sign::Answered => record.answered.is_some(),
            Sign::Sound(length) => record.sound >= progress.sound_before + length,
            Sign::Quiet(length) => quiet_at(record.last_sound, progress, length) <= now.mono,
            Sign::Tone { hz, length } => {
                let from = now.mono.as_nanos().saturating_sub(length.as_nanos() as u64);
                let from = Mono::from_nanos(from);
                from >= progress.since && record.heard_tone(hz, from, now.mono)
            }
            Sign::Key(key) => {
                let new = record.keys_heard.get(progress.keys_before..).unwrap_or(&[]);
                new.iter().any(|heard| heard.key == key)
            }
        }
    }

    /// Files the script under the next moment at which time alone may bring it on.
    fn wait(&mut self, now: Now, call: CallHandle, step: &Step, progress: Progress) {
        let record = self.phone.diary().call(call);
        let wake = match step {
            Step::Wait(wait) => Some(progress.since + *wait),
            Step::Until(Sign::Quiet(length)) => {
                record.map(|record| quiet_at(record.last_sound, &progress, *length))
            }
            Step::Until(Sign::Tone { .. }) | Step::Press(_) => Some(now.mono + LISTEN_EVERY),
            Step::Until(Sign::Ringing | Sign::Answered | Sign::Sound(_) | Sign::Key(_))
            | Step::Say(_)
            | Step::Answer
            | Step::Reject(_)
            | Step::Hold
            | Step::Resume
            | Step::HangUp => None,
        };
        let wake = wake.into_iter().chain(progress.limit()).min();
        self.unfile(call);
        if let Some(at) = wake {
            self.wakes.insert((at, call));
            self.filed.insert(call, at);
        }
        self.running.insert(call, progress);
    }

    fn close(&mut self, call: CallHandle, progress: &Progress, outcome: Outcome) {
        let all_done = progress.step >= progress.script.steps.len();
        self.outcomes.insert(call, if all_done { Outcome::Done } else { outcome });
        self.unfile(call);
    }

    fn unfile(&mut self, call: CallHandle) {
        if let Some(at) = self.filed.remove(&call) {
            self.wakes.remove(&(at, call));
        }
    }
}

/// When it will have been quiet for `length`, if nothing more is heard.
fn quiet_at(last_sound: Option<Mono>, progress: &Progress, length: Duration) -> Mono {
    progress.since.max(last_sound.unwrap_or(Mono::ZERO)) + length
}
