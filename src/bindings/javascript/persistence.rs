//! Results with a time to live: the verbs that `js/layers/persistence/place.ts` is made of. What a result says stays on
//! the JavaScript side: here it is a text.

use std::sync::Arc;
use std::time::Duration;

use wasm_bindgen::prelude::*;

use super::border::{self, Answer};
use super::place;
use crate::error::Result;
use crate::layers::persistence;
use crate::store::{Entry, Shelf, Store, Value, namespace};

#[wasm_bindgen]
extern "C" {
    /// Where the results of one store id are (`Place` in `js/layers/persistence/place.ts`).
    pub type ResultPlace;

    #[wasm_bindgen(method, getter)]
    pub(super) fn host(this: &ResultPlace) -> JsValue;

    #[wasm_bindgen(method, getter)]
    pub(super) fn prefix(this: &ResultPlace) -> String;

    #[wasm_bindgen(method, getter, js_name = storeId)]
    pub(super) fn store_id(this: &ResultPlace) -> String;

    #[wasm_bindgen(method, getter, js_name = ownTable)]
    fn own_table(this: &ResultPlace) -> bool;
}

/// The results there.
pub(super) fn results(place: &ResultPlace) -> Result<Arc<dyn Store>> {
    let store_id = place.store_id();
    let shelf = match place.own_table() {
        true => Shelf::PersistenceTable { store_id },
        false => Shelf::Persistence { prefix: place.prefix(), store_id },
    };
    place::open(place.host(), shelf)
}

/// A time to live in milliseconds; one that is infinite is none.
pub(super) fn ttl(millis: f64) -> Option<Duration> {
    millis.is_finite().then(|| Duration::from_secs_f64(millis.max(0.0) / 1e3))
}

/// What the keys of a store begin with where all stores lie side by side.
#[wasm_bindgen]
pub fn persistence_namespace(store_id: String) -> JsValue {
    border::answer(Ok(namespace(&store_id).into()))
}

/// The texts of these keys.
#[wasm_bindgen]
pub fn persistence_read(place: ResultPlace, keys: Vec<String>) -> JsValue {
    border::start(async move { results(&place)?.read(&keys).await.map(Answer::Values) })
}

/// Stores these texts, each for so many milliseconds.
#[wasm_bindgen]
pub fn persistence_write(place: ResultPlace, keys: Vec<String>, texts: Vec<String>, ttls: Vec<f64>) -> JsValue {
    let entries = keys.into_iter().zip(texts).zip(ttls);
    let entries: Vec<_> =
        entries.map(|((key, text), millis)| Entry { key, value: Value::Text(text), ttl: ttl(millis) }).collect();
    border::start(async move {
        results(&place)?.write(&entries).await?;
        Ok(Answer::Done)
    })
}

/// Removes these keys.
#[wasm_bindgen]
pub fn persistence_remove(place: ResultPlace, keys: Vec<String>) -> JsValue {
    border::start(async move {
        results(&place)?.remove(&keys).await?;
        Ok(Answer::Done)
    })
}

/// Removes all keys of the store.
#[wasm_bindgen]
pub fn persistence_clear(place: ResultPlace) -> JsValue {
    border::start(async move {
        persistence::Persistence::new(results(&place)?).clear().await?;
        Ok(Answer::Done)
    })
}
