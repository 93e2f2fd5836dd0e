//! Feature codes: an agent dials a code from the own phone to say what the agent wants, or to hear
//! it.
//!
//! ```text
//! Opening ─ port open, 200 ─▶ Answered ─ ACK ─▶ Speaking ─ the end of what is said ─▶ Closing
//!                                 the wish counts from here on
//! ```
//! Who dials is known by the password of the phone, or by its address when it always is in one
//! place; never by From alone. Nothing is done before the ACK: who writes another's address into a
//! datagram never sees the tag that an ACK must carry. While the phone is in this call the agent is
//! offered nothing.

use std::sync::Arc;

use ivr::Phrase;
use model::{AgentName, CallId, LanguageTag, Now};
use queue::{AgentStatus, Command, SaidBy};
use sip::{Invited, SessionId};
use sip_msg::Uri;

use crate::leg::{LegCore, Opening, RETRY_AFTER_SECS};
use crate::switchboard::{Owner, Switchboard};
use crate::{Agent, AgentPhone, Leg, LegRole, Settings, Status};

/// Most reasons: one digit names each.
pub const REASONS_MAX: usize = 9;

/// What agents may dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureCodes {
    /// The codes, each begins with a star or a hash; none is another one with a digit behind it.
    pub codes: Vec<(Arc<str>, Feature)>,
    /// Why an agent takes no work: the digit behind the code is the place in this list, from 1; at
    /// most [`REASONS_MAX`].
    pub reasons: Vec<Arc<str>>,
    /// The language of what agents hear.
    pub language: LanguageTag,
}

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// The agent wants this.
    Status(AgentStatus),
    /// The agent is ready before the time of the wrap-up is over.
    WrapUpDone,
    /// The agent hears the status.
    Tell,
}

impl Feature {
    /// True for a wish for which there may be a reason.
    pub fn takes_reason(self) -> bool {
        match self {
            Feature::Status(AgentStatus::Online) | Feature::WrapUpDone | Feature::Tell => false,
            Feature::Status(
                AgentStatus::Away | AgentStatus::TransferOnly | AgentStatus::Offline,
            ) => true,
        }
    }
}

impl FeatureCodes {
    /// What was dialled, with the place of the reason.
    fn read(&self, dialled: &str) -> Option<(Feature, Option<u8>)> {
        let find = |text: &str| self.codes.iter().find(|(code, _)| **code == *text);
        if let Some((_, feature)) = find(dialled) {
            return Some((*feature, None));
        }
        let (last, _) = dialled.char_indices().next_back()?;
        let (code, digit) = dialled.split_at(last);
        let place = digit.parse::<u8>().ok()?;
        let known = (1..=self.reasons.len()).contains(&usize::from(place));
        let (_, feature) = find(code).filter(|(_, feature)| known && feature.takes_reason())?;
        Some((*feature, Some(place)))
    }
}

/// See the module.
pub(crate) struct FeatureCall {
    call: CallId,
    agent: AgentName,
    feature: Feature,
    reason: Option<u8>,
    leg: LegCore,
    offer: Option<Vec<u8>>,
    stage: Stage,
}

/// Each stage says what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The media port.
    Opening,
    /// The ACK.
    Answered,
    /// The end of what is said.
    Speaking,
    /// The stack's last word.
    Closing,
}

/// The agent who dials, when it is one: by the password, else by the address of a phone that
/// always is in one place. Where several agents are at one address, as behind a PBX, From tells
/// them apart; so it does where that address is a trunk's too.
pub(crate) fn who_dials(settings: &Settings, invited: &Invited) -> Option<AgentName> {
    if let Some(agent) = &invited.agent {
        return Some(agent.clone());
    }
    let source = invited.source.peer;
    let there = |agent: &&Agent| match &agent.phone {
        AgentPhone::Fixed { address, .. } => {
            address.ip().to_canonical() == source.ip().to_canonical()
        }
        AgentPhone::Registered | AgentPhone::Telephone { .. } => false,
    };
    let neighbours: Vec<&Agent> = settings.agents.iter().filter(there).collect();
    if let ([alone], None) = (&neighbours[..], &invited.peer) {
        return Some(alone.name.clone());
    }
    let parties = &invited.parties;
    let named = parties.asserted.as_deref().or(parties.from.as_deref())?;
    let user = |uri: &str| Uri::parse(uri).ok().and_then(|uri| uri.number());
    let named = |agent: &&&Agent| match &agent.phone {
        AgentPhone::Fixed { uri, .. } => user(uri).as_deref() == Some(named),
        AgentPhone::Registered | AgentPhone::Telephone { .. } => false,
    };
    let mut named = neighbours.iter().filter(named);
    let first = named.next()?;
    named.next().is_none().then(|| first.name.clone())
}

