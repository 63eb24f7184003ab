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
use durastate::host::{Clock, Dialect, Rows, Sql, SqlValue, Statement};
use durastate::layers::key_value::{KeyValue, Replaced};
use durastate::store::Store;
use mysql::Conn;

use database_laws::{entry, listed, now, plain};
use databases::{Client, Place};
use mysql_server::Schema;
use support::clock::VirtualClock;

fn open(clock: Arc<dyn Clock>) -> Database<Client<Conn>> {
    Database::new(Arc::new(Schema::new().host().at(clock.clone())), clock)
}

contract::suite!(store, crate::open);
contract::suite!(results, crate::open);
contract::suite!(expiry, crate::open);
contract::suite!(key_value, crate::open);
contract::suite!(persistence, crate::open);
contract::suite!(persistence_times, crate::open);
contract::suite!(cache, crate::open);
database_laws::laws!(crate::mysql_server::Schema::new);

mod a_table_for_each_store {
    crate::contract::suite!(results_of_tables, |clock| crate::databases::TableForEach(crate::open(clock)));
    crate::contract::suite!(expiry, |clock| crate::databases::TableForEach(crate::open(clock)));
}

mod where_only_rows_that_differ_count {
    //! Some drivers count an update that left a row as it was, others do not.
    use super::*;

    fn open(clock: Arc<dyn Clock>) -> Database<Client<Conn>> {
        Database::new(Arc::new(Schema::counting(false).host().at(clock.clone())), clock)
    }

    crate::contract::suite!(store, super::open);
    crate::contract::suite!(key_value, super::open);
    crate::contract::suite!(persistence, super::open);
    crate::contract::suite!(persistence_times, super::open);
    crate::contract::suite!(cache, super::open);
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
        now(Database::new(restricted.clone(), VirtualClock::new()).key_value("kv").unwrap().write(&[entry("a", "1")]))
            .unwrap_err();
    assert!(refused.message.contains("`kv`") && refused.cause.is_some(), "{refused}");
    now(plain(&place, "kv").write(&[entry("a", "1")])).unwrap();
    now(Database::new(restricted, VirtualClock::new()).key_value("kv").unwrap().write(&[entry("a", "2")])).unwrap();
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

