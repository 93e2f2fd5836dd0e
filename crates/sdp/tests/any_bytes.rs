//! Bytes from the wire never panic, and what we say can be read.

use proptest::prelude::*;
use sdp::{Keys, Local, Speaks, Srtp, agree, answer, offer};

fn local(srtp: Srtp<'_>) -> Local<'_> {
    Local {
        address: "192.0.2.10:40000".parse().unwrap(),
        id: 1,
        version: 0,
        srtp,
        speaks: Speaks::ALL,
    }
}

/// Every policy, with keys of one byte.
fn any_keys() -> impl Strategy<Value = (u8, u8)> {
    (0_u8..3, any::<u8>())
}

fn keys(byte: u8) -> Keys {
    Keys::draw(|key| key.fill(byte))
}

fn policy(number: u8, keys: &Keys) -> Srtp<'_> {
    match number {
        0 => Srtp::Off,
        1 => Srtp::Offered(keys),
        _ => Srtp::Required(keys),
    }
}

/// Pieces that descriptions are made of, well and badly.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "v=0",
        "o=- 1 1 IN IP4 198.51.100.5",
        "s=-",
        "c=IN IP4 198.51.100.5",
        "c=IN IP6 ::",
        "c=",
        "t=0 0",
        "t=1",
        "m=audio 5004 RTP/AVP 0 8 101",
        "m=audio 0 RTP/AVP 8",
        "m=video 1 x 1",
        "m=audio 65535 RTP/AVPF 96 128 300 -1",
        "a=rtpmap:96 PCMA/8000",
        "a=rtpmap: 101",
        "a=",
        "a=rtpmap:101 telephone-event/8000",
        "m=audio 5004 RTP/SAVP 0 8",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        "a=crypto:9 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20",
        "a=crypto:2 AEAD_AES_128_GCM inline:====|2^|:",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:",
        "a=crypto: ",
        "a=crypto",
        "a=sendonly",
        "a=inactive",
        "a=rtcp:0",
        "a=rtcp:1 IN",
        "=",
        "==",
        "z=0",
        "a=rtpmap:",
        "m=",
        "m=audio",
        "\0",
        "\u{e9}=x",
        "\r",
        "\r\n",
        "\n",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        4 => Just(b"\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(piece(), 0..24).prop_map(|pieces| {
        let mut text = b"v=0\r\n".to_vec();
        text.extend(pieces.concat());
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_panic(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        text in bytes(),
        (number, byte) in any_keys(),
    ) {
        let keys = keys(byte);
        let srtp = policy(number, &keys);
        let ours = offer(&local(srtp));
        for bytes in [noise, text] {
            let _ = answer(&bytes, &local(srtp));
            let _ = agree(&ours, &bytes, srtp);
            let _ = agree(&bytes, &ours, srtp);
        }
    }

    #[test]
    fn every_answer_has_a_line_for_each_offered_and_can_itself_be_answered(
        text in bytes(),
        (number, byte) in any_keys(),
    ) {
        let (ours, others) = (keys(byte), keys(byte.wrapping_add(1)));
        let Ok(answered) = answer(&text, &local(policy(number, &ours))) else { return Ok(()) };
        prop_assert_eq!(media_lines(&answered.sdp).len(), media_lines(&text).len());
        let mirror = answer(&answered.sdp, &local(policy(number, &others))).expect("we wrote it");
        prop_assert_eq!(mirror.stream.codec, answered.stream.codec);
        prop_assert_eq!(mirror.stream.payload_type, answered.stream.payload_type);
        prop_assert_eq!(mirror.stream.event_payload_type, answered.stream.event_payload_type);
        prop_assert_eq!(mirror.stream.send, answered.stream.receive);
        prop_assert_eq!(mirror.stream.receive, answered.stream.send);
        let protected = mirror.stream.crypto.map(|crypto| crypto.theirs);
        prop_assert_eq!(protected, answered.stream.crypto.map(|crypto| crypto.ours));
    }
}

fn media_lines(text: &[u8]) -> Vec<String> {
    let text: String = text.iter().copied().map(char::from).filter(|c| *c != '\0').collect();
    let lines = text.split(['\r', '\n']).map(|line| line.trim().to_owned());
    lines.filter(|line| line.starts_with("m=")).collect()
}
