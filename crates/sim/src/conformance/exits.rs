//! The rows of the other exits from the queue: the operator, and a message; and that of a caller ID
//! which networks refuse.

use ledger::{CallEnd, Fact, Origin};
use phone::Answering;

use super::scene::{CUSTOMERS, Scene};
use super::tale::{Tale, Told};
use crate::lab;

super::tells![
    e06_three_exits_are_reached_by_digits,
    d15_voicemail_is_an_overflow_action_beside_the_callback,
    i17_music_is_wav_or_mp3_of_at_most_200000_bytes_and_goes_round,
    z09_a_toll_free_caller_id_is_warned_of_and_replaced_once_it_is_refused,
    g07_a_message_is_a_request_and_blocks_the_agent_who_left_it,
];

fn e06_three_exits_are_reached_by_digits(tale: &mut Tale) -> Told {
    // Agent 2, who takes no calls of the queue, is the operator.
    let desk = format!("\"sip:agent-2@{}\"", lab::agent_address(2));
    let setup = tale
        .setup(2)
        .with("ivr", "message_key", "\"8\"")
        .with("ivr", "operator_key", "\"0\"")
        .with("line", "operator", &desk);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "offer")?;
    let exits = s.heard("ada", "exit-message").len() + s.heard("ada", "exit-operator").len();
    s.same("with the offer both other exits are spoken", exits, 2)?;
    s.presses("ada", "0");
    s.hears("ada", "connecting")?;
    s.hears("ada", "ringback")?;
    s.rings("agent-2")?;
    s.talk("agent-2", "ada")?;
    s.same("ada left the queue for the operator", s.call_ends(), vec![CallEnd::Operator])?;
    s.online("agent-1");
    s.wait(10);
    s.check(s.rung("agent-1").is_empty(), "nobody is rung for a caller who has left")?;
    s.hangs_up("agent-2");
    s.is_hung_up_on("ada")?;

    s.sets("agent-1", queue::AgentStatus::Away);
    s.calls("bob");
    s.hears("bob", "greeting")?;
    s.presses("bob", "8");
    s.hears("bob", "message")?;
    s.wait(20);
    s.presses("bob", "#");
    s.hears("bob", "message-kept")?;
    s.is_hung_up_on("bob")?;
    s.same("bob left a message", s.messages(), 1)?;

    s.calls("carl");
    s.hears("carl", "greeting")?;
    s.presses("carl", "21");
    s.hears("carl", "promised")?;
    s.is_hung_up_on("carl")?;
    let ends = vec![CallEnd::Operator, CallEnd::Message, CallEnd::Promised];
    s.same("carl is to be called back", s.call_ends(), ends)?;

    s.lets_ring("agent-2");
    s.calls("dora");
    s.hears("dora", "offer")?;
    s.presses("dora", "2");
    s.hears("dora", "menu")?;
    s.presses("dora", "0");
    s.rings("agent-2")?;
    s.refuses("agent-2", 486);
    s.hears("dora", "back-to-queue")?;
    s.hears("dora", "music")?;
    s.check(true, "when the operator is busy, dora waits on in the old place")?;
    s.end()?;
    the_operator_may_be_an_agent(tale, &setup.with("line", "operator", "\"agent-2\""))
}

fn the_operator_may_be_an_agent(tale: &mut Tale, setup: &super::setup::Setup) -> Told {
    let mut s = tale.scene(setup)?;
    s.sets("agent-2", queue::AgentStatus::TransferOnly);
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "0");
    s.rings("agent-2")?;
    s.talk("agent-2", "ada")?;
    s.calls("bob");
    s.hears("bob", "music")?;
    s.sets("agent-2", queue::AgentStatus::Online);
    s.wait(30);
    s.same("an agent who is the operator has one call at a time", s.rung("agent-2").len(), 1)?;
    s.hangs_up("ada");
    s.rings("agent-2")?;
    s.talk("agent-2", "bob")?;
    s.end()
}

