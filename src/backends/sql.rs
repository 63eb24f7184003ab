//! A store over a database of the host: plain keys in the layout of other systems, records in a table of durastate's.
//! Every change is one statement; no transaction is ever held open.

use std::sync::Arc;

use crate::backend::Backend;
use crate::error::{Error, Kind, Result};
use crate::host::{Clock, Rows, Sql, Statement};
use crate::jobs::{Jobs, JobsOptions};
use crate::store::{Abilities, Atomicity, Page, Shelf, Store};
use crate::turns::Turns;

mod dialect;
mod key_value;
mod persistence;
mod rows;
mod schema;
mod several;
mod state;
mod sweeps;
mod table;

pub use key_value::KeyValueTable;
pub use persistence::PersistenceTable;
pub use state::StateTable;

use rows::{Row, present};

/// Every statement is atomic, for everybody.
const ABILITIES: Abilities = Abilities { atomicity: Atomicity::Store, bytes: true };

/// A database. Clones are the same.
pub struct Database<H: ?Sized = dyn Sql> {
    host: Arc<H>,
    clock: Arc<dyn Clock>,
    turns: Arc<Turns>,
    sweeps: Arc<sweeps::Sweeps>,
}

impl<H: ?Sized> Clone for Database<H> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            clock: self.clock.clone(),
            turns: self.turns.clone(),
            sweeps: self.sweeps.clone(),
        }
    }
}

impl<H: Sql + ?Sized> Database<H> {
    /// Keeps things in the database behind this host, and takes the time of results from this clock. Nothing is sent
    /// yet.
    pub fn new(host: Arc<H>, clock: Arc<dyn Clock>) -> Self {
        Self { host, clock, turns: Arc::default(), sweeps: Arc::default() }
    }

    /// The shelf of plain keys and values in this table, which is made on first use; `Invalid` when no table can be
    /// called so. A dot separates a schema from the table.
    pub fn key_value(&self, table: &str) -> Result<KeyValueTable<H>> {
        KeyValueTable::new(self.clone(), table)
    }

    /// The shelf of records, in the table `durastate_state`, which is made on first use.
    pub fn state(&self) -> Result<StateTable<H>> {
        StateTable::new(self.clone())
    }

    /// The shelf of this store's results, in the table `effect_persistence` beside those of all others; `Invalid` when
    /// no store can be called so.
    pub fn persistence(&self, store_id: &str) -> Result<PersistenceTable<H>> {
        PersistenceTable::beside_others(self.clone(), store_id)
    }

    /// The shelf of this store's results, in a table of its own: `effect_persistence_` and the store's id, where a dot
    /// separates a schema from the table; `Invalid` when no table can be called so.
    pub fn persistence_table(&self, store_id: &str) -> Result<PersistenceTable<H>> {
        PersistenceTable::alone(self.clone(), store_id)
    }

    async fn run(&self, statement: Statement) -> Result<Rows> {
        let mut rows = self.run_all(vec![statement]).await?;
        Ok(rows.pop().unwrap_or_default())
    }

    /// Runs these statements in one go where the host can, else one after the other.
    async fn run_all(&self, statements: Vec<Statement>) -> Result<Vec<Rows>> {
        let many = statements.len();
        let mut rows = Vec::with_capacity(many);
        if many < 2 || self.host.batches() {
            if many > 0 {
                rows = self.host.run(statements).await?;
            }
        } else {
            for statement in statements {
                rows.extend(self.host.run(vec![statement]).await?);
            }
        }
        match rows.len() == many {
            true => Ok(rows),
            false => Err(Error::new(Kind::Corrupt, "the host did not answer every statement")),
        }
    }

    /// The page of keys that a listing gives, which `is_live` looks at one by one. A database may list keys that only look
    /// as if they began with `prefix`.
    async fn page(
        &self,
        listing: Statement,
        prefix: &str,
        limit: usize,
        is_live: impl Fn(&mut Row<'_>) -> Result<bool>,
    ) -> Result<Page> {
        if !self.host.dialect().may_begin(prefix) {
            return Ok(Page::default());
        }
        let mut rows = self.run(listing).await?;
        let listed = rows.rows.len();
        let (mut keys, mut last) = (Vec::with_capacity(listed), None);
        for mut row in rows::each(&mut rows) {
            let key = present(row.text("id")?, "id")?;
            last = Some(key.clone());
            if key.starts_with(prefix) && is_live(&mut row)? {
                keys.push(key);
            }
        }
        Ok(Page { keys, next: last.filter(|_| listed == limit) })
    }
}

impl<H: Sql + ?Sized + 'static> Backend for Database<H> {
    fn store(&self, shelf: Shelf) -> Result<Arc<dyn Store>> {
        match shelf {
            Shelf::KeyValue { table } => Ok(Arc::new(self.key_value(&table)?)),
            Shelf::Persistence { store_id, .. } => Ok(Arc::new(self.persistence(&store_id)?)),
            Shelf::PersistenceTable { store_id } => Ok(Arc::new(self.persistence_table(&store_id)?)),
            Shelf::State => Ok(Arc::new(self.state()?)),
            Shelf::Expiring { .. } => Err(Error::new(Kind::Unsupported, "a database has no layout for this shelf")),
        }
    }

    fn jobs(&self, _: &str, _: JobsOptions) -> Result<Arc<dyn Jobs>> {
        Err(Error::new(Kind::Unsupported, "a database has no layout for jobs"))
    }
}
