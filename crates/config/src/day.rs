//! The file of a simulated day: what `rappel simulate day.toml` is told.
//!
//! Every key may be left out; the day then has the simulator's own. Shares are in percent, times
//! have units, and a span of times is written `"1m..15m"`. Unlike the engine's own file it is read
//! by a deserialiser, which stops at the first mistake: nothing is served from it.

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::finding::{Finding, Findings};
use crate::nearest::nearest;
use crate::value;

/// A day as its file tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayFile {
    /// The root of every draw.
    pub seed: Option<u64>,
    /// How long customers call.
    pub length: Option<Duration>,
    /// Calls per hour, hour by hour; the last one goes for the rest.
    pub arrivals: Option<Vec<u32>>,
    /// Lines, each with a queue of its own, 1 to 4.
    pub lines: Option<u8>,
    /// What customers do, in percent.
    pub customers: CustomersFile,
    /// How customers' phones answer a callback, in percent.
    pub answers: AnswersFile,
    /// Who works.
    pub staff: StaffFile,
    /// The line's rules.
    pub policy: PolicyFile,
}

/// Least and most of a time that is drawn.
pub type Span = (Duration, Duration);

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident, $raw:ident {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty => $read:ident,)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$kind>,)+
        }

        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct $raw {
            $($field: Option<Spanned<toml::Value>>,)+
        }

        impl $raw {
            const KEYS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn read(self, found: &mut Findings) -> $name {
                $name { $($field: self.$field.and_then(|value| $read(&value, found)),)+ }
            }
        }
    )+};
}

sections! {
    /// `[customers]`.
    CustomersFile, RawCustomers {
        /// Choose to be called back on their own number.
        own_number: u32 => percent,
        /// Choose to be called back on another number.
        other_number: u32 => percent,
        /// Of those: press keys that mean nothing, too.
        wrong_keys: u32 => percent,
        /// Hang up in the first seconds.
        hangs_up: u32 => percent,
        /// Call without a number.
        anonymous: u32 => percent,
        /// Call again later.
        again: u32 => percent,
        /// How long they wait.
        patience: Span => span,
        /// How long they talk at most.
        talks: Span => span,
    }
    /// `[answers]`: the rest of a hundred answer after some seconds.
    AnswersFile, RawAnswers {
        /// 486.
        busy: u32 => percent,
        /// Ring and ring.
        no_answer: u32 => percent,
        /// 603.
        declines: u32 => percent,
        /// The network refuses.
        fails: u32 => percent,
        /// A machine answers.
        machine: u32 => percent,
    }
    /// `[staff]`.
    StaffFile, RawStaff {
        /// How many agents.
        agents: u32 => count,
        /// When they come, from the start of the day.
        comes: Span => span,
        /// How many breaks each takes.
        breaks: u32 => count,
        /// How long a break is.
        break_length: Span => span,
        /// How long a conversation lasts.
        handles: Span => span,
        /// From the ring to the answer.
        rings: Span => span,
        /// Callbacks declined.
        declines: u32 => percent,
        /// Callbacks at which nothing is pressed.
        ignores: u32 => percent,
    }
    /// `[policy]`.
    PolicyFile, RawPolicy {
        /// How long a request waits before it ends by itself.
        request_ttl: Duration => time,
        /// How many times a customer is dialled.
        attempts: u32 => count,
        /// From a failed attempt to the next.
        retry_delay: Duration => time,
        /// Before a declined work is offered again to the same agent.
        decline_pause: Duration => time,
        /// From the end of a conversation to the next offer.
        wrap_up: Duration => time,
        /// From the start of waiting to the first spoken offer.
        offer_after: Duration => time,
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDay {
    seed: Option<u64>,
    length: Option<Spanned<toml::Value>>,
    arrivals: Option<Vec<u32>>,
    lines: Option<u8>,
    customers: RawCustomers,
    answers: RawAnswers,
    staff: RawStaff,
    policy: RawPolicy,
}

const TOP_KEYS: [&str; 8] =
    ["seed", "length", "arrivals", "lines", "customers", "answers", "staff", "policy"];

/// Reads the file of a day.
///
/// # Errors
/// What is wrong with it: the first mistake of its form, or every value that cannot be.
pub fn read_day(file_name: &str, text: &str) -> Result<DayFile, Vec<Finding>> {
    let mut found = Findings::new(file_name, text);
    let raw: RawDay = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            report(&error, &mut found);
            return Err(found.into_list());
        }
    };
    let day = DayFile {
        seed: raw.seed,
        length: raw.length.and_then(|value| time(&value, &mut found)),
        arrivals: raw.arrivals,
        lines: raw.lines,
        customers: raw.customers.read(&mut found),
        answers: raw.answers.read(&mut found),
        staff: raw.staff.read(&mut found),
        policy: raw.policy.read(&mut found),
    };
    if found.has_errors() { Err(found.into_list()) } else { Ok(day) }
}

