//! Forged facts and messages for the tests of the oracles.

use engine::Output;
use ledger::{CallEnd, Entry, Fact, OfferEnd, Record, RequestEnd};
use model::{
    AgentName, AttemptId, CallId, LanguageTag, LineName, Now, OfferId, PersonId, QueueName,
    RequestId, Seq, TrunkName, Wall,
};

use crate::oracle::{Oracle, Seen};

pub(crate) fn requested(request: u64, call: u64) -> Fact {
    Fact::CallbackRequested {
        request: RequestId(request),
        call: Some(CallId(call)),
        queue: QueueName::from("support"),
        line: LineName::from("main"),
        person: PersonId(request),
        arrived: Wall::default(),
        expires: Wall::default(),
        language: LanguageTag::from("en"),
        terms: Box::default(),
    }
}

pub(crate) fn closed(request: u64) -> Fact {
    let (request, end) = (RequestId(request), RequestEnd::Completed);
    Fact::RequestClosed { request, end, why: String::new() }
}

pub(crate) fn dial(request: u64, number: u16, sip_call_id: &str) -> Fact {
    Fact::DialStarted {
        attempt: AttemptId { request: RequestId(request), number },
        agent: AgentName::from("agent-1"),
        trunk: TrunkName::from("carrier"),
        sip_call_id: sip_call_id.to_owned(),
    }
}

pub(crate) fn arrived(call: u64) -> Fact {
    let (line, queue) = (LineName::from("main"), QueueName::from("support"));
    Fact::CallArrived { call: CallId(call), line, queue, needs: Vec::new(), priority: 0 }
}

pub(crate) fn ended(call: u64, end: CallEnd) -> Fact {
    Fact::CallEnded { call: CallId(call), end }
}

pub(crate) fn offered(offer: u64, agent: &str, call: u64) -> Fact {
    let (offer, agent) = (OfferId(offer), AgentName::from(agent));
    Fact::Offered { offer, agent, request: None, call: Some(CallId(call)), because: Box::default() }
}

pub(crate) fn offer_ended(offer: u64, end: OfferEnd) -> Fact {
    Fact::OfferEnded { offer: OfferId(offer), end }
}

/// The engine hands this fact over.
pub(crate) fn record(seq: u64, fact: Fact) -> Output {
    let entry = Entry { seq: Seq(seq), at: Wall::default(), fact };
    Output::Record(Box::new(Record { entry, person: None }))
}

pub(crate) fn hand_over(oracle: &mut dyn Oracle, seq: u64, fact: Fact) {
    oracle.see(Now::default(), &Seen::Output(&record(seq, fact)));
}

/// The engine sends this message; `extra` are whole lines.
pub(crate) fn sends(to: &str, first: &str, headers: &[&str]) -> Output {
    let bytes = message(first, headers);
    Output::Datagram { to: sip::Hop::first(to.parse().expect("an address")), bytes }
}

pub(crate) fn message(first: &str, headers: &[&str]) -> Vec<u8> {
    format!("{first}\r\n{}\r\n\r\n", headers.join("\r\n")).into_bytes()
}

/// A message of call `c` with a description: its version, then its streams with their attributes,
/// `VERSION|m-line;attribute;attribute|m-line`. Nothing for no body.
pub(crate) fn described(first: &str, cseq: &str, body: &str) -> Vec<u8> {
    let mut parts = body.split('|');
    let mut text = match parts.next().filter(|version| !version.is_empty()) {
        None => String::new(),
        Some(version) => format!(
            "v=0\r\no=- 5 {version} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        ),
    };
    for stream in parts {
        let (line, attributes) = stream.split_once(';').unwrap_or((stream, ""));
        text.push_str(&format!("m={line}\r\n"));
        for attribute in attributes.split(';').filter(|attribute| !attribute.is_empty()) {
            text.push_str(&format!("a={attribute}\r\n"));
        }
    }
    let length = format!("Content-Length: {}", text.len());
    let cseq = format!("CSeq: {cseq}");
    let headers = ["From: <sip:a>;tag=a", "To: <sip:b>;tag=b", "Call-ID: c", &cseq, &length];
    let mut bytes = message(first, &[&headers[..], &["Content-Type: application/sdp"]].concat());
    bytes.extend(text.bytes());
    bytes
}
