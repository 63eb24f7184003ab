//! The contracts on PostgreSQL.
#![cfg(feature = "sql")]

mod contract;
#[path = "support/database_laws.rs"]
mod database_laws;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/postgres.rs"]
mod postgres_server;
mod support;

use std::sync::Arc;
use std::time::Duration;

use durastate::backend::Backend;
use durastate::backends::sql::Database;
use durastate::error::Kind;
use durastate::host::{Clock, SqlValue};
use durastate::store::{Entry, Shelf, Store};
use postgres::Client as Postgres;

use database_laws::{entry, listed, now, plain};
use databases::{Client, Place};
use postgres_server::Schema;
use support::clock::VirtualClock;

fn open(clock: Arc<dyn Clock>) -> Database<Client<Postgres>> {
    Database::new(Arc::new(Schema::new().host().at(clock.clone())), clock)
}

contract::suite!(store, crate::open);
contract::suite!(results, crate::open);
contract::suite!(expiry, crate::open);
contract::suite!(key_value, crate::open);
contract::suite!(persistence, crate::open);
contract::suite!(persistence_times, crate::open);
contract::suite!(cache, crate::open);
database_laws::laws!(crate::postgres_server::Schema::new);

mod a_table_for_each_store {
    crate::contract::suite!(results_of_tables, |clock| crate::databases::TableForEach(crate::open(clock)));
    crate::contract::suite!(expiry, |clock| crate::databases::TableForEach(crate::open(clock)));
}

#[test]
fn a_table_of_postgres_may_be_named_with_its_schema_and_is_at_most_63_bytes_long() {
    let place = Schema::new();
    let longest = "ü".repeat(31) + "x";
    for table in [format!("{}.kv", place.name()), longest.clone()] {
        now(plain(&place, &table).write(&[entry("a", "1")])).unwrap();
    }
    let database = Database::new(Arc::new(place.host()), VirtualClock::new());
    let refused = database.key_value(&(longest + "x")).err().unwrap();
    assert_eq!(refused.kind, Kind::Invalid);
    assert_eq!(place.host().query("SELECT id FROM kv").len(), 1);
}

#[test]
fn a_table_of_postgres_in_the_order_of_a_language_is_listed_whole() {
    let place = Schema::new();
    // In English, signs like the underscore count less than letters, and upper case follows lower case.
    place.host().plain("CREATE TABLE kv (id TEXT COLLATE \"en-x-icu\" PRIMARY KEY, value BYTEA NOT NULL, value_type SMALLINT NOT NULL)");
    let store = plain(&place, "kv");
    let mut keys = ["a", "A", "ä", "Ä", "a_b", "ab", "AB", "a-b", "a b", "z", "Z", "_", "in:1", "in:10", "In:2", "in1"];
    now(store.write(&keys.map(|key| entry(key, "x")))).unwrap();
    keys.sort();
    assert_eq!(listed(&store, ""), keys);
    assert_eq!(listed(&store, "in:"), ["in:1", "in:10"]);
    assert_eq!(listed(&store, "a"), ["a", "a b", "a-b", "a_b", "ab"]);
}

#[test]
fn a_key_with_a_nul_is_refused_where_postgres_can_not_hold_it() {
    let store = plain(&Schema::new(), "kv");
    for refused in [now(store.read(&["a\0".into()])).map(drop), now(store.write(&[entry("b", "1"), entry("a\0", "1")]))]
    {
        let refused = refused.unwrap_err();
        assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Invalid, Some("a\0")));
    }
    assert_eq!(now(store.list("a\0", None, 10)).unwrap().keys.len(), 0);
    assert_eq!(listed(&store, "").len(), 0);
    now(store.write(&[entry("a", "\0")])).unwrap();
    assert_eq!(now(store.read(&["a".into()])).unwrap(), [Some("\0".into())], "a value may have one");
}

