//! A result as it is kept where there are only keys and values: under the namespace of its store, and, where nothing
//! expires by itself, in a JSON array with the moment it expires. What the result says is nobody's business here.

use crate::error::{Error, Kind, Result};
use crate::host::Timestamp;
use crate::number;
use crate::store::{RESERVED, Value, namespace};

/// What the keys of a store begin with; `Invalid` when they would lie among what belongs to durastate.
pub(super) fn begin(prefix: &str, store_id: &str) -> Result<String> {
    let begin = format!("{prefix}{}", namespace(store_id));
    if begin.starts_with(RESERVED) {
        let message = format!("the keys of the store {store_id:?} would begin with {RESERVED:?}, which is reserved");
        return Err(Error::new(Kind::Invalid, message));
    }
    Ok(begin)
}

/// That a result is not text.
pub(super) fn no_text() -> Error {
    Error::new(Kind::Unsupported, "a result is text")
}

/// A result with the moment it expires: `[<result>,<milliseconds since 1970, or null>]`.
pub(super) fn write(text: &str, expires: Option<Timestamp>) -> String {
    let expires = expires.map(|at| number::print(at.millis()));
    // Others write whole numbers without a point.
    let expires = expires.as_ref().map_or("null", |at| at.strip_suffix(".0").unwrap_or(at));
    format!("[{text},{expires}]")
}

/// The result in such an array, of which only the ends are looked at; what is no such array is given as it is.
pub(super) fn read(stored: Value) -> (Value, Option<Timestamp>) {
    let found = match &stored {
        Value::Text(text) => ends(text).map(|(text, expires)| (text.into(), expires)),
        Value::Bytes(_) => None,
    };
    found.unwrap_or((stored, None))
}

fn ends(text: &str) -> Option<(&str, Option<Timestamp>)> {
    let (text, expires) = text.trim().strip_prefix('[')?.strip_suffix(']')?.rsplit_once(',')?;
    let expires = match expires.trim() {
        "null" => None,
        number => Some(Timestamp::from_millis(number::parse(number)?)),
    };
    Some((text, expires))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{read, write};
    use crate::host::Timestamp;
    use crate::store::Value;

    #[test]
    fn it_is_written_as_others_do() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let text = r#"{"_tag":"Success","value":{"n":1}}"#;
        assert_eq!(write(text, at(1_795_232_314_141.5)), format!("[{text},1795232314141.5]"));
        assert_eq!(write(text, at(1_795_232_314_141.0)), format!("[{text},1795232314141]"));
        assert_eq!(write(text, None), format!("[{text},null]"));
    }

    #[test]
    fn what_others_wrote_with_spaces_is_read() {
        let stored = " [ {\"a\": [1, 2]} , 1.5e3 ]\n";
        assert_eq!(read(stored.into()), (r#" {"a": [1, 2]} "#.into(), Some(Timestamp::from_millis(1500.0))));
    }

    #[test]
    fn what_is_no_such_array_is_given_as_it_is() {
        for stored in
            ["", "[", "[]", "]", "{}", "[1]", "[1,x]", "[1,2", "1,2]", "[\"a\",\"b\"]", "[{\"a\":[1,2]}]", "ä"]
        {
            assert_eq!(read(stored.into()), (stored.into(), None));
        }
        assert_eq!(read(Value::Bytes(b"[1,2]".to_vec())), (Value::Bytes(b"[1,2]".to_vec()), None));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(text: String, micros in proptest::option::of(0..1_i64 << 51)) {
            let expires = micros.map(Timestamp::from_micros);
            prop_assert_eq!(read(write(&text, expires).into()), (text.into(), expires));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            read(text.into());
        }
    }
}
