//! A caller written by hand: text on a socket, and nothing of the engine's own code.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// How long the far end may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A stream of bytes, in the clear or not.
pub trait Bytes: Read + Write {}

impl<T: Read + Write> Bytes for T {}

/// How a far end speaks SIP.
pub enum Wire {
    Udp(UdpSocket),
    Stream(Stream),
}

/// A connection of a far end.
pub struct Stream {
    bytes: Box<dyn Bytes>,
    here: SocketAddr,
    /// The transport as a Via and as a URI name it.
    names: (&'static str, &'static str),
    /// What has been read beyond the last message.
    rest: String,
}

impl Wire {
    pub fn tcp(stream: TcpStream) -> Wire {
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        let here = stream.local_addr().expect("an address");
        Wire::of(Box::new(stream), here, ("TCP", ";transport=tcp"))
    }

    /// A stream under TLS, which is patient by itself.
    pub fn tls(bytes: Box<dyn Bytes>, here: SocketAddr) -> Wire {
        Wire::of(bytes, here, ("TLS", ";transport=tls"))
    }

    fn of(bytes: Box<dyn Bytes>, here: SocketAddr, names: (&'static str, &'static str)) -> Wire {
        Wire::Stream(Stream { bytes, here, names, rest: String::new() })
    }

    /// The transport as a Via and as a URI name it.
    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Wire::Udp(_) => ("UDP", ""),
            Wire::Stream(stream) => stream.names,
        }
    }

    fn here(&self) -> SocketAddr {
        match self {
            Wire::Udp(socket) => socket.local_addr().expect("an address"),
            Wire::Stream(stream) => stream.here,
        }
    }

    pub fn says(&mut self, server: SocketAddr, message: &str) {
        match self {
            Wire::Udp(socket) => drop(socket.send_to(message.as_bytes(), server).expect("sent")),
            Wire::Stream(stream) => {
                stream.bytes.write_all(message.as_bytes()).expect("sent");
                stream.bytes.flush().expect("sent");
            }
        }
    }

    /// The next message.
    pub fn hears(&mut self) -> String {
        let mut bytes = [0; 8_192];
        match self {
            Wire::Udp(socket) => {
                let (length, _) = socket.recv_from(&mut bytes).expect("a message comes");
                String::from_utf8_lossy(&bytes[..length]).into_owned()
            }
            Wire::Stream(Stream { bytes: stream, rest, .. }) => loop {
                if let Some(length) = whole(rest) {
                    let after = rest.split_off(length);
                    return std::mem::replace(rest, after);
                }
                let length = stream.read(&mut bytes).expect("a message comes");
                assert!(length > 0, "the connection is closed after {rest}");
                rest.push_str(std::str::from_utf8(&bytes[..length]).expect("text"));
            },
        }
    }
}

/// The length of the message that the text begins with, when it is whole.
fn whole(text: &str) -> Option<usize> {
    let head = text.find("\r\n\r\n")? + 4;
    let body: usize = header(&text[..head], "Content-Length").parse().expect("a number");
    (text.len() >= head + body).then_some(head + body)
}

pub struct Caller {
    sip: Wire,
    rtp: UdpSocket,
    server: SocketAddr,
    media: Option<SocketAddr>,
    presses: u16,
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("binds");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket
}

/// Sends 20 ms of A-law, the `number`-th of them.
pub fn speak(from: &UdpSocket, to: SocketAddr, number: u16, sound: &[u8]) {
    let mut packet = vec![0x80, 8];
    packet.extend(number.to_be_bytes());
    packet.extend((u32::from(number) * 160).to_be_bytes());
    packet.extend([0, 0, 0, 9]);
    packet.extend(sound);
    from.send_to(&packet, to).expect("sent");
}

/// A header of a message, by its full name.
pub fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("{name} in\n{message}"))
}

impl Caller {
    pub fn new(server: SocketAddr) -> Caller {
        Caller { sip: Wire::Udp(socket()), rtp: socket(), server, media: None, presses: 0 }
    }

    /// A caller who opens one connection and speaks by nothing else.
    pub fn by_tcp(server: SocketAddr) -> Caller {
        let stream = TcpStream::connect(server).expect("connects");
        Caller::by(Wire::tcp(stream), server)
    }

    /// A caller who speaks so.
    pub fn by(sip: Wire, server: SocketAddr) -> Caller {
        Caller { sip, ..Caller::new(server) }
    }

    /// From now on the caller speaks so, and is called elsewhere than before.
    pub fn goes_over_to(&mut self, sip: Wire) {
        self.sip = sip;
    }

    /// Calls the line and waits until the call is answered and heard.
    pub fn calls(&mut self) {
        self.calls_from(self.sip.here());
    }

    /// The same, with a Contact of another place.
    pub fn calls_from(&mut self, contact: SocketAddr) {
        let rtp = self.rtp.local_addr().expect("an address").port();
        let (here, (via, param)) = (self.sip.here(), self.sip.names());
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {rtp} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        );
        self.says(&format!(
            "INVITE sip:100@{server} SIP/2.0\r\nVia: SIP/2.0/{via} {here};branch=z9hG4bKinvite\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+33612345678@{here}>;tag=caller\r\n\
             To: <sip:100@{server}>\r\nCall-ID: one@{here}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:caller@{contact}{param}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len(),
            server = self.server,
        ));
        let answer = self.hears("SIP/2.0 200");
        let audio = answer.split("m=audio ").nth(1).expect("an audio stream");
        let port: u16 = audio.split(' ').next().expect("a port").parse().expect("a number");
        self.media = Some(SocketAddr::new(self.server.ip(), port));
        self.says(&format!(
            "ACK sip:{server} SIP/2.0\r\nVia: SIP/2.0/{via} {here};branch=z9hG4bKack\r\n\
             Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: one@{here}\r\nCSeq: 1 ACK\r\n\
             Content-Length: 0\r\n\r\n",
            header(&answer, "From"),
            header(&answer, "To"),
            server = self.server,
        ));
        self.rtp.recv_from(&mut [0; 2_048]).expect("the greeting is heard");
    }

    /// Presses a key for 20 ms: one packet that begins and ends it.
    pub fn presses(&mut self, key: u8) {
        self.presses += 1;
        let mut packet = vec![0x80, 0x80 | 101];
        packet.extend(self.presses.to_be_bytes());
        packet.extend((u32::from(self.presses) * 8_000).to_be_bytes());
        packet.extend([0, 0, 0, 1, key, 0x8a, 0, 160]);
        self.rtp.send_to(&packet, self.media.expect("the call is answered")).expect("sent");
    }

    /// Sends 20 ms of sound, the `number`-th of them.
    pub fn speaks(&self, number: u16, sound: &[u8]) {
        speak(&self.rtp, self.media.expect("the call is answered"), number, sound);
    }

    /// Waits for BYE and agrees.
    pub fn answers_bye(&mut self) {
        let bye = self.hears("BYE ");
        let copied = ["Via", "From", "To", "Call-ID", "CSeq"];
        let copied: String =
            copied.iter().map(|name| format!("{name}: {}\r\n", header(&bye, name))).collect();
        self.says(&format!("SIP/2.0 200 OK\r\n{copied}Content-Length: 0\r\n\r\n"));
    }

    fn says(&mut self, message: &str) {
        self.sip.says(self.server, message);
    }

    /// The next message that begins so.
    fn hears(&mut self, start: &str) -> String {
        loop {
            let message = self.sip.hears();
            if message.starts_with(start) {
                return message;
            }
        }
    }
}
