//! How a piece of work ended, as one line of JSON that systems in other languages read too. What is in it is JSON by
//! itself and never looked into.

use crate::error::{Error, Kind, Result};
use crate::number;

/// How a piece of work ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Exit {
    /// It succeeded, with this value as JSON.
    Success(String),
    /// It failed, for these reasons, in their order.
    Failure(Vec<Reason>),
}

/// Why a piece of work failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// An error that was to be expected, as JSON.
    Fail(String),
    /// A defect, as JSON.
    Die(String),
    /// It was interrupted, by the fiber of this number where that is known.
    Interrupt(Option<f64>),
}

impl Exit {
    /// The result as JSON; the texts in it go in as they are.
    pub fn encode(&self) -> String {
        let mut text = String::from("{\"_tag\":");
        match self {
            Self::Success(value) => {
                text.push_str("\"Success\",\"value\":");
                text.push_str(value);
            }
            Self::Failure(reasons) => {
                text.push_str("\"Failure\",\"cause\":[");
                for (at, reason) in reasons.iter().enumerate() {
                    text.push_str(if at == 0 { "{\"_tag\":" } else { ",{\"_tag\":" });
                    reason.encode_after_tag(&mut text);
                    text.push('}');
                }
                text.push(']');
            }
        }
        text.push('}');
        text
    }

    /// The result that a text is: in any order, with white space and fields beside those that are known; `Corrupt` when
    /// it is none.
    pub fn decode(text: &str) -> Result<Self> {
        exit(text).ok_or_else(|| Error::new(Kind::Corrupt, "what is stored here is not a result"))
    }
}

impl Reason {
    fn encode_after_tag(&self, text: &mut String) {
        let interrupted;
        let (begin, rest) = match self {
            Self::Fail(error) => ("\"Fail\",\"error\":", error),
            Self::Die(defect) => ("\"Die\",\"defect\":", defect),
            Self::Interrupt(fiber) => {
                interrupted = fiber.filter(|fiber| fiber.is_finite()).map_or("null".into(), number::print);
                ("\"Interrupt\",\"fiberId\":", &interrupted)
            }
        };
        text.push_str(begin);
        // A whole number is one in JSON too.
        text.push_str(rest.strip_suffix(".0").filter(|_| matches!(self, Self::Interrupt(_))).unwrap_or(rest));
    }
}

fn exit(text: &str) -> Option<Exit> {
    let mut scanner = Scanner { text, at: 0 };
    let [tag, value, cause] = scanner.fields(["\"_tag\"", "\"value\"", "\"cause\""])?;
    scanner.end()?;
    match tag? {
        "\"Success\"" => Some(Exit::Success(value?.to_owned())),
        "\"Failure\"" => reasons(cause?).map(Exit::Failure),
        _ => None,
    }
}

fn reasons(text: &str) -> Option<Vec<Reason>> {
    let (mut scanner, mut reasons) = (Scanner { text, at: 0 }, Vec::new());
    scanner.sign(b'[')?;
    while scanner.sign(b']').is_none() {
        if !reasons.is_empty() {
            scanner.sign(b',')?;
        }
        let [tag, error, defect, fiber] = scanner.fields(["\"_tag\"", "\"error\"", "\"defect\"", "\"fiberId\""])?;
        reasons.push(match tag? {
            "\"Fail\"" => Reason::Fail(error?.to_owned()),
            "\"Die\"" => Reason::Die(defect?.to_owned()),
            "\"Interrupt\"" => Reason::Interrupt(match fiber {
                None | Some("null") => None,
                Some(fiber) => Some(number::parse(fiber)?),
            }),
            _ => return None,
        });
    }
    Some(reasons)
}

