//! Zendesk Talk: callback from the queue.

use ledger::{Fact, RequestEnd};
use phone::Answering;
use queue::AgentStatus;

use super::scene::{Calling, Keys, Scene, number_of};
use super::setup::Setup;
use super::tale::{Tale, Told};
use super::usual::three_are_served_in_order;
use crate::lab;

super::tells![
    z01_the_place_is_kept_and_the_callback_starts_by_itself,
    z02_a_line_is_switched_on_or_off_by_itself,
    z03_callbacks_need_an_agent_who_is_online_or_away,
    z04_a_sip_trunk_line_reaches_the_offer,
    z05_the_callback_number_is_the_user_of_from,
    z06_callbacks_show_the_number_of_the_line,
    z07_a_line_without_a_number_never_offers,
    z08_a_digital_line_has_no_callbacks,
    z10_the_offer_follows_the_greeting,
    z11_key_2_opens_the_menu_however_it_comes_and_whatever_is_heard,
    z12_menu_1_calls_the_calling_number_back,
    z13_other_number_must_be_e164,
    z14_a_wrong_number_is_asked_for_again,
    z15_menu_3_keeps_waiting_in_place,
    z16_behind_a_menu_the_offer_is_not_spoken_and_its_key_works,
    z17_the_call_ends_after_the_confirmation_and_the_place_stays,
    z18_the_menu_may_speak_another_language_than_the_greetings,
    z19_without_a_language_the_account_speaks_or_else_english,
    z20_offer_and_confirmation_are_chosen_from_files,
    z21_callbacks_are_set_per_number,
    z23_an_agent_accepts_or_declines,
    z24_every_agent_is_rung_for_one_hour_and_the_first_has_it,
    z25_a_ticket_tells_that_an_agent_took_it_or_all_declined,
    z26_after_an_hour_the_request_is_cancelled_with_a_ticket,
    z27_who_is_offline_or_takes_transfers_only_has_declined,
    z28_who_is_away_or_busy_is_asked_when_free_again,
    z29_a_ticket_is_made_when_the_callback_starts,
    z30_a_customer_who_does_not_answer_is_not_called_again,
    z31_a_second_request_for_a_number_is_ignored,
    z32_a_ticket_tells_of_an_ignored_request,
    z33_waiting_total_and_mean_wait_are_told,
];

/// A scene whose first agent is there and takes nothing yet: without anybody nothing is offered.
fn at_desk<'t>(tale: &'t mut Tale, setup: &Setup) -> Result<Scene<'t>, String> {
    let mut scene = tale.scene(setup)?;
    scene.sets("agent-1", AgentStatus::Away);
    Ok(scene)
}

fn z01_the_place_is_kept_and_the_callback_starts_by_itself(tale: &mut Tale) -> Told {
    three_are_served_in_order(tale, "21")
}

fn z02_a_line_is_switched_on_or_off_by_itself(tale: &mut Tale) -> Told {
    let on = tale.setup(1);
    let mut s = at_desk(tale, &on)?;
    s.is_promised("ada", "21")?;
    s.end()?;
    let off = on.with("line", "callbacks", "false");
    let mut s = at_desk(tale, &off)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "2");
    s.wait(120);
    s.check(s.heard("ada", "offer").is_empty(), "ada was offered nothing")?;
    s.check(s.heard("ada", "menu").is_empty(), "key 2 opened nothing")?;
    s.end()
}

fn z04_a_sip_trunk_line_reaches_the_offer(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "offer")?;
    s.presses("ada", "2");
    s.hears("ada", "menu")?;
    s.end()
}

fn z05_the_callback_number_is_the_user_of_from(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    let how = Calling { asserted: Some("+33699999999"), ..Calling::default() };
    s.calls_so("ada", &how);
    s.hears("ada", "greeting")?;
    s.presses("ada", "21");
    s.hears("ada", "promised")?;
    s.same("the number of From is kept", s.numbers(), vec![number_of("ada")])?;
    s.end()
}

