//! Jobs in memory: the reference for every other place that keeps jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lock;
use crate::future::{Answer, ready};
use crate::host::{Clock, Timestamp};
use crate::jobs::{
    Added, Census, Delivery, Exchange, Failed, Inspect, Inspected, Jobs, Lease, Manage, NewJob, Settle, Settled,
    Settlement, Want,
};

/// What is said of a job whose last lease lapsed.
const LAPSED: &str = "Lock expired after final attempt";

/// A job's place in the queue: the moment it is due, then the order in which jobs came.
type Place = (Timestamp, u64);

enum State {
    /// It can be claimed from its place on, once the jobs before it in its order are done.
    Waiting(Place),
    /// Claimed with this token until that moment; given back, it takes its old place.
    Claimed { token: String, until: Timestamp, place: Place },
    /// It failed for good.
    Failed { failure: String, at: Timestamp },
    /// It is done; only its name is kept.
    Completed { at: Timestamp },
}

struct Job {
    payload: String,
    order: Option<String>,
    named: bool,
    attempts: u32,
    state: State,
}

/// The jobs of one queue, and for each question that is asked often the order in which it is answered.
#[derive(Default)]
pub(super) struct Queue {
    jobs: BTreeMap<String, Job>,
    /// What can be claimed, or will be; of an order only its first.
    waiting: BTreeMap<Place, String>,
    claimed: BTreeSet<(Timestamp, String)>,
    failed: BTreeMap<Place, String>,
    orders: BTreeMap<String, BTreeMap<u64, String>>,
    came: u64,
}

impl Queue {
    fn add(&mut self, job: &NewJob, now: Timestamp) -> Added {
        if self.jobs.contains_key(&job.id) {
            return Added::Known;
        }
        self.came += 1;
        let place = (now.after(job.delay), self.came);
        if let Some(order) = &job.order {
            self.orders.entry(order.clone()).or_default().insert(self.came, job.id.clone());
        }
        let new = Job {
            payload: job.payload.clone(),
            order: job.order.clone(),
            named: job.named,
            attempts: 0,
            state: State::Waiting(place),
        };
        self.jobs.insert(job.id.clone(), new);
        self.wait(&job.id, place);
        Added::New
    }

