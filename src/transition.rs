//! Every decision of durastate is a pure function from a state to a state; a backend knows how to apply any of them
//! atomically, and none of them by name.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::host::Timestamp;
use crate::store::Value;

/// A decision, written once: what becomes of the records of some keys, and what to answer.
#[derive(Debug)]
pub struct Transition {
    /// Its name, for errors and tests.
    pub name: &'static str,
    /// The decision. It has no clock, no randomness and no I/O, and may run more than once.
    pub step: fn(state: &[Option<Fields>], now: Timestamp, args: &Fields) -> Outcome,
    /// All the keys it works on, made from the one that the caller named.
    pub keys: fn(key: &str) -> Vec<String>,
    /// The same decision in Lua, where Redis shall carry it out: KEYS are `keys`, ARGV the values of `args`.
    pub lua: Option<&'static str>,
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
    /// All of them in one atomic change; when one replies with [`Outcome::refuse`], none changes anything.
    AllOrNothing,
}

/// What a step decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What becomes of each key, in the order of [`Transition::keys`]; keys beyond the end are kept.
    pub changes: Vec<Change>,
    /// What the caller is told.
    pub reply: Fields,
    /// Whether the step was refused: its changes do not count, nor those of an [`Mode::AllOrNothing`] it is part of.
    pub refused: bool,
}

impl Outcome {
    /// Nothing changes, and this is the answer.
    pub fn keep(reply: Fields) -> Self {
        Self::change(Vec::new(), reply)
    }

    /// These changes, and this answer.
    pub fn change(changes: Vec<Change>, reply: Fields) -> Self {
        Self {
            changes,
            reply,
            refused: false,
        }
    }

    /// Nothing changes, here or in the steps beside it, and this is the answer.
    pub fn refuse(reply: Fields) -> Self {
        Self {
            refused: true,
            ..Self::keep(reply)
        }
    }
}

/// What becomes of one key.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It stays as it is, its time to live included.
    Keep,
    /// It is removed.
    Remove,
    /// It becomes this, for so long (for ever without a ttl).
    Put(Fields, Option<Duration>),
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
    /// What becomes of which key; keys that stay as they are are left out.
    pub changes: Vec<(String, Change)>,
    /// The reply of each step.
    pub replies: Vec<Fields>,
}

/// Runs the steps one after the other on what `read` finds; each sees what the ones before it decided.
pub fn decide(steps: &[Step], mode: Mode, now: Timestamp, read: impl Fn(&str) -> Option<Fields>) -> Decision {
    let mut changes: Vec<(String, Change)> = Vec::new();
    let mut replies = Vec::with_capacity(steps.len());
    let mut refused = false;
    for step in steps {
        let keys = (step.transition.keys)(&step.key);
        let look = |key: &String| match changes.iter().rev().find(|(changed, _)| changed == key) {
            Some((_, Change::Put(fields, _))) => Some(fields.clone()),
            Some(_) => None,
            None => read(key),
        };
        let state: Vec<_> = keys.iter().map(look).collect();
        let outcome = (step.transition.step)(&state, now, &step.args);
        refused |= outcome.refused;
        replies.push(outcome.reply);
        if outcome.refused {
            continue;
        }
        for (key, change) in keys.into_iter().zip(outcome.changes) {
            if change != Change::Keep {
                changes.retain(|(changed, _)| *changed != key);
                changes.push((key, change));
            }
        }
    }
    if refused && mode == Mode::AllOrNothing {
        changes.clear();
    }
    Decision { changes, replies }
}
