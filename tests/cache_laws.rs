//! Laws of the cache: for any order of what may happen to a key, one at a time has it, and only what they found is kept.

mod support;

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durastate::backend::Backend;
use durastate::backends::host::Host;
use durastate::backends::memory::Memory;
use durastate::error::{Kind, Result};
use durastate::future::Answer;
use durastate::host::{Clock, Timestamp};
use durastate::layers::cache::{Asked, Cache, CacheOptions, Claimed, Claims};
use durastate::layers::persistence::{Exit, exit_of};
use durastate::store::{Abilities, Atomicity, Entry, Page, Shelf, Store, Value};
use durastate::transition::{Decided, Mode, Step};
use proptest::prelude::*;

use support::clock::VirtualClock;
use support::executor::{Executor, run};
use support::map::Map;
use support::random::Seeded;

const LEASE: Duration = Duration::from_millis(100);
/// How long the cache remembers that a claim is done.
const LINGERS: Duration = Duration::from_secs(5);

fn shelves(backend: &dyn Backend) -> [Arc<dyn Store>; 2] {
    let results = Shelf::Persistence { prefix: String::new(), store_id: "users".into() };
    [results, Shelf::State].map(|shelf| backend.store(shelf).unwrap())
}

fn key() -> Vec<String> {
    vec!["k".to_owned()]
}

async fn stored(results: &dyn Store) -> Option<String> {
    match results.read(&key()).await.unwrap().remove(0) {
        Some(value) => match exit_of(value).unwrap() {
            Exit::Success(json) => Some(json),
            Exit::Failure(_) => panic!("nobody failed"),
        },
        None => None,
    }
}

#[derive(Clone, Copy, Debug)]
enum Happens {
    Claim { token: usize, seen: usize },
    Renew(usize),
    Finish { token: usize, keeps: bool },
    Release(usize),
    Forget,
    Pass(u64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let token = || 0..3usize;
    let lease = LEASE.as_micros() as u64;
    let pass = prop_oneof![Just(1), Just(lease - 1), Just(lease), 0..2 * lease, Just(5_000_000)];
    prop_oneof![
        4 => (token(), token()).prop_map(|(token, seen)| Happens::Claim { token, seen }),
        1 => token().prop_map(Happens::Renew),
        3 => (token(), prop::bool::weighted(0.8)).prop_map(|(token, keeps)| Happens::Finish { token, keeps }),
        1 => token().prop_map(Happens::Release),
        1 => Just(Happens::Forget),
        3 => pass.prop_map(Happens::Pass),
    ]
}

/// What is known of the key by those who watch it.
#[derive(Default)]
struct Watched {
    holder: Option<(usize, Timestamp)>,
    done: Option<(usize, Timestamp)>,
    kept: Option<usize>,
}

impl Watched {
    fn pass(&mut self, now: Timestamp) {
        self.holder = self.holder.filter(|(_, ends)| now < *ends);
        self.done = self.done.filter(|(_, ends)| now < *ends);
    }

    fn claim(&mut self, token: usize, seen: usize, now: Timestamp) -> Claimed {
        match (self.holder, self.done) {
            (Some((holder, ends)), _) if holder != token => return Claimed::Busy(ends.since(now)),
            (None, Some((done, _))) if done != seen => return Claimed::Done(done.to_string()),
            _ => {}
        }
        *self = Self { holder: Some((token, now.after(LEASE))), done: None, kept: self.kept };
        Claimed::Granted
    }

    fn holds(&self, token: usize) -> bool {
        self.holder.is_some_and(|(holder, _)| holder == token)
    }

