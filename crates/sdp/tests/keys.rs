//! Keys offered and answered (RFC 4568, RFC 8643).

use sdp::{Agreed, Keys, Local, Refusal, Speaks, Srtp, Suite, agree, answer, offer};

fn keys(byte: u8) -> Keys {
    Keys::draw(|key| key.fill(byte))
}

fn local(srtp: Srtp<'_>) -> Local<'_> {
    Local {
        address: "192.0.2.10:40000".parse().unwrap(),
        id: 7,
        version: 0,
        srtp,
        speaks: Speaks::ALL,
    }
}

/// A description of an audio line with these attributes.
fn audio(proto: &str, attributes: &[&str]) -> String {
    let mut text = format!(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.5\r\ns=-\r\nc=IN IP4 198.51.100.5\r\nt=0 0\r\n\
         m=audio 5004 {proto} 8\r\n"
    );
    for attribute in attributes {
        text.push_str(&format!("a={attribute}\r\n"));
    }
    text
}

/// The key that RFC 4568 uses in its examples.
const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const CM_80: &str = "AES_CM_128_HMAC_SHA1_80";

fn line(tag: u32, suite: &str, key: &str, rest: &str) -> String {
    format!("crypto:{tag} {suite} inline:{key}{rest}")
}

/// The `a=crypto` line of an answer, and what was agreed.
fn answered(offer: &str, srtp: Srtp<'_>) -> Result<(Option<String>, Agreed), Refusal> {
    let answered = answer(offer.as_bytes(), &local(srtp))?;
    let text = String::from_utf8(answered.sdp).unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("a=crypto"));
    let crypto = lines.next().map(str::to_owned);
    assert_eq!(lines.next(), None, "an answer has one key");
    Ok((crypto, answered.stream))
}

#[test]
fn the_first_suite_that_we_speak_is_answered_with_its_tag_and_our_key() {
    let keys = keys(b'k');
    let offer = audio(
        "RTP/SAVP",
        &[
            &line(1, "F8_128_HMAC_SHA1_80", KEY, ""),
            &line(22, CM_80, KEY, "|2^31 WSH=128"),
            &line(3, "AES_CM_128_HMAC_SHA1_32", KEY, ""),
        ],
    );
    for srtp in [Srtp::Offered(&keys), Srtp::Required(&keys)] {
        let (crypto, stream) = answered(&offer, srtp).expect("an answer");
        let ours = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr";
        assert_eq!(crypto, Some(format!("a=crypto:22 {CM_80} inline:{ours}")));
        let crypto = stream.crypto.expect("it is protected");
        assert_eq!(crypto.theirs.suite(), Suite::AesCm128HmacSha1_80);
        assert_eq!(crypto.theirs.bytes(), b"YS___semctl () {\t220;}\n}\nunles");
        assert_eq!(crypto.ours.bytes(), [b'k'; 30]);
    }
    assert_eq!(answered(&offer, Srtp::Off), Err(Refusal::NoCommonTransport));
}

#[test]
fn every_suite_that_we_speak_is_taken_when_it_is_offered() {
    let keys = keys(b'k');
    for (name, suite, key) in [
        (CM_80, Suite::AesCm128HmacSha1_80, KEY.to_owned()),
        ("aes_cm_128_hmac_sha1_32", Suite::AesCm128HmacSha1_32, KEY.to_owned()),
        ("AEAD_AES_128_GCM", Suite::AeadAes128Gcm, "b".repeat(38) + "=="),
        ("AEAD_AES_256_GCM", Suite::AeadAes256Gcm, "b".repeat(59) + "="),
    ] {
        let offer = audio("RTP/SAVPF", &[&line(1, name, &key, "")]);
        let (_, stream) = answered(&offer, Srtp::Required(&keys)).expect(name);
        let crypto = stream.crypto.expect("it is protected");
        assert_eq!((crypto.ours.suite(), crypto.theirs.suite()), (suite, suite));
    }
}

#[test]
fn what_we_do_not_speak_is_passed_over_and_refused_when_nothing_is_left() {
    let keys = keys(b'k');
    let of = |rest: &str| line(1, CM_80, KEY, rest);
    let own = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr";
    let cases = [
        ("no key", "sendrecv".to_owned()),
        ("a key identifier", of("|2^31|1:1")),
        ("a key identifier without lifetime", of("|1:4")),
        ("a short life", of("|2^19")),
        ("a short life in figures", of("|1048575")),
        ("a life beyond the index", of("|2^49")),
        ("a life that is no number", of("|2^")),
        ("a life that is signed", of("|2^+31")),
        ("two keys", of(&format!(";inline:{KEY}"))),
        ("no encryption", of(" UNENCRYPTED_SRTP")),
        ("no encryption of reports", of(" UNENCRYPTED_SRTCP")),
        ("no authentication", of(" UNAUTHENTICATED_SRTP")),
        ("a derivation rate", of(" KDR=1")),
        ("error correction", of(" FEC_ORDER=FEC_SRTP")),
        ("an unknown parameter", of(" NEW")),
        ("a key too short", line(1, CM_80, &KEY[..36], "")),
        ("a key too long", line(1, CM_80, &(KEY.to_owned() + "AAAA"), "")),
        ("a key with a strange letter", line(1, CM_80, &KEY.replace('W', "*"), "")),
        ("a tag too long", line(1_000_000_000, CM_80, KEY, "")),
        ("a tag that is none", format!("crypto:x {CM_80} inline:{KEY}")),
        ("another method", format!("crypto:1 {CM_80} uri:{KEY}")),
        ("our own key", line(1, CM_80, own, "")),
        ("a line too long", of(&format!(" -X={}", "y".repeat(sdp::CRYPTO_BYTES_MAX)))),
    ];
    for (what, attribute) in cases {
        let offer = audio("RTP/SAVP", &[&attribute]);
        let refusal = answered(&offer, Srtp::Offered(&keys)).expect_err(what);
        assert_eq!((refusal, refusal.status()), (Refusal::NoCommonKeys, 488), "{what}");
        let better = audio("RTP/SAVP", &[&attribute, &line(2, CM_80, KEY, "")]);
        let (crypto, _) = answered(&better, Srtp::Offered(&keys)).expect(what);
        assert!(crypto.is_some_and(|line| line.starts_with("a=crypto:2 ")), "{what}");
    }
    for rest in ["|1048576", "|2^48", " KDR=0", " -NEW=1", " WSH=64"] {
        let offer = audio("RTP/SAVP", &[&of(rest)]);
        assert!(answered(&offer, Srtp::Required(&keys)).is_ok(), "{rest}");
    }
}

