//! What offer and answer have agreed in each call of the engine, read from the datagrams alone, and
//! each rule of RFC 3264 that the engine breaks on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::oracles::described::{Described, Stream};
use crate::oracles::text::Text;

/// A request is known by its CSeq: number and method.
type Request = (u32, String);

/// What one call has agreed for the engine's packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) local: SocketAddr,
    /// Where they go; `None` when nowhere.
    pub(crate) remote: Option<SocketAddr>,
    /// The far end wants them.
    pub(crate) sends: bool,
    /// As the far end numbers them.
    pub(crate) audio: BTreeSet<u8>,
    pub(crate) events: BTreeSet<u8>,
    /// Encrypted: only headers can be read.
    pub(crate) secure: bool,
}

#[derive(Debug, Default)]
struct Talk {
    /// The engine's last description.
    ours: Option<Described>,
    /// The engine's offer that waits for its answer, and in what it was made.
    waiting: Option<(Request, Described)>,
    /// Requests of the far end that the engine has not finally answered, with their offers.
    asked: BTreeMap<Request, Option<Described>>,
    /// Those that it has.
    done: BTreeSet<Request>,
    /// An offer in a 2xx to an INVITE without one, which the ACK must answer.
    owed: Option<(Request, Described)>,
    /// INVITEs of the engine without an offer.
    bare: BTreeSet<Request>,
    far_tag: Option<String>,
    agreed: Option<Agreed>,
    over: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Talks {
    calls: BTreeMap<String, Talk>,
}

fn offers(method: &str) -> bool {
    matches!(method, "INVITE" | "UPDATE" | "PRACK")
}

impl Talks {
    /// What is agreed in this call; `None` before and after.
    pub(crate) fn agreed(&self, call_id: &str) -> Option<&Agreed> {
        self.calls.get(call_id)?.agreed.as_ref()
    }

    /// A datagram that the engine receives.
    pub(crate) fn hear(&mut self, text: &Text<'_>) {
        let (number, method) = text.cseq();
        let talk = self.calls.entry(text.call_id().to_owned()).or_default();
        let body = Described::read(text.body);
        let key = (number, method.to_owned());
        match (text.method(), text.status()) {
            (Some("ACK"), _) => talk.hear_ack(number, body),
            (Some(method), _) if offers(method) && !talk.done.contains(&key) => {
                talk.asked.entry(key).or_insert(body);
            }
            (None, Some(status)) if offers(method) => talk.hear_answer(text, key, status, body),
            _ => {}
        }
    }

    /// A datagram that the engine sends; the answer is what is wrong with it.
    pub(crate) fn say(&mut self, text: &Text<'_>) -> Vec<String> {
        let (number, method) = text.cseq();
        let talk = self.calls.entry(text.call_id().to_owned()).or_default();
        let body = Described::read(text.body);
        if body.is_none() && !text.body.is_empty() && text.get("Content-Type") == "application/sdp"
        {
            return vec!["carries a body that is no description".into()];
        }
        let key = (number, method.to_owned());
        let mut wrong = Vec::new();
        match (text.method(), text.status()) {
            (Some("ACK"), _) => talk.say_ack(number, body, &mut wrong),
            (Some("BYE"), _) if talk.is_with(text.to_tag()) => talk.end(),
            (Some(method), _) if offers(method) => talk.say_offer(key, body, &mut wrong),
            (None, Some(200..=299)) if method == "BYE" && talk.is_with(text.own_tag()) => {
                talk.end()
            }
            (None, Some(status)) if offers(method) => {
                let reliable = text.has("RSeq");
                talk.say_answer(key, status, reliable, body, &mut wrong);
            }
            _ => {}
        }
        wrong
    }
}

impl Talk {
    /// A fork's second answer has a dialog of its own, which ends alone.
    fn is_with(&self, tag: &str) -> bool {
        self.far_tag.as_ref().is_none_or(|far| far == tag)
    }

    fn end(&mut self) {
        (self.over, self.agreed) = (true, None);
    }

