//! Our own offers, and what the answers to them agree.

use sdp::{Agreed, Codec, Local, Refusal, Speaks, Srtp, offer};

fn local() -> Local<'static> {
    let address = "192.0.2.10:40000".parse().unwrap();
    Local { address, id: 7, version: 0, srtp: Srtp::Off, speaks: Speaks::ALL }
}

fn ours() -> Vec<u8> {
    offer(&local())
}

fn agree(offer: &[u8], answer: &[u8]) -> Result<Agreed, Refusal> {
    sdp::agree(offer, answer, Srtp::Off)
}

fn agreed(lines: &str) -> Result<Agreed, Refusal> {
    let answer = format!(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.5\r\ns=-\r\nc=IN IP4 198.51.100.5\r\nt=0 0\r\n{}\r\n",
        lines.replace('\n', "\r\n")
    );
    agree(&ours(), answer.as_bytes())
}

#[test]
fn we_offer_both_g711_codecs_and_keys() {
    let sdp = String::from_utf8(ours()).unwrap().replace("\r\n", "\n");
    assert_eq!(
        sdp,
        "v=0
o=- 7 0 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=audio 40000 RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp-mux
a=ptime:20
a=maxptime:150
a=sendrecv
"
    );
    let again = Local { address: "[::1]:40000".parse().unwrap(), version: 2, ..local() };
    let again = String::from_utf8(offer(&again)).unwrap();
    assert!(again.contains("o=- 7 2 IN IP6 ::1\r\n"), "{again}");
}

#[test]
fn the_answer_chooses_the_codec() {
    let stream = agreed("m=audio 6000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000").unwrap();
    assert_eq!((stream.codec, stream.payload_type), (Codec::Pcmu, 0));
    assert_eq!(stream.event_payload_type, Some(101));
    assert_eq!(stream.remote.to_string(), "198.51.100.5:6000");
    assert!(stream.send && stream.receive);
}

#[test]
fn an_unexplained_number_means_what_we_offered() {
    let stream = agreed("m=audio 6000 RTP/AVP 8 101").unwrap();
    assert_eq!(stream.event_payload_type, Some(101));
}

#[test]
fn keys_on_another_number_are_taken() {
    let stream = agreed("m=audio 6000 RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000").unwrap();
    assert_eq!(stream.event_payload_type, Some(96));
}

#[test]
fn an_answer_without_keys_agrees_none() {
    assert_eq!(agreed("m=audio 6000 RTP/AVP 8").unwrap().event_payload_type, None);
}

#[test]
fn an_answer_may_hold_the_stream_at_once() {
    let stream = agreed("m=audio 6000 RTP/AVP 8\na=sendonly").unwrap();
    assert_eq!((stream.send, stream.receive), (false, true));
}

#[test]
fn an_answer_cannot_open_what_we_held() {
    let held = String::from_utf8(ours()).unwrap().replace("sendrecv", "sendonly");
    let answer = String::from_utf8(ours()).unwrap();
    let stream = agree(held.as_bytes(), answer.as_bytes()).unwrap();
    assert_eq!((stream.send, stream.receive), (true, false));
}

#[test]
fn a_refused_stream_and_a_foreign_codec_agree_nothing() {
    assert_eq!(agreed("m=audio 0 RTP/AVP 8"), Err(Refusal::NoAudio));
    assert_eq!(agreed("m=audio 6000 RTP/AVP 18"), Err(Refusal::NoCommonCodec));
    assert_eq!(agreed("m=audio many RTP/AVP 8"), Err(Refusal::Malformed));
}

#[test]
fn a_codec_that_the_offer_did_not_have_is_not_agreed() {
    let offer = String::from_utf8(ours()).unwrap();
    let narrow = offer.replace("RTP/AVP 8 0 101", "RTP/AVP 8").replace("a=rtpmap:0", "a=x:0");
    let answer = offer.replace("RTP/AVP 8 0 101", "RTP/AVP 0 8 101");
    let stream = agree(narrow.as_bytes(), answer.as_bytes()).unwrap();
    assert_eq!(stream.codec, Codec::Pcma);
    assert_eq!(stream.event_payload_type, None);
}

#[test]
fn the_offer_has_our_codecs_in_our_order_and_the_answer_chooses() {
    let codecs = &[Codec::G722, Codec::Pcma];
    let local = Local { speaks: Speaks { codecs, events: false }, ..local() };
    let sdp = String::from_utf8(offer(&local)).unwrap().replace("\r\n", "\n");
    assert!(
        sdp.ends_with(
            "m=audio 40000 RTP/AVP 9 8\na=rtpmap:9 G722/8000\na=rtpmap:8 PCMA/8000\n\
             a=rtcp-mux\na=ptime:20\na=maxptime:150\na=sendrecv\n"
        ),
        "{sdp}"
    );
    let answer = |formats| format!("v=0\nc=IN IP4 198.51.100.5\nm=audio 6000 RTP/AVP {formats}\n");
    let agreed = |formats| agree(sdp.as_bytes(), answer(formats).as_bytes()).map(|it| it.codec);
    assert_eq!(agreed("9"), Ok(Codec::G722));
    assert_eq!(agreed("8 9"), Ok(Codec::Pcma));
    assert_eq!(agreed("0"), Err(Refusal::NoCommonCodec));
}

#[test]
fn reports_share_the_port_where_the_answer_says_so_too() {
    let apart = agreed("m=audio 6000 RTP/AVP 8").unwrap();
    assert!(!apart.rtcp_mux);
    assert_eq!(apart.rtcp.to_string(), "198.51.100.5:6001");
    assert!(agreed("m=audio 6000 RTP/AVP 8\na=rtcp-mux").unwrap().rtcp_mux);
    let without = String::from_utf8(ours()).unwrap().replace("a=rtcp-mux\r\n", "");
    let answer = "v=0\r\no=- 1 1 IN IP4 198.51.100.5\r\ns=-\r\nc=IN IP4 198.51.100.5\r\nt=0 0\r\n\
                  m=audio 6000 RTP/AVP 8\r\na=rtcp-mux\r\n";
    let agreed = agree(without.as_bytes(), answer.as_bytes()).unwrap();
    assert!(!agreed.rtcp_mux, "an answer to an offer without it answers nothing");
}
