//! Hundreds of numbers and times, as a person of the language writes them.
//!
//! What is compared is the text of the pieces, by the file that the bundled prompts are spoken
//! from, without spaces and hyphens: German writes its numbers as one word.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn texts(language: &str) -> BTreeMap<&'static str, &'static str> {
    let file = match language {
        "en" => include_str!("../../../../prompts/en/texts.toml"),
        "fr" => include_str!("../../../../prompts/fr/texts.toml"),
        "de" => include_str!("../../../../prompts/de/texts.toml"),
        _ => include_str!("../../../../prompts/es/texts.toml"),
    };
    let pair = |line: &'static str| {
        let (name, text) = line.split_once(" = ")?;
        Some((name, text.trim_matches('"')))
    };
    file.lines().filter_map(pair).collect()
}

/// What is heard, in writing.
fn said(language: &str, phrase: Phrase) -> String {
    heard(language, &spell(language, &[phrase]))
}

fn heard(language: &str, pieces: &[Phrase]) -> String {
    let texts = texts(language);
    let words: Vec<&str> = pieces
        .iter()
        .map(|piece| {
            let clip = piece.clip();
            let text = texts.get(&*clip).unwrap_or_else(|| panic!("{language} has no {clip}"));
            text.trim_end_matches('.')
        })
        .collect();
    words.join(" ")
}

/// Without what only writing knows.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-')).collect()
}

fn number_is(language: &str, n: u32, written: &str) {
    assert_eq!(plain(&said(language, Phrase::Number(n))), plain(written), "{n} in {language}");
}

