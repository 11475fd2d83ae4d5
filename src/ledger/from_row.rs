//! From a row of either engine to a struct whose fields are named as its columns.

/// Makes a struct of a row, column by column; `with` names a field that is itself made of the row's other columns.
macro_rules! from_row {
    ($name:ident { $($column:ident),* $(,)? } $(with $inner:ident)?) => {
        $crate::ledger::from_row::from_row!(@ sqlx::sqlite::SqliteRow, $name { $($column),* } $($inner)?);
        $crate::ledger::from_row::from_row!(@ sqlx::postgres::PgRow, $name { $($column),* } $($inner)?);
    };
    (@ $row:ty, $name:ident { $($column:ident),* } $($inner:ident)?) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> Result<Self, sqlx::Error> {
                use sqlx::Row as _;
                Ok(Self {
                    $($column: row.try_get(stringify!($column))?,)*
                    $($inner: sqlx::FromRow::from_row(row)?,)?
                })
            }
        }
    };
}

pub(super) use from_row;
