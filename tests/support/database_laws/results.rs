//! What holds of results on every database: tables of others, what is swept away, what a statement may hold.

use std::sync::Arc;
use std::time::Duration;

use durastate::backends::sql::{Database, PersistenceTable};
use durastate::error::Kind;
use durastate::host::{Clock, SqlValue};
use durastate::store::{Entry, Store, Value};

use super::{at_once, entry, listed, now};
use crate::databases::{Client, Place};
use crate::support::clock::VirtualClock;

/// A database that its test watches, and the clock of those who use it.
struct Watched<P: Place> {
    host: Arc<Client<P::Connection>>,
    clock: Arc<VirtualClock>,
    database: Database<Client<P::Connection>>,
}

impl<P: Place> Watched<P> {
    fn new(place: &P) -> Self {
        let (host, clock) = (Arc::new(place.host()), VirtualClock::new());
        let database = Database::new(host.clone(), clock.clone());
        Self { host, clock, database }
    }

    fn store(&self, id: &str) -> PersistenceTable<Client<P::Connection>> {
        self.database.persistence(id).unwrap()
    }

    fn alone(&self, id: &str) -> PersistenceTable<Client<P::Connection>> {
        self.database.persistence_table(id).unwrap()
    }

    fn millis(&self) -> i64 {
        self.clock.now().micros() / 1000
    }
}

fn brief(key: &str, text: &str, micros: u64) -> Entry {
    Entry { ttl: Some(Duration::from_micros(micros)), ..entry(key, text) }
}

fn text(text: &str) -> SqlValue {
    SqlValue::Text(text.into())
}

pub fn ten_connections_may_make_the_tables_of_results_at_once(place: &impl Place) {
    let stores: Vec<_> = (0..10)
        .map(|number| {
            let watched = Watched::new(place);
            (watched.store(&format!("store {number}")), watched.alone("one"), watched)
        })
        .collect();
    at_once(10, |number| {
        let (store, alone, _) = &stores[number];
        now(store.write(&[entry("key", number.to_string())])).unwrap();
        now(alone.write(&[entry(format!("key {number}."), "1")])).unwrap();
    });
    for (number, (store, alone, _)) in stores.iter().enumerate() {
        assert_eq!(now(store.read(&["key".into()])).unwrap(), [Some(number.to_string().into())]);
        assert_eq!(now(alone.list("", None, 100)).unwrap().keys.len(), 10);
    }
}

pub fn results_of_effect_are_read_and_written_in_its_layout<P: Place>(place: &P) {
    let (watched, (key, int)) = (Watched::new(place), P::RESULTS);
    let (host, in_a_second) = (&watched.host, watched.millis() + 1000);
    host.plain(&format!(
        "CREATE TABLE effect_persistence (store_id {key} NOT NULL, id {key} NOT NULL, value TEXT NOT NULL, expires {int}, \
         PRIMARY KEY (store_id, id)); \
         CREATE TABLE effect_persistence_users (id {key} PRIMARY KEY, value TEXT NOT NULL, expires {int}); \
         INSERT INTO effect_persistence VALUES ('users', 'a', '\"ä\"', NULL), ('users', 'brief', '1', {in_a_second}), \
         ('users', 'gone', '1', {}), ('other', 'a', '2', NULL), ('users', 'old', '1', NULL); \
         INSERT INTO effect_persistence_users SELECT id, value, expires FROM effect_persistence WHERE store_id = 'users'",
        in_a_second - 1000
    ));
    let keys = ["a", "brief", "gone", "never", "A"].map(str::to_owned);
    for (table, store) in
        [("effect_persistence", watched.store("users")), ("effect_persistence_users", watched.alone("users"))]
    {
        assert_eq!(now(store.read(&keys)).unwrap(), [Some("\"ä\"".into()), Some("1".into()), None, None, None]);
        now(store.write(&[entry("A", "🗝"), brief("a", "3", 2_000_000), entry("brief", "4")])).unwrap();
        now(store.remove(&["old".into(), "gone".into()])).unwrap();
        let row = |id: &str, value: &str, expires| vec![text(id), text(value), expires];
        let mut rows = host.query(&format!("SELECT id, value, expires FROM {table} WHERE value <> '2' ORDER BY value"));
        rows.sort_by_key(|row| format!("{:?}", row[1]));
        let expires = SqlValue::Int(in_a_second + 1000);
        assert_eq!(rows, [row("a", "3", expires), row("brief", "4", SqlValue::Null), row("A", "🗝", SqlValue::Null)]);
    }
    let others = host.query("SELECT id, value FROM effect_persistence WHERE store_id = 'other'");
    assert_eq!(others, [[text("a"), text("2")]]);
}

pub fn results_expire_in_whole_milliseconds(place: &impl Place) {
    let watched = Watched::new(place);
    let then = watched.millis();
    watched.clock.advance(Duration::from_micros(700));
    let entries = [("a", 1), ("b", 300), ("c", 301), ("d", 1_500_400), ("e", 0)].map(|(key, ttl)| brief(key, "1", ttl));
    now(watched.store("users").write(&entries)).unwrap();
    let rows = watched.host.query("SELECT id, expires - 4100000000000 FROM effect_persistence ORDER BY id");
    assert_eq!(then, 4_100_000_000_000);
    let expected = [("a", 1), ("b", 1), ("c", 2), ("d", 1502), ("e", 1)];
    assert_eq!(rows, expected.map(|(id, expires)| vec![text(id), SqlValue::Int(expires)]));
    let keys = ["a", "b", "c", "d", "e"].map(str::to_owned);
    let there = || now(watched.store("users").read(&keys)).unwrap().iter().filter(|value| value.is_some()).count();
    assert_eq!(there(), 5);
    watched.clock.advance(Duration::from_micros(300));
    assert_eq!(there(), 2);
    watched.clock.advance(Duration::from_micros(999));
    assert_eq!(there(), 2);
    watched.clock.advance(Duration::from_micros(1));
    assert_eq!(there(), 1);
}

