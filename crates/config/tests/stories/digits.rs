//! What is pressed once a call of ours is answered.

use config::read;
use engine::Digits;
use expect_test::expect;

use crate::{BASE, mistake};

#[test]
fn keys_and_pauses_are_set_for_a_trunk_and_for_an_agent() {
    let text = BASE
        .replace("[[queue]]", "digits = \",1\"\n\n[[queue]]")
        .replace("uri = ", "digits = \"w1234#\"\nuri = ");
    let (settings, _, _) = read("rappel.toml", &text).expect("it is right");
    assert_eq!(Ok(settings.trunks[0].speech.digits.clone()), Digits::parse(",1"));
    assert_eq!(Ok(settings.agents[0].speech.digits.clone()), Digits::parse("w1234#"));
}

#[test]
fn a_letter_that_no_telephone_has() {
    mistake(
        "uri = ",
        "digits = \"1234x\"\nuri = ",
        expect![[r#"
        Error 25:10
          × `digits`: `x` is neither a key nor a pause
            ╭─[rappel.toml:25:10]
         25 │ digits = "1234x"
            ·          ───┬───
            ·             ╰── expected keys and pauses, such as "w1234#"
            ╰────
          help: keys are 0-9, *, #, A-D; w is a pause of 0.5 s, p of 1 s, a comma of 2 s
    "#]],
    );
}

#[test]
fn more_keys_than_anybody_presses() {
    let text = format!("digits = \"{}\"\nuri = ", "1".repeat(65));
    mistake(
        "uri = ",
        &text,
        expect![[r#"
        Error 25:10
          × `digits`: these are more than 64 keys and pauses
            ╭─[rappel.toml:25:10]
         25 │ digits = "11111111111111111111111111111111111111111111111111111111111111111"
            ·          ─────────────────────────────────┬─────────────────────────────────
            ·                                           ╰── expected keys and pauses, such as "w1234#"
            ╰────
          help: a comma is a pause of two seconds
    "#]],
    );
}
