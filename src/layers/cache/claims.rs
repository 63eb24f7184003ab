//! Who looks a key up: one at a time, under a claim that lapses, and only whoever still has it stores what was found.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::future::{Answer, join};
use crate::host::Timestamp;
use crate::store::{Atomicity, Entry, RESERVED, Store, Value};
use crate::transition::{Change, Decided, Fields, Layout, Mode, Outcome, Record, Step, Transition, Twin, Type};

/// How long a claim that is done is remembered: whoever had missed the value just before it was stored, and claims now,
/// looks again instead of looking it up again.
const LINGERS: Duration = Duration::from_secs(5);

/// The longest lease and the longest pause, in microseconds: with it, any time of this age is exact in Lua.
const LONGEST: i64 = 1 << 52;

const CLAIMED: Layout = Layout::Hash(&[("token", Type::Text), ("done", Type::Int), ("ends", Type::Int)]);

/// Gives a key to `token` for `lease` microseconds, if nobody has it, or has it already, or if whoever had it is done and
/// `seen` is its token. Refused, it answers whose `token` it is and how many microseconds to `wait`: 0 for one that is
/// done. When a claim ends is a field of it, because what forgets records does so in whole milliseconds.
pub const CLAIM: Transition = Transition {
    name: "cache/claim",
    step: claim,
    keys: |key, _| vec![key.to_owned()],
    expects: None,
    lua: Some(Twin {
        body: include_str!("claim.lua"),
        layouts: &[CLAIMED],
        reply: &[("wait", Type::Int), ("token", Type::Text)],
    }),
};

/// Lets the claim of `token` live for `lives` microseconds from now on, `done` (1) or not (0); for none, it ends.
/// Refused, that claim has lapsed or was ended by somebody, or it is done and shall be done no longer.
pub const SETTLE: Transition = Transition {
    name: "cache/settle",
    step: settle,
    keys: |key, _| vec![key.to_owned()],
    expects: None,
    lua: Some(Twin { body: include_str!("settle.lua"), layouts: &[CLAIMED], reply: &[] }),
};

/// Answers the `epoch` of a tag, 0 for one that has none; with `bump` a later one than ever before.
pub const EPOCH: Transition = Transition {
    name: "cache/epoch",
    step: epoch,
    keys: |key, _| vec![key.to_owned()],
    expects: None,
    lua: Some(Twin {
        body: include_str!("epoch.lua"),
        layouts: &[Layout::Plain("epoch", Type::Int)],
        reply: &[("epoch", Type::Int)],
    }),
};

/// The claim that has not lapsed.
fn held(state: &[Option<Record>], now: Timestamp) -> Result<Option<&Fields>> {
    let Some(Some(Record { fields, .. })) = state.first() else { return Ok(None) };
    Ok((fields.int("ends")? > now.micros()).then_some(fields))
}

/// The claim of the token that the arguments name, from now on.
fn claimed(now: Timestamp, args: &Fields, done: i64, lives: i64) -> Result<Outcome> {
    let ends = now.micros().saturating_add(lives);
    let fields = Fields::new().with("token", args.text("token")?.to_owned()).with("done", done).with("ends", ends);
    let record = Record { fields, expires: Some(Timestamp::from_micros(ends)) };
    Ok(Outcome::change(vec![Change::Put(record)], Fields::new()))
}