fn report(error: &toml::de::Error, found: &mut Findings) {
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return found.error(&span, message, "a day as docs/simulation.md shows it", "see there");
    };
    let name = rest.split('`').next().unwrap_or_default();
    let sections = [RawCustomers::KEYS, RawAnswers::KEYS, RawStaff::KEYS, RawPolicy::KEYS].concat();
    let hint = match nearest(name, TOP_KEYS.into_iter().chain(sections)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "take it out".to_owned(),
    };
    found.error(&span, "a day has no such key here", "a key of this section", hint);
}

fn wrong<T>(span: &Range<usize>, expected: &str, hint: &str, found: &mut Findings) -> Option<T> {
    found.error(span, "this value cannot be used", expected, hint);
    None
}

/// A share in percent, as thousandths.
fn percent(value: &Spanned<toml::Value>, found: &mut Findings) -> Option<u32> {
    let share = value.get_ref().as_integer().filter(|share| (0..=100).contains(share));
    match share.and_then(|share| u32::try_from(share).ok()) {
        Some(share) => Some(share * 10),
        None => wrong(&value.span(), "a share of a hundred", "write 0 to 100", found),
    }
}

fn count(value: &Spanned<toml::Value>, found: &mut Findings) -> Option<u32> {
    let count = value.get_ref().as_integer().filter(|count| (0..=100).contains(count));
    match count.and_then(|count| u32::try_from(count).ok()) {
        Some(count) => Some(count),
        None => wrong(&value.span(), "a number from 0 to 100", "write 5", found),
    }
}

fn time(value: &Spanned<toml::Value>, found: &mut Findings) -> Option<Duration> {
    let time = value.get_ref().as_str().and_then(value::duration);
    time.or_else(|| wrong(&value.span(), "a time with its unit", "write \"20s\" or \"8h\"", found))
}

fn span(value: &Spanned<toml::Value>, found: &mut Findings) -> Option<Span> {
    let both = value.get_ref().as_str().and_then(|text| text.split_once(".."));
    let read = both.and_then(|(least, most)| {
        let (least, most) = (value::duration(least)?, value::duration(most)?);
        (least <= most).then_some((least, most))
    });
    read.or_else(|| wrong(&value.span(), "least and most", "write \"1m..15m\"", found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_says_only_what_differs() {
        let text = "length = \"2h\"\narrivals = [40, 80]\n[customers]\npatience = \"1m..10m\"\n\
                    own_number = 35\n[staff]\nagents = 4\n[policy]\nattempts = 2\n";
        let day = read_day("day.toml", text).expect("nothing is wrong");
        assert_eq!(day.length, Some(Duration::from_secs(7_200)));
        assert_eq!(day.arrivals, Some(vec![40, 80]));
        assert_eq!(day.customers.own_number, Some(350));
        let minutes = |n: u64| Duration::from_secs(60 * n);
        assert_eq!(day.customers.patience, Some((minutes(1), minutes(10))));
        assert_eq!((day.staff.agents, day.policy.attempts), (Some(4), Some(2)));
        assert_eq!(read_day("day.toml", ""), Ok(DayFile::default()));
    }

    #[test]
    fn mistakes_say_where_they_are_and_what_was_meant() {
        let cases = [
            ("[staff]\nagent = 4\n", 2, "did you mean `agents`?"),
            ("[customers]\nown_number = 120\n", 2, "write 0 to 100"),
            ("length = \"8\"\n", 1, "write \"20s\" or \"8h\""),
            ("\n\n[customers]\npatience = \"15m..1m\"\n", 4, "write \"1m..15m\""),
        ];
        for (text, line, hint) in cases {
            let findings = read_day("day.toml", text).expect_err(text);
            assert_eq!(findings.len(), 1, "{text}");
            assert_eq!((findings[0].line, findings[0].hint.as_str()), (line, hint), "{text}");
        }
    }
}
