//! Offers as they come in the field, and what we answer.

use std::net::SocketAddr;

use sdp::{Agreed, Codec, Local, Refusal, Speaks, Srtp, answer};

const LOCAL: &str = "192.0.2.10:40000";

fn local() -> SocketAddr {
    LOCAL.parse().unwrap()
}

fn ours() -> Local<'static> {
    Local { address: local(), id: 7, version: 0, srtp: Srtp::Off, speaks: Speaks::ALL }
}

/// The answer as text with `|` at line ends, and what was agreed.
fn answered(offer: &str) -> (String, Agreed) {
    let answered = answer(offer.replace('\n', "\r\n").as_bytes(), &ours()).expect("an answer");
    (readable(answered.sdp), answered.stream)
}

fn readable(sdp: Vec<u8>) -> String {
    String::from_utf8(sdp).unwrap().replace("\r\n", "\n")
}

fn refused(offer: &str) -> Refusal {
    answer(offer.as_bytes(), &ours()).expect_err("a refusal")
}

/// One audio line under a plain session.
fn audio(lines: &str) -> String {
    format!("v=0\no=- 1 1 IN IP4 198.51.100.5\ns=-\nc=IN IP4 198.51.100.5\nt=0 0\n{lines}\n")
}

#[test]
fn asterisk_is_answered_in_its_first_codec() {
    let (sdp, stream) = answered(
        "v=0
o=- 1903862107 1903862107 IN IP4 198.51.100.20
s=Asterisk
c=IN IP4 198.51.100.20
t=0 0
m=audio 17024 RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:150
a=sendrecv
",
    );
    assert_eq!(
        sdp,
        "v=0
o=- 7 0 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=audio 40000 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=maxptime:150
a=sendrecv
"
    );
    let expected = Agreed {
        remote: "198.51.100.20:17024".parse().unwrap(),
        rtcp: "198.51.100.20:17025".parse().unwrap(),
        rtcp_mux: false,
        codec: Codec::Pcma,
        payload_type: 8,
        event_payload_type: Some(101),
        comfort_noise: None,
        packet_ms_max: Some(20),
        send: true,
        receive: true,
        crypto: None,
    };
    assert_eq!(stream, expected);
}

#[test]
fn freeswitch_with_wide_band_first_is_answered_in_pcmu() {
    let (sdp, stream) = answered(
        "v=0
o=FreeSWITCH 1763700000 1763700001 IN IP4 198.51.100.30
s=FreeSWITCH
c=IN IP4 198.51.100.30
t=0 0
m=audio 22816 RTP/AVP 102 9 0 8 103 101
a=rtpmap:102 opus/48000/2
a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:103 telephone-event/48000
a=fmtp:103 0-16
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtcp:22817 IN IP4 198.51.100.30
a=ptime:20
",
    );
    assert!(sdp.contains("m=audio 40000 RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\n"), "{sdp}");
    assert_eq!((stream.codec, stream.event_payload_type), (Codec::Pcmu, Some(101)));
}

#[test]
fn cisco_without_mappings_for_static_types_is_understood() {
    let (sdp, stream) = answered(
        "v=0
o=CiscoSystemsCCM-SIP 53012 1 IN IP4 198.51.100.40
s=SIP Call
c=IN IP4 198.51.100.41
b=TIAS:64000
b=AS:64
t=0 0
m=audio 24580 RTP/AVP 0 8 18 96 19
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:19 CN/8000
",
    );
    assert!(sdp.contains("m=audio 40000 RTP/AVP 0 96\n"), "{sdp}");
    assert!(sdp.contains("a=rtpmap:96 telephone-event/8000\na=fmtp:96 0-15\n"), "{sdp}");
    assert_eq!(stream.remote.to_string(), "198.51.100.41:24580");
    assert_eq!(stream.event_payload_type, Some(96));
}

#[test]
fn baresip_with_extras_is_answered_plainly() {
    let (sdp, stream) = answered(
        "v=0
o=- 3541009123 810273 IN IP4 198.51.100.50
s=-
c=IN IP4 198.51.100.50
t=0 0
a=tool:baresip 3.1
m=audio 14552 RTP/AVP 96 0 8 97
b=AS:125
a=rtpmap:96 opus/48000/2
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:97 telephone-event/8000
a=fmtp:97 0-15
a=rtcp:14600
a=rtcp-mux
a=ssrc:114225 cname:sip:me@example.org
a=sendrecv
a=label:1
a=ptime:20
",
    );
    assert!(sdp.contains("m=audio 40000 RTP/AVP 0 97\n"), "{sdp}");
    assert!(sdp.contains("a=rtcp-mux\n") && stream.rtcp_mux, "{sdp}");
    assert_eq!(stream.rtcp.to_string(), "198.51.100.50:14600");
}

