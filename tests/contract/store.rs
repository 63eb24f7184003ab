//! What a Store promises.

use std::sync::Arc;
use std::time::Duration;

use durastate::error::{Error, Kind, Result};
use durastate::future::join;
use durastate::host::{Clock, Timestamp};
use durastate::store::{Entry, Shelf, Store, Value};
use durastate::transition::{Change, Decided, Fields, Mode, Outcome, Record, Step, Transition};

use super::World;

fn plain(world: &World) -> Arc<dyn Store> {
    world.backend.store(Shelf::KeyValue { table: "plain".into() }).unwrap()
}

fn state(world: &World) -> Arc<dyn Store> {
    world.backend.store(Shelf::State).unwrap()
}

fn entry(key: &str, value: impl Into<Value>) -> Entry {
    Entry { key: key.into(), value: value.into(), ttl: None }
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// Adds `by` to a counter that lives for `ttl` microseconds from its first count on; refuses to go beyond `limit`,
/// and fails on a negative number.
static COUNT: Transition =
    Transition { name: "test/count", step: count, keys: |key, _| vec![key.to_owned()], expects: None, lua: None };

fn count(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome> {
    let (by, found) = (args.int("by")?, state[0].as_ref());
    let before = found.map_or(Ok(0), |record| record.fields.int("count"))?;
    match before + by {
        _ if by < 0 => Err(Error::new(Kind::Invalid, "counting goes up")),
        _ if by == 0 => Ok(Outcome::keep(Fields::new().with("count", before))),
        after if after > args.int("limit").unwrap_or(i64::MAX) => {
            Ok(Outcome::refuse(Fields::new().with("count", before)))
        }
        after => {
            let lives = args.int("ttl").ok().map(|ttl| Timestamp::from_micros(now.micros() + ttl));
            let expires = found.map_or(lives, |record| record.expires);
            let fields = Fields::new().with("count", after);
            Ok(Outcome::change(vec![Change::Put(Record { fields: fields.clone(), expires })], fields))
        }
    }
}

fn step(key: &str, args: Fields) -> Step {
    Step { transition: &COUNT, key: key.into(), args }
}

fn by(by: i64) -> Fields {
    Fields::new().with("by", by)
}

async fn apply(store: &dyn Store, steps: &[Step], mode: Mode) -> Vec<Result<Decided>> {
    store.apply(steps, mode).await.unwrap()
}

async fn counted(store: &dyn Store, key: &str) -> i64 {
    let decided = apply(store, &[step(key, by(0))], Mode::Each).await.remove(0).unwrap();
    decided.reply.int("count").unwrap()
}

pub async fn what_was_written_is_read(world: &World) {
    let store = plain(world);
    store.write(&[entry("a", "1"), entry("b", ""), entry("ключ 🗝", "значение")]).await.unwrap();
    store.write(&[entry("a", "2")]).await.unwrap();
    let read = store.read(&keys(&["b", "missing", "a", "ключ 🗝", "a"])).await.unwrap();
    let expected = [Some(""), None, Some("2"), Some("значение"), Some("2")];
    assert_eq!(read, expected.map(|text| text.map(Value::from)));
}

pub async fn what_was_removed_is_gone(world: &World) {
    let store = plain(world);
    store.write(&[entry("a", "1"), entry("b", "2")]).await.unwrap();
    store.remove(&keys(&["a", "never there"])).await.unwrap();
    assert_eq!(store.read(&keys(&["a", "b"])).await.unwrap(), [None, Some("2".into())]);
}

pub async fn text_and_bytes_stay_apart(world: &World) {
    let store = plain(world);
    let bytes = Value::Bytes(vec![0, 255, 128, 65]);
    let written = store.write(&[entry("bytes", vec![0, 255, 128, 65]), entry("text", "AP+AQQ==")]).await;
    if !store.abilities().bytes {
        assert_eq!(written.unwrap_err().kind, Kind::Unsupported);
        return;
    }
    let read = store.read(&keys(&["bytes", "text"])).await.unwrap();
    assert_eq!(read, [Some(bytes), Some("AP+AQQ==".into())]);
}

pub async fn a_listing_has_every_key_of_its_prefix(world: &World) {
    let store = plain(world);
    let mut expected: Vec<String> = (0..20).map(|i| format!("in:{i}")).collect();
    let inside = expected.iter().map(|key| entry(key, "x"));
    let outside = ["i", "in", "im:1", "io:1", ""].map(|key| entry(&format!("{key}-"), "x"));
    store.write(&inside.chain(outside).collect::<Vec<_>>()).await.unwrap();
    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list("in:", cursor.as_deref(), 7).await.unwrap();
        listed.extend(page.keys);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    listed.sort();
    listed.dedup();
    expected.sort();
    assert_eq!(listed, expected);
}

pub async fn shelves_do_not_see_each_other(world: &World) {
    let (plain, state) = (plain(world), state(world));
    apply(&*state, &[step("a", by(1))], Mode::Each).await;
    assert_eq!(plain.read(&keys(&["a"])).await.unwrap(), [None]);
    plain.write(&[entry("a", "text")]).await.unwrap();
    assert_eq!(counted(&*state, "a").await, 1);
    assert_eq!(state.list("a", None, 10).await.unwrap().keys, ["a"]);
}

pub async fn a_plain_key_can_not_expire(world: &World) {
    let store = plain(world);
    store.write(&[entry("a", "1")]).await.unwrap();
    let expiring = Entry { ttl: Some(Duration::from_secs(1)), ..entry("a", "2") };
    let refused = store.write(&[entry("b", "1"), expiring]).await.unwrap_err();
    assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Unsupported, Some("a")));
    assert_eq!(store.read(&keys(&["a", "b"])).await.unwrap(), [Some("1".into()), None]);
}