fn d15_voicemail_is_an_overflow_action_beside_the_callback(tale: &mut Tale) -> Told {
    let (voicemail, callback) = (
        r#"{ when = "waiting > 1", do = "voicemail" }"#,
        r#"{ when = "waiting > 0", do = "callback" }"#,
    );
    let table = format!("[{voicemail}, {callback}]");
    let setup = tale.setup(1).with("queue", "overflow", &table);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "music")?;
    s.calls("bob");
    s.hears("bob", "greeting")?;
    s.hears("bob", "message")?;
    s.wait(20);
    s.hangs_up("bob");
    s.same("bob, the second, left a message", s.messages(), 1)?;
    s.check(s.heard("ada", "message").is_empty(), "ada, the first, waits")?;
    s.presses("ada", "1");
    s.hears("ada", "promised")?;
    s.same(
        "the other action of the table",
        s.call_ends(),
        vec![CallEnd::Message, CallEnd::Promised],
    )?;
    s.end()?;
    let unknown =
        tale.setup(1).with("queue", "overflow", r#"[{ when = "waiting > 1", do = "fax" }]"#);
    tale.refuses(&unknown, "an overflowing queue cannot do `fax`")
}

/// Agent 2 calls as ada does, and leaves a message.
pub(super) fn agent_2_leaves_a_message(s: &mut Scene<'_>) -> Told {
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "8");
    s.hears("ada", "message")?;
    s.wait(20);
    s.presses("ada", "#");
    s.hears("ada", "message-kept")?;
    s.is_hung_up_on("ada")?;
    let origins: Vec<Origin> = s.terms().into_iter().map(|(_, terms)| terms.origin).collect();
    s.same("the message is a request of its own kind", origins, vec![Origin::Voicemail])?;
    s.online("agent-2");
    Ok(())
}

fn g07_a_message_is_a_request_and_blocks_the_agent_who_left_it(tale: &mut Tale) -> Told {
    let own = format!("[\"{}\"]", super::scene::number_of(CUSTOMERS[0]));
    let setup =
        tale.setup(2).with("ivr", "message_key", "\"8\"").with("agent-2", "calls_from", &own);
    let mut s = tale.scene(&setup)?;
    agent_2_leaves_a_message(&mut s)?;
    s.calls("bob");
    s.wait(60);
    s.check(s.rung("agent-2").is_empty(), "agent-2, whose message it is, is offered nothing")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.wait(30);
    s.check(s.rung("agent-2").is_empty(), "not while the message is being answered either")?;
    s.hangs_up("ada");
    s.rings("agent-2")?;
    s.talk("agent-2", "bob")?;
    s.check(true, "once it was answered and ended, agent-2 is there again")?;
    s.end()?;

    let plain = setup.with("queue", "message_blocks_agent", "false");
    let mut s = tale.scene(&plain)?;
    s.answers("agent-2", Answering::NeverAnswer);
    agent_2_leaves_a_message(&mut s)?;
    s.rings("agent-2")?;
    s.check(true, "without the setting, agent-2 is offered work, this too")?;
    s.end()
}

fn z09_a_toll_free_caller_id_is_warned_of_and_replaced_once_it_is_refused(tale: &mut Tale) -> Told {
    const TOLL_FREE: &str = "+33805123456";
    const OTHER: &str = "+33187000001";
    let quoted = |text: &str| format!("\"{text}\"");
    let setup = tale
        .setup(1)
        .with("line", "outbound_number", &quoted(TOLL_FREE))
        .with("queue", "attempts", "2");
    tale.warns(&setup, "toll-free")?;
    let with_other = setup.clone().with("line", "fallback_number", &quoted(OTHER));
    // What the network says, the other number, and whether the customer is called again at once.
    let cases = [(403, true, Some(OTHER)), (403, false, None), (603, true, None)];
    for (status, configured, wanted) in cases {
        let setup = if configured { &with_other } else { &setup };
        let mut s = tale.scene(setup)?;
        s.sets("agent-1", queue::AgentStatus::Away);
        s.is_promised("ada", "21")?;
        s.lets_ring("ada");
        s.online("agent-1");
        s.rings("agent-1")?;
        s.accepts("agent-1")?;
        let ring = s.rings("ada")?;
        s.same("the line shows its number", ring.from, TOLL_FREE.to_owned())?;
        s.refuses("ada", status);
        s.same("the dial is an attempt", s.dial_outcomes().len(), 1)?;
        let said = s.dials_said();
        s.same("and what the network said is recorded", said, vec![status])?;
        if let Some(other) = wanted {
            s.answers("ada", Answering::after_secs(1));
            s.rings("agent-1")?;
            s.accepts("agent-1")?;
            let ring = s.rings("ada")?;
            s.same("the next attempt shows the other one", ring.from, other.to_owned())?;
            s.talk("agent-1", "ada")?;
        } else {
            s.wait(240);
            s.same("nobody is called again at once", s.rung("ada").len(), 1)?;
        }
        s.end()?;
    }
    Ok(())
}

