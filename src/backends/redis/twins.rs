//! Carries out the Lua twins of transitions: one script that loads, decides and saves.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::replies::{nested, text, unexpected};
use super::scripts::{Call, Script, run_all};
use super::{Form, Shelved, marked, unmarked};
use crate::error::{Error, Kind, Result};
use crate::host::{Redis, Reply};
use crate::number;
use crate::store::Value;
use crate::transition::{Decided, Fields, Layout, Mode, Scalar, Step, Twin, Type};

/// The greatest whole number up to which Lua has them all.
const EXACT: i64 = 1 << 53;

/// Applies steps that all have twins: each in a script of its own, or all in one.
pub(super) async fn apply<R: Redis + ?Sized>(
    shelf: &Shelved<R>,
    steps: &[Step],
    mode: Mode,
) -> Result<Vec<Result<Decided>>> {
    let groups: Vec<&[Step]> = match mode {
        Mode::Each => steps.chunks(1).collect(),
        Mode::AllOrNothing => vec![steps],
    };
    let scripts: Vec<_> = groups.iter().map(|steps| script(&known(steps))).collect();
    let calls: Vec<_> =
        groups.iter().zip(&scripts).map(|(steps, script)| call(shelf, steps, script)).collect::<Result<_>>()?;
    let replies = run_all(&shelf.server, &calls).await?;
    if replies.len() != groups.len() {
        return Err(unexpected());
    }
    let mut decided = Vec::with_capacity(steps.len());
    for (steps, reply) in groups.into_iter().zip(replies) {
        match reply.and_then(|reply| told(shelf.form, steps, reply)) {
            Ok(told) => decided.extend(told),
            Err(error) if mode == Mode::Each => decided.push(Err(error.on(&steps[0].key))),
            Err(error) => return Err(error),
        }
    }
    match mode {
        Mode::Each => Ok(decided),
        Mode::AllOrNothing => decided.into_iter().map(|told| told.map(Ok)).collect(),
    }
}

/// The twins of these steps, each once, in the order of their first steps.
fn known(steps: &[Step]) -> Vec<(&'static str, Twin)> {
    let mut twins: Vec<(&'static str, Twin)> = Vec::new();
    for transition in steps.iter().map(|step| step.transition) {
        if let (Some(twin), false) = (transition.lua, twins.iter().any(|(name, _)| *name == transition.name)) {
            twins.push((transition.name, twin));
        }
    }
    twins
}

/// The script of these twins. It is made once: hashing it costs more than all the rest of a call.
fn script(twins: &[(&'static str, Twin)]) -> Arc<Script> {
    static MADE: Mutex<Vec<(Bodies, Arc<Script>)>> = Mutex::new(Vec::new());
    let bodies: Bodies = twins.iter().map(|(_, twin)| twin.body).collect();
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, script)) = made.iter().find(|(of, _)| *of == bodies) {
        return script.clone();
    }
    let script = Arc::new(Script::new(source(twins)));
    made.push((bodies, script.clone()));
    script
}

/// What tells scripts apart.
type Bodies = Vec<&'static str>;

fn source(twins: &[(&'static str, Twin)]) -> String {
    let mut list = String::new();
    for (_, twin) in twins {
        let (layouts, reply) = (twin.layouts.iter().map(layout).collect::<String>(), fields(twin.reply));
        // Writing to a String has no way to fail.
        let _ = writeln!(
            list,
            "{{ layouts = {{ {layouts} }}, reply = {{ {reply} }}, decide = function(state, now, args)\n{}\nend }},",
            twin.body
        );
    }
    include_str!("twins.lua").replacen("local TWINS = {}", &format!("local TWINS = {{\n{list}}}"), 1)
}

fn layout(layout: &Layout) -> String {
    match layout {
        Layout::Hash(names) => format!("{{ kind = 'hash', {} }}, ", fields(names)),
        Layout::Plain(name, of) => format!("{{ kind = 'plain', {} }}, ", fields(&[(*name, *of)])),
        Layout::Scores => "{ kind = 'scores' }, ".into(),
    }
}

fn fields(names: &[(&str, Type)]) -> String {
    names.iter().map(|(name, of)| format!("{{ '{name}', '{}' }}, ", letter(*of))).collect()
}

fn letter(of: Type) -> char {
    match of {
        Type::Int => 'i',
        Type::Real => 'r',
        Type::Text => 't',
        Type::Bytes => 'b',
        Type::Value => 'v',
    }
}

fn call<'a, R: Redis + ?Sized>(shelf: &Shelved<R>, steps: &[Step], script: &'a Script) -> Result<Call<'a>> {
    let twins = known(steps);
    let (mut keys, mut args): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
    for step in steps {
        let twin = twins.iter().position(|(name, _)| *name == step.transition.name).ok_or_else(unexpected)?;
        let of_step = (step.transition.keys)(&step.key, &step.args);
        args.extend([(twin + 1).to_string().into(), of_step.len().to_string().into()]);
        for key in of_step {
            let at = keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            });
            args.push((at + 1).to_string().into());
        }
        args.push(step.args.iter().count().to_string().into());
        for (name, value) in step.args.iter() {
            let (of, value) = argument(shelf.form, value).map_err(|error| error.on(&step.key))?;
            args.extend([name.into(), of.into(), value]);
        }
    }
    Ok(Call { script, keys: shelf.places(&keys), args })
}

