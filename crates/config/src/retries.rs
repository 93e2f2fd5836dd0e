//! What follows an attempt that failed, by how it ended.

use std::ops::RangeInclusive;
use std::time::Duration;

use queue::{Again, Retries};
use toml::de::DeValue;

use crate::finding::Findings;
use crate::section::Section;

/// The word for no further attempt.
const NEVER: &str = "never";

/// The rules of a queue whose usual delay is this one.
pub(crate) fn read(
    section: &Section<'_>,
    range: &RangeInclusive<Duration>,
    usual: Duration,
    found: &mut Findings,
) -> Retries {
    let mut rule = |key: &str| {
        let never = match section.get(key)?.get_ref() {
            DeValue::String(text) => text.as_ref() == NEVER,
            _ => false,
        };
        if never {
            return Some(Again::Never);
        }
        let delay = section.duration(key, range.clone(), usual, found);
        (delay != usual).then_some(Again::After(delay))
    };
    let [busy, no_answer, failed, machine] =
        ["retry_busy", "retry_no_answer", "retry_failed", "retry_machine"].map(&mut rule);
    let agent = section.duration("retry_agent", range.clone(), usual, found);
    let agent = (agent != usual).then_some(agent);
    Retries { busy, no_answer, failed, machine, agent }
}
