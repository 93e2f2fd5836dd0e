//! The far end of a ladder: it writes messages by string formatting and reads ours line by line.

use std::collections::BTreeMap;
use std::time::Duration;

use sip::{Hop, ListenerId};

use crate::login;

/// The stack's own address.
pub const US: &str = "192.0.2.1:5060";
/// The usual far end.
pub const PEER: &str = "192.0.2.10:5060";

/// The listeners of a script, in their order: the first stands from the beginning.
pub const OVER: [&str; 3] = ["udp", "tcp", "tls"];

/// The words and `name=value` pairs of a step.
pub struct Fields {
    pub words: Vec<String>,
    pub pairs: Vec<(String, String)>,
}

impl Fields {
    pub fn read(text: &str) -> Fields {
        let mut fields = Fields { words: Vec::new(), pairs: Vec::new() };
        for part in text.split_whitespace() {
            match part.split_once('=') {
                Some((name, value)) => fields.pairs.push((name.into(), value.into())),
                None => fields.words.push(part.into()),
            }
        }
        fields
    }

    pub fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }

    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// The address under this name, the peer's when there is none, on the listener `over`.
    pub fn hop(&self, name: &str) -> Hop {
        let peer = self.get(name).unwrap_or(PEER).parse().expect("an address");
        let over = self.get("over").unwrap_or("udp");
        let place = OVER.iter().position(|known| *known == over).expect("udp, tcp or tls");
        Hop { listener: ListenerId(u8::try_from(place).expect("three listeners")), peer }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// `500ms`, `32s`.
pub fn duration(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.parse().expect("milliseconds")),
        None => {
            let seconds = text.strip_suffix('s').expect("a time in s or ms");
            Duration::from_secs(seconds.parse().expect("seconds"))
        }
    }
}

/// A message of ours as the far end reads it.
#[derive(Clone)]
pub struct Shape {
    pub label: String,
    pub sdp: bool,
    body: String,
    start: String,
    headers: Vec<(String, String)>,
}

impl Shape {
    fn read(bytes: &[u8]) -> Shape {
        let text = String::from_utf8(bytes.to_vec()).expect("we write UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a message has an empty line");
        let mut lines = head.split("\r\n");
        let start = lines.next().expect("a start line").to_string();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').expect("a header has a colon"))
            .map(|(name, value)| (name.to_string(), value.trim().to_string()))
            .collect();
        let label = String::new();
        let mut shape = Shape { label, sdp: false, body: body.to_string(), start, headers };
        shape.sdp = shape.get("Content-Type") == Some("application/sdp");
        assert_eq!(shape.get("Content-Length"), Some(body.len().to_string().as_str()));
        let method = shape.get("CSeq").and_then(|cseq| cseq.split(' ').nth(1)).expect("CSeq");
        shape.label = match shape.start.strip_prefix("SIP/2.0 ") {
            Some(status) => format!("{status} ({method})"),
            None => method.to_string(),
        };
        shape
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The named headers, our random tokens numbered as they appear; `start` is the start line.
    pub fn show(&self, names: &[String], seen: &mut Vec<String>) -> Vec<String> {
        let mut shown = Vec::new();
        for name in names {
            if name == "start" && !self.start.starts_with("SIP/2.0") {
                shown.push(self.start.clone());
            }
            if name == "body" && !self.body.is_empty() && !self.sdp {
                shown.push(format!("= {}", self.body.trim_end()));
            }
            for (key, value) in &self.headers {
                if key == name {
                    shown.push(format!("{key}: {}", hide(value, seen)));
                }
            }
        }
        shown
    }
}

/// Replaces our random tags and branches by their number in `seen`.
fn hide(value: &str, seen: &mut Vec<String>) -> String {
    let mut parts: Vec<String> = value.split(';').map(str::to_string).collect();
    for part in &mut parts {
        for (start, length) in [("tag=", 16), ("branch=z9hG4bK", 20)] {
            let Some(token) = part.strip_prefix(start).map(str::to_string) else { continue };
            let is_ours = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            if token.len() == length && token.bytes().all(is_ours) {
                let number = seen.iter().position(|known| *known == token).unwrap_or_else(|| {
                    seen.push(token);
                    seen.len() - 1
                });
                let name = start.split('=').next().unwrap_or_default();
                *part = format!("{name}=ours-{}", number + 1);
            }
        }
    }
    parts.join(";")
}

/// What the far end remembers.
#[derive(Default)]
pub struct FarEnd {
    /// Our tag in each call that it opened.
    tags: BTreeMap<String, String>,
    /// Its last CSeq in each call.
    cseqs: BTreeMap<String, u32>,
    /// The branch of its last INVITE in each call.
    branches: BTreeMap<String, String>,
    /// Our last request of each method.
    requests: BTreeMap<String, Shape>,
    /// The challenges of our last 401.
    challenges: Vec<String>,
    count: u32,
    /// What a PRACK of our last reliable answer says.
    rack: String,
}

impl FarEnd {
    /// Reads a message of ours.
    pub fn heard(&mut self, bytes: &[u8]) -> Shape {
        let shape = Shape::read(bytes);
        let call = shape.get("Call-ID").unwrap_or_default().to_string();
        let tag = |value: Option<&str>| {
            value.and_then(|value| value.split_once(";tag=")).map(|(_, tag)| tag.to_string())
        };
        if shape.start.starts_with("SIP/2.0 401") {
            let challenges = shape.headers.iter().filter(|(name, _)| name == "WWW-Authenticate");
            self.challenges = challenges.map(|(_, value)| value.clone()).collect();
        }
        if shape.start.starts_with("SIP/2.0") {
            if let (Some(rseq), Some(cseq)) = (shape.get("RSeq"), shape.get("CSeq")) {
                self.rack = format!("RAck: {rseq} {cseq}");
            }
            if let Some(tag) = tag(shape.get("To")) {
                self.tags.entry(call).or_insert(tag);
            }
        } else {
            if let Some(tag) = tag(shape.get("From")) {
                self.tags.entry(call).or_insert(tag);
            }
            self.requests.insert(shape.label.clone(), shape.clone());
        }
        shape
    }