fn argument(form: Form, value: &Scalar) -> Result<(&'static str, Value)> {
    Ok(match value {
        Scalar::Int(number) if number.abs() > EXACT => {
            return Err(Error::new(Kind::Invalid, format!("the number {number} is too great for Redis")));
        }
        Scalar::Int(number) => ("i", number.to_string().into()),
        Scalar::Real(number) => ("r", number::print(*number).into()),
        // Shelves of plain values are given text and bytes as they keep them, so that a twin can compare them.
        Scalar::Text(text) if form != Form::Records => ("v", marked(Value::Text(text.clone()))),
        Scalar::Bytes(bytes) if form != Form::Records => ("v", marked(Value::Bytes(bytes.clone()))),
        Scalar::Text(text) => ("t", Value::Text(text.clone())),
        Scalar::Bytes(bytes) => ("b", Value::Bytes(bytes.clone())),
    })
}

/// What the script tells of each step.
fn told(form: Form, steps: &[Step], reply: Reply) -> Result<Vec<Result<Decided>>> {
    let mut leaves = nested(reply).into_iter();
    let mut next = || leaves.next().ok_or_else(unexpected);
    let mut decided = Vec::with_capacity(steps.len());
    for step in steps {
        let status = text(next()?)?;
        if status == "2" {
            let said = super::replies::refusal(&text(next()?)?, None);
            let error = if said.kind == Kind::Unknown { Error::new(Kind::Corrupt, failed(step)) } else { said };
            decided.push(Err(error.on(&step.key)));
            continue;
        }
        let mut reply = Fields::new();
        for (name, of) in step.transition.lua.map_or(&[][..], |twin| twin.reply) {
            let (there, value) = (text(next()?)? == "1", next()?);
            if there {
                reply = reply.with(*name, scalar(form, *of, value)?);
            }
        }
        decided.push(Ok(Decided { refused: status == "1", reply }));
    }
    Ok(decided)
}

fn failed(step: &Step) -> String {
    format!("{} can not work on what is stored", step.transition.name)
}

fn scalar(form: Form, of: Type, reply: Reply) -> Result<Scalar> {
    Ok(match of {
        Type::Int => Scalar::Int(super::int(reply)?),
        Type::Real => Scalar::Real(number::parse(&text(reply)?).ok_or_else(unexpected)?),
        Type::Text => Scalar::Text(text(reply)?),
        Type::Bytes | Type::Value => {
            let stored = super::replies::value(reply)?.ok_or_else(unexpected)?;
            match if form == Form::Records { stored } else { unmarked(stored) } {
                Value::Text(text) if of == Type::Bytes => Scalar::Bytes(text.into_bytes()),
                Value::Text(text) => Scalar::Text(text),
                Value::Bytes(bytes) => Scalar::Bytes(bytes),
            }
        }
    })
}
