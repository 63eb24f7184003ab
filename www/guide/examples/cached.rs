//! A result that is looked up once, whoever asks for it, and kept in a Redis for an hour.

use std::sync::Arc;
use std::time::Duration;

use durastate::backends::redis::Server;
use durastate::error::{Error, Result};
use durastate::host::{Clock, Random, Redis};
use durastate::layers::cache::{Cache, CacheOptions};
use durastate::layers::persistence::Exit;
use durastate::store::namespace;

/// The cache of a shop's prices.
pub fn prices(redis: Arc<dyn Redis>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Cache> {
    let server = Server::new(redis);
    let (results, records) = (server.persistence("shop:", "prices")?, server.records());
    let options = CacheOptions { name: format!("shop:{}", namespace("prices")), lease: Duration::from_secs(5) };
    Ok(Cache::new(Arc::new(results), Arc::new(records), clock, random, options))
}

/// The price of an article, as JSON. `ask_the_warehouse` runs for one of all who want to know it at the same time.
pub async fn price(
    prices: &Cache,
    article: &str,
    ask_the_warehouse: impl AsyncFnOnce(&str) -> Result<String>,
) -> Result<String> {
    let hour = Some(Duration::from_secs(3600));
    let found = prices.get(article, hour, async || ask_the_warehouse(article).await.map(Exit::Success)).await?;
    match found {
        Exit::Success(price) => Ok(price),
        Exit::Failure(_) => Err(Error::new(durastate::error::Kind::Invalid, "this article has no price")),
    }
}

/// The price has changed: the next one who asks looks it up, and whoever is looking it up now does not store it.
pub async fn changed(prices: &Cache, article: &str) -> Result<()> {
    prices.forget(&[article.to_owned()]).await
}

fn main() {
    println!("this example is a part of the guide: call `prices` with the client and the clock of your application");
}
