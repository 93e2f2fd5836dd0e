//! What agents may dial.

use config::read;
use engine::Feature;
use expect_test::expect;
use queue::AgentStatus;

use crate::{BASE, mistake};

fn codes(section: &str) -> Option<engine::FeatureCodes> {
    let (settings, _, _) = read("rappel.toml", &format!("{BASE}\n{section}")).expect("it is right");
    assert_eq!(settings.sip.phones_call, settings.feature_codes.is_some());
    settings.feature_codes
}

#[test]
fn without_the_section_agents_dial_nothing_and_an_empty_one_has_the_usual_codes() {
    assert_eq!(codes(""), None);
    let usual = codes("[feature_codes]\n").expect("codes");
    let text: Vec<&str> = usual.codes.iter().map(|(code, _)| &**code).collect();
    assert_eq!(text, ["*45", "*46", "*47", "*48", "*49", "*40"]);
    assert_eq!((usual.language.as_str(), usual.reasons.len()), ("en", 0));
}

#[test]
fn codes_are_replaced_or_left_out() {
    let section = "[feature_codes]\nonline = \"#1\"\ntransfer_only = \"off\"\n\
                   reasons = [\"break\", \"lunch\"]\nlanguage = \"fr\"\n";
    let set = codes(section).expect("codes");
    assert_eq!(&*set.codes[0].0, "#1");
    let transfer = Feature::Status(AgentStatus::TransferOnly);
    assert!(set.codes.iter().all(|(_, feature)| *feature != transfer));
    assert_eq!((set.reasons.len(), set.language.as_str()), (2, "fr"));
}

#[test]
fn a_code_that_could_be_a_number() {
    mistake(
        "[[trunk]]",
        "[feature_codes]\naway = \"46\"\n\n[[trunk]]",
        expect![[r#"
        Error 11:8
          × `away`: `46` is not a feature code
            ╭─[rappel.toml:11:8]
         11 │ away = "46"
            ·        ──┬─
            ·          ╰── expected a code such as "*45", or "off"
            ╰────
          help: a star or a hash first, so that no number is meant; then digits, * and #
    "#]],
    );
}

#[test]
fn a_code_that_another_one_has() {
    mistake(
        "[[trunk]]",
        "[feature_codes]\naway = \"*45\"\n\n[[trunk]]",
        expect![[r#"
        Error 11:8
          × `*45` is the code of `online`, too
            ╭─[rappel.toml:11:8]
         11 │ away = "*45"
            ·        ──┬──
            ·          ╰── expected a code of its own
            ╰────
          help: give `away` a code of its own, or "off"
    "#]],
    );
}

#[test]
fn a_code_that_is_another_one_with_a_reason() {
    mistake(
        "[[trunk]]",
        "[feature_codes]\nreasons = [\"break\"]\nstatus = \"*461\"\n\n[[trunk]]",
        expect![[r#"
            Error 12:10
              × `*461` is the code of `away` with a reason, too
                ╭─[rappel.toml:12:10]
             12 │ status = "*461"
                ·          ───┬──
                ·             ╰── expected a code of its own
                ╰────
              help: give `status` a code that does not begin with *46
        "#]],
    );
}

#[test]
fn a_tenth_reason() {
    mistake(
        "[[trunk]]",
        "[feature_codes]\nreasons = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\", \"10\"]\n\n[[trunk]]",
        expect![[r#"
            Error 11:57
              × `reasons` holds more than 9
                ╭─[rappel.toml:11:57]
             11 │ reasons = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
                ·                                                         ──┬─
                ·                                                           ╰── expected up to nine short reasons, such as ["break", "lunch"]
                ╰────
              help: one digit, 1 to 9, names each of them
        "#]],
    );
}
