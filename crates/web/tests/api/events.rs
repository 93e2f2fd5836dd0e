//! The stream of events: any place is replayed, the present is followed.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::client::Client;
use crate::stand::Stand;

/// Somebody who reads events.
struct Reader(BufReader<TcpStream>);

impl Reader {
    /// Once the engine has said that it tells.
    fn new(client: &Client, path: &str) -> Reader {
        let mut reader = Reader(BufReader::new(client.open("GET", path, "", "")));
        assert_eq!(reader.line(), "HTTP/1.1 200 OK");
        let mut head = Vec::new();
        loop {
            match reader.line() {
                line if line.is_empty() => break,
                line => head.push(line.to_ascii_lowercase()),
            }
        }
        assert!(head.contains(&"content-type: text/event-stream".to_owned()), "{head:?}");
        reader
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).expect("a line comes") > 0, "the stream has ended");
        line.trim_end().to_owned()
    }

    /// The next event, with its id.
    fn next(&mut self) -> (u64, Value) {
        let mut id = None;
        loop {
            let line = self.line();
            if let Some(number) = line.strip_prefix("id: ") {
                id = number.parse().ok();
            }
            if let Some(text) = line.strip_prefix("data: ") {
                return (id.expect("an id"), serde_json::from_str(text).expect("JSON"));
            }
        }
    }
}

fn kinds(reader: &mut Reader, count: usize) -> Vec<String> {
    let kind = |(_, event): (u64, Value)| event["type"].as_str().unwrap_or_default().to_owned();
    (0..count).map(|_| kind(reader.next())).collect()
}

#[test]
fn what_happened_is_told_from_any_place_and_what_happens_follows() {
    let stand = Stand::new();
    let crm = stand.by("SUPERVISOR");
    crm.post("/callbacks", &json!({ "number": "+33612345678" })).expect(201);
    let mut reader = Reader::new(&crm, "/events?since=0");
    let (first, started) = reader.next();
    assert_eq!((first, started["type"].as_str()), (1, Some("rappel.engine_started")));
    let (second, requested) = reader.next();
    assert_eq!(requested["specversion"], "1.0");
    assert_eq!((second, requested["id"].as_str()), (2, Some("2")));
    assert_eq!(requested["type"], "rappel.callback_requested");
    assert_eq!((&requested["subject"], &requested["source"]), (&json!("cb-1"), &started["source"]));
    assert_eq!(requested["data"]["terms"]["origin"], "operator");
    assert!(model::Wall::parse(requested["time"].as_str().expect("text")).is_some());
    assert!(!requested.to_string().contains("12345678"), "no event holds a number");
    crm.delete("/callbacks/cb-1").expect(200);
    let (third, closed) = reader.next();
    assert_eq!((third, closed["type"].as_str()), (3, Some("rappel.request_closed")));
    assert_eq!(closed["data"]["end"], "cancelled");
    let again = crm.clone().with("Last-Event-ID", "2");
    assert_eq!(Reader::new(&again, "/events").next(), (3, closed));
}

#[test]
fn who_names_no_place_hears_what_happens_from_now_on() {
    let stand = Stand::new();
    let crm = stand.by("SUPERVISOR");
    crm.post("/callbacks", &json!({ "number": "+33612345678" })).expect(201);
    let mut reader = Reader::new(&crm, "/events");
    crm.post("/callbacks", &json!({ "number": "+33612345679" })).expect(201);
    crm.delete("/callbacks/cb-1").expect(200);
    let (_, first) = reader.next();
    assert_eq!(
        (&first["subject"], &first["type"]),
        (&json!("cb-2"), &json!("rappel.callback_requested"))
    );
    assert_eq!(kinds(&mut reader, 1), ["rappel.request_closed"]);
}

#[test]
fn one_reader_too_many_is_told_so_and_a_site_reads_nothing() {
    let stand = Stand::new();
    assert_eq!(stand.by("SITE").get("/events").problem(), "403 forbidden");
    let viewer = stand.by("VIEWER");
    assert_eq!(viewer.get("/events?since=yesterday").problem(), "400 malformed");
    let mut readers: Vec<Reader> =
        (0..web::EVENT_STREAMS_MAX).map(|_| Reader::new(&viewer, "/events?since=0")).collect();
    for reader in &mut readers {
        assert_eq!(kinds(reader, 1), ["rappel.engine_started"]);
    }
    assert_eq!(viewer.get("/events").problem(), "503 full");
}
