//! What the far ends wrote down themselves: SIPp's message logs, read line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

/// What callers and customers saw of the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The media port of each caller, by number.
    pub ports: BTreeMap<String, u16>,
    /// Callers whose call ended with our BYE.
    pub dismissed: BTreeSet<String>,
    /// Callers whose call was answered.
    pub answered: BTreeSet<String>,
    /// For each customer number, the Call-IDs of its INVITEs with the first arrival of each, in
    /// UTC milliseconds.
    pub invites: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Record {
    /// Reads the message logs of the callers and of the customers under `folder`.
    pub fn read(folder: &Path) -> Result<Record> {
        let text = |who: &str| -> Result<String> {
            let path = folder.join(who).join("messages.log");
            if !path.exists() {
                return Ok(String::new());
            }
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let mut record = Record::default();
        record.callers(&text("caller")?);
        record.customers(&text("customer")?);
        Ok(record)
    }

    fn callers(&mut self, log: &str) {
        let mut numbers: BTreeMap<String, String> = BTreeMap::new();
        for message in messages(log) {
            let Some(call) = message.header("Call-ID") else { continue };
            if !message.received && message.text.starts_with("INVITE ") {
                let Some(number) = message.header("From").and_then(user) else { continue };
                let port = message.text.lines().find_map(|line| {
                    line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok()
                });
                self.ports.extend(port.map(|port| (number.clone(), port)));
                numbers.insert(call.to_owned(), number);
            } else if let Some(number) = numbers.get(call).filter(|_| message.received) {
                if message.text.starts_with("BYE ") {
                    self.dismissed.insert(number.clone());
                } else if message.is_answer("200", "INVITE") {
                    self.answered.insert(number.clone());
                }
            }
        }
    }

    fn customers(&mut self, log: &str) {
        for message in messages(log) {
            if !message.received || !message.text.starts_with("INVITE ") {
                continue;
            }
            let number = message.text.lines().next().and_then(user);
            let (Some(number), Some(call)) = (number, message.header("Call-ID")) else { continue };
            let calls = self.invites.entry(number).or_default();
            calls.entry(call.to_owned()).or_insert(message.at);
        }
    }
}

struct Message<'a> {
    at: i64,
    received: bool,
    text: &'a str,
}

impl<'a> Message<'a> {
    fn header(&self, name: &str) -> Option<&'a str> {
        self.text.lines().take_while(|line| !line.is_empty()).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    fn is_answer(&self, status: &str, method: &str) -> bool {
        let to = self.header("CSeq").is_some_and(|cseq| cseq.ends_with(method));
        to && self.text.strip_prefix("SIP/2.0 ").is_some_and(|rest| rest.starts_with(status))
    }
}

/// The messages of a log: a line of dashes with the time, what happened, an empty line, the text.
fn messages(log: &str) -> impl Iterator<Item = Message<'_>> {
    log.split("-----------------------------------------------").filter_map(|part| {
        let (time, rest) = part.trim_start_matches(['-', ' ']).split_once('\n')?;
        let (what, text) = rest.split_once('\n')?;
        let received = what.contains(" received ");
        Some(Message { at: millis(time)?, received, text: text.trim_start_matches('\n') })
    })
}

/// `2026-11-21 11:57:35.083438`, in UTC, as milliseconds since 1970.
fn millis(time: &str) -> Option<i64> {
    let mut parts = time.trim().split(['-', ' ', ':', '.', 'T', '\t']).map(str::parse::<i64>);
    let mut next = || parts.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second, micros) = (next()?, next()?, next()?, next()?);
    // Days from a civil date, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let seconds = ((days - 719_468) * 24 + hour) * 3_600 + minute * 60 + second;
    Some(seconds * 1_000 + micros / 1_000)
}

/// The user of the first SIP URI in `text`.
fn user(text: &str) -> Option<String> {
    let from = text.find("sip:")? + 4;
    Some(text[from..].split('@').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(what: &str, text: &str) -> String {
        let dashes = "-----------------------------------------------";
        format!("{dashes} 2026-11-21 11:57:35.083438\nUDP message {what} bytes :\n\n{text}\n")
    }

    #[test]
    fn a_moment_is_read_as_milliseconds() {
        assert_eq!(millis("1970-01-01 00:00:00.001000"), Some(1));
        assert_eq!(millis("2026-11-21 11:57:35.083438"), Some(1_795_262_255_083));
    }

    #[test]
    fn callers_are_told_apart_and_their_ends_too() {
        let invite = |call: &str, number: &str, port: u16| {
            let text = format!(
                "INVITE sip:a@b SIP/2.0\r\nFrom: <sip:{number}@c>;tag=1\r\nCall-ID: {call}\r\n\r\n\
                 m=audio {port} RTP/AVP 8\r\n"
            );
            logged("sent (9", &text)
        };
        let log = invite("1-2@c", "+331", 10_000)
            + &invite("2-2@c", "+332", 10_004)
            + &logged("received [9]", "SIP/2.0 200 OK\r\nCall-ID: 2-2@c\r\nCSeq: 1 INVITE\r\n\r\n")
            + &logged("received [9]", "BYE sip:c SIP/2.0\r\nCall-ID: 2-2@c\r\n\r\n")
            + &logged("sent (9", "BYE sip:c SIP/2.0\r\nCall-ID: 1-2@c\r\n\r\n");
        let mut record = Record::default();
        record.callers(&log);
        assert_eq!(record.ports, [("+331".into(), 10_000), ("+332".into(), 10_004)].into());
        assert_eq!(record.dismissed, ["+332".to_owned()].into());
        assert_eq!(record.answered, ["+332".to_owned()].into());
    }

    #[test]
    fn a_repeated_invite_is_one_and_one_with_a_new_call_id_is_another() {
        let invite = |call: &str| {
            logged("received [9]", &format!("INVITE sip:+33@b SIP/2.0\r\nCall-ID: {call}\r\n\r\n"))
        };
        let mut record = Record::default();
        record.customers(&(invite("a") + &invite("a") + &invite("b")));
        assert_eq!(record.invites["+33"].len(), 2);
    }
}
