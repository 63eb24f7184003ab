//! The border itself: what goes over it, and in which form. Answers and errors are values, never thrown; requests
//! leave and replies come back as plain data.

use std::cell::{Cell, RefCell};
use std::future::Future;

use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::prelude::*;

use super::runner::{Event, Request, Runner, Started};
use crate::backends::web_storage::Thrown;
use crate::error::{Error, Kind, Result};
use crate::host::Swap;
use crate::store::{Page, Value};

/// What Rust asks of JavaScript.
#[cfg_attr(feature = "browser", allow(dead_code, reason = "the build for pages asks for less"))]
pub(super) enum Ask {
    /// A verb of a host's key-value store, which is the object itself.
    Store(JsValue, Verb),
    /// Something of a host that knows itself what it means and how to reply: `Seam` in `js/runner.ts`.
    Seam(JsValue, JsValue),
    /// Time to pass, until this moment in milliseconds since 1970.
    Sleep(f64),
}

/// The verbs of a key-value store, with what they work on.
pub(super) enum Verb {
    Read(Vec<String>),
    Write(Vec<(String, Value)>),
    Remove(Vec<String>),
    List(String, Option<String>, usize),
    Swap(Vec<Swap>),
}

/// What JavaScript replies.
#[cfg_attr(feature = "browser", allow(dead_code, reason = "the build for pages asks for less"))]
pub(super) enum Reply {
    Done,
    Flag(bool),
    Values(Vec<Option<Value>>),
    Page(Page),
    /// From a seam: Redis replies, or what a database gave.
    Seam(JsValue),
    Failed(Error),
}

/// What a call gives.
#[cfg_attr(feature = "browser", allow(dead_code, reason = "the build for pages asks for less"))]
pub(super) enum Answer {
    Done,
    Flag(bool),
    Number(f64),
    Numbers(Vec<f64>),
    Texts(Vec<String>),
    Values(Vec<Option<Value>>),
    Page(Page),
}

type Border = Runner<Ask, Reply, Result<Answer>>;

