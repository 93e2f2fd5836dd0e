//! `scenario.toml`: who calls, who answers, and what the far ends must have seen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The loopback network that the files are written for. A run may use another one.
pub const NETWORK: &str = "127.7.";

/// One folder of `sipp-scenarios`.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The folder's name: `02-option-1-this-number`.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// The number in front of the name, which is also the third part of its addresses.
    pub number: u8,
    /// What the file says.
    pub file: File,
}

/// What `scenario.toml` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What happens, as a sentence.
    pub title: String,
    /// When the scenario has failed, in seconds from its first call.
    pub seconds_max: u64,
    /// Who calls, one after the other.
    pub caller: Vec<Step>,
    /// Who answers at the agent's address, one after the other.
    #[serde(default)]
    pub agent: Vec<Step>,
    /// Who answers at the customer's address, one after the other.
    #[serde(default)]
    pub customer: Vec<Step>,
    /// A program that stands between Rappel and the carrier's phones.
    pub proxy: Option<Proxy>,
    /// What the far ends must have seen.
    pub expect: Expect,
}

/// A program at the address `.5`, to which the callers send, and which is the trunk of Rappel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// Its name, as the shell finds it.
    pub program: String,
    /// Its arguments; it runs in the folder of the run.
    pub args: Vec<String>,
    /// Files of the scenario's folder that it reads, moved to the run's network.
    pub files: Vec<String>,
    /// What asks for its version, as one argument.
    pub version: String,
    /// What its log must hold in the end.
    pub logs: Vec<String>,
}

/// One SIPp instance, which takes part in one call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its SIPp scenario, from the folder of `scenario.toml`.
    pub xml: String,
    /// What it says once the call is answered (see `captures`).
    #[serde(default)]
    pub says: Vec<String>,
    /// How long it stays before it hangs up by itself, in seconds.
    #[serde(default)]
    pub stays: f64,
    /// Speaks SIP over one TCP connection instead of UDP.
    #[serde(default)]
    pub tcp: bool,
    /// It sends first, to Rappel: an agent's phone that registers.
    #[serde(default)]
    pub registers: bool,
    /// A caller's number.
    pub from: Option<String>,
    /// The number that a caller dials.
    pub dials: Option<String>,
}

/// What the far ends must have seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// For each far end, how many INVITEs with a Call-ID of their own came to its address.
    pub invites: BTreeMap<String, usize>,
    /// Whom the INVITE to the customer named.
    pub customer_invite: Option<Parties>,
    /// Who heard what.
    #[serde(default)]
    pub hears: Vec<Hears>,
    /// The states of all requests that `rappel callback list` shows in the end.
    pub requests: Vec<String>,
}

/// User parts of the INVITE to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parties {
    /// Of the Request-URI.
    pub to: String,
    /// Of From.
    pub from: String,
    /// Of P-Asserted-Identity.
    pub asserted: String,
}

/// A sound that must arrive somewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hears {
    /// Who hears.
    pub who: String,
    /// A tone of this many Hz; without it, any sound.
    pub hz: Option<f64>,
    /// For at least so long, in seconds.
    pub seconds: f64,
}

/// The far ends, with the last part of their addresses. Rappel is 1.
pub const FAR_ENDS: &[(&str, u8)] = &[("caller", 2), ("agent", 3), ("customer", 4)];
/// The last part of the address of a [`Proxy`].
const PROXY: u8 = 5;

/// Reads every scenario under `folder`, in the order of their numbers.
pub fn read_all(folder: &Path) -> Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(folder).context("reading sipp-scenarios")? {
        let path = entry?.path();
        if path.join("scenario.toml").is_file() {
            scenarios.push(read(&path)?);
        }
    }
    scenarios.sort_by_key(|scenario| scenario.number);
    for pair in scenarios.windows(2) {
        ensure!(pair[0].number != pair[1].number, "{} has a taken number", pair[1].name);
    }
    ensure!(!scenarios.is_empty(), "no scenario in {}", folder.display());
    Ok(scenarios)
}

fn read(folder: &Path) -> Result<Scenario> {
    let name = folder.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
    let path = folder.join("scenario.toml");
    let text = std::fs::read_to_string(&path)?;
    let file = parse(&text).with_context(|| format!("in {}", path.display()))?;
    let number = name.split('-').next().and_then(|number| number.parse().ok());
    let number =
        number.with_context(|| format!("{name} does not begin with a number under 256"))?;
    for needed in ["README.md", "rappel.toml"] {
        ensure!(folder.join(needed).is_file(), "{name} has no {needed}");
    }
    Ok(Scenario { name, folder: folder.to_owned(), number, file })
}

fn parse(text: &str) -> Result<File> {
    let file: File = toml::from_str(text)?;
    let known = |who: &str| FAR_ENDS.iter().any(|(name, _)| *name == who);
    let named = file.expect.invites.keys().chain(file.expect.hears.iter().map(|h| &h.who));
    for who in named {
        if !known(who) {
            bail!("{who} is not a far end: caller, agent or customer");
        }
    }
    for caller in &file.caller {
        ensure!(caller.from.is_some() && caller.dials.is_some(), "a caller needs from and dials");
    }
    ensure!(!file.caller.is_empty(), "nobody calls");
    Ok(file)
}

impl Scenario {
    /// The address of a far end, of the proxy or of Rappel, in the network `127.K.`.
    pub fn address(&self, network: &str, who: &str) -> String {
        let known = FAR_ENDS.iter().chain(&[("proxy", PROXY)]).find(|(name, _)| *name == who);
        let last = known.map_or(1, |(_, last)| *last);
        format!("{network}{}.{last}", self.number)
    }

    /// Where a caller sends its INVITE.
    pub fn front_door(&self, network: &str) -> String {
        self.address(network, if self.file.proxy.is_some() { "proxy" } else { "rappel" })
    }

    /// The steps of a far end.
    pub fn steps(&self, who: &str) -> &[Step] {
        match who {
            "caller" => &self.file.caller,
            "agent" => &self.file.agent,
            _ => &self.file.customer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "title = 'a'\nseconds_max = 9\n[[caller]]\nxml = 'a.xml'\nfrom = '1'\n\
        dials = '2'\n[expect]\ninvites = { agent = 0 }\nrequests = []\n";

    #[test]
    fn a_slip_in_a_definition_is_named() {
        assert!(parse(RIGHT).is_ok());
        let unknown = parse(&RIGHT.replace("seconds_max", "second_max")).expect_err("unknown");
        assert!(unknown.to_string().contains("second_max"), "{unknown}");
        let nobody = parse(&RIGHT.replace("agent", "agnet")).expect_err("nobody");
        assert!(nobody.to_string().contains("agnet is not a far end"), "{nobody}");
        assert!(parse(&RIGHT.replace("from = '1'\n", "")).is_err());
    }
}
