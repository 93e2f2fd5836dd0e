//! What every leg works with: the SIP stack, the queue, media ports, clips, the journal's places
//! and the outputs. The switchboard decides nothing; it carries out and keeps count.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ivr::Phrase;
use ledger::{Fact, Person};
use media::{Catalog, ClipId, Codec, PlayId, Quality, Repeat, Rtcp, Stream};
use model::{CallId, Deadline, Entropy, Key, LanguageTag, Now, OfferId, PortId};
use queue::Queues;
use sip::{SessionId, Stack};

use crate::channels::Channels;
use crate::leg::LegEvent;
use crate::ports::Ports;
use crate::protection::{self, Protection};
use crate::recordings::Recordings;
use crate::records::Records;
use crate::telephones::Sessions;
use crate::timers::Timers;
use crate::ways::Ways;
use crate::{Leg, Meanwhile, Output, Settings, Srtp, Status};

/// Whose leg it is: the address of events from the stack and from media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// The leg of a customer who called us.
    Caller(CallId),
    /// The leg of an agent who dials a feature code.
    Feature(CallId),
    /// The leg of an agent whom we ring.
    Agent(OfferId),
    /// The leg of a customer whom we call back.
    Customer(OfferId),
    /// The leg of somebody to whom an agent hands the conversation on.
    Target(OfferId),
    /// The leg of an agent who has handed it on.
    Left(OfferId),
    /// The leg of somebody outside the queue to whom a caller is put through.
    Onward(CallId),
}

/// An open or opening media port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenPort {
    pub(crate) id: PortId,
    pub(crate) local: SocketAddr,
}

/// A port that the roof has, or is opening.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// None once it is being closed.
    owner: Option<Owner>,
    local: SocketAddr,
    outgoing: bool,
    /// Whose voice it carried first, for whoever reads how it went.
    leg: Leg,
    /// G.722 is spoken there.
    wide: bool,
}

/// Where clips stand that are the same in every language.
const NEUTRAL: &str = "common";

/// Legs that an agent needs at most: the agent's own and the customer's.
const LEGS_PER_AGENT: usize = 2;

/// See the module.
pub(crate) struct Switchboard {
    pub(crate) settings: Arc<Settings>,
    pub(crate) ivr: Arc<ivr::Settings>,
    pub(crate) stack: Stack,
    pub(crate) queues: Queues,
    pub(crate) records: Records,
    pub(crate) recordings: Recordings,
    pub(crate) timers: Timers<Owner>,
    pub(crate) channels: Channels,
    pub(crate) ways: Ways,
    /// See [`crate::telephones`].
    pub(crate) sessions_at: Sessions,
    pub(crate) entropy: Entropy,
    /// Where keys come from, apart from everything else.
    keys: Entropy,
    /// Events from one leg to another, not yet delivered.
    pub(crate) post: VecDeque<(Owner, LegEvent)>,
    outputs: VecDeque<Output>,
    ports: Ports,
    clips: Arc<Catalog>,
    sessions: BTreeMap<SessionId, (Owner, Leg)>,
    /// Every port from its opening to the roof's word that it is closed.
    owners: BTreeMap<PortId, Held>,
    /// How many of them were opened to call somebody.
    outgoing: usize,
    next_play: u32,
    next_call: u64,
}

impl Switchboard {
    pub(crate) fn new(
        settings: Settings,
        clips: Arc<Catalog>,
        queues: Queues,
        next_seq: u64,
        epoch: u32,
        entropy: &Entropy,
        now: Now,
    ) -> Switchboard {
        Switchboard {
            stack: Stack::new(settings.sip.clone(), entropy.branch("sip")),
            ports: Ports::new(settings.media.clone()),
            ivr: Arc::new(settings.ivr.clone()),
            channels: Channels::new(&settings),
            ways: Ways::new(&settings.sip, &settings.trunks, now.mono, entropy.branch("ways")),
            settings: Arc::new(settings),
            sessions_at: Sessions::new(),
            queues,
            records: Records::new(next_seq),
            recordings: Recordings::new(entropy.branch("recordings"), epoch),
            timers: Timers::new(),
            entropy: entropy.branch("engine"),
            keys: entropy.branch("keys"),
            post: VecDeque::new(),
            outputs: VecDeque::new(),
            clips,
            sessions: BTreeMap::new(),
            owners: BTreeMap::new(),
            outgoing: 0,
            next_play: 1,
            next_call: u64::from(epoch) << 32 | 1,
        }
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn show(&mut self, status: Status) {
        self.push(Output::Status(status));
    }

    pub(crate) fn new_call(&mut self) -> CallId {
        let call = CallId(self.next_call);
        self.next_call += 1;
        call
    }

    /// Hands a fact to the journal.
    pub(crate) fn record(
        &mut self,
        now: Now,
        fact: Fact,
        person: Option<Person>,
        order: Option<queue::Order>,
    ) {
        self.show(Status::Fact(fact.clone()));
        self.recordings.note(&fact);
        let record = self.records.write(now.wall, fact, person, order);
        self.push(Output::Record(Box::new(record)));
    }

    /// The next moment at which the engine must be handled.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let machines = Deadline::earliest(self.stack.deadline(), self.queues.deadline());
        let machines = Deadline::earliest(machines, self.ways.deadline());
        Deadline::earliest(machines, self.timers.deadline())
    }

