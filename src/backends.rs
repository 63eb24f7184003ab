//! Backends turn something of the host into the contract; none knows a layer by name.

pub mod host;
pub mod memory;
mod record;
pub mod swap;
#[cfg(any(feature = "javascript", feature = "browser", feature = "web"))]
pub mod web_storage;
