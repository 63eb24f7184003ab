//! A Map that lasts: text and bytes under text keys.

use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::base64;
use crate::error::{Error, Kind, Result};
use crate::host::Timestamp;
use crate::store::{Abilities, Entry, RESERVED, Store, Value};
use crate::transition::{Change, Fields, Layout, Mode, Outcome, Record, Step, Transition, Twin, Type};
use crate::turns::Turns;

/// How many keys a listing asks for at a time.
const PAGE: usize = 1000;

/// How often [`KeyValue::modify`] starts again because somebody else was faster.
const ROUNDS: usize = 128;

/// Puts `next` where `expected` is; refused, it answers what it `found` there instead. A value keeps its time to live.
pub const REPLACE: Transition = Transition {
    name: "key-value/replace",
    step: replace,
    keys: |key, _| vec![key.to_owned()],
    expects: Some(|args| {
        args.get("expected").and_then(|value| Fields::new().with("value", value.clone()).into_value().ok())
    }),
    lua: Some(Twin {
        body: include_str!("key_value/replace.lua"),
        layouts: &[Layout::Plain("value", Type::Value)],
        reply: &[("found", Type::Value)],
    }),
};

fn replace(state: &[Option<Record>], _: Timestamp, args: &Fields) -> Result<Outcome> {
    let found = state.first().and_then(Option::as_ref);
    let value = found.and_then(|record| record.fields.get("value"));
    if value != args.get("expected") {
        let reply = value.map_or(Fields::new(), |value| Fields::new().with("found", value.clone()));
        return Ok(Outcome::refuse(reply));
    }
    let change = match args.get("next") {
        Some(next) => Change::Put(Record {
            fields: Fields::new().with("value", next.clone()),
            expires: found.and_then(|record| record.expires),
        }),
        None => Change::Remove,
    };
    Ok(Outcome::change(vec![change], Fields::new()))
}

/// Keys and values in a store, or those of them that share a prefix. Clones are the same store.
pub struct KeyValue<S: ?Sized = dyn Store> {
    store: Arc<S>,
    prefix: String,
    turns: Arc<Turns>,
}

impl<S: ?Sized> Clone for KeyValue<S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), prefix: self.prefix.clone(), turns: self.turns.clone() }
    }
}

impl<S: Store + ?Sized> KeyValue<S> {
    /// The keys and values on this store's shelf.
    pub fn new(store: Arc<S>) -> Self {
        Self { store, prefix: String::new(), turns: Arc::default() }
    }

    /// A view of the keys that begin with `prefix`, without it. Clearing the view leaves its neighbours alone.
    pub fn prefix(&self, prefix: &str) -> Self {
        Self { prefix: format!("{}{prefix}", self.prefix), ..self.clone() }
    }

    /// What the store below can do.
    pub fn abilities(&self) -> Abilities {
        self.store.abilities()
    }

