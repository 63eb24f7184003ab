//! What Redis replied, as what was asked for.

use crate::error::{Cause, Error, Kind, Result};
use crate::host::Reply;
use crate::store::Value;

pub(super) fn unexpected() -> Error {
    Error::new(Kind::Corrupt, "Redis replied to another question")
}

/// The reply, unless it says that Redis refused.
pub(super) fn accepted(reply: Reply) -> Result<Reply> {
    match reply {
        Reply::Error(words, cause) => Err(refusal(&words, cause)),
        reply => Ok(reply),
    }
}

/// What Redis refused to do. Its words may show what was sent, so only the first of them, the code, is told.
pub(super) fn refusal(words: &str, cause: Option<Cause>) -> Error {
    let code =
        words.split_whitespace().find(|word| word.len() > 2 && word.bytes().all(|sign| sign.is_ascii_uppercase()));
    let kind = match code.unwrap_or_default() {
        "WRONGTYPE" => Kind::Corrupt,
        "CROSSSLOT" => Kind::Invalid,
        "READONLY" | "OOM" | "NOAUTH" | "NOPERM" | "WRONGPASS" | "LOADING" | "MASTERDOWN" | "MISCONF"
        | "CLUSTERDOWN" | "TRYAGAIN" | "MOVED" | "ASK" | "NOREPLICAS" => Kind::Unavailable,
        _ => Kind::Unknown,
    };
    let message = match code {
        Some("CROSSSLOT") => "the keys lie in several slots of the cluster: give the prefix a hash tag".into(),
        Some(code) => format!("Redis refused ({code})"),
        None => "Redis failed".into(),
    };
    Error { cause, ..Error::new(kind, message) }
}

/// Whether Redis does not know a script.
pub(super) fn is_forgotten(reply: &Result<Reply>) -> bool {
    matches!(reply, Ok(Reply::Error(words, _)) if words.contains("NOSCRIPT"))
}

/// The replies in this one, however deep they lie; a reply that is no list is a list of itself.
pub(super) fn nested(reply: Reply) -> Vec<Reply> {
    match reply {
        Reply::Array(replies) => replies.into_iter().flat_map(nested).collect(),
        reply => vec![reply],
    }
}

/// A string, or nothing: as text where it is any.
pub(super) fn value(reply: Reply) -> Result<Option<Value>> {
    match reply {
        Reply::Nil => Ok(None),
        Reply::Bulk(Value::Bytes(bytes)) => {
            Ok(Some(String::from_utf8(bytes).map_or_else(|error| Value::Bytes(error.into_bytes()), Value::Text)))
        }
        Reply::Bulk(text) => Ok(Some(text)),
        Reply::Status(text) => Ok(Some(Value::Text(text))),
        Reply::Int(number) => Ok(Some(Value::Text(number.to_string()))),
        _ => Err(unexpected()),
    }
}

/// A text.
pub(super) fn text(reply: Reply) -> Result<String> {
    match value(reply)? {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(unexpected()),
    }
}

/// A whole number.
pub(super) fn int(reply: Reply) -> Result<i64> {
    text(reply)?.parse().map_err(|_| unexpected())
}
