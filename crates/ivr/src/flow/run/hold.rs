//! The caller waits: music, now and then the offer, and the ways out.
//!
//! An agent who is free takes the caller out of here, and out of any other step; that is not our
//! affair.

use std::time::Duration;

use model::{Key, Mono};

use super::{Doing, FlowScript};
use crate::flow::leading::To;
use crate::flow::{CALLBACKS, Offers, Step, Way};
use crate::wait::Spoken;
use crate::{Ask, Exit, OfferClock, OfferKey, Output, Phrase, Settings};

/// How one caller waits.
pub(super) struct Hold {
    /// When the caller began to wait.
    began: Mono,
    /// When the offer was spoken last.
    offered: Option<Mono>,
    /// The wait that was told last.
    told: Option<Spoken>,
    /// The place that was told last.
    place: Option<u32>,
    /// What is said before the first music is being said.
    greets: bool,
}

impl FlowScript {
    /// The caller has a place in the queue from now on: it is led on where the queue overflows.
    /// Only to be told while the script does not say something first.
    pub fn handle_arrival(&mut self, now: Mono) {
        if matches!(self.doing, Doing::Waiting) {
            self.follow_overflow(now);
        }
    }

    /// True while the caller, who begins to wait, hears something said before the music. What an
    /// overflow does waits for its end.
    pub fn begins_with_words(&self) -> bool {
        let greets = self.hold.as_ref().is_some_and(|hold| hold.greets);
        greets && matches!(self.doing, Doing::Waiting)
    }

    /// The queue: false where the flow that led here was borrowed, and the caller goes back.
    pub(super) fn wait_in_queue(&mut self, now: Mono) -> bool {
        if let Some(frame) = self.frame.take() {
            return self.go_back(now, frame);
        }
        if self.promised {
            self.hang_up();
            return true;
        }
        self.opened = false;
        self.doing = Doing::Waiting;
        self.outputs.push_back(Output::Ask(Ask::Wait));
        let first = self.hold.is_none();
        let said = std::mem::take(&mut self.before);
        let greets = first && !said.is_empty();
        let hold = self.hold.get_or_insert(Hold {
            began: now,
            offered: None,
            told: None,
            place: None,
            greets,
        });
        hold.greets = greets;
        match (said.is_empty(), first) {
            (false, _) => self.speak(now, said),
            (true, true) => self.begin_music(now),
            (true, false) => self.play_music(now, self.until_offer(now, false), "next offer"),
        }
        for key in std::mem::take(&mut self.typed_ahead) {
            self.handle_key(now, key);
        }
        true
    }

    /// What was said in the queue came to its end.
    pub(super) fn heard_in_queue(&mut self, now: Mono) {
        let greeted = self.hold.as_mut().is_some_and(|hold| std::mem::take(&mut hold.greets));
        if !greeted {
            return self.play_music(now, self.until_offer(now, false), "next offer");
        }
        if !self.follow_overflow(now) {
            self.begin_music(now);
        }
    }

    /// Leads a caller who has just begun to wait where the queue wants it; false where it does not.
    fn follow_overflow(&mut self, now: Mono) -> bool {
        let way = self.overflow.map(|exit| match exit {
            Exit::Message => Way::Message,
            Exit::Operator => Way::Operator,
        });
        let own = way.and_then(|way| self.leads(way));
        let to =
            own.or_else(|| way.filter(|way| self.is_open(*way)).and_then(|w| self.borrowed(w)));
        let led = to.is_some();
        if let Some(to) = to {
            self.leave(now, to);
        }
        led
    }

    /// A key that leads out of the present step: false where it does not.
    pub(super) fn leave_by_key(&mut self, now: Mono, key: Key) -> bool {
        let exits = match self.present() {
            Some(Step::Queue { exits, .. } | Step::GetDigit { exits, .. }) => exits,
            Some(_) | None => return false,
        };
        if let Some(label) = exits.keys.get(&key) {
            let to = To::Label(label.clone());
            self.leave(now, to);
            return true;
        }
        let offers = self.caller.callbacks && self.offers != Offers::Off;
        let keys = self.settings.exits;
        let ways = [
            (keys.message == Some(key), Way::Message),
            (keys.operator == Some(key), Way::Operator),
            (offers && self.settings.offer_key.is(key), Way::Offer),
        ];
        let led = ways.into_iter().filter(|(is, _)| *is);
        let Some((way, to)) = led.filter_map(|(_, way)| Some((way, self.leads(way)?))).next()
        else {
            return false;
        };
        self.opened = way == Way::Offer && !self.value(CALLBACKS).is_empty();
        self.leave(now, to);
        true
    }

    /// Something else begins. The music plays on until it is replaced.
    fn leave(&mut self, now: Mono, to: To) {
        self.silence();
        self.deadline = None;
        if let Some(hold) = &mut self.hold {
            hold.greets = false;
        }
        match to {
            To::Label(label) => self.go(now, &label),
            To::Usual(label) => {
                self.borrow_from(&label, false);
                self.run(now);
            }
        }
    }

    /// What is said of the keys that lead to a message and to the operator.
    pub(super) fn exit_phrases(&self) -> Vec<Phrase> {
        let keys = self.settings.exits;
        let ways = [
            (keys.message, Way::Message, Phrase::ExitMessage),
            (keys.operator, Way::Operator, Phrase::ExitOperator),
        ];
        let mut phrases = Vec::new();
        for (key, way, phrase) in ways {
            let digit = key.filter(|_| self.leads(way).is_some()).and_then(Key::digit);
            if let Some(digit) = digit {
                phrases.extend([phrase, Phrase::Digit(digit)]);
            }
        }
        phrases
    }

