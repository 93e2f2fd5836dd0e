//! SIP messages, read and written by rsip; literal text where rsip cannot.

use std::fmt::Write as _;

use rsip::headers::{ToTypedHeader, UntypedHeader};

use crate::text;

/// Longer datagrams are not read: nothing legal on UDP is longer.
pub const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Most header lines of a message that are read.
pub const HEADERS_MAX: usize = 256;

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The first line, literally.
    pub start: String,
    /// Header lines: the long name, and the value as it came.
    pub headers: Vec<(String, String)>,
    /// The body, no longer than Content-Length says.
    pub body: Vec<u8>,
    /// What rsip could not read of it; empty when rsip is content.
    pub objections: Vec<&'static str>,
}

impl Received {
    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        let first = self.start.split(' ').next().unwrap_or("");
        (first != "SIP/2.0" && !first.is_empty()).then_some(first)
    }

    /// The Request-URI, literally.
    pub fn uri(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or("")
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
    }

    /// The first value of a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The Call-ID; empty when there is none.
    pub fn call_id(&self) -> &str {
        self.get("Call-ID").unwrap_or("").trim()
    }

    /// Number and method of the CSeq.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.get("CSeq")?.trim().split_once(' ')?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// The branch of the top Via.
    pub fn branch(&self) -> &str {
        self.get("Via").and_then(|via| text::param_of(text::first_of(via), "branch")).unwrap_or("")
    }

    /// The tag of From or To.
    pub fn tag(&self, name: &str) -> Option<&str> {
        text::param_of(self.get(name)?, "tag")
    }

    /// The session description, when the body is one.
    pub fn sdp(&self) -> Option<&[u8]> {
        let kind = self.get("Content-Type").unwrap_or("").to_ascii_lowercase();
        (!self.body.is_empty() && kind.trim().starts_with("application/sdp"))
            .then_some(self.body.as_slice())
    }
}

/// Reads a datagram: by rsip, and where rsip refuses, line by line. `None` for what is no SIP.
pub fn read(bytes: &[u8]) -> Option<Received> {
    let mut received = read_lines(bytes)?;
    match rsip::SipMessage::try_from(bytes) {
        Ok(message) => {
            received.headers = rsip_headers(&message);
            received.objections = typed_objections(&message);
        }
        Err(_) => received.objections.push("message"),
    }
    Some(received)
}

/// The headers as rsip split them.
fn rsip_headers(message: &rsip::SipMessage) -> Vec<(String, String)> {
    use rsip::message::HasHeaders;
    let lines = message.headers().iter().take(HEADERS_MAX).map(ToString::to_string);
    lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap_or((line.as_str(), ""));
            (long_name(name.trim()).to_owned(), value.trim().to_owned())
        })
        .collect()
}

/// The headers whose typed form rsip cannot build.
fn typed_objections(message: &rsip::SipMessage) -> Vec<&'static str> {
    use rsip::message::HasHeaders;
    let mut objections = Vec::new();
    for header in message.headers().iter() {
        let refused = match header {
            rsip::Header::Via(via) => via.typed().is_err().then_some("Via"),
            rsip::Header::From(from) => from.typed().is_err().then_some("From"),
            rsip::Header::To(to) => to.typed().is_err().then_some("To"),
            rsip::Header::Contact(contact) => contact.typed().is_err().then_some("Contact"),
            rsip::Header::CSeq(cseq) => cseq.typed().is_err().then_some("CSeq"),
            _ => None,
        };
        objections.extend(refused);
    }
    objections
}

