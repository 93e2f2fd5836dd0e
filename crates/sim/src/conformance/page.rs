//! docs/compatibility.md, as the run says it.

use std::fmt::Write as _;

use super::{CONTRADICTIONS, Contradiction, Outcome, PRODUCTS, Side, Verdict};

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
    contradictions(&mut text, outcomes);
    text
}

/// Where the products do not agree, and what shows each side.
fn contradictions(text: &mut String, outcomes: &[Outcome]) {
    text.push_str(
        "\n## Where the products contradict each other\nEach question is a setting; each side of it has a story. \
         Those without a row are told with the engine's own defaults.\n\n\
         | question | setting | side | story |\n|---|---|---|---|\n",
    );
    for Contradiction { question, setting, sides } in CONTRADICTIONS {
        for (answer, side) in *sides {
            let story = match side {
                Side::Own(name, _) => format!("`{name}`"),
                Side::Row(id) => {
                    let outcome = outcomes.iter().find(|outcome| outcome.row.id == *id);
                    match outcome.filter(|outcome| outcome.verdict == Verdict::Passed) {
                        Some(outcome) => format!("`{}`", outcome.story),
                        None => format!("{id}: not yet"),
                    }
                }
            };
            let _ = writeln!(text, "| {question} | {setting} | {answer} | {story} |");
        }
    }
}
