//! localStorage, sessionStorage, and whatever else behaves like them.

use std::fmt;

use wasm_bindgen::JsValue;
use web_sys::Storage;

use crate::error::{Error, Kind, Result};
use crate::future::{Answer, ready};
use crate::host::{HostStore, Swap};
use crate::store::{Abilities, Atomicity, Page, Value};

/// A Web Storage as a key-value store of the host: text alone, one tab at a time.
pub struct WebStorage(Storage);

impl WebStorage {
    /// Keeps things in this storage, which may be any object with the methods of one.
    pub fn new(storage: Storage) -> Self {
        Self(storage)
    }

    fn get(&self, key: &str) -> Result<Option<Value>> {
        let found = self.0.get_item(key).map_err(|thrown| refused(key, thrown))?;
        Ok(found.map(Value::Text))
    }

    fn put(&self, key: &str, value: &Value) -> Result<()> {
        let Value::Text(text) = value else {
            return Err(Error::new(Kind::Unsupported, "a Web Storage holds text alone").on(key));
        };
        self.0.set_item(key, text).map_err(|thrown| refused(key, thrown))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.0.remove_item(key).map_err(|thrown| refused(key, thrown))
    }

    /// The keys with this prefix.
    pub fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let length = self.0.length().map_err(|thrown| refused(prefix, thrown))?;
        let mut keys = Vec::new();
        for place in 0..length {
            let key = self.0.key(place).map_err(|thrown| refused(prefix, thrown))?;
            keys.extend(key.filter(|key| key.starts_with(prefix)));
        }
        Ok(keys)
    }

    /// No other code of this tab runs in between, so this is atomic as far as one tab goes.
    fn swap_now(&self, changes: &[Swap]) -> Result<bool> {
        for change in changes {
            if self.get(&change.key)? != change.expected {
                return Ok(false);
            }
        }
        for (done, change) in changes.iter().enumerate() {
            if let Err(error) = self.leave(&change.key, change.next.as_ref()) {
                // All or nothing: what was changed before the storage refused goes back, and had room before.
                changes[..done].iter().try_for_each(|change| self.leave(&change.key, change.expected.as_ref()))?;
                return Err(error);
            }
        }
        Ok(true)
    }

    fn leave(&self, key: &str, value: Option<&Value>) -> Result<()> {
        match value {
            Some(value) => self.put(key, value),
            None => self.delete(key),
        }
    }
}

/// What JavaScript threw, as the cause of an error.
pub struct Thrown(pub JsValue);

impl fmt::Debug for Thrown {
    /// Says no more than this: what was thrown is handed over as it is, and need not be described in Rust.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JavaScript value")
    }
}

/// A storage that throws (full, private, gone) has done nothing.
fn refused(key: &str, thrown: JsValue) -> Error {
    Error::new(Kind::Unavailable, "the storage refused").on(key).because(Thrown(thrown))
}

impl HostStore for WebStorage {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        ready(keys.iter().map(|key| self.get(key)).collect())
    }

    fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()> {
        ready(entries.iter().try_for_each(|(key, value)| self.put(key, value)))
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        ready(keys.iter().try_for_each(|key| self.delete(key)))
    }

    fn list<'a>(&'a self, prefix: &'a str, _: Option<&'a str>, _: usize) -> Answer<'a, Page> {
        // Keys have numbers that shift with every change, so a listing is whole or nothing.
        ready(self.keys(prefix).map(|keys| Page { keys, next: None }))
    }

    fn swap<'a>(&'a self, changes: &'a [Swap]) -> Answer<'a, bool> {
        ready(self.swap_now(changes))
    }

    fn abilities(&self) -> Abilities {
        Abilities { atomicity: Atomicity::Process, bytes: false }
    }
}