fn z06_callbacks_show_the_number_of_the_line(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    let ring = s.rings("ada")?;
    s.same("From is the line's number", ring.from.as_str(), lab::OUTBOUND)?;
    s.same("so is what is asserted", ring.asserted.as_deref(), Some(lab::OUTBOUND))?;
    s.end()
}

fn z07_a_line_without_a_number_never_offers(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).without("line", "outbound_number");
    tale.warns(&setup, "callbacks are never offered on line `main`")?;
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.wait(100);
    s.presses("ada", "2");
    s.wait(20);
    s.check(s.heard("ada", "offer").is_empty(), "ada was offered nothing")?;
    s.check(s.heard("ada", "menu").is_empty(), "key 2 opened nothing")?;
    s.same("nothing was promised", s.requests(), 0)?;
    s.end()
}

fn z11_key_2_opens_the_menu_however_it_comes_and_whatever_is_heard(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    for keys in [Keys::Events, Keys::Info, Keys::Tones] {
        for meanwhile in ["greeting", "offer", "music"] {
            let mut s = tale.scene_with(&setup, keys)?;
            s.sets("agent-1", AgentStatus::Away);
            s.calls("ada");
            s.hears("ada", meanwhile)?;
            s.wait(1);
            s.presses("ada", "2");
            let pressed = s.now();
            let menu = s.hears("ada", "menu")?;
            s.check(menu < pressed + 0.5, "the menu is heard at once")?;
            s.same("once", s.heard("ada", "menu").len(), 1)?;
            s.end()?;
        }
    }
    Ok(())
}

fn z10_the_offer_follows_the_greeting(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    let greeting = s.hears("ada", "greeting")?;
    let offer = s.hears("ada", "offer")?;
    s.times("the offer begins where the greeting ends", &[offer], &[greeting + 6.0])?;
    let order = s.heard_in_order("ada");
    s.same("nothing was played between", order, vec!["greeting".to_owned(), "offer".to_owned()])?;
    s.end()
}

fn z12_menu_1_calls_the_calling_number_back(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.same("the calling number is kept", s.numbers(), vec![number_of("ada")])?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()
}

fn z13_other_number_must_be_e164(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    for typed in ["0033612345678#", "*33612345678#"] {
        let mut s = at_desk(tale, &setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", "22");
        s.hears("ada", "enter-number")?;
        s.presses("ada", typed);
        s.hears("ada", "read-back")?;
        s.presses("ada", "1");
        s.hears("ada", "promised")?;
        s.same("the typed number is kept", s.numbers(), vec!["+33612345678".to_owned()])?;
        s.end()?;
    }
    Ok(())
}

fn z14_a_wrong_number_is_asked_for_again(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    for typed in ["0612345678#", "12345#", "0099912345678#", "0033#", "003361234567890123#"] {
        let mut s = at_desk(tale, &setup)?;
        s.calls("ada");
        s.hears("ada", "greeting")?;
        s.presses("ada", "22");
        s.hears("ada", "enter-number")?;
        s.presses("ada", typed);
        s.hears("ada", "bad-number")?;
        s.presses("ada", "0033612345678#");
        s.hears("ada", "read-back")?;
        s.same("nothing was promised for the wrong one", s.requests(), 0)?;
        s.end()?;
    }
    Ok(())
}

fn z15_menu_3_keeps_waiting_in_place(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.wait(1);
    s.calls("bob");
    s.wait(1);
    s.calls("carl");
    s.wait(15);
    s.presses("bob", "23");
    s.hears("bob", "music")?;
    s.online("agent-1");
    s.talk("agent-1", "ada")?;
    s.hangs_up("ada");
    s.talk("agent-1", "bob")?;
    s.hangs_up("bob");
    s.talk("agent-1", "carl")?;
    s.same("nothing was promised", s.requests(), 0)?;
    s.end()
}

fn z17_the_call_ends_after_the_confirmation_and_the_place_stays(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "21");
    let spoken = s.hears("ada", "promised")?;
    let ended = s.is_hung_up_on("ada")?;
    s.times("BYE follows the whole prompt", &[ended], &[spoken + 3.0])?;
    s.wait(600);
    let closed = s.facts().iter().any(|(_, f)| matches!(f, Fact::RequestClosed { .. }));
    s.check(!closed, "the request still waits")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.end()
}

