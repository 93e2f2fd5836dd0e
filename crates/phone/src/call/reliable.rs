//! Ringing that must arrive (RFC 3262): the 183 with our answer is repeated until its PRACK, and
//! the 200, which comes after it, says nothing more about the media.

use std::net::SocketAddr;
use std::time::Duration;

use super::Call;
use crate::desk::Desk;
use crate::transaction::{Purpose, Sending};
use crate::wire::{Draft, Received};

/// The RSeq of the one reliable answer that the phone gives.
const RSEQ: u32 = 17;
/// How soon the phone looks again whether the PRACK has come.
const PATIENCE: Duration = Duration::from_millis(100);

impl Call {
    /// Whether the caller takes reliable answers.
    pub(super) fn takes_reliable(request: &Received) -> bool {
        let mut lines = request.all("Supported").chain(request.all("Require"));
        lines.any(|line| line.split(',').any(|tag| tag.trim() == "100rel"))
    }

    /// Makes a provisional answer reliable, when that is how the phone rings.
    pub(super) fn mark_reliable(&self, draft: &mut Draft, status: u16) {
        if self.reliable && (101..200).contains(&status) {
            draft.push("Require", "100rel");
            draft.push("RSeq", RSEQ.to_string());
        }
    }

    /// Repeats what was just sent until its PRACK.
    pub(super) fn await_prack(&mut self, desk: &Desk) {
        let Some(served) = self.served.as_ref().filter(|_| self.reliable) else { return };
        let key = ("", 0);
        let (to, bytes) = (served.to, served.response.clone());
        self.sending.push(Sending::new(desk.mono(), Purpose::Ringing, key, to, bytes));
    }

    /// The 200 must wait for the PRACK of an answer that carried a description (RFC 3262 §3).
    pub(super) fn answers_later(&mut self, desk: &Desk) -> bool {
        let waits = self.sending.iter().any(|sending| sending.purpose == Purpose::Ringing);
        if waits {
            self.answer_at = Some((desk.mono() + PATIENCE, None));
        }
        waits
    }

    pub(super) fn handle_prack(&mut self, desk: &mut Desk, from: SocketAddr, request: &Received) {
        let served = self.served.as_ref().and_then(|served| served.request.cseq());
        let right = served.map(|(number, _)| format!("{RSEQ} {number} INVITE"));
        let waiting = |sending: &Sending| sending.purpose == Purpose::Ringing;
        let known = request.get("RAck").is_some_and(|rack| Some(rack) == right.as_deref())
            && self.sending.iter().any(waiting);
        self.sending.retain(|sending| !known || !waiting(sending));
        self.respond(desk, from, request, if known { 200 } else { 481 });
    }
}
