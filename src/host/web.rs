//! A browser around a Rust application that compiles to wasm itself (Leptos, Yew, Dioxus, plain wasm-bindgen): its
//! clock, its storages, and typed values as the JSON text that the npm package reads and writes too.

use gloo_timers::future::TimeoutFuture;
use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use web_sys::Storage;

use super::{Clock, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::future::Task;

/// Timers count in 32 bits; a longer sleep takes several.
const LONGEST_TIMER: f64 = i32::MAX as f64;

/// The browser's clock and timers.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebClock;

impl Clock for WebClock {
    #[expect(clippy::disallowed_methods, reason = "this is the home of the browser's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(js_sys::Date::now())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the home of the browser's timers")]
    fn sleep_until(&self, at: Timestamp) -> Task<'_, ()> {
        Box::pin(async move {
            loop {
                let left = (at.millis() - self.now().millis()).ceil();
                if left <= 0.0 {
                    return;
                }
                TimeoutFuture::new(left.min(LONGEST_TIMER) as u32).await;
            }
        })
    }
}

/// `localStorage`; `Unavailable` where the page has none or may not use it.
pub fn local_storage() -> Result<Storage> {
    storage("localStorage", web_sys::Window::local_storage)
}

/// `sessionStorage`; `Unavailable` where the page has none or may not use it.
pub fn session_storage() -> Result<Storage> {
    storage("sessionStorage", web_sys::Window::session_storage)
}

fn storage(name: &str, get: fn(&web_sys::Window) -> Result<Option<Storage>, JsValue>) -> Result<Storage> {
    let missing = || Error::new(Kind::Unavailable, format!("there is no {name} here"));
    let window = web_sys::window().ok_or_else(missing)?;
    get(&window).ok().flatten().ok_or_else(missing)
}

/// A value as JSON text; `Invalid` when it is none that JSON can hold.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let refused = || Error::new(Kind::Invalid, "JSON can not hold this value");
    let value = value.serialize(&Serializer::json_compatible()).map_err(|_| refused())?;
    let text = JSON::stringify(&value).map_err(|_| refused())?;
    text.as_string().ok_or_else(refused)
}

/// The value behind a JSON text; `Corrupt` when the text is no JSON or describes another type.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    let refused = || Error::new(Kind::Corrupt, "what is stored does not describe this type");
    let value = JSON::parse(text).map_err(|_| refused())?;
    serde_wasm_bindgen::from_value(value).map_err(|_| refused())
}