/// The first hundred, from 0 on.
const HUNDREDS: [(&str, &str); 4] = [
    (
        "en",
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen \
         fifteen sixteen seventeen eighteen nineteen twenty twenty-one twenty-two twenty-three \
         twenty-four twenty-five twenty-six twenty-seven twenty-eight twenty-nine thirty thirty-one \
         thirty-two thirty-three thirty-four thirty-five thirty-six thirty-seven thirty-eight \
         thirty-nine forty forty-one forty-two forty-three forty-four forty-five forty-six \
         forty-seven forty-eight forty-nine fifty fifty-one fifty-two fifty-three fifty-four \
         fifty-five fifty-six fifty-seven fifty-eight fifty-nine sixty sixty-one sixty-two \
         sixty-three sixty-four sixty-five sixty-six sixty-seven sixty-eight sixty-nine seventy \
         seventy-one seventy-two seventy-three seventy-four seventy-five seventy-six seventy-seven \
         seventy-eight seventy-nine eighty eighty-one eighty-two eighty-three eighty-four \
         eighty-five eighty-six eighty-seven eighty-eight eighty-nine ninety ninety-one ninety-two \
         ninety-three ninety-four ninety-five ninety-six ninety-seven ninety-eight ninety-nine",
    ),
    (
        "fr",
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze \
         seize dix-sept dix-huit dix-neuf vingt vingt-et-un vingt-deux vingt-trois vingt-quatre \
         vingt-cinq vingt-six vingt-sept vingt-huit vingt-neuf trente trente-et-un trente-deux \
         trente-trois trente-quatre trente-cinq trente-six trente-sept trente-huit trente-neuf \
         quarante quarante-et-un quarante-deux quarante-trois quarante-quatre quarante-cinq \
         quarante-six quarante-sept quarante-huit quarante-neuf cinquante cinquante-et-un \
         cinquante-deux cinquante-trois cinquante-quatre cinquante-cinq cinquante-six \
         cinquante-sept cinquante-huit cinquante-neuf soixante soixante-et-un soixante-deux \
         soixante-trois soixante-quatre soixante-cinq soixante-six soixante-sept soixante-huit \
         soixante-neuf soixante-dix soixante-et-onze soixante-douze soixante-treize \
         soixante-quatorze soixante-quinze soixante-seize soixante-dix-sept soixante-dix-huit \
         soixante-dix-neuf quatre-vingts quatre-vingt-un quatre-vingt-deux quatre-vingt-trois \
         quatre-vingt-quatre quatre-vingt-cinq quatre-vingt-six quatre-vingt-sept \
         quatre-vingt-huit quatre-vingt-neuf quatre-vingt-dix quatre-vingt-onze \
         quatre-vingt-douze quatre-vingt-treize quatre-vingt-quatorze quatre-vingt-quinze \
         quatre-vingt-seize quatre-vingt-dix-sept quatre-vingt-dix-huit quatre-vingt-dix-neuf",
    ),
    (
        "de",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn \
         fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig einundzwanzig zweiundzwanzig \
         dreiundzwanzig vierundzwanzig fünfundzwanzig sechsundzwanzig siebenundzwanzig \
         achtundzwanzig neunundzwanzig dreißig einunddreißig zweiunddreißig dreiunddreißig \
         vierunddreißig fünfunddreißig sechsunddreißig siebenunddreißig achtunddreißig \
         neununddreißig vierzig einundvierzig zweiundvierzig dreiundvierzig vierundvierzig \
         fünfundvierzig sechsundvierzig siebenundvierzig achtundvierzig neunundvierzig fünfzig \
         einundfünfzig zweiundfünfzig dreiundfünfzig vierundfünfzig fünfundfünfzig \
         sechsundfünfzig siebenundfünfzig achtundfünfzig neunundfünfzig sechzig einundsechzig \
         zweiundsechzig dreiundsechzig vierundsechzig fünfundsechzig sechsundsechzig \
         siebenundsechzig achtundsechzig neunundsechzig siebzig einundsiebzig zweiundsiebzig \
         dreiundsiebzig vierundsiebzig fünfundsiebzig sechsundsiebzig siebenundsiebzig \
         achtundsiebzig neunundsiebzig achtzig einundachtzig zweiundachtzig dreiundachtzig \
         vierundachtzig fünfundachtzig sechsundachtzig siebenundachtzig achtundachtzig \
         neunundachtzig neunzig einundneunzig zweiundneunzig dreiundneunzig vierundneunzig \
         fünfundneunzig sechsundneunzig siebenundneunzig achtundneunzig neunundneunzig",
    ),
    (
        "es",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince \
         dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés \
         veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve treinta \
         treinta-y-uno treinta-y-dos treinta-y-tres treinta-y-cuatro treinta-y-cinco \
         treinta-y-seis treinta-y-siete treinta-y-ocho treinta-y-nueve cuarenta cuarenta-y-uno \
         cuarenta-y-dos cuarenta-y-tres cuarenta-y-cuatro cuarenta-y-cinco cuarenta-y-seis \
         cuarenta-y-siete cuarenta-y-ocho cuarenta-y-nueve cincuenta cincuenta-y-uno \
         cincuenta-y-dos cincuenta-y-tres cincuenta-y-cuatro cincuenta-y-cinco cincuenta-y-seis \
         cincuenta-y-siete cincuenta-y-ocho cincuenta-y-nueve sesenta sesenta-y-uno sesenta-y-dos \
         sesenta-y-tres sesenta-y-cuatro sesenta-y-cinco sesenta-y-seis sesenta-y-siete \
         sesenta-y-ocho sesenta-y-nueve setenta setenta-y-uno setenta-y-dos setenta-y-tres \
         setenta-y-cuatro setenta-y-cinco setenta-y-seis setenta-y-siete setenta-y-ocho \
         setenta-y-nueve ochenta ochenta-y-uno ochenta-y-dos ochenta-y-tres ochenta-y-cuatro \
         ochenta-y-cinco ochenta-y-seis ochenta-y-siete ochenta-y-ocho ochenta-y-nueve noventa \
         noventa-y-uno noventa-y-dos noventa-y-tres noventa-y-cuatro noventa-y-cinco \
         noventa-y-seis noventa-y-siete noventa-y-ocho noventa-y-nueve",
    ),
];

#[test]
fn the_first_hundred_numbers_are_spoken_as_they_are_written() {
    for (language, written) in HUNDREDS {
        let words: Vec<&str> = written.split_whitespace().collect();
        assert_eq!(words.len(), 100, "{language}");
        for (n, word) in (0..).zip(words) {
            number_is(language, n, word);
        }
    }
}

