//! The first INVITE, and the same with credentials when it was asked for them (RFC 3261 §22.2).

use super::Call;
use crate::desk::Desk;
use crate::login::Challenge;
use crate::settings::{CallTo, Offer};
use crate::transaction::Purpose;
use crate::wire::{self, Received};

impl Call {
    /// The INVITE as it is written, and its branch.
    pub(super) fn first_invite(
        &mut self,
        desk: &mut Desk,
        to: &CallTo,
        authorization: Option<String>,
    ) -> (Vec<u8>, String) {
        let (mut draft, branch) = self.dialog_request(desk, "INVITE", self.cseq);
        if let Some(asserted) = &to.asserted {
            draft.push("P-Asserted-Identity", format!("<{asserted}>"));
        }
        if let Some(value) = authorization {
            draft.push("Authorization", value);
        }
        for (name, value) in &to.headers {
            draft.push(name, value);
        }
        if self.offer != Offer::Late {
            draft.sdp(self.own_offer(desk));
        }
        (draft.bytes(), branch)
    }

    /// Says who calls. False when nobody asks, or the answer was wrong before.
    pub(super) fn says_who(&mut self, desk: &mut Desk, status: u16, message: &Received) -> bool {
        if status != 401 {
            return false;
        }
        let Some(to) = self.asks_again.take() else { return false };
        let Some(login) = &to.login else { return false };
        let Some((mut challenge, _)) = Challenge::of(message, login.sha256) else { return false };
        let cnonce = desk.entropy.token(8);
        let value = challenge.answer(login, &rsip::Method::Invite, &to.target, &cnonce);
        if value.is_none() {
            return false;
        }
        self.cseq += 1;
        let (bytes, branch) = self.first_invite(desk, &to, value);
        self.invite = wire::read_lines(&bytes);
        self.transmit(desk, Purpose::Invite, (&branch, self.cseq), to.next_hop, bytes);
        true
    }
}
