//! Stories of two streams that report to each other.

use proptest::prelude::*;
use rtcp_types::{Compound, Packet};

use super::*;
use crate::Header;

fn at(ms: u64) -> Mono {
    Mono::from_nanos(ms * 1_000_000)
}

/// One side: it sends and hears.
struct Side {
    sender: Sender,
    reception: Reception,
    reports: Reports,
    sent: Sent,
}

impl Side {
    fn new(ssrc: u32) -> Side {
        let reports = Reports::new(at(0), || ssrc);
        let sender = Sender::new(ssrc, 10, 1_000);
        Side { sender, reception: Reception::new(), reports, sent: Sent::default() }
    }

    fn speaks(&mut self, ms: u64) -> Header {
        self.sent = Sent { packets: self.sent.packets + 1, octets: self.sent.octets + 160 };
        self.sender.next(at(ms), 8, 160)
    }

    fn hears(&mut self, ms: u64, header: &Header) {
        self.reception.heard(at(ms), header, true);
    }

    fn reports(&mut self, ms: u64, bye: bool) -> Vec<u8> {
        let mut packet = [0; REPORT_BYTES_MAX];
        let Side { sender, reception, reports, sent } = self;
        let length =
            reports.write(at(ms), Stream { sender, sent: *sent, reception }, bye, 0, &mut packet);
        packet[..length].to_vec()
    }
}

/// A compound packet as the other implementation reads it.
fn shown(bytes: &[u8]) -> Vec<String> {
    let compound = Compound::parse(bytes).expect("a compound packet");
    let block = |block: ReportBlock<'_>| {
        format!(
            " [of {} fraction {} lost {} highest {} jitter {} last {} since {}]",
            block.ssrc(),
            block.fraction_lost(),
            block.cumulative_lost(),
            block.extended_sequence_number(),
            block.interarrival_jitter(),
            block.last_sender_report_timestamp(),
            block.delay_since_last_sender_report_timestamp(),
        )
    };
    let line = |packet| match packet {
        Packet::Sr(sr) => {
            let (seconds, stamp) = (sr.ntp_timestamp() >> 32, sr.rtp_timestamp());
            let blocks: String = sr.report_blocks().map(block).collect();
            let (packets, octets) = (sr.packet_count(), sr.octet_count());
            format!("SR {} at {seconds} t{stamp} {packets}/{octets}{blocks}", sr.ssrc())
        }
        Packet::Rr(rr) => {
            let blocks: String = rr.report_blocks().map(block).collect();
            format!("RR {}{blocks}", rr.ssrc())
        }
        Packet::Sdes(sdes) => {
            let items: Vec<String> = sdes
                .chunks()
                .flat_map(|chunk| chunk.items())
                .map(|item| format!("{} {}", item.type_(), item.get_value_string().expect("text")))
                .collect();
            format!("SDES {}", items.join(", "))
        }
        Packet::Bye(bye) => format!("BYE {:?}", bye.ssrcs().collect::<Vec<_>>()),
        other => format!("{other:?}"),
    };
    compound.map(|packet| line(packet.expect("a packet"))).collect()
}

#[test]
fn two_sides_tell_each_other_what_they_hear_and_measure_the_way() {
    let (mut one, mut other) = (Side::new(1), Side::new(2));
    for step in 0..50 {
        let header = one.speaks(step * 20);
        // One in ten is lost, and each takes 30 ms.
        if step % 10 != 5 {
            other.hears(step * 20 + 30, &header);
        }
    }
    let report = one.reports(1_000, false);
    assert_eq!(
        shown(&report),
        ["SR 1 at 1081345 t9000 50/8000", "SDES 1 100000001000000010000000",]
    );
    other.reports.heard(at(1_030), 2, &report).expect("RTCP");
    let report = other.reports(1_530, false);
    // The lower half of 1,081,345 s, and no fraction; 500 ms are 32,768.
    assert_eq!(
        shown(&report)[0],
        "RR 2 [of 1 fraction 25 lost 5 highest 59 jitter 0 last 2147549184 \
                                   since 32768]"
    );
    one.reports.heard(at(1_560), 1, &report).expect("RTCP");
    let far = one.reports.far().expect("a report");
    assert_eq!((far.lost, far.jitter), (5, 0));
    let way = far.round_trip.expect("measured").as_micros();
    assert!((59_900..60_100).contains(&way), "{way}");
}

