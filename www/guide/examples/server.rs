//! Plain keys in a Redis and in a database, whose clients are the application's.

use std::sync::Arc;

use durastate::backends::redis::Server;
use durastate::backends::sql::Database;
use durastate::error::Result;
use durastate::host::{Clock, Redis, Sql};
use durastate::layers::key_value::KeyValue;

/// Keeps a setting and a note.
pub async fn keep(redis: Arc<dyn Redis>, sql: Arc<dyn Sql>, clock: Arc<dyn Clock>) -> Result<()> {
    let settings = KeyValue::new(Arc::new(Server::new(redis).plain("app:")));
    settings.set("theme", "dark").await?;

    let notes = KeyValue::new(Arc::new(Database::new(sql, clock).key_value("notes")?));
    notes.set("today", "water the plants").await?;
    Ok(())
}

fn main() {
    println!("this example is a part of the guide: call `keep` with the clients and the clock of your application");
}