/// Reads JSON from the front, and only as far as its structure.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The sign, if it comes next after any white space.
    fn sign(&mut self, sign: u8) -> Option<()> {
        self.space();
        (self.peek()? == sign).then(|| self.at += 1)
    }

    fn end(&mut self) -> Option<()> {
        self.space();
        self.peek().is_none().then_some(())
    }

    /// The values under these names (as JSON) in the object that comes next; the last of a name that is there twice.
    fn fields<const MANY: usize>(&mut self, names: [&str; MANY]) -> Option<[Option<&'a str>; MANY]> {
        let mut found = [None; MANY];
        self.sign(b'{')?;
        if self.sign(b'}').is_some() {
            return Some(found);
        }
        loop {
            let name = self.name()?;
            let value = self.value()?;
            if let Some(at) = names.iter().position(|known| *known == name) {
                found[at] = Some(value);
            }
            if self.sign(b',').is_none() {
                return self.sign(b'}').map(|()| found);
            }
        }
    }

    /// The name of a field, with its quotes, and the colon after it.
    fn name(&mut self) -> Option<&'a str> {
        self.space();
        let begin = self.at;
        self.string()?;
        let name = &self.text[begin..self.at];
        self.sign(b':').map(|()| name)
    }

    /// The text of the value that comes next. What is open is kept in a list, so that hostile nesting does not use up
    /// the stack.
    fn value(&mut self) -> Option<&'a str> {
        self.space();
        let (begin, mut open) = (self.at, Vec::new());
        loop {
            self.space();
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    if self.sign(b'}').is_none() {
                        open.push(b'}');
                        self.name()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    if self.sign(b']').is_none() {
                        open.push(b']');
                        continue;
                    }
                }
                b'"' => self.string()?,
                _ => self.word()?,
            }
            // A value ended, and with it whatever closes after it.
            loop {
                let Some(close) = open.last().copied() else { return Some(&self.text[begin..self.at]) };
                if self.sign(close).is_none() {
                    self.sign(b',')?;
                    if close == b'}' {
                        self.name()?;
                    }
                    break;
                }
                open.pop();
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        let mut next = || {
            self.at += 1;
            self.text.as_bytes().get(self.at - 1).copied()
        };
        if next()? != b'"' {
            return None;
        }
        loop {
            match next()? {
                b'"' => return Some(()),
                b'\\' => match next()? {
                    b'u' => (0..4).try_for_each(|_| next()?.is_ascii_hexdigit().then_some(()))?,
                    escaped => b"\"\\/bfnrt".contains(&escaped).then_some(())?,
                },
                sign => (sign >= b' ').then_some(())?,
            }
        }
    }

    /// A number, or one of the three words.
    fn word(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|sign| !sign.is_ascii_alphanumeric() && !b"+-.".contains(&sign));
        let word = &rest[..length.unwrap_or(rest.len())];
        self.at += word.len();
        (matches!(word, "true" | "false" | "null") || is_number(word)).then_some(())
    }
}