#[test]
fn a_fraction_counts_from_the_last_report() {
    let mut side = Side::new(1);
    let header = |sequence: u16| Header {
        payload_type: 8,
        marker: false,
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc: 7,
    };
    for sequence in [65_534, 1] {
        side.hears(u64::from(sequence), &header(sequence));
    }
    let first = shown(&side.reports(100, false));
    assert!(first[0].contains("fraction 128 lost 2 highest 65537"), "{first:?}");
    (2..6).for_each(|sequence| side.hears(200, &header(sequence)));
    let second = shown(&side.reports(300, false));
    assert!(second[0].contains("fraction 0 lost 2 highest 65541"), "{second:?}");
}

#[test]
fn who_leaves_says_so_and_who_never_spoke_is_a_receiver() {
    let mut side = Side::new(3);
    let report = side.reports(10, true);
    assert_eq!(shown(&report), ["RR 3", "SDES 1 300000003000000030000000", "BYE [3]"]);
    assert_eq!(Side::new(4).reports.heard(at(20), 4, &report), Ok(Told { bye: true }));
}

#[test]
fn reports_come_between_two_and_a_half_seconds_and_seven() {
    for random in [0, 500_000, 999_999, u32::MAX] {
        let mut reports = Reports::new(at(0), || random);
        let first = reports.next().since(at(0)).as_millis();
        assert!((1_000..3_100).contains(&first), "{first}");
        assert!(!reports.is_due(at(1_000), random), "not yet");
        assert!(reports.is_due(at(3_100), random));
        let (sender, mut reception) = (Sender::new(1, 2, 3), Reception::new());
        let mut packet = [0; REPORT_BYTES_MAX];
        let sent = Sent::default();
        let stream = Stream { sender: &sender, sent, reception: &mut reception };
        reports.write(at(3_100), stream, false, random, &mut packet);
        let next = reports.next().since(at(3_100)).as_millis();
        assert!((2_050..6_160).contains(&next), "{next}");
    }
}

#[test]
fn a_far_end_that_counts_wrong_does_not_make_the_way_long() {
    let mut side = Side::new(1);
    let mut far = Side::new(2);
    let header = side.speaks(0);
    far.hears(30, &header);
    // It never had a report of ours.
    let report = far.reports(50, false);
    side.reports.heard(at(80), 1, &report).expect("RTCP");
    assert_eq!(side.reports.far().map(|far| far.round_trip), Some(None));
    // It says that ours came later than it did.
    far.reports.heard = Some((u32::MAX, at(60)));
    let report = far.reports(90, false);
    side.reports.heard(at(100), 1, &report).expect("RTCP");
    assert_eq!(side.reports.far().map(|far| far.round_trip), Some(None));
}

#[test]
fn what_is_not_a_compound_packet_is_refused() {
    let report = Side::new(1).reports(10, true);
    let mut reports = Reports::new(at(0), || 5);
    let mut refused = |bytes: &[u8]| reports.heard(at(20), 1, bytes) == Err(NotRtcp);
    assert!(!refused(&report));
    assert!(refused(&[]) && refused(&report[..report.len() - 1]) && refused(&report[8..]));
    assert!(refused(&[&report[..], &[0]].concat()));
    let mut padded = report.clone();
    padded[0] |= 0x20;
    assert!(refused(&padded));
}

#[test]
fn no_more_packets_than_the_limit_are_looked_at() {
    let one = Side::new(1).reports(10, false);
    let bye = Side::new(1).reports(10, true);
    let bye = &bye[one.len()..];
    let empty = [0x80, RECEIVER_REPORT, 0, 1, 0, 0, 0, 1];
    let with = |count: usize| [empty.repeat(count), bye.to_vec()].concat();
    let mut reports = Reports::new(at(0), || 5);
    let mut left = |count| reports.heard(at(20), 1, &with(count)).expect("RTCP").bye;
    assert!(left(PACKETS_MAX - 1));
    assert!(!left(PACKETS_MAX));
}

proptest! {
    #[test]
    fn no_bytes_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
        kind in 198_u8..208,
    ) {
        let mut reports = Reports::new(at(0), || 5);
        let _ = reports.heard(at(20), 1, &bytes);
        if bytes.len() >= 4 {
            let words = u16::try_from(bytes.len() / 4 - 1).expect("small").to_be_bytes();
            bytes.truncate(bytes.len() / 4 * 4);
            bytes[0] = 0x80 | bytes[0] & 0x1F;
            (bytes[1], bytes[2], bytes[3]) = (kind, words[0], words[1]);
            let _ = reports.heard(at(20), 1, &bytes);
        }
    }
}