    let kv = KeyValue::new(Arc::new(
        Database::new(Arc::new(Uncounted(Schema::new().host())), VirtualClock::new()).key_value("kv").unwrap(),
    ));
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

/// The table of results as Effect 4.1 makes it, in a database with this collation.
fn results_of_effect(place: &Schema, collation: &str) {
    place.host().plain(&format!(
        "CREATE TABLE effect_persistence (store_id VARCHAR(191) NOT NULL, id VARCHAR(191) NOT NULL, value TEXT NOT NULL, \
         expires BIGINT, PRIMARY KEY (store_id, id)) CHARACTER SET {collation}; \
         CREATE INDEX effect_persistence_expires_idx ON effect_persistence (expires); \
         INSERT INTO effect_persistence VALUES ('Users', 'Key', '\"ä\"', NULL)"
    ));
}

#[test]
fn a_table_of_results_of_mysql_is_mended_by_ten_at_once_and_keeps_its_rows() {
    for collation in ["utf8mb4 COLLATE utf8mb4_general_ci", "latin1", "utf8mb3"] {
        let place = Schema::new();
        results_of_effect(&place, collation);
        let stores: Vec<_> = (0..10)
            .map(|number| {
                Database::new(Arc::new(place.host()), VirtualClock::new())
                    .persistence(["users", "Users"][number % 2])
                    .unwrap()
            })
            .collect();
        std::thread::scope(|scope| {
            for (number, store) in stores.iter().enumerate() {
                scope.spawn(move || {
                    now(store.write(&[entry("key", "\"🗝\""), entry(format!("{number}."), "1")])).unwrap()
                });
            }
        });
        let keys = ["Key", "key", "KEY"].map(str::to_owned);
        assert_eq!(now(stores[0].read(&keys)).unwrap(), [None, Some("\"🗝\"".into()), None], "{collation}");
        assert_eq!(
            now(stores[1].read(&keys)).unwrap(),
            [Some("\"ä\"".into()), Some("\"🗝\"".into()), None],
            "{collation}"
        );
        assert_eq!(listed(&stores[1], ""), ["1.", "3.", "5.", "7.", "9.", "Key", "key"], "{collation}");
    }
}

#[test]
fn a_result_that_is_too_long_for_a_table_of_mysql_is_refused_and_the_old_one_stays() {
    let place = Schema::new();
    results_of_effect(&place, "utf8mb4 COLLATE utf8mb4_bin");
    let host = Arc::new(place.host());
    let largest = "ä".repeat(32_767) + "x";
    for _ in 0..2 {
        // What was found out about the table is not forgotten with the store.
        let store = Database::new(host.clone(), VirtualClock::new()).persistence("users").unwrap();
        now(store.write(&[entry("a", largest.as_str())])).unwrap();
        let before = host.sent();
        let refused = now(store.write(&[entry("b", "1"), entry("a", largest.clone() + "x")])).unwrap_err();
        assert_eq!((refused.kind, refused.key.as_deref(), host.sent()), (Kind::Invalid, Some("a"), before));
        let read = now(store.read(&["a".into(), "b".into()])).unwrap();
        assert!(read == [Some(largest.as_str().into()), None]);
    }
    place.host().plain("ALTER TABLE effect_persistence MODIFY value MEDIUMTEXT NOT NULL");
    let store = Database::new(Arc::new(place.host()), VirtualClock::new()).persistence("users").unwrap();
    now(store.write(&[entry("a", largest + "x")])).unwrap();
}

#[test]
fn a_store_or_key_that_mysql_would_cut_off_or_take_for_another_is_refused() {
    let place = Schema::new();
    let database = Database::new(Arc::new(place.host()), VirtualClock::new());
    let longest = "🗝".repeat(191);
    let store = database.persistence(&longest).unwrap();
    now(store.write(&[entry(&longest, "1")])).unwrap();
    assert_eq!(listed(&store, ""), [longest.as_str()]);
    let too_long = longest + "x";
    let refused = now(store.write(&[entry("a", "1"), entry(&too_long, "1")])).unwrap_err();
    assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Invalid, Some(&*too_long)));
    for (id, refused) in [
        (&*too_long, database.persistence(&too_long).err()),
        ("space ", database.persistence("space ").err()),
        ("space ", database.persistence_table("space ").err()),
        ("🗝", database.persistence_table("🗝").err()),
        (&"x".repeat(46), database.persistence_table(&"x".repeat(46)).err()),
    ] {
        let refused = refused.unwrap();
        assert!(refused.kind == Kind::Invalid && refused.message.contains(&format!("{id:?}")), "{refused}");
    }
    now(database.persistence_table(&"ü".repeat(45)).unwrap().write(&[entry("a", "1")])).unwrap();
}

#[test]
fn results_of_mysql_lie_in_the_tables_that_effect_would_make() {
    let place = Schema::new();
    let host = place.host();
    let database = Database::new(Arc::new(place.host()), VirtualClock::new());
    now(database.persistence("users").unwrap().write(&[entry("a", "1")])).unwrap();
    now(database.persistence_table("users").unwrap().write(&[entry("a", "1")])).unwrap();
    let told = |query: String| {
        let rows = host.query(&query).into_iter().map(|mut row| match row.remove(0) {
            SqlValue::Text(text) => text,
            other => panic!("{other:?}"),
        });
        rows.collect::<Vec<_>>().join(", ")
    };
    let columns = |table: &str| {
        told(format!(
            "SELECT CONCAT_WS(' ', COLUMN_NAME, DATA_TYPE, IS_NULLABLE, COLUMN_KEY) FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}' ORDER BY ORDINAL_POSITION"
        ))
    };
    let values = "value longtext NO , expires bigint YES";
    assert_eq!(columns("effect_persistence"), format!("store_id varchar NO PRI, id varchar NO PRI, {values} MUL"));
    assert_eq!(columns("effect_persistence_users"), format!("id varchar NO PRI, {values} "));
    let indexes = "SELECT CONCAT_WS(' ', INDEX_NAME, COLUMN_NAME) FROM information_schema.STATISTICS \
                   WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'effect_persistence' ORDER BY INDEX_NAME DESC, SEQ_IN_INDEX";
    assert_eq!(told(indexes.into()), "PRIMARY store_id, PRIMARY id, effect_persistence_expires_idx expires");
}
