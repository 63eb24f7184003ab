//! What holds on every database beside the contracts: several connections, tables of others, faults.

use std::sync::{Arc, Barrier};
use std::thread::{self, ScopedJoinHandle};

use durastate::backends::sql::{Database, KeyValueTable, StateTable};
use durastate::error::{Kind, Result};
use durastate::future::Answer;
use durastate::host::{SqlValue, Timestamp};
use durastate::layers::key_value::{KeyValue, REPLACE};
use durastate::store::{Entry, Store, Value};
use durastate::transition::{Change, Decided, Fields, Mode, Outcome, Record, Step, Transition};

use crate::databases::{Client, Place};
use crate::support::clock::VirtualClock;
use crate::support::executor;

#[path = "database_laws/records.rs"]
mod records;
#[path = "database_laws/results.rs"]
mod results;

pub use records::*;
pub use results::*;

/// A test for each law, in the database that the expression opens.
macro_rules! laws {
    ($open:expr) => {
        crate::database_laws::laws! { $open;
            ten_connections_may_make_the_tables_at_once,
            no_increment_of_eight_connections_is_lost,
            keys_that_change_together_are_never_seen_or_left_half_changed,
            a_call_with_many_keys_sends_no_statement_with_more_than_a_hundred_parameters,
            too_many_keys_for_one_atomic_change_are_refused_and_nothing_changes,
            two_plain_keys_in_one_atomic_change_are_refused_and_nothing_changes,
            a_table_may_have_any_name_that_fits,
            a_table_of_effect_is_read_and_written_in_its_layout,
            keys_that_look_alike_are_two_keys,
            a_listing_takes_signs_that_mean_something_in_patterns_as_they_are,
            a_listing_that_others_write_into_is_whole,
            what_is_stored_in_another_form_is_corrupt,
            a_write_that_the_database_refuses_leaves_nothing_half_written,
            a_version_never_comes_back,
            a_key_that_is_only_compared_must_still_be_the_same,
            what_nobody_needs_is_swept_away_and_nothing_else,
            a_record_that_outlasts_every_clock_stays,
            a_table_is_looked_for_once,
            ten_connections_may_make_the_tables_of_results_at_once,
            results_of_effect_are_read_and_written_in_its_layout,
            results_expire_in_whole_milliseconds,
            what_is_no_result_is_handed_up_and_the_others_are_read,
            results_that_have_expired_are_swept_away_a_thousand_at_a_time,
            a_store_may_have_a_table_of_any_name_that_fits,
            results_beyond_what_one_statement_takes_are_one_request,
            results_of_many_bytes_are_written_in_several_statements,
        }
    };
    ($open:expr; $($name:ident),+ $(,)?) => {
        mod laws {
            $(#[test]
            fn $name() {
                crate::database_laws::$name(&$open());
            })+
        }
    };
}
pub(crate) use laws;

/// Adds `by` to the count of every key of the step (they are separated by spaces).
static ADD: Transition = Transition { name: "test/add", step: add, keys, expects: None, lua: None };

fn keys(key: &str, _: &Fields) -> Vec<String> {
    key.split(' ').map(str::to_owned).collect()
}

