//! `[transfer]`: whom agents may hand conversations on to.

use engine::Transfers;
use toml::de::DeTable;

use crate::finding::Findings;
use crate::section;
use crate::value;

/// Most prefixes in `numbers`, and most networks in `networks`.
pub const TRANSFER_TARGETS_MAX: usize = 64;

/// Reads `[transfer]`. Without it, agents hand on to each other and to nobody else.
pub(crate) fn read<'a>(root: &'a DeTable<'a>, found: &mut Findings) -> Transfers {
    let section = section::one(root, "transfer", found);
    let agents = section.boolean("agents", found).is_none_or(|at| at.value);
    let mut transfers = Transfers { agents, numbers: Vec::new(), networks: Vec::new() };
    let expected = "the beginnings of numbers, such as [\"+33\", \"+4930\"]";
    for at in section.texts("numbers", found).map(|list| list.value).unwrap_or_default() {
        let digits = at.value.strip_prefix('+').unwrap_or("");
        let good = (1..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if !good {
            let problem = format!("`{}` is not how a number begins", section::shown(at.value));
            let hint = "write + and the country code, then as many digits as you like";
            found.error(&at.span, problem, expected, hint);
        } else if transfers.numbers.len() < TRANSFER_TARGETS_MAX {
            transfers.numbers.push(at.value.to_string());
        } else {
            too_many("numbers", &at.span, expected, found);
        }
    }
    let expected = "networks or addresses, such as [\"192.0.2.0/24\"]";
    for at in section.texts("networks", found).map(|list| list.value).unwrap_or_default() {
        match value::source(at.value) {
            Ok(network) if network.prefix == 0 => {
                let problem = "an agent's phone could make us call anybody in the world";
                found.error(&at.span, problem, expected, "name the networks of your own phones");
            }
            Ok(_) if transfers.networks.len() >= TRANSFER_TARGETS_MAX => {
                too_many("networks", &at.span, expected, found);
            }
            Ok(network) => transfers.networks.push(network),
            Err(mistake) => {
                let problem = format!("`networks`: {}", mistake.problem);
                found.error(&at.span, problem, expected, mistake.hint);
            }
        }
    }
    transfers
}

fn too_many(key: &str, span: &std::ops::Range<usize>, expected: &str, found: &mut Findings) {
    let problem = format!("`{key}` holds more than {TRANSFER_TARGETS_MAX} entries");
    found.error(span, problem, expected, "join what begins alike");
}