#[test]
fn sipp_with_one_codec_gets_no_telephone_event() {
    let (sdp, stream) = answered(
        "v=0
o=user1 53655765 2353687637 IN IP4 198.51.100.60
s=-
c=IN IP4 198.51.100.60
t=0 0
m=audio 6000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
",
    );
    assert!(sdp.ends_with(
        "m=audio 40000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=ptime:20\na=maxptime:150\na=sendrecv\n"
    ));
    assert_eq!(stream.event_payload_type, None);
}

#[test]
fn every_media_line_is_kept_and_all_but_one_refused() {
    let (sdp, stream) = answered(&audio(
        "m=video 5000 RTP/AVP 99 100\na=rtpmap:99 VP8/90000\n\
         m=audio 5002 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\n\
         m=audio 5004 RTP/AVP 8\nm=audio 5006 RTP/AVP 8\nm=image 5008 udptl t38",
    ));
    let media: Vec<&str> = sdp.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        media,
        [
            "m=video 0 RTP/AVP 99 100",
            "m=audio 0 RTP/SAVP 0",
            "m=audio 40000 RTP/AVP 8",
            "m=audio 0 RTP/AVP 8",
            "m=image 0 udptl t38",
        ]
    );
    assert_eq!(stream.remote.port(), 5004);
}

#[test]
fn the_address_for_rtcp_is_the_one_given_or_the_next_port() {
    for (line, rtcp) in [
        ("a=rtcp:6001", "198.51.100.5:6001"),
        ("a=rtcp:6001 IN IP4 198.51.100.6", "198.51.100.6:6001"),
        ("a=rtcp:6001 IN IP4 224.2.1.1", "198.51.100.5:6001"),
        ("a=rtcp:0", "198.51.100.5:5005"),
        ("a=rtcp:none", "198.51.100.5:5005"),
        ("a=x", "198.51.100.5:5005"),
    ] {
        let stream = answered(&audio(&format!("m=audio 5004 RTP/AVP 8\n{line}"))).1;
        assert_eq!(stream.rtcp.to_string(), rtcp, "{line}");
    }
}

#[test]
fn each_direction_is_answered_by_its_mirror() {
    for (offered, answered_with, send, receive) in [
        ("a=sendrecv", "sendrecv", true, true),
        ("a=sendonly", "recvonly", false, true),
        ("a=recvonly", "sendonly", true, false),
        ("a=inactive", "inactive", false, false),
        ("a=x-nothing", "sendrecv", true, true),
    ] {
        let (sdp, stream) = answered(&audio(&format!("m=audio 5004 RTP/AVP 8\n{offered}")));
        assert!(sdp.ends_with(&format!("a={answered_with}\n")), "{offered}: {sdp}");
        assert_eq!((stream.send, stream.receive), (send, receive), "{offered}");
    }
}

#[test]
fn a_direction_of_the_session_holds_unless_the_media_line_has_its_own() {
    let held = audio("a=sendonly\nm=audio 5004 RTP/AVP 8");
    assert!(answered(&held).0.ends_with("a=recvonly\n"));
    let resumed = audio("a=sendonly\nm=audio 5004 RTP/AVP 8\na=sendrecv");
    assert!(answered(&resumed).0.ends_with("a=sendrecv\n"));
}

#[test]
fn the_old_form_of_hold_stops_our_packets_only() {
    let held = audio("m=audio 5004 RTP/AVP 8\nc=IN IP4 0.0.0.0");
    let (sdp, stream) = answered(&held);
    assert!(sdp.ends_with("a=recvonly\n"), "{sdp}");
    assert_eq!((stream.send, stream.receive), (false, true));
    assert!(stream.remote.ip().is_unspecified());
}

#[test]
fn the_address_of_the_media_line_wins_over_that_of_the_session() {
    let offer = audio("m=audio 5004 RTP/AVP 8\nc=IN IP4 198.51.100.77\nc=IN IP4 198.51.100.78");
    assert_eq!(answered(&offer).1.remote.to_string(), "198.51.100.77:5004");
    let offer = audio("m=audio 5004 RTP/AVP 8\nc=IN IP6 2001:db8::1\nc=IN IP4 198.51.100.78");
    assert_eq!(answered(&offer).1.remote.to_string(), "198.51.100.78:5004");
}

#[test]
fn a_second_address_of_the_session_is_ignored() {
    let offer = audio("c=IN IP4 198.51.100.99\nm=audio 5004 RTP/AVP 8");
    assert_eq!(answered(&offer).1.remote.to_string(), "198.51.100.5:5004");
}

