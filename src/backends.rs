//! Backends turn something of the host into the contract; none knows a layer by name.

pub mod host;
pub mod memory;
mod record;
#[cfg(feature = "redis")]
pub mod redis;
mod result;
#[cfg(feature = "sql")]
pub mod sql;
pub mod swap;
#[cfg(any(feature = "javascript", feature = "browser", feature = "web"))]
pub mod web_storage;
