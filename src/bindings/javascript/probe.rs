//! Calls that only the tests of the runner make (`tests/js/runner`): a layer that does nothing but wait, claim and
//! fail in every way that a layer can.

use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::border::{self, Answer, runner};
use super::host::{JsClock, JsStore};
use crate::error::{Error, Kind};
use crate::future::{First, Task, join, select};
use crate::host::{Clock, HostStore, Owner, Tasks, Timestamp, undone_if_abandoned};
use crate::store::Value;

/// The tasks of this module.
struct JsTasks;

impl Tasks for JsTasks {
    fn owner(&self) -> Owner {
        runner().owner()
    }

    fn spawn(&self, owner: Owner, task: Task<'static, ()>) {
        runner().spawn(owner, task);
    }

    fn stop(&self, owner: Owner) {
        runner().stop(owner);
    }
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    }
}

async fn read(store: &JsStore, key: &str) -> crate::error::Result<String> {
    let mut values = store.read(&[key.to_owned()]).await?;
    Ok(text(values.pop().flatten()))
}

/// Reads the keys side by side, each by a request of its own.
#[wasm_bindgen]
pub fn probe_join(store: JsValue, keys: Vec<String>) -> JsValue {
    border::start(async move {
        let store = JsStore::new(store);
        let read = join(keys.iter().map(|key| read(&store, key)).collect::<Vec<_>>()).await;
        Ok(Answer::Texts(read.into_iter().collect::<Result<_, _>>()?))
    })
}

/// Reads a key, or gives up after some milliseconds.
#[wasm_bindgen]
pub fn probe_select(store: JsValue, key: String, milliseconds: f64) -> JsValue {
    border::start(async move {
        let (store, clock) = (JsStore::new(store), JsClock);
        let until = Timestamp::from_millis(clock.now().millis() + milliseconds);
        match select(read(&store, &key), clock.sleep_until(until)).await {
            First::A(text) => Ok(Answer::Texts(vec![text?])),
            First::B(()) => Err(Error::new(Kind::Unavailable, "too slow").on(key)),
        }
    })
}

/// Waits for some milliseconds, as one who waits in `take` does.
#[wasm_bindgen]
pub fn probe_wait(milliseconds: f64) -> JsValue {
    border::start(async move {
        JsClock.sleep_until(Timestamp::from_millis(JsClock.now().millis() + milliseconds)).await;
        Ok(Answer::Flag(true))
    })
}

/// Claims a key by a write, and removes it again when nobody waits for the claim any more.
#[wasm_bindgen]
pub fn probe_claim(store: JsValue, key: String) -> JsValue {
    border::start(async move {
        let store = Arc::new(JsStore::new(store));
        let (claimed, claiming, giving) = (vec![key.clone()], store.clone(), store);
        let effect = async move {
            claiming.write(&[(key, Value::from("claimed"))]).await?;
            Ok(claimed)
        };
        let undo =
            move |keys: Vec<String>| -> Task<'static, ()> { Box::pin(async move { drop(giving.remove(&keys).await) }) };
        let tasks = Arc::new(JsTasks);
        let owner = tasks.owner();
        let keys = undone_if_abandoned(tasks, owner, Box::pin(effect), Box::new(undo)).await?;
        Ok(Answer::Texts(keys))
    })
}

/// Writes a key again and again, as a refresher of leases does, and gives the owner to stop it by.
#[wasm_bindgen]
pub fn probe_refresh(store: JsValue, key: String, milliseconds: f64) -> JsValue {
    let owner = runner().owner();
    let refresh = async move {
        let store = JsStore::new(store);
        let mut round = 0;
        while store.write(&[(key.clone(), Value::Text(format!("{round}")))]).await.is_ok() {
            round += 1;
            JsClock.sleep_until(Timestamp::from_millis(JsClock.now().millis() + milliseconds)).await;
        }
    };
    runner().spawn(owner, Box::pin(refresh));
    border::answer(Ok(owner.0.into()))
}

/// Stops what belongs to this owner.
#[wasm_bindgen]
pub fn probe_stop(owner: u32) -> JsValue {
    runner().stop(Owner(owner));
    border::answer(Ok(JsValue::UNDEFINED))
}

/// Panics where it stands, or after a reply.
#[wasm_bindgen]
pub fn probe_panic(store: JsValue, message: String, later: bool) -> JsValue {
    border::start(async move {
        if later {
            read(&JsStore::new(store), "before the panic").await?;
        }
        panic!("{message}")
    })
}

/// Panics in a task that nobody awaits, after a reply.
#[wasm_bindgen]
pub fn probe_panic_detached(store: JsValue, message: String) -> JsValue {
    let panic = async move {
        drop(read(&JsStore::new(store), "before the panic").await);
        panic!("{message}")
    };
    runner().spawn(runner().owner(), Box::pin(panic));
    border::answer(Ok(JsValue::UNDEFINED))
}

/// Calls itself until the stack is used up.
#[wasm_bindgen]
#[expect(unconditional_recursion, reason = "that is the point")]
pub fn probe_overflow(depth: f64) -> f64 {
    std::hint::black_box(probe_overflow(std::hint::black_box(depth + 1.0))) + 1.0
}