    fn finish(&mut self, token: usize, keeps: bool, now: Timestamp) -> bool {
        let is_theirs = self.holds(token) || self.done.is_some_and(|(done, _)| done == token);
        if is_theirs {
            (self.holder, self.done) = (None, Some((token, now.after(LINGERS))));
        }
        if keeps {
            self.kept = Some(token).filter(|_| is_theirs);
        }
        is_theirs
    }
}

proptest! {
    #[test]
    fn whatever_happens_one_has_the_key_and_only_what_they_found_is_kept(
        all in proptest::collection::vec(happens(), 1..40)
    ) {
        let clock = VirtualClock::new();
        let [results, records] = shelves(&Memory::new(clock.clone()));
        let claims = Claims::new(results.clone(), records, "users:");
        let mut watched = Watched::default();
        run(&clock, async {
            for happens in all {
                let now = clock.now();
                match happens {
                    Happens::Claim { token, seen } => {
                        let expected = watched.claim(token, seen, now);
                        let told = claims.claim("k", &token.to_string(), LEASE, Some(&seen.to_string())).await.unwrap();
                        assert_eq!(told, expected);
                    }
                    Happens::Renew(token) => {
                        let told = claims.renew("k", &token.to_string(), LEASE).await.unwrap();
                        assert_eq!(told, watched.holds(token));
                        watched.holder = watched.holder.map(|(holder, ends)| (holder, if told { now.after(LEASE) } else { ends }));
                    }
                    Happens::Finish { token, keeps } => {
                        let (text, ttl) = (Exit::Success(token.to_string()).encode(), (!keeps).then_some(Duration::ZERO));
                        let told = claims.finish("k", &token.to_string(), text, ttl).await.unwrap();
                        assert_eq!(told, watched.finish(token, keeps, now));
                    }
                    Happens::Release(token) => {
                        claims.release("k", &token.to_string()).await.unwrap();
                        watched.holder = watched.holder.filter(|(holder, _)| *holder != token);
                    }
                    Happens::Forget => {
                        claims.forget(&key()).await.unwrap();
                        watched = Watched::default();
                    }
                    Happens::Pass(micros) => {
                        clock.advance(Duration::from_micros(micros));
                        watched.pass(clock.now());
                    }
                }
                assert_eq!(stored(&*results).await, watched.kept.map(|token| token.to_string()), "after {happens:?}");
            }
        });
    }
}

/// A connection of one process: what it is asked takes its time, and is done in the order in which it was asked.
struct Wire {
    clock: Arc<VirtualClock>,
    random: Seeded,
    last: Mutex<Timestamp>,
}

impl Wire {
    fn new(clock: &Arc<VirtualClock>, seed: u64) -> Arc<Self> {
        Arc::new(Self { clock: clock.clone(), random: Seeded::new(seed), last: Mutex::default() })
    }

    fn late(&self) -> Duration {
        Duration::from_micros(match self.random.below(4) {
            0 => self.random.below(60_000) as u64,
            _ => self.random.below(500) as u64,
        })
    }

    fn carry<'a, T: Send + 'a>(&'a self, effect: impl FnOnce() -> Answer<'a, T> + Send + 'a) -> Answer<'a, T> {
        let mut last = self.last.lock().unwrap();
        *last = self.clock.now().after(self.late()).max(last.after(Duration::from_micros(1)));
        let at = *last;
        Box::pin(async move {
            self.clock.sleep_until(at).await;
            let answer = effect().await;
            self.clock.sleep_until(self.clock.now().after(self.late())).await;
            answer
        })
    }
}

struct Wired(Arc<Wire>, Arc<dyn Store>);

impl Store for Wired {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        self.0.carry(|| self.1.read(keys))
    }

    fn write<'a>(&'a self, entries: &'a [Entry]) -> Answer<'a, ()> {
        self.0.carry(|| self.1.write(entries))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        self.0.carry(|| self.1.remove(keys))
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        self.0.carry(move || self.1.list(prefix, cursor, limit))
    }

    fn apply<'a>(&'a self, steps: &'a [Step], mode: Mode) -> Answer<'a, Vec<Result<Decided>>> {
        self.0.carry(move || self.1.apply(steps, mode))
    }

