//! An operator's directory, right and wrong in every way.

use super::*;

const TONE: [i16; 320] = [1_000; 320];

struct Shelf {
    directory: tempfile::TempDir,
}

impl Shelf {
    fn empty() -> Shelf {
        Shelf { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn with(self, name: &str, bytes: &[u8]) -> Shelf {
        let file = self.directory.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, bytes).expect("a file");
        self
    }

    fn load(&self, wanted: &[Wanted]) -> Prompts {
        load(Some(self.directory.path()), wanted)
    }

    fn check(&self, wanted: &[Wanted]) -> Vec<String> {
        self.said(&check(Some(self.directory.path()), wanted))
    }

    /// The problems without the name of the temporary directory.
    fn said(&self, problems: &[PromptProblem]) -> Vec<String> {
        let directory = format!("{}/", self.directory.path().display());
        problems.iter().map(|problem| problem.to_string().replace(&directory, "")).collect()
    }
}

fn line(language: &str, greeting: Option<&str>) -> Wanted {
    let own = greeting.map(|file| (file.to_owned(), Phrase::Greeting));
    Wanted { language: LanguageTag::from(language), own: own.into_iter().collect() }
}

fn right() -> Vec<u8> {
    wav::write_mono(&TONE)
}

/// A right file whose header says another rate.
fn at_rate(rate: u32) -> Vec<u8> {
    let mut bytes = right();
    bytes[24..28].copy_from_slice(&rate.to_le_bytes());
    bytes[28..32].copy_from_slice(&(rate * 2).to_le_bytes());
    bytes
}

#[test]
fn every_phrase_is_bundled_in_every_language_and_nothing_else_is() {
    let mut phrases = BTreeSet::new();
    for phrase in Phrase::all() {
        let folders: &[&str] = if phrase.is_neutral() { &["common"] } else { BUNDLED_LANGUAGES };
        phrases.extend(folders.iter().map(|folder| format!("{folder}/{}", phrase.clip())));
    }
    for language in BUNDLED_LANGUAGES {
        let pieces = ivr::pieces(language);
        phrases.extend(pieces.iter().map(|piece| format!("{language}/{}", piece.clip())));
    }
    let clips = bundled();
    assert_eq!(clips.keys().cloned().collect::<BTreeSet<_>>(), phrases);
    assert!(clips.values().all(|samples| samples.len() >= 1_600), "a clip is under 0.2 s");
}

#[test]
fn no_bundled_prompt_is_silent_or_clipped() {
    for (name, samples) in bundled() {
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        assert!((2_000..23_198).contains(&peak), "{name}: peak {peak}, -3 dBFS is 23,198");
    }
}

#[test]
fn every_bundled_prompt_has_its_text() {
    for language in BUNDLED_LANGUAGES {
        let texts = format!("{}/../../prompts/{language}/texts.toml", env!("CARGO_MANIFEST_DIR"));
        let texts = std::fs::read_to_string(texts).expect("the texts");
        let everywhere = Phrase::all().into_iter().filter(|phrase| !phrase.is_neutral());
        for phrase in everywhere.chain(ivr::pieces(language)) {
            let entry = format!("\n{} = \"", phrase.clip());
            assert!(texts.contains(&entry), "{language}: {}", phrase.clip());
        }
    }
}

#[test]
fn without_a_directory_the_bundled_prompts_are_played_and_nothing_is_wrong() {
    let prompts = load(None, &[line("fr", None)]);
    assert_eq!(prompts.problems(), []);
    assert_eq!(prompts.len(), BUNDLED.concat().len());
}

#[test]
fn an_operators_file_is_looked_up_first_and_the_others_stay() {
    let shelf = Shelf::empty().with("en/menu.wav", &right());
    let prompts = shelf.load(&[line("en", None)]);
    assert_eq!(prompts.problems(), []);
    assert_eq!(prompts.clips["en/menu"], TONE);
    assert_eq!(prompts.clips["en/offer"], bundled()["en/offer"]);
    assert_eq!(prompts.clips["fr/menu"], bundled()["fr/menu"]);
}

#[test]
fn a_file_at_44100_hz_is_never_played_at_the_wrong_speed() {
    let shelf = Shelf::empty().with("en/menu.wav", &at_rate(44_100));
    let prompts = shelf.load(&[line("en", None)]);
    assert_eq!(prompts.clips["en/menu"], bundled()["en/menu"]);
    assert_eq!(
        shelf.said(prompts.problems()),
        ["en/menu.wav is 44100 Hz mono 16-bit PCM; needs 8000 Hz mono 16-bit PCM: convert with: \
          sox IN -r 8000 -c 1 -e signed-integer -b 16 OUT (the bundled file is played instead)"]
    );
}

#[test]
fn a_file_that_was_cut_off_on_its_way_is_named_with_what_is_left() {
    let whole = right();
    let shelf = Shelf::empty().with("common/music.wav", &whole[..whole.len() - 100]);
    assert_eq!(
        shelf.check(&[]),
        ["common/music.wav is cut off: 540 of 640 bytes of sound are there; copy or export it \
          again, or keep what is there with: sox --ignore-length IN OUT (the bundled file is \
          played instead)"]
    );
}

#[test]
fn text_empty_files_and_folders_with_the_name_of_a_prompt_are_not_played() {
    let shelf = Shelf::empty()
        .with("en/menu.wav", b"hello")
        .with("en/offer.wav", b"")
        .with("en/plus.wav/inside", b"");
    let said = shelf.check(&[line("en", None)]).join("\n");
    assert!(said.contains("en/menu.wav is not a WAV file"), "{said}");
    assert!(said.contains("en/offer.wav is empty"), "{said}");
    assert!(said.contains("en/plus.wav is not a file"), "{said}");
    assert_eq!(shelf.load(&[]).clips["en/plus"], bundled()["en/plus"]);
}

#[test]
fn a_file_over_the_limit_is_not_even_read() {
    let shelf = Shelf::empty().with("en/menu.wav", &right());
    let file = std::fs::File::options()
        .write(true)
        .open(shelf.directory.path().join("en/menu.wav"))
        .expect("the file");
    file.set_len(PROMPT_BYTES_MAX as u64 + 1).expect("a longer file");
    assert!(shelf.check(&[])[0].starts_with("en/menu.wav is 10000001 bytes; a prompt has at most"));
}

#[test]
fn a_greeting_of_a_line_is_a_file_beside_the_others() {
    let shelf = Shelf::empty().with("fr/welcome-sales.wav", &right());
    let wanted = [line("fr", Some("welcome-sales"))];
    assert_eq!(shelf.check(&wanted), [""; 0]);
    assert_eq!(shelf.load(&wanted).clips["fr/welcome-sales"], TONE);
}

#[test]
fn a_greeting_that_is_missing_is_named_and_the_usual_one_is_played() {
    let shelf = Shelf::empty();
    let wanted = [line("fr", Some("welcome-sales"))];
    assert_eq!(
        shelf.check(&wanted),
        ["fr/welcome-sales.wav is missing; record it, or correct the line's language or greeting \
          (fr/greeting.wav is played instead)"]
    );
    assert_eq!(shelf.load(&wanted).clips["fr/welcome-sales"], bundled()["fr/greeting"]);
    assert_eq!(load(None, &wanted).problems().len(), 1);
}

#[test]
fn a_language_of_the_operators_own_must_be_whole_and_english_stands_in_for_what_lacks() {
    let mut shelf = Shelf::empty();
    for phrase in Phrase::all().iter().filter(|phrase| !phrase.is_neutral()) {
        if *phrase != Phrase::Confirm {
            shelf = shelf.with(&format!("nl/{}.wav", phrase.clip()), &right());
        }
    }
    let wanted = [line("nl", None)];
    assert_eq!(
        shelf.check(&wanted),
        ["nl/confirm.wav is missing; record it, or correct the line's language or greeting \
          (en/confirm.wav is played instead)"]
    );
    let prompts = shelf.load(&wanted);
    assert_eq!(prompts.clips["nl/menu"], TONE);
    assert_eq!(prompts.clips["nl/confirm"], bundled()["en/confirm"]);
}

#[test]
fn a_name_that_leads_out_of_the_directory_is_refused() {
    let shelf = Shelf::empty().with("outside.wav", &right());
    let said = shelf.check(&[line("en", Some("../outside"))]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("is not a plain name"), "{said:?}");
}

#[test]
fn a_slip_in_a_files_name_is_found() {
    let shelf = Shelf::empty().with("en/menue.wav", &right()).with("en/offer.WAV", &right());
    assert_eq!(
        shelf.check(&[line("en", None)]),
        [
            "en/menue.wav is the name of no prompt; rename it, or name it as a line's greeting",
            "en/offer.WAV is the name of no prompt; rename it, or name it as a line's greeting"
        ]
    );
}

#[test]
fn no_more_than_a_thousand_entries_of_a_folder_are_looked_at() {
    let mut shelf = Shelf::empty();
    for number in 0..FOLDER_ENTRIES_MAX + 5 {
        shelf = shelf.with(&format!("en/slip-{number}.wav"), b"");
    }
    assert_eq!(shelf.check(&[line("en", None)]).len(), FOLDER_ENTRIES_MAX);
}

#[test]
fn of_several_directories_the_first_that_has_a_right_file_gives_it() {
    let second = wav::write_mono(&[2_000; 320]);
    let first = Shelf::empty().with("en/menu.wav", &right()).with("en/offer.wav", b"hello");
    let second = Shelf::empty()
        .with("en/menu.wav", &second)
        .with("en/offer.wav", &second)
        .with("en/plus.wav", &second);
    let prompts = load([first.directory.path(), second.directory.path()], &[line("en", None)]);
    assert_eq!(prompts.clips["en/menu"], TONE);
    assert_eq!(prompts.clips["en/offer"], [2_000; 320]);
    assert_eq!(prompts.clips["en/plus"], [2_000; 320]);
    let said = first.said(prompts.problems());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("en/offer.wav is not a WAV file"), "{said:?}");
    assert!(said[0].ends_with("(that of another directory is played instead)"), "{said:?}");
}

