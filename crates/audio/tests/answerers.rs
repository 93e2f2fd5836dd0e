//! Every bundled prompt, as if it were what somebody says who answers.

#![allow(clippy::disallowed_methods, reason = "a test reads the prompts")]

use audio::answerer::{Answerer, Judge};

/// What is decided of a recording and the silence after it.
fn who(samples: &[i16]) -> Answerer {
    let mut judge = Judge::new();
    let silence = vec![0; 48_000];
    judge.hear(samples).or_else(|| judge.hear(&silence)).expect("six seconds are enough")
}

#[test]
fn spoken_sentences_are_machines_or_not_sure_and_spoken_words_are_people() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts");
    let (mut sentences, mut machines, mut words, mut wrong) = (0, 0, 0, 0);
    for folder in ["en", "fr", "de", "es"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the prompts are here") {
            let path = entry.expect("a file").path();
            if path.extension().is_none_or(|ending| ending != "wav") {
                continue;
            }
            let bytes = std::fs::read(&path).expect("it can be read");
            let samples = audio::wav::read_prompt(&bytes).expect("it can be played");
            let machine = i32::from(who(&samples) == Answerer::Machine);
            match samples.len() / 8 {
                4_000.. => (sentences, machines) = (sentences + 1, machines + machine),
                ..1_000 => (words, wrong) = (words + 1, wrong + machine),
                _ => {}
            }
        }
    }
    assert!(sentences >= 10 && words >= 20, "{sentences} sentences, {words} words");
    assert!(machines * 4 >= sentences * 3, "{machines} of {sentences} sentences");
    assert_eq!(wrong, 0, "of {words} words");
}
