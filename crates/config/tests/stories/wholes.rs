//! Several files and the environment, read as one, and what two readings say differently.

use config::{MINIMAL, Outside, Values, Whole, read_whole};

fn text(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

fn read(
    files: &[(String, String)],
    variables: &[(&str, &str)],
) -> Result<Whole, Vec<config::Finding>> {
    let secrets = |place: config::SecretPlace<'_>| match place {
        config::SecretPlace::File(path) => Ok(format!("what is in {path}")),
        config::SecretPlace::Variable(_) => Err("no such variable".to_owned()),
    };
    let (prompts, music) = (|_: &_, _: &_, _: &_| Ok(()), |_: &_, _| Ok(()));
    let outside = Outside {
        secrets: &secrets,
        prompts: &prompts,
        music: &music,
        lists: &|_: &str| Ok(String::new()),
    };
    let variables: Vec<_> = variables.iter().map(|(name, value)| text(name, value)).collect();
    read_whole(files, &variables, &outside)
}

fn good(files: &[(String, String)], variables: &[(&str, &str)]) -> Whole {
    read(files, variables).unwrap_or_else(|found| panic!("{}", found[0].render()))
}

fn from(values: &Values, key: &str) -> String {
    let found = values.iter().find(|(name, _)| name.to_string() == key);
    let (_, value) = found.unwrap_or_else(|| panic!("{key} is not written"));
    format!("{} from {}", value.text, value.from)
}

#[test]
fn a_file_beside_goes_before_the_main_one_and_a_variable_before_both() {
    let files = [
        text("rappel.toml", &format!("{MINIMAL}\n[ivr]\noffer_key = \"3\"\nasks_max = 2\n")),
        text("conf.d/10.toml", "# more\n[ivr]\noffer_key = \"5\"\n\n[log]\nlevel = \"warn\"\n"),
    ];
    let whole = good(&files, &[("RAPPEL_LOG__LEVEL", "debug"), ("RAPPEL_IVR__DIGITS_MAX", "20")]);
    assert_eq!(from(&whole.values, "[ivr] offer_key"), "\"5\" from conf.d/10.toml:3");
    assert_eq!(from(&whole.values, "[ivr] asks_max").split(" from ").next(), Some("2"));
    let level = "\"debug\" from the environment: RAPPEL_LOG__LEVEL";
    assert_eq!(from(&whole.values, "[log] level"), level);
    assert_eq!(whole.roof.log.level, config::LogLevel::Debug);
    assert_eq!((whole.settings.ivr.asks_max, whole.settings.ivr.digits_max), (2, 20));
}

#[test]
fn sections_of_which_there_may_be_several_are_added() {
    let files =
        [text("rappel.toml", MINIMAL), text("conf.d/sales.toml", "[[queue]]\nname = \"sales\"\n")];
    let variables = [
        ("RAPPEL_LINE__SUPPORT__QUEUE", "support"),
        ("RAPPEL_AGENT__ANNA__QUEUES", "[\"support\", \"sales\"]"),
        ("RAPPEL_QUEUE__SALES__ATTEMPTS", "3"),
    ];
    let whole = good(&files, &variables);
    let sales = &whole.settings.queue.queues[&"sales".into()];
    assert_eq!(sales.attempts_total, 3);
    assert_eq!(whole.settings.queue.queues.len(), 2);
}

#[test]
fn a_mistake_is_found_where_it_stands() {
    let files = [text("rappel.toml", MINIMAL), text("conf.d/10.toml", "[ivr]\n\nasks_max = 0\n")];
    let found =
        read(&files, &[("RAPPEL_LOG__LEVEL", "loud")]).map(|_| ()).expect_err("two mistakes");
    let places: Vec<String> =
        found.iter().map(|it| format!("{}:{}:{}", it.file, it.line, it.column)).collect();
    assert_eq!(places, ["conf.d/10.toml:3:12", "the environment: RAPPEL_LOG__LEVEL:1:1"]);
    assert!(found[1].render().contains("RAPPEL_LOG__LEVEL"), "{}", found[1].render());
}

#[test]
fn a_variable_that_means_nothing_is_an_error_with_the_nearest_name() {
    for (variable, hint) in [
        ("RAPPEL_LOGS__LEVEL", "LOG"),
        ("RAPPEL_LOG__LEVEK", "LEVEL"),
        ("RAPPEL_QUEUE__NOBODY__ATTEMPTS", "by its name"),
        ("RAPPEL_LOG__SUPPORT__LEVEL", "by its name"),
    ] {
        let found = read(&[text("rappel.toml", MINIMAL)], &[(variable, "info")]);
        let found = found.map(|_| ()).expect_err("it means nothing");
        assert!(found[0].hint.contains(hint), "{variable}: {}", found[0].hint);
        assert_eq!(found[0].file, format!("the environment: {variable}"));
    }
    // What is not ours is not looked at.
    good(&[text("rappel.toml", MINIMAL)], &[("RAPPEL_FIGURES", "1"), ("OTHER__X", "1")]);
}

