//! The verdict: the far ends' records and what was heard, held against the journal when all is
//! over.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::ear::Heard;
use super::record::Record;

/// Two clocks are compared: the engine's in a fact and SIPp's in its log.
const CLOCKS_DIFFER_MS: i64 = 100;
/// How often a customer may be dialled for one request, by the configuration of the field.
const ATTEMPTS: usize = 2;

/// One request, as the journal has it in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: u64,
    /// Whom to call.
    pub number: String,
    /// Its state.
    pub state: String,
    /// How it ended, and when (UTC milliseconds).
    pub closed: Option<(String, i64)>,
    /// The Call-ID and the outcome of each journalled dial.
    pub attempts: Vec<(String, Option<String>)>,
}

/// Reads `rappel callback list --all --reveal --json`.
pub fn requests(list: &Value) -> Result<Vec<Request>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let read = |value: &Value| {
        let end = text(&value["end"]).and_then(|end| Some((end, value["at"].as_i64()?)));
        let attempts = value["attempts"].as_array()?.iter();
        let attempts = attempts
            .map(|attempt| Some((text(&attempt["sip_call_id"])?, text(&attempt["outcome"]))))
            .collect::<Option<_>>()?;
        Some(Request {
            id: value["request"].as_u64()?,
            number: text(&value["number"])?,
            state: text(&value["state"])?,
            closed: end,
            attempts,
        })
    };
    let list = list["callbacks"].as_array().context("no list of callbacks")?;
    list.iter().map(|value| read(value).with_context(|| format!("unread: {value}"))).collect()
}

/// What a person said of the requests that were in doubt, by their numbers.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// Reached: with the dials that it had then.
    pub reached: BTreeMap<u64, usize>,
    /// Not reached: the same.
    pub not_reached: BTreeMap<u64, usize>,
}

/// Everything that is wrong.
pub fn complaints(
    record: &Record,
    heard: &Heard,
    journal: &[Request],
    settled: &Settled,
) -> Vec<String> {
    let mut found = Vec::new();
    let known: BTreeSet<&str> = journal.iter().map(|request| request.number.as_str()).collect();
    for (number, port) in &record.ports {
        if heard.promised(*port) && !known.contains(number.as_str()) {
            found.push(format!("lost: {number} heard the promise and has no request"));
        }
    }
    for number in record.dismissed.iter().filter(|number| !known.contains(number.as_str())) {
        found.push(format!("lost: {number} was hung up on as after a promise, without a request"));
    }
    let mut of: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    journal.iter().for_each(|request| of.entry(&request.number).or_default().push(request.id));
    for (number, requests) in of.iter().filter(|(_, requests)| requests.len() > 1) {
        found.push(format!("{number} asked once and has the requests {requests:?}"));
    }
    let permitted: BTreeSet<&str> =
        journal.iter().flat_map(|r| &r.attempts).map(|(call, _)| call.as_str()).collect();
    for (number, calls) in &record.invites {
        for call in calls.keys().filter(|call| !permitted.contains(call.as_str())) {
            found.push(format!("twice: {number} was dialled as {call}, which no fact permits"));
        }
    }
    for request in journal {
        found.extend(of_request(request, record, settled));
    }
    found
}

