//! Every limit is reached once.

use std::time::Duration;

use model::{Entropy, Mono, Now, Wall};
use sip::{Ended, Event, Output, SessionId, Stack, limits};

use crate::far::{FarEnd, Fields};
use crate::script::{invitation, settings};

/// A stack and its far end, without a record.
struct Bench {
    stack: Stack,
    far: FarEnd,
    now: Now,
}

impl Bench {
    fn new(sessions_max: usize, transactions_max: usize) -> Bench {
        let mut settings = settings();
        settings.sessions_max = sessions_max;
        settings.transactions_max = transactions_max;
        let now = Now { mono: Mono::ZERO, wall: Wall::default() };
        Bench { stack: Stack::new(settings, Entropy::from_u64(1)), far: FarEnd::default(), now }
    }

    fn give(&mut self, step: &str, extra: &[&str]) {
        let (source, bytes) = self.far.message(&Fields::read(step), extra);
        self.stack.handle_datagram(self.now, source, &bytes);
    }

    /// The labels of the datagrams, and the events.
    fn drain(&mut self) -> (Vec<String>, Vec<Event>) {
        let (mut labels, mut events) = (Vec::new(), Vec::new());
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Datagram { bytes, .. } => labels.push(self.far.heard(&bytes).label),
                Output::Event { event, .. } => events.push(event),
                Output::Wire(_)
                | Output::Registration(_)
                | Output::Upstream(_)
                | Output::Alive { .. } => {}
            }
        }
        (labels, events)
    }

    /// Lets every timer run out; the stack must then be empty.
    fn rest(&mut self) {
        while let Some(deadline) = self.stack.deadline() {
            assert!(deadline.at.since(Mono::ZERO) < Duration::from_secs(600), "{deadline:?}");
            self.now.mono = deadline.at.max(self.now.mono);
            self.stack.handle_timeout(self.now);
            self.drain();
        }
        assert!(self.stack.is_empty());
    }
}

#[test]
fn a_branch_over_the_limit_is_not_acknowledged() {
    let mut bench = Bench::new(10, 100);
    let session = bench.stack.invite(bench.now, invitation(&Fields::read(""), &[]));
    bench.drain();
    let mut acknowledged = 0;
    for branch in 0..limits::FORKS_MAX + 2 {
        bench.give(&format!("180 tag=b{branch}"), &[]);
    }
    for branch in 0..limits::FORKS_MAX + 2 {
        bench.give(&format!("200 tag=b{branch}"), &[]);
        acknowledged += bench.drain().0.iter().filter(|label| *label == "ACK").count();
    }
    assert_eq!(acknowledged, limits::FORKS_MAX);
    bench.stack.hang_up(bench.now, session);
    bench.rest();
}

#[test]
fn a_longer_record_route_than_the_limit_is_refused() {
    let routes = |count: usize| vec!["Record-Route: <sip:192.0.2.50;lr>"; count];
    let mut bench = Bench::new(10, 100);
    bench.give("INVITE call=c1", &routes(limits::ROUTES_MAX));
    assert_eq!(bench.drain().0, ["100 Trying (INVITE)"]);
    bench.give("INVITE call=c2", &routes(limits::ROUTES_MAX + 1));
    assert_eq!(bench.drain().0, ["400 Bad Request (INVITE)"]);
    bench.rest();
}

#[test]
fn outputs_that_nobody_polls_are_lost_but_events_are_not() {
    let calls = limits::OUTPUTS_MAX;
    let mut bench = Bench::new(calls, 2 * calls);
    for call in 0..calls {
        bench.give(&format!("INVITE call=c{call}"), &[]);
    }
    let lost = bench.stack.counters().lost_outputs;
    assert!(lost > 0);
    let mut count = 0;
    let mut invited = 0;
    while let Some(output) = bench.stack.poll() {
        count += 1;
        invited += usize::from(matches!(output, Output::Event { .. }));
    }
    assert_eq!(invited, calls);
    assert!(count <= limits::OUTPUTS_MAX + calls);
    bench.rest();
}

#[test]
fn one_turn_carries_out_a_limited_number_of_timers() {
    let calls = limits::TIMERS_PER_TURN_MAX + 10;
    let mut bench = Bench::new(calls, 2 * calls);
    for call in 0..calls {
        bench.stack.invite(bench.now, invitation(&Fields::read(&format!("call=c{call}")), &[]));
    }
    bench.drain();
    let due = bench.stack.deadline().expect("timer A runs");
    bench.now.mono = due.at;
    bench.stack.handle_timeout(bench.now);
    assert_eq!(bench.drain().0.len(), limits::TIMERS_PER_TURN_MAX);
    assert_eq!(bench.stack.deadline(), Some(due));
    bench.stack.handle_timeout(bench.now);
    assert_eq!(bench.drain().0.len(), 10);
    bench.rest();
}

#[test]
fn requests_of_a_standing_call_have_a_reserve_of_transactions() {
    let mut bench = Bench::new(10, 1);
    bench.give("INVITE", &[]);
    bench.drain();
    for info in 0..limits::TRANSACTIONS_RESERVE + 5 {
        bench.give(&format!("CANCEL branch=z9hG4bK-none-{info}"), &[]);
    }
    let labels = bench.drain().0;
    let count = |status: &str| labels.iter().filter(|label| label.starts_with(status)).count();
    assert_eq!((count("481"), count("503")), (limits::TRANSACTIONS_RESERVE, 5));
    assert_eq!(bench.stack.transactions(), 1 + limits::TRANSACTIONS_RESERVE);
    bench.rest();
}

#[test]
fn our_own_call_over_the_limit_ends_at_once() {
    let mut bench = Bench::new(10, 1);
    for _ in 0..2 {
        bench.stack.invite(bench.now, invitation(&Fields::read(""), &[]));
    }
    assert_eq!(
        bench.drain().1,
        [Event::Ended { how: Ended::Refused { status: 503 }, cause: None }]
    );
    assert_eq!(bench.stack.sessions(), 1);
    bench.rest();
}

/// What is kept for a call, as text: more bytes than the strings and numbers that it shows.
#[test]
fn a_standing_call_keeps_less_than_four_kilobytes() {
    const CALLS: usize = 50;
    let mut bench = Bench::new(CALLS, 10 * CALLS);
    for call in 1..=CALLS {
        let routes = ["Record-Route: <sip:192.0.2.50;lr>, <sip:proxy.carrier.example.net;lr>"];
        bench.give(&format!("INVITE sdp call=c{call}"), &routes);
        bench.drain();
        let session = SessionId(call as u64);
        bench.stack.accept(bench.now, session, vec![b'v'; 500]);
        bench.drain();
        bench.give(&format!("ACK call=c{call}"), &[]);
    }
    bench.now.mono = bench.now.mono + Duration::from_secs(40);
    bench.stack.handle_timeout(bench.now);
    bench.drain();
    assert_eq!((bench.stack.sessions(), bench.stack.transactions()), (CALLS, 0));
    assert!(format!("{:?}", bench.stack).len() / CALLS < 4_000);
    for call in 1..=CALLS {
        bench.stack.hang_up(bench.now, SessionId(call as u64));
    }
    bench.rest();
}