/// A number, and how each language has it.
const GREATER: &[(u32, &str, &str, &str, &str)] = &[
    (100, "one hundred", "cent", "hundert", "cien"),
    (101, "one hundred and one", "cent un", "hunderteins", "ciento uno"),
    (110, "one hundred and ten", "cent dix", "hundertzehn", "ciento diez"),
    (
        121,
        "one hundred and twenty-one",
        "cent vingt et un",
        "hunderteinundzwanzig",
        "ciento veintiuno",
    ),
    (180, "one hundred and eighty", "cent quatre-vingts", "hundertachtzig", "ciento ochenta"),
    (200, "two hundred", "deux cents", "zweihundert", "doscientos"),
    (201, "two hundred and one", "deux cent un", "zweihunderteins", "doscientos uno"),
    (
        380,
        "three hundred and eighty",
        "trois cent quatre-vingts",
        "dreihundertachtzig",
        "trescientos ochenta",
    ),
    (
        555,
        "five hundred and fifty-five",
        "cinq cent cinquante-cinq",
        "fünfhundertfünfundfünfzig",
        "quinientos cincuenta y cinco",
    ),
    (
        777,
        "seven hundred and seventy-seven",
        "sept cent soixante-dix-sept",
        "siebenhundertsiebenundsiebzig",
        "setecientos setenta y siete",
    ),
    (
        999,
        "nine hundred and ninety-nine",
        "neuf cent quatre-vingt-dix-neuf",
        "neunhundertneunundneunzig",
        "novecientos noventa y nueve",
    ),
    (1_000, "one thousand", "mille", "tausend", "mil"),
    (1_001, "one thousand and one", "mille un", "tausendeins", "mil uno"),
    (2_100, "two thousand one hundred", "deux mille cent", "zweitausendhundert", "dos mil cien"),
    (10_000, "ten thousand", "dix mille", "zehntausend", "diez mil"),
    (
        21_021,
        "twenty-one thousand and twenty-one",
        "vingt et un mille vingt et un",
        "einundzwanzigtausendeinundzwanzig",
        "veintiún mil veintiuno",
    ),
    (
        80_080,
        "eighty thousand and eighty",
        "quatre-vingt mille quatre-vingts",
        "achtzigtausendachtzig",
        "ochenta mil ochenta",
    ),
    (
        101_000,
        "one hundred and one thousand",
        "cent un mille",
        "hunderteintausend",
        "ciento un mil",
    ),
    (200_000, "two hundred thousand", "deux cent mille", "zweihunderttausend", "doscientos mil"),
    (
        999_999,
        "nine hundred and ninety-nine thousand nine hundred and ninety-nine",
        "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf",
        "neunhundertneunundneunzigtausendneunhundertneunundneunzig",
        "novecientos noventa y nueve mil novecientos noventa y nueve",
    ),
];

#[test]
fn greater_numbers_have_the_plurals_and_joints_of_their_language() {
    for (n, en, fr, de, es) in GREATER {
        for (language, written) in [("en", en), ("fr", fr), ("de", de), ("es", es)] {
            number_is(language, *n, written);
        }
    }
}

#[test]
fn no_two_numbers_sound_the_same_and_every_piece_has_a_text() {
    for (language, _) in HUNDREDS {
        let sound = |n| said(language, Phrase::Number(n));
        let all: BTreeSet<String> = (0..10_000).map(sound).collect();
        assert_eq!(all.len(), 10_000, "{language}");
        let texts = texts(language);
        for piece in pieces(language) {
            assert!(texts.contains_key(&*piece.clip()), "{language}/{}", piece.clip());
        }
    }
}

#[test]
fn every_piece_of_a_language_is_spoken_somewhere() {
    for (language, _) in HUNDREDS {
        let numbers = (0..=NUMBER_MAX).step_by(7).chain(0..2_000).map(Phrase::Number);
        let lengths = (0..1_440).map(Phrase::Duration);
        let times = (0..1_440).map(Phrase::Clock);
        let spoken = numbers.chain(lengths).chain(times);
        let used: BTreeSet<Phrase> = spoken.flat_map(|it| spell(language, &[it])).collect();
        let idle: Vec<Phrase> =
            pieces(language).into_iter().filter(|p| !used.contains(p)).collect();
        assert_eq!(idle, [], "{language}");
        let unnamed = |p: &&Phrase| matches!(p, Phrase::Piece(_)) && !pieces(language).contains(p);
        assert_eq!(used.iter().find(unnamed), None, "{language}");
    }
}

fn time_is(language: &str, hour: u16, minute: u16, written: &str) {
    let spoken = said(language, Phrase::Clock(hour * 60 + minute));
    assert_eq!(plain(&spoken), plain(written), "{hour}:{minute:02} in {language}");
}