#[test]
fn a_user_of_postgres_who_may_make_no_tables_works_on_those_that_are_there() {
    let place = Schema::new();
    let (schema, host) = (place.name(), place.host());
    let table = Shelf::KeyValue { table: "kv".into() };
    let use_both = |database: Database<Client<Postgres>>| {
        let (plain, state) = (database.store(table.clone())?, database.store(Shelf::State)?);
        now(plain.write(&[entry("a", "1")]))?;
        now(state.write(&[entry("a", "1")]))
    };
    let restricted =
        || Database::new(Arc::new(Client::new(place.connect_as(&format!("user_{schema}")))), VirtualClock::new());
    host.plain(&format!("CREATE ROLE user_{schema} LOGIN; GRANT USAGE ON SCHEMA {schema} TO user_{schema}"));
    assert_eq!(use_both(restricted()).unwrap_err().kind, Kind::Unknown);
    use_both(Database::new(Arc::new(place.host()), VirtualClock::new())).unwrap();
    host.plain(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO user_{schema}"));
    use_both(restricted()).unwrap();
}

#[test]
fn results_of_postgres_lie_in_the_tables_that_effect_would_make() {
    let place = Schema::new();
    let host = place.host();
    let database = Database::new(Arc::new(place.host()), VirtualClock::new());
    let other = format!("effect_persistence_{}", place.name());
    host.plain(&format!("CREATE SCHEMA {other}"));
    now(database.persistence("users").unwrap().write(&[entry("a", "1")])).unwrap();
    now(database.persistence_table("users").unwrap().write(&[entry("a", "1")])).unwrap();
    now(database.persistence_table(&format!("{}.kept", place.name())).unwrap().write(&[entry("a", "1")])).unwrap();
    let told = |query: &str| {
        let rows = host.query(query).into_iter().map(|mut row| match row.remove(0) {
            SqlValue::Text(text) => text,
            other => panic!("{other:?}"),
        });
        rows.collect::<Vec<_>>()
    };
    let columns = |schema: &str, table: &str| {
        told(&format!(
            "SELECT column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns \
             WHERE table_schema = '{schema}' AND table_name = '{table}' ORDER BY ordinal_position"
        ))
    };
    let alone = ["id text NO", "value text NO", "expires bigint YES"];
    assert_eq!(columns(place.name(), "effect_persistence")[0], "store_id text NO");
    assert_eq!(columns(place.name(), "effect_persistence")[1..], alone);
    assert_eq!(columns(place.name(), "effect_persistence_users"), alone);
    assert_eq!(columns(&other, "kept"), alone);
    let indexes = told(&format!(
        "SELECT substr(indexdef, position('INDEX' in indexdef)) FROM pg_indexes \
         WHERE schemaname = '{schema}' AND tablename = 'effect_persistence' ORDER BY 1",
        schema = place.name()
    ));
    let on = format!("ON {}.effect_persistence USING btree", place.name());
    let expected = [
        format!("INDEX effect_persistence_expires_idx {on} (expires) WHERE (expires IS NOT NULL)"),
        format!("INDEX effect_persistence_pkey {on} (store_id, id)"),
    ];
    assert_eq!(indexes, expected);
}

#[test]
fn a_sweep_in_postgres_waits_for_nobody() {
    let (place, clock) = (Schema::new(), VirtualClock::new());
    let (host, other) = (place.host(), place.host());
    let impatient = place.host();
    impatient.plain("SET lock_timeout = 1000");
    let store = Database::new(Arc::new(impatient), clock.clone()).persistence("users").unwrap();
    let old: Vec<_> =
        (0..5).map(|number| Entry { ttl: Some(Duration::ZERO), ..entry(format!("old {number}"), "1") }).collect();
    now(store.write(&old)).unwrap();
    clock.advance(Duration::from_secs(3600));
    other.plain("BEGIN; SELECT * FROM effect_persistence WHERE id = 'old 3' FOR UPDATE");
    let many: Vec<_> = (0..500).map(|number| entry(format!("{number}"), "1")).collect();
    now(store.write(&many)).unwrap();
    let left = host.query("SELECT id FROM effect_persistence WHERE id LIKE 'old%'");
    assert_eq!(left, [[SqlValue::Text("old 3".into())]]);
    other.plain("COMMIT");
    now(store.write(&many)).unwrap();
    assert_eq!(host.query("SELECT id FROM effect_persistence").len(), 500);
}

#[test]
fn a_result_that_postgres_can_not_hold_is_refused_and_the_old_one_stays() {
    let place = Schema::new();
    let database = Database::new(Arc::new(place.host()), VirtualClock::new());
    let store = database.persistence("users").unwrap();
    now(store.write(&[entry("a", "1")])).unwrap();
    for entries in [[entry("b", "1"), entry("a", "\"\0\"")], [entry("a", "2"), entry("b\0", "1")]] {
        assert_eq!(now(store.write(&entries)).unwrap_err().kind, Kind::Invalid);
    }
    assert_eq!(now(store.read(&["a".into(), "b".into()])).unwrap(), [Some("1".into()), None]);
    for refused in [database.persistence("a\0b").err(), database.persistence_table(&"ü".repeat(23)).err()] {
        let refused = refused.unwrap();
        assert!(refused.kind == Kind::Invalid && (refused.message.contains("a\\0b") || refused.message.contains("üü")));
    }
    now(database.persistence_table(&"ü".repeat(22)).unwrap().write(&[entry("a", "1")])).unwrap();
}
