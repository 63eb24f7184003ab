//! The plainest key-value store a host can have.

use std::collections::BTreeMap;
use std::sync::Mutex;

use durastate::error::{Error, Kind};
use durastate::future::{Answer, ready};
use durastate::host::{HostStore, Swap};
use durastate::store::{Abilities, Atomicity, Page, Value};

/// A map behind the host's verbs.
pub struct Map {
    pub values: Mutex<BTreeMap<String, Value>>,
    pub abilities: Abilities,
}

impl Map {
    pub fn new() -> Self {
        Self::with(Abilities { atomicity: Atomicity::Store, bytes: true })
    }

    pub fn with(abilities: Abilities) -> Self {
        Self { values: Mutex::default(), abilities }
    }

    fn swap_now(&self, changes: &[Swap]) -> bool {
        let mut values = self.values.lock().unwrap();
        if changes.iter().any(|change| values.get(&change.key) != change.expected.as_ref()) {
            return false;
        }
        for change in changes {
            match &change.next {
                Some(next) => values.insert(change.key.clone(), next.clone()),
                None => values.remove(&change.key),
            };
        }
        true
    }
}

impl HostStore for Map {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        let values = self.values.lock().unwrap();
        ready(Ok(keys.iter().map(|key| values.get(key).cloned()).collect()))
    }

    fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()> {
        let text_only = !self.abilities.bytes && entries.iter().any(|(_, value)| matches!(value, Value::Bytes(_)));
        if text_only {
            return ready(Err(Error::new(Kind::Unsupported, "this map holds text alone")));
        }
        self.values.lock().unwrap().extend(entries.iter().cloned());
        ready(Ok(()))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        let mut values = self.values.lock().unwrap();
        keys.iter().for_each(|key| drop(values.remove(key)));
        ready(Ok(()))
    }

    /// Pages are small and overlap, as those of a real store may.
    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        let values = self.values.lock().unwrap();
        let from = cursor.unwrap_or(prefix).to_owned();
        let all = values.range(from..).map(|(key, _)| key.clone());
        let keys: Vec<String> = all.take_while(|key| key.starts_with(prefix)).take(limit.min(3)).collect();
        let next = keys.last().filter(|last| keys.len() == 3 && cursor != Some(last.as_str())).cloned();
        ready(Ok(Page { keys, next }))
    }

    fn swap<'a>(&'a self, changes: &'a [Swap]) -> Answer<'a, bool> {
        match self.abilities.atomicity {
            Atomicity::None => ready(Err(Error::new(Kind::Unsupported, "this map can not swap"))),
            _ => ready(Ok(self.swap_now(changes))),
        }
    }

    fn abilities(&self) -> Abilities {
        self.abilities
    }
}