fn add(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome> {
    let by = args.int("by")?;
    let expires = args.int("ttl").ok().map(|ttl| Timestamp::from_micros(now.micros().saturating_add(ttl)));
    let (mut changes, mut sum) = (Vec::new(), 0);
    for found in state {
        let count = by + found.as_ref().map_or(Ok(0), |record| record.fields.int("count"))?;
        sum += count;
        changes.push(Change::Put(Record { fields: Fields::new().with("count", count), expires }));
    }
    let reply = Fields::new().with("sum", sum);
    Ok(if by == 0 { Outcome::keep(reply) } else { Outcome::change(changes, reply) })
}

fn by(by: i64) -> Fields {
    Fields::new().with("by", by)
}

fn step(transition: &'static Transition, key: &str, args: Fields) -> Step {
    Step { transition, key: key.into(), args }
}

/// What a future gives that waits for nothing but the database.
pub fn now<T>(answer: Answer<'_, T>) -> Result<T> {
    executor::run(&VirtualClock::new(), answer)
}

fn applied(store: &dyn Store, steps: &[Step]) -> Vec<Decided> {
    now(store.apply(steps, Mode::Each)).unwrap().into_iter().map(Result::unwrap).collect()
}

fn sum(store: &dyn Store, keys: &str) -> i64 {
    applied(store, &[step(&ADD, keys, by(0))])[0].reply.int("sum").unwrap()
}

pub fn entry(key: impl Into<String>, value: impl Into<Value>) -> Entry {
    Entry { key: key.into(), value: value.into(), ttl: None }
}

pub fn plain<P: Place>(place: &P, table: &str) -> KeyValueTable<Client<P::Connection>> {
    Database::new(Arc::new(place.host()), VirtualClock::new()).key_value(table).unwrap()
}

fn state<P: Place>(place: &P) -> StateTable<Client<P::Connection>> {
    Database::new(Arc::new(place.host()), VirtualClock::new()).state().unwrap()
}

/// Runs `work` on so many threads at once, each with its number, and gives what they give.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (barrier, work) = (Barrier::new(threads), &work);
    thread::scope(|scope| {
        let barrier = &barrier;
        let begun = (0..threads).map(|number| {
            scope.spawn(move || {
                barrier.wait();
                work(number)
            })
        });
        let begun: Vec<ScopedJoinHandle<'_, T>> = begun.collect();
        begun.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

pub fn ten_connections_may_make_the_tables_at_once(place: &impl Place) {
    let stores: Vec<_> = (0..10).map(|_| (plain(place, "kv"), state(place))).collect();
    at_once(10, |number| {
        let (plain, state) = &stores[number];
        now(plain.write(&[entry(format!("{number}"), "x")])).unwrap();
        applied(state, &[step(&ADD, &format!("{number}"), by(1))]);
    });
    assert_eq!(now(stores[0].0.list("", None, 100)).unwrap().keys.len(), 10);
    assert_eq!(sum(&stores[0].1, "0 1 2 3 4 5 6 7 8 9"), 10);
    let made = place.host().query("SELECT name, version FROM durastate_migrations");
    assert_eq!(made, [[SqlValue::Text("state".into()), SqlValue::Int(1)]]);
}

pub fn no_increment_of_eight_connections_is_lost(place: &impl Place) {
    now(plain(place, "kv").write(&[entry("n", "0")])).unwrap();
    at_once(8, |_| {
        let (kv, state) = (KeyValue::new(Arc::new(plain(place, "kv"))), state(place));
        for _ in 0..25 {
            applied(&state, &[step(&ADD, "n", by(1))]);
            let more = kv.modify("n", |n| (n.parse::<u32>().unwrap() + 1).to_string());
            executor::run(&VirtualClock::new(), more).unwrap();
        }
    });
    assert_eq!(sum(&state(place), "n"), 200);
    assert_eq!(now(plain(place, "kv").read(&["n".into()])).unwrap(), [Some("200".into())]);
}

pub fn a_call_with_many_keys_sends_no_statement_with_more_than_a_hundred_parameters(place: &impl Place) {
    // The host counts the parameters of every statement of every test.
    let host = Arc::new(place.host());
    let store = Database::new(host.clone(), VirtualClock::new()).key_value("kv").unwrap();
    let keys: Vec<String> = (0..501).map(|number| format!("key {number}.")).collect();
    now(store.write(&keys.iter().map(|key| entry(key, key.as_str())).collect::<Vec<_>>())).unwrap();
    let before = host.sent();
    let read = now(store.read(&keys)).unwrap();
    assert!(read.iter().zip(&keys).all(|(value, key)| *value == Some(Value::from(key.as_str()))));
    assert_eq!(host.sent() - before, 1, "a host that batches gets all in one request");
    now(store.remove(&keys[1..])).unwrap();
    assert_eq!(now(store.list("", None, 1000)).unwrap().keys, ["key 0."]);
    let state = Database::new(host, VirtualClock::new()).state().unwrap();
    now(state.write(&keys.iter().map(|key| entry(key, key.as_str())).collect::<Vec<_>>())).unwrap();
    assert!(
        now(state.read(&keys)).unwrap().iter().zip(&keys).all(|(value, key)| *value == Some(Value::from(key.as_str())))
    );
    now(state.remove(&keys[1..])).unwrap();
    assert_eq!(now(state.list("", None, 1000)).unwrap().keys, ["key 0."]);
}

pub fn two_plain_keys_in_one_atomic_change_are_refused_and_nothing_changes(place: &impl Place) {
    let store = plain(place, "kv");
    let args = Fields::new().with("next", "x");
    let steps = ["a", "b"].map(|key| step(&REPLACE, key, args.clone()));
    assert_eq!(now(store.apply(&steps, Mode::AllOrNothing)).unwrap_err().kind, Kind::Unsupported);
    assert_eq!(now(store.read(&["a".into(), "b".into()])).unwrap(), [None, None]);
    assert!(now(store.apply(&[], Mode::AllOrNothing)).unwrap().is_empty());
}

pub fn a_table_may_have_any_name_that_fits(place: &impl Place) {
    for table in ["kv", "with space", "select", "a\"b", "a`b", "a]b[", "a'b", "a\\b", "Grün"] {
        let store = plain(place, table);
        now(store.write(&[entry("key", table)])).unwrap();
        assert_eq!(now(plain(place, table).read(&["key".into()])).unwrap(), [Some(table.into())], "{table}");
    }
    let database = Database::new(Arc::new(place.host()), VirtualClock::new());
    for table in ["", ".", "a.", ".a", "a.b.c", "a\0b", &"x".repeat(129)] {
        let refused = database.key_value(table).err().expect(table);
        assert_eq!(refused.kind, Kind::Invalid);
        assert!(refused.message.contains(&format!("{table:?}")), "{refused}");
    }
}

pub fn keys_that_look_alike_are_two_keys(place: &impl Place) {
    let alike = ["key", "Key", "KEY", "kéy", "ke\u{301}y", " key", "ключ", "КЛЮЧ", "ß", "ss", "0", "00"];
    let (store, state) = (plain(place, "kv"), state(place));
    now(store.write(&alike.map(|key| entry(key, key)))).unwrap();
    let keys = alike.map(str::to_owned);
    assert_eq!(now(store.read(&keys)).unwrap(), alike.map(|key| Some(Value::from(key))));
    now(store.remove(&keys[..1])).unwrap();
    assert_eq!(now(store.read(&keys[..2])).unwrap(), [None, Some("Key".into())]);
    let words: Vec<&str> = alike.into_iter().filter(|key| !key.contains(' ')).collect();
    applied(&state, &words.iter().map(|key| step(&ADD, key, by(1))).collect::<Vec<_>>());
    applied(&state, &[step(&ADD, &words.join(" "), by(1))]);
    assert!(words.iter().all(|key| sum(&state, key) == 2));
}

/// All keys with this prefix, in pages of two.
pub fn listed(store: &dyn Store, prefix: &str) -> Vec<String> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = now(store.list(prefix, cursor.as_deref(), 2)).unwrap();
        keys.extend(page.keys);
        cursor = page.next;
        if cursor.is_none() {
            keys.sort();
            return keys;
        }
    }
}

pub fn a_listing_takes_signs_that_mean_something_in_patterns_as_they_are(place: &impl Place) {
    let store = plain(place, "kv");
    let mut keys =
        ["%", "%a", "_", "_a", "!", "!a", "[a]", "]", "\\", "\\a", "a", "A", "a%", "'", "\"", "🗝", "🗝a", "\u{10ffff}x"];
    now(store.write(&keys.map(|key| entry(key, "x")))).unwrap();
    keys.sort();
    assert_eq!(listed(&store, ""), keys);
    for prefix in ["%", "_", "!", "[", "]", "\\", "a", "A", "'", "\"", "🗝", "\u{10ffff}", "b"] {
        let ours: Vec<&str> = keys.into_iter().filter(|key| key.starts_with(prefix)).collect();
        assert_eq!(listed(&store, prefix), ours, "{prefix}");
    }
}

pub fn a_listing_that_others_write_into_is_whole(place: &impl Place) {
    let (store, other) = (plain(place, "kv"), plain(place, "kv"));
    let stay: Vec<String> = (0..40).map(|number| format!("stays {number:02}.")).collect();
    now(store.write(&stay.iter().map(|key| entry(key, "x")).collect::<Vec<_>>())).unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    for round in 0.. {
        let page = now(store.list("", cursor.as_deref(), 3)).unwrap();
        seen.extend(page.keys);
        now(other.write(&[entry(format!("aaa {round}."), "x"), entry(format!("stays 1{round}x"), "x")])).unwrap();
        cursor = page.next;
        if cursor.is_none() || round > 100 {
            break;
        }
    }
    assert!(stay.iter().all(|key| seen.contains(key)), "{seen:?}");
}

pub fn what_is_stored_in_another_form_is_corrupt(place: &impl Place) {
    let (store, state, host) = (plain(place, "kv"), state(place), place.host());
    now(store.write(&["type", "text"].map(|key| entry(key, vec![255])))).unwrap();
    host.plain("UPDATE kv SET value_type = 7 WHERE id = 'type'; UPDATE kv SET value_type = 0 WHERE id = 'text'");
    for key in ["type", "text"] {
        let refused = now(store.read(&[key.into()])).unwrap_err();
        assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Corrupt, Some(key)));
    }
    applied(&state, &[step(&ADD, "n", by(1))]);
    host.plain("UPDATE durastate_state SET value = 'no record' WHERE id = 'n'");
    let refused = now(state.apply(&[step(&ADD, "n", by(1))], Mode::Each)).unwrap_err();
    assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Corrupt, Some("n")));
}

