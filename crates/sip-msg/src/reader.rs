//! From a datagram to a message (RFC 3261 §7, §18.3).
//!
//! The first thing that is wrong is remembered and reading goes on, because the reply needs the
//! Via, From, To, Call-ID and CSeq that may stand below it.

use crate::limits::{
    COMMAS_MAX, HEADER_BYTES_MAX, HEADERS_MAX, MESSAGE_BYTES_MAX, START_LINE_BYTES_MAX,
};
use crate::text::is_token;
use crate::{Headers, Malformed, Message, Method, ReplyParts, Request, Response, Uri};

/// True for datagrams that only keep a NAT binding open: empty, or nothing but line ends, spaces
/// and NUL (RFC 5626 §3.5.1 and what phones send).
pub fn is_keep_alive(datagram: &[u8]) -> bool {
    datagram.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0))
}

/// Reads one datagram. The cost is linear in its length.
///
/// # Errors
/// What is wrong, the status to answer with, and what the reply needs. Checked are the start line,
/// the lines of the head, Content-Length against the datagram, and the fields that identify the
/// transaction; every other field is checked by its view.
pub fn parse(datagram: &[u8]) -> Result<Message, Malformed> {
    if is_keep_alive(datagram) {
        return Err(Malformed { status: 0, what: "a keep-alive, not a message", reply: None });
    }
    let mut reader = Reader { problem: None, commas: 0 };
    if datagram.len() > MESSAGE_BYTES_MAX {
        reader.note(513, "the message is longer than a datagram can be");
    }
    let datagram = &datagram[..datagram.len().min(MESSAGE_BYTES_MAX)];
    let mut lines = Lines(datagram);
    let start = loop {
        match lines.next() {
            Some(b"") => {}
            Some(line) => break line,
            None => return Err(not_sip()),
        }
    };
    let headers = reader.headers(&mut lines);
    let body = lines.0;
    match starts_with_sip(start) {
        true => reader.response(start, headers, body).ok_or_else(|| Malformed {
            status: 0,
            what: reader.problem.map_or("the response is malformed", |(_, what)| what),
            reply: None,
        }),
        false => reader.request(start, headers, body),
    }
}

/// The header fields of a head that begins with its start line, as far as they can be read.
pub(crate) fn head_headers(head: &[u8]) -> Headers {
    let mut lines = Lines(head);
    lines.next();
    Reader { problem: None, commas: 0 }.headers(&mut lines)
}

fn not_sip() -> Malformed {
    Malformed { status: 0, what: "this is not SIP", reply: None }
}

