//! One writing transaction on whichever engine is open, for additions whose steps are functions of their own.

use sqlx::{Postgres, Sqlite, Transaction};

use crate::ledger::db::Db;

/// An open writing transaction. Dropping it undoes what was written.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the body on the transaction's connection, on whichever engine it is. The body is type-checked against each.
macro_rules! on_tx {
    ($tx:expr, |$connection:ident, $engine:ident| $body:expr) => {
        match $tx {
            $crate::ledger::registry::write::tx::Tx::Sqlite(tx) => {
                #[allow(dead_code, reason = "not every body builds a statement of variable length")]
                type $engine = sqlx::Sqlite;
                let $connection: &mut sqlx::SqliteConnection = &mut *tx;
                $body
            }
            $crate::ledger::registry::write::tx::Tx::Postgres(tx) => {
                #[allow(dead_code, reason = "not every body builds a statement of variable length")]
                type $engine = sqlx::Postgres;
                let $connection: &mut sqlx::PgConnection = &mut *tx;
                $body
            }
        }
    };
}

/// Fetches the rows of `$select` whose column, named last in it, is one of `$keys`.
macro_rules! rows_among {
    ($tx:expr, $select:expr, $keys:expr) => {
        on_tx!($tx, |connection, Engine| {
            let mut query = sqlx::QueryBuilder::<Engine>::new($select);
            query.push(" IN (");
            let mut list = query.separated(", ");
            for key in $keys {
                list.push_bind(key);
            }
            query.push(")");
            query.build_query_as().fetch_all(connection).await?
        })
    };
}

pub(super) use {on_tx, rows_among};

impl Tx {
    pub async fn begin(db: &Db) -> Result<Self, sqlx::Error> {
        Ok(match db {
            // IMMEDIATE: what is compared must still be so when it is written.
            Db::Sqlite { write, .. } => Self::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                // Rows are read and compared between the statements; it does not lock what entries need.
                sqlx::query("SET LOCAL idle_in_transaction_session_timeout = '60s'").execute(&mut *tx).await?;
                Self::Postgres(tx)
            }
        })
    }

    /// Counts what the tables hold. Without it PostgreSQL would plan the first lookups of a filled registry as if it
    /// were empty.
    pub async fn analyze(&mut self) -> Result<(), sqlx::Error> {
        for table in ["ANALYZE place", "ANALYZE box", "ANALYZE code", "ANALYZE code_rule", "ANALYZE choice"] {
            on_tx!(self, |connection, Engine| sqlx::query(table).execute(connection).await.map(drop)?);
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}
