//! The numbering plans of the world: whose number it is, of which kind, and what somebody means who
//! types a number as it is dialled at home.
//!
//! The tables are those of libphonenumber, as text: `cargo xtask numbering` makes it. They age, so
//! that only lengths are relied upon ([`is_possible`]); a number of no known kind is a doubt, not
//! a mistake.

mod pattern;

use std::fmt;

use model::{E164, NotE164};

/// See `xtask numbering`.
const TABLE: &str = include_str!("numbering/plans.txt");

/// A country, or what has a country code of its own without being one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(&'static str);

impl Region {
    /// The country that ISO 3166 calls so, `FR`, in capitals or not.
    pub fn named(text: &str) -> Option<Region> {
        let is_country = |it: &Plan| it.region.0.len() == 2;
        plans().filter(is_country).map(|it| it.region).find(|it| it.0.eq_ignore_ascii_case(text))
    }

    /// Two letters; `001` for international services, satellites among them.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Its country code, `33`.
    pub fn country_code(self) -> &'static str {
        plan_of(self).map_or("", |plan| plan.code)
    }

    /// The names of its time zones, as the tz database spells them. None for international
    /// services.
    pub fn zones(self) -> impl Iterator<Item = &'static str> {
        plan_of(self).into_iter().flat_map(|plan| plan.zones.split(',')).filter(|zone| *zone != "-")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberKind {
    /// A telephone in one place.
    Fixed,
    /// A mobile telephone.
    Mobile,
    /// One of the two: the plan does not say which.
    FixedOrMobile,
    /// Free for whoever calls, in its own country.
    TollFree,
    /// Whoever calls pays more than for a call.
    Premium,
    /// Whoever calls pays a part of it.
    SharedCost,
    /// Follows a person, at the cost of whoever calls.
    Personal,
    /// A telephone of the Internet.
    Voip,
    /// A pager.
    Pager,
    /// A company, wherever its offices are.
    Uan,
    /// Where messages are left.
    Voicemail,
    /// A telephone of a satellite or of an international network: +870, +881, +882, +883.
    Satellite,
    /// The plan knows no such number, or the table is older than the number.
    Unknown,
}

impl NumberKind {
    /// Every kind with its name in settings.
    pub const ALL: [(&'static str, NumberKind); 13] = [
        ("fixed", NumberKind::Fixed),
        ("mobile", NumberKind::Mobile),
        ("fixed_or_mobile", NumberKind::FixedOrMobile),
        ("toll_free", NumberKind::TollFree),
        ("premium", NumberKind::Premium),
        ("shared_cost", NumberKind::SharedCost),
        ("personal", NumberKind::Personal),
        ("voip", NumberKind::Voip),
        ("pager", NumberKind::Pager),
        ("uan", NumberKind::Uan),
        ("voicemail", NumberKind::Voicemail),
        ("satellite", NumberKind::Satellite),
        ("unknown", NumberKind::Unknown),
    ];

    /// Its name in settings.
    pub fn as_str(self) -> &'static str {
        let named = NumberKind::ALL.iter().find(|(_, kind)| *kind == self);
        named.map_or("unknown", |(name, _)| name)
    }
}

impl fmt::Display for NumberKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a number has a length that its country has. Hard: no other number can be reached.
pub fn is_possible(number: &E164) -> bool {
    let national = national(number);
    let plan = plans_of(number.country_code()).next();
    plan.is_some_and(|plan| plan.desc("any").is_some_and(|any| any.has_length(national.len())))
}

/// The country of a number, or 001; none when no plan of its country code knows it.
pub fn region(number: &E164) -> Option<Region> {
    let national = national(number);
    let mut plans = plans_of(number.country_code()).peekable();
    let first = plans.next()?;
    if plans.peek().is_none() {
        return Some(first.region);
    }
    let belongs = |plan: &Plan| match plan.leading {
        "-" => plan.kind(national) != NumberKind::Unknown,
        leading => pattern::begins(leading, national),
    };
    std::iter::once(first).chain(plans).find(belongs).map(|plan| plan.region)
}

