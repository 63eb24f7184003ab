//! What the cache does when a store fails while a result is looked up.

mod support;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durastate::backend::Backend;
use durastate::backends::memory::Memory;
use durastate::error::{Error, Kind, Result};
use durastate::future::{Answer, ready};
use durastate::layers::cache::{Asked, Cache, CacheOptions};
use durastate::layers::persistence::Exit;
use durastate::store::{Abilities, Entry, Page, Shelf, Store, Value};
use durastate::transition::{Decided, Mode, Step};

use support::clock::VirtualClock;
use support::executor::run;
use support::random::Seeded;

/// A store whose verbs fail while it is broken: before they did anything, but for `apply`, which is done and not told.
struct Breakable {
    store: Arc<dyn Store>,
    is_broken: AtomicBool,
    asked: Mutex<Vec<&'static str>>,
}

impl Breakable {
    fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, is_broken: AtomicBool::new(false), asked: Mutex::default() })
    }

    fn breaks(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::SeqCst);
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn verb<'a, T: durastate::future::Shared + 'a>(&self, name: &'static str, answer: Answer<'a, T>) -> Answer<'a, T> {
        self.asked.lock().unwrap().push(name);
        match self.is_broken.load(Ordering::SeqCst) {
            true => ready(Err(Error::new(Kind::Unavailable, "the store is broken"))),
            false => answer,
        }
    }
}

impl Store for Breakable {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        self.verb("read", self.store.read(keys))
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        self.verb("write", Box::pin(async move { self.store.write(entries).await }))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        self.verb("remove", Box::pin(async move { self.store.remove(keys).await }))
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        self.verb("list", self.store.list(prefix, cursor, limit))
    }

    /// The memory does it when it is called.
    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        self.verb("apply", self.store.apply(steps, mode))
    }

    fn abilities(&self) -> Abilities {
        self.store.abilities()
    }
}

struct World {
    clock: Arc<VirtualClock>,
    results: Arc<Breakable>,
    records: Arc<Breakable>,
    cache: Cache,
}

fn open() -> World {
    let clock = VirtualClock::new();
    let memory = Memory::new(clock.clone());
    let results = Shelf::Persistence { prefix: String::new(), store_id: "users".into() };
    let [results, records] = [results, Shelf::State].map(|shelf| Breakable::new(memory.store(shelf).unwrap()));
    let options = CacheOptions { name: "users:".into(), lease: Duration::from_secs(5) };
    let cache = Cache::new(results.clone(), records.clone(), clock.clone(), Arc::new(Seeded::new(1)), options);
    World { clock, results, records, cache }
}

fn success(json: &str) -> Exit {
    Exit::Success(json.into())
}

async fn get(cache: &Cache, count: &Cell<u32>, before: impl Fn()) -> Result<Exit> {
    let lookup = async || {
        before();
        count.set(count.get() + 1);
        Ok::<_, Error>(success(&count.get().to_string()))
    };
    cache.get("k", None, lookup).await
}

#[test]
fn what_was_found_is_answered_though_it_can_not_be_kept_and_is_looked_up_again() {
    let World { clock, results, cache, .. } = open();
    let count = Cell::new(0);
    run(&clock, async {
        assert_eq!(get(&cache, &count, || results.breaks(true)).await.unwrap(), success("1"));
        assert_eq!(get(&cache, &count, || ()).await.unwrap_err().kind, Kind::Unavailable, "nothing can be read");
        results.breaks(false);
        assert_eq!(get(&cache, &count, || ()).await.unwrap(), success("2"));
        assert_eq!(get(&cache, &count, || ()).await.unwrap(), success("2"));
    });
}

#[test]
fn who_can_not_store_what_was_found_is_told() {
    let World { clock, results, cache, .. } = open();
    run(&clock, async {
        let Asked::Miss(fill) = cache.ask("k").await.unwrap() else { panic!("there is nothing yet") };
        results.breaks(true);
        assert_eq!(fill.finish(&success("1"), None).await.unwrap_err().kind, Kind::Unavailable);
    });
}

#[test]
fn what_may_have_lost_its_claim_does_not_stay() {
    let World { clock, results, records, cache } = open();
    run(&clock, async {
        let Asked::Miss(fill) = cache.ask("k").await.unwrap() else { panic!("there is nothing yet") };
        results.asked();
        records.breaks(true);
        assert_eq!(fill.finish(&success("1"), None).await.unwrap_err().kind, Kind::Unavailable);
        assert_eq!(results.asked(), ["write", "remove"]);
        records.breaks(false);
        let Asked::Miss(fill) = cache.ask("k").await.unwrap() else { panic!("it is done, and nothing is there") };
        assert!(fill.finish(&success("2"), None).await.unwrap());
    });
}

#[test]
fn who_was_stopped_for_longer_than_the_lease_asks_nobody() {
    let World { clock, results, records, cache } = open();
    run(&clock, async {
        let Asked::Miss(mut fill) = cache.ask("k").await.unwrap() else { panic!("there is nothing yet") };
        drop((results.asked(), records.asked()));
        clock.advance(Duration::from_secs(5));
        assert!(!fill.renew().await.unwrap() && !fill.finish(&success("1"), None).await.unwrap());
        assert_eq!((results.asked(), records.asked()), (vec![], vec![]));
    });
}

#[test]
fn a_claim_that_fails_fails_with_the_key_of_the_caller() {
    let World { clock, cache, records, .. } = open();
    run(&clock, async {
        let broken = Entry { key: "durastate:claim:users:k".into(), value: "no claim".into(), ttl: None };
        records.write(&[broken]).await.unwrap();
        let corrupt = cache.ask("k").await.err().unwrap();
        assert_eq!((corrupt.kind, corrupt.key.as_deref()), (Kind::Corrupt, Some("k")));
        records
            .write(&[Entry { key: "durastate:tag:users:t".into(), value: "no tag".into(), ttl: None }])
            .await
            .unwrap();
        let corrupt = cache.claims().epochs(&["t".to_owned()]).await.unwrap_err();
        assert_eq!((corrupt.kind, corrupt.key.as_deref()), (Kind::Corrupt, Some("t")));
    });
}
