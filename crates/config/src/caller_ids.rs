//! The numbers that callbacks of a line show: which of them some networks refuse, and the one that
//! is shown instead.

use model::E164;

use crate::finding::Findings;
use crate::section::{Section, shown};
use crate::value::Mistake;

/// How toll-free numbers begin (freephone ranges of the national numbering plans, and +800 of
/// ITU-T E.169.1).
const TOLL_FREE: [&str; 62] = [
    "+1800",
    "+1833",
    "+1844",
    "+1855",
    "+1866",
    "+1877",
    "+1888",
    "+27800",
    "+30800",
    "+31800",
    "+32800",
    "+33800",
    "+33801",
    "+33802",
    "+33803",
    "+33804",
    "+33805",
    "+34800",
    "+34900",
    "+351800",
    "+352800",
    "+3531800",
    "+354800",
    "+358800",
    "+359800",
    "+36680",
    "+370800",
    "+371800",
    "+372800",
    "+380800",
    "+385800",
    "+386800",
    "+39800",
    "+39803",
    "+40800",
    "+41800",
    "+420800",
    "+421800",
    "+43800",
    "+44500",
    "+44800",
    "+44808",
    "+4580",
    "+4620",
    "+47800",
    "+48800",
    "+49800",
    "+52800",
    "+54800",
    "+55800",
    "+56800",
    "+57018000",
    "+60180",
    "+611800",
    "+64508",
    "+64800",
    "+65800",
    "+800",
    "+81120",
    "+81800",
    "+86800",
    "+90800",
];

/// Whether those who are called by it may call it for nothing.
fn is_toll_free(number: &E164) -> bool {
    let number = number.reveal();
    TOLL_FREE.iter().any(|prefix| number.starts_with(prefix))
}

/// The number that is shown where the network forbids `outbound_number`. Warns of toll-free ones.
pub(crate) fn fallback(
    section: &Section<'_>,
    outbound: Option<E164>,
    found: &mut Findings,
) -> Option<E164> {
    let expected = "an international number, such as \"+33123456789\"";
    let at = section.parsed("fallback_number", expected, found, |text| {
        E164::parse(text).map_err(|why| {
            let problem = format!("`{}` is not an international number", shown(text));
            Mistake::new(problem, why.to_string())
        })
    });
    if let Some(at) = &at {
        let problem = match outbound {
            None => Some("there is no number that this one stands in for"),
            Some(outbound) if outbound == at.value => Some("this is the `outbound_number` itself"),
            Some(_) if is_toll_free(&at.value) => Some("this is a toll-free number, too"),
            Some(_) => None,
        };
        if let Some(problem) = problem {
            let hint = "it is shown when the network forbids `outbound_number` (403)";
            let expected = "a number of your own that every network takes";
            found.warning(&at.span, problem, expected, hint);
        }
    } else if let (Some(number), Some(value)) = (outbound, section.get("outbound_number"))
        && is_toll_free(&number)
    {
        let problem = "this is a toll-free number: some carriers refuse calls that show one";
        let hint = "ask the carrier; or add fallback_number, which is shown after a refusal";
        found.warning(&value.span(), problem, "a number that every network takes", hint);
    }
    at.map(|at| at.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toll_free_numbers_are_known_by_how_they_begin() {
        let free = |text| is_toll_free(&E164::parse(text).expect("a number"));
        for text in
            ["+33805123456", "+18885551234", "+448001234567", "+80012345678", "+498001234567"]
        {
            assert!(free(text), "{text}");
        }
        for text in ["+33123456789", "+33899123456", "+12125551234", "+442079460000"] {
            assert!(!free(text), "{text}");
        }
    }

    #[test]
    fn the_beginnings_are_in_order_and_distinct() {
        assert!(TOLL_FREE.is_sorted(), "sorted as texts");
        let mut known = TOLL_FREE.to_vec();
        known.dedup();
        assert_eq!(known.len(), TOLL_FREE.len());
    }
}
