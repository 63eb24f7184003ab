//! When results go, on a place that takes the time from the clock of whoever uses it.

use std::sync::Arc;
use std::time::Duration;

use durastate::store::{Entry, Shelf, Store, Value};

use super::World;

fn open(world: &World) -> Arc<dyn Store> {
    world.backend.store(Shelf::Persistence { prefix: String::new(), store_id: "users".into() }).unwrap()
}

fn entry(key: &str, text: &str, ttl: impl Into<Option<Duration>>) -> Entry {
    Entry { key: key.into(), value: text.into(), ttl: ttl.into() }
}

async fn has(store: &dyn Store, key: &str) -> bool {
    let read = store.read(&[key.to_owned()]).await.unwrap().remove(0).is_some();
    let listed = store.list("", None, 10).await.unwrap().keys;
    assert_eq!(listed.iter().any(|listed| listed == key), read, "a listing and a reading of {key} agree");
    read
}

const SECOND: Duration = Duration::from_secs(1);
const JUST_BEFORE: Duration = Duration::from_micros(999_999);
const MICROSECOND: Duration = Duration::from_micros(1);

pub async fn a_result_is_there_until_its_time_has_come_and_gone_at_that_moment(world: &World) {
    let store = open(world);
    store
        .write(&[entry("brief", "1", SECOND), entry("longer", "2", 2 * SECOND), entry("lasting", "3", None)])
        .await
        .unwrap();
    world.clock.advance(JUST_BEFORE);
    assert!(has(&*store, "brief").await);
    world.clock.advance(MICROSECOND);
    assert!(!has(&*store, "brief").await && has(&*store, "longer").await);
    world.clock.advance(SECOND * 1_000_000);
    let keys = ["brief", "longer", "lasting"].map(str::to_owned);
    assert_eq!(store.read(&keys).await.unwrap(), [None, None, Some(Value::from("3"))]);
    assert_eq!(store.list("", None, 10).await.unwrap().keys, ["lasting"]);
}

pub async fn a_fraction_of_a_millisecond_counts_as_one_at_most(world: &World) {
    let store = open(world);
    store.write(&[entry("a", "1", Duration::from_micros(1_500_400))]).await.unwrap();
    world.clock.advance(Duration::from_micros(1_500_399));
    assert!(has(&*store, "a").await, "it is there for as long as was asked");
    world.clock.advance(Duration::from_micros(601));
    assert!(!has(&*store, "a").await, "and no whole millisecond longer");
}

pub async fn a_new_result_has_its_own_time_to_live(world: &World) {
    let store = open(world);
    store
        .write(&[entry("lasts", "1", SECOND), entry("renewed", "1", SECOND), entry("cut short", "1", None)])
        .await
        .unwrap();
    world.clock.advance(JUST_BEFORE);
    store
        .write(&[entry("lasts", "2", None), entry("renewed", "2", SECOND), entry("cut short", "2", SECOND)])
        .await
        .unwrap();
    world.clock.advance(JUST_BEFORE);
    assert!(has(&*store, "lasts").await && has(&*store, "renewed").await && has(&*store, "cut short").await);
    world.clock.advance(SECOND);
    assert!(has(&*store, "lasts").await && !has(&*store, "renewed").await && !has(&*store, "cut short").await);
}

pub async fn a_result_that_has_expired_may_be_written_again(world: &World) {
    let store = open(world);
    for round in ["1", "2", "3"] {
        store.write(&[entry("a", round, SECOND)]).await.unwrap();
        assert_eq!(store.read(&["a".into()]).await.unwrap(), [Some(round.into())]);
        world.clock.advance(SECOND);
        assert!(!has(&*store, "a").await);
    }
}

pub async fn a_result_without_any_time_to_live_takes_the_place_of_the_old_one_and_goes(world: &World) {
    let store = open(world);
    store.write(&[entry("a", "1", None), entry("b", "1", None)]).await.unwrap();
    store.write(&[entry("a", "2", Duration::ZERO)]).await.unwrap();
    assert!(!has(&*store, "a").await && has(&*store, "b").await);
}

pub async fn a_result_that_outlasts_every_clock_stays(world: &World) {
    let store = open(world);
    store.write(&[entry("a", "1", Duration::MAX), entry("b", "2", Duration::from_secs(1 << 53))]).await.unwrap();
    world.clock.advance(Duration::from_secs(100 * 365 * 86_400));
    assert!(has(&*store, "a").await && has(&*store, "b").await);
}
