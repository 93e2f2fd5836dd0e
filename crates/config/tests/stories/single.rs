//! Mistakes in the sections that stand once.

use expect_test::expect;

use crate::{changed, mistake, rendered};

#[test]
fn a_listening_address_that_is_a_name() {
    mistake(
        "0.0.0.0:5060",
        "sip.example.org:5060",
        expect![[r#"
            Error 2:10
              × `listen`: `sip.example.org:5060` is not an IP address
               ╭─[rappel.toml:2:10]
             2 │ listen = "sip.example.org:5060"
               ·          ───────────┬──────────
               ·                     ╰── expected an IP address and a port, such as "0.0.0.0:5060"
               ╰────
              help: names are looked up in the `targets` of a trunk only: write the IP address of
                    sip.example.org
        "#]],
    );
}

#[test]
fn a_listening_port_that_is_too_large() {
    mistake(
        "0.0.0.0:5060",
        "0.0.0.0:50600000",
        expect![[r#"
        Error 2:10
          × `listen`: `0.0.0.0:50600000` has no valid port
           ╭─[rappel.toml:2:10]
         2 │ listen = "0.0.0.0:50600000"
           ·          ─────────┬────────
           ·                   ╰── expected an IP address and a port, such as "0.0.0.0:5060"
           ╰────
          help: a port is a number from 1 to 65535
    "#]],
    );
}

#[test]
fn a_listening_port_of_zero() {
    mistake(
        "0.0.0.0:5060",
        "0.0.0.0:0",
        expect![[r#"
        Error 2:10
          × `listen`: port 0 is no port
           ╭─[rappel.toml:2:10]
         2 │ listen = "0.0.0.0:0"
           ·          ─────┬─────
           ·               ╰── expected an IP address and a port, such as "0.0.0.0:5060"
           ╰────
          help: SIP's own port is 5060
    "#]],
    );
}

#[test]
fn an_address_with_a_number_over_255() {
    mistake(
        "203.0.113.5",
        "203.0.113.500",
        expect![[r#"
        Error 5:11
          × `address`: `203.0.113.500` is not an IP address
           ╭─[rappel.toml:5:11]
         5 │ address = "203.0.113.500"
           ·           ───────┬───────
           ·                  ╰── expected the IP address of this machine, such as "203.0.113.5"
           ╰────
          help: an address is four numbers from 0 to 255, such as 203.0.113.7
    "#]],
    );
}

#[test]
fn an_advertised_address_that_nobody_can_send_to() {
    mistake(
        "[media]",
        "advertise = \"0.0.0.0\"\n\n[media]",
        expect![[r#"
        Error 4:13
          × `advertise` is 0.0.0.0, which is no address
           ╭─[rappel.toml:4:13]
         4 │ advertise = "0.0.0.0"
           ·             ────┬────
           ·                 ╰── expected the address of one machine
           ╰────
          help: nobody can send to it: write the address of this machine in its network
    "#]],
    );
}

#[test]
fn a_user_agent_that_would_break_a_header() {
    mistake(
        "[media]",
        "user_agent = \"a\\r\\nb\"\n\n[media]",
        expect![[r#"
        Error 4:14
          × `user_agent`: this text cannot stand in a header
           ╭─[rappel.toml:4:14]
         4 │ user_agent = "a\r\nb"
           ·              ────┬───
           ·                  ╰── expected a short text without line breaks
           ╰────
          help: it is written into each SIP message: ASCII, at most 100 characters
    "#]],
    );
}

#[test]
fn a_session_timer_below_its_own_minimum() {
    mistake(
        "[media]",
        "session_timer = \"2m\"\nsession_timer_min = \"3m\"\n\n[media]",
        expect![[r#"
            Error 4:17
              × `session_timer` is too short
               ╭─[rappel.toml:4:17]
             4 │ session_timer = "2m"
               ·                 ──┬─
               ·                   ╰── expected "0s", or at least "3m"
               ╰────
              help: `session_timer_min` is "3m"; "0s" asks for no timer at all
        "#]],
    );
}

#[test]
fn a_minimum_that_rfc_4028_forbids() {
    mistake(
        "[media]",
        "session_timer_min = \"1m\"\n\n[media]",
        expect![[r#"
        Error 4:21
          × `session_timer_min` is too short
           ╭─[rappel.toml:4:21]
         4 │ session_timer_min = "1m"
           ·                     ──┬─
           ·                       ╰── expected a time from "1m30s" to "1d"
           ╰────
          help: write it in quotes with its units: "1m30s" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn no_session_at_all() {
    mistake(
        "[media]",
        "sessions_max = 0\n\n[media]",
        expect![[r#"
        Error 4:16
          × `sessions_max` is out of range
           ╭─[rappel.toml:4:16]
         4 │ sessions_max = 0
           ·                ┬
           ·                ╰── expected a whole number from 1 to 100000
           ╰────
          help: without this key it is 1000
    "#]],
    );
}

#[test]
fn a_number_in_quotes() {
    mistake(
        "[media]",
        "sessions_max = \"100\"\n\n[media]",
        expect![[r#"
        Error 4:16
          × `sessions_max` is text
           ╭─[rappel.toml:4:16]
         4 │ sessions_max = "100"
           ·                ──┬──
           ·                  ╰── expected a whole number from 1 to 100000
           ╰────
          help: write it without quotes
    "#]],
    );
}

#[test]
fn a_media_address_that_is_missing() {
    mistake(
        "address = \"203.0.113.5\"",
        "",
        expect![[r#"
        Error 4:2
          × this [media] has no `address`
           ╭─[rappel.toml:4:2]
         4 │ [media]
           ·  ──┬──
           ·    ╰── expected `address` below
           ╰────
          help: add address = "203.0.113.5"
    "#]],
    );
}

#[test]
fn a_media_address_that_is_every_address() {
    mistake(
        "203.0.113.5",
        "0.0.0.0",
        expect![[r#"
        Error 5:11
          × `address` is 0.0.0.0, which is no address
           ╭─[rappel.toml:5:11]
         5 │ address = "0.0.0.0"
           ·           ────┬────
           ·               ╰── expected the IP address of this machine, such as "203.0.113.5"
           ╰────
          help: callers send their voice to this address: write the one that they can reach
    "#]],
    );
}

#[test]
fn a_media_address_with_a_port() {
    mistake(
        "203.0.113.5",
        "203.0.113.5:16384",
        expect![[r#"
        Error 5:11
          × `address`: there is a port behind the address
           ╭─[rappel.toml:5:11]
         5 │ address = "203.0.113.5:16384"
           ·           ─────────┬─────────
           ·                    ╰── expected the IP address of this machine, such as "203.0.113.5"
           ╰────
          help: write it without the port: "203.0.113.5"
    "#]],
    );
}

#[test]
fn a_media_address_that_is_a_multicast_group() {
    mistake(
        "203.0.113.5",
        "239.1.2.3",
        expect![[r#"
        Error 5:11
          × `address` is 239.1.2.3, which is a multicast group
           ╭─[rappel.toml:5:11]
         5 │ address = "239.1.2.3"
           ·           ─────┬─────
           ·                ╰── expected the IP address of this machine, such as "203.0.113.5"
           ╰────
          help: write the address of this machine in its network
    "#]],
    );
}

#[test]
fn a_media_address_of_this_machine_alone() {
    mistake(
        "203.0.113.5",
        "127.0.0.1",
        expect![[r#"
        Warning 5:11
          ⚠ `address` is 127.0.0.1, and 198.51.100.7 cannot send there
           ╭─[rappel.toml:5:11]
         5 │ address = "127.0.0.1"
           ·           ─────┬─────
           ·                ╰── expected an address that is reached from other machines
           ╰────
          help: write the address by which trunks and agents reach this machine
    "#]],
    );
}

#[test]
fn media_ports_that_are_no_range() {
    mistake(
        "[ivr]",
        "ports = \"16384\"\n\n[ivr]",
        expect![[r#"
        Error 7:9
          × `ports`: `16384` is not a range
           ╭─[rappel.toml:7:9]
         7 │ ports = "16384"
           ·         ───┬───
           ·            ╰── expected a range of ports, such as "16384-32767"
           ╰────
          help: two numbers from 1024 to 65535 with a hyphen: "16384-32767"
    "#]],
    );
    mistake(
        "[ivr]",
        "ports = \"100-200\"\n\n[ivr]",
        expect![[r#"
        Error 7:9
          × `ports`: `100-200` is not a range of ports
           ╭─[rappel.toml:7:9]
         7 │ ports = "100-200"
           ·         ────┬────
           ·             ╰── expected a range of ports, such as "16384-32767"
           ╰────
          help: two numbers from 1024 to 65535 with a hyphen: "16384-32767"
    "#]],
    );
}

#[test]
fn media_ports_that_run_backwards() {
    mistake(
        "[ivr]",
        "ports = \"20000-10000\"\n\n[ivr]",
        expect![[r#"
        Error 7:9
          × `ports`: the range `20000-10000` runs backwards
           ╭─[rappel.toml:7:9]
         7 │ ports = "20000-10000"
           ·         ──────┬──────
           ·               ╰── expected a range of ports, such as "16384-32767"
           ╰────
          help: write "10000-20000"
    "#]],
    );
}

#[test]
fn media_ports_without_an_even_one_and_the_next() {
    mistake(
        "[ivr]",
        "ports = \"10001-10002\"\n\n[ivr]",
        expect![[r#"
        Error 7:9
          × `ports`: the range `10001-10002` has no even port and the next one
           ╭─[rappel.toml:7:9]
         7 │ ports = "10001-10002"
           ·         ──────┬──────
           ·               ╰── expected a range of ports, such as "16384-32767"
           ╰────
          help: RTP uses an even port, and RTCP the odd one after it
    "#]],
    );
}

#[test]
fn media_ports_that_hold_the_port_of_sip() {
    mistake(
        "[ivr]",
        "ports = \"5000-9000\"\n\n[ivr]",
        expect![[r#"
        Error 7:9
          × the media ports hold 5060, the port of SIP
           ╭─[rappel.toml:7:9]
         7 │ ports = "5000-9000"
           ·         ─────┬─────
           ·              ╰── expected ports of their own for media
           ╰────
          help: begin the range above it
    "#]],
    );
}

#[test]
fn fewer_media_ports_than_sessions() {
    mistake(
        "[ivr]",
        "ports = \"16384-16584\"\n\n[ivr]",
        expect![[r#"
        Warning 7:9
          ⚠ there are ports for 100 sessions, and 1000 are allowed
           ╭─[rappel.toml:7:9]
         7 │ ports = "16384-16584"
           ·         ──────┬──────
           ·               ╰── expected a port for each session
           ╰────
          help: each session takes two ports: widen the range, or lower sip.sessions_max
    "#]],
    );
}

#[test]
fn an_empty_path_of_the_journal() {
    mistake(
        "[ivr]",
        "[journal]\npath = \"\"\n[ivr]",
        expect![[r#"
        Error 8:8
          × `path`: the path is empty
           ╭─[rappel.toml:8:8]
         8 │ path = ""
           ·        ─┬
           ·         ╰── expected the path of a file
           ╰────
          help: without this key it is "rappel.journal"
    "#]],
    );
}

#[test]
fn an_empty_directory_of_prompts() {
    mistake(
        "[ivr]",
        "[prompts]\ndirectory = [\"\", 7]\n[ivr]",
        expect![[r#"
        Error 8:14
          × `directory` is empty
           ╭─[rappel.toml:8:14]
         8 │ directory = ["", 7]
           ·              ─┬
           ·               ╰── expected the path of a directory
           ╰────
          help: leave the key out to play the bundled prompts
        Error 8:18
          × `directory` is a number
           ╭─[rappel.toml:8:18]
         8 │ directory = ["", 7]
           ·                  ┬
           ·                  ╰── expected a list of texts in quotes
           ╰────
          help: put it in quotes: "7"
    "#]],
    );
}

#[test]
fn a_log_level_that_is_misspelt() {
    mistake(
        "[ivr]",
        "[log]\nlevel = \"warning\"\n[ivr]",
        expect![[r#"
        Error 8:9
          × `level`: `warning` is not one of them
           ╭─[rappel.toml:8:9]
         8 │ level = "warning"
           ·         ────┬────
           ·             ╰── expected one of "error", "warn", "info", "debug", "trace"
           ╰────
          help: did you mean "warn"?
    "#]],
    );
}

#[test]
fn a_log_format_that_does_not_exist() {
    mistake(
        "[ivr]",
        "[log]\nformat = \"xml\"\n[ivr]",
        expect![[r#"
        Error 8:10
          × `format`: `xml` is not one of them
           ╭─[rappel.toml:8:10]
         8 │ format = "xml"
           ·          ──┬──
           ·            ╰── expected one of "text", "json"
           ╰────
          help: without this key it is "text"
    "#]],
    );
}

#[test]
fn a_time_without_a_unit() {
    mistake(
        "\"45s\"",
        "45",
        expect![[r#"
        Error 8:15
          × `offer_every` is a number, and a time has a unit
           ╭─[rappel.toml:8:15]
         8 │ offer_every = 45
           ·               ─┬
           ·                ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn a_time_that_is_too_short_or_too_long() {
    mistake(
        "\"45s\"",
        "\"1s\"",
        expect![[r#"
        Error 8:15
          × `offer_every` is too short
           ╭─[rappel.toml:8:15]
         8 │ offer_every = "1s"
           ·               ──┬─
           ·                 ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
    "#]],
    );
    mistake(
        "\"45s\"",
        "\"2d\"",
        expect![[r#"
        Error 8:15
          × `offer_every` is too long
           ╭─[rappel.toml:8:15]
         8 │ offer_every = "2d"
           ·               ──┬─
           ·                 ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn a_time_with_a_unit_that_does_not_exist() {
    mistake(
        "\"45s\"",
        "\"45 seconds\"",
        expect![[r#"
        Error 8:15
          × `offer_every` is not a time
           ╭─[rappel.toml:8:15]
         8 │ offer_every = "45 seconds"
           ·               ──────┬─────
           ·                     ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn an_offer_key_that_is_on_no_telephone() {
    mistake(
        "[ivr]",
        "[ivr]\noffer_key = \"22\"",
        expect![[r##"
            Error 8:13
              × `offer_key` is not a key
               ╭─[rappel.toml:8:13]
             8 │ offer_key = "22"
               ·             ──┬─
               ·               ╰── expected one key of a telephone, "0" to "9", "*" or "#", or "any"
               ╰────
              help: the prompt "offer" names key 2: record it anew for another key
        "##]],
    );
    mistake(
        "[ivr]",
        "[ivr]\noffer_key = \"A\"",
        expect![[r##"
            Error 8:13
              × `offer_key` is not a key
               ╭─[rappel.toml:8:13]
             8 │ offer_key = "A"
               ·             ─┬─
               ·              ╰── expected one key of a telephone, "0" to "9", "*" or "#", or "any"
               ╰────
              help: the prompt "offer" names key 2: record it anew for another key
        "##]],
    );
}

#[test]
fn a_count_that_is_out_of_range() {
    mistake(
        "[ivr]",
        "[ivr]\nasks_max = 0",
        expect![[r#"
        Error 8:12
          × `asks_max` is out of range
           ╭─[rappel.toml:8:12]
         8 │ asks_max = 0
           ·            ┬
           ·            ╰── expected a whole number from 1 to 10
           ╰────
          help: without this key it is 3
    "#]],
    );
    mistake(
        "[ivr]",
        "[ivr]\nentries_max = -1",
        expect![[r#"
        Error 8:15
          × `entries_max` is out of range
           ╭─[rappel.toml:8:15]
         8 │ entries_max = -1
           ·               ─┬
           ·                ╰── expected a whole number from 1 to 10
           ╰────
          help: without this key it is 3
    "#]],
    );
}

#[test]
fn a_ring_time_that_is_too_long() {
    mistake(
        "[ivr]",
        "[timings]\nagent_ring = \"1h\"\n[ivr]",
        expect![[r#"
        Error 8:14
          × `agent_ring` is too long
           ╭─[rappel.toml:8:14]
         8 │ agent_ring = "1h"
           ·              ──┬─
           ·                ╰── expected a time from "5s" to "5m"
           ╰────
          help: write it in quotes with its units: "25s" (ms, s, m, h, d)
    "#]],
    );
}

#[test]
fn every_mistake_is_said_at_once() {
    let text = changed("203.0.113.5", "nowhere").replace("45s", "soon").replace("+33", "33+");
    expect![[r#"
        Error 5:11
          × `address`: `nowhere` is not an IP address
           ╭─[rappel.toml:5:11]
         5 │ address = "nowhere"
           ·           ────┬────
           ·               ╰── expected the IP address of this machine, such as "203.0.113.5"
           ╰────
          help: names are looked up in the `targets` of a trunk only: write the IP address of nowhere
        Error 8:15
          × `offer_every` is not a time
           ╭─[rappel.toml:8:15]
         8 │ offer_every = "soon"
           ·               ───┬──
           ·                  ╰── expected a time from "5s" to "1h"
           ╰────
          help: write it in quotes with its units: "45s" (ms, s, m, h, d)
        Error 21:19
          × `outbound_number`: `33+123456789` is not an international number
            ╭─[rappel.toml:21:19]
         21 │ outbound_number = "33+123456789"
            ·                   ───────┬──────
            ·                          ╰── expected an international number, such as "+33123456789"
            ╰────
          help: an international number begins with + or 00
    "#]]
    .assert_eq(&rendered(&text));
}

#[test]
fn nobody_but_agents_is_handed_a_conversation_unless_the_file_says_so() {
    let transfers = |section: &str| {
        let text = format!("{}{section}", crate::BASE);
        config::read("rappel.toml", &text).expect("a good file").0.transfer
    };
    let nothing = transfers("");
    assert!(nothing.agents && nothing.numbers.is_empty() && nothing.networks.is_empty());
    let section =
        "[transfer]\nagents = false\nnumbers = [\"+33\", \"+4930\"]\nnetworks = \"10.0.0.0/8\"\n";
    let some = transfers(section);
    assert_eq!(
        (some.agents, some.numbers.join(" "), some.networks.len()),
        (false, "+33 +4930".into(), 1)
    );
}

#[test]
fn a_transfer_to_anybody() {
    for (line, problem) in [
        ("numbers = \"33\"", "`33` is not how a number begins"),
        ("numbers = \"+\"", "`+` is not how a number begins"),
        ("numbers = \"+0\"", "`+0` is not how a number begins"),
        ("networks = \"::/0\"", "an agent's phone could make us call anybody in the world"),
        ("networks = \"example.com\"", "`networks`: `example.com` is not an IP address"),
        ("agents = \"yes\"", "`agents` is text"),
    ] {
        let found = crate::findings(&format!("{}[transfer]\n{line}\n", crate::BASE));
        assert_eq!(found[0].problem, problem);
    }
    let many = vec!["\"+33\""; config::TRANSFER_TARGETS_MAX + 1].join(", ");
    let found = crate::findings(&format!("{}[transfer]\nnumbers = [{many}]\n", crate::BASE));
    assert_eq!(found[0].problem, "`numbers` holds more than 64 entries");
}

#[test]
fn more_media_threads_than_there_may_be() {
    mistake(
        "[media]\n",
        "[media]\nthreads = 65\n",
        expect![[r#"
        Error 5:11
          × `threads` is out of range
           ╭─[rappel.toml:5:11]
         5 │ threads = 65
           ·           ─┬
           ·            ╰── expected a whole number from 1 to 64
           ╰────
          help: without this key it is one less than there are processors
    "#]],
    );
}
