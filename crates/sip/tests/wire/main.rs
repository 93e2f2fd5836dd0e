//! Stories of the stack on the wire, one behaviour per file of `tests/ladders/`. A file holds the
//! script and, indented below each step, what came of it; `UPDATE_EXPECT=1` records it anew.

mod bytes;
mod far;
mod limits;
mod login;
mod script;
mod two_stacks;

use expect_test::{ExpectFile, expect_file};

/// Runs the script in the file and compares the whole file with what is recorded.
fn tell(file: &ExpectFile) {
    file.assert_eq(&script::run(&file.data()));
}

macro_rules! ladders {
    ($($name:ident $file:literal)*) => {
        $(#[test]
        fn $name() {
            tell(&expect_file![concat!("../ladders/", $file, ".ladder")]);
        })*

        const FILES: &[&str] = &[$($file),*];
    };
}

ladders! {
    a_200_that_cannot_be_acknowledged_ends_the_call "unusable-200"
    a_long_method_is_cut_short "long-method"
    an_invite_that_expires_gets_487 "invite-that-expires"
    a_call_over_ipv6_is_like_any_other "call-over-ipv6"
    a_trying_carries_the_timestamp_back "trying-carries-the-timestamp"
    a_ring_time_without_any_answer_is_unreachable "ring-time-without-any-answer"
    a_refused_reinvite_keeps_the_old_target "target-refresh-by-our-refusal-is-ignored"
    checks_hold_within_a_dialog "foreign-body-in-dialog"
    a_call_is_answered_and_hung_up "answered-and-hung-up"
    our_call_is_answered_and_hung_up "our-call-is-answered-and-hung-up"
    a_cancel_before_the_answer_ends_the_call "cancel-before-answer"
    a_cancel_that_crosses_the_200_changes_nothing "cancel-crosses-200"
    a_cancel_of_nothing_gets_481 "cancel-of-nothing-gets-481"
    a_repeated_cancel_gets_a_repeated_answer "repeated-cancel-gets-repeated-answer"
    a_missing_ack_ends_in_bye "missing-ack-ends-in-bye"
    a_repeated_invite_gets_a_repeated_answer "repeated-invite-gets-repeated-answer"
    a_refusal_is_repeated_until_its_ack "refusal-is-repeated-until-its-ack"
    every_invite_gets_a_final_answer_within_three_minutes "no-answer-of-ours-within-three-minutes"
    a_second_phone_that_answers_is_hung_up "fork-with-two-200"
    a_lost_ack_is_sent_again "lost-ack-is-sent-again"
    a_lost_200_is_retransmitted "lost-200-is-retransmitted"
    a_busy_far_end_refuses "busy"
    a_call_that_nobody_answers_is_cancelled "no-answer-is-cancelled"
    a_cancel_without_a_final_answer_still_ends "no-final-answer-after-cancel"
    an_answer_that_crosses_our_cancel_is_hung_up "answer-crosses-our-cancel"
    a_cancel_waits_for_a_provisional_answer "hung-up-before-any-answer"
    an_unwanted_answer_is_hung_up "hung-up-before-any-answer-and-then-200"
    nobody_there_is_unreachable "nobody-there"
    a_bye_crosses_a_bye "bye-crosses-bye"
    a_bye_that_is_not_answered_still_ends "bye-is-not-answered"
    a_bye_waits_for_the_ack "hang-up-waits-for-the-ack"
    hanging_up_before_answering_refuses "hang-up-before-answering"
    a_new_offer_is_answered_or_refused "reinvite-is-answered"
    a_reinvite_without_an_offer_gets_ours "reinvite-without-offer"
    an_offer_that_meets_an_offer_is_refused "reinvite-glare"
    a_cancelled_reinvite_leaves_the_session "reinvite-is-cancelled"
    an_offer_that_nobody_answers_is_refused "offer-that-nobody-answers"
    a_bye_settles_the_pending_offer "bye-with-an-offer-pending"
    a_challenged_invite_is_sent_again_with_credentials "challenged-401"
    a_proxy_and_a_trunk_may_both_challenge "challenged-407-and-401"
    a_wrong_password_is_a_refusal "challenged-and-refused"
    a_stale_nonce_is_answered_anew "challenged-stale"
    stale_nonces_without_end_are_a_refusal "challenged-stale-without-end"
    a_challenge_that_cannot_be_answered_is_a_refusal "challenged-in-vain"
    a_challenged_bye_is_sent_again "challenged-bye"
    an_unwanted_call_answers_no_challenge "challenged-after-hang-up"
    a_redirected_call_goes_on_at_its_contact "redirected-302"
    a_choice_of_contacts_is_tried_by_preference "redirected-by-preference"
    a_call_is_asked_for_again_through_a_proxy "redirected-305"
    nobody_sends_us_outside_the_allowed_networks "redirected-elsewhere"
    a_circle_of_redirections_ends "redirected-in-a-circle"
    redirections_without_end_end "redirected-without-end"
    a_redirection_that_leads_nowhere_is_a_refusal "redirected-in-vain"
    an_unwanted_call_follows_no_redirection "redirected-after-hang-up"
    a_redirected_call_answers_challenges "redirected-and-challenged"
    a_call_is_handed_on "refer-is-accepted"
    a_refer_that_cannot_be_is_refused "refer-is-refused"
    whoever_wants_to_hear_nothing_is_not_notified "refer-that-is-not-notified"
    an_attended_transfer_names_a_dialog "refer-with-replaces"
    a_refused_notify_is_the_last_one "notify-is-refused"
    a_phone_takes_the_place_of_another "replaces-a-dialog"
    a_replaces_that_cannot_be_is_refused "replaces-nothing"
    info_is_accepted "info-gets-200"
    a_key_comes_by_info "key-by-info"
    an_info_that_cannot_be_read_is_refused "unreadable-info"
    a_bye_in_an_early_dialog_ends_it "bye-in-early-dialog"
    a_lower_cseq_is_out_of_order "cseq-out-of-order"
    a_request_in_an_unknown_dialog_gets_481 "unknown-dialog-481"
    an_unknown_method_gets_405 "unknown-method-405"
    a_required_extension_gets_420 "bad-extension-420"
    no_hops_left_gets_483 "max-forwards-483"
    a_merged_invite_gets_482 "merged-482"
    a_strict_router_gets_itself_as_request_uri "strict-route"
    requests_pass_the_recorded_proxies "record-route"
    a_contact_with_a_name_falls_back_to_the_source "host-name-as-next-hop"
    a_call_over_the_limit_gets_503 "503-over-limit"
    a_request_over_the_transaction_limit_gets_503 "503-without-state"
    options_says_what_we_can_do "options"
    strangers_are_not_answered "strangers-are-not-answered"
    a_foreign_body_gets_415 "foreign-body-415"
    a_foreign_uri_gets_416 "foreign-uri-416"
    an_invite_without_a_contact_gets_400 "no-contact-400"
    answers_go_where_the_request_came_from "answers-go-where-the-request-came-from"
    an_old_peer_is_served "old-peer-without-cookie"
    requests_in_our_early_dialog_are_answered "requests-in-our-early-dialog"
    stray_responses_are_ignored "stray-responses-are-ignored"
    our_offer_is_accepted "our-offer-is-accepted"
    a_refused_offer_of_ours_changes_nothing "our-offer-is-refused"
    two_offers_that_cross_are_both_refused "our-offer-meets-theirs"
    an_offer_of_ours_is_made_again_after_491 "our-offer-is-made-again-after-491"
    an_offer_of_ours_waits_as_it_is_told "our-offer-waits-retry-after"
    an_offer_that_the_far_end_does_not_answer_ends_the_call "our-offer-is-not-answered"
    an_offer_that_is_only_tried_ends_the_call "our-offer-is-only-tried"
    an_offer_into_a_lost_call_ends_it "our-offer-gets-481"
    a_challenged_offer_is_made_again "our-offer-is-challenged"
    a_bye_crosses_our_offer "bye-crosses-our-offer"
    hanging_up_does_not_wait_for_our_offer "hung-up-with-our-offer-pending"
    an_offer_that_cannot_leave_fails_alone "our-offer-cannot-leave"
    a_call_to_a_sips_uri_stays_on_tls "sips-call-comes-in"
    a_sips_contact_demands_ours_where_no_proxy_speaks_first "sips-by-contact-alone"
    our_call_to_a_sips_uri_stays_on_tls "sips-call-goes-out"
    sips_in_the_clear_is_refused "sips-in-the-clear-is-refused"
    a_phone_over_tls_is_called_by_its_connection "register-over-tls"
    our_offer_waits_for_the_ack "our-offer-waits-for-the-ack"
    an_offer_of_the_far_end_overtakes_ours "our-offer-is-overtaken"
    a_probe_that_is_answered_changes_nothing "probe-is-answered"
    a_probe_of_a_lost_call_ends_it "probe-gets-481"
    a_probe_that_is_not_answered_ends_the_call "probe-is-not-answered"
    a_challenged_probe_is_sent_again "probe-is-challenged"
    a_session_is_refreshed_by_update "timer-we-refresh-by-update"
    a_session_is_refreshed_by_reinvite "timer-we-refresh-by-reinvite"
    a_session_that_the_far_end_does_not_refresh_ends "timer-the-far-end-refreshes"
    a_too_brief_session_is_refused "timer-too-brief-422"
    a_session_of_ours_is_made_longer "timer-of-our-call-422"
    a_session_of_ours_is_refreshed_by_the_far_end "timer-of-our-call"
    a_far_end_without_session_timers_is_refreshed "timer-of-our-call-is-unknown"
    a_refused_refresh_is_tried_again "timer-refresh-is-refused"
    session_timers_can_be_turned_off "timer-is-off"
    a_refresh_waits_for_offers "timer-refresh-waits-for-offers"
    a_caller_who_requires_it_is_rung_reliably "ringing-reliably"
    a_reliable_180_without_a_description_holds_no_200 "ringing-reliably-and-answered"
    a_reliable_180_that_nobody_acknowledges_ends_the_call "ringing-reliably-to-nobody"
    a_caller_who_wants_our_offer_is_not_rung_reliably "ringing-reliably-without-an-offer"
    a_cancel_ends_the_reliable_180 "ringing-reliably-and-cancelled"
    each_reliable_answer_gets_one_prack "prack-each-once-in-order"
    a_challenged_prack_is_sent_again "prack-is-challenged"
    an_unwanted_reliable_answer_gets_its_prack "prack-of-a-call-that-is-given-up"
    a_description_in_a_prack_is_read_over "prack-with-a-description"
    why_the_far_end_ends_a_call_is_shown "reasons-of-the-far-end"
    we_say_why_we_end_a_call "reasons-of-ours"
    impossible_invitations_end_at_once "impossible-invitations"
    commands_in_other_states_do_nothing "commands-in-other-states-do-nothing"
    a_broken_request_of_a_peer_gets_400 "unreadable"
    a_place_that_answers_503_is_passed_over "failover-503"
    where_every_place_answers_503_so_does_the_call "failover-both-503"
    a_500_is_not_passed_over "failover-not-for-500"
    a_silent_place_is_not_passed_over "failover-not-for-silence"
    a_place_that_refuses_connections_is_passed_over "failover-cannot-leave"
    each_place_may_challenge "failover-and-challenged"
    an_unwanted_call_is_not_taken_elsewhere "failover-not-after-hang-up"
    whoever_answers_options_lives "alive-by-any-answer"
    whoever_answers_no_options_does_not_live "alive-nobody"
    a_call_over_tcp_comes_in "tcp-call-comes-in"
    a_call_over_tcp_goes_out "tcp-call-goes-out"
    a_refusal_over_tcp_is_said_once "tcp-refusal-is-not-repeated"
    nobody_answers_over_tcp "tcp-nobody-answers"
    a_refused_connection_is_a_503_at_once "tcp-is-refused"
    answers_find_a_peer_whose_connection_ended "tcp-answers-after-disconnect"
    a_request_is_sent_once_more_when_its_connection_ends "tcp-request-after-disconnect"
    a_bye_to_a_deaf_contact_goes_by_the_calls_connection "tcp-bye-to-a-deaf-contact"
    a_long_request_goes_by_tcp "long-request-goes-by-tcp"
    a_long_request_goes_by_udp_when_tcp_is_refused "long-request-goes-by-udp-after-all"
    a_call_over_tls_says_so "tls-contact-and-via"
    a_target_may_be_reached_by_another_transport "target-changes-transport"
    a_phone_registers_and_takes_it_back "register"
    a_wrong_password_and_a_user_whom_nobody_knows_hear_the_same "register-wrong-password"
    a_replayed_register_is_stale "register-replayed"
    a_phone_that_does_not_register_again_is_forgotten "register-expires"
    a_registration_too_short_gets_423 "register-423"
    several_phones_are_one_agents "register-several-phones"
    a_star_takes_every_registration_back "register-star"
    an_old_register_changes_nothing "register-out-of-order"
    nobody_registers_another "register-another"
    a_phone_behind_a_translator_is_reached_where_it_came_from "register-behind-nat"
    a_phone_is_called_at_its_contact_when_so_set "register-at-contact"
    a_path_that_is_not_required_is_ignored "register-path"
    a_registered_phone_may_ask_and_calls_nobody "register-then-call"
    a_registered_phone_may_dial_with_its_password "register-then-dial"
    a_phone_of_a_fixed_address_may_dial "a-desk-dials"
    a_call_to_a_phone_behind_a_translator_stays_with_its_source "call-behind-nat"
    we_register_with_a_trunk_and_take_it_back "trunk-registered"
    a_registration_with_a_trunk_may_have_to_last_longer "trunk-423"
    a_trunk_that_refuses_our_registration_is_asked_again_later "trunk-refuses-registration"
    a_trunk_that_says_nothing_is_asked_again_later "trunk-silent-at-registration"
    a_call_to_our_contact_at_a_trunk_is_that_trunks "trunk-calls-our-contact"
    a_401_is_never_longer_than_its_register "register-short"
    a_register_of_a_peer_without_a_registrar_gets_405 "register-without-registrar"
}

#[test]
fn every_ladder_is_told() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ladders");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of ladders is there")
        .map(|entry| entry.expect("a folder can be listed").file_name())
        .map(|name| name.to_string_lossy().trim_end_matches(".ladder").to_string())
        .collect();
    found.sort();
    let mut told: Vec<String> = FILES.iter().map(|file| file.to_string()).collect();
    told.sort();
    assert_eq!(found, told);
}