    /// The text under this key; bytes read as text are base64.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        Ok(self.read(key).await?.map(text_of))
    }

    /// The bytes under this key; text read as bytes is UTF-8. A store that holds text alone can not tell the two
    /// apart: there a text that happens to be base64 reads as what it encodes.
    pub async fn get_bytes(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let native = self.store.abilities().bytes;
        Ok(self.read(key).await?.map(|value| bytes_of(value, native)))
    }

    /// Stores a text or bytes under this key, over what was there.
    pub async fn set(&self, key: &str, value: impl Into<Value>) -> Result<()> {
        let entry = Entry { key: self.place(key)?, value: self.storable(value.into()), ttl: None };
        self.store.write(&[entry]).await
    }

    /// Removes this key; that it is not there is no error.
    pub async fn remove(&self, key: &str) -> Result<()> {
        self.store.remove(&[self.place(key)?]).await
    }

    /// Whether there is anything under this key.
    pub async fn has(&self, key: &str) -> Result<bool> {
        Ok(self.read(key).await?.is_some())
    }

    /// All keys, sorted; durastate's own are left out.
    pub async fn keys(&self) -> Result<Vec<String>> {
        let places = self.places("").await?;
        Ok(places.into_iter().map(|key| self.within(key)).collect())
    }

    /// How many keys there are.
    pub async fn size(&self) -> Result<usize> {
        Ok(self.places("").await?.len())
    }

    /// Whether there are no keys.
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(Listing::of(self, "").page().await?.is_none())
    }

    /// Removes all keys but durastate's own, and answers which.
    pub async fn clear(&self) -> Result<Vec<String>> {
        self.clear_prefix("").await
    }

    /// Removes the keys that begin with `prefix`, but durastate's own, and answers which.
    pub async fn clear_prefix(&self, prefix: &str) -> Result<Vec<String>> {
        // The listing is complete before the first key goes: a cursor need not survive a removal.
        let places = self.places(prefix).await?;
        for page in places.chunks(PAGE) {
            self.store.remove(page).await?;
        }
        Ok(places.into_iter().map(|key| self.within(key)).collect())
    }

    /// Replaces the text under this key by what `change` makes of it, atomically as far as the store is, and answers
    /// the new text. A key that is not there stays so. `change` may run more than once.
    pub async fn modify(&self, key: &str, mut change: impl FnMut(String) -> String) -> Result<Option<String>> {
        let changed = self.modify_value(key, |value| Value::Text(change(text_of(value)))).await?;
        Ok(changed.map(text_of))
    }

    /// The same for bytes.
    pub async fn modify_bytes(&self, key: &str, mut change: impl FnMut(Vec<u8>) -> Vec<u8>) -> Result<Option<Vec<u8>>> {
        let native = self.store.abilities().bytes;
        let changed = self.modify_value(key, |value| Value::Bytes(change(bytes_of(value, native)))).await?;
        Ok(changed.map(|value| bytes_of(value, native)))
    }

    async fn modify_value(&self, key: &str, mut change: impl FnMut(Value) -> Value) -> Result<Option<Value>> {
        let _turn = self.turns.take(&self.place(key)?).await;
        let mut found = self.read(key).await?;
        for _ in 0..ROUNDS {
            let Some(value) = found else { return Ok(None) };
            let next = self.storable(change(value.clone()));
            match self.replace(key, Some(value), Some(next.clone())).await? {
                Replaced::Done => return Ok(Some(next)),
                Replaced::Found(other) => found = other,
            }
        }
        let message = format!("others changed it first, {ROUNDS} times in a row");
        Err(Error::new(Kind::Conflict, message).on(key))
    }

    /// Puts `next` under this key if `expected` is there (nothing stands for no value), or tells what is there.
    pub async fn replace(&self, key: &str, expected: Option<Value>, next: Option<Value>) -> Result<Replaced> {
        let mut args = Fields::new();
        for (name, value) in [("expected", expected), ("next", next)] {
            if let Some(value) = value.and_then(|value| Fields::from(self.storable(value)).take("value")) {
                args = args.with(name, value);
            }
        }
        let step = Step { transition: &REPLACE, key: self.place(key)?, args };
        let decided = self.store.apply(&[step], Mode::Each).await?;
        let Some(mut decided) = decided.into_iter().next().transpose()? else {
            return Err(Error::new(Kind::Corrupt, "the store did not answer").on(key));
        };
        if !decided.refused {
            return Ok(Replaced::Done);
        }
        let found = decided.reply.take("found").map(|found| Fields::new().with("value", found).into_value());
        Ok(Replaced::Found(found.transpose()?))
    }

    async fn read(&self, key: &str) -> Result<Option<Value>> {
        let mut values = self.store.read(&[self.place(key)?]).await?;
        Ok(values.pop().flatten())
    }

    /// Every place that begins with `prefix`, sorted, each once: a store may list a key again while others write.
    async fn places(&self, prefix: &str) -> Result<Vec<String>> {
        // A heap sorts with a quarter of the code of `sort`, which would be a tenth of the npm module.
        let mut places = BinaryHeap::new();
        let mut listing = Listing::of(self, prefix);
        while let Some(page) = listing.page().await? {
            places.extend(page);
        }
        let mut places = places.into_sorted_vec();
        places.dedup();
        Ok(places)
    }

    /// The key as this view knows it.
    fn within(&self, mut place: String) -> String {
        place.drain(..self.prefix.len());
        place
    }

    fn place(&self, key: &str) -> Result<String> {
        match key {
            "" => Err(Error::new(Kind::Invalid, "a key must not be empty").on(key)),
            _ => Ok(format!("{}{key}", self.prefix)),
        }
    }

    fn storable(&self, value: Value) -> Value {
        match value {
            Value::Bytes(bytes) if !self.store.abilities().bytes => Value::Text(base64::encode(&bytes)),
            value => value,
        }
    }
}

/// How a [`KeyValue::replace`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The new value is there.
    Done,
    /// Nothing has changed: this was there instead of what was expected.
    Found(Option<Value>),
}

/// A listing of a view, a page at a time, without the keys that are durastate's own.
struct Listing<'a, S: ?Sized> {
    view: &'a KeyValue<S>,
    prefix: String,
    cursor: Option<String>,
    done: bool,
}

impl<'a, S: Store + ?Sized> Listing<'a, S> {
    fn of(view: &'a KeyValue<S>, prefix: &str) -> Self {
        Self { view, prefix: format!("{}{prefix}", view.prefix), cursor: None, done: false }
    }

    /// The next page that has any keys.
    async fn page(&mut self) -> Result<Option<Vec<String>>> {
        while !self.done {
            let page = self.view.store.list(&self.prefix, self.cursor.as_deref(), PAGE).await?;
            self.done = page.next.is_none();
            self.cursor = page.next;
            // A key that is the view's prefix and no more would be an empty key of the view, and nobody could read it.
            let is_ours = |key: &String| key.len() > self.view.prefix.len() && !key.starts_with(RESERVED);
            let ours: Vec<_> = page.keys.into_iter().filter(is_ours).collect();
            if !ours.is_empty() {
                return Ok(Some(ours));
            }
        }
        Ok(None)
    }
}

/// A value read as text: bytes are base64.
pub fn text_of(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Bytes(bytes) => base64::encode(&bytes),
    }
}

/// A value read as bytes: text is UTF-8, but base64 first where the store keeps bytes as text (`native` is false).
pub fn bytes_of(value: Value, native: bool) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes,
        Value::Text(text) if native => text.into_bytes(),
        Value::Text(text) => base64::decode(&text).unwrap_or_else(|_| text.into_bytes()),
    }
}