#[test]
fn a_directory_that_is_not_there_is_said_once_and_the_bundled_prompts_are_played() {
    let prompts = load([Path::new("no/such/directory")], &[line("en", None)]);
    assert_eq!(prompts.problems().len(), 1);
    assert!(prompts.problems()[0].to_string().starts_with(
        "no/such/directory is not a directory; create it, or correct its name in the configuration"
    ));
    assert_eq!(prompts.len(), BUNDLED.concat().len());
}

#[test]
fn the_catalog_has_every_clip_under_the_name_that_the_engine_asks_for() {
    let catalog = load(None, &[]).catalog();
    for name in ["en/menu", "fr/digit-3", "common/music"] {
        assert!(catalog.find(name).is_some(), "{name}");
    }
    assert!(catalog.find("en/music").is_none());
}

#[test]
fn a_whisper_that_is_missing_is_told_and_nothing_stands_for_it() {
    let text = config::MINIMAL.replace("[[line]]", "[[line]]\nwhisper_agent = \"about\"");
    let (settings, _, _) = config::read("rappel.toml", &text).expect("it is right");
    let wanted = Wanted::by(&settings);
    let shelf = Shelf::empty();
    assert_eq!(
        shelf.said(shelf.load(&wanted).problems()),
        ["en/about.wav is missing; record it, or correct the line's language or greeting \
          (nothing is played instead)"]
    );
    let shelf = shelf.with("en/about.wav", &right());
    let prompts = shelf.load(&wanted);
    assert_eq!(prompts.problems(), []);
    assert!(prompts.clips().any(|(name, _)| name == "en/about"));
}

#[test]
fn music_of_ones_own_is_played_and_what_cannot_be_leaves_the_bundled_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("hold.wav");
    std::fs::write(&file, wav::write_mono(&[7; 16_000])).expect("it is written");
    let clip = |prompts: &Prompts| prompts.clips["common/music"].clone();
    let own = load(None, &[]).with_music(&file, 32_044);
    assert_eq!((clip(&own).len(), own.problems().len()), (16_000, 0));
    let other = load(None, &[]).with_music(&file, 32_043);
    assert_eq!(clip(&other), clip(&load(None, &[])));
    let said = other.problems()[0].to_string();
    let why = "has 32044 bytes, and 32043 are allowed; make it shorter, or an MP3";
    assert_eq!(said, format!("{} {why} (the bundled music is played instead)", file.display()));
    assert!(music(directory.path(), 1_000).is_err_and(|why| why.contains("is not a file")));
    assert!(music(&directory.path().join("none.mp3"), 1_000).is_err());
}