    /// Lets a job wait at this place, in view only if it is the first of its order.
    fn wait(&mut self, id: &str, place: Place) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.state = State::Waiting(place);
        let first = |order: &String| self.orders.get(order)?.values().next();
        if job.order.as_ref().is_none_or(|order| first(order).is_none_or(|first| first == id)) {
            self.waiting.insert(place, id.to_owned());
        }
    }

    /// Takes a job out of its order, so that the next one comes into view.
    fn leave_order(&mut self, id: &str) {
        let Some(order) = self.jobs.get_mut(id).and_then(|job| job.order.take()) else { return };
        let Some(line) = self.orders.get_mut(&order) else { return };
        line.retain(|_, waiting| waiting != id);
        let Some(next) = line.values().next().cloned() else {
            self.orders.remove(&order);
            return;
        };
        if let Some(State::Waiting(place)) = self.jobs.get(&next).map(|job| &job.state) {
            self.waiting.insert(*place, next);
        }
    }

    fn fail(&mut self, id: &str, failure: String, now: Timestamp) {
        self.leave_order(id);
        self.came += 1;
        self.failed.insert((now, self.came), id.to_owned());
        if let Some(job) = self.jobs.get_mut(id) {
            job.state = State::Failed { failure, at: now };
        }
    }

    /// The place of a claimed job if this is its lease; its claim is over then.
    fn unclaim(&mut self, lease: &Lease) -> Option<Place> {
        let State::Claimed { token, until, place } = &self.jobs.get(&lease.id)?.state else { return None };
        let (until, place) = (*until, *place);
        if *token != lease.token || !self.claimed.remove(&(until, lease.id.clone())) {
            return None;
        }
        Some(place)
    }

    fn settle(&mut self, settlement: &Settlement, now: Timestamp) -> Settled {
        let id = &settlement.lease.id;
        let Some(place) = self.unclaim(&settlement.lease) else { return Settled::Lost };
        match &settlement.outcome {
            Settle::Complete => {
                self.leave_order(id);
                match self.jobs.get_mut(id) {
                    Some(job) if job.named => {
                        job.payload.clear();
                        job.state = State::Completed { at: now };
                    }
                    _ => drop(self.jobs.remove(id)),
                }
            }
            Settle::Retry { after, .. } => {
                self.came += 1;
                let place = (now.after(*after), self.came);
                self.wait(id, place);
            }
            Settle::Fail { failure } => self.fail(id, failure.clone(), now),
            Settle::Release => {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.attempts -= 1;
                }
                self.wait(id, place);
            }
        }
        Settled::Done
    }

    /// Lapsed claims wait again, or have failed when they were delivered often enough.
    fn recover(&mut self, max_attempts: u32, now: Timestamp) -> u64 {
        let mut recovered = 0;
        while self.claimed.first().is_some_and(|(until, _)| *until <= now) {
            let Some((_, id)) = self.claimed.pop_first() else { break };
            let Some(job) = self.jobs.get(&id) else { continue };
            let State::Claimed { place, .. } = job.state else { continue };
            if job.attempts >= max_attempts {
                self.fail(&id, LAPSED.to_owned(), now);
            } else {
                self.wait(&id, place);
            }
            recovered += 1;
        }
        recovered
    }

    fn claim(&mut self, want: &Want, now: Timestamp) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while deliveries.len() < want.jobs && self.waiting.first_key_value().is_some_and(|((due, _), _)| *due <= now) {
            let Some((place, id)) = self.waiting.pop_first() else { break };
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            let token = format!("{}:{}", want.token, deliveries.len() + 1);
            let until = now.after(want.lease);
            job.state = State::Claimed { token: token.clone(), until, place };
            job.attempts += 1;
            self.claimed.insert((until, id.clone()));
            deliveries.push(Delivery {
                lease: Lease { id, token },
                payload: job.payload.clone(),
                attempts: job.attempts - 1,
            });
        }
        deliveries
    }

    fn extend(&mut self, lease: &Lease, until: Timestamp) -> Settled {
        let Some(place) = self.unclaim(lease) else { return Settled::Lost };
        self.claimed.insert((until, lease.id.clone()));
        if let Some(job) = self.jobs.get_mut(&lease.id) {
            let token = lease.token.clone();
            job.state = State::Claimed { token, until, place };
        }
        Settled::Done
    }

    /// When there is something to do next.
    fn next(&self) -> Option<Timestamp> {
        let due = self.waiting.first_key_value().map(|((due, _), _)| *due);
        let lapse = self.claimed.first().map(|(until, _)| *until);
        due.into_iter().chain(lapse).min()
    }

    fn census(&self, now: Timestamp) -> Census {
        let mut census = Census::default();
        for job in self.jobs.values() {
            match job.state {
                State::Waiting((due, _)) if due <= now => census.ready += 1,
                State::Waiting(_) => census.delayed += 1,
                State::Claimed { .. } => census.claimed += 1,
                State::Failed { .. } => census.failed += 1,
                State::Completed { .. } => {}
            }
        }
        census
    }

    fn failures(&self, limit: usize) -> Vec<Failed> {
        let failed = self.failed.values().filter_map(|id| {
            let job = self.jobs.get(id)?;
            let State::Failed { failure, at } = &job.state else { return None };
            Some(Failed {
                id: id.clone(),
                payload: job.payload.clone(),
                attempts: job.attempts,
                failure: failure.clone(),
                at: *at,
            })
        });
        failed.take(limit).collect()
    }

    fn manage(&mut self, order: &Manage, now: Timestamp) -> u64 {
        match order {
            Manage::Recover { max_attempts } => self.recover(*max_attempts, now),
            Manage::RetryFailed { id } => self.retry_failed(id.as_deref(), now),
            Manage::Remove { id } => self.remove(id),
            Manage::Trim { completed, failed } => self.trim(*completed, *failed, now),
        }
    }

    fn retry_failed(&mut self, only: Option<&str>, now: Timestamp) -> u64 {
        let wanted = self.failed.values().filter(|id| only.is_none_or(|only| only == *id));
        let wanted: Vec<String> = wanted.cloned().collect();
        for id in &wanted {
            self.failed.retain(|_, failed| failed != id);
            if let Some(job) = self.jobs.get_mut(id) {
                job.attempts = 0;
            }
            self.came += 1;
            self.wait(id, (now, self.came));
        }
        wanted.len() as u64
    }

    fn remove(&mut self, id: &str) -> u64 {
        match self.jobs.get(id).map(|job| &job.state) {
            Some(State::Waiting(place)) => {
                let place = *place;
                self.waiting.remove(&place);
                self.leave_order(id);
            }
            Some(State::Failed { .. }) => self.failed.retain(|_, failed| failed != id),
            _ => return 0,
        }
        self.jobs.remove(id);
        1
    }

    fn trim(&mut self, completed: Duration, failed: Option<Duration>, now: Timestamp) -> u64 {
        let before = self.jobs.len();
        self.jobs.retain(|_, job| match job.state {
            State::Completed { at } => now.since(at) < completed,
            State::Failed { at, .. } => failed.is_none_or(|age| now.since(at) < age),
            _ => true,
        });
        let jobs = &self.jobs;
        self.failed.retain(|_, id| jobs.contains_key(id));
        (before - self.jobs.len()) as u64
    }
}