/// What a number is for.
pub fn kind(number: &E164) -> NumberKind {
    let national = national(number);
    let Some(region) = region(number) else { return NumberKind::Unknown };
    let own = |plan: &Plan| plan.region == region;
    let Some(plan) = plans_of(number.country_code()).find(own) else { return NumberKind::Unknown };
    // Some exchanges forgive a trunk prefix behind the country code: +49 0900 is as dear as
    // +49 900.
    let kind = match (plan.kind(national), national.strip_prefix(plan.trunk)) {
        (NumberKind::Unknown, Some(rest)) => plan.kind(rest),
        (kind, _) => kind,
    };
    let costs = matches!(kind, NumberKind::Premium | NumberKind::SharedCost);
    match number.country_code() {
        "870" | "881" | "882" | "883" if !costs => NumberKind::Satellite,
        _ => kind,
    }
}

/// Reads a number as it was typed: with `+`, `00` or `*` before the country code, with the
/// international prefix of `home`, or as it is dialled in `home`.
///
/// # Errors
/// When it is no international number, and `home` is absent or has no number of that length.
pub fn read(typed: &str, home: Option<Region>) -> Result<E164, NotE164> {
    let typed = typed.trim();
    if let Some(rest) = typed.strip_prefix('*') {
        return E164::parse(&format!("+{rest}"));
    }
    let international = E164::parse(typed);
    let Some(plan) = home.and_then(plan_of) else { return international };
    if international != Err(NotE164::NoInternationalPrefix) {
        return international;
    }
    let separator = |c: &char| matches!(c, ' ' | '.' | '-' | '(' | ')');
    let digits: String = typed.chars().filter(|c| !separator(c)).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotE164::NotADigit);
    }
    // The prefix of longest reach: +1 from Japan is 010 1, not 01 01.
    if let Some(length) = pattern::longest_beginning(plan.international, &digits)
        && let Ok(number) = E164::parse(&format!("+{}", &digits[length..]))
        && is_possible(&number)
    {
        return Ok(number);
    }
    let whole = E164::parse(&format!("+{}{digits}", plan.code));
    let short = digits.strip_prefix(plan.trunk).filter(|rest| !rest.is_empty());
    let short = short.and_then(|rest| E164::parse(&format!("+{}{rest}", plan.code)).ok());
    let known = |number: &E164| is_possible(number) && kind(number) != NumberKind::Unknown;
    let candidates = || short.into_iter().chain(whole.ok());
    // What begins as with a trunk prefix is not the number itself, unless that is known.
    let likely = short.into_iter().chain(whole.ok().filter(|_| !digits.starts_with(plan.trunk)));
    let found = candidates().find(known).or_else(|| likely.into_iter().find(is_possible));
    found.ok_or(match short.map_or(whole, Ok) {
        Err(why) => why,
        Ok(number) if national(&number).len() < plan.longest() => NotE164::TooShort,
        Ok(_) => NotE164::TooLong,
    })
}

/// The digits after the country code.
fn national(number: &E164) -> &str {
    &number.digits()[number.country_code().len()..]
}

/// One region's plan: its lines of the table.
#[derive(Clone, Copy)]
struct Plan {
    code: &'static str,
    region: Region,
    /// What its numbers begin with, a pattern, or `-`.
    leading: &'static str,
    /// What stands before a national number, or `-`.
    trunk: &'static str,
    /// What stands before the number of another country, a pattern, or `-`.
    international: &'static str,
    zones: &'static str,
    descs: &'static str,
}

/// Numbers of one kind.
#[derive(Clone, Copy)]
struct Desc {
    lengths: &'static str,
    pattern: &'static str,
}

/// What stands before each plan.
const BEGINS: &str = "\n+";

