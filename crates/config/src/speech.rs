//! What is spoken with a trunk or with an agent's phone, how its keys come, and what we press
//! there: `codecs`, `dtmf`, `digits`.

use engine::{BadDigits, Codec, DIGITS_MAX, Digits, KeyWay, Speech};

use crate::basics;
use crate::finding::Findings;
use crate::section::{Section, shown};
use crate::value::Mistake;

/// As descriptions name them.
const CODECS: [(&str, Codec); 3] =
    [("PCMA", Codec::Pcma), ("PCMU", Codec::Pcmu), ("G722", Codec::G722)];

pub(crate) fn read(section: &Section<'_>, found: &mut Findings) -> Speech {
    let words = [
        ("auto", KeyWay::Auto),
        ("rfc4733", KeyWay::Events),
        ("inband", KeyWay::Tones),
        ("info", KeyWay::Info),
    ];
    let keys = basics::choice(section, "dtmf", &words, KeyWay::Auto, found);
    Speech { codecs: codecs(section, found).into(), keys, digits: digits(section, found) }
}

/// What is pressed once a call of ours is answered.
fn digits(section: &Section<'_>, found: &mut Findings) -> Digits {
    let expected = "keys and pauses, such as \"w1234#\"";
    let at = section.parsed("digits", expected, found, |text| {
        Digits::parse(text).map_err(|why| match why {
            BadDigits::Strange(c) => {
                let problem = format!("`{}` is neither a key nor a pause", shown(&c.to_string()));
                let hint =
                    "keys are 0-9, *, #, A-D; w is a pause of 0.5 s, p of 1 s, a comma of 2 s";
                Mistake::new(problem, hint)
            }
            BadDigits::TooLong => {
                let problem = format!("these are more than {DIGITS_MAX} keys and pauses");
                Mistake::new(problem, "a comma is a pause of two seconds")
            }
        })
    });
    at.map(|at| at.value).unwrap_or_default()
}

fn codecs(section: &Section<'_>, found: &mut Findings) -> Vec<Codec> {
    let Some(list) = section.texts("codecs", found) else { return Vec::new() };
    let expected = "some of \"PCMA\", \"PCMU\", \"G722\", the most wanted first";
    if list.value.is_empty() {
        let hint = "without this key G.711 is offered, as the other side likes it";
        found.error(&list.span, "`codecs` is empty: nobody could speak", expected, hint);
    }
    let mut codecs = Vec::new();
    for name in list.value {
        let known = CODECS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.value));
        match known {
            Some((_, codec)) if codecs.contains(codec) => {
                let problem = format!("`{}` stands here twice", shown(name.value));
                found.error(&name.span, problem, expected, "leave one of them out");
            }
            Some((_, codec)) => codecs.push(*codec),
            None => {
                let problem = format!("`{}` is not a codec that is spoken here", shown(name.value));
                let hint = "prompts are played in G.711 (PCMA, PCMU) and G.722 only";
                found.error(&name.span, problem, expected, hint);
            }
        }
    }
    codecs
}