    fn agree(&mut self, ours: &Described, theirs: &Described) {
        self.agreed = if self.over { None } else { agreed(ours, theirs) };
    }

    fn hear_ack(&mut self, number: u32, body: Option<Described>) {
        let late = |(request, _): &mut (Request, Described)| {
            request.0 == number && request.1 == "INVITE of theirs"
        };
        let Some((_, ours)) = self.waiting.take_if(late) else { return };
        if let Some(theirs) = body {
            self.agree(&ours, &theirs);
        }
    }

    fn hear_answer(&mut self, text: &Text<'_>, key: Request, status: u16, body: Option<Described>) {
        let tag = text.to_tag().to_owned();
        let reliable = text.has("RSeq");
        if status < 200 && !(reliable && body.is_some()) {
            return;
        }
        if status < 300 && self.far_tag.get_or_insert_with(|| tag.clone()) != &tag {
            // A fork's second answer: its dialog is ended at once.
            return;
        }
        if status < 300 && self.bare.remove(&key) {
            self.owed = body.map(|offer| (key, offer));
            return;
        }
        let Some((_, ours)) = self.waiting.take_if(|(request, _)| *request == key) else { return };
        if let Some(theirs) = body.filter(|_| status < 300) {
            self.agree(&ours, &theirs);
        }
    }

    fn say_offer(&mut self, key: Request, body: Option<Described>, wrong: &mut Vec<String>) {
        if self.waiting.as_ref().is_some_and(|(request, _)| *request == key) {
            return;
        }
        let Some(offer) = body else {
            if key.1 == "INVITE" {
                self.bare.insert(key);
            }
            return;
        };
        if self.waiting.is_some() {
            wrong.push("offers while its own offer waits for an answer".into());
        }
        if !self.asked.is_empty() || self.owed.is_some() {
            wrong.push("offers while the far end waits for an answer".into());
        }
        self.describe(&offer, wrong);
        self.waiting = Some((key, offer));
    }

    fn say_answer(
        &mut self,
        key: Request,
        status: u16,
        reliable: bool,
        body: Option<Described>,
        wrong: &mut Vec<String>,
    ) {
        if status >= 300 {
            self.asked.remove(&key);
            self.done.insert(key);
            return;
        }
        if let Some(body) = &body {
            self.describe(body, wrong);
        }
        if status < 200 && !reliable {
            return;
        }
        let Some(asked) = self.asked.remove(&key) else { return };
        if status >= 200 {
            self.done.insert(key.clone());
        } else if body.is_none() {
            self.asked.insert(key, asked);
            return;
        }
        match (asked, body) {
            (Some(offer), Some(answer)) => {
                if self.waiting.is_some() {
                    wrong.push("accepts an offer while its own waits for an answer".into());
                }
                wrong.extend(answers(&offer, &answer));
                self.agree(&answer, &offer);
            }
            (Some(_), None) if self.agreed.is_none() => wrong.push("leaves an offer open".into()),
            (None, None) if key.1 == "INVITE" => wrong.push("makes no offer".into()),
            (None, Some(offer)) if key.1 == "INVITE" => {
                self.waiting = Some(((key.0, "INVITE of theirs".into()), offer));
            }
            (None, Some(_)) => wrong.push("answers what nobody offered".into()),
            (Some(_) | None, None) => {}
        }
    }

    fn say_ack(&mut self, number: u32, body: Option<Described>, wrong: &mut Vec<String>) {
        let owed = self.owed.take_if(|((owed, _), _)| *owed == number);
        match (owed, body) {
            (Some((_, offer)), Some(answer)) => {
                self.describe(&answer, wrong);
                wrong.extend(answers(&offer, &answer));
                self.agree(&answer, &offer);
            }
            (Some(_), None) => wrong.push("leaves the offer of the 2xx open".into()),
            (None, Some(answer)) if self.ours.as_ref() != Some(&answer) => {
                wrong.push("answers what nobody offered".into());
            }
            (None, Some(_) | None) => {}
        }
    }