pub async fn a_transition_changes_what_it_decided_and_nothing_else(world: &World) {
    let store = state(world);
    let decided = apply(&*store, &[step("a", by(2)), step("b", by(3))], Mode::Each).await;
    let counts: Vec<_> = decided.into_iter().map(|told| told.unwrap().reply.int("count").unwrap()).collect();
    assert_eq!(counts, [2, 3]);
    assert_eq!((counted(&*store, "a").await, counted(&*store, "b").await, counted(&*store, "c").await), (2, 3, 0));
    assert_eq!(store.list("c", None, 10).await.unwrap().keys.len(), 0, "a kept key is not made");
}

pub async fn a_record_is_there_until_it_expires_and_gone_at_that_moment(world: &World) {
    let store = state(world);
    apply(&*store, &[step("a", by(5).with("ttl", 1_000_000))], Mode::Each).await;
    world.clock.advance(Duration::from_micros(999_999));
    assert_eq!(counted(&*store, "a").await, 5);
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(counted(&*store, "a").await, 0);
}

pub async fn a_record_that_has_expired_already_is_removed(world: &World) {
    let store = state(world);
    apply(&*store, &[step("a", by(5))], Mode::Each).await;
    apply(&*store, &[step("b", by(5).with("ttl", 0))], Mode::Each).await;
    assert_eq!(store.list("", None, 10).await.unwrap().keys, ["a"]);
}

pub async fn a_kept_record_keeps_its_time_to_live(world: &World) {
    let store = state(world);
    apply(&*store, &[step("a", by(1).with("ttl", 1_000))], Mode::Each).await;
    world.clock.advance(Duration::from_micros(600));
    apply(&*store, &[step("a", by(1).with("ttl", 1_000))], Mode::Each).await;
    assert_eq!(counted(&*store, "a").await, 2);
    world.clock.advance(Duration::from_micros(400));
    assert_eq!(counted(&*store, "a").await, 0);
}

pub async fn a_refused_step_changes_nothing(world: &World) {
    let store = state(world);
    apply(&*store, &[step("a", by(3))], Mode::Each).await;
    let decided = apply(&*store, &[step("a", by(3).with("limit", 5))], Mode::Each).await.remove(0).unwrap();
    assert!(decided.refused);
    assert_eq!((decided.reply.int("count").unwrap(), counted(&*store, "a").await), (3, 3));
}

pub async fn steps_of_one_call_see_each_other(world: &World) {
    let store = state(world);
    let steps: Vec<_> = (0..200).map(|_| step("a", by(1).with("limit", 150))).collect();
    let decided = apply(&*store, &steps, Mode::Each).await;
    let refused = decided.iter().filter(|told| told.as_ref().unwrap().refused).count();
    assert_eq!((refused, counted(&*store, "a").await), (50, 150));
}

pub async fn all_or_nothing_is_nothing_when_one_is_refused(world: &World) {
    let store = state(world);
    let both = |limit| [step("a", by(1)), step("b", by(2).with("limit", limit))];
    let refused = apply(&*store, &both(1), Mode::AllOrNothing).await;
    assert!(refused.iter().any(|told| told.as_ref().unwrap().refused));
    assert_eq!((counted(&*store, "a").await, counted(&*store, "b").await), (0, 0));
    let failed = store.apply(&[step("a", by(1)), step("b", by(-1))], Mode::AllOrNothing).await;
    assert_eq!(failed.unwrap_err().kind, Kind::Invalid);
    assert_eq!(counted(&*store, "a").await, 0);
    apply(&*store, &both(2), Mode::AllOrNothing).await;
    assert_eq!((counted(&*store, "a").await, counted(&*store, "b").await), (1, 2));
}

pub async fn a_step_that_fails_fails_alone(world: &World) {
    let store = state(world);
    let decided = apply(&*store, &[step("a", by(1)), step("b", by(-1)), step("c", by(3))], Mode::Each).await;
    let failed = decided[1].as_ref().unwrap_err();
    assert_eq!((failed.kind, failed.key.as_deref()), (Kind::Invalid, Some("b")));
    assert_eq!((counted(&*store, "a").await, counted(&*store, "b").await, counted(&*store, "c").await), (1, 0, 3));
}

pub async fn no_change_is_lost_among_many_at_once(world: &World) {
    let store = state(world);
    let (slow, fast) = (world.backend.store(Shelf::State).unwrap(), &store);
    let many = (0..300).map(|i| {
        let store = if i % 2 == 0 { &slow } else { fast };
        async move { apply(&**store, &[step("a", by(1)), step("b", by(1))], Mode::Each).await.len() }
    });
    assert_eq!(join(many.collect()).await.iter().sum::<usize>(), 600);
    assert_eq!((counted(&*store, "a").await, counted(&*store, "b").await), (300, 300));
    assert!(world.clock.now() > Timestamp::from_micros(0));
}
