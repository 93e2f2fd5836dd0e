//! The behaviours of the five products, one executable check each, told as short stories.
//!
//! A story sets up the engine by the text of a configuration, lets people call, press keys and
//! answer on the virtual clock, and asks the far end what it saw: its SIP, what it was played, the
//! facts on the disk. The engine's own word counts for nothing. The oracles judge every scene too.
//!
//! A story is a function whose name carries its row: `z13_other_number_must_be_e164`. Rows without
//! a story stand in [`not_yet`] with the reason; that list may only shrink.

mod appointments;
mod called_in;
mod catalogue;
mod contradictions;
mod dynamics;
mod ear;
mod eight;
mod exits;
mod flows;
mod genesys;
mod iadvize;
mod not_yet;
mod observe;
mod outside;
mod page;
mod puppet;
mod recorded;
mod scene;
mod setup;
mod tale;
mod usual;
mod wishes;
mod zendesk;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use media::Catalog;

pub use catalogue::{Kind, ROWS, Row};
pub use contradictions::{CONTRADICTIONS, Contradiction, Side};
pub use not_yet::NOT_YET;
pub use page::page;
pub use scene::Scene;
pub use setup::Setup;
pub use tale::{Tale, Told};

/// One story.
pub type Story = fn(&mut Tale) -> Told;

/// The five products, by the profile that makes the engine behave as each does, with the letter of
/// its rows.
pub const PRODUCTS: [(&str, char); 5] =
    [("zendesk", 'Z'), ("8x8", 'E'), ("dynamics", 'D'), ("genesys", 'G'), ("iadvize", 'I')];

/// What came of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The far end saw what the row asks for.
    Passed,
    /// It did not: what was expected and was not so.
    Failed(String),
    /// There is no story yet, and why.
    NotYet(&'static str),
}

/// One row that was run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The row.
    pub row: &'static Row,
    /// The name of the story, or nothing.
    pub story: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// What happened, in words, with the time of each thing.
    pub lines: Vec<String>,
}

/// Every story by the name of its function.
pub fn stories() -> Vec<(&'static str, Story)> {
    [
        zendesk::STORIES,
        eight::STORIES,
        dynamics::STORIES,
        genesys::STORIES,
        iadvize::STORIES,
        recorded::STORIES,
        appointments::STORIES,
        flows::STORIES,
        outside::STORIES,
        exits::STORIES,
    ]
    .concat()
}

/// The row of a story, by the beginning of its name: `z13_…` is row `Z13`.
pub fn row_of(story: &str) -> Option<&'static Row> {
    let id = story.split('_').next()?.to_ascii_uppercase();
    ROWS.iter().find(|row| row.id == id)
}

/// Runs the rows that are wanted, in their order, and tells of each as it ends.
pub fn run(wanted: impl Fn(&Row) -> bool, mut tell: impl FnMut(&Outcome)) -> Vec<Outcome> {
    let stories = stories();
    let clips = setup::clips();
    let outcomes = ROWS.iter().filter(|row| wanted(row)).map(|row| {
        let of_row = |(name, _): &&(&str, Story)| row_of(name).is_some_and(|it| it.id == row.id);
        let outcome = match stories.iter().find(of_row) {
            Some((name, story)) => perform(row, name, *story, &clips),
            None => {
                let why = NOT_YET.iter().find(|(id, _)| *id == row.id).map(|(_, why)| *why);
                let verdict = Verdict::NotYet(why.unwrap_or("nobody has said why"));
                Outcome { row, story: "", verdict, lines: Vec::new() }
            }
        };
        tell(&outcome);
        outcome
    });
    outcomes.collect()
}

/// Performs one story. An engine that panics has failed it.
fn perform(row: &'static Row, name: &'static str, story: Story, clips: &Arc<Catalog>) -> Outcome {
    let mut tale = Tale::new(row.profile(), Arc::clone(clips));
    let told = catch_unwind(AssertUnwindSafe(|| story(&mut tale)));
    let verdict = match told {
        Ok(Ok(())) if tale.lines().is_empty() => Verdict::Failed("it told nothing".into()),
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(why)) => Verdict::Failed(why),
        Err(_) => Verdict::Failed("the engine panicked".into()),
    };
    Outcome { row, story: name, verdict, lines: tale.into_lines() }
}

