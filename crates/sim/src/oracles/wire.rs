//! Wire audit: the rules of RFC 3261 and RFC 3264 that every message of the engine keeps, read
//! from the datagrams themselves and by nobody's parser.
//!
//! * a response copies Via, From, Call-ID and CSeq of its request, and To but for the tag
//!   (§8.2.6.2);
//! * one server transaction has one final status, and one To tag (§17.2);
//! * a request sent again is the same bytes (§17.1);
//! * CSeq grows within a dialog (§12.2.1.1), and nothing new follows a BYE (§15);
//! * CANCEL is its INVITE's twin and waits for a provisional answer (§9.1);
//! * every BYE in a call of the engine is answered (§15.1.2);
//! * every final answer to an INVITE is acknowledged (§17.1.1.3, §13.2.2.4);
//! * Content-Length is the length of the body; the headers that a request must have are there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{Input, Output};
use model::{Mono, Now};

use crate::oracle::{Found, Oracle, Seen, Verdict};
use crate::oracles::text::Text;
use crate::world::World;

const NAME: &str = "wire audit";

/// What is remembered of a request that the engine received.
#[derive(Debug)]
struct Received {
    call_id: String,
    in_dialog: bool,
    copied: Vec<String>,
    to: String,
    answered: Option<(u16, String)>,
    /// Some final answer has gone, be it 503 without state.
    settled: bool,
}

/// What is remembered of an INVITE that the engine sent.
#[derive(Debug)]
struct Sent {
    at: Mono,
    branch: String,
    provisional: bool,
    cancelled: Option<Mono>,
    /// To tags of finals that await their ACK.
    owed: BTreeSet<String>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct WireAudit {
    received: BTreeMap<(String, String), Received>,
    sent: BTreeMap<(String, String), Vec<u8>>,
    /// By Call-ID and CSeq.
    invites: BTreeMap<(String, u32), Sent>,
    /// By Call-ID and the peer's tag: the last CSeq, and whether BYE went.
    dialogs: BTreeMap<(String, String), (u32, bool)>,
    /// Every Call-ID in which the engine has answered, or acknowledged an answer.
    calls: BTreeSet<String>,
    found: Found,
}

/// RFC 3261 §17.1.1.2.
const TIMER_B: Duration = Duration::from_secs(32);

const COPIED: [&str; 4] = ["Via", "From", "Call-ID", "CSeq"];

fn copied(text: &Text<'_>) -> Vec<String> {
    COPIED.iter().flat_map(|name| text.all(name).map(without_rport).collect::<Vec<_>>()).collect()
}

/// A server adds `received` and the value of `rport` to the Via that it copies (RFC 3581 §4).
fn without_rport(value: &str) -> String {
    let parts = value.split(';');
    let own = |part: &&str| !part.starts_with("rport") && !part.starts_with("received");
    parts.filter(own).collect::<Vec<_>>().join(";")
}

impl WireAudit {
    fn broken(&mut self, text: &Text<'_>, what: &str) {
        let what = format!("{}: {what}", text.first);
        self.found.add(Verdict::of_call(NAME, text.call_id(), what));
    }

    fn hear(&mut self, now: Mono, bytes: &[u8]) {
        let Some(text) = Text::read(bytes) else { return };
        let (number, method) = text.cseq();
        if let Some(own) = text.method() {
            let key = (text.branch().to_owned(), own.to_owned());
            let (copied, to) = (copied(&text), text.get("To").to_owned());
            let (call_id, in_dialog) = (text.call_id().to_owned(), !text.to_tag().is_empty());
            let request =
                Received { call_id, in_dialog, copied, to, answered: None, settled: false };
            self.received.entry(key).or_insert(request);
            return;
        }
        let Some(status) = text.status().filter(|_| method == "INVITE") else { return };
        let Some(sent) = self.invites.get_mut(&(text.call_id().to_owned(), number)) else { return };
        // After timer B, or as long after a CANCEL (§9.1), a late answer is nobody's.
        let given_up = match sent.cancelled {
            Some(at) => now >= at + TIMER_B,
            None => !sent.provisional && now >= sent.at + TIMER_B,
        };
        if given_up {
            return;
        }
        sent.provisional = true;
        if status >= 200 && text.branch() == sent.branch {
            sent.owed.insert(text.to_tag().to_owned());
        }
    }

    fn say(&mut self, now: Mono, bytes: &[u8]) {
        let Some(text) = Text::read(bytes) else { return };
        if matches!((text.method(), text.status()), (Some("ACK"), _) | (_, Some(200..=299))) {
            self.calls.insert(text.call_id().to_owned());
        }
        if text.get("Content-Length").parse() != Ok(text.body.len()) {
            self.broken(&text, "Content-Length is not the length of the body");
        }
        match text.method() {
            None => self.respond(&text),
            Some("ACK") => self.acknowledge(&text),
            Some(method) => self.request(now, &text, method, bytes),
        }
    }

