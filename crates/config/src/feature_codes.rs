//! `[feature_codes]`: what agents may dial from their own phones.

use std::ops::Range;
use std::sync::Arc;

use engine::{Feature, FeatureCodes, REASONS_MAX};
use model::LanguageTag;
use queue::AgentStatus;
use toml::de::DeTable;

use crate::finding::Findings;
use crate::section::{self, Section, shown};
use crate::value::Mistake;
use crate::voices;

/// Longest code, in characters.
pub const CODE_LENGTH_MAX: usize = 8;

/// Each key with its usual code, in the order in which a phone is told of them.
const CODES: [(&str, &str, Feature); 6] = [
    ("online", "*45", Feature::Status(AgentStatus::Online)),
    ("away", "*46", Feature::Status(AgentStatus::Away)),
    ("offline", "*47", Feature::Status(AgentStatus::Offline)),
    ("transfer_only", "*48", Feature::Status(AgentStatus::TransferOnly)),
    ("wrap_up_done", "*49", Feature::WrapUpDone),
    ("status", "*40", Feature::Tell),
];

/// What stands in the place of a code that there is not to be.
const NONE: &str = "off";

struct Code {
    key: &'static str,
    text: String,
    feature: Feature,
    span: Range<usize>,
}

/// Reads `[feature_codes]`. Without it, agents dial nothing.
pub(crate) fn read<'a>(
    root: &'a DeTable<'a>,
    usual: &voices::Usual,
    found: &mut Findings,
) -> Option<FeatureCodes> {
    let section = section::one(root, "feature_codes", found);
    if !section.is_present() {
        return None;
    }
    let reasons = reasons(&section, found);
    let codes: Vec<Code> = CODES.iter().filter_map(|of| code(&section, *of, found)).collect();
    check(&codes, reasons.len(), found);
    let language = voices::spoken(&section, "language", usual, found);
    Some(FeatureCodes {
        codes: codes.into_iter().map(|code| (Arc::from(code.text), code.feature)).collect(),
        reasons,
        language: LanguageTag::from(language.unwrap_or_else(|| usual.language.clone()).as_str()),
    })
}

fn code(
    section: &Section<'_>,
    (key, usual, feature): (&'static str, &str, Feature),
    found: &mut Findings,
) -> Option<Code> {
    let expected = "a code such as \"*45\", or \"off\"";
    let written = section.get(key).is_some();
    let at = section.parsed(key, expected, found, |text| {
        let dialled = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
        let good = text.starts_with(['*', '#'])
            && (2..=CODE_LENGTH_MAX).contains(&text.len())
            && text.chars().all(dialled);
        if !good && text != NONE {
            let hint = "a star or a hash first, so that no number is meant; then digits, * and #";
            return Err(Mistake::new(format!("`{}` is not a feature code", shown(text)), hint));
        }
        Ok(text.to_string())
    });
    let (text, span) = match at {
        Some(at) => (at.value, at.span),
        None if written => return None,
        None => (usual.to_owned(), section.span.clone()),
    };
    (text != NONE).then_some(Code { key, text, feature, span })
}

/// No code is another one, nor another one with the digit of a reason behind it.
fn check(codes: &[Code], reasons: usize, found: &mut Findings) {
    for (place, code) in codes.iter().enumerate() {
        for other in &codes[..place] {
            let (short, long) = match code.text.len() < other.text.len() {
                true => (code, other),
                false => (other, code),
            };
            let behind = long.text.strip_prefix(short.text.as_str());
            let digit = behind.and_then(|rest| rest.parse::<usize>().ok());
            let reason = digit.is_some_and(|digit| {
                behind.is_some_and(|rest| rest.len() == 1) && (1..=reasons).contains(&digit)
            });
            let (one, two) = (long.key, short.key);
            if behind == Some("") {
                let problem = format!("`{}` is the code of `{two}`, too", long.text);
                let hint = format!("give `{one}` a code of its own, or \"off\"");
                found.error(&code.span, problem, "a code of its own", hint);
            } else if reason && short.feature.takes_reason() {
                let problem = format!("`{}` is the code of `{two}` with a reason, too", long.text);
                let hint = format!("give `{one}` a code that does not begin with {}", short.text);
                found.error(&code.span, problem, "a code of its own", hint);
            }
        }
    }
}

fn reasons(section: &Section<'_>, found: &mut Findings) -> Vec<Arc<str>> {
    let expected = "up to nine short reasons, such as [\"break\", \"lunch\"]";
    let list = section.texts("reasons", found).map(|list| list.value).unwrap_or_default();
    let mut reasons: Vec<Arc<str>> = Vec::new();
    for at in list {
        if !ledger::is_reason(at.value) {
            let problem = format!("`{}` cannot be a reason", shown(at.value));
            let hint = format!("one line of at most {} bytes", ledger::REASON_BYTES_MAX);
            found.error(&at.span, problem, expected, hint);
        } else if reasons.len() == REASONS_MAX {
            let problem = format!("`reasons` holds more than {REASONS_MAX}");
            found.error(&at.span, problem, expected, "one digit, 1 to 9, names each of them");
            break;
        } else {
            reasons.push(Arc::from(at.value));
        }
    }
    reasons
}
