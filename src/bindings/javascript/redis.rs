//! A Redis of JavaScript: commands leave as arrays, replies come as JavaScript's own values.

use js_sys::{Array, BigInt, Number, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::border::{self, js_value, value_of};
use super::host::unexpected;
use crate::backends::web_storage::Thrown;
use crate::error::{Cause, Error, Kind, Result};
use crate::future::Answer;
use crate::host::{Command, Redis, Reply};
use crate::number;
use crate::store::Value;

/// A Redis that is a JavaScript object (`Redis` in `js/hosts/redis.ts`).
pub(super) struct JsRedis(pub(super) JsValue);

impl Redis for JsRedis {
    fn send<'a>(&'a self, commands: Vec<Command>) -> Answer<'a, Vec<Result<Reply>>> {
        Box::pin(async move {
            let sent = commands.len();
            let payload = commands.into_iter().map(|Command { name, args }| {
                let args = args.into_iter().map(|arg| js_value(Some(arg)));
                std::iter::once(JsValue::from(&*name)).chain(args).collect::<Array>()
            });
            // Replies, and beside each the words of Redis where it is an error.
            let replies = border::seam(&self.0, payload.collect::<Array>().into()).await?;
            let (replies, words) = (Array::from(&replies.get(0)), Array::from(&replies.get(1)));
            if replies.length() as usize != sent {
                return unexpected();
            }
            let replies = replies.iter().zip(words.iter()).map(|(reply, words)| match words.as_string() {
                Some(words) => Ok(Reply::Error(words, Some(Cause::new(Thrown(reply))))),
                None => reply_of(&reply),
            });
            Ok(replies.collect())
        })
    }

    fn is_cluster(&self) -> bool {
        Reflect::get(&self.0, &"cluster".into()).is_ok_and(|cluster| cluster.is_truthy())
    }
}

/// What clients give, RESP3 included, as RESP2 would give it.
fn reply_of(reply: &JsValue) -> Result<Reply> {
    if reply.is_null() || reply.is_undefined() {
        return Ok(Reply::Nil);
    }
    if reply.is_string() || reply.is_instance_of::<Uint8Array>() {
        return Ok(value_of(reply.clone()).map_or(Reply::Nil, Reply::Bulk));
    }
    if let Some(flag) = reply.as_bool() {
        return Ok(Reply::Int(flag.into()));
    }
    if let Some(number) = reply.as_f64() {
        return Ok(match Number::is_safe_integer(reply) {
            true => Reply::Int(number as i64),
            false => Reply::Bulk(Value::Text(number::print(number))),
        });
    }
    if let Some(number) = reply.dyn_ref::<BigInt>() {
        let text = number.to_string(10).map(String::from).unwrap_or_default();
        return Ok(text.parse().map_or(Reply::Bulk(Value::Text(text)), Reply::Int));
    }
    match reply.dyn_ref::<Object>() {
        Some(_) if Array::is_array(reply) => nested(Array::from(reply)),
        // A Map or a Set gives its entries by itself, and an object when it is asked.
        Some(_) if js_sys::try_iter(reply).is_ok_and(|entries| entries.is_some()) => nested(Array::from(reply).flat(1)),
        Some(object) => nested(Object::entries(object).flat(1)),
        None => Err(Error::new(Kind::Corrupt, "the client gave something that Redis never replies")),
    }
}

fn nested(replies: Array) -> Result<Reply> {
    replies.iter().map(|reply| reply_of(&reply)).collect::<Result<_>>().map(Reply::Array)
}