fn z21_callbacks_are_set_per_number(tale: &mut Tale) -> Told {
    let second = [
        ("name", "\"plain\""),
        ("number", "\"+33123456700\""),
        ("callbacks", "false"),
        ("queue", "\"support\""),
    ];
    let setup = tale.setup(1).and("line", &second);
    let mut s = at_desk(tale, &setup)?;
    s.calls_so("ada", &Calling { line: Some("+33123456700"), ..Calling::default() });
    s.hears("ada", "greeting")?;
    s.presses("ada", "2");
    s.wait(60);
    s.check(s.heard("ada", "menu").is_empty(), "on one number key 2 opens nothing")?;
    s.is_promised("bob", "21")?;
    s.end()
}

fn z23_an_agent_accepts_or_declines(tale: &mut Tale) -> Told {
    let setup = tale.setup(3);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.answers("agent-1", Answering::DECLINE);
    s.sets("agent-2", AgentStatus::Away);
    s.sets("agent-3", AgentStatus::Away);
    s.online("agent-1");
    s.rings("agent-1")?;
    s.wait(2);
    s.check(s.rung("ada").is_empty(), "603 sent the request back to the queue")?;
    s.online("agent-2");
    s.hears("agent-2", "agent-choice")?;
    s.presses("agent-2", "2");
    s.is_hung_up_on("agent-2")?;
    s.check(s.rung("ada").is_empty(), "so did key 2")?;
    s.online("agent-3");
    s.calls_back("agent-3", "ada")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    s.end()
}

fn z31_a_second_request_for_a_number_is_ignored(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.is_promised("bob", "21")?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "21");
    s.hears("ada", "already-waiting")?;
    s.same("there are two requests, not three", s.requests(), 2)?;
    s.hangs_up("ada");
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.same("ada kept the first place", s.rung("bob").len(), 0)?;
    s.end()
}

fn z08_a_digital_line_has_no_callbacks(tale: &mut Tale) -> Told {
    let digital = tale.setup(1).with("line", "kind", "\"digital\"");
    tale.refuses(&digital, "a digital line has callbacks")?;
    let on = digital.clone().with("line", "callbacks", "true");
    tale.refuses(&on, "a digital line has callbacks")?;
    let off = digital.with("line", "callbacks", "false");
    let mut s = at_desk(tale, &off)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "2");
    s.wait(60);
    s.check(s.heard("ada", "menu").is_empty(), "key 2 opens nothing")?;
    s.end()
}

fn z16_behind_a_menu_the_offer_is_not_spoken_and_its_key_works(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "speak_offer", "false");
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.wait(200);
    s.check(s.heard("ada", "offer").is_empty(), "the offer was not spoken")?;
    s.presses("ada", "2");
    s.hears("ada", "menu")?;
    s.presses("ada", "1");
    s.hears("ada", "promised")?;
    s.end()
}

fn z18_the_menu_may_speak_another_language_than_the_greetings(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "menu_language", "\"fr\"");
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "en/greeting")?;
    s.hears("ada", "en/offer")?;
    s.presses("ada", "2");
    s.hears("ada", "fr/menu")?;
    s.presses("ada", "2");
    s.hears("ada", "fr/enter-number")?;
    s.presses("ada", "0033612345678#");
    s.hears("ada", "fr/digit-6")?;
    s.presses("ada", "1");
    s.hears("ada", "en/promised")?;
    s.end()?;
    let every = tale.setup(1).with("line", "language", "\"fr\"");
    let mut s = at_desk(tale, &every)?;
    s.is_promised("ada", "21")?;
    let plays = ["fr/greeting", "fr/menu", "fr/promised"];
    let french = plays.iter().all(|clip| s.heard("ada", clip).len() == 1);
    s.check(french, "with a language of the line all of it is spoken so")?;
    s.end()
}

