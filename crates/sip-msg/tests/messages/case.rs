//! One message, the verdict on it, and the shortest UAS that can give one.

use sip_msg::{Malformed, Message, Method, Request, Response, Uri, parse};

/// What must become of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is a request; [`uas`] answers with this status.
    Answered(u16),
    /// It is a malformed request, answered with this status by what the reader kept.
    Refused(u16),
    /// The same, but it has no Via that the answer could be sent to.
    Unanswerable(u16),
    /// It is a response.
    Reply(u16),
    /// It is malformed and nothing is answered.
    Dropped,
}

/// A message under its own name.
pub struct Case {
    /// Which rule it is about, as a sentence.
    pub name: &'static str,
    /// What must become of it.
    pub verdict: Verdict,
    /// The datagram.
    pub bytes: Vec<u8>,
}

impl Case {
    /// What became of it, and that it survives being printed.
    pub fn check(&self) {
        assert_eq!(verdict(&self.bytes), self.verdict, "{}", String::from_utf8_lossy(&self.bytes));
        let Ok(message) = parse(&self.bytes) else { return };
        assert_stable(&message);
    }
}

/// Printing and reading again gives the same message; only Content-Length may move.
pub fn assert_stable(message: &Message) {
    let printed = message.to_bytes();
    let again = parse(&printed).expect("what we print can be read");
    assert_eq!(again.to_bytes(), printed);
    match (message, &again) {
        (Message::Request(one), Message::Request(other)) => {
            assert_eq!((&one.method, &one.uri), (&other.method, &other.uri));
            assert_eq!(one.body, other.body);
        }
        (Message::Response(one), Message::Response(other)) => {
            assert_eq!((one.status, &one.reason), (other.status, &other.reason));
            assert_eq!(one.body, other.body);
        }
        (Message::Request(_), Message::Response(_))
        | (Message::Response(_), Message::Request(_)) => panic!("another kind of message"),
    }
    let (one, other) = (message.headers(), again.headers());
    assert_eq!(one.from(), other.from());
    assert_eq!(one.to(), other.to());
    assert_eq!(one.vias(), other.vias());
    assert_eq!(one.cseq(), other.cseq());
    assert_eq!(one.contacts(), other.contacts());
}

/// What became of a datagram.
pub fn verdict(bytes: &[u8]) -> Verdict {
    match parse(bytes) {
        Ok(Message::Request(request)) => Verdict::Answered(uas(&request)),
        Ok(Message::Response(response)) => Verdict::Reply(response.status),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &Malformed) -> Verdict {
    match error.response() {
        Some(reply) => {
            assert_eq!(reply.status, error.status);
            assert!(reply.headers.get("Via").is_some());
            Verdict::Refused(error.status)
        }
        None if error.status != 0 => Verdict::Unanswerable(error.status),
        None => Verdict::Dropped,
    }
}

/// RFC 3261 §8.2 in the order of its sections, for a UAS that is also a registrar and knows the
/// methods of RFC 3261, no extension, and three media types.
pub fn uas(request: &Request) -> u16 {
    let known = [
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Options,
        Method::Register,
        Method::Message,
    ];
    if !known.contains(&request.method) {
        return 405;
    }
    if matches!(request.uri, Uri::Other(_)) {
        return 416;
    }
    if request.headers.list("Require").next().is_some() {
        return 420;
    }
    let accepted = ["application/sdp", "text/plain", "multipart/mixed"];
    match request.headers.content_type() {
        Err(error) => return error.status,
        Ok(Some(kind)) if !accepted.contains(&kind.as_str()) => return 415,
        Ok(Some(_) | None) => {}
    }
    if request.headers.list("Accept").any(|kind| !accepted.contains(&kind)) {
        return 406;
    }
    let contacts = matches!(request.method, Method::Invite | Method::Register);
    if contacts && request.headers.contacts().is_err() && !request.headers.contact_is_star() {
        return 400;
    }
    200
}

/// A request, or panic.
pub fn request(bytes: &[u8]) -> Request {
    match parse(bytes).expect("a request") {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    }
}

/// A response, or panic.
pub fn response(bytes: &[u8]) -> Response {
    match parse(bytes).expect("a response") {
        Message::Response(response) => response,
        Message::Request(_) => panic!("a request"),
    }
}

/// A message from its start line, the fields that matter (LF at line ends), and its body. Fields
/// that every message needs are added unless one of that name is there.
pub fn sip(start: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let method = start.split(' ').next().unwrap_or("");
    let method = if method.starts_with("SIP/") { "INVITE" } else { method };
    let mut text = format!("{start}\n{fields}");
    for (long, short, value) in [
        ("via", "v", "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKdefault".to_owned()),
        ("to", "t", "<sip:user@example.com>".to_owned()),
        ("from", "f", "<sip:caller@example.net>;tag=77".to_owned()),
        ("call-id", "i", "call-1@192.0.2.7".to_owned()),
        ("cseq", "cseq", format!("1 {method}")),
        ("max-forwards", "max-forwards", "70".to_owned()),
        ("content-length", "l", body.len().to_string()),
    ] {
        let named = |line: &str| {
            let name = line.split(':').next().unwrap_or("").trim_end().to_ascii_lowercase();
            name == long || name == short
        };
        if !fields.lines().any(named) {
            text.push_str(&format!("{long}: {value}\n"));
        }
    }
    [text.replace('\n', "\r\n").as_bytes(), b"\r\n", body].concat()
}

/// Names each message as a test of its verdict, and lists them all.
macro_rules! cases {
    ($( $name:ident: $verdict:expr, $bytes:expr; )*) => {
        /// Every message of this set.
        pub fn all() -> Vec<crate::case::Case> {
            vec![$( crate::case::Case {
                name: stringify!($name),
                verdict: $verdict,
                bytes: $bytes,
            } ),*]
        }

        /// The message whose name begins like this.
        #[allow(dead_code)]
        fn bytes(name: &str) -> Vec<u8> {
            let found = all().into_iter().find(|case| case.name.starts_with(name));
            found.expect("a message of this name").bytes
        }

        mod verdicts {
            $( #[test] fn $name() {
                let all = super::all();
                all.iter().find(|case| case.name == stringify!($name)).unwrap().check();
            } )*
        }
    };
}
pub(crate) use cases;