/// Lines of the head, without their ends: CRLF or a bare LF.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let (line, rest) = match self.0.iter().position(|byte| *byte == b'\n') {
            Some(at) => (&self.0[..at], &self.0[at + 1..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Remembers the first problem.
struct Reader {
    problem: Option<(u16, &'static str)>,
    commas: usize,
}

impl Reader {
    fn note(&mut self, status: u16, what: &'static str) {
        self.problem.get_or_insert((status, what));
    }

    /// Reads header fields up to the empty line, or the end.
    fn headers(&mut self, lines: &mut Lines<'_>) -> Headers {
        let mut headers = Headers::new();
        let mut open: Option<(String, Vec<u8>)> = None;
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                match &mut open {
                    Some((_, value)) => self.append(value, line),
                    None => self.note(400, "a folded line follows no header field"),
                }
                continue;
            }
            self.close(&mut headers, open.take());
            open = self.open(line);
        }
        self.close(&mut headers, open);
        headers
    }

    /// `Name: value`; white space before the colon is allowed (RFC 3261 §7.3.1).
    fn open(&mut self, line: &[u8]) -> Option<(String, Vec<u8>)> {
        let colon = line.iter().position(|byte| *byte == b':');
        let name = colon.and_then(|at| std::str::from_utf8(line[..at].trim_ascii_end()).ok());
        let (Some(colon), Some(name)) = (colon, name.filter(|name| is_token(name))) else {
            self.note(400, "a line of the head is not a header field");
            return None;
        };
        let mut value = Vec::new();
        self.append(&mut value, &line[colon + 1..]);
        Some((name.to_owned(), value))
    }

    /// Appends one line of a folded value, with a single space for the fold. A bare CR is white
    /// space: read as a line end it would let a value hide a header field.
    fn append(&mut self, value: &mut Vec<u8>, line: &[u8]) {
        let line = line.trim_ascii();
        let space = !value.is_empty() && !line.is_empty();
        if value.len() + usize::from(space) + line.len() > HEADER_BYTES_MAX {
            self.note(513, "a header field is too long");
            return;
        }
        if space {
            value.push(b' ');
        }
        value.extend(line.iter().map(|byte| if *byte == b'\r' { b' ' } else { *byte }));
    }

    fn close(&mut self, headers: &mut Headers, field: Option<(String, Vec<u8>)>) {
        let Some((name, value)) = field else { return };
        if headers.len() == HEADERS_MAX {
            self.note(513, "the message has too many header fields");
            return;
        }
        self.commas += value.iter().filter(|byte| **byte == b',').count();
        if self.commas > COMMAS_MAX {
            self.note(513, "the header fields hold too many values");
            return;
        }
        headers.push_bytes(&name, value);
    }

    /// Status-Line = SIP-Version SP Status-Code SP Reason-Phrase. `None` after a note.
    fn response(&mut self, start: &[u8], headers: Headers, body: &[u8]) -> Option<Message> {
        if start.len() > START_LINE_BYTES_MAX {
            self.note(400, "the Status-Line is too long");
        }
        let text = latin1(&start[..start.len().min(START_LINE_BYTES_MAX)]);
        let mut parts = text.splitn(3, ' ');
        if !parts.next().unwrap_or("").eq_ignore_ascii_case("SIP/2.0") {
            self.note(400, "the version is not SIP/2.0");
        }
        let status = parts.next().unwrap_or("");
        let reason = parts.next().unwrap_or("").replace('\r', " ");
        let digits = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
        let status = status.parse().ok().filter(|status| digits && (100..700).contains(status));
        if status.is_none() {
            self.note(400, "the status code is not 100 to 699");
        }
        self.check_fields(&headers, None);
        let body = self.body(&headers, body);
        match (self.problem, status) {
            (None, Some(status)) => {
                Some(Message::Response(Response { status, reason, headers, body }))
            }
            (Some(_), _) | (_, None) => None,
        }
    }

    /// Request-Line = Method SP Request-URI SP SIP-Version.
    fn request(
        &mut self,
        start: &[u8],
        headers: Headers,
        body: &[u8],
    ) -> Result<Message, Malformed> {
        let (method, uri) = self.request_line(start).ok_or_else(not_sip)?;
        self.check_fields(&headers, method.as_ref());
        let body = self.body(&headers, body);
        match (self.problem, method, uri) {
            (None, Some(method), Some(uri)) => {
                Ok(Message::Request(Request { method, uri, headers, body }))
            }
            (problem, method, _) => {
                let (status, what) = problem.unwrap_or((400, "the Request-Line is malformed"));
                Err(refusal(status, what, method, &headers))
            }
        }
    }

    /// `None` when the line does not end in a SIP version: then nothing shows that this is SIP.
    fn request_line(&mut self, start: &[u8]) -> Option<(Option<Method>, Option<Uri>)> {
        let whole = latin1(start.trim_ascii_end());
        let (head, version) = whole.rsplit_once(' ')?;
        if !starts_with_sip(version.as_bytes()) {
            return None;
        }
        let (method, uri) = head.split_once(' ').unwrap_or((head, ""));
        let method = Method::parse(method);
        if start.len() > START_LINE_BYTES_MAX {
            self.note(414, "the Request-Line is too long");
            return Some((method, None));
        }
        if !version.eq_ignore_ascii_case("SIP/2.0") {
            self.note(505, "the version is not SIP/2.0");
        }
        if method.is_none() {
            self.note(400, "the method is not a token");
        }
        let uri = match Uri::parse(uri) {
            Ok(Uri::Sip(sip)) if sip.headers.is_some() => {
                self.note(400, "the Request-URI has headers");
                None
            }
            Ok(uri) => Some(uri),
            Err(_) => {
                self.note(400, "the Request-URI is malformed");
                None
            }
        };
        Some((method, uri))
    }

    /// The fields that identify a transaction, and must be there once (RFC 3261 §8.1.1). A missing
    /// Max-Forwards is forgiven: clients of RFC 2543 send none.
    fn check_fields(&mut self, headers: &Headers, method: Option<&Method>) {
        match headers.vias() {
            Ok(vias) if vias.is_empty() => self.note(400, "there is no Via"),
            Ok(_) => {}
            Err(error) => self.note(400, error.what),
        }
        match headers.from() {
            Ok(Some(_)) => {}
            Ok(None) => self.note(400, "there is no From"),
            Err(error) => self.note(400, error.what),
        }
        match headers.to() {
            Ok(Some(_)) => {}
            Ok(None) => self.note(400, "there is no To"),
            Err(error) => self.note(400, error.what),
        }
        match headers.all("Call-ID").count() {
            1 if headers.call_id().is_some() => {}
            0 | 1 => self.note(400, "there is no Call-ID"),
            _ => self.note(400, "there is more than one Call-ID"),
        }
        match headers.cseq() {
            Ok(None) => self.note(400, "there is no CSeq"),
            Ok(Some(cseq)) if method.is_some_and(|method| *method != cseq.method) => {
                self.note(400, "the CSeq is of another method");
            }
            Ok(Some(_)) => {}
            Err(error) => self.note(400, error.what),
        }
        if let Err(error) = headers.max_forwards() {
            self.note(400, error.what);
        }
    }

    /// The body: as long as Content-Length says, what follows is ignored; without one, the rest of
    /// the datagram; shorter than it says is an error (RFC 3261 §18.3).
    fn body(&mut self, headers: &Headers, rest: &[u8]) -> Vec<u8> {
        match headers.content_length() {
            Ok(None) => rest.to_vec(),
            Ok(Some(length)) => match rest.get(..length as usize) {
                Some(body) => body.to_vec(),
                None => {
                    self.note(400, "the body is shorter than Content-Length");
                    Vec::new()
                }
            },
            Err(error) => {
                self.note(400, error.what);
                Vec::new()
            }
        }
    }
}

/// What is answered to a malformed request. An ACK is never answered (RFC 3261 §17.1.1.3).
fn refusal(
    status: u16,
    what: &'static str,
    method: Option<Method>,
    headers: &Headers,
) -> Malformed {
    if method == Some(Method::Ack) {
        return Malformed { status: 0, what, reply: None };
    }
    let readable = matches!(headers.top_via(), Ok(Some(_)));
    let reply = readable.then(|| {
        let headers = Response::from_parts(headers, status).headers;
        Box::new(ReplyParts { headers, method })
    });
    Malformed { status, what, reply }
}

fn starts_with_sip(text: &[u8]) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
}

/// UTF-8, or else Latin-1.
fn latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
