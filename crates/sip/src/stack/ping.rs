//! OPTIONS of ours outside dialogs (RFC 3261 §11.1): whether anybody lives in a place.
//!
//! Who answers anything but 408 and 503 lives, also with 404 or 405: that it speaks SIP and takes
//! requests is all that is asked.

use model::Mono;
use sip_msg::{Method, NameAddr, Request, Uri};

use super::Stack;
use crate::message::{self, put};
use crate::transaction::{ClientId, Purpose};
use crate::{Hop, Output, limits, secure};

impl Stack {
    pub(super) fn ping(&mut self, now: Mono, hop: Hop, target: &str, token: u64) -> bool {
        let full = self.transactions() >= self.settings.transactions_max;
        if full || self.pings.len() >= limits::ALIVE_MAX {
            return false;
        }
        let local = self.settings.listener(hop.listener).local;
        let (Ok(target), Ok(own)) = (Uri::parse(target), Uri::parse(&format!("sip:{local}")))
        else {
            return false;
        };
        let mut from = NameAddr::new(own);
        from.params.set("tag", Some(&self.tag()));
        let call_id = format!("{}@{}", self.entropy.token(limits::TAG_LENGTH), local.ip());
        let contact = self.contact(hop.listener, secure::is_sips(&target));
        let mut request = Request::new(Method::Options, target.clone());
        let headers = &mut request.headers;
        put(headers, "Max-Forwards", &limits::MAX_FORWARDS.to_string());
        put(headers, "From", &from.to_string());
        put(headers, "To", &NameAddr::new(target).to_string());
        put(headers, "Call-ID", &call_id);
        put(headers, "CSeq", "1 OPTIONS");
        put(headers, "Contact", &contact);
        put(headers, "Accept", message::SDP);
        let branch = self.branch();
        self.finish_request(&mut request, &branch, hop.listener);
        let client = self.send_request(now, request, branch, hop, Purpose::Probe, None);
        self.pings.insert(client, token);
        true
    }

    /// A final answer came.
    pub(super) fn ping_answered(&mut self, client: ClientId, status: u16) {
        self.tell_alive(client, !matches!(status, 408 | 503));
    }

    /// No answer came, or none can come. Nothing happens for a request of another purpose.
    pub(super) fn nobody_lives(&mut self, client: ClientId) {
        self.tell_alive(client, false);
    }

    fn tell_alive(&mut self, client: ClientId, alive: bool) {
        if let Some(token) = self.pings.remove(&client) {
            self.outputs.push_back(Output::Alive { token, alive });
        }
    }
}
