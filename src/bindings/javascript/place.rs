//! Places of JavaScript: a database, a Redis, or a key-value store of the host, told apart by what the object has.
//! Nothing is kept between calls: a place is opened for each.

use std::sync::Arc;

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use super::host::{JsClock, JsStore};
use super::redis::JsRedis;
use super::sql::JsSql;
use crate::backend::Backend;
use crate::backends::host::Host;
use crate::backends::redis::Server;
use crate::backends::sql::Database;
use crate::error::Result;
use crate::host::{HostStore, Redis, Sql};
use crate::store::{Atomicity, Shelf, Store};

/// A shelf of a place.
pub(super) fn open(host: JsValue, shelf: Shelf) -> Result<Arc<dyn Store>> {
    let has = |name: &str| Reflect::has(&host, &name.into()).unwrap_or(false);
    if has("dialect") {
        let sql: Arc<dyn Sql> = Arc::new(JsSql(host.unchecked_into()));
        return Database::new(sql, Arc::new(JsClock)).store(shelf);
    }
    if has("carryOut") {
        let redis: Arc<dyn Redis> = Arc::new(JsRedis(host));
        return Server::new(redis).store(shelf);
    }
    let atomicity = atomicity(&host);
    let store: Arc<dyn HostStore> = Arc::new(JsStore::with(host, atomicity));
    Host::new(store, Arc::new(JsClock)).store(shelf)
}

/// How far a change of this store is atomic, as it says itself.
fn atomicity(host: &JsValue) -> Atomicity {
    let told = Reflect::get(host, &"atomicity".into()).ok().and_then(|told| told.as_string());
    match told.as_deref() {
        Some("store") => Atomicity::Store,
        Some("origin") => Atomicity::Origin,
        Some("process") => Atomicity::Process,
        _ => Atomicity::None,
    }
}