/// Every plan, in the order of country codes as text; those of one code together, the main region
/// first.
fn plans() -> impl Iterator<Item = Plan> {
    TABLE.split(BEGINS).skip(1).filter_map(Plan::read)
}

fn plans_of(code: &str) -> impl Iterator<Item = Plan> {
    let from = first_from(code).map_or("", |at| &TABLE[at..]);
    let plans = from.split(BEGINS).skip(1).filter_map(Plan::read);
    plans.take_while(move |plan| plan.code == code)
}

/// Where the first plan begins whose country code is this one or comes after it. Found by halving:
/// to look through the whole text for each number cost more than all else that a promise does.
fn first_from(code: &str) -> Option<usize> {
    let bytes = TABLE.as_bytes();
    let (mut from, mut to, mut found) = (0, bytes.len(), None);
    while from < to {
        let middle = from.midpoint(to);
        let next = bytes[middle..].windows(BEGINS.len()).position(|it| it == BEGINS.as_bytes());
        let next = next.map(|past| middle + past);
        let before = |at: &usize| {
            bytes[at + BEGINS.len()..].split(|byte| *byte == b' ').next() < Some(code.as_bytes())
        };
        match next {
            Some(at) if before(&at) => from = at + 1,
            Some(at) => (to, found) = (middle, Some(at)),
            None => to = middle,
        }
    }
    found
}

fn plan_of(region: Region) -> Option<Plan> {
    plans().find(|plan| plan.region == region)
}

impl Plan {
    /// Reads the plan that begins here, without its `+`.
    fn read(text: &'static str) -> Option<Plan> {
        let (head, descs) = text.split_once('\n')?;
        let mut words = head.split(' ');
        let mut word = || words.next();
        Some(Plan {
            code: word()?,
            region: Region(word()?),
            leading: word()?,
            trunk: word()?,
            international: word()?,
            zones: word()?,
            descs,
        })
    }

    fn descs(&self) -> impl Iterator<Item = (&'static str, Desc)> {
        self.descs.lines().filter_map(|line| {
            let mut words = line.trim_start().split(' ');
            let name = words.next()?;
            let (lengths, _example, pattern) = (words.next()?, words.next()?, words.next()?);
            Some((name, Desc { lengths, pattern }))
        })
    }

    fn desc(&self, name: &str) -> Option<Desc> {
        self.descs().find(|(it, _)| *it == name).map(|(_, desc)| desc)
    }

    /// The most digits of a national number.
    fn longest(&self) -> usize {
        let lengths = self.desc("any").map_or("", |any| any.lengths);
        lengths.split(',').filter_map(|length| length.parse().ok()).max().unwrap_or(0)
    }

    fn kind(&self, national: &str) -> NumberKind {
        let is = |name: &str| self.desc(name).is_some_and(|desc| desc.describes(national));
        if !is("any") {
            return NumberKind::Unknown;
        }
        let special = [
            ("premium", NumberKind::Premium),
            ("toll_free", NumberKind::TollFree),
            ("shared_cost", NumberKind::SharedCost),
            ("voip", NumberKind::Voip),
            ("personal", NumberKind::Personal),
            ("pager", NumberKind::Pager),
            ("uan", NumberKind::Uan),
            ("voicemail", NumberKind::Voicemail),
        ];
        if let Some((_, kind)) = special.into_iter().find(|(name, _)| is(name)) {
            return kind;
        }
        match (is("fixed"), is("mobile")) {
            (true, true) => NumberKind::FixedOrMobile,
            (true, false) => NumberKind::Fixed,
            (false, true) => NumberKind::Mobile,
            (false, false) => NumberKind::Unknown,
        }
    }
}

impl Desc {
    fn has_length(&self, length: usize) -> bool {
        self.lengths.split(',').any(|known| known.parse() == Ok(length))
    }

    fn describes(&self, national: &str) -> bool {
        (self.lengths == "-" || self.has_length(national.len()))
            && pattern::matches(self.pattern, national)
    }
}

#[cfg(test)]
mod tests;
