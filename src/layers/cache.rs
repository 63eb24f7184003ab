//! Results that are looked up once: whoever misses one claims it, looks it up and stores it, and the others wait for that.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::persistence::{Exit, exit_of};
use crate::base64;
use crate::error::{Error, Result};
use crate::future::{First, select};
use crate::host::{Clock, Random, Timestamp};
use crate::store::Store;

mod claims;

pub use claims::{CLAIM, Claimed, Claims, EPOCH, SETTLE};

/// How a cache is made.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// What tells the claims and tags of this cache from those of others: what the keys of its results begin with.
    pub name: String,
    /// How long a claim lasts that is not renewed: how long others wait for one who crashed.
    pub lease: Duration,
}

/// A cache of results, for everybody who uses the same stores. Clones are the same cache.
#[derive(Clone)]
pub struct Cache {
    claims: Claims,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lease: Duration,
}

/// What is known of a result.
pub enum Asked {
    /// It is there.
    Hit(Exit),
    /// It is not, and the caller is the one to look it up.
    Miss(Fill),
    /// Somebody else looks it up, and has this long before others may: ask again, by then or before.
    Busy(Duration),
}

impl Cache {
    /// A cache of the `results` on a [`Shelf::Persistence`](crate::store::Shelf::Persistence) or a
    /// [`Shelf::PersistenceTable`](crate::store::Shelf::PersistenceTable), with its claims and tags as `records` on a
    /// [`Shelf::State`](crate::store::Shelf::State).
    pub fn new(
        results: Arc<dyn Store>,
        records: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: CacheOptions,
    ) -> Self {
        let claims = Claims::new(results, records, &options.name);
        Self { claims, clock, random, lease: options.lease.max(Duration::from_millis(1)) }
    }

    /// The claims and tags of this cache.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The result under a key, or who is to look it up. What is stored there and is no result counts as none.
    pub async fn ask(&self, key: &str) -> Result<Asked> {
        let mut seen: Option<String> = None;
        loop {
            let found = self.claims.results().read(&[key.to_owned()]).await?.pop().flatten();
            if let Some(Ok(exit)) = found.map(exit_of) {
                return Ok(Asked::Hit(exit));
            }
            let mut bytes = [0; 16];
            self.random.fill(&mut bytes);
            let token = base64::encode(&bytes);
            let ends = self.clock.now().after(self.lease);
            match self.claims.claim(key, &token, self.lease, seen.as_deref()).await? {
                Claimed::Granted => {
                    return Ok(Asked::Miss(Fill { cache: self.clone(), key: key.to_owned(), token, ends }));
                }
                Claimed::Busy(wait) => return Ok(Asked::Busy(wait)),
                Claimed::Done(by) => seen = Some(by),
            }
        }
    }

    /// The result under a key, from the store or by `lookup`, which one runs for all who ask meanwhile. It is kept for so
    /// long, or for ever without a time to live; one that can not be kept is answered all the same. A lookup that fails is
    /// not kept, and the next one who asks runs one.
    pub async fn get<E: From<Error>, F: Future<Output = Result<Exit, E>>>(
        &self,
        key: &str,
        ttl: Option<Duration>,
        lookup: impl FnOnce() -> F,
    ) -> Result<Exit, E> {
        let mut pause = self.lease / 256;
        let mut fill = loop {
            match self.ask(key).await? {
                Asked::Hit(exit) => return Ok(exit),
                Asked::Miss(fill) => break fill,
                Asked::Busy(wait) => {
                    self.clock.sleep_until(self.clock.now().after(wait.min(pause))).await;
                    pause = (pause * 2).min(self.lease / 16);
                }
            }
        };
        let mut lookup = pin!(lookup());
        let found = loop {
            let late = self.clock.sleep_until(self.clock.now().after(self.lease / 2));
            match select(lookup.as_mut(), late).await {
                First::A(found) => break found,
                // Who has lost the claim meanwhile learns it in the end.
                First::B(()) => drop(fill.renew().await),
            }
        };
        match &found {
            Ok(exit) => drop(fill.finish(exit, ttl).await),
            Err(_) => drop(fill.release().await),
        }
        found
    }

    /// Removes these results, and ends the claims on them: what somebody still looks up is not stored.
    pub async fn forget(&self, keys: &[String]) -> Result<()> {
        self.claims.forget(keys).await
    }
}

/// The right to look a result up and to store it. Dropping it lets the claim lapse.
pub struct Fill {
    cache: Cache,
    key: String,
    token: String,
    /// When the claim has lapsed, on the caller's own clock.
    ends: Timestamp,
}

impl Fill {
    /// Stores the result for so long, or for ever without a time to live; for no time at all, only ends the claim. `false`
    /// when the claim was lost: it had lapsed, or the key was forgotten. Then nothing is stored.
    pub async fn finish(self, exit: &Exit, ttl: Option<Duration>) -> Result<bool> {
        Ok(self.is_live() && self.cache.claims.finish(&self.key, &self.token, exit.encode(), ttl).await?)
    }

    /// Extends the claim by a lease from now on; `false` when it was lost.
    pub async fn renew(&mut self) -> Result<bool> {
        let ends = self.cache.clock.now().after(self.cache.lease);
        let renewed = self.is_live() && self.cache.claims.renew(&self.key, &self.token, self.cache.lease).await?;
        if renewed {
            self.ends = ends;
        }
        Ok(renewed)
    }

    /// Gives the claim back, so that the next one who asks may look the result up.
    pub async fn release(self) -> Result<()> {
        self.cache.claims.release(&self.key, &self.token).await
    }

    /// Whoever was stopped for longer than a lease knows it before asking anybody.
    fn is_live(&self) -> bool {
        self.cache.clock.now() < self.ends
    }
}
