//! `prompts play` rings a phone and plays: the phone's own ear says what it heard.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use model::{Entropy, Mono, Now, Wall};
use phone::{Answering, Output, Phone, PhoneEvent, PhoneSettings};

/// A phone on two sockets, served by the test's own thread.
struct Stand {
    phone: Phone,
    sip: UdpSocket,
    rtp: UdpSocket,
    began: Instant,
}

impl Stand {
    fn new(answering: Answering) -> Stand {
        let sip = UdpSocket::bind("127.0.0.1:0").expect("binds");
        let rtp = UdpSocket::bind("127.0.0.1:0").expect("binds");
        for socket in [&sip, &rtp] {
            socket.set_nonblocking(true).expect("it does not block");
        }
        let here = |socket: &UdpSocket| socket.local_addr().expect("an address");
        let mut settings = PhoneSettings::new("anna", "anna", here(&sip), here(&rtp));
        settings.answering = answering;
        let phone = Phone::new(settings, Entropy::from_u64(7));
        Stand { phone, sip, rtp, began: Instant::now() }
    }

    fn at(&self) -> SocketAddr {
        self.sip.local_addr().expect("an address")
    }

    fn now(&self) -> Now {
        let mono = u64::try_from(self.began.elapsed().as_nanos()).expect("not that long");
        Now { mono: Mono::from_nanos(mono), wall: Wall::from_unix_millis(0) }
    }

    /// Serves the phone until its call has ended.
    fn serves_a_call(&mut self) {
        let mut bytes = [0; 4_096];
        while self.began.elapsed() < Duration::from_secs(60) {
            if let Ok((length, from)) = self.sip.recv_from(&mut bytes) {
                self.phone.handle_sip(self.now(), from, &bytes[..length]);
            }
            if let Ok((length, from)) = self.rtp.recv_from(&mut bytes) {
                self.phone.handle_rtp(self.now(), from, &bytes[..length]);
            }
            let due = self.phone.deadline().is_some_and(|it| it.at <= self.now().mono);
            if due {
                self.phone.handle_timeout(self.now());
            }
            while let Some(output) = self.phone.poll() {
                match output {
                    Output::Sip { to, bytes } => drop(self.sip.send_to(&bytes, to)),
                    Output::Rtp { to, bytes } => drop(self.rtp.send_to(&bytes, to)),
                    Output::Event(PhoneEvent::Ended { .. }) => return,
                    Output::Event(_) => {}
                }
            }
            std::thread::yield_now();
        }
        panic!("the call does not end");
    }
}

fn play(prompt: &str, to: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    let to = format!("sip:anna@{to}");
    command.args(["prompts", "play", prompt, &to]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_prompt_is_heard_by_the_phone_that_was_rung() {
    let mut anna = Stand::new(Answering::AT_ONCE);
    let program = play("en/menu", anna.at()).spawn().expect("the program runs");
    anna.serves_a_call();
    let output = program.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.ends_with("played and hung up\n"), "{output:?}");
    let heard = anna.phone.diary().calls()[0].heard.samples();
    let loud = heard.iter().filter(|sample| sample.unsigned_abs() > 500).count();
    assert!(loud > 4_000, "half a second of voice: {loud} of {}", heard.len());
}

#[test]
fn a_phone_that_refuses_is_named_with_its_answer() {
    let mut anna = Stand::new(Answering::BUSY);
    let program = play("en/menu", anna.at()).spawn().expect("the program runs");
    anna.serves_a_call();
    let output = program.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Refused(486)"), "{said}");
}

#[test]
fn a_prompt_that_is_not_there_is_answered_by_those_that_are() {
    let output = play("menu", SocketAddr::from(([127, 0, 0, 1], 9))).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no prompt is called menu: there is de/menu, "), "{said}");
}
