//! Our further offers within a dialog: the lines stay in their places, and what runs comes first.

use sdp::{Codec, Keys, Local, Speaks, Srtp, agree, answer, offer, offer_again};

fn local(srtp: Srtp<'_>) -> Local<'_> {
    let address = "192.0.2.10:40000".parse().unwrap();
    Local { address, id: 7, version: 0, srtp, speaks: Speaks::ALL }
}

/// A description of theirs with these media lines.
fn theirs(lines: &str) -> Vec<u8> {
    let head = "v=0\no=- 1 1 IN IP4 198.51.100.5\ns=-\nc=IN IP4 198.51.100.5\nt=0 0\n";
    format!("{head}{lines}").replace('\n', "\r\n").into()
}

/// The media part of a description, keys left out.
fn media(sdp: &[u8]) -> Vec<String> {
    let text = String::from_utf8(sdp.to_vec()).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with("m="));
    lines.map(|line| line.split(" inline:").next().unwrap_or(line).to_owned()).collect()
}

/// What we offer after we answered `lines`.
fn after(lines: &str, local: &Local<'_>) -> Vec<String> {
    let offer = theirs(lines);
    let ours = answer(&offer, local).expect("an answer").sdp;
    media(&offer_again(local, &ours, &offer))
}

const END: [&str; 4] = ["a=rtcp-mux", "a=ptime:20", "a=maxptime:150", "a=sendrecv"];

#[test]
fn the_voice_stays_in_its_place_and_what_was_refused_stays_refused() {
    let offered = after(
        "m=video 6002 RTP/AVP 102\na=rtpmap:102 VP8/90000\nm=image 6004 udptl t38\n\
         m=audio 6000 RTP/AVP 0 96\na=rtpmap:96 telephone-event/8000\nm=audio 6008 RTP/AVP 8\n",
        &local(Srtp::Off),
    );
    let voice = [
        "m=video 0 RTP/AVP 102",
        "m=image 0 udptl t38",
        "m=audio 40000 RTP/AVP 0 8 96",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:96 telephone-event/8000",
        "a=fmtp:96 0-15",
    ];
    assert_eq!(offered, [&voice[..], &END, &["m=audio 0 RTP/AVP 8"]].concat());
}

#[test]
fn the_codec_that_runs_is_offered_first_though_nobody_asked_for_it() {
    let offered = after("m=audio 6000 RTP/AVP 9\n", &local(Srtp::Off));
    assert_eq!(offered[0], "m=audio 40000 RTP/AVP 9 8 0 101");
    let codecs = [Codec::Pcmu];
    let local = Local { speaks: Speaks { codecs: &codecs, events: false }, ..local(Srtp::Off) };
    assert_eq!(after("m=audio 6000 RTP/AVP 8 0\n", &local)[0], "m=audio 40000 RTP/AVP 0");
}

#[test]
fn a_number_keeps_its_meaning() {
    let local = local(Srtp::Off);
    // 101 is theirs for Opus, and they number A-law themselves.
    let offered = after(
        "m=audio 6000 RTP/AVP 101 0 108\na=rtpmap:101 opus/48000/2\na=rtpmap:108 PCMA/8000\n",
        &local,
    );
    assert_eq!(offered[0], "m=audio 40000 RTP/AVP 0 108 127");
    assert!(offered.contains(&"a=rtpmap:108 PCMA/8000".to_owned()), "{offered:?}");
    assert!(offered.contains(&"a=rtpmap:127 telephone-event/8000".to_owned()), "{offered:?}");
    // 8 is something else to them.
    let odd = "m=audio 6000 RTP/AVP 0 8\na=rtpmap:8 X-STRANGE/8000\n";
    assert_eq!(after(odd, &local)[0], "m=audio 40000 RTP/AVP 0 101");
}

#[test]
fn profile_and_keys_go_on() {
    let mut next = 0;
    let keys = Keys::draw(|key| {
        next += 1;
        key.fill(next);
    });
    let key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    let line = |profile: &str, tag: u32, suite: &str| {
        format!("m=audio 6000 {profile} 8\na=crypto:{tag} {suite} inline:{key}\n")
    };
    let short = "AES_CM_128_HMAC_SHA1_32";
    for srtp in [Srtp::Offered(&keys), Srtp::Required(&keys)] {
        let local = local(srtp);
        for profile in ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"] {
            let offer = theirs(&line(profile, 2, short));
            let answered = answer(&offer, &local).expect("an answer");
            let again = offer_again(&local, &answered.sdp, &offer);
            let lines = media(&again);
            assert_eq!(lines[0], format!("m=audio 40000 {profile} 8 0 101"));
            let crypto: Vec<_> = lines.iter().filter(|line| line.contains("crypto")).collect();
            assert_eq!(
                crypto,
                [
                    "a=crypto:2 AES_CM_128_HMAC_SHA1_32",
                    "a=crypto:1 AES_CM_128_HMAC_SHA1_80",
                    "a=crypto:3 AEAD_AES_256_GCM",
                    "a=crypto:4 AEAD_AES_128_GCM",
                ]
            );
            // Whoever keeps the suite keeps both keys; whoever takes another takes it by its tag.
            let same = agree(&again, &theirs(&line(profile, 2, short)), srtp).expect("agreed");
            assert_eq!(
                same.crypto.as_ref().map(|crypto| (&crypto.ours, &crypto.theirs)),
                answered.stream.crypto.as_ref().map(|crypto| (&crypto.ours, &crypto.theirs))
            );
            let other = theirs(&line(profile, 1, "AES_CM_128_HMAC_SHA1_80"));
            assert!(agree(&again, &other, srtp).is_ok_and(|agreed| agreed.crypto.is_some()));
            let wrong = theirs(&line(profile, 1, short));
            let agreed = agree(&again, &wrong, srtp).map(|agreed| agreed.crypto.is_some());
            assert_ne!(agreed, Ok(true));
        }
    }
}

#[test]
fn after_our_own_offer_and_their_answer_the_same_is_offered() {
    let local = local(Srtp::Off);
    let ours = offer(&local);
    let answers = "m=audio 6000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\n";
    assert_eq!(media(&offer_again(&local, &ours, &theirs(answers))), media(&ours));
    // Neither a description that cannot be read nor one that is not there costs the offer.
    assert_eq!(media(&offer_again(&local, &ours, b"")), media(&ours));
    assert_eq!(media(&offer_again(&local, b"", b"")), media(&ours));
}

#[test]
fn the_answer_is_read_in_the_line_of_the_voice() {
    let local = local(Srtp::Off);
    let offer = theirs("m=audio 0 RTP/AVP 8\nm=audio 6000 RTP/AVP 9 0\n");
    let ours = answer(&offer, &local).expect("an answer").sdp;
    let again = offer_again(&local, &ours, &offer);
    let answer = theirs("m=audio 0 RTP/AVP 8\nm=audio 6010 RTP/AVP 0\n");
    let agreed = agree(&again, &answer, Srtp::Off).expect("agreed");
    assert_eq!((agreed.codec, agreed.remote.port()), (Codec::Pcmu, 6010));
}