/// Whether a word is a number as JSON has them: no plus before it, no zeros, and digits on both sides of a point.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    let (number, exponent) = match word.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (word, "0"),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Exit, Reason};

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("\"a\\\"\\u00e4{]\\\\\"".to_owned()),
            Just("[]".to_owned()),
            Just("{}".to_owned()),
            any::<i32>().prop_map(|number| number.to_string()),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
            "[a-z äß🗝{}\\[\\],:]{0,8}".prop_map(|text| format!("\"{text}\"")),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let several = proptest::collection::vec(inner.clone(), 0..4);
            let named = proptest::collection::vec(("(_tag|value|cause|error|[a-z]{1,3})", inner), 0..4);
            prop_oneof![
                several.prop_map(|values| format!("[ {} ]", values.join(" ,\n"))),
                named.prop_map(|named| {
                    let fields: Vec<_> = named.iter().map(|(name, value)| format!("\"{name}\" :\t{value}")).collect();
                    format!("{{{}}}", fields.join(","))
                }),
            ]
        })
    }

    fn reason() -> impl Strategy<Value = Reason> {
        let fiber = prop_oneof![any::<i32>().prop_map(f64::from), any::<f64>()];
        let fiber = fiber.prop_filter("finite", |number| number.is_finite());
        prop_oneof![
            json().prop_map(Reason::Fail),
            json().prop_map(Reason::Die),
            proptest::option::of(fiber).prop_map(Reason::Interrupt),
        ]
    }

    fn any_exit() -> impl Strategy<Value = Exit> {
        let reasons = proptest::collection::vec(reason(), 0..4);
        prop_oneof![json().prop_map(Exit::Success), reasons.prop_map(Exit::Failure)]
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes(exit in any_exit()) {
            prop_assert_eq!(Exit::decode(&exit.encode()).ok(), Some(exit));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = Exit::decode(&text);
        }

        /// Texts that are results but for a sign or two, cut anywhere.
        #[test]
        fn no_text_that_is_almost_a_result_makes_it_panic(
            (exit, at, sign) in (any_exit(), any::<prop::sample::Index>(), "[\\]\\[{}\",:\\\\ä0tn]?")
        ) {
            let text = exit.encode();
            let (before, gone) = text.char_indices().nth(at.index(text.chars().count())).unwrap();
            let _ = Exit::decode(&text[..before]);
            let _ = Exit::decode(&format!("{}{sign}{}", &text[..before], &text[before + gone.len_utf8()..]));
        }
    }

    #[test]
    fn the_real_examples_are_read_and_written_to_the_byte() {
        let success = r#"{"_tag":"Success","value":{"n":1,"d":"1970-01-01T00:00:00.000Z","b":"5","u":"AQL/"}}"#;
        let value = r#"{"n":1,"d":"1970-01-01T00:00:00.000Z","b":"5","u":"AQL/"}"#;
        let failure = r#"{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"_tag":"E","m":"a"}},{"_tag":"Die","defect":{"name":"Error","message":"d"}},{"_tag":"Interrupt","fiberId":5}]}"#;
        let reasons = vec![
            Reason::Fail(r#"{"_tag":"E","m":"a"}"#.into()),
            Reason::Die(r#"{"name":"Error","message":"d"}"#.into()),
            Reason::Interrupt(Some(5.0)),
        ];
        let void = r#"{"_tag":"Success","value":null}"#;
        let unknown = r#"{"_tag":"Failure","cause":[{"_tag":"Interrupt","fiberId":null}]}"#;
        for (text, exit) in [
            (success, Exit::Success(value.into())),
            (failure, Exit::Failure(reasons)),
            (void, Exit::Success("null".into())),
            (unknown, Exit::Failure(vec![Reason::Interrupt(None)])),
            (r#"{"_tag":"Failure","cause":[]}"#, Exit::Failure(vec![])),
        ] {
            assert_eq!(Exit::decode(text).unwrap(), exit);
            assert_eq!(exit.encode(), text);
        }
    }

    #[test]
    fn order_white_space_and_what_else_there_is_do_not_matter() {
        let text = "\n{ \"durastate\" : {\"fresh\":[1.5e+3,{\"_tag\":\"Failure\"}]},\t\"value\" : [ 1 , \"}\" ]\r\n, \"_tag\":\"Success\" } ";
        assert_eq!(Exit::decode(text).unwrap(), Exit::Success("[ 1 , \"}\" ]".into()));
        let text = r#"{"cause":[ {"more":{},"error":1,"_tag":"Fail"} , {"_tag":"Interrupt"} ],"_tag":"Failure"}"#;
        let reasons = vec![Reason::Fail("1".into()), Reason::Interrupt(None)];
        assert_eq!(Exit::decode(text).unwrap(), Exit::Failure(reasons));
    }

    #[test]
    fn what_is_no_result_is_corrupt() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"_tag":"Success"}"#,
            r#"{"_tag":"Success","value":}"#,
            r#"{"_tag":"Success","value":1"#,
            r#"{"_tag":"Success","value":1}x"#,
            r#"{"_tag":"Success","value":1,}"#,
            r#"{"_tag":"Success","value":01}"#,
            r#"{"_tag":"Success","value":1.}"#,
            r#"{"_tag":"Success","value":+1}"#,
            r#"{"_tag":"Success","value":1e}"#,
            r#"{"_tag":"Success","value":-}"#,
            r#"{"_tag":"Success","value":nul}"#,
            r#"{"_tag":"Success","value":NaN}"#,
            r#"{"_tag":"Success","value":[1,]}"#,
            r#"{"_tag":"Success","value":[1}]}"#,
            r#"{"_tag":"Success","value":{"a"}}"#,
            r#"{"_tag":"Success","value":{"a":1,}}"#,
            r#"{"_tag":"Success","value":"\x"}"#,
            r#"{"_tag":"Success","value":"\u00g0"}"#,
            "{\"_tag\":\"Success\",\"value\":\"\n\"}",
            r#"{"_tag":"Other","value":1}"#,
            r#"{"_tag":1,"value":1}"#,
            r#"{"_tag":"Failure","value":1}"#,
            r#"{"_tag":"Failure","cause":{}}"#,
            r#"{"_tag":"Failure","cause":[1]}"#,
            r#"{"_tag":"Failure","cause":[{"_tag":"Fail"}]}"#,
            r#"{"_tag":"Failure","cause":[{"_tag":"Die"}]}"#,
            r#"{"_tag":"Failure","cause":[{"_tag":"Other"}]}"#,
            r#"{"_tag":"Failure","cause":[{"_tag":"Interrupt","fiberId":"5"}]}"#,
        ] {
            assert!(Exit::decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn however_deep_a_value_is_the_stack_is_not_used_up() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let exit = Exit::Success(deep);
            assert_eq!(Exit::decode(&exit.encode()).unwrap(), exit);
            assert!(Exit::decode(&format!("{{\"_tag\":\"Success\",\"value\":{}", open.repeat(10_000))).is_err());
        }
        assert!(Exit::decode(&"[".repeat(10_000)).is_err());
    }
}
