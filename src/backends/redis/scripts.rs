//! Scripts are called by their hash, which is known beforehand; a server that does not know one gets its source once.

use std::sync::LazyLock;

use super::replies::{accepted, is_forgotten, unexpected};
use super::{Server, sha1};
use crate::error::Result;
use crate::host::{Command, Redis, Reply};
use crate::store::Value;

/// A script with its hash.
pub(super) struct Script {
    source: String,
    hash: String,
}

pub(super) static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("load.lua").into()));
pub(super) static SWAP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("swap.lua").into()));
pub(super) static SCAN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scan.lua").into()));

impl Script {
    pub(super) fn new(source: String) -> Self {
        let hash = sha1::hex(source.as_bytes());
        Self { source, hash }
    }
}

/// One call of a script.
pub(super) struct Call<'a> {
    pub(super) script: &'a Script,
    pub(super) keys: Vec<Value>,
    pub(super) args: Vec<Value>,
}

impl Call<'_> {
    fn command(&self, name: &'static str, script: &str) -> Command {
        let mut args = vec![script.into(), self.keys.len().to_string().into()];
        args.extend(self.keys.iter().chain(&self.args).cloned());
        Command { name: name.into(), args }
    }
}

/// Runs these in one go, and gives a reply for each.
pub(super) async fn run_all<R: Redis + ?Sized>(server: &Server<R>, calls: &[Call<'_>]) -> Result<Vec<Result<Reply>>> {
    let by_hash = calls.iter().map(|call| call.command("EVALSHA", &call.script.hash)).collect();
    let mut replies = server.redis.send(by_hash).await?;
    let forgotten: Vec<_> = (0..replies.len()).filter(|at| is_forgotten(&replies[*at])).collect();
    if !forgotten.is_empty() {
        let by_source = forgotten.iter().filter_map(|at| calls.get(*at));
        let by_source = by_source.map(|call| call.command("EVAL", &call.script.source)).collect();
        for (at, reply) in forgotten.into_iter().zip(server.redis.send(by_source).await?) {
            replies[at] = reply;
        }
    }
    Ok(replies.into_iter().map(|reply| accepted(reply?)).collect())
}

/// Runs one.
pub(super) async fn run<R: Redis + ?Sized>(
    server: &Server<R>,
    script: &Script,
    keys: Vec<Value>,
    args: Vec<Value>,
) -> Result<Reply> {
    run_all(server, &[Call { script, keys, args }]).await?.pop().ok_or_else(unexpected)?
}
