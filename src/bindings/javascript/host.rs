//! The host's side as the contract knows it: each verb parks a request that JavaScript carries out.

use wasm_bindgen::JsValue;

use super::border::{Ask, Reply, Verb, ask};
use crate::error::{Error, Kind, Result};
use crate::future::{Answer, Task};
use crate::host::{Clock, HostStore, Swap, Timestamp};
use crate::store::{Abilities, Atomicity, Page, Value};

/// A key-value store that is a JavaScript object (`HostStore` in `js/hosts/store.ts`).
pub(super) struct JsStore {
    object: JsValue,
    atomicity: Atomicity,
}

impl JsStore {
    /// For layers that do not ask how far a change is atomic.
    pub(super) fn new(object: JsValue) -> Self {
        Self::with(object, Atomicity::None)
    }

    /// A store whose changes are atomic so far.
    pub(super) fn with(object: JsValue, atomicity: Atomicity) -> Self {
        Self { object, atomicity }
    }

    async fn ask(&self, verb: Verb) -> Result<Reply> {
        match ask(Ask::Store(self.object.clone(), verb)).await {
            Reply::Failed(error) => Err(error),
            reply => Ok(reply),
        }
    }
}

pub(super) fn unexpected<T>() -> Result<T> {
    Err(Error::new(Kind::Corrupt, "the host replied to another question"))
}

impl HostStore for JsStore {
    fn read<'a>(&'a self, keys: &'a [String]) -> Answer<'a, Vec<Option<Value>>> {
        Box::pin(async {
            match self.ask(Verb::Read(keys.to_vec())).await? {
                Reply::Values(values) => Ok(values),
                _ => unexpected(),
            }
        })
    }

    fn write<'a>(&'a self, entries: &'a [(String, Value)]) -> Answer<'a, ()> {
        Box::pin(async {
            match self.ask(Verb::Write(entries.to_vec())).await? {
                Reply::Done => Ok(()),
                _ => unexpected(),
            }
        })
    }

    fn remove<'a>(&'a self, keys: &'a [String]) -> Answer<'a, ()> {
        Box::pin(async {
            match self.ask(Verb::Remove(keys.to_vec())).await? {
                Reply::Done => Ok(()),
                _ => unexpected(),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str, cursor: Option<&'a str>, limit: usize) -> Answer<'a, Page> {
        Box::pin(async move {
            let verb = Verb::List(prefix.to_owned(), cursor.map(str::to_owned), limit);
            match self.ask(verb).await? {
                Reply::Page(page) => Ok(page),
                _ => unexpected(),
            }
        })
    }

    fn swap<'a>(&'a self, changes: &'a [Swap]) -> Answer<'a, bool> {
        Box::pin(async {
            match self.ask(Verb::Swap(changes.to_vec())).await? {
                Reply::Flag(flag) => Ok(flag),
                _ => unexpected(),
            }
        })
    }

    fn abilities(&self) -> Abilities {
        // JavaScript converts bytes before they come here.
        Abilities { atomicity: self.atomicity, bytes: true }
    }
}

/// The time of the JavaScript around.
pub(super) struct JsClock;

impl Clock for JsClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the npm package takes its time from")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(js_sys::Date::now())
    }

    fn sleep_until(&self, at: Timestamp) -> Task<'_, ()> {
        Box::pin(async move { drop(ask(Ask::Sleep(at.millis())).await) })
    }
}
