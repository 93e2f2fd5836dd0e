//! Genesys Cloud: callbacks.

use super::tale::{Tale, Told};

super::tells![g01_the_caller_neither_waits_nor_pays_meanwhile];

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
