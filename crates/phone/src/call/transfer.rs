//! Handing a call on: REFER, the NOTIFYs that follow, and INVITEs with Replaces (RFC 3515, 3891).

use std::net::SocketAddr;

use super::{Call, State, contact};
use crate::desk::{Desk, PhoneEvent};
use crate::text;
use crate::transaction::Purpose;
use crate::wire::Received;

impl Call {
    /// Asks the peer to call `target`, the inside of a Refer-To, in our place.
    pub fn refer(&mut self, desk: &mut Desk, target: &str, notify: bool) {
        let pending = self.sending.iter().any(|sending| sending.purpose == Purpose::Refer);
        if self.state != State::Talking || pending {
            return;
        }
        self.cseq += 1;
        let (mut draft, branch) = self.dialog_request(desk, "REFER", self.cseq);
        draft.push("Contact", contact(desk));
        draft.push("Refer-To", format!("<{target}>"));
        draft.push("Referred-By", contact(desk));
        if !notify {
            draft.push("Refer-Sub", "false");
        }
        let key = (branch.as_str(), self.cseq);
        self.transmit(desk, Purpose::Refer, key, self.hop(), draft.bytes());
    }

    /// NOTIFY: what came of our REFER.
    pub(super) fn handle_notify(&mut self, desk: &mut Desk, from: SocketAddr, request: &Received) {
        let about_refer = request.get("Event").is_some_and(|event| event.starts_with("refer"));
        if !about_refer || matches!(self.state, State::Over | State::Leaving) {
            return self.respond(desk, from, request, 481);
        }
        self.respond(desk, from, request, 200);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let status = body.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let state = request.get("Subscription-State").unwrap_or("");
        let over = state.starts_with("terminated");
        if let Some(status) = status {
            desk.tell(PhoneEvent::Notified { call: self.handle, status, over });
        }
    }

    /// The final answer to our REFER.
    pub(super) fn handle_referred(&mut self, desk: &mut Desk, status: u16) {
        desk.tell(PhoneEvent::Referred { call: self.handle, status });
    }

    /// What a Replaces header says to the peer of this call, once it is up: the peer's tag is the
    /// To tag (RFC 3891 §6.1).
    pub fn replaces(&self) -> Option<String> {
        let peer = self.remote_tag.as_deref()?;
        Some(format!("{};to-tag={peer};from-tag={}", self.call_id, self.local_tag))
    }

    /// True when this call is what the header names, seen from our end.
    pub fn is_replaced_by(&self, header: &str) -> bool {
        let id = header.split(';').next().unwrap_or("").trim();
        let tag = |name| text::param_of(header, name);
        id == self.call_id
            && tag("to-tag") == Some(&self.local_tag)
            && tag("from-tag") == self.remote_tag.as_deref()
            && self.state == State::Talking
    }
}
