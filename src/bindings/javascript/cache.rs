//! Who looks a result up while others wait, and which tags are still valid: the verbs of `js/layers/persistence/place.ts`
//! that a cache needs.

use std::time::Duration;

use wasm_bindgen::prelude::*;

use super::border::{self, Answer};
use super::persistence::{ResultPlace, results, ttl};
use super::place;
use crate::error::Result;
use crate::layers::cache::{Claimed, Claims};
use crate::store::{Shelf, namespace};

fn claims(place: &ResultPlace) -> Result<Claims> {
    let name = format!("{}{}", place.prefix(), namespace(&place.store_id()));
    let records = place::open(place.host(), Shelf::State)?;
    Ok(Claims::new(results(place)?, records, &name))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Claims a key for so many milliseconds: `true`, or for how many somebody else has it, or a list of the one token that
/// it was just stored by.
#[wasm_bindgen]
pub fn cache_claim(place: ResultPlace, key: String, token: String, lease: f64, seen: Option<String>) -> JsValue {
    border::start(async move {
        let lease = ttl(lease).unwrap_or(Duration::MAX);
        Ok(match claims(&place)?.claim(&key, &token, lease, seen.as_deref()).await? {
            Claimed::Granted => Answer::Flag(true),
            Claimed::Busy(wait) => Answer::Number(millis(wait)),
            Claimed::Done(by) => Answer::Texts(vec![by]),
        })
    })
}

/// Lengthens a claim, and tells whether it was still there.
#[wasm_bindgen]
pub fn cache_renew(place: ResultPlace, key: String, token: String, lease: f64) -> JsValue {
    border::start(async move {
        let lease = ttl(lease).unwrap_or(Duration::MAX);
        claims(&place)?.renew(&key, &token, lease).await.map(Answer::Flag)
    })
}

/// Stores a text for so many milliseconds (for none, it stores nothing) and ends the claim, and tells whether it was
/// still there; if not, nothing is stored.
#[wasm_bindgen]
pub fn cache_finish(place: ResultPlace, key: String, token: String, text: String, lives: f64) -> JsValue {
    border::start(async move { claims(&place)?.finish(&key, &token, text, ttl(lives)).await.map(Answer::Flag) })
}

/// Gives a claim back.
#[wasm_bindgen]
pub fn cache_release(place: ResultPlace, key: String, token: String) -> JsValue {
    border::start(async move {
        claims(&place)?.release(&key, &token).await?;
        Ok(Answer::Done)
    })
}

/// Removes these keys, and ends the claims on them.
#[wasm_bindgen]
pub fn cache_forget(place: ResultPlace, keys: Vec<String>) -> JsValue {
    border::start(async move {
        claims(&place)?.forget(&keys).await?;
        Ok(Answer::Done)
    })
}

/// The epochs of these tags; with `bump`, later ones than ever before.
#[wasm_bindgen]
pub fn cache_epochs(place: ResultPlace, tags: Vec<String>, bump: bool) -> JsValue {
    border::start(async move {
        let claims = claims(&place)?;
        let epochs = if bump { claims.bump(&tags).await? } else { claims.epochs(&tags).await? };
        Ok(Answer::Numbers(epochs.into_iter().map(|epoch| epoch as f64).collect()))
    })
}
