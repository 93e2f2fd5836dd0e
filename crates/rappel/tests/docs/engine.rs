//! The binary as a user starts it, and a caller written by hand.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use server::control::{Request, ask};

use crate::pages::page;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// An engine in a process of its own; dropped, it is killed.
pub struct Engine {
    child: Child,
    said: Receiver<String>,
}

impl Engine {
    /// `rappel serve --config rappel.toml` in `directory`, once it says that it serves.
    pub fn serve(directory: &Path) -> Engine {
        let log = File::create(directory.join("engine.log")).expect("a log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_rappel"))
            .args(["serve", "--config", "rappel.toml"])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (tell, said) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let engine = Engine { child, said };
        let line = engine.said.recv_timeout(PATIENCE);
        let log = || std::fs::read_to_string(directory.join("engine.log")).unwrap_or_default();
        let line = line.unwrap_or_else(|e| panic!("not served ({e}):\n{}", log()));
        assert!(line.starts_with("rappel serves rappel.toml on "), "{line}");
        engine
    }

    /// Drains it and waits for its end.
    pub fn drains(mut self, directory: &Path) {
        // An engine without a call may be gone before its answer is out.
        let _ = ask(&directory.join("rappel.sock"), &Request::Drain { cut_after: None });
        // Its standard output closes with it.
        while let Ok(line) = self.said.recv_timeout(PATIENCE) {
            assert!(!line.is_empty(), "nothing more is expected");
        }
        assert!(self.child.wait().expect("it ended").success());
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A network `127.X.Y.` on which nobody speaks SIP.
pub fn free_network() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    (0..1_000)
        .map(|_| std::process::id().wrapping_mul(64) + NEXT.fetch_add(1, Ordering::Relaxed))
        .map(|number| format!("127.{}.{}.", 64 + (number >> 8) % 128, number % 256))
        .find(|network| UdpSocket::bind(format!("{network}1:5060")).is_ok())
        .expect("a free network of loopback")
}

/// The README's lines with the addresses of this machine in place of the example's.
pub fn readme_on(network: &str) -> String {
    let blocks = page("README.md").blocks();
    let block = blocks.into_iter().find(|block| block.language == "toml").expect("ten lines");
    let lines = block.text.lines().filter(|line| !line.is_empty()).count();
    assert_eq!(lines, 10, "the README promises ten lines");
    let mut text = block.text;
    for (public, local) in [
        ("0.0.0.0:5060", "1:5060"),
        ("198.51.100.10\"", "1\""),
        ("203.0.113.7:5060", "2:5060"),
        ("203.0.113.0/24", "0/24"),
        ("198.51.100.20:5060", "3:5060"),
    ] {
        assert!(text.contains(public), "{public} in the README");
        text = text.replace(public, &format!("{network}{local}"));
    }
    text
}

/// A far end's socket.
pub fn socket(network: &str, address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(format!("{network}{address}")).expect("binds");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket
}

/// The next datagram that begins so.
fn hears(socket: &UdpSocket, start: &str) -> String {
    loop {
        let mut bytes = [0; 8_192];
        let (length, _) = socket.recv_from(&mut bytes).expect("a message comes");
        let message = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if message.starts_with(start) {
            return message;
        }
    }
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("{name} in\n{message}"))
}

/// The agent's phone is busy, so that nobody is rung any more when the caller has gone.
pub fn agent_is_busy(agent: &UdpSocket, network: &str) {
    let invite = hears(agent, "INVITE sip:anna@");
    let copied = ["Via", "From", "To", "Call-ID", "CSeq"];
    let copied = copied.map(|name| {
        let tag = if name == "To" { ";tag=anna" } else { "" };
        format!("{name}: {}{tag}\r\n", header(&invite, name))
    });
    let busy = format!("SIP/2.0 486 Busy Here\r\n{}Content-Length: 0\r\n\r\n", copied.concat());
    agent.send_to(busy.as_bytes(), format!("{network}1:5060")).expect("sent");
    hears(agent, "ACK ");
}

/// The trunk sends a call to `number`; it is answered, something is heard, the agent is rung, and
/// the trunk hangs up.
fn trunk_calls(network: &str, number: &str) {
    let server: SocketAddr = format!("{network}1:5060").parse().expect("an address");
    let (sip, rtp) = (socket(network, "2:5060"), socket(network, "2:0"));
    let agent = socket(network, "3:5060");
    let (here, port) =
        (sip.local_addr().expect("an address"), rtp.local_addr().expect("an address").port());
    let says = |method: &str, to: &str, cseq: u32, body: &str| {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let message = format!(
            "{method} sip:{number}@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {here};branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n\
             From: <sip:+33612345678@{here}>;tag=trunk\r\nTo: {to}\r\nCall-ID: one@{here}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:trunk@{here}>\r\n{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        sip.send_to(message.as_bytes(), server).expect("sent");
    };
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n",
        ip = here.ip()
    );
    says("INVITE", &format!("<sip:{number}@{server}>"), 1, &body);
    let answer = hears(&sip, "SIP/2.0 200");
    says("ACK", header(&answer, "To"), 1, "");
    rtp.recv_from(&mut [0; 2_048]).expect("the greeting is heard");
    agent_is_busy(&agent, network);
    says("BYE", header(&answer, "To"), 2, "");
    hears(&sip, "SIP/2.0 200");
}

#[test]
fn the_ten_lines_of_the_readme_are_served() {
    let directory = tempfile::tempdir().expect("a directory");
    let network = free_network();
    let text = readme_on(&network);
    std::fs::write(directory.path().join("rappel.toml"), text).expect("written");
    let engine = Engine::serve(directory.path());
    trunk_calls(&network, "+33123456789");
    engine.drains(directory.path());
}
