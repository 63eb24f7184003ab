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

use durastate::backends::sql::Database;
use durastate::host::Clock;
use durastate::store::Store;
use rusqlite::Connection;

use database_laws::{entry, now, plain};
use databases::{Client, Place};

fn open(clock: Arc<dyn Clock>) -> Database<Client<Connection>> {
    Database::new(Arc::new(Client::new(Connection::open_in_memory().unwrap()).at(clock)))
}

fn one_by_one(clock: Arc<dyn Clock>) -> Database<Client<Connection>> {
    Database::new(Arc::new(Client::new(Connection::open_in_memory().unwrap()).at(clock).one_by_one()))
}

contract::suite!(store, crate::open);
contract::suite!(key_value, crate::open);
database_laws::laws!(crate::sqlite::File::new);

mod without_batches {
    crate::contract::suite!(store, crate::one_by_one);
    crate::contract::suite!(key_value, crate::one_by_one);
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
