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

use durastate::backend::Backend;
use durastate::backends::sql::Database;
use durastate::error::Kind;
use durastate::host::Clock;
use durastate::store::{Shelf, Store};
use postgres::Client as Postgres;

use database_laws::{entry, listed, now, plain};
use databases::{Client, Place};
use postgres_server::Schema;

fn open(clock: Arc<dyn Clock>) -> Database<Client<Postgres>> {
    Database::new(Arc::new(Schema::new().host().at(clock)))
}

contract::suite!(store, crate::open);
contract::suite!(key_value, crate::open);
database_laws::laws!(crate::postgres_server::Schema::new);

#[test]
fn a_table_of_postgres_may_be_named_with_its_schema_and_is_at_most_63_bytes_long() {
    let place = Schema::new();
    let longest = "ü".repeat(31) + "x";
    for table in [format!("{}.kv", place.name()), longest.clone()] {
        now(plain(&place, &table).write(&[entry("a", "1")])).unwrap();
    }
    let database = Database::new(Arc::new(place.host()));
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
    let restricted = || Database::new(Arc::new(Client::new(place.connect_as(&format!("user_{schema}")))));
    host.plain(&format!("CREATE ROLE user_{schema} LOGIN; GRANT USAGE ON SCHEMA {schema} TO user_{schema}"));
    assert_eq!(use_both(restricted()).unwrap_err().kind, Kind::Unknown);
    use_both(Database::new(Arc::new(place.host()))).unwrap();
    host.plain(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO user_{schema}"));
    use_both(restricted()).unwrap();
}