/// Reads a message without rsip: first line, header lines with folds undone, body.
pub fn read_lines(bytes: &[u8]) -> Option<Received> {
    if bytes.len() > DATAGRAM_BYTES_MAX {
        return None;
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let start = lines.next()?.to_owned();
    if !start.contains("SIP/2.0") {
        return None;
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines.take(HEADERS_MAX) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                let _ = write!(value, " {}", line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((long_name(name.trim()).to_owned(), value.trim().to_owned()));
        }
    }
    let body = bytes[end + 4..].to_vec();
    let mut received = Received { start, headers, body, objections: Vec::new() };
    let length = received.get("Content-Length").and_then(|text| text.parse().ok());
    received.body.truncate(length.unwrap_or(usize::MAX));
    (received.method().is_some() || received.status().is_some()).then_some(received)
}

/// The long form of a compact header name (RFC 3261 §7.3.3).
fn long_name(name: &str) -> &str {
    match name {
        "c" | "C" => "Content-Type",
        "f" | "F" => "From",
        "i" | "I" => "Call-ID",
        "k" | "K" => "Supported",
        "l" | "L" => "Content-Length",
        "m" | "M" => "Contact",
        "t" | "T" => "To",
        "v" | "V" => "Via",
        other => other,
    }
}

/// A message to be written.
pub struct Draft {
    start: Start,
    headers: rsip::Headers,
    body: Vec<u8>,
}

enum Start {
    Request { method: String, uri: String },
    Response { status: u16 },
}

impl Draft {
    /// A request.
    pub fn request(method: &str, uri: &str) -> Draft {
        let start = Start::Request { method: method.to_owned(), uri: uri.to_owned() };
        Draft { start, headers: rsip::Headers::default(), body: Vec::new() }
    }

    /// A response.
    pub fn response(status: u16) -> Draft {
        Draft {
            start: Start::Response { status },
            headers: rsip::Headers::default(),
            body: Vec::new(),
        }
    }

    /// Adds a header. Line breaks in the value become spaces: a header is one line.
    pub fn push(&mut self, name: &str, value: impl AsRef<str>) {
        let value = value.as_ref().replace(['\r', '\n'], " ");
        self.headers.push(match name {
            "Via" => rsip::headers::Via::new(value).into(),
            "From" => rsip::headers::From::new(value).into(),
            "To" => rsip::headers::To::new(value).into(),
            "Call-ID" => rsip::headers::CallId::new(value).into(),
            "CSeq" => rsip::headers::CSeq::new(value).into(),
            "Contact" => rsip::headers::Contact::new(value).into(),
            "Route" => rsip::headers::Route::new(value).into(),
            "Content-Type" => rsip::headers::ContentType::new(value).into(),
            "Content-Length" => rsip::headers::ContentLength::new(value).into(),
            other => rsip::Header::Other(other.replace(['\r', '\n', ':'], " "), value),
        });
    }

    /// Sets the body, of some other kind.
    pub fn carry(&mut self, kind: &str, body: Vec<u8>) {
        self.push("Content-Type", kind);
        self.body = body;
    }

    /// Sets a session description as the body.
    pub fn sdp(&mut self, body: Vec<u8>) {
        self.push("Content-Type", "application/sdp");
        self.body = body;
    }

    /// The bytes: rsip's, unless rsip would change or refuse the first line.
    pub fn bytes(mut self) -> Vec<u8> {
        let length = self.body.len().to_string();
        self.push("Content-Length", length);
        let (headers, body) = (self.headers, self.body);
        let version = rsip::Version::V2;
        match self.start {
            Start::Response { status } => {
                let status_code = rsip::StatusCode::Other(status, reason(status).to_owned());
                rsip::Response { status_code, version, headers, body }.into()
            }
            Start::Request { method, uri } => {
                let known = method.parse::<rsip::Method>().ok();
                let carried = rsip::Uri::try_from(uri.as_str()).ok();
                match (known, carried) {
                    (Some(method), Some(carried)) if carried.to_string() == uri => {
                        rsip::Request { method, uri: carried, version, headers, body }.into()
                    }
                    _ => {
                        let mut bytes =
                            format!("{method} {uri} SIP/2.0\r\n{headers}\r\n").into_bytes();
                        bytes.extend(body);
                        bytes
                    }
                }
            }
        }
    }
}

/// The words of a status (RFC 3261 §21).
fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => "Refused",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    fn draft(method: &str, uri: &str) -> Vec<u8> {
        let mut draft = Draft::request(method, uri);
        draft.push("Via", "SIP/2.0/UDP 127.0.0.1:5070;rport;branch=z9hG4bKa");
        draft.push("From", "<sip:alice@127.0.0.1:5070>;tag=f");
        draft.push("To", format!("<{uri}>"));
        draft.push("Call-ID", "c-1");
        draft.push("CSeq", format!("1 {method}"));
        draft.push("X-Test", "a\r\nInjected: b");
        draft.sdp(b"v=0\r\n".to_vec());
        draft.bytes()
    }

    #[test]
    fn rsip_writes_a_request() {
        let bytes = draft("INVITE", "sip:+33123456789@127.0.0.1:5060");
        expect![[r#"
            INVITE sip:+33123456789@127.0.0.1:5060 SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:5070;rport;branch=z9hG4bKa
            From: <sip:alice@127.0.0.1:5070>;tag=f
            To: <sip:+33123456789@127.0.0.1:5060>
            Call-ID: c-1
            CSeq: 1 INVITE
            X-Test: a  Injected: b
            Content-Type: application/sdp
            Content-Length: 5

            v=0
        "#]]
        .assert_eq(&String::from_utf8(bytes.clone()).unwrap().replace('\r', ""));
        let read = read(&bytes).unwrap();
        assert_eq!(read.objections, Vec::<&str>::new());
        assert_eq!((read.branch(), read.tag("From")), ("z9hG4bKa", Some("f")));
        assert_eq!(read.sdp(), Some(b"v=0\r\n".as_slice()));
    }

    #[test]
    fn what_rsip_cannot_carry_goes_and_comes_as_literal_text() {
        for (method, uri) in [
            ("INVITE", "tel:+33123456789"),
            ("INVITE", "sip:a@[::1]:5060"),
            ("WINK", "sip:a@127.0.0.1"),
            ("INVITE", "sip:first.last@127.0.0.1"),
        ] {
            let read = read(&draft(method, uri)).unwrap();
            assert_eq!((read.method(), read.uri()), (Some(method), uri));
            assert_eq!(read.call_id(), "c-1");
        }
    }

    #[test]
    fn compact_names_folds_and_trailing_bytes_are_understood() {
        let bytes = b"SIP/2.0 200 OK\r\ni: c\r\n 2\r\nv: SIP/2.0/UDP h;branch=z9hG4bKb\r\n\
            cseq: 7   BYE\r\nl: 2\r\n\r\nabGARBAGE";
        let read = read(bytes).unwrap();
        assert_eq!((read.status(), read.call_id()), (Some(200), "c 2"));
        assert_eq!((read.cseq(), read.branch()), (Some((7, "BYE")), "z9hG4bKb"));
        assert_eq!(read.body, b"ab");
        assert_eq!(read.objections, ["message"]);
    }

    #[test]
    fn no_more_than_the_limit_of_header_lines_is_read() {
        let many = "X: y\r\n".repeat(HEADERS_MAX + 9);
        let read = read(format!("SIP/2.0 200 OK\r\n{many}\r\n").as_bytes()).unwrap();
        assert_eq!(read.headers.len(), HEADERS_MAX);
        assert_eq!(super::read(&vec![b'a'; DATAGRAM_BYTES_MAX + 1]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_mutation_of_a_request_panics(at in 0usize..300, byte: u8, cut in 0usize..300) {
            let mut bytes = draft("INVITE", "sip:+33123456789@127.0.0.1:5060");
            bytes.truncate(cut.max(40));
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            if let Some(read) = read(&bytes) {
                let _ = (read.cseq(), read.branch(), read.tag("To"), read.sdp());
            }
        }
    }
}