    // Sessions.

    pub(crate) fn adopt(&mut self, session: SessionId, owner: Owner, leg: Leg) {
        self.sessions.insert(session, (owner, leg));
    }

    pub(crate) fn session_owner(&self, session: SessionId) -> Option<(Owner, Leg)> {
        self.sessions.get(&session).copied()
    }

    pub(crate) fn forget_session(&mut self, session: SessionId) {
        self.sessions.remove(&session);
    }

    // Ports.

    /// Begins to open a port; `None` when all are taken, or rest after their last call.
    pub(crate) fn open_port(&mut self, now: Now, owner: Owner, leg: Leg) -> Option<OpenPort> {
        let (id, local) = self.ports.take(now)?;
        let outgoing = match owner {
            Owner::Caller(_) | Owner::Feature(_) => false,
            Owner::Agent(_)
            | Owner::Customer(_)
            | Owner::Target(_)
            | Owner::Left(_)
            | Owner::Onward(_) => true,
        };
        self.outgoing += usize::from(outgoing);
        self.owners.insert(id, Held { owner: Some(owner), local, outgoing, leg, wide: false });
        self.push(Output::Media(media::Command::Open { port: id, local }));
        Some(OpenPort { id, local })
    }

    /// Whether one more caller leaves ports and sessions for the agents who are to answer, and for
    /// the customers who are to be called back. Callers who took the last of them would wait for
    /// agents who cannot be rung. At most half of a small range is kept. The session of the caller
    /// in question is counted already.
    pub(crate) fn has_room_for_caller(&self, now: Now) -> bool {
        let wanted = (LEGS_PER_AGENT * self.settings.agents.len()).saturating_sub(self.outgoing);
        let ports = self.ports.free() + self.owners.len();
        let sessions_max = self.settings.sip.sessions_max;
        self.ports.rested(now) > wanted.min(ports / 2)
            && self.stack.sessions() + wanted.min(sessions_max / 2) <= sessions_max
    }

    /// Whether a customer can be dialled now, as far as that depends on us.
    pub(crate) fn has_room_for_dial(&self, now: Now) -> bool {
        self.ports.rested(now) > 0 && self.stack.sessions() < self.settings.sip.sessions_max
    }

    /// Whether one more leg can have a port.
    pub(crate) fn has_room_for_port(&self, now: Now) -> bool {
        self.ports.rested(now) > 0
    }

    pub(crate) fn close_port(&mut self, port: PortId) {
        if let Some(held) = self.owners.get_mut(&port)
            && held.owner.take().is_some()
        {
            self.push(Output::Media(media::Command::Close { port }));
        }
    }

    /// Shows how the voice of a port went that has closed.
    pub(crate) fn show_voice(&mut self, port: PortId, sent: u64, received: u64, went: Quality) {
        if let Some(Held { leg, .. }) = self.owners.get(&port) {
            let leg = *leg;
            self.show(Status::Voice { leg, sent, received, went });
        }
    }

    /// Shows that an order for a port was lost.
    pub(crate) fn show_lost(&mut self, port: PortId) {
        if let Some(Held { leg, .. }) = self.owners.get(&port) {
            let leg = *leg;
            self.show(Status::OrderLost { leg });
        }
    }

    /// The roof says that the port is gone: its number may be used again.
    pub(crate) fn port_gone(&mut self, now: Now, port: PortId) -> Option<Owner> {
        let held = self.owners.remove(&port)?;
        self.outgoing -= usize::from(held.outgoing);
        self.ports.give(now, held.local);
        held.owner
    }

    /// The port belongs to another leg from now on.
    pub(crate) fn hand_port(&mut self, port: PortId, owner: Owner) {
        if let Some(held) = self.owners.get_mut(&port).filter(|held| held.owner.is_some()) {
            held.owner = Some(owner);
        }
    }

    pub(crate) fn port_owner(&self, port: PortId) -> Option<Owner> {
        self.owners.get(&port).and_then(|held| held.owner)
    }

    /// Whether G.722 is spoken at a port.
    pub(crate) fn is_wide(&self, port: PortId) -> bool {
        self.owners.get(&port).is_some_and(|held| held.wide)
    }

