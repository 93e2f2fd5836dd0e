//! The carrier: calls to the trunk's address reach the phone of the dialled number.
//!
//! Each customer has a phone at an address of its own; the carrier owns only the address to which
//! the engine sends its INVITEs. It is no proxy that adds itself to the Via: it is the wire that
//! leads from the trunk to the right phone, and it can have a bad time of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// Most Call-IDs whose phone is remembered.
const CALLS_MAX: usize = 100_000;

/// Where a datagram to the trunk's address goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// To this phone.
    Phone(usize),
    /// Back to the sender, with these bytes.
    Refused(Vec<u8>),
    /// Nowhere: the ACK of a refusal, or nothing that is SIP.
    Nowhere,
}

/// What is wrong with one address of the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing that goes there is answered.
    Silent,
    /// New calls are refused with 503 and this Retry-After, in seconds; OPTIONS too.
    Refuses(u32),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Carrier {
    users: BTreeMap<String, usize>,
    calls: BTreeMap<String, usize>,
    /// True in a storm: new INVITEs are refused with 503.
    pub(crate) storm: bool,
    troubles: BTreeMap<SocketAddr, Trouble>,
    /// Calls that an address refused: what follows there is not for a phone.
    refused: BTreeSet<(SocketAddr, String)>,
}

impl Carrier {
    /// Whoever dials `user` reaches this phone.
    pub(crate) fn serve(&mut self, user: &str, phone: usize) {
        self.users.insert(user.to_owned(), phone);
    }

    /// From now on this is wrong with one address, or nothing.
    pub(crate) fn trouble(&mut self, at: SocketAddr, trouble: Option<Trouble>) {
        self.troubles.remove(&at);
        self.troubles.extend(trouble.map(|trouble| (at, trouble)));
    }

    /// Where this datagram to one of the carrier's addresses goes.
    pub(crate) fn route(&mut self, at: SocketAddr, bytes: &[u8]) -> Route {
        let text = String::from_utf8_lossy(bytes);
        let call_id = text.split("\r\n").find_map(|line| line.strip_prefix("Call-ID: "));
        let place = (at, call_id.unwrap_or_default().to_owned());
        if text.starts_with("ACK ") && self.refused.contains(&place) {
            return Route::Nowhere;
        }
        let known = self.calls.contains_key(&place.1);
        match self.troubles.get(&at) {
            Some(Trouble::Silent) => return Route::Nowhere,
            Some(Trouble::Refuses(after)) if asks(&text) && !known => {
                if self.refused.len() < CALLS_MAX {
                    self.refused.insert(place);
                }
                let status = format!("503 Service Unavailable\r\nRetry-After: {after}");
                return Route::Refused(refusal(&text, &status));
            }
            Some(Trouble::Refuses(_)) | None => {}
        }
        if text.starts_with("OPTIONS ") {
            return Route::Refused(refusal(&text, "200 OK"));
        }
        let mut lines = text.split("\r\n");
        let Some(first) = lines.next().filter(|line| line.ends_with(" SIP/2.0")) else {
            return Route::Nowhere;
        };
        let call_id = lines.find_map(|line| line.strip_prefix("Call-ID: ")).unwrap_or_default();
        if let Some(phone) = self.calls.get(call_id) {
            return Route::Phone(*phone);
        }
        if !first.starts_with("INVITE ") {
            return Route::Nowhere;
        }
        let user = first.split("sip:").nth(1).and_then(|rest| rest.split(['@', ';']).next());
        let phone = user.and_then(|user| self.users.get(user)).copied();
        match phone {
            _ if self.storm => Route::Refused(refusal(&text, "503 Service Unavailable")),
            None => Route::Refused(refusal(&text, "404 Not Found")),
            Some(phone) => {
                if self.calls.len() < CALLS_MAX {
                    self.calls.insert(call_id.to_owned(), phone);
                }
                Route::Phone(phone)
            }
        }
    }
}

/// True for a request that a server without room refuses.
fn asks(text: &str) -> bool {
    text.starts_with("INVITE ") || text.starts_with("OPTIONS ")
}

/// A refusal by the rules of RFC 3261 §8.2.6: the headers of the request, and a To tag.
fn refusal(request: &str, status: &str) -> Vec<u8> {
    let copied = ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "];
    let mut answer = format!("SIP/2.0 {status}\r\n");
    for line in request.split("\r\n") {
        if copied.iter().any(|name| line.starts_with(name)) {
            answer.push_str(line);
            if line.starts_with("To: ") {
                answer.push_str(";tag=carrier");
            }
            answer.push_str("\r\n");
        }
    }
    answer.push_str("Content-Length: 0\r\n\r\n");
    answer.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: SocketAddr = crate::lab::CARRIER;

    fn invite(user: &str, call_id: &str) -> Vec<u8> {
        format!(
            "INVITE sip:{user}@198.51.100.1 SIP/2.0\r\nVia: v\r\nTo: <x>\r\nCall-ID: {call_id}\r\n\r\n"
        )
        .into_bytes()
    }

    #[test]
    fn a_number_reaches_its_phone_and_a_storm_refuses_only_new_calls() {
        let mut carrier = Carrier::default();
        carrier.serve("+331", 7);
        assert_eq!(carrier.route(AT, &invite("+331", "a")), Route::Phone(7));
        carrier.storm = true;
        assert_eq!(carrier.route(AT, &invite("+331", "a")), Route::Phone(7), "sent again");
        let Route::Refused(bytes) = carrier.route(AT, &invite("+331", "b")) else { panic!() };
        assert!(bytes.starts_with(b"SIP/2.0 503 "));
        carrier.storm = false;
        let Route::Refused(bytes) = carrier.route(AT, &invite("+339", "c")) else { panic!() };
        assert!(bytes.starts_with(b"SIP/2.0 404 "));
        let ack = b"ACK sip:+339@h SIP/2.0\r\nCall-ID: c\r\n\r\n";
        assert_eq!(carrier.route(AT, ack), Route::Nowhere);
    }

    #[test]
    fn an_address_in_trouble_refuses_or_says_nothing_and_the_others_do_not_care() {
        let other = SocketAddr::from(([198, 51, 100, 2], 5060));
        let mut carrier = Carrier::default();
        carrier.serve("+331", 7);
        carrier.trouble(AT, Some(Trouble::Refuses(30)));
        let Route::Refused(bytes) = carrier.route(AT, &invite("+331", "a")) else { panic!() };
        assert!(bytes.starts_with(b"SIP/2.0 503 Service Unavailable\r\nRetry-After: 30\r\n"));
        assert_eq!(carrier.route(other, &invite("+331", "a")), Route::Phone(7));
        let ack = b"ACK sip:+331@h SIP/2.0\r\nCall-ID: a\r\n\r\n";
        assert_eq!(carrier.route(AT, ack), Route::Nowhere, "it is the ACK of the 503");
        assert_eq!(carrier.route(other, ack), Route::Phone(7));
        carrier.trouble(AT, Some(Trouble::Silent));
        let options = b"OPTIONS sip:h SIP/2.0\r\nCall-ID: o\r\n\r\n";
        assert_eq!(carrier.route(AT, options), Route::Nowhere);
        carrier.trouble(AT, None);
        let Route::Refused(bytes) = carrier.route(AT, options) else { panic!() };
        assert!(bytes.starts_with(b"SIP/2.0 200 OK"));
    }
}
