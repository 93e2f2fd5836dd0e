//! `profile = "…"`: keys that an operator did not write, taken from a bundled file.
//!
//! A profile is a part of a configuration: whatever it sets could be written by hand, and whatever
//! is written by hand goes before it. A section of it stands for every section of that name. Nobody
//! else learns which profile it was: there is no other place that knows these names.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use crate::finding::Findings;
use crate::nearest::nearest;
use crate::schema::{self, Shape};
use crate::section::shown;

/// Every bundled profile: its name, and its text.
pub const PROFILES: [(&str, &str); 6] = [
    ("rappel", include_str!("../../../profiles/rappel.toml")),
    ("zendesk", include_str!("../../../profiles/zendesk.toml")),
    ("8x8", include_str!("../../../profiles/8x8.toml")),
    ("dynamics", include_str!("../../../profiles/dynamics.toml")),
    ("genesys", include_str!("../../../profiles/genesys.toml")),
    ("iadvize", include_str!("../../../profiles/iadvize.toml")),
];

/// Takes `profile` out of the file, and puts in what it stands for. Whatever is wrong with that is
/// found at the key.
pub(crate) fn apply(root: &mut DeTable<'_>, found: &mut Findings) {
    let Some(value) = root.remove("profile") else { return };
    let span = value.span();
    let names: Vec<String> = PROFILES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let expected = format!("one of {}", names.join(", "));
    let DeValue::String(name) = value.get_ref() else {
        let hint = "write profile = \"rappel\" at the beginning of the file";
        return found.error(&span, "`profile` is not a name in quotes", expected, hint);
    };
    let Some((_, text)) = PROFILES.iter().find(|(known, _)| *known == name.as_ref()) else {
        let hint = match nearest(name, PROFILES.iter().map(|(known, _)| *known)) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => "leave the key out for Rappel's own defaults".to_owned(),
        };
        let problem = format!("there is no profile `{}`", shown(name));
        return found.error(&span, problem, expected, hint);
    };
    let profile = DeTable::parse(text).expect("the bundled profiles are read in a test");
    for (section, keys) in profile.into_inner() {
        let DeValue::Table(keys) = keys.into_inner() else { continue };
        fill(root, section.get_ref(), &keys, &span);
    }
}

/// Puts `keys` into every section `name` of the file that does not have them.
fn fill<'a>(root: &mut DeTable<'a>, name: &str, keys: &DeTable<'static>, at: &Range<usize>) {
    let single = schema::section(name).is_some_and(|section| section.shape == Shape::One);
    if single && !root.contains_key(name) {
        let key = Spanned::new(at.clone(), DeString::Owned(name.to_owned()));
        root.insert(key, Spanned::new(at.clone(), DeValue::Table(DeTable::new())));
    }
    match root.get_mut(name).map(Spanned::get_mut) {
        Some(DeValue::Table(table)) => add(table, keys, at),
        Some(DeValue::Array(sections)) => {
            for section in sections.iter_mut() {
                if let DeValue::Table(table) = section.get_mut() {
                    add(table, keys, at);
                }
            }
        }
        Some(_) | None => {}
    }
}

fn add<'a>(table: &mut DeTable<'a>, keys: &DeTable<'static>, at: &Range<usize>) {
    for (key, value) in keys.iter() {
        if !table.contains_key(key.get_ref().as_ref()) {
            let key = Spanned::new(at.clone(), DeString::Owned(key.get_ref().to_string()));
            table.insert(key, placed(value, at));
        }
    }
}

/// The value, as if it stood at `at`.
fn placed(value: &Spanned<DeValue<'static>>, at: &Range<usize>) -> Spanned<DeValue<'static>> {
    let inner = match value.get_ref() {
        DeValue::Array(list) => {
            let mut placed_list = DeArray::new();
            list.iter().for_each(|element| placed_list.push(placed(element, at)));
            DeValue::Array(placed_list)
        }
        other => other.clone(),
    };
    Spanned::new(at.clone(), inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MINIMAL, read};

    #[test]
    fn every_profile_is_read_without_a_word() {
        for (name, _) in PROFILES {
            let text = format!("profile = \"{name}\"\n{MINIMAL}");
            let said = read("rappel.toml", &text).map(|(_, _, warnings)| warnings);
            assert_eq!(said.map_err(|found| found[0].render()), Ok(vec![]), "{name}");
        }
    }

    #[test]
    fn a_profile_says_only_what_stands_in_sections() {
        for (name, text) in PROFILES {
            let profile = DeTable::parse(text).expect("a profile is TOML");
            for (section, keys) in profile.get_ref() {
                let known = schema::section(section.get_ref());
                let known = known.unwrap_or_else(|| panic!("{name}: {section:?}"));
                let DeValue::Table(keys) = keys.get_ref() else { panic!("{name}: {section:?}") };
                for key in keys.keys() {
                    assert!(known.keys.contains(&key.get_ref().as_ref()), "{name}: {key:?}");
                }
            }
        }
    }

    #[test]
    fn the_engines_own_profile_changes_nothing() {
        let plain = read("rappel.toml", MINIMAL).expect("it is read");
        let text = format!("profile = \"rappel\"\n{MINIMAL}");
        assert_eq!(read("rappel.toml", &text).expect("it is read"), plain);
    }

    #[test]
    fn what_is_written_goes_before_the_profile() {
        let text = format!("profile = \"iadvize\"\n{MINIMAL}");
        let (settings, _, _) = read("rappel.toml", &text).expect("it is read");
        assert_eq!(settings.queue.queues.values().next().map(|q| q.attempts_total), Some(6));
        let own = text.replace("[[queue]]", "[[queue]]\nattempts = 2");
        let (settings, _, _) = read("rappel.toml", &own).expect("it is read");
        assert_eq!(settings.queue.queues.values().next().map(|q| q.attempts_total), Some(2));
    }
}
