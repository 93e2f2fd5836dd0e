//! Which numbers are called back, and which are not: nobody outside may turn the engine into a
//! dialler at the operator's cost.
//!
//! Asked when a number is given, so that whoever gives it hears the answer, and again before it is
//! dialled: settings change while requests wait.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ledger::RequestEnd;
use model::{E164, LineName, RequestId};

use crate::Cap;
use crate::numbering::{self, NumberKind, Region};
use crate::queues::Queues;
use crate::requests::Stage;

/// Most entries of a list that is written into settings.
pub const RULES_MAX: usize = 1_000;

/// Most entries of a do-not-call list.
pub const DO_NOT_CALL_MAX: usize = 1_000_000;

/// Most digits with which a rule says how numbers begin: all of a number.
const DIGITS_MAX: usize = 15;

/// Which numbers a line calls back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    /// Only these; every number, when there are none.
    pub allow: Vec<Beginning>,
    /// Not these, whatever else holds.
    pub deny: Vec<Beginning>,
    /// No numbers of these kinds.
    pub refuse: BTreeSet<NumberKind>,
    /// Who has asked not to be called.
    pub do_not_call: Arc<DoNotCall>,
}

impl Default for Screening {
    /// Every number that costs no more than a call, and reaches a person.
    fn default() -> Screening {
        let refuse = [
            NumberKind::Premium,
            NumberKind::SharedCost,
            NumberKind::Personal,
            NumberKind::Pager,
            NumberKind::Voicemail,
            NumberKind::Satellite,
        ];
        Screening {
            allow: Vec::new(),
            deny: Vec::new(),
            refuse: refuse.into(),
            do_not_call: Arc::default(),
        }
    }
}

/// Numbers that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// All of a country.
    Country(Region),
    /// All that begin so.
    Digits(Digits),
}

/// What numbers begin with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digits {
    /// ASCII digits, zero-padded.
    digits: [u8; DIGITS_MAX],
    length: u8,
}

impl Digits {
    /// Reads `+3389`: a `+`, then up to fifteen digits of which the first is not 0.
    pub fn parse(text: &str) -> Option<Digits> {
        Digits::of(text.strip_prefix('+')?).filter(|digits| digits.as_str().as_bytes()[0] != b'0')
    }

    fn of(text: &str) -> Option<Digits> {
        let fits = (1..=DIGITS_MAX).contains(&text.len());
        if !fits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut digits = [0; DIGITS_MAX];
        digits[..text.len()].copy_from_slice(text.as_bytes());
        Some(Digits { digits, length: u8::try_from(text.len()).ok()? })
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.as_str())
    }
}

impl Beginning {
    /// Reads a country, `FR`, or what numbers begin with, `+3389`.
    pub fn parse(text: &str) -> Option<Beginning> {
        let country = || Region::named(text).map(Beginning::Country);
        Digits::parse(text).map(Beginning::Digits).or_else(country)
    }

    fn covers(&self, number: &E164, region: Option<Region>) -> bool {
        match self {
            Beginning::Country(country) => region == Some(*country),
            Beginning::Digits(digits) => number.digits().starts_with(digits.as_str()),
        }
    }
}

impl fmt::Display for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Beginning::Country(country) => country.fmt(f),
            Beginning::Digits(digits) => write!(f, "+{}", digits.as_str()),
        }
    }
}

/// Numbers whose owners have asked not to be called, and beginnings of numbers.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DoNotCall {
    numbers: Vec<E164>,
    beginnings: Vec<Digits>,
}

impl fmt::Debug for DoNotCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DoNotCall({} entries)", self.numbers.len() + self.beginnings.len())
    }
}

impl DoNotCall {
    /// The list of these.
    pub fn new(mut numbers: Vec<E164>, mut beginnings: Vec<Digits>) -> DoNotCall {
        numbers.sort_unstable();
        numbers.dedup();
        beginnings.sort_unstable();
        beginnings.dedup();
        DoNotCall { numbers, beginnings }
    }

    /// Whether this number is on it.
    pub fn has(&self, number: &E164) -> bool {
        let begins = |length: usize| {
            let digits = number.digits().get(..length).and_then(Digits::of);
            digits.is_some_and(|digits| self.beginnings.binary_search(&digits).is_ok())
        };
        self.numbers.binary_search(number).is_ok()
            || !self.beginnings.is_empty() && (1..=DIGITS_MAX).any(begins)
    }
}

/// The rule by which a number is not called. Never holds the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Its country has no number of that length.
    Impossible,
    /// It is one of our own.
    Own,
    /// Its owner does not want to be called.
    DoNotCall,
    /// It is denied by this rule.
    Denied(Beginning),
    /// Others are allowed, and it is not among them.
    NotAllowed(Option<Region>),
    /// Numbers of this kind are refused.
    Refused(NumberKind),
    /// Enough was asked for today.
    Capped(Cap),
}

