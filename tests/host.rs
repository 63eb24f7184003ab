//! The contracts on key-value stores of the host: one that keeps bytes, and one that holds text alone.

mod contract;
mod support;

use std::sync::Arc;
use std::time::Duration;

use durastate::backends::host::Host;
use durastate::error::{Error, Kind};
use durastate::future::{Answer, Shared, ready};
use durastate::host::{Clock, HostStore, Swap};
use durastate::store::{Abilities, Atomicity, Entry, Page, Store, Value};

use support::executor::run;
use support::map::Map;

fn whole(clock: Arc<dyn Clock>) -> Host {
    Host::new(Arc::new(Map::new()), clock)
}

fn text_only(clock: Arc<dyn Clock>) -> Host {
    let abilities = Abilities { atomicity: Atomicity::Process, bytes: false };
    Host::new(Arc::new(Map::with(abilities)), clock)
}

contract::suite!(store, crate::whole);
contract::suite!(results, crate::whole);
contract::suite!(expiry, crate::whole);
contract::suite!(key_value, crate::whole);
contract::suite!(persistence, crate::whole);
contract::suite!(persistence_times, crate::whole);
contract::suite!(cache, crate::whole);

mod text {
    crate::contract::suite!(store, crate::text_only);
    crate::contract::suite!(results, crate::text_only);
    crate::contract::suite!(expiry, crate::text_only);
    crate::contract::suite!(key_value, crate::text_only);
    crate::contract::suite!(persistence, crate::text_only);
    crate::contract::suite!(persistence_times, crate::text_only);
    crate::contract::suite!(cache, crate::text_only);
}

#[test]
fn a_store_that_can_not_swap_says_so_and_changes_nothing() {
    use durastate::layers::key_value::KeyValue;

    let clock = support::clock::VirtualClock::new();
    let abilities = Abilities { atomicity: Atomicity::None, bytes: true };
    let host = Host::new(Arc::new(Map::with(abilities)), clock.clone());
    let kv = KeyValue::new(Arc::new(host.plain()));
    support::executor::run(&clock, async {
        kv.set("a", "1").await.unwrap();
        assert_eq!(kv.modify("a", |_| "2".into()).await.unwrap_err().kind, Kind::Unsupported);
        assert_eq!(kv.get("a").await.unwrap().as_deref(), Some("1"));
    });
}

/// A map with the store `users`, and the clock of those who use it.
fn users(abilities: Abilities) -> (Arc<Map>, Arc<support::clock::VirtualClock>, impl Store) {
    let (map, clock) = (Arc::new(Map::with(abilities)), support::clock::VirtualClock::new());
    let store = Host::new(map.clone(), clock.clone()).persistence("", "my:st%ore*").unwrap();
    (map, clock, store)
}

const WHOLE: Abilities = Abilities { atomicity: Atomicity::Store, bytes: true };

