//! The contracts on SQLite.
#![cfg(feature = "sql")]

mod contract;
#[path = "support/database_laws.rs"]
mod database_laws;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/sqlite.rs"]
mod sqlite;
mod support;

use std::sync::Arc;
use std::time::Duration;

use durastate::backends::sql::Database;
use durastate::host::{Clock, SqlValue};
use durastate::store::{Entry, Store};
use rusqlite::Connection;

use database_laws::{entry, now, plain};
use databases::{Client, Place};
use support::clock::VirtualClock;

fn open(clock: Arc<dyn Clock>) -> Database<Client<Connection>> {
    Database::new(Arc::new(Client::new(Connection::open_in_memory().unwrap()).at(clock.clone())), clock)
}

fn one_by_one(clock: Arc<dyn Clock>) -> Database<Client<Connection>> {
    Database::new(Arc::new(Client::new(Connection::open_in_memory().unwrap()).at(clock.clone()).one_by_one()), clock)
}

contract::suite!(store, crate::open);
contract::suite!(results, crate::open);
contract::suite!(expiry, crate::open);
contract::suite!(key_value, crate::open);
contract::suite!(persistence, crate::open);
contract::suite!(persistence_times, crate::open);
contract::suite!(cache, crate::open);
database_laws::laws!(crate::sqlite::File::new);

mod a_table_for_each_store {
    crate::contract::suite!(results_of_tables, |clock| crate::databases::TableForEach(crate::open(clock)));
    crate::contract::suite!(expiry, |clock| crate::databases::TableForEach(crate::open(clock)));
    crate::contract::suite!(persistence, |clock| crate::databases::TableForEach(crate::open(clock)));
    crate::contract::suite!(cache, |clock| crate::databases::TableForEach(crate::open(clock)));
}

mod without_batches {
    crate::contract::suite!(store, crate::one_by_one);
    crate::contract::suite!(results, crate::one_by_one);
    crate::contract::suite!(expiry, crate::one_by_one);
    crate::contract::suite!(key_value, crate::one_by_one);
    crate::contract::suite!(persistence, crate::one_by_one);
    crate::contract::suite!(persistence_times, crate::one_by_one);
    crate::contract::suite!(cache, crate::one_by_one);
}

#[test]
fn a_table_of_sqlite_may_be_named_with_its_schema() {
    let place = sqlite::File::new();
    let store = plain(&place, "main.kv");
    now(store.write(&[entry("a", "1")])).unwrap();
    assert_eq!(place.host().query("SELECT id FROM kv").len(), 1);
    let longest = "x".repeat(128);
    now(plain(&place, &longest).write(&[entry("a", "1")])).unwrap();
}

#[test]
fn results_of_sqlite_lie_in_the_tables_that_effect_would_make() {
    let place = sqlite::File::new();
    let (host, clock) = (place.host(), VirtualClock::new());
    let database = Database::new(Arc::new(place.host()), clock);
    now(database.persistence("users").unwrap().write(&[entry("a", "1")])).unwrap();
    now(database.persistence_table("main.users").unwrap().write(&[entry("a", "1")])).unwrap_err();
    now(database.persistence_table("users").unwrap().write(&[entry("a", "1")])).unwrap();
    let columns = |table: &str| {
        let columns =
            format!("SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || pk FROM pragma_table_info('{table}')");
        let columns = host.query(&columns).into_iter().map(|mut row| match row.remove(0) {
            SqlValue::Text(column) => column,
            other => panic!("{other:?}"),
        });
        columns.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(columns("effect_persistence"), "store_id TEXT 1 1, id TEXT 1 2, value TEXT 1 0, expires INTEGER 0 0");
    assert_eq!(columns("effect_persistence_users"), "id TEXT 1 1, value TEXT 1 0, expires INTEGER 0 0");
    let index =
        "CREATE INDEX effect_persistence_expires_idx ON \"effect_persistence\" (expires) WHERE expires IS NOT NULL";
    let made = host.query("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
    assert_eq!(made, [[SqlValue::Text(index.into())]]);
}

#[test]
fn a_fraction_of_a_millisecond_that_others_keep_in_sqlite_counts() {
    let place = sqlite::File::new();
    let (host, clock) = (place.host(), VirtualClock::new());
    let store = Database::new(Arc::new(place.host()), clock.clone()).persistence("users").unwrap();
    now(store.write(&[entry("a", "1")])).unwrap();
    host.plain("UPDATE effect_persistence SET expires = 4100000000001.5");
    for (micros, there) in [(0, 1), (1000, 1), (1000, 0)] {
        clock.advance(Duration::from_micros(micros));
        assert_eq!(now(store.read(&["a".into()])).unwrap().into_iter().flatten().count(), there);
        assert_eq!(now(store.list("", None, 10)).unwrap().keys.len(), there);
    }
}

#[test]
fn a_sweep_that_fails_fails_no_write() {
    let place = sqlite::File::new();
    let (host, clock) = (place.host(), VirtualClock::new());
    let store = Database::new(Arc::new(place.host()), clock.clone()).persistence("users").unwrap();
    let old = Entry { ttl: Some(Duration::from_secs(1)), ..entry("old", "1") };
    now(store.write(&[old])).unwrap();
    host.plain("CREATE TRIGGER stays BEFORE DELETE ON effect_persistence BEGIN SELECT RAISE(ABORT, 'it stays'); END");
    clock.advance(Duration::from_secs(3600));
    let many: Vec<_> = (0..500).map(|number| entry(format!("{number}"), "1")).collect();
    now(store.write(&many)).unwrap();
    assert_eq!(host.query("SELECT id FROM effect_persistence").len(), 501);
    host.plain("DROP TRIGGER stays");
    now(store.write(&many)).unwrap();
    assert_eq!(host.query("SELECT id FROM effect_persistence").len(), 500);
}
