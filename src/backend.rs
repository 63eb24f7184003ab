//! What a backend is to those who put durastate together: a way to open shelves and queues.

use std::sync::Arc;

use crate::error::Result;
use crate::future::Shared;
use crate::jobs::{Jobs, JobsOptions};
use crate::store::{Shelf, Store};

/// One place (a memory, a Redis, a database) that layers can keep things in.
pub trait Backend: Shared {
    /// The store behind this shelf; `Unsupported` when the backend has no layout for it. It sends nothing yet.
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>>;

    /// The jobs of the queue of this name; `Unsupported` when the backend can not claim atomically.
    fn jobs(&self, queue: &str, options: JobsOptions) -> Result<Arc<dyn Jobs>>;
}
