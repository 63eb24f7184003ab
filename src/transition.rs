//! Every decision of durastate is a pure function from a state to a state; a backend knows how to apply any of them
//! atomically, and none of them by name.

use std::borrow::Cow;

use crate::error::{Error, Kind, Result};
use crate::host::Timestamp;
use crate::store::Value;

/// A decision, written once: what becomes of the records of some keys, and what to answer.
#[derive(Debug)]
pub struct Transition {
    /// Its name, for errors and tests.
    pub name: &'static str,
    /// The decision. It has no clock, no randomness and no I/O, and may run more than once. It fails when a record is
    /// not what it works on.
    pub step: fn(state: &[Option<Record>], now: Timestamp, args: &Fields) -> Result<Outcome>,
    /// All the keys it works on, made from the one that the caller named and the arguments. The layer gives its keys
    /// a prefix of its own; a store adds none.
    pub keys: fn(key: &str, args: &Fields) -> Vec<String>,
    /// The plain value (or none) that the arguments say is there, for a decision that needs no time: where a value is
    /// its own version, it is compared and swapped without being looked at first.
    pub expects: Option<fn(args: &Fields) -> Option<Value>>,
    /// The same decision for Redis to carry out itself; it compares and swaps without one.
    pub lua: Option<Twin>,
}

/// A transition in Lua: the body of a function that is given `state`, `now` (microseconds) and `args`, and returns
/// what becomes of each key (nothing: it is kept, `REMOVE`, or a record), the reply, and whether it was refused. A
/// record is `{ fields = …, expires = … }` there, and `fail(message)` fails the step. Loading and saving are the
/// backend's business, so that several twins can be one atomic change. Whole numbers are exact up to 2^53.
#[derive(Clone, Copy, Debug)]
pub struct Twin {
    /// The body of the function.
    pub body: &'static str,
    /// How the record of each key is kept.
    pub layouts: &'static [Layout],
    /// The fields of the reply, in order.
    pub reply: &'static [(&'static str, Type)],
}

/// How a record is kept where other systems read it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Each field under its name in a hash.
    Hash(&'static [(&'static str, Type)]),
    /// The one field as the value itself.
    Plain(&'static str, Type),
    /// Each field as a member of a sorted set, with its number as the score.
    Scores,
}

/// What kind of [`Scalar`] a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A whole number.
    Int,
    /// Any finite number.
    Real,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// Text or bytes, as the shelf keeps plain values: a twin may compare and pass them on, but not look into them.
    Value,
}

/// What is kept under a key, and until when.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What.
    pub fields: Fields,
    /// When it goes, on the store's clock, which may round up to a whole millisecond; never without one.
    pub expires: Option<Timestamp>,
}

impl From<Fields> for Record {
    /// A record that never expires.
    fn from(fields: Fields) -> Self {
        Self { fields, expires: None }
    }
}

/// A transition, on a key, with arguments.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is to be decided.
    pub transition: &'static Transition,
    /// On which key.
    pub key: String,
    /// With which arguments.
    pub args: Fields,
}

/// How the steps of one call stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each for itself.
    Each,
    /// All of them in one atomic change; when one is refused or fails, none changes anything.
    AllOrNothing,
}

/// What a step decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What becomes of each key, in the order of [`Transition::keys`]; keys beyond the end are kept.
    pub changes: Vec<Change>,
    /// What the caller is told.
    pub decided: Decided,
}

/// What the caller of a step is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// Whether the step was refused: it changed nothing, nor did an [`Mode::AllOrNothing`] that it was part of.
    pub refused: bool,
    /// The answer.
    pub reply: Fields,
}

impl Outcome {
    /// Nothing changes, and this is the answer.
    pub fn keep(reply: Fields) -> Self {
        Self::change(Vec::new(), reply)
    }

    /// These changes, and this answer.
    pub fn change(changes: Vec<Change>, reply: Fields) -> Self {
        let decided = Decided { refused: false, reply };
        Self { changes, decided }
    }

    /// Nothing changes, here or in the steps beside it, and this is the answer.
    pub fn refuse(reply: Fields) -> Self {
        let decided = Decided { refused: true, reply };
        Self { changes: Vec::new(), decided }
    }
}

