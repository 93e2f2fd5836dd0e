//! Requests and responses, made and printed.

use crate::{Headers, Method, Uri, reason_phrase};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request. One that [`parse`](crate::parse) gave has a Via, From, To, Call-ID and CSeq, all
/// well-formed, and a CSeq of its own method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// Header fields.
    pub headers: Headers,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// A response. One that [`parse`](crate::parse) gave has a Via, From, To, Call-ID and CSeq, all
/// well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 100 to 699.
    pub status: u16,
    /// The reason phrase, for people only.
    pub reason: String,
    /// Header fields.
    pub headers: Headers,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Message {
    /// The message as sent, with a correct Content-Length.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Message::Request(request) => request.to_bytes(),
            Message::Response(response) => response.to_bytes(),
        }
    }

    /// Its header fields.
    pub fn headers(&self) -> &Headers {
        match self {
            Message::Request(request) => &request.headers,
            Message::Response(response) => &response.headers,
        }
    }
}

impl Request {
    /// A request without header fields and body.
    pub fn new(method: Method, uri: Uri) -> Request {
        Request { method, uri, headers: Headers::new(), body: Vec::new() }
    }

    /// The request as sent, with a correct Content-Length.
    pub fn to_bytes(&self) -> Vec<u8> {
        let start = format!("{} {} SIP/2.0\r\n", self.method, self.uri);
        print(&start, &self.headers, &self.body)
    }
}

impl Response {
    /// The response to `request`, with the fields that RFC 3261 §8.2.6.2 copies, and the Timestamp
    /// in a 100 (§8.2.6.1). A tag in To, Contact and Record-Route are for the caller to add.
    pub fn to(request: &Request, status: u16) -> Response {
        Response::from_parts(&request.headers, status)
    }

    pub(crate) fn from_parts(request: &Headers, status: u16) -> Response {
        let mut headers = Headers::new();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            headers.copy(name, request);
        }
        if status == 100 {
            headers.copy("Timestamp", request);
        }
        let reason = reason_phrase(status).to_owned();
        Response { status, reason, headers, body: Vec::new() }
    }

    /// The response as sent, with a correct Content-Length.
    pub fn to_bytes(&self) -> Vec<u8> {
        let reason = self.reason.replace(['\r', '\n'], " ");
        print(&format!("SIP/2.0 {} {reason}\r\n", self.status), &self.headers, &self.body)
    }
}

fn print(start: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(start.len() + 64 * headers.len() + body.len() + 32);
    out.extend_from_slice(start.as_bytes());
    headers.write(&mut out);
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}