    fn respond(&mut self, text: &Text<'_>) {
        let (_, method) = text.cseq();
        let key = (text.branch().to_owned(), method.to_owned());
        let status = text.status().unwrap_or(0);
        let tag = text.to_tag().to_owned();
        let Some(request) = self.received.get_mut(&key) else {
            return self.broken(text, "answers a request that never came");
        };
        let mut wrong = None;
        if copied(text) != request.copied {
            wrong = Some("does not copy Via, From, Call-ID and CSeq");
        } else if !text.get("To").starts_with(&request.to) {
            wrong = Some("does not copy To");
        } else if status > 100 && tag.is_empty() {
            wrong = Some("has no To tag");
        } else if let Some((before, its_tag)) = &request.answered
            && status > 100
        {
            if *before >= 200 && status != *before && status != 503 {
                wrong = Some("is another answer than the final one before");
            } else if *its_tag != tag && status != 503 {
                wrong = Some("changes the To tag");
            }
        }
        request.settled |= status >= 200;
        // At its limit the engine refuses without state (§8.2.7), and a repetition may find room.
        if status > 100 && status != 503 && wrong.is_none() {
            request.answered = Some((status, tag));
        }
        if let Some(wrong) = wrong {
            self.broken(text, wrong);
        }
    }

    fn request(&mut self, at: Mono, text: &Text<'_>, method: &str, bytes: &[u8]) {
        let key = (text.branch().to_owned(), method.to_owned());
        if let Some(before) = self.sent.get(&key) {
            if before != bytes {
                self.broken(text, "is sent again with other bytes");
            }
            return;
        }
        self.sent.insert(key, bytes.to_owned());
        for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq"] {
            if !text.has(name) {
                self.broken(text, &format!("has no {name}"));
            }
        }
        if !text.branch().starts_with("z9hG4bK") || text.own_tag().is_empty() {
            self.broken(text, "has no branch of RFC 3261, or no From tag");
        }
        let (number, its_method) = text.cseq();
        if its_method != method {
            self.broken(text, "has another method in CSeq");
        }
        let call = text.call_id().to_owned();
        if method == "CANCEL" {
            let twin = self
                .invites
                .get_mut(&(call, number))
                .filter(|invite| invite.branch == text.branch() && invite.provisional);
            match twin {
                Some(invite) => invite.cancelled = Some(at),
                None => self.broken(text, "cancels no INVITE that has a provisional answer"),
            }
            return;
        }
        if method == "INVITE" {
            let (branch, owed) = (text.branch().to_owned(), BTreeSet::new());
            let sent = Sent { at, branch, provisional: false, cancelled: None, owed };
            self.invites.insert((call.clone(), number), sent);
        }
        self.in_dialog(text, method, (call, text.to_tag().to_owned()), number);
    }

    fn in_dialog(&mut self, text: &Text<'_>, method: &str, dialog: (String, String), number: u32) {
        if dialog.1.is_empty() {
            return;
        }
        let (last, over) = self.dialogs.get(&dialog).copied().unwrap_or_default();
        if over {
            self.broken(text, "follows a BYE");
        }
        if number <= last {
            self.broken(text, "does not raise CSeq");
        }
        self.dialogs.insert(dialog, (number, method == "BYE"));
    }

    fn acknowledge(&mut self, text: &Text<'_>) {
        let (number, _) = text.cseq();
        match self.invites.get_mut(&(text.call_id().to_owned(), number)) {
            None => self.broken(text, "acknowledges no INVITE"),
            Some(sent) => {
                sent.owed.remove(text.to_tag());
            }
        }
    }

    fn unanswered(&self) -> Vec<Verdict> {
        let byes = self.received.iter().filter(|((_, method), _)| method == "BYE");
        let silent = byes.filter(|(_, request)| {
            request.in_dialog && !request.settled && self.calls.contains(&request.call_id)
        });
        let what = "a BYE was never answered";
        silent.map(|(_, request)| Verdict::of_call(NAME, &request.call_id, what)).collect()
    }

    fn owed(&self) -> Vec<Verdict> {
        let owed = self.invites.iter().filter(|(_, invite)| !invite.owed.is_empty());
        let what = "a final answer to an INVITE was never acknowledged";
        owed.map(|((call_id, _), _)| Verdict::of_call(NAME, call_id, what)).collect()
    }
}

impl Oracle for WireAudit {
    fn see(&mut self, now: Now, seen: &Seen<'_>) {
        match seen {
            Seen::Input(Input::Datagram { bytes, .. }) => self.hear(now.mono, bytes),
            Seen::Output(Output::Datagram { bytes, .. }) => self.say(now.mono, bytes),
            // The engine that owed them is dead.
            Seen::Crash => {
                self.received.clear();
                self.sent.clear();
                self.invites.clear();
                self.dialogs.clear();
                self.calls.clear();
            }
            Seen::Input(_)
            | Seen::Output(_)
            | Seen::Quiet(_)
            | Seen::Durable(_)
            | Seen::Phone { .. }
            | Seen::Joined { .. }
            | Seen::PacketCame { .. }
            | Seen::PacketSent { .. }
            | Seen::Restart(_) => {}
        }
    }