/// Whether an INVITE from a trunk dials a code: what is no code is a call like any other.
pub(crate) fn is_code(settings: &Settings, invited: &Invited) -> bool {
    let codes = settings.feature_codes.as_ref();
    codes.zip(invited.dialled.as_deref()).is_some_and(|(codes, it)| codes.read(it).is_some())
}

impl FeatureCall {
    /// Lets the INVITE of an agent in, or refuses it: 404 for what is no code, 488 or 400 for an
    /// offer that cannot be answered, 503 without a port.
    pub(crate) fn begin(
        board: &mut Switchboard,
        now: Now,
        session: SessionId,
        invited: Invited,
        agent: AgentName,
    ) -> Option<FeatureCall> {
        let settings = Arc::clone(&board.settings);
        let call = board.new_call();
        let name = Leg { call, role: LegRole::Agent };
        board.adopt(session, Owner::Feature(call), name);
        let codes = settings.feature_codes.as_ref();
        let dialled = invited.dialled.as_deref().unwrap_or_default();
        let known = codes.and_then(|codes| codes.read(dialled));
        let setting = settings.agents.iter().find(|setting| setting.name == agent);
        let Some(((feature, reason), setting)) = known.zip(setting) else {
            board.stack.reject_saying(now, session, 404, &what_there_is(codes));
            return None;
        };
        let (protection, speech) = (board.protection(setting.srtp), setting.speech.clone());
        if let Some(offer) = &invited.sdp {
            let address = std::net::SocketAddr::new(settings.media.address, 9);
            let (srtp, speaks) = (protection.srtp(), speech.speaks());
            let nowhere = sdp::Local { address, id: 0, version: 0, srtp, speaks };
            if let Err(refusal) = sdp::answer(offer, &nowhere) {
                board.stack.reject(now, session, refusal.status(), None);
                return None;
            }
        }
        let Some(mut leg) = LegCore::open(board, now, Owner::Feature(call), name) else {
            board.stack.reject(now, session, 503, Some(RETRY_AFTER_SECS));
            return None;
        };
        leg.speak(protection, speech);
        leg.adopt(board, session);
        let (offer, stage) = (invited.sdp, Stage::Opening);
        Some(FeatureCall { call, agent, feature, reason, leg, offer, stage })
    }

    /// True once nothing is left of it.
    pub(crate) fn is_over(&self) -> bool {
        !self.leg.is_alive()
    }

    pub(crate) fn call(&self) -> CallId {
        self.call
    }

    pub(crate) fn handle_sip(&mut self, board: &mut Switchboard, now: Now, event: sip::Event) {
        match event {
            sip::Event::Confirmed { sdp } => self.confirmed(board, now, sdp.as_deref()),
            sip::Event::Offered { sdp } => self.leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Refreshed { ours, sdp } => self.leg.refreshed(board, &ours, &sdp),
            sip::Event::Referred(_) => self.leg.refuse_refer(board, now, 403),
            sip::Event::Ended { .. } => self.ended(board, now),
            sip::Event::Invited(_)
            | sip::Event::Key(_)
            | sip::Event::Passed { .. }
            | sip::Event::Progress { .. }
            | sip::Event::Accepted { .. }
            | sip::Event::Reoffered { .. } => {}
        }
    }

    pub(crate) fn handle_media(&mut self, board: &mut Switchboard, now: Now, event: media::Event) {
        match event {
            media::Event::Opened { .. } if self.stage == Stage::Opening => {
                let offer = self.offer.take();
                let answered = self.leg.accept(board, now, offer.as_deref());
                self.stage = if answered { Stage::Answered } else { Stage::Closing };
            }
            media::Event::OpenFailed { .. } => {
                if self.leg.port_failed(board, now) == Opening::Failed {
                    self.leg.reject(board, now, 503);
                    self.stage = Stage::Closing;
                }
            }
            media::Event::PlayEnded { play, .. } => {
                if self.leg.play_ended(play) && self.stage == Stage::Speaking {
                    self.hang_up(board, now);
                }
            }
            media::Event::Silent { .. } => self.leg.fell_silent(board, now),
            media::Event::Lost { .. } => self.hang_up(board, now),
            media::Event::Opened { .. }
            | media::Event::Key { .. }
            | media::Event::Quiet { .. }
            | media::Event::Pressed { .. }
            | media::Event::Judged { .. }
            | media::Event::Closed { .. } => {}
        }
    }

