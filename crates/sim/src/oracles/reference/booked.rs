//! Requests that came without a call, and those with a time of their own.

use ledger::Fact;
use model::{E164, Now, QueueName, RequestId, Wall};

use super::{Complaint, Entry, Reference, State, Who};

impl Reference {
    /// Somebody asked by command: the request has its place from now on, or a time.
    pub(super) fn created(
        &mut self,
        request: RequestId,
        queue: &QueueName,
        number: Option<E164>,
        due: Option<Wall>,
    ) {
        let old =
            |e: &&Entry| e.state == State::Uncertain && e.number == number && e.queue == *queue;
        let place = self.entries.iter().find(old).map(|e| e.place).filter(|_| due.is_none());
        let place = place.unwrap_or_else(|| self.place_of_arrival());
        self.places.retain(|(id, _)| *id != request);
        self.places.push((request, place));
        self.entries.push(Entry {
            who: Who::Request(request),
            queue: queue.clone(),
            number,
            place,
            state: State::Asking,
            born: 0,
            offer: None,
            ringing: Vec::new(),
            left: Vec::new(),
        });
    }

    /// A request's time has come: it stands behind all who wait.
    pub(super) fn came_due(&mut self, now: Now, request: RequestId) {
        let who = Who::Request(request);
        let early = |e: &Entry| !matches!(e.state, State::Scheduled(at) if at <= now.mono);
        if self.entries.iter().any(|e| e.who == who && early(e)) {
            self.complain(format!("{who:?} has come due, and its time has not"), None);
        }
        let place = self.place_of_arrival();
        self.places.retain(|(id, _)| *id != request);
        self.places.push((request, place));
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.place = place;
            entry.state = State::Waiting;
        }
    }

    /// What was asked for by command is durable.
    pub(super) fn create_recorded(&mut self, now: Now, request: RequestId, due: Option<Wall>) {
        let who = Who::Request(request);
        for entry in self.entries.iter_mut().filter(|e| e.who == who) {
            entry.born = self.input;
            entry.state = due.map_or(State::Waiting, State::ScheduledWall);
        }
        settle_dues(&mut self.entries, now);
    }

    /// The place that a request took when its time came is known on the disk too.
    pub(super) fn came_due_on_disk(&mut self, fact: &Fact) {
        if let Fact::CameDue { request, .. } = fact
            && let Some((_, place)) = self.places.iter().find(|(id, _)| id == request)
        {
            let place = *place;
            let entries = self.disk.iter_mut().filter(|e| e.who == Who::Request(*request));
            entries.for_each(|entry| entry.place = place);
        }
    }

    /// Whoever's time has come must stand in the queue.
    pub(super) fn look_for_forgotten(&mut self, now: Now) {
        // A customer who asks again meanwhile may be about to replace it.
        let asked_again = |e: &Entry| {
            self.entries.iter().any(|o| o.state == State::Asking && o.number == e.number)
        };
        let forgotten = |e: &&Entry| {
            matches!(e.state, State::Scheduled(at) if at < now.mono) && !asked_again(e)
        };
        if let Some(entry) = self.entries.iter().find(forgotten) {
            let what = format!("the time of {:?} has come, and it is not in the queue", entry.who);
            self.complaints.push(Complaint { what, skipped: None });
        }
    }
}

/// From the wall clock of facts to the clock of deadlines.
pub(super) fn settle_dues(entries: &mut [Entry], now: Now) {
    for entry in entries {
        match entry.state {
            State::DueWall(due) => entry.state = State::Due(now.mono + due.since(now.wall)),
            State::ScheduledWall(due) => {
                entry.state = State::Scheduled(now.mono + due.since(now.wall));
            }
            _ => {}
        }
    }
}