/// What becomes of one key.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It stays as it is.
    Keep,
    /// It is removed.
    Remove,
    /// It becomes this; a record that has expired already is removed.
    Put(Record),
}

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A whole number.
    Int(i64),
    /// Any finite number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Scalar {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Scalar {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A small record: named values in the order they were put in, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<(Cow<'static, str>, Scalar)>);

impl Fields {
    /// A record without values.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same record with this value under this name.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Scalar>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
        self
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Takes the value under this name out.
    pub fn take(&mut self, name: &str) -> Option<Scalar> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// The whole number under this name; `Corrupt` when there is none.
    pub fn int(&self, name: &str) -> Result<i64> {
        match self.get(name) {
            Some(Scalar::Int(number)) => Ok(*number),
            _ => Err(missing(name, "a whole number")),
        }
    }

    /// The number under this name; `Corrupt` when there is none.
    pub fn real(&self, name: &str) -> Result<f64> {
        match self.get(name) {
            Some(Scalar::Real(number)) => Ok(*number),
            Some(Scalar::Int(number)) => Ok(*number as f64),
            _ => Err(missing(name, "a number")),
        }
    }

    /// The text under this name; `Corrupt` when there is none.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.get(name) {
            Some(Scalar::Text(text)) => Ok(text),
            _ => Err(missing(name, "a text")),
        }
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

fn missing(name: &str, what: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the stored record has no field {name:?} that is {what}"))
}

impl From<Value> for Fields {
    /// A plain value is a record of one field, `value`.
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::new().with("value", text),
            Value::Bytes(bytes) => Self::new().with("value", bytes),
        }
    }
}

impl Fields {
    /// The plain value that this record is, or `Corrupt` when it is more than that.
    pub fn into_value(mut self) -> Result<Value> {
        match (self.0.pop(), self.0.is_empty()) {
            (Some((name, Scalar::Text(text))), true) if name == "value" => Ok(Value::Text(text)),
            (Some((name, Scalar::Bytes(bytes))), true) if name == "value" => Ok(Value::Bytes(bytes)),
            _ => Err(missing("value", "all there is")),
        }
    }
}

/// What the steps of one call decided together.
#[derive(Debug)]
pub struct Decision {
    /// What becomes of which key, each once; keys that stay as they are are left out.
    pub changes: Vec<(String, Change)>,
    /// What is to be told of each step.
    pub decided: Vec<Result<Decided>>,
}

/// Runs the steps one after the other on what `read` finds; each sees what the ones before it decided.
pub fn decide(steps: &[Step], mode: Mode, now: Timestamp, read: impl Fn(&str) -> Option<Record>) -> Result<Decision> {
    let mut changes: Vec<(String, Change)> = Vec::new();
    let mut decided = Vec::with_capacity(steps.len());
    for step in steps {
        let keys = (step.transition.keys)(&step.key, &step.args);
        let look = |key: &String| match changes.iter().find(|(changed, _)| changed == key) {
            Some((_, Change::Put(record))) => Some(record.clone()),
            Some(_) => None,
            None => read(key),
        };
        let state: Vec<_> = keys.iter().map(look).collect();
        let outcome = match ((step.transition.step)(&state, now, &step.args), mode) {
            (Ok(outcome), _) => outcome,
            (Err(error), Mode::AllOrNothing) => return Err(error.on(&step.key)),
            (Err(error), Mode::Each) => {
                decided.push(Err(error.on(&step.key)));
                continue;
            }
        };
        if !outcome.decided.refused {
            for (key, change) in keys.into_iter().zip(outcome.changes) {
                put(&mut changes, key, change, now);
            }
        }
        decided.push(Ok(outcome.decided));
    }
    let refused = |told: &Result<Decided>| told.as_ref().is_ok_and(|decided| decided.refused);
    if mode == Mode::AllOrNothing && decided.iter().any(refused) {
        changes.clear();
    }
    Ok(Decision { changes, decided })
}

fn put(changes: &mut Vec<(String, Change)>, key: String, change: Change, now: Timestamp) {
    let change = match change {
        Change::Keep => return,
        Change::Put(Record { expires: Some(at), .. }) if at <= now => Change::Remove,
        change => change,
    };
    changes.retain(|(changed, _)| *changed != key);
    changes.push((key, change));
}
