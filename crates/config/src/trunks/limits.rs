//! How much a trunk carries: `calls_max`, `reserve`, `calls_per_second`, `when_full`.

use engine::{CALLS_PER_SECOND_MAX, TrunkLimits};

use crate::basics;
use crate::finding::Findings;
use crate::section::Section;

/// Most that `calls_max` may be.
const CALLS_MAX: u64 = 100_000;

pub(crate) fn read(section: &Section<'_>, found: &mut Findings) -> TrunkLimits {
    let mut count = |key: &str, most: u64| {
        let hint = "without this key there is no limit";
        u32::try_from(section.whole_number(key, 1..=most, hint, found)?).ok()
    };
    let calls_max = count("calls_max", CALLS_MAX);
    let calls_per_second = count("calls_per_second", CALLS_PER_SECOND_MAX.into());
    let most = calls_max.unwrap_or_default();
    let reserve = section.integer("reserve", 0..=CALLS_MAX, 0, found);
    let reserve = u32::try_from(reserve).unwrap_or_default();
    if reserve > 0
        && reserve >= most
        && let Some(value) = section.get("reserve")
    {
        let (problem, hint) = match calls_max {
            Some(_) => ("no call would be left for callbacks", "keep fewer calls for callers"),
            None => ("`reserve` is a part of `calls_max`, which is not set", "add calls_max"),
        };
        found.error(&value.span(), problem, "fewer than `calls_max`", hint);
    }
    let words = [("503", 503), ("486", 486)];
    let full_status = basics::choice(section, "when_full", &words, 503, found);
    TrunkLimits { calls_max, reserve, calls_per_second, full_status }
}
