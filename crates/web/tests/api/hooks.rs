//! Webhooks, told to receivers that fail in every way there is.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use crate::stand::{HOOK_SECRET, PATIENCE, Stand, TOKENS};

/// What a receiver does with a delivery that it has read.
#[derive(Debug, Clone, Copy)]
pub enum Does {
    Answers(u16),
    /// 429, and at once again.
    Throttles,
    /// Something that is not HTTP.
    Garbles,
    /// Accepts it and never answers.
    Hangs,
    /// Closes without a word.
    Vanishes,
}

/// A delivery as it was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    head: String,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head)).1
    }

    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Signed by whoever has the secret, and not altered.
    fn is_authentic(&self) -> bool {
        let key = STANDARD.decode(HOOK_SECRET.trim_start_matches("whsec_")).expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        let (id, time) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        mac.update(format!("{id}.{time}.{}", self.body).as_bytes());
        let signature = self.header("webhook-signature").strip_prefix("v1,").expect("version 1");
        mac.verify_slice(&STANDARD.decode(signature).expect("base64")).is_ok()
    }
}

/// A receiver that follows its script, and then takes everything.
pub struct Mock {
    at: SocketAddr,
    heard: Receiver<Heard>,
}

impl Mock {
    pub fn new(script: &[Does]) -> Mock {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let at = listener.local_addr().expect("an address");
        let (tell, heard) = channel();
        let mut script: VecDeque<Does> = script.iter().copied().collect();
        std::thread::spawn(move || {
            // A connection may carry several deliveries; one at a time is enough here.
            for stream in listener.incoming().map_while(Result::ok) {
                let does = || script.pop_front().unwrap_or(Does::Answers(204));
                if serve(stream, &tell, does).is_none() {
                    return;
                }
            }
        });
        Mock { at, heard }
    }

    pub fn at(&self) -> SocketAddr {
        self.at
    }

    pub fn next(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).expect("something is told")
    }
}

/// Serves one connection. Nothing once nobody listens any more.
fn serve(stream: TcpStream, tell: &Sender<Heard>, does: impl FnOnce() -> Does) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
        head.push_str(&std::mem::take(&mut line));
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or_default()];
    if reader.read_exact(&mut body).is_err() {
        return Some(());
    }
    let body = String::from_utf8(body).expect("text");
    tell.send(Heard { head, body }).ok()?;
    let answer = match does() {
        Does::Answers(status) => format!(
            "HTTP/1.1 {status} Told\r\nConnection: close\r\n\
             Content-Length: 0\r\n\r\n"
        ),
        Does::Throttles => "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nConnection: close\r\n\
             Content-Length: 0\r\n\r\n"
            .to_owned(),
        Does::Garbles => "SSH-2.0-OpenSSH_9.2\r\n\u{1}\u{2}garbage\r\n\r\n".to_owned(),
        Does::Hangs => {
            // Until the other side has lost its patience.
            let _ = reader.read(&mut [0]);
            return Some(());
        }
        Does::Vanishes => return Some(()),
    };
    let _ = reader.into_inner().write_all(answer.as_bytes());
    Some(())
}

pub fn hook(at: SocketAddr, more: &str) -> String {
    format!(
        "{TOKENS}\n[[webhook]]\nname = \"crm\"\nurl = \"http://{at}/told?by=rappel\"\n\
         secret_env = \"HOOK\"\ntimeout = \"500ms\"\n\
         retries = [\"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\", \"10ms\"]\n{more}"
    )
}

#[test]
fn an_outcome_is_told_until_it_is_taken_and_then_never_again() {
    use Does::{Answers, Garbles, Hangs, Throttles, Vanishes};
    let mock = Mock::new(&[Hangs, Throttles, Answers(500), Garbles, Vanishes, Answers(200)]);
    let stand = Stand::with(&hook(mock.at, "facts = [\"request_closed\"]\n"));
    let crm = stand.by("SUPERVISOR");
    let cancelled = |number: &str| {
        let promised = crm.post("/callbacks", &json!({ "number": number })).expect(201);
        let id = promised["id"].as_str().expect("an id").to_owned();
        crm.delete(&format!("/callbacks/{id}")).expect(200);
        id
    };
    let first = cancelled("+33612345678");
    let tries: Vec<Heard> = (0..6).map(|_| mock.next()).collect();
    let ids: std::collections::BTreeSet<&str> =
        tries.iter().map(|heard| heard.header("webhook-id")).collect();
    assert_eq!(ids.len(), 1, "a repetition can be told: {ids:?}");
    for heard in &tries {
        assert!(heard.is_authentic(), "{heard:?}");
        assert_eq!(heard.body, tries[0].body);
        assert!(heard.head.starts_with("POST /told?by=rappel HTTP/1.1"), "{}", heard.head);
    }
    let event = tries[0].event();
    assert_eq!(
        (&event["type"], &event["subject"]),
        (&json!("rappel.request_closed"), &json!(first))
    );
    assert_eq!(event["data"]["end"], "cancelled");
    assert!(tries[0].header("content-type").starts_with("application/cloudevents+json"));
    let second = cancelled("+33612345679");
    let next = mock.next();
    assert_eq!(next.event()["subject"], json!(second), "the first is not told again");
    assert!(!next.body.contains("12345679"), "no number leaves the house");
}

#[test]
fn what_is_told_is_what_was_asked_for() {
    let mock = Mock::new(&[]);
    let stand = Stand::with(&hook(mock.at, ""));
    let crm = stand.by("SUPERVISOR");
    crm.post("/callbacks", &json!({ "number": "+33612345678" })).expect(201);
    let later = model::Wall::from_unix_millis(crate::callbacks::now_millis() + 3_600_000);
    crm.patch("/callbacks/cb-1", &json!({ "at": later.to_string() })).expect(200);
    crm.delete("/callbacks/cb-1").expect(200);
    let told = [mock.next(), mock.next()].map(|heard| heard.event()["type"].clone());
    assert_eq!(told, ["rappel.callback_requested", "rappel.request_closed"], "moved is not told");
}

#[test]
fn what_nobody_took_is_told_after_a_restart() {
    let dir = TempDir::new().expect("a directory");
    // Nobody listens there.
    let nobody = TcpListener::bind("127.0.0.1:0").expect("binds").local_addr().expect("one");
    let slow = |at| hook(at, "facts = [\"request_closed\"]\n").replace("10ms", "1s");
    let stand = Stand::on(dir.path(), &slow(nobody));
    let crm = stand.by("SUPERVISOR");
    crm.post("/callbacks", &json!({ "number": "+33612345678" })).expect(201);
    crm.delete("/callbacks/cb-1").expect(200);
    stand.stop();
    let mock = Mock::new(&[]);
    let _again = Stand::on(dir.path(), &slow(mock.at));
    let heard = mock.next();
    assert_eq!(heard.event()["subject"], "cb-1");
    assert!(heard.is_authentic());
}