    /// The music, up to the first offer.
    fn begin_music(&mut self, now: Mono) {
        self.play_music(now, self.until_offer(now, true), "first offer");
    }

    fn play_music(&mut self, now: Mono, offer_in: Duration, why: &'static str) {
        if !self.announces() {
            self.play(vec![Phrase::Music], true);
        } else if offer_in.is_zero() && !self.announcement().is_empty() {
            self.speak_offer(now);
        } else {
            let mut offer_in = offer_in;
            if offer_in.is_zero() {
                // Not now: it is looked at again after the usual time.
                self.note_offer(now);
                offer_in = self.settings.offer_every;
            }
            self.play(vec![Phrase::Music], true);
            self.wait(now, offer_in, why);
        }
    }

    /// How long the music plays before the next offer.
    fn until_offer(&self, now: Mono, first: bool) -> Duration {
        let Settings { offer_after, offer_every, offer_clock, .. } = &*self.settings;
        let Some(hold) = &self.hold else { return *offer_after };
        match (offer_clock, hold.offered) {
            (OfferClock::Pauses, _) if first => *offer_after,
            (OfferClock::Pauses, _) => *offer_every,
            (OfferClock::Waiting, None) => (hold.began + *offer_after).since(now),
            (OfferClock::Waiting, Some(last)) => (last + *offer_every).since(now),
        }
    }

    /// Offers a callback, when that may be asked for now, and the other exits; the music goes on
    /// when there is nothing to offer.
    pub(super) fn speak_offer(&mut self, now: Mono) {
        self.note_offer(now);
        let announcement = self.announcement();
        if announcement.is_empty() {
            return self.wait(now, self.settings.offer_every, "next offer");
        }
        let (told, place) = (self.wait_told(), self.place_told());
        if let Some(hold) = &mut self.hold {
            hold.told = told.or(hold.told);
            hold.place = place.or(hold.place);
        }
        self.speak(now, announcement);
    }

    fn note_offer(&mut self, now: Mono) {
        if let Some(hold) = &mut self.hold {
            hold.offered = Some(now);
        }
    }

    /// Whether anything is told or offered to who waits, now or later.
    fn announces(&self) -> bool {
        let Some(Step::Queue { offer, say, .. }) = self.present() else { return false };
        let exits = *offer && self.caller.exits_spoken && !self.exit_phrases().is_empty();
        say.is_some() || self.offers_callback() || exits || self.tells()
    }

    /// What is told and offered at this moment.
    fn announcement(&self) -> Vec<Phrase> {
        let mut phrases = match self.place_told() {
            Some(1) => vec![Phrase::PositionFirst],
            Some(place) => vec![Phrase::Position, Phrase::Number(place)],
            None => vec![],
        };
        phrases.extend(self.wait_told().map(Spoken::phrases).unwrap_or_default());
        match self.present() {
            Some(Step::Queue { say: Some(own), .. }) => phrases.push(own.clone()),
            Some(Step::Queue { offer: true, .. }) => {
                if self.open && self.offers_callback() {
                    phrases.extend(self.offer_phrases());
                }
                if self.caller.exits_spoken {
                    phrases.extend(self.exit_phrases());
                }
            }
            Some(_) | None => {}
        }
        phrases
    }

    /// The offer, with the key that is for it. What an operator has recorded says its key itself,
    /// and so does the usual one, of the usual key.
    fn offer_phrases(&self) -> Vec<Phrase> {
        let usual = self.caller.offer == Phrase::Offer;
        match self.settings.offer_key {
            OfferKey::Any if usual => vec![Phrase::OfferAny],
            OfferKey::One(key) if usual => match (key.as_char(), key.digit()) {
                ('2', _) => vec![Phrase::Offer],
                (_, Some(digit)) => vec![Phrase::OfferPress, Phrase::Digit(digit)],
                ('*', None) => vec![Phrase::OfferStar],
                (_, None) => vec![Phrase::OfferHash],
            },
            OfferKey::Any | OfferKey::One(_) => vec![self.caller.offer.clone()],
        }
    }

    /// A callback is offered here, now or later.
    fn offers_callback(&self) -> bool {
        let spoken = self.caller.callbacks && self.offers == Offers::Spoken;
        let here = matches!(self.present(), Some(Step::Queue { offer: true, .. }));
        here && spoken && self.leads(Way::Offer).is_some()
    }

    /// Something is told to who waits, whatever is offered.
    fn tells(&self) -> bool {
        self.caller.tells_wait || self.caller.tells_place
    }

    /// The place that is told now; nothing that is worse than what was told before.
    fn place_told(&self) -> Option<u32> {
        let place = self.place_now.filter(|_| self.caller.tells_place)?;
        let told = self.hold.as_ref().and_then(|hold| hold.place);
        told.is_none_or(|told| place <= told).then_some(place)
    }

    /// What is told of the wait now; nothing that is longer than what was told before.
    fn wait_told(&self) -> Option<Spoken> {
        let (from, to) = self.wait_now.filter(|_| self.caller.tells_wait)?;
        let spoken = Spoken::of(from, to, self.caller.wait_told_max);
        let told = self.hold.as_ref().and_then(|hold| hold.told);
        (!told.is_some_and(|told| spoken.is_longer(told))).then_some(spoken)
    }
}
