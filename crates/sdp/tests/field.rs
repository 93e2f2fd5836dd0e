//! Offers in the shape of equipment in the field, written from what its makers publish, each with
//! the answer that it must get; and that neither line ends nor attributes that nobody knows change
//! that answer.

use proptest::prelude::*;
use sdp::{Codec, Keys, Local, Speaks, Srtp, answer};

fn local(srtp: Srtp<'_>) -> Local<'_> {
    let address = "192.0.2.10:40000".parse().unwrap();
    Local { address, id: 7, version: 0, srtp, speaks: Speaks::ALL }
}

/// The media part of the answer, one line each, without keys.
fn media(offer: &[u8], srtp: Srtp<'_>) -> Vec<String> {
    let sdp = answer(offer, &local(srtp)).expect("an answer").sdp;
    let text = String::from_utf8(sdp).expect("we write UTF-8");
    let lines = text.lines().skip_while(|line| !line.starts_with("m="));
    let lines = lines.map(|line| line.split(" inline:").next().unwrap_or(line).to_owned());
    lines.collect()
}

const ASTERISK: &str = "v=0
o=- 1903862107 1903862107 IN IP4 198.51.100.20
s=Asterisk
c=IN IP4 198.51.100.20
t=0 0
m=audio 17024 RTP/AVP 9 8 0 3 101
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:3 GSM/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:140
a=sendrecv
";

const FREESWITCH_WITH_VIDEO: &str = "v=0
o=FreeSWITCH 1763700000 1763700001 IN IP4 198.51.100.30
s=FreeSWITCH
c=IN IP4 198.51.100.30
t=0 0
a=msid-semantic: WMS x8
m=audio 22816 RTP/AVP 96 9 0 8 97 101
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1; maxaveragebitrate=30000; ptime=20; minptime=10
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:97 telephone-event/48000
a=fmtp:97 0-15
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp-mux
a=rtcp:22816 IN IP4 198.51.100.30
a=ssrc:4123 cname:abc
a=ptime:20
m=video 19884 RTP/AVP 102
b=AS:1024
a=rtpmap:102 VP8/90000
a=rtcp-fb:102 ccm fir
";

const CISCO_CUBE: &str = "v=0
o=CiscoSystemsSIP-GW-UserAgent 5765 7543 IN IP4 198.51.100.40
s=SIP Call
c=IN IP4 198.51.100.40
t=0 0
m=audio 16462 RTP/AVP 18 8 0 101 19
c=IN IP4 198.51.100.41
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:19 CN/8000
a=ptime:20
";

const SONUS: &str = "v=0
o=Sonus_UAC 30541 6420 IN IP4 198.51.100.50
s=SIP Media Capabilities
c=IN IP4 198.51.100.51
t=0 0
m=audio 6214 RTP/AVP 0 18 101
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=sendrecv
a=maxptime:20
m=image 6216 udptl t38
a=T38FaxVersion:0
a=T38MaxBitRate:14400
a=T38FaxRateManagement:transferredTCF
a=T38FaxUdpEC:t38UDPRedundancy
";

const AUDIOCODES: &str = "v=0
o=AudiocodesGW 1282063430 1282062857 IN IP4 198.51.100.60
s=Phone-Call
c=IN IP4 198.51.100.60
t=0 0
m=audio 6000 RTP/AVP 8 18 96
a=rtpmap:8 PCMA/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
a=silenceSupp:off - - - -
a=sendrecv
a=rtcp:6001 IN IP4 198.51.100.60
a=gpmd:8 vbd=yes
";

const TEAMS: &str = "v=0
o=- 180216 0 IN IP4 127.0.0.1
s=session
c=IN IP4 198.51.100.70
b=CT:10000000
t=0 0
m=audio 50884 RTP/SAVP 104 9 103 111 18 0 8 97 101 13 118
c=IN IP4 198.51.100.70
a=rtcp:50885
a=ice-ufrag:W0DZ
a=ice-pwd:1hRkMTGkbgQn/eyRH8Zzjmcn
a=rtcp-mux
a=candidate:1 1 UDP 2130706431 198.51.100.70 50884 typ host
a=candidate:1 2 UDP 2130705918 198.51.100.70 50885 typ host
a=label:main-audio
a=mid:1
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WnD7c1ksDGs+dIefCEo8omPg4uO8DYIinNGL5yxQ|2^31
a=sendrecv
a=rtpmap:104 SILK/16000
a=fmtp:104 useinbandfec=1; usedtx=0
a=rtpmap:9 G722/8000
a=rtpmap:103 SILK/8000
a=rtpmap:111 SIREN/16000
a=fmtp:111 bitrate=16000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:97 RED/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:13 CN/8000
a=rtpmap:118 CN/16000
a=ptime:20
";

const TWILIO: &str = "v=0
o=root 1867382405 1867382405 IN IP4 198.51.100.80
s=Twilio Media Gateway
c=IN IP4 198.51.100.80
t=0 0
m=audio 10186 RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:20
a=sendrecv
";

const FAX_AFTER_VOICE: &str = "v=0
o=gw 1 2 IN IP4 198.51.100.90
s=-
c=IN IP4 198.51.100.90
t=0 0
m=audio 0 RTP/AVP 8
m=image 6216 udptl t38
a=T38FaxVersion:0
m=audio 6300 RTP/AVP 8
a=inactive
";

/// Every offer that plain RTP answers.
const PLAIN: [&str; 7] =
    [ASTERISK, FREESWITCH_WITH_VIDEO, CISCO_CUBE, SONUS, AUDIOCODES, TWILIO, FAX_AFTER_VOICE];

/// The lines of an answer with one codec and telephone-event.
fn voice(codec: Codec, number: u8, events: u8) -> Vec<String> {
    let name = codec.name();
    [
        format!("m=audio 40000 RTP/AVP {number} {events}"),
        format!("a=rtpmap:{number} {name}/8000"),
        format!("a=rtpmap:{events} telephone-event/8000"),
        format!("a=fmtp:{events} 0-15"),
        "a=ptime:20".into(),
        "a=maxptime:150".into(),
        "a=sendrecv".into(),
    ]
    .into()
}

fn with(mut lines: Vec<String>, more: &str) -> Vec<String> {
    lines.push(more.into());
    lines
}

#[test]
fn asterisk_with_wide_band_first_is_answered_in_its_first_g711() {
    assert_eq!(media(ASTERISK.as_bytes(), Srtp::Off), voice(Codec::Pcma, 8, 101));
}

#[test]
fn freeswitch_with_opus_and_video_is_answered_in_g711_and_its_video_refused() {
    let mut expected = with(voice(Codec::Pcmu, 0, 101), "m=video 0 RTP/AVP 102");
    expected.insert(4, "a=rtcp-mux".into());
    assert_eq!(media(FREESWITCH_WITH_VIDEO.as_bytes(), Srtp::Off), expected);
}

#[test]
fn cisco_with_g729_first_is_answered_in_g711_at_the_address_of_its_media() {
    assert_eq!(media(CISCO_CUBE.as_bytes(), Srtp::Off), voice(Codec::Pcma, 8, 101));
    let stream = answer(CISCO_CUBE.as_bytes(), &local(Srtp::Off)).unwrap().stream;
    assert_eq!(stream.remote.to_string(), "198.51.100.41:16462");
}

#[test]
fn sonus_with_fax_beside_voice_gets_voice_and_its_fax_refused() {
    let expected = with(voice(Codec::Pcmu, 0, 101), "m=image 0 udptl t38");
    assert_eq!(media(SONUS.as_bytes(), Srtp::Off), expected);
}

#[test]
fn audiocodes_keeps_its_number_of_telephone_event() {
    assert_eq!(media(AUDIOCODES.as_bytes(), Srtp::Off), voice(Codec::Pcma, 8, 96));
    let stream = answer(AUDIOCODES.as_bytes(), &local(Srtp::Off)).unwrap().stream;
    assert_eq!(stream.rtcp.to_string(), "198.51.100.60:6001");
}

#[test]
fn teams_is_answered_over_srtp_in_g711() {
    let keys = Keys::draw(|key| key.fill(7));
    let answered = media(TEAMS.as_bytes(), Srtp::Required(&keys));
    let mut expected = voice(Codec::Pcmu, 0, 101);
    expected[0] = "m=audio 40000 RTP/SAVP 0 101".into();
    expected.insert(4, "a=crypto:1 AES_CM_128_HMAC_SHA1_80".into());
    expected.insert(5, "a=rtcp-mux".into());
    assert_eq!(answered, expected);
}

#[test]
fn twilio_is_answered_in_pcmu() {
    assert_eq!(media(TWILIO.as_bytes(), Srtp::Off), voice(Codec::Pcmu, 0, 101));
}

#[test]
fn a_gateway_that_turns_to_fax_keeps_its_lines_in_their_places() {
    assert_eq!(
        media(FAX_AFTER_VOICE.as_bytes(), Srtp::Off),
        [
            "m=audio 0 RTP/AVP 8",
            "m=image 0 udptl t38",
            "m=audio 40000 RTP/AVP 8",
            "a=rtpmap:8 PCMA/8000",
            "a=ptime:20",
            "a=maxptime:150",
            "a=inactive",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn line_ends_and_unknown_lines_change_no_answer(
        offer in proptest::sample::select(&PLAIN[..]),
        end in proptest::sample::select(&["\n", "\r\n", "\r", " \r\n"][..]),
        name in "[a-z]{3}-x-[a-z]{1,8}",
        value in "[ -~]{0,40}",
        latin1 in proptest::collection::vec(0xC0_u8..=0xFF, 0..8),
        place in 0_usize..100,
    ) {
        let expected = media(offer.as_bytes(), Srtp::Off);
        let mut lines: Vec<Vec<u8>> = offer.lines().map(|line| line.as_bytes().to_vec()).collect();
        // Attributes follow the line of the session's time.
        let first = lines.iter().position(|line| line.starts_with(b"t=")).unwrap() + 1;
        let unknown = [format!("a={name}:{value}").as_bytes(), &latin1].concat();
        let place = first + place % (lines.len() - first + 1);
        lines.insert(place, unknown);
        let bytes: Vec<u8> =
            lines.into_iter().flat_map(|line| [line, end.as_bytes().to_vec()].concat()).collect();
        prop_assert_eq!(media(&bytes, Srtp::Off), expected);
    }
}
