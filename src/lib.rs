//! durastate: durable state for browsers, edge workers and servers.
//!
//! ```text
//! host        what the surroundings give: a clock, random bytes, a Redis `send`, a SQL `query`, a key-value store
//! backends    turn one of those into a Store (five verbs) and Jobs (five verbs)
//! contract    Store, Jobs, Transition, Error: all that layers and backends know of each other
//! layers      key-value, persistence, cache, and in time: queue, rate limiter, lock, circuit breaker, checkpoints,
//!             idempotency, state store
//! bindings    the layers for JavaScript (wasm-bindgen) and for components (wit-bindgen): translation only
//!
//! bindings → layers → contract ← backends → host
//! ```
//!
//! Two ideas carry the house. **Every decision is a pure transition** ([`transition::Transition`]): a function from
//! a state to a state, without clock, randomness or I/O, that any backend applies atomically. **Every layer is
//! ask → guard → settle**: nothing but data crosses the border to the host, and what was claimed is settled, given
//! back, or lapses.
//!
//! A test reads this folder and keeps the arrows true: no layer names a backend, no backend names a layer.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod backend;
pub mod backends;
pub mod base64;
pub mod error;
pub mod future;
pub mod host;
pub mod jobs;
pub mod layers;
pub mod number;
pub mod store;
pub mod transition;
pub mod turns;

#[cfg(any(test, feature = "javascript", feature = "browser"))]
pub mod bindings;