    /// What holds for every description of the engine, first or further.
    fn describe(&mut self, new: &Described, wrong: &mut Vec<String>) {
        if new.origin.len() != 6 || new.times.is_empty() || !new.text.contains("\r\ns=") {
            wrong.push("lacks one of o=, s= and t=".into());
        }
        let open = |stream: &&Stream| stream.port != 0;
        if new.streams.iter().filter(open).any(|stream| stream.target().is_none()) {
            wrong.push("names no address for a stream".into());
        }
        if let Some(old) = self.ours.replace(new.clone()) {
            wrong.extend(keeps(&old, new));
            if old.session() != new.session() {
                wrong.push("changes its session in o=".into());
            }
            let same = old.content() == new.content();
            let step = new.version().checked_sub(old.version());
            match step {
                Some(0) if same => {}
                Some(1) if !same => {}
                Some(0) => wrong.push("changes without a new version in o=".into()),
                Some(1) => wrong.push("has a new version in o= and says the same".into()),
                _ => wrong.push("does not count its version in o= by one".into()),
            }
        }
    }
}

/// What is wrong with a further description of ours (RFC 3264 §8, §8.3.2).
fn keeps(old: &Described, new: &Described) -> Vec<String> {
    let mut wrong = Vec::new();
    if new.streams.len() < old.streams.len() {
        wrong.push("leaves out m= lines of its last description".into());
    }
    let pairs = old.streams.iter().zip(&new.streams);
    for (was, is) in pairs.filter(|(was, _)| was.port != 0) {
        if was.kind != is.kind {
            wrong.push("moves a stream to another m= line".into());
        }
        let other =
            |format: &String| was.formats.contains(format) && was.codec(format) != is.codec(format);
        if is.formats.iter().any(other) {
            wrong.push("gives a payload type another meaning".into());
        }
    }
    wrong
}

/// What is wrong with an answer to this offer (RFC 3264 §6).
fn answers(offer: &Described, answer: &Described) -> Vec<String> {
    let mut wrong = Vec::new();
    if offer.streams.len() != answer.streams.len() {
        return vec!["has not as many m= lines as the offer".into()];
    }
    if offer.times != answer.times {
        wrong.push("has another t= than the offer".into());
    }
    for (asked, given) in offer.streams.iter().zip(&answer.streams) {
        let mut say = |what: &str| wrong.push(format!("{what} (m={})", asked.kind));
        if (&asked.kind, &asked.transport) != (&given.kind, &given.transport) {
            say("does not keep the order of m= lines");
        }
        if given.port == 0 {
            continue;
        }
        if asked.port == 0 {
            say("accepts a stream that was not offered");
        }
        let known = |format: &String| {
            asked.formats.contains(format) && asked.codec(format) == given.codec(format)
        };
        if given.formats.is_empty() || !given.formats.iter().all(known) {
            say("names a codec that was not offered");
        }
        if given.sends && !asked.receives || given.receives && !asked.sends {
            say("has a direction that does not fit the offer");
        }
    }
    wrong
}

fn agreed(ours: &Described, theirs: &Described) -> Option<Agreed> {
    let pairs = ours.streams.iter().zip(&theirs.streams);
    let mut open = pairs.filter(|(our, their)| our.port != 0 && their.port != 0);
    let (our, their) = open.find(|(our, _)| our.kind == "audio")?;
    let (mut audio, mut events) = (BTreeSet::new(), BTreeSet::new());
    for format in &their.formats {
        let Some(codec) = their.codec(format) else { continue };
        let ours = our.formats.iter().any(|own| our.codec(own) == Some(codec));
        let Some(number) = format.parse().ok().filter(|_| ours) else { continue };
        if codec == "telephone-event/8000" { &mut events } else { &mut audio }.insert(number);
    }
    let remote = their.target();
    Some(Agreed {
        local: our.target()?,
        remote,
        sends: our.sends && their.receives && remote.is_some(),
        audio,
        events,
        secure: our.transport.contains("SAVP"),
    })
}
