//! A record as one line of text, for places that hold only keys and values: a flat JSON object that people can read.
//! Whole numbers stay whole, every number comes back exactly, bytes are `{"base64":"…"}`.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use crate::base64;
use crate::error::{Error, Kind, Result};
use crate::host::Timestamp;
use crate::number;
use crate::store::Value;
use crate::transition::{Fields, Record, Scalar};

/// When a record expires, in microseconds since 1970: a field beside those of the layer.
const EXPIRES: &str = "durastate:expires";

/// The record with its expiry as one value.
pub(super) fn write(record: Record) -> Result<Value> {
    let fields = match record.expires {
        Some(at) => record.fields.with(EXPIRES, at.micros()),
        None => record.fields,
    };
    encode(&fields).map(Value::Text)
}

/// The record that a value is.
pub(super) fn read(value: Value) -> Result<Record> {
    let Value::Text(text) = value else {
        return Err(Error::new(Kind::Corrupt, "bytes are stored where a record was"));
    };
    let mut fields = decode(&text)?;
    let expires = match fields.take(EXPIRES) {
        Some(Scalar::Int(micros)) => Some(Timestamp::from_micros(micros)),
        _ => None,
    };
    Ok(Record { fields, expires })
}

/// The record as text; `Invalid` when a number is not finite.
pub(super) fn encode(fields: &Fields) -> Result<String> {
    let mut text = String::from("{");
    for (name, value) in fields.iter() {
        if text.len() > 1 {
            text.push(',');
        }
        quote(&mut text, name);
        text.push(':');
        match value {
            Scalar::Int(number) => append(&mut text, format_args!("{number}")),
            Scalar::Real(number) if number.is_finite() => text.push_str(&number::print(*number)),
            Scalar::Real(_) => return Err(Error::new(Kind::Invalid, format!("the number {name:?} is not finite"))),
            Scalar::Text(string) => quote(&mut text, string),
            Scalar::Bytes(bytes) => append(&mut text, format_args!("{{\"base64\":\"{}\"}}", base64::encode(bytes))),
        }
    }
    text.push('}');
    Ok(text)
}

fn append(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String has no way to fail.
    let _ = text.write_fmt(part);
}

fn quote(text: &mut String, string: &str) {
    text.push('"');
    for sign in string.chars() {
        match sign {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            sign if sign < ' ' => append(text, format_args!("\\u{:04x}", sign as u32)),
            sign => text.push(sign),
        }
    }
    text.push('"');
}

/// The record behind a text; `Corrupt` when it is not one that [`encode`] wrote.
pub(super) fn decode(text: &str) -> Result<Fields> {
    let mut reader = Reader(text.chars().peekable());
    let fields = reader.record();
    match fields {
        Some(fields) if reader.0.next().is_none() => Ok(fields),
        _ => Err(Error::new(Kind::Corrupt, "what is stored here is not a record of durastate")),
    }
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn sign(&mut self, sign: char) -> Option<()> {
        self.0.next_if_eq(&sign).map(drop)
    }

    fn record(&mut self) -> Option<Fields> {
        self.sign('{')?;
        let mut fields = Fields::new();
        if self.sign('}').is_some() {
            return Some(fields);
        }
        loop {
            let name = self.string()?;
            self.sign(':')?;
            let value = self.scalar()?;
            fields = fields.with(name, value);
            if self.sign(',').is_none() {
                return self.sign('}').map(|()| fields);
            }
        }
    }

    fn scalar(&mut self) -> Option<Scalar> {
        match self.0.peek()? {
            '"' => self.string().map(Scalar::Text),
            '{' => self.bytes().map(Scalar::Bytes),
            _ => {
                let number: String =
                    std::iter::from_fn(|| self.0.next_if(|sign| "+-.eE0123456789".contains(*sign))).collect();
                let whole = number.parse().ok().map(Scalar::Int);
                whole.or_else(|| number::parse(&number).map(Scalar::Real))
            }
        }
    }

    /// Spelled out, not read as a record within a record: hostile nesting must not use up the stack.
    fn bytes(&mut self) -> Option<Vec<u8>> {
        self.sign('{')?;
        let name = self.string()?;
        self.sign(':')?;
        let text = self.string()?;
        self.sign('}')?;
        base64::decode(&text).ok().filter(|_| name == "base64")
    }

    fn string(&mut self) -> Option<String> {
        self.sign('"')?;
        let mut string = String::new();
        loop {
            match self.0.next()? {
                '"' => return Some(string),
                '\\' => string.push(self.escaped()?),
                sign => string.push(sign),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        match self.0.next()? {
            'n' => Some('\n'),
            'u' => {
                let digits: String = self.0.by_ref().take(4).collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
            }
            sign @ ('"' | '\\') => Some(sign),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};
    use crate::transition::{Fields, Scalar};

    fn scalar() -> impl Strategy<Value = Scalar> {
        prop_oneof![
            any::<i64>().prop_map(Scalar::Int),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Scalar::Real),
            any::<String>().prop_map(Scalar::Text),
            any::<Vec<u8>>().prop_map(Scalar::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes(named in proptest::collection::vec((any::<String>(), scalar()), 0..6)) {
            let fields = named.into_iter().fold(Fields::new(), |fields, (name, value)| fields.with(name, value));
            prop_assert_eq!(encode(&fields).and_then(|text| decode(&text)).ok(), Some(fields));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = decode(&text);
        }
    }

    #[test]
    fn what_others_wrote_is_corrupt() {
        for text in [
            "",
            "{",
            "[]",
            "{\"a\":}",
            "{\"a\":1}x",
            "{\"a\":{\"b\":1}}",
            "{a:1}",
            "{\"a\":1,}",
            "null",
            "{\"a\":1e999}",
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        assert!(encode(&Fields::new().with("a", f64::NAN)).is_err());
    }
}
