//! RTCP of a port: what it reports, whom it believes, and what its end tells.

use std::net::SocketAddr;

use model::PortId;
use rtcp::Reports;
use rtp::rtcp::{self, Sent};
use rtp::{Reception, Sender};

use super::stage::*;
use crate::{
    Codec, Command, Event, LEFT_LIMIT, Output, Rtcp, SILENCE_LIMIT, SUPPRESSED_LIMIT, Stream,
};

/// A report of a far end about the stream that it heard.
fn report(ms: u64, reports: &mut Reports, reception: &mut Reception) -> Vec<u8> {
    let sender = Sender::new(99, 1, 1);
    let mut packet = [0; rtcp::REPORT_BYTES_MAX];
    let sent = Sent::default();
    let length = reports.write(
        at(ms),
        rtcp::Stream { sender: &sender, sent, reception },
        false,
        0,
        &mut packet,
    );
    packet[..length].to_vec()
}

fn a_report() -> Vec<u8> {
    report(0, &mut Reports::new(at(0), || 1), &mut Reception::new())
}

fn closed(stage: &mut Stage, port: PortId) -> Event {
    stage.media.handle_command(at(60_000), Command::Close { port });
    loop {
        match stage.media.poll() {
            Some(Output::Event(event)) => return event,
            Some(_) => {}
            None => panic!("its end is told"),
        }
    }
}

#[test]
fn a_port_reports_every_few_seconds_and_says_good_bye() {
    let mut stage = Stage::with_one();
    stage.run_to(60_000);
    let times: Vec<u64> = stage.controls.iter().map(|control| control.0).collect();
    assert!((8..=25).contains(&times.len()), "{times:?}");
    assert!(times[0] <= 3_100, "the first comes sooner: {times:?}");
    let gaps = times.windows(2).map(|two| two[1] - two[0]);
    assert!(gaps.clone().all(|gap| (2_050..=6_170).contains(&gap)), "{times:?}");
    assert!(stage.controls.iter().all(|control| control.2 == far_control(ONE)));
    assert!(stage.controls.iter().all(|control| control.3[1] == 200), "sender reports");
    stage.controls.clear();
    stage.order(Command::Close { port: ONE });
    let last = &stage.controls.last().expect("a last word").3;
    assert_eq!(last[last.len() - 8..last.len() - 4], [0x81, 203, 0, 1], "BYE");
    stage.close(&[]);
}

#[test]
fn the_end_of_a_port_tells_how_both_sides_heard() {
    let mut stage = Stage::with_one();
    stage.run_to(5_000);
    // The far end has our last report for 200 ms, and it was under way for 40.
    let (ms, _, _, ours) = stage.controls.last().expect("a report").clone();
    let (mut reports, mut reception) = (Reports::new(at(0), || 1), Reception::new());
    reports.heard(at(ms), 99, &ours).expect("RTCP");
    let ssrc = u32::from_be_bytes([ours[4], ours[5], ours[6], ours[7]]);
    for sequence in [7, 9] {
        let (payload_type, marker, timestamp) = (8, false, u32::from(sequence) * 160);
        let header = rtp::Header { payload_type, marker, sequence, timestamp, ssrc };
        reception.heard(at(0), &header, false);
    }
    let answer = report(ms + 200, &mut reports, &mut reception);
    stage.run_to(ms + 240);
    stage.media.handle_control(at(ms + 240), ONE, far_control(ONE), &answer);
    stage.hear(ONE, 8, &[0xAA; 160]);
    let Event::Closed { quality, .. } = closed(&mut stage, ONE) else { panic!("it closes") };
    let far = quality.far.expect("it reported");
    assert_eq!((quality.lost, far.lost), (0, 1));
    let way = far.round_trip.expect("measured").as_millis();
    assert!((39..=41).contains(&way), "{way}");
}

#[test]
fn the_end_of_a_port_tells_how_many_frames_were_left_out() {
    let mut stage = Stage::with_one();
    stage.connect(TWO, Codec::Pcma);
    stage.run_to(5);
    stage.sleep_to(82);
    stage.run_to(200);
    let Event::Closed { quality, .. } = closed(&mut stage, ONE) else { panic!("it closes") };
    assert_eq!(quality.left_out, 3);
    stage.connect(ONE, Codec::Pcma);
    stage.run_to(400);
    let Event::Closed { quality, .. } = closed(&mut stage, ONE) else { panic!("it closes") };
    assert_eq!(quality.left_out, 0, "its own, and not those of others before it");
}