    pub(crate) fn connect(&mut self, port: PortId, agreed: &sdp::Agreed, tones: bool) {
        let codec = match agreed.codec {
            sdp::Codec::Pcmu => Codec::Pcmu,
            sdp::Codec::Pcma => Codec::Pcma,
            sdp::Codec::G722 => Codec::G722,
        };
        if let Some(held) = self.owners.get_mut(&port) {
            held.wide = codec == Codec::G722;
        }
        let stream = Stream {
            remote: agreed.remote,
            rtcp: if agreed.rtcp_mux { Rtcp::WithRtp } else { Rtcp::To(agreed.rtcp) },
            codec,
            payload_type: agreed.payload_type,
            event_payload_type: agreed.event_payload_type,
            comfort_noise: agreed.comfort_noise,
            packet_ms_max: agreed.packet_ms_max,
            tones,
            send: agreed.send,
            receive: agreed.receive,
            secure: agreed.crypto.as_deref().map(protection::secure),
        };
        self.push(Output::Media(media::Command::Connect { port, stream }));
    }

    /// SRTP as `policy` wants it, with keys of its own.
    pub(crate) fn protection(&mut self, policy: Srtp) -> Protection {
        Protection::draw(policy, &mut self.keys)
    }

    /// Joins two ports, in place of whatever plays there.
    pub(crate) fn bridge(&mut self, call: CallId, one: PortId, other: PortId) {
        let music = format!("{NEUTRAL}/{}", Phrase::Music.clip());
        let on_hold = self.clips.find(&music).filter(|_| self.settings.bridge.hold_music);
        self.push(Output::Media(media::Command::Bridge { one, other, on_hold }));
        self.show(Status::Bridged { call });
    }

    /// Ends the bridge of a port.
    pub(crate) fn unbridge(&mut self, port: PortId) {
        self.push(Output::Media(media::Command::Unbridge { port }));
    }

    /// Plays `phrases` on a port. A phrase that no language has is left out; when nothing is left,
    /// the play ends at once, which the answer says.
    pub(crate) fn play(
        &mut self,
        leg: Leg,
        port: PortId,
        language: &LanguageTag,
        phrases: &[Phrase],
        repeat: bool,
    ) -> Option<PlayId> {
        let spelled = ivr::spell(language.as_str(), phrases);
        let clips: Vec<ClipId> =
            spelled.iter().filter_map(|phrase| self.clip(language, phrase)).collect();
        if clips.is_empty() {
            return None;
        }
        let play = PlayId(self.next_play);
        self.next_play = self.next_play.wrapping_add(1);
        let names = shown_names(phrases);
        self.show(Status::Playing { leg, clips: names });
        let repeat = if repeat { Repeat::Forever } else { Repeat::Once };
        self.push(Output::Media(media::Command::Play { port, play, clips, repeat }));
        Some(play)
    }

    /// What whoever answered first hears until the other answers.
    pub(crate) fn until_answered(&self) -> Phrase {
        match self.settings.bridge.until_answered {
            Meanwhile::Ringback => Phrase::Ringback,
            Meanwhile::Music => Phrase::Music,
        }
    }

    /// Listens to who has answered at a port.
    pub(crate) fn judge(&mut self, port: PortId) {
        self.push(Output::Media(media::Command::Judge { port }));
    }

    /// Has it told when nothing has been said at a port for so long.
    pub(crate) fn await_quiet(&mut self, port: PortId, quiet: Duration) {
        self.push(Output::Media(media::Command::AwaitQuiet { port, quiet }));
    }

    /// Presses keys at a port.
    pub(crate) fn press(&mut self, port: PortId, digits: media::Digits) {
        self.push(Output::Media(media::Command::Press { port, digits }));
    }

    /// Whoever is bridged with a port hears a key that its far end pressed by SIP.
    pub(crate) fn carry_key(&mut self, port: PortId, key: Key) {
        self.push(Output::Media(media::Command::Carry { port, key }));
    }

    pub(crate) fn stop_playing(&mut self, port: PortId) {
        self.push(Output::Media(media::Command::Stop { port }));
    }

    pub(crate) fn replace_clips(&mut self, clips: Arc<Catalog>) {
        self.clips = clips;
    }

    fn clip(&self, language: &LanguageTag, phrase: &Phrase) -> Option<ClipId> {
        let directory = if phrase.is_neutral() { NEUTRAL } else { language.as_str() };
        self.clips.find(&format!("{directory}/{}", phrase.clip()))
    }

    /// Nothing is left of any call: no session, port, order or timer.
    pub(crate) fn is_idle(&self) -> bool {
        self.sessions.is_empty()
            && self.owners.is_empty()
            && self.records.waiting() == 0
            && self.recordings.is_idle()
            && self.timers.deadline().is_none()
            && self.post.is_empty()
    }

    pub(crate) fn ports_free(&self) -> usize {
        self.ports.free()
    }
}

/// Phrases as status and ladders show them. Spoken digits are a customer's number: what is shown is
/// that digits are spoken, not which.
fn shown_names(phrases: &[Phrase]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for phrase in phrases {
        let name = match phrase {
            Phrase::Plus | Phrase::Digit(_) => "digits".into(),
            phrase => phrase.clip(),
        };
        if names.last().is_none_or(|last| *last != name) {
            names.push(name.into_owned());
        }
    }
    names
}