impl Unfit {
    /// The rule in one word, for programs.
    pub fn rule(self) -> &'static str {
        match self {
            Unfit::Impossible => "possible",
            Unfit::Own => "own_number",
            Unfit::DoNotCall => "do_not_call",
            Unfit::Denied(_) => "deny",
            Unfit::NotAllowed(_) => "allow",
            Unfit::Refused(_) => "refuse",
            Unfit::Capped(cap) => cap.as_str(),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Impossible => f.write_str("its country has no number of that length"),
            Unfit::Own => f.write_str("it is a number of our own"),
            Unfit::DoNotCall => f.write_str("it is on the do-not-call list"),
            Unfit::Denied(rule) => write!(f, "`deny` names {rule}"),
            Unfit::NotAllowed(Some(region)) => write!(f, "`allow` does not name {region}"),
            Unfit::NotAllowed(None) => f.write_str("`allow` does not name its country"),
            Unfit::Capped(cap) => cap.fmt(f),
            Unfit::Refused(kind) => write!(f, "`refuse` names numbers of the kind {kind}"),
        }
    }
}

impl Screening {
    /// Whether this number is called.
    ///
    /// # Errors
    /// The first rule against it.
    pub fn judge(&self, number: &E164) -> Result<(), Unfit> {
        if !numbering::is_possible(number) {
            return Err(Unfit::Impossible);
        }
        if self.do_not_call.has(number) {
            return Err(Unfit::DoNotCall);
        }
        let region = numbering::region(number);
        if let Some(rule) = self.deny.iter().find(|rule| rule.covers(number, region)) {
            return Err(Unfit::Denied(*rule));
        }
        if !self.allow.is_empty() && !self.allow.iter().any(|rule| rule.covers(number, region)) {
            return Err(Unfit::NotAllowed(region));
        }
        let kind = numbering::kind(number);
        if self.refuse.contains(&kind) {
            return Err(Unfit::Refused(kind));
        }
        Ok(())
    }
}

impl crate::Settings {
    /// Whether this line calls this number back.
    ///
    /// # Errors
    /// The first rule against it.
    pub fn judge(&self, line: &LineName, number: &E164) -> Result<(), Unfit> {
        if self.own_numbers.contains(number) {
            return Err(Unfit::Own);
        }
        self.lines.get(line).map_or(Ok(()), |line| line.screening.judge(number))
    }
}

impl Queues {
    /// As [`crate::Settings::judge`].
    ///
    /// # Errors
    /// As there.
    pub fn judge(&self, line: &LineName, number: &E164) -> Result<(), Unfit> {
        self.settings.judge(line, number)
    }

    /// Why the number of a request may not be called any more.
    pub(crate) fn unfit_now(&self, id: RequestId) -> Option<Unfit> {
        let request = self.requests.get(&id)?;
        self.settings.judge(self.names.line_name(request.line), &request.number).err()
    }

    /// Ends a request whose number may not be called any more, and has one wait whose customer is
    /// not called at this time, or for which the day has no dial left. True when it may be offered.
    pub(crate) fn screened(&mut self, id: RequestId) -> bool {
        let waits = self.requests.get(&id).is_some_and(|it| it.stage == Stage::Waiting);
        if let Some((until, why)) = self.not_now(id).filter(|_| waits) {
            self.keep_waiting(id, until, why);
            return false;
        }
        let Some(unfit) = self.unfit_now(id) else { return self.requests.contains_key(&id) };
        self.close_and_release(id, RequestEnd::Failed, &format!("not dialled: {unfit}"));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> E164 {
        E164::parse(text).expect("a number")
    }

    fn rules(list: &[&str]) -> Vec<Beginning> {
        list.iter().map(|text| Beginning::parse(text).expect("a rule")).collect()
    }

    #[test]
    fn a_number_is_judged_by_the_first_rule_against_it() {
        let usual = Screening::default();
        let france = Screening { allow: rules(&["FR", "+4179"]), ..Screening::default() };
        let denied = Screening { deny: rules(&["+3315", "us"]), ..Screening::default() };
        let list = DoNotCall::new(
            vec![number("+33612345678")],
            vec![Digits::parse("+49301").expect("digits")],
        );
        let listed = Screening { do_not_call: Arc::new(list), ..Screening::default() };
        let cases = [
            (&usual, "+33612345678", None),
            (&usual, "+3361234567", Some("possible")),
            (&usual, "+33891123456", Some("refuse")),
            (&usual, "+33884012345", Some("refuse")),
            (&usual, "+881612345678", Some("refuse")),
            // The table may be older than the number.
            (&usual, "+33000000000", None),
            (&france, "+33612345678", None),
            (&france, "+41791234567", None),
            (&france, "+41441234567", Some("allow")),
            (&france, "+262692123456", Some("allow")),
            (&denied, "+33155500100", Some("deny")),
            (&denied, "+33255500100", None),
            (&denied, "+12025550123", Some("deny")),
            (&denied, "+14165550123", None),
            (&listed, "+33612345678", Some("do_not_call")),
            (&listed, "+33612345679", None),
            (&listed, "+493012345678", Some("do_not_call")),
            (&listed, "+493022345678", None),
        ];
        for (screening, text, rule) in cases {
            let judged = screening.judge(&number(text)).err().map(Unfit::rule);
            assert_eq!(judged, rule, "{text} {screening:?}");
        }
    }

    #[test]
    fn a_rule_is_a_country_or_a_beginning() {
        for text in ["", "+", "+0", "33", "+33x", "ZZ", "001", "+1234567890123456"] {
            assert_eq!(Beginning::parse(text), None, "{text}");
        }
        assert_eq!(rules(&["fr", "+123456789012345"])[1].to_string(), "+123456789012345");
    }
}
