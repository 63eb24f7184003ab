//! What the cache layer promises.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use durastate::error::{Error, Kind, Result};
use durastate::future::join;
use durastate::host::Clock;
use durastate::layers::cache::{Asked, Cache, CacheOptions, Claimed, Claims};
use durastate::layers::persistence::{Exit, exit_of};
use durastate::store::{Entry, Shelf, Store, namespace};

use super::World;
use crate::support::random::Seeded;

const LEASE: Duration = Duration::from_secs(5);
const MICRO: Duration = Duration::from_micros(1);

fn results(world: &World) -> Arc<dyn Store> {
    world.backend.store(Shelf::Persistence { prefix: String::new(), store_id: "users".into() }).unwrap()
}

/// A cache of another process on the same stores.
fn open(world: &World, process: u64) -> Cache {
    let records = world.backend.store(Shelf::State).unwrap();
    let options = CacheOptions { name: namespace("users"), lease: LEASE };
    Cache::new(results(world), records, world.clock.clone(), Arc::new(Seeded::new(process)), options)
}

fn claims(world: &World) -> Claims {
    open(world, 0).claims().clone()
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn text(json: &str) -> String {
    Exit::Success(json.into()).encode()
}

async fn stored(world: &World, key: &str) -> Option<Exit> {
    let found = results(world).read(&keys(&[key])).await.unwrap().remove(0);
    found.map(|value| exit_of(value).unwrap())
}

fn success(json: &str) -> Exit {
    Exit::Success(json.into())
}

async fn claim(claims: &Claims, token: &str) -> Claimed {
    claims.claim("k", token, LEASE, None).await.unwrap()
}

async fn finish(claims: &Claims, token: &str) -> bool {
    claims.finish("k", token, text(&format!("\"{token}\"")), None).await.unwrap()
}

async fn renew(claims: &Claims, token: &str) -> bool {
    claims.renew("k", token, LEASE).await.unwrap()
}

pub async fn one_of_many_who_claim_at_once_is_granted(world: &World) {
    let claims = claims(world);
    let many: Vec<_> = (0..20).map(|i| format!("t{i}")).collect();
    let told = join(many.iter().map(|token| claim(&claims, token)).collect()).await;
    let granted = told.iter().filter(|told| **told == Claimed::Granted).count();
    let busy = told.iter().filter(|told| **told == Claimed::Busy(LEASE)).count();
    assert_eq!((granted, busy), (1, 19), "{told:?}");
    assert_eq!(claims.claim("another", "t", LEASE, None).await.unwrap(), Claimed::Granted);
}

pub async fn who_claims_again_with_the_same_token_has_the_same_claim(world: &World) {
    let claims = claims(world);
    assert_eq!(claim(&claims, "a").await, Claimed::Granted);
    world.clock.advance(LEASE / 2);
    assert_eq!(claim(&claims, "b").await, Claimed::Busy(LEASE / 2));
    assert_eq!(claim(&claims, "a").await, Claimed::Granted);
    assert_eq!(claim(&claims, "b").await, Claimed::Busy(LEASE));
    world.clock.advance(LEASE - MICRO);
    assert!(renew(&claims, "a").await && !renew(&claims, "b").await);
    assert_eq!(claim(&claims, "b").await, Claimed::Busy(LEASE));
}

pub async fn a_lapsed_claim_lets_another_go_on_and_the_old_one_leaves_nothing(world: &World) {
    let claims = claims(world);
    claim(&claims, "old").await;
    world.clock.advance(LEASE - MICRO);
    assert_eq!(claim(&claims, "new").await, Claimed::Busy(MICRO));
    world.clock.advance(MICRO);
    assert!(!renew(&claims, "old").await && !finish(&claims, "old").await, "nobody has taken it, and it is lapsed");
    assert_eq!(stored(world, "k").await, None);
    assert_eq!(claim(&claims, "new").await, Claimed::Granted);
    claims.release("k", "old").await.unwrap();
    assert!(!renew(&claims, "old").await && !finish(&claims, "old").await);
    assert_eq!((stored(world, "k").await, claim(&claims, "third").await), (None, Claimed::Busy(LEASE)));
    assert!(finish(&claims, "new").await);
    assert_eq!(stored(world, "k").await, Some(success("\"new\"")));
    assert!(!finish(&claims, "old").await);
    assert_ne!(stored(world, "k").await, Some(success("\"old\"")));
}

pub async fn who_missed_a_value_just_before_it_was_stored_looks_again(world: &World) {
    let claims = claims(world);
    claim(&claims, "a").await;
    assert!(finish(&claims, "a").await);
    let done = Claimed::Done("a".into());
    assert_eq!((claim(&claims, "b").await, claim(&claims, "a").await), (done.clone(), done.clone()));
    assert_eq!(stored(world, "k").await, Some(success("\"a\"")));
    assert!(!renew(&claims, "a").await, "it is done, and not to be had again");
    claims.release("k", "a").await.unwrap();
    assert_eq!(claims.claim("k", "b", LEASE, Some("another")).await.unwrap(), done);
    assert_eq!(claims.claim("k", "b", LEASE, Some("a")).await.unwrap(), Claimed::Granted, "there is still nothing");
    assert_eq!(claims.claim("k", "c", LEASE, Some("a")).await.unwrap(), Claimed::Busy(LEASE));
    assert!(finish(&claims, "b").await && finish(&claims, "b").await, "a settlement that came twice is the same");
    assert_eq!(stored(world, "k").await, Some(success("\"b\"")));
    world.clock.advance(LEASE);
    assert_eq!(claim(&claims, "c").await, Claimed::Granted, "that somebody was done is forgotten in time");
}

pub async fn who_was_done_is_remembered_no_longer_than_what_they_stored(world: &World) {
    let claims = claims(world);
    claim(&claims, "a").await;
    assert!(claims.finish("k", "a", text("1"), Some(LEASE)).await.unwrap());
    assert_eq!(claim(&claims, "b").await, Claimed::Done("a".into()));
    world.clock.advance(LEASE);
    assert_eq!(claim(&claims, "b").await, Claimed::Granted);
}

pub async fn what_is_kept_for_no_time_ends_the_claim_alone(world: &World) {
    let claims = claims(world);
    results(world).write(&[Entry { key: "k".into(), value: text("1").into(), ttl: None }]).await.unwrap();
    claim(&claims, "a").await;
    assert!(claims.finish("k", "a", text("2"), Some(Duration::ZERO)).await.unwrap());
    assert_eq!((stored(world, "k").await, claim(&claims, "b").await), (Some(success("1")), Claimed::Done("a".into())));
    assert!(!claims.finish("k", "b", text("2"), Some(Duration::ZERO)).await.unwrap());
    assert_eq!(stored(world, "k").await, Some(success("1")), "who stores nothing removes nothing");
}

pub async fn what_is_forgotten_while_it_is_looked_up_is_not_kept(world: &World) {
    let claims = claims(world);
    claim(&claims, "a").await;
    claims.forget(&keys(&["k", "another"])).await.unwrap();
    assert!(!renew(&claims, "a").await && !finish(&claims, "a").await);
    assert_eq!((stored(world, "k").await, claim(&claims, "b").await), (None, Claimed::Granted));
    assert!(!finish(&claims, "a").await && finish(&claims, "b").await);
    claims.forget(&keys(&["k"])).await.unwrap();
    assert_eq!((stored(world, "k").await, claim(&claims, "c").await), (None, Claimed::Granted));
}

pub async fn a_claim_that_is_given_back_is_the_next_ones(world: &World) {
    let claims = claims(world);
    claim(&claims, "a").await;
    claims.release("k", "b").await.unwrap();
    assert_eq!(claim(&claims, "b").await, Claimed::Busy(LEASE), "it is not theirs to give");
    claims.release("k", "a").await.unwrap();
    assert_eq!(claim(&claims, "b").await, Claimed::Granted);
    claims.release("k", "a").await.unwrap();
    assert_eq!(claim(&claims, "a").await, Claimed::Busy(LEASE));
}

pub async fn epochs_only_grow(world: &World) {
    let (claims, tags) = (claims(world), keys(&["red", "green"]));
    assert_eq!(claims.epochs(&tags).await.unwrap(), [0, 0]);
    let first = claims.bump(&tags[..1]).await.unwrap()[0];
    assert!(first >= world.clock.now().micros(), "what was forgotten with its epoch does not get an old one");
    assert_eq!(claims.epochs(&tags).await.unwrap(), [first, 0]);
    let many = join((0..30).map(|_| claims.bump(&tags)).collect()).await;
    let mut red: Vec<_> = many.into_iter().map(|epochs| epochs.unwrap()[0]).collect();
    red.sort();
    red.dedup();
    assert_eq!((red.len(), red[0] > first), (30, true), "no epoch is there twice");
    assert_eq!(claims.epochs(&tags).await.unwrap()[0], red[29]);
    assert!(claims.epochs(&[]).await.unwrap().is_empty());
}

/// Looks something up, and counts that it did.
async fn lookup(world: &World, count: &Cell<u32>, takes: Duration) -> Result<Exit> {
    count.set(count.get() + 1);
    world.clock.sleep_until(world.clock.now().after(takes)).await;
    Ok(success(&count.get().to_string()))
}

pub async fn many_who_ask_at_once_run_one_lookup(world: &World) {
    let (caches, count) = ([open(world, 1), open(world, 2)], Cell::new(0));
    for (takes, key) in [(LEASE / 10, "brief"), (LEASE * 3, "longer than a lease")] {
        count.set(0);
        let many = (0..30).map(|i| caches[i % 2].get(key, None, || lookup(world, &count, takes)));
        let found = join(many.collect()).await;
        assert!(found.into_iter().all(|found| found.unwrap() == success("1")));
        assert_eq!(caches[0].get(key, None, || lookup(world, &count, takes)).await.unwrap(), success("1"));
        assert_eq!(count.get(), 1, "{key}");
    }
}

pub async fn a_lookup_that_fails_lets_the_next_one_look(world: &World) {
    let (cache, count) = (open(world, 1), Cell::new(0));
    let fails_first = async || match lookup(world, &count, LEASE / 10).await? {
        found if found == success("1") => Err(Error::new(Kind::Unavailable, "no")),
        found => Ok(found),
    };
    let found = join((0..10).map(|_| cache.get("k", None, &fails_first)).collect()).await;
    let failed = found.iter().filter(|found| found.is_err()).count();
    let answered = found.into_iter().flatten().filter(|found| *found == success("2")).count();
    assert_eq!((failed, answered, count.get()), (1, 9, 2), "a failure is the one's whose lookup it was");
}

pub async fn a_waiter_takes_over_when_the_lease_of_a_crashed_one_lapses(world: &World) {
    let (cache, count) = (open(world, 1), Cell::new(0));
    let Asked::Miss(crashed) = open(world, 2).ask("k").await.unwrap() else { panic!("there is nothing yet") };
    drop(crashed);
    let begun = world.clock.now();
    let many = (0..5).map(|_| cache.get("k", None, || lookup(world, &count, Duration::ZERO)));
    assert!(join(many.collect()).await.into_iter().all(|found| found.unwrap() == success("1")));
    let (took, first) = (world.clock.now().since(begun), LEASE);
    assert!(took >= first && took <= first + LEASE / 16, "{took:?}");
}

pub async fn a_guard_settles_what_it_was_given(world: &World) {
    let cache = open(world, 1);
    let ask = async || match cache.ask("k").await.unwrap() {
        Asked::Miss(fill) => fill,
        _ => panic!("it is not there, and nobody looks it up"),
    };
    ask().await.release().await.unwrap();
    let mut fill = ask().await;
    assert!(matches!(open(world, 2).ask("k").await.unwrap(), Asked::Busy(LEASE)));
    world.clock.advance(LEASE / 2);
    assert!(fill.renew().await.unwrap());
    world.clock.advance(LEASE - MICRO);
    assert!(fill.finish(&success("1"), None).await.unwrap());
    assert!(matches!(cache.ask("k").await.unwrap(), Asked::Hit(found) if found == success("1")));
    cache.forget(&keys(&["k"])).await.unwrap();
    let fill = ask().await;
    world.clock.advance(LEASE);
    assert!(!fill.finish(&success("2"), None).await.unwrap(), "it was stopped for longer than its lease");
    assert_eq!(stored(world, "k").await, None);
}

pub async fn who_finds_nothing_after_all_looks_it_up(world: &World) {
    let cache = open(world, 1);
    let Asked::Miss(first) = cache.ask("k").await.unwrap() else { panic!("there is nothing yet") };
    assert!(first.finish(&success("1"), Some(Duration::ZERO)).await.unwrap());
    let Asked::Miss(second) = cache.ask("k").await.unwrap() else { panic!("nothing was kept") };
    assert!(second.finish(&success("2"), None).await.unwrap());
    results(world).write(&[Entry { key: "k".into(), value: "no result".into(), ttl: None }]).await.unwrap();
    let count = Cell::new(2);
    let found = cache.get("k", None, || lookup(world, &count, Duration::ZERO)).await.unwrap();
    assert_eq!((&found, stored(world, "k").await.as_ref()), (&success("3"), Some(&found)), "no result is none");
}
