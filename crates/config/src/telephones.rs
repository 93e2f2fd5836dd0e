//! What an `[[agent]]` says who is reached by telephone: `number` or `ask_number_at_login`, and the
//! `trunk`.

use engine::AgentPhone;
use model::{E164, TrunkName};

use crate::basics;
use crate::finding::Findings;
use crate::names::Names;
use crate::section::{Section, shown};
use crate::value::Mistake;

/// What a telephone does not have: it is behind a trunk, which says it.
const OF_PHONES: [&str; 10] = [
    "uri",
    "register",
    "listener",
    "tls_ca",
    "tls_verify",
    "tls_name",
    "follow_redirects",
    "srtp",
    "codecs",
    "dtmf",
];

/// What shows that somebody answered.
const HUMAN_PROOF: [(&str, bool); 2] = [("none", false), ("press_1", true)];

/// How the agent is reached by telephone; none when by a phone. None inside when something was
/// wrong.
pub(crate) fn read(
    section: &Section<'_>,
    trunks: &Names,
    found: &mut Findings,
) -> Option<Option<AgentPhone>> {
    let asks = section.boolean("ask_number_at_login", found).filter(|at| at.value);
    let Some(number) = section.get("number") else {
        if asks.is_none() {
            return no_trunk(section, found);
        }
        return Some(through(section, None, trunks, found));
    };
    if let Some(asks) = asks {
        let hint = "leave `number` out: the agent says it when logging in";
        let problem = "this agent has a `number` and is asked for one";
        found.error(&asks.span, problem, "one of the two", hint);
        return Some(None);
    }
    let span = number.span();
    let expected = "an international number, such as \"+33612345678\"";
    let number = section.parsed("number", expected, found, |text| {
        E164::parse(text).map_err(|why| {
            let problem = format!("`{}` is not an international number", shown(text));
            Mistake::new(problem, why.to_string())
        })
    });
    let Some(number) = number else { return Some(None) };
    if let Some(key) = OF_PHONES.iter().find(|key| section.get(key).is_some()) {
        let problem = format!("this agent has a `number` and a `{key}`");
        let hint = "a telephone has neither SIP address nor codecs: its trunk has them";
        found.error(&span, problem, "one of the two", hint);
        return Some(None);
    }
    Some(through(section, Some(number.value), trunks, found))
}

fn through(
    section: &Section<'_>,
    number: Option<E164>,
    trunks: &Names,
    found: &mut Findings,
) -> Option<AgentPhone> {
    let trunk = trunks.reference(section, "trunk", found)?;
    Some(AgentPhone::Telephone { number, trunk: TrunkName::from(trunk.as_str()) })
}

fn no_trunk<T>(section: &Section<'_>, found: &mut Findings) -> Option<T> {
    if let Some(trunk) = section.get("trunk") {
        let problem = "this agent has a `trunk` and no telephone";
        let hint = "add number = \"+33612345678\" or ask_number_at_login = true";
        found.error(&trunk.span(), problem, "a number beside it", hint);
    }
    None
}

/// Whether the agent must press 1 before hearing a caller. Behind a telephone number there may be a
/// voicemail, so that it is the rule there.
pub(crate) fn human_proof(section: &Section<'_>, telephone: bool, found: &mut Findings) -> bool {
    basics::choice(section, "human_proof", &HUMAN_PROOF, telephone, found)
}