#[test]
fn ipv6_is_answered_with_ipv6() {
    let local = "[2001:db8::10]:40000".parse().unwrap();
    let offer = "v=0\r\no=- 1 1 IN IP6 2001:db8::5\r\ns=-\r\nc=IN IP6 2001:db8::5\r\nt=0 0\r\n\
                 m=audio 5004 RTP/AVP 8\r\n";
    let answered = answer(offer.as_bytes(), &Local { address: local, ..ours() }).unwrap();
    let sdp = readable(answered.sdp);
    assert!(sdp.contains("o=- 7 0 IN IP6 2001:db8::10\n"), "{sdp}");
    assert!(sdp.contains("c=IN IP6 2001:db8::10\n"), "{sdp}");
    assert_eq!(answered.stream.remote.to_string(), "[2001:db8::5]:5004");
}

#[test]
fn dynamic_payload_types_and_any_case_are_read() {
    let (sdp, stream) = answered(&audio(
        "m=audio 5004 RTP/AVP 3 113 0 127\na=rtpmap:113 pcma/8000/1\n\
         a=rtpmap: 127 TELEPHONE-EVENT/8000",
    ));
    assert!(sdp.contains("m=audio 40000 RTP/AVP 113 127\na=rtpmap:113 PCMA/8000\n"), "{sdp}");
    assert_eq!((stream.codec, stream.payload_type), (Codec::Pcma, 113));
    assert_eq!(stream.event_payload_type, Some(127));
}

#[test]
fn a_static_number_with_another_meaning_is_not_ours() {
    let offer = audio("m=audio 5004 RTP/AVP 0 8\na=rtpmap:0 PCMU/16000\na=rtpmap:8 PCMA/8000/2");
    assert_eq!(refused(&offer), Refusal::NoCommonCodec);
}

#[test]
fn line_ends_and_encodings_of_every_kind_are_read() {
    let offer = audio("m=audio  5004 RTP/AVP   8 \na=rtpmap: 8 PCMA/8000");
    let latin1: Vec<u8> = offer.replace("s=-", "s=caf\u{e9}").chars().map(|c| c as u8).collect();
    let (expected, _) = answered(&audio("m=audio 5004 RTP/AVP 8"));
    for bytes in [
        offer.clone().into_bytes(),
        offer.replace('\n', "\r").into_bytes(),
        offer.replace('\n', "\r\n").into_bytes(),
        offer.replace('\n', " \r\n\r\n").into_bytes(),
        [offer.as_bytes(), b"\0\0"].concat(),
        [offer.as_bytes(), b"a=note:one\0two\n"].concat(),
        latin1,
    ] {
        assert_eq!(readable(answer(&bytes, &ours()).unwrap().sdp), expected);
    }
}

#[test]
fn lines_that_say_nothing_to_us_cannot_spoil_the_rest() {
    let (_, stream) = answered(
        "v=0
o=John Doe 99999999999999999999999 x IN IP4 nowhere
s=
i=twice
i=twice
t=never
c=IN IP4 198.51.100.5
b=CT
k=clear
m=audio 5004 RTP/AVP 8
c=garbage
y=0100000001
",
    );
    assert_eq!(stream.remote.to_string(), "198.51.100.5:5004");
}

#[test]
fn the_time_of_the_offer_is_repeated() {
    let offer = audio("m=audio 5004 RTP/AVP 8").replace("t=0 0", "t=3034423619 3042462419");
    assert!(answered(&offer).0.contains("\nt=3034423619 3042462419\n"));
}

#[test]
fn a_further_answer_counts_its_version() {
    let offer = audio("m=audio 5004 RTP/AVP 8");
    let again = answer(offer.as_bytes(), &Local { version: 3, ..ours() }).unwrap();
    assert!(readable(again.sdp).contains("o=- 7 3 IN IP4 192.0.2.10\n"));
}

#[test]
fn each_refusal_has_its_reason_and_status() {
    for (offer, refusal, status) in [
        ("".to_owned(), Refusal::Malformed, 400),
        ("hello".to_owned(), Refusal::Malformed, 400),
        (audio("m=audio many RTP/AVP 8"), Refusal::Malformed, 400),
        (audio("m=audio 70000 RTP/AVP 8"), Refusal::Malformed, 400),
        (audio(""), Refusal::NoAudio, 488),
        (audio("m=audio 0 RTP/AVP 8"), Refusal::NoAudio, 488),
        (audio("m=video 5004 RTP/AVP 8"), Refusal::NoAudio, 488),
        (audio("m=audio 5004 RTP/SAVP 8"), Refusal::NoCommonTransport, 488),
        (audio("m=audio 5004 UDP/TLS/RTP/SAVPF 8"), Refusal::NoCommonTransport, 488),
        (audio("m=audio 5004 RTP/AVP 18 4 96"), Refusal::NoCommonCodec, 488),
        (audio("m=audio 5004 RTP/AVP 8\nc=IN IP4 pbx.example"), Refusal::NoAddress, 488),
        (audio("m=audio 5004 RTP/AVP 8\nc=IN IP4 224.2.1.1/127"), Refusal::NoAddress, 488),
        (audio("m=audio 5004 RTP/AVP 8\nc=IN IP6 2001:db8::1"), Refusal::NoAddress, 488),
        (audio(&"m=video 0 RTP/AVP 31\n".repeat(sdp::MEDIA_LINES_MAX + 1)), Refusal::TooLarge, 488),
        (audio(&"a=x\n".repeat(sdp::DESCRIPTION_BYTES_MAX / 4)), Refusal::TooLarge, 488),
    ] {
        assert_eq!(refused(&offer), refusal, "{}", &offer[..offer.len().min(200)]);
        assert_eq!(refusal.status(), status);
    }
}

