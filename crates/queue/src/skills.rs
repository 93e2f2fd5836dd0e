//! What works ask of agents, and which agents have it.
//!
//! Works that ask for the same are of one kind, by the number of their list: so the plan looks at
//! as many heads as there are different lists among those who wait, and never at who waits behind.

use std::collections::BTreeMap;

use ledger::Need;

/// Most different lists of skills that wait at once; a wish that asks for one more is refused.
pub const LISTS_MAX: usize = 1_000;

/// A list of skills by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Needs(u16);

impl Needs {
    /// Asks for nothing.
    pub(crate) const NONE: Needs = Needs(0);
}

/// Every list that is asked for at this moment.
#[derive(Debug)]
pub(crate) struct Skills {
    lists: Vec<Asked>,
    numbers: BTreeMap<Vec<Need>, Needs>,
    /// The numbers that nobody has any more.
    spare: Vec<Needs>,
}

/// One list, and how many calls and requests ask for it.
#[derive(Debug)]
struct Asked {
    list: Vec<Need>,
    by: usize,
}

impl Default for Skills {
    fn default() -> Skills {
        let nothing = Asked { list: Vec::new(), by: 0 };
        Skills { lists: vec![nothing], numbers: BTreeMap::new(), spare: Vec::new() }
    }
}

impl Skills {
    /// The number of a list for one more who asks for it, until [`Skills::release`]. What the
    /// settings and the journal ask for is always taken in; beyond [`LISTS_MAX`] by far, it asks
    /// for nothing.
    pub(crate) fn ask(&mut self, list: &[Need]) -> Needs {
        let list = all_of(&[list]);
        if list.is_empty() {
            return Needs::NONE;
        }
        let known = self.numbers.get(&list).copied();
        let Some(needs) = known.or_else(|| self.take_in(&list)) else { return Needs::NONE };
        self.lists[usize::from(needs.0)].by += 1;
        needs
    }

    fn take_in(&mut self, list: &[Need]) -> Option<Needs> {
        let asked = Asked { list: list.to_vec(), by: 0 };
        let needs = match self.spare.pop() {
            Some(needs) => {
                self.lists[usize::from(needs.0)] = asked;
                needs
            }
            None => {
                let number = u16::try_from(self.lists.len()).ok()?;
                self.lists.push(asked);
                Needs(number)
            }
        };
        self.numbers.insert(list.to_vec(), needs);
        Some(needs)
    }

    /// One who asked for it has left.
    pub(crate) fn release(&mut self, needs: Needs) {
        if needs == Needs::NONE {
            return;
        }
        let asked = &mut self.lists[usize::from(needs.0)];
        asked.by -= 1;
        if asked.by == 0 {
            self.numbers.remove(&std::mem::take(&mut asked.list));
            self.spare.push(needs);
        }
    }

    /// Whether a list is known, or one more may be.
    pub(crate) fn has_room_for(&self, list: &[Need]) -> bool {
        self.numbers.len() < LISTS_MAX || self.numbers.contains_key(&all_of(&[list]))
    }

    /// What is asked for.
    pub(crate) fn list(&self, needs: Needs) -> &[Need] {
        &self.lists[usize::from(needs.0)].list
    }

    /// The first that somebody with these skills lacks.
    pub(crate) fn lacks(&self, has: &BTreeMap<String, u8>, needs: Needs) -> Option<&Need> {
        self.list(needs).iter().find(|need| !need.is_met_by(has))
    }
}

/// How much of a skill is there.
pub(crate) fn level(has: &BTreeMap<String, u8>, skill: &str) -> u8 {
    has.get(skill).copied().unwrap_or(0)
}

/// Every skill of these lists once, at its highest level, in the order of names.
pub(crate) fn all_of(lists: &[&[Need]]) -> Vec<Need> {
    let mut levels: BTreeMap<&str, u8> = BTreeMap::new();
    for need in lists.iter().flat_map(|list| list.iter()) {
        let level = levels.entry(&need.skill).or_default();
        *level = need.level.max(*level);
    }
    levels.into_iter().map(|(skill, level)| Need { skill: skill.to_owned(), level }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(text: &str) -> Need {
        Need::parse(text).expect("a need")
    }

    #[test]
    fn lists_that_ask_for_the_same_have_one_number() {
        let mut skills = Skills::default();
        let both = [need("french>=2"), need("tax")];
        let number = skills.ask(&both);
        assert_eq!(skills.ask(&[need("tax"), need("french>=2"), need("french")]), number);
        assert_eq!(skills.ask(&[]), Needs::NONE);
        let has = [("french".to_owned(), 2)].into();
        assert_eq!(skills.lacks(&has, number), Some(&need("tax")));
        assert_eq!(skills.lacks(&has, Needs::NONE), None);
    }

    #[test]
    fn a_list_is_kept_until_the_last_who_asks_for_it_has_left() {
        let mut skills = Skills::default();
        let tax = skills.ask(&[need("tax")]);
        skills.ask(&[need("tax")]);
        skills.release(tax);
        assert_eq!(skills.list(tax), [need("tax")]);
        skills.release(tax);
        assert_eq!(skills.ask(&[need("law")]), tax);
        assert_eq!((skills.lists.len(), skills.numbers.len()), (2, 1));
    }

    #[test]
    fn beyond_the_limit_no_new_list_is_taken() {
        let mut skills = Skills::default();
        let mut last = Needs::NONE;
        for n in 0..LISTS_MAX {
            assert!(skills.has_room_for(&[need(&format!("skill-{n}"))]));
            last = skills.ask(&[need(&format!("skill-{n}"))]);
        }
        assert!(!skills.has_room_for(&[need("one-more")]));
        assert!(skills.has_room_for(&[need("skill-7")]));
        skills.release(last);
        assert!(skills.has_room_for(&[need("one-more")]));
    }
}
