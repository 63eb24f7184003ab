//! durastate for JavaScript. Rust takes synchronous steps and JavaScript does all the awaiting: a call answers at
//! once with its value, or with the name of a task whose requests JavaScript carries out (`js/runner.ts`).

#[cfg(any(feature = "javascript", feature = "browser"))]
mod border;
#[cfg(feature = "javascript")]
mod cache;
#[cfg(any(feature = "javascript", feature = "browser"))]
mod host;
#[cfg(any(feature = "javascript", feature = "browser"))]
mod key_value;
#[cfg(feature = "javascript")]
mod persistence;
#[cfg(feature = "javascript")]
mod place;
#[cfg(feature = "probe")]
mod probe;
#[cfg(feature = "javascript")]
mod redis;
mod runner;
mod slab;
#[cfg(feature = "javascript")]
mod sql;
#[cfg(feature = "javascript")]
mod store;
