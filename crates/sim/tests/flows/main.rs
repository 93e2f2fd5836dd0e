//! Whole calls as ladders in text: what people do stands above the line, what happened below it.
//!
//! Each `tests/ladders/NAME.ladder` is one behaviour, named as a sentence. `UPDATE_EXPECT=1` (or
//! `cargo xtask bless sim`) records the lower half anew; the difference is then reviewed. SIP lines
//! come from the phones' own diaries, facts from the journal, prompts from the media orders.

mod led;
mod listening;
mod puppet;
mod script;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};

/// What separates the script from the record.
const LINE: &str = "----";

fn ladders() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ladders");
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the ladders are there")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ladder"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_call_runs_as_its_ladder_says() {
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    let files = ladders();
    assert!(files.len() >= 20, "the ladders are there");
    let mut broken = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a ladder can be read");
        let (script, expected) = text.split_once(LINE).unwrap_or((&text, ""));
        let record = stage::play(&script::read(script));
        let whole = format!("{}\n\n{LINE}\n{record}", script.trim_end());
        if bless {
            fs::write(&file, whole).expect("a ladder can be written");
        } else if expected.trim() != record.trim() {
            broken.push(format!("{}:\n{record}", file.display()));
        }
    }
    assert!(broken.is_empty(), "these calls run otherwise:\n{}", broken.join("\n"));
}

#[test]
#[should_panic(expected = "not a step")]
fn a_script_that_cannot_be_read_is_not_passed_over() {
    script::read("1 ada dances");
}
