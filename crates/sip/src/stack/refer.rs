//! REFER within a dialog, and the NOTIFYs that tell what came of it (RFC 3515); INVITEs that take
//! the place of a dialog (RFC 3891).
//!
//! ```text
//! REFER ──▶  Event::Referred ──accept_refer──▶ 202, NOTIFY 100
//!                                              notify_refer(180) ▶ NOTIFY 180
//!                                              notify_refer(200) ▶ NOTIFY 200, terminated
//!                            ──refuse_refer──▶ 403, 491, …
//! ```
//! The subscription lives within the dialog of the call and not beyond it: when the call ends, the
//! one who asked is told nothing more.

use model::Mono;
use sip_msg::{Method, reason_phrase};

use super::Stack;
use crate::ask::Ask;
use crate::message::put;
use crate::refer::{Refer, Replaces};
use crate::session::{Phase, Subscription};
use crate::transaction::{Purpose, ServerId};
use crate::{Event, SessionId, limits};

/// The body type of a NOTIFY about a REFER (RFC 3515 §2.4.5).
const SIPFRAG: &str = "message/sipfrag;version=2.0";

impl Stack {
    /// The peer asks us to call somebody.
    pub(super) fn refer_came(
        &mut self,
        now: Mono,
        id: SessionId,
        server: ServerId,
        cseq: u32,
        refer: Refer,
    ) {
        let (referred, subscribes) = match refer {
            Refer::Good { referred, subscribes } => (referred, subscribes),
            Refer::Malformed => return self.reply(now, server, 400),
            Refer::Foreign => return self.reply(now, server, 403),
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match &session.phase {
            Phase::Standing if session.subscription.is_some() => self.reply(now, server, 491),
            Phase::Standing => {
                // RFC 3515 §2.4.6: only the first subscription of a dialog goes without a name.
                let first = session.refers == 0;
                session.refers = session.refers.saturating_add(1);
                let name = (!first).then_some(cseq);
                session.subscription = Some(Subscription { server, subscribes, name, told: 0 });
                self.tell(id, Event::Referred(referred));
            }
            Phase::Invited { .. } | Phase::Calling(_) => self.reply(now, server, 403),
            Phase::Leaving(_) => self.reply(now, server, 481),
        }
    }

    /// 202, and the first NOTIFY (RFC 3515 §2.4.4).
    pub(super) fn accept_refer_of(&mut self, now: Mono, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(Subscription { server, subscribes, told: 0, .. }) = session.subscription else {
            return;
        };
        if let Some(mut response) = self.response(server, 202) {
            put(&mut response.headers, "Contact", &self.contact_of(server));
            if !subscribes {
                put(&mut response.headers, "Refer-Sub", "false");
            }
            self.send_answer(now, server, response, false);
        }
        self.notify(now, id, 100);
    }

    /// Refuses the REFER that waits for its answer.
    pub(super) fn refuse_refer_of(&mut self, now: Mono, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(Subscription { server, .. }) = session.subscription.take_if(|s| s.told == 0) {
            self.reply(now, server, status);
        }
    }

    /// Tells the one who asked what came of it; a final status is the last word.
    pub(super) fn notify(&mut self, now: Mono, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(subscription) = &mut session.subscription else { return };
        if subscription.told == status || !matches!(session.phase, Phase::Standing) {
            return;
        }
        subscription.told = status;
        let Subscription { subscribes, name, .. } = *subscription;
        let last = status >= 200;
        if last {
            session.subscription = None;
        }
        if !subscribes {
            return;
        }
        let event = name.map_or_else(|| "refer".to_string(), |name| format!("refer;id={name}"));
        let state = match last {
            true => "terminated;reason=noresource".to_string(),
            false => format!("active;expires={}", limits::REFER_SECS_MAX),
        };
        let mut ask = Ask::new(Method::Notify, Purpose::Notify);
        ask.headers.push(("Event", event));
        ask.headers.push(("Subscription-State", state));
        let line = format!("SIP/2.0 {status} {}\r\n", reason_phrase(status));
        ask.body = Some((SIPFRAG, line.into_bytes()));
        self.ask(now, id, ask);
    }

    /// The session that an INVITE wants to replace: a standing one, and no other. The error is the
    /// answer (RFC 3891 §3).
    pub(super) fn replaced(&self, replaces: Option<Replaces>) -> Result<Option<SessionId>, u16> {
        let Some(Replaces { dialog, early_only }) = replaces else { return Ok(None) };
        let Some(id) = self.dialogs.get(&dialog) else {
            return Err(if self.ended.contains(&dialog.trace()) { 603 } else { 481 });
        };
        match self.sessions.get(id).map(|session| &session.phase) {
            Some(Phase::Standing) if early_only => Err(486),
            Some(Phase::Standing) => Ok(Some(*id)),
            // What rings at an agent's phone is meant for that agent.
            Some(Phase::Calling(_)) => Err(403),
            Some(Phase::Leaving(_)) => Err(603),
            Some(Phase::Invited { .. }) | None => Err(481),
        }
    }

    /// Whoever refuses a NOTIFY does not want another (RFC 3265 §3.2.2). The call goes on.
    pub(super) fn notify_refused(&mut self, id: SessionId) {
        if let Some(subscription) =
            self.session_mut(id).and_then(|session| session.subscription.as_mut())
        {
            subscription.subscribes = false;
        }
    }
}
