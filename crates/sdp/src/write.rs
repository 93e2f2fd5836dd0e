//! The descriptions that we send.

use std::net::SocketAddr;

use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};

use crate::audio::Audio;
use crate::{CODECS_OFFERED, Codec, EVENT_PAYLOAD_TYPE, Local, Srtp, crypto};

/// The longest packet that we hear, in milliseconds: what fits into a datagram of 1,500 bytes.
const MAXPTIME_MS: &str = "150";

/// Everything above the media lines.
pub(crate) fn session(local: &Local<'_>) -> Session {
    let ip = local.address.ip();
    let mut session = Session::new(Origin::with_ip_addr(local.id, local.version, ip), "-");
    session.connection = Some(Connection::from_ip_addr(ip));
    session
}

/// The media line of our offer.
pub(crate) fn offered(local: &Local<'_>) -> Media {
    let proto = match local.srtp {
        Srtp::Off | Srtp::Offered(_) => "RTP/AVP",
        Srtp::Required(_) => "RTP/SAVP",
    };
    let codecs = match local.speaks.codecs {
        [] => &CODECS_OFFERED[..],
        codecs => codecs,
    };
    let codecs: Vec<(u8, Codec)> = codecs.iter().map(|c| (c.payload_type(), *c)).collect();
    let event = local.speaks.events.then_some(EVENT_PAYLOAD_TYPE);
    let mut media = voice(local.address.port(), proto, &codecs, event);
    for value in local.srtp.keys().into_iter().flat_map(crypto::offered) {
        push(&mut media, "crypto", Some(value));
    }
    offer_end(&mut media);
    media
}

/// The beginning of a line of ours that offers these codecs under these numbers.
pub(crate) fn voice(port: u16, proto: &str, codecs: &[(u8, Codec)], event: Option<u8>) -> Media {
    let numbers = codecs.iter().map(|(number, _)| *number).chain(event);
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let mut media = line("audio", port, proto, numbers.join(" "));
    for (number, codec) in codecs {
        describe(&mut media, *codec, *number);
    }
    if let Some(number) = event {
        describe_event(&mut media, number);
    }
    media
}

/// The end of each offer's line, after its keys.
pub(crate) fn offer_end(media: &mut Media) {
    // RFC 5761 §5.1.1: who does not know it answers without it, and reports come to the next port.
    push(media, "rtcp-mux", None);
    finish(media, "sendrecv");
}

/// The answer to the media line that `audio` was read from: one codec, and telephone-event.
pub(crate) fn accepted(offer: &Media, local: SocketAddr, audio: &Audio) -> Media {
    let codecs = [(audio.payload_type, audio.codec)];
    let mut media = voice(local.port(), &offer.proto, &codecs, audio.event_payload_type);
    if let Some(crypto) = &audio.crypto {
        push(&mut media, "crypto", Some(crypto::answered(crypto)));
    }
    if audio.rtcp_mux {
        push(&mut media, "rtcp-mux", None);
    }
    finish(&mut media, audio.direction.reversed().as_str());
    media
}

/// The answer to a media line that we do not take: the same line with port 0 (RFC 3264 §6).
pub(crate) fn refused(offer: &Media) -> Media {
    line(&offer.media, 0, &offer.proto, offer.fmt.clone())
}

/// The text. A description without `t=` gets `t=0 0`.
pub(crate) fn print(session: &Session) -> Vec<u8> {
    let mut session = session.clone();
    if session.times.is_empty() {
        session.times.push(Time { start_time: 0, stop_time: 0, repeats: Vec::new() });
    }
    let mut bytes = Vec::new();
    session.write(&mut bytes).expect("writing into memory does not fail");
    bytes
}

fn line(media: &str, port: u16, proto: &str, formats: String) -> Media {
    Media {
        media: media.to_owned(),
        port,
        num_ports: None,
        proto: proto.to_owned(),
        fmt: formats,
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}

fn describe(media: &mut Media, codec: Codec, number: u8) {
    push(media, "rtpmap", Some(format!("{number} {}/8000", codec.name())));
}

/// All sixteen keys (RFC 4733 §2.4.1, §3.2).
fn describe_event(media: &mut Media, number: u8) {
    push(media, "rtpmap", Some(format!("{number} telephone-event/8000")));
    push(media, "fmtp", Some(format!("{number} 0-15")));
}

fn finish(media: &mut Media, direction: &str) {
    push(media, "ptime", Some("20".to_owned()));
    push(media, "maxptime", Some(MAXPTIME_MS.to_owned()));
    push(media, direction, None);
}

pub(crate) fn push(media: &mut Media, name: &str, value: Option<String>) {
    media.attributes.push(Attribute { attribute: name.to_owned(), value });
}