/// A table of plain keys as another system made it.
fn make_table<P: Place>(host: &Client<P::Connection>, table: &str, more: &str) {
    host.plain(&format!("CREATE TABLE {table} ({}{more})", P::TABLE));
}

pub fn a_table_of_effect_is_read_and_written_in_its_layout<P: Place>(place: &P) {
    let (host, table) = (place.host(), "effect_key_value_store");
    make_table::<P>(&host, table, "");
    let (text, bytes) = (P::bytes("68c3a4"), P::bytes("00ff"));
    host.plain(&format!("INSERT INTO {table} VALUES ('bytes', {bytes}, 1), ('old', {text}, 0), ('text', {text}, 0)"));
    let store = plain(place, table);
    let keys = ["bytes", "text", "never"].map(str::to_owned);
    let found = now(store.read(&keys)).unwrap();
    assert_eq!(found, [Some(vec![0, 255].into()), Some("hä".into()), None]);
    now(store.write(&[entry("text", "ö"), entry("more", vec![7])])).unwrap();
    now(store.remove(&["old".into()])).unwrap();
    let row = |key: &str, bytes: &[u8], kind| {
        vec![SqlValue::Text(key.into()), SqlValue::Bytes(bytes.into()), SqlValue::Int(kind)]
    };
    let rows = host.query(&format!("SELECT id, value, value_type FROM {table} ORDER BY id"));
    assert_eq!(rows, [row("bytes", &[0, 255], 1), row("more", &[7], 1), row("text", "ö".as_bytes(), 0)]);
}