/// Names stories: their functions, with the names as text.
macro_rules! tells {
    ($($name:ident),* $(,)?) => {
        /// The stories of this room.
        pub(super) const STORIES: &[(&str, super::Story)] =
            &[$((stringify!($name), $name as super::Story)),*];
    };
}
pub(crate) use tells;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_one_story_or_one_reason() {
        let mut seen = BTreeSet::new();
        for (name, _) in stories() {
            let row = row_of(name).unwrap_or_else(|| panic!("{name} is no row"));
            assert!(seen.insert(row.id), "{} is told twice", row.id);
        }
        for (id, why) in NOT_YET {
            assert!(ROWS.iter().any(|row| row.id == *id), "{id} is no row");
            assert!(seen.insert(id), "{id} has a story, or two reasons: take it out of not_yet");
            assert!(why.len() > 10, "{id}: {why}");
        }
        let missing: Vec<&str> =
            ROWS.iter().map(|row| row.id).filter(|id| !seen.contains(id)).collect();
        assert!(missing.is_empty(), "neither story nor reason: {missing:?}");
    }

    #[test]
    fn each_side_of_a_contradiction_has_a_story_that_ends_well() {
        let clips = setup::clips();
        for contradiction in CONTRADICTIONS {
            for (_, side) in contradiction.sides {
                match side {
                    Side::Row(id) => assert!(ROWS.iter().any(|row| row.id == *id), "{id}"),
                    Side::Own(name, story) => {
                        let mut tale = Tale::new("rappel", Arc::clone(&clips));
                        let told = story(&mut tale);
                        assert_eq!(told, Ok(()), "{name}\n{}", tale.lines().join("\n"));
                    }
                }
            }
        }
    }

    #[test]
    fn every_story_ends_well_and_the_page_says_so() {
        let outcomes = run(|_| true, |_| {});
        let broken = outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(why) => {
                let lines = outcome.lines.join("\n    ");
                Some(format!("{}: {why}\n    {lines}", outcome.story))
            }
            Verdict::Passed | Verdict::NotYet(_) => None,
        });
        let broken: Vec<String> = broken.collect();
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        expect_test::expect_file!["../../../../docs/compatibility.md"].assert_eq(&page(&outcomes));
    }

    #[test]
    fn a_callback_in_which_they_hardly_talked_is_made_again() {
        let mut tale = Tale::new("rappel", setup::clips());
        let setup = tale
            .setup(1)
            .with("queue", "attempts", "2")
            .with("queue", "min_talk", "\"30s\"")
            .with("queue", "short_talk_delay", "\"60s\"");
        let told = (|| {
            let mut s = tale.scene(&setup)?;
            s.is_promised("ada", "21")?;
            s.online("agent-1");
            s.calls_back("agent-1", "ada")?;
            s.hangs_up("ada");
            s.wait(50);
            s.same("it failed", s.dial_outcomes(), vec![ledger::DialOutcome::TooShort])?;
            s.same("and is not made again at once", s.rung("agent-1").len(), 1)?;
            s.calls_back("agent-1", "ada")?;
            s.wait(30);
            s.hangs_up("ada");
            s.request_ends(ledger::RequestEnd::Completed, 5)?;
            s.end()
        })();
        assert_eq!(told, Ok(()), "{}", tale.lines().join("\n"));
    }

    #[test]
    fn a_story_that_expects_what_is_not_so_fails() {
        let story: Story = |tale| {
            let setup = tale.setup(1);
            let mut scene = tale.scene(&setup)?;
            scene.calls("ada");
            scene.hears_within("ada", "promised", 20).map(|_| ())
        };
        let outcome = perform(&ROWS[0], "z01_wrong", story, &setup::clips());
        let why = "within 20 s: ada hears promised".to_owned();
        assert_eq!(outcome.verdict, Verdict::Failed(why));
        assert_eq!(outcome.lines, ["0:00 ada calls"]);
    }

    #[test]
    fn a_story_that_says_nothing_fails() {
        let outcome = perform(&ROWS[0], "z01_silent", |_| Ok(()), &setup::clips());
        assert_eq!(outcome.verdict, Verdict::Failed("it told nothing".into()));
    }
}