    /// Writes a message and says where it comes from.
    pub fn message(&mut self, fields: &Fields, extra: &[&str]) -> (Hop, Vec<u8>) {
        let source = fields.get("src").unwrap_or(PEER);
        let first = fields.word(0);
        let mut lines = match first.parse::<u16>() {
            Ok(_) => self.response(fields),
            Err(_) => self.request(fields, source),
        };
        let given = |name: &str| extra.iter().any(|line| line.starts_with(name));
        lines.retain(|line| {
            let name = line.split_once(':').map_or("", |(name, _)| name);
            !["Max-Forwards", "Contact", "Content-Type"].contains(&name) || !given(name)
        });
        lines.extend(extra.iter().map(|line| match *line {
            "RAck: ours" => self.rack.clone(),
            line => self.with_tags(line),
        }));
        let body = match (fields.has("sdp"), fields.get("body")) {
            (true, _) => "v=0\r\n",
            // `/` is a line end, since a step is one line.
            (false, Some(body)) => &body.replace('/', "\r\n"),
            (false, None) => "",
        };
        lines.push(format!("Content-Length: {}", body.len()));
        let text = lines.join("\r\n") + "\r\n\r\n" + body;
        (fields.hop("src"), text.into_bytes())
    }

    /// Our tag in a call instead of `OURS(call)`: an INVITE that replaces a dialog must name it.
    fn with_tags(&self, line: &str) -> String {
        self.tags
            .iter()
            .fold(line.to_string(), |line, (call, tag)| line.replace(&format!("OURS({call})"), tag))
    }

