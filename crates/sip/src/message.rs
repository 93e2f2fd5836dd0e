//! Messages as the stack needs them: what identifies a request, where its answers go, and the
//! headers that every message of ours carries.

use std::net::{IpAddr, SocketAddr};

use sip_msg::{Headers, Method, Request, Uri, Via, reason_phrase};

use crate::dialog::DialogId;
use crate::transaction::ServerKey;
use crate::{Hop, Listener, Transport, expiry, limits};

/// The methods we carry out, as Allow lists them.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER";

/// The extensions we support (Supported, Require).
pub(crate) const SUPPORTED: [&str; 4] = [expiry::TAG, RELIABLE, "replaces", "norefersub"];

/// The option tag of reliable provisional answers (RFC 3262).
pub(crate) const RELIABLE: &str = "100rel";

/// The body type we read.
pub(crate) const SDP: &str = "application/sdp";

/// The magic cookie of RFC 3261 §8.1.1.7.
pub(crate) const COOKIE: &str = "z9hG4bK";

/// The port of a SIP URI or Via that writes none.
const DEFAULT_PORT: u16 = 5060;

/// What identifies a request: its transaction and its dialog.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) key: ServerKey,
    pub(crate) call_id: String,
    pub(crate) from_tag: String,
    pub(crate) to_tag: Option<String>,
    pub(crate) cseq: u32,
}

impl Identity {
    /// Reads the identity of `request`; none when it has none, which [`sip_msg::parse`] rules out.
    pub(crate) fn of(request: &Request) -> Option<Identity> {
        let headers = &request.headers;
        let via = headers.top_via().ok()??;
        let from = headers.from().ok()??;
        let to = headers.to().ok()??;
        let cseq = headers.cseq().ok()??;
        let call_id = headers.call_id()?.to_string();
        let from_tag = from.tag().unwrap_or_default().to_string();
        let method = request.method.as_str().to_string();
        let key = match via.branch() {
            Some(branch) if via.has_magic_cookie() => {
                ServerKey::Branch { branch: branch.to_string(), sent_by: sent_by(&via), method }
            }
            Some(_) | None => ServerKey::Old {
                call_id: call_id.clone(),
                from_tag: from_tag.clone(),
                cseq: cseq.number,
                uri: request.uri.to_string(),
                via: headers.get("Via").unwrap_or_default().to_string(),
                method,
            },
        };
        let to_tag = to.tag().map(str::to_string);
        Some(Identity { key, call_id, from_tag, to_tag, cseq: cseq.number })
    }

    /// The dialog that a request with a To tag belongs to, as its receiver names it.
    pub(crate) fn dialog(&self) -> Option<DialogId> {
        let local = self.to_tag.clone()?;
        Some(DialogId { call_id: self.call_id.clone(), local, remote: self.from_tag.clone() })
    }
}

fn sent_by(via: &Via) -> String {
    format!("{}:{}", via.host.to_ascii_lowercase(), via.port.unwrap_or(DEFAULT_PORT))
}

/// True when the top Via of a response is one that we wrote (RFC 3261 §18.1.2).
pub(crate) fn is_ours(via: &Via, listeners: &[Listener]) -> bool {
    let host = literal(&via.host);
    listeners.iter().any(|listener| {
        let Listener { transport, local } = listener;
        host == Some(local.ip()) && via.port.unwrap_or(transport.default_port()) == local.port()
    })
}

/// The address in a host that is an address; a name gives none, since nobody here asks the DNS.
fn literal(host: &str) -> Option<IpAddr> {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.parse().ok()
}

/// Where requests for `uri` go when it names an address. Port 0 is nowhere.
pub(crate) fn address_of(uri: &Uri, transport: Transport) -> Option<SocketAddr> {
    let ip = literal(uri.host()?)?;
    match uri.port().unwrap_or(transport.default_port()) {
        0 => None,
        port => Some(SocketAddr::new(ip, port)),
    }
}

/// Writes into the top Via from where the request really came (RFC 3261 §18.2.1, RFC 3581 §4) and
/// gives the address for its answers (RFC 3261 §18.2.2). `maddr` is not followed: it would let a
/// peer aim our answers at anybody. On a stream an answer takes the connection of its request.
pub(crate) fn answer_address(headers: &mut Headers, source: Hop, transport: Transport) -> Hop {
    let Ok(Some(mut via)) = headers.top_via() else { return source };
    via.note_source(source.peer);
    headers.replace_top_via(&via);
    if transport.is_reliable() {
        return source;
    }
    let port = match via.rport().or(via.port).unwrap_or(transport.default_port()) {
        0 => source.peer.port(),
        port => port,
    };
    Hop { peer: SocketAddr::new(source.peer.ip(), port), ..source }
}