fn z19_without_a_language_the_account_speaks_or_else_english(tale: &mut Tale) -> Told {
    let chosen = [("\"fr\"", "\"en\"", "en"), ("\"fr\"", "", "fr"), ("\"nl\"", "", "en")];
    for (account, line, spoken) in chosen {
        let mut setup = tale.setup(1).without("prompts", "directory");
        setup = setup.with("prompts", "language", account);
        if !line.is_empty() {
            setup = setup.with("line", "language", line);
        }
        let mut s = at_desk(tale, &setup)?;
        s.calls("ada");
        s.hears("ada", &format!("{spoken}/greeting"))?;
        s.presses("ada", "2");
        s.hears("ada", &format!("{spoken}/menu"))?;
        s.end()?;
    }
    let unknown = tale.setup(1).without("prompts", "directory");
    let unknown = unknown.with("prompts", "language", "\"nl\"");
    tale.warns(&unknown, "there are no prompts in `nl`: English is spoken")
}

fn z20_offer_and_confirmation_are_chosen_from_files(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("line", "offer", "\"own-offer\"");
    let setup = setup.with("line", "confirmation", "\"own-confirmation\"");
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "own-offer")?;
    s.presses("ada", "21");
    s.hears("ada", "own-confirmation")?;
    s.is_hung_up_on("ada")?;
    s.check(s.heard("ada", "offer").is_empty(), "the usual offer was not heard")?;
    s.check(s.heard("ada", "promised").is_empty(), "nor was the usual confirmation")?;
    s.end()
}

fn z03_callbacks_need_an_agent_who_is_online_or_away(tale: &mut Tale) -> Told {
    let setup = tale.setup(2);
    let mut s = tale.scene(&setup)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.wait(120);
    s.check(s.heard("ada", "offer").is_empty(), "all are offline: nothing is offered")?;
    s.presses("ada", "2");
    s.hears("ada", "not-available")?;
    s.hears("ada", "music")?;
    s.check(s.heard("ada", "menu").is_empty(), "ada stays in the queue")?;
    s.sets("agent-2", AgentStatus::Away);
    s.hears_within("ada", "offer", 130)?;
    s.presses("ada", "2");
    s.hears("ada", "menu")?;
    s.end()?;
    let mut s = tale.scene(&setup)?;
    s.sets("agent-1", AgentStatus::Away);
    s.is_promised("bob", "21")?;
    s.end()
}

/// Every ticket so far: its subject, and whether it tells of a call.
fn tickets(s: &Scene<'_>) -> Vec<(String, bool)> {
    let ticket = |(_, fact): (f64, Fact)| match fact {
        Fact::TicketWanted { subject, call, .. } => Some((subject, call.is_some())),
        _ => None,
    };
    s.facts().into_iter().filter_map(ticket).collect()
}

fn one_ticket(s: &mut Scene<'_>) -> Told {
    let seen = tickets(s);
    s.same("one ticket, with the subject Rappel", seen, vec![("Rappel".to_owned(), false)])
}