    fn request(&mut self, fields: &Fields, source: &str) -> Vec<String> {
        let method = fields.word(0).to_string();
        let call = fields.get("call").unwrap_or("c1").to_string();
        let follows = method == "ACK" || method == "CANCEL";
        let last = self.cseqs.get(&call).copied().unwrap_or(0);
        let cseq = match fields.get("cseq") {
            Some(cseq) => cseq.parse().expect("a CSeq"),
            None if follows => last,
            None => last + 1,
        };
        if !follows {
            self.cseqs.insert(call.clone(), cseq);
        }
        self.count += 1;
        let branch = match (fields.get("branch"), self.branches.get(&call)) {
            (Some("same"), Some(branch)) => branch.clone(),
            (Some(branch), _) => branch.to_string(),
            (None, Some(branch)) if method == "CANCEL" => branch.clone(),
            (None, _) => format!("z9hG4bK-{}", self.count),
        };
        if method == "INVITE" {
            self.branches.insert(call.clone(), branch.clone());
        }
        let initial = method == "CANCEL"
            || (method == "INVITE" && last == 0 && !self.tags.contains_key(&call))
            || fields.get("cseq") == Some("1") && method == "INVITE";
        let to = match fields.get("to") {
            Some("none") => String::new(),
            Some(tag) => format!(";tag={tag}"),
            None if initial || method == "REGISTER" => String::new(),
            None => self.tags.get(&call).map(|tag| format!(";tag={tag}")).unwrap_or_default(),
        };
        let ours = self.requests.get("REGISTER").and_then(|register| register.get("Contact"));
        let ours = ours.and_then(|contact| contact.trim_start_matches('<').split('>').next());
        let uri = match fields.get("uri") {
            Some("ours") => ours.expect("our Contact"),
            uri => uri.unwrap_or("sip:100@192.0.2.1:5060"),
        };
        let over = fields.get("over").unwrap_or("udp").to_uppercase();
        let sent_by = fields.get("via").unwrap_or(source);
        let from = fields.get("from").unwrap_or("alice");
        let whom = fields.get("whom").unwrap_or("100");
        let mut lines = vec![
            format!("{method} {uri} SIP/2.0"),
            format!("Via: SIP/2.0/{over} {sent_by};branch={branch}"),
            format!("From: <sip:{from}@192.0.2.10>;tag={}", fields.get("tag").unwrap_or("far")),
            format!("To: <sip:{whom}@192.0.2.1>{to}"),
            format!("Call-ID: {call}"),
            format!("CSeq: {cseq} {method}"),
            "Max-Forwards: 70".to_string(),
        ];
        if ["INVITE", "UPDATE"].contains(&method.as_str()) {
            lines.push(contact("alice", fields.get("contact").unwrap_or(source)));
        }
        if method == "REGISTER" && !fields.has("bare") {
            lines.push("User-Agent: A phone of the far end/1.0".into());
            lines.push("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE".into());
            lines.push("Supported: path, outbound".into());
        }
        if fields.get("login").is_some() {
            lines.push(login::authorization(fields, &self.challenges, &method, uri));
        }
        if fields.has("sdp") {
            lines.push("Content-Type: application/sdp".into());
        }
        lines
    }

    fn response(&mut self, fields: &Fields) -> Vec<String> {
        let status = fields.word(0);
        let of = fields.get("of").unwrap_or("INVITE");
        let request = self.requests.get(of).expect("a request of ours to answer");
        let header = |name: &str| request.get(name).unwrap_or_default();
        let mut to = header("To").to_string();
        let retag = |tag: &str| match header("From").split_once(";tag=") {
            Some((from, _)) => format!("{from};tag={tag}"),
            None => header("From").to_string(),
        };
        if status != "100" && !to.contains(";tag=") {
            to.push_str(&format!(";tag={}", fields.get("tag").unwrap_or("far")));
        }
        let mut lines = vec![
            format!("SIP/2.0 {status} Far"),
            format!(
                "Via: {}",
                fields.get("via").map_or(header("Via").into(), |via| via.replace('_', " "))
            ),
            format!("From: {}", fields.get("our_tag").map_or(header("From").into(), retag)),
            format!("To: {to}"),
            format!("Call-ID: {}", fields.get("asked").unwrap_or(header("Call-ID"))),
            format!("CSeq: {}", header("CSeq")),
        ];
        let place = fields.get("contact").unwrap_or(PEER);
        if of == "INVITE" && status < "300" && status != "100" && place != "none" {
            lines.push(contact("bob", place));
        }
        if fields.has("sdp") {
            lines.push("Content-Type: application/sdp".into());
        }
        lines
    }
}

/// A Contact at `host:port`, or at `sips:host:port`.
fn contact(user: &str, place: &str) -> String {
    match place.strip_prefix("sips:") {
        Some(place) => format!("Contact: <sips:{user}@{place}>"),
        None => format!("Contact: <sip:{user}@{place}>"),
    }
}
