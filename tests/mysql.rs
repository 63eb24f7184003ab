//! The contracts on MariaDB.
#![cfg(feature = "sql")]

mod contract;
#[path = "support/database_laws.rs"]
mod database_laws;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/mysql.rs"]
mod mysql_server;
mod support;

use std::sync::Arc;

use durastate::backends::sql::Database;
use durastate::error::{Error, Kind};
use durastate::future::Answer;
use durastate::host::{Clock, Dialect, Rows, Sql, Statement};
use durastate::layers::key_value::{KeyValue, Replaced};
use durastate::store::Store;
use mysql::Conn;

use database_laws::{entry, listed, now, plain};
use databases::{Client, Place};
use mysql_server::Schema;

fn open(clock: Arc<dyn Clock>) -> Database<Client<Conn>> {
    Database::new(Arc::new(Schema::new().host().at(clock)))
}

contract::suite!(store, crate::open);
contract::suite!(key_value, crate::open);
database_laws::laws!(crate::mysql_server::Schema::new);

mod where_only_rows_that_differ_count {
    //! Some drivers count an update that left a row as it was, others do not.
    use super::*;

    fn open(clock: Arc<dyn Clock>) -> Database<Client<Conn>> {
        Database::new(Arc::new(Schema::counting(false).host().at(clock)))
    }

    crate::contract::suite!(store, super::open);
    crate::contract::suite!(key_value, super::open);
    crate::database_laws::laws!(|| crate::mysql_server::Schema::counting(false));
}

#[test]
fn a_value_of_mysql_may_be_replaced_by_itself() {
    for place in [Schema::counting(true), Schema::counting(false)] {
        let kv = KeyValue::new(Arc::new(plain(&place, "kv")));
        let value = || Some("same".into());
        let replaced = |expected, next| {
            let replace = kv.replace("a", expected, next);
            support::executor::run(&support::clock::VirtualClock::new(), replace).unwrap()
        };
        assert_eq!(replaced(None, value()), Replaced::Done);
        assert_eq!(replaced(value(), value()), Replaced::Done);
        assert_eq!(replaced(Some("other".into()), Some("other".into())), Replaced::Found(value()));
    }
}

#[test]
fn a_table_of_mysql_that_takes_upper_and_lower_case_for_one_is_altered_and_keeps_its_rows() {
    for collation in ["utf8mb4 COLLATE utf8mb4_general_ci", "utf8mb4 COLLATE utf8mb4_unicode_ci", "latin1"] {
        let place = Schema::new();
        let host = place.host();
        host.plain(&format!(
            "CREATE TABLE kv (id VARCHAR(191) PRIMARY KEY, value BLOB NOT NULL, value_type SMALLINT NOT NULL) \
             CHARACTER SET {collation}; INSERT INTO kv VALUES ('Key', 'old', 0), ('ähnlich', 'old', 0)"
        ));
        let store = plain(&place, "kv");
        assert_eq!(now(store.read(&["key".into(), "Key".into()])).unwrap(), [None, Some("old".into())]);
        now(store.write(&[entry("key", "new"), entry("ahnlich", "new"), entry("ключ", "new")])).unwrap();
        assert_eq!(listed(&store, ""), ["Key", "ahnlich", "key", "ähnlich", "ключ"], "{collation}");
        now(store.remove(&["KEY".into(), "key".into()])).unwrap();
        assert_eq!(listed(&store, "K"), ["Key"]);
    }
}

#[test]
fn a_table_of_mysql_that_can_not_be_altered_is_refused_by_name() {
    let place = Schema::new();
    let (name, host) = (place.name(), place.host());
    host.plain(
        "CREATE TABLE kv (id VARCHAR(191) PRIMARY KEY, value BLOB NOT NULL, value_type SMALLINT NOT NULL) \
         CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    );
    host.plain(&format!("CREATE USER {name}; GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO {name}"));
    let restricted = Arc::new(Client::new(place.connect_as(name)));
    let refused =
        now(Database::new(restricted.clone()).key_value("kv").unwrap().write(&[entry("a", "1")])).unwrap_err();
    assert!(refused.message.contains("`kv`") && refused.cause.is_some(), "{refused}");
    now(plain(&place, "kv").write(&[entry("a", "1")])).unwrap();
    now(Database::new(restricted).key_value("kv").unwrap().write(&[entry("a", "2")])).unwrap();
}

#[test]
fn a_key_or_value_that_mysql_would_cut_off_is_refused_and_nothing_is_written() {
    let store = plain(&Schema::new(), "kv");
    let (longest, largest) = ("🗝".repeat(191), vec![b'x'; 65_535]);
    now(store.write(&[entry(&longest, largest.clone())])).unwrap();
    assert_eq!(now(store.read(std::slice::from_ref(&longest))).unwrap(), [Some(largest.clone().into())]);
    let too_long = longest.clone() + "x";
    let refusals = [
        now(store.write(&[entry("a", "1"), entry(&too_long, "1")])),
        now(store.read(std::slice::from_ref(&too_long))).map(drop),
        now(store.remove(std::slice::from_ref(&too_long))),
        now(store.write(&[entry("a", "1"), entry(&too_long, [&largest[..], b"x"].concat())])),
        now(store.remove(&["ends with a space ".into()])),
        now(store.write(&[entry("a", "1"), entry(" ", "1")])),
    ];
    for refused in refusals {
        let refused = refused.unwrap_err();
        assert!(refused.kind == Kind::Invalid && refused.key.is_some(), "{refused}");
    }
    assert_eq!(listed(&store, ""), [longest]);
}

#[test]
fn a_client_of_mysql_that_counts_no_rows_is_refused() {
    struct Uncounted(Client<Conn>);

    impl Sql for Uncounted {
        fn dialect(&self) -> Dialect {
            self.0.dialect()
        }

        fn batches(&self) -> bool {
            self.0.batches()
        }

        fn run<'a>(&'a self, statements: Vec<Statement>) -> Answer<'a, Vec<Rows>> {
            let uncounted = |rows: Vec<Rows>| rows.into_iter().map(|rows| Rows { affected: None, ..rows }).collect();
            Box::pin(async move { self.0.run(statements).await.map(uncounted) })
        }

        fn is_ready(&self, schema: &str) -> bool {
            self.0.is_ready(schema)
        }

        fn set_ready(&self, schema: &str) {
            self.0.set_ready(schema);
        }
    }

    let kv = KeyValue::new(Arc::new(Database::new(Arc::new(Uncounted(Schema::new().host()))).key_value("kv").unwrap()));
    let run = |replaced| support::executor::run(&support::clock::VirtualClock::new(), replaced);
    let refused: Error = run(kv.replace("a", None, Some("1".into()))).unwrap_err();
    assert_eq!(refused.kind, Kind::Unsupported);
}

#[test]
fn a_row_of_others_whose_key_mysql_takes_for_another_is_not_taken_for_it() {
    let (place, key) = (Schema::new(), ["a".to_owned()]);
    let store = plain(&place, "kv");
    now(store.write(&[entry("b", "1")])).unwrap();
    // MySQL fills up the shorter of two texts with spaces before it compares them.
    place.host().plain("INSERT INTO kv VALUES ('a ', 'theirs', 0)");
    assert_eq!(now(store.read(&key)).unwrap(), [None]);
    assert_eq!(listed(&store, "a"), ["a "]);
    now(store.write(&[entry("a", "ours")])).unwrap();
    assert_eq!(now(store.read(&key)).unwrap(), [Some("ours".into())]);
}