fn entry(key: &str, value: &str, ttl: Option<Duration>) -> Entry {
    Entry { key: key.into(), value: value.into(), ttl }
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn results_lie_in_a_map_where_effect_keeps_them() {
    let (map, clock, store) = users(WHOLE);
    let exit = r#"{"_tag":"Success","value":[1,2]}"#;
    let brief = Some(Duration::from_micros(1_500_400));
    run(&clock, store.write(&[entry("u/1", exit, None), entry("u/2", exit, brief)])).unwrap();
    let value = |expires| Value::Text(format!("[{exit},{expires}]"));
    let expected = [("my%3Ast%25ore*:u/1", value("null")), ("my%3Ast%25ore*:u/2", value("4100000001500.4"))];
    assert_eq!(*map.values.lock().unwrap(), expected.map(|(key, value)| (key.to_owned(), value)).into());
}

#[test]
fn results_that_others_put_into_a_map_are_read_and_what_is_none_is_handed_up() {
    let (map, clock, store) = users(WHOLE);
    let texts = [
        ("lasting", "[{\"a\":[1,2]},null]", Some("{\"a\":[1,2]}")),
        ("brief", "[1,4100000000000.001]", Some("1")),
        ("gone", "[1,4100000000000]", None),
        ("no array", "{\"a\":1}", Some("{\"a\":1}")),
        ("no JSON", "[", Some("[")),
        ("no time", "[1,\"2099\"]", Some("[1,\"2099\"]")),
    ];
    let place = |key: &str| format!("my%3Ast%25ore*:{key}");
    map.values.lock().unwrap().extend(texts.map(|(key, text, _)| (place(key), text.into())));
    map.values.lock().unwrap().insert(place("bytes"), Value::Bytes(b"[1,null]".to_vec()));
    let mut expected = texts.map(|(_, _, read)| read.map(Value::from)).to_vec();
    expected.push(Some(Value::Bytes(b"[1,null]".to_vec())));
    let mut all = texts.map(|(key, ..)| key.to_owned()).to_vec();
    all.push("bytes".into());
    assert_eq!(run(&clock, store.read(&all)).unwrap(), expected);
    assert_eq!(map.values.lock().unwrap().len(), 6, "what has expired is removed, and nothing else");
}

#[test]
fn results_that_have_expired_are_removed_by_whoever_finds_them() {
    for atomicity in [Atomicity::Store, Atomicity::None] {
        let (map, clock, store) = users(Abilities { atomicity, ..WHOLE });
        let second = Some(Duration::from_secs(1));
        let left = || map.values.lock().unwrap().len();
        run(&clock, store.write(&[entry("a", "1", second), entry("b", "1", second), entry("c", "1", None)])).unwrap();
        clock.advance(Duration::from_secs(1));
        assert_eq!((left(), run(&clock, store.read(&keys(&["a", "c"]))).unwrap()), (3, vec![None, Some("1".into())]));
        assert_eq!((left(), run(&clock, store.list("", None, 10)).unwrap().keys), (2, keys(&["c"])));
        assert_eq!(left(), 1);
    }
}

#[test]
fn records_that_have_expired_are_swept_away_by_those_that_come_after_them() {
    use durastate::layers::cache::Claims;

    let (map, clock) = (Arc::new(Map::new()), support::clock::VirtualClock::new());
    let host = Host::new(map.clone(), clock.clone());
    let records: Arc<dyn Store> = Arc::new(host.records());
    let claims = Claims::new(Arc::new(host.persistence("", "users").unwrap()), records, "users:");
    run(&clock, claims.bump(&keys(&["a tag"]))).unwrap();
    let mut most = 0;
    for key in 0..5_000 {
        run(&clock, claims.claim(&format!("{key}"), "mine", Duration::from_secs(1), None)).unwrap();
        clock.advance(Duration::from_secs(1));
        most = most.max(map.values.lock().unwrap().len());
    }
    assert!((10..1_000).contains(&most), "at one time there were {most}");
    assert_eq!(run(&clock, claims.epochs(&keys(&["a tag", "none"]))).unwrap()[1], 0);
    assert!(run(&clock, claims.epochs(&keys(&["a tag"]))).unwrap()[0] > 0, "what lasts stays");
}

#[test]
fn a_result_that_somebody_wrote_meanwhile_is_not_removed_with_the_old_one() {
    /// A map into which somebody writes after every read.
    struct Raced(Map, &'static str);

    impl HostStore for Raced {
        fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
            let read = self.0.read(keys);
            self.0.values.lock().unwrap().insert("users:a".into(), self.1.into());
            read
        }

        fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()> {
            self.0.write(entries)
        }

        fn remove<'a>(&'a self, _: &'a [String]) -> Answer<'a, ()> {
            unreachable!("a store that can swap removes nothing unseen")
        }

        fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
            self.0.list(prefix, cursor, limit)
        }

        fn swap<'a>(&'a self, changes: &'a [Swap]) -> Answer<'a, bool> {
            self.0.swap(changes)
        }

        fn abilities(&self) -> Abilities {
            self.0.abilities()
        }
    }

    let clock = support::clock::VirtualClock::new();
    let store = Host::new(Arc::new(Raced(Map::new(), "[2,null]")), clock.clone()).persistence("", "users").unwrap();
    let gone = Some(Duration::ZERO);
    run(&clock, store.write(&[entry("a", "1", gone), entry("b", "1", gone)])).unwrap();
    assert_eq!(run(&clock, store.read(&keys(&["a", "b"]))).unwrap(), [None, None]);
    assert_eq!(run(&clock, store.read(&keys(&["a"]))).unwrap(), [Some("2".into())]);
    assert_eq!(run(&clock, store.list("", None, 10)).unwrap().keys, ["a"], "b is gone");
}

#[test]
fn a_map_that_fails_to_remove_what_has_expired_fails_no_reading() {
    let (clock, map) = (support::clock::VirtualClock::new(), Arc::new(Map::new()));
    let gone = entry("a", "1", Some(Duration::ZERO));
    let whole = Host::new(map.clone(), clock.clone()).persistence("", "users").unwrap();
    run(&clock, whole.write(&[gone, entry("b", "2", None)])).unwrap();
    /// A map that can only be read.
    struct ReadOnly(Arc<Map>);

    fn refused<'a, T: Shared + 'a>() -> Answer<'a, T> {
        ready(Err(Error::new(Kind::Unavailable, "this map can only be read")))
    }

    impl HostStore for ReadOnly {
        fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
            self.0.read(keys)
        }

        fn write<'a>(&'a self, _: &'a [(String, Value)]) -> Answer<'a, ()> {
            refused()
        }

        fn remove<'a>(&'a self, _: &'a [String]) -> Answer<'a, ()> {
            refused()
        }

        fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
            self.0.list(prefix, cursor, limit)
        }

        fn swap<'a>(&'a self, _: &'a [Swap]) -> Answer<'a, bool> {
            refused()
        }

        fn abilities(&self) -> Abilities {
            self.0.abilities()
        }
    }

    let store = Host::new(Arc::new(ReadOnly(map)), clock.clone()).persistence("", "users").unwrap();
    assert_eq!(run(&clock, store.read(&keys(&["a", "b"]))).unwrap(), [None, Some("2".into())]);
    assert_eq!(run(&clock, store.list("", None, 10)).unwrap().keys, ["b"]);
}

#[test]
fn a_store_among_what_belongs_to_durastate_is_refused() {
    let host = whole(support::clock::VirtualClock::new());
    for (prefix, store_id) in [("", "durastate"), ("durastate:", "users")] {
        let refused = host.persistence(prefix, store_id).err().unwrap();
        assert!(refused.kind == Kind::Invalid && refused.message.contains(&format!("{store_id:?}")), "{refused}");
    }
}
