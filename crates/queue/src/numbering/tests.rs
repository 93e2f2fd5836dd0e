use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> E164 {
    E164::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// The example of each kind.
fn examples_of(plan: &Plan) -> impl Iterator<Item = (&'static str, &'static str)> {
    plan.descs.lines().filter_map(|line| {
        let mut words = line.trim_start().split(' ');
        let (name, example) = (words.next()?, words.nth(1)?);
        (example != "-").then_some((name, example))
    })
}

#[test]
fn every_example_of_the_table_is_of_its_kind() {
    let mut examples = 0;
    for plan in plans() {
        assert!(plan.longest() > 0, "{} has no lengths", plan.region);
        for (name, example) in examples_of(&plan).filter(|(name, _)| *name != "any") {
            examples += 1;
            let kind = plan.kind(example);
            let either = kind == NumberKind::FixedOrMobile && ["fixed", "mobile"].contains(&name);
            assert!(kind.as_str() == name || either, "{} {name} {kind}", plan.region);
            // Some services of Iran have four digits.
            let Ok(number) = E164::parse(&format!("+{}{example}", plan.code)) else { continue };
            // The services of one Canadian length cannot be reached from abroad.
            assert!(is_possible(&number) || example == "3101234", "{} {name}", plan.region);
        }
    }
    assert!(examples > 1_000, "{examples} examples");
}

#[test]
fn every_country_code_of_the_model_has_a_plan_and_every_plan_a_country_code() {
    let codes: BTreeSet<&str> = plans().map(|plan| plan.code).collect();
    for code in &codes {
        let example = plans_of(code).find_map(|plan| examples_of(&plan).next());
        let whole = format!("+{code}{}", example.expect("an example").1);
        assert_eq!(number(&whole).country_code(), *code);
    }
    for code in 1..1_000 {
        let Ok(number) = E164::parse(&format!("+{code}000000000")) else { continue };
        // +379 is kept for the Vatican, which is called by Italian numbers.
        let known = codes.contains(number.country_code());
        assert!(known || number.country_code() == "379", "+{code}");
    }
}

#[test]
fn a_number_has_a_country_and_a_kind() {
    let cases = [
        ("+33612345678", "FR", NumberKind::Mobile),
        ("+33155500100", "FR", NumberKind::Fixed),
        ("+33891123456", "FR", NumberKind::Premium),
        ("+33884012345", "FR", NumberKind::SharedCost),
        ("+33801234567", "FR", NumberKind::TollFree),
        ("+12025550123", "US", NumberKind::FixedOrMobile),
        ("+14165550123", "CA", NumberKind::FixedOrMobile),
        ("+18762101234", "JM", NumberKind::Mobile),
        ("+19002123456", "US", NumberKind::Premium),
        ("+447012345678", "GB", NumberKind::Personal),
        ("+4909001234567", "DE", NumberKind::Premium),
        ("+390612345678", "IT", NumberKind::Fixed),
        ("+3906698123", "VA", NumberKind::Fixed),
        ("+881612345678", "001", NumberKind::Satellite),
        ("+979123456789", "001", NumberKind::Premium),
        ("+808123456789", "001", NumberKind::Unknown),
        ("+80012345678", "001", NumberKind::TollFree),
    ];
    for (text, country, wanted) in cases {
        let number = number(text);
        assert_eq!(region(&number).map(Region::as_str), Some(country), "{text}");
        assert_eq!(kind(&number), wanted, "{text}");
    }
}

#[test]
fn only_lengths_make_a_number_impossible() {
    for (text, possible) in [
        ("+33612345678", true),
        // Nobody has it; the plan has such a length.
        ("+33000000000", true),
        ("+3361234567", false),
        ("+336123456789", false),
        ("+120255501", false),
    ] {
        assert_eq!(is_possible(&number(text)), possible, "{text}");
    }
}

#[test]
fn a_number_is_read_as_it_is_dialled_at_home() {
    let cases = [
        ("FR", "0612345678", "+33612345678"),
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("FR", "612345678", "+33612345678"),
        ("FR", "0033612345678", "+33612345678"),
        ("FR", "0012025550123", "+12025550123"),
        ("FR", "*12025550123", "+12025550123"),
        ("US", "2025550123", "+12025550123"),
        ("US", "12025550123", "+12025550123"),
        ("US", "01133612345678", "+33612345678"),
        ("US", "0033612345678", "+33612345678"),
        ("IT", "0612345678", "+390612345678"),
        ("IT", "3123456789", "+393123456789"),
        ("DE", "03012345678", "+493012345678"),
        ("HU", "0612345678", "+3612345678"),
        ("JP", "01033612345678", "+33612345678"),
        ("GB", "02079460123", "+442079460123"),
        ("RU", "89123456789", "+79123456789"),
    ];
    for (home, typed, wanted) in cases {
        let home = Region::named(home);
        assert_eq!(read(typed, home), Ok(number(wanted)), "{home:?} {typed}");
    }
}

#[test]
fn what_no_length_fits_is_not_read() {
    let france = Region::named("fr");
    for (home, typed, why) in [
        (None, "0612345678", NotE164::NoInternationalPrefix),
        (france, "061234567", NotE164::TooShort),
        (france, "06123456789", NotE164::TooLong),
        (france, "15", NotE164::TooShort),
        (france, "0612x45678", NotE164::NotADigit),
        (france, "", NotE164::Empty),
        (france, "0021", NotE164::TooShort),
    ] {
        assert_eq!(read(typed, home), Err(why), "{typed}");
    }
}

#[test]
fn countries_have_time_zones() {
    let zones = |name: &str| Region::named(name).expect("a country").zones().collect::<Vec<_>>();
    assert_eq!(zones("FR"), ["Europe/Paris"]);
    assert!(zones("US").contains(&"Pacific/Honolulu") && zones("US").len() > 20);
    let unknown = |zone: &&str| jiff::tz::TimeZone::get(zone).is_err();
    let all: BTreeSet<&str> = plans().flat_map(|plan| plan.region.zones()).collect();
    assert_eq!(all.into_iter().filter(unknown).collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(Region::named("001"), None);
    assert_eq!(Region::named("ZZ"), None);
}

proptest! {
    #[test]
    fn any_typed_text_is_answered_and_what_is_read_at_home_is_possible(
        typed in "[0-9+* .()#a-]{0,24}",
        home in 0..6_usize,
    ) {
        let home = Region::named(["FR", "US", "IT", "BR", "JP", "HU"][home]);
        let typed_home = !typed.trim().starts_with(['+', '*']) && !typed.trim().starts_with("00");
        if let Ok(number) = read(&typed, home) {
            prop_assert!(!typed_home || is_possible(&number));
            let _ = (region(&number), kind(&number));
        }
    }
}

#[test]
fn the_plans_of_a_code_are_found_wherever_they_stand() {
    let all: Vec<Plan> = plans().collect();
    assert!(all.len() > 240, "{} plans", all.len());
    for code in all.iter().map(|plan| plan.code).collect::<BTreeSet<_>>() {
        let found: Vec<_> = plans_of(code).map(|plan| (plan.code, plan.region)).collect();
        let own = all.iter().filter(|plan| plan.code == code);
        assert_eq!(found, own.map(|plan| (plan.code, plan.region)).collect::<Vec<_>>());
    }
    for code in ["", "0", "19", "28", "999", "9999"] {
        assert_eq!(plans_of(code).count(), 0, "+{code}");
    }
}
