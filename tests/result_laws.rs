//! Whatever is done to results, and whenever: every place answers as a map does whose entries expire.
#![cfg(feature = "sql")]

#[path = "support/databases.rs"]
mod databases;
#[allow(dead_code, reason = "it needs no files")]
#[path = "support/sqlite.rs"]
mod sqlite;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use durastate::backend::Backend;
use durastate::backends::host::Host;
use durastate::backends::memory::Memory;
use durastate::backends::sql::Database;
use durastate::host::Clock;
use durastate::store::{Abilities, Atomicity, Entry, Shelf, Store};
use proptest::prelude::*;
use rusqlite::Connection;

use databases::{Client, TableForEach};
use support::clock::VirtualClock;
use support::executor::run;
use support::map::Map;

#[derive(Clone, Debug)]
enum Step {
    /// Writes these keys, numbers and times to live, in microseconds, to one of the stores.
    Write(usize, Vec<(usize, u32, Option<u64>)>),
    Remove(usize, Vec<usize>),
    /// Lets so many microseconds pass.
    Pass(u64),
}

const STORES: [&str; 2] = ["a", "a:b"];
const KEYS: [&str; 4] = ["a", "b:a", "[", "ключ"];

fn step() -> impl Strategy<Value = Step> {
    let time = || prop_oneof![0..5_000_u64, (0..6_u64).prop_map(|millis| millis * 1000)];
    let written = (0..KEYS.len(), any::<u32>(), proptest::option::of(time()));
    prop_oneof![
        3 => (0..STORES.len(), proptest::collection::vec(written, 0..6)).prop_map(|(store, written)| Step::Write(store, written)),
        1 => (0..STORES.len(), proptest::collection::vec(0..KEYS.len(), 0..3)).prop_map(|(store, keys)| Step::Remove(store, keys)),
        2 => time().prop_map(Step::Pass),
    ]
}

/// What is there: the text, and the microsecond at which it goes.
type Reference = BTreeMap<(usize, &'static str), (String, Option<i64>)>;

/// Takes the steps and compares after each. `unit` is how many microseconds the place's times are made of.
fn answers_as_a_map<B: Backend>(steps: &[Step], unit: i64, open: impl Fn(Arc<dyn Clock>) -> B) {
    let clock = VirtualClock::new();
    let backend = open(clock.clone());
    let store = |store_id: &str| {
        let shelf = Shelf::Persistence { prefix: String::new(), store_id: store_id.into() };
        backend.store(shelf).unwrap()
    };
    let stores = STORES.map(store);
    let mut reference = Reference::new();
    for step in steps {
        take(step, &clock, &stores, unit, &mut reference);
        let now = clock.now().micros();
        reference.retain(|_, (_, expires)| expires.is_none_or(|at| now < at));
        for (number, store) in stores.iter().enumerate() {
            let there = |key: &'static str| reference.get(&(number, key)).map(|(text, _)| text.as_str().into());
            // Listed first: reading might clear away what a listing must not show.
            let mut listed = run(&clock, store.list("", None, 100)).unwrap();
            while let Some(next) = listed.next {
                let page = run(&clock, store.list("", Some(&next), 100)).unwrap();
                listed.keys.extend(page.keys);
                listed.next = page.next;
            }
            listed.keys.sort();
            listed.keys.dedup();
            let mut expected: Vec<_> = KEYS.into_iter().filter(|key| there(key).is_some()).collect();
            expected.sort();
            assert_eq!(listed.keys, expected);
            let read = run(&clock, store.read(&KEYS.map(str::to_owned))).unwrap();
            assert_eq!(read, KEYS.map(there));
        }
    }
}

fn take(step: &Step, clock: &VirtualClock, stores: &[Arc<dyn Store>], unit: i64, reference: &mut Reference) {
    match step {
        Step::Write(store, written) => {
            let now = clock.now().micros();
            let entries = written.iter().map(|(key, number, ttl)| {
                let (key, text) = (KEYS[*key], format!("[{number}]"));
                let expires = ttl.map(|ttl| (now + ttl as i64 + unit - 1) / unit * unit);
                reference.insert((*store, key), (text.clone(), expires));
                Entry { key: key.into(), value: text.into(), ttl: ttl.map(Duration::from_micros) }
            });
            let entries: Vec<_> = entries.collect();
            run(clock, stores[*store].write(&entries)).unwrap();
        }
        Step::Remove(store, keys) => {
            let keys: Vec<_> = keys.iter().map(|key| KEYS[*key]).collect();
            keys.iter().for_each(|key| drop(reference.remove(&(*store, *key))));
            run(clock, stores[*store].remove(&keys.into_iter().map(str::to_owned).collect::<Vec<_>>())).unwrap();
        }
        Step::Pass(micros) => clock.advance(Duration::from_micros(*micros)),
    }
}

fn map(atomicity: Atomicity) -> impl Fn(Arc<dyn Clock>) -> Host {
    move |clock| Host::new(Arc::new(Map::with(Abilities { atomicity, bytes: true })), clock)
}

fn database(clock: Arc<dyn Clock>) -> Database<Client<Connection>> {
    Database::new(Arc::new(Client::new(Connection::open_in_memory().unwrap())), clock)
}

proptest! {
    #[test]
    fn results_are_as_in_a_map(steps in proptest::collection::vec(step(), 1..20)) {
        answers_as_a_map(&steps, 1, Memory::new);
        answers_as_a_map(&steps, 1, map(Atomicity::Store));
        answers_as_a_map(&steps, 1, map(Atomicity::None));
        answers_as_a_map(&steps, 1000, database);
        answers_as_a_map(&steps, 1000, |clock| TableForEach(database(clock)));
    }
}
