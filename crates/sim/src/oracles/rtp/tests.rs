//! Each rule is broken once. The far end of port N is at 192.0.2.9:N, and so is the port itself:
//! the auditor only compares what was named with what was used.

use super::*;
use crate::oracles::forge;

fn at(ms: u64) -> Mono {
    Mono::from_nanos(ms * 1_000_000)
}

fn far(port: u32) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], u16::try_from(port).expect("a small number")))
}

/// Payload type (with 0x80: marker), sequence, timestamp, payload.
type Sketch<'a> = (u8, u16, u32, &'a [u8]);

fn packet((kind, sequence, timestamp, payload): Sketch<'_>) -> Vec<u8> {
    let mut bytes = vec![0x80, kind];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend([0, 0, 0, 7]);
    bytes.extend(payload);
    bytes
}

const SOUND: &[u8] = &[0xd5; 160];
const MARK: u8 = 0x80 | 8;

/// An auditor at whose engine port 1 and port 2 talk, each in a call of its own.
struct Stage {
    audit: RtpAudit,
    now: Mono,
}

impl Stage {
    fn new() -> Stage {
        let mut audit = RtpAudit::default();
        for port in [1, 2] {
            audit.order(at(0), &media::Command::Open { port: PortId(port), local: far(port) });
        }
        let mut stage = Stage { audit, now: at(1_000) };
        for port in [1, 2] {
            stage.signal(port, "<INVITE sip:x SIP/2.0", "1 INVITE", "sendrecv");
            stage.signal(port, ">SIP/2.0 200 OK", "1 INVITE", "sendrecv");
        }
        stage
    }

    fn signal(&mut self, port: u32, first: &str, cseq: &str, way: &str) {
        let map = "rtpmap:101 telephone-event/8000";
        let body = match way {
            "" => String::new(),
            way => format!("1|audio {port} RTP/AVP 8 101;{map};{way}"),
        };
        let (side, first) = first.split_at(1);
        let bytes = forge::described(first, cseq, &body);
        let bytes = String::from_utf8(bytes).expect("text");
        let bytes = bytes.replace("Call-ID: c\r\n", &format!("Call-ID: call-{port}\r\n"));
        self.audit.signal(bytes.as_bytes(), side == ">");
    }

    fn bridge(&mut self) {
        let (one, other) = (PortId(1), PortId(2));
        let on_hold = Some(media::ClipId(0));
        self.audit.order(self.now, &media::Command::Bridge { one, other, on_hold });
    }

    fn sends(&mut self, sketch: Sketch<'_>) -> String {
        self.sends_to(far(1), sketch)
    }

    fn sends_to(&mut self, to: SocketAddr, sketch: Sketch<'_>) -> String {
        self.audit.sent(self.now, PortId(1), to, &packet(sketch));
        self.now = self.now + Duration::from_millis(20);
        self.told()
    }

    /// Port 2 hears the first, and port 1 sends the second at once.
    fn carries(&mut self, heard: Sketch<'_>, sent: Sketch<'_>) -> String {
        self.hears(heard);
        self.sends(sent)
    }

    fn hears(&mut self, heard: Sketch<'_>) {
        self.audit.came(self.now, PortId(2), far(2), &packet(heard));
    }

    fn told(&mut self) -> String {
        let told = self.audit.found.take().into_iter().map(|verdict| verdict.what);
        told.collect::<Vec<_>>().join("; ")
    }
}

#[test]
fn frames_that_leave_the_line_are_noticed() {
    let mut stage = Stage::new();
    assert!(stage.sends((8, 9, 0, SOUND)).contains("without a marker"));
    assert_eq!(stage.sends((8, 10, 160, SOUND)), "");
    assert!(stage.sends((8, 12, 320, SOUND)).contains("sequence number by one"));
    assert!(stage.sends((8, 13, 640, SOUND)).contains("timestamp by the samples"));
    assert!(stage.sends((MARK, 14, 800, SOUND)).contains("middle of a talkspurt"));
    assert_eq!(stage.sends((MARK, 15, 1_600, SOUND)), "");
    assert!(stage.sends((MARK, 16, 99_000, SOUND)).contains("leaves the clock"));
    assert!(stage.sends((8, 17, 99_160, &SOUND[..80])).contains("20 ms"));
    let mut foreign = packet((8, 18, 99_320, SOUND));
    foreign[11] = 8;
    stage.audit.sent(stage.now, PortId(1), far(1), &foreign);
    assert!(stage.told().contains("SSRC"));
}

#[test]
fn packets_that_nobody_agreed_to_are_noticed() {
    let mut stage = Stage::new();
    assert!(stage.sends((0x80, 1, 0, SOUND)).contains("payload type"));
    assert!(stage.sends_to(far(3), (8, 2, 160, SOUND)).contains("not negotiated"));
    stage.signal(1, "<INVITE sip:x SIP/2.0", "2 INVITE", "sendonly");
    stage.signal(1, ">SIP/2.0 200 OK", "2 INVITE", "recvonly");
    assert!(stage.sends((8, 3, 320, SOUND)).contains("on hold"));
    stage.signal(1, ">BYE sip:x SIP/2.0", "9 BYE", "");
    assert!(stage.sends((8, 4, 480, SOUND)).contains("after the end"));
}