/// A WAV file of so many bytes and samples a second, in which nothing changes.
pub(super) fn still(bytes: usize, rate: u32) -> Vec<u8> {
    // 44 bytes of header.
    let sound = u32::try_from(bytes - 44).expect("a small file") & !1;
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(sound.to_le_bytes());
    file.resize(bytes, 7);
    file
}

fn i17_music_is_wav_or_mp3_of_at_most_200000_bytes_and_goes_round(tale: &mut Tale) -> Told {
    // The largest that is allowed, and one byte more.
    tale.file("200000.wav", still(200_000, 8_000));
    tale.file("200001.wav", still(200_001, 8_000));
    tale.file("tone.mp3", include_bytes!("../../../audio/tests/files/tone-440.mp3").to_vec());
    tale.file("page.mp3", b"<html>not found</html>".to_vec());
    let with =
        |tale: &Tale, file: &str| tale.setup(1).with("bridge", "music", &format!("\"{file}\""));
    tale.refuses(&with(tale, "200001.wav"), "200001.wav has 200001 bytes, and 200000 are allowed")?;
    tale.refuses(&with(tale, "page.mp3"), "page.mp3 is neither a WAV nor an MP3 file")?;
    tale.refuses(&with(tale, "none.wav"), "none.wav is missing")?;
    // 12.5 seconds, and one: an agent who waits for the customer hears each many times.
    for file in ["200000.wav", "tone.mp3"] {
        let setup = with(tale, file);
        let mut s = tale.scene_with(&setup, super::scene::Keys::Events)?;
        s.is_promised("ada", "21")?;
        s.lets_ring("ada");
        s.online("agent-1");
        s.rings("agent-1")?;
        s.accepts("agent-1")?;
        s.rings("ada")?;
        s.hears("agent-1", "music")?;
        let before = s.frames_of("agent-1");
        s.wait(30);
        let frames = s.frames_of("agent-1") - before;
        s.check(frames.abs_diff(1_500) <= 1, "30 seconds of it have 1,500 frames, without a gap")?;
        s.same("which one order plays", s.heard("agent-1", "music").len(), 1)?;
        s.picks_up("ada");
        s.records("up to the connection", 5, |fact| matches!(fact, Fact::Bridged { .. }))?;
        s.end()?;
    }
    Ok(())
}

impl Scene<'_> {
    /// How many packets of voice somebody's phone has heard.
    fn frames_of(&self, who: &str) -> u64 {
        let phone = self.world.phone(self.someone(who).id);
        let calls = phone.map(|phone| phone.diary().calls()).unwrap_or_default();
        calls.iter().map(|call| call.packets_heard).sum()
    }

    /// What the network said at the end of each dial, in order.
    fn dials_said(&self) -> Vec<u16> {
        let said = |(_, fact): (f64, Fact)| match fact {
            Fact::DialEnded { said: Some(said), .. } => Some(said.status),
            _ => None,
        };
        self.facts().into_iter().filter_map(said).collect()
    }

    /// How each call ended, in order.
    fn call_ends(&self) -> Vec<CallEnd> {
        let end = |(_, fact): (f64, Fact)| match fact {
            Fact::CallEnded { end, .. } => Some(end),
            _ => None,
        };
        self.facts().into_iter().filter_map(end).collect()
    }

    /// How many messages were left.
    fn messages(&self) -> usize {
        let left = |(_, fact): &&(f64, Fact)| matches!(fact, Fact::MessageLeft { .. });
        self.facts().iter().filter(left).count()
    }
}
