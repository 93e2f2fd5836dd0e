//! What happens to the agent's leg of an offer.

use ledger::OfferEnd;
use model::{Key, Now};
use queue::Command;
use sip::{Ended, SessionId};

use super::{OfferRun, Stage};
use crate::Status;
use crate::dial::agent_dial;
use crate::leg::{KeySource, LegEvent, Opening};
use crate::places::Places;
use crate::switchboard::Switchboard;

impl OfferRun {
    pub(crate) fn handle_agent_sip(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        from: SessionId,
        event: sip::Event,
    ) {
        if let Some(trunk) = &self.agent_trunk {
            self.agent_places.note(board, now, trunk, &event);
        }
        let Some(event) = self.agent_leg.hears(board, now, from, event) else {
            return self.maybe_released(board, now);
        };
        match event {
            sip::Event::Accepted { sdp } => self.agent_answered(board, now, sdp.as_deref()),
            sip::Event::Offered { sdp } => self.agent_leg.reoffered(board, now, sdp.as_deref()),
            sip::Event::Confirmed { sdp } => {
                self.agent_leg.answered(board, sdp.as_deref());
            }
            sip::Event::Refreshed { ours, sdp } => self.agent_leg.refreshed(board, &ours, &sdp),
            sip::Event::Key(key) => {
                self.agent_leg.carry_key(board, key);
                self.agent_pressed(board, now, key, KeySource::Info);
            }
            sip::Event::Referred(referred) => self.referred(board, now, &referred),
            sip::Event::Ended { how, .. } => self.agent_gone(board, now, how),
            sip::Event::Progress { .. }
            | sip::Event::Passed { .. }
            | sip::Event::Invited(_)
            | sip::Event::Reoffered { .. } => {}
        }
    }

    pub(crate) fn handle_agent_media(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        event: media::Event,
    ) {
        match event {
            media::Event::Opened { .. } => {
                let rings = matches!(self.stage, Stage::Ringing | Stage::Summoning(_));
                if rings && !self.agent_leg.is_alive() {
                    self.ring_agent(board, now);
                }
                self.agent_port_open = true;
            }
            media::Event::OpenFailed { .. } => {
                if self.agent_leg.port_failed(board, now) == Opening::Failed {
                    self.agent_gone(board, now, Ended::Unreachable);
                }
            }
            media::Event::Key { key, .. } => self.agent_pressed(board, now, key, KeySource::Media),
            media::Event::PlayEnded { play, .. } => {
                if self.agent_leg.play_ended(play) {
                    self.agent_heard(board, now);
                }
            }
            media::Event::Pressed { .. } => self.agent_reached(board, now),
            media::Event::Silent { .. } => self.agent_leg.fell_silent(board, now),
            media::Event::Lost { .. } => self.agent_leg.hang_up(board, now),
            media::Event::Judged { .. }
            | media::Event::Quiet { .. }
            | media::Event::Closed { .. } => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, board: &mut Switchboard, now: Now) {
        if let Stage::Announcing(script) | Stage::Summoning(Some(script)) = &mut self.stage {
            script.handle_timeout(now.mono);
            self.follow_script(board, now);
        } else if matches!(self.stage, Stage::Identifying(_)) {
            self.identity_timeout(board, now);
        } else if matches!(self.stage, Stage::Dialling) {
            self.call_customer(board, now);
            self.not_judged(board, now);
        } else {
            self.proof_timeout(board, now);
        }
    }

    pub(crate) fn handle_leg(&mut self, board: &mut Switchboard, now: Now, event: LegEvent) {
        match (event, &self.stage) {
            (LegEvent::Connected, Stage::Joining) => {
                self.stage = Stage::Talking;
                self.whisper_to_agent(board);
                board.queues.handle(now, Command::Bridged { offer: self.offer });
            }
            (LegEvent::Disconnect, Stage::Talking) => self.talk_ended(board, now),
            (LegEvent::Disconnect, Stage::Joining) => self.close(board, now),
            (
                LegEvent::Connected
                | LegEvent::Disconnect
                | LegEvent::Connect { .. }
                | LegEvent::Park,
                _,
            ) => {}
        }
    }

    /// Rings the agent; a telephone takes a channel of its trunk.
    pub(super) fn ring_agent(&mut self, board: &mut Switchboard, now: Now) {
        let trunk = board.trunk_of_agent(&self.agent).cloned();
        if let Some(trunk) = trunk {
            if !board.channels.take(now.mono, &trunk) {
                return self.agent_gone(board, now, Ended::Unreachable);
            }
            self.agent_places = Places::of(&board.ways.ways(&trunk));
            self.agent_trunk = Some(trunk);
        }
        match agent_dial(board, self.offer, &self.agent, &self.work, self.line.as_ref()) {
            Some(dial) => self.agent_leg.invite(board, now, dial),
            None => self.agent_gone(board, now, Ended::Unreachable),
        }
    }

    pub(super) fn agent_answered(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        answer: Option<&[u8]>,
    ) {
        if !matches!(self.stage, Stage::Ringing | Stage::Summoning(_)) {
            return;
        }
        if !self.agent_leg.answered(board, answer) {
            self.end_offer(board, now, OfferEnd::Failed);
            return;
        }
        if !self.agent_leg.presses(board) {
            self.agent_reached(board, now);
        }
    }

    pub(super) fn agent_pressed(
        &mut self,
        board: &mut Switchboard,
        now: Now,
        key: Key,
        source: KeySource,
    ) {
        if !self.agent_leg.takes_key(source) {
            return;
        }
        if matches!(self.stage, Stage::Identifying(_)) {
            self.identity_key(board, now, key);
        } else if let Stage::Announcing(script) | Stage::Summoning(Some(script)) = &mut self.stage {
            script.handle_key(now.mono, key);
            board.show(Status::Pressed { leg: self.agent_leg.name(), key });
            self.follow_script(board, now);
        }
    }

    pub(super) fn agent_gone(&mut self, board: &mut Switchboard, now: Now, how: Ended) {
        self.agent_leg.ended(board);
        match self.stage {
            Stage::Ringing => {
                let end = OfferRun::end_of_ringing(how);
                self.end_offer(board, now, end);
            }
            Stage::Identifying(_) | Stage::Announcing(_) => {
                self.end_offer(board, now, OfferEnd::Declined);
            }
            Stage::Joining | Stage::Sorry => self.close(board, now),
            Stage::Writing => self.stage = Stage::Closing { writing: true },
            Stage::Dialling | Stage::Proving(_) | Stage::Telling => self.give_up(board, now),
            Stage::Summoning(None) => {
                self.agent_missed(board, now, OfferRun::end_of_ringing(how));
            }
            Stage::Summoning(Some(_)) => self.agent_missed(board, now, OfferEnd::Declined),
            Stage::Talking if self.transfer.is_some() => self.agent_left(board, now),
            Stage::Talking => self.talk_ended(board, now),
            Stage::GivingUp | Stage::Dismissing(_) => {}
            Stage::Closing { .. } => self.maybe_released(board, now),
        }
    }
}
