//! A host store that fails in every way that a network can.

use std::sync::Arc;
use std::time::Duration;

use durastate::error::{Error, Kind, Result};
use durastate::future::Answer;
use durastate::host::{Clock, HostStore, Swap};
use durastate::store::{Abilities, Page, Value};

use super::clock::VirtualClock;
use super::random::Seeded;

/// How often which fault happens: one in so many; 0 for never.
#[derive(Clone, Copy)]
pub struct Rates {
    pub error_before: usize,
    pub error_after: usize,
    pub delay: usize,
    pub duplicate: usize,
}

impl Rates {
    pub const NONE: Self = Self { error_before: 0, error_after: 0, delay: 0, duplicate: 0 };
}

/// A store whose verbs fail before or after their effect, come late, or happen twice.
pub struct Faulty<H> {
    pub store: Arc<H>,
    clock: Arc<VirtualClock>,
    random: Seeded,
    rates: Rates,
}

impl<H: HostStore> Faulty<H> {
    pub fn new(store: Arc<H>, clock: Arc<VirtualClock>, random: Seeded, rates: Rates) -> Self {
        Self { store, clock, random, rates }
    }

    fn happens(&self, rate: usize) -> bool {
        rate > 0 && self.random.one_in(rate)
    }

    async fn delayed(&self) {
        if self.happens(self.rates.delay) {
            let late = Duration::from_micros(self.random.below(50_000) as u64 + 1);
            self.clock.sleep_until(self.clock.now().after(late)).await;
        }
    }

    /// The effect with its faults. A duplicate is a message that arrived twice: the first answer counts.
    async fn faulty<'a, T>(&'a self, effect: impl Fn() -> Answer<'a, T>) -> Result<T> {
        self.delayed().await;
        if self.happens(self.rates.error_before) {
            return Err(Error::new(Kind::Unavailable, "nothing was done"));
        }
        let answer = effect().await;
        if self.happens(self.rates.duplicate) {
            drop(effect().await);
        }
        if self.happens(self.rates.error_after) {
            return Err(Error::new(Kind::Unknown, "something may have been done"));
        }
        self.delayed().await;
        answer
    }
}

impl<H: HostStore> HostStore for Faulty<H> {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(self.faulty(|| self.store.read(keys)))
    }

    fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()> {
        Box::pin(self.faulty(|| self.store.write(entries)))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(self.faulty(|| self.store.remove(keys)))
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(self.faulty(move || self.store.list(prefix, cursor, limit)))
    }

    fn swap<'a>(&'a self, changes: &'a [Swap]) -> Answer<'a, bool> {
        Box::pin(self.faulty(|| self.store.swap(changes)))
    }

    fn abilities(&self) -> Abilities {
        self.store.abilities()
    }
}