#[test]
fn a_steady_stranger_is_answered_only_while_the_named_address_is_mute() {
    for (named_first, wanted) in [(false, ""), (true, "not negotiated")] {
        let mut stage = Stage::new();
        if named_first {
            stage.audit.came(at(900), PortId(1), far(1), &packet((8, 1, 0, SOUND)));
        }
        for step in 0..6 {
            let bytes = packet((8, step, 0, SOUND));
            stage.audit.came(at(1_000 + 20 * u64::from(step)), PortId(1), far(77), &bytes);
        }
        let told = stage.sends_to(far(77), (MARK, 1, 0, SOUND));
        assert!(told.contains(wanted) && told.is_empty() == wanted.is_empty(), "{told}");
    }
}

#[test]
fn a_bridge_that_shifts_invents_or_keeps_back_is_noticed() {
    let mut stage = Stage::new();
    stage.bridge();
    assert_eq!(stage.sends((MARK, 1, 0, SOUND)), "");
    for frame in 1..5 {
        assert_eq!(stage.sends((8, 1 + frame, 160 * u32::from(frame), SOUND)), "", "a moment");
    }
    assert!(stage.sends((8, 6, 800, SOUND)).contains("nobody said"));
    let mut stage = Stage::new();
    stage.bridge();
    let told = stage.carries((8, 500, 8_000, SOUND), (8, 40, 0, SOUND));
    assert!(told.contains("without a marker"));
    assert_eq!(stage.carries((8, 501, 8_160, SOUND), (8, 41, 160, SOUND)), "");
    assert_eq!(stage.carries((8, 503, 8_480, SOUND), (8, 43, 480, SOUND)), "", "loss stays");
    assert_eq!(stage.carries((8, 502, 8_320, SOUND), (8, 42, 320, SOUND)), "", "order stays");
    let told = stage.carries((8, 504, 8_640, SOUND), (8, 45, 640, SOUND));
    assert!(told.contains("shifts the sequence"), "{told}");
    let told = stage.carries((8, 505, 8_800, SOUND), (8, 45, 801, SOUND));
    assert!(told.contains("shifts the timestamp"), "{told}");
    let told = stage.carries((8, 506, 8_960, SOUND), (MARK, 46, 960, SOUND));
    assert!(told.contains("changes the marker"), "{told}");
    assert!(stage.carries((8, 507, 9_120, SOUND), (8, 47, 1_120, b"x")).contains("something else"));
    stage.hears((8, 508, 9_280, SOUND));
    stage.hears((8, 509, 9_440, SOUND));
    assert!(stage.told().contains("keeps back"));
}

#[test]
fn frames_of_our_own_on_a_bridge_need_a_hold_or_an_order() {
    let mut stage = Stage::new();
    stage.bridge();
    assert_eq!(stage.carries((8, 500, 8_000, SOUND), (MARK, 40, 0, SOUND)), "");
    assert!(stage.sends((8, 41, 160, SOUND)).contains("nobody said"));
    let play = PlayId(7);
    let order =
        media::Command::Play { port: PortId(1), play, clips: vec![], repeat: media::Repeat::Once };
    stage.audit.order(stage.now, &order);
    assert_eq!(stage.sends((MARK, 41, 160, SOUND)), "");
    stage.hears((8, 501, 8_160, SOUND));
    assert_eq!(stage.sends((8, 42, 320, SOUND)), "");
    stage.audit.play_ended(PortId(1), play);
    assert_eq!(stage.carries((8, 502, 8_320, SOUND), (MARK, 43, 480, SOUND)), "");
    assert!(stage.sends((8, 44, 640, SOUND)).contains("nobody said"));
    stage.signal(2, "<INVITE sip:x SIP/2.0", "2 INVITE", "sendonly");
    stage.signal(2, ">SIP/2.0 200 OK", "2 INVITE", "recvonly");
    assert_eq!(stage.sends((MARK, 44, 640, SOUND)), "");
    stage.hears((8, 503, 8_480, SOUND));
    assert_eq!(stage.sends((8, 45, 800, SOUND)), "");
    let told = stage.carries((8, 504, 8_640, SOUND), (8, 47, 960, SOUND));
    assert!(told.contains("sequence number by one"), "{told}");
}

#[test]
fn a_key_that_shrinks_or_revives_on_the_bridge_is_noticed() {
    let mut stage = Stage::new();
    stage.bridge();
    let mut number = 500;
    let mut carry = |kind: u8, timestamp, payload: &[u8]| {
        number += 1;
        let told = (101 | kind, number, timestamp, payload);
        stage.carries(told, (101 | kind, number - 460, timestamp, payload))
    };
    assert_eq!(carry(0x80, 800, &[5, 10, 0, 160]), "");
    assert_eq!(carry(0, 800, &[5, 10, 1, 64]), "");
    assert!(carry(0, 800, &[5, 10, 0, 160]).contains("shrinks"));
    assert_eq!(carry(0, 800, &[5, 0x8a, 1, 64]), "");
    assert!(carry(0, 800, &[5, 10, 1, 64]).contains("after its end"));
    assert!(carry(0, 800, &[6, 10, 1, 64]).contains("two keys"));
    // One of the three end packets does not go on.
    stage.hears((101, 600, 800, &[5, 0x8a, 1, 64]));
    stage.hears((101, 601, 800, &[5, 0x8a, 1, 64]));
    assert!(stage.told().contains("keeps back"));
}