    fn verdicts(&mut self, _: &World) -> Vec<Verdict> {
        let mut verdicts = self.found.take();
        verdicts.extend(self.owed());
        verdicts.extend(self.unanswered());
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::forge;

    fn message(first: &str, branch: &str, cseq: &str, to: &str) -> Vec<u8> {
        let (via, to) = (format!("Via: SIP/2.0/UDP h;branch=z9hG4bK{branch}"), format!("To: {to}"));
        let cseq = format!("CSeq: {cseq}");
        let rest = ["From: <sip:a>;tag=a", "Call-ID: c", "Max-Forwards: 70", "Content-Length: 0"];
        forge::message(first, &[&[&*via, &*to, &*cseq], &rest[..]].concat())
    }

    fn told(oracle: &mut WireAudit) -> String {
        let found = oracle.found.take().into_iter().map(|verdict| verdict.what);
        found.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_second_final_and_a_changed_tag_are_noticed() {
        let mut oracle = WireAudit::default();
        oracle.hear(Mono::ZERO, &message("INVITE sip:x SIP/2.0", "1", "1 INVITE", "<sip:b>"));
        oracle.say(Mono::ZERO, &message("SIP/2.0 180 Ringing", "1", "1 INVITE", "<sip:b>;tag=b"));
        oracle.say(Mono::ZERO, &message("SIP/2.0 200 OK", "1", "1 INVITE", "<sip:b>;tag=b"));
        assert_eq!(told(&mut oracle), "");
        oracle.say(Mono::ZERO, &message("SIP/2.0 486 Busy", "1", "1 INVITE", "<sip:b>;tag=b"));
        assert!(told(&mut oracle).contains("another answer"));
        oracle.say(Mono::ZERO, &message("SIP/2.0 200 OK", "1", "1 INVITE", "<sip:b>;tag=c"));
        assert!(told(&mut oracle).contains("changes the To tag"));
        oracle.say(Mono::ZERO, &message("SIP/2.0 200 OK", "2", "1 INVITE", "<sip:b>;tag=c"));
        assert!(told(&mut oracle).contains("never came"));
    }

    #[test]
    fn a_bye_that_nobody_answers_is_noticed() {
        let mut oracle = WireAudit::default();
        oracle.say(Mono::ZERO, &message("INVITE sip:x SIP/2.0", "1", "1 INVITE", "<sip:b>"));
        oracle.say(Mono::ZERO, &message("ACK sip:x SIP/2.0", "3", "1 ACK", "<sip:b>;tag=b"));
        oracle.hear(Mono::ZERO, &message("BYE sip:x SIP/2.0", "2", "2 BYE", "<sip:b>;tag=b"));
        assert_eq!(oracle.unanswered().len(), 1);
        oracle.say(Mono::ZERO, &message("SIP/2.0 481 Gone", "2", "2 BYE", "<sip:b>;tag=b"));
        assert_eq!(oracle.unanswered().len(), 0);
    }

    #[test]
    fn a_missing_ack_a_request_after_bye_and_an_early_cancel_are_noticed() {
        let mut oracle = WireAudit::default();
        oracle.say(Mono::ZERO, &message("INVITE sip:x SIP/2.0", "1", "1 INVITE", "<sip:b>"));
        oracle.say(Mono::ZERO, &message("CANCEL sip:x SIP/2.0", "1", "1 CANCEL", "<sip:b>"));
        assert!(told(&mut oracle).contains("provisional"));
        oracle.hear(Mono::ZERO, &message("SIP/2.0 200 OK", "1", "1 INVITE", "<sip:b>;tag=b"));
        assert_eq!(oracle.owed().len(), 1);
        oracle.say(Mono::ZERO, &message("ACK sip:x SIP/2.0", "2", "1 ACK", "<sip:b>;tag=b"));
        assert_eq!(oracle.owed().len(), 0);
        oracle.say(Mono::ZERO, &message("BYE sip:x SIP/2.0", "3", "2 BYE", "<sip:b>;tag=b"));
        oracle.say(Mono::ZERO, &message("BYE sip:x SIP/2.0", "3", "2 BYE", "<sip:b>;tag=b"));
        assert_eq!(told(&mut oracle), "");
        oracle.say(Mono::ZERO, &message("INFO sip:x SIP/2.0", "4", "2 INFO", "<sip:b>;tag=b"));
        let what = told(&mut oracle);
        assert!(what.contains("follows a BYE") && what.contains("raise CSeq"), "{what}");
    }
}
