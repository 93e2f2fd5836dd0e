//! The few SIP messages of a caller behind a trunk, and what is read from the answers.

use std::net::SocketAddr;

use super::engine::ENGINE;
use super::far_end::HERE;

/// A call, by its number.
#[derive(Debug, Clone)]
pub struct Call {
    number: usize,
    /// Our RTP port.
    rtp: u16,
    /// The To header of the answer, with the engine's tag.
    to: String,
}

impl Call {
    /// A call that is not sent yet. Every one is from a number of its own.
    pub fn new(number: usize, rtp: u16) -> Call {
        Call { number, rtp, to: format!("<sip:+33199001000@{ENGINE}>") }
    }

    /// The INVITE, which offers PCMA and telephone-event.
    pub fn invite(&self) -> String {
        self.offer("sendrecv")
    }

    /// The INVITE of a call that is on hold from its beginning: no packet goes either way.
    pub fn quiet_invite(&self) -> String {
        self.offer("inactive")
    }

    fn offer(&self, direction: &str) -> String {
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 {HERE}\r\ns=-\r\nc=IN IP4 {HERE}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n\
             a={direction}\r\n",
            self.rtp
        );
        let more = format!(
            "Contact: <sip:bench@{HERE}:5060>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.request("INVITE", "1 INVITE", &more)
    }

    /// The ACK of a 200.
    pub fn ack(&self) -> String {
        self.request("ACK", "1 ACK", "Content-Length: 0\r\n\r\n")
    }

    /// The BYE.
    pub fn bye(&self) -> String {
        self.request("BYE", "2 BYE", "Content-Length: 0\r\n\r\n")
    }

    /// Takes the 200 of the INVITE; gives the engine's RTP address.
    pub fn answered(&mut self, answer: &str) -> Option<SocketAddr> {
        self.to = header(answer, "To")?.to_owned();
        let port = answer.split("m=audio ").nth(1)?.split(' ').next()?.parse().ok()?;
        Some(SocketAddr::new(ENGINE.parse().ok()?, port))
    }

    fn request(&self, method: &str, cseq: &str, more: &str) -> String {
        let Call { number, rtp: _, to } = self;
        format!(
            "{method} sip:+33199001000@{ENGINE} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {HERE}:5060;branch=z9hG4bK-{method}-{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+336{number:08}@{HERE}>;tag=bench\r\n\
             To: {to}\r\nCall-ID: {number}@bench\r\nCSeq: {cseq}\r\n{more}"
        )
    }
}

/// What is read from an answer: its status, the call's number and the method.
pub fn answer(text: &str) -> Option<(u16, usize, &str)> {
    let status = text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
    let call = header(text, "Call-ID")?.strip_suffix("@bench")?.parse().ok()?;
    let method = header(text, "CSeq")?.split(' ').nth(1)?;
    Some((status, call, method))
}

/// The call that the engine ends, when this is its BYE, and our answer.
pub fn bye(text: &str) -> Option<(usize, String)> {
    text.strip_prefix("BYE ")?;
    let call = header(text, "Call-ID")?.strip_suffix("@bench")?.parse().ok()?;
    let mut ok = "SIP/2.0 200 OK\r\n".to_owned();
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        ok += &format!("{name}: {}\r\n", header(text, name)?);
    }
    Some((call, ok + "Content-Length: 0\r\n\r\n"))
}

/// A header by its full name.
fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.split("\r\n\r\n").next()?;
    head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let text = "SIP/2.0 200 OK\r\nTo: <sip:a@b>;tag=x\r\nCall-ID: 17@bench\r\n\
                    CSeq: 1 INVITE\r\n\r\nm=audio 4002 RTP/AVP 8\r\n";
        assert_eq!(answer(text), Some((200, 17, "INVITE")));
        let mut call = Call::new(17, 9);
        let media = call.answered(text).expect("an address");
        assert_eq!(media.port(), 4002);
        assert!(call.bye().contains("To: <sip:a@b>;tag=x\r\n"));
        let ended = "BYE sip:b SIP/2.0\r\nVia: v\r\nFrom: f\r\nTo: t\r\nCall-ID: 17@bench\r\n\
                     CSeq: 1 BYE\r\n\r\n";
        let (number, ok) = bye(ended).expect("a BYE");
        assert_eq!((number, ok.contains("\r\nCall-ID: 17@bench\r\nCSeq: 1 BYE\r\n")), (17, true));
        assert_eq!(bye(text), None);
        assert_eq!(answer("BYE sip:a SIP/2.0\r\nCall-ID: 1@bench\r\n\r\n"), None);
    }
}