fn of_request(request: &Request, record: &Record, settled: &Settled) -> Vec<String> {
    let Request { id, number, attempts, .. } = request;
    let mut found = Vec::new();
    let nothing = BTreeMap::new();
    let invites = record.invites.get(number).unwrap_or(&nothing);
    let mut calls: Vec<&String> = attempts.iter().map(|(call, _)| call).collect();
    calls.dedup();
    let again = usize::from(settled.not_reached.contains_key(id));
    if calls.len() != attempts.len() || attempts.len() > ATTEMPTS + again {
        found.push(format!("twice: cb-{id} has {} dials: {attempts:?}", attempts.len()));
    }
    for (n, (call, outcome)) in attempts.iter().enumerate() {
        let resolved = settled.not_reached.get(id) == Some(&(n + 1));
        if n + 1 < attempts.len() && outcome.is_none() && !resolved {
            found.push(format!("twice: cb-{id} was dialled again while {call} was in doubt"));
        }
    }
    let Some((end, closed_at)) = &request.closed else {
        found.push(format!("lost: cb-{id} is {} in the end, and not closed", request.state));
        return found;
    };
    for (call, at) in invites.iter().filter(|(_, at)| **at > closed_at + CLOCKS_DIFFER_MS) {
        found.push(format!("twice: cb-{id} was dialled as {call} {} ms late", at - closed_at));
    }
    if let Some(dials) = settled.reached.get(id) {
        if end != "completed" || attempts.len() != *dials {
            found.push(format!("cb-{id} was settled as reached and ended as {end}"));
        }
        return found;
    }
    let told = attempts.last().is_some_and(|(call, _)| invites.contains_key(call));
    if ["completed", "busy"].contains(&end.as_str()) && !told {
        found.push(format!("lost: cb-{id} ended as {end}, and {number} was not called"));
    }
    if end.contains("duplicate") || end.contains("expired") || end == "cancelled" {
        found.push(format!("lost: cb-{id} ended as {end}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One customer, called once, who talked.
    fn good() -> (Record, Vec<Request>) {
        let request = Request {
            id: 1,
            number: "+331".into(),
            state: "closed".into(),
            closed: Some(("completed".into(), 5_000)),
            attempts: vec![("a".into(), None)],
        };
        let record = Record {
            dismissed: ["+331".to_owned()].into(),
            invites: [("+331".to_owned(), [("a".to_owned(), 3_000)].into())].into(),
            ..Record::default()
        };
        (record, vec![request])
    }

    fn judged(tamper: impl FnOnce(&mut Record, &mut Vec<Request>, &mut Settled)) -> String {
        let (mut record, mut journal) = good();
        let mut settled = Settled::default();
        tamper(&mut record, &mut journal, &mut settled);
        complaints(&record, &Heard::default(), &journal, &settled).join("; ")
    }

    #[test]
    fn a_kept_promise_is_no_complaint() {
        assert_eq!(judged(|_, _, _| {}), "");
    }

    #[test]
    fn a_promise_without_a_request_is_lost() {
        assert!(judged(|_, journal, _| journal.clear()).contains("lost: +331 was hung up on"));
        assert!(judged(|_, journal, _| journal[0].closed = None).contains("not closed"));
        let uncalled = judged(|record, _, _| record.invites.clear());
        assert!(uncalled.contains("+331 was not called"), "{uncalled}");
    }

    #[test]
    fn a_dial_that_no_fact_permits_is_one_too_many() {
        let second = judged(|record, _, _| {
            record.invites.get_mut("+331").expect("there").insert("b".into(), 3_500);
        });
        assert!(second.contains("dialled as b, which no fact permits"), "{second}");
        let late = judged(|record, journal, _| {
            record.invites.get_mut("+331").expect("there").insert("b".into(), 9_000);
            journal[0].attempts[0].1 = Some("busy".into());
            journal[0].attempts.push(("b".into(), None));
        });
        assert_eq!(late, "twice: cb-1 was dialled as b 4000 ms late");
    }

    #[test]
    fn a_dial_in_doubt_is_repeated_only_when_a_person_said_so() {
        let again = |record: &mut Record, journal: &mut Vec<Request>| {
            record.invites.get_mut("+331").expect("there").insert("b".into(), 4_000);
            journal[0].attempts.push(("b".into(), None));
        };
        let alone = judged(|record, journal, _| again(record, journal));
        assert_eq!(alone, "twice: cb-1 was dialled again while a was in doubt");
        let told = judged(|record, journal, settled| {
            again(record, journal);
            settled.not_reached.insert(1, 1);
        });
        assert_eq!(told, "");
        let reached = judged(|record, journal, settled| {
            again(record, journal);
            settled.reached.insert(1, 1);
        });
        assert!(reached.contains("settled as reached"), "{reached}");
    }

    #[test]
    fn two_requests_of_one_caller_are_one_too_many() {
        let two = judged(|_, journal, _| {
            let mut second = journal[0].clone();
            second.id = 2;
            journal.push(second);
        });
        assert!(two.contains("asked once and has the requests [1, 2]"), "{two}");
    }
}