#[test]
fn reports_of_another_host_are_not_heard() {
    let mut stage = Stage::with_one();
    let stranger = SocketAddr::from(([127, 0, 0, 9], 24_001));
    stage.media.handle_control(at(10), ONE, stranger, &a_report());
    assert_eq!(stage.media.counts().not_accepted, 1);
    stage.media.handle_control(at(10), ONE, far_control(ONE), &[0x80; 9]);
    assert_eq!(stage.media.counts().not_understood, 1);
    stage.close(&[ONE]);
}

#[test]
fn rtcp_beside_rtp_goes_and_comes_by_the_same_port() {
    let mut stage = Stage::new();
    stage.open(ONE);
    let stream = Stream { rtcp: Rtcp::WithRtp, ..stream(ONE, Codec::Pcma) };
    stage.media.handle_command(at(0), Command::Connect { port: ONE, stream });
    let mut reports = 0;
    for ms in (0..10_000).step_by(20) {
        stage.media.handle_timeout(at(ms));
        while let Some(output) = stage.media.poll() {
            if let Output::Packet { bytes, to, .. } = output {
                reports += usize::from(bytes[1] == 200 && to == far_end(ONE));
            }
        }
    }
    assert!(reports >= 2, "{reports}");
    stage.media.handle_packet(at(10_000), ONE, far_end(ONE), &a_report());
    assert_eq!(stage.media.counts().not_understood, 0);
    stage.close(&[ONE]);
}

#[test]
fn a_good_bye_is_no_sign_of_life_and_shortens_the_wait() {
    let left = u64::try_from(LEFT_LIMIT.as_millis()).expect("it is short");
    let good_bye = || {
        let mut packet = [0; rtcp::REPORT_BYTES_MAX];
        let (sender, sent) = (Sender::new(99, 1, 1), Sent::default());
        let mut reception = Reception::new();
        let stream = rtcp::Stream { sender: &sender, sent, reception: &mut reception };
        let length = Reports::new(at(0), || 1).write(at(0), stream, true, 0, &mut packet);
        packet[..length].to_vec()
    };
    let mut stage = Stage::with_one();
    stage.run_to(1_000);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(3_000);
    stage.media.handle_control(at(3_000), ONE, far_control(ONE), &good_bye());
    stage.run_to(1_000 + left - 1);
    assert_eq!(stage.lines(), [""; 0]);
    stage.run_to(1_000 + left);
    assert_eq!(stage.lines(), [format!("{} p1 silent", 1_000 + left)]);
    // One more changes nothing; whoever goes on sending has only changed the source.
    stage.media.handle_control(at(7_000), ONE, far_control(ONE), &good_bye());
    stage.run_to(20_000);
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.media.handle_control(at(20_000), ONE, far_control(ONE), &good_bye());
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(40_000);
    assert_eq!(stage.lines(), [""; 0]);
}

#[test]
fn reports_and_comfort_noise_are_signs_of_life() {
    let secs = |limit: std::time::Duration| u64::try_from(limit.as_millis()).expect("short");
    let mut stage = Stage::with_one();
    stage.hear(ONE, 8, &[0xAA; 160]);
    stage.run_to(secs(SILENCE_LIMIT) - 1_000);
    stage.media.handle_control(at(29_000), ONE, far_control(ONE), &a_report());
    stage.run_to(secs(SILENCE_LIMIT) + 20_000);
    assert!(stage.lines().is_empty(), "it reported");
    stage.run_to(secs(SILENCE_LIMIT) * 2);
    assert_eq!(stage.lines(), ["59000 p1 silent"]);
    stage.hear(ONE, 13, &[0x40]);
    stage.run_to(60_000 + secs(SUPPRESSED_LIMIT) - 1_000);
    assert!(stage.lines().is_empty(), "it is quiet there");
    stage.run_to(60_000 + secs(SUPPRESSED_LIMIT) + 1_000);
    assert_eq!(stage.lines(), ["360000 p1 silent"]);
    stage.close(&[ONE]);
}
