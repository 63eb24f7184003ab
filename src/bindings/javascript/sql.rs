//! A database of JavaScript: statements leave with their parameters, rows come back as columns and values.

use js_sys::{Array, ArrayBuffer, BigInt, Number, Set, Uint8Array};
use wasm_bindgen::prelude::*;

use super::border;
use super::host::unexpected;
use crate::error::{Error, Kind, Result};
use crate::future::Answer;
use crate::host::{Dialect, Rows, Sql, SqlValue, Statement};

#[wasm_bindgen]
extern "C" {
    /// A database of JavaScript (`Sql` in `js/hosts/sql.ts`).
    pub type SqlObject;

    #[wasm_bindgen(method, getter)]
    fn dialect(this: &SqlObject) -> String;

    #[wasm_bindgen(method, getter)]
    fn batches(this: &SqlObject) -> bool;

    #[wasm_bindgen(method, getter)]
    fn ready(this: &SqlObject) -> Set;
}

/// The same as the contract knows it.
pub(super) struct JsSql(pub(super) SqlObject);

impl Sql for JsSql {
    fn dialect(&self) -> Dialect {
        match &*self.0.dialect() {
            "pg" => Dialect::Postgres,
            "mysql" => Dialect::Mysql,
            "mssql" => Dialect::Mssql,
            _ => Dialect::Sqlite,
        }
    }

    fn batches(&self) -> bool {
        self.0.batches()
    }

    fn run<'a>(&'a self, statements: Vec<Statement>) -> Answer<'a, Vec<Rows>> {
        Box::pin(async move {
            if statements.len() > 1 && !self.batches() {
                return Err(Error::new(Kind::Unsupported, "this database client runs no batches"));
            }
            let sent = statements.len();
            let payload = statements.into_iter().map(|Statement { text, params }| {
                let params = params.into_iter().map(JsValue::from).collect::<Array>();
                Array::of2(&text.into(), &params.into())
            });
            let results = border::seam(&self.0, payload.collect::<Array>().into()).await?;
            if results.length() as usize != sent {
                return unexpected();
            }
            results.iter().map(|result| rows_of(&Array::from(&result))).collect()
        })
    }

    fn is_ready(&self, schema: &str) -> bool {
        self.0.ready().has(&schema.into())
    }

    fn set_ready(&self, schema: &str) {
        self.0.ready().add(&schema.into());
    }
}

impl From<SqlValue> for JsValue {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Null => Self::NULL,
            SqlValue::Int(number) if number.unsigned_abs() <= Number::MAX_SAFE_INTEGER as u64 => (number as f64).into(),
            SqlValue::Int(number) => BigInt::from(number).into(),
            SqlValue::Real(number) => number.into(),
            SqlValue::Text(text) => text.into(),
            SqlValue::Bytes(bytes) => Uint8Array::from(&*bytes).into(),
        }
    }
}

/// `[columns, values, affected]`, the values of all rows in one list.
fn rows_of(result: &Array) -> Result<Rows> {
    let columns: Vec<String> = Array::from(&result.get(0)).iter().filter_map(|name| name.as_string()).collect();
    let values: Vec<_> = Array::from(&result.get(1)).iter().map(|value| value_of(&value)).collect::<Result<_>>()?;
    let rows = match columns.len() {
        0 => Vec::new(),
        width => values.chunks(width).map(<[SqlValue]>::to_vec).collect(),
    };
    let affected = result.get(2).as_f64().map(|affected| affected as u64);
    Ok(Rows { columns, rows, affected })
}

fn value_of(value: &JsValue) -> Result<SqlValue> {
    if value.is_null() || value.is_undefined() {
        return Ok(SqlValue::Null);
    }
    if let Some(text) = value.as_string() {
        return Ok(SqlValue::Text(text));
    }
    if let Some(number) = value.as_f64() {
        let whole = Number::is_safe_integer(value);
        return Ok(if whole { SqlValue::Int(number as i64) } else { SqlValue::Real(number) });
    }
    if let Some(flag) = value.as_bool() {
        return Ok(SqlValue::Int(flag.into()));
    }
    if let Some(number) = value.dyn_ref::<BigInt>() {
        let text = number.to_string(10).map(String::from).unwrap_or_default();
        return Ok(text.parse().map_or(SqlValue::Text(text), SqlValue::Int));
    }
    // D1 gives bytes as an array of numbers, others as an ArrayBuffer.
    if value.is_instance_of::<Uint8Array>() || value.is_instance_of::<ArrayBuffer>() || Array::is_array(value) {
        return Ok(SqlValue::Bytes(Uint8Array::new(value).to_vec()));
    }
    Err(Error::new(Kind::Corrupt, "the client gave a value of a type that no column has"))
}
