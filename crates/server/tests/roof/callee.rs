//! A phone, or a carrier, that is called: text on a socket, and nothing of the engine's own code.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::caller::{PATIENCE, header, speak};

pub struct Callee {
    pub here: SocketAddr,
    sip: UdpSocket,
    rtp: UdpSocket,
}

/// A request that waits for its answer.
pub struct Heard {
    pub text: String,
    from: SocketAddr,
}

impl Callee {
    /// One at an address of this machine.
    pub fn at(host: &str) -> Callee {
        let socket = || {
            let socket = UdpSocket::bind((host, 0)).expect("binds");
            socket.set_read_timeout(Some(PATIENCE)).expect("set");
            socket
        };
        let sip = socket();
        Callee { here: sip.local_addr().expect("an address"), sip, rtp: socket() }
    }

    /// The next request of this method.
    pub fn hears(&self, method: &str) -> Heard {
        let mut bytes = [0; 8_192];
        loop {
            let (length, from) = self.sip.recv_from(&mut bytes).expect("a request comes");
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.starts_with(method) {
                return Heard { text, from };
            }
        }
    }

    /// Says something by itself.
    pub fn says_to(&self, server: SocketAddr, text: &str) {
        self.sip.send_to(text.as_bytes(), server).expect("sent");
    }

    /// Asks until somebody answers: the answer.
    pub fn asks(&self, server: SocketAddr, question: &str) -> String {
        let moment = Duration::from_millis(200);
        self.sip.set_read_timeout(Some(moment)).expect("set");
        let mut bytes = [0; 8_192];
        let answer = (0..PATIENCE.as_millis() / moment.as_millis()).find_map(|_| {
            self.says_to(server, question);
            let length = self.sip.recv(&mut bytes).ok()?;
            Some(String::from_utf8_lossy(&bytes[..length]).into_owned())
        });
        self.sip.set_read_timeout(Some(PATIENCE)).expect("set");
        answer.expect("somebody answers")
    }

    /// Whether nothing has come that it has not heard.
    pub fn is_left_alone(&self) -> bool {
        self.sip.set_nonblocking(true).expect("set");
        let nothing = self.sip.recv_from(&mut [0; 64]).is_err();
        self.sip.set_nonblocking(false).expect("set");
        nothing
    }

    /// A refusal, or an answer without a description.
    pub fn says(&self, to: &Heard, status: &str) {
        self.answers(to, status, "");
    }

    /// Takes the call, and waits until something is heard in it.
    pub fn picks_up(&self, invite: &Heard) {
        self.takes(invite);
        self.rtp.recv_from(&mut [0; 2_048]).expect("something is heard");
    }

    /// Takes the call.
    pub fn takes(&self, invite: &Heard) {
        let port = self.rtp.local_addr().expect("an address").port();
        let host = self.here.ip();
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        );
        self.answers(invite, "200 OK", &body);
        self.hears("ACK ");
    }

    fn answers(&self, to: &Heard, status: &str, body: &str) {
        let copied: String = ["Via", "From", "Call-ID", "CSeq"]
            .iter()
            .map(|name| format!("{name}: {}\r\n", header(&to.text, name)))
            .collect();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let message = format!(
            "SIP/2.0 {status}\r\n{copied}To: {};tag=callee\r\nContact: <sip:callee@{}>\r\n\
             {kind}Content-Length: {}\r\n\r\n{body}",
            header(&to.text, "To"),
            self.here,
            body.len(),
        );
        self.sip.send_to(message.as_bytes(), to.from).expect("sent");
    }

    /// Sends 20 ms of sound, the `number`-th of them, in the call of this INVITE.
    pub fn speaks(&self, invite: &Heard, number: u16, sound: &[u8]) {
        speak(&self.rtp, ([127, 0, 0, 1], port_of(invite)).into(), number, sound);
    }

    /// Ends the call of this INVITE.
    pub fn hangs_up(&self, invite: &Heard) {
        let (here, server) = (self.here, invite.from);
        self.says_to(
            server,
            &format!(
                "BYE sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKbye\r\n\
                 Max-Forwards: 70\r\nFrom: {};tag=callee\r\nTo: {}\r\nCall-ID: {}\r\n\
                 CSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
                header(&invite.text, "To"),
                header(&invite.text, "From"),
                header(&invite.text, "Call-ID"),
            ),
        );
    }

    /// Presses a key in the call of this INVITE.
    pub fn presses(&self, invite: &Heard, key: u8) {
        let port = port_of(invite);
        let mut packet = vec![0x80, 0x80 | 101, 0, 1];
        packet.extend([0, 0, 0x10, 0, 0, 0, 0, 7, key, 0x8a, 0, 160]);
        self.rtp.send_to(&packet, ("127.0.0.1", port)).expect("sent");
    }
}

/// Where the sound of a call goes.
fn port_of(invite: &Heard) -> u16 {
    let audio = invite.text.split("m=audio ").nth(1).expect("an audio stream");
    audio.split(' ').next().expect("a port").parse().expect("a number")
}
