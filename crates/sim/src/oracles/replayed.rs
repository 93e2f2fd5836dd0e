//! Again: every run of the queue, fed once more from its reel, decides the same, byte for byte.

use ledger::Fold;
use model::{Now, Seq};
use queue::reel::{Frames, Input};
use queue::replay::{Beginning, ReplayEnd, Replayed, replay};

use crate::oracle::{Oracle, Seen, Verdict};
use crate::world::World;

const NAME: &str = "again";

/// See the module.
#[derive(Default)]
pub struct Again;

impl Oracle for Again {
    fn see(&mut self, _: Now, _: &Seen<'_>) {}

    fn verdicts(&mut self, world: &World) -> Vec<Verdict> {
        let settings = world.queued_by();
        let runs = world.reels().iter().enumerate();
        let runs = runs.map(|(start, reel)| again(world, start, reel, settings));
        let differ = runs.filter(|run| !matches!(run.end, ReplayEnd::Same { .. }));
        differ.take(1).map(|run| Verdict::of_run(NAME, format!("{run:?}"))).collect()
    }
}

/// The run of one start once more, from a reel and the facts before it.
///
/// # Panics
/// When the reel does not begin as reels do.
pub fn again(world: &World, start: usize, reel: &[u8], settings: &[queue::Settings]) -> Replayed {
    let mut frames = Frames::of(reel).expect("a reel");
    let first = frames.next().expect("a beginning");
    let Input::Began(began) = &first.input else { panic!("a reel begins with {first:?}") };
    let end = world.reels().get(start + 1).map_or(Seq(u64::MAX), |reel| begins(reel));
    let mut fold = Fold::default();
    let facts = world.journal().durable().iter();
    facts.clone().filter(|entry| entry.seq < began.from).for_each(|entry| fold.apply(entry));
    let run = facts.filter(|entry| entry.seq >= began.from && entry.seq < end);
    let recovered = fold.recovered();
    let from = Beginning { settings, recovered: &recovered, people: world.journal().people() };
    replay(from, (&first, began), frames, run.cloned())
}

/// The place of the first fact of a reel's run.
fn begins(reel: &[u8]) -> Seq {
    let first = Frames::of(reel).expect("a reel").next();
    match first.map(|frame| frame.input) {
        Some(Input::Began(began)) => began.from,
        other => panic!("a reel begins with {other:?}"),
    }
}
