//! What was switched, as steps of the story of somebody whom it concerns.

use super::{Step, story};
use crate::{Entry, Fact, Part, Switch};

/// Where a story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chapter {
    /// It has not begun.
    Before,
    /// It goes on.
    Open,
    /// It is over.
    Over,
}

impl Chapter {
    /// A fact of the story was told; the last one, or another.
    pub(super) fn after(self, last: bool) -> Chapter {
        if last || self == Chapter::Over { Chapter::Over } else { Chapter::Open }
    }
}

/// What is off before a story begins.
#[derive(Debug, Default)]
pub(super) struct Switches(Vec<(Switch, Part, Step)>);

impl Switches {
    /// A fact of that chapter; the step that it is, when it is one.
    pub(super) fn see(&mut self, entry: &Entry, chapter: Chapter) -> Option<Step> {
        let Fact::Switched { switch, of, on } = &entry.fact else { return None };
        let (what, why) = story::said(entry.at, &entry.fact);
        let step = Step { at: entry.at, what, why };
        match chapter {
            Chapter::Before => {
                self.0.retain(|(known, part, _)| (known, part) != (switch, of));
                if !on {
                    self.0.push((*switch, of.clone(), step));
                }
                None
            }
            Chapter::Open => Some(step),
            Chapter::Over => None,
        }
    }

    /// The story begins: what was off by then.
    pub(super) fn begin(&mut self) -> impl Iterator<Item = Step> {
        self.0.drain(..).map(|(_, _, step)| step)
    }
}