/// Where answers go when the connection of their request is gone: to the port in the Via, at the
/// address that the request really came from (RFC 3261 §18.2.2). It may be the same one: then
/// another connection is meant.
pub(crate) fn other_address(headers: &Headers, to: Hop, transport: Transport) -> Option<Hop> {
    let via = headers.top_via().ok()??;
    let port = via.port.unwrap_or(transport.default_port());
    let other = Hop { peer: SocketAddr::new(to.peer.ip(), port), ..to };
    (transport.is_reliable() && port != 0).then_some(other)
}

/// The body when it is a session description.
pub(crate) fn sdp_of(headers: &Headers, body: &[u8]) -> Option<Vec<u8>> {
    (!body.is_empty() && is_sdp(headers)).then(|| body.to_vec())
}

/// The body type without its parameters.
pub(crate) fn content_type(headers: &Headers) -> Option<&str> {
    headers.get("Content-Type")?.split(';').next().map(str::trim)
}

fn is_sdp(headers: &Headers) -> bool {
    let kind = content_type(headers).unwrap_or_default();
    let plain = headers
        .get("Content-Encoding")
        .is_none_or(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    kind.eq_ignore_ascii_case(SDP) && plain
}

/// True when the body must be understood and is not: 415 (RFC 3261 §8.2.3).
pub(crate) fn is_foreign_body(request: &Request) -> bool {
    if request.body.is_empty() || is_sdp(&request.headers) {
        return false;
    }
    let disposition = request.headers.get("Content-Disposition").unwrap_or_default();
    !disposition.to_ascii_lowercase().replace(' ', "").contains("handling=optional")
}

/// The option tags of Require that we do not support, as Unsupported lists them.
pub(crate) fn unsupported(headers: &Headers) -> Option<String> {
    let tags: Vec<&str> = headers
        .list("Require")
        .filter(|tag| !tag.is_empty())
        .filter(|tag| !SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        .collect();
    (!tags.is_empty()).then(|| tags.join(", "))
}

/// True when `method` is one of [`ALLOW`].
pub(crate) fn is_allowed(method: &Method) -> bool {
    match method {
        Method::Invite
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Options
        | Method::Info
        | Method::Prack
        | Method::Refer
        | Method::Update => true,
        Method::Register
        | Method::Notify
        | Method::Subscribe
        | Method::Message
        | Method::Publish
        | Method::Other(_) => false,
    }
}

/// The seconds of Retry-After; comment and parameters are passed over (RFC 3261 §20.33).
pub(crate) fn retry_after(headers: &Headers) -> Option<u32> {
    let value = headers.get("Retry-After")?;
    value.split([';', '(', ' ', '\t']).next()?.parse().ok()
}

/// The RSeq of a provisional answer that must be acknowledged (RFC 3262 §4). Zero is none.
pub(crate) fn rseq(headers: &Headers) -> Option<u32> {
    if !requires(headers, RELIABLE) {
        return None;
    }
    headers.get("RSeq")?.trim().parse().ok().filter(|&rseq| rseq > 0)
}

/// What a PRACK acknowledges: the RSeq, and the CSeq number of the INVITE (RFC 3262 §7.2).
pub(crate) fn rack(headers: &Headers) -> Option<(u32, u32)> {
    let mut words = headers.get("RAck")?.split_ascii_whitespace();
    let numbers = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (words.next() == Some("INVITE")).then_some(numbers)
}

/// True when Require names the extension.
pub(crate) fn requires(headers: &Headers, tag: &str) -> bool {
    headers.list("Require").any(|required| required.eq_ignore_ascii_case(tag))
}

/// Whether the sender takes a method; none when it does not say what it takes.
pub(crate) fn allows(headers: &Headers, method: &str) -> Option<bool> {
    headers.get("Allow")?;
    Some(headers.list("Allow").any(|allowed| allowed.eq_ignore_ascii_case(method)))
}

/// A header of a message of ours. A value with a line break or another control character would
/// forge headers and is left out.
pub(crate) fn put(headers: &mut Headers, name: &str, value: &str) {
    let clean = |text: &str| !text.chars().any(|c| c.is_control() && c != '\t');
    if clean(name) && clean(value) {
        headers.push(name, value);
    }
}

/// Puts a session description into a message.
pub(crate) fn put_sdp(headers: &mut Headers, body: &mut Vec<u8>, sdp: Vec<u8>) {
    if !sdp.is_empty() {
        headers.set("Content-Type", SDP);
        *body = sdp;
    }
}

/// A method as a ladder names it. A method that nobody knows is the peer's text: cut short.
pub(crate) fn method_label(method: &Method) -> String {
    method.as_str().chars().take(limits::METHOD_LABEL_MAX).collect()
}

/// A response as a ladder names it, `200 OK (INVITE)`, in our words and not in the peer's.
pub(crate) fn response_label(status: u16, method: &str) -> String {
    format!("{status} {} ({method})", reason_phrase(status))
}