fn z24_every_agent_is_rung_for_one_hour_and_the_first_has_it(tale: &mut Tale) -> Told {
    let setup = tale.setup(10);
    let agents: Vec<String> = (1..=10).map(|n| format!("agent-{n}")).collect();
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    for agent in &agents {
        s.lets_ring(agent);
        s.online(agent);
    }
    s.wait(1);
    let all = agents.iter().all(|agent| s.rung(agent).len() == 1);
    s.check(all, "ten phones ring at once")?;
    s.refuses("agent-3", 603);
    s.until(3_599.0);
    let since = |agent: &String| s.rung(agent).last().map(|ring| ring.at).unwrap_or_default();
    let late = agents.iter().filter(|agent| since(agent) > 3_560.0).count();
    s.same("a minute before the hour is over all ring again but the one who declined", late, 9)?;
    s.check(s.rung("ada").is_empty(), "and ada is not called")?;
    s.request_ends(RequestEnd::Expired, 60)?;
    s.end()?;
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("bob", "21")?;
    for agent in &agents {
        s.lets_ring(agent);
        s.online(agent);
    }
    s.wait(5);
    s.picks_up("agent-7");
    s.picks_up("agent-4");
    s.accepts("agent-7")?;
    s.talk("agent-7", "bob")?;
    s.wait(1);
    let told = |agent: &&String| s.ended_elsewhere(agent);
    let elsewhere = agents.iter().filter(told).count();
    s.same("nine phones hear that another has it", elsewhere, 9)?;
    s.same("bob is called once", s.rung("bob").len(), 1)?;
    s.hangs_up("bob");
    s.request_ends(RequestEnd::Completed, 5)?;
    one_ticket(&mut s)?;
    s.end()
}

/// To all at once, and to the next one.
const OFFERED_TO: [&str; 2] = ["\"all\"", "\"next\""];

fn z25_a_ticket_tells_that_an_agent_took_it_or_all_declined(tale: &mut Tale) -> Told {
    OFFERED_TO.iter().try_for_each(|to| taken_or_declined(tale, to))
}

fn taken_or_declined(tale: &mut Tale, to: &str) -> Told {
    let setup = tale.setup(2).with("queue", "offer_to", to);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.hangs_up("ada");
    s.request_ends(RequestEnd::Completed, 5)?;
    one_ticket(&mut s)?;
    s.end()?;
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("bob", "21")?;
    s.answers("agent-1", Answering::DECLINE);
    s.answers("agent-2", Answering::DECLINE);
    s.online("agent-2");
    s.rings("agent-2")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.request_ends(RequestEnd::AllAgentsDeclined, 5)?;
    one_ticket(&mut s)?;
    s.wait(300);
    s.check(s.rung("bob").is_empty(), "bob is not called")?;
    s.end()
}

fn z26_after_an_hour_the_request_is_cancelled_with_a_ticket(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "21");
    let promised = s.records("the promise is written", 5, |fact| {
        matches!(fact, Fact::CallbackRequested { .. })
    })?;
    let ended = s.request_ends(RequestEnd::Expired, 4_000)?;
    s.times("sixty minutes after the promise", &[ended], &[promised + 3_600.0])?;
    one_ticket(&mut s)?;
    s.online("agent-1");
    s.wait(600);
    s.check(s.rung("agent-1").is_empty() && s.rung("ada").is_empty(), "nobody is called")?;
    s.end()
}

fn z27_who_is_offline_or_takes_transfers_only_has_declined(tale: &mut Tale) -> Told {
    OFFERED_TO.iter().try_for_each(|to| offline_has_declined(tale, to))
}

fn offline_has_declined(tale: &mut Tale, to: &str) -> Told {
    for status in [AgentStatus::Offline, AgentStatus::TransferOnly] {
        let setup = tale.setup(2).with("queue", "offer_to", to);
        let mut s = at_desk(tale, &setup)?;
        s.is_promised("ada", "21")?;
        s.sets("agent-2", AgentStatus::Away);
        s.answers("agent-1", Answering::DECLINE);
        s.online("agent-1");
        s.rings("agent-1")?;
        s.wait(60);
        let open = !s.facts().iter().any(|(_, f)| matches!(f, Fact::RequestClosed { .. }));
        s.check(open, "the request waits for the one who has not declined")?;
        s.sets("agent-2", status);
        s.request_ends(RequestEnd::AllAgentsDeclined, 5)?;
        s.end()?;
    }
    Ok(())
}

fn z28_who_is_away_or_busy_is_asked_when_free_again(tale: &mut Tale) -> Told {
    OFFERED_TO.iter().try_for_each(|to| asked_when_free(tale, to))
}

