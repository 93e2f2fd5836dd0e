//! A client of HTTP/1.1 that knows just enough, and shares nothing with the server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::stand::PATIENCE;

/// Asks on a connection of its own each time.
#[derive(Clone)]
pub struct Client {
    at: SocketAddr,
    host: String,
    headers: Vec<(String, String)>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    pub fn new(at: SocketAddr) -> Client {
        Client { at, host: at.to_string(), headers: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Client {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asks for this machine by another name.
    pub fn host(mut self, host: &str) -> Client {
        host.clone_into(&mut self.host);
        self
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, Some(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask("PUT", path, Some(body))
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, Some(body))
    }

    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string);
        let kind = body.is_some().then_some("Content-Type: application/json\r\n");
        self.say(method, path, kind.unwrap_or_default(), &body.unwrap_or_default())
    }

    /// Sends a body as it is.
    pub fn say(&self, method: &str, path: &str, extra: &str, body: &str) -> Answer {
        let mut stream = self.open(method, path, &format!("Connection: close\r\n{extra}"), body);
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("answered");
        let all = String::from_utf8(all).expect("text");
        let (head, body) = all.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {all}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer { status: status.expect("a status"), head: head.to_owned(), body: body.to_owned() }
    }

    /// A connection on which this has been asked.
    pub fn open(&self, method: &str, path: &str, extra: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.at).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.write_all(self.text(method, path, extra, body).as_bytes()).expect("sent");
        stream
    }

    /// A request as it is sent.
    pub fn text(&self, method: &str, path: &str, extra: &str, body: &str) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}{extra}\
             Content-Length: {length}\r\n\r\n{body}",
            self.host
        )
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The body of an answer that must have this status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self.json()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Status and kind of a problem: `409 slot_full`.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status, "{self:?}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{self:?}");
        let kind = body["type"].as_str().and_then(|t| t.strip_prefix("urn:problem-type:rappel:"));
        format!("{} {}", self.status, kind.expect("a kind"))
    }
}
