//! The name that was probably meant.

/// A longer word is not compared: nobody mistypes a name of that length by two letters only.
const WORD_LENGTH_MAX: usize = 64;

/// Fewer letters are no beginning of a word.
const BEGINNING_LENGTH_MIN: usize = 4;

/// The candidate that is nearest to `word`, when one is near enough to be a slip of the hand:
/// at most a third of the letters differ, or one is the beginning of the other.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(WORD_LENGTH_MAX + 1).collect();
    if word.len() > WORD_LENGTH_MAX {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.to_lowercase().chars().collect();
        let steps = if begins(&word, &letters) { 1 } else { distance(&word, &letters) };
        let allowed = (letters.len().max(word.len()) / 3).max(1);
        if steps <= allowed && best.is_none_or(|(least, _)| steps < least) {
            best = Some((steps, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn begins(one: &[char], other: &[char]) -> bool {
    one.len().min(other.len()) >= BEGINNING_LENGTH_MIN
        && (one.starts_with(other) || other.starts_with(one))
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour (optimal
/// string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let width = other.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    for i in 1..=one.len() {
        let mut row = vec![i; width];
        for j in 1..width {
            let same = one[i - 1] == other[j - 1];
            let replaced = above[j - 1] + usize::from(!same);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_its_name_and_another_word_does_not() {
        let names = ["listen", "advertise", "user_agent", "sessions_max"];
        let cases = [
            ("lisen", Some("listen")),
            ("Listen", Some("listen")),
            ("litsen", Some("listen")),
            ("advertize", Some("advertise")),
            ("session_max", Some("sessions_max")),
            ("session", Some("sessions_max")),
            ("port", None),
            ("", None),
        ];
        for (word, wanted) in cases {
            assert_eq!(nearest(word, names), wanted, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(WORD_LENGTH_MAX + 1), ["x"]), None);
    }

    #[test]
    fn distances_are_counted_in_letters() {
        let count = |a: &str, b: &str| {
            distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("ab", "ba"), 1);
        assert_eq!(count("é", "e"), 1);
    }
}
