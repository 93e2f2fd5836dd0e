//! How a trunk writes numbers, what it is shown of us, and where it names the line.

use engine::{DialledFrom, Dials, ShownIn, Shows, UriForm};
use model::NumberFormat;

use crate::basics;
use crate::finding::Findings;
use crate::section::{Section, shown};
use crate::value::{self, Mistake};

/// Longest `dial_prefix`, in characters.
const PREFIX_LENGTH_MAX: usize = 16;

/// Longest `domain`, in bytes: that of a host name (RFC 1035 §2.3.4).
const DOMAIN_LENGTH_MAX: usize = 253;

/// The headers that can carry a number, as the file names them.
const HEADERS: [(&str, ShownIn); 4] = [
    ("from", ShownIn::From),
    ("p-asserted-identity", ShownIn::Asserted),
    ("p-preferred-identity", ShownIn::Preferred),
    ("remote-party-id", ShownIn::RemoteParty),
];

/// `number_format`.
pub(crate) fn format(section: &Section<'_>, found: &mut Findings) -> NumberFormat {
    let expected = "\"e164\", \"digits\", \"00\" or \"national:\" with a country";
    let format = section.parsed("number_format", expected, found, value::number_format);
    format.map(|at| at.value).unwrap_or_default()
}

/// `dialled_from`.
pub(crate) fn dialled_from(section: &Section<'_>, found: &mut Findings) -> DialledFrom {
    let words = [
        ("request-uri", DialledFrom::RequestUri),
        ("to", DialledFrom::To),
        ("diversion", DialledFrom::Diversion),
        ("p-called-party-id", DialledFrom::CalledParty),
    ];
    basics::choice(section, "dialled_from", &words, DialledFrom::RequestUri, found)
}

/// `caller_id`, `domain` and `diversion`. `account` is whom From names where it shows no number.
pub(crate) fn shows(section: &Section<'_>, account: Option<&str>, found: &mut Findings) -> Shows {
    let usual = Shows::default();
    let domain =
        section.parsed("domain", "a host name, such as \"carrier.example\"", found, domain);
    let words = [("none", false), ("line", true)];
    Shows {
        in_headers: headers(section, found).unwrap_or(usual.in_headers),
        account: account.map_or(usual.account, str::to_owned),
        domain: domain.map(|at| at.value),
        diversion: basics::choice(section, "diversion", &words, false, found),
    }
}

fn headers(section: &Section<'_>, found: &mut Findings) -> Option<Vec<ShownIn>> {
    let list = section.texts("caller_id", found)?;
    let names: Vec<&str> = HEADERS.iter().map(|(name, _)| *name).collect();
    let expected = format!("some of {}", names.join(", "));
    if list.value.is_empty() {
        let hint = "without this key it is [\"from\", \"p-asserted-identity\"]";
        let problem = "`caller_id` is empty: the trunk would not learn who calls";
        found.error(&list.span, problem, expected.as_str(), hint);
        return None;
    }
    let mut headers = Vec::new();
    for at in list.value {
        let name = at.value.to_ascii_lowercase();
        match HEADERS.iter().find(|(word, _)| *word == name) {
            Some((_, header)) if headers.contains(header) => {
                let problem = format!("`caller_id` names {name} twice");
                found.error(&at.span, problem, "each header once", "leave one of them out");
            }
            Some((_, header)) => headers.push(*header),
            None => {
                let problem = format!("`caller_id`: no number is shown in `{}`", shown(at.value));
                let hint = match crate::nearest::nearest(&name, names.iter().copied()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => "without this key it is [\"from\", \"p-asserted-identity\"]".into(),
                };
                found.error(&at.span, problem, expected.as_str(), hint);
            }
        }
    }
    Some(headers)
}

fn domain(text: &str) -> Result<String, Mistake> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let name = !text.is_empty() && text.len() <= DOMAIN_LENGTH_MAX && text.chars().all(plain);
    if !name {
        let problem = format!("`{}` is not a host name", shown(text));
        return Err(Mistake::new(problem, "write the name alone, without sip: and without a port"));
    }
    Ok(text.to_owned())
}

/// `dial_prefix` and `number_uri`.
pub(crate) fn dials(section: &Section<'_>, format: &NumberFormat, found: &mut Findings) -> Dials {
    let prefix = section.parsed("dial_prefix", "digits, * and #, such as \"0\"", found, |text| {
        let key = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
        if text.is_empty() || text.len() > PREFIX_LENGTH_MAX || !text.chars().all(key) {
            let problem = format!("`{}` cannot be dialled before a number", shown(text));
            let hint = format!("1 to {PREFIX_LENGTH_MAX} keys; + belongs to number_format");
            return Err(Mistake::new(problem, hint));
        }
        Ok(text.to_owned())
    });
    let words =
        [("sip", UriForm::Sip), ("sip;user=phone", UriForm::SipUserPhone), ("tel", UriForm::Tel)];
    let form = basics::choice(section, "number_uri", &words, UriForm::Sip, found);
    if form == UriForm::Tel
        && (*format != NumberFormat::E164 || prefix.is_some())
        && let Some(value) = section.get("number_uri")
    {
        let problem = "a tel: URI of digits alone would not say whose digits they are";
        let hint = "with number_uri = \"tel\" leave number_format and dial_prefix out";
        found.error(&value.span(), problem, "\"sip\" or \"sip;user=phone\"", hint);
    }
    Dials { prefix: prefix.map(|at| at.value).unwrap_or_default(), form }
}
