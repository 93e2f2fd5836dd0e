//! iAdvize: the Call channel.

use ledger::RequestEnd;
use queue::AgentStatus;

use super::tale::{Tale, Told};

super::tells![i09_a_request_ends_after_its_delay, i28_an_agent_pauses_by_status,];

fn i09_a_request_ends_after_its_delay(tale: &mut Tale) -> Told {
    for secs in [60.0, 90.0, 301.0] {
        let setup = tale.setup(1).with("queue", "request_ttl", &format!("\"{secs}s\""));
        let mut s = tale.scene(&setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", "21");
        let promised = s.records("the promise is written", 5, |fact| {
            matches!(fact, ledger::Fact::CallbackRequested { .. })
        })?;
        let ended = s.request_ends(RequestEnd::Expired, 400)?;
        s.times("it ends exactly then", &[ended], &[promised + secs])?;
        s.online("agent-1");
        s.wait(60);
        s.check(s.rung("agent-1").is_empty(), "nobody is asked afterwards")?;
        s.end()?;
    }
    Ok(())
}

fn i28_an_agent_pauses_by_status(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.sets("agent-1", AgentStatus::Away);
    s.calls("ada");
    s.wait(60);
    s.check(s.rung("agent-1").is_empty(), "who is away is not rung")?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.end()
}
