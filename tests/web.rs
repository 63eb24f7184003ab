//! The face for Rust applications in a browser: storages, clock and typed values, in a real page.
#![cfg(target_arch = "wasm32")]

use std::sync::Arc;
use std::time::Duration;

use durastate::backends::host::Host;
use durastate::backends::web_storage::{Thrown, WebStorage};
use durastate::error::Kind;
use durastate::host::Clock;
use durastate::host::web::{WebClock, from_json, local_storage, session_storage, to_json};
use durastate::layers::key_value::{KeyValue, Replaced};
use durastate::store::{Store, Value};
use serde::{Deserialize, Serialize};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A view of its own for each test: the page and its storage are shared.
fn open(prefix: &str) -> KeyValue<impl Store + use<>> {
    let storage = WebStorage::new(local_storage().unwrap());
    KeyValue::new(Arc::new(Host::new(Arc::new(storage), Arc::new(WebClock)).plain())).prefix(prefix)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cart {
    owner: String,
    items: Vec<(String, u32)>,
    note: Option<String>,
}

#[wasm_bindgen_test]
async fn text_and_bytes_are_stored_as_the_npm_package_stores_them() {
    let kv = open("plain:");
    kv.set("text", "hällo 🗝").await.unwrap();
    kv.set("bytes", vec![0, 1, 2]).await.unwrap();
    let storage = local_storage().unwrap();
    assert_eq!(storage.get_item("plain:text").unwrap().as_deref(), Some("hällo 🗝"));
    assert_eq!(storage.get_item("plain:bytes").unwrap().as_deref(), Some("AAEC"));
    assert_eq!(kv.get_bytes("bytes").await.unwrap(), Some(vec![0, 1, 2]));
    assert_eq!(kv.keys().await.unwrap(), ["bytes", "text"]);
    kv.clear().await.unwrap();
    assert!(kv.is_empty().await.unwrap());
}

#[wasm_bindgen_test]
async fn typed_values_are_json() {
    let kv = open("typed:");
    let cart = Cart { owner: "Ada".into(), items: vec![("apple".into(), 3)], note: None };
    kv.set("cart", to_json(&cart).unwrap()).await.unwrap();
    let text = kv.get("cart").await.unwrap().unwrap();
    assert_eq!(text, r#"{"owner":"Ada","items":[["apple",3]],"note":null}"#);
    assert_eq!(from_json::<Cart>(&text).unwrap(), cart);
    assert_eq!(from_json::<Cart>("{").unwrap_err().kind, Kind::Corrupt);
    assert_eq!(from_json::<Cart>("[1]").unwrap_err().kind, Kind::Corrupt);
}

#[wasm_bindgen_test]
async fn a_replacement_holds_only_where_it_was_expected() {
    let kv = open("replace:");
    let text = |text: &str| Some(Value::from(text));
    assert_eq!(kv.replace("k", None, text("1")).await.unwrap(), Replaced::Done);
    assert_eq!(kv.replace("k", text("0"), text("2")).await.unwrap(), Replaced::Found(text("1")));
    kv.modify("k", |value| value + "!").await.unwrap();
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some("1!"));
}

#[wasm_bindgen_test]
async fn a_full_storage_refuses_and_keeps_what_it_has() {
    let kv = open("full:");
    kv.set("k", "before").await.unwrap();
    let refused = kv.set("k", "x".repeat(20 << 20)).await.unwrap_err();
    assert_eq!((refused.kind, refused.key.as_deref()), (Kind::Unavailable, Some("full:k")));
    assert!(refused.cause.unwrap().get::<Thrown>().is_some(), "what the browser threw is the cause");
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some("before"));
}

#[wasm_bindgen_test]
async fn the_session_has_a_storage_of_its_own() {
    let host = Host::new(Arc::new(WebStorage::new(session_storage().unwrap())), Arc::new(WebClock));
    let session = KeyValue::new(Arc::new(host.plain())).prefix("session:");
    session.set("k", "mine").await.unwrap();
    assert_eq!(open("session:").get("k").await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn the_clock_sleeps_until_the_moment_and_not_less() {
    let until = WebClock.now().after(Duration::from_millis(30));
    WebClock.sleep_until(until).await;
    assert!(WebClock.now() >= until);
    WebClock.sleep_until(until).await;
}