    /// The ACK came: the wish counts, and the agent hears so.
    fn confirmed(&mut self, board: &mut Switchboard, now: Now, answer: Option<&[u8]>) {
        if self.stage != Stage::Answered {
            return;
        }
        if !self.leg.answered(board, answer) {
            return self.hang_up(board, now);
        }
        self.hold(board, now, true);
        let phrases = self.carry_out(board, now);
        let codes = board.settings.feature_codes.as_ref();
        let language = codes.map(|codes| codes.language.clone());
        self.stage = Stage::Speaking;
        let plays = language.is_some_and(|it| self.leg.play(board, &it, &phrases, false));
        if !plays {
            self.hang_up(board, now);
        }
    }

    /// Does what the code is for. What the agent hears of it.
    fn carry_out(&self, board: &mut Switchboard, now: Now) -> Vec<Phrase> {
        let (agent, by) = (self.agent.clone(), SaidBy::FeatureCode);
        let command = match self.feature {
            Feature::Status(status) => {
                let codes = board.settings.feature_codes.as_ref();
                let place = self.reason.map(|place| usize::from(place) - 1);
                let reason = codes.zip(place).and_then(|(codes, at)| codes.reasons.get(at));
                let reason = reason.map(|reason| reason.to_string());
                Some(Command::SetStatus { agent, status, reason, by })
            }
            Feature::WrapUpDone => Some(Command::EndWrapUp { agent, by }),
            Feature::Tell => None,
        };
        let done = command.filter(|command| board.queues.check(command).is_ok());
        let ready = matches!(done, Some(Command::EndWrapUp { .. }));
        if let Some(command) = done {
            board.queues.handle(now, command);
        }
        let mut phrases = Vec::new();
        if ready {
            phrases.push(Phrase::AgentReady);
        }
        let agent = board.queues.agents().find(|view| view.agent == self.agent);
        phrases.extend(agent.map(|agent| status_phrase(agent.status)));
        if let Some(place) = self.reason {
            phrases.extend([Phrase::AgentReason, Phrase::Digit(place)]);
        }
        phrases
    }

    /// The agent is offered nothing while the phone is in this call.
    fn hold(&self, board: &mut Switchboard, now: Now, held: bool) {
        let (agent, call) = (self.agent.clone(), self.call);
        board.queues.handle(now, Command::Hold { agent, call, held });
    }

    /// Ends the call, whatever is still to be said.
    pub(crate) fn hang_up(&mut self, board: &mut Switchboard, now: Now) {
        self.stage = Stage::Closing;
        self.leg.hang_up(board, now);
    }

    fn ended(&mut self, board: &mut Switchboard, now: Now) {
        self.stage = Stage::Closing;
        self.leg.ended(board);
        self.hold(board, now, false);
        board.show(Status::CallEnded { call: self.call });
    }
}

fn status_phrase(status: AgentStatus) -> Phrase {
    match status {
        AgentStatus::Online => Phrase::AgentOnline,
        AgentStatus::Away => Phrase::AgentAway,
        AgentStatus::TransferOnly => Phrase::AgentTransferOnly,
        AgentStatus::Offline => Phrase::AgentOffline,
    }
}

/// What a phone may show to an agent who dialled something else: the codes that there are.
fn what_there_is(codes: Option<&FeatureCodes>) -> String {
    let known = codes.map(|codes| &codes.codes[..]).unwrap_or_default();
    let word = |(code, feature): &(Arc<str>, Feature)| {
        let word = match feature {
            Feature::Status(AgentStatus::Online) => "online",
            Feature::Status(AgentStatus::Away) => "away",
            Feature::Status(AgentStatus::TransferOnly) => "transfers only",
            Feature::Status(AgentStatus::Offline) => "offline",
            Feature::WrapUpDone => "ready",
            Feature::Tell => "status",
        };
        format!("{code} {word}")
    };
    let known: Vec<String> = known.iter().map(word).collect();
    format!("No such code: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> FeatureCodes {
        let code = |text: &str, feature| (Arc::from(text), feature);
        FeatureCodes {
            codes: vec![
                code("*45", Feature::Status(AgentStatus::Online)),
                code("*46", Feature::Status(AgentStatus::Away)),
                code("*49", Feature::WrapUpDone),
            ],
            reasons: vec!["break".into(), "lunch".into()],
            language: "en".into(),
        }
    }

    #[test]
    fn a_digit_behind_a_code_is_a_reason_where_there_may_be_one() {
        let away = Feature::Status(AgentStatus::Away);
        for (dialled, read) in [
            ("*45", Some((Feature::Status(AgentStatus::Online), None))),
            ("*46", Some((away, None))),
            ("*461", Some((away, Some(1)))),
            ("*462", Some((away, Some(2)))),
            ("*463", None),
            ("*460", None),
            ("*451", None),
            ("*491", None),
            ("*4", None),
            ("*46x", None),
            ("*46é", None),
            ("", None),
        ] {
            assert_eq!(codes().read(dialled), read, "{dialled}");
        }
    }
}