#[test]
fn the_same_section_in_other_brackets_is_an_error() {
    let files = [text("rappel.toml", MINIMAL), text("conf.d/10.toml", "[queue]\nname = \"x\"\n")];
    let found = read(&files, &[]).map(|_| ()).expect_err("in other brackets");
    assert!(found.iter().any(|it| it.file == "conf.d/10.toml"), "{found:?}");
}

fn changes(old: &str, new: &str) -> Vec<String> {
    let [old, new] = [old, new].map(|it| good(&[text("rappel.toml", it)], &[]).values);
    let said = |it: config::Change| format!("{}{it}", if it.needs_start { "(start) " } else { "" });
    old.changes(&new).into_iter().map(said).collect()
}

#[test]
fn what_changes_is_named_key_by_key() {
    let with = |more: &str| format!("{MINIMAL}\n{more}");
    assert_eq!(changes(MINIMAL, &format!("# a remark\n{MINIMAL}")), Vec::<String>::new());
    let log = with("[log]\nlevel = \"warn\"\n");
    assert_eq!(changes(MINIMAL, &log), ["(start) [log] level: \"warn\", which was not written"]);
    let [two, five] = ["2", "5"].map(|key| with(&format!("[ivr]\noffer_key = \"{key}\"\n")));
    assert_eq!(changes(&two, &five), ["[ivr] offer_key: \"5\" in place of \"2\""]);
    assert_eq!(changes(&two, MINIMAL), ["[ivr] offer_key: not written any more, it was \"2\""]);
    let hours = with(
        "[[hours]]\nname = \"day\"\nzone = \"Europe/Paris\"\nweekly = [\"Mon 09:00-12:00\"]\n",
    );
    let said = changes(MINIMAL, &hours);
    assert_eq!(said[0], "[[hours]] day: name: \"day\", which was not written");
    assert_eq!(said.len(), 3, "{said:?}");
}

#[test]
fn what_is_behind_a_key_counts_and_a_secret_is_not_shown() {
    let values = |content: &str| {
        let file = MINIMAL.replace(
            "[[queue]]",
            "[http]\nlisten = \"127.0.0.1:8080\"\n[[token]]\nname = \"crm\"\n\
             role = \"viewer\"\ntoken_file = \"crm.token\"\n[[queue]]",
        );
        let secrets = |_: config::SecretPlace<'_>| Ok(content.to_owned());
        let (prompts, music) = (|_: &_, _: &_, _: &_| Ok(()), |_: &_, _| Ok(()));
        let outside = Outside {
            secrets: &secrets,
            prompts: &prompts,
            music: &music,
            lists: &|_: &str| Ok(String::new()),
        };
        let whole = read_whole(&[text("rappel.toml", &file)], &[], &outside);
        whole.unwrap_or_else(|found| panic!("{}", found[0].render())).values
    };
    let (old, new) = (values("a-token-that-nobody-guesses"), values("another-one-nobody-guesses"));
    assert_eq!(old.changes(&old), []);
    let said: Vec<String> = old.changes(&new).iter().map(ToString::to_string).collect();
    assert_eq!(said, ["[[token]] crm: token_file: what is behind \"crm.token\" has changed"]);
    assert!(!format!("{new:?}").contains("nobody-guesses"));
}

#[test]
fn a_profile_is_named_as_where_a_value_comes_from() {
    let whole = good(&[text("rappel.toml", &format!("profile = \"iadvize\"\n{MINIMAL}"))], &[]);
    let attempts = whole.values.iter().find(|(name, _)| name.key == "attempts");
    let (_, attempts) = attempts.expect("the profile says it");
    assert_eq!((attempts.text.as_str(), attempts.from.as_str()), ("6", "profile \"iadvize\""));
}

#[test]
fn what_a_running_engine_cannot_take_over_is_named() {
    let read = |text_of: &str| {
        let whole = good(&[text("rappel.toml", text_of)], &[]);
        (whole.settings, whole.roof)
    };
    let (old, new) = (read(MINIMAL), read(&format!("{MINIMAL}\n[journal]\npath = \"other\"\n")));
    assert_eq!(config::fixed((&old.0, &old.1), (&old.0, &old.1)), Vec::<String>::new());
    assert_eq!(config::fixed((&old.0, &old.1), (&new.0, &new.1)), ["the journal"]);
}
