//! The key-value layer for JavaScript. One text under one key needs no decision: JavaScript reads and writes it where
//! it lies. Where texts are compared they cross as handles, never as Rust strings, and so come through unchanged.

use std::sync::Arc;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::border::{self, Answer};
use super::host::{JsClock, JsStore};
use crate::backends::host::Host;
use crate::backends::web_storage::{Thrown, WebStorage};
use crate::error::{Error, Kind, Result};
use crate::layers::key_value::{self, KeyValue};
use crate::store::Value;

/// Lists the keys of a host's store with this prefix, and answers them all (`"keys"`), how many there are (`"size"`),
/// whether there are none (`"isEmpty"`), or, having removed those that `begin` like this, which they were. One call and
/// concrete types, not `dyn`: one state machine to ship, and nothing linked in that a listing does not need.
#[wasm_bindgen]
pub fn key_value_list(store: JsValue, prefix: String, want: String, begin: String) -> JsValue {
    border::start(async move {
        let store = Host::new(Arc::new(JsStore::new(store)), Arc::new(JsClock)).plain();
        let view = KeyValue::new(Arc::new(store)).prefix(&prefix);
        Ok(match &*want {
            "keys" => Answer::Texts(view.keys().await?),
            "size" => Answer::Number(view.size().await? as f64),
            "isEmpty" => Answer::Flag(view.is_empty().await?),
            _ => Answer::Texts(view.clear_prefix(&begin).await?),
        })
    })
}

/// Bytes read as text.
#[wasm_bindgen]
pub fn key_value_text_of(bytes: Vec<u8>) -> String {
    key_value::text_of(Value::Bytes(bytes))
}

/// Text read as bytes; `native` tells whether its store keeps bytes as bytes.
#[wasm_bindgen]
pub fn key_value_bytes_of(text: String, native: bool) -> Vec<u8> {
    key_value::bytes_of(Value::Text(text), native)
}

#[wasm_bindgen]
extern "C" {
    /// A Web Storage whose texts stay on the JavaScript side.
    pub type TextStorage;

    #[wasm_bindgen(method, catch, js_name = getItem)]
    fn get_item(this: &TextStorage, key: &JsString) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setItem)]
    fn set_item(this: &TextStorage, key: &JsString, text: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeItem)]
    fn remove_item(this: &TextStorage, key: &JsString) -> Result<(), JsValue>;
}

fn refused(thrown: JsValue) -> Error {
    Error::new(Kind::Unavailable, "the storage refused").because(Thrown(thrown))
}

/// The keys of a Web Storage with this prefix.
#[wasm_bindgen]
pub fn web_storage_keys(storage: JsValue, prefix: String) -> JsValue {
    let keys = WebStorage::new(storage.unchecked_into()).keys(&prefix);
    border::answer(keys.map(JsValue::from))
}

/// Puts `next` into a Web Storage if `expected` is there (undefined stands for no text), and tells whether it was.
#[wasm_bindgen]
pub fn web_storage_swap(storage: &TextStorage, key: &JsString, expected: &JsValue, next: &JsValue) -> JsValue {
    let found = storage.get_item(key).map_err(refused);
    border::answer(found.and_then(|found| {
        let same = if found.is_null() { expected.is_undefined() } else { found == *expected };
        if same {
            put(storage, key, next)?;
        }
        Ok(same.into())
    }))
}

fn put(storage: &TextStorage, key: &JsString, text: &JsValue) -> Result<()> {
    let done = match text.is_undefined() {
        true => storage.remove_item(key),
        false => storage.set_item(key, text),
    };
    done.map_err(refused)
}