pub fn what_is_no_result_is_handed_up_and_the_others_are_read(place: &impl Place) {
    let watched = Watched::new(place);
    let store = watched.store("users");
    now(store.write(&[entry("a", "1"), entry("b", "2")])).unwrap();
    watched.host.plain("UPDATE effect_persistence SET value = 'no JSON [' WHERE id = 'a'");
    let read = now(store.read(&["a".into(), "b".into()])).unwrap();
    assert_eq!(read, [Some("no JSON [".into()), Some("2".into())]);
}

pub fn results_that_have_expired_are_swept_away_a_thousand_at_a_time(place: &impl Place) {
    let watched = Watched::new(place);
    let left =
        |table: &str| match watched.host.query(&format!("SELECT COUNT(*) FROM {table} WHERE id LIKE 'old%'"))[0][0] {
            SqlValue::Int(left) => left,
            ref other => panic!("{other:?} is no number"),
        };
    let both = [
        ("effect_persistence", watched.store("a"), watched.store("b")),
        ("effect_persistence_own", watched.alone("own"), watched.alone("own")),
    ];
    for (table, old, new) in both {
        let entries = |what: &str, many: usize, ttl| {
            let entries = (0..many).map(|number| Entry { ttl, ..entry(format!("{what} {number}."), "1") });
            entries.collect::<Vec<_>>()
        };
        let write = || {
            for entries in entries("new", 500, None).chunks(50) {
                now(new.write(entries)).unwrap();
            }
        };
        // Too few to make anybody sweep for sure, and nothing to sweep yet.
        now(old.write(&entries("old", 1200, Some(Duration::from_secs(1))))).unwrap();
        now(old.write(&entries("older but lasting", 5, None))).unwrap();
        now(old.write(&entries("old but later", 5, Some(Duration::from_secs(1000))))).unwrap();
        watched.clock.advance(Duration::from_secs(60));
        write();
        assert_eq!(left(table), 1210, "{table}: the clocks of others may be behind");
        watched.clock.advance(Duration::from_secs(2));
        write();
        assert_eq!(left(table), 210, "{table}: not more than that at once");
        write();
        assert_eq!(left(table), 10, "{table}: what has not expired stays");
        assert_eq!(now(old.list("old", None, 100)).unwrap().keys.len(), 10);
    }
}

pub fn a_store_may_have_a_table_of_any_name_that_fits(place: &impl Place) {
    let watched = Watched::new(place);
    for id in ["kv", "with space", "", "a\"b", "a`b", "a]b[", "a'b", "a\\b", "Grün", "a:b%", "{tag}", "*"] {
        now(watched.alone(id).write(&[entry("key", id)])).unwrap();
    }
    for id in ["kv", "with space", "", "a\"b", "a`b", "a]b[", "a'b", "a\\b", "Grün", "a:b%", "{tag}", "*"] {
        let store = watched.alone(id);
        assert_eq!(now(store.read(&["key".into()])).unwrap(), [Some(id.into())], "{id}");
        assert_eq!(listed(&store, ""), ["key"]);
        assert_eq!(now(watched.store(id).read(&["key".into()])).unwrap(), [None], "{id}");
    }
    for id in ["a.b.c", "a.", "a\0b", &"x".repeat(200)] {
        let refused = watched.database.persistence_table(id).err().unwrap();
        assert!(refused.kind == Kind::Invalid && refused.message.contains(&format!("{id:?}")), "{refused}");
    }
}

pub fn results_beyond_what_one_statement_takes_are_one_request(place: &impl Place) {
    // The host counts the parameters of every statement of every test.
    let watched = Watched::new(place);
    let keys: Vec<String> = (0..301).map(|number| format!("key {number}.")).collect();
    for store in [watched.store("users"), watched.alone("users")] {
        now(store.read(&keys[..1])).unwrap();
        let sent = |work: &dyn Fn()| {
            let before = watched.host.sent();
            work();
            watched.host.sent() - before
        };
        let entries: Vec<_> = keys.iter().map(|key| brief(key, key, 1_000_000)).collect();
        assert!(sent(&|| now(store.write(&entries)).unwrap()) <= 2, "one, and perhaps a sweep");
        let whole = |values: Vec<Option<Value>>| {
            values.iter().zip(&keys).all(|(value, key)| *value == Some(key.as_str().into()))
        };
        assert_eq!(sent(&|| assert!(whole(now(store.read(&keys)).unwrap()))), 1);
        assert_eq!(sent(&|| now(store.remove(&keys)).unwrap()), 1);
        assert_eq!(now(store.list("", None, 10)).unwrap().keys.len(), 0);
    }
}

pub fn results_of_many_bytes_are_written_in_several_statements(place: &impl Place) {
    let host = Arc::new(place.host().one_by_one());
    let store = Database::new(host.clone(), VirtualClock::new()).persistence("users").unwrap();
    let keys: Vec<String> = (10..34).map(|number| format!("key {number}.")).collect();
    let value = |key: &String| Value::Text(key.repeat(100_000 / key.len()));
    now(store.read(&keys[..1])).unwrap();
    let before = host.sent();
    now(store.write(&keys.iter().map(|key| entry(key, value(key))).collect::<Vec<_>>())).unwrap();
    assert_eq!(host.sent() - before, 3, "a statement takes about a megabyte");
    assert!(now(store.read(&keys)).unwrap() == keys.iter().map(|key| Some(value(key))).collect::<Vec<_>>());
}