#[test]
fn as_many_media_lines_as_allowed_are_answered() {
    let lines = "m=video 0 RTP/AVP 31\n".repeat(sdp::MEDIA_LINES_MAX - 1);
    let (sdp, _) = answered(&audio(&format!("{lines}m=audio 5004 RTP/AVP 8")));
    assert_eq!(sdp.matches("\nm=").count(), sdp::MEDIA_LINES_MAX);
}

#[test]
fn g722_is_answered_where_nothing_narrower_is_offered_or_where_it_is_wanted() {
    let spoken = |formats: &str, codecs: &[Codec]| {
        let offer = audio(&format!("m=audio 5004 RTP/AVP {formats}\na=rtpmap:102 G722/8000"));
        let speaks = Speaks { codecs, events: true };
        let answered = answer(offer.as_bytes(), &Local { speaks, ..ours() });
        answered.map(|answered| (answered.stream.codec, answered.stream.payload_type))
    };
    use Codec::{G722, Pcma, Pcmu};
    assert_eq!(spoken("9 0 8", &[]), Ok((Pcmu, 0)), "whichever G.711 they like");
    assert_eq!(spoken("9 18", &[]), Ok((G722, 9)));
    assert_eq!(spoken("0 8 9", &[G722, Pcma]), Ok((G722, 9)), "our wish");
    assert_eq!(spoken("0 8 102", &[G722, Pcma]), Ok((G722, 102)));
    assert_eq!(spoken("0 8", &[G722, Pcma]), Ok((Pcma, 8)));
    assert_eq!(spoken("0 18", &[G722, Pcma]), Err(Refusal::NoCommonCodec));
}

#[test]
fn keys_in_the_sound_only_are_answered_without_telephone_event() {
    let offer = audio("m=audio 5004 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000");
    let speaks = Speaks { codecs: &[], events: false };
    let answered = answer(offer.as_bytes(), &Local { speaks, ..ours() }).unwrap();
    assert_eq!(answered.stream.event_payload_type, None);
    assert!(readable(answered.sdp).contains("m=audio 40000 RTP/AVP 8\n"));
}

#[test]
fn rtcp_beside_rtp_is_answered_where_it_is_offered() {
    for (line, muxed) in [("a=rtcp-mux", true), ("a=rtcp:6001", false)] {
        let (sdp, stream) = answered(&audio(&format!("m=audio 5004 RTP/AVP 8\n{line}")));
        assert_eq!((stream.rtcp_mux, sdp.contains("a=rtcp-mux")), (muxed, muxed), "{sdp}");
    }
}

#[test]
fn the_longest_packet_is_the_limit_of_the_far_end_or_its_wish() {
    for (lines, expected) in [
        ("", None),
        ("a=ptime:20\n", Some(20)),
        ("a=ptime:10\n", Some(20)),
        ("a=ptime:60\n", Some(60)),
        ("a=maxptime:40\n", Some(40)),
        ("a=ptime:20\na=maxptime:140\n", Some(20)),
        ("a=ptime:60\na=maxptime:30\n", Some(30)),
        ("a=ptime:20\na=maxptime:5\n", Some(10)),
        ("a=ptime:0\na=maxptime:x\n", None),
        ("a=ptime:twenty\na=maxptime: 80 \n", Some(80)),
    ] {
        let (_, stream) = answered(&audio(&format!("m=audio 5004 RTP/AVP 8\n{lines}")));
        assert_eq!(stream.packet_ms_max, expected, "{lines:?}");
    }
}

#[test]
fn comfort_noise_may_have_any_number() {
    for (map, expected) in [
        ("a=rtpmap:19 CN/8000", Some(19)),
        ("a=rtpmap:13 CN/8000", None),
        ("a=rtpmap:13 CN/8000\na=rtpmap:98 cn/8000/1", Some(98)),
        ("a=rtpmap:19 CN/16000", None),
        ("a=rtpmap:219 CN/8000", None),
    ] {
        let (_, stream) = answered(&audio(&format!("m=audio 5004 RTP/AVP 8 19 98\n{map}\n")));
        assert_eq!(stream.comfort_noise, expected, "{map:?}");
    }
}
