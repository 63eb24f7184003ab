//! Laws of the parts that every layer stands on: turns, effects that are undone, swaps that are beaten.

mod support;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use durastate::backends::host::Host;
use durastate::error::{Error, Kind};
use durastate::future::{Answer, First, Undo, join, ready, select};
use durastate::host::{Clock, HostStore, Owner, Swap, Tasks, undone_if_abandoned};
use durastate::layers::key_value::KeyValue;
use durastate::store::{Abilities, Page, Value};
use durastate::turns::Turns;
use proptest::prelude::*;

use support::clock::VirtualClock;
use support::executor::{Executor, KeptTasks, run};
use support::map::Map;
use support::random::Seeded;

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

async fn pause(clock: &VirtualClock) {
    clock.sleep_until(clock.now().after(Duration::from_millis(1))).await;
}

/// Counts those who are inside, and that there is never a second one.
struct Inside<'a>(&'a AtomicUsize);

impl<'a> Inside<'a> {
    fn enter(inside: &'a AtomicUsize) -> Self {
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two have their turn at once");
        Self(inside)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn one_at_a_time_has_its_turn_whoever_is_dropped() {
    for seed in 0..100 {
        let (clock, turns, inside, done) =
            (VirtualClock::new(), Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        let work = async || {
            let _turn = turns.take("key").await;
            let _inside = Inside::enter(&inside);
            pause(&clock).await;
            done.fetch_add(1, Ordering::SeqCst);
        };
        let mut executor = Executor::new(Seeded::new(seed));
        let tasks: Vec<_> = (0..20).map(|_| executor.spawn(Box::pin(work()))).collect();
        let mut crashed = 0;
        executor.run(&clock, |executor| {
            if crashed < 10 && executor.random().one_in(4) {
                crashed += 1;
                let victim = executor.random().below(tasks.len());
                executor.crash(tasks[victim]);
            }
        });
        assert!(done.load(Ordering::SeqCst) >= 10, "whoever was not dropped had its turn");
    }
}

#[test]
fn turns_come_in_the_order_in_which_they_were_asked_for() {
    let (clock, turns) = (VirtualClock::new(), Turns::default());
    let order = std::sync::Mutex::new(Vec::new());
    let work = async |name| {
        let _turn = turns.take("key").await;
        pause(&clock).await;
        order.lock().unwrap().push(name);
    };
    run(&clock, join((0..10).map(work).collect::<Vec<_>>()));
    assert_eq!(*order.lock().unwrap(), (0..10).collect::<Vec<_>>());
    run(&clock, async {
        let _held = turns.take("key").await;
        drop(turns.take("another key").await);
    });
}

/// An effect that counts what it gave, and how to take it back.
fn effect(clock: &Arc<VirtualClock>, kept: &Arc<AtomicUsize>) -> (Answer<'static, usize>, Undo<usize>) {
    let (clock, given, back) = (clock.clone(), kept.clone(), kept.clone());
    let effect = Box::pin(async move {
        given.fetch_add(1, Ordering::SeqCst);
        pause(&clock).await;
        Ok(1)
    });
    let undo = move |claim: usize| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            back.fetch_sub(claim, Ordering::SeqCst);
        })
    };
    (effect, Box::new(undo))
}

#[test]
fn an_effect_that_is_awaited_is_kept_and_one_that_is_dropped_is_undone() {
    let (clock, kept, tasks) = (VirtualClock::new(), Arc::new(AtomicUsize::new(0)), Arc::new(KeptTasks::default()));
    let claim = || {
        let (effect, undo) = effect(&clock, &kept);
        undone_if_abandoned(tasks.clone(), Owner(1), effect, undo)
    };
    assert_eq!(run(&clock, claim()).unwrap(), 1);
    assert_eq!((kept.load(Ordering::SeqCst), tasks.take().len()), (1, 0), "awaited: kept, and no task was needed");

    drop(claim());
    assert_eq!((kept.load(Ordering::SeqCst), tasks.take().len()), (1, 0), "never begun: there is nothing to undo");

    let mut begun = claim();
    assert!(!poll(&mut begun));
    drop(begun);
    assert_eq!(kept.load(Ordering::SeqCst), 2, "the effect is under way");
    run(&clock, join(tasks.take()));
    assert_eq!(kept.load(Ordering::SeqCst), 1, "abandoned: undone");

    let mut stopped = claim();
    assert!(!poll(&mut stopped));
    drop(stopped);
    tasks.stop(Owner(1));
    assert_eq!((tasks.take().len(), kept.load(Ordering::SeqCst)), (0, 2), "its owner was stopped: the lease lapses");
}

