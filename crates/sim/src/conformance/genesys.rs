//! Genesys Cloud: callbacks.

use super::tale::{Tale, Told};

super::tells![
    g01_the_caller_neither_waits_nor_pays_meanwhile,
    g09_a_callback_carries_the_script_of_its_agent,
];

fn g01_the_caller_neither_waits_nor_pays_meanwhile(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.wait(1_800);
    s.check(s.hears_now("ada").is_empty(), "half an hour later ada is on no line")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()
}

fn g09_a_callback_carries_the_script_of_its_agent(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "agent_script", "\"Winter tyres\"");
    let mut s = tale.scene(&setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    let ring = s.rings("agent-1")?;
    s.check(ring.text.contains("X-Script: Winter tyres\r\n"), "the INVITE names the script")?;
    s.end()
}
