//! Loss, reordering, replays, forgers and limits.

use super::*;

/// A stream of `count` packets from `first` on, protected.
fn stream(suite: Suite, first: u16, count: u16) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut outgoing = Outgoing::new(&master(suite, 7));
    (0..count)
        .map(|step| {
            let plain = packet(9, first.wrapping_add(step), &step.to_be_bytes());
            let bytes = protected(&mut outgoing, &plain).expect("it is new");
            (plain, bytes)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn streams_survive_loss_reordering_and_rollover(
        suite in any_suite(),
        first in 0_u16..,
        kept in prop::collection::vec(prop::bool::weighted(0.8), 300),
        swaps in prop::collection::vec((0_usize..300, 1_usize..60), 0..60),
    ) {
        let mut packets = stream(suite, first, 300);
        for (at, distance) in swaps {
            let other = (at + distance).min(299);
            packets.swap(at, other);
        }
        // The first packet of all places the rest: it is neither lost nor late.
        let start = packets.iter().position(|(plain, _)| plain[2..4] == first.to_be_bytes());
        packets.swap(0, start.expect("it is there"));
        let mut incoming = Incoming::new(&master(suite, 7));
        let mut newest = 0;
        for (place, (plain, bytes)) in packets.iter().enumerate() {
            if place > 0 && !kept[place] {
                continue;
            }
            let index = u16::from_be_bytes([plain[12], plain[13]]);
            let expected = match u64::from(newest - index.min(newest)) {
                back if back >= WINDOW_PACKETS => Err(Refused::TooOld),
                _ => Ok(plain.clone()),
            };
            prop_assert_eq!(opened(&mut incoming, bytes), expected);
            newest = newest.max(index);
            let again = opened(&mut incoming, bytes);
            prop_assert!(matches!(again, Err(Refused::Replayed | Refused::TooOld)), "{:?}", again);
        }
    }

    #[test]
    fn a_packet_with_any_bit_turned_is_refused_and_leaves_nothing(
        suite in any_suite(),
        payload in prop::collection::vec(any::<u8>(), 0..200),
        bit in any::<prop::sample::Index>(),
    ) {
        let plain = packet(9, 5, &payload);
        let mut bytes = protected(&mut Outgoing::new(&master(suite, 7)), &plain).expect("new");
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut incoming = Incoming::new(&master(suite, 7));
        let result = opened(&mut incoming, &bytes);
        prop_assert!(
            matches!(result, Err(Refused::NotAuthentic | Refused::Malformed)), "{:?}", result
        );
        prop_assert_eq!(incoming.sources(), 0);
    }

    #[test]
    fn no_bytes_panic_and_none_are_authentic(
        suite in any_suite(),
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        version_two: bool,
    ) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut().filter(|_| version_two) {
            *first = 0x80 | *first & 0x3F;
        }
        let mut incoming = Incoming::new(&master(suite, 7));
        prop_assert!(opened(&mut incoming, &bytes).is_err());
        prop_assert!(opened_rtcp(&mut incoming, &bytes).is_err());
        prop_assert_eq!(incoming.sources(), 0);
        let mut outgoing = Outgoing::new(&master(suite, 7));
        let _ = protected(&mut outgoing, &bytes);
        let _ = protected_rtcp(&mut outgoing, &bytes);
    }

    #[test]
    fn reports_come_back_as_they_were_and_once(
        suite in any_suite(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        bit in any::<prop::sample::Index>(),
    ) {
        let plain = [&hex("80c80006 0000 0009")[..], &body].concat();
        let mut outgoing = Outgoing::new(&master(suite, 7));
        let mut incoming = Incoming::new(&master(suite, 7));
        let first = protected_rtcp(&mut outgoing, &plain).expect("it is new");
        let second = protected_rtcp(&mut outgoing, &plain).expect("it is new");
        prop_assert_ne!(&first, &second);
        for bytes in [&second, &first] {
            prop_assert_eq!(opened_rtcp(&mut incoming, bytes), Ok(plain.clone()));
            prop_assert_eq!(opened_rtcp(&mut incoming, bytes), Err(Refused::Replayed));
        }
        let mut altered = protected_rtcp(&mut outgoing, &plain).expect("it is new");
        let bit = bit.index(altered.len() * 8);
        altered[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(opened_rtcp(&mut incoming, &altered).is_err());
    }
}

#[test]
fn a_header_with_sources_and_extension_stays_readable() {
    for suite in Suite::ALL {
        let mut plain = hex("92080005 00000007 00000009 0000000a 0000000b bede0001 01020304");
        plain.extend(b"sound");
        let bytes = protected(&mut Outgoing::new(&master(suite, 7)), &plain).expect("new");
        assert_eq!(bytes[..28], plain[..28]);
        assert_ne!(bytes[28..33], plain[28..]);
        assert_eq!(bytes.len(), plain.len() + suite.rtp_tag());
        assert_eq!(opened(&mut Incoming::new(&master(suite, 7)), &bytes), Ok(plain));
    }
}

#[test]
fn another_key_is_not_authentic() {
    for suite in Suite::ALL {
        let (_, bytes) = &stream(suite, 0, 1)[0];
        let mut incoming = Incoming::new(&master(suite, 8));
        assert_eq!(opened(&mut incoming, bytes), Err(Refused::NotAuthentic));
    }
}

#[test]
fn one_source_more_than_the_limit_is_refused_and_the_known_ones_go_on() {
    let suite = Suite::AesCm128HmacSha1_80;
    let mut incoming = Incoming::new(&master(suite, 7));
    for ssrc in 0..=SOURCES_MAX as u32 {
        let plain = packet(ssrc, 1, b"x");
        let bytes = protected(&mut Outgoing::new(&master(suite, 7)), &plain).expect("new");
        let expected =
            if ssrc < SOURCES_MAX as u32 { Ok(plain) } else { Err(Refused::TooManySources) };
        let mut buffer = bytes;
        let result = incoming.unprotect(&mut buffer);
        assert_eq!(result.map(|end| buffer[..end].to_vec()), expected);
    }
    let mut outgoing = Outgoing::new(&master(suite, 7));
    protected(&mut outgoing, &packet(0, 1, b"x")).expect("new");
    let next = protected(&mut outgoing, &packet(0, 2, b"y")).expect("new");
    assert_eq!(opened(&mut incoming, &next), Ok(packet(0, 2, b"y")));
}

#[test]
fn a_number_is_never_used_twice() {
    for suite in Suite::ALL {
        let mut outgoing = Outgoing::new(&master(suite, 7));
        protected(&mut outgoing, &packet(9, 1_000, b"one")).expect("new");
        let again = protected(&mut outgoing, &packet(9, 1_000, b"two"));
        assert_eq!(again, Err(Refused::Replayed));
        protected(&mut outgoing, &packet(9, 1_200, b"on")).expect("new");
        assert_eq!(protected(&mut outgoing, &packet(9, 1_001, b"late")), Err(Refused::TooOld));
        assert_eq!(protected(&mut outgoing, &packet(8, 1_201, b"x")), Err(Refused::OtherSource));
        assert_eq!(outgoing.protect(&mut packet(9, 1_201, b"x"), 13), Err(Refused::Malformed));
    }
}

#[test]
fn a_key_ends_with_its_last_packet() {
    let key = master(Suite::AeadAes128Gcm, 7);
    let mut outgoing = Outgoing::new(&key).at_index(RTP_PACKETS_MAX - 2);
    protected(&mut outgoing, &packet(9, 65_535, b"last")).expect("one is left");
    assert_eq!(protected(&mut outgoing, &packet(9, 0, b"more")), Err(Refused::KeyUsedUp));
    let report = hex("80c80001 00000009");
    let mut outgoing = Outgoing::new(&key).at_rtcp(RTCP_PACKETS_MAX - 1);
    protected_rtcp(&mut outgoing, &report).expect("one is left");
    assert_eq!(protected_rtcp(&mut outgoing, &report), Err(Refused::KeyUsedUp));
}

#[test]
fn a_new_key_counts_on_or_from_zero() {
    for suite in Suite::ALL {
        let mut outgoing = Outgoing::new(&master(suite, 7));
        let mut incoming = Incoming::new(&master(suite, 7));
        for sequence in [65_535, 0] {
            let bytes = protected(&mut outgoing, &packet(9, sequence, b"x")).expect("new");
            opened(&mut incoming, &bytes).expect("it is authentic");
        }
        let new = master(suite, 8);
        let mut counted_on = outgoing.rekeyed(&new);
        let mut from_zero = Outgoing::new(&new);
        for outgoing in [&mut counted_on, &mut from_zero] {
            let mut incoming = incoming.rekeyed(&new);
            for sequence in [1, 2] {
                let plain = packet(9, sequence, b"x");
                let bytes = protected(outgoing, &plain).expect("new");
                assert_eq!(opened(&mut incoming, &bytes), Ok(plain));
            }
        }
    }
}

#[test]
fn a_key_that_comes_back_protects_no_second_packet_under_a_number() {
    let report = hex("80c80001 00000009");
    for (suite, between) in Suite::ALL.into_iter().zip(Suite::ALL.into_iter().rev()) {
        let (first, other) = (master(suite, 7), master(between, 8));
        let mut outgoing = Outgoing::new(&first);
        let mut reports = vec![protected_rtcp(&mut outgoing, &report).expect("new")];
        let sound = protected(&mut outgoing, &packet(9, 40, b"x")).expect("new");
        let mut incoming = Incoming::new(&first);
        opened_rtcp(&mut incoming, &reports[0]).expect("it is authentic");
        opened(&mut incoming, &sound).expect("it is authentic");

        let mut away = outgoing.rekeyed(&other);
        let mut heard_away = incoming.rekeyed(&other);
        for sequence in 41..43 {
            let bytes = protected(&mut away, &packet(9, sequence, b"x")).expect("new");
            opened(&mut heard_away, &bytes).expect("it is authentic");
        }
        protected_rtcp(&mut away, &report).expect("new");
        let mut back = away.rekeyed(&first);
        let mut heard_back = incoming.revived(&heard_away);
        assert_eq!(protected(&mut back, &packet(9, 40, b"y")), Err(Refused::Replayed));
        reports.push(protected_rtcp(&mut back, &report).expect("new"));
        assert_ne!(reports[0], reports[1], "the same report under the same key, {suite:?}");
        assert_eq!(opened_rtcp(&mut heard_back, &reports[0]), Err(Refused::Replayed));
        assert_eq!(opened_rtcp(&mut heard_back, &reports[1]), Ok(report.clone()));
        assert_eq!(opened(&mut heard_back, &sound), Err(Refused::Replayed));
        let next = protected(&mut back, &packet(9, 43, b"x")).expect("new");
        assert_eq!(opened(&mut heard_back, &next), Ok(packet(9, 43, b"x")));
    }
}

#[test]
fn a_key_that_comes_back_counts_on_over_a_rollover_or_as_it_counted() {
    let (suite, other) = (Suite::AeadAes128Gcm, master(Suite::AesCm128HmacSha1_80, 8));
    let first = master(suite, 7);
    let mut outgoing = Outgoing::new(&first);
    let mut incoming = Incoming::new(&first);
    let bytes = protected(&mut outgoing, &packet(9, 30_000, b"x")).expect("new");
    opened(&mut incoming, &bytes).expect("it is authentic");
    let mut away = outgoing.rekeyed(&other);
    let mut heard_away = incoming.rekeyed(&other);
    for sequence in [50_000, 65_535, 20_000] {
        let bytes = protected(&mut away, &packet(9, sequence, b"x")).expect("new");
        opened(&mut heard_away, &bytes).expect("it is authentic");
    }
    let mut heard_back = incoming.revived(&heard_away);
    let paused = protected(&mut outgoing, &packet(9, 30_001, b"y")).expect("new");
    assert_eq!(opened(&mut heard_back, &paused), Ok(packet(9, 30_001, b"y")));
    assert_eq!(opened(&mut heard_back, &paused), Err(Refused::Replayed));
    let counted_on = protected(&mut away.rekeyed(&first), &packet(9, 20_001, b"z")).expect("new");
    assert_eq!(opened(&mut heard_back, &counted_on), Ok(packet(9, 20_001, b"z")));
}

#[test]
fn keys_are_as_long_as_their_suite_says_and_never_shown() {
    for suite in Suite::ALL {
        let length = suite.master_length();
        assert_eq!(MasterKey::new(suite, &vec![0x41; length - 1]), None);
        assert_eq!(MasterKey::new(suite, &vec![0x41; length + 1]), None);
        let key = master(suite, 0x41);
        let shown = format!("{key:?} {:?} {:?}", Outgoing::new(&key), Incoming::new(&key));
        assert!(!shown.contains("65") && !shown.contains("AA") && !shown.contains("41"), "{shown}");
    }
}