pub fn a_write_that_the_database_refuses_leaves_nothing_half_written<P: Place>(place: &P) {
    let host = Arc::new(place.host());
    make_table::<P>(&host, "kv", ", CHECK (id <> 'key 60')");
    let store = Database::new(host.clone(), VirtualClock::new()).key_value("kv").unwrap();
    now(store.write(&[entry("key 0", "before")])).unwrap();
    let many: Vec<_> = (0..70).map(|number| entry(format!("key {number}"), "after")).collect();
    for refused in [&[entry("key 0", "after"), entry("key 60", "after")], &many[..]] {
        assert_eq!(now(store.write(refused)).unwrap_err().kind, Kind::Unknown);
        assert_eq!(host.query("SELECT id FROM kv").len(), 1);
        assert_eq!(now(store.read(&["key 0".into()])).unwrap(), [Some("before".into())]);
    }
}

pub fn a_table_is_looked_for_once(place: &impl Place) {
    let host = Arc::new(place.host());
    let sent = |work: &dyn Fn(&Database<Client<_>>)| {
        let before = host.sent();
        work(&Database::new(host.clone(), VirtualClock::new()));
        host.sent() - before
    };
    let key = ["a".to_owned()];
    let read = |database: &Database<_>| drop(now(database.key_value("kv").unwrap().read(&key)).unwrap());
    let count = |database: &Database<_>| drop(applied(&database.state().unwrap(), &[step(&ADD, "n", by(1))]));
    assert!(sent(&read) > 1 && sent(&count) > 2);
    assert_eq!((sent(&read), sent(&count)), (1, 2));
}
