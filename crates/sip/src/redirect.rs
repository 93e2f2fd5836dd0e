//! Where a redirected INVITE goes next: the target set of RFC 3261 §8.1.3.4.
//!
//! A 3xx names other places to call. Each is tried once, the most preferred first, and only inside
//! the networks that the call's settings name: whoever answers for a number must not make us call
//! any other one in the world.

use std::collections::VecDeque;
use std::sync::Arc;

use sip_msg::{NameAddr, Response, Uri};

use crate::{Hop, ListenerId, Settings, Source, Transport, limits};

/// One place to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The Request-URI.
    pub(crate) uri: Uri,
    /// A proxy to pass (305).
    pub(crate) proxy: Option<Uri>,
    /// Where the INVITE goes.
    pub(crate) next_hop: Hop,
}

/// What one INVITE may still try, and what it has tried.
#[derive(Debug)]
pub(crate) struct Redirects {
    /// Where a 3xx may lead.
    allowed: Arc<[Source]>,
    /// The listener of the first try.
    near: ListenerId,
    waiting: VecDeque<Target>,
    /// Every target that was ever in the set, the first one included: none is added twice.
    known: Vec<Target>,
    followed: usize,
    /// The last refusal that was no redirection: what the call failed for in the end.
    refused: Option<u16>,
}

impl Redirects {
    /// Nothing has been tried but `first`.
    pub(crate) fn new(allowed: Arc<[Source]>, first: Target) -> Redirects {
        let waiting = VecDeque::new();
        let near = first.next_hop.listener;
        Redirects { allowed, near, waiting, known: vec![first], followed: 0, refused: None }
    }

    /// Takes a final refusal in and gives the next place to try: none when nothing is left, when
    /// [`limits::REDIRECTS_MAX`] have been tried, or when the answer is one for every place (6xx).
    pub(crate) fn next(
        &mut self,
        settings: &Settings,
        current: &Uri,
        response: &Response,
    ) -> Option<Target> {
        match response.status {
            300..=302 => self.add(settings, response, |uri| (uri, None)),
            // The call is asked for again, through the proxy that the Contact names.
            305 => self.add(settings, response, |mut proxy| {
                if let Uri::Sip(proxy) = &mut proxy {
                    proxy.params.set("lr", None);
                }
                (current.clone(), Some(proxy))
            }),
            600..=699 => return None,
            303 | 304 | 306..=399 => {}
            status => self.refused = Some(status),
        }
        if self.followed >= limits::REDIRECTS_MAX {
            return None;
        }
        let target = self.waiting.pop_front()?;
        self.followed += 1;
        Some(target)
    }

    /// The status that ends the call: what a place said of the call itself says more than that
    /// another one would have known a third.
    pub(crate) fn status(&self, last: u16) -> u16 {
        if (300..=399).contains(&last) { self.refused.unwrap_or(last) } else { last }
    }

    /// Adds the Contacts of a 3xx, the most preferred first, before what waits already.
    fn add(
        &mut self,
        settings: &Settings,
        response: &Response,
        way: impl Fn(Uri) -> (Uri, Option<Uri>),
    ) {
        let mut contacts = response.headers.contacts().unwrap_or_default();
        contacts.truncate(limits::REDIRECT_CONTACTS_MAX);
        // The sort is stable: of two with the same preference the first comes first.
        contacts.sort_by_key(|contact| std::cmp::Reverse(preference(contact)));
        for contact in contacts.into_iter().rev() {
            let Some((uri, next_hop)) = self.place(settings, contact.uri) else { continue };
            let (uri, proxy) = way(uri);
            let target = Target { uri, proxy, next_hop };
            if !self.known.contains(&target) {
                self.known.push(target.clone());
                self.waiting.push_front(target);
            }
        }
    }

    /// The URI as a Request-URI and where it leads, when that is allowed. A URI may carry headers
    /// and a method (RFC 3261 §19.1.1): what a stranger writes there is not put into our request.
    /// A call that began under TLS, whose description may hold keys, does not go on in the clear.
    fn place(&self, settings: &Settings, uri: Uri) -> Option<(Uri, Hop)> {
        let Uri::Sip(mut sip) = uri else { return None };
        if sip.params.has("maddr") {
            return None;
        }
        (sip.headers, sip.password) = (None, None);
        sip.params.remove("method");
        let uri = Uri::Sip(sip);
        let next_hop = settings.hop_of(&uri, self.near)?;
        let transport = |id| settings.listener(id).transport;
        let clear = transport(next_hop.listener) != Transport::Tls;
        let allowed = self.allowed.iter().any(|range| range.covers(next_hop.peer));
        let exposed = clear && transport(self.near) == Transport::Tls;
        (allowed && !exposed).then_some((uri, next_hop))
    }
}

/// The `q` of a Contact in thousandths (RFC 3261 §20.10); one without, or with one that cannot be
/// read, is as good as any.
fn preference(contact: &NameAddr) -> u16 {
    let read = |q: &str| {
        let (whole, part) = q.split_once('.').unwrap_or((q, ""));
        let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let part: u16 = format!("{part:0<3}").parse().ok().filter(|_| digits)?;
        match whole {
            "0" => Some(part),
            "1" if part == 0 => Some(1_000),
            _ => None,
        }
    };
    contact.params.get("q").and_then(read).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use sip_msg::Message;

    use super::*;

    fn preferred(q: &str) -> u16 {
        let text = format!(
            "SIP/2.0 302 Moved\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:b@h>{q}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let message = sip_msg::parse(text.as_bytes());
        let Ok(Message::Response(response)) = message else { panic!("{text} is no response") };
        preference(&response.headers.contacts().expect("a Contact")[0])
    }

    #[test]
    fn preferences_are_thousandths_and_one_when_nothing_is_said() {
        let cases = [("", 1_000), (";q=1.0", 1_000), (";q=1", 1_000), (";q=0", 0), (";q=0.5", 500)];
        for (text, q) in cases.into_iter().chain([(";q=0.125", 125), (";q=0.05", 50)]) {
            assert_eq!(preferred(text), q, "{text}");
        }
        for odd in [";q=2", ";q=0.1234", ";q=.5", ";q=x", ";q=-1", ";q=1.001"] {
            assert_eq!(preferred(odd), 1_000, "{odd}");
        }
    }
}