#[test]
fn lines_beyond_the_limit_are_not_looked_at() {
    let keys = keys(b'k');
    let unknown = line(1, "UNKNOWN", KEY, "");
    let mut lines = vec![unknown.as_str(); sdp::CRYPTO_LINES_MAX - 1];
    let good = line(1, CM_80, KEY, "");
    lines.push(&good);
    assert!(answered(&audio("RTP/SAVP", &lines), Srtp::Required(&keys)).is_ok());
    lines.insert(0, &unknown);
    let refused = answered(&audio("RTP/SAVP", &lines), Srtp::Required(&keys));
    assert_eq!(refused, Err(Refusal::NoCommonKeys));
}

#[test]
fn keys_on_a_plain_line_are_taken_and_a_plain_line_only_where_it_may_be() {
    let keys = keys(b'k');
    let with = audio("RTP/AVP", &[&line(1, CM_80, KEY, "")]);
    let without = audio("RTP/AVP", &[]);
    let line = |offer, srtp| answered(offer, srtp).map(|(line, _)| line.is_some());
    for srtp in [Srtp::Offered(&keys), Srtp::Required(&keys)] {
        assert_eq!(line(&with, srtp), Ok(true));
    }
    assert_eq!(line(&with, Srtp::Off), Ok(false));
    assert_eq!(line(&without, Srtp::Offered(&keys)), Ok(false));
    assert_eq!(line(&without, Srtp::Required(&keys)), Err(Refusal::Unprotected));
}

#[test]
fn of_two_lines_the_protected_one_is_taken() {
    let keys = keys(b'k');
    let both = audio("RTP/AVP", &[])
        + &format!("m=audio 5006 RTP/SAVP 8\r\na={}\r\n", line(1, CM_80, KEY, ""));
    let port = |srtp| answered(&both, srtp).map(|(_, stream)| stream.remote.port());
    assert_eq!(port(Srtp::Offered(&keys)), Ok(5006));
    assert_eq!(port(Srtp::Required(&keys)), Ok(5006));
    assert_eq!(port(Srtp::Off), Ok(5004));
}

#[test]
fn our_offer_names_three_suites_with_a_key_each() {
    let mut next = 0;
    let keys = Keys::draw(|key| {
        next += 1;
        key.fill(next);
    });
    for (srtp, proto) in [(Srtp::Offered(&keys), "RTP/AVP"), (Srtp::Required(&keys), "RTP/SAVP")] {
        let text = String::from_utf8(offer(&local(srtp))).unwrap();
        assert!(text.contains(&format!("m=audio 40000 {proto} 8 0 101\r\n")), "{text}");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("a=crypto")).collect();
        assert_eq!(
            lines,
            [
                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \
                 inline:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
                "a=crypto:2 AEAD_AES_256_GCM \
                 inline:BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=",
                "a=crypto:3 AEAD_AES_128_GCM inline:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw==",
            ]
        );
    }
}

#[test]
fn the_answer_chooses_among_our_suites_and_no_other() {
    let keys = keys(b'k');
    let srtp = Srtp::Required(&keys);
    let ours = offer(&local(srtp));
    let agreed = |proto: &str, line: &str| {
        agree(&ours, audio(proto, &[line]).as_bytes(), srtp).map(|stream| stream.crypto.is_some())
    };
    assert_eq!(agreed("RTP/SAVP", &line(1, CM_80, KEY, "")), Ok(true));
    assert_eq!(agreed("RTP/SAVP", &line(2, CM_80, KEY, "")), Err(Refusal::NoCommonKeys));
    assert_eq!(agreed("RTP/SAVP", &line(4, CM_80, KEY, "")), Err(Refusal::NoCommonKeys));
    let short = line(1, "AES_CM_128_HMAC_SHA1_32", KEY, "");
    assert_eq!(agreed("RTP/SAVP", &short), Err(Refusal::NoCommonKeys));
    assert_eq!(agreed("RTP/SAVP", "sendrecv"), Err(Refusal::NoCommonKeys));
    assert_eq!(agreed("RTP/AVP", "sendrecv"), Err(Refusal::Unprotected));
}

#[test]
fn an_answer_may_leave_keys_out_that_were_only_offered() {
    let keys = keys(b'k');
    let srtp = Srtp::Offered(&keys);
    let ours = offer(&local(srtp));
    let agreed = |attributes: &[&str]| {
        let stream = agree(&ours, audio("RTP/AVP", attributes).as_bytes(), srtp);
        stream.map(|stream| stream.crypto.is_some())
    };
    assert_eq!(agreed(&[]), Ok(false));
    assert_eq!(agreed(&[&line(1, CM_80, KEY, "")]), Ok(true));
}
