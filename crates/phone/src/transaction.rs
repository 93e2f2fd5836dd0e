//! Sending again until somebody answers (RFC 3261 §17.1 and §13.3.1.4), in its simplest form.

use std::net::SocketAddr;
use std::time::Duration;

use model::Mono;

/// The estimate of a round trip.
pub const T1: Duration = Duration::from_millis(500);
/// The longest pause between two sendings of anything but an INVITE.
pub const T2: Duration = Duration::from_secs(4);
/// Timers B, F, H and the wait for an ACK.
pub const GIVE_UP: Duration = Duration::from_secs(32);

/// What is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Invite,
    Reinvite,
    Bye,
    Cancel,
    /// OPTIONS or REGISTER, which belong to no call.
    Options,
    Refer,
    /// Our reliable 183 to an INVITE, until its PRACK.
    Ringing,
    /// Our 200 to an INVITE, until its ACK.
    Accepting,
    /// The second 200 of a phone that answers twice, until its ACK.
    AcceptingFork,
    /// Our refusal of an INVITE, until its ACK.
    Refusing,
}

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Sending {
    pub purpose: Purpose,
    pub branch: String,
    pub cseq: u32,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
    every: Duration,
    next: Option<Mono>,
    until: Option<Mono>,
}

/// What a moment brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Nothing,
    SendAgain,
    GaveUp,
}

impl Sending {
    pub fn new(
        now: Mono,
        purpose: Purpose,
        (branch, cseq): (&str, u32),
        to: SocketAddr,
        bytes: Vec<u8>,
    ) -> Sending {
        Sending {
            purpose,
            branch: branch.to_owned(),
            cseq,
            to,
            bytes,
            every: T1,
            next: Some(now + T1),
            until: Some(now + GIVE_UP),
        }
    }

    /// A provisional answer came: an INVITE waits in patience, anything else every [`T2`].
    pub fn provisional(&mut self, now: Mono) {
        match self.purpose {
            Purpose::Invite | Purpose::Reinvite => {
                self.next = None;
                self.until = None;
            }
            Purpose::Bye | Purpose::Cancel | Purpose::Options | Purpose::Refer => {
                self.every = T2;
                self.next = Some(now + T2);
            }
            Purpose::Ringing | Purpose::Accepting | Purpose::AcceptingFork | Purpose::Refusing => {}
        }
    }

    /// Gives up at last, though it is patient: the CANCEL was answered (RFC 3261 §9.1).
    pub fn bound(&mut self, now: Mono) {
        self.until = Some(now + GIVE_UP);
    }

    pub fn deadline(&self) -> Option<Mono> {
        match (self.next, self.until) {
            (Some(next), Some(until)) => Some(next.min(until)),
            (next, until) => next.or(until),
        }
    }

    pub fn tick(&mut self, now: Mono) -> Due {
        if self.until.is_some_and(|until| until <= now) {
            return Due::GaveUp;
        }
        if self.next.is_none_or(|next| now < next) {
            return Due::Nothing;
        }
        self.every = match self.purpose {
            Purpose::Invite | Purpose::Reinvite => self.every * 2,
            _ => (self.every * 2).min(T2),
        };
        self.next = Some(now + self.every);
        Due::SendAgain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which a message that nobody answers is sent again, and when it is given up.
    fn times(purpose: Purpose) -> (Vec<f64>, f64) {
        let to = "127.0.0.1:5060".parse().unwrap();
        let mut sending = Sending::new(Mono::ZERO, purpose, ("b", 1), to, Vec::new());
        let mut again = Vec::new();
        loop {
            let at = sending.deadline().unwrap();
            let seconds = at.since(Mono::ZERO).as_secs_f64();
            match sending.tick(at) {
                Due::SendAgain => again.push(seconds),
                Due::GaveUp => return (again, seconds),
                Due::Nothing => panic!("a deadline brings something"),
            }
        }
    }

    #[test]
    fn an_invite_doubles_without_bound_and_a_bye_up_to_four_seconds() {
        let invite = vec![0.5, 1.5, 3.5, 7.5, 15.5, 31.5];
        assert_eq!(times(Purpose::Invite), (invite, 32.0));
        let bye = vec![0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5];
        assert_eq!(times(Purpose::Bye), (bye.clone(), 32.0));
        assert_eq!(times(Purpose::Accepting), (bye, 32.0));
    }
}