fn claim(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome> {
    if let Some(held) = held(state, now)? {
        let (token, is_done) = (held.text("token")?, held.int("done")? == 1);
        let key = args.text(if is_done { "seen" } else { "token" }).ok();
        if key != Some(token) {
            let wait = if is_done { 0 } else { held.int("ends")? - now.micros() };
            return Ok(Outcome::refuse(Fields::new().with("wait", wait).with("token", token)));
        }
    }
    claimed(now, args, 0, args.int("lease")?)
}

fn settle(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome> {
    let (token, done) = (args.text("token")?, args.int("done")?);
    match held(state, now)? {
        Some(held) if held.text("token")? == token && held.int("done")? <= done => {
            claimed(now, args, done, args.int("lives")?)
        }
        _ => Ok(Outcome::refuse(Fields::new())),
    }
}

fn epoch(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome> {
    let found = state.first().and_then(Option::as_ref);
    let before = found.map_or(Ok(0), |record| record.fields.int("epoch"))?;
    let fields = |epoch| Fields::new().with("epoch", epoch);
    if args.get("bump").is_none() {
        return Ok(Outcome::keep(fields(before)));
    }
    let next = now.micros().max(before + 1);
    Ok(Outcome::change(vec![Change::Put(fields(next).into())], fields(next)))
}

/// How a claim was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The key is the caller's, to look up.
    Granted,
    /// Somebody else looks it up, and has this long before others may.
    Busy(Duration),
    /// Whoever had this token has just looked it up: read again, and claim with this token as the one that was seen when
    /// there is still nothing.
    Done(String),
}

/// The results of one store, with the claims and tags beside them. Whoever claims makes a token that nobody else has; a
/// claim that is asked for again with it is the same claim. On a store without any atomicity everybody is granted what
/// they claim.
#[derive(Clone)]
pub struct Claims {
    results: Arc<dyn Store>,
    records: Arc<dyn Store>,
    name: Arc<str>,
}

impl Claims {
    /// The claims on these results, kept as `records` on a [`Shelf::State`](crate::store::Shelf::State). `name` tells the
    /// stores that share the records apart: what the keys of the results begin with, so that they lie in the same place.
    pub fn new(results: Arc<dyn Store>, records: Arc<dyn Store>, name: &str) -> Self {
        Self { results, records, name: name.into() }
    }

    /// Claims a key for so long. `seen` is the token that a claim was [`Claimed::Done`] by, after which there was still
    /// no value.
    pub async fn claim(&self, key: &str, token: &str, lease: Duration, seen: Option<&str>) -> Result<Claimed> {
        if self.is_alone() {
            return Ok(Claimed::Granted);
        }
        let args = Fields::new().with("token", token).with("lease", micros(lease));
        let args = seen.into_iter().fold(args, |args, seen| args.with("seen", seen));
        let decided = self.decide("claim", &CLAIM, key, args).await?;
        let reply = decided.reply;
        match decided.refused {
            false => Ok(Claimed::Granted),
            true => Ok(match u64::try_from(reply.int("wait")?) {
                Ok(wait) if wait > 0 => Claimed::Busy(Duration::from_micros(wait)),
                _ => Claimed::Done(reply.text("token")?.to_owned()),
            }),
        }
    }

    /// Extends a claim by so long from now on; `false` when it is lost: it has lapsed, or the key was forgotten.
    pub async fn renew(&self, key: &str, token: &str, lease: Duration) -> Result<bool> {
        self.settle(key, token, 0, lease).await
    }

    /// Stores what was found and ends the claim, in one go. For no time at all, it stores nothing. `false` when the claim
    /// is lost; then nothing of it is stored.
    pub async fn finish(&self, key: &str, token: &str, text: String, ttl: Option<Duration>) -> Result<bool> {
        let (keys, is_kept) = ([key.to_owned()], ttl != Some(Duration::ZERO));
        let entries = [Entry { key: key.to_owned(), value: Value::Text(text), ttl }];
        let write = async { if is_kept { self.results.write(&entries).await.map(|()| true) } else { Ok(true) } };
        // The value leaves first, and `forget` ends the claim first. A host that does things in the order in which it is
        // asked then has no way to keep a value that was forgotten meanwhile: either the claim is found gone here, or
        // the value was there to be removed.
        // Not beyond the value: once that has expired, nobody can have missed it by a moment.
        let lingers = ttl.filter(|_| is_kept).map_or(LINGERS, |ttl| ttl.min(LINGERS));
        let both: Vec<Answer<'_, bool>> = vec![Box::pin(write), Box::pin(self.settle(key, token, 1, lingers))];
        let mut both = join(both).await.into_iter();
        let (written, settled) = (both.next().unwrap_or(Ok(true)), both.next().unwrap_or(Ok(false)));
        if let Ok(true) = settled {
            return written;
        }
        let removed = if is_kept { self.results.remove(&keys).await } else { Ok(()) };
        settled.and_then(|lost| removed.map(|()| lost))
    }

    /// Gives a claim back, so that the next one is granted at once. One that is lost already is no error.
    pub async fn release(&self, key: &str, token: &str) -> Result<()> {
        self.settle(key, token, 0, Duration::ZERO).await.map(drop)
    }

    /// Removes these results, and ends the claims on them: what somebody still looks up is not stored.
    pub async fn forget(&self, keys: &[String]) -> Result<()> {
        let claims: Vec<_> = keys.iter().map(|key| self.place("claim", key)).collect();
        join(vec![self.records.remove(&claims), self.results.remove(keys)]).await.into_iter().collect()
    }

    /// The epochs of these tags: a result that was made in another epoch of one of its tags is not valid any more.
    pub async fn epochs(&self, tags: &[String]) -> Result<Vec<i64>> {
        self.tags(tags, Fields::new()).await
    }

    /// Begins a new epoch for each of these tags, later than any before, and answers them.
    pub async fn bump(&self, tags: &[String]) -> Result<Vec<i64>> {
        self.tags(tags, Fields::new().with("bump", 1)).await
    }

    /// The stored results.
    pub(super) fn results(&self) -> &dyn Store {
        &*self.results
    }

    fn is_alone(&self) -> bool {
        self.records.abilities().atomicity == Atomicity::None
    }

    fn place(&self, kind: &str, key: &str) -> String {
        format!("{RESERVED}{kind}:{}{key}", self.name)
    }

    async fn settle(&self, key: &str, token: &str, done: i64, lives: Duration) -> Result<bool> {
        if self.is_alone() {
            return Ok(true);
        }
        let args = Fields::new().with("token", token).with("done", done).with("lives", micros(lives));
        Ok(!self.decide("claim", &SETTLE, key, args).await?.refused)
    }

    async fn decide(&self, kind: &str, transition: &'static Transition, key: &str, args: Fields) -> Result<Decided> {
        let steps = [Step { transition, key: self.place(kind, key), args }];
        let decided = self.records.apply(&steps, Mode::Each).await?.pop();
        let unanswered = || Err(Error::new(Kind::Corrupt, "the store did not answer"));
        decided.unwrap_or_else(unanswered).map_err(|error| error.on(key))
    }

    async fn tags(&self, tags: &[String], args: Fields) -> Result<Vec<i64>> {
        let step = |tag: &String| Step { transition: &EPOCH, key: self.place("tag", tag), args: args.clone() };
        let steps: Vec<_> = tags.iter().map(step).collect();
        let decided = self.records.apply(&steps, Mode::Each).await?;
        let epoch = |(tag, decided): (&String, Result<Decided>)| {
            decided.and_then(|decided| decided.reply.int("epoch")).map_err(|error| error.on(tag))
        };
        tags.iter().zip(decided).map(epoch).collect()
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(LONGEST).min(LONGEST)
}
