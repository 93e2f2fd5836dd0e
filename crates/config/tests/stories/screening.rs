//! Which numbers are called back.

use expect_test::expect;
use model::E164;
use queue::Unfit;

use crate::{BASE, rendered};

fn with(keys: &str) -> String {
    format!("{BASE}\n[screening]\n{keys}\n")
}

/// The rule by which the line of the base refuses a number.
fn rule(text: &str, number: &str) -> Option<&'static str> {
    let (settings, ..) = config::read("rappel.toml", text).expect("it is good");
    let number = E164::parse(number).expect("a number");
    settings.queue.judge(&settings.lines[0].name, &number).err().map(Unfit::rule)
}

#[test]
fn expensive_numbers_are_refused_unless_the_file_says_otherwise() {
    assert_eq!(rule(BASE, "+33612345678"), None);
    assert_eq!(rule(BASE, "+33891123456"), Some("refuse"));
    assert_eq!(rule(&with("refuse = []"), "+33891123456"), None);
    assert_eq!(rule(&with("refuse = [\"mobile\"]"), "+33612345678"), Some("refuse"));
    assert_eq!(rule(&with("allow = [\"DE\", \"+4179\"]"), "+33612345678"), Some("allow"));
    assert_eq!(rule(&with("allow = [\"fr\"]\ndeny = \"+336\""), "+33612345678"), Some("deny"));
}

#[test]
fn a_line_has_rules_of_its_own() {
    let line = |keys: &str| BASE.replace("outbound_number", &format!("{keys}\noutbound_number"));
    let text = format!("{}\n[screening]\ndeny = [\"FR\"]\n", line("deny = []"));
    assert_eq!(rule(&text, "+33612345678"), None);
    let (settings, ..) =
        config::read("rappel.toml", &line("default_country = \"FR\"")).expect("it is good");
    let explained =
        engine::explain_number(&settings, "0612345678", None).expect("one line calls back");
    assert_eq!(explained.number.map(|number| number.reveal()), Ok("+33612345678".to_owned()));
}

#[test]
fn mistakes_are_named_where_they_stand() {
    let line = BASE.replace("outbound_number", "default_country = \"33\"\noutbound_number");
    let keys = "allow = [\"France\", \"0033\"]\ndeny = 33\nrefuse = [\"premum\"]";
    expect![[r#"
        Error 21:19
          × `default_country`: `33` is no country
            ╭─[rappel.toml:21:19]
         21 │ default_country = "33"
            ·                   ──┬─
            ·                     ╰── expected a country, such as "FR"
            ╰────
          help: write the two letters of the country, not its country code
        Error 29:10
          × `allow`: `France` names no numbers
            ╭─[rappel.toml:29:10]
         29 │ allow = ["France", "0033"]
            ·          ────┬───
            ·              ╰── expected countries and beginnings of numbers, such as ["FR", "+4179"]
            ╰────
          help: two letters mean a country, + and digits all that begins so
        Error 29:20
          × `allow`: `0033` names no numbers
            ╭─[rappel.toml:29:20]
         29 │ allow = ["France", "0033"]
            ·                    ───┬──
            ·                       ╰── expected countries and beginnings of numbers, such as ["FR", "+4179"]
            ╰────
          help: write "+33", with the country code
        Error 30:8
          × `deny` is a number
            ╭─[rappel.toml:30:8]
         30 │ deny = 33
            ·        ─┬
            ·         ╰── expected a list of texts in quotes
            ╰────
          help: put it in quotes: "33"
        Error 31:11
          × `refuse`: there is no kind `premum`
            ╭─[rappel.toml:31:11]
         31 │ refuse = ["premum"]
            ·           ────┬───
            ·               ╰── expected some of fixed, mobile, fixed_or_mobile, toll_free, premium, shared_cost, personal, voip, pager, uan, voicemail, satellite, unknown
            ╰────
          help: did you mean "premium"?
    "#]].assert_eq(&rendered(&format!("{line}\n[screening]\n{keys}\n")));
}

/// The findings of a file that names a list with this text.
fn with_list(list: Result<&str, &str>) -> Result<engine::Settings, String> {
    let outside = config::Outside {
        secrets: &|_| Err("none".into()),
        prompts: &|_, _, _| Ok(()),
        music: &|_, _| Ok(()),
        lists: &|path| match list {
            Ok(text) => Ok(text.to_owned()),
            Err(why) => Err(format!("{path} {why}")),
        },
    };
    let text = with("do_not_call = \"do-not-call.txt\"");
    match config::read_in("rappel.toml", &text, &outside) {
        Ok((settings, ..)) => Ok(settings),
        Err(findings) => Err(findings.iter().map(config::Finding::render).collect()),
    }
}

#[test]
fn a_do_not_call_list_holds_numbers_and_beginnings() {
    let list = "# asked by letter\n+33 6 12 34 56 78 # 2026-11-02\r\n\n  +3389*\n0041791234567";
    let settings = with_list(Ok(list)).expect("it is good");
    let line = &settings.lines[0].name;
    let rule = |number: &str| {
        let number = E164::parse(number).expect("a number");
        settings.queue.judge(line, &number).err().map(Unfit::rule)
    };
    for number in ["+33612345678", "+33891123456", "+41791234567"] {
        assert_eq!(rule(number), Some("do_not_call"), "{number}");
    }
    assert_eq!(rule("+33612345679"), None);
}

#[test]
fn what_is_wrong_in_a_do_not_call_list_is_found_in_its_line() {
    let said = with_list(Ok("+33612345678\n  0612345678 # no country\n+33x*\n")).unwrap_err();
    expect![[r#"
        said:
          × this is no number: an international number begins with + or 00
           ╭─[do-not-call.txt:2:3]
         2 │   0612345678 # no country
           ·   ─────┬────
           ·        ╰── expected an international number, or the beginning of one before a *
           ╰────
          help: write +33612345678, or +3389*
          × this is no number: the beginning of a number
           ╭─[do-not-call.txt:3:1]
         3 │ +33x*
           · ──┬──
           ·   ╰── expected an international number, or the beginning of one before a *
           ╰────
          help: write +33612345678, or +3389*
    "#]]
    .assert_eq(&format!("said:\n{said}"));
    let said = with_list(Err("cannot be read: no such file")).unwrap_err();
    expect![[r#"
        said:
          × `do_not_call`: do-not-call.txt cannot be read: no such file
            ╭─[rappel.toml:28:15]
         28 │ do_not_call = "do-not-call.txt"
            ·               ────────┬────────
            ·                       ╰── expected a text file with a number in each line
            ╰────
          help: the path begins at the working directory, unless it begins with /
    "#]]
    .assert_eq(&format!("said:\n{said}"));
}
