//! Customers who call in while a request of theirs waits, or while they are dialled.

use ledger::{DialOutcome, Fact, RequestEnd};

use super::scene::Scene;
use super::tale::{Tale, Told};

/// Ada is promised a callback, and bob waits on the line behind her; nobody is online.
fn ada_before_bob(s: &mut Scene<'_>) -> Told {
    s.is_promised("ada", "21")?;
    s.calls("bob");
    s.hears("bob", "greeting").map(drop)
}

/// A request has ended so, and no other one is over.
fn is_over(s: &mut Scene<'_>, wanted: RequestEnd) -> Told {
    let ends = s.facts().into_iter().filter_map(|(_, fact)| match fact {
        Fact::RequestClosed { end, .. } => Some(end),
        _ => None,
    });
    let ends: Vec<RequestEnd> = ends.collect();
    s.same("requests that are over", ends, vec![wanted])
}

pub(super) fn who_calls_in_has_the_place_of_the_request(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "duplicates", "\"take_over\"");
    let mut s = tale.scene(&setup)?;
    ada_before_bob(&mut s)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.check(true, "ada, who called in, before bob, who was on the line before her")?;
    s.hangs_up("ada");
    is_over(&mut s, RequestEnd::Completed)?;
    s.talk("agent-1", "bob")?;
    s.check(s.rung("ada").is_empty(), "ada is not called back as well")?;
    s.end()?;
    who_hangs_up_is_called_back(tale)?;
    who_asks_again_has_one_request(tale)?;
    who_is_being_dialled_gets_the_agent_who_waits(tale)
}

fn who_hangs_up_is_called_back(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "duplicates", "\"take_over\"");
    let mut s = tale.scene(&setup)?;
    ada_before_bob(&mut s)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.hangs_up("ada");
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.check(true, "ada, who hung up unanswered, is called back, and before bob")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.talk("agent-1", "bob")?;
    s.end()
}

fn who_asks_again_has_one_request(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "duplicates", "\"take_over\"");
    let mut s = tale.scene(&setup)?;
    ada_before_bob(&mut s)?;
    s.is_promised("ada", "21")?;
    is_over(&mut s, RequestEnd::Cancelled)?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.talk("agent-1", "bob")?;
    s.same("ada was called once", s.rung("ada").len(), 1)?;
    s.end()
}

fn who_is_being_dialled_gets_the_agent_who_waits(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "duplicates", "\"take_over\"");
    let mut s = tale.scene(&setup)?;
    ada_before_bob(&mut s)?;
    s.lets_ring("ada");
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.calls("ada");
    s.talk("agent-1", "ada")?;
    s.wait(1);
    s.same("CANCEL ends the ringing of ada's phone", s.cancelled("ada"), 1)?;
    s.same("the agent's phone rang once", s.rung("agent-1").len(), 1)?;
    s.same("so the dial ended", s.dial_outcomes(), vec![DialOutcome::CalledIn])?;
    let taken = |fact: &Fact| matches!(fact, Fact::PlaceTaken { offer: Some(_), .. });
    s.check(s.facts().iter().any(|(_, fact)| taken(fact)), "the journal says why")?;
    is_over(&mut s, RequestEnd::Completed)?;
    s.hangs_up("ada");
    s.talk("agent-1", "bob")?;
    s.same("ada was called once", s.rung("ada").len(), 1)?;
    s.end()
}