fn asked_when_free(tale: &mut Tale, to: &str) -> Told {
    let setup = tale.setup(1).with("queue", "offer_to", to);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.until(1_800.0);
    s.check(s.rung("agent-1").is_empty(), "who is away for half an hour is not asked")?;
    s.online("agent-1");
    s.calls_back("agent-1", "ada")?;
    s.is_promised("bob", "21")?;
    s.wait(1_200);
    s.same("who talks is not asked", s.rung("agent-1").len(), 1)?;
    s.hangs_up("ada");
    s.calls_back("agent-1", "bob")?;
    s.end()?;
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("carl", "21")?;
    s.request_ends(RequestEnd::Expired, 4_000)?;
    one_ticket(&mut s)?;
    s.end()
}

fn z29_a_ticket_is_made_when_the_callback_starts(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.check(tickets(&s).is_empty(), "there is no ticket yet")?;
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    let ticket = s.records("a ticket is wanted", 5, |f| matches!(f, Fact::TicketWanted { .. }))?;
    let ring = s.rung("ada").first().map(|ring| ring.at).unwrap_or_default();
    s.check((ticket - ring).abs() < 0.1, "at the moment in which ada is dialled")?;
    one_ticket(&mut s)?;
    s.end()
}

fn z30_a_customer_who_does_not_answer_is_not_called_again(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.never_answers("ada");
    s.online("agent-1");
    s.rings("agent-1")?;
    s.accepts("agent-1")?;
    s.rings("ada")?;
    s.request_ends(RequestEnd::NoAnswer, 120)?;
    let told = s.facts().iter().any(|(_, fact)| match fact {
        Fact::TicketComment { internal, text, .. } => *internal && text.contains("tried to call"),
        _ => false,
    });
    s.check(told, "an internal comment says that an agent tried")?;
    one_ticket(&mut s)?;
    s.wait(7_200);
    s.same("there is never a second call", s.rung("ada").len(), 1)?;
    s.end()
}

fn z32_a_ticket_tells_of_an_ignored_request(tale: &mut Tale) -> Told {
    let setup = tale.setup(1).with("queue", "duplicates", "\"ticket\"");
    let mut s = at_desk(tale, &setup)?;
    s.is_promised("ada", "21")?;
    s.calls("ada");
    s.hears("ada", "greeting")?;
    s.presses("ada", "21");
    s.hears("ada", "already-waiting")?;
    s.same("there is one request", s.requests(), 1)?;
    let subject = "Callback request ignored: the customer is already in the queue".to_owned();
    let seen = tickets(&s);
    s.same("one ticket says why the call was ignored", seen, vec![(subject, true)])?;
    s.end()
}

fn z33_waiting_total_and_mean_wait_are_told(tale: &mut Tale) -> Told {
    let setup = tale.setup(1);
    let mut s = at_desk(tale, &setup)?;
    let mut waits = Vec::new();
    for (who, later) in [("ada", 40), ("bob", 100)] {
        let begun = s.now();
        s.is_promised(who, "21")?;
        s.wait(later);
        s.online("agent-1");
        s.rings("agent-1")?;
        s.accepts("agent-1")?;
        waits.push(s.rings(who)?.at - begun);
        s.talk("agent-1", who)?;
        s.sets("agent-1", AgentStatus::Away);
        s.hangs_up(who);
        s.wait(30);
    }
    s.is_promised("carl", "21")?;
    s.wait(10);
    let figures = s.figures();
    s.same("callbacks that wait now", figures.waiting, 1)?;
    s.same("callbacks in all", figures.requested, 3)?;
    let mean = figures.mean_wait().map_or(0.0, |wait| wait.as_secs_f64());
    let seen = waits.iter().sum::<f64>() / 2.0;
    s.check((mean - seen).abs() < 0.5, "the mean wait is what ada and bob waited on average")?;
    s.check(seen > 70.0, "and that is not nothing")?;
    s.end()
}