/// The jobs of one queue in this process.
pub(super) struct MemoryJobs {
    clock: Arc<dyn Clock>,
    queue: Arc<Mutex<Queue>>,
}

impl MemoryJobs {
    pub(super) fn new(clock: Arc<dyn Clock>, queue: Arc<Mutex<Queue>>) -> Self {
        Self { clock, queue }
    }
}

impl Jobs for MemoryJobs {
    fn add<'a>(&'a self, jobs: &'a [NewJob]) -> Answer<'a, Vec<Added>> {
        let (now, mut queue) = (self.clock.now(), lock(&self.queue));
        ready(Ok(jobs.iter().map(|job| queue.add(job, now)).collect()))
    }

    fn exchange<'a>(&'a self, settlements: &'a [Settlement], want: &'a Want) -> Answer<'a, Exchange> {
        let (now, mut queue) = (self.clock.now(), lock(&self.queue));
        let settled = settlements.iter().map(|settlement| queue.settle(settlement, now)).collect();
        if want.jobs > 0 {
            queue.recover(want.max_attempts, now);
        }
        let deliveries = queue.claim(want, now);
        let next = queue.next();
        ready(Ok(Exchange {
            settled,
            deliveries,
            next,
            now,
        }))
    }

    fn extend<'a>(&'a self, leases: &'a [Lease], lease: Duration) -> Answer<'a, Vec<Settled>> {
        let (until, mut queue) = (self.clock.now().after(lease), lock(&self.queue));
        ready(Ok(leases.iter().map(|lease| queue.extend(lease, until)).collect()))
    }

    fn inspect<'a>(&'a self, question: &'a Inspect) -> Answer<'a, Inspected> {
        let (now, queue) = (self.clock.now(), lock(&self.queue));
        ready(Ok(match question {
            Inspect::Census => Inspected::Census(queue.census(now)),
            Inspect::Failed { limit } => Inspected::Failed(queue.failures(*limit)),
        }))
    }

    fn manage<'a>(&'a self, order: &'a Manage) -> Answer<'a, u64> {
        let (now, mut queue) = (self.clock.now(), lock(&self.queue));
        ready(Ok(queue.manage(order, now)))
    }
}
