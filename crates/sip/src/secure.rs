//! `sips:` URIs (RFC 3261 §26.2.2, RFC 5630): what they demand of the way of a message.

use sip_msg::{Headers, Request, Uri};

use crate::Transport;

/// True for a URI that is reached over TLS only.
pub(crate) fn is_sips(uri: &Uri) -> bool {
    uri.sip().is_some_and(|sip| sip.secure)
}

/// True when the Contact in this request of ours must be a `sips:` URI (RFC 3261 §8.1.1.8): the
/// Request-URI is one, or the first Route.
pub(crate) fn of_ours(request: &Request) -> bool {
    let routes = request.headers.routes().unwrap_or_default();
    is_sips(&request.uri) || routes.first().is_some_and(|route| is_sips(&route.uri))
}

/// True when the Contact in our answer to this request must be one (RFC 3261 §12.1.1): the
/// Request-URI is one, or the first Record-Route, or without any, the Contact.
pub(crate) fn of_theirs(request: &Request) -> bool {
    let headers = &request.headers;
    let routes = headers.record_routes().unwrap_or_default().into_iter();
    let passed = routes.chain(headers.contact().ok().flatten()).next();
    is_sips(&request.uri) || passed.is_some_and(|passed| is_sips(&passed.uri))
}

/// Why a request that came over `transport` must not speak of `sips:`: the status, when so. What
/// would be private beyond us is not private up to us.
pub(crate) fn refusal(request: &Request, transport: Transport) -> Option<u16> {
    match transport {
        Transport::Tls => None,
        Transport::Udp | Transport::Tcp if is_sips(&request.uri) => Some(416),
        Transport::Udp | Transport::Tcp => names_sips(&request.headers).then_some(400),
    }
}

fn names_sips(headers: &Headers) -> bool {
    let contacts = headers.contacts().unwrap_or_default();
    contacts.iter().any(|contact| is_sips(&contact.uri))
}
