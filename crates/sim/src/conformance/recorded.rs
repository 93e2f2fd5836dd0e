//! iAdvize: the recording of conversations. What counts is what stands on the shelf.

use std::time::Duration;

use engine::Command;
use ledger::{Fact, NotRecorded};
use model::{CallId, Mono, RequestId};
use phone::CallTo;
use queue::AgentStatus;

use super::puppet::Act;
use super::scene::{CUSTOMERS, Scene};
use super::tale::{Tale, Told};
use crate::lab;

super::tells![
    i36_recording_is_optional,
    i37_seventy_of_a_hundred_conversations_are_recorded,
    i38_who_does_not_want_to_be_recorded_is_not,
];

/// Conversations of the row that counts them.
const CONVERSATIONS: usize = 10_000;

fn i36_recording_is_optional(tale: &mut Tale) -> Told {
    let plain = tale.setup(1);
    let mut s = tale.scene(&plain)?;
    s.online("agent-1");
    s.calls("ada");
    s.talk("agent-1", "ada")?;
    s.wait(5);
    s.hangs_up("ada");
    s.check(s.files().is_empty(), "there is no file")?;
    s.check(s.heard("ada", "recording-notice").is_empty(), "and nobody spoke of one")?;
    s.end()?;
    let recorded = plain.with("recording", "enabled", "true").with("recording", "ratio", "100");
    let mut s = tale.scene(&recorded)?;
    s.online("agent-1");
    s.calls("ada");
    s.hears("ada", "recording-notice")?;
    s.talk("agent-1", "ada")?;
    s.wait(5);
    s.hangs_up("ada");
    let call = s.last_call().ok_or("a call came")?;
    let file = format!("20261123-090008-{call}.wav");
    s.same("switched on, there is one, without ada's number", s.files(), vec![file])?;
    s.end()
}

fn i37_seventy_of_a_hundred_conversations_are_recorded(tale: &mut Tale) -> Told {
    let setup = tale
        .setup(6)
        .with("recording", "enabled", "true")
        .with("recording", "announced", "false")
        .with("agent", "wrap_up", "\"0s\"");
    let mut s = tale.scene(&setup)?;
    for n in 1..=6 {
        s.online(&format!("agent-{n}"));
    }
    s.converses(CONVERSATIONS)?;
    let facts = s.facts();
    let count = |wanted: fn(&Fact) -> bool| facts.iter().filter(|(_, fact)| wanted(fact)).count();
    let began = count(|fact| matches!(fact, Fact::RecordingBegan { .. }));
    let left = count(|fact| matches!(fact, Fact::NotRecorded { why: NotRecorded::Ratio, .. }));
    let talks = count(|fact| matches!(fact, Fact::Bridged { .. }));
    s.same("every conversation has its decision in the journal", began + left, talks)?;
    s.same("so many of them there were", talks, CONVERSATIONS)?;
    let files = s.files().len();
    s.same("and a file for each that was drawn", files, began)?;
    let share = 100.0 * files as f64 / CONVERSATIONS as f64;
    s.check((share - 70.0).abs() <= 1.5, &format!("{share:.1} % are recorded"))?;
    s.end()
}

fn i38_who_does_not_want_to_be_recorded_is_not(tale: &mut Tale) -> Told {
    let setup =
        tale.setup(1).with("recording", "enabled", "true").with("recording", "ratio", "100");
    let setup = setup.with("agent", "wrap_up", "\"0s\"");
    let mut s = tale.scene(&setup)?;
    s.online("agent-1");
    s.calls("ada");
    s.hears("ada", "recording-key")?;
    s.presses("ada", "9");
    s.hears("ada", "recording-declined")?;
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.check(s.files().is_empty(), "ada declined by key: there is no file")?;
    s.calls("bob");
    s.hears("bob", "recording-notice")?;
    s.talk("agent-1", "bob")?;
    s.same("bob did not: there is one", s.files().len(), 1)?;
    let call = s.last_call().ok_or("a call came")?;
    s.asks("bob declines after all, by command", Command::DoNotRecordCall { call })?;
    s.check(s.files().is_empty(), "and it is gone, though the conversation goes on")?;
    s.hangs_up("bob");
    s.end()?;
    let mut s = tale.scene(&setup)?;
    s.calls("carl");
    s.hears("carl", "greeting")?;
    s.presses("carl", "921");
    s.hears("carl", "promised")?;
    s.is_hung_up_on("carl")?;
    s.online("agent-1");
    s.calls_back("agent-1", "carl")?;
    s.hangs_up("carl");
    s.sets("agent-1", AgentStatus::Away);
    s.is_promised("dora", "21")?;
    let request = RequestId(2);
    s.asks("dora declines by command", Command::DoNotRecord { request })?;
    s.online("agent-1");
    s.calls_back("agent-1", "dora")?;
    s.hangs_up("dora");
    s.check(s.files().is_empty(), "who declined is not recorded when called back either")?;
    let told = [s.heard("carl", "recording-notice"), s.heard("dora", "recording-notice")];
    s.check(told.concat().is_empty(), "nor asked again")?;
    s.end()
}

impl Scene<'_> {
    /// The recordings there are, finished or under way.
    fn files(&self) -> Vec<String> {
        let shelf = self.world.shelf();
        let finished = shelf.files().keys().map(String::as_str);
        finished.chain(shelf.under_way()).map(str::to_owned).collect()
    }

    /// The call that came last.
    fn last_call(&self) -> Option<CallId> {
        let call = |(_, fact): (f64, Fact)| match fact {
            Fact::CallArrived { call, .. } => Some(call),
            _ => None,
        };
        self.facts().into_iter().filter_map(call).next_back()
    }

    /// So many conversations, six at a time and as short as can be; told in one line.
    fn converses(&mut self, count: usize) -> Told {
        let begun = self.world.now().mono;
        let mut left = count;
        while left > 0 {
            let together = left.min(CUSTOMERS.len());
            for who in &CUSTOMERS[..together] {
                let line = lab::LINE;
                let to = CallTo::new(format!("sip:{line}@{}", lab::ENGINE), lab::ENGINE);
                self.does(who, Act::Call(to));
            }
            self.until_all(&CUSTOMERS[..together], true)?;
            for who in &CUSTOMERS[..together] {
                self.does(who, Act::HangUp);
            }
            self.until_all(&CUSTOMERS[..together], false)?;
            left -= together;
        }
        self.note_at(begun, &format!("{count} conversations, six at a time"));
        Ok(())
    }

    /// The world goes on until each of them talks, or none does.
    fn until_all(&mut self, who: &[&str], talk: bool) -> Told {
        let ids: Vec<usize> = who.iter().map(|name| self.someone(name).id).collect();
        let end: Mono = self.world.now().mono + Duration::from_secs(60);
        while ids.iter().any(|id| self.world.bridged_with(*id).is_some() != talk) {
            if self.world.now().mono >= end {
                return Err(format!("within a minute {who:?} talk: {talk}"));
            }
            let next = self.world.now().mono + Duration::from_millis(100);
            self.world.run_until(next);
        }
        Ok(())
    }
}
