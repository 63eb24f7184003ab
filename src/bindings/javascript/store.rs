//! Stores whose layout Rust knows, over a Redis or a database of JavaScript: the verbs that `js/hosts/backend.ts` is
//! made of.

use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::border::{self, Answer, value_of};
use super::place;
use crate::error::Result;
use crate::layers::key_value::{KeyValue, Replaced};
use crate::store::{Entry, Shelf, Store, Value};

/// The plain keys and values of a host, in this table or under this prefix.
fn open(host: JsValue, table: String) -> Result<Arc<dyn Store>> {
    place::open(host, Shelf::KeyValue { table })
}

/// The values of these keys.
#[wasm_bindgen]
pub fn store_read(host: JsValue, table: String, keys: Vec<String>) -> JsValue {
    border::start(async move { open(host, table)?.read(&keys).await.map(Answer::Values) })
}

/// Stores a value.
#[wasm_bindgen]
pub fn store_write(host: JsValue, table: String, key: String, value: JsValue) -> JsValue {
    border::start(async move {
        let value = value_of(value).unwrap_or_else(|| Value::Text(String::new()));
        open(host, table)?.write(&[Entry { key, value, ttl: None }]).await?;
        Ok(Answer::Done)
    })
}

/// Removes these keys.
#[wasm_bindgen]
pub fn store_remove(host: JsValue, table: String, keys: Vec<String>) -> JsValue {
    border::start(async move {
        open(host, table)?.remove(&keys).await?;
        Ok(Answer::Done)
    })
}

/// Some of the keys with this prefix.
#[wasm_bindgen]
pub fn store_list(host: JsValue, table: String, prefix: String, cursor: Option<String>, limit: f64) -> JsValue {
    border::start(
        async move { open(host, table)?.list(&prefix, cursor.as_deref(), limit as usize).await.map(Answer::Page) },
    )
}

/// Puts `next` under the key if `expected` is there (undefined stands for no value), and tells whether it was.
#[wasm_bindgen]
pub fn store_replace(host: JsValue, table: String, key: String, expected: JsValue, next: JsValue) -> JsValue {
    border::start(async move {
        let store = KeyValue::new(open(host, table)?);
        let replaced = store.replace(&key, value_of(expected), value_of(next)).await?;
        Ok(Answer::Flag(replaced == Replaced::Done))
    })
}
