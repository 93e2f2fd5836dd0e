//! Callbacks that are asked for without a call, moved and hastened; places that are taken over;
//! what is switched off.

use ledger::{Holder, Part, Switch};

use super::{
    Command, Duration, E164, Fact, LanguageTag, LineName, NUMBERS, Order, RequestId, World, asked,
    customer, line, pick,
};
use crate::watch::Who;

/// What of this room a day has seen.
pub(super) fn reached(fact: &Fact) -> String {
    match fact {
        Fact::CallbackRequested { call: Some(_), .. } => "callback_requested".to_owned(),
        Fact::CallbackRequested { terms, .. } => {
            format!("callback_requested by command, for a time {}", terms.due.is_some())
        }
        Fact::PlaceTaken { of: Holder::Call(_), .. } => {
            "place_taken, of an earlier call".to_owned()
        }
        Fact::PlaceTaken { offer, .. } => format!("place_taken, agent too {}", offer.is_some()),
        Fact::PlaceReturned { .. } => "place_returned".to_owned(),
        Fact::Moved { .. } => "moved".to_owned(),
        Fact::CameDue { .. } => "came_due".to_owned(),
        Fact::Hastened { .. } => "hastened".to_owned(),
        Fact::Held { .. } => "held".to_owned(),
        Fact::Switched { switch, on, .. } => format!("switched {switch} {on}"),
        _ => String::new(),
    }
}

impl World {
    /// What is asked for or moved by command.
    pub(super) fn book(&mut self, choice: u16) {
        let open: Vec<RequestId> = self.queues.requests().map(|view| view.request).collect();
        let later = Duration::from_secs(u64::from(choice / 16 % 300));
        if choice % 8 == 7 {
            return self.switch(choice / 8);
        }
        match (choice % 4, pick(&open, choice / 4)) {
            (0, _) => self.create(choice, None),
            (1, _) => self.create(choice, Some(later)),
            (2, Some(request)) => {
                let due = self.now.wall + later;
                self.try_to(Command::Move { request, due });
            }
            (_, Some(request)) => self.try_to(Command::Hasten { request }),
            (_, None) => {}
        }
    }

    /// A customer books one of the slots that have times left.
    pub(super) fn book_slot(&mut self, choice: u16) {
        let (line, number) = (LineName::from(line(choice)), customer(choice / 6));
        let slots = self.queues.slots(self.now, &line).expect("a line that there is");
        let Some(slot) = pick(&slots, choice / 18) else { return };
        let language = LanguageTag::from("en");
        let terms = ledger::Terms {
            origin: ledger::Origin::Web,
            slot: Some(slot.begins),
            ..ledger::Terms::default()
        };
        let wish = Box::new(queue::Wish { number, line, language, terms });
        self.try_to(Command::Create { ticket: 2, wish });
    }

    /// Switched on more often than off.
    fn switch(&mut self, choice: u16) {
        let switch =
            if choice.is_multiple_of(2) { Switch::Registering } else { Switch::Processing };
        let one = !(choice / 2).is_multiple_of(3);
        let of = if one { Part::Queue("desk".into()) } else { Part::Engine };
        self.try_to(Command::Switch { switch, of, on: !(choice / 6).is_multiple_of(3) });
    }

    fn create(&mut self, choice: u16, later: Option<Duration>) {
        let number = format!("+3361000000{}", choice / 4 % NUMBERS);
        let line = line(choice);
        let key = choice.is_multiple_of(5).then(|| format!("key {}", choice % 7));
        let terms = ledger::Terms {
            origin: ledger::Origin::Web,
            due: later.map(|later| self.now.wall + later),
            key,
            ..ledger::Terms::default()
        };
        let wish = queue::Wish {
            number: E164::parse(&number).expect("a number"),
            line: LineName::from(line),
            language: LanguageTag::from("en"),
            terms,
        };
        self.try_to(Command::Create { ticket: 1, wish: Box::new(wish) });
    }

    fn try_to(&mut self, command: Command) {
        if self.queues.check(&command).is_ok() {
            self.tell(command);
        }
    }

    /// Whoever's time has come stands in the queue, unless its customer is asking anew.
    pub(super) fn times_are_kept(&self) {
        if self.lines[self.durable..].iter().any(|line| line.order.is_some()) {
            return;
        }
        for (request, due) in &self.watch.scheduled {
            assert!(*due > self.now.mono, "the time of {request} has come and gone");
        }
    }

    /// What a new permission says of who stands where.
    pub(super) fn writes(&mut self, fact: &Fact, order: &Order, number: Option<E164>) {
        let Fact::CallbackRequested { request, queue, line, arrived, terms, .. } = fact else {
            return;
        };
        let Some(number) = number else { return };
        assert!(!self.watch.is_off(Switch::Registering, queue), "registering is off for {queue}");
        // A caller with the place of an older request may have its priority.
        let place = match order {
            Order::Promise { call, .. } => {
                self.watch.places.iter().find(|place| place.who == Who::Call(*call))
            }
            Order::Create { .. } | Order::Dial { .. } => None,
        };
        let asks = place.map_or_else(|| asked(self.habits, line.as_str()), |place| place.asks);
        let asks = if self.habits.keeps { asks } else { (0, 0) };
        let level = terms.needs.first().map_or(0, |need| need.level);
        assert_eq!((terms.priority, level), asks, "what {request} asks for");
        self.watch.asks.insert(*request, asks);
        self.watch.queues.insert(*request, queue.clone());
        self.watch.lines.insert(*request, line.clone());
        match order {
            Order::Promise { call, .. } => {
                self.watch.asks(*request, Some(*call), number, *arrived);
                self.watch.asking.insert(*call);
            }
            Order::Create { .. } => {
                self.watch.asks(*request, None, number, *arrived);
                match terms.due {
                    Some(due) => {
                        self.watch.times.insert(*request, due);
                    }
                    None => self.watch.hold(*request, number, queue.clone()),
                }
            }
            Order::Dial { .. } => {}
        }
    }
}
