//! Dialogs (RFC 3261 §12): what two ends share between an INVITE and a BYE, and the requests built
//! from it.

use sha2::{Digest, Sha256};
use sip_msg::{Headers, Method, Request, Response, Uri};

use crate::hop::Way;
use crate::limits;
use crate::message::put;
use crate::{Hop, Settings};

/// What names a dialog, as seen from our end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DialogId {
    pub(crate) call_id: String,
    /// Our tag.
    pub(crate) local: String,
    /// The peer's tag; empty for a peer of RFC 2543 that sends none.
    pub(crate) remote: String,
}

/// Stands for the id of a dialog that is over. The texts of a thousand ids, each made in the midst
/// of its call, would hold on to a page of memory each; these lie side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace([u8; 16]);

impl DialogId {
    /// What is remembered of it; two dialogs never have the same one in practice (SHA-256, cut).
    pub(crate) fn trace(&self) -> Trace {
        let mut hash = Sha256::new();
        for part in [&self.call_id, &self.local, &self.remote] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let whole: [u8; 32] = hash.finalize().into();
        let mut trace = [0; 16];
        trace.copy_from_slice(&whole[..16]);
        Trace(trace)
    }
}

/// The state of one dialog.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) id: DialogId,
    /// Our From value with its tag.
    local: String,
    /// Our To value, with the peer's tag when it has one.
    remote: String,
    /// The CSeq of our last request.
    pub(crate) local_cseq: u32,
    /// The CSeq of the peer's last request, when it sent one.
    pub(crate) remote_cseq: Option<u32>,
    /// The peer's Contact.
    target: Uri,
    /// Where the requests pass, nearest first (RFC 3261 §12.1).
    routes: Vec<Uri>,
    /// Where the dialog was opened from; requests go there when the next hop is a host name.
    peer: Hop,
    /// The target is not an address that we can reach: an address translator stands in between.
    pub(crate) at_source: bool,
}

impl Dialog {
    /// The dialog that an INVITE from `source` opens, with our tag (RFC 3261 §12.1.1). The error
    /// names the header that forbids it.
    pub(crate) fn of_request(
        request: &Request,
        id: DialogId,
        cseq: u32,
        source: Hop,
    ) -> Result<Dialog, &'static str> {
        let headers = &request.headers;
        let from = headers.get("From").ok_or("From")?;
        let mut local = Headers::new();
        local.copy("To", headers);
        local.add_to_tag(&id.local);
        Ok(Dialog {
            local: local.get("To").ok_or("To")?.to_string(),
            remote: from.to_string(),
            local_cseq: 0,
            remote_cseq: Some(cseq),
            target: contact_of(headers).ok_or("Contact")?,
            routes: record_routes(headers)?,
            peer: source,
            at_source: false,
            id,
        })
    }

    /// The dialog that a 2xx to our INVITE opens (RFC 3261 §12.1.2). Everything is in the response:
    /// it serves for a second accepting branch as well.
    pub(crate) fn of_response(response: &Response, source: Hop) -> Result<Dialog, &'static str> {
        let headers = &response.headers;
        let tag = |name_addr: Option<&str>| name_addr.unwrap_or_default().to_string();
        let from = headers.from().ok().flatten().ok_or("From")?;
        let to = headers.to().ok().flatten().ok_or("To")?;
        let cseq = headers.cseq().ok().flatten().ok_or("CSeq")?;
        let id = DialogId {
            call_id: headers.call_id().ok_or("Call-ID")?.to_string(),
            local: tag(from.tag()),
            remote: tag(to.tag()),
        };
        let mut routes = record_routes(headers)?;
        routes.reverse();
        Ok(Dialog {
            id,
            local: headers.get("From").unwrap_or_default().to_string(),
            remote: headers.get("To").unwrap_or_default().to_string(),
            local_cseq: cseq.number,
            remote_cseq: None,
            // A 2xx without Contact breaks RFC 3261 §12.1.1; its To is the best that is left.
            target: contact_of(headers).unwrap_or(to.uri),
            routes,
            peer: source,
            at_source: false,
        })
    }

    /// Takes the Contact of a re-INVITE, an UPDATE or their 2xx as the new target
    /// (RFC 3261 §12.2).
    pub(crate) fn refresh(&mut self, target: Uri) {
        self.target = target;
    }

    /// A request within the dialog, without Via (RFC 3261 §12.2.1.1). All but ACK take the next
    /// CSeq; an ACK has the CSeq of its INVITE, `acknowledges`.
    pub(crate) fn request(&mut self, method: Method, acknowledges: Option<u32>) -> Request {
        let cseq = acknowledges.unwrap_or_else(|| {
            self.local_cseq = self.local_cseq.saturating_add(1);
            self.local_cseq
        });
        let (uri, routes) = self.way();
        let mut request = Request::new(method, uri);
        for route in routes {
            put(&mut request.headers, "Route", &format!("<{route}>"));
        }
        put(&mut request.headers, "Max-Forwards", &limits::MAX_FORWARDS.to_string());
        put(&mut request.headers, "From", &self.local);
        put(&mut request.headers, "To", &self.remote);
        put(&mut request.headers, "Call-ID", &self.id.call_id);
        let value = format!("{cseq} {}", request.method.as_str());
        put(&mut request.headers, "CSeq", &value);
        request
    }

    /// The Request-URI and the Route entries: a first hop without `lr` is a strict router of
    /// RFC 2543 and gets itself as Request-URI, the target last (RFC 3261 §12.2.1.1).
    fn way(&self) -> (Uri, Vec<Uri>) {
        match self.routes.split_first() {
            None => (self.target.clone(), Vec::new()),
            Some((first, _)) if first.is_lr() => (self.target.clone(), self.routes.clone()),
            Some((first, rest)) => {
                let mut routes = rest.to_vec();
                routes.push(self.target.clone());
                (first.clone(), routes)
            }
        }
    }

    /// Where the next request goes: where the first route or the target says, when that is an
    /// address that one of our listeners can reach. Should nobody listen there, as behind a NAT,
    /// the connection by which the dialog came leads to the same peer.
    pub(crate) fn next_hop(&self, settings: &Settings) -> Way {
        if self.at_source && self.routes.is_empty() {
            return self.peer.into();
        }
        let uri = self.routes.first().unwrap_or(&self.target);
        let to = settings.hop_of(uri, self.peer.listener).unwrap_or(self.peer);
        let stream = settings.listener(self.peer.listener).transport.is_reliable();
        Way { to, otherwise: Some(self.peer).filter(|peer| stream && *peer != to) }
    }
}

/// The URI of the first Contact, when it is one that requests can be sent to.
pub(crate) fn contact_of(headers: &Headers) -> Option<Uri> {
    let contact = headers.contact().ok().flatten()?;
    match contact.uri {
        Uri::Sip(uri) => Some(Uri::Sip(uri)),
        Uri::Tel(_) | Uri::Other(_) => None,
    }
}

fn record_routes(headers: &Headers) -> Result<Vec<Uri>, &'static str> {
    let entries = headers.record_routes().map_err(|_| "Record-Route")?;
    if entries.len() > limits::ROUTES_MAX {
        return Err("Record-Route");
    }
    Ok(entries.into_iter().map(|entry| entry.uri).collect())
}
