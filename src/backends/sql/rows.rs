//! What a database gives back, read by the names of its columns: drivers differ in how they give whole numbers.

use crate::error::{Error, Kind, Result};
use crate::host::{Rows, SqlValue};

/// A row, whose values are taken out one by one.
pub(super) struct Row<'a> {
    columns: &'a [String],
    values: Vec<SqlValue>,
}

/// The rows, one by one.
pub(super) fn each(rows: &mut Rows) -> impl Iterator<Item = Row<'_>> {
    let Rows { columns, rows, .. } = rows;
    let columns = &*columns;
    std::mem::take(rows).into_iter().map(|values| Row { columns, values })
}

impl Row<'_> {
    /// The value of this column; `Corrupt` when there is no such column.
    pub(super) fn take(&mut self, column: &str) -> Result<SqlValue> {
        let at = self.columns.iter().position(|name| name == column);
        let value = at.and_then(|at| self.values.get_mut(at));
        value.map(|value| std::mem::replace(value, SqlValue::Null)).ok_or_else(|| unexpected(column))
    }

    /// The whole number in this column, if it is not NULL.
    pub(super) fn int(&mut self, column: &str) -> Result<Option<i64>> {
        match self.take(column)? {
            SqlValue::Null => Ok(None),
            SqlValue::Int(number) => Ok(Some(number)),
            SqlValue::Real(number) if number.fract() == 0.0 && number.abs() < 9.2e18 => Ok(Some(number as i64)),
            SqlValue::Text(text) => text.parse().map(Some).map_err(|_| unexpected(column)),
            _ => Err(unexpected(column)),
        }
    }

    /// The text in this column, if it is not NULL.
    pub(super) fn text(&mut self, column: &str) -> Result<Option<String>> {
        match self.take(column)? {
            SqlValue::Null => Ok(None),
            SqlValue::Text(text) => Ok(Some(text)),
            _ => Err(unexpected(column)),
        }
    }
}

/// What must not be NULL.
pub(super) fn present<T>(value: Option<T>, column: &str) -> Result<T> {
    value.ok_or_else(|| unexpected(column))
}

fn unexpected(column: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the database gave something unexpected as {column}"))
}