thread_local! {
    static RUNNER: Border = Border::default();
    static STATUS: Cell<u32> = const { Cell::new(0) };
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The runner of this module.
pub(super) fn runner() -> Border {
    RUNNER.with(Border::clone)
}

/// Sends a request and waits for its reply.
pub(super) fn ask(ask: Ask) -> Request<Ask, Reply, Result<Answer>> {
    runner().ask(ask)
}

/// Sends a request to a seam and waits for its reply, which is a list.
#[cfg(feature = "javascript")]
pub(super) async fn seam(seam: &JsValue, payload: JsValue) -> Result<Array> {
    match ask(Ask::Seam(seam.clone(), payload)).await {
        Reply::Seam(reply) => Ok(Array::from(&reply)),
        Reply::Failed(error) => Err(error),
        _ => super::host::unexpected(),
    }
}

/// What the value that a call gave is; see [`status`].
#[derive(Clone, Copy)]
enum Status {
    Answered = 0,
    Failed = 1,
    Pending = 2,
}

/// Starts a call. Its value is the answer, an error, or the name of a task, as [`status`] then tells.
pub(super) fn start(call: impl Future<Output = Result<Answer>> + 'static) -> JsValue {
    match runner().start(call) {
        Started::Done(result) => answer(result.map(JsValue::from)),
        Started::Pending(task) => hand_over(Status::Pending, number(task)),
    }
}

/// Hands a value over that was made without a task, or the error that stood in its way.
pub(super) fn answer(result: Result<JsValue>) -> JsValue {
    match result {
        Ok(value) => hand_over(Status::Answered, value),
        Err(error) => hand_over(Status::Failed, error.into()),
    }
}

fn hand_over(status: Status, value: JsValue) -> JsValue {
    STATUS.set(status as u32);
    value
}

/// What the last call gave: its answer (0), its error (1), or the name of the task that will give one (2). With 4
/// added, [`run`] has something to do.
#[wasm_bindgen]
pub fn status() -> u32 {
    STATUS.get() + if runner().has_work() { 4 } else { 0 }
}

/// Lets all tasks go on that can, and tells what happened: `[0, request, awaited, verb, …]` is a request,
/// `[1, request]` calls one off, `[2, task, answer]` and `[3, task, error]` end a task.
#[wasm_bindgen]
pub fn run() -> Array {
    runner().run().into_iter().map(told).collect()
}

/// Drops a task that nobody awaits any more.
#[wasm_bindgen]
pub fn cancel(task: f64) {
    runner().cancel(task as u64);
}

/// The reply to a write or a removal, or to a sleep.
#[wasm_bindgen]
pub fn reply_done(request: f64) {
    runner().reply(request as u64, Reply::Done);
}

/// The reply to a swap.
#[wasm_bindgen]
pub fn reply_flag(request: f64, flag: bool) {
    runner().reply(request as u64, Reply::Flag(flag));
}

/// The reply to a read: a string, a Uint8Array or undefined for each key.
#[wasm_bindgen]
pub fn reply_values(request: f64, values: Array) {
    let values = values.iter().map(value_of);
    runner().reply(request as u64, Reply::Values(values.collect()));
}

/// The reply to a listing.
#[wasm_bindgen]
pub fn reply_page(request: f64, keys: Vec<String>, next: Option<String>) {
    runner().reply(request as u64, Reply::Page(Page { keys, next }));
}

/// The reply of a seam: whoever asked it knows what it is.
#[wasm_bindgen]
pub fn reply_seam(request: f64, reply: JsValue) {
    runner().reply(request as u64, Reply::Seam(reply));
}

/// The reply to a request that the host could not carry out: `unsupported`, or it may have acted.
#[wasm_bindgen]
pub fn reply_failed(request: f64, unsupported: bool, cause: JsValue) {
    let kind = if unsupported { Kind::Unsupported } else { Kind::Unknown };
    let error = Error::new(kind, "the store failed").because(Thrown(cause));
    runner().reply(request as u64, Reply::Failed(error));
}

/// What a panic said before it became a trap; empty when the module is whole.
#[wasm_bindgen]
pub fn panicked() -> String {
    PANIC.take()
}

/// Keeps what a panic says: a hook that threw would work only once.
#[wasm_bindgen(start)]
pub fn begin() {
    std::panic::set_hook(Box::new(|panic| PANIC.replace(panic.to_string()).clear()));
}

fn told(event: Event<Ask, Result<Answer>>) -> Array {
    let parts: Vec<JsValue> = match event {
        Event::Request { request, awaited, ask } => {
            let mut parts = vec![0.into(), number(request), awaited.into()];
            parts.extend(asked(ask));
            parts
        }
        Event::Cancel(request) => vec![1.into(), number(request)],
        Event::Done(task, Ok(answer)) => vec![2.into(), number(task), answer.into()],
        Event::Done(task, Err(error)) => vec![3.into(), number(task), error.into()],
    };
    parts.into_iter().collect()
}

/// A name as JavaScript has it: a plain number, exact.
fn number(name: u64) -> JsValue {
    (name as f64).into()
}

fn asked(ask: Ask) -> Vec<JsValue> {
    match ask {
        Ask::Sleep(until) => vec!["sleep".into(), until.into()],
        Ask::Seam(seam, payload) => vec!["seam".into(), seam, payload],
        Ask::Store(host, Verb::Read(keys)) => vec!["read".into(), host, keys.into()],
        Ask::Store(host, Verb::Remove(keys)) => vec!["remove".into(), host, keys.into()],
        Ask::Store(host, Verb::Write(entries)) => {
            let entries = entries.into_iter().map(|(key, value)| Array::of2(&key.into(), &js_value(Some(value))));
            vec!["write".into(), host, entries.collect::<Array>().into()]
        }
        Ask::Store(host, Verb::List(prefix, cursor, limit)) => {
            vec!["list".into(), host, prefix.into(), cursor.into(), (limit as f64).into()]
        }
        Ask::Store(host, Verb::Swap(changes)) => {
            let changes = changes
                .into_iter()
                .map(|change| Array::of3(&change.key.into(), &js_value(change.expected), &js_value(change.next)));
            vec!["swap".into(), host, changes.collect::<Array>().into()]
        }
    }
}

/// A string or a Uint8Array, or nothing.
pub(super) fn value_of(value: JsValue) -> Option<Value> {
    if value.is_undefined() || value.is_null() {
        return None;
    }
    Some(match value.as_string() {
        Some(text) => Value::Text(text),
        None => Value::Bytes(Uint8Array::new(&value).to_vec()),
    })
}

pub(super) fn js_value(value: Option<Value>) -> JsValue {
    match value {
        None => JsValue::UNDEFINED,
        Some(Value::Text(text)) => JsString::from(text).into(),
        Some(Value::Bytes(bytes)) => Uint8Array::from(&*bytes).into(),
    }
}

impl From<Answer> for JsValue {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done => Self::UNDEFINED,
            Answer::Flag(flag) => flag.into(),
            Answer::Number(number) => number.into(),
            Answer::Numbers(numbers) => numbers.into_iter().map(JsValue::from).collect::<Array>().into(),
            Answer::Texts(texts) => texts.into(),
            Answer::Values(values) => values.into_iter().map(js_value).collect::<Array>().into(),
            Answer::Page(Page { keys, next }) => Array::of2(&keys.into(), &next.into()).into(),
        }
    }
}

impl From<Error> for JsValue {
    /// `[kind, message, key, cause]`; `js/` makes the class of it.
    fn from(error: Error) -> Self {
        let cause =
            error.cause.and_then(|cause| cause.get::<Thrown>().map(|thrown| thrown.0.clone())).unwrap_or_default();
        let kind = format!("{:?}", error.kind);
        let parts = [kind.into(), error.message.into_owned().into(), error.key.into(), cause];
        parts.into_iter().collect::<Array>().into()
    }
}