/// Hour and minute, and how each language tells them.
const TIMES: &[(u16, u16, &str, &str, &str, &str)] = &[
    (0, 0, "at midnight", "à minuit", "um null Uhr", "a las doce de la noche"),
    (
        0,
        30,
        "at twelve thirty a m",
        "à minuit trente",
        "um null Uhr dreißig",
        "a las doce y media de la madrugada",
    ),
    (1, 0, "at one o'clock a m", "à une heure", "um ein Uhr", "a la una de la madrugada"),
    (
        1,
        1,
        "at one oh one a m",
        "à une heure une",
        "um ein Uhr eins",
        "a la una y uno de la madrugada",
    ),
    (
        8,
        5,
        "at eight oh five a m",
        "à huit heures cinq",
        "um acht Uhr fünf",
        "a las ocho y cinco de la mañana",
    ),
    (
        9,
        41,
        "at nine forty-one a m",
        "à neuf heures quarante et une",
        "um neun Uhr einundvierzig",
        "a las nueve y cuarenta y uno de la mañana",
    ),
    (12, 0, "at noon", "à midi", "um zwölf Uhr", "a las doce del mediodía"),
    (
        12,
        15,
        "at twelve fifteen p m",
        "à midi quinze",
        "um zwölf Uhr fünfzehn",
        "a las doce y cuarto del mediodía",
    ),
    (
        15,
        15,
        "at three fifteen p m",
        "à quinze heures quinze",
        "um fünfzehn Uhr fünfzehn",
        "a las tres y cuarto de la tarde",
    ),
    (13, 0, "at one o'clock p m", "à treize heures", "um dreizehn Uhr", "a la una de la tarde"),
    (
        21,
        21,
        "at nine twenty-one p m",
        "à vingt et une heures vingt et une",
        "um einundzwanzig Uhr einundzwanzig",
        "a las nueve y veintiuno de la noche",
    ),
    (
        23,
        59,
        "at eleven fifty-nine p m",
        "à vingt-trois heures cinquante-neuf",
        "um dreiundzwanzig Uhr neunundfünfzig",
        "a las once y cincuenta y nueve de la noche",
    ),
];

#[test]
fn times_of_day_are_told_as_people_tell_them() {
    for (hour, minute, en, fr, de, es) in TIMES {
        for (language, written) in [("en", en), ("fr", fr), ("de", de), ("es", es)] {
            time_is(language, *hour, *minute, written);
        }
    }
}

#[test]
fn no_two_times_of_a_day_sound_the_same() {
    for (language, _) in HUNDREDS {
        let all: BTreeSet<String> = (0..1_440).map(|m| said(language, Phrase::Clock(m))).collect();
        assert_eq!(all.len(), 1_440, "{language}");
    }
}

#[test]
fn lengths_of_time_agree_with_their_nouns() {
    let table: &[(u32, &str, &str, &str, &str)] = &[
        (1, "one minute", "une minute", "eine Minute", "un minuto"),
        (
            21,
            "twenty-one minutes",
            "vingt et une minutes",
            "einundzwanzig Minuten",
            "veintiún minutos",
        ),
        (
            31,
            "thirty-one minutes",
            "trente et une minutes",
            "einunddreißig Minuten",
            "treinta y un minutos",
        ),
        (60, "one hour", "une heure", "eine Stunde", "una hora"),
        (
            75,
            "one hour and fifteen minutes",
            "une heure et quinze minutes",
            "eine Stunde und fünfzehn Minuten",
            "una hora y quince minutos",
        ),
        (120, "two hours", "deux heures", "zwei Stunden", "dos horas"),
        (
            1_261,
            "twenty-one hours and one minute",
            "vingt et une heures et une minute",
            "einundzwanzig Stunden und eine Minute",
            "veintiuna horas y un minuto",
        ),
    ];
    for (minutes, en, fr, de, es) in table {
        for (language, written) in [("en", en), ("fr", fr), ("de", de), ("es", es)] {
            let spoken = said(language, Phrase::Duration(*minutes));
            assert_eq!(plain(&spoken), plain(written), "{minutes} in {language}");
        }
    }
}

#[test]
fn a_language_without_a_grammar_has_its_digits() {
    let digits = |digits: &[u8]| digits.iter().copied().map(Phrase::Digit).collect::<Vec<_>>();
    assert_eq!(spell("it", &[Phrase::Number(207)]), digits(&[2, 0, 7]));
    assert_eq!(spell("it", &[Phrase::Clock(15 * 60 + 5)]), digits(&[1, 5, 0, 5]));
    assert_eq!(spell("fr-CA", &[Phrase::Number(81)]), spell("fr", &[Phrase::Number(81)]));
    assert_eq!(spell("en", &[Phrase::Number(NUMBER_MAX + 1)]), digits(&[1, 0, 0, 0, 0, 0, 0]));
    assert_eq!(spell("fr", &[Phrase::Menu]), [Phrase::Menu], "others stay as they are");
    assert_eq!(pieces("it"), []);
}