    fn abilities(&self) -> Abilities {
        self.1.abilities()
    }
}

/// Those who may look the key up, what there is to be found, and how far it was forgotten.
#[derive(Default)]
struct World {
    version: u64,
    forgotten: u64,
    /// How often somebody began and ended to forget the key.
    forgets: (usize, usize),
    finishing: usize,
    finishes: usize,
    holders: Vec<Holder>,
    kept: usize,
    lost: usize,
    hits: usize,
}

struct Holder {
    process: usize,
    ends: Timestamp,
    /// How often the key had been forgotten when this one asked for it.
    forgets: usize,
}

const STEPS: usize = 30;

async fn live(process: usize, cache: Cache, clock: Arc<VirtualClock>, random: Seeded, world: &RefCell<World>) {
    for _ in 0..STEPS {
        if random.one_in(8) {
            let version = {
                let mut world = world.borrow_mut();
                world.version += 1;
                world.forgets.0 += 1;
                world.version
            };
            cache.forget(&key()).await.unwrap();
            let mut world = world.borrow_mut();
            world.forgotten = world.forgotten.max(version);
            world.forgets.1 += 1;
            continue;
        }
        let ends = clock.now().after(LEASE);
        let (forgets, forgotten, quiet, finishes) = {
            let world = world.borrow();
            (world.forgets.1, world.forgotten, world.finishing == 0, world.finishes)
        };
        let mut fill = match cache.ask("k").await.unwrap() {
            Asked::Miss(fill) => fill,
            Asked::Busy(wait) => {
                assert!(wait <= LEASE);
                clock.sleep_until(clock.now().after(wait / 2)).await;
                continue;
            }
            Asked::Hit(found) => {
                let mut world = world.borrow_mut();
                world.hits += 1;
                // While somebody who lost the claim takes back what they stored, it may be seen.
                if quiet && finishes == world.finishes {
                    let Exit::Success(version) = found else { panic!("nobody failed") };
                    assert!(version.parse::<u64>().unwrap() >= forgotten, "what was forgotten is there again");
                }
                continue;
            }
        };
        let version = {
            let mut world = world.borrow_mut();
            let now = clock.now();
            // A claim that was granted before the key was forgotten has ended, and whoever has it learns that in the end.
            let counts = |ends: Timestamp, forgets: usize| now < ends && forgets == world.forgets.0;
            let other = world.holders.iter().any(|holder| counts(holder.ends, holder.forgets));
            assert!(!(other && counts(ends, forgets)), "two have the claim at once");
            world.holders.push(Holder { process, ends, forgets });
            world.version
        };
        clock.sleep_until(clock.now().after(Duration::from_micros(random.below(120_000) as u64))).await;
        if random.one_in(3) {
            let ends = clock.now().after(LEASE);
            if fill.renew().await.unwrap() {
                let mut world = world.borrow_mut();
                world
                    .holders
                    .iter_mut()
                    .filter(|holder| holder.process == process)
                    .for_each(|holder| holder.ends = ends);
            }
            clock.sleep_until(clock.now().after(Duration::from_micros(random.below(60_000) as u64))).await;
        }
        world.borrow_mut().holders.retain(|holder| holder.process != process);
        match random.below(8) {
            0 => drop(fill),
            1 => fill.release().await.unwrap(),
            _ => {
                {
                    let mut world = world.borrow_mut();
                    world.finishing += 1;
                    world.finishes += 1;
                }
                let kept = fill.finish(&Exit::Success(version.to_string()), None).await.unwrap();
                let mut world = world.borrow_mut();
                world.finishing -= 1;
                *(if kept { &mut world.kept } else { &mut world.lost }) += 1;
            }
        }
    }
}

#[test]
fn what_was_forgotten_does_not_come_back_on_hosts_that_do_first_what_they_are_asked_first() {
    let (mut kept, mut lost, mut hits) = (0, 0, 0);
    for seed in 0..300 {
        let (clock, world) = (VirtualClock::new(), RefCell::new(World::default()));
        let memory = Memory::new(clock.clone());
        let mut executor = Executor::new(Seeded::new(seed));
        for process in 0..4 {
            let wire = Wire::new(&clock, seed * 10 + process as u64);
            let [results, records]: [Arc<dyn Store>; 2] =
                shelves(&memory).map(|store| -> Arc<dyn Store> { Arc::new(Wired(wire.clone(), store)) });
            let options = CacheOptions { name: "users:".into(), lease: LEASE };
            let random = Arc::new(Seeded::new(seed * 100 + process as u64));
            let cache = Cache::new(results, records, clock.clone(), random, options);
            let random = Seeded::new(seed * 1000 + process as u64);
            executor.spawn(Box::pin(live(process, cache, clock.clone(), random, &world)));
        }
        executor.run(&clock, |_| {});
        drop(executor);
        let world = world.into_inner();
        let [results, _] = shelves(&memory);
        if let Some(found) = run(&clock, stored(&*results)) {
            assert_eq!(found, world.version.to_string(), "seed {seed}: an old value was left behind");
        }
        (kept, lost, hits) = (kept + world.kept, lost + world.lost, hits + world.hits);
    }
    assert!(kept > 500 && lost > 100 && hits > 1000, "the law was put to the test: {kept} {lost} {hits}");
}

#[test]
fn a_store_without_atomicity_grants_everybody_and_has_no_epochs() {
    let clock = VirtualClock::new();
    let map = Map::with(Abilities { atomicity: Atomicity::None, bytes: true });
    let records = Arc::new(Host::new(Arc::new(map), clock.clone()).records());
    let [results, _] = shelves(&Memory::new(clock.clone()));
    let claims = Claims::new(results.clone(), records, "users:");
    run(&clock, async {
        for token in ["1", "2"] {
            assert_eq!(claims.claim("k", token, LEASE, None).await.unwrap(), Claimed::Granted);
            assert!(claims.renew("k", token, LEASE).await.unwrap());
        }
        assert!(claims.finish("k", "1", Exit::Success("1".into()).encode(), None).await.unwrap());
        assert_eq!(stored(&*results).await.as_deref(), Some("1"));
        claims.release("k", "2").await.unwrap();
        assert_eq!(claims.bump(&key()).await.unwrap_err().kind, Kind::Unsupported);
        claims.forget(&key()).await.unwrap();
        assert_eq!(stored(&*results).await, None);
    });
}