#[test]
fn a_select_drops_the_slower_one_and_never_one_that_had_finished() {
    let clock = VirtualClock::new();
    let first = run(&clock, select(async { 1 }, async { unreachable!("the first was there already") }));
    assert!(matches!(first, First::A::<_, ()>(1)));
    let slower = pause(&clock);
    let second = run(&clock, select(slower, async { 2 }));
    assert!(matches!(second, First::B(2)));
    assert!(!clock.advance_to_next_sleeper(), "nobody sleeps on for the one that was dropped");
}

/// A map in which somebody else is always faster.
struct Beaten(Map);

impl HostStore for Beaten {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        self.0.read(keys)
    }

    fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()> {
        self.0.write(entries)
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        self.0.remove(keys)
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        self.0.list(prefix, cursor, limit)
    }

    fn swap<'a>(&'a self, _: &'a [Swap]) -> Answer<'a, bool> {
        ready(Ok(false))
    }

    fn abilities(&self) -> Abilities {
        self.0.abilities()
    }
}

#[test]
fn who_is_beaten_again_and_again_is_told_and_nothing_has_changed() {
    let clock = VirtualClock::new();
    let host = Host::new(Arc::new(Beaten(Map::new())), clock.clone());
    let kv = KeyValue::new(Arc::new(host.plain()));
    run(&clock, async {
        kv.set("key", "1").await.unwrap();
        let beaten = kv.modify("key", |_| "2".into()).await.unwrap_err();
        assert_eq!((beaten.kind, beaten.key.as_deref()), (Kind::Conflict, Some("key")));
        assert_eq!(kv.get("key").await.unwrap().as_deref(), Some("1"));
    });
}

#[test]
fn an_error_carries_its_key_and_its_cause() {
    let full = std::io::Error::other("disk full");
    let error = Error::new(Kind::Unavailable, "the store refused").on("a\"b").because(full);
    assert_eq!(error.to_string(), r#"the store refused (key "a\"b")"#);
    let cause = error.cause.unwrap();
    assert_eq!(cause.get::<std::io::Error>().unwrap().to_string(), "disk full");
    assert!(cause.get::<String>().is_none());
}

proptest! {
    /// Short keys of few signs, so that prefixes, keys and what belongs to durastate meet often.
    #[test]
    fn a_view_is_the_keys_with_its_prefix_and_clearing_it_leaves_the_others(
        keys in proptest::collection::btree_set("(durastate:)?[ab:\u{e4}\u{1f5dd}]{1,4}", 0..12),
        (outer, inner, cleared) in ("[ab:\u{e4}]{0,2}", "[ab:\u{1f5dd}]{0,2}", "[ab]{0,1}"),
    ) {
        let clock = VirtualClock::new();
        let kv = KeyValue::new(Arc::new(Host::new(Arc::new(Map::new()), clock.clone()).plain()));
        let prefix = format!("{outer}{inner}");
        let of = |prefix: &str, clear: &str| -> Vec<String> {
            let begins = format!("{prefix}{clear}");
            let ours = keys.iter().filter(|key| key.starts_with(&begins) && key.len() > prefix.len());
            ours.filter(|key| !key.starts_with("durastate:")).map(|key| key[prefix.len()..].to_owned()).collect()
        };
        run(&clock, async {
            for key in &keys {
                kv.set(key, key.as_str()).await.unwrap();
            }
            let view = kv.prefix(&outer).prefix(&inner);
            assert_eq!(view.keys().await.unwrap(), of(&prefix, ""));
            assert_eq!(view.size().await.unwrap(), of(&prefix, "").len());
            assert_eq!(view.is_empty().await.unwrap(), of(&prefix, "").is_empty());
            for key in view.keys().await.unwrap() {
                assert_eq!(view.get(&key).await.unwrap(), Some(format!("{prefix}{key}")));
            }
            let gone = of(&prefix, &cleared);
            assert_eq!(view.clear_prefix(&cleared).await.unwrap(), gone);
            let gone: Vec<String> = gone.into_iter().map(|key| format!("{prefix}{key}")).collect();
            for key in &keys {
                assert_eq!(kv.has(key).await.unwrap(), !gone.contains(key), "{key}");
            }
        });
    }
}
