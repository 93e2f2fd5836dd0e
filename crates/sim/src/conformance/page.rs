//! docs/compatibility.md, as the run says it.

use std::fmt::Write as _;

use super::{Outcome, PRODUCTS, Verdict};

/// What stands above the tables.
const HEAD: &str = "\
# Compatibility

What Rappel does of what five products do, row by row. Each row is a story that `rappel conformance` plays through the
whole engine on a virtual clock; the far end's phones, what is played to them and the facts on the disk are its witnesses.
This page is written by `cargo xtask bless sim` from such a run; a test compares the two.

A `profile` of a configuration only sets what an operator could set by hand: `profiles/NAME.toml` says what.

";

/// The page of a run of all rows.
pub fn page(outcomes: &[Outcome]) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| profile | rows | passing | not yet |\n|---|---|---|---|\n");
    let count = |profile: &str, passed: bool| {
        let of_profile = |outcome: &&Outcome| outcome.row.profile() == profile;
        let outcomes = outcomes.iter().filter(of_profile);
        outcomes.filter(|outcome| (outcome.verdict == Verdict::Passed) == passed).count()
    };
    for (profile, _) in PRODUCTS {
        let (passed, not) = (count(profile, true), count(profile, false));
        let _ = writeln!(text, "| {profile} | {} | {passed} | {not} |", passed + not);
    }
    for (profile, _) in PRODUCTS {
        let _ = write!(text, "\n## {profile}\n| row | behaviour | kind | |\n|---|---|---|---|\n");
        for outcome in outcomes.iter().filter(|outcome| outcome.row.profile() == profile) {
            let verdict = match &outcome.verdict {
                Verdict::Passed => format!("`{}`", outcome.story),
                Verdict::Failed(why) => format!("**fails**: {why}"),
                Verdict::NotYet(why) => format!("not yet: {why}"),
            };
            let row = outcome.row;
            let _ = writeln!(text, "| {} | {} | {} | {verdict} |", row.id, row.says, row.kind);
        }
    }
    text
}
